// A small footer with one of everything, and its bytes as docs/format.md prints them.
#pragma once

#include <string>

#include "format/footer.h"

namespace strata::test {

// The worked example of docs/format.md.
inline Footer example_footer() {
  Footer f;
  f.blocks = {{0, 0, 12, 12, ""}};
  ArrayRecord& a = f.arrays.emplace_back();
  a.name = "t";
  a.dtype = {Type::kInt32, 0, nullptr};
  a.shape = {3};
  a.dimension_names = {"x"};
  a.chunk_shape = {3};
  a.chunk_coords = {0};
  a.chunks = {{0, 0, 12}};
  a.fill = Value::int64(-1);
  a.attributes = {{0, 0}};
  f.attr_keys = {"units"};
  f.attr_values = {Value::string("degrees_Celsius_x")};
  f.overlay_index = 1;
  f.base_file_hint = "e.af";
  return f;
}

inline std::string example_hex() {
  std::string zeroes24(48, '0');
  // clang-format off
  return "0000000000000000" "0000000000000000" "0c00000000000000" "0c00000000000000" + zeroes24 +  // 0: block
         "03000000" "00000000"                                                 // 56: shape
         "78ffffffffffffff" "ffffffffffffffff"                                 // 64: dimension "x"
         "03000000" "00000000"                                                 // 80: chunk_shape, 84: coord
         "fcffffffffffffff" "0100000000000000" "00000000000000000c00000000000000"  // 88: chunk
         "00000000" "00000000"                                                 // 120: pairs
         "74ffffffffffffff" "ffffffffffffffff"                                 // 128: array, name
         "0300000000000000" "0000000000000000" "0000000000000000"              // 144: dtype
         "90ffffffffffffff" "0100000000000000"                                 // 168: shape
         "88ffffffffffffff" "0100000000000000"                                 // 184: dimension names
         "88ffffffffffffff" "0100000000000000"                                 // 200: chunk_shape
         "80ffffffffffffff" "0100000000000000"                                 // 216: chunks
         "0100000000000000" "0100000000000000" "ffffffffffffffff" "0000000000000000"  // 232: fill
         "0000000000000000"                                                    // 264: deleted
         "0000000000000000" "60ffffffffffffff" "0100000000000000"              // 272: attributes
         "756e697473ffffff" "ffffffffffffffff"                                 // 296: key "units"
         "646567726565735f43656c736975735f78" "00000000000000"                 // 312: text of the value
         "0b00000000000000" "9100000000000000" "e0ffffffffffffff"              // 336: value
         "0400000000000000"                                                    // 360: root, version
         "90feffffffffffff" "0100000000000000"                                 // 368: blocks
         "00ffffffffffffff" "0100000000000000"                                 // 384: arrays
         "98ffffffffffffff" "0100000000000000"                                 // 400: attr_keys
         "b0ffffffffffffff" "0100000000000000"                                 // 416: attr_values
         "0100000000000000"                                                    // 432: overlay_index
         "652e6166ffffffff" "ffffffffffffffff";                                // 440: base_file_hint
  // clang-format on
}

// A dtype of `depth` lists around an int8, fixed and variable in turn.
inline DType nested(size_t depth) {
  DType d{Type::kInt8, 0, nullptr};
  for (size_t i = 0; i < depth; ++i) {
    auto child = std::make_shared<const DType>(std::move(d));
    d = i % 2 ? DType{Type::kFixedSizeList, static_cast<uint32_t>(i), child} : DType{Type::kList, 0, child};
  }
  return d;
}

// Every kind of everything: dtypes, fills, attributes, widths, long and short texts, empty lists.
inline Footer full_footer() {
  Footer f;
  std::string at16(16, 'a'), at17(17, 'b'), at64(64, 'c'), long_text(70000, 'd');
  f.blocks = {{0, 0, 5, 9, ""}, {1, 5, 6, 10, "zstd"}, {7, 1ull << 60, 1, UINT64_MAX, at17}};
  const Value fills[] = {Value::boolean(true), Value::int64(INT64_MIN), Value::uint64(UINT64_MAX), Value::float64(-0.0),
                         Value::string(""),    Value::string(at64),     Value::timestamp(-1),      Value::string(at16)};
  for (uint8_t t = 0; t < 18; ++t) {
    ArrayRecord& a = f.arrays.emplace_back();
    a.name = t == 0   ? ""
             : t == 1 ? at16
             : t == 2 ? at17
             : t == 3 ? long_text
                      : std::string(1, static_cast<char>('A' + t));
    if (t < 13) a.dtype.type = static_cast<Type>(t);
    else if (t == 13) a.dtype.type = Type::kTimestampNs;
    else a.dtype = nested(t - 13u);
    if (t % 3) {
      a.shape = {7, 0, 9};
      a.dimension_names = {"x", at64, ""};
      a.chunk_shape = {1, 2, 3};
      a.chunk_coords = {0, 0, 0, 1, 2, 3};
      a.chunks = {{0, 1, 2}, {UINT32_MAX, UINT32_MAX, UINT32_MAX}};
    } else if (t % 2) {
      a.chunks = {{1, 2, 3}};  // rank 0
    }
    if (t < 8) a.fill = fills[t];
    a.deleted = t % 5 == 4;
    if (t == 5) a.attributes = {{0, 1}, {1, 65535}};
    if (t == 6) a.attributes = {{0, 1}, {70000, 1}};
    if (t == 7) a.attributes = {{0, UINT64_MAX}};
    if (t == 7) a.attribute_width = 64;
    if (t == 8) a.attribute_width = 32;
  }
  f.attr_keys = {"", at16, at17, "k"};
  f.attr_values = {Value::boolean(true),
                   {Type::kInt8, static_cast<uint64_t>(-128), {}},
                   {Type::kInt16, static_cast<uint64_t>(-2), {}},
                   {Type::kInt32, static_cast<uint64_t>(-3), {}},
                   Value::int64(-4),
                   {Type::kUInt8, 255, {}},
                   {Type::kUInt16, 65535, {}},
                   {Type::kUInt32, UINT32_MAX, {}},
                   Value::uint64(UINT64_MAX),
                   {Type::kFloat32, 0x7FC00001, {}},
                   Value::float64(1e300),
                   Value::string("\u00e9"),
                   Value::string(long_text)};
  f.overlay_index = 3;
  f.base_file_hint = at17;
  return f;
}

}  // namespace strata::test
