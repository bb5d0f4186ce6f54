// What the files of one context share: threads, caches, codecs, budgets, counters.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/memory.h"
#include "cache/cache.h"
#include "codec/codec.h"
#include "delta/sealed_layer.h"
#include "storage/local.h"
#include "storage/observed.h"

namespace strata {

struct EngineSettings {
  unsigned threads = 0;  // 0: the processors this process may use
  uint64_t block_cache_bytes = 256u << 20;
  uint64_t raw_cache_bytes = 64u << 20;
  uint64_t slab_bytes = 0;     // 0: what the storage wants
  uint64_t pending_bytes = 0;  // 0: two 8 MiB blocks a thread
  uint64_t memory_bytes = 0;   // 0: what the budgets above come to, and some for work in flight
  std::string temp_dir;        // empty: beside the file
  Verify verify = Verify::kAlways;
  LogLevel log_level = LogLevel::kOff;
};

struct EngineCounters {
  std::atomic<uint64_t> objects_opened{0}, reads{0}, read_bytes{0}, units_decoded{0}, decoded_bytes{0};
  std::atomic<uint64_t> chunk_lookups{0}, lookup_steps{0}, spilled_bytes{0}, commits{0}, decode_ns{0};
};

struct Engine {
  explicit Engine(const EngineSettings& s, std::shared_ptr<Memory> shared = nullptr)
      : observation(std::make_shared<Observation>(s.log_level)),
        log(observation->log),
        executor(s.threads),
        shares(MemoryShares::of(s.memory_bytes, s.block_cache_bytes, s.raw_cache_bytes,
                                s.pending_bytes ? s.pending_bytes : executor.threads() * (uint64_t{16} << 20), executor.threads())),
        memory(shared ? std::move(shared) : std::make_shared<Memory>(shares)),
        blocks(shares.block_cache, &log),
        raw(shares.raw_cache, s.slab_bytes),
        verify(s.verify),
        temp_storage(s.temp_dir.empty() ? nullptr : observed(make_local_storage(s.temp_dir))) {}

  // Every storage that the files of the context are in.
  std::shared_ptr<Storage> observed(std::shared_ptr<Storage> storage) const {
    return make_observed_storage(std::move(storage), observation);
  }

  const std::shared_ptr<Observation> observation;
  LogQueue& log;
  Executor executor;
  const MemoryShares shares;
  const std::shared_ptr<Memory> memory;
  CodecSet codecs;
  Cache blocks;
  RawCache raw;
  const Verify verify;
  std::shared_ptr<Storage> temp_storage;
  EngineCounters counters;
};

inline void count(std::atomic<uint64_t>& counter, uint64_t n = 1) { counter.fetch_add(n, std::memory_order_relaxed); }

// Decompresses one unit, and counts that.
template <typename F>
auto decoding(EngineCounters& counters, F&& decode) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  auto out = decode();
  const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
  count(counters.units_decoded);
  count(counters.decode_ns, static_cast<uint64_t>(took));
  return out;
}

}  // namespace strata
