// Section 8: the log of a store.
#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

static_assert(static_cast<int32_t>(CommitKind::kData) == STRATA_COMMIT_DATA);
static_assert(static_cast<int32_t>(CommitKind::kCompact) == STRATA_COMMIT_COMPACT);
static_assert(static_cast<int32_t>(CommitKind::kImport) == STRATA_COMMIT_IMPORT);
static_assert(static_cast<int32_t>(CommitKind::kSweep) == STRATA_COMMIT_SWEEP);
static_assert(static_cast<int32_t>(CommitKind::kRepair) == STRATA_COMMIT_REPAIR);

strata_status strata_store_log(strata_store *store, uint64_t most, strata_cancel *cancel, strata_log **log, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{log};
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(out.require("log"));
    STRATA_ASSIGN(auto commits, store->impl->log(most ? most : UINT64_MAX, token));
    auto handle = std::make_unique<strata_log>();
    handle->commits.reserve(commits.size());
    for (auto &c : commits) {
      std::string id = c.commit.hex(), parent = c.parent.is_nil() ? std::string() : c.parent.hex();
      handle->commits.push_back({std::move(c), std::move(id), std::move(parent)});
    }
    out.put(handle.release());
    return {};
  });
}

uint64_t strata_log_count(const strata_log *log) STRATA_INFALLIBLE { return log && log->valid() ? log->commits.size() : 0; }

strata_status strata_log_get(const strata_log *log, uint64_t index, strata_commit *commit, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(log, "log"));
    if (index >= log->commits.size()) return Status(Code::kInvalid, cat("commit ", index, " of ", log->commits.size()));
    const auto &from = log->commits[index];
    strata_commit c = STRATA_COMMIT_INIT;
    c.kind = static_cast<int32_t>(from.summary.kind);
    c.seq = from.summary.seq;
    c.time_ns = from.summary.time_ns;
    c.datasets = from.summary.datasets;
    c.removed = from.summary.removed;
    c.arrays = from.summary.arrays;
    c.id = from.id.c_str();
    c.parent = from.parent.c_str();
    c.message = from.summary.message.c_str();
    return fill_struct(commit, c, "commit");
  });
}

void strata_log_close(strata_log *log) STRATA_INFALLIBLE { close(log); }
