/* life FOLDER [--writers W] [--workers N] [--seconds S] [--kills-per-second K] [--seed S] [--full-every S] [--original PROGRAM --turn-every S]
 *
 * One store, and all that is ever done to one at once: writers flush, workers deliver and two adopt, one compacts, one gives tags, expires and
 * collects, readers look at the newest commit and at older ones, somebody checks. They are killed and stopped at random, now and then the
 * disk is full, and now and then all rest, or are killed, and the original writes and compacts. In the end every acknowledged commit is there,
 * each commit that is kept reads as it always did, no attempt was taken twice, nothing is damaged, and there is no more than is needed. */
#include "full_disk.h"
#include "looks.h"
#include <dirent.h>

enum { kMostRoles = 24, kArrayFiles = (kTurns + kDatasets) / kDatasets };

/* ---- what the processes do ---- */

typedef struct {
  enum { kWriter, kWorker, kAdopter, kCompactor, kKeeper, kReader, kHistorian, kChecker } kind;
  int number;
  pid_t pid;
} role;

static void compact_on(void) {
  uint64_t random = number_of(t->seed + 70, (uint64_t)getpid());
  EXPECT(&t->verdict, &here, place_open(&here));
  while (going_on(t)) {
    strata_status status = to_newest(&here, t);
    if (status == STRATA_OK) status = place_compact(&here);
    if (status == STRATA_OK) ADD(t->compactions, 1);
    if (!is_passing(t, status) && status != STRATA_E_CONFLICT)
      wrong(&t->verdict, "a compaction: %s: %s", strata_status_name(status), here.err.message);
    sleep_for((double)below(&random, 100) / 1000);
  }
  place_close(&here);
}

static void look_on(int at_past) {
  uint64_t random = number_of(t->seed + 30, (uint64_t)getpid());
  knowledge k;
  memset(&k, 0, sizeof k);
  while (going_on(t)) {
    if (at_past) below(&random, 2) ? look_at_tag(&random) : look_at_number(&random);
    else look_at_newest(&k, 0);
    if (below(&random, 4) == 0) place_close(&here);
    sleep_for(0.002);
  }
  place_close(&here);
}

static void live(void *argument) {
  const role *r = argument;
  switch (r->kind) {
    case kWriter: write_tally(&here, t, r->number, 0); break;
    case kWorker: work_on(&here, t, &shared->jobs); break;
    case kAdopter: adopt_on(&here, t, &shared->jobs, r->number == 0); break;
    case kCompactor: compact_on(); break;
    case kKeeper: keep_past(&here, t, &shared->past); break;
    case kReader: look_on(0); break;
    case kHistorian: look_on(1); break;
    case kChecker:
      while (going_on(t)) {
        check(STRATA_CHECK_STRUCTURE);
        sleep_for(0.2);
      }
  }
}

/* ---- the whole ---- */

static role roles[kMostRoles];
static int role_count;
static uint64_t kills, stops, full_disks;

static void begin_all(void) {
  STORE(t->stop, 0);
  for (int i = 0; i < role_count; ++i) roles[i].pid = started(live, &roles[i]);
}

/* killed: those who write are not asked. */
static void end_all(int killed) {
  STORE(shared->disk_is_full, 0);
  STORE(t->stop, 1);
  for (int i = 0; i < role_count; ++i) {
    const int by_kill = killed && roles[i].kind <= kKeeper;
    const int how = by_kill ? killed_at_once(roles[i].pid) : ended(roles[i].pid);
    kills += (uint64_t)by_kill;
    if (!by_kill && how != 0) wrong(&t->verdict, "process %d of kind %d did not end well: %d", i, (int)roles[i].kind, how);
  }
}

static void kill_or_stop(uint64_t *random) {
  role *r = &roles[below(random, (uint64_t)role_count)];
  if (below(random, 3) == 0) {
    kill(r->pid, SIGSTOP);
    sleep_for((double)below(random, 50) / 1000);
    kill(r->pid, SIGCONT);
    ++stops;
    return;
  }
  const int how = killed_at_once(r->pid);
  if (!WIFSIGNALED(how) && !LOAD(t->verdict.taken)) wrong(&t->verdict, "a process of kind %d ended by itself: %d", (int)r->kind, how);
  ++kills;
  r->pid = started(live, r);
}

/* Its turn n: a chunk; in some turns, those of `own`, also a dataset of its own in every array file, in the place of the one before. Without
 * that its bases differ in their data only, and have the same footers. */
