/* A lone file or a store, of which the programs of this folder see a row of arrays only: in a store they lie in several array files and
 * datasets, so that a commit which is torn shows. Calls answer as the library does; `err` has the words of the last failure. */
#ifndef STRATA_TESTS_CRASH_PLACE_H
#define STRATA_TESTS_CRASH_PLACE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strata/strata.h>

enum { kDatasets = 3 };

typedef struct {
  int is_store;
  char url[1024];
  strata_context *context; /* NULL: one of its own */
  int32_t codec;           /* of what is made; 0: the default */
  strata_file *file;
  strata_store *store;
  strata_error err;
} place;

/* kind: "file" or "store"; its bytes lie in `folder`. */
static inline void place_name(place *p, const char *kind, const char *folder) {
  memset(p, 0, sizeof *p);
  p->is_store = strcmp(kind, "store") == 0;
  snprintf(p->url, sizeof p->url, "%s/%s", folder, p->is_store ? "s" : "x.af");
  strata_error_init(&p->err);
}

static inline strata_status place_create(place *p) {
  strata_store_options store = STRATA_STORE_OPTIONS_INIT;
  strata_file_options file = STRATA_FILE_OPTIONS_INIT;
  store.codec = file.codec = p->codec;
  return p->is_store ? strata_store_create(p->context, p->url, STRATA_NUL, &store, NULL, &p->store, &p->err)
                     : strata_file_create(p->context, p->url, STRATA_NUL, &file, NULL, &p->file, &p->err);
}

static inline strata_status place_open(place *p) {
  strata_file_options file = STRATA_FILE_OPTIONS_INIT;
  file.codec = p->codec;
  return p->is_store ? strata_store_open(p->context, p->url, STRATA_NUL, NULL, NULL, &p->store, &p->err)
                     : strata_file_open(p->context, p->url, STRATA_NUL, &file, NULL, &p->file, &p->err);
}

static inline void place_close(place *p) {
  strata_store_close(p->store);
  strata_file_close(p->file);
  p->store = NULL;
  p->file = NULL;
}

static inline strata_status place_flush(place *p) {
  return p->is_store ? strata_store_flush(p->store, NULL, &p->err) : strata_file_flush(p->file, NULL, &p->err);
}

static inline strata_status place_compact(place *p) {
  return p->is_store ? strata_store_compact(p->store, NULL, &p->err) : strata_file_compact(p->file, NULL, &p->err);
}

static inline strata_status place_discard(place *p) {
  return p->is_store ? strata_store_discard(p->store, &p->err) : strata_file_discard(p->file, &p->err);
}

static inline strata_status place_refresh(place *p) {
  return p->is_store ? strata_store_refresh(p->store, NULL, NULL, &p->err)
                     : strata_file_refresh(p->file, NULL, NULL, &p->err);
}

typedef struct {
  char dataset[16], name[16];
} array_name;

/* Array number i: of a store, array file i / kDatasets. */
static inline array_name name_of_array(const place *p, int i) {
  array_name n;
  snprintf(n.dataset, sizeof n.dataset, "d%d", i % kDatasets);
  snprintf(n.name, sizeof n.name, "a%d", p->is_store ? i / kDatasets : i);
  return n;
}

/* With `shape` and `chunk` it is defined, else opened. A dataset is made with its first array. */
static inline strata_status place_grid(place *p, int i, int32_t type, uint32_t rank, const uint64_t *shape,
                                       const uint64_t *chunk, strata_array **array) {
  const array_name n = name_of_array(p, i);
  *array = NULL;
  if (!p->is_store)
    return shape ? strata_file_define(p->file, n.name, STRATA_NUL, type, rank, shape, chunk, NULL, STRATA_TYPE_NONE, NULL, 0,
                                      NULL, array, &p->err)
                 : strata_file_array_open(p->file, n.name, STRATA_NUL, array, &p->err);
  strata_dataset *dataset = NULL;
  strata_status status = strata_store_dataset_open(p->store, n.dataset, STRATA_NUL, &dataset, &p->err);
  if (status == STRATA_E_NOT_FOUND && shape)
    status = strata_store_dataset_create(p->store, n.dataset, STRATA_NUL, &dataset, &p->err);
  if (status != STRATA_OK) return status;
  status = shape ? strata_dataset_define(dataset, n.name, STRATA_NUL, type, rank, shape, chunk, NULL, STRATA_TYPE_NONE, NULL, 0,
                                         NULL, array, &p->err)
                 : strata_dataset_array_open(dataset, n.name, STRATA_NUL, NULL, array, &p->err);
  strata_dataset_close(dataset);
  return status;
}

static inline strata_status place_array(place *p, int i, int32_t type, const uint64_t *shape, const uint64_t *chunk,
                                        strata_array **array) {
  return place_grid(p, i, type, 1, shape, chunk, array);
}

static inline strata_status place_delete(place *p, int i) {
  const array_name n = name_of_array(p, i);
  if (!p->is_store) return strata_file_delete(p->file, n.name, STRATA_NUL, NULL, &p->err);
  strata_dataset *dataset = NULL;
  strata_status status = strata_store_dataset_open(p->store, n.dataset, STRATA_NUL, &dataset, &p->err);
  if (status != STRATA_OK) return status;
  status = strata_dataset_delete(dataset, n.name, STRATA_NUL, NULL, &p->err);
  strata_dataset_close(dataset);
  return status;
}

/* The whole of an array of int32, at most `room` of them. */
static inline strata_status place_read(place *p, int i, int32_t *values, uint64_t room, uint64_t *length) {
  strata_array *array;
  strata_status status = place_array(p, i, STRATA_INT32, NULL, NULL, &array);
  if (status == STRATA_OK) status = strata_array_shape(array, length, 1, &p->err);
  if (status == STRATA_OK)
    status = strata_array_read(array, 1, NULL, NULL, NULL, values, (size_t)(room * sizeof *values), NULL, &p->err);
  strata_array_close(array);
  return status;
}

#endif
