/* A check beside writers: what they are at work on is no damage. */
#include "threads.h"

#include "damage_support.h"

enum { kRounds = 12 };

typedef struct stage {
  const char *path;
  int over;
} stage;

/* Writes, adds and removes datasets, and compacts. */
static void write_and_compact(worker *w) {
  stage *s = w->shared;
  strata_store *store = NULL;
  CALL(strata_store_open(NULL, s->path, STRATA_NUL, NULL, NULL, &store, &w->err));
  for (int round = 0; round < kRounds; ++round) {
    char name[16];
    snprintf(name, sizeof name, "r%d", round % 3);
    int exists = 0;
    CALL(strata_store_dataset_exists(store, name, STRATA_NUL, &exists, &w->err));
    if (exists) {
      CALL(strata_store_dataset_delete(store, name, STRATA_NUL, NULL, &w->err));
      CALL(strata_store_flush(store, NULL, &w->err));
    }
    strata_dataset *d = NULL;
    strata_array *a = NULL;
    CALL(strata_store_dataset_create(store, name, STRATA_NUL, &d, &w->err));
    CALL(strata_dataset_define(d, "x", 1, STRATA_INT32, 1, DIMS(4), NULL, NULL, 0, NULL, 0, NULL, &a, &w->err));
    const int32_t values[4] = {round, 1, 2, 3};
    CALL(strata_array_write(a, 1, NULL, NULL, values, sizeof values, NULL, &w->err));
    strata_array_close(a);
    strata_dataset_close(d);
    CALL(strata_store_flush(store, NULL, &w->err));
    if (round % 2) CALL(strata_store_compact(store, NULL, &w->err));
  }
  strata_store_close(store);
}

static void be_the_writer(worker *w) {
  write_and_compact(w);
  set(&((stage *)w->shared)->over, 1);
}

static void a_check_beside_a_writer(void **state) {
  (void)state;
  stage s = {scratch("beside"), 0};
  strata_store *store = create_store(s.path);
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 11);
  flush_store(store);
  strata_store_close(store);
  worker writer;
  start_workers(&writer, 1, be_the_writer, &s);
  uint64_t defects = 0;
  do {
    strata_report *report = checked(s.path, 0);
    defects = defects_in(report);
    if (defects) print_report(report);
    strata_report_close(report);
  } while (!defects && !seen(&s.over));
  join_workers(&writer, 1);
  assert_int_equal(defects, 0);
  strata_report *report = checked(s.path, 0); /* and nothing is left over */
  print_report(report);
  assert_int_equal(strata_report_count(report), 0);
  strata_report_close(report);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_check_beside_a_writer)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
