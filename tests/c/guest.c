/* What a host expects of a guest: threads that come only when there is work and go when nobody has any, signals left alone, nothing
 * printed, and a process that ends when it wants to. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "threads.h"

enum { kThreads = 4, kElements = 1 << 18, kChunk = 1 << 14 };

/* Calls one() for every thread of this process but the main one; their number. */
static int other_threads(void (*one)(const char *task)) {
  DIR *d = opendir("/proc/self/task");
  if (!d) fail_msg("/proc/self/task: %s", strerror(errno));
  int n = 0;
  for (struct dirent *e; (e = readdir(d));) {
    if (e->d_name[0] == '.' || atoi(e->d_name) == (int)getpid()) continue;
    ++n;
    if (one) one(e->d_name);
  }
  closedir(d);
  return n;
}

/* All but `n` have gone. One that was joined stands in the system's list for a moment longer. */
static void only(int n) {
  while (other_threads(NULL) > n) sched_yield();
  assert_int_equal(other_threads(NULL), n);
}

static strata_context *context_of(uint32_t threads) {
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = threads;
  strata_context *context = NULL;
  OK(strata_context_create(&o, NULL, 0, &context, &err));
  return context;
}

/* Something for all threads: a file that is written, flushed and read. */
static strata_array *work_in(strata_context *context, const char *path) {
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.flags = STRATA_OVERWRITE;
  strata_file *file = NULL;
  OK(strata_file_create(context, path, STRATA_NUL, &o, NULL, &file, &err));
  strata_array *array = define(file, "a", STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk));
  int32_t *values = malloc(kElements * sizeof *values);
  for (int i = 0; i < kElements; ++i) values[i] = i * 7;
  write_all(array, values, kElements * sizeof *values);
  flush(file);
  memset(values, 0, kElements * sizeof *values);
  read_all(array, values, kElements * sizeof *values);
  for (int i = 0; i < kElements; ++i) assert_int_equal(values[i], i * 7);
  free(values);
  strata_file_close(file);
  return array;
}

static void threads_start_with_work_and_end_with_the_last_handle(void **state) {
  (void)state;
  for (int round = 0; round < 40; ++round) {
    strata_context *context = context_of(kThreads);
    assert_int_equal(other_threads(NULL), 0);
    strata_array *array = work_in(context, scratch("work.af"));
    const int workers = other_threads(NULL);
    assert_in_range(workers, 1, kThreads - 1);
    strata_context_close(context);
    assert_int_equal(other_threads(NULL), workers); /* the array holds the context */
    strata_array_close(array);
    OK(strata_context_join(NULL, NULL, &err));
    only(0);
  }
}

static void one_thread_starts_none(void **state) {
  (void)state;
  strata_context *context = context_of(1);
  strata_array_close(work_in(context, scratch("alone.af")));
  only(0);
  strata_context_close(context);
  OK(strata_context_join(NULL, NULL, &err));
}

static void workers_of_a_context_can_be_sent_home_and_called_again(void **state) {
  (void)state;
  strata_context *context = context_of(kThreads), *other = context_of(kThreads);
  strata_array *kept = work_in(other, scratch("other.af"));
  const int others = other_threads(NULL);
  for (int round = 0; round < 10; ++round) {
    strata_array_close(work_in(context, scratch("again.af")));
    assert_true(other_threads(NULL) > others);
    OK(strata_context_join(context, NULL, &err));
    only(others);
    OK(strata_context_join(context, NULL, &err));
    OK(strata_context_join(NULL, NULL, &err)); /* the other's are not told to end */
    only(others);
  }
  strata_array_close(kept);
  strata_context_close(other);
  strata_context_close(context);
  OK(strata_context_join(NULL, NULL, &err));
  only(0);
}

/* Several contexts that come and go at once, joined by several threads. */
static void come_and_go(worker *w) {
  char name[64];
  snprintf(name, sizeof name, "memory://guest%d/a.af", w->number);
  for (int round = 0; round < 30; ++round) {
    strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
    strata_context *context = NULL;
    strata_file *file = NULL;
    strata_array *array = NULL;
    static int32_t values[1 << 16];
    o.threads = 3;
    CALL(strata_context_create(&o, NULL, 0, &context, &w->err));
    CALL(strata_file_create(context, name, STRATA_NUL, NULL, NULL, &file, &w->err));
    CALL(strata_file_define(file, "a", 1, STRATA_INT32, 1, DIMS(1 << 16), DIMS(1 << 14), NULL, 0, NULL, 0, NULL, &array, &w->err));
    CALL(strata_array_write(array, 1, NULL, NULL, values, sizeof values, NULL, &w->err));
    CALL(strata_file_flush(file, NULL, &w->err));
    if (round % 3 == 0) CALL(strata_context_join(context, NULL, &w->err));
    strata_array_close(array);
    strata_file_close(file);
    strata_context_close(context);
    if (round % 3 == 1) CALL(strata_context_join(NULL, NULL, &w->err));
  }
}

static void many_contexts_come_and_go(void **state) {
  (void)state;
  run_workers(4, come_and_go, NULL);
  OK(strata_context_join(NULL, NULL, &err));
  only(0);
}

/* All but those that cannot be blocked, and two of the C library's own. */
static void blocks_all_signals(const char *task) {
  char path[128], line[256];
  unsigned long long blocked = 0;
  snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  while (fgets(line, sizeof line, f))
    if (strncmp(line, "SigBlk:", 7) == 0) blocked = strtoull(line + 7, NULL, 16);
  fclose(f);
  const unsigned long long never = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1) | 1ull << 31 | 1ull << 32;
  assert_true((blocked | never) == ~0ull);
}

