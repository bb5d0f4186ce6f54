/* No linear scans: what a step costs with 16 times as many chunks, arrays, attributes or datasets.
 *
 *     c_lookup_cost                  all steps with few of everything: that they work
 *     c_lookup_cost GROUP NUMBER     one group's steps; lookup_cost.py runs it under callgrind with two numbers and
 * compares the instructions that each step took, which unlike times are the same on every machine
 */
#include "support.h"

enum { kSample = 1024 }; /* steps that look things up do it as often, however many there are */

typedef void step(uint64_t n);

/* lookup_cost.py tells callgrind to count inside this function only, and to write down the count each time it is left.
 */
void measured(step *run, uint64_t n);
__attribute__((noinline)) void measured(step *run, uint64_t n) { run(n); }

static strata_context *context;
static strata_file *file;
static strata_array *array;
static strata_store *store;
static uint8_t *bytes;

static const char *name_of(char *out, uint64_t i) {
  snprintf(out, 32, "name%08lu", (unsigned long)i);
  return out;
}

/* Numbers all over [0, n), each as likely. */
static uint64_t somewhere(uint64_t i, uint64_t n) { return i * UINT64_C(0x9E3779B97F4A7C15) % n; }

static void close_all(void) {
  strata_array_close(array);
  strata_file_close(file);
  strata_store_close(store);
  array = NULL;
  file = NULL;
  store = NULL;
}

static void flush_it(uint64_t n) {
  (void)n;
  flush(file);
}

static void compact_it(uint64_t n) {
  (void)n;
  compact(file);
}

/* ---- chunks ---- */

static void write_chunks(uint64_t n) { write_all(array, bytes, 4 * n); }

static void open_and_read_whole(uint64_t n) {
  file = open_in(context, scratch("chunks.af"));
  array = open_array(file, "a");
  read_all(array, bytes, 4 * n);
}

static void read_some_chunks(uint64_t n) {
  for (uint64_t i = 0; i < kSample; ++i) {
    const uint64_t start = 4 * somewhere(i, n), count = 4;
    OK(strata_array_read(array, 1, &start, &count, NULL, bytes, 4, NULL, &err));
  }
}

static void write_some_chunks(uint64_t n) {
  for (uint64_t i = 0; i < kSample; ++i) {
    const uint64_t start = 4 * somewhere(i, n), count = 3;
    OK(strata_array_write(array, 1, &start, &count, bytes, 3, NULL, &err));
  }
}

static void write_every_fourth_chunk(uint64_t n) {
  for (uint64_t start = 0; start < 4 * n; start += 16) {
    const uint64_t count = 3;
    OK(strata_array_write(array, 1, &start, &count, bytes, 3, NULL, &err));
  }
}

static void chunk_steps(uint64_t n) {
  file = create_with(context, scratch("chunks.af"), STRATA_CODEC_NONE);
  array = define(file, "a", STRATA_UINT8, 1, &(const uint64_t){4 * n}, DIMS(4));
  bytes = malloc(4 * n);
  for (uint64_t i = 0; i < 4 * n; ++i) bytes[i] = (uint8_t)(i * 7 + i / 256);
  measured(write_chunks, n);
  measured(flush_it, n);
  close_all();
  measured(open_and_read_whole, n);
  for (uint64_t i = 0; i < 4 * n; ++i) assert_int_equal(bytes[i], (uint8_t)(i * 7 + i / 256));
  measured(read_some_chunks, n);
  measured(write_some_chunks, n);
  measured(read_some_chunks, n);
  measured(flush_it, n);
  measured(read_some_chunks, n);
  compact(file); /* so that the share of chunks to be taken apart is the same for every n */
  measured(write_every_fourth_chunk, n);
  measured(flush_it, n);
  measured(compact_it, n);
  close_all();
  free(bytes);
}

/* ---- arrays of a file ---- */

static void define_arrays(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < n; ++i)
    OK(strata_file_define(file, name_of(name, i), STRATA_NUL, STRATA_INT32, 1, DIMS(4), NULL, NULL, STRATA_TYPE_NONE,
                          NULL, 0, NULL, NULL, &err));
}

static void reopen_file(uint64_t n) {
  (void)n;
  strata_file_close(file);
  file = open_in(context, scratch("arrays.af"));
  strata_array_close(open_array(file, "name00000000")); /* the tables of what there is are made */
}

static void open_some_arrays(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < kSample; ++i) strata_array_close(open_array(file, name_of(name, somewhere(i, n))));
}

