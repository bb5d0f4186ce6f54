/* Lists: elements that hold values, or lists of values. */
#include "nested_support.h"
#include "store_support.h"

static void lists_come_back_as_they_were_written(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  const struct {
    const char *type;
    struct column column; /* of 3 elements */
  } all[] = {
      {"list<float32>", COLUMN1(OFFSETS(0, 2, 2, 3), VALUES(float, 1.5F, -0.0F, 3))},
      {"list<bool>", COLUMN1(OFFSETS(0, 0, 3, 3), VALUES(uint8_t, 1, 0, 1))},
      {"list<timestamp_ns>", COLUMN1(OFFSETS(0, 1, 2, 3), VALUES(int64_t, INT64_MIN, 0, INT64_MAX))},
      {"list<string>", COLUMN2(OFFSETS(0, 2, 2, 3), OFFSETS(0, 1, 1, 4), TEXT("a\xE2\x82\xAC"))},
      {"list<binary>", COLUMN2(OFFSETS(0, 0, 0, 2), OFFSETS(0, 0, 2), TEXT("\xFF\xFE"))},
      {"fixed_size_list<string>[3]", COLUMN1(OFFSETS(0, 1, 2, 3, 3, 3, 3, 5, 5, 6), TEXT("abcdef"))},
      {"list<list<int16>>", COLUMN2(OFFSETS(0, 1, 3, 3), OFFSETS(0, 0, 2, 3), VALUES(int16_t, 7, -7, 0))},
      {"list<fixed_size_list<int16>[2]>", COLUMN1(OFFSETS(0, 1, 1, 3), VALUES(int16_t, 1, 2, 3, 4, 5, 6))},
      {"fixed_size_list<list<uint8>>[2]", COLUMN1(OFFSETS(0, 1, 1, 1, 4, 4, 5), VALUES(uint8_t, 1, 2, 3, 4, 5))},
      {"list<fixed_size_list<list<string>>[2]>",
       COLUMN3(OFFSETS(0, 0, 1, 2), OFFSETS(0, 1, 1, 1, 3), OFFSETS(0, 2, 2, 3), TEXT("xyz"))},
  };
  for (size_t c = 0; c < LENGTH(codecs); ++c) {
    char name[32];
    snprintf(name, sizeof name, "lists_%d.af", (int)c);
    const char *path = scratch(name);
    strata_file *file = create_with(NULL, path, codecs[c]);
    for (size_t i = 0; i < LENGTH(all); ++i) {
      strata_array *a = define_nested(file, all[i].type, all[i].type, 1, DIMS(3), DIMS(2));
      write_column(a, NULL, NULL, all[i].column);
      assert_column(a, NULL, NULL, all[i].column);
      strata_array_close(a);
    }
    for (int round = 0; round < 2; ++round) {
      flush(file);
      if (round == 1) compact(file);
      file = reopened(file, path);
      for (size_t i = 0; i < LENGTH(all); ++i) {
        strata_array *a = open_array(file, all[i].type);
        assert_column(a, NULL, NULL, all[i].column);
        strata_array_close(a);
      }
    }
    strata_file_close(file);
  }
}

