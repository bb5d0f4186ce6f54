// Section 5: data of elements with a fixed width.
#include <algorithm>

#include "capi/array_data.h"

using namespace strata;
using namespace strata::capi;

namespace {

// The last byte that strides reach, + 1. Strides of the caller: not negative.
Result<uint64_t> strided_extent(std::span<const uint64_t> count, const int64_t *strides, uint64_t width) {
  uint64_t end = width;
  for (size_t i = 0; i < count.size(); ++i) {
    if (count[i] == 0) return uint64_t{0};
    if (strides[i] < 0) return Status(Code::kInvalid, cat("stride ", i, " is negative"));
    uint64_t reach;
    if (mul_overflows(count[i] - 1, static_cast<uint64_t>(strides[i]), &reach) || add_overflows(end, reach, &end) || end > PTRDIFF_MAX)
      return Status(Code::kLimit, "the strides reach beyond what memory can have");
  }
  return end;
}

// Whether no two elements share a byte: sorted by stride, each axis steps over all that the smaller ones reach.
Status check_disjoint(std::span<const uint64_t> count, const int64_t *strides, uint64_t width) {
  std::vector<size_t> axes;
  for (size_t i = 0; i < count.size(); ++i)
    if (count[i] > 1) axes.push_back(i);
  std::sort(axes.begin(), axes.end(), [&](size_t a, size_t b) { return strides[a] < strides[b]; });
  uint64_t reach = width;
  for (size_t a : axes) {
    if (static_cast<uint64_t>(strides[a]) < reach) return Status(Code::kInvalid, "the strides let elements of the destination overlap");
    reach += (count[a] - 1) * static_cast<uint64_t>(strides[a]);
  }
  return {};
}

Status read_one(strata_array *array, const RegionArgs &region, void *dst, const int64_t *strides, CancelToken *token) {
  ReadRequest r;
  r.array = array->impl.get();
  r.start = region.start;
  r.count = region.count;
  r.dst = static_cast<uint8_t *>(dst);
  if (strides)
    std::copy_n(strides, region.count.size(), r.strides);
  else
    row_major_strides(region.count.size(), region.count.data(), array->impl->meta.width(), r.strides);
  return array->file->read({&r, 1}, false, token);
}

// Whether no two of the regions that are read share a byte: several threads write them at once. `dst` is still an offset.
Status check_places(std::span<const ReadRequest> requests, uint64_t width) {
  struct Place {
    uint64_t from, to, region;
  };
  std::vector<Place> places;
  places.reserve(requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].status.ok()) continue;
    const auto from = reinterpret_cast<uintptr_t>(requests[i].dst);
    if (const uint64_t bytes = *product(requests[i].count) * width) places.push_back({from, from + bytes, i});
  }
  std::sort(places.begin(), places.end(), [](const Place &a, const Place &b) { return a.from < b.from; });
  for (size_t i = 1; i < places.size(); ++i)
    if (places[i].from < places[i - 1].to)
      return Status(Code::kInvalid, cat("the places of regions ", places[i - 1].region, " and ", places[i].region, " overlap"));
  return {};
}

Status need(size_t room, uint64_t bytes) {
  if (bytes <= room) return {};
  return Status(Code::kBufferTooSmall, cat(bytes, " bytes are needed, there is room for ", room));
}

}  // namespace

strata_status strata_array_read(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                strata_cancel *cancel, void *dst, size_t dst_cap, size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
    STRATA_ASSIGN(uint64_t bytes, region_bytes(region.count, array->impl->meta.width()));
    if (needed) *needed = bytes;
    if (dst_cap == 0 && bytes && needed) return {};  // only asked
    STRATA_TRY(need(dst_cap, bytes));
    if (bytes && !dst) return Status(Code::kInvalid, "the destination is NULL");
    return read_one(array, region, dst, nullptr, token);
  });
}

strata_status strata_array_explain(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                   strata_cancel *cancel, strata_explanation *explanation, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    strata_explanation out = STRATA_EXPLANATION_INIT;
    STRATA_TRY(fill_struct(explanation, out, "explanation"));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
    if (const uint64_t width = array->impl->meta.width()) {
      STRATA_ASSIGN(out.result_bytes, region_bytes(region.count, width));
    }
    STRATA_ASSIGN(const ReadExplanation e, array->file->explain(array->impl, region.start, region.count, token));
    out.layers = static_cast<uint32_t>(e.layers);
    out.chunks = e.chunks;
    out.chunks_unwritten = e.chunks_unwritten;
    out.chunks_pending = e.chunks_pending;
    out.units = e.units;
    out.cache_hits = e.cache_hits;
    out.cache_misses = e.cache_misses;
    out.requests = e.requests;
    out.request_bytes = e.request_bytes;
    out.decoded_units = e.decoded_units;
    out.decoded_bytes = e.decoded_bytes;
    return fill_struct(explanation, out, "explanation");
  });
}

strata_status strata_array_read_strided(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                        const int64_t *strides, strata_cancel *cancel, void *dst, size_t dst_cap,
                                        strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
    if (ndim && !strides) return Status(Code::kInvalid, "the strides are NULL");
    const uint64_t width = array->impl->meta.width();
    STRATA_ASSIGN(uint64_t end, strided_extent(region.count, strides, width));
    if (end) STRATA_TRY(check_disjoint(region.count, strides, width));
    STRATA_TRY(need(dst_cap, end));
    if (end && !dst) return Status(Code::kInvalid, "the destination is NULL");
    return read_one(array, region, dst, strides, token);
  });
}

