/* A disk that is full while `*disk_is_full` is set: every other call that needs space says so. The system calls that the library makes are this
 * program's own. The first header of a program. */
#ifndef STRATA_TESTS_CRASH_FULL_DISK_H
#define STRATA_TESTS_CRASH_FULL_DISK_H

#undef _FILE_OFFSET_BITS /* which would give pwrite another name than the one that the library calls */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int32_t *disk_is_full; /* in memory that all processes share */
static uint64_t *refused;     /* the same: how many calls were */

static int no_space(void) {
  static uint64_t asked;
  if (!disk_is_full || !__atomic_load_n(disk_is_full, __ATOMIC_RELAXED)) return 0;
  uint64_t x = __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED) * 0x9E3779B97F4A7C15u + (uint64_t)getpid() * 0xD1B54A32D192ED03u;
  if ((x ^ x >> 31) % 2) return 0;
  __atomic_add_fetch(refused, 1, __ATOMIC_RELAXED);
  errno = ENOSPC;
  return 1;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
  return no_space() ? -1 : syscall(SYS_pwrite64, fd, bytes, size, offset);
}
int openat(int folder, const char *path, int flags, ...) {
  if ((flags & O_CREAT) && no_space()) return -1;
  return (int)syscall(SYS_openat, folder, path, flags, 0666);
}
int mkdirat(int folder, const char *path, mode_t mode) { return no_space() ? -1 : (int)syscall(SYS_mkdirat, folder, path, mode); }
int linkat(int from, const char *old, int to, const char *name, int flags) {
  return no_space() ? -1 : (int)syscall(SYS_linkat, from, old, to, name, flags);
}
int renameat(int from, const char *old, int to, const char *name) {
  return no_space() ? -1 : (int)syscall(SYS_renameat2, from, old, to, name, 0);
}

#endif
