// JSON in and out: RapidJSON values over one pool that lives as long as the program, and short ways to build them.
// Members keep the order in which they were added.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/status.h"

namespace strata::script {

using Json = rapidjson::Value;
using JsonPool = rapidjson::Document::AllocatorType;

JsonPool& pool();

Json text(std::string_view s);
template <typename N>
Json number(N n) {
  if constexpr (std::is_floating_point_v<N>) {
    return Json(static_cast<double>(n));
  } else if constexpr (std::is_signed_v<N>) {
    return Json(static_cast<int64_t>(n));
  } else {
    return Json(static_cast<uint64_t>(n));
  }
}
// Floats that JSON has no number for become "nan", "-nan", "inf", "-inf".
Json float_json(double v);

inline void add(Json& object, std::string_view key, Json value) { object.AddMember(text(key), value, pool()); }
inline void append(Json& array, Json value) { array.PushBack(value, pool()); }
inline Json list() { return Json(rapidjson::kArrayType); }

// object("name", text(n), "size", number(s)).
inline void add_all(Json&) {}
template <typename... Rest>
void add_all(Json& object, std::string_view key, Json value, Rest&&... rest) {
  add(object, key, std::move(value));
  add_all(object, std::forward<Rest>(rest)...);
}
template <typename... Members>
Json object(Members&&... members) {
  Json out(rapidjson::kObjectType);
  add_all(out, std::forward<Members>(members)...);
  return out;
}
template <typename Range>
Json number_list(const Range& numbers) {
  Json out = list();
  for (auto n : numbers) append(out, number(n));
  return out;
}

// nullptr when `object` is no object or has no such member. A null member is there.
const Json* member(const Json& object, std::string_view key);
inline bool is_absent(const Json* v) { return v == nullptr || v->IsNull(); }
inline std::string_view view(const Json& string) { return {string.GetString(), string.GetStringLength()}; }
// The text member, or kInvalid.
Result<std::string> text_member(const Json& object, std::string_view key);
// The text member, or `otherwise`.
std::string text_or(const Json& object, std::string_view key, std::string_view otherwise);
bool flag(const Json& object, std::string_view key);

// All of `s` as one document; integers beyond 64 bits become floats.
Result<Json> parse_json(const std::string& s);
std::string pretty(const Json& v);
std::string compact_text(const Json& v);

std::string hex(std::string_view bytes);
Result<std::string> unhex(std::string_view digits);
std::string sha256(std::string_view bytes);

}  // namespace strata::script
