/* Workers deliver, and somebody adopts: one commit of what many have written. */
#include <time.h>

#include "damage_support.h"
#include "store_support.h"

static char path[1400];

static strata_store *fresh(const char *name) {
  snprintf(path, sizeof path, "%s", scratch(name));
  return create_store(path);
}

static strata_store *worker(const char *job, const char *task, const char *commit) {
  strata_store *store = NULL;
  OK(strata_store_open_worker(NULL, path, STRATA_NUL, job, STRATA_NUL, task, STRATA_NUL, commit, STRATA_NUL, NULL, NULL, &store, &err));
  return store;
}

static void adopt(strata_store *store, const char *job) { OK(strata_store_adopt(store, job, STRATA_NUL, NULL, 0, NULL, &err)); }

static uint64_t delivered(strata_store *store, const char *job) {
  strata_log *log = NULL;
  OK(strata_store_deliveries(store, job, STRATA_NUL, NULL, &log, &err));
  const uint64_t n = strata_log_count(log);
  strata_log_close(log);
  return n;
}

static uint64_t seq_of(strata_store *store) {
  uint64_t seq = 0;
  OK(strata_store_seq(store, &seq, &err));
  return seq;
}

static void put_at(strata_store *store, const char *dataset, const char *array, uint64_t start, int32_t value) {
  strata_array *a = array_of(store, dataset, array);
  write_i32(a, start, 1, &value);
  strata_array_close(a);
}

static int32_t at(strata_store *store, const char *dataset, const char *array, uint64_t i) {
  strata_array *a = array_of(store, dataset, array);
  const int32_t value = read_i32(a, i);
  strata_array_close(a);
  return value;
}

