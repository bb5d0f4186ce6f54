/* What allocation_files.c and allocation_stores.c share. Memory runs out at every allocation of every call: the call
 * says STRATA_E_NO_MEMORY or does without; what it was to change is as before; called again it does its work; what is
 * stored is right afterwards, and nothing leaks. */
#ifndef STRATA_TESTS_ALLOCATION_H
#define STRATA_TESTS_ALLOCATION_H

#include "short_memory.h"
#include "store_support.h"

/* ---- where the calls are made ---- */

static const struct setting {
  const char *name, *place; /* NULL: in a folder */
  int32_t codec;
  uint64_t pending_bytes;
} kSettings[] = {
    {"in memory", "memory://allocation", STRATA_CODEC_ZSTD, 0},
    {"on disk, spilling", NULL, STRATA_CODEC_ZSTD, STRATA_NONE},
    {"in memory, lz4", "memory://allocation", STRATA_CODEC_LZ4, 0},
};

enum { kBig = 150000, kSmall = 24 };
static uint8_t big[kBig];
static int32_t small[kSmall];

/* The handles of one run, and what its calls gave. */
static struct {
  const struct setting *setting;
  char file_url[1400], store_url[1400], new_url[1400], new_store_url[1400];
  strata_context *context;
  strata_file *file;
  strata_array *numbers, *texts, *bytes;
  strata_store *store;
  strata_dataset *dataset;
  strata_across *rows;
  /* given by the call under test */
  strata_context *new_context;
  strata_cancel *new_cancel;
  strata_file *new_file;
  strata_array *new_array;
  strata_store *new_store;
  strata_dataset *new_dataset;
  strata_cursor *cursor;
  strata_across *across;
  strata_buffer *offsets, *values;
  strata_error error; /* of the call under test */
} r;

struct picture;

static void close_outputs(void) {
  strata_context_close(r.new_context);
  strata_cancel_close(r.new_cancel);
  strata_file_close(r.new_file);
  strata_array_close(r.new_array);
  strata_store_close(r.new_store);
  strata_dataset_close(r.new_dataset);
  strata_cursor_close(r.cursor);
  strata_across_close(r.across);
  strata_buffer_release(r.offsets);
  strata_buffer_release(r.values);
  r.new_context = NULL;
  r.new_cancel = NULL;
  r.new_file = NULL;
  r.new_array = NULL;
  r.new_store = NULL;
  r.new_dataset = NULL;
  r.cursor = NULL;
  r.across = NULL;
  r.offsets = r.values = NULL;
}

static int made_nothing(void) {
  return !r.new_context && !r.new_cancel && !r.new_file && !r.new_array && !r.new_store && !r.new_dataset &&
         !r.cursor && !r.across && !r.offsets && !r.values;
}

static void begin_run(const struct setting *setting) {
  memset(&r, 0, sizeof r);
  r.setting = setting;
  const char *place = setting->place ? setting->place : scratch_folder("allocation");
  snprintf(r.file_url, sizeof r.file_url, "%s/x.af", place);
  snprintf(r.new_url, sizeof r.new_url, "%s/new.af", place);
  snprintf(r.store_url, sizeof r.store_url, "%s/store", place);
  snprintf(r.new_store_url, sizeof r.new_store_url, "%s/new store", place);
  strata_error_init(&r.error);
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 1;
  o.pending_bytes = setting->pending_bytes;
  OK(strata_context_create(&o, NULL, 0, &r.context, &err));
}

/* The subject of a program: made, drawn and closed by it. */
static void make_subject(void);
static void close_subject(void);
static void draw_subject(struct picture *p);
static void draw_stored_subject(struct picture *p);
static strata_pending pending_of_subject(void);
static void flush_subject(void);
static void reopen_subject(void); /* so that nothing of it is in memory yet */
static void let_another_writer_commit(void);

static void remove_new_files(void) {
  if (r.setting->place) return;
  remove(r.new_url);
  remove(inside(r.new_store_url, "atlas.json"));
}

