/* The allocation functions of the whole program, the library's included: the n-th allocation can be made to fail, and
 * those that live are counted. For programs of one source file. C++'s operator new calls malloc. */
#ifndef STRATA_TESTS_SHORT_MEMORY_H
#define STRATA_TESTS_SHORT_MEMORY_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CAN_RUN_OUT_OF_MEMORY 1
#else
#define CAN_RUN_OUT_OF_MEMORY 0 /* the allocator is the sanitizer's */
#endif

static struct {
  uint64_t left;  /* allocations until one fails; 0: none will */
  int failed;     /* one has */
  int64_t living; /* that were taken and not given back */
} short_memory;

static inline void fail_allocation(uint64_t n) {
  short_memory.failed = 0;
  short_memory.left = n;
}

#if CAN_RUN_OUT_OF_MEMORY
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);

/* Contexts of these tests have one thread, so these are counts of that thread. */
static int may_allocate(void) {
  if (short_memory.left && --short_memory.left == 0) {
    short_memory.failed = 1;
    errno = ENOMEM;
    return 0;
  }
  return 1;
}
static void *taken(void *p) {
  if (p) ++short_memory.living;
  return p;
}

void *malloc(size_t size) { return may_allocate() ? taken(__libc_malloc(size)) : NULL; }
void *calloc(size_t count, size_t size) { return may_allocate() ? taken(__libc_calloc(count, size)) : NULL; }
void *realloc(void *p, size_t size) {
  if (!may_allocate()) return NULL;
  void *q = __libc_realloc(p, size);
  if (q && !p) ++short_memory.living;
  if (!q && p && size == 0) --short_memory.living;
  return q;
}
void *memalign(size_t alignment, size_t size) {
  return may_allocate() ? taken(__libc_memalign(alignment, size)) : NULL;
}
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void **p, size_t alignment, size_t size) {
  void *q = memalign(alignment, size);
  if (!q) return ENOMEM;
  *p = q;
  return 0;
}
void free(void *p) {
  if (p) --short_memory.living;
  __libc_free(p);
}
#endif

#endif
