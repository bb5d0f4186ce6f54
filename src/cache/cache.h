// Two levels under strict byte budgets: decompressed units (a frame, or a block that has no frames) and raw slabs of
// stored objects. Keys hold the object's version, never a path: a replaced file can never be answered from here.
//
// Threads: everything from any thread at once. Requests for one key are coalesced: one loads, the others wait for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/cancel.h"
#include "base/log_queue.h"
#include "base/status.h"
#include "storage/storage.h"

namespace strata {

struct CacheKey {
  ObjectVersion object = 0;
  uint64_t unit = 0;  // decompressed level: the unit's offset in the object; raw level: the slab's number
  bool operator==(const CacheKey&) const = default;
};

struct CacheKeyHash {
  size_t operator()(const CacheKey& k) const {
    // Versions count up from 1 and units are often multiples of a power of two: both must reach all bits.
    uint64_t h = (k.unit ^ (k.object << 32 | k.object >> 32)) * 0x9E3779B97F4A7C15;
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93;
    return static_cast<size_t>(h ^ h >> 32);
  }
};

struct CacheCounters {
  uint64_t hits = 0, misses = 0, evictions = 0, bytes = 0, capacity = 0, coalesced = 0;
};

class Cache {
 public:
  explicit Cache(uint64_t capacity_bytes, LogQueue* log = nullptr);  // 0: keeps nothing, still coalesces
  ~Cache();

  using Loader = std::function<Result<Buffer>()>;
  // The cached bytes, or what `load` returns (then kept, if it fits). A loader's error goes to all that waited; nothing
  // is kept of it. A waiter gives up when its token is cancelled.
  Result<SharedBuffer> get(const CacheKey& key, const CancelToken* cancel, const Loader& load);
  // The cached bytes or nullptr, without loading.
  SharedBuffer peek(const CacheKey& key);
  // Whether it is there, and whether so many bytes would be kept. Neither counts as a look into the cache.
  bool contains(const CacheKey& key) const;
  bool has_room(const CacheKey& key, uint64_t bytes) const;
  // Drops all that belongs to an object that nobody reads any more.
  void forget(ObjectVersion object);
  CacheCounters counters() const;

 private:
  struct Shard;
  class Landing;
  static constexpr size_t kShards = 16;  // the most; small caches have fewer
  Shard& shard_of(const CacheKey& key) const;

  LogQueue* const log_;
  const size_t count_;
  const std::unique_ptr<Shard[]> shards_;
};

// Reads through the raw level: slabs of `slab_bytes`, aligned; ranges of a slab or more go past it, as do all ranges
// when slab_bytes is 0 or the budget has no room for a slab.
class RawCache {
 public:
  RawCache(uint64_t capacity_bytes, uint64_t slab_bytes);  // slab_bytes 0: what the storage of the object wants
  Status read(const ObjectReader& object, uint64_t storage_slab_bytes, uint64_t offset, MutBytes out,
              const CancelToken* cancel);
  void forget(ObjectVersion object) { slabs_.forget(object); }
  CacheCounters counters() const { return slabs_.counters(); }
  // The size of the slabs in which such a read comes from storage; 0: as it is.
  uint64_t slab_for(const ObjectReader& object, uint64_t storage_slab_bytes, uint64_t offset, uint64_t size) const;
  // The most that a read takes beside the caller's memory.
  uint64_t work(const ObjectReader& object, uint64_t storage_slab_bytes) const;
  const Cache& slabs() const { return slabs_; }

 private:
  Cache slabs_;
  const uint64_t capacity_, slab_bytes_;
};

}  // namespace strata
