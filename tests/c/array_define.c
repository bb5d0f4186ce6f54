/* What can be defined, what is refused, and what a handle says about its array. */
#include "support.h"

static strata_status try_define(strata_file *file, int32_t type, uint32_t ndim, const uint64_t *shape, const uint64_t *chunk) {
  strata_array *array = (strata_array *)&err;
  strata_status s = strata_file_define(file, "tried", STRATA_NUL, type, ndim, shape, chunk, NULL, 0, NULL, 0, NULL, &array, &err);
  if (s != STRATA_OK) assert_null(array);
  strata_array_close(array);
  if (s == STRATA_OK) OK(strata_file_delete(file, "tried", STRATA_NUL, NULL, &err));
  return s;
}

static void what_the_format_cannot_hold_is_refused_not_cut(void **state) {
  (void)state;
  strata_file *file = memory_file();
  uint64_t ones[33];
  for (int i = 0; i < 33; ++i) ones[i] = 1;
  const uint64_t big = UINT64_C(1) << 32;
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_INT8, 33, ones, NULL));
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_INT8, UINT32_MAX, ones, NULL));
  OK(try_define(file, STRATA_INT8, 32, ones, ones));
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_INT8, 1, DIMS(big), DIMS(16)));
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_INT8, 1, DIMS(big + 5), NULL));
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_INT8, 2, DIMS(1, UINT64_MAX), DIMS(1, 1)));
  OK(try_define(file, STRATA_INT8, 1, DIMS(big - 1), DIMS(1024)));
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_INT8, 1, DIMS(10), DIMS(big)));
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_INT8, 1, DIMS(10), DIMS(big + 2)));
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_FLOAT64, 1, DIMS(1u << 30), DIMS(1u << 30)));
  FAILS(STRATA_E_LIMIT, try_define(file, STRATA_FLOAT64, 2, DIMS(1u << 20, 1u << 20), DIMS(1u << 20, 1u << 20)));
  FAILS(STRATA_E_INVALID, try_define(file, STRATA_INT8, 1, DIMS(10), DIMS(0)));
  FAILS(STRATA_E_INVALID, try_define(file, STRATA_INT8, 1, NULL, NULL));
  FAILS(STRATA_E_INVALID, try_define(file, STRATA_TYPE_NONE, 1, DIMS(1), NULL));
  FAILS(STRATA_E_INVALID, try_define(file, 99, 1, DIMS(1), NULL));
  FAILS(STRATA_E_INVALID, try_define(file, -1, 1, DIMS(1), NULL));
  FAILS(STRATA_E_TYPE, try_define(file, STRATA_LIST, 1, DIMS(1), NULL));
  FAILS(STRATA_E_TYPE, try_define(file, STRATA_FIXED_SIZE_LIST, 1, DIMS(1), NULL));
  assert_string_equal(names_in(file), "");
  assert_int_equal(pending_of(file).arrays, 0);
  strata_file_close(file);
}

/* A shape whose elements cannot be counted in 64 bits: refused, or at least never miscounted. */
static void a_shape_beyond_64_bits_is_no_small_one(void **state) {
  (void)state;
  strata_file *file = memory_file();
  const uint64_t n = UINT32_MAX;
  strata_array *array = NULL;
  strata_status s = strata_file_define(file, "huge", STRATA_NUL, STRATA_FLOAT64, 4, DIMS(n, n, n, n), DIMS(1, 1, 1, 64), NULL, 0,
                                       NULL, 0, NULL, &array, &err);
  if (s == STRATA_OK) {
    size_t needed = 0;
    FAILS(STRATA_E_LIMIT, strata_array_read(array, 4, NULL, NULL, NULL, NULL, 0, &needed, &err));
    double got = 1;
    OK(strata_array_read(array, 4, DIMS(n - 1, n - 1, n - 1, n - 1), DIMS(1, 1, 1, 1), NULL, &got, sizeof got, NULL, &err));
    assert_true(got == 0);
  } else {
    assert_int_equal(s, STRATA_E_LIMIT);
  }
  strata_array_close(array);
  strata_file_close(file);
}

