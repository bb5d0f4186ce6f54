/* Wrong arguments of the functions about history, workers and differences. */
#include "arguments.h"

static const char *const kPlace = "memory://arguments/store";

static void opening_at(void **state) {
  (void)state;
  WRONG_OPTIONAL(kContext, strata_context, strata_store_open_at(wrong, kPlace, STRATA_NUL, "1", 1, NULL, NULL, &out.store, &err));
  WRONG_TOKENS(strata_store_open_at(w.context, kPlace, STRATA_NUL, "1", 1, NULL, wrong, &out.store, &err));
  WRONG(STRATA_E_INVALID, "store", strata_store_open_at(w.context, kPlace, STRATA_NUL, "1", 1, NULL, NULL, NULL, &err));
  WRONG_TEXTS("commit", strata_store_open_at(w.context, kPlace, STRATA_NUL, text, length, NULL, NULL, &out.store, &err));
  WRONG(STRATA_E_INVALID, "commit", strata_store_open_at(w.context, kPlace, STRATA_NUL, "", 0, NULL, NULL, &out.store, &err));
  WRONG_TEXTS("path", strata_store_open_at(w.context, text, length, "1", 1, NULL, NULL, &out.store, &err));
  WRONG(STRATA_E_NOT_FOUND, "commits are 1 to 1", strata_store_open_at(w.context, kPlace, STRATA_NUL, "2", 1, NULL, NULL, &out.store, &err));
  WRONG_SIZES(strata_store_options, STRATA_STORE_OPTIONS_INIT,
              strata_store_open_at(w.context, kPlace, STRATA_NUL, "1", 1, wrong, NULL, &out.store, &err));

  const char *const url = "memory://arguments/never.af";
  WRONG_OPTIONAL(kContext, strata_context, strata_file_open_at(wrong, url, STRATA_NUL, "1", 1, NULL, NULL, &out.file, &err));
  WRONG_TOKENS(strata_file_open_at(w.context, url, STRATA_NUL, "1", 1, NULL, wrong, &out.file, &err));
  WRONG(STRATA_E_INVALID, "file", strata_file_open_at(w.context, url, STRATA_NUL, "1", 1, NULL, NULL, NULL, &err));
  WRONG_TEXTS("commit", strata_file_open_at(w.context, url, STRATA_NUL, text, length, NULL, NULL, &out.file, &err));
  WRONG(STRATA_E_INVALID, "commit", strata_file_open_at(w.context, url, STRATA_NUL, "", 0, NULL, NULL, &out.file, &err));
  WRONG_TEXTS("path", strata_file_open_at(w.context, text, length, "1", 1, NULL, NULL, &out.file, &err));
  WRONG(STRATA_E_NOT_FOUND, "never", strata_file_open_at(w.context, url, STRATA_NUL, "1", 1, NULL, NULL, &out.file, &err));
  WRONG_SIZES(strata_file_options, STRATA_FILE_OPTIONS_INIT,
              strata_file_open_at(w.context, url, STRATA_NUL, "1", 1, wrong, NULL, &out.file, &err));
}

