// Section 8: stores.
#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

namespace {

Result<StoreCodec> registry_compression(int32_t codec) {
  switch (codec) {
    case STRATA_CODEC_DEFAULT:
    case STRATA_CODEC_NONE: return StoreCodec::kUncompressed;
    case STRATA_CODEC_LZ4: return StoreCodec::kLz4;
    case STRATA_CODEC_ZSTD: return StoreCodec::kZstd;
    default: return Status(Code::kInvalid, cat("no codec has the number ", codec));
  }
}

Result<Registry> registry_of(const strata_store_options &o) {
  STRATA_ASSIGN(const StoreCodec compression, registry_compression(o.meta_compression));
  switch (o.meta_format) {
    case STRATA_META_DEFAULT:
    case STRATA_META_JSON: return make_registry(DocumentFormat::kJson, compression);
    case STRATA_META_MSGPACK: return make_registry(DocumentFormat::kMsgpack, compression);
    default: return Status(Code::kInvalid, cat("no form of a registry has the number ", o.meta_format));
  }
}

// What creating and opening have in common.
Result<StoreOptions> store_options(const strata_store_options &o, uint32_t allowed_flags) {
  if (o.flags & ~allowed_flags)
    return Status(Code::kInvalid, cat("store options: flags ", o.flags, " are not all known for this call"));
  StoreOptions s;
  s.level = o.level;
  s.block_bytes = o.block_bytes;
  s.fold_limit_bytes = o.fold_limit_bytes;
  s.compact_layers = o.compact_layers;
  s.compact_dead_bytes = o.compact_dead_bytes;
  s.read_only = (o.flags & STRATA_READ_ONLY) != 0;
  return s;
}

strata_store *make_store(std::shared_ptr<Context> context, std::shared_ptr<Store> impl) {
  auto handle = std::make_unique<strata_store>();
  handle->context = std::move(context);
  handle->impl = std::move(impl);
  return handle.release();
}

// What of a store is opened, and as what; "": the newest commit, no worker.
struct Which {
  std::string_view commit, job, task;
};

Status open_store(strata_context *context, const char *url, size_t url_len, const Which &which, const strata_store_options *options,
                  strata_cancel *cancel, strata_store **store) {
  Out out{store};
  STRATA_TRY(out.require("store"));
  STRATA_ASSIGN(auto ctx, context_of(context));
  STRATA_ASSIGN(auto token, token_of(cancel));
  STRATA_ASSIGN(auto where, text(url, url_len, "the path"));
  STRATA_ASSIGN(auto o, options_of(options, "store options"));
  STRATA_ASSIGN(auto s, store_options(o, STRATA_READ_ONLY));
  s.commit = which.commit;
  s.job = which.job;
  s.task = which.task;
  STRATA_ASSIGN(auto place, folder_place(*ctx, where));
  STRATA_ASSIGN(auto impl, Store::open(ctx->engine, place.storage, place.key, s, token));
  STRATA_TRY(check_level(impl->codec(), o.level));  // which codec it is stands in the registry
  out.put(make_store(std::move(ctx), std::move(impl)));
  return {};
}

}  // namespace

void strata_store_options_init(strata_store_options *options) STRATA_INFALLIBLE {
  if (options) *options = strata_store_options STRATA_STORE_OPTIONS_INIT;
}

strata_status strata_store_create(strata_context *context, const char *url, size_t url_len,
                                  const strata_store_options *options, strata_cancel *cancel, strata_store **store,
                                  strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{store};
    STRATA_TRY(out.require("store"));
    STRATA_ASSIGN(auto ctx, context_of(context));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto where, text(url, url_len, "the path"));
    STRATA_ASSIGN(auto o, options_of(options, "store options"));
    STRATA_ASSIGN(auto s, store_options(o, STRATA_OVERWRITE));
    STRATA_ASSIGN(s.codec, codec_of(*ctx->engine, o.codec));
    STRATA_TRY(check_level(*s.codec, o.level));
    STRATA_ASSIGN(auto registry, registry_of(o));
    STRATA_ASSIGN(auto place, folder_place(*ctx, where));
    const bool overwrite = (o.flags & STRATA_OVERWRITE) != 0;
    STRATA_ASSIGN(auto impl,
                  Store::create(ctx->engine, place.storage, place.key, s, registry, overwrite, token));
    out.put(make_store(std::move(ctx), std::move(impl)));
    return {};
  });
}

strata_status strata_store_open(strata_context *context, const char *url, size_t url_len,
                                const strata_store_options *options, strata_cancel *cancel, strata_store **store,
                                strata_error *err) {
  return guard(err, [&] { return open_store(context, url, url_len, {}, options, cancel, store); });
}

