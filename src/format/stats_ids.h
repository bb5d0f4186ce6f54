// Which layers a `.stats` file holds for: bytes of strata's own before the archive, where the original does not look.
//
//   "STRATAID", u32 version = 2, u32 number of ids, the ids (16 bytes each, all zero for a layer of the original), u64 XXH3-64 of all
//   that stands behind this head, u64 XXH3-64 of all that stands before it
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"

namespace strata {

// rest: the archive and its trailer.
Buffer encode_stats_ids(std::span<const Id128> layers, Bytes rest);
// `prefix`: everything before the archive. Nothing when it is not such a record, whole, of this rest.
std::optional<std::vector<Id128>> parse_stats_ids(Bytes prefix, Bytes rest);

}  // namespace strata
