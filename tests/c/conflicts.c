/* Conflicts of two writers of a file by name, and how one goes on after them. */
#include "support.h"

static const int32_t kOneToSix[6] = {1, 2, 3, 4, 5, 6};

/* "a" int32 [6] by [2] with values and an attribute, "b" int32 [4] by [2]. */
static strata_file *sample(const char *path) {
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(6), DIMS(2)), *b = define(file, "b", STRATA_INT32, 2, DIMS(4, 4), DIMS(2, 2));
  write_all(a, kOneToSix, sizeof kOneToSix);
  OK(strata_array_set_attribute(a, "unit", STRATA_NUL, STRATA_STRING, "K", 1, &err));
  flush(file);
  strata_array_close(a);
  strata_array_close(b);
  return file;
}

/* "kind array attribute chunk; " of each, in the order of the list. */
static const char *conflicts_of(strata_file *file) {
  static char text[2048];
  strata_conflict_list *list = NULL;
  OK(strata_file_conflict_list(file, &list, &err));
  size_t used = 0;
  text[0] = 0;
  for (uint64_t i = 0; i < strata_conflict_list_count(list); ++i) {
    strata_conflict c = STRATA_CONFLICT_INIT;
    OK(strata_conflict_list_get(list, i, &c, &err));
    assert_string_equal(c.dataset, "");
    used += (size_t)snprintf(text + used, sizeof text - used, "%d %s %s", (int)c.kind, c.array, c.attribute);
    for (uint64_t k = 0; k < c.chunk_ndim; ++k) used += (size_t)snprintf(text + used, sizeof text - used, " %u", (unsigned)c.chunk[k]);
    used += (size_t)snprintf(text + used, sizeof text - used, "; ");
    assert_true((c.chunk == NULL) == (c.chunk_ndim == 0));
    assert_true(used < sizeof text);
  }
  strata_conflict_list_close(list);
  return text;
}

static void set_unit(strata_file *file, const char *unit) {
  strata_array *a = open_array(file, "a");
  OK(strata_array_set_attribute(a, "unit", STRATA_NUL, STRATA_STRING, unit, strlen(unit), &err));
  strata_array_close(a);
}

static void write_b(strata_file *file, uint64_t row, int32_t value) {
  strata_array *b = open_array(file, "b");
  OK(strata_array_write(b, 2, DIMS(row, 3), DIMS(1, 1), &value, sizeof value, NULL, &err));
  strata_array_close(b);
}

static void every_kind_is_named(void **state) {
  (void)state;
  const char *path = scratch("kinds.af");
  strata_file *one = sample(path), *two = open_file(path);
  assert_string_equal(conflicts_of(two), "");
  set_unit(one, "degC");
  set_unit(two, "degF");
  write_b(one, 0, 1);
  write_b(one, 3, 2);
  write_b(two, 1, 3);
  write_b(two, 2, 4);
  strata_array_close(define(one, "new", STRATA_INT8, 1, DIMS(2), NULL));
  strata_array_close(define(two, "new", STRATA_INT16, 1, DIMS(2), NULL));
  flush(one);
  for (int i = 0; i < 2; ++i) {
    FAILS(STRATA_E_CONFLICT, strata_file_flush(two, NULL, &err));
    assert_string_equal(conflicts_of(two), "2 a unit; 1 b  0 1; 1 b  1 1; 5 new ; ");
  }
  strata_conflict_list *kept = NULL;
  OK(strata_file_conflict_list(two, &kept, &err));
  OK(strata_file_discard(two, &err));
  assert_string_equal(conflicts_of(two), "");
  assert_int_equal(strata_conflict_list_count(kept), 4); /* a list stays what it was */
  strata_conflict_list_close(kept);

  OK(strata_file_refresh(two, NULL, NULL, &err));
  strata_array *b = open_array(two, "b");
  OK(strata_array_resize(b, 2, DIMS(4, 6), NULL, &err));
  OK(strata_file_delete(two, "a", STRATA_NUL, NULL, &err));
  OK(strata_file_delete(two, "new", STRATA_NUL, NULL, &err));
  strata_array *b1 = open_array(one, "b");
  OK(strata_array_resize(b1, 2, DIMS(4, 8), NULL, &err));
  set_unit(one, "K");
  flush(one);
  FAILS(STRATA_E_CONFLICT, strata_file_compact(two, NULL, &err));
  assert_string_equal(conflicts_of(two), "3 b ; 4 a ; ");
  /* Who takes back what is in conflict can publish the rest by another way only: all is discarded together. */
  OK(strata_file_discard(two, &err));
  OK(strata_file_refresh(two, NULL, NULL, &err));
  OK(strata_file_delete(two, "a", STRATA_NUL, NULL, &err));
  flush(two);
  assert_string_equal(conflicts_of(two), "");
  assert_string_equal(names_in(two), "b,new");
  strata_array_close(b);
  strata_array_close(b1);
  strata_file_close(one);
  strata_file_close(two);
}

static void an_overwritten_file_is_a_conflict_of_its_own(void **state) {
  (void)state;
  const char *path = scratch("replaced.af");
  strata_file *one = sample(path), *two = open_file(path), *other = NULL;
  set_unit(two, "degF");
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.flags = STRATA_OVERWRITE;
  OK(strata_file_create(NULL, path, STRATA_NUL, &options, NULL, &other, &err));
  FAILS(STRATA_E_CONFLICT, strata_file_flush(two, NULL, &err));
  assert_string_equal(conflicts_of(two), "6  ; ");
  strata_file_close(one);
  strata_file_close(two);
  strata_file_close(other);
}

/* Handles of arrays follow a merge: shapes that others gave them, and pending chunks that are numbered by those. */
static void handles_follow_what_is_merged(void **state) {
  (void)state;
  const char *path = scratch("follow.af");
  strata_file *one = sample(path), *two = open_file(path);
  strata_array *b1 = open_array(one, "b"), *b2 = open_array(two, "b"), *a2 = open_array(two, "a");
  OK(strata_array_resize(b1, 2, DIMS(4, 9), NULL, &err));
  const int32_t far = 7;
  OK(strata_array_write(b1, 2, DIMS(3, 8), DIMS(1, 1), &far, sizeof far, NULL, &err));
  set_unit(one, "degC");
  flush(one);
  const int32_t mine = 8;
  OK(strata_array_write(b2, 2, DIMS(2, 0), DIMS(1, 1), &mine, sizeof mine, NULL, &err));
  flush(two);
  uint64_t shape[2] = {0};
  OK(strata_array_shape(b2, shape, 2, &err));
  assert_int_equal(shape[0], 4);
  assert_int_equal(shape[1], 9);
  int32_t got[36];
  read_all(b2, got, sizeof got);
  for (int i = 0; i < 36; ++i) assert_int_equal(got[i], i == 35 ? 7 : i == 18 ? 8 : 0);
  char unit[8] = {0};
  size_t size = 0;
  int32_t type = 0;
  OK(strata_array_get_attribute(a2, "unit", STRATA_NUL, &type, unit, sizeof unit, &size, &err));
  assert_string_equal(unit, "degC");
  strata_array_close(a2);
  strata_array_close(b1);
  strata_array_close(b2);
  strata_file_close(one);
  strata_file_close(two);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_kind_is_named),
      cmocka_unit_test(an_overwritten_file_is_a_conflict_of_its_own),
      cmocka_unit_test(handles_follow_what_is_merged),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
