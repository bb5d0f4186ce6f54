/* What is left in folders by those who were stopped, by other programs, or by arrays that are gone. */
#include "store_support.h"

static void put_text(const char *path, const char *text) {
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fputs(text, f);
  fclose(f);
}

static void write_one(strata_file *file, uint64_t at, int32_t value) {
  strata_array *a = open_array(file, "a");
  write_i32(a, at, 1, &value);
  strata_array_close(a);
}

static void assert_values(strata_file *file, int32_t x, int32_t y, int32_t z) {
  strata_array *a = open_array(file, "a");
  const int32_t want[3] = {x, y, z};
  int32_t got[3];
  read_all(a, got, sizeof got);
  for (int i = 0; i < 3; ++i) assert_int_equal(got[i], want[i]);
  strata_array_close(a);
}

/* An array of three chunks in the base, and a layer for each flush after that. */
static strata_file *sample(const char *path) {
  strata_file *file = create_file(path);
  strata_array_close(define(file, "a", STRATA_INT32, 1, DIMS(3), DIMS(1)));
  flush(file);
  for (int32_t i = 0; i < 3; ++i) {
    write_one(file, (uint64_t)i, i + 1);
    flush(file);
  }
  return file;
}

/* The third of four layers is missing, and the fourth was written above it: that is a loss, and said. */
static void a_missing_layer_is_damage(void **state) {
  (void)state;
  const char *folder = scratch_folder("gap"), *path = scratch("gap/x.af");
  strata_file_close(sample(path));
  assert_true(path_exists(inside(folder, "x.4.af")));
  assert_int_equal(remove(inside(folder, "x.3.af")), 0);
  strata_file *file = NULL;
  FAILS(STRATA_E_CORRUPT, strata_file_open(NULL, path, STRATA_NUL, NULL, NULL, &file, &err));
  assert_null(file);
  assert_false(path_exists(inside(folder, "x.3.af")));
}

/* A compaction that was killed leaves a part; one later compaction removes it, and nothing else. */
static void parts_of_killed_compactions_go(void **state) {
  (void)state;
  const char *folder = scratch_folder("parts"), *path = scratch("parts/x.af");
  static const char *const parts[] = {"x.0123456789abcdef0123456789abcdef.part", "x.ffffffffffffffffffffffffffffffff.part"};
  static const char *const others[] = {"x.0123456789abcdef0123456789abcde.part", "x.0123456789ABCDEF0123456789ABCDEF.part",
                                       "y.0123456789abcdef0123456789abcdef.part", "x.1.af#3", "x.2.af.tmp", "x.0.af"};
  strata_file *file = sample(path);
  for (size_t i = 0; i < LENGTH(parts); ++i) put_text(inside(folder, parts[i]), "not even a layer");
  for (size_t i = 0; i < LENGTH(others); ++i) put_text(inside(folder, others[i]), "something else");
  write_one(file, 0, 7);
  flush(file);
  for (size_t i = 0; i < LENGTH(parts); ++i) assert_true(path_exists(inside(folder, parts[i])));
  compact(file);
  for (size_t i = 0; i < LENGTH(parts); ++i) assert_false(path_exists(inside(folder, parts[i])));
  for (size_t i = 0; i < LENGTH(others); ++i) assert_true(path_exists(inside(folder, others[i])));
  file = reopened(file, path);
  assert_values(file, 7, 2, 3);
  strata_file_close(file);
}

/* Write, flush, read, compact, on one handle and through its caches: never what was there before. */
static void cycles_on_one_handle(void **state) {
  (void)state;
  strata_context_options options = STRATA_CONTEXT_OPTIONS_INIT;
  options.slab_bytes = 4096;
  strata_context *context = NULL;
  OK(strata_context_create(&options, NULL, 0, &context, &err));
  const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  for (size_t c = 0; c < LENGTH(codecs); ++c) {
    char name[32];
    snprintf(name, sizeof name, "cycles_%d.af", (int)c);
    const char *path = scratch(name);
    strata_file *file = create_with(context, path, codecs[c]), *other = NULL;
    strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(3), DIMS(1));
    int32_t values[3] = {0, 0, 0};
    for (int32_t round = 1; round <= 12; ++round) {
      const uint64_t at = (uint64_t)round % 3;
      values[at] = round;
      write_i32(a, at, 1, &round);
      if (round % 2) flush(file);
      assert_values(file, values[0], values[1], values[2]);
      if (round % 4 >= 2) compact(file); /* also with changes that were not flushed */
      assert_values(file, values[0], values[1], values[2]);
      if (round % 4 == 0) flush(file);
      if (other) strata_file_close(other);
      other = open_in(context, path); /* in the same caches */
      assert_values(other, values[0], values[1], values[2]);
    }
    strata_file_close(other);
    strata_array_close(a);
    strata_file_close(file);
  }
  strata_context_close(context);
}

