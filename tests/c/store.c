/* Stores: made, opened, flushed, discarded, refreshed, compacted; what opens when. */
#include "store_support.h"

static void every_registry_can_be_chosen(void **state) {
  (void)state;
  for (size_t r = 0; r < LENGTH(kRegistries); ++r) {
    char name[64];
    snprintf(name, sizeof name, "registry_%d", (int)r);
    char path[1400];
    snprintf(path, sizeof path, "%s", scratch(name));
    strata_store *store = create_store_with(NULL, path, kRegistries[r].format, kRegistries[r].compression);
    assert_true(path_exists(inside(path, kRegistries[r].file))); /* at once */
    assert_int_equal(count_names(path), 1);
    strata_store *other = open_store(path);
    assert_string_equal(datasets_in(other), "");
    strata_store_close(other);
    for (int32_t i = 0; i < 40; ++i) {
      char dataset[16];
      snprintf(dataset, sizeof dataset, "day %d", 39 - (int)i);
      put_array(store, dataset, "x", i * 10);
      if (i % 2) put_array(store, dataset, "y", i * 10 + 5);
      if (i == 20) flush_store(store);
    }
    flush_store(store);
    for (int round = 0; round < 2; ++round) {
      store = reopened_store(store, path);
      for (int32_t i = 0; i < 40; ++i) {
        char dataset[16];
        snprintf(dataset, sizeof dataset, "day %d", 39 - (int)i);
        assert_array(store, dataset, "x", i * 10);
        if (i % 2) assert_array(store, dataset, "y", i * 10 + 5);
      }
      assert_int_equal(count_names(path), 4); /* registry, x, y, _strata */
      OK(strata_store_compact(store, NULL, &err));
    }
    strata_store_close(store);
  }
}

static void create_does_not_overwrite_unless_told(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("twice"));
  strata_store *store = create_store(path), *other = store;
  put_array(store, "d", "x", 1);
  flush_store(store);
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.meta_format = STRATA_META_MSGPACK; /* a registry of another form is one too */
  FAILS(STRATA_E_EXISTS, strata_store_create(NULL, path, STRATA_NUL, &options, NULL, &other, &err));
  assert_null(other);
  assert_array(store, "d", "x", 1);
  strata_store_close(store);
  options.flags = STRATA_OVERWRITE;
  OK(strata_store_create(NULL, path, STRATA_NUL, &options, NULL, &store, &err));
  assert_string_equal(datasets_in(store), "");
  assert_false(path_exists(inside(path, "atlas.json")));
  strata_dataset *d = create_dataset(store, "d");
  strata_array *x = define_in(d, "x", STRATA_INT32, 1, DIMS(4));
  const int32_t zeroes[4] = {0};
  int32_t got[4] = {1, 1, 1, 1};
  read_all(x, got, sizeof got); /* nothing of before shows */
  assert_memory_equal(got, zeroes, sizeof got);
  flush_store(store);
  strata_array_close(x);
  strata_dataset_close(d);
  store = reopened_store(store, path);
  x = array_of(store, "d", "x");
  read_all(x, got, sizeof got);
  assert_memory_equal(got, zeroes, sizeof got);
  strata_array_close(x);
  strata_store_close(store);
}

