/* kills file|store FOLDER [--kills N] [--seed S] [--readers R]
 *
 * A writer that changes a file or store commit by commit is killed by SIGKILL at random moments. Commit n is a number's doing, so a judge
 * knows what is there after it: all that was acknowledged, and of the commit that was under way all or nothing. Readers that look all the
 * while see whole commits only. */
#include "place.h"
#include "processes.h"

enum { kArrays = 9, kCommit = kArrays, kMost = 120, kChunk = 8 };

/* ---- what is there after commit n ---- */

typedef struct {
  uint64_t n;
  struct {
    int defined;
    uint64_t length;
    int32_t values[kMost];
  } arrays[kArrays];
} contents;

typedef struct {
  enum { kDefine, kDelete, kWrite, kResize, kAppend } kind;
  int array;
  uint64_t start, count; /* kDefine, kResize: the length is `count` */
} change;

static int32_t value_of(uint64_t n, uint64_t i) { return (int32_t)(n * 1000 + i); }

/* The changes of commit n above the contents before it. */
static void apply(contents *c, const change *ch, uint64_t n) {
  uint64_t *length = &c->arrays[ch->array].length;
  int32_t *values = c->arrays[ch->array].values;
  uint64_t start = ch->start, count = ch->count;
  if (ch->kind == kDelete || ch->kind == kDefine) {
    memset(&c->arrays[ch->array], 0, sizeof c->arrays[ch->array]);
    c->arrays[ch->array].defined = ch->kind == kDefine;
    if (ch->kind == kDelete) return;
    *length = count;
  } else if (ch->kind == kResize) {
    for (uint64_t i = count; i < *length; ++i) values[i] = 0;
    *length = count;
    return;
  } else if (ch->kind == kAppend) {
    *length += count;
  }
  for (uint64_t i = 0; i < count; ++i) values[start + i] = value_of(n, i);
}

enum { kMostChanges = 6 };

static int changes_of(uint64_t seed, uint64_t n, const contents *before, change *out) {
  static contents c;
  c = *before;
  uint64_t random = number_of(seed, n);
  const int count = 1 + (int)below(&random, kMostChanges);
  for (int i = 0; i < count; ++i) {
    change *ch = &out[i];
    ch->array = (int)below(&random, kArrays);
    const uint64_t length = c.arrays[ch->array].length;
    if (!c.arrays[ch->array].defined) {
      *ch = (change){kDefine, ch->array, 0, below(&random, kMost)};
    } else {
      const uint64_t dice = below(&random, 12);
      if (dice == 0) {
        *ch = (change){kDelete, ch->array, 0, 0};
      } else if (dice < 3) {
        *ch = (change){kResize, ch->array, 0, below(&random, kMost)};
      } else if (dice < 6 && length < kMost) {
        *ch = (change){kAppend, ch->array, length, 1 + below(&random, kMost - length)};
      } else {
        ch->start = below(&random, length + 1);
        *ch = (change){kWrite, ch->array, ch->start, below(&random, length - ch->start + 1)};
      }
    }
    apply(&c, ch, n);
  }
  return count;
}

static void advance(contents *c, uint64_t seed, uint64_t n) {
  change changes[kMostChanges];
  while (c->n < n) {
    const int count = changes_of(seed, c->n + 1, c, changes);
    ++c->n;
    for (int i = 0; i < count; ++i) apply(c, &changes[i], c->n);
  }
}

/* ---- the processes ---- */

typedef struct {
  uint64_t seed;
  uint64_t begun, acknowledged; /* numbers of commits */
  uint64_t looks, unprojected;
  int32_t stop;
  verdict verdict;
} page;

static page *shared;
static place here;

static strata_status changed(const change *ch, uint64_t n) {
  int32_t values[kMost];
  for (uint64_t i = 0; i < ch->count && i < kMost; ++i) values[i] = value_of(n, i);
  const size_t size = (size_t)ch->count * sizeof *values;
  const uint64_t chunk = kChunk;
  if (ch->kind == kDelete) return place_delete(&here, ch->array);
  strata_array *array;
  strata_status status = place_array(&here, ch->array, STRATA_INT32, ch->kind == kDefine ? &ch->count : NULL, &chunk, &array);
  if (status != STRATA_OK) return status;
  if (ch->kind == kDefine || ch->kind == kWrite)
    status = strata_array_write(array, 1, &ch->start, &ch->count, values, size, NULL, &here.err);
  if (ch->kind == kResize) status = strata_array_resize(array, 1, &ch->count, NULL, &here.err);
  if (ch->kind == kAppend) status = strata_array_append(array, 0, ch->count, values, size, NULL, NULL, &here.err);
  strata_array_close(array);
  return status;
}

