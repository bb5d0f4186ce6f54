/* The past of a store: commits by number, id, tag and time; what is kept of them, and what is said of those that are not. */
#include <time.h>

#include "damage_support.h"
#include "store_support.h"

static char path[1400];

static strata_store *fresh(const char *name) {
  snprintf(path, sizeof path, "%s", scratch(name));
  return create_store(path);
}

/* Dataset and array are made when they are not there. */
static void put(strata_store *store, const char *dataset, const char *array, int32_t first) {
  int exists = 0;
  OK(strata_store_dataset_exists(store, dataset, STRATA_NUL, &exists, &err));
  if (exists) {
    strata_dataset *d = open_dataset(store, dataset);
    OK(strata_dataset_exists(d, array, STRATA_NUL, &exists, &err));
    strata_dataset_close(d);
  }
  if (!exists) {
    put_array(store, dataset, array, first);
    return;
  }
  strata_array *a = array_of(store, dataset, array);
  const int32_t values[4] = {first, first + 1, first + 2, first + 3};
  write_all(a, values, sizeof values);
  strata_array_close(a);
}

/* Nothing to say, notes included. */
static void assert_sound(void) {
  strata_report *report = checked(path, 0);
  if (strata_report_count(report)) print_report(report);
  assert_int_equal(strata_report_count(report), 0);
  strata_report_close(report);
}

static strata_store *open_at(const char *commit) {
  strata_store *store = NULL;
  OK(strata_store_open_at(NULL, path, STRATA_NUL, commit, STRATA_NUL, NULL, NULL, &store, &err));
  return store;
}

static void assert_at(const char *commit, const char *dataset, const char *array, int32_t first) {
  strata_store *store = open_at(commit);
  assert_array(store, dataset, array, first);
  strata_store_close(store);
}

static void assert_no_commit(const char *commit, strata_status status) {
  strata_store *store = NULL;
  FAILS(status, strata_store_open_at(NULL, path, STRATA_NUL, commit, STRATA_NUL, NULL, NULL, &store, &err));
  assert_null(store);
}

static void keep(strata_store *store, uint64_t commits) {
  strata_retention retention = STRATA_RETENTION_INIT;
  retention.commits = commits;
  OK(strata_store_set_retention(store, &retention, NULL, &err));
}

static uint64_t seq_of(strata_store *store) {
  uint64_t seq = UINT64_MAX;
  OK(strata_store_seq(store, &seq, &err));
  return seq;
}

static void tag(strata_store *store, const char *name, const char *commit) {
  OK(strata_store_tag(store, name, STRATA_NUL, commit, STRATA_NUL, NULL, &err));
}

/* Opens the array of a commit that is not kept. */
static void assert_gone(const char *commit, const char *dataset, const char *array) {
  strata_store *store = open_at(commit);
  strata_dataset *d = open_dataset(store, dataset);
  strata_array *a = NULL;
  FAILS(STRATA_E_HISTORY_GONE, strata_dataset_array_open(d, array, STRATA_NUL, NULL, &a, &err));
  strata_dataset_close(d);
  strata_store_close(store);
}

static int homes_in(const char *store) {
  char folder[1500];
  snprintf(folder, sizeof folder, "%s/_strata/layers", store);
  return count_names(folder);
}

static void a_commit_by_number_id_tag_and_time(void **state) {
  (void)state;
  strata_store *store = fresh("ways");
  assert_int_equal(seq_of(store), 0);
  for (int32_t i = 1; i <= 5; ++i) {
    put(store, "d", "x", 10 * i);
    if (i == 3) put(store, "e", "x", 33);
    flush_store(store);
    assert_int_equal(seq_of(store), i);
  }
  tag(store, "v1 \xC3\xBC", "2");
  assert_int_equal(seq_of(store), 6);
  assert_at("1", "d", "x", 10);
  assert_at("5", "d", "x", 50);
  assert_at("v1 \xC3\xBC", "d", "x", 20);
  strata_log *log = NULL;
  OK(strata_store_log(store, 0, NULL, &log, &err));
  assert_int_equal(strata_log_count(log), 6);
  for (uint64_t i = 0; i < 6; ++i) {
    strata_commit c = STRATA_COMMIT_INIT;
    OK(strata_log_get(log, i, &c, &err));
    assert_int_equal(c.kind, i ? STRATA_COMMIT_DATA : STRATA_COMMIT_TAG);
    assert_at(c.id, "d", "x", (int32_t)(10 * (i ? c.seq : 5)));
    char at[64];
    const time_t seconds = (time_t)(c.time_ns / 1000000000);
    struct tm tm;
    strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    snprintf(at + strlen(at), 40, ".%09dZ", (int)(c.time_ns % 1000000000));
    assert_at(at, "d", "x", (int32_t)(10 * (i ? c.seq : 5)));
    if (i == 5) { /* the first */
      snprintf(at, sizeof at, "1999-01-01T00:00:00Z");
      assert_no_commit(at, STRATA_E_NOT_FOUND);
    }
  }
  strata_log_close(log);
  assert_at("2200-12-31T23:59:59Z", "d", "x", 50);
  strata_store *old = open_at("2");
  assert_string_equal(datasets_in(old), "d");
  assert_int_equal(seq_of(old), 2);
  strata_store_close(old);
  assert_no_commit("0", STRATA_E_NOT_FOUND);
  assert_no_commit("7", STRATA_E_NOT_FOUND);
  assert_no_commit("99999999999999999999999", STRATA_E_NOT_FOUND);
  assert_no_commit("0123456789abcdef0123456789abcdef", STRATA_E_NOT_FOUND);
  assert_no_commit("nobody", STRATA_E_NOT_FOUND);
  assert_no_commit("", STRATA_E_INVALID);
  strata_store_close(store);
}

