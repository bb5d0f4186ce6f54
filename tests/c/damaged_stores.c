/* Check of stores of which something is damaged, missing, or where it does not belong. */
#include <unistd.h>

#include "damage_support.h"

static char path[1100];

/* x: a base and two layers, y: a base. Commit 1: d/x, d/y; 2: e/x; 3: e/x anew. */
static void make_store(const char *name) {
  snprintf(path, sizeof path, "%s", scratch(name));
  strata_store *store = create_store(path);
  put_array(store, "d", "x", 1);
  put_array(store, "d", "y", 11);
  flush_store(store);
  put_array(store, "e", "x", 21);
  flush_store(store);
  write_at(store, "e", "x", 31);
  flush_store(store);
  strata_store_close(store);
}

static const char *kLog3 = "_strata/log/000000000003", *kLog2 = "_strata/log/000000000002";

/* The only home whose bytes are those of a slot. */
static const char *home_of(const char *slot) {
  static char name[1500];
  struct stat wanted, there;
  assert_int_equal(stat(inside(path, slot), &wanted), 0);
  DIR *d = opendir(inside(path, "_strata/layers"));
  assert_non_null(d);
  name[0] = '\0';
  for (struct dirent *e; (e = readdir(d));) {
    char at[1400];
    snprintf(at, sizeof at, "%s/%s", inside(path, "_strata/layers"), e->d_name);
    if (stat(at, &there) == 0 && there.st_ino == wanted.st_ino) snprintf(name, sizeof name, "_strata/layers/%s", e->d_name);
  }
  closedir(d);
  assert_true(name[0] != '\0');
  return name;
}

static void a_sound_store_has_nothing_to_report(void **state) {
  (void)state;
  make_store("sound");
  for (int round = 0; round < 3; ++round) {
    for (uint32_t flags = 0; flags <= STRATA_CHECK_STRUCTURE; ++flags) {
      strata_report *report = checked(path, flags);
      print_report(report);
      assert_int_equal(strata_report_count(report), 0);
      uint64_t objects = 0, chunks = 0, bytes = 0;
      OK(strata_report_totals(report, &objects, &chunks, &bytes, &err));
      if (round == 0) assert_int_equal(objects, 14); /* registry, 3 entries, 4 layers twice, statistics of 2 */
      if (round == 0) assert_int_equal(chunks, 4);
      assert_int_equal(bytes != 0, !flags);
      strata_report_close(report);
    }
    strata_store *store = open_store(path);
    if (round == 0) OK(strata_store_compact(store, NULL, &err));
    if (round == 1) {
      for (int i = 0; i < 70; ++i) { /* beyond a whole state */
        write_at(store, "d", "x", i);
        flush_store(store);
      }
      OK(strata_store_dataset_delete(store, "e", 1, NULL, &err));
      put_array(store, "f", "z", 41);
      put_array(store, "e", "x", 51);
      flush_store(store);
    }
    strata_store_close(store);
  }
  make_store("empty"); /* without commits */
  strata_store *store = create_store(scratch("no_commits"));
  strata_store_close(store);
  assert_defects(scratch("no_commits"), 0);
}

