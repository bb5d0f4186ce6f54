/* Attributes of datasets, in every kind of registry. */
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

static void attributes_in_every_registry(void **state) {
  (void)state;
  const uint8_t yes = 1, no = 0, u8 = 200;
  const int16_t i16 = -5;
  const uint32_t u32 = UINT32_MAX;
  const uint64_t u64 = INT64_MAX;
  const int64_t lowest = INT64_MIN, big = (INT64_C(1) << 53) + 1, when = 1700000000123456789, early = -1, w_i16 = -5,
                w_u8 = 200, w_u32 = UINT32_MAX, w_u64 = INT64_MAX;
  const float f32 = 0.1f;
  const double third = 1.0 / 3, three = 3.0, huge = 1e300, large = 1e20, tiny = 5e-324, minus_zero = -0.0,
               w_f32 = (double)0.1f;
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
      {"\xE6\xB8\xA9\xE5\xBA\xA6", STRATA_STRING, "\xF0\x9F\x8C\xA1\xC2\xB0", 6, STRATA_STRING,
       "\xF0\x9F\x8C\xA1\xC2\xB0", 6},
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
      for (size_t i = 0; i < LENGTH(all); ++i)
        assert_attribute(d, all[i].key, all[i].back, all[i].wide, all[i].wide_size);
      flush_store(store);
      strata_dataset_close(d);
      store = reopened_store(store, path);
      d = open_dataset(store, "d");
      if (round == 1) set(d, "one more", STRATA_BOOL, &yes, 1); /* the registry is written from what was read */
    }
    strata_dataset_close(d);
    strata_store_close(store);
  }
}

