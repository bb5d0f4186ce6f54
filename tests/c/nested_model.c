/* Random texts and lists written and read against a plain copy in memory, across flushes, discards, compactions and reopening. */
#include "nested_support.h"

enum { kRows = 13, kColumns = 17, kCells = kRows * kColumns, kMostSizes = kMostLevels + 1, kMost = 160 };

/* What the elements of an array consist of. */
struct kind {
  const char *type;
  int32_t value_type;
  uint32_t levels;
  uint64_t sizes[kMostSizes];
  size_t unit; /* bytes of an element of the last level */
};

/* An element: for each level the lengths of its lists, one after the other; all of its values. */
struct cell {
  uint16_t lists[kMostLevels];
  uint8_t lengths[kMostLevels][kMost];
  uint16_t size;
  char values[kMost * 8];
};

static uint64_t below(uint64_t *random, uint64_t n) { return (random_number(random) >> 11) % n; }

static struct kind kind_of(const char *type) {
  struct kind k = {type, STRATA_TYPE_NONE, 0, {0}, 1};
  OK(strata_type_layout(type, STRATA_NUL, &k.value_type, k.sizes, kMostSizes, &k.levels, &err));
  assert_in_range(k.levels, 1, kMostLevels);
  if (strata_type_size(k.value_type)) k.unit = strata_type_size(k.value_type) * k.sizes[k.levels];
  return k;
}

static struct cell no_cell(const struct kind *kind) {
  struct cell c;
  memset(&c, 0, sizeof c);
  c.lists[0] = (uint16_t)kind->sizes[0];
  return c;
}

static void add_text(struct cell *c, uint8_t *length, uint64_t *random) {
  static const char *const pieces[] = {"a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x8C\x8A", "zz", " ", "\n", "0123"};
  for (uint64_t n = below(random, 6); n && c->size + 4u < kMost; --n) {
    const char *piece = pieces[below(random, LENGTH(pieces))];
    memcpy(c->values + c->size, piece, strlen(piece));
    c->size = (uint16_t)(c->size + strlen(piece));
    *length = (uint8_t)(*length + strlen(piece));
  }
}

static struct cell any_cell(const struct kind *kind, uint64_t *random) {
  struct cell c = no_cell(kind);
  for (uint32_t level = 0; level < kind->levels; ++level) {
    const int last = level + 1 == kind->levels;
    const uint64_t most = last ? kMost * 8 / kind->unit : kMost / kind->sizes[level + 1];
    uint64_t elements = 0;
    for (uint16_t i = 0; i < c.lists[level]; ++i) {
      uint8_t *length = &c.lengths[level][i];
      if (last && kind->value_type == STRATA_STRING) {
        add_text(&c, length, random);
      } else {
        *length = (uint8_t)(below(random, 3) ? below(random, level ? 4 : 7) : 0);
        if (elements + *length > most) *length = 0;
        elements += *length;
      }
    }
    if (!last) c.lists[level + 1] = (uint16_t)(elements * kind->sizes[level + 1]);
    else if (kind->value_type != STRATA_STRING) c.size = (uint16_t)(elements * kind->unit);
  }
  for (uint16_t i = 0; kind->value_type != STRATA_STRING && i < c.size; ++i)
    c.values[i] = (char)(kind->value_type == STRATA_BOOL ? below(random, 2) : below(random, 256));
  return c;
}

/* The cells of a region as a column, valid until the next call. */
static struct column column_of(const struct kind *kind, const struct cell *model, const uint64_t *start,
                               const uint64_t *count) {
  static int64_t offsets[kMostLevels][kCells * kMost + 1];
  static char values[kCells * kMost * 8];
  struct column out = {kind->levels, {0}, {0}, values, 0};
  for (uint32_t level = 0; level < kind->levels; ++level) {
    out.offsets[level] = offsets[level];
    out.counts[level] = 1;
  }
  for (uint64_t r = 0; r < count[0]; ++r)
    for (uint64_t c = 0; c < count[1]; ++c) {
      const struct cell *cell = &model[(start[0] + r) * kColumns + start[1] + c];
      for (uint32_t level = 0; level < kind->levels; ++level)
        for (uint16_t i = 0; i < cell->lists[level]; ++i, ++out.counts[level])
          offsets[level][out.counts[level]] = offsets[level][out.counts[level] - 1] + cell->lengths[level][i];
      memcpy(values + out.size, cell->values, cell->size);
      out.size += cell->size;
    }
  return out;
}

static void any_region(uint64_t *random, uint64_t *start, uint64_t *count) {
  static const uint64_t shape[2] = {kRows, kColumns};
  for (int i = 0; i < 2; ++i) {
    start[i] = below(random, shape[i]);
    count[i] = below(random, 15) == 0 ? 0 : 1 + below(random, shape[i] - start[i]);
  }
}

