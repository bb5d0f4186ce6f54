#include "delta/geometry.h"

#include <algorithm>

#include "base/checked.h"

namespace strata {

Result<Geometry> Geometry::make(std::span<const uint64_t> shape, std::span<const uint64_t> chunk_shape) {
  if (shape.size() > kMaxRank)
    return Status(Code::kLimit, cat("an array of ", shape.size(), " dimensions; ", kMaxRank, " are possible"));
  if (shape.size() != chunk_shape.size())
    return Status(Code::kInvalid, cat("the chunk shape has ", chunk_shape.size(), " extents, the shape ", shape.size()));
  Geometry g;
  g.shape_.assign(shape.begin(), shape.end());
  g.chunk_.assign(chunk_shape.begin(), chunk_shape.end());
  g.grid_.resize(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) {
      g.chunk_[i] = std::max<uint64_t>(1, g.chunk_[i]);  // files of the original may hold 0 here
      continue;
    }
    if (g.chunk_[i] == 0) return Status(Code::kInvalid, cat("chunk extent 0 along axis ", i));
    g.grid_[i] = ceil_div(shape[i], g.chunk_[i]);
  }
  std::vector<uint64_t> clipped(shape.size());
  for (size_t i = 0; i < shape.size(); ++i) clipped[i] = std::min(g.chunk_[i], shape[i]);
  auto elements = product(shape), chunks = product(g.grid_), largest = product(clipped);
  if (!elements || !chunks || !largest) return Status(Code::kLimit, "more than 2^63 elements");
  g.elements_ = *elements;
  g.chunks_ = *chunks;
  g.max_chunk_elements_ = *largest;
  return g;
}

uint64_t Geometry::chunk_number_open(std::span<const uint32_t> coord) const {
  if (coord.size() != rank()) return UINT64_MAX;
  uint64_t n = coord.empty() ? 0 : coord[0];
  for (size_t i = 1; i < coord.size(); ++i) {
    if (coord[i] >= grid_[i] || mul_overflows(n, grid_[i], &n) || add_overflows(n, coord[i], &n)) return UINT64_MAX;
  }
  return n;
}

uint64_t Geometry::chunk_number(std::span<const uint32_t> coord) const {
  if (!coord.empty() && rank() && coord[0] >= grid_[0]) return UINT64_MAX;
  return chunk_number_open(coord);
}

bool Geometry::same_numbers(const Geometry& other) const {
  return rank() == other.rank() && (rank() == 0 || std::ranges::equal(grid().subspan(1), other.grid().subspan(1)));
}

void Geometry::chunk_coord(uint64_t number, uint64_t* coord) const {
  for (size_t i = rank(); i-- > 0;) {
    coord[i] = number % grid_[i];
    number /= grid_[i];
  }
}

uint64_t Geometry::chunk_box(uint64_t number, uint64_t* origin, uint64_t* extent) const {
  chunk_coord(number, origin);
  uint64_t n = 1;
  for (size_t i = 0; i < rank(); ++i) {
    origin[i] *= chunk_[i];
    extent[i] = std::min(chunk_[i], shape_[i] - origin[i]);
    n *= extent[i];
  }
  return n;
}

Status Geometry::check_region(std::span<const uint64_t> start, std::span<const uint64_t> count) const {
  if (start.size() != rank() || count.size() != rank())
    return Status(Code::kInvalid, cat("the region has ", start.size(), " dimensions, the array ", rank()));
  for (size_t i = 0; i < rank(); ++i) {
    uint64_t end;
    if (add_overflows(start[i], count[i], &end) || end > shape_[i])
      return Status(Code::kRange, cat("axis ", i, ": ", count[i], " elements from ", start[i], " leave the extent ", shape_[i]));
  }
  return {};
}

uint64_t Geometry::chunks_in(std::span<const uint64_t> start, std::span<const uint64_t> count) const {
  uint64_t n = 1;
  for (size_t i = 0; i < rank(); ++i) {
    if (count[i] == 0) return 0;
    n *= (start[i] + count[i] - 1) / chunk_[i] - start[i] / chunk_[i] + 1;
  }
  return n;
}

uint64_t Geometry::chunk_in(std::span<const uint64_t> start, std::span<const uint64_t> count, uint64_t i) const {
  uint64_t number = 0, scale = 1;
  for (size_t a = rank(); a-- > 0;) {
    uint64_t first = start[a] / chunk_[a], n = (start[a] + count[a] - 1) / chunk_[a] - first + 1;
    number += (first + i % n) * scale;
    i /= n;
    scale *= grid_[a];
  }
  return number;
}

Overlap overlap_of(const Geometry& geometry, uint64_t chunk, std::span<const uint64_t> start,
                   std::span<const uint64_t> count) {
  Overlap o;
  uint64_t origin[kMaxRank];
  o.chunk_elements = geometry.chunk_box(chunk, origin, o.extent);
  o.elements = 1;
  for (size_t i = 0; i < geometry.rank(); ++i) {
    uint64_t lo = std::max(origin[i], start[i]), hi = std::min(origin[i] + o.extent[i], start[i] + count[i]);
    o.count[i] = hi - lo;
    o.in_chunk[i] = lo - origin[i];
    o.in_region[i] = lo - start[i];
    o.elements *= o.count[i];
  }
  return o;
}

std::vector<uint64_t> default_chunk_shape(std::span<const uint64_t> shape, uint64_t element_bytes) {
  constexpr uint64_t kLargest = 64u << 20;
  std::vector<uint64_t> chunk(shape.begin(), shape.end());
  for (auto& c : chunk) c = std::max<uint64_t>(1, c);
  auto bytes = [&] {
    uint64_t n = element_bytes;
    for (uint64_t c : chunk)
      if (mul_overflows(n, c, &n)) return UINT64_MAX;
    return n;
  };
  for (size_t axis = 0; axis < chunk.size() && bytes() > kLargest;) {
    if (chunk[axis] > 1)
      chunk[axis] = ceil_div(chunk[axis], 2);
    else
      ++axis;
  }
  return chunk;
}

void row_major_strides(size_t rank, const uint64_t* extent, uint64_t width, int64_t* strides) {
  // Of an empty region they are never used, and the extents beside the 0 could overflow.
  uint64_t step = product({extent, rank}).value_or(0) ? width : 0;
  for (size_t i = rank; i-- > 0; step *= extent[i]) strides[i] = static_cast<int64_t>(step);
}

Result<uint64_t> region_bytes(std::span<const uint64_t> count, uint64_t width) {
  const auto elements = product(count);
  uint64_t bytes;
  if (!elements || mul_overflows(*elements, width, &bytes) || bytes > PTRDIFF_MAX)
    return Status(Code::kLimit, "the region has more bytes than memory can have");
  return bytes;
}

}  // namespace strata
