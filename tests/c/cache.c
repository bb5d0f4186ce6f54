/* The caches of a context: within their budgets, counted, shared by its files, and never an answer from what a file
 * was. */
#include "threads.h"

enum { kChunk = 16384, kChunks = 64, kElements = kChunk * kChunks, kUnit = kChunk * 4 };

static strata_context *make_context(uint64_t block_cache_bytes) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.block_cache_bytes = block_cache_bytes;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  return context;
}

/* Chunks of 64 KiB, each a unit of its own: element i is i + add. */
static void make_sample(const char *path, int32_t codec, int32_t add) {
  strata_file *file = create_with(NULL, path, codec);
  strata_array *array = define(file, "a", STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk));
  int32_t *values = malloc(kElements * sizeof *values);
  for (int i = 0; i < kElements; ++i) values[i] = i + add;
  write_all(array, values, kElements * sizeof *values);
  flush(file);
  free(values);
  strata_array_close(array);
  strata_file_close(file);
}

/* An element from the middle of a chunk: a part of a unit, so it comes through the cache. */
static uint64_t inside(uint64_t chunk) { return chunk * kChunk + 100 + chunk; }

typedef struct sample {
  strata_context *context;
  strata_file *file;
  strata_array *array;
} sample;

static sample open_sample(strata_context *context, const char *path) {
  sample s = {context, open_in(context, path), NULL};
  s.array = open_array(s.file, "a");
  return s;
}

static void close_sample(sample *s) {
  strata_array_close(s->array);
  strata_file_close(s->file);
}

static void read_parts(const sample *s, uint64_t chunks, int32_t add) {
  for (uint64_t c = 0; c < chunks; ++c) assert_int_equal(read_i32(s->array, inside(c)), (int32_t)inside(c) + add);
}

static void hits_and_misses_are_counted(void **state) {
  (void)state;
  make_sample(scratch("counted.af"), STRATA_CODEC_ZSTD, 0);
  strata_context *context = make_context(0);
  sample s = open_sample(context, scratch("counted.af"));
  strata_counters before = counters_of(context);
  assert_int_equal(before.block_hits + before.block_misses + before.block_bytes, 0);
  read_parts(&s, 10, 0);
  strata_counters c = counters_of(context);
  assert_int_equal(c.block_misses, 10);
  assert_int_equal(c.block_hits, 0);
  assert_int_equal(c.units_decoded, 10);
  assert_int_equal(c.decoded_bytes, 10 * kUnit);
  assert_true(c.block_bytes >= 10 * kUnit);
  read_parts(&s, 10, 0);
  strata_counters again = counters_of(context);
  assert_int_equal(again.block_hits, 10);
  assert_int_equal(again.block_misses, 10);
  assert_int_equal(again.units_decoded, 10);
  assert_int_equal(again.reads, c.reads); /* nothing was read from storage */
  assert_int_equal(again.block_bytes, c.block_bytes);
  assert_int_equal(again.block_evictions, 0);
  close_sample(&s);
  strata_context_close(context);
}

static void the_budget_is_never_exceeded(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  static const uint64_t budgets[] = {1, kUnit, 5 * kUnit, 20 * kUnit + 777};
  for (size_t i = 0; i < LENGTH(codecs); ++i) {
    const char *path = scratch(i ? "zstd.af" : "lz4.af");
    make_sample(path, codecs[i], 0);
    for (size_t b = 0; b < LENGTH(budgets); ++b) {
      strata_context *context = make_context(budgets[b]);
      sample s = open_sample(context, path);
      uint64_t random = b + 1;
      for (int k = 0; k < 300; ++k) {
        const uint64_t chunk = random_number(&random) % kChunks;
        assert_int_equal(read_i32(s.array, inside(chunk)), inside(chunk));
        strata_counters c = counters_of(context);
        assert_int_equal(c.block_capacity, budgets[b]);
        assert_true(c.block_bytes <= c.block_capacity);
      }
      strata_counters c = counters_of(context);
      assert_int_equal(c.block_hits + c.block_misses, 300);
      if (budgets[b] >= 5 * kUnit) { /* room for several, not for all */
        assert_true(c.block_evictions > 0);
        assert_true(c.block_hits > 0);
        assert_true(c.block_bytes > budgets[b] / 2);
      } else { /* a unit and what is kept about it have no room */
        assert_int_equal(c.block_bytes, 0);
        assert_int_equal(c.block_hits, 0);
      }
      close_sample(&s);
      strata_context_close(context);
    }
  }
}