/* Of an array's file in a store only layers are left: an error for who reads, and in nobody's way. */
static void a_base_that_is_gone(void **state) {
  (void)state;
  const char *folder = scratch("no_base");
  strata_store *store = create_store(folder);
  put_array(store, "d", "x", 1);
  flush_store(store);
  put_array(store, "e", "x", 11);
  flush_store(store);
  strata_store_close(store);
  assert_int_equal(remove(inside(folder, "x/data.af")), 0);
  assert_true(path_exists(inside(folder, "x/data.1.af")));
  store = open_store(folder);
  assert_array(store, "d", "x", 1); /* its layer has a second name in the store's own folder */
  strata_store_close(store);
  char homes[1500];
  snprintf(homes, sizeof homes, "%s", inside(folder, "_strata/layers"));
  assert_int_equal(rename(homes, inside(folder, "_away")), 0);
  store = open_store(folder);
  strata_dataset *d = open_dataset(store, "d");
  strata_array *a = NULL;
  FAILS(STRATA_E_CORRUPT, strata_dataset_array_open(d, "x", 1, NULL, &a, &err));
  assert_null(a);
  assert_false(path_exists(inside(folder, "x/data.af"))); /* reading makes nothing */
  OK(strata_dataset_delete(d, "x", 1, NULL, &err));
  strata_dataset_close(d);
  OK(strata_store_dataset_delete(store, "e", 1, NULL, &err));
  flush_store(store);
  put_array(store, "f", "x", 21);
  flush_store(store);
  for (int round = 0; round < 3; ++round) {
    assert_array(store, "f", "x", 21);
    if (round == 1) OK(strata_store_compact(store, NULL, &err));
    store = reopened_store(store, folder);
  }
  strata_store_close(store);
}

/* The last dataset with an array of that name is gone: the file keeps a tombstone only, and takes a new one. */
static void a_file_without_arrays(void **state) {
  (void)state;
  const char *folder = scratch("no_arrays");
  strata_store *store = create_store(folder);
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 11);
  flush_store(store);
  strata_dataset *d = open_dataset(store, "d");
  OK(strata_dataset_delete(d, "x", 1, NULL, &err));
  strata_dataset_close(d);
  flush_store(store);
  strata_file_options reading = STRATA_FILE_OPTIONS_INIT;
  reading.flags = STRATA_READ_ONLY;
  strata_file *file = NULL;
  OK(strata_file_open(NULL, inside(folder, "x/data.af"), STRATA_NUL, &reading, NULL, &file, &err));
  assert_string_equal(names_in(file), ""); /* the deletion was written */
  strata_file_close(file);
  store = reopened_store(store, folder);
  OK(strata_store_compact(store, NULL, &err));
  d = open_dataset(store, "d");
  strata_array *a = define_in(d, "x", STRATA_FLOAT64, 1, DIMS(2)); /* another type */
  const double values[2] = {0.5, 1.5};
  write_all(a, values, sizeof values);
  strata_array_close(a);
  strata_dataset_close(d);
  for (int round = 0; round < 3; ++round) {
    if (round == 2) OK(strata_store_compact(store, NULL, &err));
    else flush_store(store);
    store = reopened_store(store, folder);
    double got[2];
    a = array_of(store, "d", "x");
    read_all(a, got, sizeof got);
    assert_true(got[0] == 0.5 && got[1] == 1.5);
    strata_array_close(a);
    assert_array(store, "d", "y", 11);
  }
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_missing_layer_is_damage), cmocka_unit_test(parts_of_killed_compactions_go),
      cmocka_unit_test(cycles_on_one_handle),           cmocka_unit_test(a_base_that_is_gone),
      cmocka_unit_test(a_file_without_arrays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
