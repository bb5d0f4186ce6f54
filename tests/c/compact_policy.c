/* Flushes that compact by themselves. */
#include "store_support.h"

static const int32_t kOneToSix[6] = {1, 2, 3, 4, 5, 6};

static strata_file *file_with(const char *path, uint64_t layers, uint64_t dead_bytes) {
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.compact_layers = layers;
  o.compact_dead_bytes = dead_bytes;
  strata_file *file = NULL;
  OK(strata_file_create(NULL, path, STRATA_NUL, &o, NULL, &file, &err));
  return file;
}

static void off_unless_asked_for(void **state) {
  (void)state;
  strata_file *file = file_with(scratch("off.af"), 0, 0);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  for (int i = 0; i < 20; ++i) {
    write_all(a, kOneToSix, sizeof kOneToSix);
    flush(file);
  }
  assert_int_equal(layer_count(file), 21);
  strata_array_close(a);
  strata_file_close(file);
}

static void by_layers(void **state) {
  (void)state;
  strata_file *file = file_with(scratch("layers.af"), 4, 0);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  for (int32_t i = 0; i < 11; ++i) {
    write_i32(a, 0, 1, &i);
    flush(file);
    assert_int_equal(read_i32(a, 0), i);
    assert_int_equal(layer_count(file), 1 + (i + 1) % 4); /* the base and three more; the fourth makes them one */
  }
  strata_array_close(a);
  strata_file_close(file);
}

/* 24 bytes of data; each overwritten chunk leaves 8. */
static void by_dead_bytes(void **state) {
  (void)state;
  const char *path = scratch("dead.af");
  strata_file *file = file_with(path, 0, 20);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  write_all(a, kOneToSix, sizeof kOneToSix);
  flush(file);
  const int32_t seven[2] = {7, 7};
  const uint64_t layers[] = {2, 3, 4, 1, 2, 3, 1}; /* 0, 8, 16, 24 dead bytes; 8, 16, 24 */
  assert_int_equal(layer_count(file), layers[0]);
  for (size_t i = 1; i < LENGTH(layers); ++i) {
    write_i32(a, 2, 2, seven);
    flush(file);
    assert_int_equal(layer_count(file), layers[i]);
  }
  /* What others left is counted too. */
  strata_file *other = open_file(path);
  strata_array *theirs = open_array(other, "a");
  for (int i = 0; i < 2; ++i) {
    write_all(theirs, kOneToSix, sizeof kOneToSix);
    flush(other);
  }
  strata_array *b = define(file, "b", STRATA_INT8, 1, DIMS(1), NULL);
  flush(file);
  assert_int_equal(layer_count(file), 1);
  /* A deletion leaves all chunks of an array. */
  OK(strata_file_delete(file, "a", STRATA_NUL, NULL, &err));
  flush(file);
  assert_int_equal(layer_count(file), 1);
  assert_string_equal(names_in(file), "b");
  strata_array_close(b);
  strata_array_close(theirs);
  strata_file_close(other);
  strata_array_close(a);
  strata_file_close(file);
}

static strata_store *store_with(const char *path, uint64_t layers, uint64_t dead_bytes) {
  strata_store_options o = STRATA_STORE_OPTIONS_INIT;
  o.compact_layers = layers;
  o.compact_dead_bytes = dead_bytes;
  strata_store *store = NULL;
  OK(strata_store_create(NULL, path, STRATA_NUL, &o, NULL, &store, &err));
  return store;
}

/* Kinds of all commits, the first one first: "d", "c", "s" ... */
static const char *kinds_in(strata_store *store) {
  static char out[64];
  strata_log *log = NULL;
  OK(strata_store_log(store, 0, NULL, &log, &err));
  const uint64_t count = strata_log_count(log);
  assert_true(count < sizeof out);
  for (uint64_t i = 0; i < count; ++i) {
    strata_commit commit = STRATA_COMMIT_INIT;
    OK(strata_log_get(log, count - 1 - i, &commit, &err));
    out[i] = "dcis"[commit.kind];
  }
  out[count] = 0;
  strata_log_close(log);
  return out;
}

static void write_in(strata_store *store, const char *array, int32_t value) {
  strata_array *a = array_of(store, "d", array);
  write_i32(a, 0, 1, &value);
  strata_array_close(a);
}

/* Each array file by itself, and only those that the flush has changed. */
static void stores_by_layers(void **state) {
  (void)state;
  const char *path = scratch("store_by_layers");
  strata_store *store = store_with(path, 2, 0);
  put_array(store, "d", "x", 0);
  put_array(store, "d", "y", 0);
  flush_store(store);
  for (int32_t i = 10; i < 13; ++i) {
    write_in(store, "x", i);
    flush_store(store);
  }
  assert_string_equal(kinds_in(store), "dddcsd"); /* 1, 2, 3 layers of x, which become one; 2 */
  write_in(store, "y", 20);
  flush_store(store);
  assert_string_equal(kinds_in(store), "dddcsdd");
  write_in(store, "x", 13);
  write_in(store, "y", 21);
  flush_store(store);
  assert_string_equal(kinds_in(store), "dddcsdddccs");
  flush_store(store); /* nothing pending */
  assert_string_equal(kinds_in(store), "dddcsdddccs");
  store = reopened_store(store, path);
  strata_array *x = array_of(store, "d", "x"), *y = array_of(store, "d", "y");
  assert_int_equal(read_i32(x, 0), 13);
  assert_int_equal(read_i32(y, 0), 21);
  assert_int_equal(read_i32(y, 3), 3);
  strata_array_close(y);
  strata_array_close(x);
  strata_store_close(store);
}

/* Each array is one chunk of 16 bytes. */
static void stores_by_dead_bytes(void **state) {
  (void)state;
  strata_store *store = store_with(scratch("store_by_dead_bytes"), 0, 32);
  put_array(store, "d", "x", 0);
  put_array(store, "d", "y", 0);
  flush_store(store);
  const char *kinds[] = {"dd", "dddcs", "dddcsd", "dddcsddcs"}; /* 16 dead bytes, 32; 16, 32 */
  for (size_t i = 0; i < LENGTH(kinds); ++i) {
    write_in(store, "x", (int32_t)i);
    flush_store(store);
    assert_string_equal(kinds_in(store), kinds[i]);
  }
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(off_unless_asked_for),
      cmocka_unit_test(by_layers),
      cmocka_unit_test(by_dead_bytes),
      cmocka_unit_test(stores_by_layers),
      cmocka_unit_test(stores_by_dead_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
