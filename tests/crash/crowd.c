/* crowd file|store FOLDER [--writers W] [--readers R] [--seconds S] [--kills-per-second K] [--seed S]
 *
 * Up to eight processes write and compact one file or store while others read it. Each writer has chunks of its own, and all of them count in
 * one chunk, so that an update which overwrites another's unseen makes a sum wrong. Writers are killed and started again, or stopped for a
 * while. Every acknowledged commit is there, and whoever reads sees whole commits. */
#include "place.h"
#include "processes.h"

enum {
  kMostWriters = 8,
  kOwn = 24,   /* elements of a writer's own array, number w */
  kCells = 8,  /* of its chunk of the array that all have a part of */
  kShared = kMostWriters,
  kCounter = kMostWriters + 1, /* element w: how often writer w has counted; the last: all of them */
  kCounts = 16,
  kSum = kCounts - 1,
  kChunk = 8
};

typedef struct {
  uint64_t seed;
  int32_t writers, stop;
  struct {
    uint64_t begun, acknowledged; /* numbers of its commits */
  } of[kMostWriters];
  uint64_t conflicts, compactions, looks, moved, unprojected;
  verdict verdict;
} page;

static page *shared;
static place here;

static int counts(int w, uint64_t t) { return number_of(shared->seed + 10 + (uint64_t)w, t) % 4 == 0; }

#define TRY(call)                                   \
  do {                                              \
    const strata_status try_ = (call);              \
    if (try_ != STRATA_OK) return try_;             \
  } while (0)

static strata_status written(int array_number, uint64_t start, uint64_t count, const int32_t *values) {
  strata_array *array;
  TRY(place_array(&here, array_number, STRATA_INT32, NULL, NULL, &array));
  const strata_status status = strata_array_write(array, 1, &start, &count, values, (size_t)count * sizeof *values, NULL, &here.err);
  strata_array_close(array);
  return status;
}

/* Commit t of writer w: in one array, in a chunk of another, and sometimes in the chunk that all count in. */
static strata_status commit(int w, uint64_t t) {
  int32_t values[kOwn], numbers[kCounts];
  uint64_t length;
  for (int i = 0; i < kOwn; ++i) values[i] = (int32_t)t;
  TRY(written(w, 0, kOwn, values));
  TRY(written(kShared, (uint64_t)w * kCells, kCells, values));
  if (counts(w, t)) { /* read with changes pending: what it then writes is what it read, plus one */
    TRY(place_read(&here, kCounter, numbers, kCounts, &length));
    ++numbers[w];
    ++numbers[kSum];
    TRY(written(kCounter, 0, kCounts, numbers));
  }
  STORE(shared->of[w].begun, t);
  return place_flush(&here);
}