static void a_level_without_a_budget_is_off(void **state) {
  (void)state;
  make_sample(scratch("off.af"), STRATA_CODEC_ZSTD, 0);
  strata_context *context = make_context(STRATA_NONE);
  sample s = open_sample(context, scratch("off.af"));
  for (int round = 1; round <= 3; ++round) {
    read_parts(&s, 10, 0);
    strata_counters c = counters_of(context);
    assert_int_equal(c.block_capacity + c.block_bytes + c.block_hits, 0);
    assert_int_equal(c.units_decoded, 10 * round);
  }
  close_sample(&s);
  strata_context_close(context);
}

static void what_is_read_whole_does_not_push_out_the_rest(void **state) {
  (void)state;
  make_sample(scratch("whole.af"), STRATA_CODEC_ZSTD, 0);
  strata_context *context = make_context(8 * kUnit);
  sample s = open_sample(context, scratch("whole.af"));
  read_parts(&s, 5, 0);
  int32_t *values = malloc(kElements * sizeof *values);
  read_all(s.array, values, kElements * sizeof *values);
  free(values);
  strata_counters before = counters_of(context);
  read_parts(&s, 5, 0);
  strata_counters c = counters_of(context);
  assert_int_equal(c.block_hits - before.block_hits, 5);
  assert_int_equal(c.block_misses, before.block_misses);
  close_sample(&s);
  strata_context_close(context);
}

static void one_budget_is_shared_by_all_files(void **state) {
  (void)state;
  make_sample(scratch("one.af"), STRATA_CODEC_ZSTD, 0);
  make_sample(scratch("two.af"), STRATA_CODEC_ZSTD, 5000);
  strata_context *context = make_context(10 * kUnit);
  sample one = open_sample(context, scratch("one.af")), two = open_sample(context, scratch("two.af"));
  for (int round = 0; round < 5; ++round) {
    read_parts(&one, kChunks, 0);
    read_parts(&two, kChunks, 5000);
    strata_counters c = counters_of(context);
    assert_true(c.block_bytes <= 10 * kUnit);
  }
  /* Another one's files are nothing to a context. */
  strata_context *other = make_context(0);
  sample third = open_sample(other, scratch("one.af"));
  read_parts(&third, 3, 0);
  assert_int_equal(counters_of(other).block_misses, 3);
  assert_int_equal(counters_of(other).block_hits, 0);
  close_sample(&third);
  close_sample(&one);
  close_sample(&two);
  strata_context_close(other);
  strata_context_close(context);
}

/* The same path, the same places in it, other bytes: by a compaction, an overwriting, a rename from outside. */
static void a_file_that_was_replaced_is_not_answered_from_memory(void **state) {
  (void)state;
  char path[1300], side[1300];
  snprintf(path, sizeof path, "%s", scratch("replaced.af"));
  snprintf(side, sizeof side, "%s", scratch("side.af"));
  strata_context *context = make_context(0);
  make_sample(path, STRATA_CODEC_ZSTD, 0);
  sample old = open_sample(context, path);
  read_parts(&old, kChunks, 0);

  /* Another handle changes everything and compacts: the new base has the old one's name and offsets. */
  strata_file *writer = open_in(context, path);
  strata_array *array = open_array(writer, "a");
  int32_t *values = malloc(kElements * sizeof *values);
  for (int i = 0; i < kElements; ++i) values[i] = i + 1;
  write_all(array, values, kElements * sizeof *values);
  compact(writer);
  sample now = open_sample(context, path);
  for (int round = 0; round < 2; ++round) {
    read_parts(&old, kChunks, 0); /* still what it was when it was opened */
    read_parts(&now, kChunks, 1);
  }
  OK(strata_file_refresh(old.file, NULL, NULL, &err));
  read_parts(&old, kChunks, 1);
  close_sample(&now);
  strata_array_close(array);
  strata_file_close(writer);

  make_sample(side, STRATA_CODEC_ZSTD, 2);
  char layer[1300], side_layer[1300];
  snprintf(layer, sizeof layer, "%s", scratch("replaced.1.af"));
  snprintf(side_layer, sizeof side_layer, "%s", scratch("side.1.af"));
  assert_int_equal(rename(side, path), 0);
  assert_int_equal(unlink(scratch("replaced.2.af")), 0);
  assert_int_equal(unlink(scratch("replaced.3.af")), 0);
  assert_int_equal(rename(side_layer, layer), 0);
  now = open_sample(context, path);
  read_parts(&now, kChunks, 2);
  read_parts(&old, kChunks, 1);
  close_sample(&now);

  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.flags = STRATA_OVERWRITE;
  strata_file *file = NULL;
  OK(strata_file_create(context, path, STRATA_NUL, &o, NULL, &file, &err));
  array = define(file, "a", STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk));
  for (int i = 0; i < kElements; ++i) values[i] = i + 3;
  write_all(array, values, kElements * sizeof *values);
  flush(file);
  free(values);
  now = open_sample(context, path);
  read_parts(&now, kChunks, 3);
  read_parts(&old, kChunks, 1);
  close_sample(&now);
  close_sample(&old);
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
}

