/* Changes beside reads and beside other changes: through one handle, where calls wait for each other, and through
 * several, where a commit is all or nothing and the second writer is told. */
#include "threads.h"

enum { kChunk = 512, kChunks = 12, kElements = kChunk * kChunks, kBytes = kElements * 4, kReaders = 3 };

typedef struct stage {
  strata_context *context;
  const char *path;
  strata_file *file;
  strata_array *array;
  strata_cancel *cancel;
  int rounds;
  int over; /* the writer has ended */
  int started;
} stage;

static void fill(int32_t *values, int32_t value) {
  for (int i = 0; i < kElements; ++i) values[i] = value;
}

/* A file with an array whose elements are all 0; several chunks to a unit, a small cache. */
static stage make_stage(const char *path, int32_t codec) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 2;
  o.block_cache_bytes = 64 * 1024;
  stage s = {NULL, path, NULL, NULL, NULL, 0, 0, 0};
  OK(strata_context_create(&o, NULL, 0, &s.context, &err));
  s.file = create_with(s.context, path, codec);
  s.array = define(s.file, "a", STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk));
  int32_t *values = malloc(kBytes);
  fill(values, 0);
  write_all(s.array, values, kBytes);
  flush(s.file);
  free(values);
  return s;
}

static void close_stage(stage *s) {
  strata_array_close(s->array);
  strata_file_close(s->file);
  strata_context_close(s->context);
}

/* Workers 1 and up read while worker 0 writes. */
static void write_beside(stage *s, void (*run)(worker *)) {
  s->over = s->started = 0;
  run_workers(1 + kReaders, run, s);
}

/* Every element is the same number, and never a smaller one than before. */
static void read_one_state(worker *w, strata_array *array, int32_t *got, int32_t *last) {
  CALL(strata_array_read(array, 1, NULL, NULL, NULL, got, kBytes, NULL, &w->err));
  EXPECT(got[0] >= *last);
  for (int i = 1; i < kElements; ++i) EXPECT(got[i] == got[0]);
  *last = got[0];
}

static void write_states(worker *w, stage *s, int32_t *values) {
  wait_for(&s->started, kReaders);
  for (int32_t v = 1; v <= s->rounds; ++v) {
    fill(values, v);
    CALL(strata_array_write(s->array, 1, NULL, NULL, values, kBytes, NULL, &w->err));
    if (v % 3 == 0) CALL(strata_file_flush(s->file, NULL, &w->err));
    if (v % 10 == 0) CALL(strata_file_compact(s->file, NULL, &w->err));
  }
  CALL(strata_file_flush(s->file, NULL, &w->err));
}

static void write_or_read_through_one_handle(worker *w) {
  stage *s = w->shared;
  int32_t *values = malloc(kBytes), last = 0;
  if (w->number == 0) {
    write_states(w, s, values);
    set(&s->over, 1);
  } else {
    raise_by_one(&s->started);
    while (!seen(&s->over) && !w->failure[0]) read_one_state(w, s->array, values, &last);
  }
  free(values);
}

static void reads_beside_writes_flushes_and_compactions_see_one_state(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_ZSTD, STRATA_CODEC_LZ4, STRATA_CODEC_NONE};
  for (size_t i = 0; i < LENGTH(codecs); ++i) {
    stage s = make_stage(scratch(i == 0 ? "zstd.af" : i == 1 ? "lz4.af" : "none.af"), codecs[i]);
    s.rounds = 40;
    write_beside(&s, write_or_read_through_one_handle);
    assert_int_equal(read_i32(s.array, kElements - 1), 40);
    close_stage(&s);
  }
}

