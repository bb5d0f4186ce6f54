// Work in flight under a limit of bytes: who finds no room waits. One is let in after the other in the order of coming, so that small
// work does not pass by large work for ever; and whatever its size when nobody is inside, so that work which by itself is larger than
// the limit is done alone.
//
// What keeps it free of deadlocks: who is inside comes to an end without entering again, and without waiting for one who may be outside.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "base/cancel.h"
#include "base/status.h"

namespace strata {

class Admission {
 public:
  // Inside for as long as this lives.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& o) noexcept : to_(std::exchange(o.to_, nullptr)), bytes_(o.bytes_) {}
    Pass& operator=(Pass&& o) noexcept {
      Pass old(std::move(*this));
      to_ = std::exchange(o.to_, nullptr);
      bytes_ = o.bytes_;
      return *this;
    }
    ~Pass() {
      if (to_) to_->leave(bytes_);
    }

   private:
    friend class Admission;
    Pass(Admission* to, uint64_t bytes) : to_(to), bytes_(bytes) {}
    Admission* to_ = nullptr;
    uint64_t bytes_ = 0;
  };

  explicit Admission(uint64_t limit) : limit_(limit) {}

  // Fails only when the token is triggered while it waits; 0 bytes always are let in.
  Result<Pass> enter(uint64_t bytes, const CancelToken* cancel);

  uint64_t limit() const { return limit_; }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t peak() const { return peak_.load(std::memory_order_relaxed); }
  uint64_t waits() const { return waits_.load(std::memory_order_relaxed); }  // how often there was no room

 private:
  struct Waiter {
    std::condition_variable turn;
    Waiter* next = nullptr;
  };
  bool let_in(uint64_t bytes);
  void leave(uint64_t bytes);
  void take_out(Waiter& waiter);

  const uint64_t limit_;
  // Who waits counts itself before it looks for room, and who leaves makes room before it looks whether somebody waits: in one order
  // for all (seq_cst), one of the two sees the other.
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> waiting_{0};
  std::atomic<uint64_t> peak_{0}, waits_{0};
  std::mutex mu_;
  Waiter *first_ = nullptr, *last_ = nullptr;  // on their own stacks; guarded by mu_
};

}  // namespace strata
