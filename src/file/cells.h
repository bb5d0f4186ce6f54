// The elements of a region in memory, of whichever type: for moving them from one array to another that is defined alike.
#pragma once

#include "file/array_file.h"

namespace strata {

// Without a level of offsets where the width is fixed.
Result<VarlenData> read_cells(ArrayFile& file, const ArrayFile::Ref& array, std::span<const uint64_t> start,
                              std::span<const uint64_t> count, CancelToken* cancel);
Status write_cells(ArrayFile& file, const ArrayFile::Ref& array, std::span<const uint64_t> start,
                   std::span<const uint64_t> count, const VarlenData& cells, CancelToken* cancel);

}  // namespace strata