/* Worker 1 opens anew, worker 2 refreshes, worker 3 stays with what it opened first. */
static void write_or_read_through_own_handles(worker *w) {
  stage *s = w->shared;
  int32_t *values = malloc(kBytes), last = 0;
  strata_file *file = NULL;
  strata_array *array = NULL;
  int ready = 0;
  if (w->number == 0) {
    write_states(w, s, values);
    set(&s->over, 1);
    free(values);
    return;
  }
  for (int more = 1; more && !w->failure[0];) {
    more = !seen(&s->over);
    if (!file) {
      strata_status status = strata_file_open(s->context, s->path, STRATA_NUL, NULL, NULL, &file, &w->err);
      if (status == STRATA_OK) status = strata_file_array_open(file, "a", 1, &array, &w->err);
      if (status != STRATA_OK) NOTE("opening says %s: %s", strata_status_name(status), w->err.message);
    } else if (w->number == 2) {
      int moved = 0;
      strata_status status = strata_file_refresh(file, NULL, &moved, &w->err);
      if (status != STRATA_OK) NOTE("refresh says %s: %s", strata_status_name(status), w->err.message);
    }
    if (!w->failure[0]) read_one_state(w, array, values, &last);
    if (!ready++) raise_by_one(&s->started);
    if (w->number == 3 && last != 0) NOTE("a handle moved by itself to state %d", (int)last);
    if (w->number == 1) {
      strata_array_close(array);
      strata_file_close(file);
      array = NULL;
      file = NULL;
    }
  }
  if (w->number != 3 && !w->failure[0] && last != s->rounds)
    NOTE("worker %d saw %d as the last state", w->number, (int)last);
  strata_array_close(array);
  strata_file_close(file);
  free(values);
}

static void other_handles_see_committed_states_only(void **state) {
  (void)state;
  stage s = make_stage(scratch("handles.af"), STRATA_CODEC_ZSTD);
  s.rounds = 60;
  write_beside(&s, write_or_read_through_own_handles);
  close_stage(&s);
}

/* Each worker writes arrays and attributes of its own; flushes come from everybody. */
static void write_own_array(worker *w) {
  stage *s = w->shared;
  char name[16];
  snprintf(name, sizeof name, "own%d", w->number);
  strata_array *own = NULL;
  CALL(strata_file_define(s->file, name, STRATA_NUL, STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk), NULL,
                          STRATA_TYPE_NONE, NULL, 0, NULL, &own, &w->err));
  int32_t part[700];
  for (uint64_t at = 0; at < kElements; at += LENGTH(part)) {
    uint64_t count = kElements - at < LENGTH(part) ? kElements - at : LENGTH(part);
    for (uint64_t i = 0; i < count; ++i) part[i] = (int32_t)((at + i) * 10 + (uint64_t)w->number);
    CALL(strata_array_write(own, 1, &at, &count, part, count * sizeof *part, NULL, &w->err));
    CALL(strata_array_set_attribute(own, "at", 2, STRATA_UINT64, &at, sizeof at, &w->err));
    if (at % 2100 == 0) CALL(strata_file_flush(s->file, NULL, &w->err));
    uint64_t seen_at = 0;
    CALL(strata_array_get_attribute(own, "at", 2, NULL, &seen_at, sizeof seen_at, NULL, &w->err));
    EXPECT(seen_at == at);
  }
  if (w->number == 0) CALL(strata_file_compact(s->file, NULL, &w->err));
  CALL(strata_file_flush(s->file, NULL, &w->err));
  strata_array_close(own);
}

static void writers_of_one_handle_lose_nothing(void **state) {
  (void)state;
  enum { kWriters = 4 };
  stage s = make_stage(scratch("writers.af"), STRATA_CODEC_ZSTD);
  run_workers(kWriters, write_own_array, &s);
  assert_int_equal(pending_of(s.file).arrays, 0);
  strata_file *file = open_in(s.context, s.path);
  int32_t *got = malloc(kBytes);
  for (int n = 0; n < kWriters; ++n) {
    char name[16];
    snprintf(name, sizeof name, "own%d", n);
    strata_array *own = open_array(file, name);
    read_all(own, got, kBytes);
    for (int i = 0; i < kElements; ++i) assert_int_equal(got[i], i * 10 + n);
    uint64_t at = 0;
    OK(strata_array_get_attribute(own, "at", 2, NULL, &at, sizeof at, NULL, &err));
    assert_int_equal(at, (kElements - 1) / 700 * 700);
    strata_array_close(own);
  }
  free(got);
  strata_file_close(file);
  close_stage(&s);
}

enum { kCounts = 25 };

