/* What a compaction would do, asked before it is done. */
#include "store_support.h"

enum { kCells = 1 << 18 };

static strata_compaction only_of(strata_compaction_list *list) {
  strata_compaction c = STRATA_COMPACTION_INIT;
  assert_int_equal(strata_compaction_list_count(list), 1);
  OK(strata_compaction_list_get(list, 0, &c, &err));
  assert_string_equal(c.array, "");
  strata_compaction_list_close(list);
  c.array = NULL;
  return c;
}

static strata_compaction plan_of(strata_file *file) {
  strata_compaction_list *list = NULL;
  OK(strata_file_compaction_list(file, NULL, &list, &err));
  return only_of(list);
}

/* Numbers that no codec makes smaller than half. */
static void fill(int32_t *to, uint32_t seed) {
  for (size_t i = 0; i < kCells; ++i) {
    seed = seed * 1664525u + 1013904223u;
    to[i] = (int32_t)(seed >> 3);
  }
}

/* The numbers are right before, and what is expected is about what comes. */
static void of_a_file(const char *path, int32_t codec) {
  static int32_t cells[kCells];
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.codec = codec;
  strata_file *file = NULL;
  OK(strata_file_create(NULL, path, STRATA_NUL, &o, NULL, &file, &err));
  strata_compaction c = plan_of(file);
  assert_true(!c.merges && c.layers == 1 && c.dead_bytes == 0 && c.bytes > 0 && c.bytes_after == c.bytes);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(kCells), DIMS(kCells / 16));
  fill(cells, 1);
  write_all(a, cells, sizeof cells);
  flush(file);
  fill(cells, 2);
  OK(strata_array_write(a, 1, DIMS(0), DIMS(kCells / 2), cells, sizeof cells / 2, NULL, &err));
  flush(file);
  OK(strata_array_write(a, 1, DIMS(0), DIMS(1), cells, 4, NULL, &err)); /* pending changes do not count */
  c = plan_of(file);
  assert_true(c.merges);
  assert_int_equal(c.layers, 3);
  assert_int_equal(c.dead_bytes, sizeof cells / 2);
  assert_true(c.bytes > c.bytes_after);
  OK(strata_file_discard(file, &err));
  OK(strata_file_compact(file, NULL, &err));
  const strata_compaction now = plan_of(file);
  assert_true(!now.merges && now.layers == 1 && now.dead_bytes == 0);
  assert_true(c.bytes_after > now.bytes * 9 / 10 && c.bytes_after < now.bytes * 11 / 10);
  strata_array_close(a);
  strata_file_close(file);
}

static void of_files(void **state) {
  (void)state;
  of_a_file(scratch("none.af"), STRATA_CODEC_NONE);
}

static void of_compressed_files(void **state) {
  (void)state;
  of_a_file(scratch("zstd.af"), STRATA_CODEC_ZSTD);
}

/* One for each array file, also of one that no dataset has any more. */
static void of_stores(void **state) {
  (void)state;
  strata_store *store = create_store(scratch("planned"));
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 2);
  put_array(store, "d", "z", 3);
  flush_store(store);
  put_array(store, "e", "y", 4);
  strata_dataset *d = open_dataset(store, "d");
  OK(strata_dataset_delete(d, "z", STRATA_NUL, NULL, &err));
  strata_dataset_close(d);
  flush_store(store);
  strata_compaction_list *list = NULL;
  OK(strata_store_compaction_list(store, NULL, &list, &err));
  static const struct {
    const char *array;
    uint64_t layers, dead;
  } wanted[] = {{"x", 1, 0}, {"y", 2, 0}, {"z", 2, 16}};
  assert_int_equal(strata_compaction_list_count(list), LENGTH(wanted));
  for (size_t i = 0; i < LENGTH(wanted); ++i) {
    strata_compaction c = STRATA_COMPACTION_INIT;
    OK(strata_compaction_list_get(list, i, &c, &err));
    assert_string_equal(c.array, wanted[i].array);
    assert_int_equal(c.layers, wanted[i].layers);
    assert_int_equal(c.merges, wanted[i].layers > 1);
    assert_int_equal(c.dead_bytes, wanted[i].dead);
  }
  strata_compaction_list_close(list);
  OK(strata_store_compact(store, NULL, &err));
  OK(strata_store_compaction_list(store, NULL, &list, &err));
  for (uint64_t i = 0; i < strata_compaction_list_count(list); ++i) {
    strata_compaction c = STRATA_COMPACTION_INIT;
    OK(strata_compaction_list_get(list, i, &c, &err));
    assert_int_equal(c.merges, 0);
  }
  strata_compaction_list_close(list);
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(of_files), cmocka_unit_test(of_compressed_files), cmocka_unit_test(of_stores)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
