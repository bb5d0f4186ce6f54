/* Commits of stores: conflicts, failures on the way, compaction, places that cannot be written. */
#include "store_support.h"

static const char *long_lived(char *path, const char *name) {
  snprintf(path, 1400, "%s", scratch(name));
  return path;
}

static void writers_of_different_things_are_merged(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "merged");
  strata_store *one = create_store(path), *two = open_store(path);
  put_array(one, "d", "x", 1);
  put_array(two, "e", "y", 11);
  put_array(two, "e", "x", 21);
  flush_store(one);
  flush_store(two);
  assert_array(two, "d", "x", 1);
  assert_string_equal(datasets_in(one), "d"); /* a handle stays where it is until it is told to move */
  int moved = 0;
  OK(strata_store_refresh(one, NULL, &moved, &err));
  assert_int_equal(moved, 1);
  assert_string_equal(datasets_in(one), "d,e");
  assert_array(one, "e", "y", 11);
  assert_array(one, "e", "x", 21);
  strata_dataset *d1 = open_dataset(one, "d"), *d2 = open_dataset(two, "d");
  OK(strata_dataset_set_attribute(d1, "one", 3, STRATA_STRING, "1", 1, &err));
  OK(strata_dataset_set_attribute(d2, "two", 3, STRATA_STRING, "2", 1, &err));
  put_array(one, "d", "z", 31);
  flush_store(two);
  OK(strata_store_compact(two, NULL, &err));
  flush_store(one);
  char value = 0;
  OK(strata_dataset_get_attribute(d1, "two", 3, NULL, &value, 1, NULL, &err));
  assert_int_equal(value, '2');
  strata_dataset_close(d1);
  strata_dataset_close(d2);
  strata_store_close(two);
  one = reopened_store(one, path);
  assert_string_equal(datasets_in(one), "d,e");
  assert_array(one, "d", "z", 31);
  assert_array(one, "d", "x", 1);
  strata_store_close(one);
}

static void delete_dataset(strata_store *store, const char *name) {
  OK(strata_store_dataset_delete(store, name, strlen(name), NULL, &err));
}

static void a_dataset_made_again_is_the_last_also_above_others_commits(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "again");
  strata_store *one = create_store(path);
  put_array(one, "a", "x", 1);
  put_array(one, "b", "x", 2);
  flush_store(one);
  strata_store *two = open_store(path);
  put_array(two, "c", "x", 3);
  delete_dataset(two, "a");
  put_array(two, "a", "x", 4);
  put_array(one, "d", "x", 5);
  flush_store(one);
  flush_store(two);
  assert_string_equal(datasets_in(two), "b,d,c,a");
  strata_store_close(two);
  one = reopened_store(one, path);
  assert_string_equal(datasets_in(one), "b,d,c,a");
  assert_array(one, "a", "x", 4);
  strata_store_close(one);
}

