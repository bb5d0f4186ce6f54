/* Wrong arguments of sections 8, 9 and 10 of the header: stores, datasets, reading across. */
#include "arguments.h"

static const char *const kUrl = "memory://arguments/never";

typedef strata_status maker(strata_context *, const char *, size_t, const strata_store_options *, strata_cancel *,
                            strata_store **, strata_error *);

static void wrong_for_both(maker *make, uint32_t wrong_flag) {
  WRONG_OPTIONAL(kContext, strata_context, make(wrong, kUrl, STRATA_NUL, NULL, NULL, &out.store, &err));
  WRONG_TOKENS(make(w.context, kUrl, STRATA_NUL, NULL, wrong, &out.store, &err));
  WRONG(STRATA_E_INVALID, "NULL", make(w.context, kUrl, STRATA_NUL, NULL, NULL, NULL, &err));
  const struct {
    strata_status want;
    const char *url, *word;
  } places[] = {{STRATA_E_INVALID, "", "empty"},
                {STRATA_E_INVALID, "memory://", "name"},
                {STRATA_E_INVALID, "file://x", "three slashes"},
                {STRATA_E_INVALID, "file:///x%00y", "NUL byte"},
                {STRATA_E_UNSUPPORTED, "s3://bucket/x", "s3"}};
  for (size_t i = 0; i < LENGTH(places); ++i)
    WRONG(places[i].want, places[i].word, make(w.context, places[i].url, STRATA_NUL, NULL, NULL, &out.store, &err));
  WRONG_TEXTS("path", make(w.context, text, length, NULL, NULL, &out.store, &err));
  WRONG_SIZES(strata_store_options, STRATA_STORE_OPTIONS_INIT,
              make(w.context, kUrl, STRATA_NUL, wrong, NULL, &out.store, &err));
  strata_store_options o = STRATA_STORE_OPTIONS_INIT;
  const uint32_t flags[] = {wrong_flag, 4, UINT32_MAX};
  for (size_t i = 0; i < LENGTH(flags); ++i) {
    o.flags = flags[i];
    WRONG(STRATA_E_INVALID, "flags", make(w.context, kUrl, STRATA_NUL, &o, NULL, &out.store, &err));
  }
  assert_null(out.store);
}

static void creating_and_opening(void **state) {
  (void)state;
  strata_store_options_init(NULL);
  wrong_for_both(strata_store_create, STRATA_READ_ONLY);
  wrong_for_both(strata_store_open, STRATA_OVERWRITE);
  const strata_store_options init = STRATA_STORE_OPTIONS_INIT;
  const int32_t numbers[] = {-1, 4, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < LENGTH(numbers); ++i) {
    strata_store_options o = init;
    o.codec = numbers[i];
    WRONG(STRATA_E_INVALID, "codec", strata_store_create(w.context, kUrl, STRATA_NUL, &o, NULL, &out.store, &err));
    o = init;
    o.meta_compression = numbers[i];
    WRONG(STRATA_E_INVALID, "codec", strata_store_create(w.context, kUrl, STRATA_NUL, &o, NULL, &out.store, &err));
    o = init;
    o.meta_format = numbers[i];
    WRONG(STRATA_E_INVALID, "registry", strata_store_create(w.context, kUrl, STRATA_NUL, &o, NULL, &out.store, &err));
    assert_null(out.store);
  }
  strata_store_options o = init;
  o.level = 23;
  WRONG(STRATA_E_INVALID, "level", strata_store_create(w.context, kUrl, STRATA_NUL, &o, NULL, &out.store, &err));
  /* Which codec it is stands in the registry. */
  WRONG(STRATA_E_INVALID, "level",
        strata_store_open(w.context, "memory://arguments/store", STRATA_NUL, &o, NULL, &out.store, &err));
  WRONG(STRATA_E_NOT_FOUND, "store", strata_store_open(w.context, kUrl, STRATA_NUL, NULL, NULL, &out.store, &err));
  assert_null(out.store);
  WRONG(STRATA_E_EXISTS, "store",
        strata_store_create(w.context, "memory://arguments/store", STRATA_NUL, NULL, NULL, &out.store, &err));
  assert_null(out.store);
}

