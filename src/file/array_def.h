// One definition of an array: what reads and writes of it need. Lives until the array is deleted or defined anew.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "delta/array_meta.h"
#include "delta/pending_layer.h"
#include "delta/sealed_layer.h"
#include "file/attributes.h"

namespace strata {

// Guarded by the file's lock. Of `meta` only the geometry ever changes: it grows and shrinks.
struct ArrayDef {
  ArrayMeta meta;
  std::vector<LayerRecord> sources;  // newest first; empty while the definition itself is pending
  bool stale = false;                // deleted or defined anew
  // Pending changes:
  bool touched = false;              // listed in ArrayFile::touched_
  bool deleted = false;
  PendingChunks chunks;
  bool resized = false;
  // Chunks of `sources` at this coordinate or beyond, along any axis, were cut off; empty: none.
  std::vector<uint64_t> reach;
  bool attributes_changed = false;
  // All of them, once somebody asked. Guarded by ArrayFile::defs_mu_ while only read.
  std::optional<AttributeSet> attributes;

  ArrayDef() { chunks.meta = &meta; }
  explicit ArrayDef(ArrayMeta m) : meta(std::move(m)) {
    chunks.meta = &meta;
    seen_ = std::make_shared<const Geometry>(meta.geometry);
  }
  ArrayDef(const ArrayDef&) = delete;
  bool committed() const { return !sources.empty(); }
  // Whether older layers may hold chunks of this name that are none of it.
  bool hides_chunks() const { return !committed() || !reach.empty(); }

  // The geometry of the moment, without the file's lock.
  std::shared_ptr<const Geometry> geometry() const {
    std::lock_guard lock(seen_mu_);
    return seen_;
  }
  void set_geometry(Geometry geometry) {
    auto seen = std::make_shared<const Geometry>(geometry);
    set_geometry(std::move(geometry), std::move(seen));
  }
  // The same without taking memory: `seen` is a copy of `geometry`.
  void set_geometry(Geometry geometry, std::shared_ptr<const Geometry> seen) noexcept {
    meta.geometry = std::move(geometry);
    std::lock_guard lock(seen_mu_);
    seen_ = std::move(seen);
  }
  void drop_chunks() {
    chunks = PendingChunks{};
    chunks.meta = &meta;
    resized = false;
    reach.clear();
  }

 private:
  mutable std::mutex seen_mu_;
  std::shared_ptr<const Geometry> seen_;
};

// Where a chunk's bytes are: pending, in a layer, or nowhere (then it reads as fill).
struct ChunkSource {
  const PendingChunk* pending = nullptr;
  const LayerRecord* layer = nullptr;
  uint64_t place = 0;  // in the record's list

  bool is_fill() const { return !pending && !layer; }
  uint64_t size() const { return pending ? pending->size : layer ? layer->view().chunk(place).size : 0; }  // of its decoded bytes
};

}  // namespace strata
