/* Wrong arguments of section 13 of the header: check, repair, salvage. */
#include "arguments.h"

static const char *const kStoreUrl = "memory://arguments/store", *const kNone = "memory://arguments/none.af";

static void looking_for_damage(void **state) {
  (void)state;
  WRONG_OPTIONAL(kContext, strata_context, strata_check(wrong, kStoreUrl, STRATA_NUL, 0, NULL, &out.report, &err));
  WRONG_TOKENS(strata_check(w.context, kStoreUrl, STRATA_NUL, 0, wrong, &out.report, &err));
  WRONG_TEXTS("path", strata_check(w.context, text, length, 0, NULL, &out.report, &err));
  WRONG(STRATA_E_INVALID, "flags", strata_check(w.context, kStoreUrl, STRATA_NUL, 2, NULL, &out.report, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_check(w.context, kStoreUrl, STRATA_NUL, 0, NULL, NULL, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_check(w.context, kNone, STRATA_NUL, 0, NULL, &out.report, &err));
  WRONG(STRATA_E_NOT_FOUND, "", strata_check(w.context, "memory://arguments/none", STRATA_NUL, 0, NULL, &out.report, &err));
  assert_null(out.report);
}

static void repairing(void **state) {
  (void)state;
  const uint32_t yes = STRATA_REPAIR_CONSENT;
  WRONG_OPTIONAL(kContext, strata_context, strata_repair(wrong, kNone, STRATA_NUL, yes, NULL, &out.report, &err));
  WRONG_TOKENS(strata_repair(w.context, kNone, STRATA_NUL, yes, wrong, &out.report, &err));
  WRONG_TEXTS("path", strata_repair(w.context, text, length, yes, NULL, &out.report, &err));
  WRONG(STRATA_E_INVALID, "flags", strata_repair(w.context, kNone, STRATA_NUL, yes | 1, NULL, &out.report, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_repair(w.context, kNone, STRATA_NUL, yes, NULL, NULL, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_repair(w.context, kNone, STRATA_NUL, yes, NULL, &out.report, &err));
  WRONG(STRATA_E_NOT_FOUND, "none", strata_repair(w.context, kNone, STRATA_NUL, 0, NULL, &out.report, &err));
  WRONG(STRATA_E_NOT_FOUND, "", strata_repair(w.context, "memory://arguments/none", STRATA_NUL, yes, NULL, &out.report, &err));
  assert_null(out.report);
}

static void salvaging(void **state) {
  (void)state;
  const char *const to = "memory://arguments/saved", *const to_file = "memory://arguments/saved.af";
  WRONG_OPTIONAL(kContext, strata_context,
                 strata_salvage(wrong, kStoreUrl, STRATA_NUL, to, STRATA_NUL, NULL, &out.report, &err));
  WRONG_TOKENS(strata_salvage(w.context, kStoreUrl, STRATA_NUL, to, STRATA_NUL, wrong, &out.report, &err));
  WRONG_TEXTS("path", strata_salvage(w.context, text, length, to, STRATA_NUL, NULL, &out.report, &err));
  WRONG_TEXTS("path", strata_salvage(w.context, kStoreUrl, STRATA_NUL, text, length, NULL, &out.report, &err));
  WRONG(STRATA_E_INVALID, "NULL", strata_salvage(w.context, kStoreUrl, STRATA_NUL, to, STRATA_NUL, NULL, NULL, &err));
  WRONG(STRATA_E_INVALID, "store",
        strata_salvage(w.context, kStoreUrl, STRATA_NUL, to_file, STRATA_NUL, NULL, &out.report, &err));
  WRONG(STRATA_E_EXISTS, "", strata_salvage(w.context, kStoreUrl, STRATA_NUL, kStoreUrl, STRATA_NUL, NULL, &out.report, &err));
  /* Nothing is made of what is not there. */
  strata_file *file = NULL;
  FAILS(STRATA_E_NOT_FOUND, strata_salvage(w.context, kNone, STRATA_NUL, to_file, STRATA_NUL, NULL, &out.report, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_file_open(w.context, to_file, STRATA_NUL, NULL, NULL, &file, &err));
  strata_store *store = NULL;
  FAILS(STRATA_E_NOT_FOUND,
        strata_salvage(w.context, "memory://arguments/none", STRATA_NUL, to, STRATA_NUL, NULL, &out.report, &err));
  FAILS(STRATA_E_NOT_FOUND, strata_store_open(w.context, to, STRATA_NUL, NULL, NULL, &store, &err));
  assert_null(out.report);
}

static void reports(void **state) {
  (void)state;
  for (int kind = -1; kind < kKinds; ++kind) {
    strata_report *wrong = kind < 0 ? NULL : w.handles[kind];
    if (kind != kReport) assert_int_equal(strata_report_count(wrong), 0);
    if (kind != kReport) strata_report_close(wrong);
  }
  strata_finding finding = STRATA_FINDING_INIT;
  uint64_t n = 7;
  WRONG_HANDLES(kReport, strata_report, strata_report_get(wrong, 0, &finding, &err));
  WRONG_HANDLES(kReport, strata_report, strata_report_totals(wrong, &n, &n, &n, &err));
  assert_int_equal(n, 7);
  assert_int_equal(strata_report_count(w.report), 0);
  WRONG(STRATA_E_INVALID, "finding", strata_report_get(w.report, 0, &finding, &err));
  WRONG(STRATA_E_INVALID, "finding", strata_report_get(w.report, UINT64_MAX, &finding, &err));
  OK(strata_report_totals(w.report, NULL, NULL, NULL, &err));
  OK(strata_report_totals(w.report, &n, NULL, NULL, &err));
  assert_true(n > 1 && n != 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(looking_for_damage),
      cmocka_unit_test(repairing),
      cmocka_unit_test(salvaging),
      cmocka_unit_test(reports),
  };
  return RUN_IN_WORLD(tests);
}
