// Section 9: datasets.
#include "capi/convert.h"

using namespace strata;
using namespace strata::capi;

namespace {

strata_dataset *make_dataset(const strata_store &store, std::string_view name) {
  auto handle = std::make_unique<strata_dataset>();
  handle->context = store.context;
  handle->store = store.impl;
  handle->name = name;
  return handle.release();
}

// Without its array as yet, as in file.cc.
std::unique_ptr<strata_array> make_array(const strata_dataset &dataset, std::string_view name) {
  auto handle = std::make_unique<strata_array>();
  handle->context = dataset.context;
  handle->store = dataset.store;
  handle->name = name;
  return handle;
}

void set_array(strata_array &handle, Store::OpenedArray opened) {
  handle.file = std::move(opened.file);
  handle.impl = std::move(opened.array);
}

Status define(const strata_dataset &dataset, Result<ArrayDefinition> definition, CancelToken *token,
              Out<strata_array> &out) {
  STRATA_ASSIGN(auto d, std::move(definition));
  auto handle = make_array(dataset, d.name);
  STRATA_ASSIGN(auto opened, dataset.store->define(dataset.name, std::move(d), token));
  set_array(*handle, std::move(opened));
  if (out.wanted()) out.put(handle.release());
  return {};
}

}  // namespace

strata_status strata_store_dataset_create(strata_store *store, const char *name, size_t name_len,
                                          strata_dataset **dataset, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{dataset};
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the dataset's name"));
    // The handle first: when there is no memory for it, nothing has been created.
    std::unique_ptr<strata_dataset> handle(out.wanted() ? make_dataset(*store, n) : nullptr);
    STRATA_TRY(store->impl->create_dataset(n));
    if (handle) out.put(handle.release());
    return {};
  });
}

strata_status strata_store_dataset_open(strata_store *store, const char *name, size_t name_len,
                                        strata_dataset **dataset, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{dataset};
    STRATA_TRY(checked(store, "store"));
    STRATA_TRY(out.require("dataset"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the dataset's name"));
    if (!store->impl->dataset_exists(n)) return Status(Code::kNotFound, cat("no dataset \"", n, "\" in the store"));
    out.put(make_dataset(*store, n));
    return {};
  });
}

strata_status strata_store_dataset_delete(strata_store *store, const char *name, size_t name_len, strata_cancel *cancel,
                                          strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check(token));
    STRATA_ASSIGN(auto n, text(name, name_len, "the dataset's name"));
    return store->impl->delete_dataset(n, token);
  });
}

strata_status strata_store_dataset_rename(strata_store *store, const char *name, size_t name_len, const char *new_name,
                                          size_t new_name_len, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto from, text(name, name_len, "the dataset's name"));
    STRATA_ASSIGN(auto to, text(new_name, new_name_len, "the new name"));
    return store->impl->rename_dataset(from, to, token);
  });
}

strata_status strata_store_dataset_copy(strata_store *store, const char *name, size_t name_len, const char *new_name,
                                        size_t new_name_len, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto from, text(name, name_len, "the dataset's name"));
    STRATA_ASSIGN(auto to, text(new_name, new_name_len, "the new name"));
    return store->impl->copy_dataset(from, to, token);
  });
}

strata_status strata_store_dataset_exists(strata_store *store, const char *name, size_t name_len, int *exists,
                                          strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(store, "store"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the dataset's name"));
    if (!exists) return Status(Code::kInvalid, "exists is NULL");
    *exists = store->impl->dataset_exists(n);
    return {};
  });
}

void strata_dataset_close(strata_dataset *dataset) STRATA_INFALLIBLE { close(dataset); }

strata_status strata_dataset_name(const strata_dataset *dataset, char *dst, size_t cap, size_t *needed,
                                  strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(dataset, "dataset"));
    return put_bytes(dataset->name, dst, cap, needed);
  });
}

// ---- arrays ----

strata_status strata_dataset_define(strata_dataset *dataset, const char *name, size_t name_len, int32_t type,
                                    uint32_t ndim, const uint64_t *shape, const uint64_t *chunk_shape,
                                    const char *const *dimension_names, int32_t fill_type, const void *fill,
                                    size_t fill_size, strata_cancel *cancel, strata_array **array, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{array};
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check(token));
    return define(*dataset,
                  definition_of(name, name_len, element_type_of(type), ndim, shape, chunk_shape, dimension_names,
                                fill_type, fill, fill_size),
                  token, out);
  });
}

strata_status strata_dataset_define_nested(strata_dataset *dataset, const char *name, size_t name_len, const char *type,
                                           size_t type_len, uint32_t ndim, const uint64_t *shape,
                                           const uint64_t *chunk_shape, const char *const *dimension_names,
                                           strata_cancel *cancel, strata_array **array, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{array};
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check(token));
    return define(*dataset,
                  definition_of(name, name_len, element_type_of(type, type_len), ndim, shape, chunk_shape,
                                dimension_names, STRATA_TYPE_NONE, nullptr, 0),
                  token, out);
  });
}

strata_status strata_dataset_delete(strata_dataset *dataset, const char *name, size_t name_len, strata_cancel *cancel,
                                    strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check(token));
    STRATA_ASSIGN(auto n, text(name, name_len, "the array's name"));
    return dataset->store->delete_array(dataset->name, n, token);
  });
}

strata_status strata_dataset_rename(strata_dataset *dataset, const char *name, size_t name_len, const char *new_name,
                                    size_t new_name_len, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto from, text(name, name_len, "the array's name"));
    STRATA_ASSIGN(auto to, text(new_name, new_name_len, "the new name"));
    return dataset->store->rename_array(dataset->name, from, to, token);
  });
}

