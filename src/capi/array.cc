// Sections 5, 6 and 7: arrays, their data, attributes and statistics.
#include <algorithm>

#include "base/checked.h"
#include "capi/convert.h"
#include "delta/copy.h"

using namespace strata;
using namespace strata::capi;

namespace {

// As it is now: another thread may make the array grow.
std::shared_ptr<const Geometry> geometry_of(const strata_array *array) { return array->impl->geometry(); }

Status check_fixed_width(const strata_array *array) {
  const ArrayMeta &m = array->impl->meta;
  if (m.width()) return {};
  return no_fixed_width(m).prepend(cat("array \"", array->name, "\" has "));
}

// Elements with offsets: `levels` of them.
Status check_levels(const strata_array *array, uint32_t levels) {
  const ArrayMeta &m = array->impl->meta;
  if (m.width())
    return Status(Code::kType, cat("array \"", array->name, "\" has elements of type ", dtype_name(m.dtype),
                                   ", which have a fixed width"));
  if (!m.layout.levels()) return check_fixed_width(array);
  if (levels == m.layout.levels()) return {};
  return Status(Code::kInvalid, cat("elements of type ", dtype_name(m.dtype), " have ", m.layout.levels(),
                                    " levels of offsets, not ", levels));
}

Status check_text(const strata_array *array) {
  const ArrayMeta &m = array->impl->meta;
  if (is_text_like(m.dtype.type)) return {};
  return Status(Code::kType, cat("array \"", array->name, "\" has elements of type ", dtype_name(m.dtype), ", not string or binary"));
}

// Bytes of a region; kLimit when they cannot be counted.
Result<uint64_t> region_bytes(std::span<const uint64_t> count, uint64_t width) {
  auto elements = product(count);
  uint64_t bytes;
  if (!elements || mul_overflows(*elements, width, &bytes) || bytes > PTRDIFF_MAX)
    return Status(Code::kLimit, "the region has more bytes than memory can have");
  return bytes;
}

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

Status check_attributes(const strata_array *array) {
  if (array->store) return Status(Code::kUnsupported, "arrays of a store have no attributes of their own: use the dataset's");
  return {};
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

void strata_array_close(strata_array *array) STRATA_INFALLIBLE { close(array); }

int32_t strata_array_type(const strata_array *array) STRATA_INFALLIBLE {
  return array && array->valid() ? to_abi(array->impl->meta.dtype.type) : STRATA_TYPE_NONE;
}

uint32_t strata_array_ndim(const strata_array *array) STRATA_INFALLIBLE {
  return array && array->valid() ? static_cast<uint32_t>(geometry_of(array)->rank()) : 0;
}

namespace {
Status put_extents(std::span<const uint64_t> extents, uint64_t *dst, uint32_t cap) {
  if (extents.size() > cap) return Status(Code::kBufferTooSmall, cat("room for ", extents.size(), " extents is needed, not ", cap));
  if (!extents.empty() && !dst) return Status(Code::kInvalid, "the destination is NULL");
  std::copy(extents.begin(), extents.end(), dst);
  return {};
}
}  // namespace

strata_status strata_array_shape(const strata_array *array, uint64_t *shape, uint32_t cap, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    const auto geometry = geometry_of(array);
    return put_extents(geometry->shape(), shape, cap);
  });
}

strata_status strata_array_chunk_shape(const strata_array *array, uint64_t *chunk_shape, uint32_t cap, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    const auto geometry = geometry_of(array);
    return put_extents(geometry->chunk_shape(), chunk_shape, cap);
  });
}

strata_status strata_array_name(const strata_array *array, char *dst, size_t cap, size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    return put_bytes(array->name, dst, cap, needed);
  });
}

strata_status strata_array_dimension_name(const strata_array *array, uint32_t axis, char *dst, size_t cap, size_t *needed,
                                          strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    const auto geometry = geometry_of(array);
    const size_t rank = geometry->rank();
    if (axis >= rank) return Status(Code::kInvalid, cat("axis ", axis, " of an array of ", rank, " dimensions"));
    const auto &names = array->impl->meta.dimension_names;
    // Files of others may have fewer names than dimensions.
    return put_bytes(axis < names.size() ? names[axis] : cat("dim", axis), dst, cap, needed);
  });
}

