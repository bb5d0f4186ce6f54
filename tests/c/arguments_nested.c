/* Wrong arguments where element types are text, and of lists: sections 1, 4, 6, 9 and 10 of the header. */
#include "arguments.h"

static void types(void **state) {
  (void)state;
  int32_t type = 7;
  uint64_t sizes[3] = {7, 7, 7};
  uint32_t levels = 7;
  size_t needed = 7;
  WRONG_TEXTS("element type", strata_type_layout(text, length, &type, sizes, 3, &levels, &err));
  WRONG(STRATA_E_INVALID, "no element type", strata_type_layout("list<int8", 9, &type, sizes, 3, &levels, &err));
  WRONG(STRATA_E_INVALID, "no element type", strata_type_layout("int8", 3, &type, sizes, 3, &levels, &err));
  assert_true(type == STRATA_TYPE_NONE && levels == 0);
  for (uint32_t cap = 0; cap < 3; ++cap)
    WRONG(STRATA_E_BUFFER_TOO_SMALL, "3 sizes",
          strata_type_layout("list<string>", STRATA_NUL, &type, sizes, cap, &levels, &err));
  assert_true(sizes[0] == 7 && sizes[1] == 7 && sizes[2] == 7 && levels == 2);
  OK(strata_type_layout("list<string>", STRATA_NUL, NULL, NULL, 0, NULL, &err));

  WRONG_HANDLES(kArray, strata_array, strata_array_type_text(wrong, (char *)out.bytes, 8, &needed, &err));
  assert_int_equal(needed, 0);
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "5 bytes", strata_array_type_text(w.numbers, (char *)out.bytes, 4, &needed, &err));
  assert_int_equal(needed, 5);
  WRONG(STRATA_E_INVALID, "NULL", strata_array_type_text(w.numbers, NULL, 5, &needed, &err));
}

static void defining(void **state) {
  (void)state;
  const uint64_t shape[] = {4};
#define IN_FILE(file, name, length, type, type_length, token)                                             \
  strata_file_define_nested(file, name, length, type, type_length, 1, shape, NULL, NULL, token, &out.array, \
                            &err)
  WRONG_HANDLES(kFile, strata_file, IN_FILE(wrong, "n", 1, "list<int8>", STRATA_NUL, NULL));
  WRONG_TOKENS(IN_FILE(w.file, "n", 1, "list<int8>", STRATA_NUL, wrong));
  WRONG_TEXTS("name", IN_FILE(w.file, text, length, "list<int8>", STRATA_NUL, NULL));
  WRONG_TEXTS("element type", IN_FILE(w.file, "n", 1, text, length, NULL));
  WRONG(STRATA_E_EXISTS, "numbers", IN_FILE(w.file, "numbers", 7, "list<int8>", STRATA_NUL, NULL));
  WRONG(STRATA_E_INVALID, "shape", strata_file_define_nested(w.file, "n", 1, "list<int8>", STRATA_NUL, 1, NULL, NULL,
                                                             NULL, NULL, &out.array, &err));
  assert_null(out.array);
#define IN_DATASET(dataset, name, length, type, type_length, token)                                             \
  strata_dataset_define_nested(dataset, name, length, type, type_length, 1, shape, NULL, NULL, token, &out.array, \
                               &err)
  WRONG_HANDLES(kDataset, strata_dataset, IN_DATASET(wrong, "n", 1, "list<int8>", STRATA_NUL, NULL));
  WRONG_TOKENS(IN_DATASET(w.dataset, "n", 1, "list<int8>", STRATA_NUL, wrong));
  WRONG_TEXTS("name", IN_DATASET(w.dataset, text, length, "list<int8>", STRATA_NUL, NULL));
  WRONG_TEXTS("element type", IN_DATASET(w.dataset, "n", 1, text, length, NULL));
  WRONG(STRATA_E_EXISTS, "a", IN_DATASET(w.dataset, "a", 1, "list<int8>", STRATA_NUL, NULL));
  WRONG(STRATA_E_INVALID, "name", IN_DATASET(w.dataset, "_n", 2, "list<int8>", STRATA_NUL, NULL));
  assert_null(out.array);
}

