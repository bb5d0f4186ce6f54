/* Section 1 of the header: statuses, errors, element types, text, versions, wrong handles. */
#include "support.h"

static void statuses_have_names_and_numbers(void **state) {
  (void)state;
  static const struct {
    int32_t status, number;
    const char *name;
  } all[] = {
      {STRATA_OK, 0, "STRATA_OK"},
      {STRATA_DONE, 1, "STRATA_DONE"},
      {STRATA_E_INVALID, -1, "STRATA_E_INVALID"},
      {STRATA_E_HANDLE, -2, "STRATA_E_HANDLE"},
      {STRATA_E_RANGE, -3, "STRATA_E_RANGE"},
      {STRATA_E_BUFFER_TOO_SMALL, -4, "STRATA_E_BUFFER_TOO_SMALL"},
      {STRATA_E_TYPE, -5, "STRATA_E_TYPE"},
      {STRATA_E_READ_ONLY, -6, "STRATA_E_READ_ONLY"},
      {STRATA_E_STALE, -7, "STRATA_E_STALE"},
      {STRATA_E_PENDING, -8, "STRATA_E_PENDING"},
      {STRATA_E_NOT_FOUND, -20, "STRATA_E_NOT_FOUND"},
      {STRATA_E_EXISTS, -21, "STRATA_E_EXISTS"},
      {STRATA_E_CONFLICT, -22, "STRATA_E_CONFLICT"},
      {STRATA_E_OUTCOME_UNKNOWN, -23, "STRATA_E_OUTCOME_UNKNOWN"},
      {STRATA_E_COMPACT_FIRST, -24, "STRATA_E_COMPACT_FIRST"},
      {STRATA_E_BUSY, -25, "STRATA_E_BUSY"},
      {STRATA_E_NOT_PROJECTED, -26, "STRATA_E_NOT_PROJECTED"},
      {STRATA_E_HISTORY_GONE, -27, "STRATA_E_HISTORY_GONE"},
      {STRATA_E_FORMAT, -40, "STRATA_E_FORMAT"},
      {STRATA_E_CORRUPT, -41, "STRATA_E_CORRUPT"},
      {STRATA_E_CODEC, -42, "STRATA_E_CODEC"},
      {STRATA_E_IO, -60, "STRATA_E_IO"},
      {STRATA_E_NO_SPACE, -61, "STRATA_E_NO_SPACE"},
      {STRATA_E_NO_MEMORY, -62, "STRATA_E_NO_MEMORY"},
      {STRATA_E_LIMIT, -63, "STRATA_E_LIMIT"},
      {STRATA_E_PERMISSION, -64, "STRATA_E_PERMISSION"},
      {STRATA_E_UNSUPPORTED, -65, "STRATA_E_UNSUPPORTED"},
      {STRATA_E_CANCELLED, -80, "STRATA_E_CANCELLED"},
      {STRATA_E_DEADLINE, -81, "STRATA_E_DEADLINE"},
      {STRATA_E_FORKED, -82, "STRATA_E_FORKED"},
      {STRATA_E_USER, -83, "STRATA_E_USER"},
      {STRATA_E_INTERNAL, -99, "STRATA_E_INTERNAL"},
  };
  for (size_t i = 0; i < LENGTH(all); ++i) {
    assert_int_equal(all[i].status, all[i].number);
    assert_string_equal(strata_status_name(all[i].status), all[i].name);
  }
  assert_string_equal(strata_status_name(-1000), "unknown status");
  assert_string_equal(strata_status_name(2), "unknown status");
  assert_string_equal(strata_status_name(INT32_MIN), "unknown status");
}

