// One definition of an array: what reads and writes of it need. Lives until the array is deleted or defined anew.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "delta/array_meta.h"
#include "delta/pending_layer.h"
#include "delta/sealed_layer.h"
#include "file/attributes.h"

namespace strata {

struct LayerRecord {
  std::shared_ptr<const SealedLayer> layer;
  uint32_t record = 0;

  ArrayView view() const { return layer->footer().array(record); }
};

// Guarded by the file's lock, but for `meta`, which never changes.
struct ArrayDef {
  ArrayMeta meta;
  std::vector<LayerRecord> sources;  // newest first; empty while the definition itself is pending
  bool stale = false;                // deleted or defined anew
  // Pending changes:
  bool touched = false;              // listed in ArrayFile::touched_
  bool deleted = false;
  PendingChunks chunks;
  bool attributes_changed = false;
  // All of them, once somebody asked. Guarded by ArrayFile::defs_mu_ while only read.
  std::optional<AttributeSet> attributes;

  ArrayDef() { chunks.meta = &meta; }
  ArrayDef(const ArrayDef&) = delete;
  bool committed() const { return !sources.empty(); }
};

// Where a chunk's bytes are: pending, in a layer, or nowhere (then it reads as fill).
struct ChunkSource {
  const PendingChunk* pending = nullptr;
  const LayerRecord* layer = nullptr;
  uint64_t place = 0;  // in the record's list

  bool is_fill() const { return !pending && !layer; }
};

}  // namespace strata
