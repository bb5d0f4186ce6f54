// Sections 4 and 8: what a compaction would do.
#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

strata_status strata_file_compaction_list(strata_file *file, strata_cancel *cancel, strata_compaction_list **list,
                                          strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{list};
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(out.require("list"));
    STRATA_ASSIGN(auto plan, file->impl->plan_compaction(token));
    auto handle = std::make_unique<strata_compaction_list>();
    handle->files.emplace_back(std::string(), plan);
    out.put(handle.release());
    return {};
  });
}

strata_status strata_store_compaction_list(strata_store *store, strata_cancel *cancel, strata_compaction_list **list,
                                           strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{list};
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(out.require("list"));
    STRATA_ASSIGN(auto plans, store->impl->plan_compaction(token));
    auto handle = std::make_unique<strata_compaction_list>();
    handle->files = std::move(plans);
    out.put(handle.release());
    return {};
  });
}

uint64_t strata_compaction_list_count(const strata_compaction_list *list) STRATA_INFALLIBLE {
  return list && list->valid() ? list->files.size() : 0;
}

strata_status strata_compaction_list_get(const strata_compaction_list *list, uint64_t index, strata_compaction *compaction,
                                         strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(list, "compaction list"));
    if (index >= list->files.size()) return Status(Code::kInvalid, cat("array file ", index, " of ", list->files.size()));
    const auto &[array, plan] = list->files[index];
    strata_compaction c = STRATA_COMPACTION_INIT;
    c.merges = plan.merges;
    c.layers = plan.layers;
    c.bytes = plan.bytes;
    c.dead_bytes = plan.dead_bytes;
    c.bytes_after = plan.bytes_after;
    c.array = array.c_str();
    return fill_struct(compaction, c, "compaction");
  });
}

void strata_compaction_list_close(strata_compaction_list *list) STRATA_INFALLIBLE { close(list); }
