/* Reading and writing regions: what was written comes back, the rest is fill, and what cannot be is refused. */
#include <math.h>

#include "support.h"

static const int32_t kTypes[] = {STRATA_BOOL,   STRATA_INT8,    STRATA_INT16,   STRATA_INT32,
                                 STRATA_INT64,  STRATA_UINT8,   STRATA_UINT16,  STRATA_UINT32,
                                 STRATA_UINT64, STRATA_FLOAT32, STRATA_FLOAT64, STRATA_TIMESTAMP_NS};
static const int32_t kCodecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};

/* Any bytes are elements, but for bool. */
static void make_elements(uint8_t *to, size_t size, int32_t type, uint64_t *random) {
  for (size_t i = 0; i < size; ++i)
    to[i] = (uint8_t)(type == STRATA_BOOL ? random_number(random) & 1 : random_number(random) >> 13);
}

static void assert_refused(strata_array *a, strata_status want, uint32_t ndim, const uint64_t *start,
                           const uint64_t *count) {
  static int32_t some[1000];
  const size_t size = sizeof some;
  static const int64_t strides[4] = {400, 20, 4, 4};
  strata_error e = STRATA_ERROR_INIT;
  memset(some, 0x55, size);
  assert_int_equal(strata_array_read(a, ndim, start, count, NULL, some, size, NULL, &e), want);
  assert_int_equal(strata_array_read_strided(a, ndim, start, count, strides, NULL, some, size, &e), want);
  assert_int_equal(strata_array_write(a, ndim, start, count, some, size, NULL, &e), want);
  assert_int_equal(strata_array_write_strided(a, ndim, start, count, strides, some, size, NULL, &e), want);
  assert_int_equal(e.status, want);
  assert_true(e.message[0] != '\0');
  for (size_t i = 0; i < LENGTH(some); ++i) assert_int_equal(some[i], 0x55555555);
}

/* 5 x 7 elements in chunks of 2 x 3, of every type, with every codec: part of them written, in two layers. */
static void every_type_comes_back_with_every_codec(void **state) {
  (void)state;
  uint64_t random = 11;
  for (size_t c = 0; c < LENGTH(kCodecs); ++c) {
    char name[32];
    snprintf(name, sizeof name, "types_%zu.af", c);
    const char *path = scratch(name);
    strata_file *file = create_with(NULL, path, kCodecs[c]);
    uint8_t want[LENGTH(kTypes)][35 * 8];
    memset(want, 0, sizeof want); /* no fill: unwritten cells are 0 */
    for (int layer = 0; layer < 2; ++layer) {
      for (size_t t = 0; t < LENGTH(kTypes); ++t) {
        const size_t w = strata_type_size(kTypes[t]);
        const char *array = strata_type_name(kTypes[t]);
        strata_array *a = layer ? open_array(file, array) : define(file, array, kTypes[t], 2, DIMS(5, 7), DIMS(2, 3));
        /* Rows 1 to 3, columns 2 to 5; then rows 3 and 4, columns 0 to 6: neither follows the chunks. */
        const uint64_t row = layer ? 3 : 1, rows = layer ? 2 : 3, column = layer ? 0 : 2, columns = layer ? 7 : 4;
        uint8_t part[14 * 8];
        make_elements(part, rows * columns * w, kTypes[t], &random);
        OK(strata_array_write(a, 2, DIMS(row, column), DIMS(rows, columns), part, rows * columns * w, NULL, &err));
        for (uint64_t r = 0; r < rows; ++r)
          memcpy(want[t] + ((row + r) * 7 + column) * w, part + r * columns * w, columns * w);
        strata_array_close(a);
      }
      flush(file);
    }
    for (int round = 0; round < 3; ++round) {
      for (size_t t = 0; t < LENGTH(kTypes); ++t) {
        const size_t w = strata_type_size(kTypes[t]);
        strata_array *a = open_array(file, strata_type_name(kTypes[t]));
        uint8_t got[35 * 8];
        assert_int_equal(strata_array_type(a), kTypes[t]);
        read_all(a, got, 35 * w);
        assert_memory_equal(got, want[t], 35 * w);
        /* A region that begins and ends inside chunks. */
        OK(strata_array_read(a, 2, DIMS(1, 1), DIMS(3, 5), NULL, got, sizeof got, NULL, &err));
        for (size_t r = 0; r < 3; ++r) assert_memory_equal(got + r * 5 * w, want[t] + ((r + 1) * 7 + 1) * w, 5 * w);
        strata_array_close(a);
      }
      if (round == 0) {
        file = reopened(file, path);
      } else {
        compact(file);
      }
    }
    strata_file_close(file);
  }
}

