// What an array is: everything of its definition that does not change while it lives.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "delta/geometry.h"
#include "format/dtype.h"
#include "format/footer.h"

namespace strata {

struct ArrayMeta {
  std::string name;
  DType dtype;
  std::vector<std::string> dimension_names;
  std::optional<Value> fill;
  Geometry geometry;

  size_t width() const { return fixed_width(dtype.type); }
};

// The record's definition; kCorrupt or kLimit when it cannot be used (ranks that differ, too many elements).
Result<ArrayMeta> meta_of(const ArrayView& record);
// The definition as a record without chunks and attributes. REQUIRES: extents fit 32 bits.
ArrayRecord record_of(const ArrayMeta& meta);

// Bytes of an element that was never written (docs/format.md, "Fill values"). REQUIRES: a fixed width.
std::array<uint8_t, 8> fill_element(Type type, const std::optional<Value>& fill);

}  // namespace strata
