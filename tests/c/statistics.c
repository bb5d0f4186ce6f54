/* Statistics of arrays: as of the last flush, whatever layers the chunks lie in. Those of datasets' arrays: store.c. */
#include <math.h>

#include "support.h"

static strata_statistics statistics_of(strata_array *a) {
  strata_statistics s = STRATA_STATISTICS_INIT;
  OK(strata_array_statistics(a, NULL, &s, &err));
  assert_true(s.null_count <= s.row_count);
  return s;
}

static void assert_no_statistics(strata_array *a) {
  strata_statistics s = STRATA_STATISTICS_INIT;
  FAILS(STRATA_E_NOT_FOUND, strata_array_statistics(a, NULL, &s, &err));
}

static void assert_int(strata_array *a, uint64_t rows, uint64_t nulls, int64_t min, int64_t max) {
  const strata_statistics s = statistics_of(a);
  assert_int_equal(s.row_count, rows);
  assert_int_equal(s.null_count, nulls);
  assert_int_equal(s.value_type, STRATA_INT64);
  assert_int_equal(s.min.i, min);
  assert_int_equal(s.max.i, max);
}

static void assert_all_null(strata_array *a, uint64_t rows) {
  const strata_statistics s = statistics_of(a);
  assert_int_equal(s.row_count, rows);
  assert_int_equal(s.null_count, rows);
  assert_int_equal(s.value_type, STRATA_TYPE_NONE);
}

static uint64_t bits_of(double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits;
}

/* Two cells of four written, of each type: min, max, and how they come. */
static void every_type_has_its_kind(void **state) {
  (void)state;
  const uint8_t b[2] = {1, 0}, u8[2] = {255, 7};
  const int8_t i8[2] = {-128, 127};
  const int16_t i16[2] = {5, -32768};
  const int32_t i32[2] = {INT32_MIN, -1};
  const int64_t i64[2] = {INT64_MIN, INT64_MAX}, when[2] = {-1, 1700000000000000000};
  const uint16_t u16[2] = {65535, 0};
  const uint32_t u32[2] = {UINT32_MAX, 1};
  const uint64_t u64[2] = {UINT64_MAX, UINT64_C(1) << 63};
  const float f32[2] = {0.1f, -2.5f};
  const double f64[2] = {INFINITY, -INFINITY};
  const struct {
    int32_t type;
    const void *values;
    int32_t kind;
    uint64_t min, max;
  } all[] = {
      {STRATA_BOOL, b, STRATA_UINT64, 0, 1},
      {STRATA_INT8, i8, STRATA_INT64, (uint64_t)-128, 127},
      {STRATA_INT16, i16, STRATA_INT64, (uint64_t)-32768, 5},
      {STRATA_INT32, i32, STRATA_INT64, (uint64_t)(int64_t)INT32_MIN, (uint64_t)-1},
      {STRATA_INT64, i64, STRATA_INT64, (uint64_t)INT64_MIN, INT64_MAX},
      {STRATA_UINT8, u8, STRATA_UINT64, 7, 255},
      {STRATA_UINT16, u16, STRATA_UINT64, 0, 65535},
      {STRATA_UINT32, u32, STRATA_UINT64, 1, UINT32_MAX},
      {STRATA_UINT64, u64, STRATA_UINT64, UINT64_C(1) << 63, UINT64_MAX},
      {STRATA_FLOAT32, f32, STRATA_FLOAT64, bits_of(-2.5), bits_of((double)0.1f)},
      {STRATA_FLOAT64, f64, STRATA_FLOAT64, bits_of(-INFINITY), bits_of(INFINITY)},
      {STRATA_TIMESTAMP_NS, when, STRATA_TIMESTAMP_NS, (uint64_t)-1, 1700000000000000000},
  };
  const char *path = scratch("types.af");
  strata_file *file = create_file(path);
  for (size_t i = 0; i < LENGTH(all); ++i) {
    /* Chunks of 1: those not written are not there. */
    strata_array *a = define(file, strata_type_name(all[i].type), all[i].type, 1, DIMS(4), DIMS(1));
    OK(strata_array_write(a, 1, DIMS(1), DIMS(2), all[i].values, 2 * strata_type_size(all[i].type), NULL, &err));
    assert_no_statistics(a); /* not before the flush */
    strata_array_close(a);
  }
  flush(file);
  for (int round = 0; round < 4; ++round) {
    for (size_t i = 0; i < LENGTH(all); ++i) {
      strata_array *a = open_array(file, strata_type_name(all[i].type));
      const strata_statistics s = statistics_of(a);
      assert_int_equal(s.row_count, 4);
      assert_int_equal(s.null_count, 2);
      assert_int_equal(s.value_type, all[i].kind);
      assert_int_equal(s.min.u, all[i].min);
      assert_int_equal(s.max.u, all[i].max);
      size_t needed;
      FAILS(STRATA_E_NOT_FOUND, strata_array_statistics_text(a, 0, NULL, NULL, 0, &needed, &err));
      strata_array_close(a);
    }
    if (round == 1) compact(file);
    strata_file_close(file);
    if (round == 2) assert_int_equal(remove(scratch("types.stats")), 0); /* derived: found again from the chunks */
    file = open_file(path);
  }
  strata_file_close(file);
}

