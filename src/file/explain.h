// What a read would do, found out by the plan that the read itself follows.
#pragma once

#include <unordered_set>

#include "file/array_file.h"

namespace strata {

class Explainer {
 public:
  explicit Explainer(const ArrayFile& file) : file_(file) {}

  // What the reader would get, in place of getting it.
  void chunk(const ChunkSource& source);
  void stored(const SealedLayer& layer, uint64_t offset, uint64_t size);       // as ArrayFile::read_stored
  void decoded(const Unit& unit);
  void fetched(const SealedLayer& layer, const Unit& unit);                    // as fetch_unit
  Status part(const SealedLayer& layer, const Unit& unit, uint64_t from, uint64_t size);  // as read_part

  ReadExplanation out;

 private:
  const ArrayFile& file_;
  std::unordered_set<const SealedLayer*> layers_;
  std::unordered_set<CacheKey, CacheKeyHash> loaded_;  // what the caches will have by then
  std::unordered_set<CacheKey, CacheKeyHash> slabs_;
  std::unordered_set<CacheKey, CacheKeyHash> verified_;  // pages that were held against their digests by then
};

}  // namespace strata
