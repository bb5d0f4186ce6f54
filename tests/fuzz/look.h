// Reads what an array file lets be read: of each array a corner at its beginning and one at its end, as a forged shape is no
// reason to ask for all of it.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "base/hash.h"
#include "file/array_file.h"
#include "harness.h"

namespace strata::fuzz {

inline constexpr uint64_t kCornerElements = 512;

// A status that says that the library, not the file, is wrong.
inline void sound(const Status& status) {
  if (status.code() != Code::kInternal) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  require(false, "no internal error");
}

// A hash of the elements.
inline Result<uint64_t> read_corner(ArrayFile& file, const ArrayFile::Ref& array, bool end) {
  const auto shape = array->meta.geometry.shape();
  std::vector<uint64_t> start(shape.size()), count(shape.size());
  uint64_t n = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    count[i] = std::min(shape[i], std::max<uint64_t>(1, kCornerElements / std::max<uint64_t>(n, 1)));
    n *= count[i];
    start[i] = end ? shape[i] - count[i] : 0;
  }
  if (const uint64_t width = array->meta.width()) {
    if (width > 1 << 16) return Status(Code::kLimit, "elements too wide to be looked at");
    Buffer data(n * width);
    ReadRequest r;
    r.array = array.get();
    r.start = start;
    r.count = count;
    r.dst = data.data();
    int64_t step = static_cast<int64_t>(width);
    for (size_t i = shape.size(); i-- > 0; step *= static_cast<int64_t>(count[i])) r.strides[i] = step;
    STRATA_TRY(file.read({&r, 1}, false, nullptr));
    return xxh3_64(data.bytes());
  }
  STRATA_ASSIGN(auto data, file.read_varlen(array, start, count, nullptr));
  uint64_t hash = xxh3_64(data.values.bytes());
  std::vector<std::span<const int64_t>> levels;
  for (const Buffer& b : data.offsets) {
    hash = hash * 31 + xxh3_64(b.bytes());
    levels.emplace_back(reinterpret_cast<const int64_t*>(b.data()), b.size() / 8);
  }
  ElementLayout layout = array->meta.layout;
  layout.value = Type::kBinary;  // what the values are is not looked at when they are read
  require(levels.size() == layout.levels() && check_column(layout, {levels, data.values.bytes()}, n).ok(), "what was read is data");
  return hash;
}

// Of each array that can be read, a hash of what it shows.
inline std::map<std::string, uint64_t> look_at(ArrayFile& file) {
  std::map<std::string, uint64_t> seen;
  auto names = file.list();
  sound(names.ok() ? Status() : names.take_status());
  if (!names.ok()) return seen;
  for (const std::string& name : *names) {
    auto array = file.open_array(name);
    if (!array.ok()) {
      sound(array.take_status());
      continue;
    }
    auto keys = file.list_attributes(*array);
    if (keys.ok())
      for (const std::string& k : *keys) sound(file.get_attribute(*array, k).take_status());
    sound(file.statistics(*array, nullptr).take_status());
    auto first = read_corner(file, *array, false), last = read_corner(file, *array, true);
    if (first.ok() && last.ok()) seen[name] = *first * 31 + *last;
    for (auto* r : {&first, &last})
      if (!r->ok()) sound(r->take_status());
  }
  return seen;
}

}  // namespace strata::fuzz