static void chunks_by_default_are_the_shape_up_to_64_mib(void **state) {
  (void)state;
  strata_file *file = memory_file();
  uint64_t chunk[3];
  strata_array *a = define(file, "small", STRATA_FLOAT64, 3, DIMS(10, 20, 30), NULL);
  OK(strata_array_chunk_shape(a, chunk, 3, &err));
  assert_memory_equal(chunk, DIMS(10, 20, 30), sizeof chunk);
  strata_array_close(a);
  a = define(file, "just", STRATA_FLOAT64, 3, DIMS(8, 1024, 1024), NULL);
  OK(strata_array_chunk_shape(a, chunk, 3, &err));
  assert_memory_equal(chunk, DIMS(8, 1024, 1024), sizeof chunk);
  strata_array_close(a);
  a = define(file, "large", STRATA_FLOAT64, 3, DIMS(9, 1024, 1024), NULL);
  OK(strata_array_chunk_shape(a, chunk, 3, &err));
  assert_true(chunk[0] < 9 && chunk[0] >= 4);
  assert_int_equal(chunk[1], 1024);
  assert_int_equal(chunk[2], 1024);
  strata_array_close(a);
  a = define(file, "wide", STRATA_FLOAT32, 3, DIMS(2, 1u << 20, 1u << 10), NULL);
  OK(strata_array_chunk_shape(a, chunk, 3, &err));
  assert_true(chunk[0] * chunk[1] * chunk[2] * 4 <= (64u << 20));
  assert_int_equal(chunk[0], 1);
  assert_int_equal(chunk[2], 1u << 10);
  strata_array_close(a);
  a = define(file, "empty", STRATA_FLOAT32, 3, DIMS(5, 0, 7), NULL);
  OK(strata_array_chunk_shape(a, chunk, 3, &err));
  for (int i = 0; i < 3; ++i) assert_true(chunk[i] >= 1);
  strata_array_close(a);
  strata_file_close(file);
}

