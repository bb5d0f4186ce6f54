// 64-bit numbers as text of a fixed length.
#pragma once

#include <cstdint>
#include <string>

namespace strata {

// 16 lower-case hexadecimal digits.
inline std::string hex_of(uint64_t v) {
  std::string out(16, '0');
  for (size_t i = 16; v; v >>= 4) out[--i] = "0123456789abcdef"[v & 15];
  return out;
}

}  // namespace strata
