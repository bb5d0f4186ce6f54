/* Sizes and offsets of every public struct on LP64: bindings lay them out by hand, and a change would be a break of the ABI. */
#include "support.h"

#define AT(type, member, offset) assert_int_equal(offsetof(type, member), (offset))
#define SIZE(type, size) assert_int_equal(sizeof(type), (size))

static void error_has_256_bytes(void **state) {
  (void)state;
  SIZE(strata_error, 256);
  AT(strata_error, struct_size, 0);
  AT(strata_error, status, 4);
  AT(strata_error, os_error, 8);
  AT(strata_error, http_status, 12);
  AT(strata_error, message, 16);
}

static void options_of_contexts_and_files(void **state) {
  (void)state;
  SIZE(strata_context_options, 56);
  AT(strata_context_options, struct_size, 0);
  AT(strata_context_options, threads, 4);
  AT(strata_context_options, block_cache_bytes, 8);
  AT(strata_context_options, raw_cache_bytes, 16);
  AT(strata_context_options, slab_bytes, 24);
  AT(strata_context_options, pending_bytes, 32);
  AT(strata_context_options, verify, 40);
  AT(strata_context_options, log_level, 44);
  AT(strata_context_options, memory_bytes, 48);
  SIZE(strata_file_options, 48);
  AT(strata_file_options, struct_size, 0);
  AT(strata_file_options, flags, 4);
  AT(strata_file_options, codec, 8);
  AT(strata_file_options, level, 12);
  AT(strata_file_options, block_bytes, 16);
  AT(strata_file_options, fold_limit_bytes, 24);
  AT(strata_file_options, compact_layers, 32);
  AT(strata_file_options, compact_dead_bytes, 40);
}

static void options_of_stores(void **state) {
  (void)state;
  SIZE(strata_store_options, 56);
  AT(strata_store_options, struct_size, 0);
  AT(strata_store_options, flags, 4);
  AT(strata_store_options, codec, 8);
  AT(strata_store_options, level, 12);
  AT(strata_store_options, meta_format, 16);
  AT(strata_store_options, meta_compression, 20);
  AT(strata_store_options, block_bytes, 24);
  AT(strata_store_options, fold_limit_bytes, 32);
  AT(strata_store_options, compact_layers, 40);
  AT(strata_store_options, compact_dead_bytes, 48);
}

static void compactions(void **state) {
  (void)state;
  SIZE(strata_compaction, 48);
  AT(strata_compaction, struct_size, 0);
  AT(strata_compaction, merges, 4);
  AT(strata_compaction, layers, 8);
  AT(strata_compaction, bytes, 16);
  AT(strata_compaction, dead_bytes, 24);
  AT(strata_compaction, bytes_after, 32);
  AT(strata_compaction, array, 40);
}

static void counters(void **state) {
  (void)state;
  SIZE(strata_counters, 312);
  AT(strata_counters, struct_size, 0);
  AT(strata_counters, threads, 4);
  AT(strata_counters, block_hits, 8);
  AT(strata_counters, block_misses, 16);
  AT(strata_counters, block_evictions, 24);
  AT(strata_counters, block_coalesced, 32);
  AT(strata_counters, block_bytes, 40);
  AT(strata_counters, block_capacity, 48);
  AT(strata_counters, raw_hits, 56);
  AT(strata_counters, raw_misses, 64);
  AT(strata_counters, raw_evictions, 72);
  AT(strata_counters, raw_coalesced, 80);
  AT(strata_counters, raw_bytes, 88);
  AT(strata_counters, raw_capacity, 96);
  AT(strata_counters, objects_opened, 104);
  AT(strata_counters, reads, 112);
  AT(strata_counters, read_bytes, 120);
  AT(strata_counters, units_decoded, 128);
  AT(strata_counters, decoded_bytes, 136);
  AT(strata_counters, chunk_lookups, 144);
  AT(strata_counters, lookup_steps, 152);
  AT(strata_counters, pending_bytes, 160);
  AT(strata_counters, spilled_bytes, 168);
  AT(strata_counters, commits, 176);
  AT(strata_counters, storage_opens, 184);
  AT(strata_counters, storage_lists, 192);
  AT(strata_counters, storage_reads, 200);
  AT(strata_counters, storage_read_bytes, 208);
  AT(strata_counters, storage_writes, 216);
  AT(strata_counters, storage_written_bytes, 224);
  AT(strata_counters, storage_created, 232);
  AT(strata_counters, storage_removed, 240);
  AT(strata_counters, storage_syncs, 248);
  AT(strata_counters, decode_ns, 256);
  AT(strata_counters, log_dropped, 264);
  AT(strata_counters, memory_limit, 272);
  AT(strata_counters, memory_bytes, 280);
  AT(strata_counters, work_bytes, 288);
  AT(strata_counters, work_peak, 296);
  AT(strata_counters, work_waits, 304);
}

