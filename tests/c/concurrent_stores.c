/* Stores under many threads: reading across, datasets that come and go, flushes, and several handles of one context. */
#include "threads.h"

enum { kDatasets = 40, kCells = 24, kReaders = 3 };

typedef struct stage {
  strata_context *context;
  const char *path;
  strata_store *store;
  int over, started;
} stage;

static strata_context *make_context(void) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 2;
  o.block_cache_bytes = 64 * 1024;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  return context;
}

static const char *dataset_name(char *out, int number) {
  snprintf(out, 32, "set%05d", number);
  return out;
}

/* In a worker or not: `e` is the caller's. Datasets have `depth`, numbers, and `label`, text. */
static strata_status add_dataset(strata_store *store, const char *name, int32_t value, strata_error *e) {
  strata_dataset *dataset = NULL;
  strata_array *depth = NULL, *label = NULL;
  int32_t values[kCells];
  const int64_t offsets[3] = {0, 1, 4}, number = value;
  for (int i = 0; i < kCells; ++i) values[i] = value + i;
  strata_status s = strata_store_dataset_create(store, name, STRATA_NUL, &dataset, e);
  if (!s)
    s = strata_dataset_define(dataset, "depth", STRATA_NUL, STRATA_INT32, 1, DIMS(kCells), DIMS(5), NULL,
                              STRATA_TYPE_NONE, NULL, 0, NULL, &depth, e);
  if (!s)
    s = strata_dataset_define(dataset, "label", STRATA_NUL, STRATA_STRING, 1, DIMS(2), NULL, NULL, STRATA_TYPE_NONE,
                              NULL, 0, NULL, &label, e);
  if (!s) s = strata_array_write(depth, 1, NULL, NULL, values, sizeof values, NULL, e);
  if (!s) s = strata_array_write_varlen(label, 1, NULL, NULL, offsets, 3, "abcd", 4, NULL, e);
  if (!s) s = strata_dataset_set_attribute(dataset, "number", STRATA_NUL, STRATA_INT64, &number, sizeof number, e);
  strata_array_close(depth);
  strata_array_close(label);
  strata_dataset_close(dataset);
  return s;
}

static stage make_stage(const char *path) {
  stage s = {make_context(), path, NULL, 0, 0};
  OK(strata_store_create(s.context, path, STRATA_NUL, NULL, NULL, &s.store, &err));
  char name[32];
  for (int i = 0; i < kDatasets; ++i) OK(add_dataset(s.store, dataset_name(name, i), i * 100, &err));
  OK(strata_store_flush(s.store, NULL, &err));
  return s;
}

static void close_stage(stage *s) {
  strata_store_close(s->store);
  strata_context_close(s->context);
}

static uint64_t dataset_count(strata_store *store) {
  uint64_t count = 0;
  OK(strata_store_dataset_count(store, &count, &err));
  return count;
}

/* Rows of cells that begin with `start`: each row's numbers are those of one dataset. */
static void stack_once(worker *w, strata_store *store, uint64_t start, uint64_t count) {
  int32_t got[kDatasets][kCells];
  size_t needed = 0;
  const char *names[kDatasets];
  char text[kDatasets][32];
  strata_status statuses[kDatasets];
  for (int i = 0; i < kDatasets; ++i) names[i] = dataset_name(text[i], kDatasets - 1 - i);
  CALL(strata_store_read_stacked(store, "depth", STRATA_NUL, names, kDatasets, 1, &start, &count, NULL, got, sizeof got,
                                 &needed, statuses, &w->err));
  EXPECT(needed == kDatasets * count * sizeof(int32_t));
  const int32_t *at = got[0];
  for (int i = 0; i < kDatasets; ++i) {
    EXPECT(statuses[i] == STRATA_OK);
    for (uint64_t k = 0; k < count; ++k) EXPECT(*at++ == (kDatasets - 1 - i) * 100 + (int32_t)(start + k));
  }
}

/* Whole arrays of any type. Datasets may have gone meanwhile; of those that are being made the handle that makes them
 * sees arrays that are defined and not written yet. */
static void read_across_once(worker *w, strata_store *store, const char *array, uint64_t at_least, int sees_pending) {
  strata_across *across = NULL;
  CALL(strata_store_read_across(store, array, STRATA_NUL, NULL, 0, 0, NULL, NULL, NULL, &across, &w->err));
  const uint64_t rows = strata_across_count(across);
  uint64_t good = 0;
  for (uint64_t i = 0; i < rows; ++i) {
    const void *data = NULL;
    const int64_t *offsets = NULL;
    size_t size = 0;
    strata_status status = strata_across_status(across, i);
    if (status == STRATA_E_NOT_FOUND || status == STRATA_E_STALE) continue;
    if (status == STRATA_OK) status = strata_across_data(across, i, &data, &size, &offsets, &w->err);
    if (status != STRATA_OK) {
      NOTE("row %d of \"%s\" says %s", (int)i, array, strata_status_name(status));
      break;
    }
    ++good;
    if (offsets) {
      if (sees_pending && size == 0) continue;
      if (size != 4 || memcmp(data, "abcd", 4) != 0) NOTE("row %d has another text of %d bytes", (int)i, (int)size);
      continue;
    }
    const int32_t *values = data;
    if (sees_pending && values[1] == 0) {
      for (int k = 0; k < kCells; ++k)
        if (values[k] != 0) NOTE("row %d is written in part", (int)i);
      continue;
    }
    for (int k = 1; k < kCells; ++k)
      if (values[k] != values[0] + k) NOTE("row %d is of two datasets", (int)i);
  }
  if (good < at_least && !w->failure[0]) NOTE("%d rows of \"%s\" are good", (int)good, array);
  strata_across_close(across);
}