static void reading_and_writing(void **state) {
  (void)state;
  const int64_t texts[] = {0, 1, 2, 3}, *const offsets[] = {texts};
  const size_t counts[] = {4};
  strata_buffer **const one = &out.buffer;
  WRONG_HANDLES(kArray, strata_array, strata_array_read_nested(wrong, 1, NULL, NULL, NULL, 1, one, &out.values, &err));
  WRONG_TOKENS(strata_array_read_nested(w.texts, 1, NULL, NULL, wrong, 1, one, &out.values, &err));
  WRONG(STRATA_E_TYPE, "int32", strata_array_read_nested(w.numbers, 2, NULL, NULL, NULL, 1, one, &out.values, &err));
  WRONG(STRATA_E_INVALID, "offsets", strata_array_read_nested(w.texts, 1, NULL, NULL, NULL, 1, NULL, &out.values, &err));
  WRONG(STRATA_E_INVALID, "values", strata_array_read_nested(w.texts, 1, NULL, NULL, NULL, 1, one, NULL, &err));
  WRONG(STRATA_E_INVALID, "not 0", strata_array_read_nested(w.texts, 1, NULL, NULL, NULL, 0, one, &out.values, &err));
  WRONG(STRATA_E_INVALID, "not 2", strata_array_read_nested(w.texts, 1, NULL, NULL, NULL, 2, (strata_buffer *[2]){NULL},
                                                            &out.values, &err));
  WRONG(STRATA_E_INVALID, "ndim", strata_array_read_nested(w.texts, 2, NULL, NULL, NULL, 1, one, &out.values, &err));
  WRONG(STRATA_E_RANGE, "axis 0",
        strata_array_read_nested(w.texts, 1, DIMS(1), DIMS(3), NULL, 1, one, &out.values, &err));
  WRONG(STRATA_E_INVALID, "start and count",
        strata_array_read_nested(w.texts, 1, DIMS(1), NULL, NULL, 1, one, &out.values, &err));
  assert_true(!out.buffer && !out.values);

#define WRITE(array, start, count, levels, offsets, counts, values, size, token)                                      \
  strata_array_write_nested(array, strata_array_ndim(array), start, count, levels, offsets, counts, values, size, token, \
                            &err)
  WRONG_HANDLES(kArray, strata_array,
                strata_array_write_nested(wrong, 1, NULL, NULL, 1, offsets, counts, "xyz", 3, NULL, &err));
  WRONG_TOKENS(WRITE(w.texts, NULL, NULL, 1, offsets, counts, "xyz", 3, wrong));
  WRONG(STRATA_E_TYPE, "int32", WRITE(w.numbers, NULL, NULL, 1, offsets, counts, "xyz", 3, NULL));
  WRONG(STRATA_E_INVALID, "not 0", WRITE(w.texts, NULL, NULL, 0, offsets, counts, "xyz", 3, NULL));
  WRONG(STRATA_E_INVALID, "not 4294967295", WRITE(w.texts, NULL, NULL, UINT32_MAX, offsets, counts, "xyz", 3, NULL));
  WRONG(STRATA_E_INVALID, "NULL", WRITE(w.texts, NULL, NULL, 1, NULL, counts, "xyz", 3, NULL));
  WRONG(STRATA_E_INVALID, "NULL", WRITE(w.texts, NULL, NULL, 1, offsets, NULL, "xyz", 3, NULL));
  WRONG(STRATA_E_INVALID, "NULL", WRITE(w.texts, NULL, NULL, 1, (const int64_t *const[]){NULL}, counts, "xyz", 3, NULL));
  WRONG(STRATA_E_INVALID, "NULL", WRITE(w.texts, NULL, NULL, 1, offsets, counts, NULL, 3, NULL));
  WRONG(STRATA_E_INVALID, "4 offsets", WRITE(w.texts, NULL, NULL, 1, offsets, (const size_t[]){SIZE_MAX}, "xyz", 3, NULL));
  WRONG(STRATA_E_INVALID, "last offset", WRITE(w.texts, NULL, NULL, 1, offsets, counts, "xyz", 2, NULL));
  WRONG(STRATA_E_RANGE, "axis 0", WRITE(w.texts, DIMS(1), DIMS(3), 1, offsets, counts, "xyz", 3, NULL));
  WRONG_HANDLES(kArray, strata_array,
                strata_array_append_nested(wrong, 0, 3, 1, offsets, counts, "xyz", 3, NULL, NULL, &err));
  WRONG_TOKENS(strata_array_append_nested(w.texts, 0, 3, 1, offsets, counts, "xyz", 3, wrong, NULL, &err));
#define APPEND(array, axis, levels, offsets, counts, values, size) \
  strata_array_append_nested(array, axis, 3, levels, offsets, counts, values, size, NULL, NULL, &err)
  WRONG(STRATA_E_TYPE, "int32", APPEND(w.numbers, 0, 1, offsets, counts, "xyz", 3));
  WRONG(STRATA_E_INVALID, "axis 1", APPEND(w.texts, 1, 1, offsets, counts, "xyz", 3));
  WRONG(STRATA_E_INVALID, "not 2", APPEND(w.texts, 0, 2, offsets, counts, "xyz", 3));
  WRONG(STRATA_E_INVALID, "NULL", APPEND(w.texts, 0, 1, NULL, counts, "xyz", 3));
  WRONG(STRATA_E_INVALID, "NULL", APPEND(w.texts, 0, 1, offsets, NULL, "xyz", 3));
  WRONG(STRATA_E_INVALID, "NULL", APPEND(w.texts, 0, 1, offsets, counts, NULL, 3));
  WRONG(STRATA_E_INVALID, "last offset", APPEND(w.texts, 0, 1, offsets, counts, "xyz", 2));
  WRONG(STRATA_E_INVALID, "start and count", WRITE(w.texts, NULL, DIMS(3), 1, offsets, counts, "xyz", 3, NULL));
}

