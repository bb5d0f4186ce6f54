/* A token that another thread triggers while a call works: how much is still done then, and what the call leaves. */
#include "stopped_calls.h"

static strata_status read_it(void) {
  return strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.got, kElements * sizeof(int32_t), NULL, &err);
}
static strata_status write_it(void) {
  return strata_array_write(s.array, 1, NULL, NULL, s.new_values, kElements * sizeof(int32_t), s.cancel, &err);
}
static strata_status flush_it(void) { return strata_file_flush(s.file, s.cancel, &err); }
static strata_status compact_it(void) { return strata_file_compact(s.file, s.cancel, &err); }

/* All that the array holds, seen through this handle or through a new one. */
static void assert_values(strata_array *array, const int32_t *wanted) {
  read_all(array, s.got, kElements * sizeof(int32_t));
  assert_memory_equal(s.got, wanted, kElements * sizeof(int32_t));
}
static void assert_stored(const int32_t *wanted) {
  strata_file *other = open_file(s.path);
  strata_array *array = open_array(other, "a");
  assert_values(array, wanted);
  strata_array_close(array);
  strata_file_close(other);
}

static void a_read_stops_after_a_frame_of_each_thread(void **state) {
  (void)state;
  const int32_t codecs[] = {STRATA_CODEC_ZSTD, STRATA_CODEC_NONE};
  for (size_t i = 0; i < LENGTH(codecs); ++i) {
    make_sample(i ? "read_plain.af" : "read.af", codecs[i]);
    int stopped = 0;
    for (int try = 0; try < kTries; ++try) {
      trigger t;
      const strata_status status = stopped_in("read", read_it, try, &t);
      assert_true(status == STRATA_OK || status == STRATA_E_CANCELLED);
      stopped += status == STRATA_E_CANCELLED;
      const strata_counters c = counters_of(s.context);
      if (status == STRATA_OK) continue;
      assert_in_range(c.units_decoded - t.counters.units_decoded, 0, kThreads);
      assert_in_range(c.reads - t.counters.reads, 0, kThreads);
    }
    assert_true(stopped > 0);
    assert_values(s.array, s.old_values);
    drop_sample();
  }
}

static void a_stopped_write_is_taken_back(void **state) {
  (void)state;
  make_sample("write.af", STRATA_CODEC_ZSTD);
  int stopped = 0;
  for (int try = 0; try < kTries; ++try) {
    trigger t;
    const strata_status status = stopped_in("write", write_it, try, &t);
    if (status == STRATA_OK) {
      OK(strata_file_discard(s.file, &err));
      continue;
    }
    assert_int_equal(status, STRATA_E_CANCELLED);
    ++stopped;
    const strata_pending p = pending_of(s.file);
    assert_int_equal(p.arrays + p.chunks + p.bytes, 0);
    if (try % 8 == 0) assert_values(s.array, s.old_values);
  }
  assert_true(stopped > 0);
  assert_values(s.array, s.old_values);
  OK(write_it());
  assert_values(s.array, s.new_values);
  drop_sample();
}

static void a_stopped_flush_publishes_nothing(void **state) {
  (void)state;
  make_sample("flush.af", STRATA_CODEC_ZSTD);
  OK(write_it());
  const strata_pending before = pending_of(s.file);
  int stopped = 0, done = 0;
  for (int try = 0; try < kTries && !done; ++try) {
    trigger t;
    const strata_status status = stopped_in("flush", flush_it, 3 * try, &t);
    if (status == STRATA_OK) {
      done = 1;
      continue;
    }
    assert_int_equal(status, STRATA_E_CANCELLED);
    ++stopped;
    const strata_pending after = pending_of(s.file);
    assert_memory_equal(&before, &after, sizeof before);
    assert_values(s.array, s.new_values);
    assert_stored(s.old_values);
  }
  assert_true(stopped > 0);
  if (!done) flush(s.file);
  assert_stored(s.new_values);
  drop_sample();
}

static void a_stopped_compaction_changes_no_value(void **state) {
  (void)state;
  make_sample("compact.af", STRATA_CODEC_ZSTD);
  /* Every second element of every second chunk: the chunks have to be put together anew. */
  for (uint64_t k = 0; k < kChunks; k += 2)
    OK(strata_array_write(s.array, 1, DIMS(k * kChunk), DIMS(kChunk / 2), s.new_values + k * kChunk, kChunk / 2 * 4,
                          NULL, &err));
  for (int k = 0; k < kChunks; k += 2)
    memcpy(s.old_values + k * kChunk, s.new_values + k * kChunk, kChunk / 2 * sizeof(int32_t));
  flush(s.file);
  assert_int_equal(layer_count(s.file), 3);
  int stopped = 0, done = 0;
  for (int try = 0; try < kTries && !done; ++try) {
    trigger t;
    const strata_status status = stopped_in("compact", compact_it, 3 * try, &t);
    if (status == STRATA_OK) {
      done = 1;
      continue;
    }
    assert_int_equal(status, STRATA_E_CANCELLED);
    ++stopped;
    assert_stored(s.old_values);
    assert_values(s.array, s.old_values);
  }
  assert_true(stopped > 0);
  if (!done) compact(s.file);
  assert_int_equal(layer_count(s.file), 1);
  assert_stored(s.old_values);
  drop_sample();
}

/* ---- stores ---- */

enum { kDatasets = 64, kEach = 1 << 14 };
static strata_store *store;
static int32_t *rows;

