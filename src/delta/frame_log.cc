#include "delta/frame_log.h"

namespace strata {
namespace {
constexpr size_t kTail = 1u << 20;    // appended at once when the log has a file
constexpr size_t kInMemory = 8u << 20;  // below this a log stays in memory while the budget allows
}  // namespace

Status FrameLog::spill() {
  if (!file_) {
    Storage& storage = place_.temp_storage ? *place_.temp_storage : *place_.storage;
    STRATA_ASSIGN(file_, storage.stage(place_.temp_storage ? std::string_view("strata-pending") : place_.key, ""));
  }
  if (tail_.empty()) return {};
  STRATA_TRY(file_->write_at(in_file_, tail_.bytes()));
  in_file_ += tail_.size();
  spilled_bytes_->fetch_add(tail_.size(), std::memory_order_relaxed);
  tail_ = Buffer();
  charge_.set(0);
  return {};
}

Result<uint64_t> FrameLog::append(Bytes frame) {
  std::unique_lock lock(mu_);
  size_t limit = file_ || budget_->over() ? kTail : kInMemory;
  if (tail_.size() + frame.size() > limit) STRATA_TRY(spill().prepend("temporary file for pending data: "));
  uint64_t at = in_file_ + tail_.size();
  if (file_ && frame.size() >= kTail / 4) {
    // Long frames go straight to their place; only the place is taken under the lock.
    STRATA_TRY(spill().prepend("temporary file for pending data: "));
    in_file_ += frame.size();
    Staged* file = file_.get();
    lock.unlock();
    STRATA_TRY(file->write_at(at, frame).prepend("temporary file for pending data: "));
    spilled_bytes_->fetch_add(frame.size(), std::memory_order_relaxed);
    return at;
  }
  tail_.append(frame);
  charge_.set(static_cast<int64_t>(tail_.capacity()));
  return at;
}

Status FrameLog::read(uint64_t offset, MutBytes out) const {
  std::unique_lock lock(mu_);
  if (offset >= in_file_) {
    if (!out.empty()) std::memcpy(out.data(), tail_.data() + (offset - in_file_), out.size());
    return {};
  }
  const Staged* file = file_.get();
  lock.unlock();
  return file->read_at(offset, out);
}

uint64_t FrameLog::size() const {
  std::lock_guard lock(mu_);
  return in_file_ + tail_.size();
}

Result<Staged*> FrameLog::take_file() {
  std::lock_guard lock(mu_);
  if (!file_ || place_.temp_storage) return static_cast<Staged*>(nullptr);
  STRATA_TRY(spill());
  return file_.get();
}

}  // namespace strata