static void write_script(FILE *f, uint64_t n, uint64_t before, int own, int compacts) {
  const array_name a = name_of_array(&here, kTurns);
  fprintf(f, "{\"mode\":\"open\",\"ops\":[{\"op\":\"write\",\"dataset\":\"%s\",\"name\":\"%s\",\"start\":[0],\"shape\":[%d],\"values\":%llu},\n",
          a.dataset, a.name, (int)kChunk, (unsigned long long)n);
  if (own && before) fprintf(f, "{\"op\":\"delete_dataset\",\"dataset\":\"o%llu\"},\n", (unsigned long long)before);
  if (own) fprintf(f, "{\"op\":\"create_dataset\",\"dataset\":\"o%llu\"},\n", (unsigned long long)n);
  for (int i = 0; own && i < kArrayFiles; ++i) {
    const char *name = name_of_array(&here, i * kDatasets).name;
    fprintf(f, "{\"op\":\"define\",\"dataset\":\"o%llu\",\"name\":\"%s\",\"dtype\":\"int32\",\"shape\":[2],\"dims\":[\"i\"]},\n", (unsigned long long)n, name);
    fprintf(f, "{\"op\":\"write\",\"dataset\":\"o%llu\",\"name\":\"%s\",\"values\":%llu},\n", (unsigned long long)n, name, (unsigned long long)n);
  }
  fprintf(f, "{\"op\":\"flush\"}%s]}\n", compacts ? ",{\"op\":\"compact\"}" : "");
}

/* A turn of the original, with nobody else there, and strata's next commit. */
static void turn_of_original(const char *program, uint64_t *random) {
  static uint64_t with_dataset; /* the last turn that was */
  const uint64_t n = shared->turn + 1;
  const int makes_dataset = (int)below(random, 2);
  char script[1200], command[4800], own[32];
  snprintf(script, sizeof script, "%s.json", here.url);
  FILE *f = fopen(script, "w");
  if (!f) {
    wrong(&t->verdict, "cannot write %s", script);
    return;
  }
  write_script(f, n, with_dataset, makes_dataset, (int)below(random, 2));
  if (makes_dataset) with_dataset = n;
  snprintf(own, sizeof own, "o%llu", (unsigned long long)with_dataset);
  fclose(f);
  snprintf(command, sizeof command, "'%s' write-store '%s' '%s' > '%s.out' 2>&1", program, script, here.url, here.url);
  fflush(NULL);
  const int how = system(command);
  if (how != 0) {
    wrong(&t->verdict, "the original ended with %d, see %s.out", how, here.url);
    return;
  }
  int32_t values[kChunk];
  uint64_t length;
  int32_t all[kTurnLength];
  for (int i = 0; i < kChunk; ++i) values[i] = (int32_t)n;
  EXPECT(&t->verdict, &here, place_open(&here));
  strata_status status = written(&here, kTurns, kChunk, kChunk, values);
  if (status == STRATA_OK) status = place_flush(&here);
  EXPECT(&t->verdict, &here, status);
  EXPECT(&t->verdict, &here, place_read(&here, kTurns, all, kTurnLength, &length));
  strata_dataset *dataset = NULL;
  if (with_dataset) EXPECT(&t->verdict, &here, strata_store_dataset_open(here.store, own, STRATA_NUL, &dataset, &here.err));
  strata_dataset_close(dataset);
  place_close(&here);
  /* Invariant 8: what the original wrote is there; what strata had acknowledged is looked at by whoever comes next. */
  for (int i = 0; i < kTurnLength; ++i)
    if (all[i] != (int32_t)n) wrong(&t->verdict, "in turn %llu of the original there is %d at %d", (unsigned long long)n, all[i], i);
  STORE(shared->turn, n);
}

static strata_status made(void) {
  strata_retention kept = STRATA_RETENTION_INIT;
  kept.commits = kKept;
  TRY(place_create(&here));
  TRY(made_tally(&here));
  TRY(made_jobs(&here));
  TRY(made_array(&here, kTurns, kTurnLength, kChunk));
  TRY(place_flush(&here));
  TRY(strata_store_set_retention(here.store, &kept, NULL, &here.err));
  TRY(strata_store_tag(here.store, "base-1", STRATA_NUL, NULL, 0, NULL, &here.err));
  place_close(&here);
  shared->jobs.job = 1;
  shared->past.floor = 1;
  return STRATA_OK;
}

static uint64_t objects_in(const char *folder, const char *ending) {
  char path[1200];
  uint64_t n = 0;
  snprintf(path, sizeof path, "%s/_strata/%s", here.url, folder);
  DIR *d = opendir(path);
  if (!d) return 0;
  for (struct dirent *e; (e = readdir(d));) {
    const size_t length = strlen(e->d_name), wanted = strlen(ending);
    n += length > wanted && strcmp(e->d_name + length - wanted, ending) == 0;
  }
  closedir(d);
  return n;
}

