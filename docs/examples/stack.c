/* A store: three days as datasets, each with an array and an attribute; then one variable of all of them in one call. */
#include <stdio.h>
#include <strata/strata.h>
#include <string.h>

enum { DAYS = 3, HOURS = 4 };

static int fail(const strata_error *err) {
  fprintf(stderr, "%s: %s\n", strata_status_name(err->status), err->message);
  return 1;
}

static strata_status add_day(strata_store *store, int day, strata_error *err) {
  const uint64_t shape[1] = {HOURS};
  float t[HOURS];
  char name[16];
  strata_dataset *dataset = NULL;
  strata_array *array = NULL;
  strata_status status;
  int hour;
  for (hour = 0; hour < HOURS; hour++) t[hour] = (float)(10 * day + hour);
  sprintf(name, "day%d", day);
  status = strata_store_dataset_create(store, name, STRATA_NUL, &dataset, err);
  if (status == STRATA_OK)
    status = strata_dataset_set_attribute(dataset, "station", STRATA_NUL, STRATA_STRING, "harbour", strlen("harbour"), err);
  if (status == STRATA_OK)
    status = strata_dataset_define(dataset, "t", STRATA_NUL, STRATA_FLOAT32, 1, shape, NULL, NULL, STRATA_TYPE_NONE, NULL, 0,
                                   NULL, &array, err);
  if (status == STRATA_OK) status = strata_array_write(array, 1, NULL, NULL, t, sizeof t, NULL, err);
  strata_array_close(array);
  strata_dataset_close(dataset);
  return status;
}

int main(void) {
  const char *days[DAYS] = {"day2", "day9", "day1"}; /* in the order that is wanted; day9 is not there */
  float stack[DAYS][HOURS];
  strata_status statuses[DAYS];
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  strata_error err = STRATA_ERROR_INIT;
  strata_store *store = NULL;
  int day;

  options.flags = STRATA_OVERWRITE;
  if (strata_store_create(NULL, "weather", STRATA_NUL, &options, NULL, &store, &err) != STRATA_OK) return fail(&err);
  for (day = 0; day < DAYS; day++)
    if (add_day(store, day, &err) != STRATA_OK) return fail(&err);
  if (strata_store_flush(store, NULL, &err) != STRATA_OK) return fail(&err);

  if (strata_store_read_stacked(store, "t", STRATA_NUL, days, DAYS, 1, NULL, NULL, NULL, stack, sizeof stack, NULL, statuses,
                                &err) != STRATA_OK)
    return fail(&err);
  for (day = 0; day < DAYS; day++) {
    if (statuses[day] == STRATA_OK)
      printf("%s: %g %g %g %g\n", days[day], (double)stack[day][0], (double)stack[day][1], (double)stack[day][2],
             (double)stack[day][3]);
    else
      printf("%s: %s\n", days[day], strata_status_name(statuses[day]));
  }
  strata_store_close(store);
  return 0;
}
