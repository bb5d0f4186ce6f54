#include "format/digests.h"

#include "base/hash.h"

namespace strata {

uint64_t bind_digest(uint64_t digest, const Id128& layer, uint64_t row) {
  uint8_t bytes[32];
  std::memcpy(bytes, layer.bytes.data(), 16);
  store(bytes + 16, row);
  store(bytes + 24, digest);
  return xxh3_64(bytes);
}

}  // namespace strata
