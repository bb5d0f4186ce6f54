/* What digests cost: processor time (of all threads) for writing, reading whole and reading parts, for each codec and setting.
 *   bench_digest_cost FOLDER [MIB [ROUNDS]]
 * Settings take turns in each round; the least time of each is printed, as a machine that does other things only adds to it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <strata/strata.h>

enum { kChunk = 256 * 1024, kPart = 1000, kParts = 2000, kModes = 3, kSteps = 5 };

static const char *const kCodecs[] = {"none", "lz4", "zstd"};
static const char *const kVerify[] = {"always", "first", "never"};
static const char *const kNames[] = {"write", "read whole", "read whole again", "read parts", "compact"};
static strata_error err = STRATA_ERROR_INIT;

static void ok(strata_status s) {
  if (s == STRATA_OK) return;
  fprintf(stderr, "%s: %s\n", strata_status_name(s), err.message);
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Values as of a smooth field: they compress to about a half. */
static void fill(float *values, size_t n) {
  unsigned noise = 1;
  for (size_t i = 0; i < n; ++i) {
    noise = noise * 1664525u + 1013904223u;
    values[i] = (float)(280 + (int)(i % 4096) / 100) + (float)(noise >> 22) / 1024;
  }
}

static void run(const char *path, int codec, int verify, float *values, uint64_t n, double least[kSteps]) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 2;
  o.block_cache_bytes = STRATA_NONE; /* parts come from storage, each time */
  o.verify = verify;
  strata_context *context = NULL;
  strata_file *file = NULL;
  strata_array *array = NULL;
  strata_file_options f = STRATA_FILE_OPTIONS_INIT;
  f.codec = codec;
  f.flags = STRATA_OVERWRITE;
  const uint64_t chunk = kChunk;
  double at[kSteps + 1];
  ok(strata_context_create(&o, NULL, 0, &context, &err));
  ok(strata_file_create(context, path, STRATA_NUL, &f, NULL, &file, &err));
  ok(strata_file_define(file, "a", 1, STRATA_FLOAT32, 1, &n, &chunk, NULL, STRATA_TYPE_NONE, NULL, 0, NULL, &array, &err));
  at[0] = now();
  ok(strata_array_write(array, 1, NULL, NULL, values, n * sizeof *values, NULL, &err));
  ok(strata_file_flush(file, NULL, &err));
  at[1] = now();
  for (int i = 1; i <= 2; ++i) {
    ok(strata_array_read(array, 1, NULL, NULL, NULL, values, n * sizeof *values, NULL, &err));
    at[i + 1] = now();
  }
  unsigned place = 7;
  for (int i = 0; i < kParts; ++i) {
    place = place * 1664525u + 1013904223u;
    const uint64_t start = place % (n - kPart), count = kPart;
    ok(strata_array_read(array, 1, &start, &count, NULL, values, kPart * sizeof *values, NULL, &err));
  }
  at[4] = now();
  ok(strata_file_compact(file, NULL, &err));
  at[5] = now();
  for (int i = 0; i < kSteps; ++i)
    if (at[i + 1] - at[i] < least[i]) least[i] = at[i + 1] - at[i];
  strata_array_close(array);
  strata_file_close(file);
  strata_context_close(context);
}

int main(int argc, char **argv) {
  if (argc < 2) return fprintf(stderr, "usage: bench_digest_cost FOLDER [MIB [ROUNDS]]\n"), 2;
  const uint64_t mib = argc > 2 ? strtoull(argv[2], NULL, 10) : 64, n = mib << 18;
  const int rounds = argc > 3 ? atoi(argv[3]) : 7, modes = argc > 4 ? atoi(argv[4]) : kModes;
  char path[4096];
  snprintf(path, sizeof path, "%s/digest_cost.af", argv[1]);
  float *values = malloc(n * sizeof *values);
  if (!values || n <= kPart) return 2;
  for (int codec = 0; codec < 3; ++codec) {
    double least[kModes][kSteps];
    for (int m = 0; m < kModes; ++m)
      for (int i = 0; i < kSteps; ++i) least[m][i] = 1e9;
    for (int r = 0; r < rounds; ++r)
      for (int m = 0; m < modes; ++m) {
        fill(values, n);
        run(path, codec + 1, modes == 1 ? 0 : m + 1, values, n, least[m]);
      }
    struct stat file = {0};
    stat(path, &file);
    printf("%-5s %.1f MiB of %llu\n", kCodecs[codec], (double)file.st_size / 1048576, (unsigned long long)mib);
    for (int i = 0; i < kSteps; ++i) {
      printf("  %-17s", kNames[i]);
      for (int m = 0; m < modes; ++m) printf("  %s %8.2f ms", kVerify[m], 1e3 * least[m][i]);
      printf("\n");
    }
  }
  free(values);
  return 0;
}