static int by_text(const void *a, const void *b) { return memcmp(a, b, 32); }

/* Invariant 5: no attempt is in two entries of the log. */
static uint64_t attempts_taken_once(void) {
  char(*ids)[32] = NULL;
  size_t count = 0, room = 0;
  for (uint64_t seq = 1;; ++seq) {
    char path[1200];
    static char text[1 << 16];
    snprintf(path, sizeof path, "%s/_strata/log/%012llu", here.url, (unsigned long long)seq);
    FILE *f = fopen(path, "r");
    if (!f) break;
    const size_t size = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[size] = 0;
    const char *at = strstr(text, "\"attempts\":"); /* no other ids come after these */
    for (at = at ? at + 11 : NULL; at && *at; ++at) {
      if (*at != '"' || strspn(at + 1, "0123456789abcdef") != 32) continue;
      if (count == room) ids = realloc(ids, (room = room ? 2 * room : 1024) * sizeof *ids);
      memcpy(ids[count++], at + 1, 32);
      at += 33;
    }
  }
  if (count) qsort(ids, count, sizeof *ids, by_text);
  for (size_t i = 1; i < count; ++i)
    if (by_text(ids[i - 1], ids[i]) == 0) wrong(&t->verdict, "attempt %.32s was taken twice", ids[i]);
  free(ids);
  return count;
}

/* All of the past goes, and what is left is what the newest commit needs. */
static void end_of_all(void) {
  knowledge k;
  memset(&k, 0, sizeof k);
  look_at_newest(&k, 1);
  for (int i = 0; i < kTags; ++i) {
    char name[32];
    snprintf(name, sizeof name, "t%llu", (unsigned long long)shared->past.tags[i].number);
    if (shared->past.tags[i].number && (place_close(&here), !look_at_past(name, shared->past.tags[i].seq, "who looked at a tag in the end")))
      wrong(&t->verdict, "in the end tag %s is gone: %s", name, here.err.message);
  }
  place_close(&here);
  check(0);
  EXPECT(&t->verdict, &here, place_open(&here));
  strata_log *tags = NULL;
  EXPECT(&t->verdict, &here, strata_store_tags(here.store, NULL, &tags, &here.err));
  for (uint64_t i = 0; i < strata_log_count(tags); ++i) {
    strata_commit c = STRATA_COMMIT_INIT;
    EXPECT(&t->verdict, &here, strata_log_get(tags, i, &c, &here.err));
    EXPECT(&t->verdict, &here, strata_store_untag(here.store, c.tag, STRATA_NUL, NULL, &here.err));
  }
  strata_log_close(tags);
  strata_retention none = STRATA_RETENTION_INIT;
  EXPECT(&t->verdict, &here, strata_store_set_retention(here.store, &none, NULL, &here.err));
  EXPECT(&t->verdict, &here, place_compact(&here));
  EXPECT(&t->verdict, &here, strata_store_collect(here.store, 0, NULL, &here.err));
  const uint64_t homes = objects_in("layers", ".af");
  /* Each array file is a base now, and one that the original made has no other name. */
  if (homes > kArrayFiles) wrong(&t->verdict, "%llu layers are kept for %d array files", (unsigned long long)homes, (int)kArrayFiles);
  const uint64_t inbox = objects_in("inbox", ".json") + objects_in("inbox", ".af");
  if (inbox) wrong(&t->verdict, "%llu objects are left in the inbox", (unsigned long long)inbox);
  place_close(&here);
  look_at_newest(&k, 1);
  place_close(&here);
  check(0);
}

static const char *text_option(int argc, char **argv, const char *name) {
  for (int i = 2; i + 1 < argc; ++i)
    if (strcmp(argv[i], name) == 0) return argv[i + 1];
  return NULL;
}

