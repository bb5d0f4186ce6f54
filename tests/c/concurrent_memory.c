/* memory_bytes: many threads of the host in one context, with a limit from far too small to ample. Everything goes on, data is right, and
 * what is counted stays below the limit. */
#include "threads.h"

enum { kCallers = 6, kRows = 40, kColumns = 3000, kElements = kRows * kColumns, kTexts = 600 };

typedef struct {
  strata_context *context;
  int32_t codec;
  uint64_t chunk[2];
  char names[kCallers][1300];
} sample;

static int32_t value_at(int caller, uint64_t row, uint64_t column) { return (int32_t)(caller * 1000003 + (int)(row * 5003 + column % 97)); }

/* Text of 0 to 3999 bytes. */
static size_t text_at(uint64_t i, char *out) {
  const size_t n = i % 5 == 0 ? i % 4000 : i % 50;
  memset(out, (int)('a' + i % 26), n);
  return n;
}

static strata_context *context_of(uint64_t memory_bytes) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 3;
  o.memory_bytes = memory_bytes;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  return context;
}

/* Every kind of call that takes memory, in a file of this caller's own. */
static void work(worker *w) {
  const sample *s = w->shared;
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  strata_file *file;
  strata_array *grid, *text;
  options.codec = s->codec;
  int32_t *values = malloc(kElements * sizeof *values), *got = malloc(kElements * sizeof *got);
  char *bytes = malloc(kTexts * 4000);
  int64_t offsets[kTexts + 1] = {0};
  for (uint64_t i = 0; i < kTexts; ++i) offsets[i + 1] = offsets[i] + (int64_t)text_at(i, bytes + offsets[i]);
  CALL(strata_file_create(s->context, s->names[w->number], STRATA_NUL, &options, NULL, &file, &w->err));
  CALL(strata_file_define(file, "grid", STRATA_NUL, STRATA_INT32, 2, DIMS(kRows / 2, kColumns), s->chunk, NULL, STRATA_TYPE_NONE, NULL, 0,
                          NULL, &grid, &w->err));
  CALL(strata_file_define(file, "text", STRATA_NUL, STRATA_STRING, 1, DIMS(kTexts), DIMS(64), NULL, STRATA_TYPE_NONE, NULL, 0, NULL, &text,
                          &w->err));
  for (uint64_t r = 0; r < kRows; ++r)
    for (uint64_t c = 0; c < kColumns; ++c) values[r * kColumns + c] = value_at(w->number, r, c);
  CALL(strata_array_write(grid, 2, DIMS(0, 0), DIMS(kRows / 2, kColumns), values, kElements / 2 * sizeof *values, NULL, &w->err));
  CALL(strata_array_write_varlen(text, 1, NULL, NULL, offsets, kTexts + 1, bytes, (size_t)offsets[kTexts], NULL, &w->err));
  CALL(strata_file_flush(file, NULL, &w->err));
  CALL(strata_array_resize(grid, 2, DIMS(kRows, kColumns), NULL, &w->err));
  /* Parts of chunks, of some of them twice. */
  for (uint64_t row = kRows / 2 - 3; row < kRows; row += 4) {
    const uint64_t n = row + 5 < kRows ? 5 : kRows - row;
    CALL(strata_array_write(grid, 2, DIMS(row, 0), DIMS(n, kColumns), values + row * kColumns, n * kColumns * sizeof *values, NULL, &w->err));
  }
  for (uint64_t i = 10; i < kTexts; i += 100)
    CALL(strata_array_write_varlen(text, 1, DIMS(i), DIMS(1), (const int64_t[]){0, offsets[i + 1] - offsets[i]}, 2, bytes + offsets[i],
                                   (size_t)(offsets[i + 1] - offsets[i]), NULL, &w->err));
  for (int round = 0; round < 3; ++round) { /* pending, flushed, compacted */
    for (int twice = 0; twice < 2; ++twice) {
      memset(got, 0, kElements * sizeof *got);
      CALL(strata_array_read(grid, 2, NULL, NULL, NULL, got, kElements * sizeof *got, NULL, &w->err));
      EXPECT(memcmp(got, values, kElements * sizeof *got) == 0);
      for (uint64_t c = 0; c < kColumns; c += 700) {
        CALL(strata_array_read(grid, 2, DIMS(0, c), DIMS(kRows, 1), NULL, got, kRows * sizeof *got, NULL, &w->err));
        for (uint64_t r = 0; r < kRows; ++r) EXPECT(got[r] == value_at(w->number, r, c));
      }
      strata_buffer *seen_offsets, *seen_bytes;
      CALL(strata_array_read_varlen(text, 1, NULL, NULL, NULL, &seen_offsets, &seen_bytes, &w->err));
      EXPECT(strata_buffer_size(seen_offsets) == sizeof offsets);
      EXPECT(memcmp(strata_buffer_data(seen_offsets), offsets, sizeof offsets) == 0);
      EXPECT(strata_buffer_size(seen_bytes) == (size_t)offsets[kTexts]);
      EXPECT(memcmp(strata_buffer_data(seen_bytes), bytes, (size_t)offsets[kTexts]) == 0);
      strata_buffer_release(seen_offsets);
      strata_buffer_release(seen_bytes);
    }
    if (round == 0) CALL(strata_file_flush(file, NULL, &w->err));
    if (round == 1) CALL(strata_file_compact(file, NULL, &w->err));
  }
  strata_array_close(grid);
  strata_array_close(text);
  strata_file_close(file);
  free(values);
  free(got);
  free(bytes);
}

