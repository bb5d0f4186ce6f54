/* Bytes changed behind the library's back, and what reports say of it. */
#ifndef STRATA_TESTS_DAMAGE_SUPPORT_H
#define STRATA_TESTS_DAMAGE_SUPPORT_H

#include "store_support.h"

/* at < 0: from the end. */
static inline void flip_byte(const char *name, long at) {
  FILE *f = fopen(name, "r+b");
  assert_non_null(f);
  assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
  const int byte = fgetc(f);
  assert_int_equal(fseek(f, at, at < 0 ? SEEK_END : SEEK_SET), 0);
  assert_int_equal(fputc(byte ^ 0x10, f), byte ^ 0x10);
  assert_int_equal(fclose(f), 0);
}

static inline void copy_bytes(const char *from, const char *to) {
  FILE *f = fopen(from, "rb");
  assert_non_null(f);
  remove(to); /* its other names keep what they have */
  FILE *t = fopen(to, "wb");
  assert_non_null(t);
  char part[4096];
  for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) assert_int_equal(fwrite(part, 1, n, t), n);
  assert_int_equal(fclose(f), 0);
  assert_int_equal(fclose(t), 0);
}

/* Of an array that put_array() has made. */
static inline void write_at(strata_store *store, const char *dataset, const char *array, int32_t first) {
  strata_array *a = array_of(store, dataset, array);
  const int32_t values[4] = {first, first + 1, first + 2, first + 3};
  write_all(a, values, sizeof values);
  strata_array_close(a);
}

static inline strata_report *checked(const char *url, uint32_t flags) {
  strata_report *report = NULL;
  OK(strata_check(NULL, url, STRATA_NUL, flags, NULL, &report, &err));
  return report;
}

static inline strata_finding finding(const strata_report *report, uint64_t i) {
  strata_finding f = STRATA_FINDING_INIT;
  OK(strata_report_get(report, i, &f, &err));
  return f;
}

static inline uint64_t found(const strata_report *report, int32_t kind, int32_t severity) {
  uint64_t n = 0;
  for (uint64_t i = 0; i < strata_report_count(report); ++i) {
    const strata_finding f = finding(report, i);
    n += (!kind || f.kind == kind) && (!severity || f.severity == severity);
  }
  return n;
}
static inline uint64_t defects_in(const strata_report *report) { return found(report, 0, STRATA_DEFECT); }

/* For a look at what a test has found. */
static inline void print_report(const strata_report *report) {
  for (uint64_t i = 0; i < strata_report_count(report); ++i) {
    const strata_finding f = finding(report, i);
    print_message("kind %d severity %d %s %s %s: %s (%s)\n", f.kind, f.severity, f.object, f.dataset, f.array, f.text, f.effect);
  }
}

static inline void assert_defects(const char *url, uint64_t want) {
  strata_report *report = checked(url, 0);
  if (defects_in(report) != want) print_report(report);
  assert_int_equal(defects_in(report), want);
  strata_report_close(report);
}

#endif
