/* Check, repair and salvage of files of which something is damaged. (What reading one gives: damage.c.) */
#include <unistd.h>

#include "damage_support.h"

enum { kChunk = 100000, kChunks = 4, kAll = kChunk * kChunks };

static int32_t values[kAll], got[kAll];
static char path[1400];

/* "a" of four chunks in x.1.af, "t" and the first elements of "a" anew in x.2.af, an attribute in x.3.af. */
static void make_file(const char *name) {
  snprintf(path, sizeof path, "%s.af", scratch(name));
  uint64_t random = 3;
  for (size_t i = 0; i < kAll; ++i) values[i] = (int32_t)(random_number(&random) & 0xFFF);
  strata_file *file = create_with(NULL, path, STRATA_CODEC_NONE);
  strata_array *a = define(file, "a", STRATA_INT32, 1, DIMS(kAll), DIMS(kChunk));
  /* One after the other, so that they lie in the order of their numbers. */
  for (uint64_t i = 0; i < kChunks; ++i)
    OK(strata_array_write(a, 1, DIMS(i * kChunk), DIMS(kChunk), values + i * kChunk, kChunk * 4, NULL, &err));
  flush(file);
  strata_array *t = define(file, "t", STRATA_STRING, 1, DIMS(2), NULL);
  OK(strata_array_write_varlen(t, 1, NULL, NULL, (const int64_t[]){0, 3, 6}, 3, "onetwo", 6, NULL, &err));
  flush(file);
  OK(strata_array_set_attribute(a, "units", STRATA_NUL, STRATA_STRING, "K", 1, &err));
  flush(file);
  strata_array_close(t);
  strata_array_close(a);
  strata_file_close(file);
}

static void damage_at(const char *suffix, long at) {
  char name[1500];
  snprintf(name, sizeof name, "%.*s%s", (int)strlen(path) - 3, path, suffix);
  flip_byte(name, at);
}

static strata_report *check_it(uint32_t flags) { return checked(path, flags); }

static void a_whole_file_has_no_defect(void **state) {
  (void)state;
  make_file("whole");
  for (uint32_t flags = 0; flags <= STRATA_CHECK_STRUCTURE; ++flags) {
    strata_report *report = check_it(flags);
    assert_int_equal(strata_report_count(report), 0);
    uint64_t objects = 0, chunks = 0, bytes = 0;
    OK(strata_report_totals(report, &objects, &chunks, &bytes, &err));
    assert_int_equal(objects, 5); /* base, three layers, statistics */
    assert_int_equal(chunks, kChunks + 1);
    assert_int_equal(bytes != 0, !flags);
    strata_report_close(report);
  }
  strata_report *report = NULL;
  OK(strata_repair(NULL, path, STRATA_NUL, STRATA_REPAIR_CONSENT, NULL, &report, &err));
  assert_int_equal(strata_report_count(report), 0);
  strata_report_close(report);
  strata_file *file = open_file(path);
  assert_int_equal(layer_count(file), 4);
  strata_file_close(file);
}

static void a_damaged_chunk_is_named(void **state) {
  (void)state;
  make_file("chunk");
  damage_at(".1.af", 2 * kChunk * 4 + 70000);
  strata_report *report = check_it(STRATA_CHECK_STRUCTURE);
  assert_int_equal(strata_report_count(report), 0); /* without looking at data */
  strata_report_close(report);
  report = check_it(0);
  assert_int_equal(strata_report_count(report), 1);
  const strata_finding f = finding(report, 0);
  assert_int_equal(f.kind, STRATA_FINDING_CHUNK);
  assert_int_equal(f.severity, STRATA_DEFECT);
  assert_int_equal(f.chunk, 2);
  assert_string_equal(f.array, "a");
  assert_string_equal(f.dataset, "");
  assert_non_null(strstr(f.object, ".1.af"));
  assert_non_null(strstr(f.text, "digest"));
  strata_report_close(report);
  /* Written anew, the damaged one is below it and harms nobody. */
  strata_file *file = open_file(path);
  strata_array *a = open_array(file, "a");
  OK(strata_array_write(a, 1, DIMS(2 * kChunk), DIMS(kChunk), values, kChunk * 4, NULL, &err));
  flush(file);
  strata_array_close(a);
  strata_file_close(file);
  report = check_it(0);
  assert_int_equal(strata_report_count(report), 1);
  assert_int_equal(finding(report, 0).severity, STRATA_NOTE);
  assert_int_equal(finding(report, 0).chunk, 2);
  strata_report_close(report);
}

