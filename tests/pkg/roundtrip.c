/* A small user of the library: VERSION [LIBRARY]. Writes an array in memory and reads it back. With STRATA_TEST_BOTH, a
 * second copy of the library is loaded beside the one linked in, and both are used. */
#include <stdio.h>
#include <strata/strata.h>
#include <string.h>
#ifdef STRATA_TEST_BOTH
#include <dlfcn.h>
#endif

static int fail(const char *what, strata_status status, const strata_error *err) {
  fprintf(stderr, "%s: %s: %s\n", what, strata_status_name(status), err->message);
  return 1;
}

static int round_trip(void) {
  const uint64_t shape[2] = {2, 3};
  const int32_t written[6] = {1, 2, 3, 4, 5, 6};
  int32_t read[6] = {0, 0, 0, 0, 0, 0};
  strata_file *file = NULL;
  strata_array *array = NULL;
  strata_error err = STRATA_ERROR_INIT;
  strata_status status = strata_file_create_memory(NULL, NULL, &file, &err);
  if (status != STRATA_OK) return fail("create", status, &err);
  status = strata_file_define(file, "t", STRATA_NUL, STRATA_INT32, 2, shape, NULL, NULL, STRATA_TYPE_NONE, NULL, 0,
                              NULL, &array, &err);
  if (status != STRATA_OK) return fail("define", status, &err);
  status = strata_array_write(array, 2, NULL, NULL, written, sizeof written, NULL, &err);
  if (status != STRATA_OK) return fail("write", status, &err);
  status = strata_file_flush(file, NULL, &err);
  if (status != STRATA_OK) return fail("flush", status, &err);
  status = strata_array_read(array, 2, NULL, NULL, NULL, read, sizeof read, NULL, &err);
  if (status != STRATA_OK) return fail("read", status, &err);
  strata_array_close(array);
  strata_file_close(file);
  if (memcmp(read, written, sizeof read) != 0) {
    fprintf(stderr, "other values came back\n");
    return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2 || strcmp(strata_version(), argv[1]) != 0) {
    fprintf(stderr, "strata_version() is %s\n", strata_version());
    return 1;
  }
  if (round_trip() != 0) return 1;
#ifdef STRATA_TEST_BOTH
  {
    void *other = argc > 2 ? dlopen(argv[2], RTLD_NOW | RTLD_LOCAL) : NULL;
    const char *(*version)(void) = NULL;
    strata_status (*create)(strata_context *, const strata_file_options *, strata_file **, strata_error *) = NULL;
    void (*give_back)(strata_file *) = NULL;
    strata_error err = STRATA_ERROR_INIT;
    strata_file *file = NULL;
    strata_status status;
    if (other == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    /* POSIX's way to turn dlsym's object pointer into a function pointer in strict C. */
    *(void **)&version = dlsym(other, "strata_version");
    *(void **)&create = dlsym(other, "strata_file_create_memory");
    *(void **)&give_back = dlsym(other, "strata_file_close");
    if (version == NULL || create == NULL || give_back == NULL || version == strata_version) {
      fprintf(stderr, "the second copy is not one\n");
      return 1;
    }
    status = create(NULL, NULL, &file, &err);
    if (status != STRATA_OK) return fail("create in the second copy", status, &err);
    if (round_trip() != 0) return 1;
    give_back(file);
    if (dlclose(other) != 0 || round_trip() != 0) return 1;
  }
#endif
  return 0;
}
