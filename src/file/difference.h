// What differs between two states of array files or stores, as far as a reader can tell: chunks that are stored in another way and
// hold the same values do not differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/status.h"
#include "file/array_file.h"

namespace strata {

// The numbers are those of strata.h.
enum class DifferenceKind : int32_t { kAdded = 1, kRemoved = 2, kChanged = 3 };
enum class DifferenceOf : int32_t {
  kDataset = 1,
  kArray = 2,      // changed: defined anew, with another type, fill value, chunk shape, rank or other names of dimensions
  kShape = 3,
  kAttribute = 4,
  kData = 5,
};

struct Difference {
  DifferenceKind kind = DifferenceKind::kChanged;
  DifferenceOf of = DifferenceOf::kData;
  std::string dataset, array, attribute;  // "" where it is of none
  std::vector<uint32_t> chunks;           // of kData: their places in the grid of the newer state, one after the other
  size_t rank = 0;
  size_t count = 0;                       // of chunks; an array of rank 0 has one without a place
};
using Differences = std::vector<Difference>;

// Arrays, attributes and data of two states of a file.
Status compare_files(ArrayFile& from, ArrayFile& to, Differences& out, CancelToken* cancel);
// Data of two states of one array that is defined alike in both but for its shape. where: what the difference is to say of itself.
Status compare_data(ArrayFile& from, const ArrayFile::Ref& old, ArrayFile& to, const ArrayFile::Ref& now, const Difference& where,
                    Differences& out, CancelToken* cancel);
// By all that a definition says but the shape.
bool defined_alike(const ArrayMeta& a, const ArrayMeta& b);

}  // namespace strata