static void regions_of_lists_are_patched(void **state) {
  (void)state;
  const char *path = scratch("patched.af");
  strata_file *file = create_file(path);
  /* 2 x 5 in chunks of 2 x 2. What is not written is empty. */
  strata_array *a = define_nested(file, "a", "list<list<int32>>", 2, DIMS(2, 5), DIMS(2, 2));
  assert_column(a, NULL, NULL, COLUMN2(OFFSETS(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), OFFSETS(0), NOTHING));
  write_column(a, DIMS(0, 1), DIMS(1, 3), COLUMN2(OFFSETS(0, 1, 1, 3), OFFSETS(0, 2, 2, 3), VALUES(int32_t, 1, 2, 3)));
  flush(file);
  write_column(a, DIMS(0, 2), DIMS(2, 1), COLUMN2(OFFSETS(0, 2, 3), OFFSETS(0, 1, 1, 2), VALUES(int32_t, 10, 20)));
  for (int round = 0; round < 4; ++round) {
    assert_column(a, NULL, NULL,
                  COLUMN2(OFFSETS(0, 0, 1, 3, 5, 5, 5, 5, 6, 6, 6), OFFSETS(0, 2, 3, 3, 3, 4, 5),
                          VALUES(int32_t, 1, 2, 10, 3, 20)));
    assert_column(a, DIMS(0, 1), DIMS(2, 2),
                  COLUMN2(OFFSETS(0, 1, 3, 3, 4), OFFSETS(0, 2, 3, 3, 4), VALUES(int32_t, 1, 2, 10, 20)));
    assert_column(a, DIMS(1, 0), DIMS(1, 2), COLUMN2(OFFSETS(0, 0, 0), OFFSETS(0), NOTHING));
    assert_column(a, DIMS(1, 0), DIMS(0, 2), COLUMN2(OFFSETS(0), OFFSETS(0), NOTHING));
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

static void unwritten_fixed_size_lists_have_empty_elements(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define_nested(file, "a", "fixed_size_list<string>[2]", 1, DIMS(3), DIMS(2));
  assert_column(a, NULL, NULL, COLUMN1(OFFSETS(0, 0, 0, 0, 0, 0, 0), NOTHING));
  write_column(a, DIMS(1), DIMS(1), COLUMN1(OFFSETS(0, 1, 3), TEXT("abb")));
  assert_column(a, NULL, NULL, COLUMN1(OFFSETS(0, 0, 0, 1, 3, 3, 3), TEXT("abb")));
  strata_array_close(a);
  strata_file_close(file);
}

static void arrays_of_one_list_and_of_none(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *one = define_nested(file, "one", "list<int8>", 0, NULL, NULL);
  assert_column(one, NULL, NULL, COLUMN1(OFFSETS(0, 0), NOTHING));
  write_column(one, NULL, NULL, COLUMN1(OFFSETS(0, 3), VALUES(int8_t, 1, 2, 3)));
  assert_column(one, NULL, NULL, COLUMN1(OFFSETS(0, 3), VALUES(int8_t, 1, 2, 3)));
  strata_array *none = define_nested(file, "none", "list<list<int8>>", 2, DIMS(3, 0), NULL);
  write_column(none, NULL, NULL, COLUMN2(OFFSETS(0), OFFSETS(0), NOTHING));
  assert_column(none, NULL, NULL, COLUMN2(OFFSETS(0), OFFSETS(0), NOTHING));
  flush(file);
  compact(file);
  assert_column(one, NULL, NULL, COLUMN1(OFFSETS(0, 3), VALUES(int8_t, 1, 2, 3)));
  strata_array_close(one);
  strata_array_close(none);
  strata_file_close(file);
}

static void fixed_size_lists_of_numbers_have_a_fixed_width(void **state) {
  (void)state;
  const char *path = scratch("fixed.af");
  strata_file *file = create_file(path);
  strata_array *a = define_nested(file, "a", "fixed_size_list<float32>[3]", 2, DIMS(2, 3), DIMS(2, 2));
  strata_array *b = define_nested(file, "b", "fixed_size_list<fixed_size_list<bool>[2]>[2]", 1, DIMS(5), DIMS(2));
  const float point[3] = {1, 2, 3};
  OK(strata_array_write(a, 2, DIMS(1, 2), DIMS(1, 1), point, sizeof point, NULL, &err));
  const uint8_t flags[8] = {1, 0, 0, 1, 0, 1, 1, 1}, bad[8] = {1, 0, 0, 1, 0, 1, 2, 1};
  OK(strata_array_write(b, 1, DIMS(1), DIMS(2), flags, sizeof flags, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_write(b, 1, DIMS(1), DIMS(2), bad, sizeof bad, NULL, &err));
  for (int round = 0; round < 3; ++round) {
    float points[2][3][3];
    memset(points, 0xFF, sizeof points);
    read_all(a, points, sizeof points);
    const float want[2][3][3] = {{{0}}, {{0}, {0}, {1, 2, 3}}};
    assert_memory_equal(points, want, sizeof want);
    uint8_t all[20];
    const uint8_t want_all[20] = {0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 1};
    read_all(b, all, sizeof all);
    assert_memory_equal(all, want_all, sizeof all);
    if (round == 0) flush(file);
    if (round == 1) {
      compact(file);
      strata_array_close(a);
      strata_array_close(b);
      file = reopened(file, path);
      a = open_array(file, "a");
      b = open_array(file, "b");
    }
  }
  /* Columns last: elements 40 bytes apart, rows 12. */
  unsigned char spread[2 * 12 + 3 * 40];
  memset(spread, 0xAA, sizeof spread);
  OK(strata_array_read_strided(a, 2, NULL, NULL, (const int64_t[]){12, 40}, NULL, spread, sizeof spread, &err));
  assert_memory_equal(spread + 12 + 80, point, sizeof point);
  for (size_t i = 0; i < 12 + 80; ++i) assert_int_equal(spread[i], i % 40 < 24 ? 0 : 0xAA);
  OK(strata_array_write_strided(a, 2, DIMS(0, 0), DIMS(2, 3), (const int64_t[]){0, 0}, point, sizeof point, NULL,
                                &err));
  float two[2][3];
  size_t needed = 0;
  strata_status statuses[2];
  OK(strata_array_read_many(a, 2, 2, DIMS(0, 0, 1, 1), DIMS(1, 1, 1, 1), NULL, two, sizeof two, NULL, &needed, statuses,
                            &err));
  assert_int_equal(needed, sizeof two);
  for (int i = 0; i < 2; ++i) assert_memory_equal(two[i], point, sizeof point);
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
}

static void assert_type(strata_array *a, int32_t type, const char *text) {
  char buffer[400];
  size_t needed = 0;
  assert_int_equal(strata_array_type(a), type);
  OK(strata_array_type_text(a, NULL, 0, &needed, &err));
  assert_int_equal(needed, strlen(text));
  OK(strata_array_type_text(a, buffer, sizeof buffer, &needed, &err));
  assert_int_equal(needed, strlen(text));
  assert_memory_equal(buffer, text, needed);
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_type_text(a, buffer, needed - 1, &needed, &err));
}

static void a_type_is_known_by_its_text(void **state) {
  (void)state;
  const char *path = scratch("types.af");
  strata_file *file = create_file(path);
  static const struct {
    const char *text;
    int32_t type;
  } all[] = {
      {"bool", STRATA_BOOL},
      {"timestamp_ns", STRATA_TIMESTAMP_NS},
      {"string", STRATA_STRING},
      {"list<float32>", STRATA_LIST},
      {"fixed_size_list<int8>[4294967295]", STRATA_FIXED_SIZE_LIST},
      {"list<fixed_size_list<list<fixed_size_list<string>[2]>>[3]>", STRATA_LIST},
  };
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < LENGTH(all); ++i) {
      strata_array *a =
          round ? open_array(file, all[i].text) : define_nested(file, all[i].text, all[i].text, 1, DIMS(2), DIMS(1));
      assert_type(a, all[i].type, all[i].text);
      strata_array_close(a);
    }
    if (round == 0) {
      flush(file);
      file = reopened(file, path);
    }
  }
  strata_file_close(file);
}

