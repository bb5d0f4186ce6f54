/* A system whose calls are interrupted and move fewer bytes than they were asked for, and one where one call of a history fails, whichever. The
 * system calls that the library makes are this program's own. */
#undef _FILE_OFFSET_BITS /* which would give pwrite another name than the one that the library calls */
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "support.h"

long syscall(long number, ...); /* strict C99 hides it */

/* ---- the system ---- */

enum { kOpens = 1, kReads = 2, kWrites = 4, kSyncs = 8, kNames = 16, kLengths = 32, kChanges = kWrites | kSyncs | kNames | kLengths };

static int hostile;          /* every other call is interrupted, and bytes come in pieces */
static uint64_t dice = 1;    /* how large they are */
static int interrupted[64];  /* by kind: whether the last one was */
static uint64_t interruptions, pieces;
static unsigned failing;     /* the kinds of which the call number `at` fails, from 1 on */
static uint64_t at, counted;
static int error_of_it;

static int fails(unsigned kind) {
  if (hostile && (interrupted[kind] = !interrupted[kind])) {
    ++interruptions;
    errno = EINTR;
    return 1;
  }
  if (!(failing & kind) || ++counted != at) return 0;
  errno = error_of_it;
  return 1;
}

static size_t piece(size_t size) {
  if (!hostile || size < 2) return size;
  ++pieces;
  return 1 + (size_t)(random_number(&dice) % size);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset) {
  return fails(kReads) ? -1 : syscall(SYS_pread64, fd, bytes, piece(size), offset);
}
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  return fails(kWrites) ? -1 : syscall(SYS_pwrite64, fd, bytes, piece(size), offset);
}
int fsync(int fd) {
  (void)fd;
  return fails(kSyncs) ? -1 : 0; /* nobody cuts the power here */
}
int openat(int folder, const char *path, int flags, ...) {
  return fails(kOpens) ? -1 : (int)syscall(SYS_openat, folder, path, flags, 0666);
}
int ftruncate(int fd, off_t size) { return fails(kLengths) ? -1 : (int)syscall(SYS_ftruncate, fd, size); }
int linkat(int from, const char *old, int to, const char *name, int flags) {
  return !hostile && fails(kNames) ? -1 : (int)syscall(SYS_linkat, from, old, to, name, flags);
}
int renameat(int from, const char *old, int to, const char *name) {
  return !hostile && fails(kNames) ? -1 : (int)syscall(SYS_renameat2, from, old, to, name, 0);
}

/* ---- a history of one file ---- */

enum { kLength = 20000 }; /* several chunks, some of which are compressed at once */

static int32_t value_of(int step, int i) { return step * 1000003 + i * (i % 7); }

static void fill_values(int32_t *values, int step) {
  for (int i = 0; i < kLength; ++i) values[i] = value_of(step, i);
}

/* Step 1 to 4 of a file, each of which can be repeated. Status of its last call. */
static strata_status step_of(int step, strata_context *context, const char *path, strata_file **file) {
  static int32_t values[kLength];
  strata_array *array = NULL;
  strata_status status = STRATA_OK;
  if (!*file) {
    status = strata_file_create(context, path, STRATA_NUL, NULL, NULL, file, &err);
    if (status == STRATA_E_EXISTS) status = strata_file_open(context, path, STRATA_NUL, NULL, NULL, file, &err);
    if (status != STRATA_OK) return status;
  }
  if (step == 4) return strata_file_compact(*file, NULL, &err);
  status = strata_file_array_open(*file, "a", 1, &array, &err);
  if (status == STRATA_E_NOT_FOUND)
    status = strata_file_define(*file, "a", 1, STRATA_INT32, 1, DIMS(kLength), DIMS(18000), NULL, STRATA_TYPE_NONE, NULL, 0, NULL,
                                &array, &err);
  fill_values(values, step);
  if (status == STRATA_OK)
    status = strata_array_write(array, 1, DIMS(step == 2 ? 100 : 0), DIMS(step == 2 ? kLength - 100 : kLength),
                                values + (step == 2 ? 100 : 0), sizeof *values * (size_t)(step == 2 ? kLength - 100 : kLength), NULL, &err);
  if (status == STRATA_OK) status = strata_file_flush(*file, NULL, &err);
  strata_array_close(array);
  return status;
}

