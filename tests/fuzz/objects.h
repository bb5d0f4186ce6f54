// Several objects as one input: name and bytes of each, with their lengths in front. What is cut is as long as it is.
#pragma once

#include <string>
#include <vector>

#include "harness.h"

namespace strata::fuzz {

struct Object {
  std::string name;
  Buffer bytes;
};

inline constexpr size_t kMaxObjects = 16;

inline std::vector<Object> unpack_objects(Bytes input) {
  std::vector<Object> out;
  Input in(input);
  while (!in.empty() && out.size() < kMaxObjects) {
    Object o;
    o.name = as_text(in.take(in.take<uint8_t>()));
    const auto size = in.take<uint32_t>();
    o.bytes = Buffer::copy_of(in.take(size));
    out.push_back(std::move(o));
  }
  return out;
}

inline Buffer pack_objects(const std::vector<Object>& objects) {
  Buffer out;
  for (const Object& o : objects) {
    const auto name_size = static_cast<uint8_t>(o.name.size());
    const auto size = static_cast<uint32_t>(o.bytes.size());
    out.append({&name_size, 1});
    out.append(as_bytes(std::string_view(o.name).substr(0, name_size)));
    out.append({reinterpret_cast<const uint8_t*>(&size), sizeof size});
    out.append(o.bytes.bytes());
  }
  return out;
}

}  // namespace strata::fuzz
