/* The past of a store, as its readers know it: what each commit reads as, which ones are kept, and those that have tags. */
#ifndef STRATA_TESTS_CRASH_PAST_H
#define STRATA_TESTS_CRASH_PAST_H

#include "tally.h"

/* Seconds after which what nobody has adopted may go: late attempts of jobs that are over. No job takes as long. */
static const int64_t kInboxAge = 300;

enum { kTags = 12, kMostCommits = 1 << 23, kKept = 20 };

typedef struct {
  uint64_t floor; /* commits from here on, of the newest kKept, are kept */
  uint64_t next_tag;
  struct {
    uint64_t number, seq; /* the tag is "t" and its number; 0: none, or it is being made or removed */
  } tags[kTags];
  uint64_t looks_at_tags, looks_at_numbers, gone, tagged, expiries, collections;
  uint64_t digest[kMostCommits]; /* of what commit n reads as; 0: nobody has seen it yet */
} past;

static inline uint64_t digest_of(const void *bytes, size_t size) {
  uint64_t x = 0xCBF29CE484222325u;
  for (size_t i = 0; i < size; ++i) x = (x ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3u;
  return x | 1;
}

/* Invariant 3: whoever looks at a commit, and whenever, sees the same. */
static inline int seen_alike(past *p, verdict *v, uint64_t seq, const void *seen, size_t size, const char *who) {
  if (seq >= kMostCommits) return 0;
  const uint64_t digest = digest_of(seen, size);
  uint64_t before = 0;
  if (__atomic_compare_exchange_n(&p->digest[seq], &before, digest, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return 0;
  if (before != digest) wrong(v, "commit %llu is not what it was, seen by %s", (unsigned long long)seq, who);
  return 1;
}

/* Of calls that are refused where others were faster, or which a full disk ends, and that somebody will repeat. */
static inline int is_passing(const tally *t, strata_status s) {
  return s == STRATA_OK || s == STRATA_E_BUSY || s == STRATA_E_STALE || s == STRATA_E_NOT_PROJECTED || for_want_of_space(t, s);
}

/* After a call whose outcome a full disk has left unknown the handle stays where it is until that is settled, or dropped. */
static inline strata_status to_newest(place *here, const tally *t) {
  const strata_status status = place_refresh(here);
  if (status != STRATA_E_PENDING || !LOAD(t->full)) return status;
  TRY(place_discard(here));
  return place_refresh(here);
}

#define KEEPS(call)                                                                                          \
  do {                                                                                                       \
    const strata_status keeps_ = (call);                                                                     \
    if (!is_passing(t, keeps_)) wrong(&t->verdict, "%s says %s: %s", #call, strata_status_name(keeps_), here->err.message); \
  } while (0)

static inline void tag_or_untag(place *here, tally *t, past *p, uint64_t *random) {
  const int i = (int)below(random, kTags);
  char name[32];
  const uint64_t number = LOAD(p->tags[i].number);
  if (number) {
    STORE(p->tags[i].number, 0);
    snprintf(name, sizeof name, "t%llu", (unsigned long long)number);
    KEEPS(strata_store_untag(here->store, name, STRATA_NUL, NULL, &here->err));
    return;
  }
  const uint64_t fresh = ADD(p->next_tag, 1);
  snprintf(name, sizeof name, "t%llu", (unsigned long long)fresh);
  char commit[32] = "";
  uint64_t head;
  if (strata_store_seq(here->store, &head, &here->err) == STRATA_OK && head > 4 && below(random, 2))
    snprintf(commit, sizeof commit, "%llu", (unsigned long long)(head - below(random, head < 40 ? head - 1 : 40)));
  const strata_status status =
      strata_store_tag(here->store, name, STRATA_NUL, *commit ? commit : NULL, *commit ? STRATA_NUL : 0, NULL, &here->err);
  if (*commit && status == STRATA_E_HISTORY_GONE) return;
  KEEPS(status);
  if (status != STRATA_OK && status != STRATA_E_NOT_PROJECTED) return;
  strata_store *then = NULL;
  uint64_t seq = 0;
  strata_status opened = strata_store_open_at(NULL, here->url, STRATA_NUL, name, STRATA_NUL, NULL, NULL, &then, &here->err);
  if (opened == STRATA_OK) opened = strata_store_seq(then, &seq, &here->err);
  strata_store_close(then);
  /* Invariant 1: what a tag names stays. */
  if (opened != STRATA_OK || (*commit && seq != strtoull(commit, NULL, 10)))
    wrong(&t->verdict, "tag %s of commit %s is at %llu: %s", name, commit, (unsigned long long)seq, here->err.message);
  STORE(p->tags[i].seq, seq);
  STORE(p->tags[i].number, fresh);
  ADD(p->tagged, 1);
}

/* Tags that who was killed had begun to make or to remove. */
static inline strata_status drop_unknown_tags(place *here, past *p) {
  strata_log *tags = NULL;
  TRY(strata_store_tags(here->store, NULL, &tags, &here->err));
  strata_status status = STRATA_OK;
  for (uint64_t i = 0; i < strata_log_count(tags) && status == STRATA_OK; ++i) {
    strata_commit c = STRATA_COMMIT_INIT;
    int known = 0;
    status = strata_log_get(tags, i, &c, &here->err);
    if (status != STRATA_OK || c.tag[0] != 't') continue;
    for (int k = 0; k < kTags; ++k) known |= LOAD(p->tags[k].number) == strtoull(c.tag + 1, NULL, 10);
    if (!known) status = strata_store_untag(here->store, c.tag, STRATA_NUL, NULL, &here->err);
  }
  strata_log_close(tags);
  return status;
}

/* Who decides what of the past is kept, and frees the space of what is not. */
static inline void keep_past(place *here, tally *t, past *p) {
  uint64_t random = number_of(t->seed + 50, (uint64_t)getpid());
  EXPECT(&t->verdict, here, place_open(here));
  KEEPS(drop_unknown_tags(here, p));
  while (going_on(t)) {
    KEEPS(to_newest(here, t));
    const uint64_t dice = below(&random, 8);
    uint64_t head = 0;
    KEEPS(strata_store_seq(here->store, &head, &here->err));
    if (dice < 4) {
      tag_or_untag(here, t, p, &random);
    } else if (dice == 4) {
      char commit[32];
      const uint64_t back = below(&random, 2 * kKept), to = head > back ? head - back : 1;
      if (LOAD(p->floor) < to) STORE(p->floor, to);
      snprintf(commit, sizeof commit, "%llu", (unsigned long long)to);
      KEEPS(strata_store_expire(here->store, commit, STRATA_NUL, NULL, &here->err));
      ADD(p->expiries, 1);
    } else if (dice < 7) {
      const strata_status status = strata_store_collect(here->store, kInboxAge * 1000000000, NULL, &here->err);
      KEEPS(status);
      if (status == STRATA_OK) ADD(p->collections, 1);
    }
    sleep_for((double)below(&random, 40) / 1000);
  }
  place_close(here);
}

#endif
