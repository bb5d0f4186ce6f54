/* Repair and salvage of stores: the newest whole commit, all that can be read, and what is said of the rest. */
#include <unistd.h>

#include "damage_support.h"

static char path[1100];

static void write_at(strata_store *store, const char *dataset, const char *array, int32_t first) {
  strata_array *a = array_of(store, dataset, array);
  const int32_t values[4] = {first, first + 1, first + 2, first + 3};
  write_all(a, values, sizeof values);
  strata_array_close(a);
}

/* Commit 1: d/x, d/y; 2: e/x and an attribute of e; 3: e/x anew, f/z. */
static void make_store(const char *name) {
  snprintf(path, sizeof path, "%s", scratch(name));
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 11);
  flush_store(store);
  put_array(store, "e", "x", 21);
  strata_dataset *e = open_dataset(store, "e");
  OK(strata_dataset_set_attribute(e, "units", STRATA_NUL, STRATA_STRING, "K", 1, &err));
  strata_dataset_close(e);
  flush_store(store);
  write_at(store, "e", "x", 31);
  put_array(store, "f", "z", 41);
  flush_store(store);
  strata_store_close(store);
}

static strata_report *repaired(uint32_t flags) {
  strata_report *report = NULL;
  OK(strata_repair(NULL, path, STRATA_NUL, flags, NULL, &report, &err));
  return report;
}

/* commit: as of which everything is, 2 or 3; and the store is used as ever. */
static void assert_store(const char *at, int commit) {
  for (int round = 0; round < 3; ++round) {
    strata_store *store = open_store(at);
    assert_array(store, "d", "x", 1);
    assert_array(store, "d", "y", round ? 61 : 11);
    assert_array(store, "e", "x", round ? 71 : commit == 3 ? 31 : 21);
    assert_string_equal(datasets_in(store), commit == 3 ? "d,e,f" : round ? "d,e,g" : "d,e");
    if (commit == 3) assert_array(store, "f", "z", 41);
    if (round == 0) {
      write_at(store, "d", "y", 61);
      write_at(store, "e", "x", 71);
      if (commit != 3) put_array(store, "g", "z", 51);
      flush_store(store);
    }
    if (round && commit != 3) assert_array(store, "g", "z", 51);
    if (round == 1) OK(strata_store_compact(store, NULL, &err));
    strata_store_close(store);
    assert_defects(at, 0);
  }
}

/* What is damaged, of which commit the store is after a repair, and how many commits are dropped. */
static void each_damage_is_repaired(void **state) {
  (void)state;
  static const struct {
    const char *object;
    long cut; /* -1: removed; -2: a byte before the end changed */
    const char *as_well; /* removed */
    int commit;
  } kCases[] = {
      {"atlas.json", 50, NULL, 3},
      {"atlas.json", -1, NULL, 3},
      {"_strata/log/000000000001", 20, NULL, 3},
      {"_strata/log/000000000002", -1, NULL, 3},
      {"_strata/log/000000000003", 0, NULL, 3}, /* the registry has it all */
      {"_strata/log/000000000003", -1, NULL, 3},
      {"_strata/log/000000000003", 30, "atlas.json", 2},
      {"_strata/log/000000000001", -1, "_strata/log/000000000003", 3},
      {"x/data.1.af", -1, NULL, 3},
      {"x/data.af", -1, "x/data.2.af", 3},
      {"z/data.af", -1, "y/data.af", 3},
      {"x/data.2.af", -2, NULL, 2}, /* its home is the same file */
      {"z/data.af", 5, NULL, 2},
      {"z/data.af", 5, "atlas.json", 2},
  };
  for (size_t i = 0; i < LENGTH(kCases); ++i) {
    char name[32], at[1600];
    snprintf(name, sizeof name, "repaired%zu", i);
    make_store(name);
    snprintf(at, sizeof at, "%s", inside(path, kCases[i].object));
    if (kCases[i].cut == -1) assert_int_equal(remove(at), 0);
    else if (kCases[i].cut == -2) flip_byte(at, -20);
    else assert_int_equal(truncate(at, kCases[i].cut), 0);
    if (kCases[i].as_well) assert_int_equal(remove(inside(path, kCases[i].as_well)), 0);
    const int own = count_names(inside(path, "_strata")), logged = count_names(inside(path, "_strata/log"));
    strata_report *plan = repaired(0);
    assert_int_equal(count_names(inside(path, "_strata")), own);
    assert_int_equal(count_names(inside(path, "_strata/log")), logged);
    strata_report *report = repaired(STRATA_REPAIR_CONSENT);
    if (strata_report_count(plan) != strata_report_count(report) || !found(report, STRATA_FINDING_RESTORED, 0)) {
      print_report(plan);
      print_report(report);
      fail_msg("case %zu", i);
    }
    assert_int_equal(found(plan, STRATA_FINDING_DROPPED, 0), found(report, STRATA_FINDING_DROPPED, 0));
    int dropped = 0;
    for (uint64_t f = 0; f < strata_report_count(report); ++f) dropped |= strstr(finding(report, f).text, "commit 3 was dropped") != NULL;
    assert_int_equal(dropped, kCases[i].commit == 2);
    strata_report_close(plan);
    strata_report_close(report);
    report = checked(path, 0);
    if (defects_in(report)) print_report(report);
    assert_int_equal(defects_in(report), 0);
    strata_report_close(report);
    strata_store *store = open_store(path); /* the log is whole, too */
    strata_log *log = NULL;
    OK(strata_store_log(store, 0, NULL, &log, &err));
    assert_true(strata_log_count(log) >= 3);
    strata_log_close(log);
    strata_store_close(store);
    assert_store(path, kCases[i].commit);
  }
}