/* Values that the text of a registry cannot tell from others. */
static void kinds_that_look_like_others(void **state) {
  (void)state;
  const double nan = NAN, infinite = INFINITY, minus_infinite = -INFINITY;
  const int64_t second = 1000000000;
  for (size_t r = 0; r < LENGTH(kRegistries); ++r) {
    char name[64];
    snprintf(name, sizeof name, "alike_%d", (int)r);
    const char *path = scratch(name);
    strata_store *store = create_store_with(NULL, path, kRegistries[r].format, kRegistries[r].compression);
    strata_dataset *d = create_dataset(store, "d");
    set(d, "like a time", STRATA_STRING, "1970-01-01T01:00:01+01:00", 25);
    set(d, "time", STRATA_TIMESTAMP_NS, &second, 8);
    set(d, "nan", STRATA_FLOAT64, &nan, 8);
    set(d, "infinite", STRATA_FLOAT64, &infinite, 8);
    set(d, "minus infinite", STRATA_FLOAT64, &minus_infinite, 8);
    set(d, "like nan", STRATA_STRING, "NaN", 3);
    set(d, "was nan", STRATA_FLOAT64, &nan, 8);
    set(d, "was nan", STRATA_STRING, "NaN", 3);
    set(d, "was a time", STRATA_STRING, "1970-01-01T00:00:01Z", 20);
    set(d, "was a time", STRATA_TIMESTAMP_NS, &second, 8);
    for (int round = 0; round < 3; ++round) {
      assert_attribute(d, "like a time", STRATA_STRING, "1970-01-01T01:00:01+01:00", 25);
      assert_attribute(d, "time", STRATA_TIMESTAMP_NS, &second, 8);
      assert_attribute(d, "nan", STRATA_FLOAT64, &nan, 8);
      assert_attribute(d, "infinite", STRATA_FLOAT64, &infinite, 8);
      assert_attribute(d, "minus infinite", STRATA_FLOAT64, &minus_infinite, 8);
      assert_attribute(d, "like nan", STRATA_STRING, "NaN", 3);
      assert_attribute(d, "was nan", STRATA_STRING, "NaN", 3);
      assert_attribute(d, "was a time", STRATA_TIMESTAMP_NS, &second, 8);
      set(d, "other", STRATA_INT32, &(int32_t){round}, 4); /* the registry is written from what was read */
      flush_store(store);
      strata_dataset_close(d);
      store = reopened_store(store, path);
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
    store = reopened_store(store, path);
    d = open_dataset(store, "d");
  }
  OK(strata_dataset_delete_attribute(d, "title", STRATA_NUL, &err));
  OK(strata_store_discard(store, &err));
  assert_attribute(d, "title", STRATA_INT64, &n, 8);
  strata_dataset_close(d);
  strata_store_close(store);
}

/* In text there is one NaN only; a handle shows what will be read back. */
static void a_nan_has_no_sign_in_json(void **state) {
  (void)state;
  const uint64_t nan = UINT64_C(0x7FF8000000000000), other = UINT64_C(0xFFF8000000000123);
  const uint32_t single = 0xFFC00001;
  const char *path = scratch("nans");
  strata_store *store = create_store(path);
  strata_dataset *d = create_dataset(store, "d");
  set(d, "double", STRATA_FLOAT64, &other, 8);
  set(d, "single", STRATA_FLOAT32, &single, 4);
  for (int round = 0; round < 2; ++round) {
    assert_attribute(d, "double", STRATA_FLOAT64, &nan, 8);
    assert_attribute(d, "single", STRATA_FLOAT64, &nan, 8);
    flush_store(store);
    strata_dataset_close(d);
    store = reopened_store(store, path);
    d = open_dataset(store, "d");
  }
  strata_dataset_close(d);
  strata_store_close(store);
}

static void what_is_no_attribute_is_refused(void **state) {
  (void)state;
  const uint64_t beyond = (uint64_t)INT64_MAX + 1;
  for (size_t r = 0; r < LENGTH(kRegistries); r += 3) {
    char name[64];
    snprintf(name, sizeof name, "refusing_%d", (int)r);
    strata_store *store = create_store_with(NULL, scratch(name), kRegistries[r].format, 0);
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
    strata_dataset_close(d);
    strata_store_close(store);
  }
}

static void twenty_thousand_on_one_dataset(void **state) {
  (void)state;
  enum { kMany = 20000 };
  for (size_t r = 0; r < LENGTH(kRegistries); ++r) {
    char path[1400], name[64];
    snprintf(name, sizeof name, "many_%d", (int)r);
    snprintf(path, sizeof path, "%s", scratch(name));
    strata_store *store = create_store_with(NULL, path, kRegistries[r].format, kRegistries[r].compression);
    strata_dataset *d = create_dataset(store, "d");
    char key[32];
    for (int64_t i = 0; i < kMany; ++i) {
      snprintf(key, sizeof key, "attribute %d", (int)i);
      set(d, key, STRATA_INT64, &i, 8);
    }
    for (int64_t i = 0; i < kMany; i += 2) {
      snprintf(key, sizeof key, "attribute %d", (int)i);
      OK(strata_dataset_delete_attribute(d, key, STRATA_NUL, &err));
    }
    flush_store(store);
    strata_dataset_close(d);
    store = reopened_store(store, path);
    d = open_dataset(store, "d");
    strata_cursor *cursor = NULL;
    OK(strata_dataset_list_attributes(d, NULL, 0, &cursor, &err));
    assert_int_equal(strata_cursor_remaining(cursor), kMany / 2);
    const char *first;
    size_t length;
    OK(strata_cursor_next(cursor, &first, &length, &err));
    assert_int_equal(length, 11);
    assert_memory_equal(first, "attribute 1", 11);
    strata_cursor_close(cursor);
    for (int64_t i = 1; i < kMany; i += 2) {
      snprintf(key, sizeof key, "attribute %d", (int)i);
      assert_attribute(d, key, STRATA_INT64, &i, 8);
    }
    strata_dataset_close(d);
    strata_store_close(store);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(attributes_in_every_registry), cmocka_unit_test(kinds_that_look_like_others),
      cmocka_unit_test(a_nan_has_no_sign_in_json),    cmocka_unit_test(attributes_change_and_go),
      cmocka_unit_test(what_is_no_attribute_is_refused), cmocka_unit_test(twenty_thousand_on_one_dataset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