static void writers_of_the_same_chunk_conflict(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "conflict");
  strata_store *one = create_store(path);
  put_array(one, "d", "x", 1);
  put_array(one, "d", "y", 11);
  flush_store(one);
  strata_store *two = open_store(path);
  strata_array *x1 = array_of(one, "d", "x"), *x2 = array_of(two, "d", "x"), *y2 = array_of(two, "d", "y");
  const int32_t first[4] = {5, 6, 7, 8}, second[4] = {105, 106, 107, 108};
  write_all(x1, first, sizeof first);
  write_all(x2, second, sizeof second);
  write_all(y2, second, sizeof second);
  flush_store(one);
  for (int i = 0; i < 2; ++i) {
    FAILS(STRATA_E_CONFLICT, strata_store_flush(two, NULL, &err));
    strata_conflict_list *list = NULL;
    OK(strata_store_conflict_list(two, &list, &err));
    assert_int_equal(strata_conflict_list_count(list), 1);
    strata_conflict c = STRATA_CONFLICT_INIT;
    OK(strata_conflict_list_get(list, 0, &c, &err));
    assert_int_equal(c.kind, STRATA_CONFLICT_CHUNK);
    assert_string_equal(c.dataset, "d");
    assert_string_equal(c.array, "x");
    assert_int_equal(c.chunk_ndim, 1);
    assert_int_equal(c.chunk[0], 0);
    strata_conflict_list_close(list);
    FAILS(STRATA_E_CONFLICT, strata_store_compact(two, NULL, &err));
    assert_array(two, "d", "x", 105); /* nothing is lost, and nothing of it is published */
    assert_int_equal(pending_in(two).chunks, 2);
    strata_store *reader = open_store(path);
    assert_array(reader, "d", "x", 5);
    assert_array(reader, "d", "y", 11);
    strata_store_close(reader);
  }
  OK(strata_store_discard(two, &err));
  OK(strata_store_refresh(two, NULL, NULL, &err));
  assert_array(two, "d", "x", 5);
  write_all(x2, second, sizeof second);
  flush_store(two);
  OK(strata_store_refresh(one, NULL, NULL, &err));
  assert_array(one, "d", "x", 105);
  assert_array(one, "d", "y", 11);
  strata_array_close(x1);
  strata_array_close(x2);
  strata_array_close(y2);
  strata_store_close(one);
  strata_store_close(two);
}

/* Every commit is in the log, the newest first. */
static void commits_are_listed(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "log");
  strata_store *store = create_store(path);
  strata_log *log = NULL;
  OK(strata_store_log(store, 0, NULL, &log, &err));
  assert_int_equal(strata_log_count(log), 0);
  strata_log_close(log);
  put_array(store, "d", "x", 1);
  put_array(store, "e", "y", 11);
  flush_store(store);
  strata_array *x = array_of(store, "d", "x");
  const int32_t values[4] = {5, 6, 7, 8};
  write_all(x, values, sizeof values);
  strata_array_close(x);
  flush_store(store);
  OK(strata_store_dataset_delete(store, "e", 1, NULL, &err));
  flush_store(store);
  OK(strata_store_compact(store, NULL, &err)); /* two arrays, and a sweep */
  OK(strata_store_log(store, 0, NULL, &log, &err));
  assert_int_equal(strata_log_count(log), 6);
  static const struct { int32_t kind; uint64_t datasets, removed, arrays; } want[6] = {
      {STRATA_COMMIT_SWEEP, 0, 0, 0},   {STRATA_COMMIT_COMPACT, 0, 0, 1}, {STRATA_COMMIT_COMPACT, 0, 0, 1},
      {STRATA_COMMIT_DATA, 0, 1, 1},    {STRATA_COMMIT_DATA, 0, 0, 1},    {STRATA_COMMIT_DATA, 2, 0, 2}};
  char child[33] = "";
  int64_t later = INT64_MAX;
  for (uint64_t i = 0; i < 6; ++i) {
    strata_commit c = STRATA_COMMIT_INIT;
    OK(strata_log_get(log, i, &c, &err));
    assert_int_equal(c.seq, 6 - i);
    assert_int_equal(c.kind, want[i].kind);
    assert_int_equal(c.datasets, want[i].datasets);
    assert_int_equal(c.removed, want[i].removed);
    assert_int_equal(c.arrays, want[i].arrays);
    assert_int_equal(strlen(c.id), 32);
    if (i) assert_string_equal(c.id, child);
    snprintf(child, sizeof child, "%s", c.parent);
    assert_true(c.time_ns <= later && c.time_ns > 0);
    later = c.time_ns;
  }
  assert_string_equal(child, "");
  strata_log_close(log);
  OK(strata_store_log(store, 2, NULL, &log, &err));
  assert_int_equal(strata_log_count(log), 2);
  strata_log_close(log);
  strata_store_close(store);
}

/* A file lies where a folder of the store is to be; what was there is kept aside. */
static void block(const char *path, const char *folder) {
  char away[1500], here[1500];
  snprintf(away, sizeof away, "%s", inside(path, "_away"));
  snprintf(here, sizeof here, "%s", inside(path, folder));
  (void)rename(here, away);
  FILE *f = fopen(here, "wb");
  assert_non_null(f);
  fclose(f);
}

