/* Wrong arguments of sections 1, 2, 3 and 11 of the header: conventions, contexts, tokens, cursors. */
#include "arguments.h"

/* What cannot fail answers something harmless. */
static void conventions(void **state) {
  (void)state;
  assert_string_equal(strata_status_name(INT32_MIN), "unknown status");
  assert_string_equal(strata_status_name(INT32_MAX), "unknown status");
  strata_error_init(NULL);
  assert_string_equal(strata_type_name(-1), "unknown");
  assert_string_equal(strata_type_name(INT32_MAX), "unknown");
  assert_int_equal(strata_type_from_name(NULL, 5), STRATA_TYPE_NONE);
  assert_int_equal(strata_type_from_name("\xFF", STRATA_NUL), STRATA_TYPE_NONE);
  assert_int_equal(strata_type_from_name("float64", 0), STRATA_TYPE_NONE);
  assert_int_equal(strata_type_size(INT32_MIN), 0);
  assert_int_equal(strata_type_size(STRATA_TYPE_NONE), 0);
  assert_int_equal(strata_has_feature(NULL), 0);
  assert_int_equal(strata_has_feature("\xFF"), 0);
  assert_true(strata_version() != NULL && strata_abi() >= 0); /* these have no arguments */
}

static void errors_of_any_size(void **state) {
  (void)state;
  const strata_status want = STRATA_E_HANDLE;
  assert_int_equal(strata_file_flush(NULL, NULL, NULL), want);
  unsigned char raw[sizeof(strata_error) + 8];
  strata_error *e = (strata_error *)(void *)raw;
  for (uint32_t size = 0; size <= sizeof raw; ++size) {
    memset(raw, 0x5A, sizeof raw);
    e->struct_size = size;
    assert_int_equal(strata_file_flush(NULL, NULL, e), want);
    const size_t end = size < sizeof(strata_error) ? size : sizeof(strata_error);
    for (size_t i = end > 4 ? end : 4; i < sizeof raw; ++i) assert_int_equal(raw[i], 0x5A);
    if (size > offsetof(strata_error, message)) {
      assert_int_equal(e->status, want);
      assert_non_null(memchr(e->message, '\0', end - offsetof(strata_error, message)));
    }
  }
}

static void buffers(void **state) {
  (void)state;
  for (int kind = -1; kind < kKinds; ++kind) {
    if (kind == kBuffer) continue;
    strata_buffer *wrong = kind < 0 ? NULL : w.handles[kind];
    assert_null(strata_buffer_data(wrong));
    assert_int_equal(strata_buffer_size(wrong), 0);
    strata_buffer_release(wrong);
    assert_world();
  }
}

