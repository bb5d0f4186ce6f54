/* Memory that runs out in calls of sections 8 to 10 of the header, see allocation.h. */
#include "allocation.h"

static void make_subject(void) {
  strata_store_options o = STRATA_STORE_OPTIONS_INIT;
  o.flags = STRATA_OVERWRITE;
  o.codec = r.setting->codec;
  OK(strata_store_create(r.context, r.store_url, STRATA_NUL, &o, NULL, &r.store, &err));
  put_array(r.store, "d", "a", 10);
  put_array(r.store, "e", "a", 20);
  strata_dataset *d = open_dataset(r.store, "d");
  strata_array *t = define_in(d, "t", STRATA_STRING, 1, DIMS(2));
  OK(strata_array_write_varlen(t, 1, NULL, NULL, (const int64_t[]){0, 1, 4}, 3, "xabc", 4, NULL, &err));
  OK(strata_dataset_set_attribute(d, "title", STRATA_NUL, STRATA_STRING, "a title that is no short text", 29, &err));
  strata_array_close(t);
  flush_store(r.store);
  r.dataset = d;
  put_array(r.store, "f", "a", 30);
  put_array(r.store, "d", "later", 40);
  OK(strata_dataset_set_attribute(d, "pending", STRATA_NUL, STRATA_INT32, small, 4, &err));
  OK(strata_store_read_across(r.store, "a", STRATA_NUL, NULL, 0, 0, NULL, NULL, NULL, &r.rows, &err));
}

static void close_subject(void) {
  strata_across_close(r.rows);
  strata_dataset_close(r.dataset);
  strata_store_close(r.store);
}

static void draw_store(picture *p, strata_store *store) {
  strata_cursor *datasets = NULL, *names = NULL;
  const char *name;
  size_t length;
  OK(strata_store_list_datasets(store, NULL, 0, &datasets, &err));
  while (strata_cursor_next(datasets, &name, &length, &err) == STRATA_OK) {
    strata_dataset *dataset = NULL;
    draw(p, name, length);
    OK(strata_store_dataset_open(store, name, length, &dataset, &err));
    OK(strata_dataset_list(dataset, NULL, 0, &names, &err));
    while (strata_cursor_next(names, &name, &length, &err) == STRATA_OK) {
      strata_array *array = NULL;
      draw(p, name, length);
      OK(strata_dataset_array_open(dataset, name, length, NULL, &array, &err));
      draw_array(p, array);
      strata_array_close(array);
    }
    strata_cursor_close(names);
    OK(strata_dataset_list_attributes(dataset, NULL, 0, &names, &err));
    while (strata_cursor_next(names, &name, &length, &err) == STRATA_OK) draw_attribute(p, NULL, dataset, name, length);
    strata_cursor_close(names);
    strata_dataset_close(dataset);
  }
  strata_cursor_close(datasets);
}

static void draw_subject(picture *p) { draw_store(p, r.store); }
static void draw_stored_subject(picture *p) {
  strata_store *store = open_store_in(r.context, r.store_url);
  draw_store(p, store);
  strata_store_close(store);
}
static strata_pending pending_of_subject(void) { return pending_in(r.store); }
static void flush_subject(void) { flush_store(r.store); }
static void reopen_subject(void) {
  strata_dataset_close(r.dataset);
  strata_store_close(r.store);
  r.store = open_store_in(r.context, r.store_url);
  r.dataset = open_dataset(r.store, "d");
}
static void let_another_writer_commit(void) {
  strata_store *other = open_store_in(r.context, r.store_url);
  put_array(other, "of another", "a", 90);
  flush_store(other);
  strata_store_close(other);
}

/* ---- the calls ---- */

CALL(store_open, strata_store_open(r.context, r.store_url, STRATA_NUL, NULL, NULL, &r.new_store, E))
CALL(store_flush, strata_store_flush(r.store, NULL, E))
CALL(store_compact, strata_store_compact(r.store, NULL, E))
CALL(store_discard, strata_store_discard(r.store, E))
CALL(store_list_datasets, strata_store_list_datasets(r.store, NULL, 0, &r.cursor, E))
CALL(store_list_datasets_with, strata_store_list_datasets_with(r.store, "a", 1, &r.cursor, E))
CALL(store_list_arrays, strata_store_list_arrays(r.store, NULL, 0, &r.cursor, E))
CALL(store_array_type, strata_store_array_type(r.store, "a", 1, &type, E))
CALL(store_dataset_create,
     strata_store_dataset_create(r.store, "a dataset that is new here", STRATA_NUL, &r.new_dataset, E))
CALL(store_dataset_open, strata_store_dataset_open(r.store, "d", 1, &r.new_dataset, E))
CALL(store_dataset_delete, strata_store_dataset_delete(r.store, "d", 1, NULL, E))
CALL(store_read_across, strata_store_read_across(r.store, "t", 1, NULL, 0, 0, NULL, NULL, NULL, &r.across, E))
CALL(dataset_name, strata_dataset_name(r.dataset, room, sizeof room, &needed, E))
CALL(dataset_define,
     strata_dataset_define(r.dataset, "b", 1, STRATA_INT32, 1, DIMS(4), NULL, NULL, 0, NULL, 0, NULL, &r.new_array, E))
CALL(dataset_delete, strata_dataset_delete(r.dataset, "a", 1, NULL, E))
CALL(dataset_list, strata_dataset_list(r.dataset, NULL, 0, &r.cursor, E))
CALL(dataset_array_open, strata_dataset_array_open(r.dataset, "t", 1, NULL, &r.new_array, E))
CALL(dataset_set_attribute,
     strata_dataset_set_attribute(r.dataset, "another key, longer than most", STRATA_NUL, STRATA_STRING,
                                  "and its value, which is longer than most", 40, E))