static void log_entries_and_explanations(void **state) {
  (void)state;
  SIZE(strata_log_entry, 32);
  AT(strata_log_entry, struct_size, 0);
  AT(strata_log_entry, level, 4);
  AT(strata_log_entry, time_ns, 8);
  AT(strata_log_entry, dropped, 16);
  AT(strata_log_entry, target, 24);
  SIZE(strata_explanation, 96);
  AT(strata_explanation, struct_size, 0);
  AT(strata_explanation, layers, 4);
  AT(strata_explanation, chunks, 8);
  AT(strata_explanation, chunks_unwritten, 16);
  AT(strata_explanation, chunks_pending, 24);
  AT(strata_explanation, units, 32);
  AT(strata_explanation, cache_hits, 40);
  AT(strata_explanation, cache_misses, 48);
  AT(strata_explanation, requests, 56);
  AT(strata_explanation, request_bytes, 64);
  AT(strata_explanation, decoded_units, 72);
  AT(strata_explanation, decoded_bytes, 80);
  AT(strata_explanation, result_bytes, 88);
}

static void progress_pending_and_statistics(void **state) {
  (void)state;
  SIZE(strata_progress, 32);
  AT(strata_progress, struct_size, 0);
  AT(strata_progress, reserved, 4);
  AT(strata_progress, done, 8);
  AT(strata_progress, total, 16);
  AT(strata_progress, bytes, 24);
  SIZE(strata_pending, 32);
  AT(strata_pending, struct_size, 0);
  AT(strata_pending, reserved, 4);
  AT(strata_pending, arrays, 8);
  AT(strata_pending, chunks, 16);
  AT(strata_pending, bytes, 24);
  SIZE(strata_statistics, 40);
  AT(strata_statistics, struct_size, 0);
  AT(strata_statistics, value_type, 4);
  AT(strata_statistics, row_count, 8);
  AT(strata_statistics, null_count, 16);
  AT(strata_statistics, min, 24);
  AT(strata_statistics, max, 32);
}

static void initialisers_and_functions_agree(void **state) {
  (void)state;
  strata_error error = STRATA_ERROR_INIT, error2;
  memset(&error2, 0xAA, sizeof error2);
  strata_error_init(&error2);
  assert_memory_equal(&error, &error2, sizeof error);
  strata_context_options context = STRATA_CONTEXT_OPTIONS_INIT, context2;
  memset(&context2, 0xAA, sizeof context2);
  strata_context_options_init(&context2);
  assert_memory_equal(&context, &context2, sizeof context);
  strata_file_options file = STRATA_FILE_OPTIONS_INIT, file2;
  memset(&file2, 0xAA, sizeof file2);
  strata_file_options_init(&file2);
  assert_memory_equal(&file, &file2, sizeof file);
  assert_int_equal(file.struct_size, sizeof file);
  strata_counters counters_init = STRATA_COUNTERS_INIT;
  assert_int_equal(counters_init.struct_size, sizeof counters_init);
  assert_int_equal(counters_init.commits, 0);
  strata_error_init(NULL);
  strata_context_options_init(NULL);
  strata_file_options_init(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(error_has_256_bytes),
      cmocka_unit_test(options_of_contexts_and_files),
      cmocka_unit_test(options_of_stores),
      cmocka_unit_test(compactions), cmocka_unit_test(counters),
      cmocka_unit_test(log_entries_and_explanations),
      cmocka_unit_test(progress_pending_and_statistics),
      cmocka_unit_test(initialisers_and_functions_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
