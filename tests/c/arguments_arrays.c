/* Wrong arguments of sections 5, 6 and 7 of the header: arrays, their text, attributes and statistics. */
#include "arguments.h"

static const uint64_t kTwoTo32 = UINT64_C(1) << 32, kTwoTo63 = UINT64_C(1) << 63;

static void describing(void **state) {
  (void)state;
  uint64_t extents[2] = {7, 7};
  size_t needed = 7;
  int32_t type = 7;
  for (int kind = -1; kind < kKinds; ++kind) {
    if (kind == kArray) continue;
    assert_int_equal(strata_array_type(kind < 0 ? NULL : w.handles[kind]), STRATA_TYPE_NONE);
    assert_int_equal(strata_array_ndim(kind < 0 ? NULL : w.handles[kind]), 0);
  }
  WRONG_HANDLES(kArray, strata_array, strata_array_shape(wrong, extents, 2, &err));
  WRONG_HANDLES(kArray, strata_array, strata_array_chunk_shape(wrong, extents, 2, &err));
  for (uint32_t cap = 0; cap < 2; ++cap) {
    WRONG(STRATA_E_BUFFER_TOO_SMALL, "2 extents", strata_array_shape(w.numbers, extents, cap, &err));
    WRONG(STRATA_E_BUFFER_TOO_SMALL, "2 extents", strata_array_chunk_shape(w.numbers, extents, cap, &err));
  }
  WRONG(STRATA_E_INVALID, "NULL", strata_array_shape(w.numbers, NULL, 2, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_array_chunk_shape(w.numbers, NULL, 2, &err));
  assert_true(extents[0] == 7 && extents[1] == 7);

  WRONG_HANDLES(kArray, strata_array, strata_array_name(wrong, (char *)out.bytes, 8, &needed, &err));
  assert_int_equal(needed, 0);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "7 bytes", strata_array_name(w.numbers, (char *)out.bytes, 6, &needed, &err));
  assert_int_equal(needed, 7);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "7 bytes", strata_array_name(w.numbers, (char *)out.bytes, 6, NULL, &err));
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "7 bytes", strata_array_name(w.numbers, NULL, 0, NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_array_name(w.numbers, NULL, 7, &needed, &err));

  needed = 7;
  WRONG_HANDLES(kArray, strata_array, strata_array_dimension_name(wrong, 0, (char *)out.bytes, 8, &needed, &err));
  assert_int_equal(needed, 0);
  WRONG(STRATA_E_INVALID, "axis 2", strata_array_dimension_name(w.numbers, 2, (char *)out.bytes, 8, &needed, &err));
  WRONG(STRATA_E_INVALID, "axis",
        strata_array_dimension_name(w.numbers, UINT32_MAX, (char *)out.bytes, 8, &needed, &err));
  assert_int_equal(needed, 0);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "4 bytes",
        strata_array_dimension_name(w.numbers, 1, (char *)out.bytes, 3, &needed, &err));
  assert_int_equal(needed, 4);
  WRONG(STRATA_E_INVALID, "NULL", strata_array_dimension_name(w.numbers, 1, NULL, 4, &needed, &err));

  needed = 7;
  WRONG_HANDLES(kArray, strata_array, strata_array_fill(wrong, &type, out.bytes, 8, &needed, &err));
  assert_int_equal(needed, 0);
  const int32_t fill = -1;
  strata_array *filled =
      define_with_fill(w.file, "filled", STRATA_INT32, 0, NULL, NULL, STRATA_INT32, &fill, sizeof fill);
  assert_int_equal(strata_array_fill(filled, &type, out.bytes, 7, &needed, &err), STRATA_E_BUFFER_TOO_SMALL);
  assert_int_equal(needed, 8);
  assert_int_equal(strata_array_fill(filled, NULL, NULL, 8, NULL, &err), STRATA_E_INVALID);
  OK(strata_array_fill(filled, NULL, NULL, 0, &needed, &err));
  strata_array_close(filled);
  OK(strata_file_delete(w.file, "filled", STRATA_NUL, NULL, &err));
}

