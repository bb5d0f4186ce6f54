/* The life of an array file: made, opened, flushed, discarded, refreshed, compacted, closed. */
#include "support.h"

static const int32_t kOneToSix[6] = {1, 2, 3, 4, 5, 6};

/* A file with array "a" = 1..6 in chunks of 2, one flush. */
static void make_sample(const char *path) {
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  write_all(a, kOneToSix, sizeof kOneToSix);
  flush(file);
  strata_array_close(a);
  strata_file_close(file);
}

static void assert_values(strata_file *file, const int32_t *want) {
  int32_t got[6] = {0};
  strata_array *a = open_array(file, "a");
  read_all(a, got, sizeof got);
  assert_memory_equal(got, want, sizeof got);
  strata_array_close(a);
}

static void assert_values_after_reopening(const char *path, const int32_t *want) {
  strata_file *file = open_file(path);
  assert_values(file, want);
  strata_file_close(file);
}

static void a_new_file_is_on_storage_at_once(void **state) {
  (void)state;
  const char *path = scratch("new/folder/x.af");
  strata_file *file = create_file(path);
  assert_true(path_exists(path));
  strata_file *other = open_file(path);
  assert_string_equal(names_in(other), "");
  assert_int_equal(layer_count(other), 1);
  strata_file_close(other);
  strata_file_close(file);
}

static void places_are_checked(void **state) {
  (void)state;
  strata_file *file = NULL;
  FAILS(STRATA_E_INVALID, strata_file_create(NULL, scratch("x.txt"), STRATA_NUL, NULL, NULL, &file, &err));
  FAILS(STRATA_E_INVALID, strata_file_create(NULL, scratch(".af"), STRATA_NUL, NULL, NULL, &file, &err));
  FAILS(STRATA_E_INVALID, strata_file_create(NULL, "", 0, NULL, NULL, &file, &err));
  FAILS(STRATA_E_INVALID, strata_file_create(NULL, NULL, STRATA_NUL, NULL, NULL, &file, &err));
  FAILS(STRATA_E_INVALID, strata_file_create(NULL, scratch("ok.af"), STRATA_NUL, NULL, NULL, NULL, &err));
  FAILS(STRATA_E_UNSUPPORTED, strata_file_create(NULL, "gopher://x/y.af", STRATA_NUL, NULL, NULL, &file, &err));
  FAILS(STRATA_E_INVALID, strata_file_create(NULL, "memory:///x.af", STRATA_NUL, NULL, NULL, &file, &err));
  char url[1400];
  snprintf(url, sizeof url, "file://%s", scratch("with space.af"));
  for (char *p = url; *p; ++p)
    if (*p == ' ') memmove(p + 3, p + 1, strlen(p)), memcpy(p, "%20", 3);
  if (url[7] == '/') {
    OK(strata_file_create(NULL, url, STRATA_NUL, NULL, NULL, &file, &err));
    assert_true(path_exists(scratch("with space.af")));
    strata_file_close(file);
  }
}

static void create_does_not_overwrite_unless_told(void **state) {
  (void)state;
  const char *path = scratch("twice.af");
  make_sample(path);
  strata_file *file = NULL;
  FAILS(STRATA_E_EXISTS, strata_file_create(NULL, path, STRATA_NUL, NULL, NULL, &file, &err));
  assert_null(file);
  assert_values_after_reopening(path, kOneToSix);
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.flags = STRATA_OVERWRITE;
  OK(strata_file_create(NULL, path, STRATA_NUL, &options, NULL, &file, &err));
  assert_string_equal(names_in(file), "");
  file = reopened(file, path);
  assert_string_equal(names_in(file), "");
  strata_array *b = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  int32_t got[6];
  read_all(b, got, sizeof got);
  for (int i = 0; i < 6; ++i) assert_int_equal(got[i], 0);
  flush(file);
  strata_array_close(b);
  strata_file_close(file);
  const int32_t zeroes[6] = {0};
  assert_values_after_reopening(path, zeroes);
}

