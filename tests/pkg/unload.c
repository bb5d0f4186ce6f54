/* A plugin that has the library inside, and its host: unload ROUNDS PLUGIN. Each round the host loads the plugin, lets it work with threads,
 * and unloads it; then nothing of it is in memory any more, and neither a fork nor the end of a thread runs code of it. */
#ifdef STRATA_TEST_PLUGIN

#include <strata/strata.h>
#include <stddef.h>

int plugin_work(void);

/* 0, or which step went wrong. */
int plugin_work(void) {
  static int32_t values[1 << 18];
  const uint64_t shape = 1 << 18, chunk = 1 << 13;
  strata_context_options options = STRATA_CONTEXT_OPTIONS_INIT;
  strata_store_options replacing = STRATA_STORE_OPTIONS_INIT;
  strata_context *context = NULL;
  strata_store *store = NULL;
  strata_file *file = NULL;
  strata_array *array = NULL;
  options.threads = 4;
  replacing.flags = STRATA_OVERWRITE;
  if (strata_context_create(&options, NULL, 0, &context, NULL) != STRATA_OK) return 1;
  if (strata_file_create_memory(context, NULL, &file, NULL) != STRATA_OK) return 2;
  if (strata_file_define(file, "a", 1, STRATA_INT32, 1, &shape, &chunk, NULL, 0, NULL, 0, NULL, &array, NULL) != STRATA_OK) return 3;
  if (strata_array_write(array, 1, NULL, NULL, values, sizeof values, NULL, NULL) != STRATA_OK) return 4;
  if (strata_file_flush(file, NULL, NULL) != STRATA_OK) return 5;
  if (strata_array_read(array, 1, NULL, NULL, NULL, values, sizeof values, NULL, NULL) != STRATA_OK) return 6;
  if (strata_store_create(context, "unloaded", STRATA_NUL, &replacing, NULL, &store, NULL) != STRATA_OK) return 7;
  if (strata_store_flush(store, NULL, NULL) != STRATA_OK) return 8;
  strata_store_close(store);
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
  return strata_context_join(NULL, NULL, NULL) == STRATA_OK ? 0 : 9;
}

#else

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int is_mapped(const char *name) {
  char line[4096];
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  if (maps == NULL) return -1;
  while (fgets(line, sizeof line, maps) != NULL) found |= strstr(line, name) != NULL;
  fclose(maps);
  return found;
}

int main(int argc, char **argv) {
  const int rounds = argc == 3 ? atoi(argv[1]) : 0;
  int round;
  for (round = 0; round < rounds; round++) {
    int (*work)(void) = NULL;
    int status = -1, step;
    pid_t child;
    void *plugin = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    *(void **)&work = dlsym(plugin, "plugin_work");
    step = work == NULL ? -1 : work();
    if (step != 0) {
      fprintf(stderr, "round %d: step %d\n", round, step);
      return 1;
    }
    if (is_mapped("plugin.so") != 1 || dlclose(plugin) != 0 || is_mapped("plugin.so") != 0) {
      fprintf(stderr, "round %d: the plugin has not been unloaded\n", round);
      return 1;
    }
    child = fork();
    if (child == 0) _exit(0);
    if (waitpid(child, &status, 0) != child || status != 0) {
      fprintf(stderr, "round %d: a child ended with %d\n", round, status);
      return 1;
    }
  }
  return rounds > 0 ? 0 : 1;
}

#endif
