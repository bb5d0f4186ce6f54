/* Notes of datasets: what programs keep beside the attributes. */
#include "store_support.h"

static void set(strata_dataset *d, const char *name, const char *text) {
  OK(strata_dataset_set_note(d, name, STRATA_NUL, text, strlen(text), &err));
}

static void assert_note(strata_dataset *d, const char *name, const char *text) {
  char got[256];
  size_t needed = 9999;
  OK(strata_dataset_get_note(d, name, STRATA_NUL, got, sizeof got, &needed, &err));
  assert_int_equal(needed, strlen(text));
  assert_memory_equal(got, text, needed);
}

static const char *names_of(strata_dataset *d, const char *prefix) {
  strata_cursor *cursor = NULL;
  OK(strata_dataset_list_notes(d, prefix, STRATA_NUL, &cursor, &err));
  return joined(cursor);
}

static void notes_last_in_every_registry(void **state) {
  (void)state;
  for (size_t r = 0; r < LENGTH(kRegistries); ++r) {
    char path[1400], name[64];
    snprintf(name, sizeof name, "notes_%d", (int)r);
    snprintf(path, sizeof path, "%s", scratch(name));
    strata_store *store = create_store_with(NULL, path, kRegistries[r].format, kRegistries[r].compression);
    strata_dataset *d = create_dataset(store, "d");
    set(d, "netcdf", "{\"x\": [1, \"\xC3\xA9\"]}\n");
    set(d, "empty", "");
    set(d, "2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"); /* neither becomes a time */
    set(d, "gone", "soon");
    OK(strata_dataset_delete_note(d, "gone", STRATA_NUL, &err));
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_delete_note(d, "gone", STRATA_NUL, &err));
    flush_store(store);
    strata_dataset_close(d);
    store = reopened_store(store, path);
    d = open_dataset(store, "d");
    assert_string_equal(names_of(d, NULL), "netcdf,empty,2001-01-01T00:00:00Z");
    assert_string_equal(names_of(d, "n"), "netcdf");
    assert_note(d, "netcdf", "{\"x\": [1, \"\xC3\xA9\"]}\n");
    assert_note(d, "empty", "");
    assert_note(d, "2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z");
    set(d, "netcdf", "another");
    OK(strata_dataset_delete_note(d, "empty", STRATA_NUL, &err));
    OK(strata_dataset_delete_note(d, "2001-01-01T00:00:00Z", STRATA_NUL, &err));
    OK(strata_store_dataset_copy(store, "d", 1, "e", 1, NULL, &err));
    flush_store(store);
    strata_dataset_close(d);
    store = reopened_store(store, path);
    d = open_dataset(store, "e");
    assert_string_equal(names_of(d, NULL), "netcdf");
    assert_note(d, "netcdf", "another");
    OK(strata_dataset_delete_note(d, "netcdf", STRATA_NUL, &err));
    assert_string_equal(names_of(d, NULL), "");
    strata_dataset_close(d);
    strata_store_close(store);
  }
}

static void notes_of_two_writers_are_merged_or_conflict(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("noted"));
  strata_store *one = create_store(path);
  strata_dataset *d1 = create_dataset(one, "d");
  set(d1, "a", "0");
  set(d1, "b", "0");
  flush_store(one);
  strata_store *two = open_store(path);
  strata_dataset *d2 = open_dataset(two, "d");
  set(d1, "a", "1");
  set(d1, "new of one", "1");
  OK(strata_dataset_delete_note(d2, "b", STRATA_NUL, &err));
  set(d2, "new of two", "2");
  flush_store(one);
  flush_store(two);
  assert_string_equal(names_of(d2, NULL), "a,new of one,new of two");
  assert_note(d2, "a", "1");
  set(d2, "a", "2");
  set(d1, "a", "3");
  flush_store(two);
  FAILS(STRATA_E_CONFLICT, strata_store_flush(one, NULL, &err));
  assert_non_null(strstr(err.message, "note a"));
  strata_dataset_close(d1);
  strata_dataset_close(d2);
  strata_store_close(one);
  strata_store_close(two);
}

static void notes_of_datasets_that_are_gone_and_of_read_only_handles(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("bare"));
  strata_store *store = create_store(path);
  strata_dataset *d = create_dataset(store, "d");
  set(d, "n", "text");
  flush_store(store);
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.flags = STRATA_READ_ONLY;
  strata_store *reader = NULL;
  OK(strata_store_open(NULL, path, STRATA_NUL, &options, NULL, &reader, &err));
  strata_dataset *seen = open_dataset(reader, "d");
  assert_note(seen, "n", "text");
  FAILS(STRATA_E_READ_ONLY, strata_dataset_set_note(seen, "n", 1, "x", 1, &err));
  FAILS(STRATA_E_READ_ONLY, strata_dataset_delete_note(seen, "n", 1, &err));
  strata_dataset_close(seen);
  strata_store_close(reader);
  OK(strata_store_dataset_delete(store, "d", 1, NULL, &err));
  char got[8];
  strata_cursor *cursor = NULL;
  FAILS(STRATA_E_NOT_FOUND, strata_dataset_set_note(d, "n", 1, "x", 1, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_dataset_get_note(d, "n", 1, got, sizeof got, NULL, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_dataset_delete_note(d, "n", 1, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_dataset_list_notes(d, NULL, 0, &cursor, &err));
  strata_dataset_close(d);
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(notes_last_in_every_registry),
      cmocka_unit_test(notes_of_two_writers_are_merged_or_conflict),
      cmocka_unit_test(notes_of_datasets_that_are_gone_and_of_read_only_handles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
