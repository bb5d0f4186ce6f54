/* Attributes of arrays: kinds, layers, lists. Those of datasets: dataset_attributes.c. */
#include "support.h"

static void set(strata_array *a, const char *key, int32_t type, const void *value, size_t size) {
  OK(strata_array_set_attribute(a, key, STRATA_NUL, type, value, size, &err));
}

static void set_text(strata_array *a, const char *key, const char *text) {
  set(a, key, STRATA_STRING, text, strlen(text));
}

static void assert_attribute(strata_array *a, const char *key, int32_t type, const void *value, size_t size) {
  int32_t got_type = -1;
  char got[256];
  size_t needed = 9999;
  OK(strata_array_get_attribute(a, key, STRATA_NUL, &got_type, got, sizeof got, &needed, &err));
  assert_int_equal(got_type, type);
  assert_int_equal(needed, size);
  if (size) assert_memory_equal(got, value, size);
}

static void assert_text(strata_array *a, const char *key, const char *text) {
  assert_attribute(a, key, STRATA_STRING, text, strlen(text));
}

static void assert_none(strata_array *a, const char *key) {
  FAILS(STRATA_E_NOT_FOUND, strata_array_get_attribute(a, key, STRATA_NUL, NULL, NULL, 0, NULL, &err));
}

static const char *keys_of(strata_array *a, const char *prefix) {
  strata_cursor *cursor = NULL;
  OK(strata_array_list_attributes(a, prefix, STRATA_NUL, &cursor, &err));
  return joined(cursor);
}