strata_status strata_array_read_many(strata_array *array, uint64_t regions, uint32_t ndim, const uint64_t *starts,
                                     const uint64_t *counts, strata_cancel *cancel, void *dst, size_t dst_cap,
                                     const uint64_t *dst_offsets, size_t *needed, strata_status *statuses, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    const auto geometry = geometry_of(array);
    const Geometry &g = *geometry;
    if (ndim != g.rank()) return Status(Code::kInvalid, cat("ndim is ", ndim, ", the array has ", g.rank(), " dimensions"));
    if (regions && ndim && (!starts || !counts)) return Status(Code::kInvalid, "starts or counts is NULL");
    uint64_t numbers;
    if (mul_overflows(regions, std::max<uint32_t>(1, ndim), &numbers) || numbers > PTRDIFF_MAX / 64)
      return Status(Code::kLimit, cat(regions, " regions"));
    std::vector<ReadRequest> requests(regions);
    uint64_t at = 0, end = 0;
    for (uint64_t i = 0; i < regions; ++i) {
      ReadRequest &r = requests[i];
      r.array = array->impl.get();
      r.start = std::span(starts + i * ndim, ndim);
      r.count = std::span(counts + i * ndim, ndim);
      r.status = g.check_region(r.start, r.count);
      if (!r.status.ok() && !statuses) return std::move(r.status).prepend(cat("region ", i, ": "));
      auto counted = region_bytes(r.count, array->impl->meta.width());
      if (!counted.ok() && r.status.ok()) return counted.take_status();
      const uint64_t bytes = counted.ok() ? *counted : 0;  // of a region outside: what its count says, if that can be
      uint64_t from = dst_offsets ? dst_offsets[i] : at, to;
      if (add_overflows(from, bytes, &to)) return Status(Code::kLimit, "the destination's offsets overflow");
      if (!dst_offsets) at = to;
      end = std::max(end, to);
      r.dst = reinterpret_cast<uint8_t *>(from);  // an offset until the destination is known to be large enough
      row_major_strides(ndim, r.count.data(), array->impl->meta.width(), r.strides);
    }
    if (needed) *needed = end;
    if (dst_cap == 0 && end && needed) return {};
    STRATA_TRY(need(dst_cap, end));
    if (end && !dst) return Status(Code::kInvalid, "the destination is NULL");
    if (dst_offsets) STRATA_TRY(check_places(requests, array->impl->meta.width()));
    for (ReadRequest &r : requests) r.dst = static_cast<uint8_t *>(dst) + reinterpret_cast<uintptr_t>(r.dst);
    STRATA_TRY(array->file->read(requests, statuses != nullptr, token));
    if (statuses)
      for (uint64_t i = 0; i < regions; ++i) statuses[i] = static_cast<strata_status>(requests[i].status.code());
    return {};
  });
}

strata_status strata_array_write(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                 const void *src, size_t src_size, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
    STRATA_ASSIGN(uint64_t bytes, region_bytes(region.count, array->impl->meta.width()));
    if (bytes != src_size) return Status(Code::kInvalid, cat("the region has ", bytes, " bytes, the source ", src_size));
    if (bytes && !src) return Status(Code::kInvalid, "the source is NULL");
    int64_t strides[kMaxRank];
    row_major_strides(region.count.size(), region.count.data(), array->impl->meta.width(), strides);
    return array->file->write(array->impl, region.start, region.count, WriteSource::of(static_cast<const uint8_t *>(src), strides), token);
  });
}

strata_status strata_array_write_strided(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                         const int64_t *strides, const void *src, size_t src_size, strata_cancel *cancel,
                                         strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
    if (ndim && !strides) return Status(Code::kInvalid, "the strides are NULL");
    STRATA_ASSIGN(uint64_t end, strided_extent(region.count, strides, array->impl->meta.width()));
    if (end > src_size) return Status(Code::kInvalid, cat("the strides reach ", end, " bytes, the source has ", src_size));
    if (end && !src) return Status(Code::kInvalid, "the source is NULL");
    return array->file->write(array->impl, region.start, region.count, WriteSource::of(static_cast<const uint8_t *>(src), strides), token);
  });
}

strata_status strata_array_resize(strata_array *array, uint32_t ndim, const uint64_t *shape, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    if (ndim && !shape) return Status(Code::kInvalid, "the shape is NULL");
    STRATA_TRY(array->file->resize(array->impl, {shape, ndim}, token));
    return note_shape(array);
  });
}

strata_status strata_array_append(strata_array *array, uint32_t axis, uint64_t n, const void *src, size_t src_size,
                                  strata_cancel *cancel, uint64_t *start, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(const auto count, appended(array, axis, n));
    const uint64_t width = array->impl->meta.width();
    STRATA_ASSIGN(const uint64_t bytes, region_bytes(count, width));
    if (bytes != src_size) return Status(Code::kInvalid, cat("what is appended has ", bytes, " bytes, the source ", src_size));
    if (bytes && !src) return Status(Code::kInvalid, "the source is NULL");
    int64_t strides[kMaxRank];
    row_major_strides(count.size(), count.data(), width, strides);
    return append(array, axis, count, WriteSource::of(static_cast<const uint8_t *>(src), strides), start, token);
  });
}