static void unblock(const char *path, const char *folder) {
  char away[1500], here[1500];
  snprintf(away, sizeof away, "%s", inside(path, "_away"));
  snprintf(here, sizeof here, "%s", inside(path, folder));
  assert_int_equal(remove(here), 0);
  (void)rename(away, here);
}

static void a_flush_that_fails_keeps_what_is_pending(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "failing");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  flush_store(store);
  put_array(store, "d", "y", 11);
  put_array(store, "e", "x", 21);
  strata_dataset *d = open_dataset(store, "d");
  OK(strata_dataset_set_attribute(d, "k", 1, STRATA_STRING, "v", 1, &err));
  block(path, "_strata/layers");
  for (int i = 0; i < 2; ++i) {
    const strata_status s = strata_store_flush(store, NULL, &err);
    assert_true(s < 0 && s != STRATA_E_INTERNAL && s != STRATA_E_CONFLICT);
    assert_array(store, "d", "y", 11);
    assert_array(store, "e", "x", 21);
    assert_true(pending_in(store).arrays > 0);
    strata_store *reader = open_store(path); /* nothing was committed */
    assert_string_equal(datasets_in(reader), "d");
    assert_array(reader, "d", "x", 1);
    strata_store_close(reader);
  }
  unblock(path, "_strata/layers");
  flush_store(store);
  assert_int_equal(pending_in(store).arrays, 0);
  strata_dataset_close(d);
  store = reopened_store(store, path);
  assert_array(store, "d", "x", 1);
  assert_array(store, "d", "y", 11);
  assert_array(store, "e", "x", 21);
  d = open_dataset(store, "d");
  char value = 0;
  OK(strata_dataset_get_attribute(d, "k", 1, NULL, &value, 1, NULL, &err));
  assert_int_equal(value, 'v');
  strata_dataset_close(d);
  strata_store_close(store);
}

/* What other programs read cannot be written: the commit stands, and is seen by strata. */
static void a_commit_that_cannot_be_projected_stands(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "projected");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  flush_store(store);
  put_array(store, "d", "y", 11);
  put_array(store, "e", "x", 21);
  block(path, "y");
  for (int i = 0; i < 2; ++i) {
    FAILS(STRATA_E_NOT_PROJECTED, strata_store_flush(store, NULL, &err));
    assert_int_equal(pending_in(store).arrays, 0);
    assert_array(store, "d", "y", 11);
    strata_store *reader = open_store(path);
    assert_string_equal(datasets_in(reader), "d,e");
    assert_array(reader, "d", "y", 11);
    assert_array(reader, "e", "x", 21);
    strata_store_close(reader);
    if (i == 0) put_array(store, "e", "z", 31);
  }
  unblock(path, "y");
  flush_store(store);
  assert_true(path_exists(inside(path, "y/data.af")));
  assert_true(path_exists(inside(path, "z/data.af")));
  store = reopened_store(store, path);
  assert_array(store, "e", "z", 31);
  assert_array(store, "d", "y", 11);
  strata_store_close(store);
}

static void a_cancelled_flush_can_be_repeated(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "cancelled");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  strata_cancel *cancel = NULL;
  OK(strata_cancel_create(&cancel, &err));
  strata_cancel_trigger(cancel);
  FAILS(STRATA_E_CANCELLED, strata_store_flush(store, cancel, &err));
  FAILS(STRATA_E_CANCELLED, strata_store_compact(store, cancel, &err));
  FAILS(STRATA_E_CANCELLED, strata_store_dataset_delete(store, "d", 1, cancel, &err));
  strata_store *other = store;
  FAILS(STRATA_E_CANCELLED, strata_store_open(NULL, path, STRATA_NUL, NULL, cancel, &other, &err));
  assert_null(other);
  assert_array(store, "d", "x", 1);
  strata_cancel_reset(cancel);
  OK(strata_store_flush(store, cancel, &err));
  strata_cancel_close(cancel);
  store = reopened_store(store, path);
  assert_array(store, "d", "x", 1);
  strata_store_close(store);
}

