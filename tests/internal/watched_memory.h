// Replaces the allocation functions of the whole program: the n-th allocation can fail, and the most that was held is known.
// For one source file of a test program; sanitizers keep their malloc, and then only operator new is watched.
#pragma once

#include <malloc.h>
#include <stdlib.h>

#include <atomic>
#include <cstdint>
#include <new>

#include "base/status.h"

namespace strata::test {

class WatchedMemory {
 public:
  // The n-th allocation from now on fails, from 1 on, on whatever thread; 0: none.
  static void fail_at(uint64_t n) {
    if (n) failed_ = false;
    left_ = n;
  }
  static bool failed() { return failed_; }
  // Counts the most that is held from now on, beyond what is held already.
  static void watch(uint64_t limit) {
    begin_ = peak_ = live_.load();
    limit_ = static_cast<int64_t>(limit);
  }
  static uint64_t peak() { return static_cast<uint64_t>(peak_ - begin_); }

  static bool allowed(size_t size) {
    if (left_.load(std::memory_order_relaxed) != 0 && left_.fetch_sub(1) == 1) {
      failed_ = true;
      return false;
    }
    // Beyond the limit nothing is given, as nobody is to be harmed; but it was asked for.
    const int64_t would_be = live_ + static_cast<int64_t>(size < INT64_MAX / 2 ? size : INT64_MAX / 2);
    if (limit_ == 0 || would_be - begin_ <= limit_) return true;
    if (would_be > peak_) peak_ = would_be;
    return false;
  }
  static void* took(void* p) {
    if (!p) return p;
    const int64_t now = live_ += static_cast<int64_t>(malloc_usable_size(p));
    if (now > peak_) peak_ = now;
    return p;
  }
  static void gave(void* p) {
    if (p) live_ -= static_cast<int64_t>(malloc_usable_size(p));
  }

 private:
  static inline std::atomic<uint64_t> left_{0};
  static inline std::atomic<bool> failed_{false};
  static inline std::atomic<int64_t> live_{0}, peak_{0}, begin_{0}, limit_{0};
};

// Runs `call` while its n-th allocation fails; as the C boundary does it.
template <typename F>
Status without_memory(uint64_t n, F&& call) {
  WatchedMemory::fail_at(n);
  bool ok = false;
  Code code = Code::kOk;
  try {
    Status s = call();
    ok = s.ok();
    code = s.code();
  } catch (const std::bad_alloc&) {
    code = Code::kNoMemory;
  }
  WatchedMemory::fail_at(0);
  return ok ? Status() : Status(code, "out of memory");
}

}  // namespace strata::test

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// What the codecs take by themselves.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void __libc_free(void*);
void* malloc(size_t size) noexcept {
  return strata::test::WatchedMemory::allowed(size) ? strata::test::WatchedMemory::took(__libc_malloc(size)) : nullptr;
}
void* calloc(size_t n, size_t size) noexcept {
  return strata::test::WatchedMemory::allowed(n * size) ? strata::test::WatchedMemory::took(__libc_calloc(n, size)) : nullptr;
}
void free(void* p) noexcept {
  strata::test::WatchedMemory::gave(p);
  __libc_free(p);
}
}
#define STRATA_TEST_MALLOC(size) malloc(size)
#define STRATA_TEST_FREE(p) free(p)
#else
#define STRATA_TEST_MALLOC(size) \
  (strata::test::WatchedMemory::allowed(size) ? strata::test::WatchedMemory::took(malloc(size)) : nullptr)
#define STRATA_TEST_FREE(p) (strata::test::WatchedMemory::gave(p), free(p))
#endif

void* operator new(size_t size) {
  if (void* p = STRATA_TEST_MALLOC(size ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(size_t size, std::align_val_t align) {
  void* p = nullptr;
  if (strata::test::WatchedMemory::allowed(size) && posix_memalign(&p, static_cast<size_t>(align), size ? size : 1) == 0)
    return strata::test::WatchedMemory::took(p);
  throw std::bad_alloc();
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new[](size_t size, std::align_val_t align) { return operator new(size, align); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return STRATA_TEST_MALLOC(size ? size : 1); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return STRATA_TEST_MALLOC(size ? size : 1); }
void operator delete(void* p) noexcept { STRATA_TEST_FREE(p); }
void operator delete(void* p, size_t) noexcept { STRATA_TEST_FREE(p); }
void operator delete(void* p, std::align_val_t) noexcept { STRATA_TEST_FREE(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { STRATA_TEST_FREE(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { STRATA_TEST_FREE(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { STRATA_TEST_FREE(p); }
void operator delete[](void* p) noexcept { STRATA_TEST_FREE(p); }
void operator delete[](void* p, size_t) noexcept { STRATA_TEST_FREE(p); }
void operator delete[](void* p, std::align_val_t) noexcept { STRATA_TEST_FREE(p); }
void operator delete[](void* p, size_t, std::align_val_t) noexcept { STRATA_TEST_FREE(p); }
