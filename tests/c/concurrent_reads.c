/* Many threads that read: through one handle, through several, with one context or with their own; and what other
 * threads may do meanwhile to a call: cancel it, poll it, close the handles it came from. */
#include "threads.h"

enum { kRows = 96, kColumns = 200, kElements = kRows * kColumns, kReaders = 4, kRounds = 60 };

static int32_t value_at(uint64_t row, uint64_t column) { return (int32_t)(row * 1000 + column); }

/* Text of 0 to 9 bytes. */
static size_t text_at(uint64_t i, char *out) {
  size_t n = i % 10;
  for (size_t k = 0; k < n; ++k) out[k] = (char)('a' + (i + k) % 26);
  return n;
}

typedef struct sample {
  const char *path;
  strata_context *context;
  strata_file *file;
  strata_array *grid, *text;
} sample;

/* A grid in small chunks, and text, in two layers. */
static sample make_sample(const char *path, strata_context *context, int32_t codec) {
  sample s = {path, context, NULL, NULL, NULL};
  s.file = create_with(context, path, codec);
  s.grid = define(s.file, "grid", STRATA_INT32, 2, DIMS(kRows, kColumns), DIMS(7, 31));
  s.text = define(s.file, "text", STRATA_STRING, 1, DIMS(1000), DIMS(64));
  int32_t *values = malloc(kElements * sizeof *values);
  for (uint64_t r = 0; r < kRows; ++r)
    for (uint64_t c = 0; c < kColumns; ++c) values[r * kColumns + c] = r < kRows / 2 ? -1 : value_at(r, c);
  write_all(s.grid, values, kElements * sizeof *values);
  int64_t offsets[1001];
  char bytes[10000];
  offsets[0] = 0;
  for (uint64_t i = 0; i < 1000; ++i) offsets[i + 1] = offsets[i] + (int64_t)text_at(i, bytes + offsets[i]);
  OK(strata_array_write_varlen(s.text, 1, NULL, NULL, offsets, 1001, bytes, (size_t)offsets[1000], NULL, &err));
  flush(s.file);
  for (uint64_t r = 0; r < kRows / 2; ++r)
    for (uint64_t c = 0; c < kColumns; ++c) values[r * kColumns + c] = value_at(r, c);
  OK(strata_array_write(s.grid, 2, DIMS(0, 0), DIMS(kRows / 2, kColumns), values, kElements / 2 * sizeof *values, NULL,
                        &err));
  int32_t number = 42;
  OK(strata_array_set_attribute(s.grid, "number", STRATA_NUL, STRATA_INT32, &number, sizeof number, &err));
  flush(s.file);
  free(values);
  return s;
}

static void close_sample(sample *s) {
  strata_array_close(s->grid);
  strata_array_close(s->text);
  strata_file_close(s->file);
  strata_context_close(s->context);
}

/* A cache so small that units come and go all the time. */
static strata_context *small_context(uint64_t cache_bytes) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 3;
  o.block_cache_bytes = cache_bytes;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  return context;
}

/* Reads regions anywhere and compares every element. */
static void read_grid(worker *w, strata_array *grid, int rounds) {
  uint64_t random = (uint64_t)w->number + 1;
  int32_t got[40 * 90];
  for (int i = 0; i < rounds; ++i) {
    const uint64_t count[2] = {1 + random_number(&random) % 40, 1 + random_number(&random) % 90};
    const uint64_t start[2] = {random_number(&random) % (kRows - count[0] + 1),
                               random_number(&random) % (kColumns - count[1] + 1)};
    size_t needed = 0;
    CALL(strata_array_read(grid, 2, start, count, NULL, got, sizeof got, &needed, &w->err));
    EXPECT(needed == count[0] * count[1] * sizeof *got);
    for (uint64_t r = 0; r < count[0]; ++r)
      for (uint64_t c = 0; c < count[1]; ++c) EXPECT(got[r * count[1] + c] == value_at(start[0] + r, start[1] + c));
  }
}

