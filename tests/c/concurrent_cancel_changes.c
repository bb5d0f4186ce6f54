/* Calls that change what there is, and reads of lists, stopped half way by another thread: none leaves anything behind. */
#include "stopped_calls.h"

enum { kTall = 1 << 15, kWide = 100, kLists = 1 << 16 };
static strata_array *tall, *lists;
static strata_store *store;

static strata_status append_it(void) {
  return strata_array_append(s.array, 0, kElements, s.new_values, kElements * sizeof(int32_t), s.cancel, NULL, &err);
}
/* The edge of every chunk moves. */
static strata_status resize_it(void) { return strata_array_resize(tall, 2, DIMS(kTall, kWide + 1), s.cancel, &err); }
static strata_status copy_it(void) { return strata_file_copy(s.file, "a", 1, "b", 1, s.cancel, &err); }
static strata_status rename_it(void) { return strata_file_rename(s.file, "a", 1, "b", 1, s.cancel, &err); }
static strata_status copy_dataset_it(void) {
  return strata_store_dataset_copy(store, "d", 1, "e", 1, s.cancel, &err);
}
static strata_status read_lists_it(void) {
  strata_buffer *offsets = NULL, *values = NULL;
  const strata_status status =
      strata_array_read_nested(lists, 1, NULL, NULL, s.cancel, 1, &offsets, &values, &err);
  if (status != STRATA_OK) assert_true(offsets == NULL && values == NULL);
  strata_buffer_release(offsets);
  strata_buffer_release(values);
  return status;
}
static strata_status write_lists_it(void) {
  static int64_t ends[kLists + 1];
  for (int i = 0; i <= kLists; ++i) ends[i] = 3 * (int64_t)i;
  const int64_t *const levels[] = {ends};
  const size_t counts[] = {kLists + 1};
  return strata_array_write_nested(lists, 1, NULL, NULL, 1, levels, counts, s.new_values, 3 * kLists * 4, s.cancel, &err);
}

static void assert_nothing_left(void) {
  strata_pending p = pending_of(s.file);
  assert_int_equal(p.arrays + p.chunks + p.bytes, 0);
  assert_string_equal(names_in(s.file), "a,tall,lists");
  uint64_t shape[2];
  OK(strata_array_shape(s.array, shape, 2, &err));
  assert_int_equal(shape[0], kElements);
  OK(strata_array_shape(tall, shape, 2, &err));
  assert_int_equal(shape[1], kWide);
  p = pending_in(store);
  assert_int_equal(p.arrays + p.chunks + p.bytes, 0);
  assert_string_equal(datasets_in(store), "d");
}

static void assert_all_values(void) {
  read_all(s.array, s.got, kElements * sizeof(int32_t));
  assert_memory_equal(s.got, s.old_values, kElements * sizeof(int32_t));
  read_all(tall, s.got, kTall * kWide * sizeof(int32_t));
  assert_memory_equal(s.got, s.old_values, kTall * kWide * sizeof(int32_t));
}

static void make_world(void) {
  make_sample("changes.af", STRATA_CODEC_ZSTD);
  tall = define(s.file, "tall", STRATA_INT32, 2, DIMS(kTall, kWide), DIMS(16, 2 * kWide));
  write_all(tall, s.old_values, kTall * kWide * sizeof(int32_t));
  OK(strata_file_define_nested(s.file, "lists", STRATA_NUL, "list<int32>", STRATA_NUL, 1, DIMS(kLists), DIMS(64), NULL, NULL,
                               &lists, &err));
  OK(write_lists_it());
  flush(s.file);
  store = create_store_with(s.context, scratch("store"), 0, 0);
  strata_dataset *d = create_dataset(store, "d");
  static const char *const names[] = {"x", "y"};
  for (size_t i = 0; i < LENGTH(names); ++i) {
    strata_array *a = NULL;
    OK(strata_dataset_define(d, names[i], 1, STRATA_INT32, 1, DIMS(kElements / 4), DIMS(kChunk), NULL, 0, NULL, 0, NULL, &a, &err));
    write_all(a, s.old_values, kElements);
    strata_array_close(a);
  }
  strata_dataset_close(d);
  flush_store(store);
}

static void nothing_is_left(void **state) {
  (void)state;
  static const struct {
    const char *name;
    call *run;
  } calls[] = {{"append", append_it},         {"resize", resize_it},         {"copy", copy_it},
               {"rename", rename_it},         {"copy dataset", copy_dataset_it}, {"read lists", read_lists_it},
               {"write lists", write_lists_it}};
  make_world();
  for (size_t i = 0; i < LENGTH(calls); ++i) {
    int stopped = 0;
    for (int try = 0; try < kTries; ++try) {
      trigger t;
      const strata_status status = stopped_in(calls[i].name, calls[i].run, try, &t);
      if (status == STRATA_OK) {
        OK(strata_file_discard(s.file, &err));
        OK(strata_store_discard(store, &err));
        strata_array_close(s.array); /* a rename that was taken back leaves handles stale */
        s.array = open_array(s.file, "a");
      } else {
        if (status != STRATA_E_CANCELLED) fail_msg("%s: %s", calls[i].name, err.message);
        ++stopped;
        if (calls[i].run == read_lists_it) {
          const strata_counters c = counters_of(s.context);
          assert_in_range(c.units_decoded - t.counters.units_decoded, 0, kThreads);
          assert_in_range(c.reads - t.counters.reads, 0, kThreads);
        }
      }
      assert_nothing_left();
    }
    assert_true(stopped > 0);
    assert_all_values();
    OK(calls[i].run()); /* and it works when nobody stops it */
    OK(strata_file_discard(s.file, &err));
    OK(strata_store_discard(store, &err));
    strata_array_close(s.array);
    s.array = open_array(s.file, "a");
  }
  strata_store_close(store);
  strata_array_close(lists);
  strata_array_close(tall);
  drop_sample();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_left)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
