/* Wrong arguments of section 4 of the header: array files. */
#include "arguments.h"

/* Of what both creating and opening take. */
typedef strata_status maker(strata_context *, const char *, size_t, const strata_file_options *, strata_cancel *,
                            strata_file **, strata_error *);

static void wrong_places(maker *make) {
  const struct {
    strata_status want;
    const char *url, *word;
  } places[] = {
      {STRATA_E_INVALID, "", "empty"},
      {STRATA_E_INVALID, "memory://", "name"},
      {STRATA_E_INVALID, "memory:///x.af", "name"},
      {STRATA_E_INVALID, "memory://place", "names no file"},
      {STRATA_E_INVALID, "memory://place/x.bin", ".af"},
      {STRATA_E_INVALID, "file://x.af", "three slashes"},
      {STRATA_E_INVALID, "file:///x%00y.af", "NUL byte"},
      {STRATA_E_INVALID, "folder.af/", "folder"},
      {STRATA_E_INVALID, "x", ".af"},
      {STRATA_E_INVALID, ".af", ".af"},
      {STRATA_E_UNSUPPORTED, "s3://bucket/x.af", "s3"},
      {STRATA_E_UNSUPPORTED, "://x.af", "kind of place"},
  };
  for (size_t i = 0; i < LENGTH(places); ++i) {
    WRONG(places[i].want, places[i].word, make(w.context, places[i].url, STRATA_NUL, NULL, NULL, &out.file, &err));
    assert_null(out.file);
  }
  WRONG(STRATA_E_INVALID, "NUL byte", make(w.context, "x\0y.af", 6, NULL, NULL, &out.file, &err));
  WRONG(STRATA_E_INVALID, "empty", make(w.context, NULL, 0, NULL, NULL, &out.file, &err));
  WRONG_TEXTS("path", make(w.context, text, length, NULL, NULL, &out.file, &err));
  assert_null(out.file);
}

static void wrong_options(maker *make, uint32_t wrong_flag) {
  const char *const url = "memory://arguments/never.af";
  WRONG_SIZES(strata_file_options, STRATA_FILE_OPTIONS_INIT,
              make(w.context, url, STRATA_NUL, wrong, NULL, &out.file, &err));
  const strata_file_options init = STRATA_FILE_OPTIONS_INIT;
  strata_file_options o = init;
  const uint32_t flags[] = {wrong_flag, 4, UINT32_MAX};
  for (size_t i = 0; i < LENGTH(flags); ++i) {
    o.flags = flags[i];
    WRONG(STRATA_E_INVALID, "flags", make(w.context, url, STRATA_NUL, &o, NULL, &out.file, &err));
  }
  o = init;
  const int32_t codecs[] = {-1, 4, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < LENGTH(codecs); ++i) {
    o.codec = codecs[i];
    WRONG(STRATA_E_INVALID, "codec", make(w.context, url, STRATA_NUL, &o, NULL, &out.file, &err));
  }
  const struct {
    int32_t codec, level;
  } levels[] = {{STRATA_CODEC_DEFAULT, 23},     {STRATA_CODEC_ZSTD, -101},    {STRATA_CODEC_LZ4, 13},
                {STRATA_CODEC_LZ4, -1},         {STRATA_CODEC_NONE, 1},       {STRATA_CODEC_NONE, -1},
                {STRATA_CODEC_ZSTD, INT32_MIN}, {STRATA_CODEC_LZ4, INT32_MAX}};
  for (size_t i = 0; i < LENGTH(levels); ++i) {
    o.codec = levels[i].codec;
    o.level = levels[i].level;
    WRONG(STRATA_E_INVALID, "level", make(w.context, url, STRATA_NUL, &o, NULL, &out.file, &err));
  }
  assert_null(out.file);
  strata_file *none = NULL;
  FAILS(STRATA_E_NOT_FOUND, strata_file_open(w.context, url, STRATA_NUL, NULL, NULL, &none, &err));
}

static void wrong_handles(maker *make) {
  const char *const url = "memory://arguments/never.af";
  WRONG_OPTIONAL(kContext, strata_context, make(wrong, url, STRATA_NUL, NULL, NULL, &out.file, &err));
  WRONG_TOKENS(make(w.context, url, STRATA_NUL, NULL, wrong, &out.file, &err));
  assert_null(out.file);
  WRONG(STRATA_E_INVALID, "NULL", make(w.context, url, STRATA_NUL, NULL, NULL, NULL, &err));
}

