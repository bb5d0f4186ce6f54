// Lists, between JSON and levels of offsets. A cell is written as a list of as many parts as the type's first factor says, each
// a list of such parts of the next level, down to values or texts: of list<int8> [[[1], [2]]], of fixed_size_list<int8>[2] [1, 2].
#pragma once

#include "element.h"

namespace strata::script {

inline bool is_nested(int32_t type) { return type == STRATA_LIST || type == STRATA_FIXED_SIZE_LIST; }

Status write_nested(strata_array* array, const Numbers& start, const Numbers& count, const Json& cells);
Result<Json> read_nested(strata_array* array, const Numbers& start, const Numbers& count);  // the list of cells

}  // namespace strata::script