/* One written element per chunk; around it the fill, before and after a flush, in chunks there are and in those there are not. */
static void cells_not_written_are_fill(void **state) {
  (void)state;
  const char *path = scratch("fill.af");
  strata_file *file = create_file(path);
  const int64_t minus = -7, when = 1234567890123456789;
  const uint64_t big = 300;
  const double half = 2.5, nan = NAN, huge = 1e30;
  const uint8_t yes = 1;
  const struct {
    const char *name;
    int32_t type, fill_type;
    const void *fill;
    size_t size;
    const void *reads; /* as what an unwritten cell reads */
  } all[] = {
      {"none", STRATA_FLOAT64, STRATA_TYPE_NONE, NULL, 0, &(double){0}},
      {"double", STRATA_FLOAT64, STRATA_FLOAT64, &half, 8, &(double){2.5}},
      {"nan", STRATA_FLOAT32, STRATA_FLOAT64, &nan, 8, NULL},
      {"int", STRATA_INT16, STRATA_INT64, &minus, 8, &(int16_t){-7}},
      {"wrapped", STRATA_UINT8, STRATA_INT64, &minus, 8, &(uint8_t){249}},
      {"cut", STRATA_UINT8, STRATA_UINT64, &big, 8, &(uint8_t){44}},
      {"toward zero", STRATA_INT32, STRATA_FLOAT64, &half, 8, &(int32_t){2}},
      {"saturated", STRATA_INT64, STRATA_FLOAT64, &huge, 8, &(int64_t){INT64_MAX}},
      {"nan is 0", STRATA_INT64, STRATA_FLOAT64, &nan, 8, &(int64_t){0}},
      {"bool", STRATA_BOOL, STRATA_BOOL, &yes, 1, &(uint8_t){1}},
      {"time", STRATA_TIMESTAMP_NS, STRATA_TIMESTAMP_NS, &when, 8, &when},
      {"time of int", STRATA_TIMESTAMP_NS, STRATA_INT64, &minus, 8, &minus},
      {"float of int", STRATA_FLOAT32, STRATA_INT64, &minus, 8, &(float){-7}},
      {"text", STRATA_INT32, STRATA_STRING, "n/a", 3, &(int32_t){0}},
  };
  for (int round = 0; round < 4; ++round) {
    for (size_t i = 0; i < LENGTH(all); ++i) {
      const size_t w = strata_type_size(all[i].type);
      const uint8_t written[8] = {1}; /* 1 as an integer; as a float a tiny number, but not 0 */
      strata_array *a;
      if (round == 0) {
        a = define_with_fill(file, all[i].name, all[i].type, 1, DIMS(10), DIMS(4), all[i].fill_type, all[i].fill,
                             all[i].size);
        OK(strata_array_write(a, 1, DIMS(1), DIMS(1), written, w, NULL, &err));
        OK(strata_array_write(a, 1, DIMS(9), DIMS(1), written, w, NULL, &err));
      } else {
        a = open_array(file, all[i].name);
      }
      uint8_t got[10][8];
      memset(got, 0xEE, sizeof got);
      OK(strata_array_read_strided(a, 1, NULL, NULL, (const int64_t[]){8}, NULL, got, sizeof got, &err));
      for (int k = 0; k < 10; ++k) {
        if (k == 1 || k == 9) {
          assert_memory_equal(got[k], written, w);
        } else if (all[i].reads) {
          assert_memory_equal(got[k], all[i].reads, w);
        } else {
          float f;
          memcpy(&f, got[k], sizeof f);
          assert_true(f != f);
        }
      }
      strata_array_close(a);
    }
    if (round == 0) flush(file);
    if (round == 1) {
      file = reopened(file, path);
    }
    if (round == 2) compact(file);
  }
  strata_file_close(file);
}