static void compaction_merges_all_files_and_changes_no_value(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "compacted");
  strata_store *store = create_store(path);
  for (int32_t i = 0; i < 5; ++i) {
    char name[16];
    snprintf(name, sizeof name, "d%d", (int)i);
    put_array(store, name, "x", i * 100);
    put_array(store, name, "y", i * 100 + 50);
    flush_store(store);
  }
  OK(strata_store_dataset_delete(store, "d3", 2, NULL, &err));
  strata_array *x = array_of(store, "d1", "x");
  const int32_t nine = 9;
  write_i32(x, 3, 1, &nine); /* pending: flushed first */
  strata_store_close(store);
  assert_int_equal(read_i32(x, 3), 9); /* the array holds its store */
  strata_array_close(x);

  store = open_store(path); /* and what it held pending is gone with it */
  x = array_of(store, "d1", "x");
  assert_int_equal(read_i32(x, 3), 103);
  OK(strata_store_dataset_delete(store, "d3", 2, NULL, &err));
  write_i32(x, 3, 1, &nine);
  for (int round = 0; round < 2; ++round) {
    OK(strata_store_compact(store, NULL, &err));
    assert_int_equal(pending_in(store).arrays, 0);
    assert_int_equal(read_i32(x, 3), 9);
    assert_string_equal(datasets_in(store), "d0,d1,d2,d4");
    assert_array(store, "d4", "x", 400);
    assert_array(store, "d2", "y", 250);
  }
  strata_array_close(x);
  store = reopened_store(store, path);
  x = array_of(store, "d1", "x");
  assert_int_equal(read_i32(x, 3), 9);
  assert_array(store, "d4", "y", 450);
  strata_array_close(x);
  strata_store_close(store);
}

static void a_read_only_handle_changes_nothing(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "fixed");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  flush_store(store);
  strata_store_close(store);
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.flags = STRATA_READ_ONLY;
  FAILS(STRATA_E_INVALID, strata_store_create(NULL, scratch("other"), STRATA_NUL, &options, NULL, &store, &err));
  OK(strata_store_open(NULL, path, STRATA_NUL, &options, NULL, &store, &err));
  strata_dataset *d = open_dataset(store, "d");
  strata_array *x = array_of(store, "d", "x");
  const int32_t one = 1;
  FAILS(STRATA_E_READ_ONLY, strata_store_dataset_create(store, "e", 1, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_store_dataset_delete(store, "d", 1, NULL, &err));
  FAILS(STRATA_E_READ_ONLY,
        strata_dataset_define(d, "y", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_dataset_delete(d, "x", 1, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_dataset_set_attribute(d, "k", 1, STRATA_INT32, &one, 4, &err));
  FAILS(STRATA_E_READ_ONLY, strata_dataset_delete_attribute(d, "k", 1, &err));
  FAILS(STRATA_E_READ_ONLY, strata_array_write(x, 1, DIMS(0), DIMS(1), &one, 4, NULL, &err));
  FAILS(STRATA_E_READ_ONLY, strata_store_compact(store, NULL, &err));
  flush_store(store); /* nothing is pending */
  assert_array(store, "d", "x", 1);
  assert_int_equal(count_names(path), 3);
  strata_array_close(x);
  strata_dataset_close(d);
  strata_store_close(store);
}

/* With a limit that no file keeps. */
static strata_store *open_limited(const char *path) {
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.fold_limit_bytes = 1;
  strata_store *store = NULL;
  OK(strata_store_open(NULL, path, STRATA_NUL, &options, NULL, &store, &err));
  return store;
}

/* Chunks of another rank in older layers are taken out by the flush; where the file is too large for that, by a compaction. */
static void another_rank(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "rank");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "e", "x", 11);
  flush_store(store);
  strata_store_close(store);
  store = open_limited(path);
  strata_dataset *d = open_dataset(store, "d");
  OK(strata_dataset_delete(d, "x", 1, NULL, &err));
  strata_array *x = NULL;
  FAILS(STRATA_E_COMPACT_FIRST,
        strata_dataset_define(d, "x", 1, STRATA_INT32, 2, DIMS(2, 2), NULL, NULL, 0, NULL, 0, NULL, &x, &err));
  assert_null(x);
  OK(strata_store_discard(store, &err));
  strata_dataset_close(d);
  store = reopened_store(store, path);
  d = open_dataset(store, "d");
  OK(strata_dataset_delete(d, "x", 1, NULL, &err));
  x = define_in(d, "x", STRATA_INT32, 2, DIMS(2, 2));
  const int32_t values[4] = {1, 2, 3, 4};
  write_all(x, values, sizeof values);
  flush_store(store);
  strata_array_close(x);
  strata_dataset_close(d);
  store = reopened_store(store, path);
  x = array_of(store, "d", "x");
  assert_int_equal(strata_array_ndim(x), 2);
  int32_t got[4];
  read_all(x, got, sizeof got);
  assert_memory_equal(got, values, sizeof got);
  assert_array(store, "e", "x", 11);
  strata_array_close(x);
  strata_store_close(store);
}