static void tags_and_retention(void **state) {
  (void)state;
  uint64_t seq = 7;
  strata_retention retention = STRATA_RETENTION_INIT;
  WRONG_HANDLES(kStore, strata_store, strata_store_seq(wrong, &seq, &err));
  WRONG(STRATA_E_INVALID, "seq", strata_store_seq(w.store, NULL, &err));
  assert_int_equal(seq, 7);
  WRONG_HANDLES(kStore, strata_store, strata_store_tag(wrong, "t", 1, NULL, 0, NULL, &err));
  WRONG_TOKENS(strata_store_tag(w.store, "t", 1, NULL, 0, wrong, &err));
  WRONG_TEXTS("tag", strata_store_tag(w.store, text, length, NULL, 0, NULL, &err));
  WRONG_TEXTS_UP_TO(LENGTH(kWrongTexts) - 2, "commit", strata_store_tag(w.store, "t", 1, text, length, NULL, &err));
  WRONG(STRATA_E_INVALID, "empty", strata_store_tag(w.store, "", 0, NULL, 0, NULL, &err));
  WRONG(STRATA_E_INVALID, "empty", strata_store_tag(w.store, "t", 1, "", 0, NULL, &err));
  WRONG(STRATA_E_PENDING, "unflushed", strata_store_tag(w.store, "t", 1, NULL, 0, NULL, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_untag(wrong, "t", 1, NULL, &err));
  WRONG_TOKENS(strata_store_untag(w.store, "t", 1, wrong, &err));
  WRONG_TEXTS("tag", strata_store_untag(w.store, text, length, NULL, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_tags(wrong, NULL, &out.log, &err));
  WRONG_TOKENS(strata_store_tags(w.store, wrong, &out.log, &err));
  WRONG(STRATA_E_INVALID, "tags", strata_store_tags(w.store, NULL, NULL, &err));

  WRONG_HANDLES(kStore, strata_store, strata_store_retention(wrong, &retention, &err));
  WRONG_RESULTS(strata_retention, STRATA_RETENTION_INIT, "retention", strata_store_retention(w.store, wrong, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_set_retention(wrong, &retention, NULL, &err));
  WRONG_TOKENS(strata_store_set_retention(w.store, &retention, wrong, &err));
  WRONG(STRATA_E_INVALID, "retention", strata_store_set_retention(w.store, NULL, NULL, &err));
  WRONG_SIZES(strata_retention, STRATA_RETENTION_INIT, strata_store_set_retention(w.store, wrong, NULL, &err));
  retention.reserved = 1;
  WRONG(STRATA_E_INVALID, "reserved", strata_store_set_retention(w.store, &retention, NULL, &err));
  retention.reserved = 0;
  retention.age_ns = -1;
  WRONG(STRATA_E_INVALID, "negative", strata_store_set_retention(w.store, &retention, NULL, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_expire(wrong, "1", 1, NULL, &err));
  WRONG_TOKENS(strata_store_expire(w.store, "1", 1, wrong, &err));
  WRONG_TEXTS("commit", strata_store_expire(w.store, text, length, NULL, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_collect(wrong, -1, NULL, &err));
  WRONG_TOKENS(strata_store_collect(w.store, -1, wrong, &err));
  WRONG(STRATA_E_PENDING, "unflushed", strata_store_collect(w.store, -1, NULL, &err));
}

static void workers(void **state) {
  (void)state;
#define OPEN(context, url, length, job, job_length, task, task_length, commit, commit_length, options, cancel, store) \
  strata_store_open_worker(context, url, length, job, job_length, task, task_length, commit, commit_length, options, cancel, store, &err)
  WRONG_OPTIONAL(kContext, strata_context, OPEN(wrong, kPlace, STRATA_NUL, "j", 1, "t", 1, NULL, 0, NULL, NULL, &out.store));
  WRONG_TOKENS(OPEN(w.context, kPlace, STRATA_NUL, "j", 1, "t", 1, NULL, 0, NULL, wrong, &out.store));
  WRONG(STRATA_E_INVALID, "store", OPEN(w.context, kPlace, STRATA_NUL, "j", 1, "t", 1, NULL, 0, NULL, NULL, NULL));
  WRONG_TEXTS("path", OPEN(w.context, text, length, "j", 1, "t", 1, NULL, 0, NULL, NULL, &out.store));
  WRONG_TEXTS("job", OPEN(w.context, kPlace, STRATA_NUL, text, length, "t", 1, NULL, 0, NULL, NULL, &out.store));
  WRONG_TEXTS("task", OPEN(w.context, kPlace, STRATA_NUL, "j", 1, text, length, NULL, 0, NULL, NULL, &out.store));
  WRONG(STRATA_E_INVALID, "empty", OPEN(w.context, kPlace, STRATA_NUL, "", 0, "t", 1, NULL, 0, NULL, NULL, &out.store));
  WRONG(STRATA_E_INVALID, "empty", OPEN(w.context, kPlace, STRATA_NUL, "j", 1, "", 0, NULL, 0, NULL, NULL, &out.store));
  static char long_name[131];
  memset(long_name, 'n', sizeof long_name - 1);
  WRONG(STRATA_E_INVALID, "longer", OPEN(w.context, kPlace, STRATA_NUL, long_name, STRATA_NUL, "t", 1, NULL, 0, NULL, NULL, &out.store));
  WRONG_TEXTS_UP_TO(LENGTH(kWrongTexts) - 2, "commit", OPEN(w.context, kPlace, STRATA_NUL, "j", 1, "t", 1, text, length, NULL, NULL, &out.store));
  WRONG(STRATA_E_INVALID, "empty", OPEN(w.context, kPlace, STRATA_NUL, "j", 1, "t", 1, "", 0, NULL, NULL, &out.store));
  WRONG(STRATA_E_NOT_FOUND, "nothing", OPEN(w.context, kPlace, STRATA_NUL, "j", 1, "t", 1, "nothing", STRATA_NUL, NULL, NULL, &out.store));
  WRONG_SIZES(strata_store_options, STRATA_STORE_OPTIONS_INIT,
              OPEN(w.context, kPlace, STRATA_NUL, "j", 1, "t", 1, NULL, 0, wrong, NULL, &out.store));
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.flags = STRATA_READ_ONLY;
  WRONG(STRATA_E_INVALID, "read-only", OPEN(w.context, kPlace, STRATA_NUL, "j", 1, "t", 1, NULL, 0, &options, NULL, &out.store));

  WRONG_HANDLES(kStore, strata_store, strata_store_deliveries(wrong, "j", 1, NULL, &out.log, &err));
  WRONG_TOKENS(strata_store_deliveries(w.store, "j", 1, wrong, &out.log, &err));
  WRONG_TEXTS("job", strata_store_deliveries(w.store, text, length, NULL, &out.log, &err));
  WRONG(STRATA_E_INVALID, "empty", strata_store_deliveries(w.store, "", 0, NULL, &out.log, &err));
  WRONG(STRATA_E_INVALID, "deliveries", strata_store_deliveries(w.store, "j", 1, NULL, NULL, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_adopt(wrong, "j", 1, NULL, 0, NULL, &err));
  WRONG_TOKENS(strata_store_adopt(w.store, "j", 1, NULL, 0, wrong, &err));
  WRONG_TEXTS("job", strata_store_adopt(w.store, text, length, NULL, 0, NULL, &err));
  const char *const none[] = {"t", NULL}, *const empty[] = {""};
  WRONG(STRATA_E_INVALID, "task 1 is NULL", strata_store_adopt(w.store, "j", 1, none, 2, NULL, &err));
  WRONG(STRATA_E_INVALID, "empty", strata_store_adopt(w.store, "j", 1, empty, 1, NULL, &err));
  WRONG(STRATA_E_PENDING, "unflushed", strata_store_adopt(w.store, "j", 1, NULL, 0, NULL, &err));
}

static void differences(void **state) {
  (void)state;
  strata_difference difference = STRATA_DIFFERENCE_INIT;
  WRONG_HANDLES(kStore, strata_store, strata_store_diff(wrong, w.store, NULL, &out.differences, &err));
  WRONG_HANDLES(kStore, strata_store, strata_store_diff(w.store, wrong, NULL, &out.differences, &err));
  WRONG_TOKENS(strata_store_diff(w.store, w.store, wrong, &out.differences, &err));
  WRONG(STRATA_E_INVALID, "list", strata_store_diff(w.store, w.store, NULL, NULL, &err));
  WRONG_HANDLES(kFile, strata_file, strata_file_diff(wrong, w.file, NULL, &out.differences, &err));
  WRONG_HANDLES(kFile, strata_file, strata_file_diff(w.file, wrong, NULL, &out.differences, &err));
  WRONG_TOKENS(strata_file_diff(w.file, w.file, wrong, &out.differences, &err));
  WRONG(STRATA_E_INVALID, "list", strata_file_diff(w.file, w.file, NULL, NULL, &err));
  WRONG_HANDLES(kDifferences, strata_difference_list, strata_difference_list_get(wrong, 0, &difference, &err));
  WRONG(STRATA_E_INVALID, "difference 2 of 2", strata_difference_list_get(w.differences, 2, &difference, &err));
  WRONG_RESULTS(strata_difference, STRATA_DIFFERENCE_INIT, "difference", strata_difference_list_get(w.differences, 0, wrong, &err));
  for (int kind = 0; kind < kKinds; ++kind)
    if (kind != kDifferences) assert_int_equal(strata_difference_list_count(w.handles[kind]), 0);
  assert_int_equal(strata_difference_list_count(NULL), 0);
  strata_difference_list_close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opening_at),
      cmocka_unit_test(tags_and_retention),
      cmocka_unit_test(workers),
      cmocka_unit_test(differences),
  };
  return RUN_IN_WORLD(tests);
}
