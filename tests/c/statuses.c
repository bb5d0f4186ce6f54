/* Every status that there is, reached through the ABI or said why not. Where the system has to fail, the system calls
 * that the library makes are this program's own. */
#undef _FILE_OFFSET_BITS /* which would give pwrite another name than the one that the library calls */
#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../support/permissions.h"
#include "store_support.h"

/* ---- a system that fails when it is told to ---- */

static int write_error;       /* errno of every pwrite; 0: it works */
static int folder_sync_error; /* of every fsync of a folder */

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  if (write_error) {
    errno = write_error;
    return -1;
  }
  return syscall(SYS_pwrite64, fd, bytes, size, offset);
}
int fsync(int fd) {
  struct stat s;
  if (folder_sync_error && fstat(fd, &s) == 0 && S_ISDIR(s.st_mode)) {
    errno = folder_sync_error;
    return -1;
  }
  return (int)syscall(SYS_fsync, fd);
}

/* ---- what the cases use ---- */

/* A file on disk with an array "a" of 4 int32 that is flushed, and one value pending. */
static struct {
  strata_context *context;
  strata_file *file;
  strata_array *array;
  char path[1400], layer[1400];
  int32_t values[4];
} s;

static int make_sample(void **state) {
  (void)state;
  memset(&s, 0, sizeof s);
  OK(strata_context_create(NULL, NULL, 0, &s.context, &err));
  static int number;
  snprintf(s.path, sizeof s.path, "%s%d.af", scratch("s"), ++number);
  snprintf(s.layer, sizeof s.layer, "%s%d.1.af", scratch("s"), number);
  OK(strata_file_create(s.context, s.path, STRATA_NUL, NULL, NULL, &s.file, &err));
  s.array = define(s.file, "a", STRATA_INT32, 1, DIMS(4), NULL);
  write_all(s.array, s.values, sizeof s.values);
  flush(s.file);
  write_i32(s.array, 0, 1, &(int32_t){7});
  return 0;
}

static int drop_sample(void **state) {
  (void)state;
  write_error = folder_sync_error = 0;
  strata_array_close(s.array);
  strata_file_close(s.file);
  strata_context_close(s.context);
  return 0;
}

static strata_status open_again(const char *path) {
  strata_file *file = NULL;
  const strata_status status = strata_file_open(s.context, path, STRATA_NUL, NULL, NULL, &file, &err);
  strata_file_close(file);
  return status;
}

static const char *written(const char *name, const void *bytes, size_t size) {
  const char *path = scratch(name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, size, f), size);
  fclose(f);
  return path;
}

static strata_status read_with(strata_cancel *cancel) {
  return strata_array_read(s.array, 1, NULL, NULL, cancel, s.values, sizeof s.values, NULL, &err);
}

/* ---- one case a status ---- */

