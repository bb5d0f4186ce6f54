/* Writers that count: each has an array and a chunk of its own, and all of them count in one chunk, so that an update which overwrites
 * another's unseen makes a sum wrong. Whoever reads can tell whether what he sees is whole, and whether it is all that was acknowledged. */
#ifndef STRATA_TESTS_CRASH_TALLY_H
#define STRATA_TESTS_CRASH_TALLY_H

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

/* In memory that all processes share. */
typedef struct {
  uint64_t seed;
  int32_t writers, stop;
  int32_t full; /* the disk was full at times: calls may have said so */
  struct {
    uint64_t begun, acknowledged; /* numbers of its commits */
  } of[kMostWriters];
  uint64_t conflicts, compactions, looks, moved, unprojected;
  verdict verdict;
} tally;

static inline int going_on(const tally *t) { return !LOAD(t->stop) && !LOAD(t->verdict.taken); }
static inline int counts(const tally *t, int w, uint64_t n) { return number_of(t->seed + 10 + (uint64_t)w, n) % 4 == 0; }

#define TRY(call)                                   \
  do {                                              \
    const strata_status try_ = (call);              \
    if (try_ != STRATA_OK) return try_;             \
  } while (0)

/* Of a call on `here` that has to succeed; else the function is left. */
#define EXPECT(v, here, call)                                                                        \
  do {                                                                                               \
    const strata_status expect_ = (call);                                                            \
    if (expect_ != STRATA_OK) {                                                                      \
      wrong(v, "%s says %s: %s", #call, strata_status_name(expect_), (here)->err.message);           \
      return;                                                                                        \
    }                                                                                                \
  } while (0)

static inline strata_status written(place *here, int array_number, uint64_t start, uint64_t count, const int32_t *values) {
  strata_array *array;
  TRY(place_array(here, array_number, STRATA_INT32, NULL, NULL, &array));
  const strata_status status = strata_array_write(array, 1, &start, &count, values, (size_t)count * sizeof *values, NULL, &here->err);
  strata_array_close(array);
  return status;
}

/* An array of zeroes. */
static inline strata_status made_array(place *here, int i, uint64_t length, uint64_t chunk) {
  static const int32_t none[256];
  strata_array *array;
  TRY(place_array(here, i, STRATA_INT32, &length, &chunk, &array));
  strata_array_close(array);
  return written(here, i, 0, length, none);
}

static inline strata_status made_tally(place *here) {
  for (int i = 0; i < kShared; ++i) TRY(made_array(here, i, kOwn, kChunk));
  TRY(made_array(here, kShared, kMostWriters * kCells, kChunk));
  return made_array(here, kCounter, kCounts, kCounts);
}

/* Commit n of writer w: in one array, in a chunk of another, and sometimes in the chunk that all count in. */
static inline strata_status commit(place *here, tally *t, int w, uint64_t n) {
  int32_t values[kOwn], numbers[kCounts];
  uint64_t length;
  for (int i = 0; i < kOwn; ++i) values[i] = (int32_t)n;
  TRY(written(here, w, 0, kOwn, values));
  TRY(written(here, kShared, (uint64_t)w * kCells, kCells, values));
  if (counts(t, w, n)) { /* read with changes pending: what it then writes is what it read, plus one */
    TRY(place_read(here, kCounter, numbers, kCounts, &length));
    ++numbers[w];
    ++numbers[kSum];
    TRY(written(here, kCounter, 0, kCounts, numbers));
  }
  STORE(t->of[w].begun, n);
  return place_flush(here);
}

/* Whether a call failed in a way that a full disk explains: what is pending stays, and the call can be repeated. */
static inline int for_want_of_space(const tally *t, strata_status status) {
  return LOAD(t->full) && (status == STRATA_E_NO_SPACE || status == STRATA_E_OUTCOME_UNKNOWN);
}

/* Writer w until it is told to stop; one call in `merges_in` compacts, none if that is 0. */
static inline void write_tally(place *here, tally *t, int w, uint64_t merges_in) {
  uint64_t random = number_of(t->seed + 20, (uint64_t)getpid()), length;
  int32_t last[kOwn];
  EXPECT(&t->verdict, here, place_open(here));
  strata_status found;
  while ((found = place_read(here, w, last, kOwn, &length)) == STRATA_E_STALE && here->is_store)
    EXPECT(&t->verdict, here, place_refresh(here));
  EXPECT(&t->verdict, here, found);
  uint64_t n = (uint64_t)last[0];
  /* Invariant 2: what was acknowledged is there after a kill, and of what was not all or nothing. */
  if (n < LOAD(t->of[w].acknowledged) || n > LOAD(t->of[w].begun)) {
    wrong(&t->verdict, "writer %d begins at commit %llu, but %llu was acknowledged and %llu begun", w, (unsigned long long)n,
          (unsigned long long)t->of[w].acknowledged, (unsigned long long)t->of[w].begun);
    return;
  }
  STORE(t->of[w].begun, n);
  STORE(t->of[w].acknowledged, n);
  while (going_on(t)) {
    strata_status status = place_refresh(here);
    const int merges = merges_in && below(&random, merges_in) == 0;
    if (status == STRATA_OK) status = merges ? place_compact(here) : commit(here, t, w, n + 1);
    while (!merges && for_want_of_space(t, status) && going_on(t)) {
      sleep_for(0.01);
      status = place_flush(here);
    }
    if (status == STRATA_E_NOT_PROJECTED) { /* other programs do not see it yet, but it is durable */
      ADD(t->unprojected, 1);
      status = STRATA_OK;
    }
    if (status == STRATA_OK) {
      if (merges) ADD(t->compactions, 1);
      else STORE(t->of[w].acknowledged, ++n);
      continue;
    }
    if (for_want_of_space(t, status)) continue; /* a compaction; or it is to stop with a commit under way */
    if (status != STRATA_E_CONFLICT && status != STRATA_E_BUSY && !(here->is_store && status == STRATA_E_STALE)) {
      wrong(&t->verdict, "writer %d: %s: %s", w, strata_status_name(status), here->err.message);
      return;
    }
    ADD(t->conflicts, 1);
    STORE(t->of[w].begun, n);
    EXPECT(&t->verdict, here, place_discard(here));
    sleep_for((double)below(&random, 1000) / 1e6);
  }
  place_close(here);
}

/* All numbers of one look. */
typedef struct {
  int32_t own[kMostWriters], parts[kMostWriters * kCells], counter[kCounts], again[kMostWriters];
} sight;

/* The number that an array is full of. */
static inline strata_status number_of_array(place *here, int i, int32_t *number, int *whole) {
  int32_t values[kOwn];
  uint64_t length = 0;
  TRY(place_read(here, i, values, kOwn, &length));
  for (int k = 1; k < kOwn; ++k) *whole &= values[k] == values[0];
  *number = values[0];
  return STRATA_OK;
}

static inline strata_status see_tally(place *here, const tally *t, sight *s, int *whole) {
  uint64_t length;
  memset(s, 0, sizeof *s);
  *whole = 1;
  for (int w = 0; w < t->writers; ++w) TRY(number_of_array(here, w, &s->own[w], whole));
  TRY(place_read(here, kShared, s->parts, kMostWriters * kCells, &length));
  TRY(place_read(here, kCounter, s->counter, kCounts, &length));
  for (int w = 0; w < t->writers; ++w) TRY(number_of_array(here, w, &s->again[w], whole));
  for (int w = 0; w < t->writers; ++w)
    for (int i = 0; i < kCells; ++i) *whole &= s->parts[w * kCells + i] == s->own[w];
  return STRATA_OK;
}

/* What a reader knows of the writers: of each how often it has counted up to commit `known`. */
typedef struct {
  uint64_t known[kMostWriters], from[kMostWriters]; /* `from`: what was acknowledged before the look */
  int32_t counted[kMostWriters];
} knowledge;

static inline void before_a_look(const tally *t, knowledge *k) {
  for (int w = 0; w < t->writers; ++w) k->from[w] = LOAD(t->of[w].acknowledged);
}

/* Holds a sight against itself, and that of the newest commit against what was acknowledged before. */
static inline void judge_tally(tally *t, knowledge *k, const sight *s, int whole, int newest) {
  int32_t sum = 0;
  for (int w = 0; w < t->writers; ++w) {
    const uint64_t n = (uint64_t)s->own[w], begun = LOAD(t->of[w].begun);
    /* Invariant 2: an acknowledged commit is there; one that was begun may be. */
    if ((newest && n < k->from[w]) || (n > begun && LOAD(t->of[w].begun) == begun))
      wrong(&t->verdict, "commit %llu of writer %d is seen, but %llu was acknowledged and %llu begun", (unsigned long long)n, w,
            (unsigned long long)k->from[w], (unsigned long long)begun);
    if (n < k->known[w]) k->known[w] = 0, k->counted[w] = 0;
    while (k->known[w] < n) k->counted[w] += counts(t, w, ++k->known[w]);
    /* Invariant 5: each commit has counted once. */
    if (s->counter[w] != k->counted[w])
      wrong(&t->verdict, "writer %d has counted %d times by its commit %llu, and %d are there", w, k->counted[w],
            (unsigned long long)n, s->counter[w]);
    sum += s->counter[w];
  }
  /* Invariant 3: the arrays are those of one commit. */
  if (!whole) wrong(&t->verdict, "a half of a commit is seen");
  /* Invariant 4: all have counted one after the other. */
  if (sum != s->counter[kSum]) wrong(&t->verdict, "counted %d times, but %d is the sum: an update is lost", sum, s->counter[kSum]);
}

static inline int told(const verdict *v) {
  if (!LOAD(v->taken)) return 0;
  while (!LOAD(v->told)) sleep_for(0.001);
  fprintf(stderr, "wrong: %s\n", v->text);
  return 1;
}

#endif
