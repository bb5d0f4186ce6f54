// Elements of arrays, fill values and attributes: between JSON and the form in which they cross the ABI.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "abi.h"
#include "format/dtype.h"
#include "json.h"

namespace strata::script {

using Numbers = std::vector<uint64_t>;

inline bool is_varlen(int32_t type) { return type == STRATA_STRING || type == STRATA_BINARY; }

// The cells of a region in row-major order.
struct Elements {
  int32_t type = STRATA_TYPE_NONE;
  uint64_t count = 0;
  std::string bytes;             // of fixed width: native form; else the bytes of all elements
  std::vector<int64_t> offsets;  // of varying width: count + 1
};

// One element's native bytes after `out`.
Status append_element(std::string& out, int32_t type, const Json& v);
// What an op's "values" asks for: a list, one value for all cells, or a rule.
Result<Elements> build_elements(int32_t type, const Json& values, uint64_t count);
Json element_json(const Elements& elements, uint64_t i);
Json value_list(const Elements& elements);
// count, sha256, and the values or their first and last.
Json content_json(const Elements& elements);

Result<Numbers> array_shape(const strata_array* array);
Result<Elements> read_region(strata_array* array, const Numbers& start, const Numbers& count);
Result<Elements> read_whole(strata_array* array);
Status write_region(strata_array* array, const Numbers& start, const Numbers& count, const Elements& elements);

// A fill or an attribute: a type of the ABI and its native bytes.
struct Scalar {
  int32_t type = STRATA_TYPE_NONE;
  std::string bytes;
};
enum class Naming {
  kExact,  // attributes of arrays: int8, float32 ...
  kBroad,  // fills, statistics and attributes of datasets: int, uint, float
};
// {"kind": value}; null or absent: STRATA_TYPE_NONE.
Result<Scalar> scalar_from_json(const Json* v, Naming naming);
Json scalar_json(const Scalar& scalar, Naming naming);
Json scalar_json(const Value& value, Naming naming);  // as a footer holds it

}  // namespace strata::script
