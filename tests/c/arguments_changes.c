/* Wrong arguments of calls that resize, append, copy and rename. */
#include "arguments.h"

static void resizing(void **state) {
  (void)state;
  WRONG_HANDLES(kArray, strata_array, strata_array_resize(wrong, 2, DIMS(5, 6), NULL, &err));
  WRONG_TOKENS(strata_array_resize(w.numbers, 2, DIMS(5, 6), wrong, &err));
  WRONG(STRATA_E_INVALID, "shape is NULL", strata_array_resize(w.numbers, 2, NULL, NULL, &err));
  const uint32_t ranks[] = {0, 1, 3, 32, 33, UINT32_MAX};
  const uint64_t many[33] = {0};
  for (size_t i = 0; i + 1 < LENGTH(ranks); ++i)
    WRONG(STRATA_E_INVALID, "extents", strata_array_resize(w.numbers, ranks[i], many, NULL, &err));
  const uint64_t extents[] = {UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX};
  for (size_t i = 0; i < LENGTH(extents); ++i) {
    WRONG(STRATA_E_LIMIT, "extent", strata_array_resize(w.numbers, 2, DIMS(extents[i], 6), NULL, &err));
    WRONG(STRATA_E_LIMIT, "extent", strata_array_resize(w.stored, 1, DIMS(extents[i]), NULL, &err));
  }
}

static void appending(void **state) {
  (void)state;
  uint64_t at = 77;
  WRONG_HANDLES(kArray, strata_array, strata_array_append(wrong, 0, 1, kValues, 24, NULL, &at, &err));
  WRONG_TOKENS(strata_array_append(w.numbers, 0, 1, kValues, 24, wrong, &at, &err));
  WRONG(STRATA_E_INVALID, "axis", strata_array_append(w.numbers, 2, 1, kValues, 24, NULL, &at, &err));
  WRONG(STRATA_E_INVALID, "axis", strata_array_append(w.numbers, UINT32_MAX, 1, kValues, 24, NULL, &at, &err));
  const size_t sizes[] = {0, 23, 25, SIZE_MAX};
  for (size_t i = 0; i < LENGTH(sizes); ++i)
    WRONG(STRATA_E_INVALID, "bytes", strata_array_append(w.numbers, 0, 1, kValues, sizes[i], NULL, &at, &err));
  WRONG(STRATA_E_INVALID, "source is NULL", strata_array_append(w.numbers, 0, 1, NULL, 24, NULL, &at, &err));
  const uint64_t ns[] = {UINT64_C(1) << 62, UINT64_MAX};
  for (size_t i = 0; i < LENGTH(ns); ++i)
    WRONG(STRATA_E_LIMIT, "", strata_array_append(w.numbers, 0, ns[i], kValues, 24, NULL, &at, &err));
  WRONG(STRATA_E_TYPE, "string", strata_array_append(w.texts, 0, 1, kValues, 24, NULL, &at, &err));
  assert_int_equal(at, 77);

  const int64_t ends[] = {0, 1, 2};
#define APPEND(handle, n, offsets, count, values, size) \
  strata_array_append_varlen(handle, 0, n, offsets, count, values, size, NULL, &at, &err)
  WRONG_HANDLES(kArray, strata_array, APPEND(wrong, 2, ends, 3, "ab", 2));
  WRONG_TOKENS(strata_array_append_varlen(w.texts, 0, 2, ends, 3, "ab", 2, wrong, &at, &err));
  WRONG(STRATA_E_INVALID, "axis", strata_array_append_varlen(w.texts, 1, 2, ends, 3, "ab", 2, NULL, &at, &err));
  WRONG(STRATA_E_TYPE, "int32", APPEND(w.numbers, 2, ends, 3, "ab", 2));
  WRONG(STRATA_E_INVALID, "offsets are NULL", APPEND(w.texts, 2, NULL, 3, "ab", 2));
  WRONG(STRATA_E_INVALID, "offsets", APPEND(w.texts, 2, ends, 2, "ab", 2));
  WRONG(STRATA_E_INVALID, "values are NULL", APPEND(w.texts, 2, ends, 3, NULL, 2));
  WRONG(STRATA_E_INVALID, "last offset", APPEND(w.texts, 2, ends, 3, "ab", 1));
  WRONG(STRATA_E_INVALID, "first offset", APPEND(w.texts, 1, ends + 1, 2, "ab", 2));
  WRONG(STRATA_E_INVALID, "smaller", APPEND(w.texts, 2, ((const int64_t[]){0, 2, 1}), 3, "ab", 2));
  WRONG(STRATA_E_INVALID, "UTF-8", APPEND(w.texts, 2, ends, 3, "a\xFF", 2));
  WRONG(STRATA_E_INVALID, "inside a character", APPEND(w.texts, 2, ends, 3, "\xC3\xA9", 2));
#undef APPEND
  assert_int_equal(at, 77);
}

