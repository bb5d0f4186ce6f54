/* The log of a context, and its counters as text. */
#include "store_support.h"

static strata_context *make_context(int32_t level) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.log_level = level;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  return context;
}

static char text[4096];
static strata_log_entry entry;

/* The next entry in `entry` and `text`. */
static int next(strata_context *context) {
  entry = (strata_log_entry)STRATA_LOG_ENTRY_INIT;
  size_t needed = 7;
  const strata_status status = strata_context_log_next(context, &entry, text, sizeof text - 1, &needed, &err);
  if (status == STRATA_DONE) {
    assert_int_equal(needed, 0);
    return 0;
  }
  assert_int_equal(status, STRATA_OK);
  assert_true(needed > 0 && needed < sizeof text);
  text[needed] = '\0';
  assert_true(entry.level >= STRATA_LOG_ERROR && entry.level <= STRATA_LOG_DEBUG);
  assert_non_null(entry.target);
  assert_true(entry.time_ns > INT64_C(1700000000000000000));
  for (size_t i = 0; i < needed; ++i) assert_true((unsigned char)text[i] >= 0x20);
  return 1;
}

/* Whether there is an entry of that target and level with this word. Takes all out. */
static int says(strata_context *context, const char *target, int32_t level, const char *word) {
  int found = 0;
  while (next(context)) found |= entry.level == level && strcmp(entry.target, target) == 0 && strstr(text, word) != NULL;
  return found;
}

static void write_one(strata_file *file, int32_t value) {
  strata_array *a = open_array(file, "a");
  write_i32(a, 0, 1, &value);
  strata_array_close(a);
  flush(file);
}

static strata_file *make_file(strata_context *context, const char *name) {
  strata_file *file = create_with(context, scratch(name), STRATA_CODEC_NONE);
  strata_array_close(define(file, "a", STRATA_INT32, 1, DIMS(64), NULL));
  write_one(file, 1);
  return file;
}

static void nothing_is_kept_unless_asked_for(void **state) {
  (void)state;
  strata_context *context = make_context(STRATA_LOG_OFF);
  strata_file_close(make_file(context, "silent.af"));
  assert_false(next(context));
  strata_context_close(context);
}

static void commits_merges_and_compactions_are_told(void **state) {
  (void)state;
  strata_context *context = make_context(STRATA_LOG_INFO), *other = make_context(STRATA_LOG_DEBUG);
  strata_file *file = make_file(context, "told.af"), *second = open_in(other, scratch("told.af"));
  assert_true(says(context, "file", STRATA_LOG_INFO, "committed layer 1"));
  const int32_t value = 5;
  strata_array *a = open_array(second, "a");
  OK(strata_array_set_attribute(a, "odd\nname", STRATA_NUL, STRATA_INT32, &value, sizeof value, &err));
  strata_array_close(a);
  write_one(file, 2);
  flush(second);
  assert_true(says(other, "file", STRATA_LOG_INFO, "moved to what others have committed"));
  compact(second);
  assert_true(says(other, "file", STRATA_LOG_INFO, "compacted to a new base"));
  assert_true(says(context, "file", STRATA_LOG_INFO, "committed layer 2"));
  flush(file);
  assert_false(next(context));
  write_one(second, 3);
  int storage = 0;
  while (next(other)) storage |= strcmp(entry.target, "storage") == 0 && entry.level == STRATA_LOG_DEBUG && strstr(text, "created") != NULL;
  assert_true(storage);
  strata_file_close(second);
  strata_file_close(file);
  strata_context_close(other);
  strata_context_close(context);
}

static void commits_of_stores_are_told(void **state) {
  (void)state;
  strata_context *context = make_context(STRATA_LOG_INFO);
  strata_store *store = NULL;
  OK(strata_store_create(context, scratch("logged"), STRATA_NUL, NULL, NULL, &store, &err));
  put_array(store, "d", "x", 10);
  flush_store(store);
  int found = 0;
  while (next(context)) found |= strcmp(entry.target, "store") == 0 && strstr(text, "a flush: 1 layers") != NULL;
  assert_true(found);
  OK(strata_store_compact(store, NULL, &err));
  strata_store_close(store);
  strata_context_close(context);
}

static void damage_is_told_as_an_error(void **state) {
  (void)state;
  strata_context *context = make_context(STRATA_LOG_ERROR);
  strata_file_close(make_file(context, "damaged.af"));
  assert_false(next(context));
  FILE *f = fopen(scratch("damaged.1.af"), "r+b");
  if (!f) f = fopen(scratch("damaged.af"), "r+b");
  assert_non_null(f);
  assert_int_equal(fputc(0x55, f), 0x55); /* the first element's first byte */
  fclose(f);
  strata_file *file = open_in(context, scratch("damaged.af"));
  strata_array *a = open_array(file, "a");
  int32_t values[64];
  FAILS(STRATA_E_CORRUPT, strata_array_read(a, 1, NULL, NULL, NULL, values, sizeof values, NULL, &err));
  assert_true(says(context, "file", STRATA_LOG_ERROR, "damaged"));
  strata_array_close(a);
  strata_file_close(file);
  strata_context_close(context);
}