/* A handle of another kind is not closed. */
static void closing_what_is_something_else(void **state) {
  (void)state;
  for (int kind = -1; kind < kKinds; ++kind) {
    void *wrong = kind < 0 ? NULL : w.handles[kind];
    if (kind != kContext) strata_context_close(wrong);
    if (kind != kCancel) strata_cancel_close(wrong);
    if (kind != kBuffer) strata_buffer_release(wrong);
    if (kind != kFile) strata_file_close(wrong);
    if (kind != kArray) strata_array_close(wrong);
    if (kind != kCursor) strata_cursor_close(wrong);
    if (kind != kStore) strata_store_close(wrong);
    if (kind != kDataset) strata_dataset_close(wrong);
    if (kind != kAcross) strata_across_close(wrong);
    if (kind != kConflicts) strata_conflict_list_close(wrong);
    if (kind != kLog) strata_log_close(wrong);
    if (kind != kCompactions) strata_compaction_list_close(wrong);
    if (kind != kDifferences) strata_difference_list_close(wrong);
    assert_world();
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* The sanitizer would rightly stop at the look into memory that was given back; programs without it get an answer. */
static void closed_handles(void **state) {
  (void)state;
  skip();
}
#else
static void closed_handles(void **state) {
  (void)state;
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  strata_context_close(context);
  strata_counters counters = STRATA_COUNTERS_INIT;
  WRONG(STRATA_E_HANDLE, "context", strata_context_counters(context, &counters, &err));
  strata_context_close(context);

  strata_cancel *cancel = NULL;
  OK(strata_cancel_create(&cancel, &err));
  strata_cancel_close(cancel);
  WRONG(STRATA_E_HANDLE, "cancel", strata_file_flush(w.file, cancel, &err));
  strata_cancel_trigger(cancel);
  strata_cancel_close(cancel);

  strata_file *file = memory_file();
  strata_array *array = define(file, "x", STRATA_INT32, 1, DIMS(4), NULL);
  strata_cursor *cursor = NULL;
  OK(strata_file_list(file, NULL, 0, &cursor, &err));
  strata_cursor_close(cursor);
  const char *name;
  size_t length;
  WRONG(STRATA_E_HANDLE, "cursor", strata_cursor_next(cursor, &name, &length, &err));
  strata_array_close(array);
  assert_int_equal(strata_array_type(array), STRATA_TYPE_NONE);
  WRONG(STRATA_E_HANDLE, "array", strata_array_read(array, 1, NULL, NULL, NULL, out.bytes, 16, NULL, &err));
  strata_array_close(array);
  strata_file_close(file);
  WRONG(STRATA_E_HANDLE, "file", strata_file_flush(file, NULL, &err));
  strata_file_close(file);

  strata_buffer *offsets = NULL, *values = NULL;
  OK(strata_array_read_varlen(w.texts, 1, NULL, NULL, NULL, &offsets, &values, &err));
  strata_buffer_release(offsets);
  strata_buffer_release(values);
  assert_null(strata_buffer_data(values));

  strata_store *store = NULL;
  OK(strata_store_open(w.context, "memory://arguments/store", STRATA_NUL, NULL, NULL, &store, &err));
  strata_dataset *dataset = open_dataset(store, "d");
  strata_across *across = NULL;
  OK(strata_store_read_across(store, "a", 1, NULL, 0, 0, NULL, NULL, NULL, &across, &err));
  strata_across_close(across);
  assert_int_equal(strata_across_count(across), 0);
  assert_int_equal(strata_across_status(across, 0), STRATA_E_HANDLE);
  strata_dataset_close(dataset);
  WRONG(STRATA_E_HANDLE, "dataset", strata_dataset_list(dataset, NULL, 0, &out.cursor, &err));
  strata_store_close(store);
  WRONG(STRATA_E_HANDLE, "store", strata_store_flush(store, NULL, &err));
}
#endif

static void contexts(void **state) {
  (void)state;
  strata_context_options_init(NULL);
  WRONG(STRATA_E_INVALID, "NULL", strata_context_create(NULL, NULL, 0, NULL, &err));
  WRONG_SIZES(strata_context_options, STRATA_CONTEXT_OPTIONS_INIT,
              strata_context_create(wrong, NULL, 0, &out.context, &err));
  assert_null(out.context);
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  const uint32_t threads[] = {4097, UINT32_MAX};
  for (size_t i = 0; i < LENGTH(threads); ++i) {
    o.threads = threads[i];
    WRONG(STRATA_E_INVALID, "threads", strata_context_create(&o, NULL, 0, &out.context, &err));
    assert_null(out.context);
  }
  o.threads = 0;
  const int32_t verify[] = {-1, 4, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < LENGTH(verify); ++i) {
    o.verify = verify[i];
    WRONG(STRATA_E_INVALID, "verify", strata_context_create(&o, NULL, 0, &out.context, &err));
    assert_null(out.context);
  }
  o.verify = 0;
  const int32_t levels[] = {-1, STRATA_LOG_DEBUG + 1, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < LENGTH(levels); ++i) {
    o.log_level = levels[i];
    WRONG(STRATA_E_INVALID, "log_level", strata_context_create(&o, NULL, 0, &out.context, &err));
    assert_null(out.context);
  }
  /* NULL is no folder. */
  WRONG_TEXTS_UP_TO(LENGTH(kWrongTexts) - 2, "folder", strata_context_create(NULL, text, length, &out.context, &err));
  WRONG(STRATA_E_INVALID, "NUL byte", strata_context_create(NULL, "a\0b", 3, &out.context, &err));
  assert_null(out.context);

  WRONG_OPTIONAL(kContext, strata_context, strata_context_join(wrong, NULL, &err));
  WRONG_TOKENS(strata_context_join(w.context, wrong, &err));
  strata_counters counters = STRATA_COUNTERS_INIT;
  WRONG_HANDLES(kContext, strata_context, strata_context_counters(wrong, &counters, &err));
  WRONG_RESULTS(strata_counters, STRATA_COUNTERS_INIT, "counters", strata_context_counters(w.context, wrong, &err));
  size_t needed = 7;
  char *const bytes = (char *)out.bytes;
  WRONG_HANDLES(kContext, strata_context, strata_context_counters_json(wrong, bytes, sizeof out.bytes, &needed, &err));
  assert_int_equal(needed, 0);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "bytes", strata_context_counters_json(w.context, bytes, 9, &needed, &err));
  assert_true(needed > 9);
  strata_log_entry entry = STRATA_LOG_ENTRY_INIT;
  WRONG_HANDLES(kContext, strata_context, strata_context_log_next(wrong, &entry, bytes, 9, &needed, &err));
  WRONG(STRATA_E_INVALID, "entry", strata_context_log_next(w.context, NULL, bytes, 9, &needed, &err));
  entry.struct_size = 3;
  WRONG(STRATA_E_INVALID, "struct_size", strata_context_log_next(w.context, &entry, bytes, 9, &needed, &err));
}

/* The largest numbers are budgets that nobody reaches. */
static void budgets_without_end(void **state) {
  (void)state;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 1;
  o.block_cache_bytes = o.raw_cache_bytes = o.slab_bytes = o.pending_bytes = o.memory_bytes = UINT64_MAX - 1;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  strata_file *file = create_with(context, scratch("endless.af"), STRATA_CODEC_ZSTD);
  enum { kMany = 1 << 21 };
  int32_t *values = malloc(kMany * sizeof *values);
  uint64_t seed = 1;
  for (int i = 0; i < kMany; ++i) values[i] = (int32_t)random_number(&seed);
  strata_array *array = define(file, "a", STRATA_INT32, 1, DIMS(kMany), DIMS(1 << 12));
  write_all(array, values, kMany * sizeof *values);
  strata_counters counters = counters_of(context);
  assert_int_equal(counters.spilled_bytes, 0);
  assert_true(counters.pending_bytes >= kMany * sizeof *values);
  flush(file);
  for (int twice = 0; twice < 2; ++twice)
    for (uint64_t i = 0; i < kMany; i += 5001) assert_int_equal(read_i32(array, i), values[i]);
  counters = counters_of(context);
  assert_true(counters.block_hits > 0);
  free(values);
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
}

static void tokens(void **state) {
  (void)state;
  WRONG(STRATA_E_INVALID, "NULL", strata_cancel_create(NULL, &err));
  for (int kind = -1; kind < kKinds; ++kind) { /* nothing happens */
    strata_cancel *wrong = kind < 0 ? NULL : w.handles[kind];
    if (kind == kCancel) continue;
    strata_cancel_trigger(wrong);
    strata_cancel_set_deadline(wrong, 0);
    strata_cancel_reset(wrong);
    assert_world();
  }
  const int64_t far[] = {INT64_MIN, -1, INT64_MAX, INT64_MAX / 1000000, INT64_MAX / 1000000 + 1};
  for (size_t i = 0; i < LENGTH(far); ++i) {
    strata_cancel_set_deadline(w.cancel, far[i]);
    OK(strata_array_read(w.numbers, 2, NULL, NULL, w.cancel, out.bytes, sizeof out.bytes, NULL, &err));
  }
  strata_cancel_reset(w.cancel);
  strata_progress progress = STRATA_PROGRESS_INIT;
  WRONG_HANDLES(kCancel, strata_cancel, strata_cancel_progress(wrong, &progress, &err));
  WRONG_RESULTS(strata_progress, STRATA_PROGRESS_INIT, "progress", strata_cancel_progress(w.cancel, wrong, &err));
}

static void cursors(void **state) {
  (void)state;
  const char *name = "before";
  size_t length = 7;
  WRONG_HANDLES(kCursor, strata_cursor, strata_cursor_next(wrong, &name, &length, &err));
  assert_null(name);
  assert_int_equal(length, 0);
  WRONG(STRATA_E_INVALID, "NULL", strata_cursor_next(w.cursor, NULL, &length, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_cursor_next(w.cursor, &name, NULL, &err));
  for (int kind = -1; kind < kKinds; ++kind)
    if (kind != kCursor) assert_int_equal(strata_cursor_remaining(kind < 0 ? NULL : w.handles[kind]), 0);
  /* Beyond its end it stays there. */
  strata_cursor *cursor = NULL;
  OK(strata_file_list(w.file, "num", 3, &cursor, &err));
  OK(strata_cursor_next(cursor, &name, &length, &err));
  for (int i = 0; i < 3; ++i) {
    assert_int_equal(strata_cursor_next(cursor, &name, &length, &err), STRATA_DONE);
    assert_null(name);
    assert_int_equal(length, 0);
    assert_int_equal(strata_cursor_remaining(cursor), 0);
  }
  strata_cursor_close(cursor);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(conventions),
      cmocka_unit_test(errors_of_any_size),
      cmocka_unit_test(buffers),
      cmocka_unit_test(closing_what_is_something_else),
      cmocka_unit_test(closed_handles),
      cmocka_unit_test(contexts),
      cmocka_unit_test(budgets_without_end),
      cmocka_unit_test(tokens),
      cmocka_unit_test(cursors),
  };
  return RUN_IN_WORLD(tests);
}