static void read_across_only(worker *w) {
  stage *s = w->shared;
  uint64_t random = (uint64_t)w->number + 1;
  strata_store *own = NULL;
  if (w->number % 2) CALL(strata_store_open(s->context, s->path, STRATA_NUL, NULL, NULL, &own, &w->err));
  strata_store *store = own ? own : s->store;
  for (int i = 0; i < 25 && !w->failure[0]; ++i) {
    const uint64_t count = 1 + random_number(&random) % kCells, start = random_number(&random) % (kCells - count + 1);
    stack_once(w, store, start, count);
    if (!w->failure[0]) read_across_once(w, store, i % 2 ? "depth" : "label", kDatasets, 0);
  }
  strata_store_close(own);
}

static void many_read_across_one_store(void **state) {
  (void)state;
  stage s = make_stage(scratch("across"));
  strata_store_close(s.store);
  /* Opened anew: array files are opened by whoever needs them first. */
  OK(strata_store_open(s.context, s.path, STRATA_NUL, NULL, NULL, &s.store, &err));
  run_workers(5, read_across_only, &s);
  close_stage(&s);
}

/* Each worker makes datasets of its own; all of them flush. */
static void add_own_datasets(worker *w) {
  stage *s = w->shared;
  char name[32];
  for (int i = 0; i < 30; ++i) {
    CALL(add_dataset(s->store, dataset_name(name, 1000 * (w->number + 1) + i), i, &w->err));
    if (i % 7 == w->number) CALL(strata_store_flush(s->store, NULL, &w->err));
    if (i % 10 == 9)
      CALL(strata_store_dataset_delete(s->store, dataset_name(name, 1000 * (w->number + 1) + i), STRATA_NUL, NULL,
                                       &w->err));
  }
  CALL(strata_store_flush(s->store, NULL, &w->err));
  CALL_GIVES(STRATA_E_EXISTS, add_dataset(s->store, dataset_name(name, 0), 0, &w->err));
}

static void datasets_made_by_many_are_all_there(void **state) {
  (void)state;
  enum { kWriters = 4 };
  stage s = make_stage(scratch("made"));
  run_workers(kWriters, add_own_datasets, &s);
  strata_store *store = NULL;
  OK(strata_store_open(NULL, s.path, STRATA_NUL, NULL, NULL, &store, &err));
  assert_int_equal(dataset_count(store), kDatasets + kWriters * 27);
  for (int writer = 1; writer <= kWriters; ++writer)
    for (int i = 0; i < 30; ++i) {
      char name[32];
      int exists = 7;
      OK(strata_store_dataset_exists(store, dataset_name(name, 1000 * writer + i), STRATA_NUL, &exists, &err));
      assert_int_equal(exists, i % 10 != 9);
      if (!exists) continue;
      int32_t got[kCells];
      const char *one = name;
      OK(strata_store_read_stacked(store, "depth", STRATA_NUL, &one, 1, 0, NULL, NULL, NULL, got, sizeof got, NULL,
                                   NULL, &err));
      for (int k = 0; k < kCells; ++k) assert_int_equal(got[k], i + k);
    }
  strata_store_close(store);
  close_stage(&s);
}

/* Worker 0 makes and deletes datasets, flushes and compacts; the others read across what there is. */
static void change_or_read(worker *w) {
  stage *s = w->shared;
  if (w->number == 0) {
    char name[32];
    wait_for(&s->started, kReaders);
    for (int i = 0; i < 60; ++i) {
      CALL(add_dataset(s->store, dataset_name(name, 5000 + i), i, &w->err));
      if (i >= 5)
        CALL(strata_store_dataset_delete(s->store, dataset_name(name, 5000 + i - 5), STRATA_NUL, NULL, &w->err));
      if (i % 4 == 0) CALL(strata_store_flush(s->store, NULL, &w->err));
      if (i % 15 == 14) CALL(strata_store_compact(s->store, NULL, &w->err));
    }
    CALL(strata_store_flush(s->store, NULL, &w->err));
    set(&s->over, 1);
    return;
  }
  strata_store *own = NULL;
  if (w->number == 2) CALL(strata_store_open(s->context, s->path, STRATA_NUL, NULL, NULL, &own, &w->err));
  strata_store *store = own ? own : s->store;
  int ready = 0;
  while (!seen(&s->over) && !w->failure[0]) {
    stack_once(w, store, 3, 9);
    if (!w->failure[0]) read_across_once(w, store, "depth", kDatasets, !own);
    if (!w->failure[0]) read_across_once(w, store, "label", kDatasets, !own);
    if (own) {
      strata_status status = strata_store_refresh(own, NULL, NULL, &w->err);
      if (status != STRATA_OK) NOTE("refresh says %s: %s", strata_status_name(status), w->err.message);
    }
    if (!ready++) raise_by_one(&s->started);
  }
  strata_store_close(own);
}