static void assert_layout(const char *type, int32_t value_type, uint32_t levels, const uint64_t *sizes) {
  uint64_t got[66] = {0};
  uint32_t n = 99;
  int32_t value = -1;
  OK(strata_type_layout(type, STRATA_NUL, &value, got, LENGTH(got), &n, &err));
  assert_int_equal(value, value_type);
  assert_int_equal(n, levels);
  assert_memory_equal(got, sizes, (levels + 1) * sizeof *sizes);
  assert_int_equal(got[levels + 1], 0);
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_type_layout(type, strlen(type), NULL, got, levels, NULL, &err));
  OK(strata_type_layout(type, strlen(type), NULL, NULL, 0, &n, &err));
  assert_int_equal(n, levels);
}

static void a_types_layout(void **state) {
  (void)state;
  assert_layout("float32", STRATA_FLOAT32, 0, DIMS(1));
  assert_layout("string", STRATA_STRING, 1, DIMS(1, 1));
  assert_layout("list<binary>", STRATA_BINARY, 2, DIMS(1, 1, 1));
  assert_layout("fixed_size_list<float64>[3]", STRATA_FLOAT64, 0, DIMS(3));
  assert_layout("fixed_size_list<fixed_size_list<bool>[2]>[3]", STRATA_BOOL, 0, DIMS(6));
  assert_layout("fixed_size_list<string>[3]", STRATA_STRING, 1, DIMS(3, 1));
  assert_layout("fixed_size_list<list<fixed_size_list<list<fixed_size_list<int16>[7]>>[5]>>[3]", STRATA_INT16, 2,
                DIMS(3, 5, 7));
}

/* list<list<...float32>> */
static const char *nested(int depth) {
  static char text[2000];
  char *at = text;
  for (int i = 0; i < depth; ++i) at += sprintf(at, "list<");
  at += sprintf(at, "int8");
  for (int i = 0; i < depth; ++i) *at++ = '>';
  *at = '\0';
  return text;
}