/* The same when no other dataset has an array of that name: its file is in no list, and is compacted all the same. */
static void another_rank_where_none_is_left(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "rank_alone");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  flush_store(store);
  strata_dataset *d = open_dataset(store, "d");
  OK(strata_dataset_delete(d, "x", 1, NULL, &err));
  flush_store(store);
  strata_dataset_close(d);
  strata_store_close(store);
  store = open_limited(path);
  d = open_dataset(store, "d");
  FAILS(STRATA_E_COMPACT_FIRST,
        strata_dataset_define(d, "x", 1, STRATA_INT32, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  OK(strata_store_compact(store, NULL, &err));
  strata_array *x = define_in(d, "x", STRATA_INT32, 0, NULL);
  const int32_t seven = 7;
  write_all(x, &seven, sizeof seven);
  flush_store(store);
  strata_array_close(x);
  strata_dataset_close(d);
  store = reopened_store(store, path);
  x = array_of(store, "d", "x");
  int32_t got = 0;
  read_all(x, &got, sizeof got);
  assert_int_equal(got, 7);
  strata_array_close(x);
  strata_store_close(store);
}

/* A flush that got as far as the layers and not to the log, and is then given up: what it left never shows. */
static void what_a_given_up_flush_left_never_shows(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "given_up");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  flush_store(store);
  put_array(store, "e", "x", 11);
  put_array(store, "e", "y", 21);
  block(path, "_strata/log");
  assert_true(strata_store_flush(store, NULL, &err) < 0);
  OK(strata_store_discard(store, &err));
  unblock(path, "_strata/log");
  for (int round = 0; round < 2; ++round) {
    assert_string_equal(datasets_in(store), "d");
    strata_across *across = NULL;
    OK(strata_store_read_across(store, "x", 1, NULL, 0, 1, NULL, NULL, NULL, &across, &err));
    assert_int_equal(strata_across_count(across), 1);
    strata_across_close(across);
    store = reopened_store(store, path);
  }
  strata_dataset *e = create_dataset(store, "e");
  assert_string_equal(arrays_in(e), "");
  strata_array *x = define_in(e, "x", STRATA_INT32, 1, DIMS(6));
  int32_t got[6] = {1, 1, 1, 1, 1, 1};
  const int32_t zeroes[6] = {0};
  for (int round = 0; round < 3; ++round) {
    read_all(x, got, sizeof got);
    assert_memory_equal(got, zeroes, sizeof got);
    strata_array_close(x);
    if (round == 0) flush_store(store);
    if (round == 1) OK(strata_store_compact(store, NULL, &err));
    x = array_of(store, "e", "x");
  }
  assert_array(store, "d", "x", 1);
  strata_array_close(x);
  strata_dataset_close(e);
  strata_store_close(store);
}