static void signals_are_the_host_s(void **state) {
  (void)state;
  struct sigaction before[64], after;
  sigset_t mask_before, mask_after;
  memset(before, 0, sizeof before);
  for (int s = 1; s < 64; ++s) (void)sigaction(s, NULL, &before[s]);
  assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask_before), 0);
  strata_context *context = context_of(kThreads);
  strata_array *array = work_in(context, scratch("signals.af"));
  assert_true(other_threads(blocks_all_signals) > 0);
  for (int s = 1; s < 64; ++s) {
    memset(&after, 0, sizeof after);
    if (sigaction(s, NULL, &after) != 0) continue;
    assert_true(after.sa_handler == before[s].sa_handler && after.sa_flags == before[s].sa_flags);
  }
  assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask_after), 0);
  for (int s = 1; s < 64; ++s) assert_int_equal(sigismember(&mask_after, s), sigismember(&mask_before, s));
  strata_array_close(array);
  strata_context_close(context);
}

/* Calls that work and calls that fail; with the first three descriptors closed, whose numbers then are files of the library's own. */
static int quiet_child(int closed) {
  const char *path = scratch("quiet.af");
  strata_file *file = NULL;
  if (closed)
    for (int fd = 0; fd < 3; ++fd) (void)close(fd);
  strata_context *context = context_of(kThreads);
  strata_array_close(work_in(context, path));
  if (strata_file_open(context, "not/there.af", STRATA_NUL, NULL, NULL, &file, &err) != STRATA_E_NOT_FOUND) return 1;
  FILE *f = fopen(scratch("broken.af"), "w");
  if (!f || fputs("this is no array file", f) < 0 || fclose(f) != 0) return 2;
  if (strata_file_open(context, scratch("broken.af"), STRATA_NUL, NULL, NULL, &file, &err) == STRATA_OK) return 3;
  strata_context_close(context);
  context = NULL;
  strata_context_close(context);
  strata_file_close((strata_file *)&err); /* no handle */
  if (strata_file_open(NULL, path, STRATA_NUL, NULL, NULL, &file, &err) != STRATA_OK) return 4;
  strata_report *report = NULL;
  if (strata_check(NULL, path, STRATA_NUL, 0, NULL, &report, &err) != STRATA_OK || strata_report_count(report) != 0) return 5;
  strata_report_close(report);
  strata_file_close(file);
  return 0;
}

static void nothing_is_printed(void **state) {
  (void)state;
  for (int closed = 0; closed < 2; ++closed) {
    const char *printed = scratch("printed");
    int status = -1;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
      const int out = open(printed, O_CREAT | O_TRUNC | O_WRONLY, 0666);
      if (out < 0 || dup2(out, 1) != 1 || dup2(out, 2) != 2) _exit(9);
      close(out);
      _exit(quiet_child(closed));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(file_size(printed), 0);
  }
}

/* Reads, writes and opens in three threads, for as long as the process lives. */
static void *never_stop(void *argument) {
  const int number = *(const int *)argument;
  char url[64];
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  int32_t *values = calloc(kElements, sizeof *values);
  snprintf(url, sizeof url, "memory://busy%d/a.af", number);
  o.threads = 3;
  for (;;) {
    strata_context *context = NULL;
    strata_file *file = NULL;
    strata_array *array = NULL;
    strata_store *store = NULL;
    strata_context_create(&o, NULL, 0, &context, NULL);
    strata_file_create(context, url, STRATA_NUL, NULL, NULL, &file, NULL);
    strata_file_define(file, "a", 1, STRATA_INT32, 1, DIMS(kElements), DIMS(kChunk), NULL, 0, NULL, 0, NULL, &array, NULL);
    strata_array_write(array, 1, NULL, NULL, values, kElements * sizeof *values, NULL, NULL);
    strata_file_flush(file, NULL, NULL);
    strata_array_read(array, 1, NULL, NULL, NULL, values, kElements * sizeof *values, NULL, NULL);
    strata_store_create(context, "memory://busy/store", STRATA_NUL, NULL, NULL, &store, NULL);
    strata_store_flush(store, NULL, NULL);
    strata_store_close(store);
    strata_array_close(array);
    strata_file_close(file);
    strata_context_close(context);
  }
  return NULL;
}

static void a_process_ends_while_calls_run(void **state) {
  (void)state;
  for (int round = 0; round < 100; ++round) {
    int status = -1;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
      static int numbers[3] = {0, 1, 2};
      pthread_t threads[3];
      alarm(60); /* a process that hangs is killed, and that is seen */
      for (int i = 0; i < 3; ++i)
        if (pthread_create(&threads[i], NULL, never_stop, &numbers[i]) != 0) _exit(9);
      nanosleep(&(struct timespec){0, round * 100000}, NULL);
      exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(threads_start_with_work_and_end_with_the_last_handle),
      cmocka_unit_test(one_thread_starts_none),
      cmocka_unit_test(workers_of_a_context_can_be_sent_home_and_called_again),
      cmocka_unit_test(many_contexts_come_and_go),
      cmocka_unit_test(signals_are_the_host_s),
      cmocka_unit_test(nothing_is_printed),
      cmocka_unit_test(a_process_ends_while_calls_run),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
