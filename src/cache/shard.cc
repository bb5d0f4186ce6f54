#include "cache/shard.h"

namespace strata {

Cache::Shard::Entry* Cache::Shard::find(const CacheKey& key) {
  auto it = table.find(key);
  if (it == table.end()) return nullptr;
  it->second.hit = true;
  return &it->second;
}

void Cache::Shard::keep(const CacheKey& key, SharedBuffer value, CacheDropped& dropped) {
  const uint64_t cost = value->capacity() + kEntryOverhead;
  if (cost > budget || !make_room(cost, dropped)) return;
  // Everything that can fail comes before the first change. One load at a time per key: there is no entry yet.
  auto [object, first] = objects_.try_emplace(key.object, nullptr);
  Table::iterator it;
  try {
    it = table.try_emplace(key).first;
  } catch (...) {
    if (first) objects_.erase(object);
    throw;
  }
  Entry* entry = &it->second;
  entry->key = key;
  entry->value = std::move(value);
  entry->cost = cost;
  entry->object_next = object->second;
  if (entry->object_next) entry->object_next->object_prev = entry;
  object->second = entry;
  bytes += cost;
  entry->older = newest_;
  if (newest_) newest_->newer = entry;
  newest_ = entry;
  if (!oldest_) oldest_ = entry;
}

bool Cache::Shard::make_room(uint64_t cost, CacheDropped& dropped) {
  // What somebody reads from stays: it would take memory on, and nobody would count it.
  for (size_t in_use = 0; bytes + cost > budget;) {
    Entry* entry = hand_ ? hand_ : oldest_;
    hand_ = entry->newer;
    if (entry->value.use_count() > 1) {
      if (++in_use > table.size()) return false;
      continue;
    }
    if (entry->hit) {
      entry->hit = false;
      continue;
    }
    drop(entry, dropped);
    ++evictions;
  }
  return true;
}

void Cache::Shard::drop(Entry* entry, CacheDropped& dropped) {
  if (hand_ == entry) hand_ = entry->newer;
  (entry->newer ? entry->newer->older : newest_) = entry->older;
  (entry->older ? entry->older->newer : oldest_) = entry->newer;
  if (entry->object_next) entry->object_next->object_prev = entry->object_prev;
  if (entry->object_prev) {
    entry->object_prev->object_next = entry->object_next;
  } else if (entry->object_next) {
    objects_.find(entry->key.object)->second = entry->object_next;
  } else {
    objects_.erase(entry->key.object);
  }
  bytes -= entry->cost;
  dropped.add(std::move(entry->value));
  const CacheKey key = entry->key;  // erase() would read it from the node that it frees
  table.erase(key);
}

bool Cache::Shard::forget(ObjectVersion object, CacheDropped& dropped) {
  // A load under way still answers those who wait for it, but is not kept.
  for (auto& [key, flight] : flights)
    if (key.object == object) flight->wanted = false;
  for (auto it = objects_.find(object); it != objects_.end(); it = objects_.find(object)) {
    if (dropped.full()) return false;
    drop(it->second, dropped);
  }
  return true;
}

}  // namespace strata
