#include "base/admission.h"

#include <chrono>

namespace strata {

namespace {
constexpr auto kPoll = std::chrono::milliseconds(10);  // how late one who waits may notice that it was cancelled
}

bool Admission::let_in(uint64_t bytes) {
  uint64_t used = used_.load();
  do {
    if (used != 0 && (used > limit_ || bytes > limit_ - used)) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes));
  for (uint64_t most = peak(); most < used + bytes && !peak_.compare_exchange_weak(most, used + bytes, std::memory_order_relaxed);) {
  }
  return true;
}

Result<Admission::Pass> Admission::enter(uint64_t bytes, const CancelToken* cancel) {
  if (bytes == 0) return Pass();
  if (waiting_.load() == 0 && let_in(bytes)) return Pass(this, bytes);
  bool inside = false;
  {
    Waiter self;
    std::unique_lock lock(mu_);
    (last_ ? last_->next : first_) = &self;
    last_ = &self;
    waiting_.fetch_add(1);
    waits_.fetch_add(1, std::memory_order_relaxed);
    while (!(inside = first_ == &self && let_in(bytes)) && !(cancel && cancel->stopped())) {
      if (cancel) {
        self.turn.wait_for(lock, kPoll);
      } else {
        self.turn.wait(lock);
      }
    }
    take_out(self);
  }
  if (inside) return Pass(this, bytes);
  STRATA_TRY(check(cancel));
  return Status(Code::kCancelled, "cancelled by the caller");  // and the token was cleared meanwhile
}

// REQUIRES: mu_ held.
void Admission::take_out(Waiter& waiter) {
  Waiter* before = nullptr;
  for (Waiter* w = first_; w != &waiter; w = w->next) before = w;
  (before ? before->next : first_) = waiter.next;
  if (last_ == &waiter) last_ = before;
  waiting_.fetch_sub(1);
  if (first_) first_->turn.notify_one();  // there may be room for it, too
}

void Admission::leave(uint64_t bytes) {
  used_.fetch_sub(bytes);
  if (waiting_.load() == 0) return;
  std::lock_guard lock(mu_);
  if (first_) first_->turn.notify_one();
}

}  // namespace strata
