/* A handle belongs to the process that opened it: in a forked child it answers STRATA_E_FORKED, closing it does nothing, and what
 * the child opens itself works. */
#include <signal.h>
#include <sys/wait.h>

#include "store_support.h"
#include "threads.h"

static const double kValues[4] = {1, 2, 3, 4};

/* What the child found wrong, as its exit code: its own asserts would run the rest of the tests twice. */
static int child(strata_file *file, strata_array *array, const char *path) {
  double back[4] = {0};
  strata_file *own = NULL;
  strata_array *own_array = NULL;
  if (strata_array_read(array, 1, NULL, NULL, NULL, back, sizeof back, NULL, &err) != STRATA_E_FORKED) return 1;
  if (!strstr(err.message, "parent")) return 2;
  if (strata_file_flush(file, NULL, &err) != STRATA_E_FORKED) return 3;
  strata_array_close(array);
  strata_file_close(file);
  if (strata_file_flush(file, NULL, &err) != STRATA_E_FORKED) return 4; /* closing did nothing */
  if (strata_file_open(NULL, path, STRATA_NUL, NULL, NULL, &own, &err) != STRATA_OK) return 5;
  if (strata_file_array_open(own, "a", STRATA_NUL, &own_array, &err) != STRATA_OK) return 6;
  if (strata_array_read(own_array, 1, NULL, NULL, NULL, back, sizeof back, NULL, &err) != STRATA_OK) return 7;
  if (memcmp(back, kValues, sizeof back) != 0) return 8;
  strata_array_close(own_array);
  strata_file_close(own);
  return 0;
}

static void handles_stay_with_the_parent(void **state) {
  (void)state;
  const char *path = scratch("forked.af");
  const double changed[1] = {10};
  double back[4];
  int status = -1;
  strata_file *file;
  strata_array *array;
  OK(strata_file_create(NULL, path, STRATA_NUL, NULL, NULL, &file, &err));
  OK(strata_file_define(file, "a", STRATA_NUL, STRATA_FLOAT64, 1, DIMS(4), DIMS(2), NULL, STRATA_TYPE_NONE, NULL, 0, NULL, &array,
                        &err));
  OK(strata_array_write(array, 1, NULL, NULL, kValues, sizeof kValues, NULL, &err));
  OK(strata_file_flush(file, NULL, &err));
  OK(strata_array_write(array, 1, DIMS(0), DIMS(1), changed, sizeof changed, NULL, &err)); /* pending while it forks */

  pid_t pid = fork();
  if (pid == 0) _exit(child(file, array, path));
  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);

  OK(strata_file_flush(file, NULL, &err));
  OK(strata_array_read(array, 1, NULL, NULL, NULL, back, sizeof back, NULL, &err));
  assert_true(back[0] == 10 && back[3] == 4);
  strata_array_close(array);
  strata_file_close(file);
}

/* A process that has all of it going while it forks: readers with warm caches, a writer whose data spills, a store that is flushed. */
enum { kBig = 1 << 16, kBusy = 4, kChildren = 100 };

static struct {
  strata_context *context;
  strata_file *file;
  strata_array *read, *written;
  strata_store *store;
  const char *path, *folder;
  int stop, rounds[kBusy];
} busy;

static int32_t *numbers_from(int32_t first) {
  int32_t *values = malloc(kBig * sizeof *values);
  for (int i = 0; i < kBig; ++i) values[i] = first + i;
  return values;
}

static int are_from(const int32_t *values, int32_t first) {
  for (int i = 0; i < kBig; ++i)
    if (values[i] != first + i) return 0;
  return 1;
}

static void keep_busy(worker *w) {
  int32_t *values = numbers_from(5), one;
  for (int32_t round = 1; !seen(&busy.stop); ++round) {
    const uint64_t at = (uint64_t)round * 37 % kBig;
    strata_dataset *dataset = NULL;
    switch (w->number) {
      case 0:
      case 1:
        CALL(strata_array_read(busy.read, 1, NULL, NULL, NULL, values, kBig * sizeof *values, NULL, &w->err));
        EXPECT(are_from(values, 5));
        CALL(strata_array_read(busy.read, 1, &at, DIMS(1), NULL, &one, sizeof one, NULL, &w->err));
        EXPECT(one == (int32_t)at + 5);
        break;
      case 2:
        CALL(strata_array_write(busy.written, 1, NULL, NULL, values, kBig * sizeof *values, NULL, &w->err));
        break;
      default:
        CALL(strata_store_dataset_open(busy.store, "d", 1, &dataset, &w->err));
        CALL(strata_dataset_set_attribute(dataset, "round", 5, STRATA_INT32, &round, sizeof round, &w->err));
        strata_dataset_close(dataset);
        CALL(strata_store_flush(busy.store, NULL, &w->err));
    }
    raise_by_one(&busy.rounds[w->number]);
    nanosleep(&(struct timespec){0, 100000}, NULL); /* the children want to get on as well */
  }
  free(values);
}

