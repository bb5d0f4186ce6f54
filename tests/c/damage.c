/* What a file is still good for when bytes of one chunk are damaged: nothing beside it is lost, and writing the chunk anew heals it. */
#include "support.h"

enum { kChunk = 100000, kChunks = 4 };

static int32_t values[kChunk * kChunks], got[kChunk * kChunks];

/* "a", four chunks of which the first is damaged, and "b", whole; a file opened for it. */
static strata_file *damaged_file(int32_t codec, const char *name) {
  char path[1400];
  uint64_t random = 21;
  for (size_t i = 0; i < LENGTH(values); ++i) values[i] = (int32_t)(random_number(&random) & 0xFFF);
  snprintf(path, sizeof path, "%s.af", scratch(name));
  strata_file *file = create_with(NULL, path, codec);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(kChunk * kChunks), DIMS(kChunk));
  strata_array *b = define(file, "b", STRATA_INT32, 1, DIMS(4), NULL);
  /* The first chunk by itself, so that its bytes come first: those of one call lie in any order. */
  OK(strata_array_write(a, 1, DIMS(0), DIMS(kChunk), values, kChunk * 4, NULL, &err));
  OK(strata_array_write(a, 1, DIMS(kChunk), DIMS(3 * kChunk), values + kChunk, 3 * kChunk * 4, NULL, &err));
  write_all(b, values, 16);
  flush(file);
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
  char layer[1400];
  snprintf(layer, sizeof layer, "%s.1.af", scratch(name));
  FILE *f = fopen(layer, "r+b");
  assert_non_null(f);
  for (int i = 0; i < 5000; ++i) assert_int_equal(fputc(0xFF, f), 0xFF);
  assert_int_equal(fclose(f), 0);
  return open_file(path);
}

static void the_rest_can_be_read(strata_file *file) {
  strata_array *a = open_array(file, "a"), *b = open_array(file, "b");
  FAILS(STRATA_E_CORRUPT, strata_array_read(a, 1, NULL, NULL, NULL, got, sizeof got, NULL, &err));
  FAILS(STRATA_E_CORRUPT, strata_array_read(a, 1, DIMS(7), DIMS(1), NULL, got, 4, NULL, &err));
  OK(strata_array_read(a, 1, DIMS(kChunk), DIMS(3 * kChunk), NULL, got, sizeof got, NULL, &err));
  assert_memory_equal(got, values + kChunk, 3 * kChunk * sizeof *got);
  assert_int_equal(read_i32(a, 2 * kChunk + 5), values[2 * kChunk + 5]);
  read_all(b, got, 16);
  assert_memory_equal(got, values, 16);
  strata_statistics s = STRATA_STATISTICS_INIT;
  OK(strata_array_statistics(a, NULL, &s, &err)); /* they were computed when it was whole */
  assert_int_equal(s.null_count, 0);
  strata_array_close(a);
  strata_array_close(b);
}

static void a_write_of_a_part_changes_nothing(strata_file *file) {
  strata_array *a = open_array(file, "a");
  FAILS(STRATA_E_CORRUPT, strata_array_write(a, 1, DIMS(5), DIMS(1), values, 4, NULL, &err));
  /* From the middle of the damaged chunk to that of the next: neither is changed. */
  static int32_t zeroes[kChunk];
  FAILS(STRATA_E_CORRUPT, strata_array_write(a, 1, DIMS(kChunk / 2), DIMS(kChunk), zeroes, sizeof zeroes, NULL, &err));
  assert_int_equal(pending_of(file).chunks, 0);
  assert_int_equal(read_i32(a, kChunk + 5), values[kChunk + 5]);
  strata_array_close(a);
  flush(file);
}

static void a_compaction_loses_nothing(strata_file *file) {
  const uint64_t layers = layer_count(file);
  /* Frames are moved as they are, but not before they were verified: what is damaged must not get a good digest. */
  FAILS(STRATA_E_CORRUPT, strata_file_compact(file, NULL, &err));
  assert_non_null(strstr(err.message, "chunk 0 of array \"a\""));
  assert_int_equal(layer_count(file), layers);
  the_rest_can_be_read(file);
}

static void writing_it_anew_heals(strata_file *file) {
  strata_array *a = open_array(file, "a");
  OK(strata_array_write(a, 1, DIMS(0), DIMS(kChunk), values, kChunk * 4, NULL, &err));
  for (int round = 0; round < 3; ++round) {
    read_all(a, got, sizeof got);
    assert_memory_equal(got, values, sizeof got);
    if (round == 0) flush(file);
    if (round == 1) compact(file);
  }
  strata_array_close(a);
}

static void with_codec(int32_t codec, const char *name) {
  strata_file *file = damaged_file(codec, name);
  the_rest_can_be_read(file);
  a_write_of_a_part_changes_nothing(file);
  the_rest_can_be_read(file);
  a_compaction_loses_nothing(file);
  writing_it_anew_heals(file);
  strata_file_close(file);
}

static void damage_stays_where_it_is(void **state) {
  (void)state;
  with_codec(STRATA_CODEC_ZSTD, "zstd");
  with_codec(STRATA_CODEC_LZ4, "lz4");
  with_codec(STRATA_CODEC_NONE, "none");
}

/* The damaged array can be deleted, and what else there is goes on. */
static void what_is_damaged_can_be_deleted(void **state) {
  (void)state;
  strata_file *file = damaged_file(STRATA_CODEC_ZSTD, "deleted");
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  compact(file);
  assert_string_equal(names_in(file), "b");
  strata_array *b = open_array(file, "b");
  read_all(b, got, 16);
  assert_memory_equal(got, values, 16);
  strata_array_close(b);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(damage_stays_where_it_is),
      cmocka_unit_test(what_is_damaged_can_be_deleted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
