/* Arrays that are deleted and defined anew: never a value of the old one, whatever it looked like, in one session or over several. */
#include "support.h"

static const int32_t kOld[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

/* A file with "a", two dimensions in chunks of 2 x 2, all written, and "b" beside it. */
static strata_file *start(const char *path) {
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 2, DIMS(3, 4), DIMS(2, 2));
  write_all(a, kOld, sizeof kOld);
  strata_array_close(a);
  strata_array *b = define(file, "b", STRATA_INT32, 1, DIMS(5), NULL);
  write_i32(b, 0, 5, kOld);
  strata_array_close(b);
  flush(file);
  return file;
}

static void delete_a(strata_file *file) { OK(strata_file_delete(file, "a", 1, NULL, &err)); }

static void assert_b(strata_file *file) {
  strata_array *b = open_array(file, "b");
  int32_t got[5];
  read_all(b, got, sizeof got);
  assert_memory_equal(got, kOld, sizeof got);
  strata_array_close(b);
}

static void assert_i32(strata_file *file, const char *name, size_t n, const int32_t *want) {
  strata_array *a = open_array(file, name);
  int32_t got[64];
  read_all(a, got, n * sizeof *got);
  assert_memory_equal(got, want, n * sizeof *got);
  strata_array_close(a);
}

/* Another rank has no place for the old chunks: the flush leaves one layer without them. */
static void another_rank_in_one_flush(void **state) {
  (void)state;
  const char *path = scratch("rank.af");
  strata_file *file = start(path);
  delete_a(file);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(4));
  write_i32(a, 1, 2, kOld);
  strata_array *b = open_array(file, "b");
  write_i32(b, 4, 1, kOld + 4);
  flush(file);
  assert_int_equal(layer_count(file), 1);
  assert_int_equal(pending_of(file).arrays, 0);
  assert_int_equal(read_i32(a, 1), 1); /* the handle goes on */
  write_i32(a, 5, 1, kOld + 8);
  flush(file);
  strata_array_close(a);
  strata_array_close(b);
  for (int round = 0; round < 3; ++round) {
    assert_i32(file, "a", 6, (const int32_t[]){0, 1, 2, 0, 0, 9});
    assert_b(file);
    assert_string_equal(names_in(file), "b,a");
    if (round == 0) file = reopened(file, path);
    if (round == 1) compact(file);
  }
  strata_file_close(file);
}

static void smaller_in_one_flush(void **state) {
  (void)state;
  const char *path = scratch("smaller.af");
  strata_file *file = start(path);
  delete_a(file);
  strata_array_close(define(file, "a", STRATA_INT32, 2, DIMS(2, 3), DIMS(2, 2)));
  flush(file);
  file = reopened(file, path);
  assert_i32(file, "a", 6, (const int32_t[6]){0});
  assert_b(file);
  /* Nothing of the old one in the numbers either: an array without data has none, until a compaction counts it. */
  strata_array *a = open_array(file, "a");
  strata_statistics s = STRATA_STATISTICS_INIT;
  OK(strata_array_resize(a, 2, DIMS(3, 4), NULL, &err));
  flush(file);
  compact(file);
  OK(strata_array_statistics(a, NULL, &s, &err));
  assert_int_equal(s.null_count, 12);
  assert_int_equal(s.row_count, 12);
  strata_array_close(a);
  assert_i32(file, "a", 12, (const int32_t[12]){0});
  strata_file_close(file);
}

/* Same rank, wider elements, a larger grid: hidden below fill, in one small layer. */
static void wider_elements(void **state) {
  (void)state;
  const char *path = scratch("wider.af");
  strata_file *file = start(path);
  delete_a(file);
  const double fill = 2.5;
  strata_array *a = define_with_fill(file, "a", STRATA_FLOAT64, 2, DIMS(4, 4), DIMS(2, 2), STRATA_FLOAT64, &fill, sizeof fill);
  flush(file);
  assert_int_equal(layer_count(file), 3); /* an empty base, the old array, the new one */
  strata_array_close(a);
  file = reopened(file, path);
  a = open_array(file, "a");
  double got[16];
  read_all(a, got, sizeof got);
  for (int i = 0; i < 16; ++i) assert_true(got[i] == fill);
  strata_array_close(a);
  strata_file_close(file);
}

static void again_and_again(void **state) {
  (void)state;
  const char *path = scratch("again.af");
  strata_file *file = start(path);
  for (int round = 1; round <= 6; ++round) {
    delete_a(file);
    uint64_t shape[4] = {3, 2, 2, 3}, rank = (uint64_t)round % 4 + 1, one[4] = {0}, ones[4] = {1, 1, 1, 1};
    strata_array *a = define(file, "a", STRATA_INT32, (uint32_t)rank, shape, NULL);
    const int32_t value = round;
    OK(strata_array_write(a, (uint32_t)rank, one, ones, &value, sizeof value, NULL, &err));
    strata_array_close(a);
    if (round % 3) flush(file);
    if (round % 2) file = round % 3 ? reopened(file, path) : file;
    int32_t want[36] = {round};
    size_t n = 1;
    for (uint64_t i = 0; i < rank; ++i) n *= shape[i];
    assert_i32(file, "a", n, want);
    assert_b(file);
  }
  strata_file_close(file);
}

