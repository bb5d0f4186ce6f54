/* Thousands of random reads and writes against a plain copy in memory, across flushes, discards, compactions and reopening. */
#include "support.h"

enum { kArrays = 3, kMaxDims = 4, kRoom = 4 << 20 };

/* An array as it ought to be: pending changes included, and as of the last flush. */
struct model {
  char name[32];
  int32_t type;
  size_t width;
  uint32_t ndim;
  uint64_t shape[kMaxDims], chunk[kMaxDims];
  size_t bytes;
  uint8_t *now, *flushed;
  strata_array *handle;
};

struct play {
  strata_context *context;
  const char *path;
  strata_file *file;
  struct model arrays[kArrays];
  uint64_t random;
  uint8_t *memory; /* kRoom bytes */
};

struct region {
  uint64_t start[kMaxDims], count[kMaxDims];
  int64_t strides[kMaxDims];
  uint64_t elements;
  size_t reach; /* bytes of memory with these strides */
};

static uint64_t below(struct play *p, uint64_t n) { return n ? (random_number(&p->random) >> 11) % n : 0; }

static void make_bytes(struct play *p, const struct model *m, uint8_t *to, size_t size) {
  /* Now and then something that compresses well. */
  const int flat = below(p, 3) == 0;
  const uint8_t same = (uint8_t)below(p, 2);
  for (size_t i = 0; i < size; ++i) {
    const uint64_t r = random_number(&p->random) >> 11;
    to[i] = flat ? same : (uint8_t)(m->type == STRATA_BOOL ? r & 1 : r);
  }
}

/* Any place and size, now and then nothing or all; strides of axes in any order with gaps, or row-major. */
static struct region any_region(struct play *p, const struct model *m, int packed) {
  struct region r;
  uint32_t order[kMaxDims];
  memset(&r, 0, sizeof r);
  r.elements = 1;
  const int whole = below(p, 12) == 0;
  for (uint32_t i = 0; i < m->ndim; ++i) {
    r.start[i] = whole ? 0 : below(p, m->shape[i] + 1);
    r.count[i] = whole ? m->shape[i] : below(p, 20) == 0 ? 0 : 1 + below(p, m->shape[i] - r.start[i]);
    if (r.start[i] + r.count[i] > m->shape[i]) r.count[i] = m->shape[i] - r.start[i];
    r.elements *= r.count[i];
    order[i] = m->ndim - 1 - i;
  }
  for (uint32_t i = m->ndim; !packed && i > 1; --i) {
    uint32_t j = (uint32_t)below(p, i), t = order[j];
    order[j] = order[i - 1];
    order[i - 1] = t;
  }
  r.reach = m->width;
  for (uint32_t i = 0; i < m->ndim; ++i) {
    const uint32_t axis = order[i];
    r.strides[axis] = (int64_t)(r.reach + (packed ? 0 : below(p, 3)));
    if (r.count[axis] > 1) r.reach += (r.count[axis] - 1) * (size_t)r.strides[axis];
  }
  if (r.elements == 0) r.reach = 0;
  assert_true(r.reach <= kRoom);
  return r;
}

/* Where element number i of the region is: in the model, and in memory with the region's strides. */
static void places_of(const struct model *m, const struct region *r, uint64_t i, size_t *in_model, size_t *in_memory) {
  size_t at = 0, step = m->width;
  *in_memory = 0;
  for (uint32_t a = m->ndim; a-- > 0;) {
    const uint64_t k = i % r->count[a];
    i /= r->count[a];
    at += (size_t)(r->start[a] + k) * step;
    step *= m->shape[a];
    *in_memory += (size_t)k * (size_t)r->strides[a];
  }
  *in_model = at;
}

static void write_something(struct play *p, struct model *m) {
  const int packed = below(p, 3) != 0;
  struct region r = any_region(p, m, packed);
  if (!packed && m->ndim && below(p, 2)) { /* an axis along which one element is repeated */
    const uint32_t axis = (uint32_t)below(p, m->ndim);
    r.strides[axis] = 0;
  }
  make_bytes(p, m, p->memory, r.reach);
  if (packed)
    OK(strata_array_write(m->handle, m->ndim, r.start, r.count, p->memory, r.elements * m->width, NULL, &err));
  else OK(strata_array_write_strided(m->handle, m->ndim, r.start, r.count, r.strides, p->memory, r.reach, NULL, &err));
  for (uint64_t i = 0; i < r.elements; ++i) {
    size_t to, from;
    places_of(m, &r, i, &to, &from);
    memcpy(m->now + to, p->memory + from, m->width);
  }
}