static void results_across(void **state) {
  (void)state;
  const int64_t *offsets = (const int64_t *)poison;
  size_t count = 7, needed = 7;
  WRONG_HANDLES(kAcross, strata_across, strata_across_offsets(wrong, 0, 0, &offsets, &count, &err));
  assert_true(!offsets && !count);
  WRONG_HANDLES(kAcross, strata_across, strata_across_type_text(wrong, 0, (char *)out.bytes, 8, &needed, &err));
  assert_int_equal(needed, 0);
  WRONG(STRATA_E_INVALID, "row", strata_across_offsets(w.across, 2, 0, &offsets, &count, &err));
  WRONG(STRATA_E_INVALID, "row", strata_across_type_text(w.across, UINT64_MAX, (char *)out.bytes, 8, &needed, &err));
  WRONG(STRATA_E_INVALID, "level 0", strata_across_offsets(w.across, 0, 0, &offsets, &count, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_across_offsets(w.across, 0, 0, NULL, &count, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_across_offsets(w.across, 0, 0, &offsets, NULL, &err));
  WRONG(STRATA_E_BUFFER_TOO_SMALL, "5 bytes", strata_across_type_text(w.across, 0, (char *)out.bytes, 4, &needed, &err));
  assert_int_equal(needed, 5);
  WRONG(STRATA_E_INVALID, "NULL", strata_across_type_text(w.across, 0, NULL, 5, &needed, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types),
      cmocka_unit_test(defining),
      cmocka_unit_test(reading_and_writing),
      cmocka_unit_test(results_across),
  };
  return RUN_IN_WORLD(tests);
}
