/* A handle belongs to the process that opened it: in a forked child it answers STRATA_E_FORKED, closing it does nothing, and what
 * the child opens itself works. */
#include "support.h"

#include <sys/wait.h>

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(handles_stay_with_the_parent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
