// Element types as C++ types, for code that looks at elements one by one.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include <strata/strata.hpp>

namespace strata_cli {

// The timestamp that is none, as numpy and others have it.
constexpr std::int64_t kNotATime = std::numeric_limits<std::int64_t>::min();

template <typename T>
T load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

// Calls `fn` with a value of the type's C++ type; false for types without a fixed width.
template <typename Fn>
bool with_type(std::int32_t type, Fn&& fn) {
  switch (type) {
    case STRATA_BOOL:
      fn(std::uint8_t{});
      return true;
    case STRATA_INT8:
      fn(std::int8_t{});
      return true;
    case STRATA_INT16:
      fn(std::int16_t{});
      return true;
    case STRATA_INT32:
      fn(std::int32_t{});
      return true;
    case STRATA_TIMESTAMP_NS:
    case STRATA_INT64:
      fn(std::int64_t{});
      return true;
    case STRATA_UINT8:
      fn(std::uint8_t{});
      return true;
    case STRATA_UINT16:
      fn(std::uint16_t{});
      return true;
    case STRATA_UINT32:
      fn(std::uint32_t{});
      return true;
    case STRATA_UINT64:
      fn(std::uint64_t{});
      return true;
    case STRATA_FLOAT32:
      fn(float{});
      return true;
    case STRATA_FLOAT64:
      fn(double{});
      return true;
    default:
      return false;
  }
}

// A fill value as T, when T can hold exactly that; only then can an element be equal to it.
template <typename T>
std::optional<T> fill_as(const strata::Value& fill) {
  std::optional<T> out;
  if (!fill || fill.is_text()) return out;
  with_type(fill.type(), [&](auto tag) {
    const auto value = fill.as<decltype(tag)>();
    if constexpr (std::is_floating_point_v<T>) {
      out = static_cast<T>(value);  // the file keeps it as float64, whatever the array's type
    } else if constexpr (std::is_floating_point_v<decltype(tag)>) {
      if (value >= static_cast<decltype(tag)>(std::numeric_limits<T>::min()) &&
          value < std::ldexp(decltype(tag)(1), std::numeric_limits<T>::digits)) {
        out = static_cast<T>(value);
      }
    } else {
      if (std::in_range<T>(value)) out = static_cast<T>(value);
    }
  });
  return out;
}

}  // namespace strata_cli
