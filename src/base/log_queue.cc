#include "base/log_queue.h"

#include <chrono>

namespace strata {

void LogQueue::keep(Entry entry) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  entry.time_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  std::lock_guard lock(mu_);
  entry.dropped = missing_;
  entries_.push_back(std::move(entry));
  missing_ = 0;
  if (entries_.size() <= kMost) return;
  // The oldest goes: what led to a failure comes right before it.
  const uint64_t gone = entries_.front().dropped + 1;
  entries_.pop_front();
  entries_.front().dropped += gone;
  dropped_.fetch_add(1, std::memory_order_relaxed);
}

void LogQueue::drop() noexcept {
  dropped_.fetch_add(1, std::memory_order_relaxed);
  std::lock_guard lock(mu_);
  ++missing_;
}

}  // namespace strata
