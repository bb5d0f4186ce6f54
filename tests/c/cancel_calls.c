/* Every call that takes a token, with one that was triggered and one whose deadline has passed: it does nothing. */
#include "arguments.h"

/* `call` has the token w.cancel. */
#define STOPPED(call)                             \
  do {                                            \
    strata_cancel_trigger(w.cancel);              \
    WRONG(STRATA_E_CANCELLED, "cancelled", call); \
    strata_cancel_reset(w.cancel);                \
    strata_cancel_set_deadline(w.cancel, 0);      \
    WRONG(STRATA_E_DEADLINE, "deadline", call);   \
    strata_cancel_reset(w.cancel);                \
  } while (0)

static const char *const kPlace = "memory://arguments/store";

static void calls_on_files(void **state) {
  (void)state;
  const char *const url = "memory://arguments/stopped.af";
  STOPPED(strata_file_create(w.context, url, STRATA_NUL, NULL, w.cancel, &out.file, &err));
  assert_null(out.file);
  FAILS(STRATA_E_NOT_FOUND, strata_file_open(w.context, url, STRATA_NUL, NULL, NULL, &out.file, &err));
  STOPPED(strata_context_join(w.context, w.cancel, &err));
  STOPPED(strata_context_join(NULL, w.cancel, &err));
  strata_file *file = NULL;
  OK(strata_file_create(w.context, url, STRATA_NUL, NULL, NULL, &file, &err));
  STOPPED(strata_file_open(w.context, url, STRATA_NUL, NULL, w.cancel, &out.file, &err));
  assert_null(out.file);
  int moved = 7;
  STOPPED(strata_file_refresh(file, w.cancel, &moved, &err));
  assert_int_equal(moved, 0);
  strata_file_close(file);

  STOPPED(strata_file_flush(w.file, w.cancel, &err));
  STOPPED(strata_file_compact(w.file, w.cancel, &err));
  STOPPED(strata_file_log(w.file, 0, w.cancel, &out.log, &err));
  strata_file *empty = memory_file();
  STOPPED(strata_file_open_at(w.context, url, STRATA_NUL, "0", 1, NULL, w.cancel, &out.file, &err));
  STOPPED(strata_file_diff(empty, w.file, w.cancel, &out.differences, &err));
  strata_file_close(empty);
  STOPPED(strata_file_compaction_list(w.file, w.cancel, &out.compactions, &err));
  STOPPED(strata_file_define(w.file, "n", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, w.cancel, &out.array, &err));
  assert_null(out.array);
  STOPPED(strata_file_define_nested(w.file, "n", 1, "list<int8>", STRATA_NUL, 0, NULL, NULL, NULL, w.cancel, &out.array,
                                    &err));
  assert_null(out.array);
  STOPPED(strata_file_delete(w.file, "numbers", STRATA_NUL, w.cancel, &err));
  STOPPED(strata_file_rename(w.file, "numbers", STRATA_NUL, "n", 1, w.cancel, &err));
  STOPPED(strata_file_copy(w.file, "numbers", STRATA_NUL, "n", 1, w.cancel, &err));
}

