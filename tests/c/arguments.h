/* What the programs arguments_*.c share: one of every handle, and macros that give a call one wrong argument at a
 * time. After each such call the message says what was wrong, no output was made, and all handles hold what they held
 * before. */
#ifndef STRATA_TESTS_ARGUMENTS_H
#define STRATA_TESTS_ARGUMENTS_H

#include "store_support.h"

/* Kinds of handles, and what a message calls them. */
enum { kContext, kCancel, kBuffer, kFile, kArray, kCursor, kStore, kDataset, kAcross, kConflicts, kReport, kLog,
       kCompactions, kDifferences, kKinds };
static const char *const kWords[kKinds] = {"context", "cancel", "buffer",  "file",  "array",
                                           "cursor",  "store",  "dataset", "across", "conflict list", "report", "log",
                                           "compaction list", "difference list"};

enum { kNumbers = 24 };
static const int32_t kValues[kNumbers] = {100, 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                                          12,  13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};

/* One of every handle. `file` has the arrays "numbers" (int32, 4 x 6 in chunks of 2 x 3, the first value unflushed) and
 * "texts" (string, 3); `store` the datasets "d" and "e" with an array "a" (int32, 4), and an unflushed attribute. */
static struct {
  void *handles[kKinds];
  strata_context *context;
  strata_cancel *cancel;
  strata_buffer *buffer;
  strata_file *file;
  strata_array *numbers, *texts, *stored;
  strata_cursor *cursor;
  strata_store *store;
  strata_dataset *dataset;
  strata_across *across;
  strata_conflict_list *conflicts; /* of `file`: none */
  strata_report *report;
  strata_log *log;                 /* of `store` */
  strata_compaction_list *compactions; /* of `store` */
  strata_difference_list *differences; /* from `file` to an empty one */
  strata_pending in_file, in_store;
} w;

/* Where calls that fail are told to put what they would make. WRONG() fills it with what no call gives. */
static struct {
  strata_context *context;
  strata_cancel *cancel;
  strata_buffer *buffer, *values;
  strata_file *file;
  strata_array *array;
  strata_cursor *cursor;
  strata_store *store;
  strata_dataset *dataset;
  strata_across *across;
  strata_conflict_list *conflicts;
  strata_report *report;
  strata_log *log;
  strata_compaction_list *compactions;
  strata_difference_list *differences;
  unsigned char bytes[4 * kNumbers];
} out;
static char poison[64];

static inline void poison_outputs(void) {
  out.context = (void *)poison;
  out.cancel = (void *)poison;
  out.buffer = out.values = (void *)poison;
  out.file = (void *)poison;
  out.array = (void *)poison;
  out.cursor = (void *)poison;
  out.store = (void *)poison;
  out.dataset = (void *)poison;
  out.across = (void *)poison;
  out.conflicts = (void *)poison;
  out.report = (void *)poison;
  out.log = (void *)poison;
  out.compactions = (void *)poison;
  out.differences = (void *)poison;
  memset(out.bytes, 0x5A, sizeof out.bytes);
}

/* A handle is NULL where the call was to make it, and else as it was; no byte was written. */
static inline void assert_no_outputs(void) {
  const void *const made[] = {out.context, out.cancel, out.buffer, out.values,  out.file,
                              out.array,   out.cursor, out.store,  out.dataset, out.across, out.conflicts, out.report,
                              out.log,     out.compactions, out.differences};
  for (size_t i = 0; i < LENGTH(made); ++i) assert_true(made[i] == NULL || made[i] == (void *)poison);
  for (size_t i = 0; i < sizeof out.bytes; ++i) assert_int_equal(out.bytes[i], 0x5A);
}