static strata_file *open_limited(const char *path, uint64_t limit) {
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.fold_limit_bytes = limit;
  strata_file *file = NULL;
  OK(strata_file_open(NULL, path, STRATA_NUL, &options, NULL, &file, &err));
  return file;
}

/* A file beyond the limit is not written anew by the way: the definition says so, and a compaction clears the place. */
static void beyond_the_limit(void **state) {
  (void)state;
  const char *path = scratch("limit.af");
  strata_file_close(start(path));
  strata_file *file = open_limited(path, 100);
  delete_a(file);
  strata_array *a = NULL;
  FAILS(STRATA_E_COMPACT_FIRST, strata_file_define(file, "a", 1, STRATA_INT32, 1, DIMS(6), NULL, NULL, 0, NULL, 0, NULL, &a, &err));
  assert_null(a);
  strata_array_close(define(file, "a", STRATA_INT64, 2, DIMS(4, 4), DIMS(2, 2))); /* this one needs no folding */
  delete_a(file);
  compact(file);
  assert_string_equal(names_in(file), "b");
  strata_array_close(define(file, "a", STRATA_INT32, 1, DIMS(6), NULL));
  flush(file);
  assert_i32(file, "a", 6, (const int32_t[6]){0});
  assert_b(file);
  strata_file_close(file);
}

static void given_up(void **state) {
  (void)state;
  const char *path = scratch("given_up.af");
  strata_file *file = start(path);
  delete_a(file);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), NULL);
  OK(strata_file_discard(file, &err));
  FAILS(STRATA_E_STALE, strata_array_write(a, 1, NULL, NULL, kOld, 24, NULL, &err));
  strata_array_close(a);
  assert_i32(file, "a", 12, kOld);
  strata_file_close(file);
}

/* Attributes, text and empty arrays go through it whole. */
static void everything_else_stays(void **state) {
  (void)state;
  const char *path = scratch("rest.af");
  strata_file *file = start(path);
  strata_array *t = define(file, "t", STRATA_STRING, 1, DIMS(3), DIMS(2));
  const int64_t offsets[] = {0, 3, 3, 7};
  OK(strata_array_write_varlen(t, 1, NULL, NULL, offsets, 4, "abcdefg", 7, NULL, &err));
  OK(strata_array_set_attribute(t, "units", STRATA_NUL, STRATA_STRING, "m", 1, &err));
  strata_array_close(define(file, "empty", STRATA_INT8, 2, DIMS(0, 3), NULL));
  flush(file);
  OK(strata_array_set_attribute(t, "n", STRATA_NUL, STRATA_INT32, &kOld[4], 4, &err));
  delete_a(file);
  strata_array_close(define(file, "a", STRATA_INT32, 0, NULL, NULL));
  flush(file);
  assert_int_equal(layer_count(file), 1);
  strata_array_close(t);
  file = reopened(file, path);
  assert_string_equal(names_in(file), "b,t,empty,a");
  t = open_array(file, "t");
  strata_buffer *ends = NULL, *text = NULL;
  OK(strata_array_read_varlen(t, 1, NULL, NULL, NULL, &ends, &text, &err));
  assert_memory_equal(strata_buffer_data(ends), offsets, sizeof offsets);
  assert_memory_equal(strata_buffer_data(text), "abcdefg", 7);
  strata_buffer_release(ends);
  strata_buffer_release(text);
  int32_t n = 0, type = 0;
  size_t needed = 0;
  OK(strata_array_get_attribute(t, "n", 1, &type, &n, sizeof n, &needed, &err));
  assert_int_equal(n, 5);
  OK(strata_array_get_attribute(t, "units", 5, &type, &n, sizeof n, &needed, &err));
  assert_int_equal(needed, 1);
  strata_array_close(t);
  strata_file_close(file);
}

/* What hides an old chunk is no data: its cells were never written, however the array is resized after that. */
static void hidden_and_resized(void **state) {
  (void)state;
  const char *path = scratch("hidden.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(7), DIMS(7));
  write_i32(a, 0, 3, (const int32_t[]){1, 2, 3});
  strata_array_close(a);
  flush(file);
  delete_a(file);
  a = define(file, "a", STRATA_INT32, 1, DIMS(7), DIMS(9)); /* no fill: a 0 that is written counts */
  flush(file);
  const uint64_t extents[] = {4, 8, 5};
  for (size_t i = 0; i < 3; ++i) {
    OK(strata_array_resize(a, 1, &extents[i], NULL, &err));
    flush(file);
    strata_statistics s = STRATA_STATISTICS_INIT;
    strata_status status = strata_array_statistics(a, NULL, &s, &err);
    if (status == STRATA_E_NOT_FOUND) continue; /* none is as good */
    assert_int_equal(status, STRATA_OK);
    assert_int_equal(s.row_count, extents[i]);
    assert_int_equal(s.null_count, extents[i]);
    assert_int_equal(s.value_type, STRATA_TYPE_NONE);
  }
  strata_array_close(a);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(another_rank_in_one_flush), cmocka_unit_test(smaller_in_one_flush),
      cmocka_unit_test(wider_elements),            cmocka_unit_test(again_and_again),
      cmocka_unit_test(beyond_the_limit),          cmocka_unit_test(given_up),
      cmocka_unit_test(everything_else_stays),     cmocka_unit_test(hidden_and_resized),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