static void what_is_no_store_is_not_found(void **state) {
  (void)state;
  strata_store *store = NULL;
  FAILS(STRATA_E_NOT_FOUND, strata_store_open(NULL, scratch("nowhere"), STRATA_NUL, NULL, NULL, &store, &err));
  assert_false(path_exists(scratch("nowhere")));
  const char *path = scratch_folder("empty");
  FAILS(STRATA_E_NOT_FOUND, strata_store_open(NULL, path, STRATA_NUL, NULL, NULL, &store, &err));
  assert_int_equal(count_names(path), 0);
  FILE *f = fopen(inside(path, "atlas.json"), "wb");
  fputs("{ \"version\": 1, ", f);
  fclose(f);
  strata_status s = strata_store_open(NULL, path, STRATA_NUL, NULL, NULL, &store, &err);
  assert_true(s == STRATA_E_CORRUPT || s == STRATA_E_FORMAT);
  assert_null(store);
  assert_non_null(strstr(err.message, "atlas.json"));
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.meta_format = 3;
  FAILS(STRATA_E_INVALID, strata_store_create(NULL, scratch("s"), STRATA_NUL, &options, NULL, &store, &err));
  options.meta_format = 0;
  options.meta_compression = 4;
  FAILS(STRATA_E_INVALID, strata_store_create(NULL, scratch("s"), STRATA_NUL, &options, NULL, &store, &err));
  options.meta_compression = 0;
  options.codec = -1;
  FAILS(STRATA_E_INVALID, strata_store_create(NULL, scratch("s"), STRATA_NUL, &options, NULL, &store, &err));
  options.codec = 0;
  options.flags = 64;
  FAILS(STRATA_E_INVALID, strata_store_create(NULL, scratch("s"), STRATA_NUL, &options, NULL, &store, &err));
  FAILS(STRATA_E_INVALID, strata_store_create(NULL, "", 0, NULL, NULL, &store, &err));
  FAILS(STRATA_E_INVALID, strata_store_create(NULL, scratch("s"), STRATA_NUL, NULL, NULL, NULL, &err));
  assert_false(path_exists(scratch("s")));
}

static strata_store *store_to_list(const char *path) {
  strata_store *store = create_store(path);
  put_array(store, "2020-02", "t", 1);
  put_array(store, "2020-01", "u", 2);
  put_array(store, "2019-12", "t", 3);
  put_array(store, "2020-01", "t", 4);
  strata_dataset_close(create_dataset(store, "bare"));
  strata_dataset *d = create_dataset(store, "text");
  strata_array_close(define_in(d, "u", STRATA_STRING, 1, DIMS(1)));
  strata_array_close(define_in(d, "tx", STRATA_STRING, 1, DIMS(1)));
  strata_dataset_close(d);
  return store;
}

static void assert_lists(strata_store *store) {
  strata_cursor *cursor = NULL;
  uint64_t count = 0;
  int32_t type = -1;
  OK(strata_store_dataset_count(store, &count, &err));
  assert_int_equal(count, 5);
  assert_string_equal(datasets_in(store), "2020-02,2020-01,2019-12,bare,text");
  OK(strata_store_list_datasets(store, "2020", STRATA_NUL, &cursor, &err));
  assert_int_equal(strata_cursor_remaining(cursor), 2);
  assert_string_equal(joined(cursor), "2020-02,2020-01");
  OK(strata_store_list_datasets_with(store, "t", 1, &cursor, &err));
  assert_string_equal(joined(cursor), "2020-02,2020-01,2019-12");
  OK(strata_store_list_datasets_with(store, "nothing", STRATA_NUL, &cursor, &err));
  assert_string_equal(joined(cursor), "");
  OK(strata_store_list_arrays(store, NULL, 0, &cursor, &err));
  assert_string_equal(joined(cursor), "t,u,tx");
  OK(strata_store_list_arrays(store, "t", 1, &cursor, &err));
  assert_string_equal(joined(cursor), "t,tx");
  OK(strata_store_array_type(store, "u", 1, &type, &err)); /* of the first that has it */
  assert_int_equal(type, STRATA_INT32);
  OK(strata_store_array_type(store, "tx", 2, &type, &err));
  assert_int_equal(type, STRATA_STRING);
  FAILS(STRATA_E_NOT_FOUND, strata_store_array_type(store, "v", 1, &type, &err));
  assert_int_equal(type, STRATA_TYPE_NONE);
}

