/* Writers with handles of their own, each with its own part of one file: none is refused, whoever compacts beside them, and a
 * reader that refreshes sees whole commits only. */
#include "threads.h"

enum { kWriters = 3, kCompactor = kWriters, kDefiner, kReader, kWorkers, kCounts = 15, kWide = 4 };

typedef struct stage {
  strata_context *context; /* of every second worker; the others have their own */
  const char *path;
  int writing;
} stage;

static const char *own_key(int writer) {
  static const char *const keys[kWriters] = {"zero", "one", "two"};
  return keys[writer];
}

/* Others may have been faster too often. */
static void commit(worker *w, strata_status (*how)(strata_file *, strata_cancel *, strata_error *), strata_file *file) {
  strata_status status;
  do status = how(file, NULL, &w->err);
  while (status == STRATA_E_BUSY);
  if (status != STRATA_OK) NOTE("worker %d: %s: %s", w->number, strata_status_name(status), w->err.message);
}

static void write_own_chunk(worker *w, strata_file *file, strata_array *cells) {
  const uint64_t start = (uint64_t)w->number * kWide, count = kWide;
  for (int32_t i = 1; i <= kCounts && !w->failure[0]; ++i) {
    const int32_t values[kWide] = {i, i, i, i};
    CALL(strata_array_write(cells, 1, &start, &count, values, sizeof values, NULL, &w->err));
    CALL(strata_array_set_attribute(cells, own_key(w->number), STRATA_NUL, STRATA_INT32, &i, sizeof i, &w->err));
    commit(w, strata_file_flush, file);
  }
}

static void define_and_delete(worker *w, strata_file *file) {
  char name[16] = "", former[16];
  for (int i = 0; i < kCounts && !w->failure[0]; ++i) {
    memcpy(former, name, sizeof former);
    snprintf(name, sizeof name, "own%d", i);
    strata_array *array = NULL;
    CALL(strata_file_define(file, name, STRATA_NUL, STRATA_INT8, 1, DIMS(3), NULL, NULL, 0, NULL, 0, NULL, &array, &w->err));
    CALL(strata_array_write(array, 1, NULL, NULL, "abc", 3, NULL, &w->err));
    strata_array_close(array);
    if (former[0]) CALL(strata_file_delete(file, former, STRATA_NUL, NULL, &w->err));
    commit(w, strata_file_flush, file);
  }
}

/* What one commit wrote is seen together: a chunk's cells and the attribute. */
static void read_whole_commits(worker *w, strata_file *file, strata_array *cells, int32_t *last) {
  int32_t got[kWriters * kWide];
  CALL(strata_file_refresh(file, NULL, NULL, &w->err));
  CALL(strata_array_read(cells, 1, NULL, NULL, NULL, got, sizeof got, NULL, &w->err));
  for (int i = 0; i < kWriters; ++i) {
    int32_t number = 0, type = 0;
    size_t size = 0;
    CALL(strata_array_get_attribute(cells, own_key(i), STRATA_NUL, &type, &number, sizeof number, &size, &w->err));
    EXPECT(number >= last[i]);
    for (int k = 0; k < kWide; ++k) EXPECT(got[i * kWide + k] == number);
    last[i] = number;
  }
}

static void work(worker *w) {
  stage *s = w->shared;
  strata_file *file = NULL;
  strata_array *cells = NULL;
  CALL(strata_file_open(w->number % 2 ? s->context : NULL, s->path, STRATA_NUL, NULL, NULL, &file, &w->err));
  CALL(strata_file_array_open(file, "cells", STRATA_NUL, &cells, &w->err));
  int32_t last[kWriters] = {0};
  if (w->number < kWriters) write_own_chunk(w, file, cells);
  else if (w->number == kDefiner) define_and_delete(w, file);
  if (w->number < kWriters || w->number == kDefiner) raise_by_one(&s->writing);
  while (w->number == kCompactor && seen(&s->writing) <= kWriters && !w->failure[0]) commit(w, strata_file_compact, file);
  while (w->number == kReader && seen(&s->writing) <= kWriters && !w->failure[0]) read_whole_commits(w, file, cells, last);
  strata_array_close(cells);
  strata_file_close(file);
}

static void writers_of_different_parts_are_never_refused(void **state) {
  (void)state;
  stage s = {NULL, scratch("parts.af"), 0};
  OK(strata_context_create(NULL, NULL, 0, &s.context, &err));
  strata_file *file = create_file(s.path);
  strata_array *cells = define(file, "cells", STRATA_INT32, 1, DIMS(kWriters * kWide), DIMS(kWide));
  const int32_t zeroes[kWriters * kWide] = {0};
  write_all(cells, zeroes, sizeof zeroes);
  for (int i = 0; i < kWriters; ++i)
    OK(strata_array_set_attribute(cells, own_key(i), STRATA_NUL, STRATA_INT32, zeroes, sizeof zeroes[0], &err));
  flush(file);
  run_workers(kWorkers, work, &s);
  OK(strata_file_refresh(file, NULL, NULL, &err));
  int32_t got[kWriters * kWide];
  read_all(cells, got, sizeof got);
  for (size_t i = 0; i < LENGTH(got); ++i) assert_int_equal(got[i], kCounts);
  char names[32];
  snprintf(names, sizeof names, "cells,own%d", kCounts - 1);
  assert_string_equal(names_in(file), names);
  strata_array_close(cells);
  strata_file_close(file);
  strata_context_close(s.context);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(writers_of_different_parts_are_never_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