static strata_status ok(void) { return strata_file_flush(s.file, NULL, &err); }
static strata_status done(void) {
  strata_cursor *cursor = NULL;
  const char *name;
  size_t length;
  OK(strata_file_list(s.file, "none", STRATA_NUL, &cursor, &err));
  const strata_status status = strata_cursor_next(cursor, &name, &length, &err);
  strata_cursor_close(cursor);
  return status;
}
static strata_status invalid(void) { return strata_array_read(s.array, 2, NULL, NULL, NULL, NULL, 0, NULL, &err); }
static strata_status handle(void) { return strata_file_flush(NULL, NULL, &err); }
static strata_status range(void) {
  return strata_array_read(s.array, 1, DIMS(3), DIMS(2), NULL, s.values, 8, NULL, &err);
}
static strata_status buffer_too_small(void) {
  return strata_array_read(s.array, 1, NULL, NULL, NULL, s.values, 15, NULL, &err);
}
static strata_status wrong_type(void) {
  strata_buffer *offsets = NULL, *values = NULL;
  return strata_array_read_varlen(s.array, 1, NULL, NULL, NULL, &offsets, &values, &err);
}
static strata_status read_only(void) {
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.flags = STRATA_READ_ONLY;
  strata_file *file = NULL;
  OK(strata_file_open(s.context, s.path, STRATA_NUL, &o, NULL, &file, &err));
  const strata_status status = strata_file_delete(file, "a", 1, NULL, &err);
  strata_file_close(file);
  return status;
}
static strata_status stale(void) {
  OK(strata_file_delete(s.file, "a", 1, NULL, &err));
  return read_with(NULL);
}
static strata_status pending(void) { return strata_file_refresh(s.file, NULL, NULL, &err); }
static strata_status not_found(void) { return open_again(scratch("none.af")); }
static strata_status exists(void) {
  strata_file *file = NULL;
  return strata_file_create(s.context, s.path, STRATA_NUL, NULL, NULL, &file, &err);
}
static strata_status conflict(void) {
  strata_file *other = open_in(s.context, s.path);
  OK(strata_file_delete(other, "a", 1, NULL, &err));
  flush(other);
  strata_file_close(other);
  return strata_file_flush(s.file, NULL, &err);
}
static strata_status outcome_unknown(void) {
  folder_sync_error = EIO;
  const strata_status status = strata_file_flush(s.file, NULL, &err);
  folder_sync_error = 0;
  const strata_error first = err;
  /* It was published, and the next flush knows it again. */
  const uint64_t layers = layer_count(s.file);
  OK(strata_file_flush(s.file, NULL, &err));
  assert_int_equal(layer_count(s.file), layers + 1);
  strata_file *other = open_in(s.context, s.path);
  strata_array *array = open_array(other, "a");
  assert_int_equal(read_i32(array, 0), 7);
  strata_array_close(array);
  strata_file_close(other);
  err = first;
  return status;
}
static strata_status compact_first(void) {
  strata_file_options o = STRATA_FILE_OPTIONS_INIT;
  o.fold_limit_bytes = 1;
  strata_file *file = NULL;
  OK(strata_file_open(s.context, s.path, STRATA_NUL, &o, NULL, &file, &err));
  OK(strata_file_delete(file, "a", 1, NULL, &err));
  const strata_status status =
      strata_file_define(file, "a", 1, STRATA_INT32, 2, DIMS(4, 4), NULL, NULL, 0, NULL, 0, NULL, NULL, &err);
  strata_file_close(file);
  return status;
}
static strata_status format(void) { return open_again(written("text.af", "this is a text of some length", 29)); }
/* The bytes of its chunk are none that can be decompressed. */
static strata_status corrupt(void) {
  FILE *f = fopen(s.layer, "r+b");
  assert_non_null(f);
  for (int i = 0; i < 8; ++i) assert_int_equal(fputc(0xFF, f), 0xFF);
  assert_int_equal(fclose(f), 0);
  strata_file *file = open_in(s.context, s.path);
  strata_array *array = open_array(file, "a");
  const strata_status status = strata_array_read(array, 1, NULL, NULL, NULL, s.values, sizeof s.values, NULL, &err);
  strata_array_close(array);
  strata_file_close(file);
  return status;
}
/* Its layer says that it was compressed with "zstx", and has no digests by which that were damage: as the original would write it, the
 * footer follows its only block (docs/format.md, "Records"). */