typedef struct crowd {
  sample s;
  pthread_barrier_t begin;
} crowd;

static void read_one_chunk_after_the_other(worker *w) {
  crowd *c = w->shared;
  for (uint64_t chunk = 0; chunk < kChunks; ++chunk) {
    const uint64_t at = inside(chunk) + (uint64_t)w->number, one = 1;
    int32_t value = 0;
    pthread_barrier_wait(&c->begin); /* all of them want the same unit at once */
    if (w->failure[0]) continue;     /* the others would wait for ever */
    strata_status status = strata_array_read(c->s.array, 1, &at, &one, NULL, &value, sizeof value, NULL, &w->err);
    if (status != STRATA_OK || value != (int32_t)at)
      NOTE("%s, element %d: %d", strata_status_name(status), (int)at, (int)value);
  }
}

static void what_several_want_at_once_is_read_once(void **state) {
  (void)state;
  enum { kReaders = 4 };
  make_sample(scratch("crowd.af"), STRATA_CODEC_ZSTD, 0);
  crowd c;
  c.s = open_sample(make_context(0), scratch("crowd.af"));
  assert_int_equal(pthread_barrier_init(&c.begin, NULL, kReaders), 0);
  strata_counters before = counters_of(c.s.context);
  run_workers(kReaders, read_one_chunk_after_the_other, &c);
  strata_counters after = counters_of(c.s.context);
  assert_int_equal(after.block_misses, kChunks);
  assert_int_equal(after.units_decoded, kChunks);
  assert_int_equal(after.reads - before.reads, kChunks);
  assert_int_equal(after.block_hits + after.block_coalesced, (kReaders - 1) * kChunks);
  pthread_barrier_destroy(&c.begin);
  close_sample(&c.s);
  strata_context_close(c.s.context);
}

static void slabs_are_kept_where_they_are_asked_for(void **state) {
  (void)state;
  make_sample(scratch("slabs.af"), STRATA_CODEC_NONE, 0);
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.slab_bytes = 32 * 1024;
  o.verify = STRATA_VERIFY_NEVER; /* else whole pages are read, which are larger than a slab */
  o.raw_cache_bytes = 40 * 32 * 1024;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  sample s = open_sample(context, scratch("slabs.af"));
  read_parts(&s, 10, 0);
  strata_counters c = counters_of(context);
  assert_int_equal(c.raw_misses, 10);
  assert_true(c.raw_bytes >= 10 * o.slab_bytes);
  read_parts(&s, 10, 0);
  strata_counters again = counters_of(context);
  assert_int_equal(again.raw_misses, 10);
  assert_int_equal(again.raw_hits, 10);
  for (int round = 0; round < 3; ++round) {
    read_parts(&s, kChunks, 0);
    c = counters_of(context);
    assert_true(c.raw_bytes <= c.raw_capacity);
  }
  assert_true(c.raw_evictions > 0);
  close_sample(&s);
  strata_context_close(context);
  /* By default a local disk has none: the system keeps what was read. */
  context = make_context(0);
  s = open_sample(context, scratch("slabs.af"));
  read_parts(&s, 10, 0);
  c = counters_of(context);
  assert_int_equal(c.raw_hits + c.raw_misses + c.raw_bytes, 0);
  close_sample(&s);
  strata_context_close(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hits_and_misses_are_counted),
      cmocka_unit_test(the_budget_is_never_exceeded),
      cmocka_unit_test(a_level_without_a_budget_is_off),
      cmocka_unit_test(what_is_read_whole_does_not_push_out_the_rest),
      cmocka_unit_test(one_budget_is_shared_by_all_files),
      cmocka_unit_test(a_file_that_was_replaced_is_not_answered_from_memory),
      cmocka_unit_test(what_several_want_at_once_is_read_once),
      cmocka_unit_test(slabs_are_kept_where_they_are_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
