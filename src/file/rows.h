// The rows that a region and a chunk share.
#pragma once

#include <span>

#include "delta/geometry.h"

namespace strata {

// Calls f(first element in the chunk, first element in the region, how many) for each run of elements that are neighbours in
// both. Elements are counted row-major.
template <typename F>
void for_each_row(const Overlap& o, std::span<const uint64_t> region, F&& f) {
  const size_t rank = region.size();
  if (rank == 0) return f(0, 0, 1);
  uint64_t at[kMaxRank] = {};
  for (;;) {
    uint64_t in_chunk = 0, in_region = 0;
    for (size_t i = 0; i < rank; ++i) {
      in_chunk = in_chunk * o.extent[i] + o.in_chunk[i] + at[i];
      in_region = in_region * region[i] + o.in_region[i] + at[i];
    }
    f(in_chunk, in_region, o.count[rank - 1]);
    size_t axis = rank - 1;  // the innermost axis is the row itself
    for (;;) {
      if (axis == 0) return;
      --axis;
      if (++at[axis] < o.count[axis]) break;
      at[axis] = 0;
    }
  }
}

}  // namespace strata
