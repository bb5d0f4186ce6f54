// A count of bytes with a limit, shared by everything that keeps pending data in memory.
#pragma once

#include <atomic>
#include <cstdint>

namespace strata {

class MemoryBudget {
 public:
  explicit MemoryBudget(uint64_t limit) : limit_(limit) {}
  void charge(int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  bool over() const { return used_.load(std::memory_order_relaxed) > static_cast<int64_t>(limit_); }
  int64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t limit() const { return limit_; }

 private:
  const uint64_t limit_;
  std::atomic<int64_t> used_{0};
};

// Bytes charged to a budget for as long as this lives.
class Charge {
 public:
  Charge() = default;
  explicit Charge(MemoryBudget* budget) : budget_(budget) {}
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
  ~Charge() { set(0); }
  void set(int64_t bytes) {
    if (budget_) budget_->charge(bytes - bytes_);
    bytes_ = bytes;
  }
  void add(int64_t bytes) { set(bytes_ + bytes); }
  int64_t bytes() const { return bytes_; }

 private:
  MemoryBudget* budget_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace strata
