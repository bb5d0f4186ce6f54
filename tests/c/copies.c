/* Copies and new names of arrays and datasets. */
#include "store_support.h"

static void write_pattern(strata_array *a, int32_t first, uint64_t n) {
  int32_t values[256];
  for (uint64_t i = 0; i < n; ++i) values[i] = first + (int32_t)i;
  write_all(a, values, n * sizeof *values);
}

static void assert_pattern(strata_file *file, const char *name, int32_t first, uint64_t n) {
  strata_array *a = open_array(file, name);
  int32_t got[256];
  read_all(a, got, n * sizeof *got);
  for (uint64_t i = 0; i < n; ++i) assert_int_equal(got[i], first + (int32_t)i);
  strata_array_close(a);
}

static const int32_t kCodecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};

static void a_copy_is_one_of_its_own(void **state) {
  (void)state;
  for (size_t c = 0; c < LENGTH(kCodecs); ++c) {
    char name[32];
    snprintf(name, sizeof name, "copy%zu.af", c);
    const char *path = scratch(name);
    strata_file *file = create_with(NULL, path, kCodecs[c]);
    strata_array *a = define(file, "a", STRATA_INT32, 2, DIMS(10, 20), DIMS(3, 7));
    write_pattern(a, 100, 200);
    OK(strata_array_set_attribute(a, "units", STRATA_NUL, STRATA_STRING, "m", 1, &err));
    flush(file);
    OK(strata_array_write(a, 2, DIMS(4, 4), DIMS(1, 1), &(int32_t){-5}, 4, NULL, &err)); /* pending as well */
    OK(strata_file_copy(file, "a", 1, "b", 1, NULL, &err));
    OK(strata_array_write(a, 2, DIMS(4, 4), DIMS(1, 1), &(int32_t){184}, 4, NULL, &err));
    for (int round = 0; round < 3; ++round) {
      assert_string_equal(names_in(file), "a,b");
      assert_pattern(file, "a", 100, 200);
      strata_array *b = open_array(file, "b");
      int32_t got[200];
      read_all(b, got, sizeof got);
      for (int i = 0; i < 200; ++i) assert_int_equal(got[i], i == 84 ? -5 : 100 + i);
      char units[8] = "";
      int32_t type = 0;
      size_t needed = 0;
      OK(strata_array_get_attribute(b, "units", 5, &type, units, sizeof units, &needed, &err));
      assert_int_equal(units[0], 'm');
      strata_array_close(b);
      if (round == 0) {
        strata_array_close(a);
        flush(file);
        file = reopened(file, path);
      }
      if (round == 1) compact(file);
    }
    strata_file_close(file);
  }
}

/* Compressed frames go over as they are: nothing is decompressed. */
static void nothing_is_coded_again(void **state) {
  (void)state;
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  const char *path = scratch("frames.af");
  strata_file *file = create_with(context, path, STRATA_CODEC_ZSTD);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(1 << 20), DIMS(1 << 15));
  int32_t *values = malloc(4 << 20);
  assert_non_null(values);
  for (int32_t i = 0; i < 1 << 20; ++i) values[i] = i;
  write_all(a, values, 4 << 20);
  flush(file);
  const uint64_t before = counters_of(context).units_decoded;
  OK(strata_file_rename(file, "a", 1, "b", 1, NULL, &err));
  flush(file);
  assert_int_equal(counters_of(context).units_decoded, before);
  FAILS(STRATA_E_STALE, strata_array_read(a, 1, NULL, NULL, NULL, values, 4 << 20, NULL, &err));
  strata_array_close(a);
  a = open_array(file, "b");
  memset(values, 0, 4 << 20);
  read_all(a, values, 4 << 20);
  for (int32_t i = 0; i < 1 << 20; ++i)
    if (values[i] != i) fail_msg("element %d is %d", i, values[i]);
  free(values);
  strata_array_close(a);
  strata_file_close(file);
  strata_context_close(context);
}