/* What is done to an object of a store, and what a check says: of which kind, and how bad. */
enum damage { FLIPPED, CUT, REMOVED };
static void each_object_damaged(void **state) {
  (void)state;
  static const struct {
    const char *object;
    enum damage damage;
    long at;
    int32_t kind, severity;
  } kCases[] = {
      {"atlas.json", FLIPPED, 40, STRATA_FINDING_OBJECT, STRATA_DEFECT},
      {"atlas.json", CUT, 40, STRATA_FINDING_OBJECT, STRATA_DEFECT},
      {"atlas.json", REMOVED, 0, STRATA_FINDING_MISSING, STRATA_DEFECT},
      {"_strata/log/000000000001", FLIPPED, 60, STRATA_FINDING_OBJECT, STRATA_DEFECT},
      {"_strata/log/000000000002", CUT, 10, STRATA_FINDING_OBJECT, STRATA_DEFECT},
      {"_strata/log/000000000003", CUT, 0, STRATA_FINDING_OBJECT, STRATA_DEFECT},
      {"_strata/log/000000000001", REMOVED, 0, STRATA_FINDING_MISSING, STRATA_DEFECT},
      {"_strata/log/000000000002", REMOVED, 0, STRATA_FINDING_MISSING, STRATA_DEFECT},
      {"_strata/log/000000000003", REMOVED, 0, STRATA_FINDING_MISSING, STRATA_DEFECT},
      {"x/data.af", FLIPPED, -20, STRATA_FINDING_OBJECT, STRATA_DEFECT},
      {"x/data.1.af", FLIPPED, -20, STRATA_FINDING_OBJECT, STRATA_DEFECT},
      {"x/data.2.af", FLIPPED, 3, STRATA_FINDING_CHUNK, STRATA_DEFECT},
      {"x/data.1.af", FLIPPED, 3, STRATA_FINDING_CHUNK, STRATA_NOTE}, /* the layer above has the chunk */
      {"x/data.1.af", CUT, 30, STRATA_FINDING_OBJECT, STRATA_DEFECT},
      {"x/data.af", REMOVED, 0, STRATA_FINDING_MISSING, STRATA_NOTE}, /* read from its home */
      {"x/data.1.af", REMOVED, 0, STRATA_FINDING_MISSING, STRATA_NOTE},
      {"home", REMOVED, 0, STRATA_FINDING_MISSING, STRATA_NOTE},
      {"both", REMOVED, 0, STRATA_FINDING_MISSING, STRATA_DEFECT},
      {"x/data.stats", FLIPPED, 40, STRATA_FINDING_STATISTICS, STRATA_NOTE},
      {"x/data.stats", CUT, 5, STRATA_FINDING_STATISTICS, STRATA_NOTE},
      {"_strata/placed/000000000003", REMOVED, 0, 0, 0}, /* a hint only */
  };
  for (size_t i = 0; i < LENGTH(kCases); ++i) {
    char name[32];
    snprintf(name, sizeof name, "object%zu", i);
    make_store(name);
    const char *object = kCases[i].object;
    const int both = strcmp(object, "both") == 0;
    if (both || strcmp(object, "home") == 0) object = home_of("x/data.1.af");
    if (both) assert_int_equal(remove(inside(path, "x/data.1.af")), 0);
    char at[1600];
    snprintf(at, sizeof at, "%s", inside(path, object));
    if (kCases[i].damage == FLIPPED) flip_byte(at, kCases[i].at);
    if (kCases[i].damage == CUT) assert_int_equal(truncate(at, kCases[i].at), 0);
    if (kCases[i].damage == REMOVED) assert_int_equal(remove(at), 0);
    strata_report *report = checked(path, 0);
    const uint64_t of_kind = found(report, kCases[i].kind, kCases[i].severity);
    if ((of_kind == 0) == (kCases[i].kind != 0) || (defects_in(report) != 0) != (kCases[i].severity == STRATA_DEFECT)) {
      print_report(report);
      fail_msg("case %zu: %s", i, kCases[i].object);
    }
    int named = 0; /* with its path */
    for (uint64_t f = 0; f < strata_report_count(report); ++f) named |= strstr(finding(report, f).object, both ? "data.1.af" : object) != NULL;
    assert_int_equal(named, kCases[i].kind != 0);
    strata_report_close(report);
  }
}

static void put_where_it_does_not_belong(const char *from, const char *to, uint64_t defects, const char *says) {
  char source[1600], target[1600];
  snprintf(source, sizeof source, "%s", from[0] == '/' ? from : inside(path, from));
  snprintf(target, sizeof target, "%s", inside(path, to));
  copy_bytes(source, target);
  strata_report *report = checked(path, 0);
  int said = 0;
  for (uint64_t f = 0; f < strata_report_count(report); ++f) said |= strstr(finding(report, f).text, says) != NULL;
  if (!said || (defects_in(report) != 0) != (defects != 0)) print_report(report);
  assert_true(said);
  assert_int_equal(defects_in(report) != 0, defects != 0);
  strata_report_close(report);
}

