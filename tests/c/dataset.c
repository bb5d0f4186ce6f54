/* Datasets: names, their arrays, their attributes. */
#include <math.h>

#include "store_support.h"

static void set(strata_dataset *d, const char *key, int32_t type, const void *value, size_t size) {
  OK(strata_dataset_set_attribute(d, key, STRATA_NUL, type, value, size, &err));
}

static void assert_attribute(strata_dataset *d, const char *key, int32_t type, const void *value, size_t size) {
  int32_t got_type = -1;
  char got[256];
  size_t needed = 9999;
  OK(strata_dataset_get_attribute(d, key, STRATA_NUL, &got_type, got, sizeof got, &needed, &err));
  assert_int_equal(got_type, type);
  assert_int_equal(needed, size);
  if (size) assert_memory_equal(got, value, size);
}

static const char *keys_of(strata_dataset *d, const char *prefix) {
  strata_cursor *cursor = NULL;
  OK(strata_dataset_list_attributes(d, prefix, STRATA_NUL, &cursor, &err));
  return joined(cursor);
}

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
    FAILS(STRATA_E_INVALID, strata_dataset_define(d, bad[i].text, bad[i].length, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL,
                                                  NULL, &err));
  }
  /* Names of arrays become folders beside the registry. */
  FAILS(STRATA_E_INVALID, strata_dataset_define(d, "atlas.json", STRATA_NUL, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  char long_name[301];
  memset(long_name, 'n', 300);
  long_name[300] = '\0';
  FAILS(STRATA_E_INVALID, strata_dataset_define(d, long_name, STRATA_NUL, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
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
  const char *const names[] = {"a", "A", "...", ".hidden", "a_", "a b", "50%", "%2E", "a\\b", "*?\"<>|#", "\n", "temp\xC3\xA9rature",
                               "\xF0\x9F\x8C\x8A", "data.af", "-", "~", "1"};
  for (size_t i = 0; i < LENGTH(names); ++i)
    for (size_t k = 0; k < 2; ++k) put_array(store, names[i], names[(i + k) % LENGTH(names)], (int32_t)(10 * i + k));
  put_array(store, long_name, "a", 5000);
  flush_store(store);
  for (int round = 0; round < 2; ++round) {
    strata_store_close(store);
    store = open_store(path);
    for (size_t i = 0; i < LENGTH(names); ++i)
      for (size_t k = 0; k < 2; ++k) assert_array(store, names[i], names[(i + k) % LENGTH(names)], (int32_t)(10 * i + k));
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
  OK(strata_dataset_define(d, "wind_u", STRATA_NUL, STRATA_FLOAT64, 2, DIMS(2, 3), DIMS(1, 2), dims, STRATA_FLOAT64, &fill,
                           sizeof fill, NULL, &a, &err));
  strata_array_close(define_in(d, "wind_v", STRATA_FLOAT64, 2, DIMS(2, 3)));
  strata_array_close(define_in(d, "t", STRATA_STRING, 1, DIMS(3)));
  OK(strata_dataset_define(e, "t", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err)); /* of another type */
  FAILS(STRATA_E_EXISTS, strata_dataset_define(d, "t", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  FAILS(STRATA_E_TYPE, strata_dataset_define(d, "l", 1, STRATA_LIST, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
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
    strata_store_close(store);
    store = open_store(path);
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
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_define(d, "z", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, &a, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_delete(d, "x", 1, NULL, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_set_attribute(d, "k", 1, STRATA_INT32, &value, 4, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_get_attribute(d, "k", 1, NULL, NULL, 0, NULL, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_list_attributes(d, NULL, 0, &cursor, &err));
    assert_array(store, "e", "x", 21);
    flush_store(store);
  }
  strata_array_close(x);
  strata_dataset_close(d);
  strata_store_close(store);
  store = open_store(path);
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

static void attributes_in_every_registry(void **state) {
  (void)state;
  const uint8_t yes = 1, no = 0, u8 = 200;
  const int16_t i16 = -5;
  const uint32_t u32 = UINT32_MAX;
  const uint64_t u64 = INT64_MAX;
  const int64_t lowest = INT64_MIN, big = (INT64_C(1) << 53) + 1, when = 1700000000123456789, early = -1, w_i16 = -5, w_u8 = 200,
                w_u32 = UINT32_MAX, w_u64 = INT64_MAX;
  const float f32 = 0.1f;
  const double third = 1.0 / 3, three = 3.0, huge = 1e300, large = 1e20, tiny = 5e-324, minus_zero = -0.0, w_f32 = (double)0.1f;
  const struct {
    const char *key;
    int32_t type;
    const void *value;
    size_t size;
    int32_t back;
    const void *wide;
    size_t wide_size;
  } all[] = {
      {"yes", STRATA_BOOL, &yes, 1, STRATA_BOOL, &yes, 1},
      {"no", STRATA_BOOL, &no, 1, STRATA_BOOL, &no, 1},
      {"i16", STRATA_INT16, &i16, 2, STRATA_INT64, &w_i16, 8},
      {"u8", STRATA_UINT8, &u8, 1, STRATA_INT64, &w_u8, 8},
      {"u32", STRATA_UINT32, &u32, 4, STRATA_INT64, &w_u32, 8},
      {"u64", STRATA_UINT64, &u64, 8, STRATA_INT64, &w_u64, 8},
      {"lowest", STRATA_INT64, &lowest, 8, STRATA_INT64, &lowest, 8},
      {"big", STRATA_INT64, &big, 8, STRATA_INT64, &big, 8},
      {"f32", STRATA_FLOAT32, &f32, 4, STRATA_FLOAT64, &w_f32, 8},
      {"third", STRATA_FLOAT64, &third, 8, STRATA_FLOAT64, &third, 8},
      {"three", STRATA_FLOAT64, &three, 8, STRATA_FLOAT64, &three, 8}, /* is not the integer 3 */
      {"huge", STRATA_FLOAT64, &huge, 8, STRATA_FLOAT64, &huge, 8},
      {"large", STRATA_FLOAT64, &large, 8, STRATA_FLOAT64, &large, 8},
      {"tiny", STRATA_FLOAT64, &tiny, 8, STRATA_FLOAT64, &tiny, 8},
      {"minus zero", STRATA_FLOAT64, &minus_zero, 8, STRATA_FLOAT64, &minus_zero, 8},
      {"when", STRATA_TIMESTAMP_NS, &when, 8, STRATA_TIMESTAMP_NS, &when, 8},
      {"early", STRATA_TIMESTAMP_NS, &early, 8, STRATA_TIMESTAMP_NS, &early, 8},
      {"text", STRATA_STRING, "a \"quoted\" \\ line\n", 18, STRATA_STRING, "a \"quoted\" \\ line\n", 18},
      {"empty", STRATA_STRING, "", 0, STRATA_STRING, "", 0},
      {"nul", STRATA_STRING, "a\0b", 3, STRATA_STRING, "a\0b", 3},
      {"like a number", STRATA_STRING, "12", 2, STRATA_STRING, "12", 2},
      {"almost a time", STRATA_STRING, "2020-01-02 03:04", 16, STRATA_STRING, "2020-01-02 03:04", 16},
      {"\xE6\xB8\xA9\xE5\xBA\xA6", STRATA_STRING, "\xF0\x9F\x8C\xA1\xC2\xB0", 6, STRATA_STRING, "\xF0\x9F\x8C\xA1\xC2\xB0", 6},
      {"", STRATA_INT64, &big, 8, STRATA_INT64, &big, 8},
  };
  for (size_t r = 0; r < LENGTH(kRegistries); ++r) {
    char name[64];
    snprintf(name, sizeof name, "attributes_%d", (int)r);
    const char *path = scratch(name);
    strata_store *store = create_store_with(NULL, path, kRegistries[r].format, kRegistries[r].compression);
    strata_dataset *d = create_dataset(store, "d");
    for (size_t i = 0; i < LENGTH(all); ++i) set(d, all[i].key, all[i].type, all[i].value, all[i].size);
    for (int round = 0; round < 3; ++round) {
      for (size_t i = 0; i < LENGTH(all); ++i) assert_attribute(d, all[i].key, all[i].back, all[i].wide, all[i].wide_size);
      flush_store(store);
      strata_dataset_close(d);
      strata_store_close(store);
      store = open_store(path);
      d = open_dataset(store, "d");
      if (round == 1) set(d, "one more", STRATA_BOOL, &yes, 1); /* the registry is written from what was read */
    }
    strata_dataset_close(d);
    strata_store_close(store);
  }
}

/* MessagePack cannot tell such a text from a time, so there it is one, from the first moment. */
static void a_text_that_is_a_date_time(void **state) {
  (void)state;
  const int64_t second = 1000000000;
  for (size_t r = 0; r < LENGTH(kRegistries); ++r) {
    char name[64];
    snprintf(name, sizeof name, "times_%d", (int)r);
    const char *path = scratch(name);
    strata_store *store = create_store_with(NULL, path, kRegistries[r].format, kRegistries[r].compression);
    strata_dataset *d = create_dataset(store, "d");
    set(d, "t", STRATA_STRING, "1970-01-01T01:00:01+01:00", 25);
    for (int round = 0; round < 3; ++round) {
      if (kRegistries[r].format == STRATA_META_JSON) assert_attribute(d, "t", STRATA_STRING, "1970-01-01T01:00:01+01:00", 25);
      else assert_attribute(d, "t", STRATA_TIMESTAMP_NS, &second, 8);
      set(d, "other", STRATA_INT64, &second, 8);
      flush_store(store);
      strata_dataset_close(d);
      strata_store_close(store);
      store = open_store(path);
      d = open_dataset(store, "d");
    }
    strata_dataset_close(d);
    strata_store_close(store);
  }
}

static void attributes_change_and_go(void **state) {
  (void)state;
  const char *path = scratch("changing");
  strata_store *store = create_store(path);
  strata_dataset *d = create_dataset(store, "d");
  const int64_t n = 5;
  set(d, "valid_max", STRATA_INT64, &n, 8);
  set(d, "title", STRATA_STRING, "old", 3);
  set(d, "valid_min", STRATA_INT64, &n, 8);
  flush_store(store);
  set(d, "title", STRATA_INT64, &n, 8);
  OK(strata_dataset_delete_attribute(d, "valid_max", STRATA_NUL, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_dataset_delete_attribute(d, "valid_max", STRATA_NUL, &err));
  set(d, "valid_range", STRATA_STRING, "x", 1);
  for (int round = 0; round < 2; ++round) {
    assert_string_equal(keys_of(d, NULL), "title,valid_min,valid_range");
    assert_string_equal(keys_of(d, "valid_"), "valid_min,valid_range");
    assert_attribute(d, "title", STRATA_INT64, &n, 8);
    flush_store(store);
    strata_dataset_close(d);
    strata_store_close(store);
    store = open_store(path);
    d = open_dataset(store, "d");
  }
  OK(strata_dataset_delete_attribute(d, "title", STRATA_NUL, &err));
  OK(strata_store_discard(store, &err));
  assert_attribute(d, "title", STRATA_INT64, &n, 8);
  strata_dataset_close(d);
  strata_store_close(store);
}

static void what_is_no_attribute_is_refused(void **state) {
  (void)state;
  const uint64_t beyond = (uint64_t)INT64_MAX + 1;
  const double nan = NAN, infinite = INFINITY;
  for (size_t r = 0; r < LENGTH(kRegistries); r += 3) { /* JSON has no such floats, MessagePack has */
    char name[64];
    snprintf(name, sizeof name, "refusing_%d", (int)r);
    const char *path = scratch(name);
    strata_store *store = create_store_with(NULL, path, kRegistries[r].format, 0);
    strata_dataset *d = create_dataset(store, "d");
    flush_store(store);
    FAILS(STRATA_E_LIMIT, strata_dataset_set_attribute(d, "k", 1, STRATA_UINT64, &beyond, 8, &err));
    FAILS(STRATA_E_TYPE, strata_dataset_set_attribute(d, "k", 1, STRATA_BINARY, &beyond, 8, &err));
    FAILS(STRATA_E_TYPE, strata_dataset_set_attribute(d, "k", 1, STRATA_LIST, &beyond, 8, &err));
    FAILS(STRATA_E_INVALID, strata_dataset_set_attribute(d, "k", 1, STRATA_TYPE_NONE, &beyond, 8, &err));
    FAILS(STRATA_E_INVALID, strata_dataset_set_attribute(d, "k", 1, STRATA_INT32, &beyond, 8, &err));
    FAILS(STRATA_E_INVALID, strata_dataset_set_attribute(d, "k", 1, STRATA_STRING, "\xFF", 1, &err));
    FAILS(STRATA_E_INVALID, strata_dataset_set_attribute(d, "\xFF", 1, STRATA_STRING, "x", 1, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_get_attribute(d, "k", 1, NULL, NULL, 0, NULL, &err));
    assert_int_equal(pending_in(store).arrays, 0);
    if (kRegistries[r].format == STRATA_META_JSON) {
      FAILS(STRATA_E_INVALID, strata_dataset_set_attribute(d, "k", 1, STRATA_FLOAT64, &nan, 8, &err));
      FAILS(STRATA_E_INVALID, strata_dataset_set_attribute(d, "k", 1, STRATA_FLOAT64, &infinite, 8, &err));
    } else {
      set(d, "nan", STRATA_FLOAT64, &nan, 8);
      set(d, "infinite", STRATA_FLOAT64, &infinite, 8);
      flush_store(store);
      strata_dataset_close(d);
      strata_store_close(store);
      store = open_store(path);
      d = open_dataset(store, "d");
      assert_attribute(d, "nan", STRATA_FLOAT64, &nan, 8);
      assert_attribute(d, "infinite", STRATA_FLOAT64, &infinite, 8);
    }
    strata_dataset_close(d);
    strata_store_close(store);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_dataset_is_created_opened_and_deleted), cmocka_unit_test(names_that_cannot_be),
      cmocka_unit_test(names_that_can_be),                       cmocka_unit_test(arrays_of_a_dataset),
      cmocka_unit_test(a_deleted_dataset_takes_its_arrays_along), cmocka_unit_test(attributes_in_every_registry),
      cmocka_unit_test(a_text_that_is_a_date_time),
      cmocka_unit_test(attributes_change_and_go),                cmocka_unit_test(what_is_no_attribute_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
