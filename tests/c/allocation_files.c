/* Memory that runs out in calls of sections 2 to 7 of the header, see allocation.h. */
#include "allocation.h"

/* A file with two layers, a deleted array, and changes of each kind that are pending. */
static void make_subject(void) {
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.flags = STRATA_OVERWRITE;
  o.codec = r.setting->codec;
  OK(strata_file_create(r.context, r.file_url, STRATA_NUL, &o, NULL, &r.file, &err));
  const int32_t fill = -1;
  r.numbers =
      define_with_fill(r.file, "numbers", STRATA_INT32, 2, DIMS(4, 6), DIMS(2, 3), STRATA_INT32, &fill, sizeof fill);
  r.texts = define(r.file, "texts", STRATA_STRING, 1, DIMS(3), DIMS(2));
  r.bytes = define(r.file, "bytes", STRATA_UINT8, 1, DIMS(kBig), DIMS(kBig / 2));
  strata_array_close(define(r.file, "gone", STRATA_INT8, 1, DIMS(1), NULL));
  write_all(r.numbers, small, sizeof small);
  OK(strata_array_write_varlen(r.texts, 1, NULL, NULL, (const int64_t[]){0, 5, 5, 8}, 4, "firstabc", 8, NULL, &err));
  write_all(r.bytes, big, sizeof big);
  OK(strata_array_set_attribute(r.numbers, "unit", STRATA_NUL, STRATA_STRING, "degrees Celsius, or so", 22, &err));
  flush(r.file);
  OK(strata_array_write(r.numbers, 2, DIMS(0, 0), DIMS(1, 3), big, 12, NULL, &err));
  flush(r.file);
  OK(strata_array_write(r.numbers, 2, DIMS(2, 2), DIMS(2, 2), big, 16, NULL, &err));
  OK(strata_array_write(r.bytes, 1, DIMS(0), DIMS(kBig / 2), big + kBig / 2, kBig / 2, NULL, &err));
  OK(strata_array_set_attribute(r.numbers, "pending", STRATA_NUL, STRATA_INT32, small, 4, &err));
  OK(strata_file_delete(r.file, "gone", STRATA_NUL, NULL, &err));
}

static void close_subject(void) {
  strata_array_close(r.bytes);
  strata_array_close(r.texts);
  strata_array_close(r.numbers);
  strata_file_close(r.file);
}

static void draw_file(picture *p, strata_file *file) {
  strata_cursor *names = NULL, *keys = NULL;
  const char *name, *key;
  size_t length;
  OK(strata_file_list(file, NULL, 0, &names, &err));
  while (strata_cursor_next(names, &name, &length, &err) == STRATA_OK) {
    strata_array *array = NULL;
    draw(p, name, length);
    OK(strata_file_array_open(file, name, length, &array, &err));
    draw_array(p, array);
    OK(strata_array_list_attributes(array, NULL, 0, &keys, &err));
    while (strata_cursor_next(keys, &key, &length, &err) == STRATA_OK) draw_attribute(p, array, NULL, key, length);
    strata_cursor_close(keys);
    strata_array_close(array);
  }
  strata_cursor_close(names);
}

static void draw_subject(picture *p) { draw_file(p, r.file); }
static void draw_stored_subject(picture *p) {
  strata_file *file = open_in(r.context, r.file_url);
  draw_file(p, file);
  strata_file_close(file);
}
static strata_pending pending_of_subject(void) { return pending_of(r.file); }
static void flush_subject(void) { flush(r.file); }
static void reopen_subject(void) {
  close_subject();
  r.file = open_in(r.context, r.file_url);
  r.numbers = open_array(r.file, "numbers");
  r.texts = open_array(r.file, "texts");
  r.bytes = open_array(r.file, "bytes");
}
static void let_another_writer_commit(void) {
  strata_file *other = open_in(r.context, r.file_url);
  strata_array *array = open_array(other, "numbers");
  OK(strata_array_write(array, 2, DIMS(0, 0), DIMS(1, 1), &small[9], 4, NULL, &err));
  flush(other);
  strata_array_close(array);
  strata_file_close(other);
}

/* ---- the calls ---- */

static const char kText[] = "a text of the length that it needs to have";

static strata_file_options file_options(void) {
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.codec = r.setting->codec;
  return o;
}
CALL(context_create, strata_context_create(NULL, "a/folder", STRATA_NUL, &r.new_context, E))
CALL(cancel_create, strata_cancel_create(&r.new_cancel, E))
CALL(file_open, strata_file_open(r.context, r.file_url, STRATA_NUL, NULL, NULL, &r.new_file, E))
CALL(file_open_privately, r.setting->place ? (strata_status)STRATA_OK
                                           : strata_file_open(NULL, r.file_url, STRATA_NUL, NULL, NULL, &r.new_file, E))