static void annotate_arrays(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < n; ++i) {
    strata_array *a = open_array(file, name_of(name, i));
    OK(strata_array_set_attribute(a, "number", STRATA_NUL, STRATA_UINT64, &i, sizeof i, &err));
    strata_array_close(a);
  }
}

static void read_some_attributes(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < kSample; ++i) {
    uint64_t value = 0;
    strata_array *a = open_array(file, name_of(name, somewhere(i, n)));
    OK(strata_array_get_attribute(a, "number", STRATA_NUL, NULL, &value, sizeof value, NULL, &err));
    assert_int_equal(value, somewhere(i, n));
    strata_array_close(a);
  }
}

static void one_more_array(uint64_t n) {
  (void)n;
  strata_array *a = define(file, "one more", STRATA_INT32, 1, DIMS(4), NULL);
  const int32_t values[4] = {1, 2, 3, 4};
  write_all(a, values, sizeof values);
  strata_array_close(a);
  flush(file);
}

static void delete_some_arrays(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < n; i += 8) OK(strata_file_delete(file, name_of(name, i), STRATA_NUL, NULL, &err));
  flush(file);
}

static void list_arrays(uint64_t n) {
  (void)n;
  strata_cursor *cursor = NULL;
  OK(strata_file_list(file, NULL, 0, &cursor, &err));
  assert_true(strata_cursor_remaining(cursor) > 0);
  strata_cursor_close(cursor);
}

static void array_steps(uint64_t n) {
  file = create_with(context, scratch("arrays.af"), STRATA_CODEC_NONE);
  measured(define_arrays, n);
  measured(flush_it, n);
  measured(reopen_file, n);
  measured(open_some_arrays, n);
  measured(list_arrays, n);
  measured(annotate_arrays, n);
  measured(flush_it, n);
  measured(reopen_file, n);
  measured(read_some_attributes, n);
  measured(one_more_array, n);
  measured(compact_it, n);
  measured(delete_some_arrays, n);
  measured(compact_it, n);
  close_all();
}

/* ---- attributes of one array ---- */

static void set_attributes(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < n; ++i)
    OK(strata_array_set_attribute(array, name_of(name, i), STRATA_NUL, STRATA_UINT64, &i, sizeof i, &err));
}

static void reopen_attributes(uint64_t n) {
  (void)n;
  strata_array_close(array);
  strata_file_close(file);
  file = open_in(context, scratch("attributes.af"));
  array = open_array(file, "a");
  uint64_t value = 7;
  OK(strata_array_get_attribute(array, "name00000000", STRATA_NUL, NULL, &value, sizeof value, NULL, &err));
  assert_int_equal(value, 0);
}

static void get_some_attributes(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < kSample; ++i) {
    uint64_t value = 0;
    OK(strata_array_get_attribute(array, name_of(name, somewhere(i, n)), STRATA_NUL, NULL, &value, sizeof value, NULL,
                                  &err));
    assert_int_equal(value, somewhere(i, n));
  }
}

static void delete_some_attributes(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < kSample; ++i)
    OK(strata_array_delete_attribute(array, name_of(name, i * (n / kSample)), STRATA_NUL, &err));
}

static void attribute_steps(uint64_t n) {
  file = create_with(context, scratch("attributes.af"), STRATA_CODEC_NONE);
  array = define(file, "a", STRATA_INT32, 0, NULL, NULL);
  measured(set_attributes, n);
  measured(flush_it, n);
  measured(reopen_attributes, n);
  measured(get_some_attributes, n);
  measured(delete_some_attributes, n);
  measured(flush_it, n);
  measured(compact_it, n);
  close_all();
}

/* ---- datasets of a store ---- */

static void add_dataset(uint64_t i) {
  char name[32];
  const double values[4] = {(double)i, 1, 2, 3};
  const int64_t number = (int64_t)i;
  strata_dataset *dataset = NULL;
  OK(strata_store_dataset_create(store, name_of(name, i), STRATA_NUL, &dataset, &err));
  for (int k = 0; k < 2; ++k) {
    OK(strata_dataset_define(dataset, k ? "salt" : "temp", STRATA_NUL, STRATA_FLOAT64, 1, DIMS(4), NULL, NULL,
                             STRATA_TYPE_NONE, NULL, 0, NULL, &array, &err));
    write_all(array, values, sizeof values);
    strata_array_close(array);
    array = NULL;
  }
  OK(strata_dataset_set_attribute(dataset, "number", STRATA_NUL, STRATA_INT64, &number, sizeof number, &err));
  strata_dataset_close(dataset);
}