static void compare(const struct kind *kind, strata_array *a, const struct cell *model, const uint64_t *start,
                    const uint64_t *count) {
  const struct column want = column_of(kind, model, start, count);
  assert_column(a, start, count, want);
  if (strata_array_type(a) != STRATA_STRING && strata_array_type(a) != STRATA_BINARY) return;
  strata_buffer *offsets = NULL, *values = NULL;
  OK(strata_array_read_varlen(a, 2, start, count, NULL, &offsets, &values, &err));
  assert_int_equal(strata_buffer_size(offsets), want.counts[0] * sizeof(int64_t));
  assert_memory_equal(strata_buffer_data(offsets), want.offsets[0], want.counts[0] * sizeof(int64_t));
  assert_int_equal(strata_buffer_size(values), want.size);
  if (want.size) assert_memory_equal(strata_buffer_data(values), want.values, want.size);
  strata_buffer_release(offsets);
  strata_buffer_release(values);
}

static void write_something(const struct kind *kind, strata_array *a, struct cell *model, uint64_t *random) {
  uint64_t start[2], count[2];
  any_region(random, start, count);
  for (uint64_t r = 0; r < count[0]; ++r)
    for (uint64_t c = 0; c < count[1]; ++c) model[(start[0] + r) * kColumns + start[1] + c] = any_cell(kind, random);
  const struct column c = column_of(kind, model, start, count);
  const int is_text = strata_array_type(a) == STRATA_STRING || strata_array_type(a) == STRATA_BINARY;
  if (is_text && below(random, 2))
    OK(strata_array_write_varlen(a, 2, start, count, c.offsets[0], c.counts[0], c.values, c.size, NULL, &err));
  else write_column(a, start, count, c);
}

static void play(uint64_t random, const char *type, int32_t codec, const strata_context_options *settings,
                 const uint64_t *chunk) {
  static struct cell now[kCells], flushed[kCells];
  const struct kind kind = kind_of(type);
  for (int i = 0; i < kCells; ++i) now[i] = flushed[i] = no_cell(&kind);
  char name[64], path[1280];
  snprintf(name, sizeof name, "play_%llu.af", (unsigned long long)random);
  snprintf(path, sizeof path, "%s", scratch(name));
  strata_context *context = NULL;
  OK(strata_context_create(settings, NULL, 0, &context, &err));
  strata_file *file = create_with(context, path, codec);
  strata_array *a = define_nested(file, "a", type, 2, DIMS(kRows, kColumns), chunk);
  flush(file);
  for (int step = 0; step < 250; ++step) {
    const uint64_t what = below(&random, 100);
    if (what < 45) {
      write_something(&kind, a, now, &random);
    } else if (what < 85) {
      uint64_t start[2], count[2];
      any_region(&random, start, count);
      compare(&kind, a, now, start, count);
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
      compare(&kind, a, now, DIMS(0, 0), DIMS(kRows, kColumns));
    }
  }
  strata_array_close(a);
  strata_file_close(file);
  strata_context_close(context);
}

static const char *const kTypes[] = {
    "string",
    "binary",
    "list<float32>",
    "list<string>",
    "fixed_size_list<binary>[3]",
    "list<fixed_size_list<int16>[3]>",
    "list<list<bool>>",
    "fixed_size_list<list<fixed_size_list<list<uint8>>[2]>>[2]",
    "list<list<list<string>>>",
};
static const int32_t kCodecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};

static void with_every_type_and_codec(void **state) {
  (void)state;
  for (uint64_t i = 0; i < LENGTH(kTypes); ++i) play(100 + i, kTypes[i], kCodecs[i % 3], NULL, DIMS(4, 5));
}

static void in_one_chunk_and_in_a_chunk_each(void **state) {
  (void)state;
  play(200, "string", STRATA_CODEC_ZSTD, NULL, NULL);
  play(201, "binary", STRATA_CODEC_LZ4, NULL, DIMS(1, 1));
  play(202, "list<list<int32>>", STRATA_CODEC_NONE, NULL, NULL);
  play(203, "fixed_size_list<list<int64>>[2]", STRATA_CODEC_ZSTD, NULL, DIMS(1, 1));
}

static void with_next_to_no_memory(void **state) {
  (void)state;
  strata_context_options settings = STRATA_CONTEXT_OPTIONS_INIT;
  settings.pending_bytes = 1000;
  settings.block_cache_bytes = STRATA_NONE;
  for (uint64_t i = 0; i < 6; ++i) play(300 + i, kTypes[i], kCodecs[i % 3], &settings, DIMS(3, 17));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(with_every_type_and_codec),
      cmocka_unit_test(in_one_chunk_and_in_a_chunk_each),
      cmocka_unit_test(with_next_to_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