CALL(file_create_memory, strata_file_create_memory(r.context, NULL, &r.new_file, E))
CALL(file_flush, strata_file_flush(r.file, NULL, E))
CALL(file_compact, strata_file_compact(r.file, NULL, E))
CALL(file_discard, strata_file_discard(r.file, E))
CALL(file_list, strata_file_list(r.file, NULL, 0, &r.cursor, E))
CALL(file_array_open, strata_file_array_open(r.file, "texts", 5, &r.new_array, E))
CALL(file_delete, strata_file_delete(r.file, "numbers", STRATA_NUL, NULL, E))
CALL(file_define,
     strata_file_define(r.file, "an array that is new here", STRATA_NUL, STRATA_FLOAT64, 2, DIMS(3, 3), DIMS(2, 2),
                        NULL, STRATA_STRING, "the text of a fill value", 24, NULL, &r.new_array, E))
static strata_status file_create(void) {
  const strata_file_options o = file_options();
  strata_status status = strata_file_create(r.context, r.new_url, STRATA_NUL, &o, NULL, &r.new_file, E);
  /* Memory may have run out after the file was there. */
  if (status == STRATA_E_EXISTS)
    status = strata_file_open(r.context, r.new_url, STRATA_NUL, NULL, NULL, &r.new_file, E);
  return status;
}
static strata_status file_overwrite(void) {
  strata_file_options o = file_options();
  o.flags = STRATA_OVERWRITE;
  return strata_file_create(r.context, r.new_url, STRATA_NUL, &o, NULL, &r.new_file, E);
}
static strata_status file_refresh(void) {
  int moved;
  return strata_file_refresh(r.file, NULL, &moved, E);
}
static strata_status file_exists(void) {
  int exists;
  return strata_file_exists(r.file, "numbers", STRATA_NUL, &exists, E);
}
static strata_status file_pending(void) {
  strata_pending pending = STRATA_PENDING_INIT;
  return strata_file_pending(r.file, &pending, E);
}
static strata_status file_layer_count(void) {
  uint64_t count;
  return strata_file_layer_count(r.file, &count, E);
}

CALL(array_name, strata_array_name(r.numbers, room, sizeof room, &needed, E))
CALL(array_dimension_name, strata_array_dimension_name(r.numbers, 1, room, sizeof room, &needed, E))
CALL(array_fill, strata_array_fill(r.numbers, &type, room, sizeof room, &needed, E))
CALL(array_shape, strata_array_shape(r.numbers, (uint64_t *)(void *)room, 2, E))
CALL(array_read, strata_array_read(r.numbers, 2, NULL, NULL, NULL, room, sizeof room, &needed, E))
CALL(array_read_part, strata_array_read(r.bytes, 1, DIMS(5), DIMS(kBig - 9), NULL, room, sizeof room, &needed, E))
CALL(array_read_strided,
     strata_array_read_strided(r.numbers, 2, NULL, NULL, (const int64_t[]){4, 16}, NULL, room, sizeof room, E))
CALL(array_write, strata_array_write(r.numbers, 2, DIMS(1, 1), DIMS(2, 4), big, 32, NULL, E))
CALL(array_write_whole, strata_array_write(r.bytes, 1, NULL, NULL, big, sizeof big, NULL, E))
CALL(array_write_strided,
     strata_array_write_strided(r.numbers, 2, DIMS(1, 1), DIMS(2, 4), (const int64_t[]){0, 4}, big, 16, NULL, E))
CALL(array_read_varlen, strata_array_read_varlen(r.texts, 1, NULL, NULL, NULL, &r.offsets, &r.values, E))
CALL(array_write_varlen,
     strata_array_write_varlen(r.texts, 1, DIMS(1), DIMS(2), (const int64_t[]){0, 40, 41}, 3, kText, 41, NULL, E))
CALL(array_set_attribute, strata_array_set_attribute(r.texts, "another key, longer than most", STRATA_NUL,
                                                     STRATA_STRING, "and its value, which is longer than most", 40, E))
CALL(array_change_attribute, strata_array_set_attribute(r.numbers, "unit", 4, STRATA_FLOAT64, big, 8, E))
CALL(array_get_attribute, strata_array_get_attribute(r.numbers, "unit", 4, &type, room, sizeof room, &needed, E))
CALL(array_delete_attribute, strata_array_delete_attribute(r.numbers, "unit", 4, E))
CALL(array_list_attributes, strata_array_list_attributes(r.numbers, NULL, 0, &r.cursor, E))
CALL(array_statistics_text, strata_array_statistics_text(r.texts, 1, NULL, room, sizeof room, &needed, E))
static strata_status array_read_many(void) {
  strata_status statuses[2];
  return strata_array_read_many(r.numbers, 2, 2, DIMS(0, 0, 2, 2), DIMS(1, 6, 2, 2), NULL, room, sizeof room,
                                DIMS(16, 64), &needed, statuses, E);
}
static strata_status array_statistics(void) {
  strata_statistics s = STRATA_STATISTICS_INIT;
  return strata_array_statistics(r.numbers, NULL, &s, E);
}