static inline int make_world(void **state) {
  (void)state;
  strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
  o.threads = 1;
  OK(strata_context_create(&o, NULL, 0, &w.context, &err));
  OK(strata_cancel_create(&w.cancel, &err));
  OK(strata_file_create_memory(w.context, NULL, &w.file, &err));
  w.numbers = define(w.file, "numbers", STRATA_INT32, 2, DIMS(4, 6), DIMS(2, 3));
  w.texts = define(w.file, "texts", STRATA_STRING, 1, DIMS(3), NULL);
  write_all(w.numbers, kValues, sizeof kValues);
  OK(strata_array_write_varlen(w.texts, 1, NULL, NULL, (const int64_t[]){0, 1, 1, 3}, 4, "abc", 3, NULL, &err));
  OK(strata_array_set_attribute(w.numbers, "unit", STRATA_NUL, STRATA_STRING, "degC", 4, &err));
  flush(w.file);
  OK(strata_array_write(w.numbers, 2, DIMS(0, 0), DIMS(1, 1), kValues, 4, NULL, &err));
  strata_buffer *offsets = NULL;
  OK(strata_array_read_varlen(w.texts, 1, NULL, NULL, NULL, &offsets, &w.buffer, &err));
  strata_buffer_release(offsets);
  OK(strata_file_list(w.file, NULL, 0, &w.cursor, &err));

  OK(strata_store_create(w.context, "memory://arguments/store", STRATA_NUL, NULL, NULL, &w.store, &err));
  put_array(w.store, "d", "a", 10);
  put_array(w.store, "e", "a", 20);
  flush_store(w.store);
  w.dataset = open_dataset(w.store, "d");
  OK(strata_dataset_set_attribute(w.dataset, "title", STRATA_NUL, STRATA_STRING, "one", 3, &err));
  w.stored = array_of(w.store, "d", "a");
  OK(strata_store_read_across(w.store, "a", STRATA_NUL, NULL, 0, 0, NULL, NULL, NULL, &w.across, &err));
  OK(strata_check(w.context, "memory://arguments/store", STRATA_NUL, 0, NULL, &w.report, &err));

  OK(strata_file_conflict_list(w.file, &w.conflicts, &err));
  OK(strata_store_log(w.store, 0, NULL, &w.log, &err));
  OK(strata_store_compaction_list(w.store, NULL, &w.compactions, &err));
  strata_file *empty = memory_file();
  OK(strata_file_diff(w.file, empty, NULL, &w.differences, &err));
  strata_file_close(empty);
  w.in_file = pending_of(w.file);
  w.in_store = pending_in(w.store);
  void *const all[kKinds] = {w.context, w.cancel, w.buffer, w.file, w.numbers, w.cursor, w.store, w.dataset, w.across, w.conflicts, w.report,
                               w.log, w.compactions, w.differences};
  memcpy(w.handles, all, sizeof all);
  return 0;
}

static inline int close_world(void **state) {
  (void)state;
  strata_conflict_list_close(w.conflicts);
  strata_report_close(w.report);
  strata_log_close(w.log);
  strata_compaction_list_close(w.compactions);
  strata_difference_list_close(w.differences);
  strata_across_close(w.across);
  strata_array_close(w.stored);
  strata_dataset_close(w.dataset);
  strata_store_close(w.store);
  strata_cursor_close(w.cursor);
  strata_buffer_release(w.buffer);
  strata_array_close(w.texts);
  strata_array_close(w.numbers);
  strata_file_close(w.file);
  strata_cancel_close(w.cancel);
  strata_context_close(w.context);
  return 0;
}

/* Every handle still gives what it gave. */
static inline void assert_world(void) {
  int32_t values[kNumbers];
  read_all(w.numbers, values, sizeof values);
  assert_memory_equal(values, kValues, sizeof values);
  assert_string_equal(names_in(w.file), "numbers,texts");
  strata_pending now = pending_of(w.file);
  assert_memory_equal(&now, &w.in_file, sizeof now);
  assert_array(w.store, "d", "a", 10);
  assert_string_equal(datasets_in(w.store), "d,e");
  assert_string_equal(arrays_in(w.dataset), "a");
  now = pending_in(w.store);
  assert_memory_equal(&now, &w.in_store, sizeof now);
  assert_int_equal(strata_across_count(w.across), 2);
  assert_int_equal(strata_conflict_list_count(w.conflicts), 0);
  assert_true(strata_log_count(w.log) > 0);
  assert_int_equal(strata_compaction_list_count(w.compactions), 1);
  assert_int_equal(strata_difference_list_count(w.differences), 2);
  assert_int_equal(strata_cursor_remaining(w.cursor), 2);
  assert_int_equal(strata_buffer_size(w.buffer), 3);
  strata_progress progress = STRATA_PROGRESS_INIT;
  OK(strata_cancel_progress(w.cancel, &progress, &err));
}

