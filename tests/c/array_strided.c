/* Regions in memory with strides: gathered, scattered, repeated; and what would overlap or leave the memory is refused. */
#include "support.h"

#define STRIDES(...) ((const int64_t[]){__VA_ARGS__})

/* "a": 4 x 6 of int32, 10 * row + column, in chunks of 3 x 4. */
static strata_array *sample(strata_file *file) {
  strata_array *a = define(file, "a", STRATA_INT32, 2, DIMS(4, 6), DIMS(3, 4));
  int32_t values[24];
  for (int i = 0; i < 24; ++i) values[i] = i / 6 * 10 + i % 6;
  write_all(a, values, sizeof values);
  return a;
}

/* The same promises for pending chunks, compressed ones, and those stored as they are. */
typedef void check(strata_array *a);
static void in_all_places(check *promise) {
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  for (size_t c = 0; c < LENGTH(codecs); ++c) {
    char name[64];
    static int number = 0;
    snprintf(name, sizeof name, "strided_%d.af", number++);
    strata_file *file = create_with(NULL, scratch(name), codecs[c]);
    strata_array *a = sample(file);
    promise(a);
    flush(file);
    promise(a);
    strata_array_close(a);
    strata_file_close(file);
    file = open_file(scratch(name));
    a = open_array(file, "a");
    promise(a);
    strata_array_close(a);
    strata_file_close(file);
  }
}

static void transposes(strata_array *a) {
  int32_t got[6][4];
  OK(strata_array_read_strided(a, 2, NULL, NULL, STRIDES(4, 16), NULL, got, sizeof got, &err));
  for (int c = 0; c < 6; ++c)
    for (int r = 0; r < 4; ++r) assert_int_equal(got[c][r], r * 10 + c);
}

static void leaves_gaps_alone(strata_array *a) {
  int32_t got[3][10];
  memset(got, 0x77, sizeof got);
  /* Rows 1 to 3, columns 2 to 5: to every second place of rows of ten. */
  OK(strata_array_read_strided(a, 2, DIMS(1, 2), DIMS(3, 4), STRIDES(40, 8), NULL, got, sizeof got, &err));
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 10; ++c)
      assert_int_equal(got[r][c], c % 2 == 0 && c < 8 ? (r + 1) * 10 + 2 + c / 2 : 0x77777777);
}

static void needs_no_more_than_the_last_element(strata_array *a) {
  int32_t got[9];
  memset(got, 0x77, sizeof got);
  /* Three elements, 16 bytes apart: the last ends at byte 36, not at 48. */
  FAILS(STRATA_E_BUFFER_TOO_SMALL,
        strata_array_read_strided(a, 2, DIMS(0, 1), DIMS(3, 1), STRIDES(16, 4), NULL, got, 35, &err));
  assert_int_equal(got[0], 0x77777777);
  OK(strata_array_read_strided(a, 2, DIMS(0, 1), DIMS(3, 1), STRIDES(16, 4), NULL, got, 36, &err));
  assert_int_equal(got[0], 1);
  assert_int_equal(got[1], 0x77777777);
  assert_int_equal(got[4], 11);
  assert_int_equal(got[8], 21);
}

static void is_fine_at_any_address(strata_array *a) {
  uint8_t memory[24 * 7 + 1];
  /* Elements at odd addresses, 7 bytes apart. */
  OK(strata_array_read_strided(a, 2, NULL, NULL, STRIDES(42, 7), NULL, memory + 1, sizeof memory - 1, &err));
  for (int i = 0; i < 24; ++i) {
    int32_t v;
    memcpy(&v, memory + 1 + 7 * i, sizeof v);
    assert_int_equal(v, i / 6 * 10 + i % 6);
  }
}

static void reads_go_where_strides_say(void **state) {
  (void)state;
  in_all_places(transposes);
  in_all_places(leaves_gaps_alone);
  in_all_places(needs_no_more_than_the_last_element);
  in_all_places(is_fine_at_any_address);
}

