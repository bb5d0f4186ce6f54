/* How long a store takes for many small datasets, and how much memory: one flush, then opening and reading across. Not
 * a test: it judges nothing and CTest does not run it.
 *
 *     cmake --build --preset release --target bench_store_flush
 *     build/release/tests/bench/bench_store_flush [DATASETS [FOLDER]]     100,000 datasets of 3 arrays, in a new folder
 * here
 */
#include <stdio.h>
#include <stdlib.h>
#include <strata/strata.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { kArrays = 3, kCells = 8 };

static strata_error err = STRATA_ERROR_INIT;

static void must(strata_status status) {
  if (status == STRATA_OK) return;
  fprintf(stderr, "%s: %s\n", strata_status_name(status), err.message);
  exit(1);
}

/* Seconds since the last call, and the most memory so far. */
static void report(const char *what) {
  static struct timespec last;
  struct timespec now;
  struct rusage usage;
  clock_gettime(CLOCK_MONOTONIC, &now);
  getrusage(RUSAGE_SELF, &usage);
  if (what)
    printf("%-28s %8.2f s %8.0f MiB\n", what,
           (double)(now.tv_sec - last.tv_sec) + (double)(now.tv_nsec - last.tv_nsec) / 1e9,
           (double)usage.ru_maxrss / 1024);
  last = now;
}

int main(int argc, char **argv) {
  const unsigned long datasets = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
  const char *folder = argc > 2 ? argv[2] : "bench_store";
  static const char *const names[kArrays] = {"pressure", "temperature", "salinity"};
  const uint64_t shape[1] = {kCells};
  strata_store *store = NULL;
  report(NULL);
  must(strata_store_create(NULL, folder, STRATA_NUL, NULL, NULL, &store, &err));
  for (unsigned long i = 0; i < datasets; ++i) {
    char name[32];
    strata_dataset *dataset = NULL;
    snprintf(name, sizeof name, "profile_%07lu", i);
    must(strata_store_dataset_create(store, name, STRATA_NUL, &dataset, &err));
    for (int k = 0; k < kArrays; ++k) {
      strata_array *array = NULL;
      double values[kCells];
      for (int c = 0; c < kCells; ++c) values[c] = (double)i + k * 0.1 + c;
      must(strata_dataset_define(dataset, names[k], STRATA_NUL, STRATA_FLOAT64, 1, shape, NULL, NULL, STRATA_TYPE_NONE,
                                 NULL, 0, NULL, &array, &err));
      must(strata_array_write(array, 1, NULL, NULL, values, sizeof values, NULL, &err));
      strata_array_close(array);
    }
    strata_dataset_close(dataset);
  }
  report("define and write");
  must(strata_store_flush(store, NULL, &err));
  report("flush");
  strata_store_close(store);
  report("close");
  must(strata_store_open(NULL, folder, STRATA_NUL, NULL, NULL, &store, &err));
  report("open");
  const size_t size = datasets * kCells * sizeof(double);
  double *stacked = malloc(size);
  for (int k = 0; k < kArrays; ++k) {
    must(strata_store_read_stacked(store, names[k], STRATA_NUL, NULL, 0, 0, NULL, NULL, NULL, stacked, size, NULL, NULL,
                                   &err));
    if (datasets && stacked[(datasets - 1) * kCells] != (double)(datasets - 1) + k * 0.1) {
      fprintf(stderr, "another value was read than was written\n");
      return 1;
    }
  }
  report("read 3 stacks");
  strata_dataset *dataset = NULL;
  must(strata_store_dataset_create(store, "one more", STRATA_NUL, &dataset, &err));
  must(strata_dataset_define(dataset, names[0], STRATA_NUL, STRATA_FLOAT64, 1, shape, NULL, NULL, STRATA_TYPE_NONE,
                             NULL, 0, NULL, NULL, &err));
  must(strata_store_flush(store, NULL, &err));
  report("one more dataset, flush");
  must(strata_store_compact(store, NULL, &err));
  report("compact");
  strata_dataset_close(dataset);
  strata_store_close(store);
  free(stacked);
  return 0;
}
