/* Processes that are started, killed and waited for, and the page of memory that they share: what it says outlives each of them. */
#ifndef STRATA_TESTS_CRASH_PROCESSES_H
#define STRATA_TESTS_CRASH_PROCESSES_H

#include <strata/strata.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline void *shared_page(size_t size) {
  void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return page;
}

#define LOAD(place) __atomic_load_n(&(place), __ATOMIC_SEQ_CST)
#define STORE(place, value) __atomic_store_n(&(place), (value), __ATOMIC_SEQ_CST)
#define ADD(place, value) __atomic_add_fetch(&(place), (value), __ATOMIC_SEQ_CST)

/* The first thing found wrong is what is reported. */
typedef struct {
  int32_t taken, told;
  char text[1000];
} verdict;

static inline void wrong(verdict *v, const char *form, ...) {
  if (__atomic_exchange_n(&v->taken, 1, __ATOMIC_SEQ_CST)) return;
  va_list args;
  va_start(args, form);
  vsnprintf(v->text, sizeof v->text, form, args);
  va_end(args);
  STORE(v->told, 1);
}

/* A process that runs `work` and ends. It is gone when its parent is. */
static inline pid_t started(void (*work)(void *), void *argument) {
  fflush(NULL);
  /* Threads that are still about to end could hold a lock of the allocator, which a sanitizer does not free in the child. */
  (void)strata_context_join(NULL, NULL, NULL);
  const pid_t pid = fork();
  if (pid < 0) {
    perror("fork");
    exit(1);
  }
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  work(argument);
  _exit(0);
}

/* The status that waitpid gives. */
static inline int ended(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) {
      perror("waitpid");
      exit(1);
    }
  return status;
}

static inline int killed_at_once(pid_t pid) {
  kill(pid, SIGKILL);
  return ended(pid);
}

static inline double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void sleep_for(double seconds) {
  if (seconds <= 0) return;
  struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&t, NULL);
}

/* Numbers that are the same for the same seed; never 0. */
static inline uint64_t next_number(uint64_t *state) {
  uint64_t x = *state ? *state : 0x9E3779B97F4A7C15u;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}
static inline uint64_t below(uint64_t *state, uint64_t n) { return (next_number(state) >> 11) % n; }
/* Of number n of a row: neighbours have nothing in common. */
static inline uint64_t number_of(uint64_t seed, uint64_t n) {
  uint64_t x = seed * 0x9E3779B97F4A7C15u + n * 0xD1B54A32D192ED03u + 1;
  x ^= x >> 31;
  x *= 0xBF58476D1CE4E5B9u;
  return x ^ x >> 29;
}

/* The value of an option "--name value" behind the first argument. */
static inline uint64_t number_option(int argc, char **argv, const char *name, uint64_t otherwise) {
  for (int i = 2; i + 1 < argc; ++i)
    if (strcmp(argv[i], name) == 0) return strtoull(argv[i + 1], NULL, 10);
  return otherwise;
}

#endif
