#include "base/hash.h"

#include <xxhash.h>

namespace strata {

uint64_t xxh3_64(Bytes b) { return XXH3_64bits(b.data(), b.size()); }

}  // namespace strata
