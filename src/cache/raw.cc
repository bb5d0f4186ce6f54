#include <algorithm>

#include "cache/cache.h"

namespace strata {

RawCache::RawCache(uint64_t capacity_bytes, uint64_t slab_bytes)
    : slabs_(capacity_bytes), capacity_(capacity_bytes), slab_bytes_(slab_bytes) {}

uint64_t RawCache::slab_for(const ObjectReader& object, uint64_t storage_slab_bytes, uint64_t offset, uint64_t size) const {
  const uint64_t slab = slab_bytes_ ? slab_bytes_ : storage_slab_bytes;
  // A range beyond the end is left to the object, which knows the words for it.
  const bool inside = offset <= object.size() && size <= object.size() - offset;
  return size >= slab || slab > capacity_ || !inside ? 0 : slab;
}

uint64_t RawCache::work(const ObjectReader& object, uint64_t storage_slab_bytes) const {
  const uint64_t slab = slab_bytes_ ? slab_bytes_ : storage_slab_bytes;
  return slab > capacity_ ? 0 : std::min(slab, object.size());
}

Status RawCache::read(const ObjectReader& object, uint64_t storage_slab_bytes, uint64_t offset, MutBytes out,
                      const CancelToken* cancel) {
  STRATA_TRY(check(cancel));
  const uint64_t slab = slab_for(object, storage_slab_bytes, offset, out.size());
  if (slab == 0) return object.read(offset, out);
  const uint64_t size = object.size();

  while (!out.empty()) {
    const uint64_t number = offset / slab, start = number * slab;
    STRATA_ASSIGN(auto bytes, slabs_.get({object.version(), number}, cancel, [&]() -> Result<Buffer> {
      Buffer whole(static_cast<size_t>(std::min(slab, size - start)));
      STRATA_TRY(object.read(start, whole.bytes()));
      return whole;
    }));
    const size_t at = static_cast<size_t>(offset - start), n = std::min(out.size(), bytes->size() - at);
    std::memcpy(out.data(), bytes->data() + at, n);
    out = out.subspan(n);
    offset += n;
  }
  return {};
}

}  // namespace strata