static void logs_and_conflicts(void **state) {
  (void)state;
  strata_commit commit = STRATA_COMMIT_INIT;
  WRONG_HANDLES(kStore, strata_store, strata_store_conflict_list(wrong, &out.conflicts, &err));
  WRONG(STRATA_E_INVALID, "list", strata_store_conflict_list(w.store, NULL, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_log(wrong, 0, NULL, &out.log, &err));
  WRONG_TOKENS(strata_store_log(w.store, 0, wrong, &out.log, &err));
  WRONG(STRATA_E_INVALID, "log", strata_store_log(w.store, 0, NULL, NULL, &err));
  WRONG_HANDLES(kLog, strata_log, strata_log_get(wrong, 0, &commit, &err));
  WRONG(STRATA_E_INVALID, "commit 1000 of", strata_log_get(w.log, 1000, &commit, &err));
  WRONG_RESULTS(strata_commit, STRATA_COMMIT_INIT, "commit", strata_log_get(w.log, 0, wrong, &err));
  for (int kind = 0; kind < kKinds; ++kind)
    if (kind != kLog) assert_int_equal(strata_log_count(w.handles[kind]), 0);
  assert_int_equal(strata_log_count(NULL), 0);
  strata_log_close(NULL);
}

static void compactions(void **state) {
  (void)state;
  strata_compaction compaction = STRATA_COMPACTION_INIT;
  WRONG_HANDLES(kStore, strata_store, strata_store_compaction_list(wrong, NULL, &out.compactions, &err));
  WRONG_TOKENS(strata_store_compaction_list(w.store, wrong, &out.compactions, &err));
  WRONG(STRATA_E_INVALID, "list", strata_store_compaction_list(w.store, NULL, NULL, &err));
  WRONG_HANDLES(kCompactions, strata_compaction_list, strata_compaction_list_get(wrong, 0, &compaction, &err));
  WRONG(STRATA_E_INVALID, "array file 1 of 1", strata_compaction_list_get(w.compactions, 1, &compaction, &err));
  WRONG_RESULTS(strata_compaction, STRATA_COMPACTION_INIT, "compaction",
                strata_compaction_list_get(w.compactions, 0, wrong, &err));
  for (int kind = 0; kind < kKinds; ++kind)
    if (kind != kCompactions) assert_int_equal(strata_compaction_list_count(w.handles[kind]), 0);
  assert_int_equal(strata_compaction_list_count(NULL), 0);
  strata_compaction_list_close(NULL);
}

static void stores(void **state) {
  (void)state;
  int flag = 7;
  uint64_t count = 7;
  int32_t type = 7;
  strata_pending pending = STRATA_PENDING_INIT;
  WRONG_HANDLES(kStore, strata_store, strata_store_flush(wrong, NULL, &err));
  WRONG_TOKENS(strata_store_flush(w.store, wrong, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_compact(wrong, NULL, &err));
  WRONG_TOKENS(strata_store_compact(w.store, wrong, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_discard(wrong, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_refresh(wrong, NULL, &flag, &err));
  WRONG_TOKENS(strata_store_refresh(w.store, wrong, &flag, &err));
  WRONG(STRATA_E_PENDING, "", strata_store_refresh(w.store, NULL, &flag, &err));
  assert_int_equal(flag, 0);
  WRONG_HANDLES(kStore, strata_store, strata_store_pending(wrong, &pending, &err));
  WRONG_RESULTS(strata_pending, STRATA_PENDING_INIT, "pending", strata_store_pending(w.store, wrong, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_dataset_count(wrong, &count, &err));
  assert_int_equal(count, 7);
  WRONG(STRATA_E_INVALID, "count", strata_store_dataset_count(w.store, NULL, &err));

  WRONG_HANDLES(kStore, strata_store, strata_store_list_datasets(wrong, NULL, 0, &out.cursor, &err));
  WRONG_PREFIXES(strata_store_list_datasets(w.store, text, length, &out.cursor, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_list_datasets_with(wrong, "a", 1, &out.cursor, &err));
  WRONG_TEXTS("name", strata_store_list_datasets_with(w.store, text, length, &out.cursor, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_list_arrays(wrong, NULL, 0, &out.cursor, &err));
  WRONG_PREFIXES(strata_store_list_arrays(w.store, text, length, &out.cursor, &err));
  assert_null(out.cursor);
  WRONG(STRATA_E_INVALID, "NULL", strata_store_list_datasets(w.store, NULL, 0, NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_store_list_datasets_with(w.store, "a", 1, NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_store_list_arrays(w.store, NULL, 0, NULL, &err));

  WRONG_HANDLES(kStore, strata_store, strata_store_array_type(wrong, "a", 1, &type, &err));
  WRONG_TEXTS("name", strata_store_array_type(w.store, text, length, &type, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_store_array_type(w.store, "none", 4, &type, &err));
  assert_int_equal(type, STRATA_TYPE_NONE);
  WRONG(STRATA_E_INVALID, "type", strata_store_array_type(w.store, "a", 1, NULL, &err));
}

static void names_of_datasets(void **state) {
  (void)state;
  int flag = 7;
  WRONG_HANDLES(kStore, strata_store, strata_store_dataset_create(wrong, "n", 1, &out.dataset, &err));
  WRONG_TEXTS("name", strata_store_dataset_create(w.store, text, length, &out.dataset, &err));
  const char *const names[] = {"", "_n", "a/b", ".", "..", "/"};
  for (size_t i = 0; i < LENGTH(names); ++i) {
    WRONG(STRATA_E_INVALID, "name", strata_store_dataset_create(w.store, names[i], STRATA_NUL, &out.dataset, &err));
    WRONG(STRATA_E_INVALID, "name", strata_store_dataset_create(w.store, names[i], STRATA_NUL, NULL, &err));
  }
  WRONG(STRATA_E_EXISTS, "\"d\"", strata_store_dataset_create(w.store, "d", 1, &out.dataset, &err));

  WRONG_HANDLES(kStore, strata_store, strata_store_dataset_open(wrong, "d", 1, &out.dataset, &err));
  WRONG_TEXTS("name", strata_store_dataset_open(w.store, text, length, &out.dataset, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_store_dataset_open(w.store, "none", 4, &out.dataset, &err));
  assert_null(out.dataset);
  WRONG(STRATA_E_INVALID, "NULL", strata_store_dataset_open(w.store, "d", 1, NULL, &err));

  WRONG_HANDLES(kStore, strata_store, strata_store_dataset_delete(wrong, "d", 1, NULL, &err));
  WRONG_TOKENS(strata_store_dataset_delete(w.store, "d", 1, wrong, &err));
  WRONG_TEXTS("name", strata_store_dataset_delete(w.store, text, length, NULL, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_store_dataset_delete(w.store, "none", 4, NULL, &err));

  WRONG_HANDLES(kStore, strata_store, strata_store_dataset_exists(wrong, "d", 1, &flag, &err));
  WRONG_TEXTS("name", strata_store_dataset_exists(w.store, text, length, &flag, &err));
  assert_int_equal(flag, 7);
  WRONG(STRATA_E_INVALID, "exists", strata_store_dataset_exists(w.store, "d", 1, NULL, &err));
}

static void datasets(void **state) {
  (void)state;
  int flag = 7;
  size_t needed = 7;
  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_name(wrong, (char *)out.bytes, 8, &needed, &err));
  assert_int_equal(needed, 0);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "1 bytes", strata_dataset_name(w.dataset, NULL, 0, NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_dataset_name(w.dataset, NULL, 1, &needed, &err));
  assert_int_equal(needed, 1);

  /* Shapes, types and fills: arguments_files.c. */
#define DEFINE(dataset, name, length, token) \
  strata_dataset_define(dataset, name, length, STRATA_INT32, 0, NULL, NULL, NULL, 0, NULL, 0, token, &out.array, &err)
  WRONG_HANDLES(kDataset, strata_dataset, DEFINE(wrong, "n", 1, NULL));
  WRONG_TOKENS(DEFINE(w.dataset, "n", 1, wrong));
  WRONG_TEXTS("name", DEFINE(w.dataset, text, length, NULL));
  const char *const names[] = {"", "_n", "a/b", ".", "..", "atlas.json", "atlas.msgpack.zst"};
  for (size_t i = 0; i < LENGTH(names); ++i)
    WRONG(STRATA_E_INVALID, "name", DEFINE(w.dataset, names[i], STRATA_NUL, NULL));
  char long_name[300];
  memset(long_name, 'x', sizeof long_name);
  WRONG(STRATA_E_INVALID, "folder", DEFINE(w.dataset, long_name, sizeof long_name, NULL));
  WRONG(STRATA_E_EXISTS, "\"a\"", DEFINE(w.dataset, "a", 1, NULL));
  assert_null(out.array);
#undef DEFINE

  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_delete(wrong, "a", 1, NULL, &err));
  WRONG_TOKENS(strata_dataset_delete(w.dataset, "a", 1, wrong, &err));
  WRONG_TEXTS("name", strata_dataset_delete(w.dataset, text, length, NULL, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_dataset_delete(w.dataset, "none", 4, NULL, &err));

  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_exists(wrong, "a", 1, &flag, &err));
  WRONG_TEXTS("name", strata_dataset_exists(w.dataset, text, length, &flag, &err));
  assert_int_equal(flag, 7);
  WRONG(STRATA_E_INVALID, "exists", strata_dataset_exists(w.dataset, "a", 1, NULL, &err));

  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_list(wrong, NULL, 0, &out.cursor, &err));
  WRONG_PREFIXES(strata_dataset_list(w.dataset, text, length, &out.cursor, &err));
  assert_null(out.cursor);
  WRONG(STRATA_E_INVALID, "NULL", strata_dataset_list(w.dataset, NULL, 0, NULL, &err));

  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_array_open(wrong, "a", 1, NULL, &out.array, &err));
  WRONG_TOKENS(strata_dataset_array_open(w.dataset, "a", 1, wrong, &out.array, &err));
  WRONG_TEXTS("name", strata_dataset_array_open(w.dataset, text, length, NULL, &out.array, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_dataset_array_open(w.dataset, "none", 4, NULL, &out.array, &err));
  assert_null(out.array);
  WRONG(STRATA_E_INVALID, "NULL", strata_dataset_array_open(w.dataset, "a", 1, NULL, NULL, &err));
}

static void attributes(void **state) {
  (void)state;
  int32_t type = 7;
  size_t needed = 7;
  const uint64_t most = UINT64_MAX;
  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_set_attribute(wrong, "k", 1, STRATA_INT32, kValues, 4, &err));
  WRONG_TEXTS("key", strata_dataset_set_attribute(w.dataset, text, length, STRATA_INT32, kValues, 4, &err));
  const struct {
    strata_status want;
    const char *word;
    int32_t type;
    const void *value;
    size_t size;
  } bad[] = {
      {STRATA_E_INVALID, "type", STRATA_TYPE_NONE, kValues, 4},
      {STRATA_E_INVALID, "type", 17, kValues, 4},
      {STRATA_E_INVALID, "type", INT32_MIN, kValues, 4},
      {STRATA_E_TYPE, "list", STRATA_LIST, kValues, 4},
      {STRATA_E_TYPE, "binary", STRATA_BINARY, kValues, 4},
      {STRATA_E_INVALID, "bytes", STRATA_INT64, kValues, 4},
      {STRATA_E_INVALID, "NULL", STRATA_INT64, NULL, 8},
      {STRATA_E_INVALID, "NULL", STRATA_STRING, NULL, 1},
      {STRATA_E_INVALID, "length", STRATA_STRING, "x", STRATA_NUL},
      {STRATA_E_INVALID, "UTF-8", STRATA_STRING, "\xFF", 1},
      {STRATA_E_LIMIT, "int64", STRATA_UINT64, &most, 8},
  };
  for (size_t i = 0; i < LENGTH(bad); ++i)
    WRONG(bad[i].want, bad[i].word,
          strata_dataset_set_attribute(w.dataset, "k", 1, bad[i].type, bad[i].value, bad[i].size, &err));

  WRONG_HANDLES(kDataset, strata_dataset,
                strata_dataset_get_attribute(wrong, "title", 5, &type, out.bytes, 8, &needed, &err));
  WRONG_TEXTS("key", strata_dataset_get_attribute(w.dataset, text, length, &type, out.bytes, 8, &needed, &err));
  WRONG(STRATA_E_NOT_FOUND, "none",
        strata_dataset_get_attribute(w.dataset, "none", 4, &type, out.bytes, 8, &needed, &err));
  assert_true(needed == 0 && type == 7);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "3 bytes",
        strata_dataset_get_attribute(w.dataset, "title", 5, &type, out.bytes, 2, &needed, &err));
  assert_true(needed == 3 && type == STRATA_STRING);
  WRONG(STRATA_E_INVALID, "NULL", strata_dataset_get_attribute(w.dataset, "title", 5, NULL, NULL, 3, NULL, &err));

  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_delete_attribute(wrong, "title", 5, &err));
  WRONG_TEXTS("key", strata_dataset_delete_attribute(w.dataset, text, length, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_dataset_delete_attribute(w.dataset, "none", 4, &err));

  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_list_attributes(wrong, NULL, 0, &out.cursor, &err));
  WRONG_PREFIXES(strata_dataset_list_attributes(w.dataset, text, length, &out.cursor, &err));
  assert_null(out.cursor);
  WRONG(STRATA_E_INVALID, "NULL", strata_dataset_list_attributes(w.dataset, NULL, 0, NULL, &err));

  OK(strata_dataset_set_note(w.dataset, "kept", 4, "abc", 3, &err));
  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_set_note(wrong, "n", 1, "t", 1, &err));
  WRONG_TEXTS("name", strata_dataset_set_note(w.dataset, text, length, "t", 1, &err));
  WRONG_TEXTS("note", strata_dataset_set_note(w.dataset, "n", 1, text, length, &err));
  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_get_note(wrong, "kept", 4, (char *)out.bytes, 8, &needed, &err));
  WRONG_TEXTS("name", strata_dataset_get_note(w.dataset, text, length, (char *)out.bytes, 8, &needed, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_dataset_get_note(w.dataset, "none", 4, (char *)out.bytes, 8, &needed, &err));
  assert_true(needed == 0);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "3 bytes", strata_dataset_get_note(w.dataset, "kept", 4, (char *)out.bytes, 2, &needed, &err));
  assert_true(needed == 3);
  WRONG(STRATA_E_INVALID, "NULL", strata_dataset_get_note(w.dataset, "kept", 4, NULL, 3, NULL, &err));
  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_list_notes(wrong, NULL, 0, &out.cursor, &err));
  WRONG_PREFIXES(strata_dataset_list_notes(w.dataset, text, length, &out.cursor, &err));
  assert_null(out.cursor);
  WRONG(STRATA_E_INVALID, "NULL", strata_dataset_list_notes(w.dataset, NULL, 0, NULL, &err));
  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_delete_note(wrong, "kept", 4, &err));
  WRONG_TEXTS("name", strata_dataset_delete_note(w.dataset, text, length, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_dataset_delete_note(w.dataset, "none", 4, &err));
  OK(strata_dataset_delete_note(w.dataset, "kept", 4, &err));
}

/* ---- section 10 ---- */

static const char *const kBoth[] = {"d", "e"}, *const kMissing[] = {"d", NULL}, *const kBad[] = {"d", "\xFF"};

static void reading_stacked(void **state) {
  (void)state;
  size_t needed = 7;
  strata_status statuses[3] = {7, 7, 7};
#define STACKED(store, array, length, names, n, ndim, start, count, token, dst, cap, statuses)                      \
  strata_store_read_stacked(store, array, length, names, n, ndim, start, count, token, dst, cap, &needed, statuses, \
                            &err)
#define STACK(names, n, ndim, start, count, dst, cap, statuses) \
  STACKED(w.store, "a", 1, names, n, ndim, start, count, NULL, dst, cap, statuses)
  WRONG_HANDLES(kStore, strata_store, STACKED(wrong, "a", 1, kBoth, 2, 0, NULL, NULL, NULL, out.bytes, 32, NULL));
  WRONG_TOKENS(STACKED(w.store, "a", 1, kBoth, 2, 0, NULL, NULL, wrong, out.bytes, 32, NULL));
  WRONG_TEXTS("name", STACKED(w.store, text, length, kBoth, 2, 0, NULL, NULL, NULL, out.bytes, 32, NULL));
  WRONG(STRATA_E_NOT_FOUND, "none",
        STACKED(w.store, "none", 4, kBoth, 2, 0, NULL, NULL, NULL, out.bytes, 32, statuses));
  WRONG(STRATA_E_INVALID, "dataset 1", STACK(kMissing, 2, 0, NULL, NULL, out.bytes, 32, statuses));
  WRONG(STRATA_E_INVALID, "dataset 1", STACK(kBad, 2, 0, NULL, NULL, out.bytes, 32, statuses));
  WRONG(STRATA_E_INVALID, "start and count", STACK(kBoth, 2, 1, DIMS(0), NULL, out.bytes, 32, statuses));
  WRONG(STRATA_E_INVALID, "start and count", STACK(kBoth, 2, 1, NULL, DIMS(4), out.bytes, 32, statuses));
  WRONG(STRATA_E_LIMIT, "dimensions", STACK(kBoth, 2, 33, DIMS(0), DIMS(4), out.bytes, 32, statuses));
  WRONG(STRATA_E_LIMIT, "memory", STACK(kBoth, 2, 1, DIMS(0), DIMS(UINT64_MAX), out.bytes, 32, statuses));
  WRONG(STRATA_E_LIMIT, "memory", STACK(kBoth, 2, 1, DIMS(0), DIMS(INT64_MAX / 4), out.bytes, 32, statuses));
  assert_int_equal(needed, 0);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "32 bytes", STACK(kBoth, 2, 0, NULL, NULL, out.bytes, 31, statuses));
  assert_int_equal(needed, 32);
  WRONG(STRATA_E_INVALID, "NULL", STACK(kBoth, 2, 0, NULL, NULL, NULL, 32, statuses));
  for (uint64_t n = 0; n < 4; ++n)
    if (n != 2) WRONG(STRATA_E_INVALID, "dataset_count", STACK(NULL, n, 0, NULL, NULL, out.bytes, 32, statuses));
  /* Wrong for every row: without statuses the call's own failure. */
  WRONG(STRATA_E_RANGE, "axis 0", STACK(kBoth, 2, 1, DIMS(1), DIMS(4), out.bytes, 32, NULL));
  WRONG(STRATA_E_RANGE, "axis 0", STACK(kBoth, 2, 1, DIMS(UINT64_MAX), DIMS(2), out.bytes, 32, NULL));
  WRONG(STRATA_E_RANGE, "dimensions", STACK(kBoth, 2, 2, DIMS(0, 0), DIMS(1, 1), out.bytes, 32, NULL));
  assert_true(statuses[0] == 7 && statuses[1] == 7 && statuses[2] == 7);
#undef STACK
#undef STACKED
}

static void reading_across(void **state) {
  (void)state;
#define ACROSS(store, array, length, names, n, ndim, start, count, token) \
  strata_store_read_across(store, array, length, names, n, ndim, start, count, token, &out.across, &err)
  WRONG_HANDLES(kStore, strata_store, ACROSS(wrong, "a", 1, kBoth, 2, 0, NULL, NULL, NULL));
  WRONG_TOKENS(ACROSS(w.store, "a", 1, kBoth, 2, 0, NULL, NULL, wrong));
  WRONG_TEXTS("name", ACROSS(w.store, text, length, kBoth, 2, 0, NULL, NULL, NULL));
  WRONG(STRATA_E_INVALID, "dataset 1", ACROSS(w.store, "a", 1, kMissing, 2, 0, NULL, NULL, NULL));
  WRONG(STRATA_E_INVALID, "dataset 1", ACROSS(w.store, "a", 1, kBad, 2, 0, NULL, NULL, NULL));
  WRONG(STRATA_E_INVALID, "start and count", ACROSS(w.store, "a", 1, kBoth, 2, 1, DIMS(0), NULL, NULL));
  WRONG(STRATA_E_INVALID, "start and count", ACROSS(w.store, "a", 1, kBoth, 2, 1, NULL, DIMS(1), NULL));
  WRONG(STRATA_E_LIMIT, "dimensions", ACROSS(w.store, "a", 1, kBoth, 2, 33, DIMS(0), DIMS(1), NULL));
  assert_null(out.across);
  WRONG(STRATA_E_INVALID, "NULL", strata_store_read_across(w.store, "a", 1, kBoth, 2, 0, NULL, NULL, NULL, NULL, &err));
#undef ACROSS
  /* What is wrong for each row is the row's. */
  const struct {
    strata_status want;
    uint32_t ndim;
    const uint64_t *start, *count;
  } rows[] = {{STRATA_E_RANGE, 1, DIMS(1), DIMS(4)},
              {STRATA_E_RANGE, 1, DIMS(UINT64_MAX), DIMS(UINT64_MAX)},
              {STRATA_E_RANGE, 2, DIMS(0, 0), DIMS(1, 1)}};
  for (size_t i = 0; i < LENGTH(rows); ++i) {
    strata_across *across = NULL;
    OK(strata_store_read_across(w.store, "a", 1, kBoth, 2, rows[i].ndim, rows[i].start, rows[i].count, NULL, &across,
                                &err));
    assert_int_equal(strata_across_status(across, 0), rows[i].want);
    const void *data = poison;
    size_t size = 7;
    FAILS(rows[i].want, strata_across_data(across, 1, &data, &size, NULL, &err));
    assert_true(!data && size == 0);
    strata_across_close(across);
  }
}

static void results_across(void **state) {
  (void)state;
  const char *name = poison;
  size_t size = 7;
  int32_t type = 7;
  uint32_t ndim = 7;
  const uint64_t *shape = (const void *)poison;
  const void *data = poison;
  const int64_t *offsets = (const void *)poison;
  for (int kind = -1; kind < kKinds; ++kind) {
    strata_across *wrong = kind < 0 ? NULL : w.handles[kind];
    if (kind == kAcross) continue;
    assert_int_equal(strata_across_count(wrong), 0);
    assert_int_equal(strata_across_status(wrong, 0), STRATA_E_HANDLE);
  }
  WRONG_HANDLES(kAcross, strata_across, strata_across_dataset(wrong, 0, &name, &size, &err));
  WRONG_HANDLES(kAcross, strata_across, strata_across_shape(wrong, 0, &type, &ndim, &shape, &err));
  WRONG_HANDLES(kAcross, strata_across, strata_across_data(wrong, 0, &data, &size, &offsets, &err));
  assert_true(!name && !size && !type && !ndim && !shape && !data && !offsets);
  const uint64_t beyond[] = {2, UINT32_MAX, UINT64_MAX};
  for (size_t i = 0; i < LENGTH(beyond); ++i) {
    assert_int_equal(strata_across_status(w.across, beyond[i]), STRATA_E_INVALID);
    WRONG(STRATA_E_INVALID, "row", strata_across_dataset(w.across, beyond[i], &name, &size, &err));
    WRONG(STRATA_E_INVALID, "row", strata_across_shape(w.across, beyond[i], &type, &ndim, &shape, &err));
    WRONG(STRATA_E_INVALID, "row", strata_across_data(w.across, beyond[i], &data, &size, &offsets, &err));
  }
  WRONG(STRATA_E_INVALID, "NULL", strata_across_dataset(w.across, 0, NULL, &size, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_across_dataset(w.across, 0, &name, NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_across_data(w.across, 0, NULL, &size, &offsets, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_across_data(w.across, 0, &data, NULL, &offsets, &err));
  OK(strata_across_shape(w.across, 0, NULL, NULL, NULL, &err));
  OK(strata_across_data(w.across, 0, &data, &size, NULL, &err));
  assert_int_equal(size, 16);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(creating_and_opening), cmocka_unit_test(stores), cmocka_unit_test(logs_and_conflicts),
      cmocka_unit_test(compactions),
      cmocka_unit_test(names_of_datasets),    cmocka_unit_test(datasets),
      cmocka_unit_test(attributes),           cmocka_unit_test(reading_stacked),
      cmocka_unit_test(reading_across),       cmocka_unit_test(results_across),
  };
  return RUN_IN_WORLD(tests);
}
