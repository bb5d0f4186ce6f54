// Section 10: one variable over many datasets.
#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

namespace {

Result<std::optional<Store::Region>> across_region(uint32_t ndim, const uint64_t *start, const uint64_t *count) {
  std::optional<Store::Region> out;
  if (!start && !count) return out;
  if (ndim > kMaxRank) return Status(Code::kLimit, cat("a region of ", ndim, " dimensions; ", kMaxRank, " are possible"));
  if (!start || !count)
    return Status(Code::kInvalid, "start and count: give both, or neither for the whole array");
  out.emplace();
  out->start.assign(start, start + ndim);
  out->count.assign(count, count + ndim);
  return out;
}

// Row of a result, or why not.
Result<const AcrossRow *> row_of(const strata_across *across, uint64_t row) {
  STRATA_TRY(checked(across, "across"));
  if (row >= across->rows.size()) return Status(Code::kInvalid, cat("row ", row, " of ", across->rows.size()));
  return &across->rows[row];
}

// A row that was read.
Result<const AcrossRow *> good_row_of(const strata_across *across, uint64_t row) {
  STRATA_ASSIGN(const AcrossRow *r, row_of(across, row));
  STRATA_TRY(r->status);
  return r;
}

// Memory of Buffer is aligned for any number, and int64 is what read_varlen puts there.
const int64_t *numbers(const Buffer &offsets) { return reinterpret_cast<const int64_t *>(offsets.data()); }

}  // namespace

strata_status strata_store_read_stacked(strata_store *store, const char *array, size_t array_len,
                                        const char *const *datasets, uint64_t dataset_count, uint32_t ndim,
                                        const uint64_t *start, const uint64_t *count, strata_cancel *cancel, void *dst,
                                        size_t dst_cap, size_t *needed, strata_status *statuses, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto name, text(array, array_len, "the array's name"));
    STRATA_ASSIGN(auto names, names_of(datasets, dataset_count, "dataset"));
    STRATA_ASSIGN(auto region, across_region(ndim, start, count));
    STRATA_ASSIGN(auto plan, store->impl->plan_stack(name, names, region, token));
    const uint64_t bytes = plan.row_bytes * plan.datasets.size();  // fits: the plan has checked it
    if (needed) *needed = bytes;
    if (dst_cap == 0 && bytes && needed) return {};  // only asked
    if (bytes > dst_cap)
      return Status(Code::kBufferTooSmall, cat(bytes, " bytes are needed, there is room for ", dst_cap));
    if (bytes && !dst) return Status(Code::kInvalid, "the destination is NULL");
    // The caller's array of statuses has room for as many datasets as the caller counted.
    if (!datasets && statuses && dataset_count != plan.datasets.size())
      return Status(Code::kInvalid, cat("dataset_count is ", dataset_count, ", the store has ", plan.datasets.size(), " datasets"));
    std::vector<Status> outcomes;
    STRATA_TRY(store->impl->read_stack(name, plan, static_cast<uint8_t *>(dst), outcomes, statuses != nullptr, token));
    if (statuses)
      for (size_t i = 0; i < outcomes.size(); ++i) statuses[i] = static_cast<strata_status>(outcomes[i].code());
    return {};
  });
}

strata_status strata_store_read_across(strata_store *store, const char *array, size_t array_len,
                                       const char *const *datasets, uint64_t dataset_count, uint32_t ndim,
                                       const uint64_t *start, const uint64_t *count, strata_cancel *cancel,
                                       strata_across **across, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{across};
    STRATA_TRY(checked(store, "store"));
    STRATA_TRY(out.require("result"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto name, text(array, array_len, "the array's name"));
    STRATA_ASSIGN(auto names, names_of(datasets, dataset_count, "dataset"));
    STRATA_ASSIGN(auto region, across_region(ndim, start, count));
    auto handle = std::make_unique<strata_across>();
    STRATA_ASSIGN(handle->rows, store->impl->read_across(name, names, region, token));
    out.put(handle.release());
    return {};
  });
}

void strata_across_close(strata_across *across) STRATA_INFALLIBLE { close(across); }

uint64_t strata_across_count(const strata_across *across) STRATA_INFALLIBLE {
  return across && across->valid() ? across->rows.size() : 0;
}

strata_status strata_across_status(const strata_across *across, uint64_t row) STRATA_INFALLIBLE {
  if (!across || !across->valid()) return STRATA_E_HANDLE;
  if (row >= across->rows.size()) return STRATA_E_INVALID;
  return static_cast<strata_status>(across->rows[row].status.code());
}

strata_status strata_across_dataset(const strata_across *across, uint64_t row, const char **name, size_t *name_len,
                                    strata_error *err) {
  return guard(err, [&]() -> Status {
    if (name) *name = nullptr;
    if (name_len) *name_len = 0;
    STRATA_ASSIGN(const AcrossRow *r, row_of(across, row));
    if (!name || !name_len) return Status(Code::kInvalid, "nowhere to put the name: the out parameter is NULL");
    *name = r->dataset.c_str();
    *name_len = r->dataset.size();
    return {};
  });
}

strata_status strata_across_shape(const strata_across *across, uint64_t row, int32_t *type, uint32_t *ndim,
                                  const uint64_t **shape, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (type) *type = STRATA_TYPE_NONE;
    if (ndim) *ndim = 0;
    if (shape) *shape = nullptr;
    STRATA_ASSIGN(const AcrossRow *r, good_row_of(across, row));
    if (type) *type = to_abi(r->dtype.type);
    if (ndim) *ndim = static_cast<uint32_t>(r->shape.size());
    if (shape) *shape = r->shape.data();
    return {};
  });
}

strata_status strata_across_data(const strata_across *across, uint64_t row, const void **data, size_t *size,
                                 const int64_t **offsets, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (data) *data = nullptr;
    if (size) *size = 0;
    if (offsets) *offsets = nullptr;
    STRATA_ASSIGN(const AcrossRow *r, good_row_of(across, row));
    if (!data || !size) return Status(Code::kInvalid, "nowhere to put the data: the out parameter is NULL");
    *data = r->data.values.data();
    *size = r->data.values.size();
    if (offsets && !r->data.offsets.empty()) *offsets = numbers(r->data.offsets.front());
    return {};
  });
}

strata_status strata_across_offsets(const strata_across *across, uint64_t row, uint32_t level, const int64_t **offsets,
                                    size_t *offset_count, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (offsets) *offsets = nullptr;
    if (offset_count) *offset_count = 0;
    STRATA_ASSIGN(const AcrossRow *r, good_row_of(across, row));
    if (!offsets || !offset_count)
      return Status(Code::kInvalid, "nowhere to put the offsets: the out parameter is NULL");
    const auto &levels = r->data.offsets;
    if (level >= levels.size())
      return Status(Code::kInvalid, cat("level ", level, " of elements of type ", dtype_name(r->dtype), ", which have ",
                                        levels.size(), " levels of offsets"));
    *offsets = numbers(levels[level]);
    *offset_count = levels[level].size() / sizeof(int64_t);
    return {};
  });
}

strata_status strata_across_type_text(const strata_across *across, uint64_t row, char *dst, size_t cap, size_t *needed,
                                      strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_ASSIGN(const AcrossRow *r, good_row_of(across, row));
    return put_bytes(dtype_name(r->dtype), dst, cap, needed);
  });
}