static void end_run(void) {
  close_outputs();
  close_subject();
  strata_context_close(r.context);
  assert_int_equal(strata_context_join(NULL, NULL, NULL), STRATA_OK); /* threads that are about to end hold memory */
  remove_new_files();
}

/* ---- all that can be read, as text ---- */

typedef struct picture {
  size_t length;
  char text[6000];
  strata_pending pending; /* changes */
} picture;

static void draw(picture *p, const void *bytes, size_t size) {
  const unsigned char *b = bytes;
  if (size > 200) { /* the whole of large ones as a sum */
    uint64_t sum = 1469598103934665603u;
    for (size_t i = 0; i < size; ++i) sum = (sum ^ b[i]) * 1099511628211u;
    p->length += (size_t)snprintf(p->text + p->length, sizeof p->text - p->length, "#%llx", (unsigned long long)sum);
  } else {
    for (size_t i = 0; i < size && p->length + 4 < sizeof p->text; ++i)
      p->length += (size_t)sprintf(p->text + p->length, b[i] > 32 && b[i] < 127 ? "%c" : "%02x", b[i]);
  }
  assert_true(p->length + 8 < sizeof p->text);
  p->text[p->length++] = ' ';
  p->text[p->length] = '\0';
}

static void draw_array(picture *p, strata_array *array) {
  static uint8_t data[kBig];
  size_t size = 0;
  const uint32_t ndim = strata_array_ndim(array);
  const uint32_t levels = strata_array_type(array) == STRATA_LIST ? 2 : strata_array_type(array) == STRATA_STRING;
  if (levels) {
    strata_buffer *offsets[2] = {NULL, NULL}, *values = NULL;
    OK(strata_array_read_nested(array, ndim, NULL, NULL, NULL, levels, offsets, &values, &err));
    for (uint32_t i = 0; i < levels; ++i) {
      draw(p, strata_buffer_data(offsets[i]), strata_buffer_size(offsets[i]));
      strata_buffer_release(offsets[i]);
    }
    draw(p, strata_buffer_data(values), strata_buffer_size(values));
    strata_buffer_release(values);
  } else {
    OK(strata_array_read(array, ndim, NULL, NULL, NULL, data, sizeof data, &size, &err));
    draw(p, data, size);
  }
}

static void draw_attribute(picture *p, strata_array *array, strata_dataset *dataset, const char *key, size_t length) {
  char value[64];
  int32_t type = 0;
  size_t size = 0;
  if (array) OK(strata_array_get_attribute(array, key, length, &type, value, sizeof value, &size, &err));
  else OK(strata_dataset_get_attribute(dataset, key, length, &type, value, sizeof value, &size, &err));
  draw(p, key, length);
  draw(p, &type, sizeof type);
  draw(p, value, size);
}

static void draw_open(picture *p) {
  memset(p, 0, sizeof *p);
  draw_subject(p);
  p->pending = pending_of_subject();
}

/* What a handle that has just been opened shows. */
static void draw_stored(picture *p) {
  memset(p, 0, sizeof *p);
  draw_stored_subject(p);
}

static void assert_same(const picture *now, const picture *wanted, const char *step, uint64_t n, const char *when) {
  if (strcmp(now->text, wanted->text) != 0)
    fail_msg("%s, %s, allocation %llu: %s is\n    %s\nand not\n    %s", r.setting->name, step, (unsigned long long)n,
             when, now->text, wanted->text);
  if (memcmp(&now->pending, &wanted->pending, sizeof now->pending) != 0)
    fail_msg("%s, %s, allocation %llu: %s is another number of pending changes", r.setting->name, step,
             (unsigned long long)n, when);
}

/* ---- the calls ---- */

/* Where they put what they give. */
static char room[kBig];
static size_t needed;
static int32_t type;

#define CALL(name, expression) \
  static strata_status name(void) { return expression; }
#define E &r.error

/* What comes before some of them. */
static void nothing_before(void) {}
static void flush_before(void) { flush_subject(); }
static void reopened_before(void) {
  flush_subject();
  reopen_subject();
}
static void another_writer_before(void) {
  flush_subject();
  let_another_writer_commit();
}