static void a_store_that_is_whole_stays_as_it_is(void **state) {
  (void)state;
  make_store("whole");
  for (int round = 0; round < 2; ++round) {
    strata_report *report = repaired(STRATA_REPAIR_CONSENT);
    assert_int_equal(strata_report_count(report), 0);
    strata_report_close(report);
  }
  assert_int_equal(count_names(inside(path, "_strata/log")), 3);
  assert_store(path, 3);
}

static void nothing_whole_is_an_error(void **state) {
  (void)state;
  make_store("nothing_whole");
  assert_int_equal(truncate(inside(path, "x/data.af"), 60), 0); /* of the first commit */
  const int own = count_names(inside(path, "_strata")), logged = count_names(inside(path, "_strata/log"));
  strata_report *report = NULL;
  FAILS(STRATA_E_CORRUPT, strata_repair(NULL, path, STRATA_NUL, STRATA_REPAIR_CONSENT, NULL, &report, &err));
  assert_null(report);
  assert_int_equal(count_names(inside(path, "_strata")), own);
  assert_int_equal(count_names(inside(path, "_strata/log")), logged);
  /* What can be read is salvaged: d/x lay in the base. */
  char to[1400];
  snprintf(to, sizeof to, "%s", scratch("saved_from_it"));
  OK(strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
  assert_int_equal(defects_in(report), 2);
  strata_report_close(report);
  strata_store *store = open_store(to);
  assert_array(store, "d", "y", 11);
  assert_array(store, "e", "x", 31);
  assert_array(store, "f", "z", 41);
  strata_dataset *d = open_dataset(store, "d"), *e = open_dataset(store, "e");
  assert_string_equal(arrays_in(d), "y");
  size_t needed = 0;
  int32_t type = 0;
  char units[8];
  OK(strata_dataset_get_attribute(e, "units", STRATA_NUL, &type, units, sizeof units, &needed, &err));
  strata_dataset_close(e);
  strata_dataset_close(d);
  strata_store_close(store);
  assert_defects(to, 0);
}

/* A handle from before, at a commit that is dropped or is not the newest any more, goes on above what the repair has made. */
static void handles_from_before(void **state) {
  (void)state;
  make_store("handles");
  strata_store *store = open_store(path);
  write_at(store, "d", "y", 81);
  assert_int_equal(truncate(inside(path, "_strata/log/000000000002"), 10), 0);
  strata_report_close(repaired(STRATA_REPAIR_CONSENT));
  flush_store(store);
  assert_array(store, "d", "y", 81);
  strata_store_close(store);
  store = open_store(path);
  assert_array(store, "d", "y", 81);
  assert_array(store, "e", "x", 31);
  strata_store_close(store);
  assert_defects(path, 0);
}

static void salvage_without_registry_or_log(void **state) {
  (void)state;
  char to[1400];
  for (int what = 0; what < 3; ++what) {
    make_store(what == 0 ? "no_registry" : what == 1 ? "no_log" : "neither");
    char own[1400], away[1400];
    snprintf(own, sizeof own, "%s", inside(path, "_strata"));
    snprintf(away, sizeof away, "%s", inside(path, "_away"));
    if (what != 1) assert_int_equal(remove(inside(path, "atlas.json")), 0);
    if (what != 0) assert_int_equal(rename(own, away), 0);
    snprintf(to, sizeof to, "%s%d", scratch("saved"), what);
    strata_report *report = NULL;
    if (what == 2) {
      FAILS(STRATA_E_NOT_FOUND, strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
      break;
    }
    OK(strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
    print_report(report);
    assert_int_equal(strata_report_count(report), 0);
    strata_report_close(report);
    assert_store(to, 3);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_damage_is_repaired), cmocka_unit_test(a_store_that_is_whole_stays_as_it_is),
      cmocka_unit_test(nothing_whole_is_an_error), cmocka_unit_test(handles_from_before),
      cmocka_unit_test(salvage_without_registry_or_log),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
