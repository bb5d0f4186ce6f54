/* Workers that deliver the tasks of one job after another, and who adopts them. What an attempt writes is its own number, so that it shows
 * whose work was taken; all tasks of a job become one commit, so that their arrays always say the same job. */
#ifndef STRATA_TESTS_CRASH_JOBS_H
#define STRATA_TESTS_CRASH_JOBS_H

#include "past.h"

enum { kTasks = 3, kTaskLength = 8, kFirstTask = kCounter + 1, kTaskParts = kFirstTask + kTasks, kJobs = 64 };

typedef struct {
  uint64_t job;      /* on which work is done, on the commit with the tag "base-JOB" */
  uint64_t untagged; /* up to this job */
  uint64_t attempts; /* numbers are given once */
  struct {
    uint64_t job;
    int32_t adopting;             /* somebody has begun to */
    int32_t delivered[kTasks];    /* by whichever attempt */
    int64_t acknowledged[kTasks]; /* the attempt that was told so; 0: none was */
  } of[kJobs];                    /* job j: j % kJobs */
  uint64_t deliveries, duplicates, late, adoptions, repeated;
} jobs;

static inline strata_status made_jobs(place *here) {
  for (int i = 0; i < kTasks; ++i) TRY(made_array(here, kFirstTask + i, kTaskLength, kTaskLength / 2));
  return made_array(here, kTaskParts, kTasks * kTaskLength, kTaskLength);
}

typedef struct {
  int32_t job[kTasks], attempt[kTasks];
} work_sight;

static inline strata_status see_jobs(place *here, work_sight *s, int *whole) {
  int32_t parts[kTasks * kTaskLength], values[kTaskLength];
  uint64_t length;
  TRY(place_read(here, kTaskParts, parts, kTasks * kTaskLength, &length));
  for (int k = 0; k < kTasks; ++k) {
    TRY(place_read(here, kFirstTask + k, values, kTaskLength, &length));
    s->job[k] = values[0];
    s->attempt[k] = values[1];
    *whole &= s->job[k] == s->job[0];
    for (int i = 0; i < kTaskLength; ++i) *whole &= values[i] == values[i % 2] && parts[k * kTaskLength + i] == values[i];
  }
  return STRATA_OK;
}

/* What was taken of a job is what was delivered first, if that is known. */
static inline void judge_jobs(tally *t, jobs *j, const work_sight *s) {
  const uint64_t job = (uint64_t)s->job[0], i = job % kJobs;
  if (!job || LOAD(j->job) >= job + kJobs / 2) return;
  for (int k = 0; k < kTasks; ++k) {
    const int64_t wanted = LOAD(j->of[i].acknowledged[k]);
    if (wanted && wanted != s->attempt[k])
      wrong(&t->verdict, "of task %d of job %llu attempt %d was adopted, and %lld was acknowledged", k, (unsigned long long)job,
            s->attempt[k], (long long)wanted);
  }
}

static inline strata_status attempt_written(place *worker, int k, uint64_t job, uint64_t attempt) {
  int32_t values[kTaskLength];
  for (int i = 0; i < kTaskLength; ++i) values[i] = (int32_t)(i % 2 ? attempt : job);
  TRY(written(worker, kFirstTask + k, 0, kTaskLength, values));
  return written(worker, kTaskParts, (uint64_t)k * kTaskLength, kTaskLength, values);
}

static inline void attempt_task(place *worker, tally *t, jobs *j, uint64_t *random) {
  const uint64_t job = LOAD(j->job), i = job % kJobs, attempt = ADD(j->attempts, 1);
  const int k = (int)below(random, kTasks);
  if (LOAD(j->of[i].delivered[k]) && below(random, 8)) { /* now and then a task is done twice */
    sleep_for(0.002);
    return;
  }
  char name[32], task[32], base[32];
  snprintf(name, sizeof name, "job %llu", (unsigned long long)job);
  snprintf(base, sizeof base, "base-%llu", (unsigned long long)job);
  snprintf(task, sizeof task, "task %d", k);
  strata_status status = strata_store_open_worker(worker->context, worker->url, STRATA_NUL, name, STRATA_NUL, task, STRATA_NUL, base,
                                                  STRATA_NUL, NULL, NULL, &worker->store, &worker->err);
  if (status == STRATA_OK) status = attempt_written(worker, k, job, attempt);
  if (status == STRATA_OK) status = place_flush(worker);
  for (int again = 0; again < 100 && for_want_of_space(t, status); ++again) {
    sleep_for(0.01);
    status = place_flush(worker);
  }
  const int adopting = LOAD(j->of[i].adopting);
  if (status == STRATA_OK) {
    int64_t none = 0;
    ADD(j->deliveries, 1);
    if (adopting) {
      ADD(j->late, 1);
    } else if (!__atomic_compare_exchange_n(&j->of[i].acknowledged[k], &none, (int64_t)attempt, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) &&
               !LOAD(j->of[i].adopting)) {
      wrong(&t->verdict, "two attempts at one task were acknowledged: %lld and %llu", (long long)none, (unsigned long long)attempt);
    }
    STORE(j->of[i].delivered[k], 1);
  } else if (status == STRATA_E_EXISTS) {
    ADD(j->duplicates, 1);
    STORE(j->of[i].delivered[k], 1);
  } else if (!for_want_of_space(t, status) && LOAD(j->job) == job) { /* Invariant 1: the commit on which the job builds has a tag */
    wrong(&t->verdict, "task %d of job %llu: %s: %s", k, (unsigned long long)job, strata_status_name(status), worker->err.message);
  }
  place_close(worker);
}