CALL(array_read_nested, strata_array_read_nested(r.texts, 1, NULL, NULL, NULL, 1, &r.offsets, &r.values, E))
static strata_status array_write_nested(void) {
  const int64_t *const levels[] = {(const int64_t[]){0, 40, 41}};
  return strata_array_write_nested(r.texts, 1, DIMS(1), DIMS(2), 1, levels, (const size_t[]){3}, kText, 41, NULL, E);
}
static strata_status array_append_nested(void) {
  const int64_t *const levels[] = {(const int64_t[]){0, 40, 41}};
  return strata_array_append_nested(r.texts, 0, 2, 1, levels, (const size_t[]){3}, kText, 41, NULL, NULL, E);
}
CALL(file_define_nested, strata_file_define_nested(r.file, "lists", 5, "list<list<float32>>", STRATA_NUL, 1, DIMS(3), NULL,
                                                   NULL, NULL, &r.new_array, E))
CALL(file_rename, strata_file_rename(r.file, "bytes", 5, "another name", 12, NULL, E))
CALL(file_copy, strata_file_copy(r.file, "bytes", 5, "another name", 12, NULL, E))
CALL(array_grow, strata_array_resize(r.numbers, 2, DIMS(5, 7), NULL, E))
CALL(array_shrink, strata_array_resize(r.numbers, 2, DIMS(3, 3), NULL, E))
CALL(array_append, strata_array_append(r.numbers, 0, 3, big, 72, NULL, NULL, E))
CALL(array_append_varlen,
     strata_array_append_varlen(r.texts, 0, 2, (const int64_t[]){0, 40, 41}, 3, kText, 41, NULL, NULL, E))
static strata_status numbers_of_the_context(void) {
  strata_counters counters = STRATA_COUNTERS_INIT;
  return strata_context_counters(r.context, &counters, E);
}

/* clang-format off */
static const step kFileSteps[] = {
    STEP(context_create), STEP(cancel_create), STEP(numbers_of_the_context), STEP(file_create), STEP(file_overwrite),
    STEP(file_open), STEP(file_open_privately), STEP(file_create_memory), STEP(file_flush), COMMITS(file_compact),
    AFTER(reopened_before, file_compact), STEP(file_discard), AFTER(another_writer_before, file_refresh),
    STEP(file_pending), STEP(file_layer_count), STEP(file_define), STEP(file_delete),
    AFTER(reopened_before, file_delete), STEP(file_exists), STEP(file_list), STEP(file_array_open),
    AFTER(reopened_before, file_array_open), STEP(array_name), STEP(array_dimension_name), STEP(array_fill),
    STEP(array_shape), STEP(array_read), AFTER(reopened_before, array_read), STEP(array_read_part),
    AFTER(reopened_before, array_read_part), STEP(array_read_strided), STEP(array_read_many),
    AFTER(reopened_before, array_read_many), STEP(array_write), AFTER(flush_before, array_write),
    STEP(array_write_whole), AFTER(flush_before, array_write_whole), STEP(array_write_strided),
    STEP(array_read_varlen), AFTER(reopened_before, array_read_varlen), STEP(array_write_varlen),
    AFTER(reopened_before, array_write_varlen), STEP(array_set_attribute), STEP(array_change_attribute),
    AFTER(reopened_before, array_change_attribute), STEP(array_get_attribute),
    AFTER(reopened_before, array_get_attribute), STEP(array_delete_attribute),
    AFTER(reopened_before, array_delete_attribute), STEP(array_list_attributes), STEP(array_statistics),
    AFTER(reopened_before, array_statistics), STEP(array_statistics_text),
    AFTER(reopened_before, array_statistics_text), STEP(array_read_nested), STEP(array_write_nested),
    STEP(array_append_nested), STEP(file_define_nested), STEP(file_rename), AFTER(reopened_before, file_rename),
    STEP(file_copy), AFTER(flush_before, file_copy), STEP(array_grow), AFTER(reopened_before, array_grow),
    STEP(array_shrink), AFTER(reopened_before, array_shrink), STEP(array_append),
    AFTER(reopened_before, array_append), STEP(array_append_varlen), AFTER(reopened_before, array_append_varlen),
};
/* clang-format on */

static void calls_on_files(void **state) {
  (void)state;
  run_steps(kFileSteps, LENGTH(kFileSteps));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(calls_on_files)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
