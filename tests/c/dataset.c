/* Datasets: names and their arrays. Their attributes: dataset_attributes.c. */
#include "store_support.h"

static void a_dataset_is_created_opened_and_deleted(void **state) {
  (void)state;
  strata_store *store = create_store(scratch("life"));
  strata_dataset *d = create_dataset(store, "jan"), *again = d;
  FAILS(STRATA_E_EXISTS, strata_store_dataset_create(store, "jan", 3, &again, &err));
  assert_null(again);
  OK(strata_store_dataset_create(store, "feb", 3, NULL, &err));
  int exists = -1;
  OK(strata_store_dataset_exists(store, "feb", 3, &exists, &err));
  assert_int_equal(exists, 1);
  OK(strata_store_dataset_exists(store, "mar", 3, &exists, &err));
  assert_int_equal(exists, 0);
  again = d;
  FAILS(STRATA_E_NOT_FOUND, strata_store_dataset_open(store, "mar", 3, &again, &err));
  assert_null(again);
  char name[8] = ".......";
  size_t needed = 0;
  OK(strata_dataset_name(d, NULL, 0, &needed, &err));
  assert_int_equal(needed, 3);
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_dataset_name(d, name, 2, &needed, &err));
  assert_string_equal(name, ".......");
  OK(strata_dataset_name(d, name, sizeof name, &needed, &err));
  assert_string_equal(name, "jan....");
  FAILS(STRATA_E_NOT_FOUND, strata_store_dataset_delete(store, "mar", 3, NULL, &err));
  OK(strata_store_dataset_delete(store, "feb", 3, NULL, &err));
  OK(strata_store_dataset_exists(store, "feb", 3, &exists, &err));
  assert_int_equal(exists, 0);
  assert_string_equal(datasets_in(store), "jan");
  strata_store_close(store); /* the dataset holds it */
  strata_array_close(define_in(d, "x", STRATA_INT8, 0, NULL));
  assert_string_equal(arrays_in(d), "x");
  strata_dataset_close(d);
  strata_dataset_close(NULL);
  FAILS(STRATA_E_HANDLE, strata_store_dataset_create(NULL, "a", 1, NULL, &err));
  FAILS(STRATA_E_HANDLE, strata_dataset_name(NULL, name, sizeof name, &needed, &err));
}

static void names_that_cannot_be(void **state) {
  (void)state;
  const char *path = scratch("names");
  strata_store *store = create_store(path);
  strata_dataset *d = create_dataset(store, "d");
  static const struct {
    const char *text;
    size_t length;
  } bad[] = {{"", 0}, {"_", 1}, {"_x", 2}, {"a/b", 3}, {"/", 1}, {".", 1}, {"..", 2}, {"\xFF", 1}, {NULL, 3}};
  for (size_t i = 0; i < LENGTH(bad); ++i) {
    FAILS(STRATA_E_INVALID, strata_store_dataset_create(store, bad[i].text, bad[i].length, NULL, &err));
    FAILS(STRATA_E_INVALID, strata_dataset_define(d, bad[i].text, bad[i].length, STRATA_INT8, 0, NULL, NULL, NULL, 0,
                                                  NULL, 0, NULL, NULL, &err));
  }
  /* Names of arrays become folders beside the registry. */
  FAILS(STRATA_E_INVALID, strata_dataset_define(d, "atlas.json", STRATA_NUL, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL,
                                                0, NULL, NULL, &err));
  char long_name[301];
  memset(long_name, 'n', 300);
  long_name[300] = '\0';
  FAILS(STRATA_E_INVALID, strata_dataset_define(d, long_name, STRATA_NUL, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0,
                                                NULL, NULL, &err));
  assert_string_equal(arrays_in(d), "");
  assert_string_equal(datasets_in(store), "d");
  flush_store(store);
  strata_dataset_close(d);
  strata_store_close(store);
}