static void elements_of_a_destination_never_overlap(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = sample(file);
  int32_t got[200];
  memset(got, 0x77, sizeof got);
  FAILS(STRATA_E_INVALID, strata_array_read_strided(a, 2, NULL, NULL, STRIDES(0, 4), NULL, got, sizeof got, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_strided(a, 2, NULL, NULL, STRIDES(24, 3), NULL, got, sizeof got, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_strided(a, 2, NULL, NULL, STRIDES(20, 4), NULL, got, sizeof got, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_strided(a, 2, NULL, NULL, STRIDES(4, 4), NULL, got, sizeof got, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_strided(a, 2, NULL, NULL, STRIDES(-24, 4), NULL, got + 100, 400, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_strided(a, 2, NULL, NULL, STRIDES(24, -4), NULL, got + 100, 400, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_strided(a, 2, NULL, NULL, NULL, NULL, got, sizeof got, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_strided(a, 2, NULL, NULL, STRIDES(24, 4), NULL, NULL, sizeof got, &err));
  FAILS(STRATA_E_LIMIT,
        strata_array_read_strided(a, 2, NULL, NULL, STRIDES(INT64_MAX, 4), NULL, got, sizeof got, &err));
  for (size_t i = 0; i < LENGTH(got); ++i) assert_int_equal(got[i], 0x77777777);
  /* An axis of one element steps nowhere. */
  OK(strata_array_read_strided(a, 2, DIMS(1, 0), DIMS(1, 6), STRIDES(0, 4), NULL, got, sizeof got, &err));
  for (int c = 0; c < 6; ++c) assert_int_equal(got[c], 10 + c);
  strata_array_close(a);
  strata_file_close(file);
}

static void writes_come_from_where_strides_say(void **state) {
  (void)state;
  const char *path = scratch("written.af");
  strata_file *file = create_file(path);
  strata_array *a = sample(file), *b = define(file, "b", STRATA_INT32, 2, DIMS(4, 6), DIMS(3, 4));
  flush(file);
  /* Transposed, from memory of another program's making, with a border. */
  int32_t source[7][9];
  for (int c = 0; c < 7; ++c)
    for (int r = 0; r < 9; ++r) source[c][r] = 1000 + r * 10 + c;
  OK(strata_array_write_strided(b, 2, NULL, NULL, STRIDES(4, 36), source, sizeof source, NULL, &err));
  /* One row for all rows, one element for all columns. */
  const int32_t row[4] = {7, 8, 9, 10}, one = 5;
  OK(strata_array_write_strided(a, 2, DIMS(1, 1), DIMS(3, 4), STRIDES(0, 4), row, sizeof row, NULL, &err));
  OK(strata_array_write_strided(a, 2, DIMS(0, 0), DIMS(4, 1), STRIDES(0, 0), &one, sizeof one, NULL, &err));
  for (int round = 0; round < 3; ++round) {
    int32_t got[4][6];
    read_all(b, got, sizeof got);
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 6; ++c) assert_int_equal(got[r][c], 1000 + r * 10 + c);
    read_all(a, got, sizeof got);
    for (int r = 0; r < 4; ++r)
      for (int c = 0; c < 6; ++c) assert_int_equal(got[r][c], c == 0 ? 5 : r >= 1 && c < 5 ? row[c - 1] : r * 10 + c);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
}

static void a_source_is_never_read_beyond_its_end(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = sample(file);
  const int32_t source[24] = {0};
  FAILS(STRATA_E_INVALID,
        strata_array_write_strided(a, 2, NULL, NULL, STRIDES(24, 4), source, sizeof source - 1, NULL, &err));
  FAILS(STRATA_E_INVALID,
        strata_array_write_strided(a, 2, NULL, NULL, STRIDES(28, 4), source, sizeof source, NULL, &err));
  FAILS(STRATA_E_INVALID,
        strata_array_write_strided(a, 2, NULL, NULL, STRIDES(-24, 4), source, sizeof source, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_write_strided(a, 2, NULL, NULL, NULL, source, sizeof source, NULL, &err));
  FAILS(STRATA_E_INVALID,
        strata_array_write_strided(a, 2, NULL, NULL, STRIDES(24, 4), NULL, sizeof source, NULL, &err));
  FAILS(STRATA_E_LIMIT,
        strata_array_write_strided(a, 2, NULL, NULL, STRIDES(INT64_MAX, 4), source, sizeof source, NULL, &err));
  int32_t got[4][6];
  read_all(a, got, sizeof got);
  for (int i = 0; i < 24; ++i) assert_int_equal(got[i / 6][i % 6], i / 6 * 10 + i % 6);
  strata_array_close(a);
  strata_file_close(file);
}

/* Chunks large enough to be compressed at once, from and into memory that is not theirs in one piece. */
static void large_chunks_too(void **state) {
  (void)state;
  enum { kSide = 300 };
  static double source[kSide][kSide], got[kSide][kSide];
  for (int r = 0; r < kSide; ++r)
    for (int c = 0; c < kSide; ++c) source[r][c] = r * 1000.0 + c;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_FLOAT64, 2, DIMS(kSide, kSide), DIMS(128, 100));
  OK(strata_array_write_strided(a, 2, NULL, NULL, STRIDES(8, 8 * kSide), source, sizeof source, NULL, &err));
  for (int round = 0; round < 3; ++round) {
    memset(got, 0, sizeof got);
    read_all(a, got, sizeof got);
    for (int r = 0; r < kSide; ++r)
      for (int c = 0; c < kSide; ++c) assert_true(got[r][c] == source[c][r]);
    memset(got, 0, sizeof got);
    OK(strata_array_read_strided(a, 2, NULL, NULL, STRIDES(8, 8 * kSide), NULL, got, sizeof got, &err));
    assert_memory_equal(got, source, sizeof got);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void a_scalar_has_no_strides(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT64, 0, NULL, NULL);
  const int64_t value = 42;
  int64_t got = 0;
  OK(strata_array_write_strided(a, 0, NULL, NULL, NULL, &value, sizeof value, NULL, &err));
  OK(strata_array_read_strided(a, 0, NULL, NULL, NULL, NULL, &got, sizeof got, &err));
  assert_int_equal(got, 42);
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_read_strided(a, 0, NULL, NULL, NULL, NULL, &got, 7, &err));
  FAILS(STRATA_E_INVALID, strata_array_write_strided(a, 0, NULL, NULL, NULL, &value, 7, NULL, &err));
  strata_array_close(a);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_go_where_strides_say),
      cmocka_unit_test(elements_of_a_destination_never_overlap),
      cmocka_unit_test(writes_come_from_where_strides_say),
      cmocka_unit_test(a_source_is_never_read_beyond_its_end),
      cmocka_unit_test(large_chunks_too),
      cmocka_unit_test(a_scalar_has_no_strides),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