static void read_text(worker *w, strata_array *text) {
  uint64_t random = (uint64_t)w->number + 77;
  for (int i = 0; i < 10 && !w->failure[0]; ++i) {
    const uint64_t count = 1 + random_number(&random) % 500, start = random_number(&random) % (1000 - count + 1);
    strata_buffer *offsets = NULL, *values = NULL;
    CALL(strata_array_read_varlen(text, 1, &start, &count, NULL, &offsets, &values, &w->err));
    const int64_t *at = strata_buffer_data(offsets);
    const char *bytes = strata_buffer_data(values);
    char want[10];
    for (uint64_t k = 0; k < count; ++k) {
      size_t n = text_at(start + k, want);
      if (at[k + 1] - at[k] != (int64_t)n || (n && memcmp(bytes + at[k], want, n) != 0))
        NOTE("text %d is another", (int)(start + k));
    }
    strata_buffer_release(offsets);
    strata_buffer_release(values);
  }
}

static void read_through_the_shared_handle(worker *w) {
  const sample *s = w->shared;
  read_grid(w, s->grid, kRounds);
  if (!w->failure[0]) read_text(w, s->text);
}

static void many_readers_of_one_handle(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  for (size_t i = 0; i < LENGTH(codecs); ++i) {
    char name[32];
    snprintf(name, sizeof name, "one%d.af", (int)i);
    sample s = make_sample(scratch(name), small_context(i % 2 ? STRATA_NONE : 100 * 1024), codecs[i]);
    run_workers(kReaders, read_through_the_shared_handle, &s);
    close_sample(&s);
  }
}

/* Whoever comes first makes the tables that everybody needs: names, chunks, attributes, statistics. */
static void open_and_look(worker *w) {
  const sample *s = w->shared;
  for (int i = 0; i < 12; ++i) {
    strata_file *file = NULL;
    strata_array *grid = NULL, *text = NULL;
    /* The even ones share a context, the odd ones have one each. */
    CALL(strata_file_open(w->number % 2 ? NULL : s->context, s->path, STRATA_NUL, NULL, NULL, &file, &w->err));
    CALL(strata_file_array_open(file, "grid", STRATA_NUL, &grid, &w->err));
    CALL(strata_file_array_open(file, "text", STRATA_NUL, &text, &w->err));
    strata_file_close(file); /* the arrays keep it */
    read_grid(w, grid, 3);
    if (!w->failure[0]) read_text(w, text);
    strata_array_close(grid);
    strata_array_close(text);
    if (w->failure[0]) return;
  }
}

static void many_readers_with_handles_of_their_own(void **state) {
  (void)state;
  sample s = make_sample(scratch("own.af"), small_context(200 * 1024), STRATA_CODEC_ZSTD);
  run_workers(kReaders, open_and_look, &s);
  close_sample(&s);
}

static void ask_for_everything(worker *w) {
  strata_file *file = w->shared;
  strata_array *grid = NULL;
  CALL(strata_file_array_open(file, "grid", STRATA_NUL, &grid, &w->err));
  int32_t number = 0, type = 0;
  size_t needed;
  CALL(strata_array_get_attribute(grid, "number", STRATA_NUL, &type, &number, sizeof number, &needed, &w->err));
  EXPECT(number == 42);
  strata_statistics statistics = STRATA_STATISTICS_INIT;
  CALL(strata_array_statistics(grid, NULL, &statistics, &w->err));
  EXPECT(statistics.row_count == kElements && statistics.max.i == value_at(kRows - 1, kColumns - 1));
  strata_cursor *cursor = NULL;
  CALL(strata_file_list(file, NULL, 0, &cursor, &w->err));
  EXPECT(strata_cursor_remaining(cursor) == 2);
  strata_cursor_close(cursor);
  CALL(strata_array_list_attributes(grid, NULL, 0, &cursor, &w->err));
  EXPECT(strata_cursor_remaining(cursor) == 1);
  strata_cursor_close(cursor);
  int exists = 0;
  CALL(strata_file_exists(file, "text", STRATA_NUL, &exists, &w->err));
  EXPECT(exists == 1);
  uint64_t layers = 0;
  CALL(strata_file_layer_count(file, &layers, &w->err));
  EXPECT(layers == 3);
  strata_pending pending = STRATA_PENDING_INIT;
  CALL(strata_file_pending(file, &pending, &w->err));
  EXPECT(pending.arrays == 0);
  read_grid(w, grid, 2);
  strata_array_close(grid);
}