static void names_that_can_be(void **state) {
  (void)state;
  const char *path = scratch("good_names");
  strata_store *store = create_store(path);
  char long_name[2001];
  memset(long_name, 'n', 2000);
  long_name[2000] = '\0';
  const char *const names[] = {"a",
                               "A",
                               "...",
                               ".hidden",
                               "a_",
                               "a b",
                               "50%",
                               "%2E",
                               "a\\b",
                               "*?\"<>|#",
                               "\n",
                               "temp\xC3\xA9rature",
                               "\xF0\x9F\x8C\x8A",
                               "data.af",
                               "-",
                               "~",
                               "1"};
  for (size_t i = 0; i < LENGTH(names); ++i)
    for (size_t k = 0; k < 2; ++k) put_array(store, names[i], names[(i + k) % LENGTH(names)], (int32_t)(10 * i + k));
  put_array(store, long_name, "a", 5000);
  flush_store(store);
  for (int round = 0; round < 2; ++round) {
    store = reopened_store(store, path);
    for (size_t i = 0; i < LENGTH(names); ++i)
      for (size_t k = 0; k < 2; ++k)
        assert_array(store, names[i], names[(i + k) % LENGTH(names)], (int32_t)(10 * i + k));
    assert_array(store, long_name, "a", 5000);
    OK(strata_store_compact(store, NULL, &err));
  }
  strata_store_close(store);
}

