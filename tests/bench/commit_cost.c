/* What writing, reading and committing cost, step by step: wall clock and processor time (of all threads) in ms.
 *   bench_commit_cost FOLDER [MIB]
 * Uses nothing that the first version of the ABI did not have, so that paired.py can hold two builds of the library against
 * each other. FOLDER must be new. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <strata/strata.h>

enum { kChunk = 256 * 1024, kFlushes = 200, kDatasets = 200, kVariables = 3, kCells = 64, kStoreFlushes = 50 };

static strata_error err = STRATA_ERROR_INIT;

static void ok(strata_status s) {
  if (s == STRATA_OK) return;
  fprintf(stderr, "%s: %s\n", strata_status_name(s), err.message);
  exit(1);
}

static double clock_ms(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Prints what was done since the last call; NULL: nothing. */
static void step(const char *name) {
  static double wall, cpu;
  const double wall_now = clock_ms(CLOCK_MONOTONIC), cpu_now = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
  if (name) printf("%s\t%.3f\t%.3f\n", name, wall_now - wall, cpu_now - cpu);
  wall = clock_ms(CLOCK_MONOTONIC);
  cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
}

static void of_a_file(const char *path, uint64_t n, float *values) {
  const uint64_t chunk[] = {kChunk}, small[] = {1024}, start[] = {0};
  strata_file *file = NULL;
  strata_array *array = NULL, *little = NULL;
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.codec = STRATA_CODEC_LZ4;
  ok(strata_file_create(NULL, path, STRATA_NUL, &o, NULL, &file, &err));
  ok(strata_file_define(file, "a", 1, STRATA_FLOAT32, 1, &n, chunk, NULL, 0, NULL, 0, NULL, &array, &err));
  step(NULL);
  ok(strata_array_write(array, 1, NULL, NULL, values, n * sizeof *values, NULL, &err));
  ok(strata_file_flush(file, NULL, &err));
  step("file: write and flush");
  strata_array_close(array);
  strata_file_close(file);
  ok(strata_file_open(NULL, path, STRATA_NUL, &o, NULL, &file, &err));
  ok(strata_file_array_open(file, "a", 1, &array, &err));
  ok(strata_array_read(array, 1, NULL, NULL, NULL, values, n * sizeof *values, NULL, &err));
  step("file: open and read whole");
  ok(strata_file_define(file, "b", 1, STRATA_FLOAT32, 1, small, NULL, NULL, 0, NULL, 0, NULL, &little, &err));
  for (int i = 0; i < kFlushes; ++i) {
    ok(strata_array_write(little, 1, start, small, values + i, 1024 * sizeof *values, NULL, &err));
    ok(strata_file_flush(file, NULL, &err));
  }
  step("file: 200 flushes of 4 KiB");
  ok(strata_array_read(array, 1, NULL, NULL, NULL, values, n * sizeof *values, NULL, &err));
  step("file: read whole below 200 layers");
  ok(strata_file_compact(file, NULL, &err));
  step("file: compact");
  strata_array_close(little);
  strata_array_close(array);
  strata_file_close(file);
}

static void of_a_store(const char *path) {
  static const char *const names[kVariables] = {"u", "v", "w"};
  static double cells[kDatasets * kCells];
  const uint64_t shape[] = {kCells};
  strata_store *store = NULL;
  step(NULL);
  ok(strata_store_create(NULL, path, STRATA_NUL, NULL, NULL, &store, &err));
  for (int i = 0; i < kDatasets; ++i) {
    char name[32];
    strata_dataset *dataset = NULL;
    snprintf(name, sizeof name, "d%04d", i);
    ok(strata_store_dataset_create(store, name, STRATA_NUL, &dataset, &err));
    for (int k = 0; k < kVariables; ++k) {
      strata_array *array = NULL;
      for (int c = 0; c < kCells; ++c) cells[c] = i + k + c;
      ok(strata_dataset_define(dataset, names[k], STRATA_NUL, STRATA_FLOAT64, 1, shape, NULL, NULL, 0, NULL, 0, NULL, &array, &err));
      ok(strata_array_write(array, 1, NULL, NULL, cells, kCells * sizeof *cells, NULL, &err));
      strata_array_close(array);
    }
    strata_dataset_close(dataset);
  }
  ok(strata_store_flush(store, NULL, &err));
  step("store: 200 datasets of 3 arrays, a flush");
  strata_dataset *dataset = NULL;
  strata_array *array = NULL;
  ok(strata_store_dataset_open(store, "d0007", STRATA_NUL, &dataset, &err));
  ok(strata_dataset_array_open(dataset, "u", 1, NULL, &array, &err));
  for (int i = 0; i < kStoreFlushes; ++i) {
    ok(strata_array_write(array, 1, NULL, NULL, cells, kCells * sizeof *cells, NULL, &err));
    ok(strata_store_flush(store, NULL, &err));
  }
  step("store: 50 flushes of one array");
  ok(strata_store_read_stacked(store, "u", 1, NULL, 0, 1, NULL, NULL, NULL, cells, sizeof cells, NULL, NULL, &err));
  step("store: one variable of all datasets");
  ok(strata_store_compact(store, NULL, &err));
  step("store: compact");
  strata_array_close(array);
  strata_dataset_close(dataset);
  strata_store_close(store);
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: bench_commit_cost FOLDER [MIB]\n"), 2;
  const uint64_t n = (argc > 2 ? strtoull(argv[2], NULL, 10) : 64) << 18;
  char path[4096];
  float *values = malloc(n * sizeof *values);
  if (!values || n < kChunk) return 2;
  unsigned noise = 1;
  for (uint64_t i = 0; i < n; ++i) {
    noise = noise * 1664525u + 1013904223u;
    values[i] = (float)(280 + (int)(i % 4096) / 100) + (float)(noise >> 22) / 1024;
  }
  snprintf(path, sizeof path, "%s/x.af", argv[1]);
  of_a_file(path, n, values);
  snprintf(path, sizeof path, "%s/s", argv[1]);
  of_a_store(path);
  free(values);
  return 0;
}