strata_status strata_array_fill(const strata_array *array, int32_t *type, void *dst, size_t cap, size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    const auto &fill = array->impl->meta.fill;
    if (type) *type = fill ? to_abi(fill->type) : STRATA_TYPE_NONE;
    return put_bytes(fill ? native_bytes(*fill) : std::string(), dst, cap, needed);
  });
}

strata_status strata_array_read(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                strata_cancel *cancel, void *dst, size_t dst_cap, size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    const auto geometry = geometry_of(array);
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(auto region, region_of(ndim, start, count, geometry->shape()));
    STRATA_TRY(geometry->check_region(region.start, region.count));
    STRATA_ASSIGN(uint64_t bytes, region_bytes(region.count, array->impl->meta.width()));
    if (needed) *needed = bytes;
    if (dst_cap == 0 && bytes && needed) return {};  // only asked
    STRATA_TRY(need(dst_cap, bytes));
    if (bytes && !dst) return Status(Code::kInvalid, "the destination is NULL");
    return read_one(array, region, dst, nullptr, token);
  });
}

strata_status strata_array_read_strided(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                        const int64_t *strides, strata_cancel *cancel, void *dst, size_t dst_cap,
                                        strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    const auto geometry = geometry_of(array);
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(auto region, region_of(ndim, start, count, geometry->shape()));
    STRATA_TRY(geometry->check_region(region.start, region.count));
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
    const auto geometry = geometry_of(array);
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(auto region, region_of(ndim, start, count, geometry->shape()));
    STRATA_TRY(geometry->check_region(region.start, region.count));
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
    const auto geometry = geometry_of(array);
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_fixed_width(array));
    STRATA_ASSIGN(auto region, region_of(ndim, start, count, geometry->shape()));
    STRATA_TRY(geometry->check_region(region.start, region.count));
    if (ndim && !strides) return Status(Code::kInvalid, "the strides are NULL");
    STRATA_ASSIGN(uint64_t end, strided_extent(region.count, strides, array->impl->meta.width()));
    if (end > src_size) return Status(Code::kInvalid, cat("the strides reach ", end, " bytes, the source has ", src_size));
    if (end && !src) return Status(Code::kInvalid, "the source is NULL");
    return array->file->write(array->impl, region.start, region.count, WriteSource::of(static_cast<const uint8_t *>(src), strides), token);
  });
}

namespace {

// All buffers of a read, or none.
void put_data(VarlenData data, std::span<Out<strata_buffer>> offsets, Out<strata_buffer> &values) {
  std::vector<std::unique_ptr<strata_buffer>> made;
  for (Buffer &b : data.offsets) made.emplace_back(make_buffer(std::move(b)));
  values.put(make_buffer(std::move(data.values)));
  for (size_t i = 0; i < made.size(); ++i) offsets[i].put(made[i].release());
}

// A caller's column; what it says is checked where the array's shape is known.
Result<VarlenColumn> column_of(std::span<const std::span<const int64_t>> offsets, const void *values, size_t values_size) {
  if (values_size && !values) return Status(Code::kInvalid, "the values are NULL");
  return VarlenColumn{offsets, {static_cast<const uint8_t *>(values), values_size}};
}

Result<std::vector<std::span<const int64_t>>> levels_of(const strata_array *array, uint32_t levels,
                                                        const int64_t *const *offsets, const size_t *offset_counts) {
  STRATA_TRY(check_levels(array, levels));
  if (!offsets || !offset_counts) return Status(Code::kInvalid, "the offsets or their counts are NULL");
  std::vector<std::span<const int64_t>> out;
  for (uint32_t i = 0; i < levels; ++i) out.emplace_back(offsets[i], offset_counts[i]);
  return out;
}

}  // namespace

strata_status strata_array_read_varlen(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                       strata_cancel *cancel, strata_buffer **offsets, strata_buffer **values, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out_offsets{offsets}, out_values{values};
    STRATA_TRY(checked(array, "array"));
    const auto geometry = geometry_of(array);
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(out_offsets.require("offsets"));
    STRATA_TRY(out_values.require("values"));
    STRATA_TRY(check_text(array));
    STRATA_ASSIGN(auto region, region_of(ndim, start, count, geometry->shape()));
    STRATA_ASSIGN(VarlenData data, array->file->read_varlen(array->impl, region.start, region.count, token));
    put_data(std::move(data), {&out_offsets, 1}, out_values);
    return {};
  });
}

