// Section 4: array files.
#include "capi/convert.h"
#include "storage/memory.h"

using namespace strata;
using namespace strata::capi;

namespace {

Result<FileOptions> file_options(const Engine &engine, const strata_file_options &o, uint32_t allowed_flags) {
  if (o.flags & ~allowed_flags) return Status(Code::kInvalid, cat("file options: flags ", o.flags, " are not all known for this call"));
  FileOptions f;
  STRATA_ASSIGN(f.codec, codec_of(engine, o.codec));
  STRATA_TRY(check_level(*f.codec, o.level));
  f.level = o.level;
  f.block_bytes = o.block_bytes;
  f.fold_limit_bytes = o.fold_limit_bytes;
  f.compact_layers = o.compact_layers;
  f.compact_dead_bytes = o.compact_dead_bytes;
  f.read_only = (o.flags & STRATA_READ_ONLY) != 0;
  return f;
}

strata_file *make_file(std::shared_ptr<Context> context, std::shared_ptr<ArrayFile> impl) {
  auto handle = std::make_unique<strata_file>();
  handle->context = std::move(context);
  handle->impl = std::move(impl);
  return handle.release();
}

// Without its array as yet: whoever defines one makes the handle first, so that nothing is defined if there is no memory.
std::unique_ptr<strata_array> make_array(const strata_file &file, std::string_view name) {
  auto handle = std::make_unique<strata_array>();
  handle->context = file.context;
  handle->file = file.impl;
  handle->name = name;
  return handle;
}

Status define(const strata_file &file, Result<ArrayDefinition> definition, Out<strata_array> &out) {
  STRATA_ASSIGN(auto d, std::move(definition));
  auto handle = make_array(file, d.name);
  STRATA_ASSIGN(handle->impl, file.impl->define(std::move(d)));
  if (out.wanted()) out.put(handle.release());
  return {};
}

Status open_file(strata_context *context, const char *url, size_t url_len, std::string_view commit,
                 const strata_file_options *options, strata_cancel *cancel, strata_file **file) {
  Out out{file};
  STRATA_TRY(out.require("file"));
  STRATA_ASSIGN(auto ctx, context_of(context));
  STRATA_ASSIGN(auto token, token_of(cancel));
  STRATA_ASSIGN(auto where, text(url, url_len, "the path"));
  STRATA_ASSIGN(auto o, options_of(options, "file options"));
  STRATA_ASSIGN(auto f, file_options(*ctx->engine, o, STRATA_READ_ONLY));
  f.read_only |= !commit.empty();
  f.commit = commit;
  STRATA_ASSIGN(auto place, f.read_only ? file_place(*ctx, where) : writable_file_place(*ctx, where));
  STRATA_ASSIGN(auto impl, ArrayFile::open(ctx->engine, place.storage, place.key, f, token));
  out.put(make_file(std::move(ctx), std::move(impl)));
  return {};
}

}  // namespace

void strata_file_options_init(strata_file_options *options) STRATA_INFALLIBLE {
  if (options) *options = strata_file_options STRATA_FILE_OPTIONS_INIT;
}

strata_status strata_file_create(strata_context *context, const char *url, size_t url_len, const strata_file_options *options,
                                 strata_cancel *cancel, strata_file **file, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{file};
    STRATA_TRY(out.require("file"));
    STRATA_ASSIGN(auto ctx, context_of(context));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto where, text(url, url_len, "the path"));
    STRATA_ASSIGN(auto o, options_of(options, "file options"));
    STRATA_ASSIGN(auto f, file_options(*ctx->engine, o, STRATA_OVERWRITE));
    STRATA_ASSIGN(auto place, writable_file_place(*ctx, where));
    STRATA_ASSIGN(auto impl, ArrayFile::create(ctx->engine, place.storage, place.key, f, (o.flags & STRATA_OVERWRITE) != 0, token));
    out.put(make_file(std::move(ctx), std::move(impl)));
    return {};
  });
}

strata_status strata_file_open(strata_context *context, const char *url, size_t url_len, const strata_file_options *options,
                               strata_cancel *cancel, strata_file **file, strata_error *err) {
  return guard(err, [&] { return open_file(context, url, url_len, "", options, cancel, file); });
}

strata_status strata_file_open_at(strata_context *context, const char *url, size_t url_len, const char *commit, size_t commit_len,
                                  const strata_file_options *options, strata_cancel *cancel, strata_file **file, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{file};
    STRATA_ASSIGN(auto which, text(commit, commit_len, "the commit"));
    if (which.empty()) return Status(Code::kInvalid, "the commit is empty");
    return open_file(context, url, url_len, which, options, cancel, file);
  });
}

