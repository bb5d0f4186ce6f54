// Section 8: the history of a store, and workers.
#include "capi/convert.h"
#include "capi/log.h"

using namespace strata;
using namespace strata::capi;

strata_status strata_store_seq(strata_store *store, uint64_t *seq, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    if (!seq) return Status(Code::kInvalid, "seq is NULL");
    *seq = store->impl->seq();
    return {};
  });
}

strata_status strata_store_tag(strata_store *store, const char *name, size_t name_len, const char *commit, size_t commit_len,
                               strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto called, text(name, name_len, "the tag"));
    STRATA_ASSIGN(auto which, commit ? text(commit, commit_len, "the commit") : Result<std::string_view>(std::string_view()));
    if (commit && which.empty()) return Status(Code::kInvalid, "the commit is empty");
    return store->impl->tag(called, which, token);
  });
}

strata_status strata_store_untag(strata_store *store, const char *name, size_t name_len, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto called, text(name, name_len, "the tag"));
    return store->impl->untag(called, token);
  });
}

strata_status strata_store_tags(strata_store *store, strata_cancel *cancel, strata_log **tags, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{tags};
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(out.require("tags"));
    auto handle = std::make_unique<strata_log>();
    STRATA_ASSIGN(auto tagged, store->impl->tags(token));
    for (auto &[name, summary] : tagged) {
      handle->commits.push_back(commit_of(std::move(summary)));
      handle->commits.back().tag = name;
    }
    out.put(handle.release());
    return {};
  });
}

strata_status strata_store_retention(strata_store *store, strata_retention *retention, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    const History history = store->impl->history();
    strata_retention r = STRATA_RETENTION_INIT;
    r.commits = history.commits;
    r.age_ns = history.age_ns;
    r.first = history.first;
    return fill_struct(retention, r, "retention");
  });
}

strata_status strata_store_set_retention(strata_store *store, const strata_retention *retention, strata_cancel *cancel,
                                         strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    if (!retention) return Status(Code::kInvalid, "retention is NULL");
    STRATA_ASSIGN(const auto r, options_of(retention, "retention"));
    if (r.reserved) return Status(Code::kInvalid, "retention: reserved is not 0");
    return store->impl->set_retention(r.commits, r.age_ns, token);
  });
}

strata_status strata_store_expire(strata_store *store, const char *commit, size_t commit_len, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto which, text(commit, commit_len, "the commit"));
    return store->impl->expire(which, token);
  });
}

strata_status strata_store_collect(strata_store *store, int64_t inbox_age_ns, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    return store->impl->collect(inbox_age_ns < 0 ? std::nullopt : std::optional(inbox_age_ns), token);
  });
}

strata_status strata_store_deliveries(strata_store *store, const char *job, size_t job_len, strata_cancel *cancel, strata_log **deliveries,
                                      strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{deliveries};
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto name, text(job, job_len, "the job"));
    STRATA_TRY(out.require("deliveries"));
    auto handle = std::make_unique<strata_log>();
    STRATA_ASSIGN(auto found, store->impl->deliveries(name, token));
    for (auto &delivery : found) handle->commits.push_back(commit_of(std::move(delivery)));
    out.put(handle.release());
    return {};
  });
}

strata_status strata_store_adopt(strata_store *store, const char *job, size_t job_len, const char *const *tasks, uint64_t task_count,
                                 strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto name, text(job, job_len, "the job"));
    STRATA_ASSIGN(auto wanted, names_of(tasks, task_count, "task"));
    return store->impl->adopt(name, wanted, token);
  });
}
