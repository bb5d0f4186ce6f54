/* memory file|store FOLDER [--mebibytes N] [--budget M] [--codec 1|2|3] [--threads T] [--callers C]
 *
 * The peak of resident memory, as the system counts it, of processes in which C threads at once use one context with memory_bytes of M MiB:
 * each writes an array of N / C MiB in a file or store of its own, changes half of it, reads it, writes a small part of every chunk (each of
 * which then waits decoded) and compacts. At most M, the callers' own buffers and 32 MiB more. */
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "place.h"
#include "processes.h"

enum { kRow = 1 << 18, kRowsOfBuffer = 8, kChunkRows = 1, kMore = 32, kMostCallers = 64 }; /* rows of 1 MiB of int32 */

typedef struct {
  place here;
  strata_array *array;
  uint64_t rows;
} caller;

static uint64_t rows, budget, threads, callers;
static int32_t codec;
static const char *kind, *folder;

#define EXPECT(call)                                                                                   \
  do {                                                                                                 \
    const strata_status expect_ = (call);                                                              \
    if (expect_ != STRATA_OK) {                                                                        \
      fprintf(stderr, "%s says %s: %s\n", #call, strata_status_name(expect_), c->here.err.message); \
      _exit(1);                                                                                        \
    }                                                                                                  \
  } while (0)

static void begin(caller *c, int create) {
  const uint64_t shape[2] = {c->rows, kRow}, chunk[2] = {kChunkRows, kRow / 2};
  EXPECT(create ? place_create(&c->here) : place_open(&c->here));
  EXPECT(place_grid(&c->here, 0, STRATA_INT32, 2, create ? shape : NULL, chunk, &c->array));
}

static void end(caller *c) {
  strata_array_close(c->array);
  place_close(&c->here);
}

static int32_t value_at(uint64_t row, uint64_t column, int32_t version) {
  return (int32_t)(row * 7919 + (column * 2654435761u >> 24) + (uint64_t)version);
}

static int32_t *buffer_of(size_t elements) {
  int32_t *buffer = malloc(elements * sizeof *buffer);
  if (!buffer) _exit(1);
  return buffer;
}

static void write_every(caller *c, uint64_t step, int32_t version) {
  int32_t *buffer = buffer_of((size_t)kRowsOfBuffer * kRow);
  for (uint64_t row = 0; row < c->rows; row += kRowsOfBuffer * step) {
    const uint64_t start[2] = {row, 0}, count[2] = {c->rows - row < kRowsOfBuffer ? c->rows - row : kRowsOfBuffer, kRow};
    for (uint64_t r = 0; r < count[0]; ++r)
      for (uint64_t k = 0; k < kRow; ++k) buffer[r * kRow + k] = value_at(row + r, k, version);
    EXPECT(strata_array_write(c->array, 2, start, count, buffer, (size_t)(count[0] * kRow) * sizeof *buffer, NULL, &c->here.err));
  }
  EXPECT(place_flush(&c->here));
  free(buffer);
}

static void write_all(caller *c) { write_every(c, 1, 1); }
static void write_half(caller *c) { write_every(c, 2, 2); }

static int32_t version_of(uint64_t row) { return row / kRowsOfBuffer % 2 == 0 ? 2 : 1; }

static void check(uint64_t row, uint64_t column, int32_t got) {
  if (got == value_at(row, column, version_of(row))) return;
  fprintf(stderr, "row %llu has other values\n", (unsigned long long)row);
  _exit(1);
}

static void read_all(caller *c) {
  int32_t *buffer = buffer_of((size_t)kRowsOfBuffer * kRow);
  for (uint64_t row = 0; row < c->rows; row += kRowsOfBuffer) {
    const uint64_t start[2] = {row, 0}, count[2] = {c->rows - row < kRowsOfBuffer ? c->rows - row : kRowsOfBuffer, kRow};
    EXPECT(strata_array_read(c->array, 2, start, count, NULL, buffer, (size_t)(count[0] * kRow) * sizeof *buffer, NULL, &c->here.err));
    for (uint64_t r = 0; r < count[0]; ++r)
      for (uint64_t k = 0; k < kRow; ++k) check(row + r, k, buffer[r * kRow + k]);
  }
  free(buffer);
}

/* A small part of every chunk, through the cache. */
static void read_column(caller *c) {
  int32_t *column = buffer_of((size_t)c->rows * 4);
  const uint64_t start[2] = {0, 5}, count[2] = {c->rows, 4};
  EXPECT(strata_array_read(c->array, 2, start, count, NULL, column, (size_t)c->rows * 4 * sizeof *column, NULL, &c->here.err));
  for (uint64_t r = 0; r < c->rows; ++r)
    for (uint64_t k = 0; k < 4; ++k) check(r, 5 + k, column[r * 4 + k]);
  free(column);
}

/* A small part of every chunk, which then waits decoded, with what it has: the values do not change. */
static void write_column(caller *c) {
  int32_t *column = buffer_of((size_t)c->rows * 4);
  const uint64_t start[2] = {0, 5}, count[2] = {c->rows, 4};
  for (uint64_t r = 0; r < c->rows; ++r)
    for (uint64_t k = 0; k < 4; ++k) column[r * 4 + k] = value_at(r, 5 + k, version_of(r));
  EXPECT(strata_array_write(c->array, 2, start, count, column, (size_t)c->rows * 4 * sizeof *column, NULL, &c->here.err));
  EXPECT(place_flush(&c->here));
  free(column);
}

static void compact(caller *c) { EXPECT(place_compact(&c->here)); }

static const struct {
  const char *name;
  void (*work)(caller *);
} phases[] = {{"write", write_all}, {"write half", write_half}, {"read", read_all}, {"read a column", read_column},
              {"write a column", write_column}, {"compact", compact}, {"read", read_all}};
static size_t phase;

static void *call(void *argument) {
  caller *c = argument;
  begin(c, phase == 0);
  phases[phase].work(c);
  end(c);
  return NULL;
}

static void run_phase(void *unused) {
  static caller all[kMostCallers];
  pthread_t started_threads[kMostCallers];
  strata_context *context;
  strata_error err;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  (void)unused;
  o.threads = (uint32_t)threads;
  o.raw_cache_bytes = STRATA_NONE; /* a local disk has no use for it */
  o.memory_bytes = budget << 20;
  strata_error_init(&err);
  if (strata_context_create(&o, NULL, 0, &context, &err) != STRATA_OK) _exit(1);
  for (uint64_t i = 0; i < callers; ++i) {
    char own[1000];
    snprintf(own, sizeof own, "%s/%llu", folder, (unsigned long long)i);
    if (phase == 0 && mkdir(own, 0777) != 0) _exit(1);
    place_name(&all[i].here, kind, own);
    all[i].here.context = context;
    all[i].here.codec = codec;
    all[i].rows = rows / callers;
    if (pthread_create(&started_threads[i], NULL, call, &all[i]) != 0) _exit(1);
  }
  for (uint64_t i = 0; i < callers; ++i) pthread_join(started_threads[i], NULL);
  strata_counters n = STRATA_COUNTERS_INIT;
  if (strata_context_counters(context, &n, &err) != STRATA_OK || n.memory_limit != budget << 20 || n.work_bytes != 0) _exit(1);
  printf("%-14s work of %5.1f MiB at most, waited for room %llu times\n", phases[phase].name, (double)n.work_peak / (1 << 20),
         (unsigned long long)n.work_waits);
  fflush(stdout);
  strata_context_close(context);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: memory file|store FOLDER [--mebibytes N] [--budget M] [--codec 1|2|3] [--threads T] [--callers C]\n");
    return 2;
  }
  rows = number_option(argc, argv, "--mebibytes", 256);
  budget = number_option(argc, argv, "--budget", 64);
  threads = number_option(argc, argv, "--threads", 2);
  callers = number_option(argc, argv, "--callers", 1);
  codec = (int32_t)number_option(argc, argv, "--codec", STRATA_CODEC_ZSTD);
  kind = argv[1];
  folder = argv[2];
  if (callers < 1 || callers > kMostCallers || rows < callers) return 2;
  const uint64_t buffers = callers * kRowsOfBuffer, allowed = budget + buffers + kMore;
  int too_much = 0;
  printf("%llu MiB, %llu callers, %s, codec %d, %llu threads: at most %llu MiB of budget + %llu of the callers + %d\n",
         (unsigned long long)rows, (unsigned long long)callers, kind, (int)codec, (unsigned long long)threads, (unsigned long long)budget,
         (unsigned long long)buffers, kMore);
  for (phase = 0; phase < sizeof phases / sizeof *phases; ++phase) {
    struct rusage usage;
    int status = 0;
    const double began = seconds_now();
    fflush(stdout);
    const pid_t pid = started(run_phase, NULL);
    if (wait4(pid, &status, 0, &usage) != pid || status != 0) {
      fprintf(stderr, "%s has failed\n", phases[phase].name);
      return 1;
    }
    const uint64_t peak = (uint64_t)usage.ru_maxrss >> 10;
    printf("%-14s %5llu MiB %6.1f s%s\n", phases[phase].name, (unsigned long long)peak, seconds_now() - began,
           peak > allowed ? "  TOO MUCH" : "");
    too_much |= peak > allowed;
  }
  return too_much;
}