static void types_have_names_numbers_and_sizes(void **state) {
  (void)state;
  static const struct {
    int32_t type, number;
    const char *name;
    size_t size;
  } all[] = {
      {STRATA_BOOL, 1, "bool", 1},
      {STRATA_INT8, 2, "int8", 1},
      {STRATA_INT16, 3, "int16", 2},
      {STRATA_INT32, 4, "int32", 4},
      {STRATA_INT64, 5, "int64", 8},
      {STRATA_UINT8, 6, "uint8", 1},
      {STRATA_UINT16, 7, "uint16", 2},
      {STRATA_UINT32, 8, "uint32", 4},
      {STRATA_UINT64, 9, "uint64", 8},
      {STRATA_FLOAT32, 10, "float32", 4},
      {STRATA_FLOAT64, 11, "float64", 8},
      {STRATA_STRING, 12, "string", 0},
      {STRATA_BINARY, 13, "binary", 0},
      {STRATA_FIXED_SIZE_LIST, 14, "fixed_size_list", 0},
      {STRATA_LIST, 15, "list", 0},
      {STRATA_TIMESTAMP_NS, 16, "timestamp_ns", 8},
  };
  for (size_t i = 0; i < LENGTH(all); ++i) {
    assert_int_equal(all[i].type, all[i].number);
    assert_string_equal(strata_type_name(all[i].type), all[i].name);
    assert_int_equal(strata_type_size(all[i].type), all[i].size);
    assert_int_equal(strata_type_from_name(all[i].name, STRATA_NUL), all[i].type);
    assert_int_equal(strata_type_from_name(all[i].name, strlen(all[i].name)), all[i].type);
  }
  assert_string_equal(strata_type_name(17), "unknown");
  assert_string_equal(strata_type_name(-1), "unknown");
  assert_int_equal(strata_type_size(17), 0);
  assert_int_equal(strata_type_size(-1), 0);
  assert_int_equal(strata_type_from_name("float", STRATA_NUL), STRATA_TYPE_NONE);
  assert_int_equal(strata_type_from_name("float321", 7), STRATA_FLOAT32);
  assert_int_equal(strata_type_from_name("", 0), STRATA_TYPE_NONE);
  assert_int_equal(strata_type_from_name(NULL, 0), STRATA_TYPE_NONE);
  assert_int_equal(strata_type_from_name(NULL, STRATA_NUL), STRATA_TYPE_NONE);
}

static void version_and_features(void **state) {
  (void)state;
  int major = -1, minor = -1, patch = -1;
  assert_int_equal(sscanf(strata_version(), "%d.%d.%d", &major, &minor, &patch), 3);
  assert_true(major >= 0 && minor >= 0 && patch >= 0);
  assert_true(strata_abi() >= 0);
  assert_int_equal(strata_has_feature("zstd"), 1);
  assert_int_equal(strata_has_feature("lz4"), 1);
  assert_int_equal(strata_has_feature("memory"), 1);
  assert_int_equal(strata_has_feature("local"), 1);
  assert_int_equal(strata_has_feature("teleport"), 0);
  assert_int_equal(strata_has_feature(""), 0);
  assert_int_equal(strata_has_feature(NULL), 0);
}

static void an_error_is_filled_on_failure_only(void **state) {
  (void)state;
  strata_file *file = (strata_file *)&err;
  const char *missing = scratch("missing.af");
  strata_error e;
  memset(&e, 0x5A, sizeof e);
  e.struct_size = sizeof e;
  assert_int_equal(strata_file_open(NULL, missing, STRATA_NUL, NULL, NULL, &file, &e), STRATA_E_NOT_FOUND);
  assert_null(file);
  assert_int_equal(e.status, STRATA_E_NOT_FOUND);
  assert_int_equal(e.http_status, 0);
  assert_non_null(strstr(e.message, "missing.af"));
  assert_null(strchr(e.message, '\n'));
  assert_true(strlen(e.message) < sizeof e.message);
  /* Without an error struct the answer is the same. */
  assert_int_equal(strata_file_open(NULL, missing, STRATA_NUL, NULL, NULL, &file, NULL), STRATA_E_NOT_FOUND);
  strata_error before = e;
  assert_int_equal(strata_file_create(NULL, scratch("there.af"), STRATA_NUL, NULL, NULL, &file, &e), STRATA_OK);
  assert_memory_equal(&before, &e, sizeof e);
  strata_file_close(file);
}

static void a_long_message_is_cut_between_characters(void **state) {
  (void)state;
  strata_file *file = memory_file();
  /* Characters of three bytes, shifted by 0, 1 and 2: the cut falls inside one at least twice. */
  for (int shift = 0; shift < 3; ++shift) {
    char name[1200];
    int n = shift;
    memset(name, 'x', (size_t)shift);
    while (n < 1100) n += sprintf(name + n, "\xE2\x82\xAC");
    strata_array *array = NULL;
    FAILS(STRATA_E_NOT_FOUND, strata_file_array_open(file, name, STRATA_NUL, &array, &err));
    size_t length = strlen(err.message);
    assert_true(length > 200 && length < sizeof err.message);
    size_t at = length;
    while (at && ((unsigned char)err.message[at - 1] & 0xC0) == 0x80) --at;
    size_t tail = length - at;
    unsigned char lead = (unsigned char)err.message[at - 1];
    assert_true(lead < 0x80 ? tail == 0 : lead == 0xE2 && tail == 2);
  }
  strata_file_close(file);
}

static void an_older_error_struct_is_not_overrun(void **state) {
  (void)state;
  /* A program that knows less of the struct gives its smaller size: nothing beyond that is touched. */
  unsigned char raw[sizeof(strata_error)];
  memset(raw, 0xA5, sizeof raw);
  strata_error *e = (strata_error *)(void *)raw;
  e->struct_size = 64;
  strata_file *file = NULL;
  assert_int_equal(strata_file_open(NULL, scratch("no.af"), STRATA_NUL, NULL, NULL, &file, e), STRATA_E_NOT_FOUND);
  for (size_t i = 64; i < sizeof raw; ++i) assert_int_equal(raw[i], 0xA5);
}

