/* Text and binary: elements of any length. */
#include "support.h"

/* What a read gave: released with drop(). */
struct texts {
  strata_buffer *offsets, *values;
  const int64_t *at;
  const char *bytes;
  size_t count; /* elements */
};

static struct texts read_texts(strata_array *a, const uint64_t *start, const uint64_t *count) {
  struct texts t;
  OK(strata_array_read_varlen(a, strata_array_ndim(a), start, count, NULL, &t.offsets, &t.values, &err));
  assert_non_null(t.offsets);
  assert_non_null(t.values);
  t.at = strata_buffer_data(t.offsets);
  t.bytes = strata_buffer_data(t.values);
  assert_true(strata_buffer_size(t.offsets) >= 8);
  t.count = strata_buffer_size(t.offsets) / 8 - 1;
  assert_int_equal(t.at[0], 0);
  for (size_t i = 0; i < t.count; ++i) assert_true(t.at[i] <= t.at[i + 1]);
  assert_int_equal(t.at[t.count], strata_buffer_size(t.values));
  return t;
}

static void drop(struct texts *t) {
  strata_buffer_release(t->offsets);
  strata_buffer_release(t->values);
}

static void assert_texts(strata_array *a, const uint64_t *start, const uint64_t *count, size_t n,
                         const char *const *want) {
  struct texts t = read_texts(a, start, count);
  assert_int_equal(t.count, n);
  for (size_t i = 0; i < n; ++i) {
    assert_int_equal(t.at[i + 1] - t.at[i], strlen(want[i]));
    if (want[i][0]) assert_memory_equal(t.bytes + t.at[i], want[i], strlen(want[i]));
  }
  drop(&t);
}

static void write_texts(strata_array *a, const uint64_t *start, const uint64_t *count, size_t n,
                        const char *const *texts) {
  int64_t offsets[64] = {0};
  char bytes[4096];
  assert_true(n < LENGTH(offsets));
  for (size_t i = 0; i < n; ++i) {
    memcpy(bytes + offsets[i], texts[i], strlen(texts[i]));
    offsets[i + 1] = offsets[i] + (int64_t)strlen(texts[i]);
  }
  OK(strata_array_write_varlen(a, strata_array_ndim(a), start, count, offsets, n + 1, bytes, (size_t)offsets[n], NULL,
                               &err));
}

static void regions_of_text_come_back(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  for (size_t c = 0; c < LENGTH(codecs); ++c)
    for (int32_t type = STRATA_STRING; type <= STRATA_BINARY; ++type) {
      char name[32];
      snprintf(name, sizeof name, "text_%d_%d.af", (int)c, (int)type);
      const char *path = scratch(name);
      strata_file *file = create_with(NULL, path, codecs[c]);
      /* 3 x 5 in chunks of 2 x 2: row 1, columns 1 to 4, then rows 0 to 2 of columns 2 and 3 above it. */
      strata_array *a = define(file, "a", type, 2, DIMS(3, 5), DIMS(2, 2));
      write_texts(a, DIMS(1, 1), DIMS(1, 4), 4, (const char *const[]){"one", "", "three is longer", "4"});
      flush(file);
      write_texts(a, DIMS(0, 2), DIMS(3, 2), 6,
                  (const char *const[]){"", "b", "\xC3\xBC", "", "e", "much longer than before"});
      for (int round = 0; round < 4; ++round) {
        assert_texts(a, NULL, NULL, 15,
                     (const char *const[]){"", "", "", "b", "", "", "one", "\xC3\xBC", "", "4", "", "", "e",
                                           "much longer than before", ""});
        assert_texts(a, DIMS(0, 1), DIMS(2, 3), 6, (const char *const[]){"", "", "b", "one", "\xC3\xBC", ""});
        assert_texts(a, DIMS(2, 3), DIMS(1, 1), 1, (const char *const[]){"much longer than before"});
        if (round == 0) flush(file);
        if (round == 1) compact(file);
        if (round == 2) {
          strata_array_close(a);
          file = reopened(file, path);
          a = open_array(file, "a");
        }
      }
      strata_array_close(a);
      strata_file_close(file);
    }
}

