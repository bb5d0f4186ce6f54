// Hashes: XXH3 for digests and for tables of strings.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/bytes.h"

namespace strata {

uint64_t xxh3_64(Bytes b);
// Of the parts one after the other.
uint64_t xxh3_64(std::span<const Bytes> parts);

// For unordered containers keyed by text that also answer string_view without making a string.
struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return xxh3_64(as_bytes(s)); }
};
struct TextEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};
using NameSet = std::unordered_set<std::string, TextHash, TextEqual>;

}  // namespace strata
