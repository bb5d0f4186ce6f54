// What keeps pending changes from being merged with what others have committed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace strata {

// The numbers are those of strata_conflict_kind in strata.h.
enum class ConflictKind : int32_t {
  kChunk = 1,      // both changed the chunk
  kAttribute = 2,  // both changed the attribute, to other values
  kShape = 3,      // both resized the array, to other shapes
  kDeleted = 4,    // one deleted the array, the other changed it
  kDefined = 5,    // both defined the array, and not alike; or the other defined anew what was changed
  kReplaced = 6,   // the file was overwritten: it is another one
};

struct Conflict {
  ConflictKind kind = ConflictKind::kChunk;
  std::string dataset;  // of a store; else empty
  std::string array;
  std::string attribute;        // its key
  std::vector<uint32_t> chunk;  // its place in the grid
};

}  // namespace strata