static void lists_in_the_order_of_insertion(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("lists"));
  strata_store *store = store_to_list(path);
  assert_lists(store); /* of what is pending */
  flush_store(store);
  store = reopened_store(store, path);
  assert_lists(store);
  strata_cursor *cursor = NULL;
  int32_t type = -1;
  uint64_t count = 0;
  OK(strata_store_list_datasets(store, NULL, 0, &cursor, &err));
  OK(strata_store_dataset_delete(store, "2020-01", STRATA_NUL, NULL, &err));
  assert_string_equal(joined(cursor), "2020-02,2020-01,2019-12,bare,text"); /* as it was when it was opened */
  assert_string_equal(datasets_in(store), "2020-02,2019-12,bare,text");
  OK(strata_store_dataset_count(store, &count, &err));
  assert_int_equal(count, 4);
  OK(strata_store_array_type(store, "u", 1, &type, &err));
  assert_int_equal(type, STRATA_STRING);
  strata_dataset_close(create_dataset(store, "2020-01")); /* once more: now it is the last */
  for (int round = 0; round < 2; ++round) {
    assert_string_equal(datasets_in(store), "2020-02,2019-12,bare,text,2020-01");
    flush_store(store);
    store = reopened_store(store, path);
  }
  strata_store_close(store);
}

/* Opening reads the registry only; an array opens the file of its own name and no other. */
static void files_open_when_they_are_needed(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("lazy"));
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 11);
  put_array(store, "e", "x", 21);
  flush_store(store);
  strata_store_close(store);
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  store = open_store_in(context, path);
  const uint64_t opened = counters_of(context).objects_opened;
  assert_string_equal(datasets_in(store), "d,e");
  int32_t type;
  OK(strata_store_array_type(store, "y", 1, &type, &err));
  strata_dataset *d = open_dataset(store, "d");
  assert_string_equal(arrays_in(d), "x,y");
  assert_int_equal(counters_of(context).objects_opened, opened);
  /* Whether y's file is there is of no concern to x. */
  assert_int_equal(rename(inside(path, "y"), inside(path, "_away")), 0);
  assert_array(store, "d", "x", 1);
  const uint64_t with_x = counters_of(context).objects_opened;
  assert_true(with_x > opened);
  assert_array(store, "e", "x", 21);
  assert_int_equal(counters_of(context).objects_opened, with_x);
  strata_array *y = NULL;
  char away[1500], own[1500];
  snprintf(away, sizeof away, "%s", inside(path, "_away2"));
  snprintf(own, sizeof own, "%s", inside(path, "_strata"));
  assert_int_equal(rename(own, away), 0);
  FAILS(STRATA_E_CORRUPT, strata_dataset_array_open(d, "y", 1, NULL, &y, &err));
  assert_null(y);
  assert_int_equal(rename(away, own), 0);
  assert_array(store, "d", "y", 11); /* a layer is in two places */
  strata_store *again = open_store(path);
  assert_int_equal(rename(inside(path, "_away"), inside(path, "y")), 0);
  assert_array(again, "d", "y", 11);
  strata_store_close(again);
  strata_dataset_close(d);
  strata_store_close(store);
  strata_context_close(context);
}