static void what_was_defined_can_be_asked_for(void **state) {
  (void)state;
  const char *path = scratch("asked.af");
  strata_file *file = create_file(path);
  static const char *const dims[] = {"time", "", "Breite \xC3\xBC"};
  const float fill = -1.5f;
  strata_array *a = NULL;
  OK(strata_file_define(file, "t2m", STRATA_NUL, STRATA_INT16, 3, DIMS(3, 0, 5), DIMS(2, 4, 100), dims, STRATA_FLOAT32, &fill,
                        sizeof fill, NULL, &a, &err));
  for (int round = 0; round < 3; ++round) {
    assert_int_equal(strata_array_type(a), STRATA_INT16);
    assert_int_equal(strata_array_ndim(a), 3);
    uint64_t shape[4] = {9, 9, 9, 9}, chunk[4] = {9, 9, 9, 9};
    FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_shape(a, shape, 2, &err));
    assert_int_equal(shape[0], 9);
    FAILS(STRATA_E_INVALID, strata_array_shape(a, NULL, 3, &err));
    OK(strata_array_shape(a, shape, 4, &err));
    assert_memory_equal(shape, DIMS(3, 0, 5, 9), sizeof shape);
    FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_chunk_shape(a, chunk, 0, &err));
    OK(strata_array_chunk_shape(a, chunk, 3, &err));
    assert_memory_equal(chunk, DIMS(2, 4, 100, 9), sizeof chunk);
    char text[64] = "..........";
    size_t needed = 0;
    OK(strata_array_name(a, NULL, 0, &needed, &err));
    assert_int_equal(needed, 3);
    needed = 0;
    FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_name(a, text, 2, &needed, &err));
    assert_int_equal(needed, 3);
    assert_memory_equal(text, "...", 3);
    OK(strata_array_name(a, text, sizeof text, &needed, &err));
    assert_memory_equal(text, "t2m.", 4);
    for (uint32_t i = 0; i < 3; ++i) {
      OK(strata_array_dimension_name(a, i, text, sizeof text, &needed, &err));
      assert_int_equal(needed, strlen(dims[i]));
      assert_memory_equal(text, dims[i], needed);
    }
    FAILS(STRATA_E_INVALID, strata_array_dimension_name(a, 3, text, sizeof text, &needed, &err));
    int32_t type = 0;
    double value = 0;
    OK(strata_array_fill(a, &type, &value, sizeof value, &needed, &err));
    assert_int_equal(type, STRATA_FLOAT64);
    assert_int_equal(needed, sizeof value);
    assert_true(value == -1.5);
    FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_fill(a, &type, &value, 4, &needed, &err));
    strata_array_close(a);
    if (round == 0) {
      flush(file);
      file = reopened(file, path);
    } else {
      compact(file);
    }
    a = open_array(file, "t2m");
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void fills_come_back_in_their_wide_kind(void **state) {
  (void)state;
  const char *path = scratch("kinds.af");
  strata_file *file = create_file(path);
  const uint8_t yes = 1, u8 = 200;
  const int8_t i8 = -8;
  const int16_t i16 = -16;
  const int32_t i32 = -32;
  const int64_t i64 = INT64_MIN;
  const uint16_t u16 = 60000;
  const uint32_t u32 = 4000000000u;
  const uint64_t u64 = UINT64_MAX;
  const float f32 = 0.5f;
  const double f64 = 1e300;
  const int64_t wide_i8 = -8, wide_i16 = -16, wide_i32 = -32;
  const uint64_t wide_u8 = 200, wide_u16 = 60000, wide_u32 = 4000000000u;
  const double wide_f32 = 0.5;
  const struct {
    int32_t type;
    const void *value;
    size_t size;
    int32_t back;
    const void *wide;
    size_t wide_size;
  } all[] = {
      {STRATA_TYPE_NONE, NULL, 0, STRATA_TYPE_NONE, NULL, 0},
      {STRATA_BOOL, &yes, 1, STRATA_BOOL, &yes, 1},
      {STRATA_INT8, &i8, 1, STRATA_INT64, &wide_i8, 8},
      {STRATA_INT16, &i16, 2, STRATA_INT64, &wide_i16, 8},
      {STRATA_INT32, &i32, 4, STRATA_INT64, &wide_i32, 8},
      {STRATA_INT64, &i64, 8, STRATA_INT64, &i64, 8},
      {STRATA_UINT8, &u8, 1, STRATA_UINT64, &wide_u8, 8},
      {STRATA_UINT16, &u16, 2, STRATA_UINT64, &wide_u16, 8},
      {STRATA_UINT32, &u32, 4, STRATA_UINT64, &wide_u32, 8},
      {STRATA_UINT64, &u64, 8, STRATA_UINT64, &u64, 8},
      {STRATA_FLOAT32, &f32, 4, STRATA_FLOAT64, &wide_f32, 8},
      {STRATA_FLOAT64, &f64, 8, STRATA_FLOAT64, &f64, 8},
      {STRATA_STRING, "n/a", 3, STRATA_STRING, "n/a", 3},
      {STRATA_STRING, "", 0, STRATA_STRING, "", 0},
      {STRATA_TIMESTAMP_NS, &i64, 8, STRATA_TIMESTAMP_NS, &i64, 8},
  };
  for (size_t i = 0; i < LENGTH(all); ++i) {
    char name[8];
    snprintf(name, sizeof name, "a%zu", i);
    strata_array_close(define_with_fill(file, name, STRATA_INT32, 1, DIMS(3), NULL, all[i].type, all[i].value, all[i].size));
  }
  flush(file);
  file = reopened(file, path);
  for (size_t i = 0; i < LENGTH(all); ++i) {
    char name[8];
    snprintf(name, sizeof name, "a%zu", i);
    strata_array *a = open_array(file, name);
    int32_t type = -5;
    char value[16];
    size_t needed = 99;
    OK(strata_array_fill(a, &type, value, sizeof value, &needed, &err));
    assert_int_equal(type, all[i].back);
    assert_int_equal(needed, all[i].wide_size);
    if (needed) assert_memory_equal(value, all[i].wide, needed);
    strata_array_close(a);
  }
  strata_array *a = NULL;
  FAILS(STRATA_E_TYPE, strata_file_define(file, "x", 1, STRATA_INT8, 0, NULL, NULL, NULL, STRATA_BINARY, "x", 1, NULL, &a, &err));
  FAILS(STRATA_E_TYPE, strata_file_define(file, "x", 1, STRATA_INT8, 0, NULL, NULL, NULL, STRATA_LIST, "x", 1, NULL, &a, &err));
  FAILS(STRATA_E_INVALID, strata_file_define(file, "x", 1, STRATA_INT8, 0, NULL, NULL, NULL, STRATA_INT32, "x", 1, NULL, &a, &err));
  FAILS(STRATA_E_INVALID, strata_file_define(file, "x", 1, STRATA_INT8, 0, NULL, NULL, NULL, STRATA_INT32, NULL, 4, NULL, &a, &err));
  FAILS(STRATA_E_INVALID, strata_file_define(file, "x", 1, STRATA_INT8, 0, NULL, NULL, NULL, STRATA_STRING, "\xFF", 1, NULL, &a, &err));
  FAILS(STRATA_E_INVALID, strata_file_define(file, "x", 1, STRATA_INT8, 0, NULL, NULL, NULL, 55, "x", 1, NULL, &a, &err));
  strata_file_close(file);
}