static strata_status codec(void) {
  static char bytes[1 << 16];
  FILE *f = fopen(s.layer, "rb");
  assert_non_null(f);
  const size_t size = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  int found = 0;
  for (size_t i = 0; i + 4 <= size; ++i)
    if (memcmp(bytes + i, "zstd", 4) == 0) {
      bytes[i + 3] = 'x';
      found = 1;
    }
  assert_true(found);
  uint64_t footer_size, blocks, block[2];
  memcpy(&footer_size, bytes + size - 12, 8);
  const size_t footer = size - 12 - (size_t)footer_size, root = size - 12 - 96;
  memcpy(&blocks, bytes + root + 8, 8);
  memcpy(block, bytes + root + 8 + blocks + 8, sizeof block);
  const size_t end = (size_t)(block[0] + block[1]);
  f = fopen(s.layer, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, end, f), end);
  assert_int_equal(fwrite(bytes + footer, 1, size - footer, f), size - footer);
  assert_int_equal(fclose(f), 0);
  strata_file *file = open_in(s.context, s.path);
  strata_array *array = open_array(file, "a");
  const strata_status status = strata_array_read(array, 1, DIMS(1), DIMS(1), NULL, s.values, 4, NULL, &err);
  strata_array_close(array);
  strata_file_close(file);
  return status;
}
static strata_status io(void) {
  write_error = EIO;
  return strata_file_flush(s.file, NULL, &err);
}
static strata_status no_space(void) {
  write_error = ENOSPC;
  const strata_status status = strata_file_flush(s.file, NULL, &err);
  assert_int_equal(err.os_error, ENOSPC);
  const strata_error first = err;
  write_error = 0; /* room was made */
  OK(strata_file_flush(s.file, NULL, &err));
  err = first;
  return status;
}
static strata_status limit(void) {
  return strata_file_define(s.file, "n", 1, STRATA_INT8, 1, DIMS(UINT64_C(1) << 32), NULL, NULL, 0, NULL, 0, NULL, NULL,
                            &err);
}
static strata_status permission(void) {
  const char *folder = scratch_folder("forbidden");
  assert_int_equal(chmod(folder, 0555), 0);
  assert_int_equal(hold_override(0), 0);
  strata_file *file = NULL;
  const strata_status status =
      strata_file_create(s.context, inside(folder, "x.af"), STRATA_NUL, NULL, NULL, &file, &err);
  assert_int_equal(hold_override(1), 0);
  assert_int_equal(chmod(folder, 0755), 0);
  return status;
}
static strata_status not_projected(void) {
  char folder[1400];
  snprintf(folder, sizeof folder, "%s", scratch("in_the_way"));
  strata_store *store = NULL;
  strata_dataset *d = NULL;
  OK(strata_store_create(s.context, folder, STRATA_NUL, NULL, NULL, &store, &err));
  OK(strata_store_dataset_create(store, "d", 1, &d, &err));
  OK(strata_dataset_define(d, "x", 1, STRATA_INT8, 0, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, &err));
  assert_int_equal(rmdir(inside(folder, "x")) == 0 || errno == ENOENT, 1);
  FILE *f = fopen(inside(folder, "x"), "wb"); /* where the array's folder is to be */
  assert_non_null(f);
  fclose(f);
  const strata_status status = strata_store_flush(store, NULL, &err);
  strata_dataset_close(d);
  strata_store_close(store);
  return status;
}
static strata_status history_gone(void) {
  char path[1400];
  snprintf(path, sizeof path, "%s", scratch("gone.af"));
  strata_file *file = create_file(path);
  strata_array *a = define(file, "a", STRATA_INT32, 0, NULL, NULL);
  for (int32_t i = 0; i < 3; ++i) {
    OK(strata_array_write(a, 0, NULL, NULL, &i, sizeof i, NULL, &err));
    flush(file);
  }
  strata_array_close(a);
  compact(file);
  strata_file_close(file);
  const strata_status status = strata_file_open_at(NULL, path, STRATA_NUL, "1", 1, NULL, NULL, &file, &err);
  assert_null(file);
  return status;
}
static strata_status unsupported(void) { return open_again("ftp://host/x.af"); }
static strata_status stopped(int by_deadline) {
  strata_cancel *cancel = NULL;
  OK(strata_cancel_create(&cancel, &err));
  if (by_deadline) strata_cancel_set_deadline(cancel, 0);
  else strata_cancel_trigger(cancel);
  const strata_status status = read_with(cancel);
  strata_cancel_close(cancel);
  return status;
}
static strata_status cancelled(void) { return stopped(0); }
static strata_status deadline(void) { return stopped(1); }
static strata_status forked(void) {
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) _exit(read_with(NULL) == STRATA_E_FORKED ? 0 : 1);
  int how = 0;
  assert_int_equal(waitpid(child, &how, 0), child);
  assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
  err.status = STRATA_E_FORKED; /* it said so in the child */
  err.message[0] = '-';
  return STRATA_E_FORKED;
}

