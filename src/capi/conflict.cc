// Section 12: conflicts.
#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

static_assert(static_cast<int32_t>(ConflictKind::kChunk) == STRATA_CONFLICT_CHUNK);
static_assert(static_cast<int32_t>(ConflictKind::kAttribute) == STRATA_CONFLICT_ATTRIBUTE);
static_assert(static_cast<int32_t>(ConflictKind::kShape) == STRATA_CONFLICT_SHAPE);
static_assert(static_cast<int32_t>(ConflictKind::kDeleted) == STRATA_CONFLICT_DELETED);
static_assert(static_cast<int32_t>(ConflictKind::kDefined) == STRATA_CONFLICT_DEFINED);
static_assert(static_cast<int32_t>(ConflictKind::kReplaced) == STRATA_CONFLICT_REPLACED);

namespace {

template <typename Owner>
Status list_of(Owner *owner, std::string_view what, strata_conflict_list **list) {
  Out out{list};
  STRATA_TRY(checked(owner, what));
  STRATA_TRY(out.require("list"));
  auto handle = std::make_unique<strata_conflict_list>();
  handle->conflicts = owner->impl->conflicts();
  out.put(handle.release());
  return {};
}

}  // namespace

strata_status strata_file_conflict_list(strata_file *file, strata_conflict_list **list, strata_error *err) {
  return guard(err, [&] { return list_of(file, "file", list); });
}

strata_status strata_store_conflict_list(strata_store *store, strata_conflict_list **list, strata_error *err) {
  return guard(err, [&] { return list_of(store, "store", list); });
}

uint64_t strata_conflict_list_count(const strata_conflict_list *list) STRATA_INFALLIBLE {
  return list && list->valid() ? list->conflicts.size() : 0;
}

strata_status strata_conflict_list_get(const strata_conflict_list *list, uint64_t index, strata_conflict *conflict,
                                       strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(list, "conflict list"));
    if (index >= list->conflicts.size()) return Status(Code::kInvalid, cat("conflict ", index, " of ", list->conflicts.size()));
    const Conflict &from = list->conflicts[index];
    strata_conflict c = STRATA_CONFLICT_INIT;
    c.kind = static_cast<int32_t>(from.kind);
    c.dataset = from.dataset.c_str();
    c.array = from.array.c_str();
    c.attribute = from.attribute.c_str();
    c.chunk = from.chunk.empty() ? nullptr : from.chunk.data();
    c.chunk_ndim = from.chunk.size();
    return fill_struct(conflict, c, "conflict");
  });
}

void strata_conflict_list_close(strata_conflict_list *list) STRATA_INFALLIBLE { close(list); }
