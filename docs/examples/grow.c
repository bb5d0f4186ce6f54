/* An array without an end along time: each step is appended, and its name is changed at last.
 *
 *   cc -std=c99 grow.c $(pkg-config --cflags --libs strata) && ./a.out
 */
#include <stdio.h>
#include <strata/strata.h>

static int fail(const strata_error *err) {
  fprintf(stderr, "%s: %s\n", strata_status_name(err->status), err->message);
  return 1;
}

int main(void) {
  const uint64_t shape[2] = {0, 3}, chunk[2] = {100, 3}; /* no steps yet, 100 to a chunk */
  uint64_t now[2], at = 0;
  double mean = 0, values[5 * 3];
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  strata_error err = STRATA_ERROR_INIT;
  strata_file *file = NULL;
  strata_array *t = NULL;

  options.flags = STRATA_OVERWRITE; /* so that the program can be run twice */
  if (strata_file_create(NULL, "grow.af", STRATA_NUL, &options, NULL, &file, &err) != STRATA_OK ||
      strata_file_define(file, "t", STRATA_NUL, STRATA_FLOAT64, 2, shape, chunk, NULL, STRATA_TYPE_NONE, NULL, 0, NULL, &t,
                         &err) != STRATA_OK)
    return fail(&err);
  for (int step = 0; step < 5; ++step) {
    const double row[3] = {step, step + 0.5, step + 1};
    if (strata_array_append(t, 0, 1, row, sizeof row, NULL, &at, &err) != STRATA_OK) return fail(&err);
  }
  printf("the last step is %d\n", (int)at);

  if (strata_array_shape(t, now, 2, &err) != STRATA_OK ||
      strata_array_read(t, 2, NULL, NULL, NULL, values, sizeof values, NULL, &err) != STRATA_OK)
    return fail(&err);
  for (uint64_t i = 0; i < now[0] * now[1]; ++i) mean += values[i] / (double)(now[0] * now[1]);
  printf("%d x %d, mean %g\n", (int)now[0], (int)now[1], mean);
  strata_array_close(t);

  if (strata_file_rename(file, "t", STRATA_NUL, "temperature", STRATA_NUL, NULL, &err) != STRATA_OK ||
      strata_file_flush(file, NULL, &err) != STRATA_OK) /* all of it is one commit */
    return fail(&err);
  strata_file_close(file);
  return 0;
}