static void arrays_of_a_dataset(void **state) {
  (void)state;
  const char *path = scratch("arrays");
  strata_store *store = create_store(path);
  strata_dataset *d = create_dataset(store, "d"), *e = create_dataset(store, "e");
  const double fill = -9, values[6] = {1, 2, 3, 4, 5, 6};
  static const char *const dims[] = {"lat", "lon"};
  strata_array *a = NULL;
  OK(strata_dataset_define(d, "wind_u", STRATA_NUL, STRATA_FLOAT64, 2, DIMS(2, 3), DIMS(1, 2), dims, STRATA_FLOAT64,
                           &fill, sizeof fill, NULL, &a, &err));
  strata_array_close(define_in(d, "wind_v", STRATA_FLOAT64, 2, DIMS(2, 3)));
  strata_array_close(define_in(d, "t", STRATA_STRING, 1, DIMS(3)));
  OK(strata_dataset_define(e, "t", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL,
                           &err)); /* of another type */
  FAILS(STRATA_E_EXISTS,
        strata_dataset_define(d, "t", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  FAILS(STRATA_E_TYPE,
        strata_dataset_define(d, "l", 1, STRATA_LIST, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  OK(strata_array_write(a, 2, DIMS(0, 0), DIMS(1, 3), values, 24, NULL, &err));
  for (int round = 0; round < 3; ++round) {
    assert_string_equal(arrays_in(d), "wind_u,wind_v,t");
    assert_string_equal(arrays_in(e), "t");
    strata_cursor *cursor = NULL;
    OK(strata_dataset_list(d, "wind_", STRATA_NUL, &cursor, &err));
    assert_string_equal(joined(cursor), "wind_u,wind_v");
    int exists = -1;
    OK(strata_dataset_exists(e, "wind_u", STRATA_NUL, &exists, &err));
    assert_int_equal(exists, 0);
    OK(strata_dataset_exists(d, "wind_u", STRATA_NUL, &exists, &err));
    assert_int_equal(exists, 1);
    /* The same kind of handle as of a file's array, under the name of the variable. */
    char text[16] = {0};
    size_t needed = 0;
    OK(strata_array_name(a, text, sizeof text, &needed, &err));
    assert_int_equal(needed, 6);
    assert_string_equal(text, "wind_u");
    OK(strata_array_dimension_name(a, 1, text, sizeof text, &needed, &err));
    assert_memory_equal(text, "lon", 3);
    double got[6];
    read_all(a, got, sizeof got);
    const double want[6] = {1, 2, 3, -9, -9, -9};
    assert_memory_equal(got, want, sizeof want);
    FAILS(STRATA_E_UNSUPPORTED, strata_array_set_attribute(a, "k", 1, STRATA_FLOAT64, &fill, 8, &err));
    FAILS(STRATA_E_UNSUPPORTED, strata_array_get_attribute(a, "k", 1, NULL, NULL, 0, &needed, &err));
    FAILS(STRATA_E_UNSUPPORTED, strata_array_delete_attribute(a, "k", 1, &err));
    FAILS(STRATA_E_UNSUPPORTED, strata_array_list_attributes(a, NULL, 0, &cursor, &err));
    strata_statistics s = STRATA_STATISTICS_INIT;
    if (round) {
      OK(strata_array_statistics(a, NULL, &s, &err));
      assert_int_equal(s.row_count, 6);
      assert_int_equal(s.null_count, 3);
      assert_true(s.min.f == 1 && s.max.f == 3);
    } else {
      FAILS(STRATA_E_NOT_FOUND, strata_array_statistics(a, NULL, &s, &err));
      flush_store(store);
    }
    strata_array_close(a);
    strata_dataset_close(d);
    strata_dataset_close(e);
    store = reopened_store(store, path);
    if (round) OK(strata_store_compact(store, NULL, &err));
    d = open_dataset(store, "d");
    e = open_dataset(store, "e");
    a = array_of(store, "d", "wind_u");
  }
  FAILS(STRATA_E_NOT_FOUND, strata_dataset_delete(e, "wind_u", STRATA_NUL, NULL, &err));
  OK(strata_dataset_delete(d, "wind_u", STRATA_NUL, NULL, &err));
  double one;
  FAILS(STRATA_E_STALE, strata_array_read(a, 2, DIMS(0, 0), DIMS(1, 1), NULL, &one, sizeof one, NULL, &err));
  strata_array *gone = a;
  FAILS(STRATA_E_NOT_FOUND, strata_dataset_array_open(d, "wind_u", STRATA_NUL, NULL, &gone, &err));
  assert_null(gone);
  assert_string_equal(arrays_in(d), "wind_v,t");
  strata_array_close(a);
  strata_dataset_close(d);
  strata_dataset_close(e);
  strata_store_close(store);
}

static void a_deleted_dataset_takes_its_arrays_along(void **state) {
  (void)state;
  const char *path = scratch("deleted");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 11);
  put_array(store, "e", "x", 21);
  flush_store(store);
  strata_dataset *d = open_dataset(store, "d");
  strata_array *x = array_of(store, "d", "x");
  OK(strata_store_dataset_delete(store, "d", 1, NULL, &err));
  int32_t value = 7;
  for (int round = 0; round < 2; ++round) {
    strata_cursor *cursor = NULL;
    strata_array *a = NULL;
    int exists;
    FAILS(STRATA_E_STALE, strata_array_read(x, 1, DIMS(0), DIMS(1), NULL, &value, sizeof value, NULL, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_list(d, NULL, 0, &cursor, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_exists(d, "x", 1, &exists, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_array_open(d, "x", 1, NULL, &a, &err));
    FAILS(STRATA_E_NOT_FOUND,
          strata_dataset_define(d, "z", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, &a, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_delete(d, "x", 1, NULL, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_set_attribute(d, "k", 1, STRATA_INT32, &value, 4, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_get_attribute(d, "k", 1, NULL, NULL, 0, NULL, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_list_attributes(d, NULL, 0, &cursor, &err));
    assert_array(store, "e", "x", 21);
    flush_store(store);
  }
  strata_array_close(x);
  strata_dataset_close(d);
  store = reopened_store(store, path);
  assert_string_equal(datasets_in(store), "e");
  assert_array(store, "e", "x", 21);
  /* One of the same name begins empty, and its arrays without the values of before. */
  d = create_dataset(store, "d");
  assert_string_equal(arrays_in(d), "");
  strata_array_close(define_in(d, "x", STRATA_INT32, 1, DIMS(4)));
  flush_store(store);
  x = array_of(store, "d", "x");
  int32_t got[4] = {1, 1, 1, 1};
  const int32_t zeroes[4] = {0};
  read_all(x, got, sizeof got);
  assert_memory_equal(got, zeroes, sizeof got);
  strata_array_close(x);
  strata_dataset_close(d);
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_dataset_is_created_opened_and_deleted),
      cmocka_unit_test(names_that_cannot_be),
      cmocka_unit_test(names_that_can_be),
      cmocka_unit_test(arrays_of_a_dataset),
      cmocka_unit_test(a_deleted_dataset_takes_its_arrays_along),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
