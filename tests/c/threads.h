/* For tests with several threads. cmocka's asserts leave a function by longjmp and so belong to the main thread only: a
 * worker notes what is wrong and ends, and who started it fails. */
#ifndef STRATA_TESTS_THREADS_H
#define STRATA_TESTS_THREADS_H

#include <pthread.h>
#include <sched.h>

#include "support.h"

typedef struct worker {
  int number;
  void *shared;      /* what the case gave to all its workers */
  strata_error err;  /* CALL() fills it; OK() has one for the whole program */
  char failure[1024]; /* empty: all was well */
  void (*run)(struct worker *);
  pthread_t thread;
} worker;

#define NOTE(...) snprintf(w->failure, sizeof w->failure, __VA_ARGS__)

/* In a worker `w`: the condition holds, or the worker ends. */
#define EXPECT(condition)                                                              \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      NOTE("%s:%d, worker %d: not so: %s", __FILE__, __LINE__, w->number, #condition); \
      return;                                                                          \
    }                                                                                  \
  } while (0)

/* In a worker `w`: the call gives this status, with &w->err as its last argument, or the worker ends. */
#define CALL_GIVES(want, call)                                                                                         \
  do {                                                                                                                 \
    strata_error_init(&w->err);                                                                                        \
    strata_status call_status_ = (call);                                                                               \
    if (call_status_ != (want)) {                                                                                      \
      NOTE("%s:%d, worker %d: %s says %s: %s", __FILE__, __LINE__, w->number, #call, strata_status_name(call_status_), \
           w->err.message);                                                                                            \
      return;                                                                                                          \
    }                                                                                                                  \
  } while (0)
#define CALL(call) CALL_GIVES(STRATA_OK, call)

static void *run_worker(void *argument) {
  worker *w = argument;
  w->run(w);
  return NULL;
}

/* Starts `count` workers; join_workers() waits for them and fails with what the first of them noted. */
static inline void start_workers(worker *workers, int count, void (*run)(worker *), void *shared) {
  for (int i = 0; i < count; ++i) {
    workers[i].number = i;
    workers[i].shared = shared;
    workers[i].failure[0] = '\0';
    workers[i].run = run;
    strata_error_init(&workers[i].err);
    assert_int_equal(pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]), 0);
  }
}

static inline void join_workers(worker *workers, int count) {
  for (int i = 0; i < count; ++i) assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
  for (int i = 0; i < count; ++i)
    if (workers[i].failure[0]) fail_msg("%s", workers[i].failure);
}

static inline void run_workers(int count, void (*run)(worker *), void *shared) {
  worker workers[16];
  assert_true(count <= 16);
  start_workers(workers, count, run, shared);
  join_workers(workers, count);
}

/* Numbers that one thread sets and others look at. */
static inline int seen(const int *flag) { return __atomic_load_n(flag, __ATOMIC_ACQUIRE); }
static inline void set(int *flag, int value) { __atomic_store_n(flag, value, __ATOMIC_RELEASE); }
static inline int raise_by_one(int *flag) { return __atomic_add_fetch(flag, 1, __ATOMIC_ACQ_REL); }
static inline void wait_for(const int *flag, int at_least) {
  while (seen(flag) < at_least) sched_yield();
}

#endif
