/* What becomes of handles whose array was deleted, defined anew, discarded or compacted away under them. */
#include "support.h"

/* Every call on the array says STRATA_E_STALE; what is fixed at the opening can still be asked. */
static void assert_stale(strata_array *a) {
  const uint64_t start = 0, count = 1;
  const int64_t stride = 4;
  int32_t value = 7;
  size_t needed = 0;
  strata_status one = 9;
  strata_cursor *cursor = NULL;
  strata_statistics s = STRATA_STATISTICS_INIT;
  FAILS(STRATA_E_STALE, strata_array_read(a, 1, &start, &count, NULL, &value, sizeof value, &needed, &err));
  FAILS(STRATA_E_STALE, strata_array_read_strided(a, 1, &start, &count, &stride, NULL, &value, sizeof value, &err));
  FAILS(STRATA_E_STALE,
        strata_array_read_many(a, 1, 1, &start, &count, NULL, &value, sizeof value, NULL, NULL, NULL, &err));
  OK(strata_array_read_many(a, 1, 1, &start, &count, NULL, &value, sizeof value, NULL, NULL, &one, &err));
  assert_int_equal(one, STRATA_E_STALE);
  FAILS(STRATA_E_STALE, strata_array_write(a, 1, &start, &count, &value, sizeof value, NULL, &err));
  FAILS(STRATA_E_STALE, strata_array_write_strided(a, 1, &start, &count, &stride, &value, sizeof value, NULL, &err));
  FAILS(STRATA_E_STALE, strata_array_set_attribute(a, "k", 1, STRATA_INT32, &value, sizeof value, &err));
  FAILS(STRATA_E_STALE, strata_array_get_attribute(a, "k", 1, NULL, &value, sizeof value, NULL, &err));
  FAILS(STRATA_E_STALE, strata_array_delete_attribute(a, "k", 1, &err));
  FAILS(STRATA_E_STALE, strata_array_list_attributes(a, NULL, 0, &cursor, &err));
  assert_null(cursor);
  FAILS(STRATA_E_STALE, strata_array_statistics(a, NULL, &s, &err));
  FAILS(STRATA_E_STALE, strata_array_statistics_text(a, 0, NULL, NULL, 0, &needed, &err));
  assert_int_equal(value, 7);
  assert_int_equal(strata_array_type(a), STRATA_INT32);
  assert_int_equal(strata_array_ndim(a), 1);
  uint64_t shape = 0;
  OK(strata_array_shape(a, &shape, 1, &err));
  assert_int_equal(shape, 4);
}

static const int32_t kValues[4] = {1, 2, 3, 4};

/* "a" = 1..4 with attribute "k", flushed. */
static strata_file *sample(const char *path) {
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(4), DIMS(2));
  write_all(a, kValues, sizeof kValues);
  OK(strata_array_set_attribute(a, "k", 1, STRATA_INT32, kValues, 4, &err));
  flush(file);
  strata_array_close(a);
  return file;
}

static void assert_alive(strata_array *a) {
  int32_t got[4];
  read_all(a, got, sizeof got);
  assert_memory_equal(got, kValues, sizeof got);
}