static void create_sees_layers_whose_base_is_gone(void **state) {
  (void)state;
  const char *path = scratch("headless.af");
  make_sample(path);
  assert_true(path_exists(scratch("headless.1.af")));
  assert_int_equal(unlink(path), 0);
  strata_file *file = NULL;
  FAILS(STRATA_E_EXISTS, strata_file_create(NULL, path, STRATA_NUL, NULL, NULL, &file, &err));
  assert_false(path_exists(path));
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.flags = STRATA_OVERWRITE;
  OK(strata_file_create(NULL, path, STRATA_NUL, &options, NULL, &file, &err));
  file = reopened(file, path);
  assert_string_equal(names_in(file), "");
  strata_file_close(file);
}

static void open_missing_says_not_found(void **state) {
  (void)state;
  strata_file *file = (strata_file *)&err;
  FAILS(STRATA_E_NOT_FOUND, strata_file_open(NULL, scratch("none.af"), STRATA_NUL, NULL, NULL, &file, &err));
  assert_null(file);
  assert_non_null(strstr(err.message, "none.af"));
  FAILS(STRATA_E_NOT_FOUND, strata_file_open(NULL, scratch("no/such/folder/none.af"), STRATA_NUL, NULL, NULL, &file, &err));
  assert_false(path_exists(scratch("no")));
  FAILS(STRATA_E_NOT_FOUND, strata_file_open(NULL, "memory://nobody/none.af", STRATA_NUL, NULL, NULL, &file, &err));
}

static void open_of_other_bytes_says_format(void **state) {
  (void)state;
  const char *path = scratch("text.af");
  FILE *f = fopen(path, "wb");
  for (int i = 0; i < 100; ++i) fputs("this is no array file\n", f);
  fclose(f);
  strata_file *file = NULL;
  FAILS(STRATA_E_FORMAT, strata_file_open(NULL, path, STRATA_NUL, NULL, NULL, &file, &err));
  assert_non_null(strstr(err.message, "text.af"));
  f = fopen(path, "wb");
  fclose(f);
  strata_status s = strata_file_open(NULL, path, STRATA_NUL, NULL, NULL, &file, &err);
  assert_true(s == STRATA_E_FORMAT || s == STRATA_E_CORRUPT);
}

static void closing_without_a_flush_discards(void **state) {
  (void)state;
  const char *path = scratch("discarding.af");
  make_sample(path);
  strata_file *file = open_file(path);
  strata_array *a = open_array(file, "a");
  const int32_t nines[6] = {9, 9, 9, 9, 9, 9};
  write_all(a, nines, sizeof nines);
  strata_array_close(define(file, "b", STRATA_INT8, 0, NULL, NULL));
  assert_values(file, nines); /* the handle itself sees them */
  assert_values_after_reopening(path, kOneToSix);
  strata_array_close(a);
  strata_file_close(file);
  assert_values_after_reopening(path, kOneToSix);
  file = open_file(path);
  assert_string_equal(names_in(file), "a");
  strata_file_close(file);
}

static void a_flush_with_nothing_pending_writes_nothing(void **state) {
  (void)state;
  const char *path = scratch_folder("quiet");
  char name[1400];
  snprintf(name, sizeof name, "%s/x.af", path);
  make_sample(name);
  int before = count_names(path);
  strata_file *file = open_file(name);
  flush(file);
  flush(file);
  assert_int_equal(count_names(path), before);
  /* Defined and deleted again: nothing either. */
  strata_array_close(define(file, "b", STRATA_INT8, 0, NULL, NULL));
  OK(strata_file_delete(file, "b", STRATA_NUL, NULL, &err));
  assert_int_equal(pending_of(file).arrays, 0);
  flush(file);
  assert_int_equal(count_names(path), before);
  assert_int_equal(layer_count(file), 2);
  strata_file_close(file);
}

