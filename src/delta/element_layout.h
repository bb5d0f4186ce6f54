// How elements of a type lie in a chunk (docs/format.md, "Chunks"): levels of offsets from the outside in, then values.
#pragma once

#include <optional>
#include <vector>

#include "format/dtype.h"

namespace strata {

// list<float32> has one level of offsets, list<list<string>> three: a text is a list of bytes. fixed_size_list has no
// offsets of its own: it multiplies what lies inside, and without any level elements have a fixed width.
struct ElementLayout {
  Type value = Type::kBool;         // what is innermost
  std::vector<uint64_t> per_outer;  // lists of each level in one element of the level above; of the first, of the array
  uint64_t unit = 0;                // bytes of one element of the last level; 0: can be neither read nor written

  // kInvalid, kLimit: such elements cannot be read or written; says why.
  static Result<ElementLayout> of(const DType& dtype);

  size_t levels() const { return per_outer.size(); }
  uint64_t width() const { return per_outer.empty() ? unit : 0; }
  // The least bytes that a chunk of `count` elements has, all zero: then they are all empty, or zero where the width is fixed. A
  // chunk of fewer elements is a beginning of it. Nothing when they cannot be counted.
  std::optional<uint64_t> least_bytes(uint64_t count) const;
};

}  // namespace strata