static void text_has_its_own_call(void **state) {
  (void)state;
  const char *path = scratch("text.af");
  strata_file *file = create_file(path);
  strata_array *a = define_with_fill(file, "a", STRATA_STRING, 1, DIMS(6), DIMS(2), STRATA_STRING, "n/a", 3);
  const int64_t offsets[5] = {0, 3, 7, 9, 10};
  OK(strata_array_write_varlen(a, 1, DIMS(0), DIMS(4), offsets, 5, "n/apear\xC3\xA9Z", 10, NULL, &err));
  flush(file);
  for (int round = 0; round < 3; ++round) {
    strata_statistics s = statistics_of(a);
    assert_int_equal(s.row_count, 6);
    assert_int_equal(s.null_count, 3); /* two never written, one equal to the fill */
    assert_int_equal(s.value_type, STRATA_BINARY);
    char text[8] = ".......";
    size_t needed = 0;
    OK(strata_array_statistics_text(a, 0, NULL, text, sizeof text, &needed, &err));
    assert_int_equal(needed, 1);
    assert_int_equal(text[0], 'Z');
    OK(strata_array_statistics_text(a, 1, NULL, text, sizeof text, &needed, &err));
    assert_int_equal(needed, 2);
    assert_memory_equal(text, "\xC3\xA9", 2); /* bytes are unsigned */
    FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_statistics_text(a, 1, NULL, text, 1, &needed, &err));
    assert_int_equal(needed, 2);
    OK(strata_array_statistics_text(a, 1, NULL, NULL, 0, &needed, &err));
    assert_int_equal(needed, 2);
    FAILS(STRATA_E_INVALID, strata_array_statistics_text(a, 2, NULL, text, 8, &needed, &err));
    if (round == 0) compact(file);
    if (round == 1) {
      strata_array_close(a);
      file = reopened(file, path);
      a = open_array(file, "a");
    }
  }
  strata_array_close(a);
  strata_file_close(file);
}

static strata_statistics of_doubles(const double *values, uint64_t n, const double *fill) {
  strata_file *file = memory_file();
  strata_array *a = define_with_fill(file, "a", STRATA_FLOAT64, 1, DIMS(n), DIMS(3),
                                     fill ? STRATA_FLOAT64 : STRATA_TYPE_NONE, fill, fill ? sizeof *fill : 0);
  write_all(a, values, n * sizeof *values);
  flush(file);
  const strata_statistics s = statistics_of(a);
  strata_array_close(a);
  strata_file_close(file);
  return s;
}

static void floats_are_in_total_order(void **state) {
  (void)state;
  const double minus_nan = copysign(NAN, -1.0), plus_nan = copysign(NAN, 1.0), zero = 0.0, minus_zero = -0.0;
  const double zeroes[4] = {zero, minus_zero, zero, minus_zero};
  strata_statistics s = of_doubles(zeroes, 4, NULL);
  assert_int_equal(bits_of(s.min.f), bits_of(-0.0));
  assert_int_equal(bits_of(s.max.f), bits_of(0.0));
  assert_int_equal(s.null_count, 0);
  const double nans[5] = {1, plus_nan, INFINITY, minus_nan, -INFINITY};
  s = of_doubles(nans, 5, NULL);
  assert_true(isnan(s.min.f) && signbit(s.min.f));
  assert_true(isnan(s.max.f) && !signbit(s.max.f));
  /* A fill that is NaN takes every NaN; one that is 0 takes -0 as well. */
  s = of_doubles(nans, 5, &plus_nan);
  assert_int_equal(s.null_count, 2);
  assert_true(s.min.f == -INFINITY && s.max.f == INFINITY);
  const double mixed[5] = {3, minus_zero, zero, -1, 3};
  s = of_doubles(mixed, 5, &zero);
  assert_int_equal(s.null_count, 2);
  assert_true(s.min.f == -1 && s.max.f == 3);
  /* Nothing but fill: no range. */
  s = of_doubles(zeroes, 4, &zero);
  assert_int_equal(s.null_count, 4);
  assert_int_equal(s.value_type, STRATA_TYPE_NONE);
}