static void creating(void **state) {
  (void)state;
  strata_file_options_init(NULL);
  wrong_places(strata_file_create);
  wrong_options(strata_file_create, STRATA_READ_ONLY);
  wrong_handles(strata_file_create);
}

static void opening(void **state) {
  (void)state;
  wrong_places(strata_file_open);
  wrong_options(strata_file_open, STRATA_OVERWRITE);
  wrong_handles(strata_file_open);
}

static void creating_in_memory(void **state) {
  (void)state;
  WRONG_OPTIONAL(kContext, strata_context, strata_file_create_memory(wrong, NULL, &out.file, &err));
  WRONG_SIZES(strata_file_options, STRATA_FILE_OPTIONS_INIT,
              strata_file_create_memory(w.context, wrong, &out.file, &err));
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.flags = STRATA_READ_ONLY;
  WRONG(STRATA_E_INVALID, "flags", strata_file_create_memory(w.context, &o, &out.file, &err));
  assert_null(out.file);
  WRONG(STRATA_E_INVALID, "NULL", strata_file_create_memory(w.context, NULL, NULL, &err));
}

/* The largest block there can be is not larger than the format's. */
static void a_block_of_any_size(void **state) {
  (void)state;
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  const uint64_t sizes[] = {1, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX};
  for (size_t i = 0; i < LENGTH(sizes); ++i)
    for (o.codec = STRATA_CODEC_NONE; o.codec <= STRATA_CODEC_ZSTD; ++o.codec) {
      o.block_bytes = sizes[i];
      strata_file *file = NULL;
      OK(strata_file_create_memory(w.context, &o, &file, &err));
      strata_array *array = define(file, "a", STRATA_INT32, 1, DIMS(kNumbers), DIMS(5));
      write_all(array, kValues, sizeof kValues);
      flush(file);
      int32_t got[kNumbers];
      read_all(array, got, sizeof got);
      assert_memory_equal(got, kValues, sizeof got);
      strata_array_close(array);
      strata_file_close(file);
    }
}

static void files(void **state) {
  (void)state;
  int flag = 7;
  uint64_t count = 7;
  strata_pending pending = STRATA_PENDING_INIT;
  WRONG_HANDLES(kFile, strata_file, strata_file_flush(wrong, NULL, &err));
  WRONG_TOKENS(strata_file_flush(w.file, wrong, &err));
  WRONG_HANDLES(kFile, strata_file, strata_file_compact(wrong, NULL, &err));
  WRONG_TOKENS(strata_file_compact(w.file, wrong, &err));
  WRONG_HANDLES(kFile, strata_file, strata_file_discard(wrong, &err));
  WRONG_HANDLES(kFile, strata_file, strata_file_refresh(wrong, NULL, &flag, &err));
  WRONG_TOKENS(strata_file_refresh(w.file, wrong, &flag, &err));
  assert_int_equal(flag, 0);
  WRONG(STRATA_E_PENDING, "unflushed", strata_file_refresh(w.file, NULL, NULL, &err));
  WRONG_HANDLES(kFile, strata_file, strata_file_pending(wrong, &pending, &err));
  WRONG_RESULTS(strata_pending, STRATA_PENDING_INIT, "pending", strata_file_pending(w.file, wrong, &err));
  WRONG_HANDLES(kFile, strata_file, strata_file_layer_count(wrong, &count, &err));
  assert_int_equal(count, 7);
  WRONG(STRATA_E_INVALID, "count", strata_file_layer_count(w.file, NULL, &err));
}

static void logs_and_compactions(void **state) {
  (void)state;
  WRONG_HANDLES(kFile, strata_file, strata_file_log(wrong, 0, NULL, &out.log, &err));
  WRONG_TOKENS(strata_file_log(w.file, 0, wrong, &out.log, &err));
  WRONG(STRATA_E_INVALID, "log", strata_file_log(w.file, 0, NULL, NULL, &err));
  WRONG_HANDLES(kFile, strata_file, strata_file_compaction_list(wrong, NULL, &out.compactions, &err));
  WRONG_TOKENS(strata_file_compaction_list(w.file, wrong, &out.compactions, &err));
  WRONG(STRATA_E_INVALID, "list", strata_file_compaction_list(w.file, NULL, NULL, &err));
}

