/* One variable of many datasets in one call: stacked in one buffer, or each in its own shape. */
#include "store_support.h"

/* "a", "b", "c": x = 4 int32 from 10, 20, 30. "bare" has no x, "long" has one of 6 elements from 40, "real" one of doubles, "text" one
 * of text, "grid" one of 2 x 2 from 50. */
static strata_store *sample(strata_context *context, const char *path) {
  strata_store *store = create_store_with(context, path, 0, 0);
  put_array(store, "a", "x", 10);
  put_array(store, "b", "x", 20);
  put_array(store, "bare", "y", 0);
  strata_dataset *d = create_dataset(store, "long");
  const int32_t numbers[6] = {40, 41, 42, 43, 44, 45}, grid[4] = {50, 51, 52, 53};
  strata_array *x = define_in(d, "x", STRATA_INT32, 1, DIMS(6));
  write_all(x, numbers, sizeof numbers);
  strata_array_close(x);
  strata_dataset_close(d);
  d = create_dataset(store, "real");
  const double reals[4] = {0.5, 1.5, 2.5, 3.5};
  x = define_in(d, "x", STRATA_FLOAT64, 1, DIMS(4));
  write_all(x, reals, sizeof reals);
  strata_array_close(x);
  strata_dataset_close(d);
  d = create_dataset(store, "text");
  const int64_t offsets[5] = {0, 3, 3, 5, 9};
  x = define_in(d, "x", STRATA_STRING, 1, DIMS(4));
  OK(strata_array_write_varlen(x, 1, NULL, NULL, offsets, 5,
                               "one\xC3\xBC"
                               "four",
                               9, NULL, &err));
  strata_array_close(x);
  strata_dataset_close(d);
  d = create_dataset(store, "grid");
  x = define_in(d, "x", STRATA_INT32, 2, DIMS(2, 2));
  write_all(x, grid, sizeof grid);
  strata_array_close(x);
  strata_dataset_close(d);
  put_array(store, "c", "x", 30);
  return store;
}

typedef void check(strata_store *store);
/* The same of what is pending, what is flushed, and what was compacted and opened again. */
static void in_all_states(const char *name, check *promise) {
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch(name));
  strata_store *store = sample(NULL, path);
  promise(store);
  flush_store(store);
  promise(store);
  OK(strata_store_compact(store, NULL, &err));
  store = reopened_store(store, path);
  promise(store);
  strata_store_close(store);
}

static void stacks(strata_store *store) {
  static const char *const names[] = {"c", "a", "c"}; /* any order, and twice */
  int32_t got[3][4];
  strata_status statuses[3] = {9, 9, 9};
  size_t needed = 0;
  OK(strata_store_read_stacked(store, "x", 1, names, 3, 1, NULL, NULL, NULL, NULL, 0, &needed, NULL, &err));
  assert_int_equal(needed, sizeof got);
  OK(strata_store_read_stacked(store, "x", 1, names, 3, 1, NULL, NULL, NULL, got, sizeof got, &needed, statuses, &err));
  assert_int_equal(needed, sizeof got);
  static const int32_t first[3] = {30, 10, 30};
  for (int i = 0; i < 3; ++i) {
    assert_int_equal(statuses[i], STRATA_OK);
    for (int k = 0; k < 4; ++k) assert_int_equal(got[i][k], first[i] + k);
  }
  memset(got, 0, sizeof got);
  OK(strata_store_read_stacked(store, "x", 1, names, 2, 1, DIMS(1), DIMS(2), NULL, got, 16, &needed, NULL, &err));
  assert_int_equal(needed, 16);
  const int32_t part[5] = {31, 32, 11, 12, 0};
  assert_memory_equal(got, part, sizeof part);
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_store_read_stacked(store, "x", 1, names, 3, 1, NULL, NULL, NULL, got,
                                                             sizeof got - 1, &needed, NULL, &err));
  assert_int_equal(needed, sizeof got);
  /* Of no dataset at all there is no shape to ask for. */
  FAILS(STRATA_E_NOT_FOUND,
        strata_store_read_stacked(store, "x", 1, names, 0, 1, NULL, NULL, NULL, NULL, 0, &needed, NULL, &err));
  OK(strata_store_read_stacked(store, "x", 1, names, 3, 1, DIMS(1), DIMS(0), NULL, NULL, 0, &needed, statuses, &err));
  assert_int_equal(needed, 0);
}

