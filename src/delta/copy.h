// Strided copies and fills: the gather and scatter between a caller's memory and chunks.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace strata {

// Copies product(count) elements of `width` bytes between two places with byte strides.
void copy_strided(size_t rank, const uint64_t* count, uint64_t width, const uint8_t* src, const int64_t* src_strides,
                  uint8_t* dst, const int64_t* dst_strides);
// The same element everywhere; NULL: zeroes.
void fill_strided(size_t rank, const uint64_t* count, uint64_t width, const uint8_t* element, uint8_t* dst,
                  const int64_t* dst_strides);
// Whether every byte of such elements is 0 or 1, as a bool must be.
bool all_bools(size_t rank, const uint64_t* count, uint64_t width, const uint8_t* src, const int64_t* strides);
// Whether elements with these strides lie one after the other without gaps.
bool is_contiguous(size_t rank, const uint64_t* count, uint64_t width, const int64_t* strides);

}  // namespace strata