static const struct {
  strata_status status;
  strata_status (*reach)(void);
  const char *elsewhere; /* where it is reached, or why it cannot be */
} kStatuses[] = {
    {STRATA_OK, ok, NULL},
    {STRATA_DONE, done, NULL},
    {STRATA_E_INVALID, invalid, NULL},
    {STRATA_E_HANDLE, handle, NULL},
    {STRATA_E_RANGE, range, NULL},
    {STRATA_E_BUFFER_TOO_SMALL, buffer_too_small, NULL},
    {STRATA_E_TYPE, wrong_type, NULL},
    {STRATA_E_READ_ONLY, read_only, NULL},
    {STRATA_E_STALE, stale, NULL},
    {STRATA_E_PENDING, pending, NULL},
    {STRATA_E_NOT_FOUND, not_found, NULL},
    {STRATA_E_EXISTS, exists, NULL},
    {STRATA_E_CONFLICT, conflict, NULL},
    {STRATA_E_OUTCOME_UNKNOWN, outcome_unknown, NULL},
    {STRATA_E_COMPACT_FIRST, compact_first, NULL},
    {STRATA_E_BUSY, NULL, "tests/internal/file_rebase.cc, where others are faster each time"},
    {STRATA_E_NOT_PROJECTED, not_projected, NULL},
    {STRATA_E_HISTORY_GONE, history_gone, NULL},
    {STRATA_E_FORMAT, format, NULL},
    {STRATA_E_CORRUPT, corrupt, NULL},
    {STRATA_E_CODEC, codec, NULL},
    {STRATA_E_IO, io, NULL},
    {STRATA_E_NO_SPACE, no_space, NULL},
    {STRATA_E_NO_MEMORY, NULL, "allocation_files.c and allocation_stores.c, at every allocation of every call"},
    {STRATA_E_LIMIT, limit, NULL},
    {STRATA_E_PERMISSION, permission, NULL},
    {STRATA_E_UNSUPPORTED, unsupported, NULL},
    {STRATA_E_CANCELLED, cancelled, NULL},
    {STRATA_E_DEADLINE, deadline, NULL},
    {STRATA_E_FORKED, forked, NULL},
    {STRATA_E_USER, NULL, "kept for callbacks, of which there are none"},
    {STRATA_E_INTERNAL, NULL, "a bug of the library"},
};

static void every_status_is_reached(void **state) {
  for (size_t i = 0; i < LENGTH(kStatuses); ++i) {
    if (!kStatuses[i].reach) continue;
    make_sample(state);
    strata_error_init(&err);
    const strata_status status = kStatuses[i].reach();
    if (status != kStatuses[i].status)
      fail_msg("%s: it was %s: %s", strata_status_name(kStatuses[i].status), strata_status_name(status), err.message);
    if (status < 0) {
      assert_int_equal(err.status, status);
      assert_true(err.message[0] != '\0');
    }
    drop_sample(state);
  }
}

/* A status that is added has to be added here. */
static void no_status_is_left_out(void **state) {
  (void)state;
  for (strata_status status = -1000; status < 1000; ++status) {
    int listed = 0;
    for (size_t i = 0; i < LENGTH(kStatuses); ++i) listed += kStatuses[i].status == status;
    if (listed != (strcmp(strata_status_name(status), "unknown status") != 0))
      fail_msg("%s is listed %d times", strata_status_name(status), listed);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_status_is_reached),
      cmocka_unit_test(no_status_is_left_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
