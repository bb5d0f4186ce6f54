/* What a read would do, told before: the counters say the same after it. Regions in random places, of each kind of array, with cold, warm
 * and partly filled caches. */
#include "support.h"

enum { kRows = 300, kColumns = 400 };

static uint64_t dice_state = 88172645463325252u;
static uint64_t dice(uint64_t below) {
  dice_state ^= dice_state << 13;
  dice_state ^= dice_state >> 7;
  dice_state ^= dice_state << 17;
  return dice_state % below;
}

typedef struct setting {
  int32_t codec;
  uint64_t chunk[2];
  int32_t verify;
  uint64_t slab_bytes;        /* 0: no slabs */
  uint64_t block_cache_bytes; /* 0: the default */
  int layers;
} setting;

static const char *make_file(const setting *s) {
  const char *path = scratch("explained.af");
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.flags = STRATA_OVERWRITE;
  o.codec = s->codec;
  o.block_bytes = 1u << 18;
  strata_file *file = NULL;
  OK(strata_file_create(NULL, path, STRATA_NUL, &o, NULL, &file, &err));
  strata_array *a = define(file, "a", STRATA_FLOAT64, 2, DIMS(kRows, kColumns), s->chunk);
  strata_array *t = define(file, "t", STRATA_STRING, 1, DIMS(kRows), DIMS(7));
  double *values = malloc(kRows * kColumns * sizeof *values);
  int64_t offsets[kRows + 1];
  char *texts = malloc(kRows * 8);
  for (int layer = 0; layer < s->layers; ++layer) {
    for (int i = 0; i < kRows * kColumns; ++i) values[i] = (double)(i % 1000) * (layer + 1);
    /* The first fifth of the rows is never written; newer layers change single chunks and halves of others. */
    const uint64_t first = layer ? kRows / 5 + dice(kRows / 2) : kRows / 5, rows = layer ? 1 + dice(80) : kRows - first;
    OK(strata_array_write(a, 2, DIMS(first, 0), DIMS(rows, kColumns), values, rows * kColumns * sizeof *values, NULL, &err));
    offsets[0] = 0;
    for (int i = 0; i < kRows; ++i) offsets[i + 1] = offsets[i] + sprintf(texts + offsets[i], "%d", i * (layer + 1));
    const uint64_t from = layer ? dice(kRows / 2) : 0;
    const uint64_t n = layer ? dice(50) : kRows;
    OK(strata_array_write_varlen(t, 1, &from, &n, offsets, n + 1, texts, (size_t)offsets[n], NULL, &err));
    flush(file);
  }
  free(values);
  free(texts);
  strata_array_close(a);
  strata_array_close(t);
  strata_file_close(file);
  return path;
}