static void what_is_made_on_first_use_is_made_once(void **state) {
  (void)state;
  sample s = make_sample(scratch("first.af"), small_context(0), STRATA_CODEC_ZSTD);
  for (int round = 0; round < 20; ++round) {
    strata_file *file = open_in(s.context, s.path);
    run_workers(kReaders, ask_for_everything, file);
    strata_file_close(file);
  }
  close_sample(&s);
}

static void read_many_regions(worker *w) {
  const sample *s = w->shared;
  enum { kMany = 50 };
  static const uint64_t kShape[2] = {5, 9};
  uint64_t starts[2 * kMany], counts[2 * kMany], random = (uint64_t)w->number + 5;
  int32_t got[kMany][5][9];
  strata_status statuses[kMany];
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < kMany; ++i) {
      starts[2 * i] = random_number(&random) % (kRows - 4);
      starts[2 * i + 1] = random_number(&random) % (kColumns - 8);
      memcpy(counts + 2 * i, kShape, sizeof kShape);
    }
    starts[0] = kRows; /* outside: its own failure, and nobody else's */
    CALL(strata_array_read_many(s->grid, kMany, 2, starts, counts, NULL, got, sizeof got, NULL, NULL, statuses,
                                &w->err));
    EXPECT(statuses[0] == STRATA_E_RANGE);
    for (int i = 1; i < kMany; ++i) {
      EXPECT(statuses[i] == STRATA_OK);
      for (uint64_t r = 0; r < 5; ++r)
        for (uint64_t c = 0; c < 9; ++c) EXPECT(got[i][r][c] == value_at(starts[2 * i] + r, starts[2 * i + 1] + c));
    }
    int32_t turned[kColumns][kRows]; /* columns first */
    const int64_t strides[2] = {sizeof turned[0][0], sizeof turned[0]};
    CALL(strata_array_read_strided(s->grid, 2, NULL, NULL, strides, NULL, turned, sizeof turned, &w->err));
    for (uint64_t r = 0; r < kRows; ++r)
      for (uint64_t c = 0; c < kColumns; ++c) EXPECT(turned[c][r] == value_at(r, c));
  }
}

static void many_regions_and_strides_side_by_side(void **state) {
  (void)state;
  sample s = make_sample(scratch("many.af"), small_context(0), STRATA_CODEC_ZSTD);
  run_workers(kReaders, read_many_regions, &s);
  close_sample(&s);
}

/* Handles that go while others that came from them are in use. */
typedef struct leaving {
  strata_array *arrays[kReaders];
  int started;
} leaving;

static void read_own_array(worker *w) {
  leaving *l = w->shared;
  raise_by_one(&l->started);
  read_grid(w, l->arrays[w->number], kRounds);
  strata_array_close(l->arrays[w->number]); /* the last of them takes file and context along */
}

static void parents_may_be_closed_while_children_read(void **state) {
  (void)state;
  for (int round = 0; round < 10; ++round) {
    sample s = make_sample(scratch("leaving.af"), small_context(0), STRATA_CODEC_ZSTD);
    leaving l = {{NULL}, 0};
    for (int i = 0; i < kReaders; ++i) l.arrays[i] = open_array(s.file, "grid");
    worker workers[kReaders];
    start_workers(workers, kReaders, read_own_array, &l);
    wait_for(&l.started, round % (kReaders + 1));
    close_sample(&s);
    join_workers(workers, kReaders);
    assert_int_equal(unlink(scratch("leaving.af")), 0);
    assert_int_equal(unlink(scratch("leaving.1.af")), 0);
    assert_int_equal(unlink(scratch("leaving.2.af")), 0);
  }
}

/* A call that reads again and again, and what is done to its token. */
typedef struct stoppable {
  strata_array *grid;
  strata_cancel *cancels[kReaders];
  int done[kReaders]; /* calls that came back */
  strata_status last[kReaders];
} stoppable;

