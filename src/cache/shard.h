// One part of a Cache: a table with its own lock, budget and loads under way.
#pragma once

#include <array>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "cache/cache.h"

namespace strata {

// One load that is under way, and those who wait for it.
struct CacheFlight {
  std::mutex mu;
  std::condition_variable landed;
  bool done = false;  // guarded by mu; the next two are written before it is set and never after
  SharedBuffer value;
  Status error;        // OK without a value: no memory was left even to say so
  bool wanted = true;  // guarded by the shard's lock: false once the object was forgotten
};

// Buffers that leave the cache. They are freed after the lock, since giving megabytes back to the system takes time.
class CacheDropped {
 public:
  void add(SharedBuffer value) {
    if (!full()) held_[count_++] = std::move(value);
  }
  bool full() const { return count_ == held_.size(); }
  size_t count() const { return count_; }

 private:
  std::array<SharedBuffer, 16> held_;
  size_t count_ = 0;
};

// What is dropped first: entries stand in a row, new ones at the front. A hand walks from the back to the front; an
// entry that was hit since the hand last passed stays where it is, any other goes. So what one long scan brings leaves
// first, a hit only sets a flag, and each eviction takes constant time on average.
struct Cache::Shard {
  struct Entry {
    CacheKey key;
    SharedBuffer value;
    uint64_t cost = 0;
    bool hit = false;
    Entry *newer = nullptr, *older = nullptr;              // the row
    Entry *object_next = nullptr, *object_prev = nullptr;  // all of one object
  };
  using Table = std::unordered_map<CacheKey, Entry, CacheKeyHash>;  // its nodes never move

  // The table's node, the links and the allocator's own.
  static constexpr uint64_t kEntryOverhead = sizeof(Entry) + sizeof(Buffer) + 96;

  // All REQUIRE mu.
  Entry* find(const CacheKey& key);
  void keep(const CacheKey& key, SharedBuffer value, CacheDropped& dropped);
  bool forget(ObjectVersion object, CacheDropped& dropped);  // false: there is more, but `dropped` is full

  std::mutex mu;
  uint64_t budget = 0;  // set once
  Table table;
  std::unordered_map<CacheKey, std::shared_ptr<CacheFlight>, CacheKeyHash> flights;
  uint64_t hits = 0, misses = 0, evictions = 0, bytes = 0, coalesced = 0;

 private:
  bool make_room(uint64_t cost, CacheDropped& dropped);  // false: too much of it is in use
  void drop(Entry* entry, CacheDropped& dropped);

  std::unordered_map<ObjectVersion, Entry*> objects_;
  Entry *newest_ = nullptr, *oldest_ = nullptr, *hand_ = nullptr;
};

}  // namespace strata
