// Section 8: what differs between two states.
#include "atlas/difference.h"

#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

static_assert(static_cast<int32_t>(DifferenceKind::kAdded) == STRATA_DIFFERENCE_ADDED);
static_assert(static_cast<int32_t>(DifferenceKind::kRemoved) == STRATA_DIFFERENCE_REMOVED);
static_assert(static_cast<int32_t>(DifferenceKind::kChanged) == STRATA_DIFFERENCE_CHANGED);
static_assert(static_cast<int32_t>(DifferenceOf::kDataset) == STRATA_DIFFERENCE_DATASET);
static_assert(static_cast<int32_t>(DifferenceOf::kArray) == STRATA_DIFFERENCE_ARRAY);
static_assert(static_cast<int32_t>(DifferenceOf::kShape) == STRATA_DIFFERENCE_SHAPE);
static_assert(static_cast<int32_t>(DifferenceOf::kAttribute) == STRATA_DIFFERENCE_ATTRIBUTE);
static_assert(static_cast<int32_t>(DifferenceOf::kData) == STRATA_DIFFERENCE_DATA);

namespace {

template <typename Owner, typename Compare>
Status diff(Owner *from, Owner *to, std::string_view what, strata_cancel *cancel, strata_difference_list **list, Compare &&compare) {
  Out out{list};
  STRATA_TRY(checked(from, what));
  STRATA_TRY(checked(to, what));
  STRATA_ASSIGN(auto token, token_of(cancel));
  STRATA_TRY(out.require("list"));
  auto handle = std::make_unique<strata_difference_list>();
  if (from->impl != to->impl) STRATA_TRY(compare(*from->impl, *to->impl, handle->differences, token));
  out.put(handle.release());
  return {};
}

}  // namespace

strata_status strata_store_diff(strata_store *from, strata_store *to, strata_cancel *cancel, strata_difference_list **list,
                                strata_error *err) {
  return guard(err, [&] { return diff(from, to, "store", cancel, list, compare_stores); });
}

strata_status strata_file_diff(strata_file *from, strata_file *to, strata_cancel *cancel, strata_difference_list **list,
                               strata_error *err) {
  return guard(err, [&] { return diff(from, to, "file", cancel, list, compare_files); });
}

uint64_t strata_difference_list_count(const strata_difference_list *list) STRATA_INFALLIBLE {
  return list && list->valid() ? list->differences.size() : 0;
}

strata_status strata_difference_list_get(const strata_difference_list *list, uint64_t index, strata_difference *difference,
                                         strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(list, "difference list"));
    if (index >= list->differences.size()) return Status(Code::kInvalid, cat("difference ", index, " of ", list->differences.size()));
    const Difference &from = list->differences[index];
    strata_difference d = STRATA_DIFFERENCE_INIT;
    d.kind = static_cast<int32_t>(from.kind);
    d.what = static_cast<int32_t>(from.of);
    d.chunk_ndim = static_cast<uint32_t>(from.rank);
    d.dataset = from.dataset.c_str();
    d.array = from.array.c_str();
    d.attribute = from.attribute.c_str();
    d.chunks = from.chunks.empty() ? nullptr : from.chunks.data();
    d.chunk_count = from.count;
    return fill_struct(difference, d, "difference");
  });
}

void strata_difference_list_close(strata_difference_list *list) STRATA_INFALLIBLE { close(list); }
