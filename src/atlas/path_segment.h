// Names of datasets and arrays, and the folder that an array's name becomes.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace strata {

// Folders of the store's own begin with this, so no name may.
inline constexpr char kReservedPrefix = '_';
// What file systems and object stores take as one part of a path.
inline constexpr size_t kMaxSegment = 255;

// kInvalid: empty, not UTF-8, begins with '_', contains '/', or is "." or "..".
Status check_name(std::string_view name);
// The same, and its folder's name must be short enough. The original encodes the folder of later layers twice, and that
// form is the longer one: a name that fits in strata must not fail there.
Status check_array_name(std::string_view name);

}  // namespace strata
