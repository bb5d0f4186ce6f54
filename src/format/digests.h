// Digests of stored bytes: XXH3-64, bound to the layer that they are in, so that bytes of another layer do not pass for its own.
#pragma once

#include "base/bytes.h"
#include "base/id128.h"

namespace strata {

// What has no smaller parts of its own (the footer's archive, data without a codec) has a digest for each page of this size.
inline constexpr size_t kDigestPage = 64u << 10;

constexpr uint64_t digest_pages(uint64_t size) { return size / kDigestPage + (size % kDigestPage != 0); }

// As it stands in the file. row: of the table of digests.
uint64_t bind_digest(uint64_t digest, const Id128& layer, uint64_t row);

}  // namespace strata