static void what_is_open_as_of_a_commit_stays_there(void **state) {
  (void)state;
  strata_store *store = fresh("stays");
  put(store, "d", "x", 1);
  flush_store(store);
  put(store, "d", "x", 2);
  flush_store(store);
  strata_store *old = open_at("1");
  strata_dataset *d = open_dataset(old, "d");
  strata_array *a = NULL;
  OK(strata_dataset_array_open(d, "x", STRATA_NUL, NULL, &a, &err));
  const int32_t one = 1;
  FAILS(STRATA_E_READ_ONLY, strata_array_write(a, 1, DIMS(0), DIMS(1), &one, sizeof one, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_dataset_set_attribute(d, "k", 1, STRATA_STRING, "v", 1, &err));
  FAILS(STRATA_E_READ_ONLY, strata_store_tag(old, "t", 1, NULL, 0, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_store_compact(old, NULL, &err));
  int moved = 7;
  OK(strata_store_refresh(old, NULL, &moved, &err));
  assert_int_equal(moved, 0);
  flush_store(old); /* nothing to flush */
  OK(strata_store_compact(store, NULL, &err));
  assert_array(old, "d", "x", 1); /* it is open, and stays readable */
  strata_array_close(a);
  strata_dataset_close(d);
  strata_store_close(old);
  assert_gone("1", "d", "x");
  assert_array(store, "d", "x", 2);
  strata_store_close(store);
}

static void without_retention_a_compaction_ends_history(void **state) {
  (void)state;
  strata_store *store = fresh("ends");
  put(store, "d", "x", 1);
  flush_store(store);
  put(store, "d", "x", 2);
  put(store, "d", "y", 5);
  flush_store(store);
  OK(strata_store_compact(store, NULL, &err));
  assert_gone("1", "d", "x");
  assert_gone("2", "d", "x");
  strata_store *old = open_at("2"); /* array by array: this one was not touched by the compaction */
  assert_array(old, "d", "y", 5);
  strata_store_close(old);
  FAILS(STRATA_E_HISTORY_GONE, strata_store_tag(store, "late", STRATA_NUL, "1", STRATA_NUL, NULL, &err));
  strata_store_close(store);
}

static void a_retention_keeps_what_is_compacted(void **state) {
  (void)state;
  strata_store *store = fresh("kept");
  keep(store, UINT64_MAX);
  strata_retention retention = STRATA_RETENTION_INIT;
  OK(strata_store_retention(store, &retention, &err));
  assert_true(retention.commits == UINT64_MAX && retention.age_ns == 0 && retention.first == 0);
  for (int32_t i = 2; i <= 9; ++i) { /* 1 is the retention */
    put(store, "d", "x", i);
    flush_store(store);
    if (i % 3 == 0) {
      OK(strata_store_compact(store, NULL, &err));
      const uint64_t seq = seq_of(store);
      put(store, "d", "extra", i);
      flush_store(store);
      assert_int_equal(seq_of(store), seq + 1);
      char number[32];
      snprintf(number, sizeof number, "%d", (int)seq);
      assert_at(number, "d", "x", i);
    }
  }
  store = reopened_store(store, path);
  const uint64_t head = seq_of(store);
  int32_t seen = 0;
  for (uint64_t seq = 2; seq <= head; ++seq) {
    char number[32];
    snprintf(number, sizeof number, "%d", (int)seq);
    strata_store *old = open_at(number);
    strata_dataset *d = open_dataset(old, "d");
    strata_array *a = NULL;
    OK(strata_dataset_array_open(d, "x", STRATA_NUL, NULL, &a, &err));
    const int32_t now = read_i32(a, 0);
    assert_true(now == seen || now == seen + 1 || (seen == 0 && now == 2));
    seen = now;
    strata_array_close(a);
    strata_dataset_close(d);
    strata_store_close(old);
  }
  assert_int_equal(seen, 9);
  assert_sound();
  /* Only the newest two from now on. */
  const int before = homes_in(path);
  keep(store, 2);
  put(store, "d", "x", 100);
  flush_store(store);
  put(store, "d", "x", 101);
  flush_store(store);
  OK(strata_store_collect(store, -1, NULL, &err));
  assert_true(homes_in(path) < before);
  assert_gone("2", "d", "x");
  assert_array(store, "d", "x", 101);
  assert_sound();
  strata_store_close(store);
}

static void a_tag_keeps_its_commit_until_it_is_taken(void **state) {
  (void)state;
  strata_store *store = fresh("tagged");
  put(store, "d", "x", 1);
  flush_store(store);
  put(store, "d", "x", 2);
  flush_store(store);
  tag(store, "two", NULL);
  tag(store, "one", "1");
  tag(store, "one", "1"); /* once more: nothing happens */
  assert_int_equal(seq_of(store), 4);
  FAILS(STRATA_E_EXISTS, strata_store_tag(store, "one", STRATA_NUL, "2", STRATA_NUL, NULL, &err));
  for (int32_t i = 3; i <= 6; ++i) {
    put(store, "d", "x", i);
    flush_store(store);
  }
  OK(strata_store_compact(store, NULL, &err));
  OK(strata_store_collect(store, -1, NULL, &err));
  assert_at("one", "d", "x", 1);
  assert_at("two", "d", "x", 2);
  assert_at("2", "d", "x", 2);
  assert_gone("6", "d", "x"); /* i == 4 */
  assert_sound();
  strata_log *tags = NULL;
  OK(strata_store_tags(store, NULL, &tags, &err));
  assert_int_equal(strata_log_count(tags), 2);
  strata_commit c = STRATA_COMMIT_INIT;
  OK(strata_log_get(tags, 0, &c, &err));
  assert_string_equal(c.tag, "one");
  assert_int_equal(c.seq, 1);
  OK(strata_log_get(tags, 1, &c, &err));
  assert_string_equal(c.tag, "two");
  assert_int_equal(c.seq, 2);
  strata_log_close(tags);
  OK(strata_store_untag(store, "one", STRATA_NUL, NULL, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_store_untag(store, "one", STRATA_NUL, NULL, &err));
  OK(strata_store_collect(store, -1, NULL, &err));
  assert_no_commit("one", STRATA_E_NOT_FOUND);
  assert_at("two", "d", "x", 2);
  OK(strata_store_untag(store, "two", STRATA_NUL, NULL, &err));
  OK(strata_store_collect(store, -1, NULL, &err));
  assert_gone("2", "d", "x");
  assert_gone("1", "d", "x");
  assert_sound();
  for (int i = 0; i < 4; ++i) {
    static const char *const names[] = {"12", "0123456789abcdef0123456789abcdef", "2026-01-31T12:00:00Z", ""};
    FAILS(STRATA_E_INVALID, strata_store_tag(store, names[i], STRATA_NUL, NULL, 0, NULL, &err));
  }
  put(store, "d", "x", 7);
  FAILS(STRATA_E_PENDING, strata_store_tag(store, "x", 1, NULL, 0, NULL, &err));
  FAILS(STRATA_E_PENDING, strata_store_expire(store, "1", 1, NULL, &err));
  strata_store_close(store);
}

static void what_has_expired_goes_unless_it_has_a_tag(void **state) {
  (void)state;
  strata_store *store = fresh("expired");
  keep(store, UINT64_MAX);
  for (int32_t i = 2; i <= 6; ++i) {
    put(store, "d", "x", i);
    flush_store(store);
    OK(strata_store_compact(store, NULL, &err));
  }
  tag(store, "two", "2");
  char middle[32];
  strata_log *log = NULL;
  OK(strata_store_log(store, 0, NULL, &log, &err));
  strata_commit c = STRATA_COMMIT_INIT;
  OK(strata_log_get(log, 3, &c, &err));
  snprintf(middle, sizeof middle, "%d", (int)c.seq);
  strata_log_close(log);
  OK(strata_store_expire(store, middle, STRATA_NUL, NULL, &err));
  OK(strata_store_collect(store, -1, NULL, &err));
  assert_at("two", "d", "x", 2);
  assert_gone("3", "d", "x");
  strata_store *old = open_at(middle);
  strata_store_close(old);
  strata_retention retention = STRATA_RETENTION_INIT;
  OK(strata_store_retention(store, &retention, &err));
  assert_int_equal(retention.first, (uint64_t)atoi(middle));
  FAILS(STRATA_E_NOT_FOUND, strata_store_expire(store, "1000000", STRATA_NUL, NULL, &err));
  retention.age_ns = -1;
  FAILS(STRATA_E_INVALID, strata_store_set_retention(store, &retention, NULL, &err));
  assert_sound();
  strata_store_close(store);
}

static void commits_of_a_file_by_number_id_and_time(void **state) {
  (void)state;
  snprintf(path, sizeof path, "%s", scratch("lone.af"));
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(4), NULL);
  for (int32_t i = 1; i <= 4; ++i) {
    write_i32(a, 0, 1, &i);
    flush(file);
  }
  strata_log *log = NULL;
  OK(strata_file_log(file, 0, NULL, &log, &err));
  for (uint64_t i = 0; i < 4; ++i) {
    strata_commit c = STRATA_COMMIT_INIT;
    OK(strata_log_get(log, i, &c, &err));
    char number[32];
    snprintf(number, sizeof number, "%d", (int)c.seq);
    const char *const names[] = {number, c.id};
    for (int k = 0; k < 2; ++k) {
      strata_file *old = NULL;
      OK(strata_file_open_at(NULL, path, STRATA_NUL, names[k], STRATA_NUL, NULL, NULL, &old, &err));
      strata_array *b = open_array(old, "a");
      assert_int_equal(read_i32(b, 0), (int32_t)c.seq);
      const int32_t no = 0;
      FAILS(STRATA_E_READ_ONLY, strata_array_write(b, 1, DIMS(0), DIMS(1), &no, sizeof no, NULL, &err));
      int moved = 7;
      OK(strata_file_refresh(old, NULL, &moved, &err));
      assert_int_equal(moved, 0);
      assert_int_equal(read_i32(b, 0), (int32_t)c.seq);
      strata_array_close(b);
      strata_file_close(old);
    }
  }
  strata_log_close(log);
  strata_file *old = NULL;
  OK(strata_file_open_at(NULL, path, STRATA_NUL, "2200-01-01T00:00:00Z", STRATA_NUL, NULL, NULL, &old, &err));
  strata_file_close(old);
  FAILS(STRATA_E_NOT_FOUND, strata_file_open_at(NULL, path, STRATA_NUL, "1999-01-01T00:00:00Z", STRATA_NUL, NULL, NULL, &old, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_file_open_at(NULL, path, STRATA_NUL, "5", STRATA_NUL, NULL, NULL, &old, &err));
  FAILS(STRATA_E_INVALID, strata_file_open_at(NULL, path, STRATA_NUL, "a tag", STRATA_NUL, NULL, NULL, &old, &err));
  compact(file);
  const int32_t nine = 9;
  write_i32(a, 0, 1, &nine);
  flush(file);
  FAILS(STRATA_E_HISTORY_GONE, strata_file_open_at(NULL, path, STRATA_NUL, "2", STRATA_NUL, NULL, NULL, &old, &err));
  FAILS(STRATA_E_HISTORY_GONE, strata_file_open_at(NULL, path, STRATA_NUL, "1999-01-01T00:00:00Z", STRATA_NUL, NULL, NULL, &old, &err));
  OK(strata_file_open_at(NULL, path, STRATA_NUL, "5", STRATA_NUL, NULL, NULL, &old, &err)); /* the compaction */
  strata_array *b = open_array(old, "a");
  assert_int_equal(read_i32(b, 0), 4);
  strata_array_close(b);
  strata_file_close(old);
  strata_array_close(a);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_commit_by_number_id_tag_and_time),
      cmocka_unit_test(what_is_open_as_of_a_commit_stays_there),
      cmocka_unit_test(without_retention_a_compaction_ends_history),
      cmocka_unit_test(a_retention_keeps_what_is_compacted),
      cmocka_unit_test(a_tag_keeps_its_commit_until_it_is_taken),
      cmocka_unit_test(what_has_expired_goes_unless_it_has_a_tag),
      cmocka_unit_test(commits_of_a_file_by_number_id_and_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
