/* What all programs of this folder share: cmocka, asserting macros, a scratch folder, and short forms of common calls. */
#ifndef STRATA_TESTS_SUPPORT_H
#define STRATA_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <strata/strata.h>

/* Calls in OK() and FAILS() give &err as their last argument. Not for code that runs on several threads. */
static strata_error err;

/* The call succeeds; else the test fails with the library's own words. */
#define OK(call)                                                                                      \
  do {                                                                                                \
    strata_error_init(&err);                                                                          \
    strata_status ok_status_ = (call);                                                                \
    if (ok_status_ != STRATA_OK)                                                                      \
      fail_msg("%s\n    says %s: %s", #call, strata_status_name(ok_status_), err.message);            \
  } while (0)

/* The call fails with exactly this status, and says why. */
#define FAILS(want, call)                                                                             \
  do {                                                                                                \
    strata_error_init(&err);                                                                          \
    strata_status fails_status_ = (call);                                                             \
    if (fails_status_ != (want))                                                                      \
      fail_msg("%s\n    says %s and not " #want ": %s", #call, strata_status_name(fails_status_), err.message); \
    assert_int_equal(err.status, (want));                                                             \
    assert_true(err.message[0] != '\0');                                                              \
  } while (0)

/* Extents, starts, counts: DIMS(2, 3). */
#define DIMS(...) ((const uint64_t[]){__VA_ARGS__})
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A path in a folder that is this process's own. The text lives until eight more have been asked for. */
static inline const char *scratch(const char *name) {
  static char folder[1024];
  static char paths[8][1280];
  static int next;
  if (!folder[0]) {
    const char *base = getenv("STRATA_TEST_DIR");
    if (!base) base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/c.XXXXXX", base ? base : ".");
    if (!mkdtemp(folder)) {
      perror(folder);
      exit(1);
    }
  }
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static inline int path_exists(const char *path) {
  struct stat s;
  return stat(path, &s) == 0;
}

static inline uint64_t file_size(const char *path) {
  struct stat s;
  if (stat(path, &s) != 0) fail_msg("%s is not there", path);
  return (uint64_t)s.st_size;
}

/* Names in a folder, but "." and "..". */
static inline int count_names(const char *folder) {
  DIR *d = opendir(folder);
  if (!d) return 0;
  int n = 0;
  for (struct dirent *e; (e = readdir(d));)
    if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) ++n;
  closedir(d);
  return n;
}

/* A new folder in the scratch folder. */
static inline const char *scratch_folder(const char *name) {
  const char *path = scratch(name);
  if (mkdir(path, 0777) != 0 && !path_exists(path)) fail_msg("%s cannot be made", path);
  return path;
}

static inline strata_file *create_with(strata_context *context, const char *path, int32_t codec) {
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.codec = codec;
  strata_file *file = NULL;
  OK(strata_file_create(context, path, STRATA_NUL, &options, NULL, &file, &err));
  assert_non_null(file);
  return file;
}

static inline strata_file *create_file(const char *path) { return create_with(NULL, path, STRATA_CODEC_DEFAULT); }

static inline strata_file *open_in(strata_context *context, const char *path) {
  strata_file *file = NULL;
  OK(strata_file_open(context, path, STRATA_NUL, NULL, NULL, &file, &err));
  assert_non_null(file);
  return file;
}

static inline strata_file *open_file(const char *path) { return open_in(NULL, path); }
/* Goes on in a handle that has just been opened, in a context of its own; closes the one given. */
static inline strata_file *reopened(strata_file *file, const char *path) {
  strata_file_close(file);
  return open_file(path);
}

static inline strata_file *memory_file(void) {
  strata_file *file = NULL;
  OK(strata_file_create_memory(NULL, NULL, &file, &err));
  return file;
}

static inline strata_array *define_with_fill(strata_file *file, const char *name, int32_t type, uint32_t ndim,
                                             const uint64_t *shape, const uint64_t *chunk, int32_t fill_type,
                                             const void *fill, size_t fill_size) {
  strata_array *array = NULL;
  OK(strata_file_define(file, name, STRATA_NUL, type, ndim, shape, chunk, NULL, fill_type, fill, fill_size, NULL, &array, &err));
  assert_non_null(array);
  return array;
}

static inline strata_array *define(strata_file *file, const char *name, int32_t type, uint32_t ndim, const uint64_t *shape,
                                   const uint64_t *chunk) {
  return define_with_fill(file, name, type, ndim, shape, chunk, STRATA_TYPE_NONE, NULL, 0);
}

static inline strata_array *open_array(strata_file *file, const char *name) {
  strata_array *array = NULL;
  OK(strata_file_array_open(file, name, STRATA_NUL, &array, &err));
  assert_non_null(array);
  return array;
}

static inline void flush(strata_file *file) { OK(strata_file_flush(file, NULL, &err)); }
static inline void compact(strata_file *file) { OK(strata_file_compact(file, NULL, &err)); }

static inline void write_all(strata_array *array, const void *src, size_t size) {
  OK(strata_array_write(array, strata_array_ndim(array), NULL, NULL, src, size, NULL, &err));
}

static inline void read_all(strata_array *array, void *dst, size_t size) {
  size_t needed = 0;
  OK(strata_array_read(array, strata_array_ndim(array), NULL, NULL, NULL, dst, size, &needed, &err));
  assert_int_equal(needed, size);
}

static inline void write_i32(strata_array *array, uint64_t start, uint64_t count, const int32_t *values) {
  OK(strata_array_write(array, 1, &start, &count, values, count * sizeof *values, NULL, &err));
}

static inline int32_t read_i32(strata_array *array, uint64_t at) {
  const uint64_t one = 1;
  int32_t value = 0;
  OK(strata_array_read(array, 1, &at, &one, NULL, &value, sizeof value, NULL, &err));
  return value;
}

static inline uint64_t layer_count(strata_file *file) {
  uint64_t count = 0;
  OK(strata_file_layer_count(file, &count, &err));
  return count;
}

static inline strata_pending pending_of(strata_file *file) {
  strata_pending pending = STRATA_PENDING_INIT;
  OK(strata_file_pending(file, &pending, &err));
  return pending;
}

static inline strata_counters counters_of(strata_context *context) {
  strata_counters counters = STRATA_COUNTERS_INIT;
  OK(strata_context_counters(context, &counters, &err));
  return counters;
}

/* The names a cursor gives, joined by ","; closes it. */
static inline const char *joined(strata_cursor *cursor) {
  static char text[4096];
  size_t at = 0;
  const char *name;
  size_t length;
  strata_status status;
  text[0] = '\0';
  while ((status = strata_cursor_next(cursor, &name, &length, &err)) == STRATA_OK)
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s", at ? "," : "", (int)length, name);
  assert_int_equal(status, STRATA_DONE);
  strata_cursor_close(cursor);
  return text;
}

static inline const char *names_in(strata_file *file) {
  strata_cursor *cursor = NULL;
  OK(strata_file_list(file, NULL, 0, &cursor, &err));
  return joined(cursor);
}

/* Numbers that are the same on every run. */
static inline uint64_t random_number(uint64_t *state) {
  uint64_t x = *state ? *state : 0x9E3779B97F4A7C15u;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

#endif