static inline void work_on(place *worker, tally *t, jobs *j) {
  uint64_t random = number_of(t->seed + 60, (uint64_t)getpid());
  while (going_on(t)) attempt_task(worker, t, j, &random);
}

static inline strata_status newest_job(place *here, tally *t, uint64_t *job) {
  work_sight s;
  int whole = 1;
  TRY(to_newest(here, t));
  TRY(see_jobs(here, &s, &whole));
  if (!whole) wrong(&t->verdict, "a part of a job is seen: %d %d %d", s.job[0], s.job[1], s.job[2]); /* Invariant 3 */
  *job = (uint64_t)s.job[0];
  return STRATA_OK;
}

/* The next job begins at the newest commit. Every step can be repeated by who is started after a kill. */
static inline void next_job(place *here, tally *t, jobs *j) {
  const uint64_t job = LOAD(j->job), next = job + 1;
  char base[32];
  snprintf(base, sizeof base, "base-%llu", (unsigned long long)next);
  const strata_status tagged = strata_store_tag(here->store, base, STRATA_NUL, NULL, 0, NULL, &here->err);
  if (tagged != STRATA_OK && tagged != STRATA_E_NOT_PROJECTED && tagged != STRATA_E_EXISTS) {
    KEEPS(tagged);
    return;
  }
  memset(&j->of[next % kJobs], 0, sizeof j->of[next % kJobs]);
  STORE(j->job, next);
}

static inline void adopt_on(place *here, tally *t, jobs *j, int leads) {
  EXPECT(&t->verdict, here, place_open(here));
  while (going_on(t)) {
    const uint64_t job = LOAD(j->job), i = job % kJobs;
    uint64_t there = 0;
    sleep_for(0.003);
    strata_status status = newest_job(here, t, &there);
    if (status == STRATA_E_STALE) continue;
    EXPECT(&t->verdict, here, status);
    if (leads && LOAD(j->untagged) + 1 < job) {
      char base[32];
      snprintf(base, sizeof base, "base-%llu", (unsigned long long)LOAD(j->untagged) + 1);
      status = strata_store_untag(here->store, base, STRATA_NUL, NULL, &here->err);
      if (status == STRATA_OK || status == STRATA_E_NOT_PROJECTED || status == STRATA_E_NOT_FOUND) ADD(j->untagged, 1);
      else KEEPS(status);
      continue;
    }
    if (there >= job) {
      if (leads && LOAD(j->job) == job) next_job(here, t, j);
      continue;
    }
    int all = 1;
    for (int k = 0; k < kTasks; ++k) all &= LOAD(j->of[i].delivered[k]);
    if (!all || LOAD(j->job) != job) continue;
    STORE(j->of[i].adopting, 1);
    char name[32];
    snprintf(name, sizeof name, "job %llu", (unsigned long long)job);
    static const char *const all_tasks[kTasks] = {"task 0", "task 1", "task 2"};
    const int by_name = (int)(job % 2);
    status = strata_store_adopt(here->store, name, STRATA_NUL, by_name ? all_tasks : NULL, by_name ? kTasks : 0, NULL, &here->err);
    if (status == STRATA_OK || status == STRATA_E_NOT_PROJECTED) {
      ADD(j->adoptions, 1);
    } else if (status == STRATA_E_NOT_FOUND || status == STRATA_E_CONFLICT || status == STRATA_E_HISTORY_GONE) {
      /* Another was first, and an attempt that was delivered after that is refused. */
      char words[300];
      snprintf(words, sizeof words, "%.299s", here->err.message);
      while ((status = newest_job(here, t, &there)) == STRATA_E_STALE) continue;
      EXPECT(&t->verdict, here, status);
      if (there < job) wrong(&t->verdict, "job %llu is not adopted, though all was delivered: %s", (unsigned long long)job, words);
      ADD(j->repeated, 1);
    } else {
      KEEPS(status);
    }
  }
  place_close(here);
}

#endif
