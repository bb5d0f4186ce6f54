/* An array file: create it, write an array, make that durable, open it again and read one row.
 *
 *   cc -std=c99 first.c $(pkg-config --cflags --libs strata) && ./a.out
 */
#include <stdio.h>
#include <strata/strata.h>

static int fail(const strata_error *err) {
  fprintf(stderr, "%s: %s\n", strata_status_name(err->status), err->message);
  return 1;
}

int main(void) {
  const uint64_t shape[2] = {2, 3}, start[2] = {1, 0}, count[2] = {1, 3};
  const double values[6] = {1, 2, 3, 4, 5, 6};
  double row[3];
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  strata_error err = STRATA_ERROR_INIT;
  strata_file *file = NULL;
  strata_array *t = NULL;

  options.flags = STRATA_OVERWRITE; /* so that the program can be run twice */
  if (strata_file_create(NULL, "run.af", STRATA_NUL, &options, NULL, &file, &err) != STRATA_OK) return fail(&err);
  if (strata_file_define(file, "t", STRATA_NUL, STRATA_FLOAT64, 2, shape, NULL, NULL, STRATA_TYPE_NONE, NULL, 0, NULL, &t,
                         &err) != STRATA_OK ||
      strata_array_write(t, 2, NULL, NULL, values, sizeof values, NULL, &err) != STRATA_OK ||
      strata_file_flush(file, NULL, &err) != STRATA_OK) /* only now is there anything to lose */
    return fail(&err);
  strata_array_close(t);
  strata_file_close(file);

  if (strata_file_open(NULL, "run.af", STRATA_NUL, NULL, NULL, &file, &err) != STRATA_OK ||
      strata_file_array_open(file, "t", STRATA_NUL, &t, &err) != STRATA_OK ||
      strata_array_read(t, 2, start, count, NULL, row, sizeof row, NULL, &err) != STRATA_OK)
    return fail(&err);
  printf("%g %g %g\n", row[0], row[1], row[2]);
  strata_array_close(t);
  strata_file_close(file);
  return 0;
}