static void conflicts(void **state) {
  (void)state;
  strata_conflict conflict = STRATA_CONFLICT_INIT;
  WRONG_HANDLES(kFile, strata_file, strata_file_conflict_list(wrong, &out.conflicts, &err));
  WRONG(STRATA_E_INVALID, "list", strata_file_conflict_list(w.file, NULL, &err));
  WRONG_HANDLES(kConflicts, strata_conflict_list, strata_conflict_list_get(wrong, 0, &conflict, &err));
  WRONG(STRATA_E_INVALID, "conflict 0 of 0", strata_conflict_list_get(w.conflicts, 0, &conflict, &err));
  for (int kind = 0; kind < kKinds; ++kind)
    if (kind != kConflicts) assert_int_equal(strata_conflict_list_count(w.handles[kind]), 0);
  assert_int_equal(strata_conflict_list_count(NULL), 0);
  strata_conflict_list_close(NULL);

  strata_file *one = NULL, *two = NULL;
  OK(strata_file_create(w.context, "memory://arguments/conflict.af", STRATA_NUL, NULL, NULL, &one, &err));
  OK(strata_file_open(w.context, "memory://arguments/conflict.af", STRATA_NUL, NULL, NULL, &two, &err));
  strata_array_close(define(one, "a", STRATA_INT32, 1, DIMS(4), DIMS(4)));
  strata_array_close(define(two, "a", STRATA_INT8, 1, DIMS(4), DIMS(4)));
  flush(one);
  FAILS(STRATA_E_CONFLICT, strata_file_flush(two, NULL, &err));
  strata_conflict_list *list = NULL;
  OK(strata_file_conflict_list(two, &list, &err));
  WRONG_RESULTS(strata_conflict, STRATA_CONFLICT_INIT, "conflict", strata_conflict_list_get(list, 0, wrong, &err));
  WRONG(STRATA_E_INVALID, "conflict 1 of 1", strata_conflict_list_get(list, 1, &conflict, &err));
  strata_conflict_list_close(list);
  strata_file_close(one);
  strata_file_close(two);
}

