// Sections 4 and 8: the commits of a file or a store.
#include "capi/log.h"

#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

static_assert(static_cast<int32_t>(CommitKind::kData) == STRATA_COMMIT_DATA);
static_assert(static_cast<int32_t>(CommitKind::kCompact) == STRATA_COMMIT_COMPACT);
static_assert(static_cast<int32_t>(CommitKind::kImport) == STRATA_COMMIT_IMPORT);
static_assert(static_cast<int32_t>(CommitKind::kSweep) == STRATA_COMMIT_SWEEP);
static_assert(static_cast<int32_t>(CommitKind::kRepair) == STRATA_COMMIT_REPAIR);
static_assert(static_cast<int32_t>(CommitKind::kTag) == STRATA_COMMIT_TAG);
static_assert(static_cast<int32_t>(CommitKind::kExpire) == STRATA_COMMIT_EXPIRE);
static_assert(static_cast<int32_t>(CommitKind::kAdopt) == STRATA_COMMIT_ADOPT);

namespace {

using Commit = strata_log::Commit;

std::string hex_of(const Id128 &id) { return id.is_nil() ? std::string() : id.hex(); }

template <typename Owner>
Status log_of(Owner *owner, std::string_view what, uint64_t most, strata_cancel *cancel, strata_log **log) {
  Out out{log};
  STRATA_TRY(checked(owner, what));
  STRATA_ASSIGN(auto token, token_of(cancel));
  STRATA_TRY(out.require("log"));
  STRATA_ASSIGN(auto commits, owner->impl->log(most ? most : UINT64_MAX, token));
  auto handle = std::make_unique<strata_log>();
  handle->commits.reserve(commits.size());
  for (auto &c : commits) handle->commits.push_back(commit_of(std::move(c)));
  out.put(handle.release());
  return {};
}

}  // namespace

strata_log::Commit strata::capi::commit_of(LayerInfo &&from) {
  Commit c;
  c.values.kind = from.kind == LayerKind::kMarker   ? STRATA_COMMIT_COMPACT
                  : from.kind == LayerKind::kFiller ? STRATA_COMMIT_ABSORBED
                                                    : STRATA_COMMIT_DATA;
  c.values.seq = from.slot;
  c.values.time_ns = from.time_ns;
  c.values.removed = from.removed;
  c.values.arrays = from.arrays;
  c.values.bytes = from.bytes;
  c.id = hex_of(from.commit);
  c.parent = hex_of(from.parent);
  return c;
}

strata_log::Commit strata::capi::commit_of(Store::Delivery &&from) {
  Commit c;
  c.values.kind = STRATA_COMMIT_ADOPT;
  c.values.seq = from.base;
  c.values.time_ns = from.time_ns;
  c.values.datasets = from.datasets;
  c.values.removed = from.removed;
  c.values.arrays = from.arrays;
  c.values.bytes = from.bytes;
  c.id = hex_of(from.attempt);
  c.message = std::move(from.task);
  return c;
}

strata_log::Commit strata::capi::commit_of(CommitLog::Summary &&from) {
  Commit c;
  c.values.kind = static_cast<int32_t>(from.kind);
  c.values.seq = from.seq;
  c.values.time_ns = from.time_ns;
  c.values.datasets = from.datasets;
  c.values.removed = from.removed;
  c.values.arrays = from.arrays;
  c.id = hex_of(from.commit);
  c.parent = hex_of(from.parent);
  c.message = std::move(from.message);
  return c;
}

strata_status strata_file_log(strata_file *file, uint64_t most, strata_cancel *cancel, strata_log **log, strata_error *err) {
  return guard(err, [&] { return log_of(file, "file", most, cancel, log); });
}

strata_status strata_store_log(strata_store *store, uint64_t most, strata_cancel *cancel, strata_log **log, strata_error *err) {
  return guard(err, [&] { return log_of(store, "store", most, cancel, log); });
}

uint64_t strata_log_count(const strata_log *log) STRATA_INFALLIBLE { return log && log->valid() ? log->commits.size() : 0; }

strata_status strata_log_get(const strata_log *log, uint64_t index, strata_commit *commit, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(log, "log"));
    if (index >= log->commits.size()) return Status(Code::kInvalid, cat("commit ", index, " of ", log->commits.size()));
    const Commit &from = log->commits[index];
    strata_commit c = from.values;
    c.id = from.id.c_str();
    c.parent = from.parent.c_str();
    c.message = from.message.c_str();
    c.tag = from.tag.c_str();
    return fill_struct(commit, c, "commit");
  });
}

void strata_log_close(strata_log *log) STRATA_INFALLIBLE { close(log); }
