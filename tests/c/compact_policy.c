/* Flushes that compact by themselves. */
#include "support.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(off_unless_asked_for),
      cmocka_unit_test(by_layers),
      cmocka_unit_test(by_dead_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
