/* Contexts: their options, their counters, and that handles share them. */
#include "support.h"

static strata_context *make_context(const strata_context_options *options) {
  strata_context *context = NULL;
  OK(strata_context_create(options, NULL, 0, &context, &err));
  assert_non_null(context);
  return context;
}

static void defaults_are_those_of_the_header(void **state) {
  (void)state;
  strata_context *context = make_context(NULL);
  strata_counters c = counters_of(context);
  assert_int_equal(c.block_capacity, 256u << 20);
  assert_int_equal(c.raw_capacity, 64u << 20);
  assert_true(c.threads >= 1);
  assert_true(c.memory_limit == (320 + c.threads * UINT64_C(80)) << 20);
  assert_int_equal(c.block_bytes + c.raw_bytes + c.pending_bytes + c.commits + c.reads, 0);
  strata_context_close(context);
}

static void options_are_kept(void **state) {
  (void)state;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 3;
  o.block_cache_bytes = 1u << 20;
  o.raw_cache_bytes = 2u << 20;
  strata_context *context = make_context(&o);
  strata_counters c = counters_of(context);
  assert_int_equal(c.threads, 3);
  assert_int_equal(c.block_capacity, 1u << 20);
  assert_int_equal(c.raw_capacity, 2u << 20);
  strata_context_close(context);
  o.block_cache_bytes = STRATA_NONE;
  o.raw_cache_bytes = STRATA_NONE;
  context = make_context(&o);
  c = counters_of(context);
  assert_int_equal(c.block_capacity, 0);
  assert_int_equal(c.raw_capacity, 0);
  strata_context_close(context);
}

static void memory_bytes_is_shared_out(void **state) {
  (void)state;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.memory_bytes = 64u << 20;
  strata_context *context = make_context(&o);
  strata_counters c = counters_of(context);
  assert_int_equal(c.memory_limit, 64u << 20);
  assert_int_equal(c.block_capacity, 24u << 20);
  assert_int_equal(c.raw_capacity, 8u << 20);
  assert_int_equal(c.memory_bytes, 0);
  strata_context_close(context);
  /* What is asked for and fits its part is what it was. */
  o.block_cache_bytes = 1u << 20;
  o.raw_cache_bytes = STRATA_NONE;
  context = make_context(&o);
  c = counters_of(context);
  assert_int_equal(c.memory_limit, 64u << 20);
  assert_int_equal(c.block_capacity, 1u << 20);
  assert_int_equal(c.raw_capacity, 0);
  strata_context_close(context);
}

static void wrong_arguments_are_refused(void **state) {
  (void)state;
  strata_context *context = (strata_context *)&err;
  FAILS(STRATA_E_INVALID, strata_context_create(NULL, NULL, 0, NULL, &err));
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.struct_size = 3;
  FAILS(STRATA_E_INVALID, strata_context_create(&o, NULL, 0, &context, &err));
  assert_null(context);
  o.struct_size = sizeof o;
  FAILS(STRATA_E_INVALID, strata_context_create(&o, "\xFF", STRATA_NUL, &context, &err));
  context = make_context(NULL);
  FAILS(STRATA_E_INVALID, strata_context_counters(context, NULL, &err));
  strata_counters c = STRATA_COUNTERS_INIT;
  c.struct_size = 0;
  FAILS(STRATA_E_INVALID, strata_context_counters(context, &c, &err));
  strata_context_close(context);
}

static void as_many_counters_as_fit_are_filled(void **state) {
  (void)state;
  strata_context *context = make_context(NULL);
  strata_counters c;
  memset(&c, 0x5A, sizeof c);
  c.struct_size = offsetof(strata_counters, block_misses);
  OK(strata_context_counters(context, &c, &err));
  assert_int_equal(c.block_hits, 0);
  assert_int_equal(c.block_misses, UINT64_C(0x5A5A5A5A5A5A5A5A));
  /* A program that is newer than the library finds zeros where nobody counts. */
  struct {
    strata_counters known;
    uint64_t later;
  } newer;
  memset(&newer, 0x5A, sizeof newer);
  newer.known.struct_size = sizeof newer;
  OK(strata_context_counters(context, &newer.known, &err));
  assert_int_equal(newer.known.commits, 0);
  strata_context_close(context);
}

static void counters_count_what_files_do(void **state) {
  (void)state;
  strata_context *context = make_context(NULL);
  strata_file *file = create_with(context, scratch("counted.af"), STRATA_CODEC_ZSTD);
  strata_array *a = define(file, "a", STRATA_FLOAT64, 2, DIMS(64, 64), DIMS(32, 32));
  double *values = calloc(64 * 64, sizeof *values);
  for (int i = 0; i < 64 * 64; ++i) values[i] = i;
  write_all(a, values, 64 * 64 * sizeof *values);
  strata_counters c = counters_of(context);
  assert_int_equal(c.commits, 0);
  assert_true(c.pending_bytes > 0);
  flush(file);
  c = counters_of(context);
  assert_int_equal(c.commits, 1);
  assert_int_equal(c.pending_bytes, 0);
  strata_file *again = open_in(context, scratch("counted.af"));
  strata_counters before = counters_of(context);
  assert_true(before.objects_opened >= 2);
  strata_array *b = open_array(again, "a");
  read_all(b, values, 64 * 64 * sizeof *values);
  for (int i = 0; i < 64 * 64; ++i) assert_true(values[i] == i);
  c = counters_of(context);
  assert_int_equal(c.chunk_lookups - before.chunk_lookups, 4);
  assert_true(c.reads > before.reads);
  assert_true(c.read_bytes > before.read_bytes);
  assert_true(c.units_decoded > before.units_decoded);
  assert_true(c.decoded_bytes - before.decoded_bytes >= 64 * 64 * sizeof *values);
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
  strata_file_close(again);
  strata_context_close(context);
  free(values);
}

static void a_context_outlives_its_handle_with_its_files(void **state) {
  (void)state;
  strata_context *context = make_context(NULL);
  strata_file *file = create_with(context, scratch("outlives.af"), STRATA_CODEC_DEFAULT);
  strata_context_close(context);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(1000), DIMS(10));
  int32_t values[1000], got[1000];
  for (int i = 0; i < 1000; ++i) values[i] = i;
  write_all(a, values, sizeof values);
  flush(file);
  strata_file_close(file);
  read_all(a, got, sizeof got);
  assert_memory_equal(values, got, sizeof got);
  strata_array_close(a);
}

static void one_thread_is_enough(void **state) {
  (void)state;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 1;
  strata_context *context = make_context(&o);
  strata_file *file = create_with(context, scratch("alone.af"), STRATA_CODEC_DEFAULT);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(100000), DIMS(100));
  int32_t *values = malloc(100000 * sizeof *values);
  for (int i = 0; i < 100000; ++i) values[i] = i;
  write_all(a, values, 100000 * sizeof *values);
  compact(file);
  memset(values, 0, 100000 * sizeof *values);
  read_all(a, values, 100000 * sizeof *values);
  for (int i = 0; i < 100000; ++i) assert_int_equal(values[i], i);
  free(values);
  strata_array_close(a);
  strata_file_close(file);
  strata_context_close(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults_are_those_of_the_header),
      cmocka_unit_test(options_are_kept),
      cmocka_unit_test(memory_bytes_is_shared_out),
      cmocka_unit_test(wrong_arguments_are_refused),
      cmocka_unit_test(as_many_counters_as_fit_are_filled),
      cmocka_unit_test(counters_count_what_files_do),
      cmocka_unit_test(a_context_outlives_its_handle_with_its_files),
      cmocka_unit_test(one_thread_is_enough),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
