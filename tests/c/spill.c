/* Pending data beyond the budget: it goes to a temporary file without a name, beside the array file or in a folder of
 * the caller's choice, and nothing of it is left where it should not be. */
#include "support.h"

#include "../support/permissions.h"

enum { kChunk = 4096, kChunks = 1024, kElements = kChunk * kChunks, kBytes = kElements * 4 };

static strata_context *tight_context(const char *temp_dir) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.pending_bytes = 128 * 1024;
  strata_context *context = NULL;
  OK(strata_context_create(&o, temp_dir, STRATA_NUL, &context, &err));
  return context;
}

/* Numbers that do not compress, another row of them for each seed. */
static int32_t *numbers(uint64_t seed) {
  int32_t *values = malloc(kBytes);
  for (int i = 0; i < kElements; ++i) values[i] = (int32_t)(random_number(&seed) >> 16);
  return values;
}

static void assert_values(strata_array *array, const int32_t *want) {
  int32_t *got = malloc(kBytes);
  read_all(array, got, kBytes);
  assert_memory_equal(got, want, kBytes);
  free(got);
}

static void assert_values_after_reopening(const char *path, const int32_t *want) {
  strata_file *file = open_file(path);
  strata_array *array = open_array(file, "a");
  assert_values(array, want);
  strata_array_close(array);
  strata_file_close(file);
}

static strata_array *define_sample(strata_file *file) {
  return define(file, "a", STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk));
}

/* What lies in memory is the budget, and what one batch of chunks and the log's tail are on top of it. */
static void assert_within_budget(strata_context *context) {
  assert_true(counters_of(context).pending_bytes <= 2 * 1024 * 1024);
}

static void what_exceeds_the_budget_spills(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  int32_t *values = numbers(1);
  for (size_t i = 0; i < LENGTH(codecs); ++i) {
    const char *folder = scratch_folder(i == 0 ? "none" : i == 1 ? "lz4" : "zstd");
    char path[1300];
    snprintf(path, sizeof path, "%s/x.af", folder);
    strata_context *context = tight_context(NULL);
    strata_file *file = create_with(context, path, codecs[i]);
    strata_array *array = define_sample(file);
    assert_int_equal(counters_of(context).spilled_bytes, 0);
    for (uint64_t at = 0; at < kElements; at += kElements / 16) {
      write_i32(array, at, kElements / 16, values + at);
      assert_within_budget(context);
    }
    assert_true(counters_of(context).spilled_bytes > kBytes / 2);
    assert_int_equal(pending_of(file).bytes, kBytes);
    assert_int_equal(count_names(folder), 1); /* the file itself */
    assert_values(array, values);             /* pending data, from where it spilled to */
    flush(file);
    assert_int_equal(counters_of(context).pending_bytes, 0);
    assert_values(array, values);
    assert_int_equal(count_names(folder), 3); /* base, layer, statistics */
    strata_array_close(array);
    strata_file_close(file);
    strata_context_close(context);
    assert_values_after_reopening(path, values);
  }
  free(values);
}

static void what_fits_the_budget_stays_in_memory(void **state) {
  (void)state;
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  strata_file *file = create_with(context, scratch("fits.af"), STRATA_CODEC_ZSTD);
  strata_array *array = define(file, "a", STRATA_INT32, 1, DIMS(kElements / 4), DIMS(kChunk / 4));
  int32_t *values = numbers(2);
  write_all(array, values, kBytes / 4);
  assert_int_equal(counters_of(context).spilled_bytes, 0);
  assert_true(counters_of(context).pending_bytes >= kBytes / 4);
  flush(file);
  free(values);
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
}

/* Writes everything `rounds` times, in pieces that cut chunks, and says how large the layer is. */
static uint64_t size_of_layer(const char *name, int32_t codec, int rounds, uint64_t piece, int32_t *values) {
  char base[64], layer[64];
  snprintf(base, sizeof base, "%s.af", name);
  snprintf(layer, sizeof layer, "%s.1.af", name);
  strata_context *context = tight_context(NULL);
  strata_file *file = create_with(context, scratch(base), codec);
  strata_array *array = define_sample(file);
  for (int round = 1; round <= rounds; ++round) {
    int32_t *older = round < rounds ? numbers((uint64_t)round + 10) : NULL;
    for (uint64_t at = 0; at < kElements; at += piece) {
      uint64_t count = kElements - at < piece ? kElements - at : piece;
      write_i32(array, at, count, (older ? older : values) + at);
    }
    free(older);
  }
  assert_true(counters_of(context).spilled_bytes > 0);
  flush(file);
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
  assert_values_after_reopening(scratch(base), values);
  return file_size(scratch(layer));
}

static void chunks_written_again_leave_no_dead_bytes(void **state) {
  (void)state;
  static const int32_t codecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};
  static const char *const names[] = {"dead0", "dead1", "dead2"};
  int32_t *values = numbers(3);
  for (size_t i = 0; i < LENGTH(codecs); ++i) {
    char name[32];
    snprintf(name, sizeof name, "%s.once", names[i]);
    const uint64_t once = size_of_layer(name, codecs[i], 1, kElements, values);
    assert_true(once >= kBytes);
    snprintf(name, sizeof name, "%s.thrice", names[i]);
    const uint64_t thrice = size_of_layer(name, codecs[i], 3, kElements, values);
    assert_true(thrice < once + once / 100);
    snprintf(name, sizeof name, "%s.pieces", names[i]);
    const uint64_t pieces = size_of_layer(name, codecs[i], 2, 50 * kChunk + 77, values);
    assert_true(pieces < once + once / 100);
  }
  free(values);
}

