/* Reading across hundreds of datasets: what is opened for it, what is missing, what is damaged. */
#include "store_support.h"

enum { kDatasets = 700, kCells = 60 };

static const char *dataset_name(int i) {
  static char name[32];
  snprintf(name, sizeof name, "profile %d", i);
  return name;
}

/* Every third dataset has no "t"; of the others every fifth is half written: the rest is fill. */
static int has_t(int i) { return i % 3 != 2; }
static float value_of(int i, int k) { return i % 5 == 0 && k >= kCells / 2 ? -9.0f : (float)(i * 100 + k); }

static void fill_store(strata_store *store) {
  const float fill = -9.0f;
  for (int i = 0; i < kDatasets; ++i) {
    strata_dataset *d = create_dataset(store, dataset_name(i));
    strata_array *t = NULL;
    float values[kCells];
    for (int k = 0; k < kCells; ++k) values[k] = value_of(i, k);
    if (has_t(i)) {
      OK(strata_dataset_define(d, "t", 1, STRATA_FLOAT32, 1, DIMS(kCells), DIMS(20), NULL, STRATA_FLOAT32, &fill, 4,
                               NULL, &t, &err));
      const uint64_t count = i % 5 == 0 ? kCells / 2 : kCells;
      OK(strata_array_write(t, 1, DIMS(0), &count, values, count * 4, NULL, &err));
      strata_array_close(t);
    }
    strata_array_close(define_in(d, "s", STRATA_FLOAT32, 1, DIMS(kCells)));
    strata_dataset_close(d);
    if (i % 200 == 199) flush_store(store);
  }
  flush_store(store);
}

static void hundreds_of_rows_from_one_file(void **state) {
  (void)state;
  static float got[kDatasets][kCells];
  static strata_status statuses[kDatasets];
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("hundreds"));
  strata_store *store = create_store(path);
  fill_store(store);
  for (int round = 0; round < 2; ++round) {
    strata_store_close(store);
    strata_context *context = NULL;
    OK(strata_context_create(NULL, NULL, 0, &context, &err));
    store = open_store_in(context, path);
    memset(got, 0, sizeof got);
    OK(strata_store_read_stacked(store, "t", 1, NULL, kDatasets, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses,
                                 &err));
    for (int i = 0; i < kDatasets; ++i) {
      assert_int_equal(statuses[i], has_t(i) ? STRATA_OK : STRATA_E_NOT_FOUND);
      for (int k = 0; k < kCells; ++k) assert_true(got[i][k] == (has_t(i) ? value_of(i, k) : 0));
    }
    /* The registry, and the layers of "t": not a file for each dataset, and nothing of "s". */
    assert_true(counters_of(context).objects_opened < 20);
    strata_across *across = NULL;
    OK(strata_store_read_across(store, "t", 1, NULL, 0, 1, DIMS(25), DIMS(10), NULL, &across, &err));
    assert_int_equal(strata_across_count(across), kDatasets);
    for (int i = 0; i < kDatasets; ++i) {
      assert_int_equal(strata_across_status(across, (uint64_t)i), has_t(i) ? STRATA_OK : STRATA_E_NOT_FOUND);
      if (!has_t(i)) continue;
      const void *data = NULL;
      size_t size = 0;
      OK(strata_across_data(across, (uint64_t)i, &data, &size, NULL, &err));
      assert_int_equal(size, 40);
      for (int k = 0; k < 10; ++k) assert_true(((const float *)data)[k] == value_of(i, 25 + k));
    }
    strata_across_close(across);
    OK(strata_store_compact(store, NULL, &err));
    strata_store_close(store);
    strata_context_close(context);
    store = open_store(path);
  }
  strata_store_close(store);
}