/* ---- regions: all calls of sections 5 and 6 take them; `call` has `ndim`, `start` and `count` ---- */

static const struct {
  strata_status want;
  const char *word;
  uint32_t ndim;
  uint64_t start[3], count[3];
  int no_start, no_count;
} kWrongRegions[] = {
    {STRATA_E_INVALID, "ndim", 1, {0}, {1}, 0, 0},
    {STRATA_E_INVALID, "ndim", 3, {0, 0, 0}, {1, 1, 1}, 0, 0},
    {STRATA_E_INVALID, "ndim", 0, {0}, {1}, 1, 1},
    {STRATA_E_INVALID, "ndim", UINT32_MAX, {0}, {1}, 1, 1},
    {STRATA_E_INVALID, "start and count", 2, {0}, {1}, 1, 0},
    {STRATA_E_INVALID, "start and count", 2, {0}, {1}, 0, 1},
    {STRATA_E_RANGE, "axis 0", 2, {4, 0}, {1, 1}, 0, 0},
    {STRATA_E_RANGE, "axis 0", 2, {5, 0}, {0, 0}, 0, 0},
    {STRATA_E_RANGE, "axis 1", 2, {0, 1}, {4, 6}, 0, 0},
    {STRATA_E_RANGE, "axis 1", 2, {0, 0}, {4, UINT32_MAX}, 0, 0},
    {STRATA_E_RANGE, "axis 1", 2, {0, 0}, {4, UINT64_C(1) << 32}, 0, 0},
    {STRATA_E_RANGE, "axis 0", 2, {UINT64_C(1) << 63, 0}, {UINT64_C(1) << 63, 1}, 0, 0},
    {STRATA_E_RANGE, "axis 0", 2, {UINT64_MAX, 0}, {1, 1}, 0, 0},
    {STRATA_E_RANGE, "axis 1", 2, {0, 1}, {1, UINT64_MAX}, 0, 0},
};
#define WRONG_REGIONS(call)                                                                        \
  for (size_t region_ = 0; region_ < LENGTH(kWrongRegions); ++region_) {                           \
    const uint32_t ndim = kWrongRegions[region_].ndim;                                             \
    const uint64_t *start = kWrongRegions[region_].no_start ? NULL : kWrongRegions[region_].start; \
    const uint64_t *count = kWrongRegions[region_].no_count ? NULL : kWrongRegions[region_].count; \
    WRONG(kWrongRegions[region_].want, kWrongRegions[region_].word, call);                         \
  }

enum { kSize = sizeof kValues };
static const size_t kTooSmall[] = {0, 1, kSize - 4, kSize - 1};

