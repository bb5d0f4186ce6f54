// A count of bytes with a limit, shared by everything that keeps pending data in memory.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace strata {

class MemoryBudget {
 public:
  explicit MemoryBudget(uint64_t limit) : limit_(limit) {}
  void charge(int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  bool over(uint64_t more = 0) const { return used() > static_cast<int64_t>(limit_) - static_cast<int64_t>(more); }
  int64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t limit() const { return limit_; }
  // What one of those that hold some may keep while all together have more than the limit.
  uint64_t share() const { return limit_ / std::max<uint64_t>(1, holders_.load(std::memory_order_relaxed)); }

 private:
  friend class BudgetShare;
  const uint64_t limit_;
  std::atomic<int64_t> used_{0};
  std::atomic<uint64_t> holders_{0};
};

// One of those among whom a budget is shared out, for as long as this lives.
class BudgetShare {
 public:
  explicit BudgetShare(MemoryBudget& budget) : budget_(budget) { budget_.holders_.fetch_add(1, std::memory_order_relaxed); }
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;
  ~BudgetShare() { budget_.holders_.fetch_sub(1, std::memory_order_relaxed); }

  // Half of the share, within limits.
  uint64_t half(uint64_t least, uint64_t most) const { return std::clamp(budget_.share() / 2, least, most); }

 private:
  MemoryBudget& budget_;
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