static void objects_that_belong_elsewhere(void **state) {
  (void)state;
  make_store("other");
  char other[1100], cwd[1024], foreign[2600];
  snprintf(other, sizeof other, "%s", path);
  assert_non_null(getcwd(cwd, sizeof cwd));
  make_store("entry_twice");
  put_where_it_does_not_belong(kLog2, kLog3, 1, "entry 2");
  make_store("entry_more");
  put_where_it_does_not_belong(kLog3, "_strata/log/000000000004", 1, "entry 3");
  make_store("entry_foreign");
  snprintf(foreign, sizeof foreign, "%s%s%s/%s", other[0] == '/' ? "" : cwd, other[0] == '/' ? "" : "/", other, kLog3);
  put_where_it_does_not_belong(foreign, kLog3, 1, "another store");
  make_store("registry_foreign");
  snprintf(foreign, sizeof foreign, "%s%s%s/%s", other[0] == '/' ? "" : cwd, other[0] == '/' ? "" : "/", other, "atlas.json");
  put_where_it_does_not_belong(foreign, "atlas.json", 1, "another store");
  make_store("slot_twice"); /* the right one is read from its home; the original reads the wrong one */
  put_where_it_does_not_belong("x/data.1.af", "x/data.2.af", 0, "another one is");
  make_store("slot_of_another_array");
  put_where_it_does_not_belong("y/data.af", "x/data.af", 0, "another one is");
  make_store("home_of_another");
  char home[1600];
  snprintf(home, sizeof home, "%s", home_of("x/data.2.af"));
  put_where_it_does_not_belong("x/data.1.af", home, 1, "another layer");
  make_store("more_slots");
  put_where_it_does_not_belong("x/data.2.af", "x/data.3.af", 0, "no commit");
  make_store("home_of_nobody");
  put_where_it_does_not_belong("x/data.2.af", "_strata/layers/00112233445566778899aabbccddeeff.af", 0, "no array");
}

/* Two files with the same bytes where links are none: the damaged one is told from the other. */
static void one_of_two_copies(void **state) {
  (void)state;
  make_store("copies");
  char home[1600], slot[1600], copy[1600];
  snprintf(home, sizeof home, "%s", inside(path, home_of("x/data.2.af")));
  snprintf(slot, sizeof slot, "%s", inside(path, "x/data.2.af"));
  snprintf(copy, sizeof copy, "%s", scratch("a_copy"));
  copy_bytes(slot, copy);
  copy_bytes(copy, home);
  assert_defects(path, 0);
  flip_byte(home, 3); /* in the data */
  strata_report *report = checked(path, STRATA_CHECK_STRUCTURE);
  assert_int_equal(defects_in(report), 0);
  strata_report_close(report);
  report = checked(path, 0);
  assert_int_equal(defects_in(report), 1);
  assert_non_null(strstr(finding(report, 0).object, "_strata/layers"));
  strata_report_close(report);
}

/* What the registry says and the log does not. */
static void a_registry_of_another_commit(void **state) {
  (void)state;
  make_store("registry");
  char before[1600], now[1600];
  snprintf(before, sizeof before, "%s", scratch("registry_before"));
  snprintf(now, sizeof now, "%s", inside(path, "atlas.json"));
  copy_bytes(now, before);
  strata_store *store = open_store(path);
  put_array(store, "f", "x", 41);
  flush_store(store);
  strata_store_close(store);
  copy_bytes(before, now); /* behind: a writer was killed */
  strata_report *report = checked(path, 0);
  assert_int_equal(defects_in(report), 0);
  assert_int_equal(found(report, STRATA_FINDING_LEFTOVER, STRATA_NOTE), 1);
  strata_report_close(report);
  store = open_store(path); /* ahead: the log has lost its end */
  flush_store(store);
  strata_store_close(store);
  assert_int_equal(remove(inside(path, "_strata/log/000000000004")), 0);
  report = checked(path, 0);
  assert_int_equal(defects_in(report), 1);
  assert_non_null(strstr(finding(report, 0).object, "000000000004"));
  strata_report_close(report);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_sound_store_has_nothing_to_report),
      cmocka_unit_test(each_object_damaged),
      cmocka_unit_test(objects_that_belong_elsewhere),
      cmocka_unit_test(one_of_two_copies),
      cmocka_unit_test(a_registry_of_another_commit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
