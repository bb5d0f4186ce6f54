// Sections 5 and 7: what an array is, its attributes and statistics.
#include <algorithm>

#include "capi/array_data.h"

using namespace strata;
using namespace strata::capi;

namespace {

Status check_attributes(const strata_array *array) {
  if (array->store) return Status(Code::kUnsupported, "arrays of a store have no attributes of their own: use the dataset's");
  return {};
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

strata_status strata_array_type_text(const strata_array *array, char *dst, size_t cap, size_t *needed,
                                     strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(array, "array"));
    return put_bytes(dtype_name(array->impl->meta.dtype), dst, cap, needed);
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