static void read_until_stopped(worker *w) {
  stoppable *s = w->shared;
  int32_t *got = malloc(kElements * sizeof *got);
  for (;;) {
    strata_error_init(&w->err);
    strata_status status =
        strata_array_read(s->grid, 2, NULL, NULL, s->cancels[w->number], got, kElements * sizeof *got, NULL, &w->err);
    if (status != STRATA_OK) {
      s->last[w->number] = status;
      break;
    }
    for (uint64_t i = 0; i < kElements; ++i)
      if (got[i] != value_at(i / kColumns, i % kColumns)) NOTE("element %d is another", (int)i);
    raise_by_one(&s->done[w->number]);
  }
  free(got);
  set(&s->done[w->number], 1 << 30); /* nobody waits for one that has ended */
}

static void another_thread_stops_calls_by_token_and_deadline(void **state) {
  (void)state;
  sample s = make_sample(scratch("stopped.af"), small_context(STRATA_NONE), STRATA_CODEC_ZSTD);
  for (int round = 0; round < 5; ++round) {
    stoppable shared = {s.grid, {NULL}, {0}, {0}};
    worker workers[kReaders];
    for (int i = 0; i < kReaders; ++i) OK(strata_cancel_create(&shared.cancels[i], &err));
    start_workers(workers, kReaders, read_until_stopped, &shared);
    for (int i = 0; i < kReaders; ++i) {
      wait_for(&shared.done[i], 1);
      if (i % 2) {
        strata_cancel_set_deadline(shared.cancels[i], 0);
      } else {
        strata_cancel_trigger(shared.cancels[i]);
      }
      /* One's token is nothing to the others. */
      for (int k = i + 1; k < kReaders; ++k) wait_for(&shared.done[k], seen(&shared.done[k]) + 1);
    }
    join_workers(workers, kReaders);
    for (int i = 0; i < kReaders; ++i) {
      assert_int_equal(shared.last[i], i % 2 ? STRATA_E_DEADLINE : STRATA_E_CANCELLED);
      strata_cancel_close(shared.cancels[i]);
    }
  }
  close_sample(&s);
}

static void progress_can_be_polled_while_a_call_runs(void **state) {
  (void)state;
  sample s = make_sample(scratch("polled.af"), small_context(0), STRATA_CODEC_ZSTD);
  stoppable shared = {s.grid, {NULL}, {0}, {0}};
  worker w;
  OK(strata_cancel_create(&shared.cancels[0], &err));
  start_workers(&w, 1, read_until_stopped, &shared);
  const uint64_t chunks = (kRows + 6) / 7 * ((kColumns + 30) / 31);
  while (seen(&shared.done[0]) < 30) {
    strata_progress p = STRATA_PROGRESS_INIT;
    OK(strata_cancel_progress(shared.cancels[0], &p, &err));
    assert_true(p.done <= chunks);
    assert_true(p.total == 0 || p.total == chunks);
    assert_true(p.bytes <= kElements * sizeof(int32_t));
  }
  strata_cancel_trigger(shared.cancels[0]);
  join_workers(&w, 1);
  strata_cancel_close(shared.cancels[0]);
  close_sample(&s);
}

/* Counters add up, however many counted at once. */
static void counters_of_side_by_side_reads_add_up(void **state) {
  (void)state;
  sample s = make_sample(scratch("counted.af"), small_context(0), STRATA_CODEC_ZSTD);
  run_workers(kReaders, read_through_the_shared_handle, &s);
  strata_counters c = counters_of(s.context);
  assert_true(c.block_bytes <= c.block_capacity);
  assert_true(c.block_misses <= c.units_decoded); /* units wanted whole are decoded past the cache */
  assert_true(c.block_hits > c.block_misses);
  assert_true(c.lookup_steps >= c.chunk_lookups);
  close_sample(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(many_readers_of_one_handle),
      cmocka_unit_test(many_readers_with_handles_of_their_own),
      cmocka_unit_test(what_is_made_on_first_use_is_made_once),
      cmocka_unit_test(many_regions_and_strides_side_by_side),
      cmocka_unit_test(parents_may_be_closed_while_children_read),
      cmocka_unit_test(another_thread_stops_calls_by_token_and_deadline),
      cmocka_unit_test(progress_can_be_polled_while_a_call_runs),
      cmocka_unit_test(counters_of_side_by_side_reads_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