static void read_something(struct play *p, const struct model *m) {
  const int packed = below(p, 2) != 0;
  const struct region r = any_region(p, m, packed);
  memset(p->memory, 0xA5, r.reach);
  if (packed) OK(strata_array_read(m->handle, m->ndim, r.start, r.count, NULL, p->memory, r.reach, NULL, &err));
  else OK(strata_array_read_strided(m->handle, m->ndim, r.start, r.count, r.strides, NULL, p->memory, r.reach, &err));
  for (uint64_t i = 0; i < r.elements; ++i) {
    size_t want, got;
    places_of(m, &r, i, &want, &got);
    assert_memory_equal(p->memory + got, m->now + want, m->width);
  }
}

static void compare_all(struct play *p) {
  for (int i = 0; i < kArrays; ++i) {
    const struct model *m = &p->arrays[i];
    memset(p->memory, 0x5A, m->bytes);
    read_all(m->handle, p->memory, m->bytes);
    assert_memory_equal(p->memory, m->now, m->bytes);
  }
}

static void open_all(struct play *p) {
  for (int i = 0; i < kArrays; ++i) p->arrays[i].handle = open_array(p->file, p->arrays[i].name);
}

static void close_all(struct play *p) {
  for (int i = 0; i < kArrays; ++i) strata_array_close(p->arrays[i].handle);
}

static void define_model(struct play *p, struct model *m) {
  uint8_t fill[8];
  make_bytes(p, m, fill, sizeof fill);
  if (m->type == STRATA_FLOAT32 || m->type == STRATA_FLOAT64)
    memset(fill, 0, sizeof fill); /* as bytes: could be a NaN */
  const int has_fill = below(p, 2) != 0;
  m->handle = define_with_fill(p->file, m->name, m->type, m->ndim, m->shape, m->chunk,
                               has_fill ? m->type : STRATA_TYPE_NONE, has_fill ? fill : NULL, has_fill ? m->width : 0);
  if (!has_fill) memset(fill, 0, sizeof fill);
  for (size_t at = 0; at < m->bytes; at += m->width) memcpy(m->now + at, fill, m->width);
}

static void keep_flushed(struct play *p) {
  for (int i = 0; i < kArrays; ++i) memcpy(p->arrays[i].flushed, p->arrays[i].now, p->arrays[i].bytes);
}

static void reopen(struct play *p) {
  close_all(p);
  strata_file_close(p->file);
  p->file = open_in(p->context, p->path);
  open_all(p);
}

static void one_step(struct play *p) {
  struct model *m = &p->arrays[below(p, kArrays)];
  const uint64_t what = below(p, 100);
  if (what < 45) {
    write_something(p, m);
  } else if (what < 85) {
    read_something(p, m);
  } else if (what < 91) {
    flush(p->file);
    keep_flushed(p);
    compare_all(p);
  } else if (what < 93) {
    OK(strata_file_discard(p->file, &err));
    for (int i = 0; i < kArrays; ++i) memcpy(p->arrays[i].now, p->arrays[i].flushed, p->arrays[i].bytes);
    close_all(p); /* a discarded deletion leaves stale handles */
    open_all(p);
    compare_all(p);
  } else if (what < 95) {
    compact(p->file);
    keep_flushed(p);
    compare_all(p);
  } else if (what < 97) {
    flush(p->file);
    keep_flushed(p);
    reopen(p);
    compare_all(p);
  } else if (what < 98) { /* pending changes go */
    reopen(p);
    for (int i = 0; i < kArrays; ++i) memcpy(p->arrays[i].now, p->arrays[i].flushed, p->arrays[i].bytes);
    compare_all(p);
  } else { /* defined anew: nothing of before shows, whatever layers lie below */
    strata_array_close(m->handle);
    OK(strata_file_delete(p->file, m->name, STRATA_NUL, NULL, &err));
    if (below(p, 2)) {
      m->handle = NULL;
      define_model(p, m);
    } else {
      flush(p->file);
      define_model(p, m);
      flush(p->file);
      keep_flushed(p);
    }
    read_something(p, m);
  }
}