static void calls_on_arrays(void **state) {
  (void)state;
  const int64_t strides[] = {24, 4}, offsets[] = {0, 1, 2, 3};
  strata_status statuses[1] = {7};
  uint64_t at = 7;
  size_t needed;
  strata_statistics statistics = STRATA_STATISTICS_INIT;
  STOPPED(strata_array_read(w.numbers, 2, NULL, NULL, w.cancel, out.bytes, sizeof out.bytes, NULL, &err));
  STOPPED(strata_array_read_strided(w.numbers, 2, NULL, NULL, strides, w.cancel, out.bytes, sizeof out.bytes, &err));
  strata_explanation explanation = STRATA_EXPLANATION_INIT;
  STOPPED(strata_array_explain(w.numbers, 2, NULL, NULL, w.cancel, &explanation, &err));
  STOPPED(strata_array_explain(w.texts, 1, NULL, NULL, w.cancel, &explanation, &err));
  /* Not the regions fail, the call does. */
  STOPPED(strata_array_read_many(w.numbers, 1, 2, DIMS(0, 0), DIMS(4, 6), w.cancel, out.bytes, sizeof out.bytes, NULL,
                                 NULL, statuses, &err));
  assert_int_equal(statuses[0], 7);
  STOPPED(strata_array_write(w.numbers, 2, NULL, NULL, out.bytes, sizeof out.bytes, w.cancel, &err));
  STOPPED(strata_array_write_strided(w.numbers, 2, NULL, NULL, strides, out.bytes, sizeof out.bytes, w.cancel, &err));
  STOPPED(strata_array_read_varlen(w.texts, 1, NULL, NULL, w.cancel, &out.buffer, &out.values, &err));
  assert_true(!out.buffer && !out.values);
  STOPPED(strata_array_write_varlen(w.texts, 1, NULL, NULL, offsets, 4, "xyz", 3, w.cancel, &err));
  STOPPED(strata_array_resize(w.numbers, 2, DIMS(2, 2), w.cancel, &err));
  STOPPED(strata_array_append(w.numbers, 0, 4, out.bytes, sizeof out.bytes, w.cancel, &at, &err));
  STOPPED(strata_array_append_varlen(w.texts, 0, 3, offsets, 4, "xyz", 3, w.cancel, &at, &err));
  const int64_t *const levels[] = {offsets};
  STOPPED(strata_array_read_nested(w.texts, 1, NULL, NULL, w.cancel, 1, &out.buffer, &out.values, &err));
  assert_true(!out.buffer && !out.values);
  STOPPED(strata_array_write_nested(w.texts, 1, NULL, NULL, 1, levels, (const size_t[]){4}, "xyz", 3, w.cancel, &err));
  STOPPED(strata_array_append_nested(w.texts, 0, 3, 1, levels, (const size_t[]){4}, "xyz", 3, w.cancel, &at, &err));
  assert_int_equal(at, 7);
  STOPPED(strata_array_statistics(w.numbers, w.cancel, &statistics, &err));
  STOPPED(strata_array_statistics_text(w.texts, 0, w.cancel, out.bytes, 8, &needed, &err));
}