static void a_read_only_handle_changes_nothing(void **state) {
  (void)state;
  const char *path = scratch("fixed.af");
  make_sample(path);
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.flags = STRATA_READ_ONLY;
  strata_file *file = NULL;
  OK(strata_file_open(NULL, path, STRATA_NUL, &options, NULL, &file, &err));
  strata_array *a = open_array(file, "a");
  FAILS(STRATA_E_READ_ONLY, strata_array_write(a, 1, NULL, NULL, kOneToSix, sizeof kOneToSix, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_array_write_strided(a, 1, NULL, NULL, (const int64_t[]){4}, kOneToSix, sizeof kOneToSix, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_array_set_attribute(a, "k", 1, STRATA_INT32, kOneToSix, 4, &err));
  FAILS(STRATA_E_READ_ONLY, strata_array_delete_attribute(a, "k", 1, &err));
  FAILS(STRATA_E_READ_ONLY,
        strata_file_define(file, "b", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_file_delete(file, "a", 1, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_file_compact(file, NULL, &err));
  flush(file); /* nothing is pending */
  assert_values(file, kOneToSix);
  strata_array_close(a);
  strata_file_close(file);
}

static void another_writers_chunks_are_merged(void **state) {
  (void)state;
  const char *path = scratch("two_writers.af");
  make_sample(path);
  strata_file *one = open_file(path), *two = open_file(path);
  strata_array *a1 = open_array(one, "a"), *a2 = open_array(two, "a");
  const int32_t ten[1] = {10}, twenty[1] = {20};
  write_i32(a1, 0, 1, ten);
  write_i32(a2, 5, 1, twenty);
  flush(one);
  const int32_t first[6] = {10, 2, 3, 4, 5, 6}, second[6] = {1, 2, 3, 4, 5, 20}, both[6] = {10, 2, 3, 4, 5, 20};
  assert_values(two, second); /* what others commit is not seen ... */
  flush(two);
  assert_values(two, both); /* ... until one's own commit stands upon it */
  assert_values_after_reopening(path, both);
  assert_values(one, first);
  int moved = 0;
  OK(strata_file_refresh(one, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_values(one, both);
  strata_array_close(a1);
  strata_array_close(a2);
  strata_file_close(one);
  strata_file_close(two);
}

static void a_chunk_that_another_writer_changed_is_a_conflict_that_loses_nothing(void **state) {
  (void)state;
  const char *path = scratch("conflict.af");
  make_sample(path);
  strata_file *one = open_file(path), *two = open_file(path);
  strata_array *a1 = open_array(one, "a"), *a2 = open_array(two, "a");
  const int32_t ten[1] = {10}, twenty[1] = {20};
  write_i32(a1, 4, 1, ten);
  write_i32(a2, 5, 1, twenty); /* another cell of the same chunk */
  flush(one);
  for (int i = 0; i < 2; ++i) {
    FAILS(STRATA_E_CONFLICT, strata_file_flush(two, NULL, &err));
    FAILS(STRATA_E_CONFLICT, strata_file_compact(two, NULL, &err));
  }
  /* Nothing was published, nothing was lost. */
  const int32_t first[6] = {1, 2, 3, 4, 10, 6}, second[6] = {1, 2, 3, 4, 5, 20};
  assert_values_after_reopening(path, first);
  assert_values(two, second);
  assert_int_equal(pending_of(two).chunks, 1);
  int moved = 7;
  FAILS(STRATA_E_PENDING, strata_file_refresh(two, NULL, &moved, &err));
  assert_int_equal(moved, 0);
  OK(strata_file_discard(two, &err));
  OK(strata_file_refresh(two, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_values(two, first);
  OK(strata_file_refresh(two, NULL, &moved, &err));
  assert_int_equal(moved, 0);
  OK(strata_file_refresh(two, NULL, NULL, &err));
  /* The array handle has moved with the file. */
  write_i32(a2, 5, 1, twenty);
  flush(two);
  const int32_t both[6] = {1, 2, 3, 4, 10, 20};
  assert_values_after_reopening(path, both);
  assert_values(one, first); /* a handle stays where it was ... */
  OK(strata_file_refresh(one, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_values(one, both); /* ... until it is told to move */
  strata_array_close(a1);
  strata_array_close(a2);
  strata_file_close(one);
  strata_file_close(two);
}

static void a_compaction_beside_a_writer_is_no_conflict(void **state) {
  (void)state;
  const char *path = scratch("compactor.af");
  make_sample(path);
  strata_file *writer = open_file(path), *compactor = open_file(path);
  strata_array *a = open_array(writer, "a");
  const int32_t ten[1] = {10};
  write_i32(a, 0, 1, ten);
  compact(compactor);
  flush(writer);
  const int32_t mine[6] = {10, 2, 3, 4, 5, 6};
  assert_values(writer, mine);
  assert_values_after_reopening(path, mine);
  compact(compactor); /* a handle that has not seen it: it is taken in all the same */
  assert_values(compactor, mine);
  assert_values_after_reopening(path, mine);
  strata_array_close(a);
  strata_file_close(writer);
  strata_file_close(compactor);
}

static void discard_drops_all_pending_changes(void **state) {
  (void)state;
  const char *path = scratch("discard.af");
  make_sample(path);
  strata_file *file = open_file(path);
  strata_array *a = open_array(file, "a");
  strata_array *b = define(file, "b", STRATA_INT32, 1, DIMS(6), NULL);
  const int32_t ten[1] = {10};
  write_i32(a, 0, 1, ten);
  write_i32(b, 0, 1, ten);
  OK(strata_array_set_attribute(a, "k", 1, STRATA_INT32, ten, 4, &err));
  OK(strata_file_discard(file, &err));
  strata_pending p = pending_of(file);
  assert_int_equal(p.arrays, 0);
  assert_int_equal(p.chunks, 0);
  assert_int_equal(p.bytes, 0);
  assert_values(file, kOneToSix);
  int32_t value;
  FAILS(STRATA_E_STALE, strata_array_read(b, 1, DIMS(0), DIMS(1), NULL, &value, sizeof value, NULL, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_array_get_attribute(a, "k", 1, NULL, NULL, 0, NULL, &err));
  assert_string_equal(names_in(file), "a");
  /* A deletion is taken back as well. */
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  assert_string_equal(names_in(file), "");
  OK(strata_file_discard(file, &err));
  assert_values(file, kOneToSix);
  flush(file);
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
  assert_values_after_reopening(path, kOneToSix);
}

static void pending_says_what_a_flush_would_publish(void **state) {
  (void)state;
  const char *path = scratch("pending.af");
  make_sample(path);
  strata_file *file = open_file(path);
  strata_array *a = open_array(file, "a");
  strata_pending p = pending_of(file);
  assert_int_equal(p.arrays + p.chunks + p.bytes, 0);
  const int32_t values[3] = {7, 8, 9};
  write_i32(a, 0, 3, values); /* one whole chunk, half of the next */
  p = pending_of(file);
  assert_int_equal(p.arrays, 1);
  assert_int_equal(p.chunks, 2);
  assert_int_equal(p.bytes, 16);
  write_i32(a, 0, 3, values); /* again: no more than before */
  p = pending_of(file);
  assert_int_equal(p.chunks, 2);
  assert_int_equal(p.bytes, 16);
  strata_array_close(define(file, "b", STRATA_INT8, 0, NULL, NULL));
  assert_int_equal(pending_of(file).arrays, 2);
  flush(file);
  p = pending_of(file);
  assert_int_equal(p.arrays + p.chunks + p.bytes, 0);
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  p = pending_of(file);
  assert_int_equal(p.arrays, 1);
  assert_int_equal(p.chunks, 0);
  FAILS(STRATA_E_INVALID, strata_file_pending(file, NULL, &err));
  strata_array_close(a);
  strata_file_close(file);
}

static void each_flush_is_a_layer_and_compact_makes_one_of_them(void **state) {
  (void)state;
  const char *path = scratch("layers.af");
  make_sample(path);
  strata_file *file = open_file(path);
  strata_array *a = open_array(file, "a");
  int32_t want[6];
  memcpy(want, kOneToSix, sizeof want);
  assert_int_equal(layer_count(file), 2);
  for (int32_t i = 0; i < 5; ++i) {
    int32_t value = 100 + i;
    write_i32(a, (uint64_t)i, 1, &value);
    want[i] = value;
    flush(file);
    assert_int_equal(layer_count(file), 3 + i);
    assert_values_after_reopening(path, want);
  }
  FAILS(STRATA_E_INVALID, strata_file_layer_count(file, NULL, &err));
  int32_t last = 1000;
  write_i32(a, 5, 1, &last);
  want[5] = last;
  compact(file); /* flushes first */
  assert_int_equal(layer_count(file), 1);
  assert_int_equal(pending_of(file).chunks, 0);
  assert_values(file, want);
  assert_values_after_reopening(path, want);
  compact(file); /* nothing to do */
  assert_int_equal(layer_count(file), 1);
  /* Life goes on above the new base. */
  for (int round = 0; round < 3; ++round) {
    int32_t value = 2000 + round;
    write_i32(a, 0, 1, &value);
    want[0] = value;
    flush(file);
    assert_int_equal(layer_count(file), 2);
    assert_values_after_reopening(path, want);
    compact(file);
    assert_values(file, want);
    assert_values_after_reopening(path, want);
  }
  strata_array_close(a);
  file = reopened(file, path);
  assert_int_equal(layer_count(file), 1);
  strata_file_close(file);
}

static void what_is_deleted_is_gone_from_all_layers(void **state) {
  (void)state;
  const char *path = scratch("gone.af");
  make_sample(path);
  strata_file *file = open_file(path);
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_file_delete(file, "a", 1, NULL, &err));
  flush(file);
  file = reopened(file, path);
  strata_array *a = NULL;
  int exists = 7;
  FAILS(STRATA_E_NOT_FOUND, strata_file_array_open(file, "a", 1, &a, &err));
  OK(strata_file_exists(file, "a", 1, &exists, &err));
  assert_int_equal(exists, 0);
  /* Defined again, nothing of the old one shows: not at once, not after a flush, not after a compaction. */
  a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  const int32_t zeroes[6] = {0}, part[6] = {0, 0, 0, 4, 0, 0};
  assert_values(file, zeroes);
  int32_t four = 4;
  write_i32(a, 3, 1, &four);
  flush(file);
  assert_values_after_reopening(path, part);
  compact(file);
  assert_values_after_reopening(path, part);
  strata_array_close(a);
  strata_file_close(file);
}

static void lists_go_by_prefix_and_order_of_definition(void **state) {
  (void)state;
  const char *path = scratch("list.af");
  strata_file *file = create_file(path);
  static const char *const names[] = {"wind_v", "wind_u", "t", "wind_speed", "\xC3\xA9t\xC3\xA9"};
  for (size_t i = 0; i < LENGTH(names); ++i) strata_array_close(define(file, names[i], STRATA_INT8, 0, NULL, NULL));
  flush(file);
  strata_array_close(define(file, "wind_w", STRATA_INT8, 0, NULL, NULL));
  assert_string_equal(names_in(file), "wind_v,wind_u,t,wind_speed,\xC3\xA9t\xC3\xA9,wind_w");
  strata_cursor *cursor = NULL;
  OK(strata_file_list(file, "wind_", STRATA_NUL, &cursor, &err));
  assert_int_equal(strata_cursor_remaining(cursor), 4);
  OK(strata_file_delete(file, "wind_u", STRATA_NUL, NULL, &err));
  assert_string_equal(joined(cursor), "wind_v,wind_u,wind_speed,wind_w"); /* as it was when it was opened */
  OK(strata_file_list(file, "wind_uxyz", 6, &cursor, &err));
  assert_string_equal(joined(cursor), "");
  strata_array_close(define(file, "wind_u", STRATA_INT8, 0, NULL, NULL));
  assert_string_equal(names_in(file), "wind_v,t,wind_speed,\xC3\xA9t\xC3\xA9,wind_w,wind_u");
  flush(file);
  file = reopened(file, path);
  assert_string_equal(names_in(file), "wind_v,t,wind_speed,\xC3\xA9t\xC3\xA9,wind_w,wind_u");
  compact(file);
  assert_string_equal(names_in(file), "wind_v,t,wind_speed,\xC3\xA9t\xC3\xA9,wind_w,wind_u");
  strata_file_close(file);
}

static void files_in_memory_live_with_their_context(void **state) {
  (void)state;
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  strata_file *file = NULL;
  OK(strata_file_create(context, "memory://m/deep/x.af", STRATA_NUL, NULL, NULL, &file, &err));
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  write_all(a, kOneToSix, sizeof kOneToSix);
  flush(file);
  strata_array_close(a);
  strata_file_close(file);
  OK(strata_file_open(context, "memory://m/deep/x.af", STRATA_NUL, NULL, NULL, &file, &err));
  assert_values(file, kOneToSix);
  compact(file);
  assert_values(file, kOneToSix);
  strata_file_close(file);
  FAILS(STRATA_E_NOT_FOUND, strata_file_open(NULL, "memory://m/deep/x.af", STRATA_NUL, NULL, NULL, &file, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_file_open(context, "memory://other/deep/x.af", STRATA_NUL, NULL, NULL, &file, &err));
  strata_context_close(context);
  file = memory_file();
  a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2));
  write_all(a, kOneToSix, sizeof kOneToSix);
  compact(file);
  assert_values(file, kOneToSix);
  strata_array_close(a);
  strata_file_close(file);
}

static void names_that_need_care_in_a_path(void **state) {
  (void)state;
  static const char *const names[] = {"temp\xC3\xA9rature.af", "a b%20c.af", "x.1.af", "dots.in.name.af", "+5.af"};
  for (size_t i = 0; i < LENGTH(names); ++i) {
    make_sample(scratch(names[i]));
    assert_values_after_reopening(scratch(names[i]), kOneToSix);
    strata_file *file = open_file(scratch(names[i]));
    compact(file);
    strata_file_close(file);
    assert_values_after_reopening(scratch(names[i]), kOneToSix);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_file_is_on_storage_at_once),
      cmocka_unit_test(places_are_checked),
      cmocka_unit_test(create_does_not_overwrite_unless_told),
      cmocka_unit_test(create_sees_layers_whose_base_is_gone),
      cmocka_unit_test(open_missing_says_not_found),
      cmocka_unit_test(open_of_other_bytes_says_format),
      cmocka_unit_test(closing_without_a_flush_discards),
      cmocka_unit_test(a_flush_with_nothing_pending_writes_nothing),
      cmocka_unit_test(a_read_only_handle_changes_nothing),
      cmocka_unit_test(another_writers_chunks_are_merged),
      cmocka_unit_test(a_chunk_that_another_writer_changed_is_a_conflict_that_loses_nothing),
      cmocka_unit_test(a_compaction_beside_a_writer_is_no_conflict),
      cmocka_unit_test(discard_drops_all_pending_changes),
      cmocka_unit_test(pending_says_what_a_flush_would_publish),
      cmocka_unit_test(each_flush_is_a_layer_and_compact_makes_one_of_them),
      cmocka_unit_test(what_is_deleted_is_gone_from_all_layers),
      cmocka_unit_test(lists_go_by_prefix_and_order_of_definition),
      cmocka_unit_test(files_in_memory_live_with_their_context),
      cmocka_unit_test(names_that_need_care_in_a_path),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
