// What an array is: everything of its definition that does not change while it lives.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delta/element_layout.h"
#include "delta/geometry.h"
#include "format/dtype.h"
#include "format/footer.h"

namespace strata {

struct ArrayMeta {
  std::string name;
  DType dtype;
  ElementLayout layout;  // of dtype; as it is made when ElementLayout::of(dtype) fails
  std::vector<std::string> dimension_names;
  std::optional<Value> fill;
  Geometry geometry;

  uint64_t width() const { return layout.width(); }  // of an element; 0: none that is fixed
};

// The record's definition; kCorrupt or kLimit when it cannot be used (ranks that differ, too many elements).
Result<ArrayMeta> meta_of(const ArrayView& record);
// The definition as a record without chunks and attributes. REQUIRES: extents fit 32 bits.
ArrayRecord record_of(const ArrayMeta& meta);

// Puts elements that were never written (docs/format.md, "Chunks") into a place with strides. REQUIRES: a fixed width.
void fill_unwritten(const ArrayMeta& meta, size_t rank, const uint64_t* count, uint8_t* dst,
                    const int64_t* dst_strides);

// A chunk of so many elements that were never written; empty lists and texts where the width is not fixed.
Result<Buffer> unwritten_chunk(const ArrayMeta& meta, uint64_t elements);

// kType: elements have no fixed width, or cannot be read and written at all (some lists in files of others). REQUIRES: no width
Status no_fixed_width(const ArrayMeta& meta);

// kLimit: the largest chunk is beyond what the format can hold.
Status check_chunk_bytes(const ElementLayout& layout, const Geometry& geometry);

}  // namespace strata
