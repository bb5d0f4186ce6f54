/* Growing, shrinking and appending. */
#include "store_support.h"

static void resize(strata_array *array, uint32_t ndim, const uint64_t *shape) { OK(strata_array_resize(array, ndim, shape, NULL, &err)); }

static void assert_shape(strata_array *array, uint32_t ndim, const uint64_t *want) {
  uint64_t got[8];
  OK(strata_array_shape(array, got, 8, &err));
  assert_int_equal(strata_array_ndim(array), ndim);
  for (uint32_t i = 0; i < ndim; ++i) assert_int_equal(got[i], want[i]);
}

static void assert_row(strata_array *array, size_t n, const int32_t *want) {
  int32_t got[64];
  read_all(array, got, n * sizeof *got);
  for (size_t i = 0; i < n; ++i)
    if (got[i] != want[i]) fail_msg("element %zu is %d, not %d", i, got[i], want[i]);
}

static const int32_t kFill = -1;
static strata_array *row_of(strata_file *file, uint64_t n, uint64_t chunk) {
  return define_with_fill(file, "a", STRATA_INT32, 1, &n, &chunk, STRATA_INT32, &kFill, sizeof kFill);
}
static const int32_t kCount[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

/* The chunk at the edge holds 2 of its 4 cells; grown, the others are fill. Before the flush, after it, opened anew, compacted. */
static void growing(void **state) {
  (void)state;
  const char *path = scratch("grow.af");
  strata_file *file = create_file(path);
  strata_array *a = row_of(file, 6, 4);
  write_i32(a, 0, 6, kCount);
  flush(file);
  resize(a, 1, DIMS(11));
  write_i32(a, 9, 1, kCount);
  for (int round = 0; round < 4; ++round) {
    assert_shape(a, 1, DIMS(11));
    assert_row(a, 11, (const int32_t[]){1, 2, 3, 4, 5, 6, -1, -1, -1, 1, -1});
    strata_array_close(a);
    if (round == 0) flush(file);
    if (round == 1) file = reopened(file, path);
    if (round == 2) compact(file);
    a = open_array(file, "a");
  }
  strata_statistics s = STRATA_STATISTICS_INIT;
  OK(strata_array_statistics(a, NULL, &s, &err));
  assert_int_equal(s.row_count, 11);
  assert_int_equal(s.null_count, 4);
  assert_int_equal(s.max.i, 6);
  strata_array_close(a);
  strata_file_close(file);
}

/* What is cut off does not come back: in the middle of a chunk, whole chunks, in one session and over several. */
static void shrinking(void **state) {
  (void)state;
  for (int flushes = 0; flushes < 8; ++flushes) {
    const char *path = scratch("shrink.af");
    strata_file *file = create_file(path);
    strata_array *a = row_of(file, 10, 3);
    write_i32(a, 0, 10, kCount);
    if (flushes & 1) flush(file);
    resize(a, 1, DIMS(5));
    assert_row(a, 5, kCount);
    FAILS(STRATA_E_RANGE, strata_array_read(a, 1, DIMS(4), DIMS(2), NULL, NULL, 0, NULL, &err));
    if (flushes & 2) flush(file);
    resize(a, 1, DIMS(9));
    assert_row(a, 9, (const int32_t[]){1, 2, 3, 4, 5, -1, -1, -1, -1});
    write_i32(a, 7, 1, kCount);
    if (flushes & 4) compact(file);
    flush(file);
    assert_row(a, 9, (const int32_t[]){1, 2, 3, 4, 5, -1, -1, 1, -1});
    strata_array_close(a);
    file = reopened(file, path);
    a = open_array(file, "a");
    assert_row(a, 9, (const int32_t[]){1, 2, 3, 4, 5, -1, -1, 1, -1});
    strata_statistics s = STRATA_STATISTICS_INIT;
    OK(strata_array_statistics(a, NULL, &s, &err));
    assert_int_equal(s.row_count, 9);
    assert_int_equal(s.null_count, 3);
    strata_array_close(a);
    strata_file_close(file);
    remove(path);
    for (int i = 1; i < 9; ++i) {
      char name[32];
      snprintf(name, sizeof name, "shrink.%d.af", i);
      remove(scratch(name));
    }
    remove(scratch("shrink.stats"));
  }
}

/* Random shapes of three dimensions against a model in memory; flushes, compactions and reopenings in between. */
static void random_shapes(void **state) {
  (void)state;
  enum { kMost = 9 };
  const char *path = scratch("model.af");
  strata_file *file = create_file(path);
  uint64_t shape[3] = {4, 5, 3}, chunk[3] = {2, 3, 2}, seed = 20261121;
  strata_array *a = define_with_fill(file, "a", STRATA_INT32, 3, shape, chunk, STRATA_INT32, &kFill, sizeof kFill);
  static int32_t model[kMost][kMost][kMost];
  memset(model, 0xFF, sizeof model);
  for (int step = 0; step < 400; ++step) {
    const uint64_t what = random_number(&seed) % 8;
    if (what < 3) {
      for (int i = 0; i < 3; ++i)
        if (random_number(&seed) % 2) shape[i] = random_number(&seed) % (kMost + 1);
      resize(a, 3, shape);
      for (uint64_t x = 0; x < kMost; ++x)
        for (uint64_t y = 0; y < kMost; ++y)
          for (uint64_t z = 0; z < kMost; ++z)
            if (x >= shape[0] || y >= shape[1] || z >= shape[2]) model[x][y][z] = -1;
    } else if (what < 6) {
      uint64_t from[3], count[3], n = 1;
      for (int i = 0; i < 3; ++i) {
        from[i] = random_number(&seed) % (shape[i] + 1);
        count[i] = random_number(&seed) % (shape[i] - from[i] + 1);
        n *= count[i];
      }
      int32_t values[kMost * kMost * kMost];
      for (uint64_t i = 0; i < n; ++i) {
        values[i] = (int32_t)(step * 1000 + (int)i);
        model[from[0] + i / (count[1] * count[2])][from[1] + i / count[2] % count[1]][from[2] + i % count[2]] = values[i];
      }
      OK(strata_array_write(a, 3, from, count, values, n * sizeof *values, NULL, &err));
    } else if (what == 6) {
      flush(file);
    } else if (random_number(&seed) % 2) {
      compact(file);
    } else {
      flush(file);
      strata_array_close(a);
      file = reopened(file, path);
      a = open_array(file, "a");
    }
    int32_t got[kMost * kMost * kMost];
    read_all(a, got, shape[0] * shape[1] * shape[2] * sizeof *got);
    for (uint64_t i = 0; i < shape[0] * shape[1] * shape[2]; ++i) {
      const uint64_t x = i / (shape[1] * shape[2]), y = i / shape[2] % shape[1], z = i % shape[2];
      if (got[i] != model[x][y][z]) fail_msg("step %d: %d instead of %d", step, got[i], model[x][y][z]);
    }
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void appending(void **state) {
  (void)state;
  const char *path = scratch("append.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 2, DIMS(0, 3), DIMS(4, 2));
  int32_t row[6];
  for (int32_t i = 0; i < 50; ++i) {
    uint64_t at = 99;
    for (int32_t k = 0; k < 3; ++k) row[k] = 10 * i + k;
    OK(strata_array_append(a, 0, 1, row, 12, NULL, &at, &err));
    assert_int_equal(at, i);
    if (i % 7 == 6) flush(file);
  }
  OK(strata_array_append(a, 0, 0, NULL, 0, NULL, NULL, &err));
  const int32_t column[50] = {5, 6};
  OK(strata_array_append(a, 1, 1, column, sizeof column, NULL, NULL, &err));
  flush(file);
  strata_array_close(a);
  file = reopened(file, path);
  a = open_array(file, "a");
  assert_shape(a, 2, DIMS(50, 4));
  int32_t got[200];
  read_all(a, got, sizeof got);
  for (int i = 0; i < 50; ++i) {
    for (int k = 0; k < 3; ++k) assert_int_equal(got[4 * i + k], 10 * i + k);
    assert_int_equal(got[4 * i + 3], column[i]);
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void appending_text(void **state) {
  (void)state;
  const char *path = scratch("text.af");
  strata_file *file = create_file(path);
  strata_array *t = define(file, "t", STRATA_STRING, 1, DIMS(3), DIMS(2));
  const int64_t offsets[] = {0, 1, 3, 6};
  OK(strata_array_write_varlen(t, 1, NULL, NULL, offsets, 4, "abbccc", 6, NULL, &err));
  flush(file);
  OK(strata_array_append_varlen(t, 0, 3, offsets, 4, "xyyzzz", 6, NULL, NULL, &err));
  resize(t, 1, DIMS(5));
  flush(file);
  strata_array_close(t);
  file = reopened(file, path);
  t = open_array(file, "t");
  strata_buffer *ends = NULL, *text = NULL;
  OK(strata_array_read_varlen(t, 1, NULL, NULL, NULL, &ends, &text, &err));
  assert_int_equal(strata_buffer_size(text), 9);
  assert_memory_equal(strata_buffer_data(text), "abbcccxyy", 9);
  strata_buffer_release(ends);
  strata_buffer_release(text);
  strata_array_close(t);
  strata_file_close(file);
}

/* All handles of an array see its shape; one of another file handle after a refresh. Discarding takes it back. */
static void who_sees_it(void **state) {
  (void)state;
  const char *path = scratch("seen.af");
  strata_file *file = create_file(path);
  strata_array *a = row_of(file, 6, 4), *same = open_array(file, "a");
  write_i32(a, 0, 6, kCount);
  flush(file);
  strata_file *other = open_file(path);
  strata_array *there = open_array(other, "a");
  resize(a, 1, DIMS(8));
  assert_shape(same, 1, DIMS(8));
  assert_shape(there, 1, DIMS(6));
  OK(strata_file_discard(file, &err));
  assert_shape(a, 1, DIMS(6));
  assert_row(a, 6, kCount);
  resize(a, 1, DIMS(7));
  flush(file);
  int moved = 0;
  OK(strata_file_refresh(other, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_shape(there, 1, DIMS(7));
  assert_row(there, 7, (const int32_t[]){1, 2, 3, 4, 5, 6, -1});
  strata_array_close(there);
  strata_array_close(same);
  strata_array_close(a);
  strata_file_close(other);
  strata_file_close(file);
}

static void refused(void **state) {
  (void)state;
  const char *path = scratch("refused.af");
  strata_file *file = create_file(path);
  strata_array *a = row_of(file, 6, 4), *t = define(file, "t", STRATA_STRING, 1, DIMS(1), NULL);
  write_i32(a, 0, 6, kCount);
  flush(file);
  FAILS(STRATA_E_INVALID, strata_array_resize(a, 2, DIMS(6, 1), NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_resize(a, 1, NULL, NULL, &err));
  FAILS(STRATA_E_LIMIT, strata_array_resize(a, 1, DIMS(UINT64_C(1) << 32), NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_append(a, 1, 1, kCount, 4, NULL, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_append(a, 0, 2, kCount, 4, NULL, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_append(a, 0, 1, NULL, 4, NULL, NULL, &err));
  FAILS(STRATA_E_LIMIT, strata_array_append(a, 0, UINT64_MAX, kCount, 4, NULL, NULL, &err));
  FAILS(STRATA_E_TYPE, strata_array_append(t, 0, 1, kCount, 4, NULL, NULL, &err));
  const int64_t ends[] = {0, 1};
  FAILS(STRATA_E_TYPE, strata_array_append_varlen(a, 0, 1, ends, 2, "x", 1, NULL, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_append_varlen(t, 0, 1, ends, 2, "\xff", 1, NULL, NULL, &err));
  assert_shape(t, 1, DIMS(1));
  strata_cancel *cancel = NULL;
  OK(strata_cancel_create(&cancel, &err));
  strata_cancel_trigger(cancel);
  FAILS(STRATA_E_CANCELLED, strata_array_resize(a, 1, DIMS(9), cancel, &err));
  FAILS(STRATA_E_CANCELLED, strata_array_append(a, 0, 1, kCount, 4, cancel, NULL, &err));
  strata_cancel_close(cancel);
  assert_shape(a, 1, DIMS(6));
  assert_row(a, 6, kCount);
  assert_int_equal(pending_of(file).arrays, 0);
  resize(a, 1, DIMS(6)); /* as it is: nothing to do */
  assert_int_equal(pending_of(file).arrays, 0);
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  FAILS(STRATA_E_STALE, strata_array_resize(a, 1, DIMS(9), NULL, &err));
  strata_array_close(a);
  strata_array_close(t);
  flush(file);
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.flags = STRATA_READ_ONLY;
  strata_file *reader = NULL;
  OK(strata_file_open(NULL, path, STRATA_NUL, &options, NULL, &reader, &err));
  t = open_array(reader, "t");
  FAILS(STRATA_E_READ_ONLY, strata_array_resize(t, 1, DIMS(9), NULL, &err));
  strata_array_close(t);
  strata_file_close(reader);
  strata_file_close(file);
}

/* 0-d arrays have nothing to resize; axes of no length and back. */
static void odd_shapes(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *zero = define(file, "zero", STRATA_INT32, 0, NULL, NULL);
  resize(zero, 0, NULL);
  FAILS(STRATA_E_INVALID, strata_array_append(zero, 0, 1, kCount, 4, NULL, NULL, &err));
  strata_array_close(zero);
  strata_array *a = row_of(file, 6, 4);
  write_i32(a, 0, 6, kCount);
  flush(file);
  resize(a, 1, DIMS(0));
  assert_row(a, 0, NULL);
  flush(file);
  resize(a, 1, DIMS(5));
  assert_row(a, 5, (const int32_t[]){-1, -1, -1, -1, -1});
  flush(file);
  assert_row(a, 5, (const int32_t[]){-1, -1, -1, -1, -1});
  resize(a, 1, DIMS(UINT32_MAX)); /* costs nothing */
  flush(file);
  assert_int_equal(read_i32(a, UINT32_MAX - 1), -1);
  strata_array_close(a);
  strata_file_close(file);
}

/* The registry of a store follows. */
static void arrays_of_datasets(void **state) {
  (void)state;
  const char *path = scratch("store");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "e", "x", 5);
  flush_store(store);
  strata_array *x = array_of(store, "d", "x");
  OK(strata_array_append(x, 0, 2, kCount, 8, NULL, NULL, &err));
  assert_int_equal(pending_in(store).arrays > 0, 1);
  flush_store(store);
  strata_array_close(x);
  store = reopened_store(store, path);
  x = array_of(store, "d", "x");
  assert_shape(x, 1, DIMS(6));
  assert_row(x, 6, (const int32_t[]){1, 2, 3, 4, 1, 2});
  strata_array_close(x);
  assert_array(store, "e", "x", 5);
  strata_store_close(store);
  char document[4096] = {0};
  FILE *f = fopen(inside(path, "atlas.json"), "rb");
  assert_non_null(f);
  assert_true(fread(document, 1, sizeof document - 1, f) > 0);
  fclose(f);
  const char *shape = strstr(document, "\"shape\"");
  assert_non_null(shape);
  while (*shape && *shape != '[') ++shape;
  while (*shape && (*shape < '0' || *shape > '9')) ++shape;
  assert_int_equal(atoi(shape), 6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(growing),        cmocka_unit_test(shrinking),   cmocka_unit_test(random_shapes),
      cmocka_unit_test(appending),      cmocka_unit_test(appending_text), cmocka_unit_test(who_sees_it),
      cmocka_unit_test(refused),        cmocka_unit_test(odd_shapes),  cmocka_unit_test(arrays_of_datasets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
