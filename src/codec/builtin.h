// The codecs that every CodecSet begins with.
#pragma once

#include <memory>

#include "codec/codec.h"

namespace strata {

std::unique_ptr<Codec> make_none_codec();
std::unique_ptr<Codec> make_lz4_codec();
std::unique_ptr<Codec> make_zstd_codec();

// The most bytes that the zstd frames in `in` can hold. kCorrupt when they are not well-formed down to the headers of
// their blocks (what is inside the blocks is not looked at).
Result<uint64_t> zstd_bound_of(Bytes in);

}  // namespace strata
