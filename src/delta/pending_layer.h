// The allocator of the layer that is being made: chunks are kept decoded while the budget allows ("hot"), then compressed
// into frames and appended to the frame log. A chunk that is written twice leaves nothing behind: hot ones are changed in
// place, frames without live chunks are dropped and those with some are repacked before the layer is written.
//
// Memory: hot chunks and the log's tail are charged to the budget that all pending layers of a context share; the caller
// calls relieve() after each batch of writes.
//
// Work that takes memory is admitted (base/memory.h): by the callers of make_frame and read_chunk, here where many frames are made.
//
// Threads: make_frame and read_chunk from any thread at once; everything else by one thread at a time, alone.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/executor.h"
#include "base/memory.h"
#include "codec/codec.h"
#include "delta/array_meta.h"
#include "delta/frame_log.h"
#include "delta/summary.h"

namespace strata {

// A run of compressed bytes in the log, one or several chunks.
struct Frame {
  uint64_t log_offset = 0;
  uint64_t digest = 0;  // XXH3-64 of the stored bytes; with codec none of the first page
  std::vector<uint64_t> more_digests;  // with codec none: of the pages after the first
  uint32_t stored = 0;  // bytes in the log
  uint32_t raw = 0;     // bytes decompressed
  uint64_t live = 0;    // bytes of the chunks that point here; more than raw where chunks share them
};

inline constexpr uint32_t kHot = UINT32_MAX;

struct PendingChunk {
  uint64_t number = 0;   // in the array's grid
  uint32_t frame = kHot;
  uint32_t offset = 0;   // in the decompressed frame
  uint32_t size = 0;
  bool listed = false;   // the allocator's list of hot chunks has it
  Buffer hot;            // REQUIRES: frame == kHot
  ChunkSummary summary;  // REQUIRES: frame != kHot
};

// The chunks of one array that were written since the last flush, in order of first writing.
struct PendingChunks {
  const ArrayMeta* meta = nullptr;
  std::vector<PendingChunk> chunks;
  std::unordered_map<uint64_t, uint32_t> index;  // number -> place in chunks

  const PendingChunk* find(uint64_t number) const {
    auto it = index.find(number);
    return it == index.end() ? nullptr : &chunks[it->second];
  }
};

struct PendingSettings {
  const Codec* codec = nullptr;
  int level = 0;
  uint64_t block_bytes = 0;  // decompressed size at which a block is closed
};

class PendingLayer {
 public:
  PendingLayer(PendingSettings settings, FrameLogPlace place, Executor* executor, Memory* memory, std::atomic<uint64_t>* spilled_bytes);

  // ---- writing ----
  // Chunks of this size or more are compressed at once when they are written whole.
  static constexpr size_t kDirectBytes = 64u << 10;
  struct MadeFrame {
    Frame frame;
    ChunkSummary summary;
  };
  // Memory that make_frame takes for so many bytes, to be admitted by the caller.
  uint64_t work_of_frame(uint64_t raw) const { return is_paged() ? 0 : settings_.codec->bound(raw); }
  // Compresses one chunk into a frame of its own. Not referenced until put_frame.
  Result<MadeFrame> make_frame(const ArrayMeta& meta, Bytes raw, uint64_t elements);
  // Appends a frame that is compressed already (compaction).
  Result<Frame> append_stored(Bytes stored, uint32_t raw_size);
  uint32_t add_frame(Frame frame);
  // Room for as many chunks to be put in the place of others without taking memory.
  void reserve(size_t chunks);
  // The chunk's bytes are those of `frame` at `offset`.
  void put_frame(PendingChunks& array, uint64_t number, uint32_t frame, uint32_t offset, uint32_t size,
                 ChunkSummary summary);
  // The chunk's bytes are `raw`, kept decoded.
  void put_hot(PendingChunks& array, uint64_t number, Buffer raw);
  // Says that every byte of the frame is wanted, though chunks point to a part of it only.
  void keep_whole(uint32_t frame) { frames_[frame].live = std::max<uint64_t>(frames_[frame].live, frames_[frame].raw); }
  // A hot chunk's bytes, to be changed in place; nullptr when it is not hot.
  Buffer* hot(PendingChunks& array, uint64_t number);
  // A chunk as it is before a change, and the way back to it. The frames that chunks left stay until the flush.
  PendingChunk remember(PendingChunks& array, uint64_t number);  // REQUIRES: there is one; it is replaced or patched next
  void restore(PendingChunks& array, PendingChunk old);
  // A chunk that is about to be replaced, to be given back to restore() if that fails. REQUIRES: there is one.
  PendingChunk take(PendingChunks& array, uint64_t number);
  // Takes out what was added to an array that had `count` chunks.
  void forget_added(PendingChunks& array, size_t count);
  // The array's grid has become `to`: numbers change, and chunks outside are dropped. Returns how they were numbered.
  using Numbers = std::unordered_map<uint64_t, uint32_t>;
  Numbers renumber(PendingChunks& array, const Geometry& from, const Geometry& to);
  // The way back. REQUIRES: none was dropped.
  static void restore_numbers(PendingChunks& array, Numbers old);
  // Takes all chunks of an array out (it was deleted). REQUIRES: `array` stays in memory, unused, until the next settle().
  void drop(PendingChunks& array);
  // Compresses the hot chunks when the budget is exceeded.
  Status relieve(const CancelToken* cancel);

  // ---- reading ----
  // Memory that read_chunk takes, to be admitted by the caller.
  uint64_t work_of_read(const PendingChunk& chunk) const;
  // Bytes of a pending chunk into `out` (its size).
  Status read_chunk(const PendingChunk& chunk, MutBytes out) const;
  // Whether the chunk is all that its frame holds; then its compressed bytes are those of the frame.
  bool has_own_frame(const PendingChunk& chunk) const {
    return chunk.frame != kHot && chunk.offset == 0 && chunk.size == frames_[chunk.frame].raw;
  }
  // A frame's stored bytes into `out` (their size).
  Status read_frame(uint32_t frame, MutBytes out) const { return log_->read(frames_[frame].log_offset, out); }

  // ---- the flush ----
  // Compresses every hot chunk and repacks frames that are partly dead. Afterwards each chunk is in a live frame.
  // arrays: all that have pending chunks.
  Status settle(std::span<PendingChunks* const> arrays, const CancelToken* cancel);
  const std::vector<Frame>& frames() const { return frames_; }
  // Whether these are the frame's stored bytes.
  bool is_frame(uint32_t frame, Bytes stored) const;
  FrameLog& log() { return *log_; }
  Memory& memory() { return *memory_; }
  const PendingSettings& settings() const { return settings_; }
  uint64_t raw_bytes() const { return raw_bytes_; }  // of all pending chunks

 private:
  struct HotRef {
    PendingChunks* array;
    uint32_t chunk;
  };
  bool is_paged() const { return settings_.codec->name().empty(); }
  PendingChunk& slot(PendingChunks& array, uint64_t number);
  void release(PendingChunk& chunk);
  Result<Frame> compress(Bytes raw);
  void set_digests(Frame& frame, Bytes stored) const;
  Status compress_hot(const CancelToken* cancel);
  Status repack(std::span<PendingChunks* const> arrays, const CancelToken* cancel);
  size_t group_bytes() const;

  const PendingSettings settings_;
  Executor* const executor_;
  Memory* const memory_;
  std::unique_ptr<FrameLog> log_;
  std::vector<Frame> frames_;
  std::vector<HotRef> hot_;  // in order of writing; entries whose chunk is no longer hot are passed over
  Charge hot_charge_;
  uint64_t raw_bytes_ = 0;
};

}  // namespace strata