static void add_datasets(uint64_t n) {
  for (uint64_t i = 0; i < n; ++i) add_dataset(i);
}

static void flush_store(uint64_t n) {
  (void)n;
  OK(strata_store_flush(store, NULL, &err));
}

static void reopen_store(uint64_t n) {
  (void)n;
  strata_store_close(store);
  OK(strata_store_open(context, scratch("store"), STRATA_NUL, NULL, NULL, &store, &err));
}

static void read_stack(uint64_t n) {
  OK(strata_store_read_stacked(store, "temp", STRATA_NUL, NULL, 0, 0, NULL, NULL, NULL, bytes, 32 * n, NULL, NULL,
                               &err));
}

static void read_some_rows(uint64_t n) {
  char names[64][32];
  const char *rows[64];
  double got[64][4];
  for (uint64_t i = 0; i < kSample / 64; ++i) {
    for (uint64_t k = 0; k < 64; ++k) rows[k] = name_of(names[k], somewhere(64 * i + k, n));
    OK(strata_store_read_stacked(store, "salt", STRATA_NUL, rows, 64, 0, NULL, NULL, NULL, got, sizeof got, NULL, NULL,
                                 &err));
    for (uint64_t k = 0; k < 64; ++k) assert_true(got[k][0] == (double)somewhere(64 * i + k, n));
  }
}

static void look_at_some_datasets(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < kSample; ++i) {
    strata_dataset *dataset = NULL;
    int64_t number = -1;
    OK(strata_store_dataset_open(store, name_of(name, somewhere(i, n)), STRATA_NUL, &dataset, &err));
    OK(strata_dataset_get_attribute(dataset, "number", STRATA_NUL, NULL, &number, sizeof number, NULL, &err));
    assert_int_equal(number, somewhere(i, n));
    OK(strata_dataset_array_open(dataset, "temp", STRATA_NUL, NULL, &array, &err));
    strata_array_close(array);
    strata_dataset_close(dataset);
  }
  array = NULL;
}

static void one_more_dataset(uint64_t n) {
  add_dataset(n);
  OK(strata_store_flush(store, NULL, &err));
}

static void delete_some_datasets(uint64_t n) {
  char name[32];
  for (uint64_t i = 0; i < n; i += 4) OK(strata_store_dataset_delete(store, name_of(name, i), STRATA_NUL, NULL, &err));
}

static void compact_store(uint64_t n) {
  (void)n;
  OK(strata_store_compact(store, NULL, &err));
}

static void store_steps(uint64_t n) {
  strata_store_options o = STRATA_STORE_OPTIONS_INIT;
  o.codec = STRATA_CODEC_NONE;
  bytes = malloc(32 * n);
  OK(strata_store_create(context, scratch("store"), STRATA_NUL, &o, NULL, &store, &err));
  measured(add_datasets, n);
  measured(flush_store, n);
  measured(reopen_store, n);
  measured(read_stack, n);
  for (uint64_t i = 0; i < n; ++i) assert_true(((double *)(void *)bytes)[4 * i] == (double)i);
  measured(read_some_rows, n); /* opens that array's file */
  measured(read_some_rows, n);
  measured(look_at_some_datasets, n);
  measured(one_more_dataset, n);
  measured(delete_some_datasets, n);
  measured(flush_store, n);
  measured(compact_store, n);
  close_all();
  free(bytes);
}

static const struct {
  const char *name;
  step *run;
} kGroups[] = {
    {"chunks", chunk_steps}, {"arrays", array_steps}, {"attributes", attribute_steps}, {"store", store_steps}};

static uint64_t number_of_things;
static step *group;

static void run_group(void **state) {
  (void)state;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 1; /* all work is on the thread that callgrind counts */
  o.pending_bytes = 1u << 30;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  group(number_of_things);
  strata_context_close(context);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(run_group)};
  int failures = 0;
  number_of_things = argc == 3 ? strtoull(argv[2], NULL, 10) : 2 * kSample;
  for (size_t i = 0; i < LENGTH(kGroups); ++i) {
    if (argc == 3 && strcmp(argv[1], kGroups[i].name) != 0) continue;
    group = kGroups[i].run;
    failures += cmocka_run_group_tests_name(kGroups[i].name, tests, NULL, NULL);
  }
  return failures;
}
