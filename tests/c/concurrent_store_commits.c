/* Commits of a store beside everything else that may run at once, through one handle and through several: compactions, refreshes, reads,
 * lists of commits and of conflicts, checks, and calls that are cancelled. */
#include "store_support.h"
#include "threads.h"

enum { kWriters = 2, kSharing = kWriters, kCancelling, kCompactor, kReader, kLooker, kWorkers, kCounting = kSharing + 1, kCounts = 8, kWide = 4 };

typedef struct stage {
  strata_context *context;
  const char *path;
  strata_store *store; /* of those that share one */
  strata_cancel *cancel;
  int over;
} stage;

static const char *const kArrays[] = {"cells", "twin"};

static int going_on(stage *s) { return seen(&s->over) < kCounting; }

/* The writer's own chunk of both arrays, and commits that. */
static strata_status count_up(worker *w, strata_store *store, strata_array *const *arrays, int32_t value, strata_cancel *cancel) {
  const uint64_t start = (uint64_t)w->number * kWide, count = kWide;
  const int32_t values[kWide] = {value, value, value, value};
  for (size_t i = 0; i < LENGTH(kArrays); ++i) {
    strata_status status = strata_array_write(arrays[i], 1, &start, &count, values, sizeof values, NULL, &w->err);
    if (status != STRATA_OK) return status;
  }
  return strata_store_flush(store, cancel, &w->err);
}

static void count(worker *w, strata_store *store, strata_array *const *arrays) {
  stage *s = w->shared;
  strata_cancel *cancel = w->number == kSharing ? s->cancel : NULL;
  for (int32_t i = 1; i <= kCounts;) {
    const strata_status status = count_up(w, store, arrays, i, cancel);
    if (status == STRATA_OK || status == STRATA_E_NOT_PROJECTED) ++i;
    else if (status == STRATA_E_CANCELLED) strata_cancel_reset(cancel);
    else EXPECT(status == STRATA_E_BUSY);
  }
}

/* A commit is seen whole: a writer's cells in both arrays. */
static void read_both(worker *w, strata_store *store, strata_array *const *arrays, int32_t *last) {
  int32_t got[LENGTH(kArrays)][kCounting * kWide];
  CALL(strata_store_refresh(store, NULL, NULL, &w->err));
  for (size_t i = 0; i < LENGTH(kArrays); ++i) {
    strata_status status = strata_array_read(arrays[i], 1, NULL, NULL, NULL, got[i], sizeof got[i], NULL, &w->err);
    if (status == STRATA_E_STALE) return; /* compacted away meanwhile: look again */
    EXPECT(status == STRATA_OK);
  }
  for (int i = 0; i < kCounting; ++i) {
    EXPECT(got[0][i * kWide] >= last[i]);
    last[i] = got[0][i * kWide];
    for (int k = 0; k < kWide; ++k) EXPECT(got[0][i * kWide + k] == last[i] && got[1][i * kWide + k] == last[i]);
  }
}

static void look_around(worker *w, stage *s, strata_array *const *arrays) {
  strata_log *log = NULL;
  strata_conflict_list *conflicts = NULL;
  strata_report *report = NULL;
  int32_t got[kCounting * kWide];
  CALL(strata_store_log(s->store, 5, NULL, &log, &w->err));
  const uint64_t commits = strata_log_count(log);
  strata_log_close(log);
  EXPECT(commits > 0);
  CALL(strata_store_conflict_list(s->store, &conflicts, &w->err));
  const uint64_t many = strata_conflict_list_count(conflicts);
  strata_conflict_list_close(conflicts);
  EXPECT(many == 0);
  CALL(strata_check(s->context, s->path, STRATA_NUL, 0, NULL, &report, &w->err));
  strata_report_close(report);
  CALL(strata_array_read(arrays[0], 1, NULL, NULL, NULL, got, sizeof got, NULL, &w->err));
  for (int i = 0; i < kCounting * kWide; ++i) EXPECT(got[i] == got[i / kWide * kWide]);
}

static void work(worker *w) {
  stage *s = w->shared;
  const int shares = w->number >= kSharing && w->number != kReader;
  strata_store *store = s->store;
  strata_dataset *dataset = NULL;
  strata_array *arrays[LENGTH(kArrays)] = {NULL};
  int32_t last[kCounting] = {0};
  if (!shares) CALL(strata_store_open(w->number % 2 ? NULL : s->context, s->path, STRATA_NUL, NULL, NULL, &store, &w->err));
  CALL(strata_store_dataset_open(store, "d", STRATA_NUL, &dataset, &w->err));
  for (size_t i = 0; i < LENGTH(kArrays); ++i)
    CALL(strata_dataset_array_open(dataset, kArrays[i], STRATA_NUL, NULL, &arrays[i], &w->err));
  if (w->number < kCounting) {
    count(w, store, arrays);
    raise_by_one(&s->over);
  }
  while (w->number == kCancelling && going_on(s)) {
    for (int i = 0; i < 300; ++i) sched_yield();
    strata_cancel_trigger(s->cancel);
  }
  while (w->number == kCompactor && going_on(s)) {
    const strata_status status = strata_store_compact(store, NULL, &w->err);
    EXPECT(status == STRATA_OK || status == STRATA_E_BUSY || status == STRATA_E_NOT_PROJECTED);
  }
  while (w->number == kReader && going_on(s) && !w->failure[0]) read_both(w, store, arrays, last);
  while (w->number == kLooker && going_on(s) && !w->failure[0]) look_around(w, s, arrays);
  for (size_t i = 0; i < LENGTH(kArrays); ++i) strata_array_close(arrays[i]);
  strata_dataset_close(dataset);
  if (!shares) strata_store_close(store);
}

static void commits_beside_everything_else_lose_nothing(void **state) {
  (void)state;
  stage s = {NULL, scratch("busy"), NULL, NULL, 0};
  OK(strata_context_create(NULL, NULL, 0, &s.context, &err));
  OK(strata_cancel_create(&s.cancel, &err));
  OK(strata_store_create(s.context, s.path, STRATA_NUL, NULL, NULL, &s.store, &err));
  strata_dataset *dataset = create_dataset(s.store, "d");
  const int32_t zeroes[kCounting * kWide] = {0};
  for (size_t i = 0; i < LENGTH(kArrays); ++i) {
    strata_array *array = NULL;
    OK(strata_dataset_define(dataset, kArrays[i], STRATA_NUL, STRATA_INT32, 1, DIMS(kCounting * kWide), DIMS(kWide), NULL,
                             STRATA_TYPE_NONE, NULL, 0, NULL, &array, &err));
    write_all(array, zeroes, sizeof zeroes);
    strata_array_close(array);
  }
  flush_store(s.store);
  run_workers(kWorkers, work, &s);
  strata_store *store = open_store(s.path);
  strata_dataset *again = open_dataset(store, "d");
  for (size_t i = 0; i < LENGTH(kArrays); ++i) {
    strata_array *array = NULL;
    OK(strata_dataset_array_open(again, kArrays[i], STRATA_NUL, NULL, &array, &err));
    int32_t got[kCounting * kWide];
    read_all(array, got, sizeof got);
    for (size_t k = 0; k < LENGTH(got); ++k) assert_int_equal(got[k], kCounts);
    strata_array_close(array);
  }
  strata_dataset_close(again);
  strata_store_close(store);
  strata_dataset_close(dataset);
  strata_store_close(s.store);
  strata_cancel_close(s.cancel);
  strata_context_close(s.context);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(commits_beside_everything_else_lose_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
