/* What differs between two states of a store or a file. */
#include "store_support.h"

/* One line for each difference: "+e", "~d/x chunks (0)(2)" ... */
static const char *text_of(strata_difference_list *list) {
  static char text[4096];
  size_t n = 0;
  text[0] = 0;
  static const char *const what[] = {"", "", "", " shape", "", ""};
  for (uint64_t i = 0; i < strata_difference_list_count(list); ++i) {
    strata_difference d = STRATA_DIFFERENCE_INIT;
    OK(strata_difference_list_get(list, i, &d, &err));
    n += (size_t)snprintf(text + n, sizeof text - n, "%s%c%s", i ? " " : "", "?+-~"[d.kind], d.dataset);
    if (d.array[0]) n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", d.dataset[0] ? "/" : "", d.array);
    if (d.attribute[0]) n += (size_t)snprintf(text + n, sizeof text - n, "@%s", d.attribute);
    n += (size_t)snprintf(text + n, sizeof text - n, "%s", what[d.what]);
    for (uint64_t c = 0; c < d.chunk_count; ++c) {
      n += (size_t)snprintf(text + n, sizeof text - n, "(");
      for (uint32_t k = 0; k < d.chunk_ndim; ++k)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%u", k ? "," : "", d.chunks[c * d.chunk_ndim + k]);
      n += (size_t)snprintf(text + n, sizeof text - n, ")");
    }
  }
  strata_difference_list_close(list);
  return text;
}

static const char *diff_stores(strata_store *from, strata_store *to) {
  strata_difference_list *list = NULL;
  OK(strata_store_diff(from, to, NULL, &list, &err));
  return text_of(list);
}
static const char *diff_files(strata_file *from, strata_file *to) {
  strata_difference_list *list = NULL;
  OK(strata_file_diff(from, to, NULL, &list, &err));
  return text_of(list);
}

static void of_two_commits_of_a_file(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("two.af"));
  strata_file *file = create_file(path), *before = NULL;
  strata_array *a = define(file, "a", STRATA_INT32, 2, DIMS(4, 4), DIMS(2, 2));
  strata_array *b = define(file, "b", STRATA_INT32, 1, DIMS(3), NULL), *s = define(file, "s", STRATA_FLOAT64, 0, NULL, NULL);
  int32_t values[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const double one = 1, two = 2;
  write_all(a, values, sizeof values);
  write_all(b, values, 12);
  OK(strata_array_write(s, 0, NULL, NULL, &one, sizeof one, NULL, &err));
  OK(strata_array_set_attribute(a, "kept", STRATA_NUL, STRATA_STRING, "x", 1, &err));
  OK(strata_array_set_attribute(a, "unit", STRATA_NUL, STRATA_STRING, "K", 1, &err));
  flush(file);
  OK(strata_file_open_at(NULL, path, STRATA_NUL, "1", 1, NULL, NULL, &before, &err));
  assert_string_equal(diff_files(before, file), "");
  assert_string_equal(diff_files(file, file), "");
  OK(strata_array_write(a, 2, DIMS(3, 0), DIMS(1, 1), values, 4, NULL, &err));
  assert_string_equal(diff_files(before, file), "~a(1,0)"); /* pending changes count */
  OK(strata_array_write(a, 2, DIMS(0, 2), DIMS(1, 1), values + 2, 4, NULL, &err)); /* what was there */
  OK(strata_array_set_attribute(a, "unit", STRATA_NUL, STRATA_STRING, "C", 1, &err));
  OK(strata_array_set_attribute(a, "new", STRATA_NUL, STRATA_INT32, values, 4, &err));
  OK(strata_array_delete_attribute(a, "kept", STRATA_NUL, &err));
  OK(strata_file_delete(file, "b", STRATA_NUL, NULL, &err));
  OK(strata_array_write(s, 0, NULL, NULL, &two, sizeof two, NULL, &err));
  strata_array *c = define(file, "c", STRATA_INT8, 1, DIMS(1), NULL);
  flush(file);
  const char *const want = "-b ~a@unit +a@new -a@kept ~a(1,0) ~s() +c";
  const char *got = diff_files(before, file);
  assert_int_equal(strlen(got), strlen(want)); /* the attributes come in the file's order */
  static const char *const parts[] = {"-b", "~a@unit", "+a@new", "-a@kept", "~a(1,0)", "~s()", "+c"};
  for (size_t i = 0; i < LENGTH(parts); ++i) assert_non_null(strstr(got, parts[i]));
  OK(strata_array_resize(a, 2, DIMS(4, 6), NULL, &err));
  got = diff_files(before, file);
  assert_non_null(strstr(got, "~a shape"));
  assert_non_null(strstr(got, "~a(1,0)"));
  OK(strata_file_discard(file, &err));
  compact(file); /* the same, stored in another way */
  got = diff_files(before, file);
  for (size_t i = 0; i < LENGTH(parts); ++i) assert_non_null(strstr(got, parts[i]));
  assert_int_equal(strlen(got), strlen(want));
  strata_array_close(a);
  strata_array_close(b);
  strata_array_close(c);
  strata_array_close(s);
  strata_file_close(before);
  strata_file_close(file);
}