static void an_entry_stays_until_there_is_room_for_it(void **state) {
  (void)state;
  strata_context *context = make_context(STRATA_LOG_INFO);
  strata_file *file = make_file(context, "room.af");
  size_t needed = 0, again = 0;
  entry = (strata_log_entry)STRATA_LOG_ENTRY_INIT;
  OK(strata_context_log_next(context, &entry, NULL, 0, &needed, &err));
  assert_int_equal(entry.level, STRATA_LOG_INFO);
  assert_true(needed > 1);
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_context_log_next(context, &entry, text, needed - 1, &again, &err));
  assert_int_equal(again, needed);
  OK(strata_context_log_next(context, &entry, text, needed, &again, &err));
  strata_file_close(file);
  strata_context_close(context);
}

static void the_oldest_go_and_are_counted(void **state) {
  (void)state;
  strata_context *context = make_context(STRATA_LOG_DEBUG);
  strata_file *file = make_file(context, "many.af");
  for (int i = 0; i < 600; ++i) write_one(file, i);
  const uint64_t dropped = counters_of(context).log_dropped;
  assert_true(dropped > 0);
  assert_true(next(context));
  assert_int_equal(entry.dropped, dropped);
  uint64_t kept = 1;
  for (; next(context); ++kept) assert_int_equal(entry.dropped, 0);
  assert_int_equal(kept, 1024);
  strata_file_close(file);
  strata_context_close(context);
}

/* The number after "name": in a flat object. */
static uint64_t number_of(const char *json, const char *name) {
  char key[64];
  snprintf(key, sizeof key, "\"%s\":", name);
  const char *at = strstr(json, key);
  if (!at) fail_msg("%s is not in %s", key, json);
  return strtoull(at + strlen(key), NULL, 10);
}

static void counters_as_text(void **state) {
  (void)state;
  strata_context *context = make_context(STRATA_LOG_OFF);
  strata_file *file = make_file(context, "counted.af");
  size_t size = 0;
  OK(strata_context_counters_json(context, text, sizeof text - 1, &size, &err));
  text[size] = '\0';
  assert_true(text[0] == '{' && text[size - 1] == '}');
  const strata_counters c = counters_of(context);
#define SAME(field) assert_int_equal(number_of(text, #field), c.field)
  SAME(threads);
  SAME(block_hits);
  SAME(block_capacity);
  SAME(raw_capacity);
  SAME(reads);
  SAME(commits);
  SAME(storage_opens);
  SAME(storage_lists);
  SAME(storage_reads);
  SAME(storage_writes);
  SAME(storage_written_bytes);
  SAME(storage_created);
  SAME(storage_removed);
  SAME(storage_syncs);
  SAME(decode_ns);
  SAME(log_dropped);
#undef SAME
  assert_true(c.commits == 1 && c.storage_writes > 0 && c.storage_created >= 2 && c.storage_syncs >= 4);
  assert_true(c.storage_written_bytes >= file_size(scratch("counted.af")));
  strata_file_close(file);
  strata_context_close(context);
}

static void storage_is_counted_by_kind(void **state) {
  (void)state;
  strata_context *context = make_context(STRATA_LOG_OFF);
  strata_file *file = create_with(context, scratch("kinds.af"), STRATA_CODEC_ZSTD);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(100000), DIMS(50000));
  int32_t *values = calloc(100000, sizeof *values);
  for (int i = 0; i < 100000; ++i) values[i] = i;
  write_all(a, values, 100000 * sizeof *values);
  flush(file);
  strata_counters before = counters_of(context);
  read_all(a, values, 100000 * sizeof *values);
  strata_counters after = counters_of(context);
  assert_int_equal(after.storage_reads - before.storage_reads, after.reads - before.reads);
  assert_int_equal(after.storage_read_bytes - before.storage_read_bytes, after.read_bytes - before.read_bytes);
  assert_true(after.decode_ns > before.decode_ns);
  assert_int_equal(after.storage_writes + after.storage_syncs + after.storage_lists, before.storage_writes + before.storage_syncs + before.storage_lists);
  strata_file_close(open_in(context, scratch("kinds.af")));
  before = counters_of(context);
  assert_true(before.storage_opens > after.storage_opens && before.storage_lists > after.storage_lists);
  free(values);
  strata_array_close(a);
  strata_file_close(file);
  strata_context_close(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_kept_unless_asked_for),
      cmocka_unit_test(commits_merges_and_compactions_are_told),
      cmocka_unit_test(commits_of_stores_are_told),
      cmocka_unit_test(damage_is_told_as_an_error),
      cmocka_unit_test(an_entry_stays_until_there_is_room_for_it),
      cmocka_unit_test(the_oldest_go_and_are_counted),
      cmocka_unit_test(counters_as_text),
      cmocka_unit_test(storage_is_counted_by_kind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
