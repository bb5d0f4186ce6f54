// Element types and the scalar values of the format. Tags are the numbers in the files (docs/format.md, "Records").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace strata {

enum class Type : uint8_t {
  kBool = 0,
  kInt8 = 1,
  kInt16 = 2,
  kInt32 = 3,
  kInt64 = 4,
  kUInt8 = 5,
  kUInt16 = 6,
  kUInt32 = 7,
  kUInt64 = 8,
  kFloat32 = 9,
  kFloat64 = 10,
  kString = 11,
  kBinary = 12,
  kFixedSizeList = 13,
  kList = 14,
  kTimestampNs = 15,
};

struct DType {
  Type type = Type::kBool;
  uint32_t list_size = 0;              // kFixedSizeList only
  std::shared_ptr<const DType> child;  // kFixedSizeList and kList only

  bool operator==(const DType& other) const;
};

// Bytes of one element; 0 for String, Binary and lists.
size_t fixed_width(Type type);
inline bool is_text_like(Type type) { return type == Type::kString || type == Type::kBinary; }
inline bool is_list(Type type) { return type == Type::kFixedSizeList || type == Type::kList; }
std::string_view type_name(Type type);      // "float32", "timestamp_ns", "list" ...
std::string dtype_name(const DType& dtype);  // "list<float32>", "fixed_size_list<int8>[3]"
// The type of that name. kInvalid: there is none. kLimit: nested deeper, or a list larger, than the format holds.
Result<DType> dtype_from_name(std::string_view name);

// A fill value, an attribute or a statistic. Which kinds are allowed depends on where it stands:
//   attribute: Bool, Int8..Float64, String; fill: Bool, Int64, UInt64, Float64, String, TimestampNs;
//   statistic: Int64, UInt64, Float64, Binary, TimestampNs; dataset attribute: Bool, Int64, Float64, String, TimestampNs.
struct Value {
  Type type = Type::kBool;
  uint64_t bits = 0;  // integers sign- or zero-extended, floats as their own bits (float32: low 32), bool 0 or 1
  std::string text;   // String and Binary only

  bool operator==(const Value&) const = default;  // by type and bits: NaN equals itself, -0.0 differs from 0.0

  static Value boolean(bool v) { return {Type::kBool, v, {}}; }
  static Value int64(int64_t v) { return {Type::kInt64, static_cast<uint64_t>(v), {}}; }
  static Value uint64(uint64_t v) { return {Type::kUInt64, v, {}}; }
  static Value float64(double v) { return {Type::kFloat64, std::bit_cast<uint64_t>(v), {}}; }
  static Value timestamp(int64_t v) { return {Type::kTimestampNs, static_cast<uint64_t>(v), {}}; }
  static Value string(std::string v) { return {Type::kString, 0, std::move(v)}; }
  static Value binary(std::string v) { return {Type::kBinary, 0, std::move(v)}; }
  int64_t as_int() const { return static_cast<int64_t>(bits); }
  double as_double() const { return std::bit_cast<double>(bits); }
};

// Statistics of one array, as `{stem}.stats` keeps them.
struct ArrayStatistics {
  std::string name;
  std::optional<Value> min, max;
  uint64_t null_count = 0;
  uint64_t row_count = 0;

  bool operator==(const ArrayStatistics&) const = default;
};

}  // namespace strata
