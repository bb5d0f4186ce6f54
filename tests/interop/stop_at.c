/* Loaded into a program, ends it before the STOP_AT-th call that changes a folder or makes something durable: a process that is
 * killed there. Counts them, and says how many there were when it was not stopped, in the file STOP_COUNT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned long calls;

static void step(void) {
  const char *at = getenv("STOP_AT");
  if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) == (at ? strtoul(at, NULL, 10) : 0)) _exit(99);
}

__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("STOP_COUNT");
  FILE *f = path ? fopen(path, "w") : NULL;
  if (!f) return;
  fprintf(f, "%lu\n", calls);
  fclose(f);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int linkat(int a, const char *from, int b, const char *to, int flags) {
  step();
  return REAL(linkat)(a, from, b, to, flags);
}
int renameat(int a, const char *from, int b, const char *to) {
  step();
  return REAL(renameat)(a, from, b, to);
}
int unlinkat(int a, const char *path, int flags) {
  step();
  return REAL(unlinkat)(a, path, flags);
}
int fsync(int fd) {
  step();
  return REAL(fsync)(fd);
}
