/* Random text written and read against a plain copy in memory, across flushes, discards, compactions and reopening. */
#include "support.h"

enum { kRows = 13, kColumns = 17, kCells = kRows * kColumns, kLongest = 40 };

struct cell {
  uint8_t length;
  char text[kLongest];
};

static uint64_t below(uint64_t *random, uint64_t n) { return (random_number(random) >> 11) % n; }

static struct cell any_cell(uint64_t *random, int32_t type) {
  struct cell c;
  memset(&c, 0, sizeof c);
  const size_t pieces = below(random, 3) ? below(random, 8) : 0;
  for (size_t i = 0; i < pieces; ++i) {
    static const char *const of_text[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x8C\x8A", "zz", " ", "\n", "0123"};
    if (type == STRATA_BINARY) {
      c.text[c.length++] = (char)random_number(random);
    } else {
      const char *piece = of_text[below(random, LENGTH(of_text))];
      memcpy(c.text + c.length, piece, strlen(piece));
      c.length = (uint8_t)(c.length + strlen(piece));
    }
  }
  return c;
}

static void compare(strata_array *a, const struct cell *model, const uint64_t *start, const uint64_t *count) {
  strata_buffer *offsets = NULL, *values = NULL;
  OK(strata_array_read_varlen(a, 2, start, count, NULL, &offsets, &values, &err));
  const int64_t *at = strata_buffer_data(offsets);
  const char *bytes = strata_buffer_data(values);
  assert_int_equal(strata_buffer_size(offsets), (count[0] * count[1] + 1) * 8);
  assert_int_equal(at[0], 0);
  for (uint64_t r = 0; r < count[0]; ++r)
    for (uint64_t c = 0; c < count[1]; ++c) {
      const struct cell *want = &model[(start[0] + r) * kColumns + start[1] + c];
      const uint64_t i = r * count[1] + c;
      assert_int_equal(at[i + 1] - at[i], want->length);
      if (want->length) assert_memory_equal(bytes + at[i], want->text, want->length);
    }
  assert_int_equal(at[count[0] * count[1]], strata_buffer_size(values));
  strata_buffer_release(offsets);
  strata_buffer_release(values);
}

static void any_region(uint64_t *random, uint64_t *start, uint64_t *count) {
  static const uint64_t shape[2] = {kRows, kColumns};
  for (int i = 0; i < 2; ++i) {
    start[i] = below(random, shape[i]);
    count[i] = below(random, 15) == 0 ? 0 : 1 + below(random, shape[i] - start[i]);
  }
}

static void write_something(strata_array *a, struct cell *model, uint64_t *random) {
  static char bytes[kCells * kLongest];
  static int64_t offsets[kCells + 1];
  const int32_t type = strata_array_type(a);
  uint64_t start[2], count[2];
  any_region(random, start, count);
  size_t n = 0;
  for (uint64_t r = 0; r < count[0]; ++r)
    for (uint64_t c = 0; c < count[1]; ++c) {
      struct cell *cell = &model[(start[0] + r) * kColumns + start[1] + c];
      *cell = any_cell(random, type);
      memcpy(bytes + offsets[n], cell->text, cell->length);
      offsets[n + 1] = offsets[n] + cell->length;
      ++n;
    }
  OK(strata_array_write_varlen(a, 2, start, count, offsets, n + 1, bytes, (size_t)offsets[n], NULL, &err));
}

static void play(uint64_t random, int32_t type, int32_t codec, const strata_context_options *settings,
                 const uint64_t *chunk) {
  static struct cell now[kCells], flushed[kCells];
  memset(now, 0, sizeof now);
  memset(flushed, 0, sizeof flushed);
  char name[64], path[1280];
  snprintf(name, sizeof name, "play_%llu.af", (unsigned long long)random);
  snprintf(path, sizeof path, "%s", scratch(name));
  strata_context *context = NULL;
  OK(strata_context_create(settings, NULL, 0, &context, &err));
  strata_file *file = create_with(context, path, codec);
  strata_array *a = define(file, "a", type, 2, DIMS(kRows, kColumns), chunk);
  flush(file);
  for (int step = 0; step < 250; ++step) {
    const uint64_t what = below(&random, 100);
    if (what < 45) {
      write_something(a, now, &random);
    } else if (what < 85) {
      uint64_t start[2], count[2];
      any_region(&random, start, count);
      compare(a, now, start, count);
    } else {
      if (what < 93) flush(file);
      else if (what < 96) compact(file);
      else OK(strata_file_discard(file, &err));
      if (what < 96) memcpy(flushed, now, sizeof now);
      else memcpy(now, flushed, sizeof now);
      if (what % 3 == 0) {
        strata_array_close(a);
        strata_file_close(file);
        file = open_in(context, path);
        a = open_array(file, "a");
      }
      compare(a, now, DIMS(0, 0), DIMS(kRows, kColumns));
    }
  }
  strata_array_close(a);
  strata_file_close(file);
  strata_context_close(context);
}

static const int32_t kCodecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};

static void with_every_codec(void **state) {
  (void)state;
  for (uint64_t i = 0; i < 6; ++i)
    play(100 + i, i % 2 ? STRATA_BINARY : STRATA_STRING, kCodecs[i % 3], NULL, DIMS(4, 5));
}

static void in_one_chunk_and_in_a_chunk_each(void **state) {
  (void)state;
  play(200, STRATA_STRING, STRATA_CODEC_ZSTD, NULL, NULL);
  play(201, STRATA_BINARY, STRATA_CODEC_LZ4, NULL, DIMS(1, 1));
}

static void with_next_to_no_memory(void **state) {
  (void)state;
  strata_context_options settings = STRATA_CONTEXT_OPTIONS_INIT;
  settings.pending_bytes = 1000;
  settings.block_cache_bytes = STRATA_NONE;
  for (uint64_t i = 0; i < 3; ++i)
    play(300 + i, i % 2 ? STRATA_BINARY : STRATA_STRING, kCodecs[i], &settings, DIMS(3, 17));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(with_every_codec),
      cmocka_unit_test(in_one_chunk_and_in_a_chunk_each),
      cmocka_unit_test(with_next_to_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
