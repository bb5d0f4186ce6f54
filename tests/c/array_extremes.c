/* Regions at the edges of what can be chosen: 32 dimensions, every level, blocks and budgets of next to nothing and of all there is. */
#include "support.h"

static void thirty_two_dimensions(void **state) {
  (void)state;
  enum { kRank = 32, kCells = 3 * 2 * 4 * 3 };
  uint64_t shape[kRank], chunk[kRank], start[kRank], count[kRank];
  int64_t strides[kRank];
  for (int i = 0; i < kRank; ++i) {
    shape[i] = chunk[i] = count[i] = 1;
    start[i] = 0;
    strides[i] = 0;
  }
  shape[0] = 3;
  shape[7] = 2;
  shape[30] = 4;
  shape[31] = 3;
  chunk[0] = 2;
  chunk[30] = 3;
  chunk[31] = 2;
  const char *path = scratch("rank.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, kRank, shape, chunk);
  int32_t values[kCells], got[kCells];
  for (int i = 0; i < kCells; ++i) values[i] = i;
  write_all(a, values, sizeof values);
  for (int round = 0; round < 3; ++round) {
    read_all(a, got, sizeof got);
    assert_memory_equal(got, values, sizeof got);
    /* [1:3, 1, 2:4, 0:2], transposed. */
    start[0] = 1, count[0] = 2, strides[0] = 4;
    start[7] = 1, count[7] = 1;
    start[30] = 2, count[30] = 2, strides[30] = 8;
    start[31] = 0, count[31] = 2, strides[31] = 16;
    OK(strata_array_read_strided(a, kRank, start, count, strides, NULL, got, 32, &err));
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        for (int k = 0; k < 2; ++k) assert_int_equal(got[k * 4 + j * 2 + i], (i + 1) * 24 + 12 + (j + 2) * 3 + k);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void write_and_compare(strata_context *context, const strata_file_options *options, const char *name) {
  enum { kSide = 200 };
  static int16_t values[kSide * kSide], got[kSide * kSide];
  uint64_t random = 4;
  for (int i = 0; i < kSide * kSide; ++i)
    values[i] = (int16_t)((random_number(&random) >> 30) % 50 + (uint64_t)i / 300);
  strata_file *file = NULL;
  OK(strata_file_create(context, scratch(name), STRATA_NUL, options, NULL, &file, &err));
  strata_array *a = define(file, "a", STRATA_INT16, 2, DIMS(kSide, kSide), DIMS(70, 30));
  strata_array *whole = define(file, "whole", STRATA_INT16, 2, DIMS(kSide, kSide), NULL);
  write_all(a, values, sizeof values);
  write_all(whole, values, sizeof values);
  for (int round = 0; round < 3; ++round) {
    memset(got, 0, sizeof got);
    read_all(a, got, sizeof got);
    assert_memory_equal(got, values, sizeof got);
    memset(got, 0, sizeof got);
    read_all(whole, got, sizeof got);
    assert_memory_equal(got, values, sizeof got);
    OK(strata_array_read(whole, 2, DIMS(199, 199), DIMS(1, 1), NULL, got, 2, NULL, &err));
    assert_int_equal(got[0], values[kSide * kSide - 1]);
    if (round == 0) flush(file);
    if (round == 1) {
      OK(strata_array_write(a, 2, DIMS(0, 0), DIMS(1, 1), values, 2, NULL, &err));
      compact(file);
    }
  }
  strata_array_close(a);
  strata_array_close(whole);
  strata_file_close(file);
}

static void every_level(void **state) {
  (void)state;
  static const struct {
    int32_t codec, level;
  } all[] = {{STRATA_CODEC_NONE, 0},  {STRATA_CODEC_LZ4, 1},     {STRATA_CODEC_LZ4, 2},   {STRATA_CODEC_LZ4, 9},
             {STRATA_CODEC_LZ4, 12},  {STRATA_CODEC_ZSTD, -100}, {STRATA_CODEC_ZSTD, -1}, {STRATA_CODEC_ZSTD, 1},
             {STRATA_CODEC_ZSTD, 10}, {STRATA_CODEC_ZSTD, 19},   {STRATA_CODEC_ZSTD, 22}};
  for (size_t i = 0; i < LENGTH(all); ++i) {
    strata_file_options options = STRATA_FILE_OPTIONS_INIT;
    options.codec = all[i].codec;
    options.level = all[i].level;
    char name[32];
    snprintf(name, sizeof name, "level_%d.af", (int)i);
    write_and_compare(NULL, &options, name);
  }
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  strata_file *file = NULL;
  options.codec = STRATA_CODEC_LZ4;
  options.level = 13;
  FAILS(STRATA_E_INVALID, strata_file_create(NULL, scratch("level.af"), STRATA_NUL, &options, NULL, &file, &err));
  options.codec = STRATA_CODEC_DEFAULT; /* zstd */
  options.level = 23;
  FAILS(STRATA_E_INVALID, strata_file_create(NULL, scratch("level.af"), STRATA_NUL, &options, NULL, &file, &err));
  assert_false(path_exists(scratch("level.af")));
}

static void any_block_size(void **state) {
  (void)state;
  static const uint64_t sizes[] = {1, 1000, UINT64_C(1) << 31, UINT64_MAX};
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  for (size_t i = 0; i < LENGTH(sizes) * LENGTH(codecs); ++i) {
    strata_file_options options = STRATA_FILE_OPTIONS_INIT;
    options.codec = codecs[i % LENGTH(codecs)];
    options.block_bytes = sizes[i / LENGTH(codecs)];
    char name[32];
    snprintf(name, sizeof name, "block_%d.af", (int)i);
    write_and_compare(NULL, &options, name);
  }
}

static void any_budget(void **state) {
  (void)state;
  static const uint64_t budgets[] = {1, 5000, UINT64_C(1) << 62, STRATA_NONE};
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  for (size_t i = 0; i < LENGTH(budgets) * LENGTH(codecs); ++i) {
    strata_context_options settings = STRATA_CONTEXT_OPTIONS_INIT;
    settings.block_cache_bytes = settings.raw_cache_bytes = settings.pending_bytes = budgets[i / LENGTH(codecs)];
    settings.slab_bytes = i % 2 ? 4096 : 0;
    strata_context *context = NULL;
    OK(strata_context_create(&settings, NULL, 0, &context, &err));
    strata_file_options options = STRATA_FILE_OPTIONS_INIT;
    options.codec = codecs[i % LENGTH(codecs)];
    char name[32];
    snprintf(name, sizeof name, "budget_%d.af", (int)i);
    write_and_compare(context, &options, name);
    assert_int_equal(counters_of(context).pending_bytes, 0);
    strata_context_close(context);
  }
}

/* No elements, though the other extents alone would be more than can be counted. */
static void nothing_times_very_much(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = NULL;
  OK(strata_file_define(file, "a", 1, STRATA_FLOAT64, 4, DIMS(0, UINT32_MAX, UINT32_MAX, UINT32_MAX), DIMS(1, 1, 1, 1), NULL, 0, NULL, 0,
                        NULL, &a, &err));
  size_t needed = 1;
  OK(strata_array_read(a, 4, NULL, NULL, NULL, NULL, 0, &needed, &err));
  assert_int_equal(needed, 0);
  OK(strata_array_read(a, 4, NULL, NULL, NULL, NULL, 0, NULL, &err));
  OK(strata_array_write(a, 4, NULL, NULL, NULL, 0, NULL, &err));
  flush(file);
  strata_array_close(a);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(thirty_two_dimensions),
      cmocka_unit_test(every_level),
      cmocka_unit_test(any_block_size),
      cmocka_unit_test(any_budget),
      cmocka_unit_test(nothing_times_very_much),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
