// zstd in streaming mode, for the store's document: its one frame does not say how much it holds.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/status.h"

namespace strata {

// One frame without the content size, as a streaming encoder writes it, with a checksum: a bit that changes in a frame's tables changes a
// letter wherever it stands, also in the names of members that hold digests. level 0: kDefaultZstdLevel.
Result<Buffer> zstd_compress_stream(Bytes in, int level);

// All frames of `in`, one after the other. Memory grows with what comes out, never by what a header claims; kLimit
// beyond `max` bytes, kCorrupt when `in` is malformed, empty or ends inside a frame.
Result<Buffer> zstd_decompress_stream(Bytes in, uint64_t max);

}  // namespace strata
