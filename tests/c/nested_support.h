/* Elements without a fixed width, as they cross: levels of offsets, and values. */
#ifndef STRATA_TESTS_NESTED_SUPPORT_H
#define STRATA_TESTS_NESTED_SUPPORT_H

#include "support.h"

enum { kMostLevels = 4 };

struct column {
  uint32_t levels;
  const int64_t *offsets[kMostLevels];
  size_t counts[kMostLevels];
  const void *values;
  size_t size;
};

/* Offsets of a level, and values: COLUMN2(OFFSETS(0, 1), OFFSETS(0, 2), VALUES(float, 1, 2)). */
#define OFFSETS(...) ((const int64_t[]){__VA_ARGS__}), sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#define VALUES(type, ...) ((const type[]){__VA_ARGS__}), sizeof((const type[]){__VA_ARGS__})
#define TEXT(text) (text), sizeof(text) - 1
#define NOTHING "", 0

static inline struct column make_column1(const int64_t *offsets, size_t count, const void *values, size_t size) {
  const struct column c = {1, {offsets}, {count}, values, size};
  return c;
}
static inline struct column make_column2(const int64_t *offsets0, size_t count0, const int64_t *offsets1, size_t count1,
                                         const void *values, size_t size) {
  const struct column c = {2, {offsets0, offsets1}, {count0, count1}, values, size};
  return c;
}
static inline struct column make_column3(const int64_t *offsets0, size_t count0, const int64_t *offsets1, size_t count1,
                                         const int64_t *offsets2, size_t count2, const void *values, size_t size) {
  const struct column c = {3, {offsets0, offsets1, offsets2}, {count0, count1, count2}, values, size};
  return c;
}
/* By way of a macro, so that the arguments' own commas come apart first. */
#define COLUMN1(...) make_column1(__VA_ARGS__)
#define COLUMN2(...) make_column2(__VA_ARGS__)
#define COLUMN3(...) make_column3(__VA_ARGS__)

static inline strata_array *define_nested(strata_file *file, const char *name, const char *type, uint32_t ndim,
                                          const uint64_t *shape, const uint64_t *chunk) {
  strata_array *array = NULL;
  OK(strata_file_define_nested(file, name, STRATA_NUL, type, STRATA_NUL, ndim, shape, chunk, NULL, NULL, &array, &err));
  assert_non_null(array);
  return array;
}

static inline void write_column(strata_array *a, const uint64_t *start, const uint64_t *count, struct column c) {
  OK(strata_array_write_nested(a, strata_array_ndim(a), start, count, c.levels, c.offsets, c.counts, c.values, c.size,
                               NULL, &err));
}

static inline void assert_column(strata_array *a, const uint64_t *start, const uint64_t *count, struct column want) {
  strata_buffer *offsets[kMostLevels], *values = NULL;
  OK(strata_array_read_nested(a, strata_array_ndim(a), start, count, NULL, want.levels, offsets, &values, &err));
  for (uint32_t i = 0; i < want.levels; ++i) {
    assert_int_equal(strata_buffer_size(offsets[i]), want.counts[i] * sizeof(int64_t));
    assert_memory_equal(strata_buffer_data(offsets[i]), want.offsets[i], want.counts[i] * sizeof(int64_t));
    strata_buffer_release(offsets[i]);
  }
  assert_int_equal(strata_buffer_size(values), want.size);
  if (want.size) assert_memory_equal(strata_buffer_data(values), want.values, want.size);
  strata_buffer_release(values);
}

#endif