/* Takes the number, adds one, commits; who comes second is told, forgets, looks again and repeats. */
static void count_up(worker *w) {
  stage *s = w->shared;
  strata_file *file = NULL;
  strata_array *array = NULL;
  CALL(strata_file_open(w->number % 2 ? NULL : s->context, s->path, STRATA_NUL, NULL, NULL, &file, &w->err));
  CALL(strata_file_array_open(file, "a", 1, &array, &w->err));
  const uint64_t zero = 0, one = 1;
  for (int made = 0; made < kCounts;) {
    int32_t number = 0;
    CALL(strata_array_read(array, 1, &zero, &one, NULL, &number, sizeof number, NULL, &w->err));
    ++number;
    CALL(strata_array_write(array, 1, &zero, &one, &number, sizeof number, NULL, &w->err));
    strata_status status =
        made % 10 == 9 ? strata_file_compact(file, NULL, &w->err) : strata_file_flush(file, NULL, &w->err);
    strata_pending pending = STRATA_PENDING_INIT;
    CALL(strata_file_pending(file, &pending, &w->err));
    if (pending.arrays == 0) ++made; /* a compaction may be too late after its flush was not */
    if (status == STRATA_OK) {
      EXPECT(pending.arrays == 0);
      continue;
    }
    EXPECT(status == STRATA_E_CONFLICT);
    CALL(strata_file_discard(file, &w->err));
    CALL(strata_file_refresh(file, NULL, NULL, &w->err));
  }
  strata_array_close(array);
  strata_file_close(file);
}

static void writers_with_own_handles_count_without_loss(void **state) {
  (void)state;
  stage s = make_stage(scratch("counter.af"), STRATA_CODEC_NONE);
  run_workers(3, count_up, &s);
  strata_file *file = open_in(s.context, s.path);
  strata_array *array = open_array(file, "a");
  assert_int_equal(read_i32(array, 0), 3 * kCounts);
  strata_array_close(array);
  strata_file_close(file);
  close_stage(&s);
}

/* Worker 0 deletes and defines anew, the others hold on to what they opened. */
static void redefine_or_read(worker *w) {
  stage *s = w->shared;
  const uint64_t last = kElements - 1, one = 1;
  if (w->number == 0) {
    wait_for(&s->started, kReaders);
    for (int32_t i = 1; i <= 60; ++i) {
      strata_array *array = NULL;
      CALL(strata_file_delete(s->file, "a", 1, NULL, &w->err));
      if (i % 4 == 0) CALL(strata_file_discard(s->file, &w->err));
      if (i % 4 != 0)
        CALL(strata_file_define(s->file, "a", 1, STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk), NULL, STRATA_INT32, &i,
                                4, NULL, NULL, &w->err));
      CALL(strata_file_array_open(s->file, "a", 1, &array, &w->err));
      CALL(strata_array_write(array, 1, &last, &one, &i, sizeof i, NULL, &w->err));
      strata_array_close(array);
      if (i % 3 == 0) CALL(strata_file_flush(s->file, NULL, &w->err));
    }
    set(&s->over, 1);
    return;
  }
  raise_by_one(&s->started);
  int32_t *got = malloc(kBytes);
  while (!seen(&s->over) && !w->failure[0]) {
    strata_array *array = NULL;
    strata_status status = strata_file_array_open(s->file, "a", 1, &array, &w->err);
    for (int i = 0; status == STRATA_OK && i < 5; ++i) {
      status = strata_array_read(array, 1, NULL, NULL, NULL, got, kBytes, NULL, &w->err);
      for (int k = 1; status == STRATA_OK && k < kElements - 1; ++k)
        if (got[k] != got[0]) NOTE("element %d of another definition", k);
    }
    if (status != STRATA_OK && status != STRATA_E_STALE && status != STRATA_E_NOT_FOUND)
      NOTE("a reader is told %s: %s", strata_status_name(status), w->err.message);
    strata_array_close(array);
  }
  free(got);
}

static void arrays_that_go_beside_reads_are_stale(void **state) {
  (void)state;
  stage s = make_stage(scratch("stale.af"), STRATA_CODEC_ZSTD);
  write_beside(&s, redefine_or_read);
  close_stage(&s);
}

/* Worker 0 flushes and compacts with a token that worker 1 triggers whenever it likes. */
static void commit_or_trigger(worker *w) {
  stage *s = w->shared;
  if (w->number == 1) {
    uint64_t random = 3;
    while (!seen(&s->over)) {
      strata_progress p = STRATA_PROGRESS_INIT;
      CALL(strata_cancel_progress(s->cancel, &p, &w->err));
      for (uint64_t i = random_number(&random) % 2000; i > 0 && !seen(&s->over); --i) sched_yield();
      strata_cancel_trigger(s->cancel);
    }
    return;
  }
  int32_t *values = malloc(kBytes), *got = malloc(kBytes), last = 0;
  for (int32_t v = 1; v <= 100 && !w->failure[0]; ++v) {
    fill(values, v);
    strata_status status = strata_array_write(s->array, 1, NULL, NULL, values, kBytes, NULL, &w->err);
    if (status != STRATA_OK) NOTE("write says %s: %s", strata_status_name(status), w->err.message);
    strata_cancel_reset(s->cancel);
    status = v % 2 ? strata_file_flush(s->file, s->cancel, &w->err) : strata_file_compact(s->file, s->cancel, &w->err);
    if (status != STRATA_OK && status != STRATA_E_CANCELLED)
      NOTE("a commit says %s: %s", strata_status_name(status), w->err.message);
    if (!w->failure[0]) read_one_state(w, s->array, got, &last);
    if (last != v) NOTE("state %d after %s and not %d", (int)last, strata_status_name(status), (int)v);
  }
  set(&s->over, 1);
  free(values);
  free(got);
}

