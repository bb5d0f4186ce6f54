/* All that there is in the store of crash_life, as its readers see it: the newest commit, one with a tag, one that retention keeps. */
#ifndef STRATA_TESTS_CRASH_LOOKS_H
#define STRATA_TESTS_CRASH_LOOKS_H

#include "jobs.h"

enum { kTurns = kTaskParts + 1, kTurnLength = 16 }; /* the array of the original's turns, and of strata's after them */

typedef struct {
  tally tally;
  jobs jobs;
  int32_t disk_is_full;
  uint64_t refused, checks, turn; /* turns of the original that are over */
  past past;
} world;

static world *shared;
static tally *t;
static place here;

typedef struct {
  sight writers;
  work_sight work;
  int32_t turns[2]; /* of the original, of the strata that comes after it */
} everything;

static strata_status see(everything *e, int *whole) {
  int32_t values[kTurnLength];
  uint64_t length;
  memset(e, 0, sizeof *e);
  TRY(see_tally(&here, t, &e->writers, whole));
  TRY(see_jobs(&here, &e->work, whole));
  TRY(place_read(&here, kTurns, values, kTurnLength, &length));
  for (int i = 0; i < kTurnLength; ++i) *whole &= values[i] == values[i / kChunk * kChunk];
  e->turns[0] = values[0];
  e->turns[1] = values[kChunk];
  return STRATA_OK;
}

static void look_at_newest(knowledge *k, int must) {
  everything e;
  int whole;
  uint64_t seq = 0, after = 0, turn = LOAD(shared->turn);
  before_a_look(t, k);
  EXPECT(&t->verdict, &here, here.store ? place_refresh(&here) : place_open(&here));
  EXPECT(&t->verdict, &here, strata_store_seq(here.store, &seq, &here.err));
  const strata_status seen = see(&e, &whole);
  if (seen == STRATA_E_STALE && !must) {
    ADD(t->moved, 1);
    return;
  }
  EXPECT(&t->verdict, &here, seen);
  EXPECT(&t->verdict, &here, strata_store_seq(here.store, &after, &here.err));
  if (seq != after) { /* a handle may move by itself, as a whole */
    ADD(t->moved, 1);
    return;
  }
  judge_tally(t, k, &e.writers, whole, 1);
  judge_jobs(t, &shared->jobs, &e.work);
  if ((uint64_t)e.turns[1] < turn) wrong(&t->verdict, "turn %llu of the original is gone", (unsigned long long)turn);
  (void)seen_alike(&shared->past, &t->verdict, seq, &e, sizeof e, "who looked at the newest");
  ADD(t->looks, 1);
}

/* Looks at an older commit, by its name. Gone: it was not there any more. */
static int look_at_past(const char *name, uint64_t wanted, const char *who) {
  everything e;
  int whole = 1;
  uint64_t seq = 0;
  strata_status status = strata_store_open_at(here.context, here.url, STRATA_NUL, name, STRATA_NUL, NULL, NULL, &here.store, &here.err);
  if (status == STRATA_OK) status = strata_store_seq(here.store, &seq, &here.err);
  if (status == STRATA_OK) status = see(&e, &whole);
  place_close(&here);
  if (status == STRATA_E_HISTORY_GONE || status == STRATA_E_NOT_FOUND) {
    ADD(shared->past.gone, 1);
    return 0;
  }
  if (status != STRATA_OK || seq != wanted) {
    wrong(&t->verdict, "commit %s is at %llu instead of %llu: %s: %s", name, (unsigned long long)seq, (unsigned long long)wanted,
          strata_status_name(status), here.err.message);
    return 1;
  }
  if (!seen_alike(&shared->past, &t->verdict, seq, &e, sizeof e, who)) {
    knowledge k;
    memset(&k, 0, sizeof k);
    judge_tally(t, &k, &e.writers, whole, 0);
  }
  return 1;
}

static void look_at_tag(uint64_t *random) {
  past *p = &shared->past;
  const int i = (int)below(random, kTags);
  const uint64_t number = LOAD(p->tags[i].number), seq = LOAD(p->tags[i].seq);
  char name[32];
  if (!number || LOAD(p->tags[i].number) != number) return;
  snprintf(name, sizeof name, "t%llu", (unsigned long long)number);
  /* Invariant 1: what has a tag is there, until that is taken away. */
  if (!look_at_past(name, seq, "who looked at a tag") && LOAD(p->tags[i].number) == number)
    wrong(&t->verdict, "tag %s of commit %llu: %s", name, (unsigned long long)seq, here.err.message);
  ADD(p->looks_at_tags, 1);
}

static void look_at_number(uint64_t *random) {
  uint64_t head = 0, now = 0;
  char name[32], words[300];
  EXPECT(&t->verdict, &here, place_open(&here));
  EXPECT(&t->verdict, &here, strata_store_seq(here.store, &head, &here.err));
  place_close(&here);
  const uint64_t seq = 1 + (below(random, 4) ? head - 1 - below(random, head < kKept ? head : kKept) : below(random, head));
  snprintf(name, sizeof name, "%llu", (unsigned long long)seq);
  if (!look_at_past(name, seq, "who looked at a number")) {
    snprintf(words, sizeof words, "%.299s", here.err.message);
    EXPECT(&t->verdict, &here, place_open(&here));
    EXPECT(&t->verdict, &here, strata_store_seq(here.store, &now, &here.err));
    place_close(&here);
    /* Invariant 1: so is what retention keeps, at least as long as it is within its limit. */
    if (now - seq < kKept && seq >= LOAD(shared->past.floor))
      wrong(&t->verdict, "commit %llu is not kept, and %llu is the newest: %s", (unsigned long long)seq, (unsigned long long)now, words);
  }
  ADD(shared->past.looks_at_numbers, 1);
}

static void check(uint32_t flags) {
  strata_report *report = NULL;
  EXPECT(&t->verdict, &here, strata_check(here.context, here.url, STRATA_NUL, flags, NULL, &report, &here.err));
  for (uint64_t i = 0; i < strata_report_count(report); ++i) {
    strata_finding f = STRATA_FINDING_INIT;
    EXPECT(&t->verdict, &here, strata_report_get(report, i, &f, &here.err));
    /* Invariants 1 and 10: layers are where they belong, with the digests of what was written. */
    if (f.severity == STRATA_DEFECT) wrong(&t->verdict, "a check finds %s %s/%s: %s", f.object, f.dataset, f.array, f.text);
  }
  strata_report_close(report);
  ADD(shared->checks, 1);
}

#endif