/* A fill of text counts in statistics only; binary takes any bytes. */
static void cells_not_written_are_empty(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define_with_fill(file, "a", STRATA_STRING, 1, DIMS(4), DIMS(2), STRATA_STRING, "n/a", 3);
  strata_array *b = define(file, "b", STRATA_BINARY, 1, DIMS(2), NULL);
  write_texts(a, DIMS(1), DIMS(1), 1, (const char *const[]){"x"});
  const int64_t offsets[3] = {0, 4, 6};
  OK(strata_array_write_varlen(b, 1, NULL, NULL, offsets, 3, "\0\xFF\xC3\0\x80\0", 6, NULL, &err));
  for (int round = 0; round < 3; ++round) {
    assert_texts(a, NULL, NULL, 4, (const char *const[]){"", "x", "", ""});
    struct texts t = read_texts(b, NULL, NULL);
    assert_memory_equal(t.at, offsets, sizeof offsets);
    assert_memory_equal(t.bytes, "\0\xFF\xC3\0\x80\0", 6);
    drop(&t);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
}

static void scalars_and_empty_regions(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *scalar = define(file, "s", STRATA_STRING, 0, NULL, NULL),
               *none = define(file, "n", STRATA_STRING, 2, DIMS(3, 0), NULL);
  strata_array *some = define(file, "a", STRATA_BINARY, 1, DIMS(5), DIMS(2));
  assert_texts(scalar, NULL, NULL, 1, (const char *const[]){""});
  write_texts(scalar, NULL, NULL, 1, (const char *const[]){"alone"});
  const int64_t zero = 0;
  OK(strata_array_write_varlen(none, 2, NULL, NULL, &zero, 1, NULL, 0, NULL, &err));
  OK(strata_array_write_varlen(some, 1, DIMS(5), DIMS(0), &zero, 1, NULL, 0, NULL, &err));
  flush(file);
  assert_texts(scalar, NULL, NULL, 1, (const char *const[]){"alone"});
  assert_texts(none, NULL, NULL, 0, NULL);
  assert_texts(some, DIMS(2), DIMS(0), 0, NULL);
  strata_array_close(scalar);
  strata_array_close(none);
  strata_array_close(some);
  strata_file_close(file);
}

static strata_status try_write(strata_array *a, const int64_t *offsets, size_t offset_count, const void *values,
                               size_t size) {
  return strata_array_write_varlen(a, 1, DIMS(0), DIMS(2), offsets, offset_count, values, size, NULL, &err);
}

static void offsets_are_checked(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_BINARY, 1, DIMS(4), DIMS(2)),
               *numbers = define(file, "i", STRATA_INT8, 1, DIMS(4), NULL);
  write_texts(a, DIMS(0), DIMS(2), 2, (const char *const[]){"old", "new"});
  typedef const int64_t these[];
  FAILS(STRATA_E_INVALID, try_write(a, NULL, 3, "abcd", 4));
  FAILS(STRATA_E_INVALID, try_write(a, (these){0, 2}, 2, "abcd", 4));       /* one too few */
  FAILS(STRATA_E_INVALID, try_write(a, (these){0, 1, 2, 3}, 4, "abcd", 4)); /* one too many */
  FAILS(STRATA_E_INVALID, try_write(a, (these){1, 2, 4}, 3, "abcd", 4));    /* the first is not 0 */
  FAILS(STRATA_E_INVALID, try_write(a, (these){0, 3, 2}, 3, "abcd", 4));    /* not ascending */
  FAILS(STRATA_E_INVALID, try_write(a, (these){0, -1, 2}, 3, "abcd", 4));
  FAILS(STRATA_E_INVALID, try_write(a, (these){0, 2, 5}, 3, "abcd", 4)); /* beyond the values */
  FAILS(STRATA_E_INVALID, try_write(a, (these){0, 2, INT64_MAX}, 3, "abcd", 4));
  FAILS(STRATA_E_INVALID, try_write(a, (these){0, 2, 4}, 3, NULL, 4));
  FAILS(STRATA_E_RANGE, strata_array_write_varlen(a, 1, DIMS(3), DIMS(2), (these){0, 2, 4}, 3, "abcd", 4, NULL, &err));
  FAILS(STRATA_E_RANGE, strata_array_write_varlen(a, 1, DIMS(0), DIMS(UINT64_MAX), (these){0}, 1, "", 0, NULL, &err));
  FAILS(STRATA_E_INVALID,
        strata_array_write_varlen(a, 2, DIMS(0, 0), DIMS(1, 1), (these){0, 1}, 2, "a", 1, NULL, &err));
  FAILS(STRATA_E_TYPE, try_write(numbers, (these){0, 2, 4}, 3, "abcd", 4));
  assert_texts(a, NULL, NULL, 4, (const char *const[]){"old", "new", "", ""});
  OK(try_write(a, (these){0, 1, 3}, 3, "abcd", 4)); /* more values than the offsets need */
  assert_texts(a, NULL, NULL, 4, (const char *const[]){"a", "bc", "", ""});
  strata_buffer *offsets = (strata_buffer *)&err, *values = offsets;
  FAILS(STRATA_E_RANGE, strata_array_read_varlen(a, 1, DIMS(0), DIMS(5), NULL, &offsets, &values, &err));
  assert_null(offsets);
  assert_null(values);
  FAILS(STRATA_E_TYPE, strata_array_read_varlen(numbers, 1, NULL, NULL, NULL, &offsets, &values, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_varlen(a, 1, NULL, NULL, NULL, NULL, &values, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_varlen(a, 1, NULL, NULL, NULL, &offsets, NULL, &err));
  assert_null(offsets);
  FAILS(STRATA_E_HANDLE, strata_array_read_varlen(NULL, 1, NULL, NULL, NULL, &offsets, &values, &err));
  strata_array_close(a);
  strata_array_close(numbers);
  strata_file_close(file);
}

static void text_is_utf8(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_STRING, 1, DIMS(4), DIMS(2));
  write_texts(a, DIMS(0), DIMS(2), 2, (const char *const[]){"old", "new"});
  typedef const int64_t these[];
  static const struct {
    const char *bytes;
    int64_t offsets[3];
  } bad[] = {
      {"ab\xFF", {0, 2, 3}},           /* never in UTF-8 */
      {"ab\xC3", {0, 2, 3}},           /* cut */
      {"\xC0\x80", {0, 2, 2}},         /* overlong */
      {"\xED\xA0\x80", {0, 3, 3}},     /* half of a pair */
      {"\xF4\x90\x80\x80", {0, 4, 4}}, /* beyond U+10FFFF */
      {"\xC3\xBC", {0, 1, 2}},         /* well-formed, but the elements' border lies inside a character */
      {"\xC3\xBC", {0, 0, 1}},         /* and here the end does */
  };
  for (size_t i = 0; i < LENGTH(bad); ++i)
    FAILS(STRATA_E_INVALID, try_write(a, bad[i].offsets, 3, bad[i].bytes, strlen(bad[i].bytes)));
  assert_texts(a, NULL, NULL, 4, (const char *const[]){"old", "new", "", ""});
  /* What no element has does not matter; a NUL is a character. */
  OK(try_write(a, (these){0, 2, 3}, 3, "\xC3\xBC\0\xFF", 4));
  struct texts t = read_texts(a, DIMS(1), DIMS(1));
  assert_int_equal(t.at[1], 1);
  assert_int_equal(t.bytes[0], 0);
  drop(&t);
  strata_array_close(a);
  strata_file_close(file);
}

/* Elements of megabytes beside small ones, in every layer and codec. */
static void large_values(void **state) {
  (void)state;
  enum { kBig = 3 << 20 };
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  static char bytes[kBig + 10];
  uint64_t random = 3;
  for (size_t i = 0; i < sizeof bytes; ++i) bytes[i] = (char)('a' + (random_number(&random) >> 40) % 8);
  for (size_t c = 0; c < LENGTH(codecs); ++c) {
    char name[32];
    snprintf(name, sizeof name, "large_%d.af", (int)c);
    strata_file *file = create_with(NULL, scratch(name), codecs[c]);
    strata_array *a = define(file, "a", STRATA_STRING, 1, DIMS(5), DIMS(2));
    const int64_t offsets[4] = {0, 4, kBig + 4, kBig + 10};
    OK(strata_array_write_varlen(a, 1, DIMS(1), DIMS(3), offsets, 4, bytes, sizeof bytes, NULL, &err));
    for (int round = 0; round < 4; ++round) {
      struct texts t = read_texts(a, NULL, NULL);
      const int64_t want[6] = {0, 0, 4, kBig + 4, kBig + 10, kBig + 10};
      assert_memory_equal(t.at, want, sizeof want);
      assert_memory_equal(t.bytes, bytes, sizeof bytes);
      drop(&t);
      if (round == 0) flush(file);
      if (round == 1) { /* a small element beside the large one changes */
        write_texts(a, DIMS(3), DIMS(1), 1, (const char *const[]){"short"});
        assert_texts(a, DIMS(3), DIMS(1), 1, (const char *const[]){"short"});
        OK(strata_file_discard(file, &err));
      }
      if (round == 2) compact(file);
    }
    strata_array_close(a);
    strata_file_close(file);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(regions_of_text_come_back),
      cmocka_unit_test(cells_not_written_are_empty),
      cmocka_unit_test(scalars_and_empty_regions),
      cmocka_unit_test(offsets_are_checked),
      cmocka_unit_test(text_is_utf8),
      cmocka_unit_test(large_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
