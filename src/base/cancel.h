// A token that carries cancellation, a deadline and progress through one or more calls.
//
// Shared by value-less pointer: a call takes `CancelToken*`, where NULL is "cannot be cancelled". Everything is atomic:
// any thread may cancel or poll while a call runs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/status.h"

namespace strata {

class CancelToken {
 public:
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  void clear() {
    cancelled_.store(false, std::memory_order_relaxed);
    deadline_ns_.store(0, std::memory_order_relaxed);
  }
  // Steady-clock nanoseconds; 0 takes the deadline away.
  void set_deadline_ns(int64_t at) { deadline_ns_.store(at, std::memory_order_relaxed); }
  static int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  bool stopped() const {
    if (cancelled_.load(std::memory_order_relaxed)) return true;
    int64_t at = deadline_ns_.load(std::memory_order_relaxed);
    return at != 0 && now_ns() >= at;
  }
  Status check() const {
    if (cancelled_.load(std::memory_order_relaxed)) return Status(Code::kCancelled, "cancelled by the caller");
    int64_t at = deadline_ns_.load(std::memory_order_relaxed);
    if (at != 0 && now_ns() >= at) return Status(Code::kDeadline, "the deadline has passed");
    return {};
  }

  void begin(uint64_t total) {
    done_.store(0, std::memory_order_relaxed);
    bytes_.store(0, std::memory_order_relaxed);
    total_.store(total, std::memory_order_relaxed);
  }
  void advance(uint64_t steps, uint64_t bytes) {
    done_.fetch_add(steps, std::memory_order_relaxed);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  uint64_t done() const { return done_.load(std::memory_order_relaxed); }
  uint64_t total() const { return total_.load(std::memory_order_relaxed); }
  uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> cancelled_{false};
  std::atomic<int64_t> deadline_ns_{0};
  std::atomic<uint64_t> done_{0}, total_{0}, bytes_{0};
};

inline Status check(const CancelToken* token) { return token ? token->check() : Status(); }
inline void advance(CancelToken* token, uint64_t steps, uint64_t bytes) {
  if (token) token->advance(steps, bytes);
}

}  // namespace strata