static void names_may_hold_any_utf8(void **state) {
  (void)state;
  const char *path = scratch("names.af");
  strata_file *file = create_file(path);
  static const struct {
    const char *text;
    size_t length;
  } names[] = {
      {"", 0}, {"a/b", 3}, {"..", 2}, {" ", 1}, {"\n", 1}, {"nul\0inside", 10}, {"temp\xC3\xA9rature", 12},
      {"\xF0\x9F\x8C\x8A", 4}, {"fifteen bytes..", 15}, {"sixteen bytes...", 16}, {"seventeen bytes..", 17},
      {"\xEF\xBB\xBF bom", 7}, {"a", 1}, {"A", 1},
  };
  for (size_t i = 0; i < LENGTH(names); ++i) {
    strata_array *a = NULL;
    OK(strata_file_define(file, names[i].text, names[i].length, STRATA_INT32, 1, DIMS(1), NULL, NULL, 0, NULL, 0, NULL, &a, &err));
    int32_t value = (int32_t)i;
    write_i32(a, 0, 1, &value);
    strata_array_close(a);
  }
  char long_name[5001];
  memset(long_name, 'n', 5000);
  long_name[5000] = '\0';
  strata_array_close(define(file, long_name, STRATA_INT32, 1, DIMS(1), NULL));
  for (int round = 0; round < 3; ++round) {
    if (round == 0) flush(file);
    if (round == 1) compact(file);
    file = reopened(file, path);
    for (size_t i = 0; i < LENGTH(names); ++i) {
      strata_array *a = NULL;
      int exists = 0;
      OK(strata_file_exists(file, names[i].text, names[i].length, &exists, &err));
      assert_int_equal(exists, 1);
      OK(strata_file_array_open(file, names[i].text, names[i].length, &a, &err));
      assert_int_equal(read_i32(a, 0), (int32_t)i);
      char back[64];
      size_t needed = 0;
      OK(strata_array_name(a, back, sizeof back, &needed, &err));
      assert_int_equal(needed, names[i].length);
      if (needed) assert_memory_equal(back, names[i].text, needed);
      strata_array_close(a);
    }
    strata_array_close(open_array(file, long_name));
    strata_cursor *cursor = NULL;
    OK(strata_file_list(file, NULL, 0, &cursor, &err));
    assert_int_equal(strata_cursor_remaining(cursor), LENGTH(names) + 1);
    strata_cursor_close(cursor);
  }
  FAILS(STRATA_E_INVALID, strata_file_define(file, "\xC3", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  FAILS(STRATA_E_INVALID,
        strata_file_define(file, "\xED\xA0\x80", 3, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  static const char *const bad_dims[] = {"\xFF"};
  FAILS(STRATA_E_INVALID,
        strata_file_define(file, "z", 1, STRATA_INT8, 1, DIMS(1), NULL, bad_dims, 0, NULL, 0, NULL, NULL, &err));
  strata_file_close(file);
}

static void a_name_is_defined_once(void **state) {
  (void)state;
  const char *path = scratch("once.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(3), NULL), *b = NULL;
  for (int round = 0; round < 3; ++round) {
    b = a;
    FAILS(STRATA_E_EXISTS, strata_file_define(file, "a", 1, STRATA_INT32, 1, DIMS(3), NULL, NULL, 0, NULL, 0, NULL, &b, &err));
    assert_null(b);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void scalars_and_axes_of_length_zero(void **state) {
  (void)state;
  const char *path = scratch("zero.af");
  strata_file *file = create_file(path);
  const double fill = 2.5, value = 42;
  strata_array *scalar = define_with_fill(file, "scalar", STRATA_FLOAT64, 0, NULL, NULL, STRATA_FLOAT64, &fill, sizeof fill);
  strata_array *empty = define(file, "empty", STRATA_FLOAT64, 3, DIMS(4, 0, 6), DIMS(2, 2, 2));
  double got = 0;
  size_t needed = 0;
  read_all(scalar, &got, sizeof got);
  assert_true(got == fill);
  OK(strata_array_read(scalar, 0, NULL, NULL, NULL, NULL, 0, &needed, &err));
  assert_int_equal(needed, 8);
  write_all(scalar, &value, sizeof value);
  write_all(empty, NULL, 0);
  OK(strata_array_write(empty, 3, DIMS(1, 0, 2), DIMS(2, 0, 1), NULL, 0, NULL, &err));
  for (int round = 0; round < 4; ++round) {
    read_all(scalar, &got, sizeof got);
    assert_true(got == value);
    OK(strata_array_read(empty, 3, NULL, NULL, NULL, NULL, 0, &needed, &err));
    assert_int_equal(needed, 0);
    OK(strata_array_read(empty, 3, DIMS(4, 0, 6), DIMS(0, 0, 0), NULL, NULL, 0, &needed, &err));
    FAILS(STRATA_E_RANGE, strata_array_read(empty, 3, DIMS(0, 0, 0), DIMS(1, 1, 1), NULL, &got, 8, &needed, &err));
    FAILS(STRATA_E_RANGE, strata_array_read(empty, 3, DIMS(0, 1, 0), DIMS(1, 0, 1), NULL, &got, 8, &needed, &err));
    FAILS(STRATA_E_INVALID, strata_array_read(scalar, 1, DIMS(0), DIMS(1), NULL, &got, 8, &needed, &err));
    strata_array_close(scalar);
    strata_array_close(empty);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
    if (round == 2) {
      file = reopened(file, path);
    }
    scalar = open_array(file, "scalar");
    empty = open_array(file, "empty");
  }
  strata_array_close(scalar);
  strata_array_close(empty);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_the_format_cannot_hold_is_refused_not_cut),
      cmocka_unit_test(a_shape_beyond_64_bits_is_no_small_one),
      cmocka_unit_test(chunks_by_default_are_the_shape_up_to_64_mib),
      cmocka_unit_test(what_was_defined_can_be_asked_for),
      cmocka_unit_test(fills_come_back_in_their_wide_kind),
      cmocka_unit_test(names_may_hold_any_utf8),
      cmocka_unit_test(a_name_is_defined_once),
      cmocka_unit_test(scalars_and_axes_of_length_zero),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
