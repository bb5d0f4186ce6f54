// 128-bit random identity of a layer, file, store or commit.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace strata {

struct Id128 {
  std::array<uint8_t, 16> bytes{};

  bool operator==(const Id128&) const = default;
  bool is_nil() const { return *this == Id128{}; }
  std::string hex() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(32);
    for (uint8_t b : bytes) {
      out.push_back(kDigits[b >> 4]);
      out.push_back(kDigits[b & 15]);
    }
    return out;
  }
  // 32 lower-case hexadecimal digits; false for anything else.
  static bool parse(std::string_view text, Id128* out) {
    if (text.size() != 32) return false;
    for (size_t i = 0; i < 32; ++i) {
      const char c = text[i];
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
      if (digit < 0) return false;
      out->bytes[i / 2] = static_cast<uint8_t>(i % 2 ? out->bytes[i / 2] | digit : digit << 4);
    }
    return true;
  }
};

struct Id128Hash {
  size_t operator()(const Id128& id) const {
    size_t h;  // the bytes are random already
    std::memcpy(&h, id.bytes.data(), sizeof h);
    return h;
  }
};

}  // namespace strata