static void a_flush_with_nothing_pending_writes_nothing(void **state) {
  (void)state;
  char room[1400];
  const char *path = long_lived(room, "quiet");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  flush_store(store);
  const int names = count_names(path), files = count_names(inside(path, "x"));
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  strata_store *again = open_store_in(context, path);
  assert_array(again, "d", "x", 1);
  flush_store(again);
  flush_store(store);
  assert_int_equal(counters_of(context).commits, 0);
  assert_int_equal(count_names(path), names);
  assert_int_equal(count_names(inside(path, "x")), files);
  strata_store_close(again);
  strata_store_close(store);
  strata_context_close(context);
}

static void stores_in_memory_live_with_their_context(void **state) {
  (void)state;
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  strata_store *store = create_store_with(context, "memory://m/deep/store", 0, STRATA_CODEC_ZSTD), *root = NULL;
  put_array(store, "d", "x", 1);
  flush_store(store);
  OK(strata_store_create(context, "memory://other", STRATA_NUL, NULL, NULL, &root,
                         &err)); /* a place's root is a folder too */
  put_array(root, "d", "x", 11);
  flush_store(root);
  strata_store_close(store);
  strata_store_close(root);
  store = open_store_in(context, "memory://m/deep/store/");
  assert_array(store, "d", "x", 1);
  OK(strata_store_compact(store, NULL, &err));
  assert_array(store, "d", "x", 1);
  strata_store_close(store);
  root = open_store_in(context, "memory://other/");
  assert_array(root, "d", "x", 11);
  strata_store_close(root);
  FAILS(STRATA_E_NOT_FOUND, strata_store_open(NULL, "memory://m/deep/store", STRATA_NUL, NULL, NULL, &store, &err));
  strata_context_close(context);
}

/* A handle is of one commit. What it has not opened before that was compacted away it cannot read; a refresh helps. */
static void a_commit_that_was_compacted_away(void **state) {
  (void)state;
  const char *path = scratch("compacted_away");
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 1);
  flush_store(store);
  strata_store *reader = open_store(path);
  assert_array(reader, "d", "x", 1);
  const int32_t value = 7;
  strata_array *x = array_of(store, "d", "x"), *y = array_of(store, "d", "y");
  write_i32(x, 0, 1, &value);
  write_i32(y, 0, 1, &value);
  strata_array_close(y);
  strata_array_close(x);
  flush_store(store);
  OK(strata_store_compact(store, NULL, &err));
  strata_dataset *d = open_dataset(reader, "d");
  FAILS(STRATA_E_STALE, strata_dataset_array_open(d, "y", 1, NULL, &y, &err));
  assert_non_null(strstr(err.message, "refresh"));
  assert_array(reader, "d", "x", 1); /* which is open */
  OK(strata_store_refresh(reader, NULL, NULL, &err));
  OK(strata_dataset_array_open(d, "y", 1, NULL, &y, &err));
  assert_int_equal(read_i32(y, 0), 7);
  strata_array_close(y);
  strata_dataset_close(d);
  strata_store_close(reader);
  strata_store_close(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_commit_that_was_compacted_away),
      cmocka_unit_test(writers_of_different_things_are_merged),
      cmocka_unit_test(a_dataset_made_again_is_the_last_also_above_others_commits),
      cmocka_unit_test(writers_of_the_same_chunk_conflict),
      cmocka_unit_test(commits_are_listed),
      cmocka_unit_test(a_flush_that_fails_keeps_what_is_pending),
      cmocka_unit_test(a_commit_that_cannot_be_projected_stands),
      cmocka_unit_test(a_cancelled_flush_can_be_repeated),
      cmocka_unit_test(compaction_merges_all_files_and_changes_no_value),
      cmocka_unit_test(a_read_only_handle_changes_nothing),
      cmocka_unit_test(another_rank),
      cmocka_unit_test(another_rank_where_none_is_left),
      cmocka_unit_test(what_a_given_up_flush_left_never_shows),
      cmocka_unit_test(a_flush_with_nothing_pending_writes_nothing),
      cmocka_unit_test(stores_in_memory_live_with_their_context),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