/* The call fails with this status, and its message has the word. */
#define WRONG(want, word, call)                                                                            \
  do {                                                                                                     \
    poison_outputs();                                                                                      \
    FAILS(want, call);                                                                                     \
    if (!strstr(err.message, word)) fail_msg("%s\n    does not say \"%s\": %s", #call, word, err.message); \
    assert_no_outputs();                                                                                   \
    assert_world();                                                                                        \
  } while (0)

/* In `call` the name `wrong` is NULL, then a handle of every other kind. */
#define WRONG_HANDLES(kind, type, call)                      \
  for (int kind_ = -1; kind_ < kKinds; ++kind_) {            \
    if (kind_ == (kind)) continue;                           \
    type *const wrong = kind_ < 0 ? NULL : w.handles[kind_]; \
    WRONG(STRATA_E_HANDLE, kWords[kind], call);              \
  }

/* The same where NULL is allowed. */
#define WRONG_OPTIONAL(kind, type, call)         \
  for (int kind_ = 0; kind_ < kKinds; ++kind_) { \
    if (kind_ == (kind)) continue;               \
    type *const wrong = w.handles[kind_];        \
    WRONG(STRATA_E_HANDLE, kWords[kind], call);  \
  }
#define WRONG_TOKENS(call) WRONG_OPTIONAL(kCancel, strata_cancel, call)

/* Of the text `text` with its `length`: NULL, and what is not UTF-8 (never a character, cut, a surrogate, too long a
 * form, too high). */
static const struct {
  const char *text;
  size_t length;
} kWrongTexts[] = {{"\xFF", STRATA_NUL},     {"a\xC3", 2},
                   {"a\xC3", STRATA_NUL},    {"\xED\xA0\x80", 3},
                   {"\xC0\x80", STRATA_NUL}, {"\xF4\x90\x80\x80", 4},
                   {NULL, STRATA_NUL},       {NULL, 1}};
#define WRONG_TEXTS_UP_TO(n, word, call)              \
  for (size_t text_ = 0; text_ < (n); ++text_) {      \
    const char *const text = kWrongTexts[text_].text; \
    const size_t length = kWrongTexts[text_].length;  \
    WRONG(STRATA_E_INVALID, word, call);              \
  }
#define WRONG_TEXTS(word, call) WRONG_TEXTS_UP_TO(LENGTH(kWrongTexts), word, call)
/* Where NULL is allowed. */
#define WRONG_PREFIXES(call) WRONG_TEXTS_UP_TO(LENGTH(kWrongTexts) - 2, "prefix", call)

/* Options `wrong` whose struct_size is not set, and ones that ask for what this version does not know. */
#define WRONG_SIZES(type, init, call)               \
  do {                                              \
    struct {                                        \
      type known;                                   \
      uint64_t later;                               \
    } newer = {init, 1};                            \
    const type *const wrong = &newer.known;         \
    newer.known.struct_size = sizeof newer;         \
    WRONG(STRATA_E_INVALID, "does not know", call); \
    newer.known.struct_size = 0;                    \
    WRONG(STRATA_E_INVALID, "struct_size", call);   \
    newer.known.struct_size = 3;                    \
    WRONG(STRATA_E_INVALID, "struct_size", call);   \
  } while (0)

/* A result struct `wrong` that is NULL, or whose struct_size is not set; then right ones, smaller and larger. */
#define WRONG_RESULTS(type, init, name, call)           \
  do {                                                  \
    struct {                                            \
      type known;                                       \
      uint64_t later;                                   \
    } newer = {init, 0x5A}, before = {init, 0x5A};      \
    type *wrong = NULL;                                 \
    WRONG(STRATA_E_INVALID, name, call);                \
    wrong = &newer.known;                               \
    wrong->struct_size = before.known.struct_size = 0;  \
    WRONG(STRATA_E_INVALID, "struct_size", call);       \
    wrong->struct_size = before.known.struct_size = 3;  \
    WRONG(STRATA_E_INVALID, "struct_size", call);       \
    assert_memory_equal(&newer, &before, sizeof newer); \
    memset(&newer, 0x5A, sizeof newer);                 \
    memset(&before, 0x5A, sizeof before);               \
    wrong->struct_size = before.known.struct_size = 4;  \
    OK(call);                                           \
    assert_memory_equal(&newer, &before, sizeof newer); \
    wrong->struct_size = sizeof newer;                  \
    OK(call);                                           \
    assert_int_equal(wrong->struct_size, sizeof newer); \
  } while (0)

#define RUN_IN_WORLD(tests) cmocka_run_group_tests(tests, make_world, close_world)

#endif