typedef strata_status namer(strata_file *, const char *, size_t, const char *, size_t, strata_cancel *, strata_error *);
typedef strata_status store_namer(strata_store *, const char *, size_t, const char *, size_t, strata_cancel *,
                                  strata_error *);

static void arrays_of_files(void **state) {
  (void)state;
  namer *const calls[] = {strata_file_rename, strata_file_copy};
  for (size_t i = 0; i < LENGTH(calls); ++i) {
    WRONG_HANDLES(kFile, strata_file, calls[i](wrong, "numbers", 7, "new", 3, NULL, &err));
    WRONG_TOKENS(calls[i](w.file, "numbers", 7, "new", 3, wrong, &err));
    WRONG_TEXTS("name", calls[i](w.file, text, length, "new", 3, NULL, &err));
    WRONG_TEXTS("name", calls[i](w.file, "numbers", 7, text, length, NULL, &err));
    WRONG(STRATA_E_NOT_FOUND, "none", calls[i](w.file, "none", 4, "new", 3, NULL, &err));
    WRONG(STRATA_E_EXISTS, "texts", calls[i](w.file, "numbers", 7, "texts", 5, NULL, &err));
    WRONG(STRATA_E_EXISTS, "numbers", calls[i](w.file, "numbers", 7, "numbers", 7, NULL, &err));
  }
}

static void datasets(void **state) {
  (void)state;
  store_namer *const calls[] = {strata_store_dataset_rename, strata_store_dataset_copy};
  const char *const names[] = {"", "_new", "a/b", ".", ".."};
  for (size_t i = 0; i < LENGTH(calls); ++i) {
    WRONG_HANDLES(kStore, strata_store, calls[i](wrong, "d", 1, "new", 3, NULL, &err));
    WRONG_TOKENS(calls[i](w.store, "d", 1, "new", 3, wrong, &err));
    WRONG_TEXTS("name", calls[i](w.store, text, length, "new", 3, NULL, &err));
    WRONG_TEXTS("name", calls[i](w.store, "d", 1, text, length, NULL, &err));
    for (size_t k = 0; k < LENGTH(names); ++k)
      WRONG(STRATA_E_INVALID, "dataset", calls[i](w.store, "d", 1, names[k], STRATA_NUL, NULL, &err));
    WRONG(STRATA_E_NOT_FOUND, "none", calls[i](w.store, "none", 4, "new", 3, NULL, &err));
    WRONG(STRATA_E_EXISTS, "\"e\"", calls[i](w.store, "d", 1, "e", 1, NULL, &err));
  }
}

static void arrays_of_datasets(void **state) {
  (void)state;
  const char *const names[] = {"", "_new", "a/b", ".", "..", "atlas.json"};
  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_rename(wrong, "a", 1, "new", 3, NULL, &err));
  WRONG_HANDLES(kDataset, strata_dataset, strata_dataset_copy(wrong, "a", 1, NULL, "new", 3, NULL, &err));
  WRONG_OPTIONAL(kDataset, strata_dataset, strata_dataset_copy(w.dataset, "a", 1, wrong, "new", 3, NULL, &err));
  WRONG_TOKENS(strata_dataset_rename(w.dataset, "a", 1, "new", 3, wrong, &err));
  WRONG_TOKENS(strata_dataset_copy(w.dataset, "a", 1, NULL, "new", 3, wrong, &err));
  WRONG_TEXTS("name", strata_dataset_rename(w.dataset, text, length, "new", 3, NULL, &err));
  WRONG_TEXTS("name", strata_dataset_rename(w.dataset, "a", 1, text, length, NULL, &err));
  WRONG_TEXTS("name", strata_dataset_copy(w.dataset, text, length, NULL, "new", 3, NULL, &err));
  WRONG_TEXTS("name", strata_dataset_copy(w.dataset, "a", 1, NULL, text, length, NULL, &err));
  for (size_t i = 0; i < LENGTH(names); ++i) {
    WRONG(STRATA_E_INVALID, "array", strata_dataset_rename(w.dataset, "a", 1, names[i], STRATA_NUL, NULL, &err));
    WRONG(STRATA_E_INVALID, "array", strata_dataset_copy(w.dataset, "a", 1, NULL, names[i], STRATA_NUL, NULL, &err));
  }
  WRONG(STRATA_E_NOT_FOUND, "none", strata_dataset_rename(w.dataset, "none", 4, "new", 3, NULL, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_dataset_copy(w.dataset, "none", 4, NULL, "new", 3, NULL, &err));
  WRONG(STRATA_E_EXISTS, "\"a\"", strata_dataset_rename(w.dataset, "a", 1, "a", 1, NULL, &err));
  WRONG(STRATA_E_EXISTS, "\"a\"", strata_dataset_copy(w.dataset, "a", 1, NULL, "a", 1, NULL, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(resizing), cmocka_unit_test(appending),          cmocka_unit_test(arrays_of_files),
      cmocka_unit_test(datasets), cmocka_unit_test(arrays_of_datasets),
  };
  return RUN_IN_WORLD(tests);
}