/* Numbered steps: the child's exit code says which of them went wrong. */
static int busy_child(int number) {
  char own_path[1300];
  int32_t *values = numbers_from(number);
  const size_t size = kBig * sizeof *values;
  strata_context *context = NULL;
  strata_file *file = NULL, *own = NULL;
  strata_array *array = NULL;
  strata_store *store = NULL;
  strata_counters counters = STRATA_COUNTERS_INIT;
  alarm(60); /* a child that hangs is killed, and that is seen */
  if (strata_array_read(busy.read, 1, NULL, NULL, NULL, values, size, NULL, &err) != STRATA_E_FORKED) return 1;
  if (strata_array_write(busy.written, 1, NULL, NULL, values, size, NULL, &err) != STRATA_E_FORKED) return 2;
  if (strata_store_flush(busy.store, NULL, &err) != STRATA_E_FORKED) return 3;
  if (strata_context_counters(busy.context, &counters, &err) != STRATA_E_FORKED) return 4;
  if (strata_context_join(busy.context, NULL, &err) != STRATA_E_FORKED) return 5;
  if (strata_file_open(busy.context, busy.path, STRATA_NUL, NULL, NULL, &file, &err) != STRATA_E_FORKED) return 6;
  if (strata_context_join(NULL, NULL, &err) != STRATA_OK) return 7; /* the parent's threads are not here */
  strata_array_close(busy.read);
  strata_store_close(busy.store);
  strata_file_close(busy.file);
  strata_context_close(busy.context);

  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 3;
  if (strata_context_create(&o, NULL, 0, &context, &err) != STRATA_OK) return 8;
  if (strata_file_open(context, busy.path, STRATA_NUL, NULL, NULL, &file, &err) != STRATA_OK) return 9;
  if (strata_file_array_open(file, "read", STRATA_NUL, &array, &err) != STRATA_OK) return 10;
  if (strata_array_read(array, 1, NULL, NULL, NULL, values, size, NULL, &err) != STRATA_OK || !are_from(values, 5)) return 11;
  strata_array_close(array);
  strata_file_close(file);
  if (strata_store_open(context, busy.folder, STRATA_NUL, NULL, NULL, &store, &err) != STRATA_OK) return 12;
  strata_store_close(store);
  snprintf(own_path, sizeof own_path, "%s.%d.af", busy.path, number);
  if (strata_file_create(context, own_path, STRATA_NUL, NULL, NULL, &own, &err) != STRATA_OK) return 13;
  if (strata_file_define(own, "a", 1, STRATA_INT32, 1, DIMS(kBig), DIMS(kBig / 8), NULL, 0, NULL, 0, NULL, &array, &err) != STRATA_OK)
    return 14;
  if (strata_array_write(array, 1, NULL, NULL, values, size, NULL, &err) != STRATA_OK) return 15;
  if (strata_file_flush(own, NULL, &err) != STRATA_OK) return 16;
  strata_array_close(array);
  strata_file_close(own);
  strata_context_close(context);
  if (strata_context_join(NULL, NULL, &err) != STRATA_OK) return 17;
  free(values);
  return 0;
}

