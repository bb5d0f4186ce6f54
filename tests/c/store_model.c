/* Random lives of stores against a plain copy in memory: datasets, arrays and attributes come and go, across flushes, discards,
 * compactions and reopening; a second handle follows. */
#include "store_support.h"

enum { kDatasets = 6, kArrays = 3, kKeys = 3, kLongest = 50 };

struct array_model {
  int exists;
  uint64_t length;
  int32_t values[kLongest];
};

struct dataset_model {
  uint64_t order; /* 0: there is none */
  struct array_model arrays[kArrays];
  int64_t attributes[kKeys]; /* 0: there is none */
};

struct model {
  struct dataset_model datasets[kDatasets];
  uint64_t created; /* datasets ever */
};

struct play {
  strata_context *context;
  char path[1400];
  strata_store *store, *reader;
  struct model now, flushed;
  uint64_t random;
};

static uint64_t below(struct play *p, uint64_t n) { return (random_number(&p->random) >> 11) % n; }

static const char *const kDatasetNames[kDatasets] = {"a", "b c", "d%", "\xC3\xA9", ".e", "f_"};
static const char *const kArrayNames[kArrays] = {"x", "wind u", "\xE6\xB8\xA9"};
static const char *const kKeyNames[kKeys] = {"title", "\xC3\xBC", "n"};

static void compare_array(strata_dataset *d, const char *name, const struct array_model *want) {
  strata_array *a = NULL;
  int32_t got[kLongest];
  uint64_t length = 0;
  OK(strata_dataset_array_open(d, name, STRATA_NUL, NULL, &a, &err));
  OK(strata_array_shape(a, &length, 1, &err));
  assert_int_equal(length, want->length);
  read_all(a, got, length * 4);
  assert_memory_equal(got, want->values, length * 4);
  strata_array_close(a);
}

static void compare_dataset(strata_store *store, const char *name, const struct dataset_model *want) {
  int exists = -1;
  OK(strata_store_dataset_exists(store, name, STRATA_NUL, &exists, &err));
  assert_int_equal(exists, want->order != 0);
  if (!exists) return;
  strata_dataset *d = open_dataset(store, name);
  for (int i = 0; i < kArrays; ++i) {
    OK(strata_dataset_exists(d, kArrayNames[i], STRATA_NUL, &exists, &err));
    assert_int_equal(exists, want->arrays[i].exists);
    if (exists) compare_array(d, kArrayNames[i], &want->arrays[i]);
  }
  for (int i = 0; i < kKeys; ++i) {
    int64_t value = 0;
    const strata_status s = strata_dataset_get_attribute(d, kKeyNames[i], STRATA_NUL, NULL, &value, 8, NULL, &err);
    assert_int_equal(s, want->attributes[i] ? STRATA_OK : STRATA_E_NOT_FOUND);
    assert_int_equal(value, want->attributes[i]);
  }
  strata_dataset_close(d);
}

/* One variable of all of them at once. */
static void compare_across(strata_store *store, const struct model *m, int array) {
  strata_across *across = NULL;
  OK(strata_store_read_across(store, kArrayNames[array], STRATA_NUL, kDatasetNames, kDatasets, 1, NULL, NULL, NULL,
                              &across, &err));
  for (uint64_t i = 0; i < kDatasets; ++i) {
    const struct array_model *want = &m->datasets[i].arrays[array];
    const int there = m->datasets[i].order && want->exists;
    assert_int_equal(strata_across_status(across, i), there ? STRATA_OK : STRATA_E_NOT_FOUND);
    if (!there) continue;
    const void *data = NULL;
    size_t size = 0;
    OK(strata_across_data(across, i, &data, &size, NULL, &err));
    assert_int_equal(size, want->length * 4);
    assert_memory_equal(data, want->values, size);
  }
  strata_across_close(across);
}

static void compare(strata_store *store, const struct model *m) {
  uint64_t count = 0, order = 0;
  strata_cursor *cursor = NULL;
  const char *name;
  size_t length;
  OK(strata_store_list_datasets(store, NULL, 0, &cursor, &err));
  while (strata_cursor_next(cursor, &name, &length, &err) == STRATA_OK) {
    int i = 0;
    while (i < kDatasets && (strlen(kDatasetNames[i]) != length || memcmp(kDatasetNames[i], name, length) != 0)) ++i;
    assert_true(i < kDatasets);
    assert_true(m->datasets[i].order > order);
    order = m->datasets[i].order;
    ++count;
  }
  strata_cursor_close(cursor);
  for (int i = 0; i < kDatasets; ++i) {
    compare_dataset(store, kDatasetNames[i], &m->datasets[i]);
    if (m->datasets[i].order) --count;
  }
  assert_int_equal(count, 0);
  for (int i = 0; i < kArrays; ++i) compare_across(store, m, i);
}

static void define_something(struct play *p, strata_dataset *d, struct dataset_model *m) {
  const int i = (int)below(p, kArrays);
  struct array_model *a = &m->arrays[i];
  strata_array *array = NULL;
  const int32_t fill = below(p, 2) ? (int32_t)below(p, 100) : 0;
  const uint64_t length = 1 + below(p, kLongest), chunk = 1 + below(p, length);
  if (a->exists) {
    FAILS(STRATA_E_EXISTS, strata_dataset_define(d, kArrayNames[i], STRATA_NUL, STRATA_INT32, 1, &length, &chunk, NULL,
                                                 STRATA_INT32, &fill, 4, NULL, &array, &err));
    return;
  }
  OK(strata_dataset_define(d, kArrayNames[i], STRATA_NUL, STRATA_INT32, 1, &length, &chunk, NULL, STRATA_INT32, &fill,
                           4, NULL, &array, &err));
  a->exists = 1;
  a->length = length;
  for (uint64_t k = 0; k < length; ++k) a->values[k] = fill;
  strata_array_close(array);
}