static void calls_on_stores(void **state) {
  (void)state;
  strata_store_options o = STRATA_STORE_OPTIONS_INIT;
  STOPPED(strata_store_create(w.context, "memory://arguments/stopped", STRATA_NUL, NULL, w.cancel, &out.store, &err));
  o.flags = STRATA_OVERWRITE;
  STOPPED(strata_store_create(w.context, kPlace, STRATA_NUL, &o, w.cancel, &out.store, &err));
  FAILS(STRATA_E_NOT_FOUND,
        strata_store_open(w.context, "memory://arguments/stopped", STRATA_NUL, NULL, NULL, &out.store, &err));
  STOPPED(strata_store_open(w.context, kPlace, STRATA_NUL, NULL, w.cancel, &out.store, &err));
  assert_null(out.store);
  strata_store *store = NULL;
  OK(strata_store_open(w.context, kPlace, STRATA_NUL, NULL, NULL, &store, &err));
  int moved = 7;
  STOPPED(strata_store_refresh(store, w.cancel, &moved, &err));
  assert_int_equal(moved, 0);
  strata_store_close(store);

  strata_status statuses[2] = {7, 7};
  size_t needed;
  STOPPED(strata_store_log(w.store, 0, w.cancel, &out.log, &err));
  STOPPED(strata_store_compaction_list(w.store, w.cancel, &out.compactions, &err));
  STOPPED(strata_store_open_at(w.context, kPlace, STRATA_NUL, "1", 1, NULL, w.cancel, &out.store, &err));
  STOPPED(strata_store_tag(w.store, "t", 1, NULL, 0, w.cancel, &err));
  STOPPED(strata_store_tags(w.store, w.cancel, &out.log, &err));
  STOPPED(strata_store_untag(w.store, "t", 1, w.cancel, &err));
  const strata_retention retention = STRATA_RETENTION_INIT;
  STOPPED(strata_store_set_retention(w.store, &retention, w.cancel, &err));
  STOPPED(strata_store_expire(w.store, "1", 1, w.cancel, &err));
  STOPPED(strata_store_collect(w.store, -1, w.cancel, &err));
  STOPPED(strata_store_open_worker(w.context, kPlace, STRATA_NUL, "j", 1, "t", 1, NULL, 0, NULL, w.cancel, &out.store, &err));
  STOPPED(strata_store_deliveries(w.store, "j", 1, w.cancel, &out.log, &err));
  STOPPED(strata_store_adopt(w.store, "j", 1, NULL, 0, w.cancel, &err));
  OK(strata_store_open(w.context, kPlace, STRATA_NUL, NULL, NULL, &store, &err));
  STOPPED(strata_store_diff(w.store, store, w.cancel, &out.differences, &err));
  strata_store_close(store);
  STOPPED(strata_store_flush(w.store, w.cancel, &err));
  STOPPED(strata_store_compact(w.store, w.cancel, &err));
  STOPPED(strata_store_dataset_delete(w.store, "d", 1, w.cancel, &err));
  STOPPED(strata_store_dataset_rename(w.store, "d", 1, "n", 1, w.cancel, &err));
  STOPPED(strata_store_dataset_copy(w.store, "d", 1, "n", 1, w.cancel, &err));
  STOPPED(strata_store_read_stacked(w.store, "a", 1, NULL, 2, 0, NULL, NULL, w.cancel, out.bytes, 32, &needed, statuses,
                                    &err));
  assert_true(statuses[0] == 7 && statuses[1] == 7);
  STOPPED(strata_store_read_across(w.store, "a", 1, NULL, 0, 0, NULL, NULL, w.cancel, &out.across, &err));
  assert_null(out.across);
}

static void calls_about_damage(void **state) {
  (void)state;
  const char *const to = "memory://arguments/saved";
  STOPPED(strata_check(w.context, kPlace, STRATA_NUL, 0, w.cancel, &out.report, &err));
  STOPPED(strata_repair(w.context, "memory://arguments/x.af", STRATA_NUL, STRATA_REPAIR_CONSENT, w.cancel, &out.report, &err));
  STOPPED(strata_salvage(w.context, kPlace, STRATA_NUL, to, STRATA_NUL, w.cancel, &out.report, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_store_open(w.context, to, STRATA_NUL, NULL, NULL, &out.store, &err));
}

static void calls_on_datasets(void **state) {
  (void)state;
  STOPPED(strata_dataset_define(w.dataset, "n", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, w.cancel, &out.array,
                                &err));
  STOPPED(strata_dataset_define_nested(w.dataset, "n", 1, "list<int8>", STRATA_NUL, 0, NULL, NULL, NULL, w.cancel,
                                       &out.array, &err));
  STOPPED(strata_dataset_array_open(w.dataset, "a", 1, w.cancel, &out.array, &err));
  assert_null(out.array);
  STOPPED(strata_dataset_delete(w.dataset, "a", 1, w.cancel, &err));
  STOPPED(strata_dataset_rename(w.dataset, "a", 1, "n", 1, w.cancel, &err));
  STOPPED(strata_dataset_copy(w.dataset, "a", 1, NULL, "n", 1, w.cancel, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_on_files),
      cmocka_unit_test(calls_on_arrays),
      cmocka_unit_test(calls_on_stores),
      cmocka_unit_test(calls_on_datasets),
      cmocka_unit_test(calls_about_damage),
  };
  return RUN_IN_WORLD(tests);
}
