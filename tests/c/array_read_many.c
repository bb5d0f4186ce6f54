/* Many regions in one call. */
#include "support.h"

/* "a": 6 x 8 of int32, 10 * row + column, in chunks of 4 x 3. */
static strata_array *sample(strata_file *file) {
  strata_array *a = define(file, "a", STRATA_INT32, 2, DIMS(6, 8), DIMS(4, 3));
  int32_t values[48];
  for (int i = 0; i < 48; ++i) values[i] = i / 8 * 10 + i % 8;
  write_all(a, values, sizeof values);
  return a;
}

static void regions_come_one_after_the_other(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = sample(file);
  const uint64_t starts[] = {0, 0, 5, 7, 2, 1, 0, 0, 2, 1}, counts[] = {1, 2, 1, 1, 3, 3, 0, 8, 3, 3};
  static const int32_t want[] = {0, 1, 57, 21, 22, 23, 31, 32, 33, 41, 42, 43, 21, 22, 23, 31, 32, 33, 41, 42, 43};
  for (int round = 0; round < 3; ++round) {
    int32_t got[LENGTH(want) + 1];
    strata_status statuses[5] = {9, 9, 9, 9, 9};
    size_t needed = 0;
    got[LENGTH(want)] = 0x77;
    OK(strata_array_read_many(a, 5, 2, starts, counts, NULL, NULL, 0, NULL, &needed, NULL, &err));
    assert_int_equal(needed, sizeof want);
    OK(strata_array_read_many(a, 5, 2, starts, counts, NULL, got, sizeof got, NULL, &needed, statuses, &err));
    assert_int_equal(needed, sizeof want);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(got[LENGTH(want)], 0x77);
    for (int i = 0; i < 5; ++i) assert_int_equal(statuses[i], STRATA_OK);
    FAILS(STRATA_E_BUFFER_TOO_SMALL,
          strata_array_read_many(a, 5, 2, starts, counts, NULL, got, sizeof want - 1, NULL, &needed, statuses, &err));
    assert_int_equal(needed, sizeof want);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void regions_go_where_offsets_say(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = sample(file);
  const uint64_t starts[] = {1, 1, 3, 3}, counts[] = {1, 2, 1, 1}, offsets[] = {16, 4};
  int32_t got[6];
  size_t needed = 0;
  memset(got, 0x77, sizeof got);
  OK(strata_array_read_many(a, 2, 2, starts, counts, NULL, got, sizeof got, offsets, &needed, NULL, &err));
  assert_int_equal(needed, 24); /* the last byte of any of them */
  const int32_t gap = 0x77777777, want[6] = {gap, 33, gap, gap, 11, 12};
  assert_memory_equal(got, want, sizeof want);
  FAILS(STRATA_E_BUFFER_TOO_SMALL,
        strata_array_read_many(a, 2, 2, starts, counts, NULL, got, 23, offsets, &needed, NULL, &err));
  const uint64_t far[] = {0, UINT64_MAX - 2};
  FAILS(STRATA_E_LIMIT,
        strata_array_read_many(a, 2, 2, starts, counts, NULL, got, sizeof got, far, &needed, NULL, &err));
  strata_array_close(a);
  strata_file_close(file);
}

static void a_bad_region_fails_alone_where_statuses_are_asked_for(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = sample(file);
  const uint64_t starts[] = {0, 0, 6, 0, 5, 6}, counts[] = {1, 1, 1, 1, 1, 2}, offsets[] = {0, 4, 8};
  int32_t got[4] = {0x77, 0x77, 0x77, 0x77};
  strata_status statuses[3] = {9, 9, 9};
  OK(strata_array_read_many(a, 3, 2, starts, counts, NULL, got, sizeof got, offsets, NULL, statuses, &err));
  assert_int_equal(statuses[0], STRATA_OK);
  assert_int_equal(statuses[1], STRATA_E_RANGE);
  assert_int_equal(statuses[2], STRATA_OK);
  const int32_t want[4] = {0, 0x77, 56, 57};
  assert_memory_equal(got, want, sizeof want);
  FAILS(STRATA_E_RANGE,
        strata_array_read_many(a, 3, 2, starts, counts, NULL, got, sizeof got, offsets, NULL, NULL, &err));
  assert_non_null(strstr(err.message, "region 1"));
  strata_array_close(a);
  strata_file_close(file);
}

/* A region outside keeps its place in the row, so that the others are where they are looked for; but for one that cannot be
 * counted there is no place. */
static void a_bad_region_takes_the_room_of_its_count(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = sample(file);
  const uint64_t huge = UINT64_MAX;
  const uint64_t starts[] = {0, 0, 1, 1, 5, 7, 0, 0}, counts[] = {1, 1, huge, huge, 1, 2, 1, 1};
  int32_t got[4] = {0x77, 0x77, 0x77, 0x77};
  strata_status statuses[4] = {9, 9, 9, 9};
  size_t needed = 0;
  OK(strata_array_read_many(a, 4, 2, starts, counts, NULL, got, sizeof got, NULL, &needed, statuses, &err));
  assert_int_equal(needed, 16);
  assert_int_equal(statuses[0], STRATA_OK);
  assert_int_equal(statuses[1], STRATA_E_RANGE);
  assert_int_equal(statuses[2], STRATA_E_RANGE);
  assert_int_equal(statuses[3], STRATA_OK);
  const int32_t want[4] = {0, 0x77, 0x77, 0};
  assert_memory_equal(got, want, sizeof want);
  strata_array_close(a);
  strata_file_close(file);
}

static void none_at_all_is_fine(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = sample(file), *scalar = define(file, "s", STRATA_INT32, 0, NULL, NULL);
  size_t needed = 9;
  OK(strata_array_read_many(a, 0, 2, NULL, NULL, NULL, NULL, 0, NULL, &needed, NULL, &err));
  assert_int_equal(needed, 0);
  /* A scalar twice: regions without numbers. */
  const int32_t seven = 7;
  int32_t got[2] = {0, 0};
  write_all(scalar, &seven, sizeof seven);
  OK(strata_array_read_many(scalar, 2, 0, NULL, NULL, NULL, got, sizeof got, NULL, &needed, NULL, &err));
  assert_int_equal(needed, 8);
  assert_int_equal(got[0], 7);
  assert_int_equal(got[1], 7);
  FAILS(STRATA_E_INVALID,
        strata_array_read_many(a, 1, 1, DIMS(0), DIMS(1), NULL, got, sizeof got, NULL, NULL, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_read_many(a, 1, 2, NULL, NULL, NULL, got, sizeof got, NULL, NULL, NULL, &err));
  FAILS(STRATA_E_INVALID,
        strata_array_read_many(a, 1, 2, DIMS(0, 0), DIMS(1, 1), NULL, NULL, 8, NULL, NULL, NULL, &err));
  FAILS(STRATA_E_LIMIT,
        strata_array_read_many(a, UINT64_MAX, 2, DIMS(0, 0), DIMS(1, 1), NULL, got, 8, NULL, NULL, NULL, &err));
  strata_array_close(a);
  strata_array_close(scalar);
  strata_file_close(file);
}

/* Stored bytes that cannot be decompressed: who wants that chunk is told, the others are served. */
static void damage_fails_only_whom_it_concerns(void **state) {
  (void)state;
  enum { kChunk = 20000, kChunks = 5 };
  static int32_t values[kChunk * kChunks], got[kChunk * kChunks];
  uint64_t random = 5;
  for (size_t i = 0; i < LENGTH(values); ++i) values[i] = (int32_t)(random_number(&random) & 0xFFF);
  strata_file *file = create_file(scratch("damaged.af"));
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(kChunk * kChunks), DIMS(kChunk));
  write_i32(a, 0, kChunk, values); /* by itself: chunks of one call are stored in the order in which threads end with them */
  write_i32(a, kChunk, kChunk * (kChunks - 1), values + kChunk);
  flush(file);
  strata_array_close(a);
  strata_file_close(file);
  FILE *f = fopen(scratch("damaged.1.af"), "r+b"); /* the first chunk's frame is the first thing in the layer */
  assert_non_null(f);
  assert_int_equal(fwrite("damaged!", 1, 8, f), 8);
  assert_int_equal(fclose(f), 0);

  file = open_file(scratch("damaged.af"));
  a = open_array(file, "a");
  uint64_t starts[kChunks], counts[kChunks], offsets[kChunks];
  strata_status statuses[kChunks];
  for (int part = 0; part < 2; ++part) { /* whole chunks, then parts */
    for (uint64_t i = 0; i < kChunks; ++i) {
      starts[i] = (kChunks - 1 - i) * kChunk + (part ? 100 : 0);
      counts[i] = part ? 10 : kChunk;
      offsets[i] = starts[i] * 4;
    }
    memset(got, 0, sizeof got);
    OK(strata_array_read_many(a, kChunks, 1, starts, counts, NULL, got, sizeof got, offsets, NULL, statuses, &err));
    assert_int_equal(statuses[kChunks - 1], STRATA_E_CORRUPT);
    for (int i = 0; i < kChunks - 1; ++i) {
      assert_int_equal(statuses[i], STRATA_OK);
      assert_memory_equal(got + starts[i], values + starts[i], counts[i] * 4);
    }
    FAILS(STRATA_E_CORRUPT,
          strata_array_read_many(a, kChunks, 1, starts, counts, NULL, got, sizeof got, offsets, NULL, NULL, &err));
    assert_non_null(strstr(err.message, "damaged.1.af"));
  }
  FAILS(STRATA_E_CORRUPT, strata_array_read(a, 1, DIMS(5), DIMS(1), NULL, got, 4, NULL, &err));
  strata_array_close(a);
  strata_file_close(file);
}

static void thousands_of_points(void **state) {
  (void)state;
  enum { kPoints = 20000, kSide = 300 };
  static uint64_t starts[kPoints * 2], counts[kPoints * 2];
  static int32_t values[kSide * kSide], got[kPoints];
  static strata_status statuses[kPoints];
  uint64_t random = 77;
  for (int i = 0; i < kSide * kSide; ++i) values[i] = i;
  for (int i = 0; i < kPoints; ++i) {
    starts[2 * i] = (random_number(&random) >> 20) % kSide;
    starts[2 * i + 1] = (random_number(&random) >> 20) % kSide;
    counts[2 * i] = counts[2 * i + 1] = 1;
  }
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  for (size_t c = 0; c < LENGTH(codecs); ++c) {
    char name[32];
    snprintf(name, sizeof name, "points_%zu.af", c);
    strata_file *file = create_with(NULL, scratch(name), codecs[c]);
    strata_array *a = define(file, "a", STRATA_INT32, 2, DIMS(kSide, kSide), DIMS(16, 16));
    write_all(a, values, sizeof values);
    for (int round = 0; round < 2; ++round) {
      OK(strata_array_read_many(a, kPoints, 2, starts, counts, NULL, got, sizeof got, NULL, NULL, statuses, &err));
      for (int i = 0; i < kPoints; ++i) {
        assert_int_equal(statuses[i], STRATA_OK);
        assert_int_equal(got[i], starts[2 * i] * kSide + starts[2 * i + 1]);
      }
      flush(file);
    }
    strata_array_close(a);
    strata_file_close(file);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(regions_come_one_after_the_other),
      cmocka_unit_test(regions_go_where_offsets_say),
      cmocka_unit_test(a_bad_region_fails_alone_where_statuses_are_asked_for),
      cmocka_unit_test(a_bad_region_takes_the_room_of_its_count),
      cmocka_unit_test(none_at_all_is_fine),
      cmocka_unit_test(damage_fails_only_whom_it_concerns),
      cmocka_unit_test(thousands_of_points),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