static void play(uint64_t seed, int32_t codec, int level, const strata_context_options *settings, uint64_t block_bytes,
                 int large, int steps) {
  static const int32_t types[] = {STRATA_INT16,        STRATA_FLOAT64, STRATA_UINT8,
                                  STRATA_TIMESTAMP_NS, STRATA_BOOL,    STRATA_FLOAT32};
  struct play p;
  memset(&p, 0, sizeof p);
  p.random = seed;
  p.memory = malloc(kRoom);
  assert_non_null(p.memory);
  OK(strata_context_create(settings, NULL, 0, &p.context, &err));
  char name[64], path[1280];
  snprintf(name, sizeof name, "play_%llu.af", (unsigned long long)seed);
  snprintf(path, sizeof path, "%s", scratch(name));
  p.path = path;
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.codec = codec;
  options.level = level;
  options.block_bytes = block_bytes;
  OK(strata_file_create(p.context, path, STRATA_NUL, &options, NULL, &p.file, &err));
  for (int i = 0; i < kArrays; ++i) {
    struct model *m = &p.arrays[i];
    snprintf(m->name, sizeof m->name, "array %d", i);
    m->type = types[below(&p, LENGTH(types))];
    m->width = strata_type_size(m->type);
    m->ndim = large ? 2 : (uint32_t)below(&p, kMaxDims + 1);
    m->bytes = m->width;
    for (uint32_t a = 0; a < m->ndim; ++a) {
      m->shape[a] = large ? 250 + below(&p, 200) : 1 + below(&p, m->ndim == 1 ? 300 : 9);
      m->chunk[a] = large ? 100 + below(&p, 200) : 1 + below(&p, m->shape[a] + 2);
      m->bytes *= m->shape[a];
    }
    m->now = malloc(m->bytes);
    m->flushed = malloc(m->bytes);
    assert_non_null(m->now);
    assert_non_null(m->flushed);
    define_model(&p, m);
  }
  flush(p.file);
  keep_flushed(&p);
  for (int i = 0; i < steps; ++i) one_step(&p);
  flush(p.file);
  reopen(&p);
  compare_all(&p);
  close_all(&p);
  strata_file_close(p.file);
  strata_context_close(p.context);
  for (int i = 0; i < kArrays; ++i) {
    free(p.arrays[i].now);
    free(p.arrays[i].flushed);
  }
  free(p.memory);
}

static const int32_t kCodecs[] = {STRATA_CODEC_NONE, STRATA_CODEC_LZ4, STRATA_CODEC_ZSTD};

static void small_arrays_with_every_codec(void **state) {
  (void)state;
  for (uint64_t i = 0; i < 12; ++i) play(100 + i, kCodecs[i % 3], 0, NULL, 0, 0, 400);
}

/* Blocks so small that each holds a chunk or two; levels; one thread. */
static void small_blocks(void **state) {
  (void)state;
  strata_context_options settings = STRATA_CONTEXT_OPTIONS_INIT;
  settings.threads = 1;
  for (uint64_t i = 0; i < 6; ++i) play(200 + i, kCodecs[i % 3], i % 3 ? 5 : 0, &settings, 64, 0, 300);
}

/* Pending data over its budget: compressed early, and spilled to a temporary file. */
static void next_to_no_memory(void **state) {
  (void)state;
  strata_context_options settings = STRATA_CONTEXT_OPTIONS_INIT;
  settings.threads = 3;
  settings.pending_bytes = 1000;
  settings.block_cache_bytes = STRATA_NONE;
  settings.raw_cache_bytes = STRATA_NONE;
  for (uint64_t i = 0; i < 6; ++i) play(300 + i, kCodecs[i % 3], 0, &settings, 0, 0, 300);
}

/* Chunks that are compressed as soon as they are written. */
static void large_chunks(void **state) {
  (void)state;
  strata_context_options settings = STRATA_CONTEXT_OPTIONS_INIT;
  settings.threads = 2;
  settings.pending_bytes = 300000;
  for (uint64_t i = 0; i < 3; ++i) play(400 + i, kCodecs[i % 3], 0, &settings, i == 2 ? 100000 : 0, 1, 60);
}

/* Slabs of stored bytes, as for places far away. */
static void slabs(void **state) {
  (void)state;
  strata_context_options settings = STRATA_CONTEXT_OPTIONS_INIT;
  settings.slab_bytes = 4096;
  settings.raw_cache_bytes = 64 << 10;
  settings.block_cache_bytes = 64 << 10;
  for (uint64_t i = 0; i < 3; ++i) play(500 + i, kCodecs[i % 3], 0, &settings, 0, 0, 300);
  for (uint64_t i = 0; i < 2; ++i) play(510 + i, kCodecs[i * 2], 0, &settings, 0, 1, 40);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_arrays_with_every_codec),
      cmocka_unit_test(small_blocks),
      cmocka_unit_test(next_to_no_memory),
      cmocka_unit_test(large_chunks),
      cmocka_unit_test(slabs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