static void unwritten_cells_are_null(void **state) {
  (void)state;
  const char *path = scratch("unwritten.af");
  strata_file *file = create_file(path);
  const int32_t fill = -1, five = 5;
  strata_array *a = define_with_fill(file, "a", STRATA_INT32, 1, DIMS(10), DIMS(4), STRATA_INT32, &fill, sizeof fill);
  strata_array *never = define(file, "never", STRATA_INT32, 1, DIMS(10), DIMS(4));
  flush(file);
  assert_no_statistics(a);
  assert_no_statistics(never);
  write_i32(a, 3, 1, &five); /* the rest of its chunk is fill */
  write_i32(a, 4, 1, &fill);
  assert_no_statistics(a);
  flush(file);
  assert_int(a, 10, 9, 5, 5);
  assert_no_statistics(never);
  write_i32(a, 3, 1, &fill);
  assert_int(a, 10, 9, 5, 5); /* unflushed changes do not count */
  flush(file);
  assert_all_null(a, 10);
  compact(file);
  assert_all_null(a, 10);
  assert_all_null(never, 10); /* a compaction looks at all arrays */
  strata_array_close(a);
  strata_array_close(never);
  file = reopened(file, path);
  never = open_array(file, "never");
  assert_all_null(never, 10);
  strata_array_close(never);
  strata_file_close(file);
  /* Without a fill the cells around a written one are zeroes that were written with it. */
  file = memory_file();
  a = define(file, "a", STRATA_INT32, 1, DIMS(10), DIMS(4));
  write_i32(a, 3, 1, &five);
  flush(file);
  assert_int(a, 10, 6, 0, 5);
  strata_array_close(a);
  strata_file_close(file);
}

