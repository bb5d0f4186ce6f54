// The grid of chunks of one array, and the walk over the chunks that a region touches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace strata {

inline constexpr size_t kMaxRank = 32;

// Row-major everywhere: the last axis varies fastest. Edge chunks hold the clipped extent (docs/format.md, "Chunks").
class Geometry {
 public:
  Geometry() = default;
  // kLimit: rank above kMaxRank, more than 2^63 elements or chunks. kInvalid: ranks differ, a chunk extent 0 along an axis that is
  // not empty.
  static Result<Geometry> make(std::span<const uint64_t> shape, std::span<const uint64_t> chunk_shape);

  size_t rank() const { return shape_.size(); }
  std::span<const uint64_t> shape() const { return shape_; }
  std::span<const uint64_t> chunk_shape() const { return chunk_; }
  std::span<const uint64_t> grid() const { return grid_; }
  uint64_t element_count() const { return elements_; }
  uint64_t chunk_count() const { return chunks_; }
  uint64_t max_chunk_elements() const { return max_chunk_elements_; }

  // Number of a chunk in row-major order of the grid; UINT64_MAX when the coordinate has another rank or lies outside.
  uint64_t chunk_number(std::span<const uint32_t> coord) const;
  // The same as if the grid had no end along the first axis: growing there changes no number.
  uint64_t chunk_number_open(std::span<const uint32_t> coord) const;
  bool same_numbers(const Geometry& other) const;
  void chunk_coord(uint64_t number, uint64_t* coord) const;
  // First element and clipped extent of a chunk; returns its element count.
  uint64_t chunk_box(uint64_t number, uint64_t* origin, uint64_t* extent) const;

  // kRange with the axis and the numbers when the region leaves the shape.
  Status check_region(std::span<const uint64_t> start, std::span<const uint64_t> count) const;
  // How many chunks the region touches; 0 for an empty region. REQUIRES: check_region is fine.
  uint64_t chunks_in(std::span<const uint64_t> start, std::span<const uint64_t> count) const;
  // The i-th of them, row-major.
  uint64_t chunk_in(std::span<const uint64_t> start, std::span<const uint64_t> count, uint64_t i) const;

  bool operator==(const Geometry&) const = default;

 private:
  std::vector<uint64_t> shape_, chunk_, grid_;
  uint64_t elements_ = 1, chunks_ = 1, max_chunk_elements_ = 1;
};

// Byte distances of a row-major block of `extent` elements of `width` bytes; 0 where it is empty.
void row_major_strides(size_t rank, const uint64_t* extent, uint64_t width, int64_t* strides);
// Bytes of a region in memory; kLimit when they cannot be counted.
Result<uint64_t> region_bytes(std::span<const uint64_t> count, uint64_t width);

// Where a region and a chunk meet.
struct Overlap {
  uint64_t count[kMaxRank];      // elements along each axis
  uint64_t in_chunk[kMaxRank];   // first element, counted in the chunk
  uint64_t in_region[kMaxRank];  // first element, counted in the region
  uint64_t extent[kMaxRank];     // of the chunk, clipped
  uint64_t elements;             // product(count)
  uint64_t chunk_elements;       // product(extent)
  bool whole() const { return elements == chunk_elements; }
};
Overlap overlap_of(const Geometry& geometry, uint64_t chunk, std::span<const uint64_t> start,
                   std::span<const uint64_t> count);

// Chunk shape for a definition that names none: the shape up to 64 MiB, beyond that the leading axes are halved.
std::vector<uint64_t> default_chunk_shape(std::span<const uint64_t> shape, uint64_t element_bytes);

}  // namespace strata