static void the_last_write_counts(void **state) {
  (void)state;
  const char *path = scratch("overwritten.af");
  strata_file *file = create_file(path);
  const int32_t fill = -1;
  strata_array *a = define_with_fill(file, "a", STRATA_INT32, 1, DIMS(8), DIMS(4), STRATA_INT32, &fill, sizeof fill);
  const int32_t first[8] = {1, 2, 3, 4, 5, 6, 7, 8}, middle[4] = {30, 40, 50, 60}, back[2] = {-1, -1};
  write_all(a, first, sizeof first);
  write_i32(a, 2, 4, middle);
  const int32_t once[8] = {1, 2, 30, 40, 50, 60, 7, 8}, twice[8] = {1, 2, 30, -1, -1, 60, 7, 8};
  int32_t got[8];
  read_all(a, got, sizeof got);
  assert_memory_equal(got, once, sizeof got);
  flush(file);
  write_i32(a, 3, 2, back); /* the fill is a value like any other */
  for (int round = 0; round < 4; ++round) {
    read_all(a, got, sizeof got);
    assert_memory_equal(got, twice, sizeof got);
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

static void a_region_outside_is_refused_and_changes_nothing(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT32, 3, DIMS(4, 5, 6), DIMS(2, 2, 2));
  assert_refused(a, STRATA_E_RANGE, 3, DIMS(0, 0, 0), DIMS(5, 1, 1));
  assert_refused(a, STRATA_E_RANGE, 3, DIMS(4, 0, 0), DIMS(1, 1, 1));
  assert_refused(a, STRATA_E_RANGE, 3, DIMS(0, 0, 1), DIMS(1, 1, 6));
  assert_refused(a, STRATA_E_RANGE, 3, DIMS(5, 0, 0), DIMS(0, 1, 1)); /* empty, and yet outside */
  assert_refused(a, STRATA_E_RANGE, 3, DIMS(UINT64_MAX, 0, 0), DIMS(1, 1, 1));
  assert_refused(a, STRATA_E_RANGE, 3, DIMS(1, 0, 0), DIMS(UINT64_MAX, 1, 1)); /* start + count is 0 in 64 bits */
  assert_refused(a, STRATA_E_RANGE, 3, DIMS(0, 0, 0), DIMS(UINT64_MAX, UINT64_MAX, UINT64_MAX));
  assert_refused(a, STRATA_E_INVALID, 2, DIMS(0, 0), DIMS(1, 1));
  assert_refused(a, STRATA_E_INVALID, 0, NULL, NULL);
  assert_refused(a, STRATA_E_INVALID, 3, NULL, DIMS(1, 1, 1));
  assert_refused(a, STRATA_E_INVALID, 3, DIMS(0, 0, 0), NULL);
  assert_int_equal(pending_of(file).chunks, 0);
  strata_array_close(a);
  strata_file_close(file);
}

static void a_size_can_be_asked_for(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT16, 2, DIMS(4, 5), DIMS(2, 2));
  int16_t room[20];
  memset(room, 0x11, sizeof room);
  size_t needed = 0;
  OK(strata_array_read(a, 2, NULL, NULL, NULL, NULL, 0, &needed, &err));
  assert_int_equal(needed, 40);
  OK(strata_array_read(a, 2, DIMS(1, 1), DIMS(2, 3), NULL, NULL, 0, &needed, &err));
  assert_int_equal(needed, 12);
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_read(a, 2, DIMS(1, 1), DIMS(2, 3), NULL, NULL, 0, NULL, &err));
  needed = 0;
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_read(a, 2, NULL, NULL, NULL, room, 39, &needed, &err));
  assert_int_equal(needed, 40);
  assert_int_equal(room[0], 0x1111);
  OK(strata_array_read(a, 2, NULL, NULL, NULL, room, sizeof room, NULL, &err));
  assert_int_equal(room[19], 0);
  needed = 77;
  FAILS(STRATA_E_RANGE, strata_array_read(a, 2, DIMS(0, 0), DIMS(5, 5), NULL, room, sizeof room, &needed, &err));
  assert_int_equal(needed, 0);
  FAILS(STRATA_E_INVALID, strata_array_read(a, 2, NULL, NULL, NULL, NULL, sizeof room, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_write(a, 2, NULL, NULL, room, 39, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_write(a, 2, NULL, NULL, room, 41, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_write(a, 2, NULL, NULL, NULL, 40, NULL, &err));
  FAILS(STRATA_E_HANDLE, strata_array_read(NULL, 2, NULL, NULL, NULL, room, sizeof room, &needed, &err));
  FAILS(STRATA_E_HANDLE, strata_array_write(NULL, 2, NULL, NULL, room, sizeof room, NULL, &err));
  assert_int_equal(pending_of(file).arrays, 1); /* as defined */
  assert_int_equal(pending_of(file).chunks, 0);
  strata_array_close(a);
  strata_file_close(file);
}

static void empty_regions_are_fine(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT32, 2, DIMS(4, 5), DIMS(2, 2));
  size_t needed = 9;
  int32_t untouched = 5;
  OK(strata_array_read(a, 2, DIMS(1, 1), DIMS(0, 3), NULL, NULL, 0, &needed, &err));
  assert_int_equal(needed, 0);
  OK(strata_array_read(a, 2, DIMS(4, 5), DIMS(0, 0), NULL, &untouched, sizeof untouched, NULL,
                       &err)); /* at the very end */
  OK(strata_array_read_strided(a, 2, DIMS(1, 1), DIMS(3, 0), (const int64_t[]){4, 4}, NULL, &untouched,
                               sizeof untouched, &err));
  assert_int_equal(untouched, 5);
  OK(strata_array_write(a, 2, DIMS(2, 2), DIMS(2, 0), NULL, 0, NULL, &err));
  OK(strata_array_write_strided(a, 2, DIMS(2, 2), DIMS(0, 2), (const int64_t[]){4, 4}, NULL, 0, NULL, &err));
  assert_int_equal(pending_of(file).chunks, 0);
  strata_array_close(a);
  strata_file_close(file);
}

static void text_is_not_read_as_numbers(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *text = define(file, "text", STRATA_STRING, 1, DIMS(4), DIMS(2));
  strata_array *bytes = define(file, "bytes", STRATA_BINARY, 1, DIMS(4), DIMS(2));
  char room[64];
  strata_status one;
  size_t needed;
  FAILS(STRATA_E_TYPE, strata_array_read(text, 1, NULL, NULL, NULL, room, sizeof room, &needed, &err));
  FAILS(STRATA_E_TYPE,
        strata_array_read_strided(bytes, 1, NULL, NULL, (const int64_t[]){1}, NULL, room, sizeof room, &err));
  FAILS(STRATA_E_TYPE,
        strata_array_read_many(text, 1, 1, DIMS(0), DIMS(1), NULL, room, sizeof room, NULL, NULL, &one, &err));
  FAILS(STRATA_E_TYPE, strata_array_write(bytes, 1, NULL, NULL, room, 4, NULL, &err));
  FAILS(STRATA_E_TYPE, strata_array_write_strided(text, 1, NULL, NULL, (const int64_t[]){1}, room, 4, NULL, &err));
  strata_array_close(text);
  strata_array_close(bytes);
  strata_file_close(file);
}

/* Blocks of one file are never taken for those of another, though offsets and array names are the same. */
static void files_that_share_a_context_keep_apart(void **state) {
  (void)state;
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  strata_file *files[6];
  strata_array *arrays[6];
  static int32_t values[1000];
  for (int i = 0; i < 6; ++i) {
    char name[32];
    snprintf(name, sizeof name, "shared_%d.af", i);
    files[i] = create_with(context, scratch(name), kCodecs[i % 3]);
    arrays[i] = define(files[i], "a", STRATA_INT32, 1, DIMS(1000), DIMS(100));
    for (int32_t k = 0; k < 1000; ++k) values[k] = i * 1000 + k % 50;
    write_all(arrays[i], values, sizeof values);
    flush(files[i]);
  }
  for (int round = 0; round < 3; ++round) {
    for (uint64_t at = 30; at < 1000; at += 100) /* a part of a chunk: through the cache */
      for (int i = 0; i < 6; ++i) assert_int_equal(read_i32(arrays[i], at), i * 1000 + (int32_t)at % 50);
    if (round == 0)
      for (int i = 0; i < 6; i += 2) compact(files[i]);
    if (round == 1) { /* another file under an old name */
      strata_file_options options = STRATA_FILE_OPTIONS_INIT;
      options.flags = STRATA_OVERWRITE;
      strata_array_close(arrays[5]);
      strata_file_close(files[5]);
      OK(strata_file_create(context, scratch("shared_5.af"), STRATA_NUL, &options, NULL, &files[5], &err));
      arrays[5] = define(files[5], "a", STRATA_INT32, 1, DIMS(1000), DIMS(100));
      for (int32_t k = 0; k < 1000; ++k) values[k] = 5000 + k % 50;
      write_all(arrays[5], values, sizeof values);
      flush(files[5]);
    }
  }
  strata_context_close(context); /* the files keep it */
  assert_int_equal(read_i32(arrays[0], 999), 49);
  for (int i = 0; i < 6; ++i) {
    strata_file_close(files[i]);
    assert_int_equal(read_i32(arrays[i], 999), i * 1000 + 49); /* and the arrays their files */
    strata_array_close(arrays[i]);
  }
}

static void a_bool_is_a_byte_of_0_or_1(void **state) {
  (void)state;
  strata_file *file = create_file(scratch("bool.af"));
  strata_array *a = define(file, "a", STRATA_BOOL, 2, DIMS(3, 4), DIMS(2, 2));
  uint8_t values[12] = {1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0}, got[12];
  OK(strata_array_write(a, 2, NULL, NULL, values, sizeof values, NULL, &err));
  values[7] = 2;
  FAILS(STRATA_E_INVALID, strata_array_write(a, 2, NULL, NULL, values, sizeof values, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_write_strided(a, 2, DIMS(0, 0), DIMS(2, 1), (const int64_t[]){4, 1}, values + 3,
                                                     sizeof values - 3, NULL, &err));
  /* What strides step over does not count, nor what is in no region. */
  OK(strata_array_write_strided(a, 2, DIMS(0, 0), DIMS(2, 2), (const int64_t[]){4, 1}, values, sizeof values, NULL, &err));
  OK(strata_array_write(a, 2, DIMS(0, 0), DIMS(3, 0), NULL, 0, NULL, &err));
  values[7] = 0;
  OK(strata_array_read(a, 2, NULL, NULL, NULL, got, sizeof got, NULL, &err));
  assert_memory_equal(got, values, sizeof got);
  strata_array_close(a);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_type_comes_back_with_every_codec),
      cmocka_unit_test(cells_not_written_are_fill),
      cmocka_unit_test(the_last_write_counts),
      cmocka_unit_test(a_region_outside_is_refused_and_changes_nothing),
      cmocka_unit_test(a_size_can_be_asked_for),
      cmocka_unit_test(empty_regions_are_fine),
      cmocka_unit_test(text_is_not_read_as_numbers),
      cmocka_unit_test(files_that_share_a_context_keep_apart),
      cmocka_unit_test(a_bool_is_a_byte_of_0_or_1),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