static void a_deleted_array_is_stale_in_all_its_handles(void **state) {
  (void)state;
  strata_file *file = sample(scratch("deleted.af"));
  strata_array *one = open_array(file, "a"), *two = open_array(file, "a");
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  for (int round = 0; round < 3; ++round) {
    assert_stale(one);
    assert_stale(two);
    assert_int_equal(pending_of(file).chunks, 0);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_file_close(file);
  assert_stale(one); /* not even after its file's handle is gone */
  strata_array_close(one);
  strata_array_close(two);
}

static void defined_anew_the_old_handle_stays_stale(void **state) {
  (void)state;
  const char *path = scratch("anew.af");
  strata_file *file = sample(path);
  strata_array *old = open_array(file, "a");
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  strata_array *new_one = define(file, "a", STRATA_INT32, 1, DIMS(4), DIMS(2));
  const int32_t nine[4] = {9, 9, 9, 9};
  write_all(new_one, nine, sizeof nine);
  for (int round = 0; round < 3; ++round) {
    assert_stale(old);
    assert_int_equal(read_i32(new_one, 3), 9);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_array_close(old);
  strata_array_close(new_one);
  strata_file_close(file);
}

static void a_definition_deleted_before_its_flush_is_stale(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(4), NULL);
  write_all(a, kValues, sizeof kValues);
  assert_int_equal(pending_of(file).chunks, 1);
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  assert_stale(a);
  strata_pending p = pending_of(file);
  assert_int_equal(p.arrays, 0);
  assert_int_equal(p.chunks, 0);
  assert_int_equal(p.bytes, 0);
  strata_array_close(a);
  strata_file_close(file);
}

static void discard_makes_stale_what_was_only_pending(void **state) {
  (void)state;
  strata_file *file = sample(scratch("discarded.af"));
  strata_array *a = open_array(file, "a"), *b = define(file, "b", STRATA_INT32, 1, DIMS(4), NULL);
  const int32_t nine[4] = {9, 9, 9, 9};
  write_all(a, nine, sizeof nine);
  write_all(b, nine, sizeof nine);
  OK(strata_file_discard(file, &err));
  assert_stale(b);
  assert_alive(a); /* with the values of before */
  strata_array_close(b);
  b = define(file, "b", STRATA_INT32, 1, DIMS(4), NULL);
  assert_int_equal(read_i32(b, 0), 0);
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
}

/* A deletion that is taken back: old handles stay stale, the array can be opened again. */
static void a_discarded_deletion_needs_a_new_handle(void **state) {
  (void)state;
  strata_file *file = sample(scratch("revived.af"));
  strata_array *old = open_array(file, "a");
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  strata_array *second = define(file, "a", STRATA_INT32, 1, DIMS(4), NULL);
  OK(strata_file_discard(file, &err));
  assert_stale(old);
  assert_stale(second);
  strata_array *a = open_array(file, "a");
  assert_alive(a);
  write_i32(a, 0, 1, kValues);
  flush(file);
  assert_alive(a);
  assert_stale(old);
  strata_array_close(old);
  strata_array_close(second);
  strata_array_close(a);
  strata_file_close(file);
}

/* What others do shows at the refresh, not before. */
static void refresh_tells_what_others_deleted(void **state) {
  (void)state;
  const char *path = scratch("others.af");
  strata_file *reader = sample(path), *writer = open_file(path);
  strata_array *a = open_array(reader, "a");
  int moved = 0;
  OK(strata_file_delete(writer, "a", 1, NULL, &err));
  strata_array *b = define(writer, "b", STRATA_INT32, 1, DIMS(4), NULL);
  flush(writer);
  assert_alive(a);
  OK(strata_file_refresh(reader, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_stale(a);
  strata_array_close(a);
  strata_array_close(b);
  /* Defined anew in another form: stale too. */
  a = define(writer, "a", STRATA_INT32, 1, DIMS(4), DIMS(2));
  write_all(a, kValues, sizeof kValues);
  flush(writer);
  strata_array_close(a);
  OK(strata_file_refresh(reader, NULL, NULL, &err));
  a = open_array(reader, "a");
  assert_alive(a);
  OK(strata_file_delete(writer, "a", 1, NULL, &err));
  strata_array_close(define(writer, "a", STRATA_INT32, 1, DIMS(4), DIMS(3)));
  flush(writer);
  assert_alive(a);
  OK(strata_file_refresh(reader, NULL, NULL, &err));
  assert_stale(a);
  strata_array_close(a);
  strata_file_close(reader);
  strata_file_close(writer);
}

static void compaction_makes_nothing_stale(void **state) {
  (void)state;
  const char *path = scratch("compacted.af");
  strata_file *file = sample(path), *other = open_file(path);
  strata_array *a = open_array(file, "a"), *b = open_array(other, "a");
  write_i32(a, 1, 1, kValues + 1);
  compact(file);
  assert_alive(a);
  assert_alive(b); /* of the base that is gone from the folder */
  OK(strata_file_refresh(other, NULL, NULL, &err));
  assert_alive(b);
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
  strata_file_close(other);
}

/* A file that is overwritten: handles of before go on reading what they opened, and never take the new file's bytes for theirs. */
static void an_overwritten_file_is_another_one(void **state) {
  (void)state;
  const char *path = scratch("overwritten.af");
  strata_file *old = sample(path), *file = NULL;
  strata_array *a = open_array(old, "a");
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.flags = STRATA_OVERWRITE;
  OK(strata_file_create(NULL, path, STRATA_NUL, &options, NULL, &file, &err));
  strata_array *b = define(file, "a", STRATA_INT32, 1, DIMS(4), DIMS(2));
  const int32_t nine[4] = {9, 9, 9, 9};
  write_all(b, nine, sizeof nine);
  flush(file);
  assert_alive(a);
  write_i32(a, 0, 1, nine);
  FAILS(STRATA_E_CONFLICT, strata_file_flush(old, NULL, &err));
  assert_int_equal(read_i32(b, 0), 9);
  OK(strata_file_discard(old, &err));
  OK(strata_file_refresh(old, NULL, NULL, &err));
  strata_array *now = open_array(old, "a");
  int32_t got[4];
  read_all(now, got, sizeof got);
  assert_memory_equal(got, nine, sizeof got);
  strata_array_close(a);
  strata_array_close(b);
  strata_array_close(now);
  strata_file_close(old);
  strata_file_close(file);
}

/* A file that somebody takes away: who has it open goes on reading, and learns at the refresh. */
static void a_file_taken_away_is_missed_at_the_refresh(void **state) {
  (void)state;
  const char *path = scratch("taken/x.af");
  strata_file *file = sample(path);
  strata_array *a = open_array(file, "a");
  assert_int_equal(remove(path), 0);
  assert_int_equal(remove(scratch("taken/x.1.af")), 0);
  assert_alive(a);
  int moved = 7;
  FAILS(STRATA_E_NOT_FOUND, strata_file_refresh(file, NULL, &moved, &err));
  assert_int_equal(moved, 0);
  assert_alive(a);
  strata_array_close(a);
  strata_file_close(file);
}

static void an_array_holds_its_file(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(4), NULL);
  strata_file_close(file);
  write_all(a, kValues, sizeof kValues); /* the array holds its file */
  assert_alive(a);
  strata_array_close(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_deleted_array_is_stale_in_all_its_handles),
      cmocka_unit_test(defined_anew_the_old_handle_stays_stale),
      cmocka_unit_test(a_definition_deleted_before_its_flush_is_stale),
      cmocka_unit_test(discard_makes_stale_what_was_only_pending),
      cmocka_unit_test(a_discarded_deletion_needs_a_new_handle),
      cmocka_unit_test(refresh_tells_what_others_deleted),
      cmocka_unit_test(compaction_makes_nothing_stale),
      cmocka_unit_test(an_overwritten_file_is_another_one),
      cmocka_unit_test(a_file_taken_away_is_missed_at_the_refresh),
      cmocka_unit_test(an_array_holds_its_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
