/* Reading into memory that has its own layout: temperatures of all stations go into the second field of records that the
 * program keeps, without a copy in between; then the fill value shows where nothing was written. */
#include <stddef.h>
#include <stdio.h>
#include <strata/strata.h>

struct record {
  int32_t station;
  float temperature;
  float pressure;
};

static int fail(const strata_error *err) {
  fprintf(stderr, "%s: %s\n", strata_status_name(err->status), err->message);
  return 1;
}

int main(void) {
  enum { STATIONS = 4 };
  const uint64_t shape[2] = {2, STATIONS}, chunks[2] = {1, 2}; /* two days; a chunk holds two stations of one day */
  const uint64_t day[2] = {1, 0}, written[2] = {1, 3}, all[2] = {1, STATIONS};
  const int64_t strides[2] = {0, sizeof(struct record)}; /* bytes from one day, and one station, to the next */
  const float values[3] = {11.5f, 12.5f, 13.5f}, unknown = -999.0f;
  struct record records[STATIONS] = {{1, 0, 1001}, {2, 0, 1002}, {3, 0, 1003}, {4, 0, 1004}};
  strata_error err = STRATA_ERROR_INIT;
  strata_file *file = NULL;
  strata_array *t = NULL;
  int i;

  if (strata_file_create_memory(NULL, NULL, &file, &err) != STRATA_OK ||
      strata_file_define(file, "t", STRATA_NUL, STRATA_FLOAT32, 2, shape, chunks, NULL, STRATA_FLOAT32, &unknown,
                         sizeof unknown, NULL, &t, &err) != STRATA_OK ||
      strata_array_write(t, 2, day, written, values, sizeof values, NULL, &err) != STRATA_OK)
    return fail(&err);
  if (strata_array_read_strided(t, 2, day, all, strides, NULL, &records[0].temperature,
                                sizeof records - offsetof(struct record, temperature), &err) != STRATA_OK)
    return fail(&err);
  for (i = 0; i < STATIONS; i++)
    printf("%d %g %g\n", (int)records[i].station, (double)records[i].temperature, (double)records[i].pressure);
  strata_array_close(t);
  strata_file_close(file);
  return 0;
}