static void a_wrong_type_is_refused_in_words(void **state) {
  (void)state;
  strata_file *file = memory_file();
  static const struct {
    const char *text, *words;
    strata_status status;
  } all[] = {
      {"", "nothing is called", STRATA_E_INVALID},
      {"float", "\"float\"", STRATA_E_INVALID},
      {"list", "nothing is called", STRATA_E_INVALID},
      {"list<>", "nothing is called", STRATA_E_INVALID},
      {"list<float32", "'>' is missing", STRATA_E_INVALID},
      {"list<float32>>", "left over", STRATA_E_INVALID},
      {"list<float32>[3]", "left over", STRATA_E_INVALID},
      {"list<float32> ", "left over", STRATA_E_INVALID},
      {"list<list<float32>", "'>' is missing", STRATA_E_INVALID},
      {"fixed_size_list<float32>", "size", STRATA_E_INVALID},
      {"fixed_size_list<float32>[]", "size", STRATA_E_INVALID},
      {"fixed_size_list<float32>[-1]", "size", STRATA_E_INVALID},
      {"fixed_size_list<float32>[3", "']' is missing", STRATA_E_INVALID},
      {"fixed_size_list<float32>[0]", "holds nothing", STRATA_E_INVALID},
      {"list<fixed_size_list<string>[0]>", "holds nothing", STRATA_E_INVALID},
      {"fixed_size_list<float32>[4294967296]", "4294967295", STRATA_E_LIMIT},
      {"fixed_size_list<fixed_size_list<bool>[4294967295]>[4294967295]", "values", STRATA_E_LIMIT},
  };
  for (size_t i = 0; i < LENGTH(all); ++i) {
    strata_array *a = (strata_array *)file;
    uint32_t levels = 9;
    FAILS(all[i].status, strata_type_layout(all[i].text, STRATA_NUL, NULL, NULL, 0, &levels, &err));
    assert_int_equal(levels, 0);
    if (!strstr(err.message, all[i].words)) fail_msg("%s: %s", all[i].text, err.message);
    FAILS(all[i].status, strata_file_define_nested(file, "a", STRATA_NUL, all[i].text, STRATA_NUL, 1, DIMS(1), NULL,
                                                   NULL, NULL, &a, &err));
    assert_null(a);
    if (!strstr(err.message, all[i].words)) fail_msg("%s: %s", all[i].text, err.message);
  }
  FAILS(STRATA_E_INVALID, strata_type_layout(NULL, STRATA_NUL, NULL, NULL, 0, NULL, &err));
  FAILS(STRATA_E_LIMIT, strata_type_layout(nested(65), STRATA_NUL, NULL, NULL, 0, NULL, &err));
  /* By its number a list has no elements. */
  FAILS(STRATA_E_TYPE,
        strata_file_define(file, "a", STRATA_NUL, STRATA_LIST, 1, DIMS(1), NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  FAILS(STRATA_E_TYPE, strata_file_define(file, "a", STRATA_NUL, STRATA_FIXED_SIZE_LIST, 1, DIMS(1), NULL, NULL, 0,
                                          NULL, 0, NULL, NULL, &err));
  /* A chunk that could not be written, even if all is empty. */
  FAILS(STRATA_E_LIMIT, strata_file_define_nested(file, "a", STRATA_NUL, "fixed_size_list<int64>[4000000000]",
                                                  STRATA_NUL, 1, DIMS(1), NULL, NULL, NULL, NULL, &err));
  FAILS(STRATA_E_LIMIT, strata_file_define_nested(file, "a", STRATA_NUL, "fixed_size_list<string>[4000000000]",
                                                  STRATA_NUL, 1, DIMS(1), NULL, NULL, NULL, NULL, &err));
  assert_string_equal(names_in(file), "");
  strata_file_close(file);
}

static void lists_are_nested_up_to_64_deep(void **state) {
  (void)state;
  const char *path = scratch("deep.af");
  strata_file *file = create_file(path);
  int64_t one[2] = {0, 1};
  const int64_t *offsets[64];
  size_t counts[64];
  for (int i = 0; i < 64; ++i) {
    offsets[i] = one;
    counts[i] = 2;
  }
  strata_array *a = define_nested(file, "a", nested(64), 1, DIMS(1), NULL);
  OK(strata_array_write_nested(a, 1, NULL, NULL, 64, offsets, counts, "\x2A", 1, NULL, &err));
  flush(file);
  strata_array_close(a);
  file = reopened(file, path);
  a = open_array(file, "a");
  assert_type(a, STRATA_LIST, nested(64));
  strata_buffer *levels[64], *values = NULL;
  OK(strata_array_read_nested(a, 1, NULL, NULL, NULL, 64, levels, &values, &err));
  for (int i = 0; i < 64; ++i) {
    assert_int_equal(strata_buffer_size(levels[i]), sizeof one);
    assert_memory_equal(strata_buffer_data(levels[i]), one, sizeof one);
    strata_buffer_release(levels[i]);
  }
  assert_int_equal(*(const char *)strata_buffer_data(values), 0x2A);
  strata_buffer_release(values);
  strata_array_close(a);
  strata_file_close(file);
}

static void refuse(strata_array *a, const uint64_t *start, const uint64_t *count, struct column c, const char *words) {
  FAILS(STRATA_E_INVALID,
        strata_array_write_nested(a, 1, start, count, c.levels, c.offsets, c.counts, c.values, c.size, NULL, &err));
  if (!strstr(err.message, words)) fail_msg("%s: %s", words, err.message);
}

static void wrong_offsets_and_values_are_refused(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define_nested(file, "a", "list<fixed_size_list<string>[2]>", 1, DIMS(4), DIMS(2));
  const struct column good = COLUMN2(OFFSETS(0, 1, 1), OFFSETS(0, 1, 3), TEXT("abc"));
  write_column(a, DIMS(1), DIMS(2), good);
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1), OFFSETS(0, 1, 3), TEXT("abc")),
         "level 0: there must be 3 offsets, not 2");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(1, 1, 1), OFFSETS(0, 1, 3), TEXT("abc")), "level 0: the first offset");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 0), OFFSETS(0, 1, 3), TEXT("abc")), "level 0: offset 2");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 2), OFFSETS(0, 1, 3), TEXT("abc")),
         "level 1: there must be 5 offsets");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 1), OFFSETS(0, 3, 1), TEXT("abc")), "level 1: offset 2");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 1), OFFSETS(0, 1, -1), TEXT("abc")), "level 1: offset 2");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 1), OFFSETS(0, 1, 4), TEXT("abc")), "the last offset is 4");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 0, INT64_MAX), OFFSETS(0, 1, 3), TEXT("abc")), "level 1");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 1), OFFSETS(0, 1, 3), TEXT("a\xFFz")), "UTF-8");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 1), OFFSETS(0, 1, 3), TEXT("\xE2\x82\xAC")), "inside a character");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 1), OFFSETS(0, 1, 3), NULL, 3), "the values are NULL");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(NULL, 3, OFFSETS(0, 1, 3), TEXT("abc")), "level 0: the offsets are NULL");
  refuse(a, DIMS(1), DIMS(2), COLUMN2(OFFSETS(0, 1, 1), NULL, 3, TEXT("abc")), "level 1: the offsets are NULL");
  refuse(a, DIMS(1), DIMS(2), COLUMN1(OFFSETS(0, 1, 3), TEXT("abc")), "2 levels of offsets, not 1");
  refuse(a, DIMS(1), DIMS(2), COLUMN3(OFFSETS(0, 1, 1), OFFSETS(0, 1, 3), OFFSETS(0, 1, 1, 3), TEXT("abc")),
         "2 levels of offsets, not 3");
  FAILS(STRATA_E_INVALID, strata_array_write_nested(a, 1, NULL, NULL, 2, NULL, good.counts, "", 0, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_write_nested(a, 1, NULL, NULL, 2, good.offsets, NULL, "", 0, NULL, &err));
  FAILS(STRATA_E_RANGE,
        strata_array_write_nested(a, 1, DIMS(3), DIMS(2), 2, good.offsets, good.counts, "abc", 3, NULL, &err));
  assert_column(a, NULL, NULL, COLUMN2(OFFSETS(0, 0, 1, 1, 1), OFFSETS(0, 1, 3), TEXT("abc")));
  strata_array *b = define_nested(file, "b", "list<bool>", 1, DIMS(1), NULL);
  refuse(b, NULL, NULL, COLUMN1(OFFSETS(0, 2), VALUES(uint8_t, 1, 2)), "bool");
  write_column(b, NULL, NULL,
               COLUMN1(OFFSETS(0, 1), VALUES(uint8_t, 1, 2))); /* what is beyond the last offset does not count */
  assert_column(b, NULL, NULL, COLUMN1(OFFSETS(0, 1), VALUES(uint8_t, 1)));
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
}