static void run_callers(uint64_t memory_bytes, int32_t codec, uint64_t rows, uint64_t columns, strata_counters *counters) {
  static int round;
  sample s = {context_of(memory_bytes), codec, {rows, columns}, {{0}}};
  for (int i = 0; i < kCallers; ++i) {
    char name[40];
    snprintf(name, sizeof name, "%d-%d.af", round, i);
    snprintf(s.names[i], sizeof s.names[i], "%s", scratch(name));
  }
  ++round;
  run_workers(kCallers, work, &s);
  *counters = counters_of(s.context);
  strata_context_close(s.context);
}

static void a_budget_far_too_small_gives_the_right_data(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  for (size_t i = 0; i < LENGTH(codecs); ++i) {
    strata_counters c;
    run_callers(1, codecs[i], 7, 500, &c);
    assert_int_equal(c.memory_limit, 1);
    assert_int_equal(c.work_bytes, 0);
    assert_int_equal(c.block_bytes + c.raw_bytes + c.pending_bytes, 0);
    run_callers(100000, codecs[i], kRows, kColumns, &c); /* one chunk, of 480,000 bytes */
    assert_int_equal(c.work_bytes, 0);
  }
}

static void what_fits_stays_below_the_limit(void **state) {
  (void)state;
  strata_counters c;
  run_callers(1 << 20, STRATA_CODEC_ZSTD, 7, 500, &c);
  assert_int_equal(c.memory_limit, 1 << 20);
  assert_true(c.work_peak > 0 && c.work_peak <= c.memory_limit);
  assert_true(c.memory_bytes <= c.memory_limit);
  assert_int_equal(c.work_bytes, 0);
}

static void nobody_waits_where_there_is_room(void **state) {
  (void)state;
  strata_counters c;
  run_callers(0, STRATA_CODEC_LZ4, 7, 500, &c);
  assert_int_equal(c.work_waits, 0);
  assert_true(c.work_peak > 0 && c.memory_bytes <= c.memory_limit);
}

/* A call that waits for room, which others take all the time, ends when it is told to. */
typedef struct {
  strata_array *array;
  int stop;
} shared_array;

static void read_on(worker *w) {
  shared_array *s = w->shared;
  int32_t *got = malloc(kElements * sizeof *got);
  while (!seen(&s->stop)) CALL(strata_array_read(s->array, 2, NULL, NULL, NULL, got, kElements * sizeof *got, NULL, &w->err));
  free(got);
}

static void one_who_waits_can_be_cancelled(void **state) {
  (void)state;
  strata_context *context = context_of(1);
  strata_file *file = create_with(context, scratch("cancelled.af"), STRATA_CODEC_ZSTD);
  int32_t *values = calloc(kElements, sizeof *values);
  shared_array s = {define(file, "a", STRATA_INT32, 2, DIMS(kRows, kColumns), DIMS(1, kColumns - 1)), 0};
  write_all(s.array, values, kElements * sizeof *values);
  flush(file);
  worker workers[kCallers];
  start_workers(workers, kCallers, read_on, &s);
  int stopped = 0;
  for (int i = 0; i < 50 || ((!stopped || !counters_of(context).work_waits) && i < 100000); ++i) { /* when others take it is chance */
    strata_cancel *cancel = NULL;
    OK(strata_cancel_create(&cancel, &err));
    strata_cancel_set_deadline(cancel, i % 3);
    const strata_status status = strata_array_read(s.array, 2, NULL, NULL, cancel, values, kElements * sizeof *values, NULL, &err);
    assert_true(status == STRATA_OK || status == STRATA_E_DEADLINE);
    stopped += status == STRATA_E_DEADLINE;
    strata_cancel_close(cancel);
  }
  set(&s.stop, 1);
  join_workers(workers, kCallers);
  strata_counters c = counters_of(context);
  assert_true(c.work_waits > 0);
  assert_int_equal(c.work_bytes, 0);
  free(values);
  strata_array_close(s.array);
  strata_file_close(file);
  strata_context_close(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_budget_far_too_small_gives_the_right_data),
      cmocka_unit_test(what_fits_stays_below_the_limit),
      cmocka_unit_test(nobody_waits_where_there_is_room),
      cmocka_unit_test(one_who_waits_can_be_cancelled),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