static void names_of_arrays(void **state) {
  (void)state;
  int flag = 7;
  WRONG_HANDLES(kFile, strata_file, strata_file_delete(wrong, "numbers", STRATA_NUL, NULL, &err));
  WRONG_TOKENS(strata_file_delete(w.file, "numbers", STRATA_NUL, wrong, &err));
  WRONG_TEXTS("name", strata_file_delete(w.file, text, length, NULL, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_file_delete(w.file, "none", STRATA_NUL, NULL, &err));

  WRONG_HANDLES(kFile, strata_file, strata_file_exists(wrong, "numbers", STRATA_NUL, &flag, &err));
  WRONG_TEXTS("name", strata_file_exists(w.file, text, length, &flag, &err));
  assert_int_equal(flag, 7);
  WRONG(STRATA_E_INVALID, "exists", strata_file_exists(w.file, "numbers", STRATA_NUL, NULL, &err));

  WRONG_HANDLES(kFile, strata_file, strata_file_list(wrong, NULL, 0, &out.cursor, &err));
  WRONG_PREFIXES(strata_file_list(w.file, text, length, &out.cursor, &err));
  assert_null(out.cursor);
  WRONG(STRATA_E_INVALID, "NULL", strata_file_list(w.file, NULL, 0, NULL, &err));

  WRONG_HANDLES(kFile, strata_file, strata_file_array_open(wrong, "numbers", STRATA_NUL, &out.array, &err));
  WRONG_TEXTS("name", strata_file_array_open(w.file, text, length, &out.array, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_file_array_open(w.file, "none", STRATA_NUL, &out.array, &err));
  assert_null(out.array);
  WRONG(STRATA_E_INVALID, "NULL", strata_file_array_open(w.file, "numbers", STRATA_NUL, NULL, &err));
}

/* ---- definitions: those of files, and those of datasets, which take the same ---- */

static int of_dataset;
static strata_status define_any(const char *name, size_t length, int32_t type, uint32_t ndim, const uint64_t *shape,
                                const uint64_t *chunk, const char *const *dimensions, int32_t fill_type,
                                const void *fill, size_t fill_size) {
  return of_dataset ? strata_dataset_define(w.dataset, name, length, type, ndim, shape, chunk, dimensions, fill_type,
                                            fill, fill_size, NULL, &out.array, &err)
                    : strata_file_define(w.file, name, length, type, ndim, shape, chunk, dimensions, fill_type, fill,
                                         fill_size, NULL, &out.array, &err);
}
static strata_status define_shaped(uint32_t ndim, const uint64_t *shape, const uint64_t *chunk) {
  return define_any("n", 1, STRATA_INT32, ndim, shape, chunk, NULL, STRATA_TYPE_NONE, NULL, 0);
}
static strata_status define_typed(int32_t type) {
  return define_any("n", 1, type, 1, DIMS(4), NULL, NULL, STRATA_TYPE_NONE, NULL, 0);
}
static strata_status define_filled(int32_t type, const void *fill, size_t size) {
  return define_any("n", 1, STRATA_INT32, 1, DIMS(4), NULL, NULL, type, fill, size);
}

static void wrong_shapes(void) {
  uint64_t ones[64];
  for (size_t i = 0; i < LENGTH(ones); ++i) ones[i] = 1;
  const uint64_t most = UINT32_MAX, two_to_32 = UINT64_C(1) << 32, two_to_63 = UINT64_C(1) << 63;
  const uint64_t beyond[] = {two_to_32, two_to_32 + 1, two_to_63, UINT64_MAX};
  WRONG(STRATA_E_INVALID, "shape", define_shaped(1, NULL, NULL));
  WRONG(STRATA_E_LIMIT, "33 dimensions", define_shaped(33, ones, NULL));
  WRONG(STRATA_E_LIMIT, "dimensions", define_shaped(UINT32_MAX, ones, NULL));
  for (size_t i = 0; i < LENGTH(beyond); ++i) {
    WRONG(STRATA_E_LIMIT, "extent", define_shaped(2, DIMS(4, beyond[i]), NULL));
    WRONG(STRATA_E_LIMIT, "extent", define_shaped(2, DIMS(4, beyond[i]), DIMS(1, 1)));
    WRONG(STRATA_E_LIMIT, "chunk extent", define_shaped(2, DIMS(4, 4), DIMS(1, beyond[i])));
    WRONG(STRATA_E_LIMIT, "chunk extent", define_shaped(2, DIMS(4, 0), DIMS(1, beyond[i])));
  }
  WRONG(STRATA_E_INVALID, "chunk extent 0", define_shaped(2, DIMS(4, 4), DIMS(1, 0)));
  WRONG(STRATA_E_INVALID, "chunk extent 0", define_shaped(2, DIMS(0, 4), DIMS(0, 1)));
  WRONG(STRATA_E_LIMIT, "elements", define_shaped(2, DIMS(most, most), DIMS(1, 1)));
  WRONG(STRATA_E_LIMIT, "elements", define_shaped(3, DIMS(most, most, 2), DIMS(1, 1, 1)));
  WRONG(STRATA_E_LIMIT, "4 GiB", define_shaped(1, DIMS(most), DIMS(most)));
  WRONG(STRATA_E_LIMIT, "4 GiB", define_shaped(2, DIMS(65536, 65536), DIMS(65536, 65536)));
  assert_null(out.array);
}

static void wrong_types_and_fills(void) {
  const int32_t unknown[] = {STRATA_TYPE_NONE, -1, 17, INT32_MIN, INT32_MAX};
  for (size_t i = 0; i < LENGTH(unknown); ++i) {
    WRONG(STRATA_E_INVALID, "type", define_typed(unknown[i]));
    if (unknown[i]) WRONG(STRATA_E_INVALID, "type", define_filled(unknown[i], kValues, 4));
  }
  WRONG(STRATA_E_TYPE, "list", define_typed(STRATA_LIST));
  WRONG(STRATA_E_TYPE, "list", define_typed(STRATA_FIXED_SIZE_LIST));
  WRONG(STRATA_E_TYPE, "list", define_filled(STRATA_LIST, kValues, 4));
  WRONG(STRATA_E_TYPE, "list", define_filled(STRATA_FIXED_SIZE_LIST, kValues, 4));
  WRONG(STRATA_E_TYPE, "binary", define_filled(STRATA_BINARY, "ab", 2));
  for (int32_t type = STRATA_BOOL; type <= STRATA_TIMESTAMP_NS; ++type) {
    const size_t size = strata_type_size(type);
    if (!size) continue;
    const size_t wrong[] = {0, size - 1, size + 1, SIZE_MAX - 1, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(wrong); ++i) WRONG(STRATA_E_INVALID, "fill", define_filled(type, kValues, wrong[i]));
    WRONG(STRATA_E_INVALID, "NULL", define_filled(type, NULL, size));
  }
  WRONG(STRATA_E_INVALID, "length", define_filled(STRATA_STRING, "text", STRATA_NUL));
  WRONG(STRATA_E_INVALID, "UTF-8", define_filled(STRATA_STRING, "a\xC3", 2));
  WRONG(STRATA_E_INVALID, "NULL", define_filled(STRATA_STRING, NULL, 2));
  const char *const dimensions[] = {"x", "\xFF"}, *const missing[] = {"x", NULL};
  WRONG(STRATA_E_INVALID, "dimension", define_any("n", 1, STRATA_INT32, 2, DIMS(2, 2), NULL, dimensions, 0, NULL, 0));
  WRONG(STRATA_E_INVALID, "dimension", define_any("n", 1, STRATA_INT32, 2, DIMS(2, 2), NULL, missing, 0, NULL, 0));
  WRONG_TEXTS("name", define_any(text, length, STRATA_INT32, 1, DIMS(4), NULL, NULL, 0, NULL, 0));
  assert_null(out.array);
}

static void definitions(void **state) {
  (void)state;
  for (of_dataset = 0; of_dataset < 2; ++of_dataset) {
    wrong_shapes();
    wrong_types_and_fills();
  }
  of_dataset = 0;
  WRONG(STRATA_E_EXISTS, "numbers", define_any("numbers", 7, STRATA_INT32, 1, DIMS(4), NULL, NULL, 0, NULL, 0));
  WRONG_HANDLES(
      kFile, strata_file,
      strata_file_define(wrong, "n", 1, STRATA_INT32, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, &out.array, &err));
  WRONG_TOKENS(
      strata_file_define(w.file, "n", 1, STRATA_INT32, 0, NULL, NULL, NULL, 0, NULL, 0, wrong, &out.array, &err));
  assert_null(out.array);
}

/* The largest that is right, in a file that is then flushed and opened: nothing of it takes memory. */
static void extremes_that_are_right(void **state) {
  (void)state;
  uint64_t ones[32];
  for (size_t i = 0; i < LENGTH(ones); ++i) ones[i] = 1;
  const char *const path = scratch("extremes.af");
  strata_file *file = create_file(path);
  const struct {
    const char *name;
    uint32_t ndim;
    const uint64_t *shape, *chunk;
  } right[] = {
      {"none", 0, NULL, NULL},
      {"many", 32, ones, ones},
      {"empty", 2, DIMS(0, UINT32_MAX), NULL},
      {"long", 1, DIMS(UINT32_MAX), DIMS(1)},
      {"large chunk", 1, DIMS(4), DIMS(UINT32_MAX)},
      {"large", 2, DIMS(UINT32_MAX, INT32_MAX), NULL},
      {"", 1, DIMS(1), NULL},
  };
  for (size_t i = 0; i < LENGTH(right); ++i)
    strata_array_close(define(file, right[i].name, STRATA_INT8, right[i].ndim, right[i].shape, right[i].chunk));
  flush(file);
  file = reopened(file, path);
  for (size_t i = 0; i < LENGTH(right); ++i) {
    strata_array *array = open_array(file, right[i].name);
    uint64_t shape[32];
    assert_int_equal(strata_array_ndim(array), right[i].ndim);
    OK(strata_array_shape(array, shape, 32, &err));
    if (right[i].ndim) assert_memory_equal(shape, right[i].shape, right[i].ndim * sizeof *shape);
    strata_array_close(array);
  }
  strata_file_close(file);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(creating),
      cmocka_unit_test(opening),
      cmocka_unit_test(creating_in_memory),
      cmocka_unit_test(a_block_of_any_size),
      cmocka_unit_test(files),
      cmocka_unit_test(conflicts),
      cmocka_unit_test(logs_and_compactions),
      cmocka_unit_test(names_of_arrays),
      cmocka_unit_test(definitions),
      cmocka_unit_test(extremes_that_are_right),
  };
  return RUN_IN_WORLD(tests);
}