static void reads_have_to_fit_the_type(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *lists = define_nested(file, "lists", "list<string>", 1, DIMS(2), NULL);
  strata_array *fixed = define_nested(file, "fixed", "fixed_size_list<int8>[2]", 1, DIMS(2), NULL);
  strata_array *text = define(file, "text", STRATA_STRING, 1, DIMS(2), NULL);
  strata_buffer *dirt = (strata_buffer *)file, *offsets[3] = {dirt, dirt, dirt}, *values = dirt;
  FAILS(STRATA_E_INVALID, strata_array_read_nested(lists, 1, NULL, NULL, NULL, 3, offsets, &values, &err));
  for (int i = 0; i < 3; ++i) assert_null(offsets[i]);
  assert_null(values);
  FAILS(STRATA_E_INVALID, strata_array_read_nested(lists, 1, NULL, NULL, NULL, 1, offsets, &values, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_nested(lists, 1, NULL, NULL, NULL, 2, NULL, &values, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_nested(lists, 1, NULL, NULL, NULL, 2, offsets, NULL, &err));
  FAILS(STRATA_E_RANGE, strata_array_read_nested(lists, 1, DIMS(1), DIMS(2), NULL, 2, offsets, &values, &err));
  FAILS(STRATA_E_HANDLE, strata_array_read_nested(NULL, 1, NULL, NULL, NULL, 2, offsets, &values, &err));
  FAILS(STRATA_E_TYPE, strata_array_read_nested(fixed, 1, NULL, NULL, NULL, 0, offsets, &values, &err));
  FAILS(STRATA_E_TYPE, strata_array_write_nested(fixed, 1, NULL, NULL, 0, NULL, NULL, "abcd", 4, NULL, &err));
  FAILS(STRATA_E_TYPE, strata_array_read_varlen(lists, 1, NULL, NULL, NULL, offsets, &values, &err));
  FAILS(STRATA_E_TYPE,
        strata_array_write_varlen(lists, 1, NULL, NULL, (const int64_t[]){0, 0, 0}, 3, NULL, 0, NULL, &err));
  FAILS(STRATA_E_TYPE, strata_array_read_varlen(fixed, 1, NULL, NULL, NULL, offsets, &values, &err));
  size_t needed = 1;
  FAILS(STRATA_E_TYPE, strata_array_read(lists, 1, NULL, NULL, NULL, NULL, 0, &needed, &err));
  assert_int_equal(needed, 0);
  FAILS(STRATA_E_TYPE, strata_array_write(lists, 1, NULL, NULL, "", 0, NULL, &err));
  /* Texts are lists of bytes. */
  write_column(text, NULL, NULL, COLUMN1(OFFSETS(0, 1, 3), TEXT("abb")));
  assert_column(text, NULL, NULL, COLUMN1(OFFSETS(0, 1, 3), TEXT("abb")));
  strata_array_close(lists);
  strata_array_close(fixed);
  strata_array_close(text);
  strata_file_close(file);
}

static void arrays_of_lists_grow_and_shrink(void **state) {
  (void)state;
  const char *path = scratch("grown.af");
  strata_file *file = create_file(path);
  strata_array *a = define_nested(file, "a", "list<list<int16>>", 1, DIMS(3), DIMS(2));
  write_column(a, NULL, NULL, COLUMN2(OFFSETS(0, 1, 1, 3), OFFSETS(0, 2, 2, 3), VALUES(int16_t, 1, 2, 3)));
  flush(file);
  const struct column more = COLUMN2(OFFSETS(0, 1, 1), OFFSETS(0, 2), VALUES(int16_t, 4, 5));
  uint64_t start = 9;
  OK(strata_array_append_nested(a, 0, 2, 2, more.offsets, more.counts, more.values, more.size, NULL, &start, &err));
  assert_int_equal(start, 3);
  for (int round = 0; round < 3; ++round) {
    assert_column(a, NULL, NULL,
                  COLUMN2(OFFSETS(0, 1, 1, 3, 4, 4), OFFSETS(0, 2, 2, 3, 5), VALUES(int16_t, 1, 2, 3, 4, 5)));
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  OK(strata_array_resize(a, 1, DIMS(1), NULL, &err));
  assert_column(a, NULL, NULL, COLUMN2(OFFSETS(0, 1), OFFSETS(0, 2), VALUES(int16_t, 1, 2)));
  OK(strata_array_resize(a, 1, DIMS(4), NULL, &err));
  for (int round = 0; round < 3; ++round) {
    assert_column(a, NULL, NULL, COLUMN2(OFFSETS(0, 1, 1, 1, 1), OFFSETS(0, 2), VALUES(int16_t, 1, 2)));
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  OK(strata_file_copy(file, "a", STRATA_NUL, "b", STRATA_NUL, NULL, &err));
  strata_array_close(a);
  a = open_array(file, "b");
  assert_column(a, NULL, NULL, COLUMN2(OFFSETS(0, 1, 1, 1, 1), OFFSETS(0, 2), VALUES(int16_t, 1, 2)));
  strata_array_close(a);
  strata_file_close(file);
}

static void a_cancelled_write_of_lists_is_taken_back(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define_nested(file, "a", "list<int8>", 1, DIMS(3), DIMS(1));
  write_column(a, NULL, NULL, COLUMN1(OFFSETS(0, 1, 1, 2), VALUES(int8_t, 1, 2)));
  strata_cancel *cancel = NULL;
  OK(strata_cancel_create(&cancel, &err));
  strata_cancel_trigger(cancel);
  const struct column other = COLUMN1(OFFSETS(0, 0, 1, 1), VALUES(int8_t, 9));
  FAILS(STRATA_E_CANCELLED, strata_array_write_nested(a, 1, NULL, NULL, 1, other.offsets, other.counts, other.values,
                                                      other.size, cancel, &err));
  strata_buffer *offsets = NULL, *values = NULL;
  FAILS(STRATA_E_CANCELLED, strata_array_read_nested(a, 1, NULL, NULL, cancel, 1, &offsets, &values, &err));
  assert_null(offsets);
  assert_column(a, NULL, NULL, COLUMN1(OFFSETS(0, 1, 1, 2), VALUES(int8_t, 1, 2)));
  strata_cancel_close(cancel);
  strata_array_close(a);
  strata_file_close(file);
}

/* Chunks of the deleted array lie below those of the new one. */
static void lists_defined_anew_begin_empty(void **state) {
  (void)state;
  const char *path = scratch("anew.af");
  strata_file *file = create_file(path);
  strata_array *a = define_nested(file, "a", "list<int64>", 1, DIMS(5), DIMS(2));
  write_column(a, NULL, NULL, COLUMN1(OFFSETS(0, 1, 2, 3, 4, 5), VALUES(int64_t, 1, 2, 3, 4, 5)));
  flush(file);
  strata_array_close(a);
  OK(strata_file_delete(file, "a", STRATA_NUL, NULL, &err));
  a = define_nested(file, "a", "list<fixed_size_list<list<string>>[2]>", 1, DIMS(5), DIMS(2));
  write_column(a, DIMS(2), DIMS(1), COLUMN3(OFFSETS(0, 1), OFFSETS(0, 0, 1), OFFSETS(0, 2), TEXT("hi")));
  for (int round = 0; round < 4; ++round) {
    assert_column(a, NULL, NULL, COLUMN3(OFFSETS(0, 0, 0, 1, 1, 1), OFFSETS(0, 0, 1), OFFSETS(0, 2), TEXT("hi")));
    if (round == 0) flush(file);
    if (round == 1) {
      strata_array_close(a);
      file = reopened(file, path);
      a = open_array(file, "a");
    }
    if (round == 2) compact(file);
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void lists_have_counts_for_statistics_and_no_range(void **state) {
  (void)state;
  strata_file *file = memory_file();
  static const char *const types[] = {"list<int32>", "fixed_size_list<int32>[2]"};
  for (size_t i = 0; i < LENGTH(types); ++i) {
    strata_array *a = define_nested(file, types[i], types[i], 1, DIMS(5), DIMS(2));
    if (i == 0) write_column(a, DIMS(0), DIMS(3), COLUMN1(OFFSETS(0, 1, 1, 3), VALUES(int32_t, 1, 2, 3)));
    else OK(strata_array_write(a, 1, DIMS(0), DIMS(3), (const int32_t[]){1, 2, 3, 4, 5, 6}, 24, NULL, &err));
    for (int round = 0; round < 2; ++round) {
      if (round) compact(file);
      else flush(file);
      strata_statistics s = STRATA_STATISTICS_INIT;
      OK(strata_array_statistics(a, NULL, &s, &err));
      assert_int_equal(s.value_type, STRATA_TYPE_NONE);
      assert_int_equal(s.row_count, 5);
      assert_int_equal(s.null_count, 5);
    }
    strata_array_close(a);
  }
  strata_file_close(file);
}

/* ---- stores ---- */

static strata_array *define_nested_in(strata_dataset *d, const char *name, const char *type, const uint64_t *shape) {
  strata_array *a = NULL;
  OK(strata_dataset_define_nested(d, name, STRATA_NUL, type, STRATA_NUL, 1, shape, NULL, NULL, NULL, &a, &err));
  return a;
}

static void assert_row(strata_across *across, uint64_t row, const char *type, struct column want) {
  assert_int_equal(strata_across_status(across, row), STRATA_OK);
  char text[100];
  size_t needed = 0;
  OK(strata_across_type_text(across, row, text, sizeof text, &needed, &err));
  assert_int_equal(needed, strlen(type));
  assert_memory_equal(text, type, needed);
  const void *data = NULL;
  const int64_t *first = NULL;
  size_t size = 0;
  OK(strata_across_data(across, row, &data, &size, &first, &err));
  assert_int_equal(size, want.size);
  if (size) assert_memory_equal(data, want.values, size);
  for (uint32_t i = 0; i < want.levels; ++i) {
    const int64_t *offsets = NULL;
    size_t count = 0;
    OK(strata_across_offsets(across, row, i, &offsets, &count, &err));
    assert_int_equal(count, want.counts[i]);
    assert_memory_equal(offsets, want.offsets[i], count * sizeof *offsets);
    if (i == 0) assert_ptr_equal(offsets, first);
  }
  if (want.levels == 0) assert_null(first);
  const int64_t *none = (const int64_t *)text;
  size_t count = 9;
  FAILS(STRATA_E_INVALID, strata_across_offsets(across, row, want.levels, &none, &count, &err));
  assert_null(none);
  assert_int_equal(count, 0);
}

static void stores_hold_lists(void **state) {
  (void)state;
  static const int32_t formats[] = {STRATA_META_JSON, STRATA_META_MSGPACK};
  for (size_t f = 0; f < LENGTH(formats); ++f) {
    char path[1280];
    snprintf(path, sizeof path, "%s", scratch(f ? "msgpack" : "json"));
    strata_store *store = create_store_with(NULL, path, formats[f], 0);
    strata_dataset *a = create_dataset(store, "a"), *b = create_dataset(store, "b"), *c = create_dataset(store, "c");
    strata_array *x = define_nested_in(a, "x", "list<string>", DIMS(2)),
                 *y = define_nested_in(b, "x", "list<float64>", DIMS(1));
    strata_array *z = define_nested_in(c, "x", "fixed_size_list<int16>[2]", DIMS(2));
    strata_array *p = define_nested_in(a, "p", "fixed_size_list<int16>[2]", DIMS(2)),
                 *q = define_nested_in(b, "p", "fixed_size_list<int16>[2]", DIMS(2));
    strata_array *r = define_nested_in(c, "p", "fixed_size_list<int16>[3]", DIMS(2));
    write_column(x, NULL, NULL, COLUMN2(OFFSETS(0, 1, 3), OFFSETS(0, 1, 1, 3), TEXT("abb")));
    write_column(y, NULL, NULL, COLUMN1(OFFSETS(0, 2), VALUES(double, 1, 2)));
    write_all(z, (const int16_t[]){1, 2, 3, 4}, 8);
    write_all(q, (const int16_t[]){5, 6, 7, 8}, 8);
    flush_store(store);
    FAILS(STRATA_E_INVALID, strata_dataset_define_nested(a, "bad", STRATA_NUL, "list<", STRATA_NUL, 1, DIMS(1), NULL,
                                                         NULL, NULL, NULL, &err));
    FAILS(STRATA_E_EXISTS, strata_dataset_define_nested(a, "x", STRATA_NUL, "list<int8>", STRATA_NUL, 1, DIMS(1), NULL,
                                                        NULL, NULL, NULL, &err));
    strata_array_close(x);
    strata_array_close(y);
    strata_array_close(z);
    strata_array_close(p);
    strata_array_close(q);
    strata_array_close(r);
    strata_dataset_close(a);
    strata_dataset_close(b);
    strata_dataset_close(c);
    for (int round = 0; round < 2; ++round) {
      store = reopened_store(store, path);
      int32_t type = 0;
      OK(strata_store_array_type(store, "x", STRATA_NUL, &type, &err));
      assert_int_equal(type, STRATA_LIST);
      strata_across *across = NULL;
      OK(strata_store_read_across(store, "x", STRATA_NUL, NULL, 0, 0, NULL, NULL, NULL, &across, &err));
      assert_int_equal(strata_across_count(across), 3);
      assert_row(across, 0, "list<string>", COLUMN2(OFFSETS(0, 1, 3), OFFSETS(0, 1, 1, 3), TEXT("abb")));
      assert_row(across, 1, "list<float64>", COLUMN1(OFFSETS(0, 2), VALUES(double, 1, 2)));
      const struct column fixed = {0, {NULL}, {0}, (const int16_t[]){1, 2, 3, 4}, 8};
      assert_row(across, 2, "fixed_size_list<int16>[2]", fixed);
      strata_across_close(across);
      /* Of a fixed width they can be stacked. */
      int16_t stack[3][4];
      memset(stack, 0xFF, sizeof stack);
      strata_status statuses[3];
      OK(strata_store_read_stacked(store, "p", STRATA_NUL, NULL, 3, 0, NULL, NULL, NULL, stack, sizeof stack, NULL,
                                   statuses, &err));
      const int16_t want[3][4] = {{0, 0, 0, 0}, {5, 6, 7, 8}, {-1, -1, -1, -1}};
      assert_memory_equal(stack, want, sizeof want);
      assert_int_equal(statuses[0], STRATA_OK);
      assert_int_equal(statuses[1], STRATA_OK);
      assert_int_equal(statuses[2], STRATA_E_TYPE);
      FAILS(STRATA_E_TYPE,
            strata_store_read_stacked(store, "x", STRATA_NUL, NULL, 0, 0, NULL, NULL, NULL, NULL, 0, NULL, NULL, &err));
      strata_dataset *one = open_dataset(store, "a");
      strata_array *opened = NULL;
      OK(strata_dataset_array_open(one, "x", STRATA_NUL, NULL, &opened, &err));
      assert_type(opened, STRATA_LIST, "list<string>");
      strata_array_close(opened);
      strata_dataset_close(one);
      if (round == 0) OK(strata_store_compact(store, NULL, &err));
    }
    strata_store_close(store);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists_come_back_as_they_were_written),
      cmocka_unit_test(regions_of_lists_are_patched),
      cmocka_unit_test(unwritten_fixed_size_lists_have_empty_elements),
      cmocka_unit_test(arrays_of_one_list_and_of_none),
      cmocka_unit_test(fixed_size_lists_of_numbers_have_a_fixed_width),
      cmocka_unit_test(a_type_is_known_by_its_text),
      cmocka_unit_test(a_types_layout),
      cmocka_unit_test(a_wrong_type_is_refused_in_words),
      cmocka_unit_test(lists_are_nested_up_to_64_deep),
      cmocka_unit_test(wrong_offsets_and_values_are_refused),
      cmocka_unit_test(reads_have_to_fit_the_type),
      cmocka_unit_test(arrays_of_lists_grow_and_shrink),
      cmocka_unit_test(a_cancelled_write_of_lists_is_taken_back),
      cmocka_unit_test(lists_defined_anew_begin_empty),
      cmocka_unit_test(lists_have_counts_for_statistics_and_no_range),
      cmocka_unit_test(stores_hold_lists),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