static void reading(void **state) {
  (void)state;
  size_t needed = 7;
  WRONG_HANDLES(kArray, strata_array, strata_array_read(wrong, 2, NULL, NULL, NULL, out.bytes, kSize, &needed, &err));
  WRONG_TOKENS(strata_array_read(w.numbers, 2, NULL, NULL, wrong, out.bytes, kSize, &needed, &err));
  WRONG_REGIONS(strata_array_read(w.numbers, ndim, start, count, NULL, out.bytes, kSize, &needed, &err));
  WRONG(STRATA_E_TYPE, "string", strata_array_read(w.texts, 1, NULL, NULL, NULL, out.bytes, kSize, &needed, &err));
  assert_int_equal(needed, 0);
  for (size_t i = 1; i < LENGTH(kTooSmall); ++i) {
    WRONG(STRATA_E_BUFFER_TOO_SMALL, "96 bytes",
          strata_array_read(w.numbers, 2, NULL, NULL, NULL, out.bytes, kTooSmall[i], &needed, &err));
    assert_int_equal(needed, kSize);
  }
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "96 bytes", strata_array_read(w.numbers, 2, NULL, NULL, NULL, NULL, 0, NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_array_read(w.numbers, 2, NULL, NULL, NULL, NULL, kSize, &needed, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_array_read(w.numbers, 2, NULL, NULL, NULL, NULL, SIZE_MAX, &needed, &err));
}

static void reading_with_strides(void **state) {
  (void)state;
  const int64_t strides[] = {24, 4};
  WRONG_HANDLES(kArray, strata_array,
                strata_array_read_strided(wrong, 2, NULL, NULL, strides, NULL, out.bytes, kSize, &err));
  WRONG_TOKENS(strata_array_read_strided(w.numbers, 2, NULL, NULL, strides, wrong, out.bytes, kSize, &err));
  WRONG_REGIONS(strata_array_read_strided(w.numbers, ndim, start, count, strides, NULL, out.bytes, kSize, &err));
  WRONG(STRATA_E_TYPE, "string",
        strata_array_read_strided(w.texts, 1, NULL, NULL, strides, NULL, out.bytes, kSize, &err));
  WRONG(STRATA_E_INVALID, "strides",
        strata_array_read_strided(w.numbers, 2, NULL, NULL, NULL, NULL, out.bytes, kSize, &err));
  const struct {
    strata_status want;
    const char *word;
    int64_t strides[2];
  } bad[] = {
      {STRATA_E_INVALID, "negative", {-24, 4}},      {STRATA_E_INVALID, "negative", {24, INT64_MIN}},
      {STRATA_E_INVALID, "overlap", {24, 0}},        {STRATA_E_INVALID, "overlap", {24, 3}},
      {STRATA_E_INVALID, "overlap", {20, 4}},        {STRATA_E_INVALID, "overlap", {4, 12}},
      {STRATA_E_LIMIT, "reach", {INT64_MAX, 4}},     {STRATA_E_LIMIT, "reach", {24, INT64_MAX / 5}},
      {STRATA_E_BUFFER_TOO_SMALL, "bytes", {28, 4}}, {STRATA_E_BUFFER_TOO_SMALL, "bytes", {INT64_MAX / 4, 4}},
  };
  for (size_t i = 0; i < LENGTH(bad); ++i)
    WRONG(bad[i].want, bad[i].word,
          strata_array_read_strided(w.numbers, 2, NULL, NULL, bad[i].strides, NULL, out.bytes, kSize, &err));
  for (size_t i = 0; i < LENGTH(kTooSmall); ++i)
    WRONG(STRATA_E_BUFFER_TOO_SMALL, "96 bytes",
          strata_array_read_strided(w.numbers, 2, NULL, NULL, strides, NULL, out.bytes, kTooSmall[i], &err));
  WRONG(STRATA_E_INVALID, "NULL",
        strata_array_read_strided(w.numbers, 2, NULL, NULL, strides, NULL, NULL, kSize, &err));
}

static void explaining(void **state) {
  (void)state;
  strata_explanation explanation = STRATA_EXPLANATION_INIT;
  WRONG_HANDLES(kArray, strata_array, strata_array_explain(wrong, 2, NULL, NULL, NULL, &explanation, &err));
  WRONG_TOKENS(strata_array_explain(w.numbers, 2, NULL, NULL, wrong, &explanation, &err));
  WRONG_REGIONS(strata_array_explain(w.numbers, ndim, start, count, NULL, &explanation, &err));
  WRONG_RESULTS(strata_explanation, STRATA_EXPLANATION_INIT, "explanation",
                strata_array_explain(w.numbers, 2, NULL, NULL, NULL, wrong, &err));
}

static void reading_many(void **state) {
  (void)state;
  size_t needed = 7;
  const uint64_t starts[] = {0, 0, 1, 0}, counts[] = {1, 6, 1, 6};
  strata_status statuses[2] = {7, 7};
#define MANY(array, regions, ndim, starts, counts, token, dst, cap, offsets) \
  strata_array_read_many(array, regions, ndim, starts, counts, token, dst, cap, offsets, &needed, statuses, &err)
  WRONG_HANDLES(kArray, strata_array, MANY(wrong, 2, 2, starts, counts, NULL, out.bytes, kSize, NULL));
  WRONG_TOKENS(MANY(w.numbers, 2, 2, starts, counts, wrong, out.bytes, kSize, NULL));
  WRONG(STRATA_E_TYPE, "string", MANY(w.texts, 2, 1, starts, counts, NULL, out.bytes, kSize, NULL));
  const uint32_t ranks[] = {0, 1, 3, 33, UINT32_MAX};
  for (size_t i = 0; i < LENGTH(ranks); ++i)
    WRONG(STRATA_E_INVALID, "ndim", MANY(w.numbers, 2, ranks[i], starts, counts, NULL, out.bytes, kSize, NULL));
  WRONG(STRATA_E_INVALID, "starts", MANY(w.numbers, 2, 2, NULL, counts, NULL, out.bytes, kSize, NULL));
  WRONG(STRATA_E_INVALID, "counts", MANY(w.numbers, 2, 2, starts, NULL, NULL, out.bytes, kSize, NULL));
  const uint64_t regions[] = {kTwoTo63, UINT64_MAX, UINT64_MAX / 16};
  for (size_t i = 0; i < LENGTH(regions); ++i)
    WRONG(STRATA_E_LIMIT, "regions", MANY(w.numbers, regions[i], 2, starts, counts, NULL, out.bytes, kSize, NULL));
  assert_int_equal(needed, 0);
  for (size_t cap = 1; cap < 48; cap += 23) {
    WRONG(STRATA_E_BUFFER_TOO_SMALL, "48 bytes", MANY(w.numbers, 2, 2, starts, counts, NULL, out.bytes, cap, NULL));
    assert_int_equal(needed, 48);
  }
  WRONG(STRATA_E_INVALID, "NULL", MANY(w.numbers, 2, 2, starts, counts, NULL, NULL, kSize, NULL));
  const uint64_t overlapping[][2] = {{0, 0}, {0, 23}, {23, 0}, {40, 17}};
  for (size_t i = 0; i < LENGTH(overlapping); ++i)
    WRONG(STRATA_E_INVALID, "overlap", MANY(w.numbers, 2, 2, starts, counts, NULL, out.bytes, kSize, overlapping[i]));
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "bytes", MANY(w.numbers, 2, 2, starts, counts, NULL, out.bytes, kSize, DIMS(0, 73)));
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "bytes",
        MANY(w.numbers, 2, 2, starts, counts, NULL, out.bytes, kSize, DIMS(0, kTwoTo63)));
  WRONG(STRATA_E_LIMIT, "overflow",
        MANY(w.numbers, 2, 2, starts, counts, NULL, out.bytes, kSize, DIMS(UINT64_MAX - 8, 0)));
  assert_true(statuses[0] == 7 && statuses[1] == 7);
  /* One region only that is wrong: without statuses the call's own failure. */
  WRONG(STRATA_E_RANGE, "region 1",
        strata_array_read_many(w.numbers, 2, 2, DIMS(0, 0, 4, 0), counts, NULL, out.bytes, kSize, NULL, NULL, NULL,
                               &err));
  /* With them, one that fails needs no place of its own. */
  OK(MANY(w.numbers, 2, 2, DIMS(0, 0, 4, 0), counts, NULL, out.bytes, kSize, DIMS(0, 8)));
  assert_true(statuses[0] == STRATA_OK && statuses[1] == STRATA_E_RANGE);
  OK(MANY(w.numbers, 0, 2, NULL, NULL, NULL, NULL, 0, NULL));
  assert_int_equal(needed, 0);