static strata_status stack_it(void) {
  return strata_store_read_stacked(store, "a", 1, NULL, 0, 0, NULL, NULL, s.cancel, rows, kDatasets * kEach * 4, NULL,
                                   NULL, &err);
}
static strata_status across_it(void) {
  strata_across *across = (void *)rows;
  const strata_status status = strata_store_read_across(store, "a", 1, NULL, 0, 0, NULL, NULL, s.cancel, &across, &err);
  if (status != STRATA_OK) assert_null(across);
  strata_across_close(across);
  return status;
}
static strata_status flush_store_it(void) { return strata_store_flush(store, s.cancel, &err); }
static strata_status compact_store_it(void) { return strata_store_compact(store, s.cancel, &err); }

static void assert_rows(strata_store *of, int32_t first) {
  OK(strata_store_read_stacked(of, "a", 1, NULL, 0, 0, NULL, NULL, NULL, rows, kDatasets * kEach * 4, NULL, NULL,
                               &err));
  for (int i = 0; i < kDatasets * kEach; ++i)
    if (rows[i] != first + i) fail_msg("element %d is %d", i, rows[i]);
}

static void put_rows(int32_t first) {
  for (int i = 0; i < kDatasets; ++i) {
    char name[16];
    snprintf(name, sizeof name, "d%03d", i);
    strata_array *a = array_of(store, name, "a");
    for (int k = 0; k < kEach; ++k) rows[k] = first + i * kEach + k;
    write_all(a, rows, kEach * sizeof *rows);
    strata_array_close(a);
  }
}

static void stopped_calls_on_stores(void **state) {
  (void)state;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = kThreads;
  o.block_cache_bytes = STRATA_NONE;
  OK(strata_context_create(&o, NULL, 0, &s.context, &err));
  OK(strata_cancel_create(&s.cancel, &err));
  const char *const path = scratch("store");
  store = create_store_with(s.context, path, STRATA_META_JSON, STRATA_CODEC_NONE);
  rows = malloc(kDatasets * kEach * sizeof *rows);
  for (int i = 0; i < kDatasets; ++i) {
    char name[16];
    snprintf(name, sizeof name, "d%03d", i);
    strata_dataset *d = create_dataset(store, name);
    strata_array_close(define_in(d, "a", STRATA_INT32, 1, DIMS(kEach)));
    strata_dataset_close(d);
  }
  put_rows(0);
  flush_store(store);
  int stopped = 0;
  for (int try = 0; try < kTries; ++try) {
    trigger t;
    call *const reads[] = {stack_it, across_it};
    for (size_t i = 0; i < LENGTH(reads); ++i) {
      const strata_status status = stopped_in(i ? "read across" : "read stacked", reads[i], try, &t);
      assert_true(status == STRATA_OK || status == STRATA_E_CANCELLED);
      stopped += status == STRATA_E_CANCELLED;
      if (status == STRATA_E_CANCELLED) {
        const strata_counters c = counters_of(s.context);
        assert_in_range(c.units_decoded - t.counters.units_decoded, 0, kThreads);
        assert_in_range(c.reads - t.counters.reads, 0, kThreads);
      }
    }
  }
  assert_true(stopped > 0);
  assert_rows(store, 0);

  call *const commits[] = {flush_store_it, compact_store_it};
  for (size_t i = 0; i < LENGTH(commits); ++i) {
    put_rows(1000 * (int32_t)(i + 1));
    int done = 0;
    stopped = 0;
    for (int try = 0; try < kTries && !done; ++try) {
      trigger t;
      const strata_status status = stopped_in(i ? "compact store" : "flush store", commits[i], 2 * try, &t);
      done = status == STRATA_OK;
      stopped += status == STRATA_E_CANCELLED;
      assert_true(done || status == STRATA_E_CANCELLED);
      assert_rows(store, 1000 * (int32_t)(i + 1));
    }
    assert_true(stopped > 0);
    if (!done) flush_store(store);
    strata_store *other = open_store(path);
    assert_rows(other, 1000 * (int32_t)(i + 1));
    strata_store_close(other);
  }
  free(rows);
  strata_store_close(store);
  strata_cancel_close(s.cancel);
  strata_context_close(s.context);
}

/* Progress only ever grows, to a total that stays. */
static int polling_ends;
static void poll(worker *w) {
  strata_progress before = STRATA_PROGRESS_INIT, p = STRATA_PROGRESS_INIT;
  while (!seen(&polling_ends)) {
    CALL(strata_cancel_progress(s.cancel, &p, &w->err));
    EXPECT(p.done >= before.done && p.bytes >= before.bytes && p.total >= before.total);
    EXPECT(p.total == 0 || p.done <= p.total);
    before = p;
  }
}

static void progress_is_polled(void **state) {
  (void)state;
  make_sample("progress.af", STRATA_CODEC_ZSTD);
  worker w;
  polling_ends = 0;
  start_workers(&w, 1, poll, NULL);
  OK(read_it());
  set(&polling_ends, 1);
  join_workers(&w, 1);
  strata_progress p = STRATA_PROGRESS_INIT;
  OK(strata_cancel_progress(s.cancel, &p, &err));
  assert_int_equal(p.done, kChunks);
  assert_int_equal(p.total, kChunks);
  assert_int_equal(p.bytes, kElements * sizeof(int32_t));
  drop_sample();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_read_stops_after_a_frame_of_each_thread),
      cmocka_unit_test(a_stopped_write_is_taken_back),
      cmocka_unit_test(a_stopped_flush_publishes_nothing),
      cmocka_unit_test(a_stopped_compaction_changes_no_value),
      cmocka_unit_test(stopped_calls_on_stores),
      cmocka_unit_test(progress_is_polled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