static void reads_across_go_on_beside_changes(void **state) {
  (void)state;
  stage s = make_stage(scratch("changing"));
  run_workers(1 + kReaders, change_or_read, &s);
  assert_int_equal(dataset_count(s.store), kDatasets + 5);
  close_stage(&s);
}

/* The same datasets' data written by several threads, while others flush. */
static void write_own_cell(worker *w) {
  stage *s = w->shared;
  const uint64_t cell = (uint64_t)w->number, one = 1;
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < kDatasets; ++i) {
      char name[32];
      strata_dataset *dataset = NULL;
      strata_array *depth = NULL;
      const int32_t value = -(round * 1000 + i * 10 + w->number);
      CALL(strata_store_dataset_open(s->store, dataset_name(name, i), STRATA_NUL, &dataset, &w->err));
      CALL(strata_dataset_array_open(dataset, "depth", STRATA_NUL, NULL, &depth, &w->err));
      strata_dataset_close(dataset);
      CALL(strata_array_write(depth, 1, &cell, &one, &value, sizeof value, NULL, &w->err));
      strata_array_close(depth);
      if (i % 10 == w->number) CALL(strata_store_flush(s->store, NULL, &w->err));
    }
  CALL(strata_store_flush(s->store, NULL, &w->err));
}

static void cells_written_by_many_are_all_there(void **state) {
  (void)state;
  enum { kWriters = 4 };
  stage s = make_stage(scratch("cells"));
  run_workers(kWriters, write_own_cell, &s);
  strata_store_close(s.store);
  OK(strata_store_open(s.context, s.path, STRATA_NUL, NULL, NULL, &s.store, &err));
  int32_t got[kDatasets][kCells];
  OK(strata_store_read_stacked(s.store, "depth", STRATA_NUL, NULL, 0, 0, NULL, NULL, NULL, got, sizeof got, NULL, NULL,
                               &err));
  for (int i = 0; i < kDatasets; ++i)
    for (int k = 0; k < kCells; ++k) assert_int_equal(got[i][k], k < kWriters ? -(2000 + i * 10 + k) : i * 100 + k);
  close_stage(&s);
}

/* Writers with handles of their own: who is second is told, forgets, looks again and repeats. */
static void add_through_own_handle(worker *w) {
  stage *s = w->shared;
  strata_store *store = NULL;
  CALL(strata_store_open(w->number % 2 ? NULL : s->context, s->path, STRATA_NUL, NULL, NULL, &store, &w->err));
  for (int made = 0; made < 12;) {
    char name[32];
    CALL(add_dataset(store, dataset_name(name, 7000 + 100 * w->number + made), made, &w->err));
    strata_status status = strata_store_flush(store, NULL, &w->err);
    if (status == STRATA_OK) {
      ++made;
      continue;
    }
    EXPECT(status == STRATA_E_CONFLICT);
    CALL(strata_store_discard(store, &w->err));
    CALL(strata_store_refresh(store, NULL, NULL, &w->err));
  }
  strata_store_close(store);
}

static void writers_with_own_handles_lose_no_dataset(void **state) {
  (void)state;
  enum { kWriters = 3 };
  stage s = make_stage(scratch("handles"));
  run_workers(kWriters, add_through_own_handle, &s);
  int moved = 0;
  OK(strata_store_refresh(s.store, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_int_equal(dataset_count(s.store), kDatasets + kWriters * 12);
  for (int writer = 0; writer < kWriters; ++writer)
    for (int i = 0; i < 12; ++i) {
      char text[32];
      const char *name = dataset_name(text, 7000 + 100 * writer + i);
      int32_t got[kCells];
      OK(strata_store_read_stacked(s.store, "depth", STRATA_NUL, &name, 1, 0, NULL, NULL, NULL, got, sizeof got, NULL,
                                   NULL, &err));
      assert_int_equal(got[kCells - 1], i + kCells - 1);
    }
  close_stage(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_read_across_one_store),
      cmocka_unit_test(datasets_made_by_many_are_all_there),
      cmocka_unit_test(reads_across_go_on_beside_changes),
      cmocka_unit_test(cells_written_by_many_are_all_there),
      cmocka_unit_test(writers_with_own_handles_lose_no_dataset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