strata_status strata_array_write_varlen(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                        const int64_t *offsets, size_t offset_count, const void *values, size_t values_size,
                                        strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    const auto geometry = geometry_of(array);
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_text(array));
    STRATA_ASSIGN(auto region, region_of(ndim, start, count, geometry->shape()));
    STRATA_TRY(geometry->check_region(region.start, region.count));
    const std::span<const int64_t> level(offsets, offset_count);
    STRATA_ASSIGN(const VarlenColumn column, column_of({&level, 1}, values, values_size));
    return array->file->write(array->impl, region.start, region.count, WriteSource::of(column), token);
  });
}

namespace {

// A dataset's array: the registry keeps its shape as well.
Status note_shape(const strata_array *array) {
  return array->store ? array->store->note_shape(array->impl->meta.name, array->name, *array->impl) : Status();
}

// What is appended: `n` along an axis, along the others all there is.
Result<std::vector<uint64_t>> appended(const strata_array *array, uint32_t axis, uint64_t n) {
  const auto geometry = geometry_of(array);
  if (axis >= geometry->rank()) return Status(Code::kInvalid, cat("axis ", axis, " of an array of ", geometry->rank(), " dimensions"));
  std::vector<uint64_t> count(geometry->shape().begin(), geometry->shape().end());
  count[axis] = n;
  if (!product(count)) return Status(Code::kLimit, "more elements are appended than an array can have");
  return count;
}

Status append(strata_array *array, uint32_t axis, std::span<const uint64_t> count, const WriteSource &source, uint64_t *start,
              CancelToken *token) {
  uint64_t at = 0;
  STRATA_TRY(array->file->append(array->impl, axis, count, source, &at, token));
  if (start) *start = at;
  return note_shape(array);
}

}  // namespace

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

strata_status strata_array_append_varlen(strata_array *array, uint32_t axis, uint64_t n, const int64_t *offsets, size_t offset_count,
                                         const void *values, size_t values_size, strata_cancel *cancel, uint64_t *start,
                                         strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_text(array));
    STRATA_ASSIGN(const auto count, appended(array, axis, n));
    const std::span<const int64_t> level(offsets, offset_count);
    STRATA_ASSIGN(const VarlenColumn column, column_of({&level, 1}, values, values_size));
    return append(array, axis, count, WriteSource::of(column), start, token);
  });
}

// ---- lists ----

strata_status strata_array_type_text(const strata_array *array, char *dst, size_t cap, size_t *needed,
                                     strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    return put_bytes(dtype_name(array->impl->meta.dtype), dst, cap, needed);
  });
}

strata_status strata_array_read_nested(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                       strata_cancel *cancel, uint32_t levels, strata_buffer **offsets,
                                       strata_buffer **values, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out_values{values};
    std::vector<Out<strata_buffer>> out_offsets;
    for (uint32_t i = 0; offsets && i < levels; ++i) out_offsets.emplace_back(offsets + i);
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(out_values.require("values"));
    if (!offsets) return Status(Code::kInvalid, "nowhere to put the offsets: the out parameter is NULL");
    STRATA_TRY(check_levels(array, levels));
    STRATA_ASSIGN(auto region, region_of(ndim, start, count, geometry_of(array)->shape()));
    STRATA_ASSIGN(VarlenData data, array->file->read_varlen(array->impl, region.start, region.count, token));
    put_data(std::move(data), out_offsets, out_values);
    return {};
  });
}

strata_status strata_array_write_nested(strata_array *array, uint32_t ndim, const uint64_t *start,
                                        const uint64_t *count, uint32_t levels, const int64_t *const *offsets,
                                        const size_t *offset_counts, const void *values, size_t values_size,
                                        strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    const auto geometry = geometry_of(array);
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(const auto given, levels_of(array, levels, offsets, offset_counts));
    STRATA_ASSIGN(auto region, region_of(ndim, start, count, geometry->shape()));
    STRATA_TRY(geometry->check_region(region.start, region.count));
    STRATA_ASSIGN(const VarlenColumn column, column_of(given, values, values_size));
    return array->file->write(array->impl, region.start, region.count, WriteSource::of(column), token);
  });
}

