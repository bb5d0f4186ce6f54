// 128-bit random identity of a layer, file, store or commit.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

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
};

struct Id128Hash {
  size_t operator()(const Id128& id) const {
    size_t h;  // the bytes are random already
    std::memcpy(&h, id.bytes.data(), sizeof h);
    return h;
  }
};

}  // namespace strata