/* Goes on in a handle that has just been opened; closes the one given. */
static void all_kinds_come_back_as_they_were_set(void **state) {
  (void)state;
  const uint8_t yes = 1, no = 0, u8 = 255;
  const int8_t i8 = -128;
  const int16_t i16 = -32768;
  const int32_t i32 = INT32_MIN;
  const int64_t i64 = INT64_MIN;
  const uint16_t u16 = 65535;
  const uint32_t u32 = UINT32_MAX, nan32 = 0x7FC12345;
  const uint64_t u64 = UINT64_MAX, nan64 = UINT64_C(0xFFF8000000000123);
  const float f32 = -0.0f;
  const double f64 = 1e-310;
  const struct {
    const char *key;
    int32_t type;
    const void *value;
    size_t size;
  } all[] = {
      {"yes", STRATA_BOOL, &yes, 1},        {"no", STRATA_BOOL, &no, 1},          {"i8", STRATA_INT8, &i8, 1},
      {"i16", STRATA_INT16, &i16, 2},       {"i32", STRATA_INT32, &i32, 4},       {"i64", STRATA_INT64, &i64, 8},
      {"u8", STRATA_UINT8, &u8, 1},         {"u16", STRATA_UINT16, &u16, 2},      {"u32", STRATA_UINT32, &u32, 4},
      {"u64", STRATA_UINT64, &u64, 8},      {"f32", STRATA_FLOAT32, &f32, 4},     {"f64", STRATA_FLOAT64, &f64, 8},
      {"nan32", STRATA_FLOAT32, &nan32, 4}, {"nan64", STRATA_FLOAT64, &nan64, 8}, {"text", STRATA_STRING, "degrees", 7},
      {"empty", STRATA_STRING, "", 0},      {"nul", STRATA_STRING, "a\0b", 3},
  };
  const char *path = scratch("kinds.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT8, 0, NULL, NULL);
  for (size_t i = 0; i < LENGTH(all); ++i) set(a, all[i].key, all[i].type, all[i].value, all[i].size);
  for (int round = 0; round < 4; ++round) {
    for (size_t i = 0; i < LENGTH(all); ++i) assert_attribute(a, all[i].key, all[i].type, all[i].value, all[i].size);
    strata_array_close(a);
    if (round == 0) flush(file);
    if (round == 1) file = reopened(file, path);
    if (round == 2) compact(file);
    a = open_array(file, "a");
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void what_is_no_attribute_is_refused(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT8, 0, NULL, NULL);
  flush(file);
  const int64_t n = 5;
  FAILS(STRATA_E_TYPE, strata_array_set_attribute(a, "k", 1, STRATA_TIMESTAMP_NS, &n, 8, &err));
  FAILS(STRATA_E_TYPE, strata_array_set_attribute(a, "k", 1, STRATA_BINARY, &n, 8, &err));
  FAILS(STRATA_E_TYPE, strata_array_set_attribute(a, "k", 1, STRATA_LIST, &n, 8, &err));
  FAILS(STRATA_E_INVALID, strata_array_set_attribute(a, "k", 1, STRATA_TYPE_NONE, &n, 8, &err));
  FAILS(STRATA_E_INVALID, strata_array_set_attribute(a, "k", 1, 17, &n, 8, &err));
  FAILS(STRATA_E_INVALID, strata_array_set_attribute(a, "k", 1, STRATA_INT64, &n, 4, &err));
  FAILS(STRATA_E_INVALID, strata_array_set_attribute(a, "k", 1, STRATA_INT64, NULL, 8, &err));
  FAILS(STRATA_E_INVALID, strata_array_set_attribute(a, "k", 1, STRATA_STRING, "\xFF", 1, &err));
  FAILS(STRATA_E_INVALID, strata_array_set_attribute(a, "k\xFF", 2, STRATA_INT64, &n, 8, &err));
  FAILS(STRATA_E_INVALID, strata_array_set_attribute(a, NULL, 2, STRATA_INT64, &n, 8, &err));
  FAILS(STRATA_E_HANDLE, strata_array_set_attribute(NULL, "k", 1, STRATA_INT64, &n, 8, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_array_delete_attribute(a, "k", 1, &err));
  assert_none(a, "k");
  assert_int_equal(pending_of(file).arrays, 0);
  strata_array_close(a);
  strata_file_close(file);
}

static void a_value_can_be_asked_for_its_size(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT8, 0, NULL, NULL);
  set_text(a, "units", "kelvin");
  int32_t type = -1;
  size_t needed = 0;
  char room[8] = "......";
  OK(strata_array_get_attribute(a, "units", 5, &type, NULL, 0, &needed, &err));
  assert_int_equal(needed, 6);
  assert_int_equal(type, STRATA_STRING);
  needed = 0;
  FAILS(STRATA_E_BUFFER_TOO_SMALL, strata_array_get_attribute(a, "units", 5, NULL, room, 5, &needed, &err));
  assert_int_equal(needed, 6);
  assert_string_equal(room, "......");
  OK(strata_array_get_attribute(a, "units", 5, NULL, room, 6, NULL, &err));
  assert_string_equal(room, "kelvin");
  needed = 5;
  FAILS(STRATA_E_NOT_FOUND, strata_array_get_attribute(a, "unit", 4, &type, room, 8, &needed, &err));
  assert_int_equal(needed, 0);
  strata_array_close(a);
  strata_file_close(file);
}

/* Each flush says all about the arrays it touches and nothing about others. */
static void assert_certain(strata_array *a, const char *key) {
  int ambiguous = 9;
  OK(strata_array_attribute_is_ambiguous(a, key, STRATA_NUL, &ambiguous, &err));
  assert_int_equal(ambiguous, 0);
}

/* Only the original's files can be ambiguous (tests/cli, tests/internal). */
static void what_is_written_is_certain(void **state) {
  (void)state;
  strata_file *file = memory_file();
  strata_array *a = define(file, "a", STRATA_INT8, 0, NULL, NULL), *b = define(file, "b", STRATA_INT8, 0, NULL, NULL);
  set_text(a, "units", "K");
  assert_certain(a, "units");
  flush(file);
  set_text(b, "scale", "2");
  flush(file);
  set_text(a, "long_name", "air temperature");
  flush(file);
  assert_certain(a, "units");
  assert_certain(a, "long_name");
  assert_certain(b, "scale");
  int ambiguous = 9;
  FAILS(STRATA_E_NOT_FOUND, strata_array_attribute_is_ambiguous(b, "units", STRATA_NUL, &ambiguous, &err));
  FAILS(STRATA_E_INVALID, strata_array_attribute_is_ambiguous(b, "scale", STRATA_NUL, NULL, &err));
  FAILS(STRATA_E_INVALID, strata_array_attribute_is_ambiguous(b, NULL, 3, &ambiguous, &err));
  FAILS(STRATA_E_HANDLE, strata_array_attribute_is_ambiguous(NULL, "scale", STRATA_NUL, &ambiguous, &err));
  OK(strata_file_delete(file, "b", 1, NULL, &err));
  FAILS(STRATA_E_STALE, strata_array_attribute_is_ambiguous(b, "scale", STRATA_NUL, &ambiguous, &err));
  assert_int_equal(ambiguous, 9);
  strata_array_close(a);
  strata_array_close(b);
  strata_file_close(file);
}

static void attributes_change_over_layers(void **state) {
  (void)state;
  const char *path = scratch("layers.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(4), NULL),
               *b = define(file, "b", STRATA_INT32, 1, DIMS(4), NULL);
  const int32_t one = 1;
  const double half = 0.5;
  set_text(a, "units", "K");
  set_text(a, "kept", "same");
  set_text(b, "units", "m");
  flush(file);
  set_text(a, "units", "degC"); /* another value */
  set(a, "kept2", STRATA_FLOAT64, &half, 8);
  flush(file);
  write_i32(a, 0, 1, &one); /* data only: attributes stay */
  flush(file);
  set(a, "units", STRATA_INT32, &one, 4); /* another kind */
  OK(strata_array_delete_attribute(a, "kept2", STRATA_NUL, &err));
  assert_none(a, "kept2");
  flush(file);
  write_i32(b, 0, 1, &one);
  set_text(b, "more", "K");
  flush(file);
  for (int round = 0; round < 5; ++round) {
    assert_attribute(a, "units", STRATA_INT32, &one, 4);
    assert_text(a, "kept", "same");
    assert_none(a, "kept2");
    assert_text(b, "units", "m");
    assert_text(b, "more", "K");
    assert_none(b, "kept");
    assert_int_equal(read_i32(a, 0), 1);
    strata_array_close(a);
    strata_array_close(b);
    if (round == 0) file = reopened(file, path);
    if (round == 1) compact(file);
    if (round == 2) file = reopened(file, path);
    a = open_array(file, "a");
    b = open_array(file, "b");
    if (round == 3) {
      OK(strata_array_delete_attribute(b, "more", STRATA_NUL, &err));
      OK(strata_array_delete_attribute(b, "units", STRATA_NUL, &err));
      assert_string_equal(keys_of(b, NULL), "");
      OK(strata_file_discard(file, &err)); /* and taken back */
    }
  }
  /* The last one goes: an array without any, in a layer of its own. */
  OK(strata_array_delete_attribute(b, "more", STRATA_NUL, &err));
  OK(strata_array_delete_attribute(b, "units", STRATA_NUL, &err));
  flush(file);
  strata_array_close(a);
  strata_array_close(b);
  file = reopened(file, path);
  b = open_array(file, "b");
  assert_string_equal(keys_of(b, NULL), "");
  assert_int_equal(read_i32(b, 0), 1);
  strata_array_close(b);
  strata_file_close(file);
}

static void another_definition_has_no_attributes(void **state) {
  (void)state;
  const char *path = scratch("again.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(4), NULL);
  set_text(a, "units", "K");
  flush(file);
  strata_array_close(a);
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  a = define(file, "a", STRATA_INT32, 1, DIMS(4), NULL);
  for (int round = 0; round < 4; ++round) {
    assert_string_equal(keys_of(a, NULL), "");
    strata_array_close(a);
    if (round == 0) flush(file);
    if (round == 1) file = reopened(file, path);
    if (round == 2) compact(file);
    a = open_array(file, "a");
  }
  strata_array_close(a);
  strata_file_close(file);
}

static void lists_go_by_prefix(void **state) {
  (void)state;
  const char *path = scratch("list.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT8, 0, NULL, NULL);
  set_text(a, "valid_min", "0");
  set_text(a, "valid_max", "9");
  set_text(a, "valid", "x");
  set_text(a, "", "no name at all");
  set_text(a, "\xC3\xA9tat",
           "fran\xC3\xA7"
           "ais");
  set_text(a, "\xE6\xB8\xA9\xE5\xBA\xA6", "\xF0\x9F\x8C\xA1");
  for (int round = 0; round < 3; ++round) {
    strata_cursor *cursor = NULL;
    OK(strata_array_list_attributes(a, NULL, 0, &cursor, &err));
    assert_int_equal(strata_cursor_remaining(cursor), 6);
    set_text(a, "later", "x"); /* a cursor shows what was there */
    OK(strata_array_delete_attribute(a, "valid", STRATA_NUL, &err));
    int seen = 0;
    const char *key;
    size_t length;
    while (strata_cursor_next(cursor, &key, &length, &err) == STRATA_OK) {
      assert_false(length == 5 && memcmp(key, "later", 5) == 0);
      ++seen;
    }
    assert_int_equal(seen, 6);
    assert_null(key);
    assert_int_equal(strata_cursor_next(cursor, &key, &length, &err), STRATA_DONE);
    assert_int_equal(strata_cursor_remaining(cursor), 0);
    strata_cursor_close(cursor);
    OK(strata_array_delete_attribute(a, "later", STRATA_NUL, &err));
    set_text(a, "valid", "x");
    OK(strata_array_list_attributes(a, "valid_", STRATA_NUL, &cursor, &err));
    assert_int_equal(strata_cursor_remaining(cursor), 2);
    strata_cursor_close(cursor);
    OK(strata_array_list_attributes(a, "valid_", 5, &cursor, &err));
    assert_int_equal(strata_cursor_remaining(cursor), 3);
    strata_cursor_close(cursor);
    assert_string_equal(keys_of(a, "\xC3\xA9"), "\xC3\xA9tat");
    assert_string_equal(keys_of(a, "nothing"), "");
    assert_text(a, "", "no name at all");
    assert_text(a, "\xE6\xB8\xA9\xE5\xBA\xA6", "\xF0\x9F\x8C\xA1");
    strata_array_close(a);
    if (round == 0) flush(file);
    else compact(file);
    file = reopened(file, path);
    a = open_array(file, "a");
  }
  FAILS(STRATA_E_INVALID, strata_array_list_attributes(a, NULL, 0, NULL, &err));
  strata_array_close(a);
  strata_file_close(file);
}

static void twenty_thousand_on_one_array(void **state) {
  (void)state;
  enum { kMany = 20000 };
  const char *path = scratch("many.af");
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT8, 0, NULL, NULL);
  char key[32];
  for (int32_t i = 0; i < kMany; ++i) {
    snprintf(key, sizeof key, "attribute %d", (int)i);
    set(a, key, STRATA_INT32, &i, sizeof i);
  }
  flush(file);
  for (int32_t i = 0; i < kMany; i += 2) { /* every second one goes, every tenth changes */
    snprintf(key, sizeof key, "attribute %d", (int)i);
    OK(strata_array_delete_attribute(a, key, STRATA_NUL, &err));
    if (i % 10 == 0) set_text(a, key, key);
  }
  for (int round = 0; round < 4; ++round) {
    strata_cursor *cursor = NULL;
    OK(strata_array_list_attributes(a, NULL, 0, &cursor, &err));
    assert_int_equal(strata_cursor_remaining(cursor), kMany / 2 + kMany / 10);
    strata_cursor_close(cursor);
    for (int32_t i = 0; i < kMany; ++i) {
      snprintf(key, sizeof key, "attribute %d", (int)i);
      if (i % 10 == 0) assert_text(a, key, key);
      else if (i % 2 == 0) assert_none(a, key);
      else assert_attribute(a, key, STRATA_INT32, &i, sizeof i);
    }
    strata_array_close(a);
    if (round == 0) flush(file);
    if (round == 1) file = reopened(file, path);
    if (round == 2) compact(file);
    a = open_array(file, "a");
  }
  strata_array_close(a);
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_kinds_come_back_as_they_were_set), cmocka_unit_test(what_is_no_attribute_is_refused),
      cmocka_unit_test(a_value_can_be_asked_for_its_size),    cmocka_unit_test(attributes_change_over_layers),
      cmocka_unit_test(what_is_written_is_certain),
      cmocka_unit_test(another_definition_has_no_attributes), cmocka_unit_test(lists_go_by_prefix),
      cmocka_unit_test(twenty_thousand_on_one_array),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
