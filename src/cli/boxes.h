// Arrays in parts that fit into memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <strata/strata.hpp>

#include "values.h"

namespace strata_cli {

// Boxes of whole chunks of at most 64 MiB, unless a single chunk is larger, so that no chunk is read or written twice: the
// last axes are taken whole as far as they go. width: bytes of an element.
strata::Extents box_of(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> chunk, std::size_t width);

// Calls `fn(start, count)` for each box of the shape, in row-major order.
template <typename Fn>
void for_each_box(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> box, Fn&& fn) {
  if (product(shape) == 0) return;
  strata::Extents start(shape.size(), 0);
  strata::Extents count(shape.size());
  for (;;) {
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
      count[axis] = std::min(box[axis], shape[axis] - start[axis]);
    fn(start, count);
    std::size_t axis = shape.size();
    while (axis-- > 0) {
      start[axis] += box[axis];
      if (start[axis] < shape[axis]) break;
      start[axis] = 0;
    }
    if (axis == static_cast<std::size_t>(-1)) return;
  }
}

}  // namespace strata_cli