static void stacks_around_what_is_missing(strata_store *store) {
  static const char *const names[] = {"bare", "a", "nobody", "long", "real", "text", "grid", "b"};
  static const strata_status want[] = {STRATA_E_NOT_FOUND, STRATA_OK,     STRATA_E_NOT_FOUND, STRATA_OK,
                                       STRATA_E_TYPE,      STRATA_E_TYPE, STRATA_E_RANGE,     STRATA_OK};
  int32_t got[8][4];
  strata_status statuses[8];
  memset(got, 0x77, sizeof got);
  memset(statuses, 0x77, sizeof statuses);
  OK(strata_store_read_stacked(store, "x", 1, names, 8, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  for (int i = 0; i < 8; ++i) {
    assert_int_equal(statuses[i], want[i]);
    for (int k = 0; k < 4; ++k)
      assert_int_equal(got[i][k], want[i] ? 0x77777777
                                          : (i == 1   ? 10
                                             : i == 3 ? 40
                                                      : 20) +
                                                k); /* "long" has more than these */
  }
  /* Beyond the others' shape only "long" can be read. */
  memset(got, 0x77, sizeof got);
  OK(strata_store_read_stacked(store, "x", 1, names, 8, 1, DIMS(4), DIMS(2), NULL, got, sizeof got, NULL, statuses,
                               &err));
  assert_int_equal(statuses[1], STRATA_E_RANGE);
  assert_int_equal(statuses[3], STRATA_OK);
  assert_int_equal(got[0][0], 0x77777777);
  const int32_t *third = &got[0][0] + 3 * 2;
  assert_int_equal(third[0], 44);
  assert_int_equal(third[1], 45);
  /* Without statuses the first bad one fails the call, and is named. */
  FAILS(STRATA_E_NOT_FOUND,
        strata_store_read_stacked(store, "x", 1, names, 8, 1, NULL, NULL, NULL, got, sizeof got, NULL, NULL, &err));
  assert_non_null(strstr(err.message, "bare"));
  FAILS(STRATA_E_TYPE, strata_store_read_stacked(store, "x", 1, names + 3, 3, 1, DIMS(0), DIMS(4), NULL, got,
                                                 sizeof got, NULL, NULL, &err));
  assert_non_null(strstr(err.message, "real"));
  FAILS(STRATA_E_RANGE, strata_store_read_stacked(store, "x", 1, names + 3, 1, 1, DIMS(4), DIMS(3), NULL, got,
                                                  sizeof got, NULL, NULL, &err));
}

static void stacks_everything(strata_store *store) {
  int32_t got[8][4];
  strata_status statuses[9];
  memset(got, 0x77, sizeof got);
  OK(strata_store_read_stacked(store, "x", 1, NULL, 8, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  static const strata_status want[] = {STRATA_OK,     STRATA_OK,     STRATA_E_NOT_FOUND, STRATA_OK,
                                       STRATA_E_TYPE, STRATA_E_TYPE, STRATA_E_RANGE,     STRATA_OK};
  assert_memory_equal(statuses, want, sizeof want);
  assert_int_equal(got[0][0], 10);
  assert_int_equal(got[7][3], 33);
  /* Room for more or fewer statuses than there are datasets. */
  FAILS(STRATA_E_INVALID,
        strata_store_read_stacked(store, "x", 1, NULL, 7, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  FAILS(STRATA_E_INVALID,
        strata_store_read_stacked(store, "x", 1, NULL, 9, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  size_t needed = 0;
  OK(strata_store_read_stacked(store, "x", 1, NULL, 0, 1, NULL, NULL, NULL, NULL, 0, &needed, NULL, &err));
  assert_int_equal(needed, sizeof got);
}

static void what_cannot_be_stacked(strata_store *store) {
  static const char *const text[] = {"text"}, *const none[] = {"bare", "nobody"}, *const null[] = {"a", NULL},
                           *const bad[] = {"\xFF"};
  int32_t got[64];
  size_t needed = 7;
  strata_status statuses[2];
  FAILS(STRATA_E_TYPE,
        strata_store_read_stacked(store, "x", 1, text, 1, 1, NULL, NULL, NULL, got, sizeof got, &needed, NULL, &err));
  assert_int_equal(needed, 0);
  FAILS(STRATA_E_NOT_FOUND,
        strata_store_read_stacked(store, "x", 1, none, 2, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  FAILS(STRATA_E_NOT_FOUND,
        strata_store_read_stacked(store, "z", 1, NULL, 0, 1, NULL, NULL, NULL, got, sizeof got, NULL, NULL, &err));
  FAILS(STRATA_E_INVALID,
        strata_store_read_stacked(store, "x", 1, null, 2, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  FAILS(STRATA_E_INVALID,
        strata_store_read_stacked(store, "x", 1, bad, 1, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  FAILS(STRATA_E_INVALID, strata_store_read_stacked(store, "x", 1, null, 1, 1, DIMS(0), NULL, NULL, got, sizeof got,
                                                    NULL, statuses, &err));
  FAILS(STRATA_E_INVALID,
        strata_store_read_stacked(store, "x", 1, null, 1, 1, NULL, NULL, NULL, NULL, sizeof got, NULL, statuses, &err));
  FAILS(STRATA_E_LIMIT, strata_store_read_stacked(store, "x", 1, null, 1, 1, DIMS(0), DIMS(UINT64_MAX), NULL, got,
                                                  sizeof got, NULL, NULL, &err));
  FAILS(STRATA_E_HANDLE,
        strata_store_read_stacked(NULL, "x", 1, NULL, 0, 1, NULL, NULL, NULL, got, sizeof got, NULL, NULL, &err));
}

static void a_stack_has_a_row_for_every_dataset(void **state) {
  (void)state;
  in_all_states("stacked", stacks);
  in_all_states("around", stacks_around_what_is_missing);
  in_all_states("everything", stacks_everything);
  in_all_states("refused", what_cannot_be_stacked);
}

static void reads_each_in_its_shape(strata_store *store) {
  strata_across *across = NULL;
  OK(strata_store_read_across(store, "x", 1, NULL, 0, 1, NULL, NULL, NULL, &across, &err));
  static const struct {
    const char *name;
    strata_status status;
    int32_t type;
    uint32_t ndim;
    uint64_t shape[2];
    size_t size;
  } want[] = {
      {"a", STRATA_OK, STRATA_INT32, 1, {4, 0}, 16},      {"b", STRATA_OK, STRATA_INT32, 1, {4, 0}, 16},
      {"bare", STRATA_E_NOT_FOUND, 0, 0, {0, 0}, 0},      {"long", STRATA_OK, STRATA_INT32, 1, {6, 0}, 24},
      {"real", STRATA_OK, STRATA_FLOAT64, 1, {4, 0}, 32}, {"text", STRATA_OK, STRATA_STRING, 1, {4, 0}, 9},
      {"grid", STRATA_OK, STRATA_INT32, 2, {2, 2}, 16},   {"c", STRATA_OK, STRATA_INT32, 1, {4, 0}, 16},
  };
  assert_int_equal(strata_across_count(across), LENGTH(want));
  for (uint64_t i = 0; i < LENGTH(want); ++i) {
    const char *name = NULL;
    size_t length = 0, size = 7;
    int32_t type = -1;
    uint32_t ndim = 7;
    const uint64_t *shape = NULL;
    const void *data = NULL;
    const int64_t *offsets = (const int64_t *)&err;
    OK(strata_across_dataset(across, i, &name, &length, &err));
    assert_int_equal(length, strlen(want[i].name));
    assert_memory_equal(name, want[i].name, length);
    assert_int_equal(strata_across_status(across, i), want[i].status);
    if (want[i].status != STRATA_OK) {
      FAILS(STRATA_E_NOT_FOUND, strata_across_shape(across, i, &type, &ndim, &shape, &err));
      FAILS(STRATA_E_NOT_FOUND, strata_across_data(across, i, &data, &size, &offsets, &err));
      assert_null(data);
      assert_null(offsets);
      continue;
    }
    OK(strata_across_shape(across, i, &type, &ndim, &shape, &err));
    assert_int_equal(type, want[i].type);
    assert_int_equal(ndim, want[i].ndim);
    assert_memory_equal(shape, want[i].shape, ndim * 8);
    OK(strata_across_data(across, i, &data, &size, &offsets, &err));
    assert_int_equal(size, want[i].size);
    assert_int_equal((uintptr_t)data % 8, 0);
    if (type == STRATA_STRING) {
      const int64_t lengths[5] = {0, 3, 3, 5, 9};
      assert_memory_equal(offsets, lengths, sizeof lengths);
      assert_memory_equal(data,
                          "one\xC3\xBC"
                          "four",
                          9);
    } else {
      assert_null(offsets);
    }
    if (type == STRATA_INT32)
      assert_int_equal(*(const int32_t *)data, i == 0 ? 10 : i == 1 ? 20 : i == 3 ? 40 : i == 6 ? 50 : 30);
    if (type == STRATA_FLOAT64) assert_true(((const double *)data)[3] == 3.5);
    OK(strata_across_shape(across, i, NULL, NULL, NULL, &err));
    OK(strata_across_data(across, i, &data, &size, NULL, &err));
  }
  const char *name;
  size_t length;
  FAILS(STRATA_E_INVALID, strata_across_dataset(across, 8, &name, &length, &err));
  assert_int_equal(strata_across_status(across, 8), STRATA_E_INVALID);
  assert_int_equal(strata_across_status(NULL, 0), STRATA_E_HANDLE);
  assert_int_equal(strata_across_count(NULL), 0);
  strata_across_close(across);
  strata_across_close(NULL);
}

static void reads_regions_of_some(strata_store *store) {
  static const char *const names[] = {"text", "long", "nobody", "grid", "a"};
  strata_across *across = NULL;
  OK(strata_store_read_across(store, "x", 1, names, 5, 1, DIMS(2), DIMS(2), NULL, &across, &err));
  assert_int_equal(strata_across_count(across), 5);
  static const strata_status want[] = {STRATA_OK, STRATA_OK, STRATA_E_NOT_FOUND, STRATA_E_RANGE, STRATA_OK};
  for (uint64_t i = 0; i < 5; ++i) assert_int_equal(strata_across_status(across, i), want[i]);
  const void *data;
  size_t size;
  const int64_t *offsets;
  OK(strata_across_data(across, 0, &data, &size, &offsets, &err));
  assert_int_equal(size, 6);
  assert_memory_equal(data,
                      "\xC3\xBC"
                      "four",
                      6);
  assert_int_equal(offsets[1], 2);
  assert_int_equal(offsets[2], 6);
  OK(strata_across_data(across, 1, &data, &size, NULL, &err));
  assert_memory_equal(data, ((const int32_t[]){42, 43}), 8);
  OK(strata_across_data(across, 4, &data, &size, NULL, &err));
  assert_memory_equal(data, ((const int32_t[]){12, 13}), 8);
  strata_across_close(across);
  /* No dataset has it: a row each that says so. */
  OK(strata_store_read_across(store, "nothing", STRATA_NUL, names, 5, 1, NULL, NULL, NULL, &across, &err));
  for (uint64_t i = 0; i < 5; ++i) assert_int_equal(strata_across_status(across, i), STRATA_E_NOT_FOUND);
  strata_across_close(across);
  OK(strata_store_read_across(store, "x", 1, names, 0, 1, NULL, NULL, NULL, &across, &err));
  assert_int_equal(strata_across_count(across), 0);
  strata_across_close(across);
  FAILS(STRATA_E_INVALID, strata_store_read_across(store, "x", 1, names, 5, 1, DIMS(0), NULL, NULL, &across, &err));
  assert_null(across);
  FAILS(STRATA_E_INVALID, strata_store_read_across(store, "x", 1, names, 5, 1, NULL, NULL, NULL, NULL, &err));
}

static void across_gives_every_dataset_its_shape(void **state) {
  (void)state;
  in_all_states("across", reads_each_in_its_shape);
  in_all_states("across_regions", reads_regions_of_some);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_stack_has_a_row_for_every_dataset),
      cmocka_unit_test(across_gives_every_dataset_its_shape),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