#define EXPECT(call)                                                                                   \
  do {                                                                                                 \
    const strata_status expect_ = (call);                                                              \
    if (expect_ != STRATA_OK) {                                                                        \
      wrong(&shared->verdict, "%s says %s: %s", #call, strata_status_name(expect_), here.err.message); \
      return;                                                                                          \
    }                                                                                                  \
  } while (0)

static void write_on(void *argument) {
  const int w = *(const int *)argument;
  uint64_t random = number_of(shared->seed + 20, (uint64_t)getpid()), length;
  int32_t last[kOwn];
  EXPECT(place_open(&here));
  strata_status found;
  while ((found = place_read(&here, w, last, kOwn, &length)) == STRATA_E_STALE && here.is_store) EXPECT(place_refresh(&here));
  EXPECT(found);
  uint64_t t = (uint64_t)last[0];
  if (t < LOAD(shared->of[w].acknowledged) || t > LOAD(shared->of[w].begun)) {
    wrong(&shared->verdict, "writer %d begins at commit %llu, but %llu was acknowledged and %llu begun", w,
          (unsigned long long)t, (unsigned long long)shared->of[w].acknowledged, (unsigned long long)shared->of[w].begun);
    return;
  }
  STORE(shared->of[w].begun, t);
  STORE(shared->of[w].acknowledged, t);
  while (!LOAD(shared->stop) && !LOAD(shared->verdict.taken)) {
    strata_status status = place_refresh(&here);
    const int merges = below(&random, 12) == 0;
    if (status == STRATA_OK) status = merges ? place_compact(&here) : commit(w, t + 1);
    if (status == STRATA_E_NOT_PROJECTED) { /* other programs do not see it yet, but it is durable */
      ADD(shared->unprojected, 1);
      status = STRATA_OK;
    }
    if (status == STRATA_OK) {
      if (merges) ADD(shared->compactions, 1);
      else STORE(shared->of[w].acknowledged, ++t);
      continue;
    }
    if (status != STRATA_E_CONFLICT && status != STRATA_E_BUSY && !(here.is_store && status == STRATA_E_STALE)) {
      wrong(&shared->verdict, "writer %d: %s: %s", w, strata_status_name(status), here.err.message);
      return;
    }
    ADD(shared->conflicts, 1);
    STORE(shared->of[w].begun, t);
    EXPECT(place_discard(&here));
    sleep_for((double)below(&random, 1000) / 1e6);
  }
  place_close(&here);
}

/* All numbers of one look. */
typedef struct {
  int32_t own[kMostWriters], parts[kMostWriters * kCells], counter[kCounts], again[kMostWriters];
} sight;

static strata_status number_of_writer(int w, int32_t *number, int *whole) {
  int32_t values[kOwn];
  uint64_t length = 0;
  TRY(place_read(&here, w, values, kOwn, &length));
  for (int i = 1; i < kOwn; ++i) *whole &= values[i] == values[0];
  *number = values[0];
  return STRATA_OK;
}

static strata_status see(sight *s, int *whole) {
  uint64_t length;
  *whole = 1;
  for (int w = 0; w < shared->writers; ++w) TRY(number_of_writer(w, &s->own[w], whole));
  TRY(place_read(&here, kShared, s->parts, kMostWriters * kCells, &length));
  TRY(place_read(&here, kCounter, s->counter, kCounts, &length));
  for (int w = 0; w < shared->writers; ++w) TRY(number_of_writer(w, &s->again[w], whole));
  return STRATA_OK;
}

/* Looks once, and compares what it sees with itself and with what was acknowledged before. `counted`: of each writer how often up to commit
 * `known`. */
static void look(uint64_t *known, int32_t *counted) {
  uint64_t from[kMostWriters];
  sight s;
  int whole;
  for (int w = 0; w < shared->writers; ++w) from[w] = LOAD(shared->of[w].acknowledged);
  EXPECT(here.file || here.store ? place_refresh(&here) : place_open(&here));
  const strata_status seen = see(&s, &whole);
  if (here.is_store && seen == STRATA_E_STALE) { /* a compaction has taken away what the handle's commit pinned, and it says so */
    ADD(shared->moved, 1);
    return;
  }
  EXPECT(seen);
  if (memcmp(s.own, s.again, (size_t)shared->writers * sizeof *s.own) != 0) {
    /* A handle of a store may move by itself, as a whole; that of a file stays. */
    if (!here.is_store) wrong(&shared->verdict, "a handle of a file has moved by itself");
    ADD(shared->moved, 1);
    return;
  }
  int32_t sum = 0;
  for (int w = 0; w < shared->writers; ++w) {
    const uint64_t t = (uint64_t)s.own[w], begun = LOAD(shared->of[w].begun);
    if (t < from[w] || (t > begun && LOAD(shared->of[w].begun) == begun))
      wrong(&shared->verdict, "commit %llu of writer %d is seen, but %llu was acknowledged and %llu begun",
            (unsigned long long)t, w, (unsigned long long)from[w], (unsigned long long)begun);
    for (int i = 0; i < kCells; ++i) whole &= s.parts[w * kCells + i] == s.own[w];
    if (t < known[w]) known[w] = 0, counted[w] = 0;
    while (known[w] < t) counted[w] += counts(w, ++known[w]);
    if (s.counter[w] != counted[w])
      wrong(&shared->verdict, "writer %d has counted %d times by its commit %llu, and %d are there", w, counted[w],
            (unsigned long long)t, s.counter[w]);
    sum += s.counter[w];
  }
  if (!whole) wrong(&shared->verdict, "a half of a commit is seen");
  if (sum != s.counter[kSum]) wrong(&shared->verdict, "counted %d times, but %d is the sum: an update is lost", sum, s.counter[kSum]);
  ADD(shared->looks, 1);
}

static void look_on(void *argument) {
  uint64_t known[kMostWriters] = {0}, random = number_of(shared->seed + 30, (uint64_t)getpid());
  int32_t counted[kMostWriters] = {0};
  (void)argument;
  while (!LOAD(shared->stop) && !LOAD(shared->verdict.taken)) {
    look(known, counted);
    if (below(&random, 4) == 0) place_close(&here);
    sleep_for(0.001);
  }
  place_close(&here);
}

static strata_status made(void) {
  const int32_t none[kMostWriters * kCells] = {0};
  const uint64_t chunk = kChunk, all = kCounts;
  TRY(place_create(&here));
  for (int i = 0; i <= kCounter; ++i) {
    const uint64_t length = i < kShared ? kOwn : i == kShared ? kMostWriters * kCells : kCounts;
    strata_array *array;
    TRY(place_array(&here, i, STRATA_INT32, &length, i == kCounter ? &all : &chunk, &array));
    strata_array_close(array);
    TRY(written(i, 0, length, none));
  }
  TRY(place_flush(&here));
  place_close(&here);
  return STRATA_OK;
}

static int told(void) {
  if (!LOAD(shared->verdict.taken)) return 0;
  while (!LOAD(shared->verdict.told)) sleep_for(0.001);
  fprintf(stderr, "wrong: %s\n", shared->verdict.text);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "file") != 0 && strcmp(argv[1], "store") != 0)) {
    fprintf(stderr, "usage: crowd file|store FOLDER [--writers W] [--readers R] [--seconds S] [--kills-per-second K] [--seed S]\n");
    return 2;
  }
  const uint64_t writers = number_option(argc, argv, "--writers", 3), readers = number_option(argc, argv, "--readers", 2);
  const uint64_t rate = number_option(argc, argv, "--kills-per-second", 20);
  if (writers < 1 || writers > kMostWriters || readers > 8) return 2;
  shared = shared_page(sizeof *shared);
  shared->seed = number_option(argc, argv, "--seed", (uint64_t)time(NULL));
  shared->writers = (int32_t)writers;
  place_name(&here, argv[1], argv[2]);
  printf("%s, %llu writers, %llu readers, seed %llu\n", here.url, (unsigned long long)writers, (unsigned long long)readers,
         (unsigned long long)shared->seed);
  const strata_status status = made();
  if (status != STRATA_OK) {
    fprintf(stderr, "%s: %s\n", strata_status_name(status), here.err.message);
    return 1;
  }

  pid_t reader[8], writer[kMostWriters];
  int number[kMostWriters];
  for (uint64_t i = 0; i < readers; ++i) reader[i] = started(look_on, NULL);
  for (int w = 0; w < shared->writers; ++w) number[w] = w, writer[w] = started(write_on, &number[w]);
  uint64_t random = number_of(shared->seed + 40, 0), kills = 0, pauses = 0;
  const double end = seconds_now() + (double)number_option(argc, argv, "--seconds", 5);
  while (seconds_now() < end && !LOAD(shared->verdict.taken)) {
    sleep_for(rate ? 2.0 * (double)below(&random, 1000) / 1000 / (double)rate : 0.1);
    if (!rate) continue;
    const int w = (int)below(&random, writers);
    if (below(&random, 3) == 0) {
      kill(writer[w], SIGSTOP);
      sleep_for((double)below(&random, 50) / 1000);
      kill(writer[w], SIGCONT);
      ++pauses;
      continue;
    }
    const int how = killed_at_once(writer[w]);
    if (!WIFSIGNALED(how) && !LOAD(shared->verdict.taken)) wrong(&shared->verdict, "writer %d ended by itself: %d", w, how);
    ++kills;
    writer[w] = started(write_on, &number[w]);
  }
  STORE(shared->stop, 1);
  for (int w = 0; w < shared->writers; ++w)
    if (ended(writer[w]) != 0) wrong(&shared->verdict, "writer %d did not end well", w);
  for (uint64_t i = 0; i < readers; ++i)
    if (ended(reader[i]) != 0) wrong(&shared->verdict, "a reader did not end well");

  uint64_t known[kMostWriters] = {0}, commits = 0;
  int32_t counted[kMostWriters] = {0};
  for (int pass = 0; pass < 2 && !LOAD(shared->verdict.taken); ++pass) {
    look(known, counted);
    const strata_status merged = pass == 0 ? place_compact(&here) : STRATA_OK;
    if (merged != STRATA_OK && merged != STRATA_E_NOT_PROJECTED) wrong(&shared->verdict, "at the end: %s", here.err.message);
    place_close(&here);
  }
  if (told()) return 1;
  for (int w = 0; w < shared->writers; ++w) {
    commits += shared->of[w].acknowledged;
    if (shared->of[w].acknowledged == 0) printf("writer %d has never come through\n", w);
  }
  if (shared->unprojected) printf("%llu commits not projected at once\n", (unsigned long long)shared->unprojected);
  printf("%llu commits, %llu compactions, %llu conflicts, %llu kills, %llu pauses, %llu looks and %llu again: nothing lost, nothing torn\n",
         (unsigned long long)commits, (unsigned long long)shared->compactions, (unsigned long long)shared->conflicts,
         (unsigned long long)kills, (unsigned long long)pauses, (unsigned long long)shared->looks, (unsigned long long)shared->moved);
  return commits ? 0 : 1;
}