strata_status strata_file_create_memory(strata_context *context, const strata_file_options *options, strata_file **file,
                                        strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{file};
    STRATA_TRY(out.require("file"));
    STRATA_ASSIGN(auto ctx, context_of(context));
    STRATA_ASSIGN(auto o, options_of(options, "file options"));
    STRATA_ASSIGN(auto f, file_options(*ctx->engine, o, STRATA_OVERWRITE));
    STRATA_ASSIGN(auto impl, ArrayFile::create(ctx->engine, ctx->engine->observed(make_memory_storage("unnamed")), "data.af", f, false, nullptr));
    out.put(make_file(std::move(ctx), std::move(impl)));
    return {};
  });
}

void strata_file_close(strata_file *file) STRATA_INFALLIBLE { close(file); }

strata_status strata_file_flush(strata_file *file, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    return file->impl->flush(token);
  });
}

strata_status strata_file_compact(strata_file *file, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    return file->impl->compact(token);
  });
}

strata_status strata_file_discard(strata_file *file, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    return file->impl->discard();
  });
}

strata_status strata_file_refresh(strata_file *file, strata_cancel *cancel, int *moved, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (moved) *moved = 0;
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(bool did, file->impl->refresh(token));
    if (moved) *moved = did;
    return {};
  });
}

strata_status strata_file_pending(strata_file *file, strata_pending *pending, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    PendingInfo info = file->impl->pending();
    strata_pending p = STRATA_PENDING_INIT;
    p.arrays = info.arrays;
    p.chunks = info.chunks;
    p.bytes = info.bytes;
    return fill_struct(pending, p, "pending");
  });
}

strata_status strata_file_layer_count(strata_file *file, uint64_t *count, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    if (!count) return Status(Code::kInvalid, "count is NULL");
    STRATA_ASSIGN(*count, file->impl->layer_count());
    return {};
  });
}

strata_status strata_file_define(strata_file *file, const char *name, size_t name_len, int32_t type, uint32_t ndim,
                                 const uint64_t *shape, const uint64_t *chunk_shape, const char *const *dimension_names,
                                 int32_t fill_type, const void *fill, size_t fill_size, strata_cancel *cancel,
                                 strata_array **array, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{array};
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check(token));
    return define(*file,
                  definition_of(name, name_len, element_type_of(type), ndim, shape, chunk_shape, dimension_names,
                                fill_type, fill, fill_size),
                  out);
  });
}

strata_status strata_file_define_nested(strata_file *file, const char *name, size_t name_len, const char *type,
                                        size_t type_len, uint32_t ndim, const uint64_t *shape,
                                        const uint64_t *chunk_shape, const char *const *dimension_names,
                                        strata_cancel *cancel, strata_array **array, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{array};
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check(token));
    return define(*file,
                  definition_of(name, name_len, element_type_of(type, type_len), ndim, shape, chunk_shape,
                                dimension_names, STRATA_TYPE_NONE, nullptr, 0),
                  out);
  });
}

strata_status strata_file_delete(strata_file *file, const char *name, size_t name_len, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check(token));
    STRATA_ASSIGN(auto n, text(name, name_len, "the array's name"));
    return file->impl->remove(n);
  });
}

strata_status strata_file_rename(strata_file *file, const char *name, size_t name_len, const char *new_name, size_t new_name_len,
                                 strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto from, text(name, name_len, "the array's name"));
    STRATA_ASSIGN(auto to, text(new_name, new_name_len, "the new name"));
    return file->impl->rename_array(from, std::string(to), token);
  });
}

strata_status strata_file_copy(strata_file *file, const char *name, size_t name_len, const char *new_name, size_t new_name_len,
                               strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto from, text(name, name_len, "the array's name"));
    STRATA_ASSIGN(auto to, text(new_name, new_name_len, "the new name"));
    return file->impl->copy_array(*file->impl, from, std::string(to), token).take_status();
  });
}

strata_status strata_file_exists(strata_file *file, const char *name, size_t name_len, int *exists, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(file, "file"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the array's name"));
    if (!exists) return Status(Code::kInvalid, "exists is NULL");
    STRATA_ASSIGN(const bool there, file->impl->exists(n));
    *exists = there;
    return {};
  });
}

strata_status strata_file_list(strata_file *file, const char *prefix, size_t prefix_len, strata_cursor **cursor, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cursor};
    STRATA_TRY(checked(file, "file"));
    STRATA_TRY(out.require("cursor"));
    STRATA_ASSIGN(auto p, prefix_of(prefix, prefix_len));
    STRATA_ASSIGN(auto names, file->impl->list());
    out.put(make_cursor(std::move(names), p));
    return {};
  });
}

strata_status strata_file_array_open(strata_file *file, const char *name, size_t name_len, strata_array **array, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{array};
    STRATA_TRY(checked(file, "file"));
    STRATA_TRY(out.require("array"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the array's name"));
    STRATA_ASSIGN(auto ref, file->impl->open_array(n));
    auto handle = make_array(*file, n);
    handle->impl = std::move(ref);
    out.put(handle.release());
    return {};
  });
}
