#include "delta/copy.h"

#include <algorithm>
#include <cstring>

#include "delta/geometry.h"

namespace strata {
namespace {

// A copy with as few axes as possible: axes of one element vanish, neighbours that are contiguous in both places merge.
struct Loop {
  size_t rank = 0;
  uint64_t count[kMaxRank + 1];
  int64_t src[kMaxRank + 1], dst[kMaxRank + 1];

  // Returns false when there is nothing to copy. Works from the innermost axis outwards; axis 0 becomes the innermost.
  bool make(size_t n, const uint64_t* counts, const int64_t* s, const int64_t* d) {
    for (size_t i = n; i-- > 0;) {
      if (counts[i] == 0) return false;
      if (counts[i] == 1) continue;
      if (rank > 0) {
        size_t in = rank - 1;
        auto span = static_cast<int64_t>(count[in]);
        if (s[i] == src[in] * span && d[i] == dst[in] * span) {
          count[in] *= counts[i];
          continue;
        }
      }
      count[rank] = counts[i];
      src[rank] = s[i];
      dst[rank] = d[i];
      ++rank;
    }
    return true;
  }
};

template <size_t kWidth>
void copy_line(uint64_t n, const uint8_t* src, int64_t ss, uint8_t* dst, int64_t ds) {
  for (uint64_t i = 0; i < n; ++i) {
    std::memcpy(dst, src, kWidth);
    src += ss;
    dst += ds;
  }
}

void copy_line(uint64_t width, uint64_t n, const uint8_t* src, int64_t ss, uint8_t* dst, int64_t ds) {
  auto w = static_cast<int64_t>(width);
  if (ss == w && ds == w) {
    std::memcpy(dst, src, n * width);
    return;
  }
  if (ss == 0 && w == 1 && ds == 1) {
    std::memset(dst, *src, n);
    return;
  }
  switch (width) {
    case 1: return copy_line<1>(n, src, ss, dst, ds);
    case 2: return copy_line<2>(n, src, ss, dst, ds);
    case 4: return copy_line<4>(n, src, ss, dst, ds);
    case 8: return copy_line<8>(n, src, ss, dst, ds);
    default:
      for (uint64_t i = 0; i < n; ++i, src += ss, dst += ds) std::memcpy(dst, src, width);
  }
}

void walk(const Loop& loop, uint64_t width, const uint8_t* src, uint8_t* dst) {
  if (loop.rank == 0) {
    std::memcpy(dst, src, width);
    return;
  }
  if (loop.rank == 1) return copy_line(width, loop.count[0], src, loop.src[0], dst, loop.dst[0]);
  uint64_t at[kMaxRank + 1] = {};
  for (;;) {
    for (uint64_t j = 0; j < loop.count[1]; ++j) {
      auto step = static_cast<int64_t>(j);
      copy_line(width, loop.count[0], src + step * loop.src[1], loop.src[0], dst + step * loop.dst[1], loop.dst[0]);
    }
    size_t axis = 2;
    for (; axis < loop.rank; ++axis) {
      src += loop.src[axis];
      dst += loop.dst[axis];
      if (++at[axis] < loop.count[axis]) break;
      at[axis] = 0;
      src -= loop.src[axis] * static_cast<int64_t>(loop.count[axis]);
      dst -= loop.dst[axis] * static_cast<int64_t>(loop.count[axis]);
    }
    if (axis >= loop.rank) return;
  }
}

}  // namespace

void copy_strided(size_t rank, const uint64_t* count, uint64_t width, const uint8_t* src, const int64_t* src_strides,
                  uint8_t* dst, const int64_t* dst_strides) {
  Loop loop;
  if (loop.make(rank, count, src_strides, dst_strides)) walk(loop, width, src, dst);
}

void fill_strided(size_t rank, const uint64_t* count, uint64_t width, const uint8_t* element, uint8_t* dst,
                  const int64_t* dst_strides) {
  static constexpr uint8_t kZero = 0;
  if (!element && width > 1) {  // elements may be of any width: their bytes are one more axis
    uint64_t counts[kMaxRank + 1];
    int64_t strides[kMaxRank + 1];
    std::copy_n(count, rank, counts);
    std::copy_n(dst_strides, rank, strides);
    counts[rank] = width;
    strides[rank] = 1;
    return fill_strided(rank + 1, counts, 1, &kZero, dst, strides);
  }
  if (!element) element = &kZero;
  if (is_contiguous(rank, count, width, dst_strides)) {
    uint64_t n = width;
    for (size_t i = 0; i < rank; ++i) n *= count[i];
    if (n == 0) return;
    bool same = true;
    for (uint64_t i = 1; i < width; ++i) same &= element[i] == element[0];
    if (same) {
      std::memset(dst, element[0], n);
      return;
    }
    std::memcpy(dst, element, width);
    for (uint64_t done = width; done < n;) {  // doubling: long copies instead of one per element
      uint64_t part = done < n - done ? done : n - done;
      std::memcpy(dst + done, dst, part);
      done += part;
    }
    return;
  }
  int64_t still[kMaxRank + 1] = {};
  Loop loop;
  if (loop.make(rank, count, still, dst_strides)) walk(loop, width, element, dst);
}

bool is_contiguous(size_t rank, const uint64_t* count, uint64_t width, const int64_t* strides) {
  auto step = static_cast<int64_t>(width);
  for (size_t i = rank; i-- > 0;) {
    if (count[i] != 1 && strides[i] != step) return false;
    step *= static_cast<int64_t>(count[i]);
  }
  return true;
}

bool all_bools(size_t rank, const uint64_t* count, uint64_t width, const uint8_t* src, const int64_t* strides) {
  if (std::find(count, count + rank, uint64_t{0}) != count + rank) return true;
  uint8_t seen = 0;
  if (rank == 0) {
    for (uint64_t i = 0; i < width; ++i) seen |= src[i];
    return seen <= 1;
  }
  const bool line = rank == 1 && width == 1;
  for (uint64_t i = 0; i < count[0]; ++i, src += strides[0]) {
    if (!line && !all_bools(rank - 1, count + 1, width, src, strides + 1)) return false;
    if (line) seen |= *src;
  }
  return seen <= 1;
}

}  // namespace strata
