/* Repair and salvage of stores: the newest whole commit, all that can be read, and what is said of the rest. */
#include <unistd.h>

#include "damage_support.h"

static char path[1100];

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

/* Says so with this text, of something with this name in its path. */
static int says(const strata_report *report, const char *object, const char *text) {
  for (uint64_t f = 0; f < strata_report_count(report); ++f)
    if (strstr(finding(report, f).object, object) && strstr(finding(report, f).text, text)) return 1;
  return 0;
}

static void salvage_without_registry_or_log(void **state) {
  (void)state;
  char to[1400];
  enum { NO_REGISTRY, NO_LOG, NEITHER, NEITHER_BUT_HOMES, NEITHER_AND_A_SLOT, CASES };
  for (int what = 0; what < CASES; ++what) {
    char name[32];
    snprintf(name, sizeof name, "without%d", what);
    make_store(name);
    strata_store *store = open_store(path);
    put_array(store, "d", "caf\xc3\xa9 %41", 91); /* a folder whose name is encoded */
    flush_store(store);
    strata_store_close(store);
    char away[1400], log[1400];
    snprintf(away, sizeof away, "%s", inside(path, "_away"));
    snprintf(log, sizeof log, "%s", inside(path, what >= NEITHER_BUT_HOMES ? "_strata/log" : "_strata"));
    if (what != NO_LOG) assert_int_equal(remove(inside(path, "atlas.json")), 0);
    if (what != NO_REGISTRY) assert_int_equal(rename(log, away), 0);
    if (what == NEITHER_AND_A_SLOT) assert_int_equal(remove(inside(path, "x/data.2.af")), 0);
    snprintf(to, sizeof to, "%s%d", scratch("saved"), what);
    strata_report *report = NULL;
    OK(strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
    const int listed = what >= NEITHER;
    const uint64_t expected = what == NEITHER_AND_A_SLOT ? 2 : listed ? 1 : 0; /* attributes; the layer that lies in its home alone */
    if (strata_report_count(report) != expected) print_report(report);
    assert_int_equal(strata_report_count(report), expected);
    assert_int_equal(says(report, name, "neither its registry nor its log"), listed);
    if (what == NEITHER_AND_A_SLOT) assert_true(says(report, "_strata/layers", "no array file has"));
    strata_report_close(report);
    store = open_store(to);
    assert_string_equal(datasets_in(store), "d,e,f");
    assert_array(store, "d", "caf\xc3\xa9 %41", 91);
    strata_dataset *e = open_dataset(store, "e");
    int32_t type = 0;
    size_t needed = 0;
    char units[8];
    const strata_status there = strata_dataset_get_attribute(e, "units", STRATA_NUL, &type, units, sizeof units, &needed, NULL);
    assert_int_equal(there, listed ? STRATA_E_NOT_FOUND : STRATA_OK);
    strata_dataset_close(e);
    strata_store_close(store);
    if (what != NEITHER_AND_A_SLOT) assert_store(to, 3);
  }
  strata_report *report = NULL;
  FAILS(STRATA_E_NOT_FOUND, strata_salvage(NULL, scratch("nowhere"), STRATA_NUL, scratch("to"), STRATA_NUL, NULL, &report, &err));
}

/* A folder with an array file that nothing names is reported, and harms nobody. */
static void an_array_file_that_nothing_names(void **state) {
  (void)state;
  char from[1600], folder[1600], copy[1600], to[1400];
  make_store("unnamed");
  snprintf(from, sizeof from, "%s", inside(path, "x/data.af"));
  snprintf(folder, sizeof folder, "%s", inside(path, "strange"));
  snprintf(copy, sizeof copy, "%s", inside(path, "strange/data.af"));
  assert_int_equal(mkdir(folder, 0777), 0);
  assert_defects(path, 0);
  strata_report *report = checked(path, 0);
  assert_int_equal(strata_report_count(report), 0); /* an empty folder is nothing */
  strata_report_close(report);
  copy_bytes(from, copy);
  report = checked(path, 0);
  assert_int_equal(strata_report_count(report), 1);
  assert_int_equal(defects_in(report), 0);
  assert_true(says(report, "strange", "neither the registry nor the log"));
  strata_report_close(report);
  snprintf(to, sizeof to, "%s", scratch("saved_without_it"));
  OK(strata_salvage(NULL, path, STRATA_NUL, to, STRATA_NUL, NULL, &report, &err));
  assert_int_equal(strata_report_count(report), 1);
  assert_true(says(report, "strange", "neither the registry nor the log"));
  strata_report_close(report);
  report = repaired(STRATA_REPAIR_CONSENT);
  assert_int_equal(strata_report_count(report), 1);
  strata_report_close(report);
  assert_store(to, 3);
  assert_store(path, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_damage_is_repaired), cmocka_unit_test(a_store_that_is_whole_stays_as_it_is),
      cmocka_unit_test(nothing_whole_is_an_error), cmocka_unit_test(handles_from_before),
      cmocka_unit_test(salvage_without_registry_or_log), cmocka_unit_test(an_array_file_that_nothing_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
