// The reference implementation's files, for tests of the format room.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace strata::test {

inline std::filesystem::path fixtures_folder() {
  const char* source = std::getenv("STRATA_SOURCE_DIR");
#ifdef STRATA_SOURCE_DIR
  if (!source) source = STRATA_SOURCE_DIR;
#endif
  return std::filesystem::path(source ? source : ".") / "tests" / "data" / "fixtures";
}

inline Buffer file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string all{std::istreambuf_iterator<char>(in), {}};
  return Buffer::copy_of(as_bytes(all));
}

// Paths of all files whose name ends so, in a fixed order.
inline std::vector<std::filesystem::path> fixtures(const std::string& extension) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixtures_folder()))
    if (entry.is_regular_file() && entry.path().extension() == extension) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

inline std::string hex(Bytes b) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (uint8_t c : b) {
    out += kDigits[c >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

// "" when equal, else where they part.
inline std::string difference(Bytes got, Bytes want) {
  size_t n = std::min(got.size(), want.size()), i = 0;
  while (i < n && got[i] == want[i]) ++i;
  if (i == n && got.size() == want.size()) return "";
  return "sizes " + std::to_string(got.size()) + " and " + std::to_string(want.size()) + ", first differ at byte " +
         std::to_string(i);
}

}  // namespace strata::test