static void nobody_else_sees_what_is_pending(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("pending"));
  strata_store *store = create_store(path), *reader = open_store(path);
  put_array(store, "d", "x", 1);
  strata_dataset *d = open_dataset(store, "d");
  OK(strata_dataset_set_attribute(d, "k", 1, STRATA_STRING, "v", 1, &err));
  strata_pending p = pending_in(store);
  assert_int_equal(p.arrays, 2); /* the array, and the dataset's entry */
  assert_int_equal(p.chunks, 1);
  assert_int_equal(p.bytes, 16);
  int moved = 7;
  FAILS(STRATA_E_PENDING, strata_store_refresh(store, NULL, &moved, &err));
  assert_int_equal(moved, 0);
  OK(strata_store_refresh(reader, NULL, &moved, &err));
  assert_int_equal(moved, 0);
  assert_string_equal(datasets_in(reader), "");
  flush_store(store);
  p = pending_in(store);
  assert_int_equal(p.arrays + p.chunks + p.bytes, 0);
  assert_string_equal(datasets_in(reader), "");
  OK(strata_store_refresh(reader, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_array(reader, "d", "x", 1);
  /* New values of an array that was there. */
  strata_array *x = array_of(store, "d", "x");
  const int32_t values[4] = {51, 52, 53, 54};
  write_all(x, values, sizeof values);
  flush_store(store);
  assert_array(reader, "d", "x", 1);
  OK(strata_store_refresh(reader, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_array(reader, "d", "x", 51);
  OK(strata_store_refresh(reader, NULL, &moved, &err));
  assert_int_equal(moved, 0);
  /* Closing discards. */
  write_i32(x, 0, 1, values + 3);
  OK(strata_dataset_set_attribute(d, "k", 1, STRATA_STRING, "w", 1, &err));
  strata_array_close(x);
  strata_dataset_close(d);
  store = reopened_store(store, path);
  assert_array(store, "d", "x", 51);
  d = open_dataset(store, "d");
  char v = 0;
  OK(strata_dataset_get_attribute(d, "k", 1, NULL, &v, 1, NULL, &err));
  assert_int_equal(v, 'v');
  strata_dataset_close(d);
  strata_store_close(store);
  strata_store_close(reader);
}

static void discard_takes_everything_back(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("discard"));
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "e", "x", 11);
  flush_store(store);
  strata_array *x = array_of(store, "d", "x");
  const int32_t values[4] = {5, 5, 5, 5};
  write_all(x, values, sizeof values);
  put_array(store, "f", "new", 1);
  OK(strata_store_dataset_delete(store, "e", 1, NULL, &err));
  assert_string_equal(datasets_in(store), "d,f");
  OK(strata_store_discard(store, &err));
  assert_string_equal(datasets_in(store), "d,e");
  assert_int_equal(pending_in(store).arrays, 0);
  assert_array(store, "d", "x", 1);
  assert_array(store, "e", "x", 11);
  flush_store(store);
  strata_array_close(x);
  store = reopened_store(store, path);
  assert_string_equal(datasets_in(store), "d,e");
  assert_array(store, "e", "x", 11);
  strata_store_close(store);
}

/* Handles of arrays that a discard or somebody else's deletion took away. */
static void handles_of_what_is_gone_are_stale(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("stale"));
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "e", "x", 11);
  flush_store(store);
  strata_store *reader = open_store(path);
  strata_array *theirs = array_of(reader, "d", "x"), *kept = array_of(reader, "e", "x");
  put_array(store, "f", "x", 21);
  strata_array *ours = array_of(store, "f", "x");
  int32_t value;
  OK(strata_store_discard(store, &err));
  FAILS(STRATA_E_STALE, strata_array_read(ours, 1, DIMS(0), DIMS(1), NULL, &value, sizeof value, NULL, &err));
  OK(strata_store_dataset_delete(store, "d", 1, NULL, &err));
  flush_store(store);
  assert_int_equal(read_i32(theirs, 0), 1);
  OK(strata_store_refresh(reader, NULL, NULL, &err));
  FAILS(STRATA_E_STALE, strata_array_read(theirs, 1, DIMS(0), DIMS(1), NULL, &value, sizeof value, NULL, &err));
  assert_int_equal(read_i32(kept, 0), 11);
  strata_array_close(ours);
  strata_array_close(theirs);
  strata_array_close(kept);
  strata_store_close(store);
  strata_store_close(reader);
}

