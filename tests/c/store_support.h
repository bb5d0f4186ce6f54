/* Short forms of calls on stores and datasets. */
#ifndef STRATA_TESTS_STORE_SUPPORT_H
#define STRATA_TESTS_STORE_SUPPORT_H

#include "support.h"

static inline strata_store *create_store_with(strata_context *context, const char *path, int32_t format,
                                              int32_t compression) {
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.meta_format = format;
  options.meta_compression = compression;
  strata_store *store = NULL;
  OK(strata_store_create(context, path, STRATA_NUL, &options, NULL, &store, &err));
  assert_non_null(store);
  return store;
}

static inline strata_store *create_store(const char *path) { return create_store_with(NULL, path, 0, 0); }

static inline strata_store *open_store_in(strata_context *context, const char *path) {
  strata_store *store = NULL;
  OK(strata_store_open(context, path, STRATA_NUL, NULL, NULL, &store, &err));
  assert_non_null(store);
  return store;
}

static inline strata_store *open_store(const char *path) { return open_store_in(NULL, path); }
/* Goes on in a handle that has just been opened, in a context of its own; closes the one given. */
static inline strata_store *reopened_store(strata_store *store, const char *path) {
  strata_store_close(store);
  return open_store(path);
}

static inline void flush_store(strata_store *store) { OK(strata_store_flush(store, NULL, &err)); }

static inline strata_dataset *create_dataset(strata_store *store, const char *name) {
  strata_dataset *dataset = NULL;
  OK(strata_store_dataset_create(store, name, STRATA_NUL, &dataset, &err));
  assert_non_null(dataset);
  return dataset;
}

static inline strata_dataset *open_dataset(strata_store *store, const char *name) {
  strata_dataset *dataset = NULL;
  OK(strata_store_dataset_open(store, name, STRATA_NUL, &dataset, &err));
  assert_non_null(dataset);
  return dataset;
}

static inline strata_array *define_in(strata_dataset *dataset, const char *name, int32_t type, uint32_t ndim,
                                      const uint64_t *shape) {
  strata_array *array = NULL;
  OK(strata_dataset_define(dataset, name, STRATA_NUL, type, ndim, shape, NULL, NULL, 0, NULL, 0, NULL, &array, &err));
  assert_non_null(array);
  return array;
}

/* An array of 4 int32 with these values: first, first + 1 ... Dataset and array are made. */
static inline void put_array(strata_store *store, const char *dataset, const char *array, int32_t first) {
  int exists = 0;
  OK(strata_store_dataset_exists(store, dataset, STRATA_NUL, &exists, &err));
  strata_dataset *d = exists ? open_dataset(store, dataset) : create_dataset(store, dataset);
  strata_array *a = define_in(d, array, STRATA_INT32, 1, DIMS(4));
  const int32_t values[4] = {first, first + 1, first + 2, first + 3};
  write_all(a, values, sizeof values);
  strata_array_close(a);
  strata_dataset_close(d);
}

static inline strata_array *array_of(strata_store *store, const char *dataset, const char *array) {
  strata_dataset *d = open_dataset(store, dataset);
  strata_array *a = NULL;
  OK(strata_dataset_array_open(d, array, STRATA_NUL, NULL, &a, &err));
  strata_dataset_close(d);
  return a;
}

static inline void assert_array(strata_store *store, const char *dataset, const char *array, int32_t first) {
  strata_array *a = array_of(store, dataset, array);
  int32_t got[4];
  read_all(a, got, sizeof got);
  for (int32_t i = 0; i < 4; ++i) assert_int_equal(got[i], first + i);
  strata_array_close(a);
}

static inline const char *datasets_in(strata_store *store) {
  strata_cursor *cursor = NULL;
  OK(strata_store_list_datasets(store, NULL, 0, &cursor, &err));
  return joined(cursor);
}

static inline const char *arrays_in(strata_dataset *dataset) {
  strata_cursor *cursor = NULL;
  OK(strata_dataset_list(dataset, NULL, 0, &cursor, &err));
  return joined(cursor);
}

static inline strata_pending pending_in(strata_store *store) {
  strata_pending pending = STRATA_PENDING_INIT;
  OK(strata_store_pending(store, &pending, &err));
  return pending;
}

static const struct {
  int32_t format, compression;
  const char *file;
} kRegistries[] = {
    {STRATA_META_JSON, STRATA_CODEC_NONE, "atlas.json"},
    {STRATA_META_JSON, STRATA_CODEC_LZ4, "atlas.json.lz4"},
    {STRATA_META_JSON, STRATA_CODEC_ZSTD, "atlas.json.zst"},
    {STRATA_META_MSGPACK, STRATA_CODEC_NONE, "atlas.msgpack"},
    {STRATA_META_MSGPACK, STRATA_CODEC_LZ4, "atlas.msgpack.lz4"},
    {STRATA_META_MSGPACK, STRATA_CODEC_ZSTD, "atlas.msgpack.zst"},
};

/* A path below a scratch folder. */
static inline const char *inside(const char *folder, const char *name) {
  static char paths[4][2000];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

#endif
