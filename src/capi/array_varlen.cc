// Section 6: data of text, binary and lists.
#include <algorithm>

#include "capi/array_data.h"

using namespace strata;
using namespace strata::capi;

namespace {

constexpr uint32_t kMostLevels = 65;  // types are nested up to 64 deep, a text inside is one more

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

// All buffers of a read, or none.
void put_data(VarlenData data, std::span<Out<strata_buffer>> offsets, Out<strata_buffer> &values) {
  std::vector<std::unique_ptr<strata_buffer>> made;
  made.reserve(data.offsets.size());
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
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(out_offsets.require("offsets"));
    STRATA_TRY(out_values.require("values"));
    STRATA_TRY(check_text(array));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
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
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check_text(array));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
    const std::span<const int64_t> level(offsets, offset_count);
    STRATA_ASSIGN(const VarlenColumn column, column_of({&level, 1}, values, values_size));
    return array->file->write(array->impl, region.start, region.count, WriteSource::of(column), token);
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

strata_status strata_array_read_nested(strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count,
                                       strata_cancel *cancel, uint32_t levels, strata_buffer **offsets,
                                       strata_buffer **values, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out_values{values};
    std::vector<Out<strata_buffer>> out_offsets;
    for (uint32_t i = 0; offsets && i < std::min(levels, kMostLevels); ++i) out_offsets.emplace_back(offsets + i);
    STRATA_TRY(checked(array, "array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(out_values.require("values"));
    if (!offsets) return Status(Code::kInvalid, "nowhere to put the offsets: the out parameter is NULL");
    STRATA_TRY(check_levels(array, levels));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
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
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(const auto given, levels_of(array, levels, offsets, offset_counts));
    STRATA_ASSIGN(auto region, region_in(array, ndim, start, count));
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
