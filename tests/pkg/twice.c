/* Two copies of the library in one process, each used by a thread of its own at once: twice ONE TWO. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <strata/strata.h>
#include <string.h>

enum { kElements = 1 << 16, kRounds = 100 };

typedef struct copy {
  const char *path;
  void *library;
  const char *wrong; /* NULL: nothing */
} copy;

#define FIND(name) (*(void **)&name = dlsym(c->library, "strata_" #name)) == NULL

static const char *work(copy *c) {
  strata_status (*context_create)(const strata_context_options *, const char *, size_t, strata_context **, strata_error *);
  strata_status (*context_join)(strata_context *, strata_cancel *, strata_error *);
  strata_status (*file_create)(strata_context *, const char *, size_t, const strata_file_options *, strata_cancel *, strata_file **,
                               strata_error *);
  strata_status (*file_define)(strata_file *, const char *, size_t, int32_t, uint32_t, const uint64_t *, const uint64_t *, const char *,
                               int32_t, const void *, size_t, strata_cancel *, strata_array **, strata_error *);
  strata_status (*array_write)(strata_array *, uint32_t, const uint64_t *, const uint64_t *, const void *, size_t, strata_cancel *,
                               strata_error *);
  strata_status (*array_read)(strata_array *, uint32_t, const uint64_t *, const uint64_t *, strata_cancel *, void *, size_t, size_t *,
                              strata_error *);
  strata_status (*file_flush)(strata_file *, strata_cancel *, strata_error *);
  void (*array_close)(strata_array *), (*file_close)(strata_file *), (*context_close)(strata_context *);
  const uint64_t shape = kElements, chunk = kElements / 16;
  int round;
  if (FIND(context_create) || FIND(context_join) || FIND(file_create) || FIND(file_define) || FIND(array_write) || FIND(array_read) ||
      FIND(file_flush) || FIND(array_close) || FIND(file_close) || FIND(context_close))
    return "a function is missing";
  for (round = 0; round < kRounds; round++) {
    int32_t written[kElements], read[kElements];
    int i;
    strata_context_options options = STRATA_CONTEXT_OPTIONS_INIT;
    strata_context *context = NULL;
    strata_file *file = NULL;
    strata_array *array = NULL;
    options.threads = 3;
    for (i = 0; i < kElements; i++) written[i] = i * (round + 1);
    if (context_create(&options, NULL, 0, &context, NULL) != STRATA_OK) return "context_create";
    if (file_create(context, "memory://a/a.af", STRATA_NUL, NULL, NULL, &file, NULL) != STRATA_OK) return "file_create";
    if (file_define(file, "a", 1, STRATA_INT32, 1, &shape, &chunk, NULL, 0, NULL, 0, NULL, &array, NULL) != STRATA_OK) return "define";
    if (array_write(array, 1, NULL, NULL, written, sizeof written, NULL, NULL) != STRATA_OK) return "write";
    if (file_flush(file, NULL, NULL) != STRATA_OK) return "flush";
    if (array_read(array, 1, NULL, NULL, NULL, read, sizeof read, NULL, NULL) != STRATA_OK) return "read";
    if (memcmp(written, read, sizeof read) != 0) return "other values came back";
    array_close(array);
    file_close(file);
    context_close(context);
    if (context_join(NULL, NULL, NULL) != STRATA_OK) return "join";
  }
  return NULL;
}

static void *run(void *argument) {
  copy *c = argument;
  c->wrong = work(c);
  return NULL;
}

int main(int argc, char **argv) {
  copy copies[2] = {{NULL, NULL, NULL}, {NULL, NULL, NULL}};
  pthread_t threads[2];
  void *versions[2];
  int i;
  if (argc != 3) return 2;
  for (i = 0; i < 2; i++) {
    copies[i].path = argv[i + 1];
    copies[i].library = dlopen(argv[i + 1], RTLD_NOW | RTLD_LOCAL);
    if (copies[i].library == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    versions[i] = dlsym(copies[i].library, "strata_version");
  }
  if (versions[0] == versions[1]) {
    fprintf(stderr, "this is one copy\n");
    return 1;
  }
  for (i = 0; i < 2; i++)
    if (pthread_create(&threads[i], NULL, run, &copies[i]) != 0) return 1;
  for (i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
    if (copies[i].wrong != NULL) {
      fprintf(stderr, "%s: %s\n", copies[i].path, copies[i].wrong);
      return 1;
    }
    if (dlclose(copies[i].library) != 0) return 1;
  }
  return 0;
}