/* A few chunks of many written again: frames that are dead in part. */
static void frames_that_are_partly_dead_are_packed_anew(void **state) {
  (void)state;
  enum { kSmall = 128, kCount = 8192 }; /* chunks of 512 bytes share frames */
  strata_context *context = tight_context(NULL);
  uint64_t sizes[2];
  for (int again = 0; again < 2; ++again) {
    strata_file *file = create_with(context, scratch(again ? "again.af" : "straight.af"), STRATA_CODEC_ZSTD);
    strata_array *array = define(file, "a", STRATA_INT32, 1, DIMS(kSmall * kCount), DIMS(kSmall));
    int32_t *values = numbers(4);
    write_all(array, values, kSmall * kCount * 4);
    if (again)
      for (uint64_t c = 0; c < kCount; c += 3) {
        for (uint64_t i = 0; i < kSmall; ++i) values[c * kSmall + i] ^= 0x5A5A;
        write_i32(array, c * kSmall, kSmall, values + c * kSmall);
      }
    flush(file);
    int32_t *got = malloc(kSmall * kCount * 4);
    read_all(array, got, kSmall * kCount * 4);
    assert_memory_equal(got, values, kSmall * kCount * 4);
    free(got);
    free(values);
    strata_array_close(array);
    strata_file_close(file);
    sizes[again] = file_size(scratch(again ? "again.1.af" : "straight.1.af"));
  }
  assert_true(sizes[1] < sizes[0] + sizes[0] / 50);
  strata_context_close(context);
}

static void a_folder_for_pending_data_can_be_chosen(void **state) {
  (void)state;
  const char *temp = scratch("temp") /* made when it is missing */, *folder = scratch_folder("data");
  char path[1300];
  snprintf(path, sizeof path, "%s/x.af", folder);
  strata_context *context = tight_context(temp);
  strata_file *file = create_with(context, path, STRATA_CODEC_LZ4);
  strata_array *array = define_sample(file);
  int32_t *values = numbers(5);
  write_all(array, values, kBytes);
  assert_true(counters_of(context).spilled_bytes > 0);
  assert_int_equal(count_names(temp), 0); /* it has no name */
  assert_int_equal(count_names(folder), 1);
  assert_values(array, values);
  flush(file);
  assert_values_after_reopening(path, values);
  write_all(array, values, kBytes);
  OK(strata_file_discard(file, &err));
  assert_int_equal(counters_of(context).pending_bytes, 0);
  compact(file);
  assert_values_after_reopening(path, values);
  write_all(array, values, kBytes); /* and away with it unflushed */
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
  assert_int_equal(count_names(temp), 0);
  assert_int_equal(rmdir(temp), 0);
  free(values);
}

/* Writing fails in words, what was pending before stays, and goes on when the folder is usable again. */
static void assert_keeps_what_was_pending(const char *temp, const char *path, void (*mend)(const char *)) {
  strata_context *context = tight_context(temp);
  strata_file *file = create_with(context, path, STRATA_CODEC_NONE);
  strata_array *array = define_sample(file);
  int32_t *values = numbers(6), got[100];
  write_i32(array, 0, 100, values);
  const strata_pending before = pending_of(file);
  strata_error_init(&err);
  strata_status status = strata_array_write(array, 1, DIMS(kChunk), DIMS(kElements - kChunk), values + kChunk,
                                            kBytes - kChunk * 4, NULL, &err);
  assert_true(status == STRATA_E_IO || status == STRATA_E_NOT_FOUND || status == STRATA_E_PERMISSION);
  assert_non_null(strstr(err.message, "temporary file"));
  assert_int_equal(err.status, status);
  const strata_pending after = pending_of(file);
  assert_memory_equal(&before, &after, sizeof before);
  OK(strata_array_read(array, 1, DIMS(0), DIMS(100), NULL, got, sizeof got, NULL, &err));
  assert_memory_equal(got, values, sizeof got);
  mend(temp);
  write_all(array, values, kBytes);
  flush(file);
  assert_values_after_reopening(path, values);
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
  free(values);
}

static void make_folder(const char *path) {
  assert_int_equal(unlink(path), 0);
  assert_int_equal(mkdir(path, 0777), 0);
}

static void a_folder_that_is_none_is_an_error_in_words(void **state) {
  (void)state;
  const char *temp = scratch("file_in_the_way");
  FILE *f = fopen(temp, "w");
  assert_non_null(f);
  fclose(f);
  assert_keeps_what_was_pending(temp, scratch("none_there.af"), make_folder);
}

static void make_writable(const char *path) { assert_int_equal(chmod(path, 0777), 0); }

static void a_folder_that_cannot_be_written_is_an_error_in_words(void **state) {
  (void)state;
  const char *temp = scratch_folder("read_only");
  assert_int_equal(chmod(temp, 0555), 0);
  assert_int_equal(hold_override(0), 0);
  assert_keeps_what_was_pending(temp, scratch("refused.af"), make_writable);
  assert_int_equal(hold_override(1), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_exceeds_the_budget_spills),
      cmocka_unit_test(what_fits_the_budget_stays_in_memory),
      cmocka_unit_test(chunks_written_again_leave_no_dead_bytes),
      cmocka_unit_test(frames_that_are_partly_dead_are_packed_anew),
      cmocka_unit_test(a_folder_for_pending_data_can_be_chosen),
      cmocka_unit_test(a_folder_that_is_none_is_an_error_in_words),
      cmocka_unit_test(a_folder_that_cannot_be_written_is_an_error_in_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
