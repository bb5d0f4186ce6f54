// What a context may have in memory, in shares that together are its limit. Each is kept to by itself: no share waits for another to
// give way.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/admission.h"
#include "base/budget.h"
#include "base/checked.h"
#include "base/scratch.h"

namespace strata {

struct MemoryShares {
  uint64_t block_cache = 0, raw_cache = 0, pending = 0;
  uint64_t scratch = 0, batches = 0, parts = 0;  // of work in flight: half for parts, the rest for what outlives them

  // limit 0: what is asked for, and kWork a thread for work. Else caches and pending data are cut to their part of it, so that
  // at least a quarter is left for work.
  static constexpr uint64_t kWork = 64u << 20;
  static MemoryShares of(uint64_t limit, uint64_t block_cache, uint64_t raw_cache, uint64_t pending, unsigned threads) {
    MemoryShares s{block_cache, raw_cache, pending};
    uint64_t work = threads * kWork;
    if (limit) {
      s.block_cache = std::min(block_cache, limit / 8 * 3);
      s.raw_cache = std::min(raw_cache, limit / 8);
      s.pending = std::min(pending, limit / 4);
      work = limit - s.block_cache - s.raw_cache - s.pending;
    }
    s.scratch = s.batches = work / 4;
    s.parts = work - s.scratch - s.batches;
    s.pending = std::min<uint64_t>(s.pending, INT64_MAX);
    return s;
  }
  uint64_t total() const {
    uint64_t sum = 0;
    for (uint64_t share : {block_cache, raw_cache, pending, scratch, batches, parts}) sum = add_up(sum, share);
    return sum;
  }
};

// The shares that are not the caches'.
//
// Work is admitted on two levels. A batch is what a call gathers from its parts, until it becomes pending data or has been used; a part
// is what one thread reads, decodes, or compresses. Who is in a batch may enter a part, never the reverse; and nobody takes a lock
// of a file inside of either.
struct Memory {
  explicit Memory(const MemoryShares& s) : pending(s.pending), scratch(s.scratch), batches(s.batches), parts(s.parts) {}

  // Bytes of a batch that let others' fit beside it. Every batch has at least one chunk, however large.
  uint64_t batch_bytes() const { return std::min(pending.limit(), batches.limit()) / 2; }

  MemoryBudget pending;
  ScratchPool scratch;
  Admission batches, parts;
};

}  // namespace strata
