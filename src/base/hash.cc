#include "base/hash.h"

#include <xxhash.h>

#include <memory>
#include <new>

namespace strata {

uint64_t xxh3_64(Bytes b) { return XXH3_64bits(b.data(), b.size()); }

uint64_t xxh3_64(std::span<const Bytes> parts) {
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
  if (!state) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  for (Bytes part : parts) XXH3_64bits_update(state.get(), part.data(), part.size());
  return XXH3_64bits_digest(state.get());
}

}  // namespace strata