/* A dataset "grid" with an array "x" of 8 int32 in chunks of 2. */
static void put_grid(strata_store *store) {
  strata_dataset *d = create_dataset(store, "grid");
  strata_array *a = NULL;
  OK(strata_dataset_define(d, "x", 1, STRATA_INT32, 1, DIMS(8), DIMS(2), NULL, 0, NULL, 0, NULL, &a, &err));
  const int32_t values[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  write_all(a, values, sizeof values);
  strata_array_close(a);
  strata_dataset_close(d);
}

static int inbox(void) {
  char folder[1500];
  snprintf(folder, sizeof folder, "%s/_strata/inbox", path);
  return count_names(folder);
}

static void assert_sound(void) {
  strata_report *report = checked(path, 0);
  if (strata_report_count(report)) print_report(report);
  assert_int_equal(strata_report_count(report), 0);
  strata_report_close(report);
}

static void many_tasks_become_one_commit(void **state) {
  (void)state;
  strata_store *store = fresh("many");
  put_grid(store);
  put_array(store, "d", "x", 10);
  flush_store(store);
  assert_int_equal(seq_of(store), 1);
  for (int i = 0; i < 4; ++i) { /* each a chunk of the same array, and a dataset of its own */
    char task[32], name[32];
    snprintf(task, sizeof task, "part %d \xC3\xBC/~", i);
    snprintf(name, sizeof name, "new%d", i);
    strata_store *w = worker("job/1", task, "1");
    put_at(w, "grid", "x", 2 * (uint64_t)i, 100 + i);
    put_array(w, name, i % 2 ? "x" : "y", 1000 * i);
    assert_array(w, name, i % 2 ? "x" : "y", 1000 * i);
    flush_store(w);
    flush_store(w); /* once more: nothing */
    assert_string_equal(datasets_in(w), "grid,d"); /* it is the adopter's now */
    assert_int_equal(at(w, "grid", "x", 2 * (uint64_t)i), 2 * i);
    strata_store_close(w);
  }
  assert_int_equal(delivered(store, "job/1"), 4);
  assert_string_equal(datasets_in(store), "grid,d"); /* nothing is published */
  strata_store *reader = open_store(path);
  assert_int_equal(seq_of(reader), 1);
  assert_int_equal(at(reader, "grid", "x", 0), 0);
  put_array(reader, "between", "x", 50); /* others go on meanwhile */
  flush_store(reader);
  strata_store_close(reader);
  adopt(store, "job/1");
  assert_int_equal(seq_of(store), 3);
  for (int again = 0; again < 2; ++again) {
    for (int i = 0; i < 4; ++i) {
      char name[32];
      snprintf(name, sizeof name, "new%d", i);
      assert_int_equal(at(store, "grid", "x", 2 * (uint64_t)i), 100 + i);
      assert_int_equal(at(store, "grid", "x", 2 * (uint64_t)i + 1), 2 * i + 1);
      assert_array(store, name, i % 2 ? "x" : "y", 1000 * i);
    }
    assert_array(store, "d", "x", 10);
    assert_array(store, "between", "x", 50);
    assert_string_equal(datasets_in(store), "grid,d,between,new0,new1,new2,new3");
    store = reopened_store(store, path);
  }
  strata_log *log = NULL;
  OK(strata_store_log(store, 1, NULL, &log, &err));
  strata_commit c = STRATA_COMMIT_INIT;
  OK(strata_log_get(log, 0, &c, &err));
  assert_int_equal(c.kind, STRATA_COMMIT_ADOPT);
  assert_non_null(strstr(c.message, "job/1"));
  strata_log_close(log);
  assert_int_equal(inbox(), 0);
  FAILS(STRATA_E_NOT_FOUND, strata_store_adopt(store, "job/1", STRATA_NUL, NULL, 0, NULL, &err)); /* never twice */
  assert_int_equal(seq_of(store), 3);
  assert_sound();
  OK(strata_store_compact(store, NULL, &err));
  assert_int_equal(at(store, "grid", "x", 6), 103);
  strata_store_close(store);
}

static void the_first_attempt_at_a_task_counts(void **state) {
  (void)state;
  strata_store *store = fresh("attempts");
  put_grid(store);
  flush_store(store);
  strata_store *one = worker("j", "t", NULL), *two = worker("j", "t", NULL);
  put_at(one, "grid", "x", 0, 11);
  put_at(two, "grid", "x", 0, 22);
  flush_store(two);
  FAILS(STRATA_E_EXISTS, strata_store_flush(one, NULL, &err));
  FAILS(STRATA_E_EXISTS, strata_store_flush(one, NULL, &err));
  assert_int_equal(inbox(), 2); /* a manifest and its layer: the loser has taken his away */
  put_at(two, "grid", "x", 0, 33);
  FAILS(STRATA_E_EXISTS, strata_store_flush(two, NULL, &err)); /* what was delivered stays */
  strata_store_close(one);
  strata_store_close(two);
  adopt(store, "j");
  assert_int_equal(at(store, "grid", "x", 0), 22);
  strata_store_close(store);
}

static void an_attempt_that_comes_late_is_no_second_write(void **state) {
  (void)state;
  strata_store *store = fresh("late");
  put_grid(store);
  flush_store(store);
  strata_store *slow = worker("j", "t", NULL), *quick = worker("j", "t", NULL), *other = worker("j", "u", NULL);
  put_at(slow, "grid", "x", 0, 11);
  put_at(quick, "grid", "x", 0, 22);
  put_at(other, "grid", "x", 4, 44);
  flush_store(quick);
  adopt(store, "j");
  put_at(store, "grid", "x", 0, 33); /* somebody goes on with it */
  flush_store(store);
  FAILS(STRATA_E_EXISTS, strata_store_flush(slow, NULL, &err));
  flush_store(other); /* another task, that nobody has adopted */
  assert_int_equal(delivered(store, "j"), 1);
  adopt(store, "j");
  assert_int_equal(at(store, "grid", "x", 0), 33);
  assert_int_equal(at(store, "grid", "x", 4), 44);
  strata_store_close(slow);
  strata_store_close(quick);
  strata_store_close(other);
  quick = worker("j", "t", NULL); /* the same names once more, on purpose */
  put_at(quick, "grid", "x", 0, 55);
  flush_store(quick);
  strata_store_close(quick);
  adopt(store, "j");
  assert_int_equal(at(store, "grid", "x", 0), 55);
  assert_int_equal(inbox(), 0);
  assert_sound();
  strata_store_close(store);
}

static void tasks_that_overlap_are_named(void **state) {
  (void)state;
  strata_store *store = fresh("overlap");
  put_grid(store);
  put_array(store, "d", "x", 1);
  flush_store(store);
  strata_store *one = worker("j", "1", NULL), *two = worker("j", "2", NULL);
  put_at(one, "grid", "x", 0, 11);
  put_at(two, "grid", "x", 1, 22); /* the same chunk */
  put_at(two, "grid", "x", 4, 23);
  flush_store(one);
  flush_store(two);
  strata_store_close(one);
  strata_store_close(two);
  FAILS(STRATA_E_CONFLICT, strata_store_adopt(store, "j", STRATA_NUL, NULL, 0, NULL, &err));
  strata_conflict_list *list = NULL;
  OK(strata_store_conflict_list(store, &list, &err));
  assert_int_equal(strata_conflict_list_count(list), 1);
  strata_conflict c = STRATA_CONFLICT_INIT;
  OK(strata_conflict_list_get(list, 0, &c, &err));
  assert_int_equal(c.kind, STRATA_CONFLICT_CHUNK);
  assert_string_equal(c.dataset, "grid");
  assert_string_equal(c.array, "x");
  assert_int_equal(c.chunk_ndim, 1);
  assert_int_equal(c.chunk[0], 0);
  strata_conflict_list_close(list);
  assert_int_equal(seq_of(store), 1);
  assert_int_equal(delivered(store, "j"), 2);
  /* A task and somebody else's commit. */
  one = worker("k", "1", NULL);
  put_at(one, "grid", "x", 7, 77);
  flush_store(one);
  strata_store_close(one);
  put_at(store, "grid", "x", 6, 66);
  flush_store(store);
  FAILS(STRATA_E_CONFLICT, strata_store_adopt(store, "k", STRATA_NUL, NULL, 0, NULL, &err));
  OK(strata_store_conflict_list(store, &list, &err));
  assert_int_equal(strata_conflict_list_count(list), 1);
  OK(strata_conflict_list_get(list, 0, &c, &err));
  assert_int_equal(c.chunk[0], 3);
  strata_conflict_list_close(list);
  /* One deletes what the other writes. */
  one = worker("l", "1", NULL);
  two = worker("l", "2", NULL);
  OK(strata_store_dataset_delete(one, "d", 1, NULL, &err));
  put_at(two, "d", "x", 0, 5);
  flush_store(one);
  flush_store(two);
  strata_store_close(one);
  strata_store_close(two);
  FAILS(STRATA_E_CONFLICT, strata_store_adopt(store, "l", STRATA_NUL, NULL, 0, NULL, &err));
  assert_array(store, "d", "x", 1);
  assert_int_equal(at(store, "grid", "x", 6), 66);
  strata_store_close(store);
}

static void workers_define_delete_and_annotate(void **state) {
  (void)state;
  strata_store *store = fresh("all");
  put_grid(store);
  put_array(store, "gone", "x", 1);
  put_array(store, "d", "x", 2);
  put_array(store, "d", "y", 3);
  flush_store(store);
  strata_store *one = worker("j", "1", NULL), *two = worker("j", "2", NULL), *three = worker("j", "3", NULL);
  OK(strata_store_dataset_delete(one, "gone", STRATA_NUL, NULL, &err));
  strata_dataset *d = open_dataset(one, "d");
  OK(strata_dataset_set_attribute(d, "one", STRATA_NUL, STRATA_STRING, "1", 1, &err));
  strata_dataset_close(d);
  d = open_dataset(two, "d");
  OK(strata_dataset_set_attribute(d, "two", STRATA_NUL, STRATA_STRING, "2", 1, &err));
  OK(strata_dataset_delete(d, "y", STRATA_NUL, NULL, &err));
  strata_dataset_close(d);
  strata_array *a = array_of(two, "grid", "x");
  OK(strata_array_resize(a, 1, DIMS(12), NULL, &err));
  write_i32(a, 10, 1, (const int32_t[]){1010});
  strata_array_close(a);
  put_array(three, "same", "x", 7);
  flush_store(three);
  flush_store(one);
  flush_store(two);
  strata_store_close(one);
  strata_store_close(two);
  strata_store_close(three);
  adopt(store, "j");
  assert_string_equal(datasets_in(store), "grid,d,same");
  d = open_dataset(store, "d");
  char value = 0;
  OK(strata_dataset_get_attribute(d, "one", STRATA_NUL, NULL, &value, 1, NULL, &err));
  OK(strata_dataset_get_attribute(d, "two", STRATA_NUL, NULL, &value, 1, NULL, &err));
  assert_string_equal(arrays_in(d), "x");
  strata_dataset_close(d);
  assert_int_equal(at(store, "grid", "x", 10), 1010);
  assert_int_equal(at(store, "grid", "x", 7), 7);
  assert_array(store, "same", "x", 7);
  assert_sound();
  strata_store_close(store);
}

static void jobs_at_different_commits_and_after_compactions(void **state) {
  (void)state;
  strata_store *store = fresh("apart");
  put_grid(store);
  flush_store(store);
  strata_store *one = worker("j", "1", "1");
  put_at(one, "grid", "x", 0, 11);
  flush_store(one);
  strata_store_close(one);
  put_at(store, "grid", "x", 2, 22);
  flush_store(store);
  strata_store *two = worker("j", "2", "2");
  put_at(two, "grid", "x", 4, 33);
  flush_store(two);
  strata_store_close(two);
  OK(strata_store_tag(store, "base", STRATA_NUL, "1", 1, NULL, &err));
  put_at(store, "grid", "x", 6, 44);
  flush_store(store);
  OK(strata_store_tag(store, "second", STRATA_NUL, "2", 1, NULL, &err));
  OK(strata_store_compact(store, NULL, &err));
  adopt(store, "j");
  const int32_t want[8] = {11, 1, 22, 3, 33, 5, 44, 7};
  for (uint64_t i = 0; i < 8; ++i) assert_int_equal(at(store, "grid", "x", i), want[i]);
  assert_sound();
  /* Without a tag the commit may be gone. */
  one = worker("k", "1", NULL);
  put_at(one, "grid", "x", 0, 55);
  flush_store(one);
  strata_store_close(one);
  put_at(store, "grid", "x", 2, 66);
  flush_store(store);
  OK(strata_store_untag(store, "base", STRATA_NUL, NULL, &err));
  OK(strata_store_untag(store, "second", STRATA_NUL, NULL, &err));
  OK(strata_store_compact(store, NULL, &err));
  FAILS(STRATA_E_HISTORY_GONE, strata_store_adopt(store, "k", STRATA_NUL, NULL, 0, NULL, &err));
  assert_int_equal(delivered(store, "k"), 1);
  strata_store_close(store);
}

static void some_tasks_are_adopted(void **state) {
  (void)state;
  strata_store *store = fresh("some");
  put_grid(store);
  flush_store(store);
  for (int i = 0; i < 4; ++i) {
    char task[16];
    snprintf(task, sizeof task, "t%d", i);
    strata_store *w = worker("j", task, "1");
    put_at(w, "grid", "x", 2 * (uint64_t)i, 100 + i);
    flush_store(w);
    strata_store_close(w);
  }
  const char *const some[] = {"t2", "t0"}, *const missing[] = {"t1", "t9"};
  FAILS(STRATA_E_NOT_FOUND, strata_store_adopt(store, "j", 1, missing, 2, NULL, &err));
  assert_non_null(strstr(err.message, "t9"));
  assert_int_equal(seq_of(store), 1);
  OK(strata_store_adopt(store, "j", 1, some, 2, NULL, &err));
  assert_int_equal(seq_of(store), 2);
  assert_int_equal(delivered(store, "j"), 2);
  for (int i = 0; i < 4; ++i) assert_int_equal(at(store, "grid", "x", 2 * (uint64_t)i), i % 2 ? 2 * i : 100 + i);
  FAILS(STRATA_E_NOT_FOUND, strata_store_adopt(store, "j", 1, some, 2, NULL, &err)); /* it was */
  FAILS(STRATA_E_NOT_FOUND, strata_store_adopt(store, "j", 1, some, 0, NULL, &err)); /* none of none */
  adopt(store, "j");
  for (int i = 0; i < 4; ++i) assert_int_equal(at(store, "grid", "x", 2 * (uint64_t)i), 100 + i);
  assert_int_equal(inbox(), 0);
  assert_sound();
  strata_store_close(store);
}

static void what_nobody_adopts_is_collected(void **state) {
  (void)state;
  strata_store *store = fresh("abandoned");
  put_grid(store);
  flush_store(store);
  strata_store *w = worker("j", "t", NULL), *late = worker("j", "u", NULL);
  put_at(w, "grid", "x", 0, 11);
  put_at(late, "grid", "x", 2, 22);
  flush_store(w);
  strata_store_close(w);
  OK(strata_store_collect(store, -1, NULL, &err));
  OK(strata_store_collect(store, (int64_t)3600 * 1000000000, NULL, &err)); /* too young */
  assert_int_equal(delivered(store, "j"), 1);
  assert_int_equal(seq_of(store), 1);
  nanosleep(&(struct timespec){0, 50000000}, NULL); /* file systems count time in steps */
  OK(strata_store_collect(store, 0, NULL, &err));
  assert_int_equal(delivered(store, "j"), 0);
  assert_int_equal(inbox(), 0);
  assert_int_equal(seq_of(store), 2); /* an entry says so */
  FAILS(STRATA_E_NOT_FOUND, strata_store_adopt(store, "j", 1, NULL, 0, NULL, &err));
  flush_store(late);
  strata_store_close(late);
  adopt(store, "j");
  assert_int_equal(at(store, "grid", "x", 0), 0);
  assert_int_equal(at(store, "grid", "x", 2), 22);
  assert_sound();
  strata_store_close(store);
}

static void what_workers_cannot_do(void **state) {
  (void)state;
  strata_store *store = fresh("cannot");
  strata_store *w = NULL;
  w = worker("j", "t", NULL);
  put_array(w, "d", "x", 1);
  FAILS(STRATA_E_UNSUPPORTED, strata_store_flush(w, NULL, &err)); /* there is no commit yet */
  strata_store_close(w);
  put_grid(store);
  flush_store(store);
  w = worker("j", "t", NULL);
  FAILS(STRATA_E_UNSUPPORTED, strata_store_compact(w, NULL, &err));
  FAILS(STRATA_E_UNSUPPORTED, strata_store_tag(w, "t", 1, NULL, 0, NULL, &err));
  FAILS(STRATA_E_UNSUPPORTED, strata_store_adopt(w, "j", 1, NULL, 0, NULL, &err));
  strata_array *a = array_of(w, "grid", "x");
  OK(strata_array_resize(a, 1, DIMS(2), NULL, &err));
  strata_array_close(a);
  FAILS(STRATA_E_UNSUPPORTED, strata_store_flush(w, NULL, &err));
  OK(strata_store_discard(w, &err));
  flush_store(w); /* nothing to do is done as well */
  strata_store_close(w);
  adopt(store, "j");
  assert_int_equal(seq_of(store), 2);
  put_at(store, "grid", "x", 0, 1);
  FAILS(STRATA_E_PENDING, strata_store_adopt(store, "j", 1, NULL, 0, NULL, &err));
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_tasks_become_one_commit),
      cmocka_unit_test(the_first_attempt_at_a_task_counts),
      cmocka_unit_test(an_attempt_that_comes_late_is_no_second_write),
      cmocka_unit_test(tasks_that_overlap_are_named),
      cmocka_unit_test(workers_define_delete_and_annotate),
      cmocka_unit_test(jobs_at_different_commits_and_after_compactions),
      cmocka_unit_test(some_tasks_are_adopted),
      cmocka_unit_test(what_nobody_adopts_is_collected),
      cmocka_unit_test(what_workers_cannot_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