static void renaming(void **state) {
  (void)state;
  const char *path = scratch("rename.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(10), DIMS(3));
  write_pattern(a, 7, 10);
  strata_array_close(a);
  OK(strata_file_rename(file, "a", 1, "never flushed", STRATA_NUL, NULL, &err));
  OK(strata_file_rename(file, "never flushed", STRATA_NUL, "a", 1, NULL, &err));
  strata_array_close(define(file, "z", STRATA_INT32, 1, DIMS(1), NULL));
  flush(file);
  OK(strata_file_rename(file, "a", 1, "tempe\xcc\x81rature", STRATA_NUL, NULL, &err));
  assert_string_equal(names_in(file), "z,tempe\xcc\x81rature");
  flush(file);
  OK(strata_file_rename(file, "tempe\xcc\x81rature", STRATA_NUL, "a", 1, NULL, &err)); /* over its own older chunks */
  flush(file);
  file = reopened(file, path);
  assert_string_equal(names_in(file), "z,a");
  assert_pattern(file, "a", 7, 10);
  compact(file);
  assert_pattern(file, "a", 7, 10);
  FAILS(STRATA_E_NOT_FOUND, strata_file_rename(file, "none", STRATA_NUL, "b", 1, NULL, &err));
  FAILS(STRATA_E_EXISTS, strata_file_rename(file, "a", 1, "z", 1, NULL, &err));
  FAILS(STRATA_E_EXISTS, strata_file_copy(file, "a", 1, "a", 1, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_file_copy(file, "a", 1, "\xff", 1, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_file_copy(file, "a", 1, NULL, 1, NULL, &err));
  assert_int_equal(pending_of(file).arrays, 0);
  strata_file_close(file);
}

/* A copy that fails half way, over a name whose deletion is pending: the name stays deleted. */
static void a_failed_copy_brings_nothing_back(void **state) {
  (void)state;
  const char *path = scratch("failed.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(100), NULL), *b = define(file, "b", STRATA_INT32, 1, DIMS(3), NULL);
  write_pattern(a, 1, 100);
  write_pattern(b, 7, 3);
  flush(file);
  strata_array_close(a);
  strata_array_close(b);
  file = reopened(file, path);
  OK(strata_file_delete(file, "b", 1, NULL, &err));
  assert_int_equal(truncate(scratch("failed.1.af"), 16), 0);
  FAILS(STRATA_E_CORRUPT, strata_file_copy(file, "a", 1, "b", 1, NULL, &err));
  int exists = 1;
  OK(strata_file_exists(file, "b", 1, &exists, &err));
  assert_int_equal(exists, 0);
  assert_string_equal(names_in(file), "a");
  strata_array_close(define(file, "b", STRATA_INT8, 1, DIMS(2), NULL));
  assert_string_equal(names_in(file), "a,b");
  FAILS(STRATA_E_CORRUPT, strata_file_copy(file, "a", 1, "c", 1, NULL, &err));
  OK(strata_file_exists(file, "c", 1, &exists, &err));
  assert_int_equal(exists, 0);
  strata_file_close(file);
}

static void text_and_empty_arrays(void **state) {
  (void)state;
  const char *path = scratch("kinds.af");
  strata_file *file = create_file(path);
  strata_array *t = define(file, "t", STRATA_BINARY, 1, DIMS(3), DIMS(2));
  const int64_t offsets[] = {0, 2, 2, 5};
  OK(strata_array_write_varlen(t, 1, NULL, NULL, offsets, 4, "ab\xff\0c", 5, NULL, &err));
  strata_array_close(t);
  strata_array_close(define(file, "empty", STRATA_FLOAT64, 2, DIMS(0, 4), NULL));
  strata_array_close(define(file, "unwritten", STRATA_FLOAT64, 1, DIMS(4), NULL));
  strata_array *zero = define(file, "zero", STRATA_INT32, 0, NULL, NULL);
  write_all(zero, &(int32_t){9}, 4);
  strata_array_close(zero);
  flush(file);
  static const char *const names[] = {"t", "empty", "unwritten", "zero"};
  for (size_t i = 0; i < LENGTH(names); ++i) {
    char copy[32];
    snprintf(copy, sizeof copy, "%s2", names[i]);
    OK(strata_file_copy(file, names[i], STRATA_NUL, copy, STRATA_NUL, NULL, &err));
  }
  flush(file);
  file = reopened(file, path);
  assert_string_equal(names_in(file), "t,empty,unwritten,zero,t2,empty2,unwritten2,zero2");
  t = open_array(file, "t2");
  strata_buffer *ends = NULL, *bytes = NULL;
  OK(strata_array_read_varlen(t, 1, NULL, NULL, NULL, &ends, &bytes, &err));
  assert_memory_equal(strata_buffer_data(ends), offsets, sizeof offsets);
  assert_memory_equal(strata_buffer_data(bytes), "ab\xff\0c", 5);
  strata_buffer_release(ends);
  strata_buffer_release(bytes);
  strata_array_close(t);
  zero = open_array(file, "zero2");
  int32_t nine = 0;
  read_all(zero, &nine, 4);
  assert_int_equal(nine, 9);
  strata_array_close(zero);
  strata_file_close(file);
}

static strata_store *some_store(const char *path) {
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 11);
  put_array(store, "e", "x", 21);
  strata_dataset *d = open_dataset(store, "d");
  OK(strata_dataset_set_attribute(d, "month", STRATA_NUL, STRATA_INT64, &(int64_t){6}, 8, &err));
  strata_dataset_close(d);
  flush_store(store);
  return store;
}

static void datasets(void **state) {
  (void)state;
  const char *path = scratch("datasets");
  strata_store *store = some_store(path);
  OK(strata_store_dataset_copy(store, "d", 1, "twin", STRATA_NUL, NULL, &err));
  OK(strata_store_dataset_rename(store, "d", 1, "f", 1, NULL, &err));
  for (int round = 0; round < 3; ++round) {
    assert_string_equal(datasets_in(store), "e,twin,f");
    assert_array(store, "e", "x", 21);
    for (int i = 0; i < 2; ++i) {
      const char *name = i ? "twin" : "f";
      assert_array(store, name, "x", 1);
      assert_array(store, name, "y", 11);
      strata_dataset *d = open_dataset(store, name);
      assert_string_equal(arrays_in(d), "x,y");
      int64_t month = 0;
      int32_t type = 0;
      size_t needed = 0;
      OK(strata_dataset_get_attribute(d, "month", STRATA_NUL, &type, &month, 8, &needed, &err));
      assert_int_equal(month, 6);
      strata_dataset_close(d);
    }
    if (round == 0) {
      flush_store(store);
      store = reopened_store(store, path);
    }
    if (round == 1) OK(strata_store_compact(store, NULL, &err));
  }
  FAILS(STRATA_E_NOT_FOUND, strata_store_dataset_copy(store, "none", STRATA_NUL, "g", 1, NULL, &err));
  FAILS(STRATA_E_EXISTS, strata_store_dataset_copy(store, "e", 1, "f", 1, NULL, &err));
  FAILS(STRATA_E_EXISTS, strata_store_dataset_rename(store, "e", 1, "e", 1, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_store_dataset_rename(store, "e", 1, "_e", 2, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_store_dataset_rename(store, "e", 1, "a/b", 3, NULL, &err));
  assert_int_equal(pending_in(store).arrays, 0);
  strata_store_close(store);
}

static void arrays_of_datasets(void **state) {
  (void)state;
  const char *path = scratch("arrays");
  strata_store *store = some_store(path);
  strata_dataset *d = open_dataset(store, "d"), *e = open_dataset(store, "e");
  OK(strata_dataset_rename(d, "y", 1, "z", 1, NULL, &err)); /* into a file that is not there yet */
  OK(strata_dataset_copy(d, "x", 1, e, "y", 1, NULL, &err));
  OK(strata_dataset_copy(d, "x", 1, NULL, "w", 1, NULL, &err));
  for (int round = 0; round < 2; ++round) {
    assert_string_equal(arrays_in(d), "x,z,w");
    assert_string_equal(arrays_in(e), "x,y");
    assert_array(store, "d", "z", 11);
    assert_array(store, "d", "w", 1);
    assert_array(store, "e", "y", 1);
    assert_array(store, "e", "x", 21);
    if (round) break;
    flush_store(store);
    strata_dataset_close(d);
    strata_dataset_close(e);
    store = reopened_store(store, path);
    d = open_dataset(store, "d");
    e = open_dataset(store, "e");
  }
  FAILS(STRATA_E_NOT_FOUND, strata_dataset_rename(d, "none", STRATA_NUL, "q", 1, NULL, &err));
  FAILS(STRATA_E_EXISTS, strata_dataset_rename(d, "x", 1, "w", 1, NULL, &err));
  FAILS(STRATA_E_EXISTS, strata_dataset_copy(d, "x", 1, e, "x", 1, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_dataset_copy(d, "x", 1, e, "_x", 2, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_dataset_rename(d, "x", 1, "atlas.json", STRATA_NUL, NULL, &err));
  strata_store *other = open_store(path);
  strata_dataset *foreign = open_dataset(other, "e");
  FAILS(STRATA_E_INVALID, strata_dataset_copy(d, "x", 1, foreign, "q", 1, NULL, &err));
  strata_dataset_close(foreign);
  strata_store_close(other);
  assert_int_equal(pending_in(store).arrays, 0);
  strata_dataset_close(d);
  strata_dataset_close(e);
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_copy_is_one_of_its_own), cmocka_unit_test(a_failed_copy_brings_nothing_back), cmocka_unit_test(nothing_is_coded_again), cmocka_unit_test(renaming),
      cmocka_unit_test(text_and_empty_arrays),    cmocka_unit_test(datasets),               cmocka_unit_test(arrays_of_datasets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