#ifdef __SANITIZE_ADDRESS__
/* A sanitizer's own allocator may be locked by a thread that is not in the child, and what such threads had in their hands is lost there. */
static void children_of_a_busy_process(void **state) {
  (void)state;
  (void)busy_child;
  (void)keep_busy;
  skip();
}
#else
static void children_of_a_busy_process(void **state) {
  (void)state;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 3;
  o.pending_bytes = 1 << 16; /* spills */
  OK(strata_context_create(&o, NULL, 0, &busy.context, &err));
  busy.path = scratch("busy.af");
  busy.folder = scratch("busy");
  busy.file = create_with(busy.context, busy.path, STRATA_CODEC_ZSTD);
  busy.read = define(busy.file, "read", STRATA_INT32, 1, DIMS(kBig), DIMS(kBig / 8));
  int32_t *values = numbers_from(5);
  write_all(busy.read, values, kBig * sizeof *values);
  flush(busy.file);
  const char *written = scratch("written.af"); /* another file: readers wait for a writer of theirs */
  strata_file *other = create_with(busy.context, written, STRATA_CODEC_NONE);
  busy.written = define(other, "written", STRATA_INT32, 1, DIMS(kBig), DIMS(kBig / 8));
  OK(strata_store_create(busy.context, busy.folder, STRATA_NUL, NULL, NULL, &busy.store, &err));
  strata_dataset_close(create_dataset(busy.store, "d"));

  worker workers[kBusy];
  start_workers(workers, kBusy, keep_busy, NULL);
  for (int i = 0; i < kBusy; ++i) wait_for(&busy.rounds[i], 1);
  for (int i = 0; i < kChildren; ++i) {
    int status = -1;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
      const int code = busy_child(i);
      if (i % 2) _exit(code);
      exit(code); /* the normal way spoils nothing of the parent's either */
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0) fail_msg("child %d: status %x", i, (unsigned)status);
  }
  set(&busy.stop, 1);
  join_workers(workers, kBusy);

  /* Nothing of the parent's has suffered. */
  flush(other);
  OK(strata_store_flush(busy.store, NULL, &err));
  read_all(busy.written, values, kBig * sizeof *values);
  assert_true(are_from(values, 5));
  assert_true(counters_of(busy.context).spilled_bytes > 0);
  strata_array_close(busy.read);
  strata_array_close(busy.written);
  strata_file_close(busy.file);
  strata_file_close(other);
  strata_store_close(busy.store);
  strata_context_close(busy.context);
  strata_file *again = open_file(written);
  strata_array *array = open_array(again, "written");
  read_all(array, values, kBig * sizeof *values);
  assert_true(are_from(values, 5));
  strata_array_close(array);
  strata_file_close(again);
  free(values);
}

#endif

/* A process that forks sleepers while it commits, until it is killed: a sleeper must not keep the lock that its parent had at that
 * moment. Writes the numbers of the sleepers to `out`. */
enum { kSleepers = 60 };

static void *flush_for_ever(void *store) {
  strata_dataset *dataset = NULL;
  strata_store_dataset_create(store, "d", 1, &dataset, NULL);
  for (int32_t round = 0;; ++round) {
    strata_dataset_set_attribute(dataset, "round", 5, STRATA_INT32, &round, sizeof round, NULL);
    if (strata_store_flush(store, NULL, NULL) != STRATA_OK) _exit(9);
  }
  return NULL;
}

static void fork_sleepers(const char *folder, int out) {
  pthread_t thread;
  strata_store *store = NULL;
  if (strata_store_open(NULL, folder, STRATA_NUL, NULL, NULL, &store, NULL) != STRATA_OK) _exit(9);
  if (pthread_create(&thread, NULL, flush_for_ever, store) != 0) _exit(9);
  alarm(60);
  for (int i = 0; i < kSleepers; ++i) {
    nanosleep(&(struct timespec){0, 1000000}, NULL);
    const pid_t pid = fork();
    if (pid == 0) {
      alarm(60);
      for (;;) pause();
    }
    if (pid < 0 || write(out, &pid, sizeof pid) != sizeof pid) _exit(9);
  }
  for (;;) pause();
}

static void a_child_keeps_no_lock_of_a_parent_that_was_killed(void **state) {
  (void)state;
  const char *folder = scratch("locked");
  pid_t sleepers[kSleepers];
  int pipes[2], status = -1;
  strata_store_close(create_store(folder));
  assert_int_equal(pipe(pipes), 0);
  fflush(NULL);
  const pid_t pid = fork();
  if (pid == 0) fork_sleepers(folder, pipes[1]);
  assert_true(pid > 0);
  for (int i = 0; i < kSleepers; ++i) assert_int_equal(read(pipes[0], &sleepers[i], sizeof sleepers[i]), sizeof sleepers[i]);
  assert_int_equal(kill(pid, SIGKILL), 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFSIGNALED(status));

  strata_cancel *patience = NULL; /* who has the lock now has it for as long as it sleeps */
  OK(strata_cancel_create(&patience, &err));
  strata_cancel_set_deadline(patience, 30000);
  strata_store *store = open_store(folder);
  strata_dataset_close(create_dataset(store, "mine"));
  const strata_status flushed = strata_store_flush(store, patience, &err);
  for (int i = 0; i < kSleepers; ++i) kill(sleepers[i], SIGKILL);
  if (flushed != STRATA_OK) fail_msg("the flush says %s: %s", strata_status_name(flushed), err.message);
  strata_store_close(store);
  strata_cancel_close(patience);
  close(pipes[0]);
  close(pipes[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(handles_stay_with_the_parent),
      cmocka_unit_test(children_of_a_busy_process),
      cmocka_unit_test(a_child_keeps_no_lock_of_a_parent_that_was_killed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
