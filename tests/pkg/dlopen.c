/* Uses the library as a plugin host does: LIBRARY VERSION. No header, no linking; loads, calls, lets go, twice. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *why) {
  fprintf(stderr, "%s\n", why);
  return 1;
}

int main(int argc, char **argv) {
  int round;
  if (argc != 3) return fail("usage: dlopen LIBRARY VERSION");
  for (round = 0; round < 2; round++) {
    const char *(*version)(void) = NULL;
    int (*create)(void *, const void *, void **, void *) = NULL;
    int (*flush)(void *, void *, void *) = NULL;
    void (*give_back)(void *) = NULL;
    void *file = NULL;
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return fail(dlerror());
    *(void **)&version = dlsym(library, "strata_version");
    *(void **)&create = dlsym(library, "strata_file_create_memory");
    *(void **)&flush = dlsym(library, "strata_file_flush");
    *(void **)&give_back = dlsym(library, "strata_file_close");
    if (version == NULL || create == NULL || flush == NULL || give_back == NULL) return fail("a function is missing");
    if (strcmp(version(), argv[2]) != 0) return fail("another version");
    if (create(NULL, NULL, &file, NULL) != 0 || file == NULL) return fail("create failed");
    if (flush(file, NULL, NULL) != 0) return fail("flush failed");
    give_back(file);
    if (dlclose(library) != 0) return fail("dlclose failed");
  }
  return 0;
}
