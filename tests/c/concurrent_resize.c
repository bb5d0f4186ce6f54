/* Arrays that grow and shrink beside reads, appends, flushes and copies, through one handle and through several. */
#include "threads.h"

enum { kWide = 37, kRows = 60, kAppenders = 2, kReaders = 2 };

typedef struct stage {
  strata_context *context;
  strata_file *file;
  strata_array *array;
  int over;
} stage;

static stage make_stage(const char *name) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 2;
  stage s = {NULL, NULL, NULL, 0};
  OK(strata_context_create(&o, NULL, 0, &s.context, &err));
  s.file = create_with(s.context, scratch(name), STRATA_CODEC_ZSTD);
  s.array = define(s.file, "a", STRATA_INT32, 2, DIMS(0, kWide), DIMS(7, 10));
  return s;
}

static void close_stage(stage *s) {
  strata_array_close(s->array);
  strata_file_close(s->file);
  strata_context_close(s->context);
}

/* A row is one number all along, and none is missing or there twice in the end. */
static void read_rows(worker *w, strata_array *array) {
  uint64_t shape[2];
  CALL(strata_array_shape(array, shape, 2, &w->err));
  EXPECT(shape[1] == kWide);
  EXPECT(shape[0] <= kAppenders * kRows);
  int32_t got[kAppenders * kRows][kWide];
  CALL(strata_array_read(array, 2, DIMS(0, 0), shape, NULL, got, sizeof got, NULL, &w->err));
  for (uint64_t i = 0; i < shape[0]; ++i)
    for (int k = 1; k < kWide; ++k) EXPECT(got[i][k] == got[i][0]);
}

static void append_rows(worker *w, stage *s) {
  for (int i = 0; i < kRows; ++i) {
    int32_t row[kWide];
    for (int k = 0; k < kWide; ++k) row[k] = w->number * kRows + i;
    uint64_t at = 0;
    CALL(strata_array_append(s->array, 0, 1, row, sizeof row, NULL, &at, &w->err));
    EXPECT(at < kAppenders * kRows);
  }
}

static void append_read_and_flush(worker *w) {
  stage *s = w->shared;
  if (w->number < kAppenders) {
    append_rows(w, s);
    raise_by_one(&s->over);
    return;
  }
  while (seen(&s->over) < kAppenders) {
    if (w->number == kAppenders) CALL(strata_file_flush(s->file, NULL, &w->err));
    strata_array *own = NULL;
    CALL(strata_file_array_open(s->file, "a", 1, &own, &w->err));
    read_rows(w, own);
    strata_array_close(own);
    if (w->failure[0]) return;
  }
}

static void appending(void **state) {
  (void)state;
  stage s = make_stage("append.af");
  run_workers(kAppenders + kReaders, append_read_and_flush, &s);
  int32_t got[kAppenders * kRows][kWide];
  read_all(s.array, got, sizeof got);
  int seen_rows[kAppenders * kRows] = {0};
  for (int i = 0; i < kAppenders * kRows; ++i) ++seen_rows[got[i][0]];
  for (int i = 0; i < kAppenders * kRows; ++i) assert_int_equal(seen_rows[i], 1);
  close_stage(&s);
}

/* One thread changes the shape up and down, the others read what they think is there, or are told that it is not. */
static void change(worker *w, stage *s) {
  static const uint64_t kShapes[][2] = {{20, kWide}, {3, 5}, {9, 80}, {0, 0}, {50, 11}, {50, kWide}};
  for (int i = 0; i < 60; ++i) {
    const uint64_t *shape = kShapes[i % (int)LENGTH(kShapes)];
    CALL(strata_array_resize(s->array, 2, shape, NULL, &w->err));
    if (shape[0]) {
      const int32_t one = 1;
      CALL(strata_array_write(s->array, 2, DIMS(shape[0] - 1, 0), DIMS(1, 1), &one, 4, NULL, &w->err));
    }
    if (i % 5 == 4) CALL(strata_file_flush(s->file, NULL, &w->err));
    if (i % 20 == 19) CALL(strata_file_compact(s->file, NULL, &w->err));
  }
}

static void change_and_read(worker *w) {
  stage *s = w->shared;
  if (w->number == 0) {
    change(w, s);
    set(&s->over, 1);
    return;
  }
  int32_t got[50 * 80];
  while (!seen(&s->over)) {
    uint64_t shape[2];
    CALL(strata_array_shape(s->array, shape, 2, &w->err));
    strata_error_init(&w->err);
    strata_status read = strata_array_read(s->array, 2, DIMS(0, 0), shape, NULL, got, sizeof got, NULL, &w->err);
    EXPECT(read == STRATA_OK || read == STRATA_E_RANGE);
    if (read == STRATA_OK)
      for (uint64_t i = 0; i < shape[0] * shape[1]; ++i) EXPECT(got[i] == 0 || got[i] == 1);
  }
}

static void changing_shapes(void **state) {
  (void)state;
  stage s = make_stage("shapes.af");
  run_workers(1 + kReaders, change_and_read, &s);
  close_stage(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(appending), cmocka_unit_test(changing_shapes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