static void handles_that_are_null_or_of_another_type_are_refused(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *array = define(file, "a", STRATA_INT32, 1, DIMS(4), NULL);
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  int32_t values[4] = {0};
  int flag = 0;
  uint64_t count = 0;
  strata_cursor *cursor = NULL;
  strata_pending pending = STRATA_PENDING_INIT;
  strata_counters counters = STRATA_COUNTERS_INIT;
  strata_file *wrong = (strata_file *)(void *)array;
  strata_file *const files[] = {NULL, wrong};
  for (int i = 0; i < 2; ++i) {
    strata_file *f = files[i];
    FAILS(STRATA_E_HANDLE, strata_file_flush(f, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_file_compact(f, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_file_discard(f, &err));
    FAILS(STRATA_E_HANDLE, strata_file_refresh(f, NULL, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_file_pending(f, &pending, &err));
    FAILS(STRATA_E_HANDLE, strata_file_layer_count(f, &count, &err));
    FAILS(STRATA_E_HANDLE, strata_file_delete(f, "a", 1, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_file_exists(f, "a", 1, &flag, &err));
    FAILS(STRATA_E_HANDLE, strata_file_list(f, NULL, 0, &cursor, &err));
    strata_array *out = array;
    FAILS(STRATA_E_HANDLE, strata_file_array_open(f, "a", 1, &out, &err));
    assert_null(out);
    FAILS(STRATA_E_HANDLE, strata_file_define(f, "b", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  }
  strata_array *const arrays[] = {NULL, (strata_array *)(void *)file};
  for (int i = 0; i < 2; ++i) {
    strata_array *a = arrays[i];
    int32_t type = 7;
    size_t needed = 7;
    strata_buffer *b = NULL;
    strata_statistics statistics = STRATA_STATISTICS_INIT;
    assert_int_equal(strata_array_type(a), STRATA_TYPE_NONE);
    assert_int_equal(strata_array_ndim(a), 0);
    FAILS(STRATA_E_HANDLE, strata_array_shape(a, &count, 1, &err));
    FAILS(STRATA_E_HANDLE, strata_array_chunk_shape(a, &count, 1, &err));
    FAILS(STRATA_E_HANDLE, strata_array_name(a, NULL, 0, &needed, &err));
    FAILS(STRATA_E_HANDLE, strata_array_dimension_name(a, 0, NULL, 0, &needed, &err));
    FAILS(STRATA_E_HANDLE, strata_array_fill(a, &type, NULL, 0, &needed, &err));
    FAILS(STRATA_E_HANDLE, strata_array_read(a, 1, NULL, NULL, NULL, values, sizeof values, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_array_read_strided(a, 1, NULL, NULL, (const int64_t[]){4}, NULL, values, 16, &err));
    FAILS(STRATA_E_HANDLE, strata_array_read_many(a, 0, 1, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_array_write(a, 1, NULL, NULL, values, sizeof values, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_array_write_strided(a, 1, NULL, NULL, (const int64_t[]){4}, values, 16, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_array_read_varlen(a, 1, NULL, NULL, NULL, &b, &b, &err));
    FAILS(STRATA_E_HANDLE, strata_array_write_varlen(a, 1, NULL, NULL, (const int64_t[]){0}, 1, NULL, 0, NULL, &err));
    FAILS(STRATA_E_HANDLE, strata_array_set_attribute(a, "k", 1, STRATA_INT32, values, 4, &err));
    FAILS(STRATA_E_HANDLE, strata_array_get_attribute(a, "k", 1, &type, NULL, 0, &needed, &err));
    FAILS(STRATA_E_HANDLE, strata_array_delete_attribute(a, "k", 1, &err));
    FAILS(STRATA_E_HANDLE, strata_array_list_attributes(a, NULL, 0, &cursor, &err));
    FAILS(STRATA_E_HANDLE, strata_array_statistics(a, NULL, &statistics, &err));
    FAILS(STRATA_E_HANDLE, strata_array_statistics_text(a, 0, NULL, NULL, 0, &needed, &err));
  }
  FAILS(STRATA_E_HANDLE, strata_context_counters(NULL, &counters, &err));
  FAILS(STRATA_E_HANDLE, strata_context_counters((strata_context *)(void *)file, &counters, &err));
  strata_progress progress = STRATA_PROGRESS_INIT;
  FAILS(STRATA_E_HANDLE, strata_cancel_progress(NULL, &progress, &err));
  FAILS(STRATA_E_HANDLE, strata_file_flush(file, (strata_cancel *)(void *)array, &err));
  strata_file *out = file;
  FAILS(STRATA_E_HANDLE, strata_file_open((strata_context *)(void *)file, "x.af", STRATA_NUL, NULL, NULL, &out, &err));
  assert_null(out);
  const char *name;
  size_t length;
  FAILS(STRATA_E_HANDLE, strata_cursor_next(NULL, &name, &length, &err));
  assert_int_equal(strata_cursor_remaining(NULL), 0);
  assert_null(strata_buffer_data(NULL));
  assert_int_equal(strata_buffer_size(NULL), 0);
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
}

static void closing_nothing_is_fine(void **state) {
  (void)state;
  strata_context_close(NULL);
  strata_cancel_close(NULL);
  strata_file_close(NULL);
  strata_array_close(NULL);
  strata_cursor_close(NULL);
  strata_buffer_release(NULL);
}

static void children_hold_their_parents(void **state) {
  (void)state;
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  strata_file *file = NULL;
  OK(strata_file_create(context, "memory://m/x.af", STRATA_NUL, NULL, NULL, &file, &err));
  strata_array *array = define(file, "a", STRATA_INT32, 1, DIMS(3), NULL);
  strata_cursor *cursor = NULL;
  OK(strata_file_list(file, NULL, 0, &cursor, &err));
  strata_context_close(context);
  strata_file_close(file);
  int32_t values[3] = {1, 2, 3}, got[3] = {0};
  write_all(array, values, sizeof values);
  read_all(array, got, sizeof got);
  assert_memory_equal(values, got, sizeof got);
  strata_array_close(array);
  assert_string_equal(joined(cursor), "a");
}

static void text_has_a_length_or_ends_with_nul(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *array = NULL;
  OK(strata_file_define(file, "abcdef", 3, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  assert_string_equal(names_in(file), "abc");
  FAILS(STRATA_E_NOT_FOUND, strata_file_array_open(file, "abcdef", STRATA_NUL, &array, &err));
  OK(strata_file_array_open(file, "abcxyz", 3, &array, &err));
  strata_array_close(array);
  FAILS(STRATA_E_INVALID, strata_file_array_open(file, "a\xFF", STRATA_NUL, &array, &err));
  FAILS(STRATA_E_INVALID, strata_file_array_open(file, "a\xC3", 2, &array, &err));
  FAILS(STRATA_E_INVALID, strata_file_array_open(file, NULL, STRATA_NUL, &array, &err));
  strata_file_close(file);
}

static void options_of_other_versions(void **state) {
  (void)state;
  struct {
    strata_file_options known;
    uint64_t later;
  } options = {STRATA_FILE_OPTIONS_INIT, 0};
  options.known.struct_size = sizeof options;
  strata_file *file = NULL;
  OK(strata_file_create_memory(NULL, &options.known, &file, &err));
  strata_file_close(file);
  options.later = 1;
  FAILS(STRATA_E_INVALID, strata_file_create_memory(NULL, &options.known, &file, &err));
  options.known.struct_size = 0;
  FAILS(STRATA_E_INVALID, strata_file_create_memory(NULL, &options.known, &file, &err));
  /* An older program knows struct_size to codec only; what lies behind it is not looked at. */
  strata_file_options old = STRATA_FILE_OPTIONS_INIT;
  old.struct_size = offsetof(strata_file_options, level);
  old.level = 12345;
  OK(strata_file_create_memory(NULL, &old, &file, &err));
  strata_file_close(file);
  strata_file_options bad = STRATA_FILE_OPTIONS_INIT;
  bad.codec = 77;
  FAILS(STRATA_E_INVALID, strata_file_create_memory(NULL, &bad, &file, &err));
  bad.codec = STRATA_CODEC_LZ4;
  bad.level = 77;
  FAILS(STRATA_E_INVALID, strata_file_create_memory(NULL, &bad, &file, &err));
  bad.level = 0;
  bad.flags = 1u << 30;
  FAILS(STRATA_E_INVALID, strata_file_create_memory(NULL, &bad, &file, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statuses_have_names_and_numbers),
      cmocka_unit_test(types_have_names_numbers_and_sizes),
      cmocka_unit_test(version_and_features),
      cmocka_unit_test(an_error_is_filled_on_failure_only),
      cmocka_unit_test(a_long_message_is_cut_between_characters),
      cmocka_unit_test(an_older_error_struct_is_not_overrun),
      cmocka_unit_test(handles_that_are_null_or_of_another_type_are_refused),
      cmocka_unit_test(closing_nothing_is_fine),
      cmocka_unit_test(children_hold_their_parents),
      cmocka_unit_test(text_has_a_length_or_ends_with_nul),
      cmocka_unit_test(options_of_other_versions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
