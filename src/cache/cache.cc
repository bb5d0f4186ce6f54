#include "cache/cache.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>

#include "cache/shard.h"

namespace strata {

namespace {

// A shard must hold several of the largest units (blocks of 8 MiB and more), so small caches have few.
constexpr uint64_t kBytesPerShard = 64 << 20;
constexpr auto kPoll = std::chrono::milliseconds(10);  // how late a waiter may notice that it was cancelled

// Whether the load ended because the one who ran it wanted it to: that says nothing to the others.
bool was_given_up(Code code) { return code == Code::kCancelled || code == Code::kDeadline || code == Code::kUser; }

// Returns once the load has ended, or with the waiter's own reason to give up.
Status wait_for(CacheFlight& flight, const CancelToken* cancel) {
  std::unique_lock lock(flight.mu);
  while (!flight.done) {
    if (!cancel) {
      flight.landed.wait(lock);
    } else {
      STRATA_TRY(cancel->check());
      flight.landed.wait_for(lock, kPoll);
    }
  }
  return {};
}

Result<SharedBuffer> run(const Cache::Loader& load) {
  try {
    STRATA_ASSIGN(Buffer bytes, load());
    return SharedBuffer(std::make_shared<const Buffer>(std::move(bytes)));
  } catch (const std::bad_alloc&) {
    return Status(Code::kNoMemory, "no memory for a block");
  } catch (const std::exception& e) {
    return Status(Code::kInternal, cat("loading a block: ", e.what()));
  }
}

}  // namespace

// Ends a load: keeps what it brought, and wakes those who wait.
class Cache::Landing {
 public:
  Landing(Shard& shard, const CacheKey& key, CacheFlight& flight, LogQueue* log) : shard_(shard), key_(key), flight_(flight), log_(log) {}
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;
  ~Landing() {
    if (!landed_) now();
  }

  void now() noexcept {
    landed_ = true;
    CacheDropped dropped;
    {
      std::lock_guard lock(shard_.mu);
      if (flight_.value && flight_.wanted) {
        try {
          shard_.keep(key_, flight_.value, dropped);
        } catch (const std::bad_alloc&) {
          // Not kept, then: a cache is never the reason for a failure.
        }
      }
      shard_.flights.erase(key_);  // in the same breath, so that nobody loads it once more
    }
    if (log_ && dropped.count())
      log_->add(LogLevel::kDebug, "cache", [&] { return cat("dropped ", dropped.count(), " units for one of ", flight_.value->size(), " bytes"); });
    {
      std::lock_guard lock(flight_.mu);
      flight_.done = true;
    }
    flight_.landed.notify_all();
  }

 private:
  Shard& shard_;
  const CacheKey key_;
  CacheFlight& flight_;
  LogQueue* const log_;
  bool landed_ = false;
};

Cache::Cache(uint64_t capacity_bytes, LogQueue* log)
    : log_(log),
      count_(static_cast<size_t>(std::clamp<uint64_t>(capacity_bytes / kBytesPerShard, 1, kShards))),
      shards_(std::make_unique<Shard[]>(count_)) {
  for (size_t i = 0; i < count_; ++i) shards_[i].budget = capacity_bytes / count_;
  shards_[0].budget += capacity_bytes % count_;
}

Cache::~Cache() = default;

Cache::Shard& Cache::shard_of(const CacheKey& key) const {
  // The low bits choose the place in the shard's table.
  return shards_[(CacheKeyHash()(key) >> 48) % count_];
}

Result<SharedBuffer> Cache::get(const CacheKey& key, const CancelToken* cancel, const Loader& load) {
  Shard& shard = shard_of(key);
  for (;;) {
    std::shared_ptr<CacheFlight> flight;
    bool ours = false;
    {
      std::lock_guard lock(shard.mu);
      if (Shard::Entry* entry = shard.find(key)) {
        ++shard.hits;
        return entry->value;
      }
      auto [it, first] = shard.flights.try_emplace(key);
      if (first) {
        try {
          it->second = std::make_shared<CacheFlight>();
        } catch (...) {
          shard.flights.erase(it);
          throw;
        }
        ++shard.misses;
      } else {
        ++shard.coalesced;
      }
      flight = it->second;
      ours = first;
    }

    if (!ours) {
      STRATA_TRY(wait_for(*flight, cancel));
      if (flight->value) return flight->value;
      if (flight->error.ok()) return Status(Code::kNoMemory, "no memory for a block");
      if (!was_given_up(flight->error.code())) return flight->error;
      STRATA_TRY(check(cancel));
      continue;  // the one who loaded was stopped, we were not
    }

    // Lands on every way out, also when there is no memory left for a message: the others must not wait for ever.
    Landing landing(shard, key, *flight, log_);
    Result<SharedBuffer> got = run(load);
    if (!got.ok()) {
      flight->error = got.take_status();
      landing.now();
      return flight->error;
    }
    flight->value = *got;
    landing.now();
    return flight->value;
  }
}

SharedBuffer Cache::peek(const CacheKey& key) {
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mu);
  Shard::Entry* entry = shard.find(key);
  if (!entry) return nullptr;
  ++shard.hits;
  return entry->value;
}

bool Cache::contains(const CacheKey& key) const {
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mu);
  return shard.table.contains(key);
}

bool Cache::has_room(const CacheKey& key, uint64_t bytes) const { return bytes + Shard::kEntryOverhead <= shard_of(key).budget; }

void Cache::forget(ObjectVersion object) {
  for (size_t i = 0; i < count_; ++i) {
    for (bool all = false; !all;) {
      CacheDropped dropped;
      std::lock_guard lock(shards_[i].mu);
      all = shards_[i].forget(object, dropped);
    }
  }
}

CacheCounters Cache::counters() const {
  CacheCounters sum;
  for (size_t i = 0; i < count_; ++i) {
    Shard& shard = shards_[i];
    std::lock_guard lock(shard.mu);
    sum.hits += shard.hits;
    sum.misses += shard.misses;
    sum.evictions += shard.evictions;
    sum.bytes += shard.bytes;
    sum.capacity += shard.budget;
    sum.coalesced += shard.coalesced;
  }
  return sum;
}

}  // namespace strata