static void the_newest_chunk_counts(void **state) {
  (void)state;
  const char *path = scratch("newest.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(12), DIMS(4));
  const int32_t low[4] = {-100, 1, 2, 3}, high[4] = {100, 5, 6, 7}, middle[4] = {10, 11, 12, 13};
  write_i32(a, 0, 4, low);
  flush(file);
  assert_int(a, 12, 8, -100, 3);
  write_i32(a, 4, 4, high);
  flush(file);
  assert_int(a, 12, 4, -100, 100);
  write_i32(a, 0, 4, middle); /* the minimum was only here */
  flush(file);
  assert_int(a, 12, 4, 5, 100);
  write_i32(a, 4, 1, middle); /* and the maximum here; a part of the chunk */
  flush(file);
  for (int round = 0; round < 4; ++round) {
    assert_int(a, 12, 4, 5, 13);
    if (round == 0) {
      strata_array_close(a);
      strata_file_close(file);
      assert_int_equal(remove(scratch("newest.stats")), 0);
      file = open_file(path);
      a = open_array(file, "a");
    }
    if (round == 1) compact(file);
    if (round == 2) {
      strata_array_close(a);
      file = reopened(file, path);
      a = open_array(file, "a");
    }
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void another_definition_starts_anew(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2)), *old = a;
  const int32_t values[6] = {1, 2, 3, 4, 5, 6}, other[2] = {8, 9};
  write_all(a, values, sizeof values);
  flush(file);
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  assert_no_statistics(a);
  flush(file);
  assert_all_null(a, 6);
  write_i32(a, 2, 2, other);
  flush(file);
  assert_int(a, 6, 4, 8, 9);
  compact(file);
  assert_int(a, 6, 4, 8, 9);
  strata_statistics s = STRATA_STATISTICS_INIT;
  FAILS(STRATA_E_STALE, strata_array_statistics(old, NULL, &s, &err));
  FAILS(STRATA_E_INVALID, strata_array_statistics(a, NULL, NULL, &err));
  FAILS(STRATA_E_HANDLE, strata_array_statistics(NULL, NULL, &s, &err));
  strata_array_close(old);
  strata_array_close(a);
  strata_file_close(file);
}

/* Random writes over many layers, with statistics counted by hand. */
static void over_many_layers(void **state) {
  (void)state;
  enum { kCells = 90 };
  const char *path = scratch("many_layers.af");
  strata_file *file = create_file(path);
  int16_t model[kCells], fill = 3;
  for (int i = 0; i < kCells; ++i) model[i] = fill;
  strata_array *a =
      define_with_fill(file, "a", STRATA_INT16, 1, DIMS(kCells), DIMS(7), STRATA_INT16, &fill, sizeof fill);
  uint64_t random = 8;
  for (int step = 0; step < 60; ++step) {
    const uint64_t start = (random_number(&random) >> 9) % kCells,
                   count = 1 + (random_number(&random) >> 9) % (kCells - start) / 3;
    int16_t values[kCells];
    for (uint64_t i = 0; i < count; ++i) model[start + i] = values[i] = (int16_t)(random_number(&random) >> 20) % 40;
    OK(strata_array_write(a, 1, &start, &count, values, count * sizeof *values, NULL, &err));
    if (step % 3 == 2) flush(file);
    if (step % 20 == 19) compact(file);
    if (step % 3 != 2) continue;
    if (step % 2) {
      strata_array_close(a);
      strata_file_close(file);
      if (step % 4 == 1) remove(scratch("many_layers.stats"));
      file = open_file(path);
      a = open_array(file, "a");
    }
    int64_t min = INT64_MAX, max = INT64_MIN, nulls = 0;
    for (int i = 0; i < kCells; ++i) {
      if (model[i] == fill) {
        ++nulls;
        continue;
      }
      if (model[i] < min) min = model[i];
      if (model[i] > max) max = model[i];
    }
    assert_int(a, kCells, (uint64_t)nulls, min, max);
  }
  strata_array_close(a);
  strata_file_close(file);
}

/* A file that is its base alone has nothing to merge: its arrays without data get their rows all the same. */
static void compacted_without_need(void **state) {
  (void)state;
  const char *path = scratch("store_alone");
  strata_store *store = NULL;
  OK(strata_store_create(NULL, path, STRATA_NUL, NULL, NULL, &store, &err));
  strata_dataset *d = NULL;
  OK(strata_store_dataset_create(store, "d", 1, &d, &err));
  strata_array *a = NULL;
  OK(strata_dataset_define(d, "a", 1, STRATA_INT16, 1, DIMS(5), NULL, NULL, 0, NULL, 0, NULL, &a, &err));
  OK(strata_store_flush(store, NULL, &err));
  strata_statistics s = STRATA_STATISTICS_INIT;
  FAILS(STRATA_E_NOT_FOUND, strata_array_statistics(a, NULL, &s, &err));
  strata_array_close(a);
  for (int round = 0; round < 3; ++round) {
    if (round == 0) OK(strata_store_compact(store, NULL, &err));
    OK(strata_dataset_array_open(d, "a", 1, NULL, &a, &err));
    OK(strata_array_statistics(a, NULL, &s, &err));
    assert_int_equal(s.row_count, 5);
    assert_int_equal(s.null_count, 5);
    assert_int_equal(s.value_type, STRATA_TYPE_NONE);
    strata_array_close(a);
    if (round) continue;
    strata_dataset_close(d);
    strata_store_close(store);
    OK(strata_store_open(NULL, path, STRATA_NUL, NULL, NULL, &store, &err));
    OK(strata_store_dataset_open(store, "d", 1, &d, &err));
  }
  strata_dataset_close(d);
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_type_has_its_kind),   cmocka_unit_test(text_has_its_own_call),
      cmocka_unit_test(floats_are_in_total_order), cmocka_unit_test(unwritten_cells_are_null),
      cmocka_unit_test(the_newest_chunk_counts),   cmocka_unit_test(another_definition_starts_anew),
      cmocka_unit_test(over_many_layers),
      cmocka_unit_test(compacted_without_need),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