typedef struct step {
  const char *name;
  strata_status (*call)(void);
  void (*before)(void);
  enum { kWhole, kCommits } kind; /* kCommits: more than once, so that a failure may come after the first */
} step;
#define STEP(call) \
  { #call, call, nothing_before, kWhole }
#define COMMITS(call) \
  { #call, call, nothing_before, kCommits }
#define AFTER(before, call) \
  { #call " after " #before, call, before, kWhole }

/* ---- each call with each allocation failing ---- */

static void begin(const struct setting *setting, const step *s) {
  begin_run(setting);
  make_subject();
  s->before();
}

/* Every allocation with the first setting; with the others all of the first, then ever fewer. */
static uint64_t next_allocation(uint64_t n, const struct setting *setting) {
  return setting == &kSettings[0] || n < 4 ? n + 1 : 2 * n;
}

static uint64_t run_step(const struct setting *setting, const step *s) {
  static picture before, after, stored, now;
  /* Without a failure; twice, so that what is kept for good is there. */
  for (int i = 0; i < 2; ++i) {
    begin(setting, s);
    draw_open(&before);
    if (s->call() != STRATA_OK) fail_msg("%s, %s: %s", setting->name, s->name, r.error.message);
    close_outputs();
    draw_open(&after);
    flush_subject();
    draw_stored(&stored);
    end_run();
  }
  uint64_t n = 1, leaked = 0;
  for (;;) {
    const int64_t living = short_memory.living;
    begin(setting, s);
    fail_allocation(n);
    strata_status status = s->call();
    const int failed = short_memory.failed;
    fail_allocation(0);
    if (status != STRATA_OK) {
      if (!failed || (status != STRATA_E_NO_MEMORY && status != STRATA_E_OUTCOME_UNKNOWN &&
                      status != STRATA_E_NOT_PROJECTED))
        fail_msg("%s, %s, allocation %llu: %s: %s", setting->name, s->name, (unsigned long long)n,
                 strata_status_name(status), r.error.message);
      assert_int_equal(r.error.status, status);
      assert_true(r.error.message[0] != '\0');
      if (!made_nothing())
        fail_msg("%s, %s, allocation %llu: an output", setting->name, s->name, (unsigned long long)n);
      draw_open(&now);
      if (s->kind == kCommits && now.pending.arrays <= before.pending.arrays) now.pending = before.pending;
      assert_same(&now, &before, s->name, n, "after the failure there");
      status = s->call();
      if (status != STRATA_OK)
        fail_msg("%s, %s, again after allocation %llu: %s: %s", setting->name, s->name, (unsigned long long)n,
                 strata_status_name(status), r.error.message);
    }
    close_outputs();
    draw_open(&now);
    assert_same(&now, &after, s->name, n, "after the call there");
    flush_subject();
    draw_stored(&now);
    assert_same(&now, &stored, s->name, n, "in storage there");
    end_run();
    if (short_memory.living != living) { /* what is kept for good leaks only once */
      if (leaked == n)
        fail_msg("%s, %s, allocation %llu: %lld more live than before", setting->name, s->name, (unsigned long long)n,
                 (long long)(short_memory.living - living));
      leaked = n;
      continue;
    }
    if (!failed) return n - 1;
    n = next_allocation(n, setting);
  }
}

static void run_steps(const step *steps, size_t count) {
  if (!CAN_RUN_OUT_OF_MEMORY) skip();
  uint64_t seed = 0;
  for (int i = 0; i < kBig; ++i) big[i] = (uint8_t)(random_number(&seed) % 61);
  for (int i = 0; i < kSmall; ++i) small[i] = i * 1000003;
  uint64_t total = 0;
  for (size_t k = 0; k < LENGTH(kSettings); ++k)
    for (size_t i = 0; i < count; ++i) total += run_step(&kSettings[k], &steps[i]);
  printf("%llu allocations failed\n", (unsigned long long)total);
  assert_true(total > 1000);
}

#endif