static void of_two_commits_of_a_store(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("store"));
  strata_store *store = create_store(path), *before = NULL;
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 11);
  put_array(store, "e", "x", 21);
  put_array(store, "f", "x", 31);
  strata_dataset *d = open_dataset(store, "d");
  OK(strata_dataset_set_attribute(d, "title", STRATA_NUL, STRATA_STRING, "one", 3, &err));
  flush_store(store);
  OK(strata_store_open_at(NULL, path, STRATA_NUL, "1", 1, NULL, NULL, &before, &err));
  assert_string_equal(diff_stores(before, store), "");
  OK(strata_dataset_set_attribute(d, "title", STRATA_NUL, STRATA_STRING, "two", 3, &err));
  OK(strata_dataset_delete(d, "y", STRATA_NUL, NULL, &err));
  put_array(store, "d", "z", 41);
  OK(strata_store_dataset_delete(store, "f", STRATA_NUL, NULL, &err));
  put_array(store, "g", "x", 51);
  strata_array *a = array_of(store, "e", "x");
  write_i32(a, 1, 1, (const int32_t[]){99});
  strata_array_close(a);
  const char *const want = "-f ~d@title -d/y +d/z ~e/x(0) +g";
  assert_string_equal(diff_stores(before, store), want);
  flush_store(store);
  assert_string_equal(diff_stores(before, store), want);
  OK(strata_store_compact(store, NULL, &err));
  assert_string_equal(diff_stores(before, store), want); /* what `before` has open stays readable */
  assert_string_equal(diff_stores(store, before), "-g ~d@title -d/z +d/y ~e/x(0) +f");
  strata_dataset_close(d);
  strata_store_close(before);
  strata_store_close(store);
}

static void states_that_share_layers_are_not_read(void **state) {
  (void)state;
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("shared"));
  strata_store *store = create_store(path), *before = NULL, *after = NULL;
  for (int i = 0; i < 20; ++i) {
    char name[16];
    snprintf(name, sizeof name, "d%d", i);
    put_array(store, name, "x", i);
    put_array(store, name, "y", 100 + i);
  }
  flush_store(store);
  strata_array *a = array_of(store, "d7", "y");
  write_i32(a, 0, 1, (const int32_t[]){-1});
  strata_array_close(a);
  flush_store(store);
  strata_store_close(store);
  strata_context *context = NULL;
  OK(strata_context_create(NULL, NULL, 0, &context, &err));
  OK(strata_store_open_at(context, path, STRATA_NUL, "1", 1, NULL, NULL, &before, &err));
  OK(strata_store_open_at(context, path, STRATA_NUL, "2", 1, NULL, NULL, &after, &err));
  assert_string_equal(diff_stores(before, after), "~d7/y(0)");
  assert_int_equal(counters_of(context).units_decoded, 2); /* the one chunk, in both */
  strata_store_close(before);
  strata_store_close(after);
  strata_context_close(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(of_two_commits_of_a_file),
      cmocka_unit_test(of_two_commits_of_a_store),
      cmocka_unit_test(states_that_share_layers_are_not_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
