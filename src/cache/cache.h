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
#include "base/status.h"
#include "storage/storage.h"

namespace strata {

struct CacheKey {
  ObjectVersion object = 0;
  uint64_t unit = 0;  // decompressed level: the unit's offset in the object; raw level: the slab's number
  bool operator==(const CacheKey&) const = default;
};

struct CacheCounters {
  uint64_t hits = 0, misses = 0, evictions = 0, bytes = 0, capacity = 0, coalesced = 0;
};

class Cache {
 public:
  explicit Cache(uint64_t capacity_bytes);  // 0: keeps nothing, still coalesces
  ~Cache();

  using Loader = std::function<Result<Buffer>()>;
  // The cached bytes, or what `load` returns (then kept, if it fits). A loader's error goes to all that waited; nothing
  // is kept of it. A waiter gives up when its token is cancelled.
  Result<SharedBuffer> get(const CacheKey& key, const CancelToken* cancel, const Loader& load);
  // The cached bytes or nullptr, without loading.
  SharedBuffer peek(const CacheKey& key);
  // Drops all that belongs to an object that nobody reads any more.
  void forget(ObjectVersion object);
  CacheCounters counters() const;

 private:
  struct Shard;
  class Landing;
  static constexpr size_t kShards = 16;  // the most; small caches have fewer
  Shard& shard_of(const CacheKey& key);

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

 private:
  Cache slabs_;
  const uint64_t capacity_, slab_bytes_;
};

}  // namespace strata