strata_status strata_store_open_at(strata_context *context, const char *url, size_t url_len, const char *commit,
                                   size_t commit_len, const strata_store_options *options, strata_cancel *cancel,
                                   strata_store **store, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{store};
    STRATA_ASSIGN(auto which, text(commit, commit_len, "the commit"));
    if (which.empty()) return Status(Code::kInvalid, "the commit is empty");
    return open_store(context, url, url_len, {which, {}, {}}, options, cancel, store);
  });
}

strata_status strata_store_open_worker(strata_context *context, const char *url, size_t url_len, const char *job, size_t job_len,
                                       const char *task, size_t task_len, const char *commit, size_t commit_len,
                                       const strata_store_options *options, strata_cancel *cancel, strata_store **store,
                                       strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{store};
    Which which;
    STRATA_ASSIGN(which.job, text(job, job_len, "the job"));
    STRATA_ASSIGN(which.task, text(task, task_len, "the task"));
    STRATA_TRY(check_worker_name("the job", which.job));
    STRATA_TRY(check_worker_name("the task", which.task));
    if (commit) {
      STRATA_ASSIGN(which.commit, text(commit, commit_len, "the commit"));
      if (which.commit.empty()) return Status(Code::kInvalid, "the commit is empty");
    }
    if (options && options->struct_size >= sizeof(strata_store_options) && (options->flags & STRATA_READ_ONLY))
      return Status(Code::kInvalid, "store options: flags: a worker cannot be read-only");
    return open_store(context, url, url_len, which, options, cancel, store);
  });
}

void strata_store_close(strata_store *store) STRATA_INFALLIBLE { close(store); }

strata_status strata_store_flush(strata_store *store, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    return store->impl->flush(token);
  });
}

strata_status strata_store_compact(strata_store *store, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    return store->impl->compact(token);
  });
}

strata_status strata_store_discard(strata_store *store, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    return store->impl->discard();
  });
}

strata_status strata_store_refresh(strata_store *store, strata_cancel *cancel, int *moved, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (moved) *moved = 0;
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(bool did, store->impl->refresh(token));
    if (moved) *moved = did;
    return {};
  });
}

strata_status strata_store_pending(strata_store *store, strata_pending *pending, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    const PendingInfo info = store->impl->pending();
    strata_pending p = STRATA_PENDING_INIT;
    p.arrays = info.arrays;
    p.chunks = info.chunks;
    p.bytes = info.bytes;
    return fill_struct(pending, p, "pending");
  });
}

strata_status strata_store_dataset_count(strata_store *store, uint64_t *count, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    if (!count) return Status(Code::kInvalid, "count is NULL");
    *count = store->impl->dataset_count();
    return {};
  });
}

strata_status strata_store_list_datasets(strata_store *store, const char *prefix, size_t prefix_len,
                                         strata_cursor **cursor, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cursor};
    STRATA_TRY(checked(store, "store"));
    STRATA_TRY(out.require("cursor"));
    STRATA_ASSIGN(auto p, prefix_of(prefix, prefix_len));
    out.put(make_cursor(store->impl->list_datasets(), p));
    return {};
  });
}

strata_status strata_store_list_datasets_with(strata_store *store, const char *array, size_t array_len,
                                              strata_cursor **cursor, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cursor};
    STRATA_TRY(checked(store, "store"));
    STRATA_TRY(out.require("cursor"));
    STRATA_ASSIGN(auto name, text(array, array_len, "the array's name"));
    out.put(make_cursor(store->impl->list_datasets_with(name), ""));
    return {};
  });
}

strata_status strata_store_list_arrays(strata_store *store, const char *prefix, size_t prefix_len,
                                       strata_cursor **cursor, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cursor};
    STRATA_TRY(checked(store, "store"));
    STRATA_TRY(out.require("cursor"));
    STRATA_ASSIGN(auto p, prefix_of(prefix, prefix_len));
    out.put(make_cursor(store->impl->list_arrays(), p));
    return {};
  });
}

strata_status strata_store_array_type(strata_store *store, const char *array, size_t array_len, int32_t *type,
                                      strata_error *err) {
  return guard(err, [&]() -> Status {
    if (type) *type = STRATA_TYPE_NONE;
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto name, text(array, array_len, "the array's name"));
    if (!type) return Status(Code::kInvalid, "type is NULL");
    STRATA_ASSIGN(DType dtype, store->impl->array_type(name));
    *type = to_abi(dtype.type);
    return {};
  });
}