CALL(dataset_change_attribute, strata_dataset_set_attribute(r.dataset, "title", 5, STRATA_INT64, big, 8, E))
CALL(dataset_get_attribute, strata_dataset_get_attribute(r.dataset, "title", 5, &type, room, sizeof room, &needed, E))
CALL(dataset_delete_attribute, strata_dataset_delete_attribute(r.dataset, "title", 5, E))
CALL(dataset_list_attributes, strata_dataset_list_attributes(r.dataset, NULL, 0, &r.cursor, E))
CALL(dataset_set_note, strata_dataset_set_note(r.dataset, "a note's name, longer than most", STRATA_NUL,
                                               "and what it says, which is longer than most", 40, E))
static void a_note_before(void) { assert_int_equal(strata_dataset_set_note(r.dataset, "note", 4, "text", 4, NULL), STRATA_OK); }
CALL(dataset_get_note, strata_dataset_get_note(r.dataset, "note", 4, room, sizeof room, &needed, E))
CALL(dataset_delete_note, strata_dataset_delete_note(r.dataset, "note", 4, E))
CALL(dataset_list_notes, strata_dataset_list_notes(r.dataset, NULL, 0, &r.cursor, E))
static strata_status store_create(void) {
  strata_status status = strata_store_create(r.context, r.new_store_url, STRATA_NUL, NULL, NULL, &r.new_store, E);
  if (status == STRATA_E_EXISTS)
    status = strata_store_open(r.context, r.new_store_url, STRATA_NUL, NULL, NULL, &r.new_store, E);
  return status;
}
static strata_status store_overwrite(void) {
  strata_store_options o = STRATA_STORE_OPTIONS_INIT;
  o.flags = STRATA_OVERWRITE;
  return strata_store_create(r.context, r.new_store_url, STRATA_NUL, &o, NULL, &r.new_store, E);
}
static strata_status store_refresh(void) {
  int moved;
  return strata_store_refresh(r.store, NULL, &moved, E);
}
static strata_status store_pending(void) {
  strata_pending pending = STRATA_PENDING_INIT;
  return strata_store_pending(r.store, &pending, E);
}
static strata_status store_dataset_exists(void) {
  int exists;
  return strata_store_dataset_exists(r.store, "d", 1, &exists, E);
}
static strata_status dataset_exists(void) {
  int exists;
  return strata_dataset_exists(r.dataset, "a", 1, &exists, E);
}
static strata_status store_read_stacked(void) {
  strata_status statuses[3];
  return strata_store_read_stacked(r.store, "a", 1, NULL, 3, 0, NULL, NULL, NULL, room, sizeof room, &needed, statuses,
                                   E);
}
static strata_status results_across(void) {
  const char *name;
  const uint64_t *shape;
  const void *data;
  const int64_t *offsets;
  uint32_t ndim;
  strata_status status = strata_across_dataset(r.rows, 0, &name, &needed, E);
  if (!status) status = strata_across_shape(r.rows, 0, &type, &ndim, &shape, E);
  if (!status) status = strata_across_data(r.rows, 0, &data, &needed, &offsets, E);
  return status;
}
CALL(store_dataset_rename, strata_store_dataset_rename(r.store, "d", 1, "another name", 12, NULL, E))
CALL(store_dataset_copy, strata_store_dataset_copy(r.store, "d", 1, "another name", 12, NULL, E))
CALL(dataset_rename, strata_dataset_rename(r.dataset, "a", 1, "another name", 12, NULL, E))
CALL(dataset_copy, strata_dataset_copy(r.dataset, "a", 1, NULL, "another name", 12, NULL, E))

/* clang-format off */
static const step kStoreSteps[] = {
    STEP(store_create), STEP(store_overwrite), STEP(store_open), COMMITS(store_flush), COMMITS(store_compact),
    AFTER(reopened_before, store_compact), STEP(store_discard), AFTER(another_writer_before, store_refresh),
    STEP(store_pending), STEP(store_list_datasets), STEP(store_list_datasets_with), STEP(store_list_arrays),
    STEP(store_array_type), STEP(store_dataset_create), STEP(store_dataset_open), STEP(store_dataset_delete),
    AFTER(reopened_before, store_dataset_delete), STEP(store_dataset_exists), STEP(dataset_name),
    STEP(dataset_define), AFTER(reopened_before, dataset_define), STEP(dataset_delete),
    AFTER(reopened_before, dataset_delete), STEP(dataset_exists), STEP(dataset_list), STEP(dataset_array_open),
    AFTER(reopened_before, dataset_array_open), STEP(dataset_set_attribute), STEP(dataset_change_attribute),
    STEP(dataset_get_attribute), STEP(dataset_delete_attribute), STEP(dataset_list_attributes),
    STEP(dataset_set_note), AFTER(a_note_before, dataset_get_note), AFTER(a_note_before, dataset_delete_note),
    AFTER(a_note_before, dataset_list_notes),
    STEP(store_read_stacked), AFTER(reopened_before, store_read_stacked), STEP(store_read_across),
    AFTER(reopened_before, store_read_across), STEP(results_across), STEP(store_dataset_rename),
    STEP(store_dataset_copy), STEP(dataset_rename), STEP(dataset_copy), AFTER(flush_before, dataset_copy),
};
/* clang-format on */

static void calls_on_stores(void **state) {
  (void)state;
  run_steps(kStoreSteps, LENGTH(kStoreSteps));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(calls_on_stores)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