static void write_something(struct play *p, strata_dataset *d, struct dataset_model *m) {
  const int i = (int)below(p, kArrays);
  struct array_model *a = &m->arrays[i];
  strata_array *array = NULL;
  if (!a->exists) {
    FAILS(STRATA_E_NOT_FOUND, strata_dataset_array_open(d, kArrayNames[i], STRATA_NUL, NULL, &array, &err));
    return;
  }
  OK(strata_dataset_array_open(d, kArrayNames[i], STRATA_NUL, NULL, &array, &err));
  const uint64_t start = below(p, a->length), count = 1 + below(p, a->length - start);
  for (uint64_t k = 0; k < count; ++k) a->values[start + k] = (int32_t)below(p, 1000);
  write_i32(array, start, count, a->values + start);
  strata_array_close(array);
}

static void change_attribute(struct play *p, strata_dataset *d, struct dataset_model *m) {
  const int i = (int)below(p, kKeys);
  if (m->attributes[i] && below(p, 3) == 0) {
    OK(strata_dataset_delete_attribute(d, kKeyNames[i], STRATA_NUL, &err));
    m->attributes[i] = 0;
  } else {
    m->attributes[i] = 1 + (int64_t)below(p, 1000);
    OK(strata_dataset_set_attribute(d, kKeyNames[i], STRATA_NUL, STRATA_INT64, &m->attributes[i], 8, &err));
  }
}

/* Changes of a dataset, or its creation. */
static void change(struct play *p) {
  const int i = (int)below(p, kDatasets);
  struct dataset_model *m = &p->now.datasets[i];
  if (!m->order) {
    strata_dataset_close(create_dataset(p->store, kDatasetNames[i]));
    memset(m, 0, sizeof *m);
    m->order = ++p->now.created;
    return;
  }
  const uint64_t what = below(p, 100);
  if (what < 5) {
    OK(strata_store_dataset_delete(p->store, kDatasetNames[i], STRATA_NUL, NULL, &err));
    memset(m, 0, sizeof *m);
    return;
  }
  strata_dataset *d = open_dataset(p->store, kDatasetNames[i]);
  if (what < 35) {
    define_something(p, d, m);
  } else if (what < 75) {
    write_something(p, d, m);
  } else if (what < 90) {
    change_attribute(p, d, m);
  } else {
    const int a = (int)below(p, kArrays);
    if (m->arrays[a].exists) OK(strata_dataset_delete(d, kArrayNames[a], STRATA_NUL, NULL, &err));
    m->arrays[a].exists = 0;
  }
  strata_dataset_close(d);
}

static void publish(struct play *p, int compacted) {
  if (compacted) OK(strata_store_compact(p->store, NULL, &err));
  else flush_store(p->store);
  assert_int_equal(pending_in(p->store).arrays, 0);
  compare(p->reader, &p->flushed); /* it sees what it saw */
  p->flushed = p->now;
  if (below(p, 2)) { /* refreshed or opened anew */
    OK(strata_store_refresh(p->reader, NULL, NULL, &err));
  } else {
    strata_store_close(p->reader);
    p->reader = open_store_in(below(p, 2) ? p->context : NULL, p->path);
  }
  compare(p->reader, &p->flushed);
}

static void step(struct play *p) {
  const uint64_t what = below(p, 100);
  if (what < 80) {
    change(p);
  } else if (what < 84) {
    compare(p->store, &p->now);
  } else if (what < 92) {
    publish(p, 0);
  } else if (what < 94) {
    publish(p, 1);
  } else if (what < 97) {
    OK(strata_store_discard(p->store, &err));
    assert_int_equal(pending_in(p->store).arrays, 0);
    p->now = p->flushed;
    compare(p->store, &p->now);
  } else { /* what is pending goes */
    strata_store_close(p->store);
    p->store = open_store_in(p->context, p->path);
    p->now = p->flushed;
    compare(p->store, &p->now);
  }
}

static void play(uint64_t seed, int32_t format, int32_t compression) {
  struct play p;
  memset(&p, 0, sizeof p);
  p.random = seed;
  char name[32];
  snprintf(name, sizeof name, "play_%d", (int)seed);
  snprintf(p.path, sizeof p.path, "%s", scratch(name));
  OK(strata_context_create(NULL, NULL, 0, &p.context, &err));
  p.store = create_store_with(p.context, p.path, format, compression);
  p.reader = open_store(p.path);
  for (int i = 0; i < 250; ++i) step(&p);
  publish(&p, 0);
  publish(&p, 1);
  compare(p.store, &p.now);
  strata_store_close(p.store);
  strata_store_close(p.reader);
  strata_context_close(p.context);
}

static void random_lives(void **state) {
  (void)state;
  for (size_t i = 0; i < 2 * LENGTH(kRegistries); ++i)
    play(1000 + i, kRegistries[i / 2].format, kRegistries[i / 2].compression);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_lives)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
