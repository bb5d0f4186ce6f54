// What the calls that move an array's data share.
#pragma once

#include "base/checked.h"
#include "capi/convert.h"

namespace strata::capi {

// As it is now: another thread may make the array grow.
inline std::shared_ptr<const Geometry> geometry_of(const strata_array *array) { return array->impl->geometry(); }

inline Status check_fixed_width(const strata_array *array) {
  const ArrayMeta &m = array->impl->meta;
  if (m.width()) return {};
  return no_fixed_width(m).prepend(cat("array \"", array->name, "\" has "));
}

// The caller's region, which lies in the array as it is now.
inline Result<RegionArgs> region_in(const strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count) {
  const auto geometry = geometry_of(array);
  STRATA_ASSIGN(RegionArgs region, region_of(ndim, start, count, geometry->shape()));
  STRATA_TRY(geometry->check_region(region.start, region.count));
  return region;
}

// A dataset's array: the registry keeps its shape as well.
inline Status note_shape(const strata_array *array) {
  return array->store ? array->store->note_shape(array->impl->meta.name, array->name, *array->impl) : Status();
}

// What is appended: `n` along an axis, along the others all there is.
inline Result<std::vector<uint64_t>> appended(const strata_array *array, uint32_t axis, uint64_t n) {
  const auto geometry = geometry_of(array);
  if (axis >= geometry->rank()) return Status(Code::kInvalid, cat("axis ", axis, " of an array of ", geometry->rank(), " dimensions"));
  std::vector<uint64_t> count(geometry->shape().begin(), geometry->shape().end());
  count[axis] = n;
  if (!product(count)) return Status(Code::kLimit, "more elements are appended than an array can have");
  return count;
}

inline Status append(strata_array *array, uint32_t axis, std::span<const uint64_t> count, const WriteSource &source,
                     uint64_t *start, CancelToken *token) {
  uint64_t at = 0;
  STRATA_TRY(array->file->append(array->impl, axis, count, source, &at, token));
  if (start) *start = at;
  return note_shape(array);
}

}  // namespace strata::capi