static void cancelled_commits_lose_nothing(void **state) {
  (void)state;
  stage s = make_stage(scratch("cancelled.af"), STRATA_CODEC_ZSTD);
  OK(strata_cancel_create(&s.cancel, &err));
  run_workers(2, commit_or_trigger, &s);
  flush(s.file);
  strata_file *file = open_in(s.context, s.path);
  strata_array *array = open_array(file, "a");
  for (uint64_t i = 0; i < kElements; i += 100) assert_int_equal(read_i32(array, i), 100);
  strata_array_close(array);
  strata_file_close(file);
  strata_cancel_close(s.cancel);
  close_stage(&s);
}

/* A write of many chunks that is stopped somewhere: the array is as before or as after, by what the call said. */
static void trigger_in_the_middle(worker *w) {
  stage *s = w->shared;
  uint64_t random = 9;
  while (!seen(&s->over)) {
    const uint64_t at = random_number(&random) % 7000;
    strata_progress p = STRATA_PROGRESS_INIT;
    do {
      CALL(strata_cancel_progress(s->cancel, &p, &w->err));
    } while (p.done < at && !seen(&s->over));
    strata_cancel_trigger(s->cancel);
    for (int i = 0; i < 10; ++i) sched_yield();
  }
}

static void a_write_that_is_stopped_changes_nothing(void **state) {
  (void)state;
  enum { kMany = 7000 };
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.pending_bytes = 64 * 1024; /* several rounds of what fits, some of them spilled */
  stage s = {NULL, scratch("stopped.af"), NULL, NULL, NULL, 0, 0, 0};
  OK(strata_context_create(&o, NULL, 0, &s.context, &err));
  s.file = create_with(s.context, s.path, STRATA_CODEC_ZSTD);
  s.array = define(s.file, "a", STRATA_INT32, 1, DIMS(kMany * 16), DIMS(16));
  OK(strata_cancel_create(&s.cancel, &err));
  int32_t *values = malloc(kMany * 64), *got = malloc(kMany * 64), state_now = 0;
  worker w;
  start_workers(&w, 1, trigger_in_the_middle, &s);
  int stopped = 0;
  for (int32_t v = 1; stopped < 20; ++v) {
    for (int i = 0; i < kMany * 16; ++i) values[i] = v;
    strata_cancel_reset(s.cancel);
    const strata_pending before = pending_of(s.file);
    /* Every other one begins and ends inside a chunk. */
    const uint64_t start = v % 2 ? 0 : 3, count = kMany * 16 - 2 * start;
    strata_status status = strata_array_write(s.array, 1, &start, &count, values, count * 4, s.cancel, &err);
    assert_true(status == STRATA_OK || status == STRATA_E_CANCELLED);
    const strata_pending after = pending_of(s.file);
    if (status == STRATA_OK) state_now = v;
    if (status != STRATA_OK) ++stopped;
    read_all(s.array, got, kMany * 64);
    if (status != STRATA_OK) assert_memory_equal(&before, &after, sizeof before);
    for (int i = 3; i < kMany * 16 - 3; ++i) assert_int_equal(got[i], state_now);
    if (v % 7 == 0) flush(s.file);
  }
  set(&s.over, 1);
  join_workers(&w, 1);
  free(values);
  free(got);
  strata_cancel_close(s.cancel);
  close_stage(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_beside_writes_flushes_and_compactions_see_one_state),
      cmocka_unit_test(other_handles_see_committed_states_only),
      cmocka_unit_test(writers_of_one_handle_lose_nothing),
      cmocka_unit_test(writers_with_own_handles_count_without_loss),
      cmocka_unit_test(arrays_that_go_beside_reads_are_stale),
      cmocka_unit_test(cancelled_commits_lose_nothing),
      cmocka_unit_test(a_write_that_is_stopped_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
