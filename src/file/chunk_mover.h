// Takes stored chunks into a layer that is being made: compressed frames of which everything is wanted are copied as they are,
// others are taken apart. Compaction, folding and copies of arrays are made of it.
#pragma once

#include <unordered_map>
#include <vector>

#include "file/array_file.h"

namespace strata {

class ChunkMover {
 public:
  // `from` stays locked, by the caller, as long as the mover works.
  ChunkMover(const ArrayFile& from, PendingLayer& to) : from_(from), to_(to) {}

  // Chunk `number` of `array`, which lies at `source`, becomes one of `target`, which has the same geometry.
  Status add(PendingChunks& target, const ArrayDef& array, uint64_t number, const ChunkSource& source);
  Status run(CancelToken* cancel);

 private:
  struct Moving {
    PendingChunks* target;
    uint64_t number;
    uint32_t from;  // in the decompressed unit
    uint32_t size;
    ChunkSummary summary;
    bool summarized;
  };
  // What is read and decompressed at once, and the chunks in it that are wanted.
  struct Source {
    const SealedLayer* layer;
    Unit unit;
    std::vector<Moving> chunks;
    uint64_t bytes = 0;  // of the chunks
  };
  struct Pending {
    PendingChunks* target;
    const PendingChunk* chunk;
  };
  struct UnitKey {
    const SealedLayer* layer;
    uint64_t offset, stored;  // with no codec, chunks of several sizes can begin at one place
    bool operator==(const UnitKey&) const = default;
  };
  struct UnitHash {
    size_t operator()(const UnitKey& k) const {
      return reinterpret_cast<uintptr_t>(k.layer) * 31 + k.offset * 0x9E3779B97F4A7C15u;
    }
  };
  // What became of a source: a frame in the new layer, or the chunks' bytes.
  struct Made {
    Frame frame;
    bool copied = false;
    std::vector<Buffer> raw;  // empty: the chunk only hid one of an older definition
  };

  Status move_sealed(CancelToken* cancel);
  Status move_pending(CancelToken* cancel);
  bool copies(const Source& source) const;
  Status make(Source& source, Made& made, CancelToken* cancel) const;
  Status take_apart(Source& source, Bytes raw, bool keep, Made& made) const;
  void put(Source& source, Made& made);

  const ArrayFile& from_;
  PendingLayer& to_;
  std::vector<Source> sources_;
  std::unordered_map<UnitKey, size_t, UnitHash> index_;
  std::vector<Pending> pending_;
  uint64_t count_ = 0;
};

}  // namespace strata
