/* For tests of calls that another thread stops: a file with a large array, and a token that is triggered after some time, which differs
 * from try to try, so that it falls into all parts of the call. */
#ifndef STRATA_TESTS_STOPPED_CALLS_H
#define STRATA_TESTS_STOPPED_CALLS_H

#include <time.h>

#include "store_support.h"
#include "threads.h"

enum { kThreads = 2, kChunk = 1 << 12, kChunks = 1 << 10, kElements = kChunk * kChunks, kTries = 24 };

static inline double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* One file with a large array. */
static struct {
  strata_context *context;
  strata_cancel *cancel;
  strata_file *file;
  strata_array *array;
  int32_t *old_values, *new_values, *got;
  const char *path;
} s;

static inline void make_sample(const char *name, int32_t codec) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = kThreads;
  o.block_cache_bytes = STRATA_NONE;
  OK(strata_context_create(&o, NULL, 0, &s.context, &err));
  OK(strata_cancel_create(&s.cancel, &err));
  s.path = scratch(name);
  s.file = create_with(s.context, s.path, codec);
  s.array = define(s.file, "a", STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk));
  s.old_values = malloc(kElements * sizeof(int32_t));
  s.new_values = malloc(kElements * sizeof(int32_t));
  s.got = malloc(kElements * sizeof(int32_t));
  uint64_t seed = 1;
  for (int i = 0; i < kElements; ++i) {
    s.old_values[i] = (int32_t)(random_number(&seed) & 0xFFF);
    s.new_values[i] = s.old_values[i] + 1;
  }
  write_all(s.array, s.old_values, kElements * sizeof(int32_t));
  flush(s.file);
}

static inline void drop_sample(void) {
  free(s.old_values);
  free(s.new_values);
  free(s.got);
  strata_array_close(s.array);
  strata_file_close(s.file);
  strata_cancel_close(s.cancel);
  strata_context_close(s.context);
}

/* Triggers after some time, and notes what had been done then. */
typedef struct trigger {
  int try, at_once;
  int begun, pulled;
  double at;
  strata_counters counters;
} trigger;

static inline void pull(worker *w) {
  trigger *t = w->shared;
  wait_for(&t->begun, 1);
  const double until = now_ms() + 0.15 * t->try;
  while (now_ms() < until) sched_yield();
  strata_cancel_trigger(s.cancel);
  t->at = now_ms();
  const strata_counters init = STRATA_COUNTERS_INIT;
  t->counters = init;
  const strata_status status = strata_context_counters(s.context, &t->counters, &w->err);
  set(&t->pulled, 1);
  EXPECT(status == STRATA_OK);
}

typedef strata_status call(void);

/* One try; the token is new again afterwards. */
static inline strata_status stopped_in(const char *what, call *run, int try, trigger *t) {
  worker w;
  memset(t, 0, sizeof *t);
  t->try = try;
  start_workers(&w, 1, pull, t);
  set(&t->begun, 1);
  if (try == 0) wait_for(&t->pulled, 1); /* this one is sure to be stopped */
  const strata_status status = run();
  const double end = now_ms();
  join_workers(&w, 1);
  strata_cancel_reset(s.cancel);
  if (status == STRATA_E_CANCELLED) printf("%s: stopped %.2f ms after the trigger\n", what, end - t->at);
  return status;
}

#endif