/* The log of a store has to know every layer: a file of its arrays is written to through the store only. */
static void files_of_arrays_are_read_alone_only(void **state) {
  (void)state;
  const char *folder = scratch("of_arrays");
  char file_url[1500], new_url[1500], away[1500];
  snprintf(file_url, sizeof file_url, "%s", inside(folder, "x/data.af"));
  snprintf(new_url, sizeof new_url, "%s", inside(folder, "new//data.af"));
  snprintf(away, sizeof away, "%s", scratch("away/data.af"));
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  const char *const stores[] = {folder, "memory://of_arrays", "memory://of_arrays/below/it"};
  const char *const files[] = {file_url, "memory://of_arrays/x/data.af", "memory://of_arrays/below/it/x/data.af"};
  strata_file_options overwrite = STRATA_FILE_OPTIONS_INIT, reading = STRATA_FILE_OPTIONS_INIT;
  overwrite.flags = STRATA_OVERWRITE;
  reading.flags = STRATA_READ_ONLY;
  strata_file *file = NULL;
  for (size_t i = 0; i < LENGTH(stores); ++i) {
    strata_store *store = create_store_with(context, stores[i], 0, 0);
    put_array(store, "d", "x", 1);
    flush_store(store);
    strata_store_close(store);
    FAILS(STRATA_E_UNSUPPORTED, strata_file_open(context, files[i], STRATA_NUL, NULL, NULL, &file, &err));
    assert_non_null(strstr(err.message, i ? "memory://of_arrays" : "of_arrays"));
    assert_null(file);
    FAILS(STRATA_E_UNSUPPORTED, strata_file_create(context, files[i], STRATA_NUL, &overwrite, NULL, &file, &err));
    OK(strata_file_open(context, files[i], STRATA_NUL, &reading, NULL, &file, &err));
    strata_array *d = open_array(file, "d");
    assert_int_equal(read_i32(d, 3), 4);
    strata_array_close(d);
    strata_file_close(file);
  }
  /* Whatever way leads there. */
  FAILS(STRATA_E_UNSUPPORTED, strata_file_create(context, new_url, STRATA_NUL, NULL, NULL, &file, &err));
  char encoded[1600];
  snprintf(encoded, sizeof encoded, "%s", inside(folder, "%C3%A9/data.af"));
  FAILS(STRATA_E_UNSUPPORTED, strata_file_create(context, encoded, STRATA_NUL, NULL, NULL, &file, &err));
  char cwd[1024];
  assert_non_null(getcwd(cwd, sizeof cwd));
  assert_int_equal(chdir(inside(folder, "x")), 0);
  FAILS(STRATA_E_UNSUPPORTED, strata_file_open(context, "data.af", STRATA_NUL, NULL, NULL, &file, &err));
  FAILS(STRATA_E_UNSUPPORTED, strata_file_open(context, "./data.af", STRATA_NUL, NULL, NULL, &file, &err));
  FAILS(STRATA_E_UNSUPPORTED, strata_file_open(context, "../x/data.af", STRATA_NUL, NULL, NULL, &file, &err));
  assert_int_equal(chdir(".."), 0);
  FAILS(STRATA_E_UNSUPPORTED, strata_file_open(context, "x/data.af", STRATA_NUL, NULL, NULL, &file, &err));
  assert_int_equal(chdir(cwd), 0);
  assert_false(path_exists(inside(folder, "new")));
  /* Others of that name, and other files in a store's folder, are not meant. */
  strata_file_close(create_with(context, away, 0));
  strata_file_close(create_with(context, inside(folder, "x/other.af"), 0));
  strata_file_close(create_with(context, "memory://elsewhere/data.af", 0));
  strata_file_close(create_with(context, "memory://elsewhere/x/data.af", 0));
  strata_context_close(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_registry_can_be_chosen),    cmocka_unit_test(create_does_not_overwrite_unless_told),
      cmocka_unit_test(what_is_no_store_is_not_found),   cmocka_unit_test(lists_in_the_order_of_insertion),
      cmocka_unit_test(files_open_when_they_are_needed), cmocka_unit_test(nobody_else_sees_what_is_pending),
      cmocka_unit_test(files_of_arrays_are_read_alone_only),
      cmocka_unit_test(discard_takes_everything_back),   cmocka_unit_test(handles_of_what_is_gone_are_stale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