/* Reads the region, and holds what was said against what was done. */
static void holds(strata_context *context, strata_array *array, uint32_t ndim, const uint64_t *start, const uint64_t *count, const char *what) {
  const strata_counters before = counters_of(context);
  strata_explanation e = STRATA_EXPLANATION_INIT;
  OK(strata_array_explain(array, ndim, start, count, NULL, &e, &err));
  const strata_counters between = counters_of(context);
  if (ndim == 2) {
    double *values = malloc(e.result_bytes + 1);
    OK(strata_array_read(array, ndim, start, count, NULL, values, e.result_bytes, NULL, &err));
    free(values);
    assert_int_equal(e.result_bytes, count[0] * count[1] * sizeof(double));
  } else {
    strata_buffer *offsets = NULL, *values = NULL;
    OK(strata_array_read_varlen(array, ndim, start, count, NULL, &offsets, &values, &err));
    strata_buffer_release(offsets);
    strata_buffer_release(values);
    assert_int_equal(e.result_bytes, 0);
  }
  const strata_counters after = counters_of(context);
  /* Nothing was read for it, and no cache has changed. */
  assert_int_equal(between.storage_reads, before.storage_reads);
  assert_int_equal(between.block_hits + between.block_misses + between.block_bytes, before.block_hits + before.block_misses + before.block_bytes);
  assert_int_equal(between.raw_hits + between.raw_misses + between.raw_bytes, before.raw_hits + before.raw_misses + before.raw_bytes);
#define SAME(said, done)                                                                                                     \
  if (e.said != after.done - between.done)                                                                                   \
  fail_msg("%s: " #said " is %llu, " #done " has grown by %llu", what, (unsigned long long)e.said, (unsigned long long)(after.done - between.done))
  SAME(chunks, chunk_lookups);
  SAME(requests, storage_reads);
  SAME(request_bytes, storage_read_bytes);
  SAME(decoded_units, units_decoded);
  SAME(decoded_bytes, decoded_bytes);
  SAME(cache_misses, block_misses);
#undef SAME
  /* Those who want at once what one of them is loading wait for it. */
  assert_int_equal(e.cache_hits, after.block_hits + after.block_coalesced - between.block_hits - between.block_coalesced);
  if (e.requests + e.cache_hits) assert_true(e.layers > 0);
  assert_true(e.chunks_unwritten + e.chunks_pending <= e.chunks);
}

static void try_setting(const setting *s, int rounds) {
  char what[256];
  const char *path = make_file(s);
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.verify = s->verify;
  o.threads = s->verify == STRATA_VERIFY_FIRST || s->block_cache_bytes ? 1 : 0; /* else it depends on who is first */
  o.slab_bytes = s->slab_bytes;
  o.block_cache_bytes = s->block_cache_bytes;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  strata_file *file = open_in(context, path);
  strata_array *a = open_array(file, "a"), *t = open_array(file, "t");
  for (int i = 0; i < rounds; ++i) {
    const uint64_t start[2] = {dice(kRows), dice(kColumns)};
    const uint64_t count[2] = {1 + dice(dice(2) ? 5 : kRows - start[0]) % (kRows - start[0]), 1 + dice(kColumns - start[1])};
    snprintf(what, sizeof what, "codec %d, verify %d, slabs %llu, cache %llu, %d layers, chunks %llu x %llu, region %llu,%llu %llu x %llu", s->codec,
             s->verify, (unsigned long long)s->slab_bytes, (unsigned long long)s->block_cache_bytes, s->layers,
             (unsigned long long)s->chunk[0], (unsigned long long)s->chunk[1], (unsigned long long)start[0], (unsigned long long)start[1],
             (unsigned long long)count[0], (unsigned long long)count[1]);
    holds(context, a, 2, start, count, what);
    holds(context, t, 1, start, count, what);
  }
  holds(context, a, 2, DIMS(0, 0), DIMS(kRows, kColumns), "all");
  holds(context, a, 2, DIMS(5, 5), DIMS(0, 7), "nothing");
  strata_array_close(a);
  strata_array_close(t);
  strata_file_close(file);
  strata_context_close(context);
}

static void counters_gain_what_was_said(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  static const uint64_t chunks[][2] = {{30, 40}, {300, 400}, {100, 7}, {1, 400}};
  for (size_t codec = 0; codec < LENGTH(codecs); ++codec)
    for (size_t c = 0; c < LENGTH(chunks); ++c)
      for (int layers = 1; layers <= 5; layers += 4) {
        setting s = {codecs[codec], {chunks[c][0], chunks[c][1]}, STRATA_VERIFY_ALWAYS, 0, 0, layers};
        try_setting(&s, 25);
        s.verify = c % 2 ? STRATA_VERIFY_FIRST : STRATA_VERIFY_NEVER;
        try_setting(&s, 25);
      }
}

static void without_a_cache_and_with_slabs(void **state) {
  (void)state;
  for (int32_t codec = STRATA_CODEC_NONE; codec <= STRATA_CODEC_ZSTD; ++codec) {
    setting s = {codec, {30, 40}, STRATA_VERIFY_ALWAYS, 0, STRATA_NONE, 3};
    try_setting(&s, 15);
    s.block_cache_bytes = 0;
    s.slab_bytes = 1u << 20;
    try_setting(&s, 15);
  }
}

static void what_is_pending_is_not_read(void **state) {
  (void)state;
  const setting s = {STRATA_CODEC_ZSTD, {30, 40}, STRATA_VERIFY_ALWAYS, 0, 0, 1};
  strata_file *file = open_file(make_file(&s));
  strata_array *a = open_array(file, "a");
  strata_explanation e = STRATA_EXPLANATION_INIT;
  OK(strata_array_explain(a, 2, NULL, NULL, NULL, &e, &err));
  assert_int_equal(e.chunks, 100);
  assert_int_equal(e.chunks_unwritten, 20);
  assert_int_equal(e.chunks_pending, 0);
  assert_int_equal(e.layers, 1);
  assert_int_equal(e.units, e.decoded_units);
  assert_true(e.requests > 0 && e.requests < 80);
  const double one = 1;
  OK(strata_array_write(a, 2, DIMS(299, 399), DIMS(1, 1), &one, sizeof one, NULL, &err));
  OK(strata_array_explain(a, 2, DIMS(290, 390), DIMS(10, 10), NULL, &e, &err));
  assert_int_equal(e.chunks, 1);
  assert_int_equal(e.chunks_pending, 1);
  assert_int_equal(e.layers + e.units + e.requests + e.cache_hits + e.cache_misses, 0);
  FAILS(STRATA_E_RANGE, strata_array_explain(a, 2, DIMS(290, 390), DIMS(11, 10), NULL, &e, &err));
  strata_array_close(a);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(counters_gain_what_was_said),
      cmocka_unit_test(without_a_cache_and_with_slabs),
      cmocka_unit_test(what_is_pending_is_not_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
