/* crowd file|store FOLDER [--writers W] [--readers R] [--seconds S] [--kills-per-second K] [--seed S]
 *
 * Up to eight processes write and compact one file or store while others read it (tally.h). Writers are killed and started again, or stopped
 * for a while. Every acknowledged commit is there, and whoever reads sees whole commits. */
#include "tally.h"

static tally *shared;
static place here;

static void write_on(void *argument) { write_tally(&here, shared, *(const int *)argument, 12); }

/* Looks once, and compares what it sees with itself and with what was acknowledged before. */
static void look(knowledge *k) {
  sight s;
  int whole;
  before_a_look(shared, k);
  EXPECT(&shared->verdict, &here, here.file || here.store ? place_refresh(&here) : place_open(&here));
  const strata_status seen = see_tally(&here, shared, &s, &whole);
  if (here.is_store && seen == STRATA_E_STALE) { /* a compaction has taken away what the handle's commit pinned, and it says so */
    ADD(shared->moved, 1);
    return;
  }
  EXPECT(&shared->verdict, &here, seen);
  if (memcmp(s.own, s.again, (size_t)shared->writers * sizeof *s.own) != 0) {
    /* A handle of a store may move by itself, as a whole; that of a file stays. */
    if (!here.is_store) wrong(&shared->verdict, "a handle of a file has moved by itself");
    ADD(shared->moved, 1);
    return;
  }
  judge_tally(shared, k, &s, whole, 1);
  ADD(shared->looks, 1);
}

static void look_on(void *argument) {
  knowledge k = {0};
  uint64_t random = number_of(shared->seed + 30, (uint64_t)getpid());
  (void)argument;
  while (going_on(shared)) {
    look(&k);
    if (below(&random, 4) == 0) place_close(&here);
    sleep_for(0.001);
  }
  place_close(&here);
}

static strata_status made(void) {
  TRY(place_create(&here));
  TRY(made_tally(&here));
  TRY(place_flush(&here));
  place_close(&here);
  return STRATA_OK;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "file") != 0 && strcmp(argv[1], "store") != 0)) {
    fprintf(stderr, "usage: crowd file|store FOLDER [--writers W] [--readers R] [--seconds S] [--kills-per-second K] [--seed S]\n");
    return 2;
  }
  const uint64_t writers = number_option(argc, argv, "--writers", 3), readers = number_option(argc, argv, "--readers", 2);
  const uint64_t rate = number_option(argc, argv, "--kills-per-second", 20);
  if (writers < 1 || writers > kMostWriters || readers > 8) return 2;
  shared = shared_page(sizeof *shared);
  shared->seed = number_option(argc, argv, "--seed", (uint64_t)time(NULL));
  shared->writers = (int32_t)writers;
  place_name(&here, argv[1], argv[2]);
  printf("%s, %llu writers, %llu readers, seed %llu\n", here.url, (unsigned long long)writers, (unsigned long long)readers,
         (unsigned long long)shared->seed);
  const strata_status status = made();
  if (status != STRATA_OK) {
    fprintf(stderr, "%s: %s\n", strata_status_name(status), here.err.message);
    return 1;
  }

  pid_t reader[8], writer[kMostWriters];
  int number[kMostWriters];
  for (uint64_t i = 0; i < readers; ++i) reader[i] = started(look_on, NULL);
  for (int w = 0; w < shared->writers; ++w) number[w] = w, writer[w] = started(write_on, &number[w]);
  uint64_t random = number_of(shared->seed + 40, 0), kills = 0, pauses = 0;
  const double end = seconds_now() + (double)number_option(argc, argv, "--seconds", 5);
  while (seconds_now() < end && !LOAD(shared->verdict.taken)) {
    sleep_for(rate ? 2.0 * (double)below(&random, 1000) / 1000 / (double)rate : 0.1);
    if (!rate) continue;
    const int w = (int)below(&random, writers);
    if (below(&random, 3) == 0) {
      kill(writer[w], SIGSTOP);
      sleep_for((double)below(&random, 50) / 1000);
      kill(writer[w], SIGCONT);
      ++pauses;
      continue;
    }
    const int how = killed_at_once(writer[w]);
    if (!WIFSIGNALED(how) && !LOAD(shared->verdict.taken)) wrong(&shared->verdict, "writer %d ended by itself: %d", w, how);
    ++kills;
    writer[w] = started(write_on, &number[w]);
  }
  STORE(shared->stop, 1);
  for (int w = 0; w < shared->writers; ++w)
    if (ended(writer[w]) != 0) wrong(&shared->verdict, "writer %d did not end well", w);
  for (uint64_t i = 0; i < readers; ++i)
    if (ended(reader[i]) != 0) wrong(&shared->verdict, "a reader did not end well");

  knowledge k = {0};
  uint64_t commits = 0;
  for (int pass = 0; pass < 2 && !LOAD(shared->verdict.taken); ++pass) {
    look(&k);
    const strata_status merged = pass == 0 ? place_compact(&here) : STRATA_OK;
    if (merged != STRATA_OK && merged != STRATA_E_NOT_PROJECTED) wrong(&shared->verdict, "at the end: %s", here.err.message);
    place_close(&here);
  }
  if (told(&shared->verdict)) return 1;
  for (int w = 0; w < shared->writers; ++w) {
    commits += shared->of[w].acknowledged;
    if (shared->of[w].acknowledged == 0) printf("writer %d has never come through\n", w);
  }
  if (shared->unprojected) printf("%llu commits not projected at once\n", (unsigned long long)shared->unprojected);
  printf("%llu commits, %llu compactions, %llu conflicts, %llu kills, %llu pauses, %llu looks and %llu again: nothing lost, nothing torn\n",
         (unsigned long long)commits, (unsigned long long)shared->compactions, (unsigned long long)shared->conflicts,
         (unsigned long long)kills, (unsigned long long)pauses, (unsigned long long)shared->looks, (unsigned long long)shared->moved);
  return commits ? 0 : 1;
}