/* The file of another variable may be away; that of this one is damage in every row that should have it. */
static void a_file_that_is_away_concerns_its_rows(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("away"));
  strata_store *store = create_store(path);
  put_array(store, "a", "x", 10);
  put_array(store, "b", "x", 20);
  put_array(store, "b", "y", 30);
  put_array(store, "c", "y", 40);
  flush_store(store);
  strata_store_close(store);
  char own[1500], own_away[1500];
  snprintf(own, sizeof own, "%s", inside(path, "_strata"));
  snprintf(own_away, sizeof own_away, "%s", inside(path, "_away2"));
  assert_int_equal(rename(inside(path, "y"), inside(path, "_away")), 0);
  assert_int_equal(rename(own, own_away), 0); /* layers have a second name there */
  store = open_store(path);
  int32_t got[3][4];
  strata_status statuses[3];
  OK(strata_store_read_stacked(store, "x", 1, NULL, 3, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  assert_int_equal(statuses[0], STRATA_OK);
  assert_int_equal(statuses[1], STRATA_OK);
  assert_int_equal(statuses[2], STRATA_E_NOT_FOUND);
  assert_int_equal(got[1][3], 23);
  strata_across *across = NULL;
  OK(strata_store_read_across(store, "y", 1, NULL, 0, 1, NULL, NULL, NULL, &across, &err));
  assert_int_equal(strata_across_status(across, 0), STRATA_E_NOT_FOUND);
  assert_int_equal(strata_across_status(across, 1), STRATA_E_CORRUPT);
  assert_int_equal(strata_across_status(across, 2), STRATA_E_CORRUPT);
  strata_across_close(across);
  assert_int_equal(rename(own_away, own), 0);
  assert_array(store, "c", "y", 40);
  strata_store_close(store);
  assert_int_equal(rename(inside(path, "_away"), inside(path, "y")), 0);
  store = open_store(path);
  assert_array(store, "c", "y", 40);
  strata_store_close(store);
}

/* Bytes that cannot be decompressed: the rows that need them fail, no others. */
static void damage_fails_its_rows_only(void **state) {
  (void)state;
  enum { kRows = 6, kElements = 20000 };
  static int32_t values[kElements], got[kRows][kElements];
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("damage"));
  strata_store *store = create_store(path);
  uint64_t random = 9;
  for (int i = 0; i < kElements; ++i) values[i] = (int32_t)(random_number(&random) & 0xFFF);
  for (int i = 0; i < kRows; ++i) {
    strata_dataset *d = create_dataset(store, dataset_name(i));
    strata_array *x = define_in(d, "x", STRATA_INT32, 1, DIMS(kElements));
    values[0] = i;
    write_all(x, values, sizeof values);
    strata_array_close(x);
    strata_dataset_close(d);
  }
  flush_store(store);
  strata_store_close(store);
  FILE *f = fopen(inside(path, "x/data.af"), "r+b"); /* the first dataset's frame comes first */
  assert_non_null(f);
  assert_int_equal(fwrite("damaged!", 1, 8, f), 8);
  assert_int_equal(fclose(f), 0);
  store = open_store(path);
  strata_status statuses[kRows];
  OK(strata_store_read_stacked(store, "x", 1, NULL, kRows, 1, NULL, NULL, NULL, got, sizeof got, NULL, statuses, &err));
  assert_int_equal(statuses[0], STRATA_E_CORRUPT);
  for (int i = 1; i < kRows; ++i) {
    assert_int_equal(statuses[i], STRATA_OK);
    assert_int_equal(got[i][0], i);
    assert_memory_equal(&got[i][1], &values[1], (kElements - 1) * 4);
  }
  FAILS(STRATA_E_CORRUPT,
        strata_store_read_stacked(store, "x", 1, NULL, 0, 1, NULL, NULL, NULL, got, sizeof got, NULL, NULL, &err));
  strata_across *across = NULL;
  OK(strata_store_read_across(store, "x", 1, NULL, 0, 1, NULL, NULL, NULL, &across, &err));
  for (uint64_t i = 0; i < kRows; ++i)
    assert_int_equal(strata_across_status(across, i), i ? STRATA_OK : STRATA_E_CORRUPT);
  const void *data = &random;
  size_t size = 7;
  FAILS(STRATA_E_CORRUPT, strata_across_data(across, 0, &data, &size, NULL, &err));
  assert_null(data);
  assert_int_equal(size, 0);
  strata_store_close(store); /* the result needs nobody */
  OK(strata_across_data(across, 5, &data, &size, NULL, &err));
  assert_int_equal(*(const int32_t *)data, 5);
  strata_across_close(across);
}

static void a_cancelled_read_fails_as_a_whole(void **state) {
  (void)state;
  strata_store *store = create_store(scratch("cancelled"));
  put_array(store, "a", "x", 10);
  flush_store(store);
  strata_cancel *cancel = NULL;
  strata_status status = 9;
  strata_across *across = NULL;
  int32_t got[4];
  OK(strata_cancel_create(&cancel, &err));
  strata_cancel_trigger(cancel);
  FAILS(STRATA_E_CANCELLED,
        strata_store_read_stacked(store, "x", 1, NULL, 1, 1, NULL, NULL, cancel, got, sizeof got, NULL, &status, &err));
  FAILS(STRATA_E_CANCELLED, strata_store_read_across(store, "x", 1, NULL, 0, 1, NULL, NULL, cancel, &across, &err));
  assert_null(across);
  strata_cancel_close(cancel);
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hundreds_of_rows_from_one_file),
      cmocka_unit_test(a_file_that_is_away_concerns_its_rows),
      cmocka_unit_test(damage_fails_its_rows_only),
      cmocka_unit_test(a_cancelled_read_fails_as_a_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