strata_status strata_dataset_copy(strata_dataset *dataset, const char *name, size_t name_len, strata_dataset *to_dataset,
                                  const char *new_name, size_t new_name_len, strata_cancel *cancel, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(dataset, "dataset"));
    if (to_dataset) STRATA_TRY(checked(to_dataset, "destination dataset"));
    const strata_dataset &to = to_dataset ? *to_dataset : *dataset;
    if (to.store != dataset->store) return Status(Code::kInvalid, "the datasets are not of one store handle");
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_ASSIGN(auto from, text(name, name_len, "the array's name"));
    STRATA_ASSIGN(auto n, text(new_name, new_name_len, "the new name"));
    return dataset->store->copy_array(dataset->name, from, to.name, n, token);
  });
}

strata_status strata_dataset_exists(strata_dataset *dataset, const char *name, size_t name_len, int *exists,
                                    strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the array's name"));
    if (!exists) return Status(Code::kInvalid, "exists is NULL");
    STRATA_ASSIGN(bool there, dataset->store->array_exists(dataset->name, n));
    *exists = there;
    return {};
  });
}

strata_status strata_dataset_list(strata_dataset *dataset, const char *prefix, size_t prefix_len, strata_cursor **cursor,
                                  strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cursor};
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_TRY(out.require("cursor"));
    STRATA_ASSIGN(auto p, prefix_of(prefix, prefix_len));
    STRATA_ASSIGN(auto names, dataset->store->list_arrays(dataset->name));
    out.put(make_cursor(names, p));
    return {};
  });
}

strata_status strata_dataset_array_open(strata_dataset *dataset, const char *name, size_t name_len,
                                        strata_cancel *cancel, strata_array **array, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{array};
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_TRY(out.require("array"));
    STRATA_ASSIGN(auto token, token_of(cancel));
    STRATA_TRY(check(token));
    STRATA_ASSIGN(auto n, text(name, name_len, "the array's name"));
    STRATA_ASSIGN(auto opened, dataset->store->open_array(dataset->name, n, token));
    auto handle = make_array(*dataset, n);
    set_array(*handle, std::move(opened));
    out.put(handle.release());
    return {};
  });
}

// ---- attributes ----

strata_status strata_dataset_set_attribute(strata_dataset *dataset, const char *key, size_t key_len, int32_t type,
                                           const void *value, size_t value_size, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto k, text(key, key_len, "the attribute's key"));
    STRATA_ASSIGN(Value v, value_of(type, value, value_size, cat("attribute \"", k, '"')));
    return dataset->store->set_attribute(dataset->name, std::string(k), std::move(v));
  });
}

strata_status strata_dataset_get_attribute(strata_dataset *dataset, const char *key, size_t key_len, int32_t *type,
                                           void *dst, size_t cap, size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto k, text(key, key_len, "the attribute's key"));
    STRATA_ASSIGN(Value v, dataset->store->get_attribute(dataset->name, k));
    if (type) *type = to_abi(v.type);
    return put_bytes(native_bytes(v), dst, cap, needed);
  });
}

strata_status strata_dataset_delete_attribute(strata_dataset *dataset, const char *key, size_t key_len,
                                              strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto k, text(key, key_len, "the attribute's key"));
    return dataset->store->delete_attribute(dataset->name, k);
  });
}

strata_status strata_dataset_list_attributes(strata_dataset *dataset, const char *prefix, size_t prefix_len,
                                             strata_cursor **cursor, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cursor};
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_TRY(out.require("cursor"));
    STRATA_ASSIGN(auto p, prefix_of(prefix, prefix_len));
    STRATA_ASSIGN(auto keys, dataset->store->list_attributes(dataset->name));
    out.put(make_cursor(keys, p));
    return {};
  });
}

// ---- notes ----

strata_status strata_dataset_set_note(strata_dataset *dataset, const char *name, size_t name_len, const char *note,
                                      size_t note_len, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the note's name"));
    STRATA_ASSIGN(auto t, text(note, note_len, "the note"));
    return dataset->store->set_note(dataset->name, std::string(n), std::string(t));
  });
}

strata_status strata_dataset_get_note(strata_dataset *dataset, const char *name, size_t name_len, char *dst, size_t cap,
                                      size_t *needed, strata_error *err) {
  return guard(err, [&]() -> Status {
    if (needed) *needed = 0;
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the note's name"));
    STRATA_ASSIGN(const std::string note, dataset->store->get_note(dataset->name, n));
    return put_bytes(note, dst, cap, needed);
  });
}

strata_status strata_dataset_delete_note(strata_dataset *dataset, const char *name, size_t name_len, strata_error *err) {
  return guard(err, [&]() -> Status {
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_ASSIGN(auto n, text(name, name_len, "the note's name"));
    return dataset->store->delete_note(dataset->name, n);
  });
}

strata_status strata_dataset_list_notes(strata_dataset *dataset, const char *prefix, size_t prefix_len,
                                        strata_cursor **cursor, strata_error *err) {
  return guard(err, [&]() -> Status {
    Out out{cursor};
    STRATA_TRY(checked(dataset, "dataset"));
    STRATA_TRY(out.require("cursor"));
    STRATA_ASSIGN(auto p, prefix_of(prefix, prefix_len));
    STRATA_ASSIGN(auto names, dataset->store->list_notes(dataset->name));
    out.put(make_cursor(names, p));
    return {};
  });
}
