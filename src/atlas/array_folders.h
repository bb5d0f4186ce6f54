// The array files that lie in a store's folder, found by listing: for where nothing says which there are, or not all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "storage/storage.h"

namespace strata {

// Names of arrays, ascending, in whose folders there is a base or a layer.
Result<std::vector<std::string>> list_array_files(Storage& storage, std::string_view folder, const CancelToken* cancel);

}  // namespace strata