#undef MANY
}

static void writing(void **state) {
  (void)state;
  WRONG_HANDLES(kArray, strata_array, strata_array_write(wrong, 2, NULL, NULL, kValues, kSize, NULL, &err));
  WRONG_TOKENS(strata_array_write(w.numbers, 2, NULL, NULL, kValues, kSize, wrong, &err));
  WRONG_REGIONS(strata_array_write(w.numbers, ndim, start, count, kValues, kSize, NULL, &err));
  WRONG(STRATA_E_TYPE, "string", strata_array_write(w.texts, 1, NULL, NULL, kValues, kSize, NULL, &err));
  const size_t sizes[] = {0, 1, kSize - 1, kSize + 1, SIZE_MAX};
  for (size_t i = 0; i < LENGTH(sizes); ++i)
    WRONG(STRATA_E_INVALID, "source", strata_array_write(w.numbers, 2, NULL, NULL, kValues, sizes[i], NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_array_write(w.numbers, 2, NULL, NULL, NULL, kSize, NULL, &err));

  const int64_t strides[] = {24, 4};
  WRONG_HANDLES(kArray, strata_array,
                strata_array_write_strided(wrong, 2, NULL, NULL, strides, kValues, kSize, NULL, &err));
  WRONG_TOKENS(strata_array_write_strided(w.numbers, 2, NULL, NULL, strides, kValues, kSize, wrong, &err));
  WRONG_REGIONS(strata_array_write_strided(w.numbers, ndim, start, count, strides, kValues, kSize, NULL, &err));
  WRONG(STRATA_E_TYPE, "string",
        strata_array_write_strided(w.texts, 1, NULL, NULL, strides, kValues, kSize, NULL, &err));
  WRONG(STRATA_E_INVALID, "strides",
        strata_array_write_strided(w.numbers, 2, NULL, NULL, NULL, kValues, kSize, NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL",
        strata_array_write_strided(w.numbers, 2, NULL, NULL, strides, NULL, kSize, NULL, &err));
  for (size_t i = 0; i < LENGTH(kTooSmall); ++i)
    WRONG(STRATA_E_INVALID, "source",
          strata_array_write_strided(w.numbers, 2, NULL, NULL, strides, kValues, kTooSmall[i], NULL, &err));
  const struct {
    strata_status want;
    const char *word;
    int64_t strides[2];
  } bad[] = {{STRATA_E_INVALID, "negative", {-1, 4}},
             {STRATA_E_INVALID, "negative", {24, INT64_MIN}},
             {STRATA_E_INVALID, "reach", {28, 4}},
             {STRATA_E_LIMIT, "reach", {INT64_MAX, 4}}};
  for (size_t i = 0; i < LENGTH(bad); ++i)
    WRONG(bad[i].want, bad[i].word,
          strata_array_write_strided(w.numbers, 2, NULL, NULL, bad[i].strides, kValues, kSize, NULL, &err));
}

static void bools_that_are_none(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *array = define(file, "b", STRATA_BOOL, 1, DIMS(4), NULL);
  const unsigned char bad[][4] = {{0, 1, 2, 1}, {255, 0, 0, 0}, {0, 0, 0, 128}};
  for (size_t i = 0; i < LENGTH(bad); ++i) {
    WRONG(STRATA_E_INVALID, "bool", strata_array_write(array, 1, NULL, NULL, bad[i], 4, NULL, &err));
    WRONG(STRATA_E_INVALID, "bool",
          strata_array_write_strided(array, 1, NULL, NULL, (const int64_t[]){1}, bad[i], 4, NULL, &err));
  }
  assert_int_equal(pending_of(file).chunks, 0);
  strata_array_close(array);
  strata_file_close(file);
}

static void text(void **state) {
  (void)state;
  WRONG_HANDLES(kArray, strata_array,
                strata_array_read_varlen(wrong, 1, NULL, NULL, NULL, &out.buffer, &out.values, &err));
  WRONG_TOKENS(strata_array_read_varlen(w.texts, 1, NULL, NULL, wrong, &out.buffer, &out.values, &err));
  WRONG(STRATA_E_TYPE, "int32",
        strata_array_read_varlen(w.numbers, 2, NULL, NULL, NULL, &out.buffer, &out.values, &err));
  assert_true(!out.buffer && !out.values);
  WRONG(STRATA_E_INVALID, "offsets", strata_array_read_varlen(w.texts, 1, NULL, NULL, NULL, NULL, &out.values, &err));
  WRONG(STRATA_E_INVALID, "values", strata_array_read_varlen(w.texts, 1, NULL, NULL, NULL, &out.buffer, NULL, &err));
  const int64_t offsets[] = {0, 1, 2, 3};
  WRONG_HANDLES(kArray, strata_array,
                strata_array_write_varlen(wrong, 1, NULL, NULL, offsets, 4, "xyz", 3, NULL, &err));
  WRONG_TOKENS(strata_array_write_varlen(w.texts, 1, NULL, NULL, offsets, 4, "xyz", 3, wrong, &err));
  WRONG(STRATA_E_TYPE, "int32", strata_array_write_varlen(w.numbers, 2, NULL, NULL, offsets, 4, "xyz", 3, NULL, &err));
  const struct {
    strata_status want;
    const char *word;
    uint32_t ndim;
    uint64_t start, count;
  } regions[] = {{STRATA_E_INVALID, "ndim", 2, 0, 3},        {STRATA_E_INVALID, "ndim", 0, 0, 3},
                 {STRATA_E_RANGE, "axis 0", 1, 1, 3},        {STRATA_E_RANGE, "axis 0", 1, 4, 0},
                 {STRATA_E_RANGE, "axis 0", 1, 0, kTwoTo32}, {STRATA_E_RANGE, "axis 0", 1, UINT64_MAX, 2}};
  for (size_t i = 0; i < LENGTH(regions); ++i) {
    const uint64_t start[] = {regions[i].start, 0}, count[] = {regions[i].count, 1};
    WRONG(regions[i].want, regions[i].word,
          strata_array_read_varlen(w.texts, regions[i].ndim, start, count, NULL, &out.buffer, &out.values, &err));
    assert_true(!out.buffer && !out.values);
    WRONG(regions[i].want, regions[i].word,
          strata_array_write_varlen(w.texts, regions[i].ndim, start, count, offsets, 4, "xyz", 3, NULL, &err));
  }
  const struct {
    const char *word;
    const int64_t *offsets;
    size_t offset_count;
    const char *values;
    size_t size;
  } bad[] = {
      {"NULL", NULL, 4, "xyz", 3},
      {"4 offsets", offsets, 3, "xyz", 3},
      {"4 offsets", offsets, 5, "xyz", 3},
      {"4 offsets", offsets, 0, "xyz", 3},
      {"4 offsets", offsets, SIZE_MAX, "xyz", 3},
      {"first offset", (const int64_t[]){1, 1, 2, 3}, 4, "xyz", 3},
      {"first offset", (const int64_t[]){-1, 1, 2, 3}, 4, "xyz", 3},
      {"smaller", (const int64_t[]){0, 2, 1, 3}, 4, "xyz", 3},
      {"smaller", (const int64_t[]){0, 1, 2, INT64_MIN}, 4, "xyz", 3},
      {"last offset", offsets, 4, "xyz", 2},
      {"last offset", (const int64_t[]){0, 1, 2, INT64_MAX}, 4, "xyz", 3},
      {"NULL", offsets, 4, NULL, 3},
      {"UTF-8", offsets, 4, "x\xFFz", 3},
      {"character", offsets, 4, "x\xC3\xA9", 3},
  };
  for (size_t i = 0; i < LENGTH(bad); ++i)
    WRONG(STRATA_E_INVALID, bad[i].word,
          strata_array_write_varlen(w.texts, 1, NULL, NULL, bad[i].offsets, bad[i].offset_count, bad[i].values,
                                    bad[i].size, NULL, &err));
}

static void attributes(void **state) {
  (void)state;
  int32_t type = 7;
  size_t needed = 7;
  WRONG_HANDLES(kArray, strata_array, strata_array_set_attribute(wrong, "k", 1, STRATA_INT32, kValues, 4, &err));
  WRONG_TEXTS("key", strata_array_set_attribute(w.numbers, text, length, STRATA_INT32, kValues, 4, &err));
  const struct {
    strata_status want;
    const char *word;
    int32_t type;
    const void *value;
    size_t size;
  } bad[] = {
      {STRATA_E_INVALID, "type", STRATA_TYPE_NONE, kValues, 4},
      {STRATA_E_INVALID, "type", -1, kValues, 4},
      {STRATA_E_INVALID, "type", 17, kValues, 4},
      {STRATA_E_TYPE, "list", STRATA_LIST, kValues, 4},
      {STRATA_E_TYPE, "binary", STRATA_BINARY, kValues, 4},
      {STRATA_E_TYPE, "timestamp", STRATA_TIMESTAMP_NS, kValues, 8},
      {STRATA_E_INVALID, "bytes", STRATA_INT32, kValues, 3},
      {STRATA_E_INVALID, "bytes", STRATA_INT32, kValues, SIZE_MAX},
      {STRATA_E_INVALID, "NULL", STRATA_INT32, NULL, 4},
      {STRATA_E_INVALID, "NULL", STRATA_STRING, NULL, 4},
      {STRATA_E_INVALID, "length", STRATA_STRING, "x", STRATA_NUL},
      {STRATA_E_INVALID, "UTF-8", STRATA_STRING, "\xFF", 1},
      {STRATA_E_TYPE, "list", STRATA_FIXED_SIZE_LIST, kValues, 4},
      {STRATA_E_INVALID, "bytes", STRATA_BOOL, kValues, 0},
  };
  for (size_t i = 0; i < LENGTH(bad); ++i)
    WRONG(bad[i].want, bad[i].word,
          strata_array_set_attribute(w.numbers, "k", 1, bad[i].type, bad[i].value, bad[i].size, &err));

  WRONG_HANDLES(kArray, strata_array, strata_array_get_attribute(wrong, "unit", 4, &type, out.bytes, 8, &needed, &err));
  WRONG_TEXTS("key", strata_array_get_attribute(w.numbers, text, length, &type, out.bytes, 8, &needed, &err));
  WRONG(STRATA_E_NOT_FOUND, "none",
        strata_array_get_attribute(w.numbers, "none", 4, &type, out.bytes, 8, &needed, &err));
  assert_true(needed == 0 && type == 7);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "4 bytes",
        strata_array_get_attribute(w.numbers, "unit", 4, &type, out.bytes, 3, &needed, &err));
  assert_true(needed == 4 && type == STRATA_STRING);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "4 bytes",
        strata_array_get_attribute(w.numbers, "unit", 4, NULL, NULL, 0, NULL, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_array_get_attribute(w.numbers, "unit", 4, &type, NULL, 4, &needed, &err));

  int ambiguous = 9;
  WRONG_HANDLES(kArray, strata_array, strata_array_attribute_is_ambiguous(wrong, "unit", 4, &ambiguous, &err));
  WRONG_TEXTS("key", strata_array_attribute_is_ambiguous(w.numbers, text, length, &ambiguous, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_array_attribute_is_ambiguous(w.numbers, "none", 4, &ambiguous, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_array_attribute_is_ambiguous(w.numbers, "unit", 4, NULL, &err));
  WRONG(STRATA_E_UNSUPPORTED, "dataset", strata_array_attribute_is_ambiguous(w.stored, "k", 1, &ambiguous, &err));
  assert_int_equal(ambiguous, 9);
  WRONG_HANDLES(kArray, strata_array, strata_array_delete_attribute(wrong, "unit", 4, &err));
  WRONG_TEXTS("key", strata_array_delete_attribute(w.numbers, text, length, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_array_delete_attribute(w.numbers, "none", 4, &err));

  WRONG_HANDLES(kArray, strata_array, strata_array_list_attributes(wrong, NULL, 0, &out.cursor, &err));
  WRONG_PREFIXES(strata_array_list_attributes(w.numbers, text, length, &out.cursor, &err));
  assert_null(out.cursor);
  WRONG(STRATA_E_INVALID, "NULL", strata_array_list_attributes(w.numbers, NULL, 0, NULL, &err));

  WRONG(STRATA_E_UNSUPPORTED, "dataset", strata_array_set_attribute(w.stored, "k", 1, STRATA_INT32, kValues, 4, &err));
  WRONG(STRATA_E_UNSUPPORTED, "dataset",
        strata_array_get_attribute(w.stored, "k", 1, &type, out.bytes, 8, &needed, &err));
  WRONG(STRATA_E_UNSUPPORTED, "dataset", strata_array_delete_attribute(w.stored, "k", 1, &err));
  WRONG(STRATA_E_UNSUPPORTED, "dataset", strata_array_list_attributes(w.stored, NULL, 0, &out.cursor, &err));
  assert_null(out.cursor);
}

static void statistics(void **state) {
  (void)state;
  strata_statistics s = STRATA_STATISTICS_INIT;
  size_t needed = 7;
  WRONG_HANDLES(kArray, strata_array, strata_array_statistics(wrong, NULL, &s, &err));
  WRONG_TOKENS(strata_array_statistics(w.numbers, wrong, &s, &err));
  WRONG_RESULTS(strata_statistics, STRATA_STATISTICS_INIT, "statistics",
                strata_array_statistics(w.numbers, NULL, wrong, &err));

  WRONG_HANDLES(kArray, strata_array, strata_array_statistics_text(wrong, 0, NULL, out.bytes, 8, &needed, &err));
  WRONG_TOKENS(strata_array_statistics_text(w.texts, 0, wrong, out.bytes, 8, &needed, &err));
  const int which[] = {-1, 2, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < LENGTH(which); ++i)
    WRONG(STRATA_E_INVALID, "which",
          strata_array_statistics_text(w.texts, which[i], NULL, out.bytes, 8, &needed, &err));
  WRONG(STRATA_E_NOT_FOUND, "text", strata_array_statistics_text(w.numbers, 0, NULL, out.bytes, 8, &needed, &err));
  assert_int_equal(needed, 0);
  strata_array *bytes = NULL;
  strata_file *file = memory_file();
  OK(strata_file_define(file, "t", 1, STRATA_STRING, 1, DIMS(1), NULL, NULL, 0, NULL, 0, NULL, &bytes, &err));
  OK(strata_array_write_varlen(bytes, 1, NULL, NULL, (const int64_t[]){0, 4}, 2, "word", 4, NULL, &err));
  flush(file);
  for (int i = 0; i < 2; ++i) {
    WRONG(STRATA_E_BUFFER_TOO_SMALL, "4 bytes",
          strata_array_statistics_text(bytes, i, NULL, out.bytes, 3, &needed, &err));
    assert_int_equal(needed, 4);
    WRONG(STRATA_E_INVALID, "NULL", strata_array_statistics_text(bytes, i, NULL, NULL, 4, &needed, &err));
  }
  strata_array_close(bytes);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reading),    cmocka_unit_test(reading_with_strides), cmocka_unit_test(reading_many), cmocka_unit_test(explaining),
      cmocka_unit_test(writing),    cmocka_unit_test(bools_that_are_none),  cmocka_unit_test(text),
      cmocka_unit_test(attributes), cmocka_unit_test(statistics),           cmocka_unit_test(describing),
  };
  return RUN_IN_WORLD(tests);
}