static void check_values(strata_context *context, const char *path, int step) {
  static int32_t values[kLength];
  strata_file *file = open_in(context, path);
  strata_array *array = open_array(file, "a");
  read_all(array, values, sizeof values);
  for (int i = 0; i < kLength; ++i) assert_int_equal(values[i], value_of(step == 2 && i < 100 ? 1 : step < 4 ? step : 3, i));
  strata_array_close(array);
  strata_file_close(file);
}

/* Calls come one at a time, in one order. */
static strata_context *one_thread(void) {
  strata_context_options options = STRATA_CONTEXT_OPTIONS_INIT;
  options.threads = 1;
  strata_context *context = NULL;
  OK(strata_context_create(&options, NULL, 0, &context, &err));
  return context;
}

static const char *new_path(void) {
  static int number;
  char name[32];
  snprintf(name, sizeof name, "i%d.af", ++number);
  return scratch(name);
}

/* ---- the cases ---- */

static void calls_that_are_interrupted_and_bytes_in_pieces(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", new_path());
  strata_context *context = one_thread();
  strata_file *file = NULL;
  hostile = 1;
  for (int step = 1; step <= 4; ++step) {
    strata_error_init(&err);
    const strata_status status = step_of(step, context, path, &file);
    if (status != STRATA_OK) fail_msg("step %d: %s: %s", step, strata_status_name(status), err.message);
    check_values(context, path, step);
  }
  hostile = 0;
  strata_file_close(file);
  check_values(context, path, 4);
  strata_context_close(context);
  assert_true(interruptions > 100);
  assert_true(pieces > 100);
}

/* Every call of the four steps fails once. The step says so, with the status that fits, and the next try of it gets there. */
static void any_call_may_fail(void **state) {
  (void)state;
  static const struct {
    unsigned kinds;
    int error;
    strata_status status;
  } kinds[] = {{kWrites | kNames | kLengths, ENOSPC, STRATA_E_NO_SPACE},
               {kWrites | kNames | kSyncs, EDQUOT, STRATA_E_NO_SPACE},
               {kChanges | kReads, EIO, STRATA_E_IO}};
  strata_context *context = one_thread();
  uint64_t failures = 0;
  for (size_t k = 0; k < LENGTH(kinds); ++k) {
    for (int failing_step = 1; failing_step <= 4; ++failing_step) {
      for (at = 1;; ++at) {
        char path[1400];
        snprintf(path, sizeof path, "%s", new_path());
        strata_file *file = NULL;
        int reached = 0;
        for (int step = 1; step <= 4; ++step) {
          failing = step == failing_step ? kinds[k].kinds : 0;
          error_of_it = kinds[k].error;
          counted = 0;
          strata_error_init(&err);
          strata_status status = step_of(step, context, path, &file);
          if (failing) reached = counted >= at;
          failing = 0;
          if (status != STRATA_OK) {
            if (!reached || (status != kinds[k].status && status != STRATA_E_OUTCOME_UNKNOWN))
              fail_msg("step %d, call %d: %s: %s", step, (int)at, strata_status_name(status), err.message);
            ++failures;
            strata_error_init(&err);
            status = step_of(step, context, path, &file);
            if (status != STRATA_OK)
              fail_msg("step %d, after its call %d failed: %s: %s", step, (int)at, strata_status_name(status), err.message);
          }
          if (step >= failing_step) check_values(context, path, step);
        }
        strata_file_close(file);
        if (!reached) break;
      }
    }
  }
  strata_context_close(context);
  assert_true(failures > 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_that_are_interrupted_and_bytes_in_pieces),
      cmocka_unit_test(any_call_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