/* Of each kind of thing one was done. */
static int has_lived(void) {
  return LOAD(t->of[0].acknowledged) && LOAD(shared->jobs.job) > 1 && LOAD(t->looks) && LOAD(shared->past.looks_at_tags);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: life FOLDER [--writers W] [--workers N] [--seconds S] [--kills-per-second K] [--seed S] [--full-every S]"
                    " [--original PROGRAM --turn-every S]\n");
    return 2;
  }
  const uint64_t writers = number_option(argc, argv, "--writers", 2), workers = number_option(argc, argv, "--workers", 2);
  const uint64_t rate = number_option(argc, argv, "--kills-per-second", 10);
  const double full_every = (double)number_option(argc, argv, "--full-every", 3), turn_every = (double)number_option(argc, argv, "--turn-every", 10);
  const char *original = text_option(argc, argv, "--original");
  if (writers < 1 || writers > kMostWriters || workers > 8 || rate < 1) return 2;
  shared = shared_page(sizeof *shared);
  t = &shared->tally;
  t->seed = number_option(argc, argv, "--seed", (uint64_t)time(NULL));
  t->writers = (int32_t)writers;
  disk_is_full = &shared->disk_is_full;
  refused = &shared->refused;
  place_name(&here, "store", argv[1]);
  printf("%s, %llu writers, %llu workers, seed %llu\n", here.url, (unsigned long long)writers, (unsigned long long)workers,
         (unsigned long long)t->seed);
  const strata_status status = made();
  if (status != STRATA_OK) {
    fprintf(stderr, "%s: %s\n", strata_status_name(status), here.err.message);
    return 1;
  }
  for (int i = 0; i < (int)writers; ++i) roles[role_count++] = (role){kWriter, i, 0};
  for (int i = 0; i < (int)workers; ++i) roles[role_count++] = (role){kWorker, i, 0};
  for (int i = 0; i < 2; ++i) roles[role_count++] = (role){kAdopter, i, 0};
  roles[role_count++] = (role){kCompactor, 0, 0};
  roles[role_count++] = (role){kKeeper, 0, 0};
  roles[role_count++] = (role){kReader, 0, 0};
  roles[role_count++] = (role){kHistorian, 0, 0};
  roles[role_count++] = (role){kChecker, 0, 0};

  uint64_t random = number_of(t->seed + 40, 0);
  const double end = seconds_now() + (double)number_option(argc, argv, "--seconds", 10);
  double next_full = seconds_now() + full_every, full_until = 0, next_turn = seconds_now() + turn_every;
  begin_all();
  while (!LOAD(t->verdict.taken)) {
    if (seconds_now() > end) { /* on a slow machine they come to something when they are left in peace */
      if (has_lived() || seconds_now() > end + 300) break;
      STORE(shared->disk_is_full, 0);
      sleep_for(0.1);
      continue;
    }
    sleep_for(2.0 * (double)below(&random, 1000) / 1000 / (double)rate);
    kill_or_stop(&random);
    const double now = seconds_now();
    if (full_until && now > full_until) {
      STORE(shared->disk_is_full, 0);
      full_until = 0;
      next_full = now + full_every;
    } else if (!full_until && full_every > 0 && now > next_full) {
      STORE(t->full, 1);
      STORE(shared->disk_is_full, 1);
      full_until = now + 0.3;
      ++full_disks;
    }
    if (original && now > next_turn) {
      end_all((int)below(&random, 2));
      if (!LOAD(t->verdict.taken)) turn_of_original(original, &random);
      begin_all();
      next_turn = seconds_now() + turn_every;
    }
  }
  end_all(0);
  if (!LOAD(t->verdict.taken)) end_of_all();
  const uint64_t taken = LOAD(t->verdict.taken) ? 0 : attempts_taken_once();
  if (told(&t->verdict)) return 1;
  uint64_t commits = 0;
  for (int w = 0; w < t->writers; ++w) commits += t->of[w].acknowledged;
  const past *p = &shared->past;
  const jobs *j = &shared->jobs;
  printf("%llu deliveries, %llu of them late, %llu duplicates refused, %llu attempts taken\n",
         (unsigned long long)j->deliveries, (unsigned long long)j->late, (unsigned long long)j->duplicates, (unsigned long long)taken);
  printf("%llu tags, %llu expiries, %llu collections, %llu checks, %llu calls refused by a full disk\n", (unsigned long long)p->tagged,
         (unsigned long long)p->expiries, (unsigned long long)p->collections, (unsigned long long)shared->checks,
         (unsigned long long)shared->refused);
  printf("%llu commits, %llu jobs, %llu compactions, %llu conflicts, %llu kills, %llu stops, %llu full disks, %llu turns of the original,"
         " %llu looks, %llu at tags, %llu at numbers (%llu gone): nothing lost, nothing torn\n",
         (unsigned long long)commits, (unsigned long long)(j->job - 1), (unsigned long long)t->compactions, (unsigned long long)t->conflicts,
         (unsigned long long)kills, (unsigned long long)stops, (unsigned long long)full_disks, (unsigned long long)shared->turn,
         (unsigned long long)t->looks, (unsigned long long)p->looks_at_tags, (unsigned long long)p->looks_at_numbers,
         (unsigned long long)p->gone);
  return has_lived() ? 0 : 1;
}
