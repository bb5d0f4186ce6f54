/* Tokens: cancelling, deadlines and progress of calls that do long work. */
#include "support.h"

enum { kElements = 1 << 16, kBytes = kElements * 4 };

typedef struct sample {
  strata_file *file;
  strata_array *array;
  strata_cancel *cancel;
  int32_t *values;
} sample;

static sample make_sample(const char *path) {
  sample s;
  s.file = create_file(path);
  s.array = define(s.file, "a", STRATA_INT32, 1, DIMS(kElements), DIMS(1024));
  s.values = malloc(kBytes);
  for (int i = 0; i < kElements; ++i) s.values[i] = i;
  write_all(s.array, s.values, kBytes);
  flush(s.file);
  OK(strata_cancel_create(&s.cancel, &err));
  return s;
}

static void free_sample(sample *s) {
  strata_array_close(s->array);
  strata_file_close(s->file);
  strata_cancel_close(s->cancel);
  free(s->values);
}

static void a_triggered_token_stops_every_call(void **state) {
  (void)state;
  sample s = make_sample(scratch("triggered.af"));
  strata_cancel_trigger(s.cancel);
  for (int round = 0; round < 2; ++round) { /* it stays so */
    const strata_status want = STRATA_E_CANCELLED;
    FAILS(want, strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.values, kBytes, NULL, &err));
    FAILS(want, strata_array_read_strided(s.array, 1, NULL, NULL, (const int64_t[]){4}, s.cancel, s.values, kBytes, &err));
    FAILS(want, strata_array_read_many(s.array, 1, 1, DIMS(0), DIMS(kElements), s.cancel, s.values, kBytes, NULL, NULL, NULL, &err));
    FAILS(want, strata_array_write(s.array, 1, NULL, NULL, s.values, kBytes, s.cancel, &err));
    strata_file *file = NULL;
    FAILS(want, strata_file_open(NULL, scratch("triggered.af"), STRATA_NUL, NULL, s.cancel, &file, &err));
    assert_null(file);
    FAILS(want, strata_file_create(NULL, scratch("never.af"), STRATA_NUL, NULL, s.cancel, &file, &err));
    assert_null(file);
    assert_false(path_exists(scratch("never.af")));
    FAILS(want, strata_file_compact(s.file, s.cancel, &err));
  }
  assert_int_equal(pending_of(s.file).chunks, 0);
  strata_cancel_reset(s.cancel);
  OK(strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.values, kBytes, NULL, &err));
  free_sample(&s);
}

static void a_cancelled_flush_keeps_changes_and_file(void **state) {
  (void)state;
  sample s = make_sample(scratch("kept.af"));
  s.values[0] = 77;
  write_all(s.array, s.values, kBytes);
  strata_pending before = pending_of(s.file);
  strata_cancel_trigger(s.cancel);
  FAILS(STRATA_E_CANCELLED, strata_file_flush(s.file, s.cancel, &err));
  FAILS(STRATA_E_CANCELLED, strata_file_compact(s.file, s.cancel, &err));
  strata_pending after = pending_of(s.file);
  assert_memory_equal(&before, &after, sizeof before);
  strata_file *other = open_file(scratch("kept.af"));
  strata_array *a = open_array(other, "a");
  assert_int_equal(read_i32(a, 0), 0);
  assert_int_equal(layer_count(other), 2);
  strata_array_close(a);
  strata_file_close(other);
  strata_cancel_reset(s.cancel);
  OK(strata_file_flush(s.file, s.cancel, &err));
  other = open_file(scratch("kept.af"));
  a = open_array(other, "a");
  assert_int_equal(read_i32(a, 0), 77);
  strata_array_close(a);
  strata_file_close(other);
  free_sample(&s);
}

static void a_deadline_stops_late_calls(void **state) {
  (void)state;
  sample s = make_sample(scratch("late.af"));
  strata_cancel_set_deadline(s.cancel, 0);
  FAILS(STRATA_E_DEADLINE, strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.values, kBytes, NULL, &err));
  strata_cancel_set_deadline(s.cancel, 3600 * 1000);
  OK(strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.values, kBytes, NULL, &err));
  strata_cancel_set_deadline(s.cancel, INT64_MAX);
  OK(strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.values, kBytes, NULL, &err));
  strata_cancel_set_deadline(s.cancel, 0);
  strata_cancel_set_deadline(s.cancel, -1);
  OK(strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.values, kBytes, NULL, &err));
  strata_cancel_set_deadline(s.cancel, 0);
  strata_cancel_reset(s.cancel);
  OK(strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.values, kBytes, NULL, &err));
  free_sample(&s);
}

static void progress_reaches_its_total(void **state) {
  (void)state;
  sample s = make_sample(scratch("progress.af"));
  strata_progress p = STRATA_PROGRESS_INIT;
  OK(strata_cancel_progress(s.cancel, &p, &err));
  assert_int_equal(p.done + p.total + p.bytes, 0);
  OK(strata_array_read(s.array, 1, NULL, NULL, s.cancel, s.values, kBytes, NULL, &err));
  OK(strata_cancel_progress(s.cancel, &p, &err));
  assert_int_equal(p.total, kElements / 1024);
  assert_int_equal(p.done, p.total);
  assert_int_equal(p.bytes, kBytes);
  OK(strata_array_write(s.array, 1, NULL, NULL, s.values, kBytes, s.cancel, &err));
  OK(strata_cancel_progress(s.cancel, &p, &err));
  assert_int_equal(p.total, kElements / 1024);
  assert_int_equal(p.done, p.total);
  assert_int_equal(p.bytes, kBytes);
  strata_cancel_reset(s.cancel);
  OK(strata_cancel_progress(s.cancel, &p, &err));
  assert_int_equal(p.done + p.total + p.bytes, 0);
  FAILS(STRATA_E_INVALID, strata_cancel_progress(s.cancel, NULL, &err));
  free_sample(&s);
}

static void null_is_no_token(void **state) {
  (void)state;
  strata_cancel_trigger(NULL);
  strata_cancel_set_deadline(NULL, 5);
  strata_cancel_reset(NULL);
  FAILS(STRATA_E_INVALID, strata_cancel_create(NULL, &err));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_triggered_token_stops_every_call),
      cmocka_unit_test(a_cancelled_flush_keeps_changes_and_file),
      cmocka_unit_test(a_deadline_stops_late_calls),
      cmocka_unit_test(progress_reaches_its_total),
      cmocka_unit_test(null_is_no_token),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