strata_status strata_array_append_nested(strata_array *array, uint32_t axis, uint64_t n, uint32_t levels,
                                         const int64_t *const *offsets, const size_t *offset_counts, const void *values,
                                         size_t values_size, strata_cancel *cancel, uint64_t *start, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(const auto given, levels_of(array, levels, offsets, offset_counts));
    STRATA_ASSIGN(const auto count, appended(array, axis, n));
    STRATA_ASSIGN(const VarlenColumn column, column_of(given, values, values_size));
    return append(array, axis, count, WriteSource::of(column), start, token);
  });
}

strata_status strata_array_set_attribute(strata_array *array, const char *key, size_t key_len, int32_t type, const void *value,
                                         size_t value_size, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_TRY(check_attributes(array));
    STRATA_ASSIGN(auto k, text(key, key_len, "the attribute's key"));
    STRATA_ASSIGN(Value v, value_of(type, value, value_size, cat("attribute \"", k, '"')));
    return array->file->set_attribute(array->impl, std::string(k), std::move(v));
  });
}

strata_status strata_array_get_attribute(strata_array *array, const char *key, size_t key_len, int32_t *type, void *dst,
                                         size_t cap, size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    STRATA_TRY(check_attributes(array));
    STRATA_ASSIGN(auto k, text(key, key_len, "the attribute's key"));
    STRATA_ASSIGN(Value v, array->file->get_attribute(array->impl, k));
    if (type) *type = to_abi(v.type);
    return put_bytes(native_bytes(v), dst, cap, needed);
  });
}

strata_status strata_array_attribute_is_ambiguous(strata_array *array, const char *key, size_t key_len, int *ambiguous,
                                                  strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_TRY(check_attributes(array));
    if (!ambiguous) return Status(Code::kInvalid, "nowhere to put the answer: the out parameter is NULL");
    STRATA_ASSIGN(auto k, text(key, key_len, "the attribute's key"));
    STRATA_ASSIGN(const bool answer, array->file->attribute_is_ambiguous(array->impl, k));
    *ambiguous = answer ? 1 : 0;
    return {};
  });
}

strata_status strata_array_delete_attribute(strata_array *array, const char *key, size_t key_len, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_TRY(check_attributes(array));
    STRATA_ASSIGN(auto k, text(key, key_len, "the attribute's key"));
    return array->file->delete_attribute(array->impl, k);
  });
}

strata_status strata_array_list_attributes(strata_array *array, const char *prefix, size_t prefix_len, strata_cursor **cursor,
                                           strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cursor};
    STRATA_TRY(checked(array, "array"));
    STRATA_TRY(out.require("cursor"));
    STRATA_TRY(check_attributes(array));
    STRATA_ASSIGN(auto p, prefix_of(prefix, prefix_len));
    STRATA_ASSIGN(auto keys, array->file->list_attributes(array->impl));
    out.put(make_cursor(keys, p));
    return {};
  });
}

strata_status strata_array_statistics(strata_array *array, strata_cancel *cancel, strata_statistics *statistics, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(ArrayStatistics s, array->file->statistics(array->impl, token));
    strata_statistics out = STRATA_STATISTICS_INIT;
    out.row_count = s.row_count;
    out.null_count = s.null_count;
    if (s.min && s.max) {
      out.value_type = to_abi(s.min->type);
      out.min.u = s.min->bits;
      out.max.u = s.max->bits;
    }
    return fill_struct(statistics, out, "statistics");
  });
}

strata_status strata_array_statistics_text(strata_array *array, int which, strata_cancel *cancel, void *dst, size_t cap,
                                           size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    if (which != 0 && which != 1) return Status(Code::kInvalid, cat("which is ", which, "; 0 is the minimum, 1 the maximum"));
    STRATA_ASSIGN(ArrayStatistics s, array->file->statistics(array->impl, token));
    const auto &v = which ? s.max : s.min;
    if (!v || v->type != Type::kBinary) return Status(Code::kNotFound, cat("array \"", array->name, "\" has no such statistic as text"));
    return put_bytes(v->text, dst, cap, needed);
  });
}
