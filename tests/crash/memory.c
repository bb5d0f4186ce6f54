/* memory file|store FOLDER [--mebibytes N] [--budget M] [--codec 1|2|3] [--threads T]
 *
 * The peak of resident memory, as the system counts it, of processes that write an array of N MiB, change half of it, read it, write a small
 * part of every chunk (each of which then waits decoded) and compact the file, with M MiB for caches and pending data: at most that, the
 * caller's own buffer and 32 MiB more. */
#include <sys/resource.h>

#include "place.h"
#include "processes.h"

enum { kRow = 1 << 18, kRowsOfBuffer = 8, kChunkRows = 1, kMore = 32 }; /* rows of 1 MiB of int32 */

static uint64_t rows, budget, threads;
static place here;
static strata_array *array;

#define EXPECT(call)                                                                              \
  do {                                                                                            \
    const strata_status expect_ = (call);                                                         \
    if (expect_ != STRATA_OK) {                                                                   \
      fprintf(stderr, "%s says %s: %s\n", #call, strata_status_name(expect_), here.err.message);       \
      _exit(1);                                                                                   \
    }                                                                                             \
  } while (0)

static void begin(int create) {
  const uint64_t shape[2] = {rows, kRow}, chunk[2] = {kChunkRows, kRow / 2};
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = (uint32_t)threads;
  o.block_cache_bytes = (budget << 20) / 2;
  o.raw_cache_bytes = STRATA_NONE;
  o.pending_bytes = (budget << 20) / 2;
  EXPECT(strata_context_create(&o, NULL, 0, &here.context, &here.err));
  EXPECT(create ? place_create(&here) : place_open(&here));
  EXPECT(place_grid(&here, 0, STRATA_INT32, 2, create ? shape : NULL, chunk, &array));
}

static void end(void) {
  strata_array_close(array);
  place_close(&here);
  strata_context_close(here.context);
}

static int32_t value_at(uint64_t row, uint64_t column, int32_t version) {
  return (int32_t)(row * 7919 + (column * 2654435761u >> 24) + (uint64_t)version);
}

static int32_t *buffer_of_rows(void) {
  int32_t *buffer = malloc((size_t)kRowsOfBuffer * kRow * sizeof *buffer);
  if (!buffer) _exit(1);
  return buffer;
}

static void write_every(uint64_t step, int32_t version) {
  int32_t *buffer = buffer_of_rows();
  for (uint64_t row = 0; row < rows; row += kRowsOfBuffer * step) {
    const uint64_t start[2] = {row, 0}, count[2] = {rows - row < kRowsOfBuffer ? rows - row : kRowsOfBuffer, kRow};
    for (uint64_t r = 0; r < count[0]; ++r)
      for (uint64_t c = 0; c < kRow; ++c) buffer[r * kRow + c] = value_at(row + r, c, version);
    EXPECT(strata_array_write(array, 2, start, count, buffer, (size_t)(count[0] * kRow) * sizeof *buffer, NULL, &here.err));
  }
  EXPECT(place_flush(&here));
  free(buffer);
}

static void write_all(void *unused) {
  (void)unused;
  begin(1);
  write_every(1, 1);
  end();
}

static void write_half(void *unused) {
  (void)unused;
  begin(0);
  write_every(2, 2);
  end();
}

static void read_all(void *unused) {
  (void)unused;
  begin(0);
  int32_t *buffer = buffer_of_rows();
  for (uint64_t row = 0; row < rows; row += kRowsOfBuffer) {
    const uint64_t start[2] = {row, 0}, count[2] = {rows - row < kRowsOfBuffer ? rows - row : kRowsOfBuffer, kRow};
    EXPECT(strata_array_read(array, 2, start, count, NULL, buffer, (size_t)kRowsOfBuffer * kRow * sizeof *buffer, NULL, &here.err));
    const int32_t version = row / kRowsOfBuffer % 2 == 0 ? 2 : 1;
    for (uint64_t r = 0; r < count[0]; ++r)
      for (uint64_t c = 0; c < kRow; ++c)
        if (buffer[r * kRow + c] != value_at(row + r, c, version)) {
          fprintf(stderr, "row %llu has other values\n", (unsigned long long)(row + r));
          _exit(1);
        }
  }
  free(buffer);
  end();
}

/* A column: a small part of every chunk, through the cache. */
static void read_column(void *unused) {
  (void)unused;
  begin(0);
  int32_t *column = malloc((size_t)rows * 4 * sizeof *column);
  const uint64_t start[2] = {0, 5}, count[2] = {rows, 4};
  if (!column) _exit(1);
  EXPECT(strata_array_read(array, 2, start, count, NULL, column, (size_t)rows * 4 * sizeof *column, NULL, &here.err));
  free(column);
  end();
}

/* A small part of every chunk, which then waits decoded, with what it has: the values do not change. */
static void write_column(void *unused) {
  (void)unused;
  begin(0);
  int32_t *column = malloc((size_t)rows * 4 * sizeof *column);
  const uint64_t start[2] = {0, 5}, count[2] = {rows, 4};
  if (!column) _exit(1);
  for (uint64_t r = 0; r < rows; ++r)
    for (uint64_t c = 0; c < 4; ++c) column[r * 4 + c] = value_at(r, 5 + c, r / kRowsOfBuffer % 2 == 0 ? 2 : 1);
  EXPECT(strata_array_write(array, 2, start, count, column, (size_t)rows * 4 * sizeof *column, NULL, &here.err));
  EXPECT(place_flush(&here));
  free(column);
  end();
}

static void compact(void *unused) {
  (void)unused;
  begin(0);
  EXPECT(place_compact(&here));
  end();
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: memory file|store FOLDER [--mebibytes N] [--budget M] [--codec 1|2|3] [--threads T]\n");
    return 2;
  }
  rows = number_option(argc, argv, "--mebibytes", 256);
  budget = number_option(argc, argv, "--budget", 64);
  threads = number_option(argc, argv, "--threads", 2);
  place_name(&here, argv[1], argv[2]);
  here.codec = (int32_t)number_option(argc, argv, "--codec", STRATA_CODEC_ZSTD);
  const struct {
    const char *name;
    void (*work)(void *);
  } phases[] = {{"write", write_all}, {"write half", write_half}, {"read", read_all}, {"read a column", read_column},
                {"write a column", write_column}, {"compact", compact}, {"read", read_all}};
  const uint64_t caller = kRowsOfBuffer, allowed = budget + caller + kMore;
  int too_much = 0;
  printf("%llu MiB in a %s, codec %d, %llu threads: at most %llu MiB of budget + %llu of the caller + %d\n", (unsigned long long)rows, argv[1],
         (int)here.codec, (unsigned long long)threads, (unsigned long long)budget, (unsigned long long)caller, kMore);
  for (size_t i = 0; i < sizeof phases / sizeof *phases; ++i) {
    struct rusage usage;
    int status = 0;
    const double began = seconds_now();
    const pid_t pid = started(phases[i].work, NULL);
    if (wait4(pid, &status, 0, &usage) != pid || status != 0) {
      fprintf(stderr, "%s has failed\n", phases[i].name);
      return 1;
    }
    const uint64_t peak = (uint64_t)usage.ru_maxrss >> 10;
    printf("%-14s %5llu MiB %6.1f s%s\n", phases[i].name, (unsigned long long)peak, seconds_now() - began,
           peak > allowed ? "  TOO MUCH" : "");
    too_much |= peak > allowed;
  }
  return too_much;
}