static strata_status numbered(uint64_t n) {
  const uint64_t one = 1;
  const int32_t value = (int32_t)n;
  strata_array *array;
  strata_status status = place_array(&here, kCommit, STRATA_INT32, n == 0 ? &one : NULL, &one, &array);
  if (status == STRATA_OK) status = strata_array_write(array, 1, NULL, NULL, &value, sizeof value, NULL, &here.err);
  strata_array_close(array);
  return status;
}

#define EXPECT(call)                                                                                            \
  do {                                                                                                          \
    const strata_status expect_ = (call);                                                                       \
    if (expect_ != STRATA_OK) {                                                                                 \
      wrong(&shared->verdict, "%s says %s: %s", #call, strata_status_name(expect_), here.err.message);          \
      return;                                                                                                   \
    }                                                                                                           \
  } while (0)

/* A commit that other programs do not see yet is durable all the same. */
static strata_status committed(strata_status status) {
  if (status != STRATA_E_NOT_PROJECTED) return status;
  ADD(shared->unprojected, 1);
  return STRATA_OK;
}

static void write_on(void *argument) {
  static contents c;
  c = *(const contents *)argument;
  EXPECT(place_open(&here));
  for (;;) {
    change changes[kMostChanges];
    const uint64_t n = c.n + 1;
    const int count = changes_of(shared->seed, n, &c, changes);
    for (int i = 0; i < count; ++i) EXPECT(changed(&changes[i], n));
    EXPECT(numbered(n));
    uint64_t random = number_of(shared->seed + 1, n);
    STORE(shared->begun, n);
    EXPECT(committed(below(&random, 6) == 0 ? place_compact(&here) : place_flush(&here)));
    STORE(shared->acknowledged, n);
    advance(&c, shared->seed, n);
    if (below(&random, 8) == 0) EXPECT(committed(place_compact(&here)));
  }
}

/* A handle of a store opens files when they are first needed: a compaction may have taken away what its commit pinned. It says so. */
static int gone(strata_status status) { return here.is_store && status == STRATA_E_STALE; }

/* Reads all that there is and holds it against the contents after the commit that it says it is, one between `from` and the last that was
 * begun. `c` goes along. 0: the handle has moved to a newer commit in between, or something is wrong. */
static int looked(contents *c, uint64_t from) {
  int32_t values[kMost], number = 0, again = 0;
  uint64_t length = 0;
  strata_status status = place_read(&here, kCommit, &number, 1, &length);
  if (gone(status)) return 0;
  if (status != STRATA_OK) {
    wrong(&shared->verdict, "the number of the commit: %s: %s", strata_status_name(status), here.err.message);
    return 0;
  }
  const uint64_t to = LOAD(shared->begun);
  if ((uint64_t)number < from || (uint64_t)number > to) {
    wrong(&shared->verdict, "commit %d is there, but %llu was acknowledged and %llu the last begun", number,
          (unsigned long long)from, (unsigned long long)to);
    return 0;
  }
  advance(c, shared->seed, (uint64_t)number);
  static char found[1000];
  found[0] = '\0';
  for (int i = 0; i < kArrays && !found[0]; ++i) {
    status = place_read(&here, i, values, kMost, &length);
    if (gone(status)) return 0;
    if (status == STRATA_E_NOT_FOUND && !c->arrays[i].defined) continue;
    const char *what = NULL;
    if (status != STRATA_OK) what = here.err.message;
    else if (!c->arrays[i].defined) what = "is there though it was deleted";
    else if (length != c->arrays[i].length) what = "has another length";
    else if (memcmp(values, c->arrays[i].values, (size_t)length * sizeof *values) != 0) what = "has other values";
    if (what) snprintf(found, sizeof found, "after commit %d, array %d: %s", number, i, what);
  }
  status = place_read(&here, kCommit, &again, 1, &length);
  if (gone(status)) return 0;
  if (status == STRATA_OK && again != number && here.is_store) return 0;
  if (found[0] || status != STRATA_OK || again != number) {
    wrong(&shared->verdict, "%s", found[0] ? found : "a handle of a file has moved by itself");
    return 0;
  }
  return 1;
}

static void look_on(void *argument) {
  uint64_t random = number_of(shared->seed + 2, (uint64_t)getpid());
  static contents c;
  (void)argument;
  memset(&c, 0, sizeof c);
  while (!LOAD(shared->stop) && !LOAD(shared->verdict.taken)) {
    const uint64_t from = LOAD(shared->acknowledged);
    if (here.file || here.store) {
      EXPECT(place_refresh(&here));
    } else {
      EXPECT(place_open(&here));
    }
    if (looked(&c, from)) ADD(shared->looks, 1);
    if (below(&random, 3) == 0) place_close(&here);
    sleep_for(0.002);
  }
  place_close(&here);
}

static int told(void) {
  if (!LOAD(shared->verdict.taken)) return 0;
  while (!LOAD(shared->verdict.told)) sleep_for(0.001);
  fprintf(stderr, "wrong: %s\n", shared->verdict.text);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3 || (strcmp(argv[1], "file") != 0 && strcmp(argv[1], "store") != 0)) {
    fprintf(stderr, "usage: kills file|store FOLDER [--kills N] [--seed S] [--readers R]\n");
    return 2;
  }
  const uint64_t kills = number_option(argc, argv, "--kills", 100);
  const uint64_t readers = number_option(argc, argv, "--readers", 1);
  pid_t reader[16] = {0};
  shared = shared_page(sizeof *shared);
  shared->seed = number_option(argc, argv, "--seed", (uint64_t)time(NULL));
  place_name(&here, argv[1], argv[2]);
  printf("%s, seed %llu\n", here.url, (unsigned long long)shared->seed);

  static contents now; /* that were found */
  strata_status status = place_create(&here);
  if (status == STRATA_OK) status = numbered(0);
  if (status == STRATA_OK) status = place_flush(&here);
  if (status != STRATA_OK) {
    fprintf(stderr, "%s: %s\n", strata_status_name(status), here.err.message);
    return 1;
  }
  place_close(&here);
  for (uint64_t i = 0; i < readers && i < 16; ++i) reader[i] = started(look_on, NULL);

  uint64_t random = number_of(shared->seed + 3, 0), in = 0, out = 0;
  double each = 0.01; /* seconds of a commit */
  for (uint64_t k = 0; k < kills && !LOAD(shared->verdict.taken); ++k) {
    const uint64_t before = now.n;
    const double begin = seconds_now();
    const pid_t writer = started(write_on, &now);
    /* It finishes what the one before it left while it commits for the first time: half of all kills are in that time. */
    const uint64_t whole = below(&random, 2) ? 0 : 1 + below(&random, 6);
    while (LOAD(shared->begun) <= before + whole && LOAD(shared->acknowledged) < before + whole && !LOAD(shared->verdict.taken))
      sleep_for(0.0002);
    sleep_for(each * 1.5 * (double)below(&random, 1000) / 1000);
    const int end = killed_at_once(writer);
    if (!WIFSIGNALED(end) || WTERMSIG(end) != SIGKILL) wrong(&shared->verdict, "a writer ended by itself: %d", end);
    const uint64_t acknowledged = LOAD(shared->acknowledged), begun = LOAD(shared->begun);
    if (acknowledged > before) each = 0.9 * each + 0.1 * (seconds_now() - begin) / (double)(acknowledged - before);
    status = place_open(&here);
    if (status != STRATA_OK) wrong(&shared->verdict, "after a kill: %s: %s", strata_status_name(status), here.err.message);
    else if (!looked(&now, acknowledged)) wrong(&shared->verdict, "after a kill the handle has moved");
    place_close(&here);
    if (begun > acknowledged) ++*(now.n == begun ? &in : &out);
    STORE(shared->begun, now.n); /* what was not there will not come */
    STORE(shared->acknowledged, now.n);
  }
  STORE(shared->stop, 1);
  for (uint64_t i = 0; i < readers && i < 16; ++i)
    if (ended(reader[i]) != 0) wrong(&shared->verdict, "a reader did not end well");
  if (told()) return 1;

  /* At last all of it becomes one base. */
  status = place_open(&here);
  if (status == STRATA_OK) status = committed(place_compact(&here));
  if (status != STRATA_OK) wrong(&shared->verdict, "at the end: %s: %s", strata_status_name(status), here.err.message);
  else (void)looked(&now, now.n);
  place_close(&here);
  if (told()) return 1;
  if (shared->unprojected) printf("%llu commits not projected at once\n", (unsigned long long)shared->unprojected);
  printf("%llu kills, %llu within a commit that is there, %llu within one that is not; %llu commits, %llu looks: nothing lost, "
         "nothing torn\n",
         (unsigned long long)kills, (unsigned long long)in, (unsigned long long)out, (unsigned long long)now.n,
         (unsigned long long)LOAD(shared->looks));
  return 0;
}