static void what_can_be_read_is_salvaged(void **state) {
  (void)state;
  make_file("salvage");
  damage_at(".1.af", 1 * kChunk * 4 + 5);
  char to[1400];
  snprintf(to, sizeof to, "%s.af", scratch("saved"));
  strata_report *report = NULL;
  OK(strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
  assert_int_equal(defects_in(report), 1);
  assert_int_equal(finding(report, 0).chunk, 1);
  strata_report_close(report);
  memset(values + kChunk, 0, kChunk * sizeof *values);
  strata_file *file = open_file(to);
  strata_array *a = open_array(file, "a"), *t = open_array(file, "t");
  read_all(a, got, sizeof got);
  assert_memory_equal(got, values, sizeof got);
  strata_array_close(a);
  strata_array_close(t);
  strata_file_close(file);
  FAILS(STRATA_E_EXISTS, strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
  assert_null(report);
}

static void a_layer_that_cannot_be_read(void **state) {
  (void)state;
  make_file("layer");
  damage_at(".2.af", -20);
  strata_file *file = NULL;
  FAILS(STRATA_E_CORRUPT, strata_file_open(NULL, path, STRATA_NUL, NULL, NULL, &file, &err));
  strata_report *report = check_it(0);
  assert_int_equal(defects_in(report), 1);
  assert_int_equal(finding(report, 0).kind, STRATA_FINDING_OBJECT);
  assert_non_null(strstr(finding(report, 0).object, ".2.af"));
  strata_report_close(report);
  /* A salvage keeps what lies above and below. */
  char to[1400];
  snprintf(to, sizeof to, "%s.af", scratch("above_and_below"));
  OK(strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
  assert_int_equal(defects_in(report), 1);
  strata_report_close(report);
  file = open_file(to);
  assert_string_equal(names_in(file), "a");
  strata_array *a = open_array(file, "a");
  size_t needed = 0;
  int32_t type = 0;
  char units[8];
  OK(strata_array_get_attribute(a, "units", STRATA_NUL, &type, units, sizeof units, &needed, &err));
  read_all(a, got, sizeof got);
  assert_memory_equal(got, values, sizeof got);
  strata_array_close(a);
  strata_file_close(file);
  /* A repair goes back to the commit before; the file is used as ever. */
  OK(strata_repair(NULL, path, STRATA_NUL, 0, NULL, &report, &err));
  assert_int_equal(found(report, STRATA_FINDING_DROPPED, 0), 2); /* would be */
  strata_report_close(report);
  FAILS(STRATA_E_CORRUPT, strata_file_open(NULL, path, STRATA_NUL, NULL, NULL, &file, &err));
  OK(strata_repair(NULL, path, STRATA_NUL, STRATA_REPAIR_CONSENT, NULL, &report, &err));
  uint64_t dropped = 0;
  for (uint64_t i = 0; i < strata_report_count(report); ++i) dropped += finding(report, i).kind == STRATA_FINDING_DROPPED;
  assert_int_equal(dropped, 2);
  strata_report_close(report);
  char kept[1500];
  snprintf(kept, sizeof kept, "%.*s.3.af.dropped", (int)strlen(path) - 3, path);
  assert_int_equal(access(kept, F_OK), 0);
  file = open_file(path);
  assert_string_equal(names_in(file), "a");
  a = open_array(file, "a");
  read_all(a, got, sizeof got);
  assert_memory_equal(got, values, sizeof got);
  OK(strata_array_write(a, 1, DIMS(0), DIMS(1), values + 1, 4, NULL, &err));
  flush(file);
  compact(file);
  assert_int_equal(read_i32(a, 0), values[1]);
  strata_array_close(a);
  strata_file_close(file);
  report = check_it(0);
  assert_int_equal(defects_in(report), 0);
  strata_report_close(report);
}

static void a_base_that_cannot_be_read(void **state) {
  (void)state;
  make_file("base");
  damage_at(".af", -20);
  strata_report *report = check_it(0);
  assert_int_equal(defects_in(report), 1);
  strata_report_close(report);
  FAILS(STRATA_E_CORRUPT, strata_repair(NULL, path, STRATA_NUL, STRATA_REPAIR_CONSENT, NULL, &report, &err));
  assert_null(report);
  char to[1400];
  snprintf(to, sizeof to, "%s.af", scratch("without_base"));
  OK(strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
  strata_report_close(report);
  strata_file *file = open_file(to);
  strata_array *a = open_array(file, "a");
  read_all(a, got, sizeof got);
  assert_memory_equal(got, values, sizeof got);
  strata_array_close(a);
  strata_file_close(file);
}

static void statistics_are_a_note(void **state) {
  (void)state;
  make_file("statistics");
  damage_at(".stats", 30);
  strata_report *report = check_it(0);
  assert_int_equal(strata_report_count(report), 1);
  assert_int_equal(finding(report, 0).kind, STRATA_FINDING_STATISTICS);
  assert_int_equal(finding(report, 0).severity, STRATA_NOTE);
  strata_report_close(report);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_whole_file_has_no_defect),
      cmocka_unit_test(a_damaged_chunk_is_named),
      cmocka_unit_test(what_can_be_read_is_salvaged),
      cmocka_unit_test(a_layer_that_cannot_be_read),
      cmocka_unit_test(a_base_that_cannot_be_read),
      cmocka_unit_test(statistics_are_a_note),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
