/* The log of a file: its layers, the newest first. (That of a store: store_commits.c, compact_policy.c.) */
#include "support.h"

typedef struct {
  int32_t kind;
  uint64_t seq, arrays, removed;
} Line;

static void assert_log(strata_file *file, uint64_t most, const Line *lines, size_t count) {
  strata_log *log = NULL;
  OK(strata_file_log(file, most, NULL, &log, &err));
  assert_int_equal(strata_log_count(log), count);
  int64_t newer = INT64_MAX;
  for (size_t i = 0; i < count; ++i) {
    strata_commit commit = STRATA_COMMIT_INIT;
    OK(strata_log_get(log, i, &commit, &err));
    assert_int_equal(commit.kind, lines[i].kind);
    assert_int_equal(commit.seq, lines[i].seq);
    assert_int_equal(commit.arrays, lines[i].arrays);
    assert_int_equal(commit.removed, lines[i].removed);
    assert_int_equal(commit.datasets, 0);
    assert_true(commit.bytes > 0);
    assert_int_equal(strlen(commit.id), 32);
    assert_string_equal(commit.message, "");
    if (commit.kind == STRATA_COMMIT_ABSORBED) {
      assert_int_equal(commit.time_ns, 0);
    } else {
      assert_true(commit.time_ns > 0 && commit.time_ns <= newer);
      newer = commit.time_ns;
    }
    if (i + 1 < count && commit.parent[0]) { /* those of a file's layers form a chain */
      strata_commit below = STRATA_COMMIT_INIT;
      OK(strata_log_get(log, i + 1, &below, &err));
      if (below.kind != STRATA_COMMIT_ABSORBED) assert_string_equal(commit.parent, below.id);
    }
  }
  strata_log_close(log);
}
#define LOG(file, most, ...) assert_log(file, most, (const Line[]){__VA_ARGS__}, LENGTH(((const Line[]){__VA_ARGS__})))

static void put(strata_file *file, const char *name, int32_t value) {
  int exists = 0;
  OK(strata_file_exists(file, name, STRATA_NUL, &exists, &err));
  strata_array *a = exists ? open_array(file, name) : define(file, name, STRATA_INT32, 1, DIMS(4), NULL);
  write_i32(a, 0, 1, &value);
  strata_array_close(a);
  flush(file);
}

static void newest_first(void **state) {
  (void)state;
  strata_file *file = create_file(scratch("newest.af"));
  LOG(file, 0, {STRATA_COMMIT_DATA, 0, 0, 0});
  put(file, "a", 1);
  put(file, "b", 2);
  OK(strata_file_delete(file, "a", STRATA_NUL, NULL, &err));
  flush(file);
  const Line lines[] = {{STRATA_COMMIT_DATA, 3, 0, 1}, {STRATA_COMMIT_DATA, 2, 1, 0}, {STRATA_COMMIT_DATA, 1, 1, 0}, {STRATA_COMMIT_DATA, 0, 0, 0}};
  assert_log(file, 0, lines, 4);
  assert_log(file, 2, lines, 2);
  assert_log(file, 100, lines, 4);
  strata_file_close(file);
}

/* A compaction is one commit; of what it took in the ids are left. What another handle did is there as well. */
static void compactions_and_what_they_absorbed(void **state) {
  (void)state;
  const char *path = scratch("absorbed.af");
  strata_file *file = create_file(path), *other = open_file(path);
  put(file, "a", 1);
  put(file, "b", 2);
  strata_log *log = NULL;
  OK(strata_file_log(file, 1, NULL, &log, &err));
  strata_commit second = STRATA_COMMIT_INIT, found = STRATA_COMMIT_INIT;
  OK(strata_log_get(log, 0, &second, &err));
  OK(strata_file_compact(file, NULL, &err));
  put(file, "a", 3);
  LOG(other, 0, {STRATA_COMMIT_DATA, 4, 1, 0}, {STRATA_COMMIT_COMPACT, 3, 2, 0}, {STRATA_COMMIT_ABSORBED, 2, 0, 0},
      {STRATA_COMMIT_ABSORBED, 1, 0, 0});
  strata_log *later = NULL;
  OK(strata_file_log(other, 0, NULL, &later, &err));
  OK(strata_log_get(later, 2, &found, &err));
  assert_string_equal(found.id, second.id);
  strata_log_close(later);
  strata_log_close(log);
  OK(strata_file_compact(file, NULL, &err));
  LOG(other, 2, {STRATA_COMMIT_COMPACT, 5, 2, 0}, {STRATA_COMMIT_ABSORBED, 4, 0, 0});
  strata_file_close(other);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(newest_first), cmocka_unit_test(compactions_and_what_they_absorbed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
