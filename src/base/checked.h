// Arithmetic that says when it overflows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace strata {

inline bool add_overflows(uint64_t a, uint64_t b, uint64_t* sum) { return __builtin_add_overflow(a, b, sum); }
inline bool mul_overflows(uint64_t a, uint64_t b, uint64_t* product) { return __builtin_mul_overflow(a, b, product); }
// As many as there are if the sum does not fit.
constexpr uint64_t add_up(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

// Product of extents; 1 for none (a 0-d array has one element); nothing when it does not fit 63 bits.
inline std::optional<uint64_t> product(std::span<const uint64_t> extents) {
  uint64_t n = 1;
  for (uint64_t e : extents)
    if (e == 0) return 0;
  for (uint64_t e : extents)
    if (mul_overflows(n, e, &n) || n > INT64_MAX) return std::nullopt;
  return n;
}

constexpr uint64_t ceil_div(uint64_t a, uint64_t b) { return a / b + (a % b != 0); }
constexpr uint64_t align_up(uint64_t n, uint64_t alignment) { return (n + alignment - 1) / alignment * alignment; }

}  // namespace strata
