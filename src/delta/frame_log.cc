#include "delta/frame_log.h"

#include <algorithm>

namespace strata {
namespace {
constexpr size_t kTail = 1u << 20;      // appended at once when the log has a file
constexpr size_t kLeastTail = 32u << 10;  // where very many logs share the budget
constexpr size_t kInMemory = 8u << 20;  // below this a log stays in memory while the budget allows
}  // namespace

Status FrameLog::spill() {
  if (parts_.empty() || lent_) {
    Storage& storage = place_.temp_storage ? *place_.temp_storage : *place_.storage;
    parts_.reserve(parts_.size() + 1);
    STRATA_ASSIGN(auto file, storage.stage(place_.temp_storage ? std::string_view("strata-pending") : place_.key, ""));
    parts_.push_back({std::move(file), in_file_});
    lent_ = false;
  }
  if (tail_.empty()) return {};
  const Part& part = parts_.back();
  STRATA_TRY(part.file->write_at(in_file_ - part.begin, tail_.bytes()));
  in_file_ += tail_.size();
  spilled_bytes_->fetch_add(tail_.size(), std::memory_order_relaxed);
  tail_ = Buffer();
  charge_.set(0);
  return {};
}

size_t FrameLog::tail_limit(size_t more) const {
  const size_t size = tail_.size() + more;
  // Growing takes the old place and the new one for a moment.
  const size_t grown = size <= tail_.capacity() ? 0 : std::max(size, 2 * tail_.capacity());
  if (parts_.empty() && !budget_->over(grown)) return kInMemory;
  return share_.half(kLeastTail, kTail);
}

Result<uint64_t> FrameLog::append(Bytes frame) {
  std::unique_lock lock(mu_);
  const size_t limit = tail_limit(frame.size());
  if (tail_.size() + frame.size() > limit) STRATA_TRY(spill().prepend("temporary file for pending data: "));
  if (!parts_.empty() && frame.size() >= limit / 4) {
    // Long frames go straight to their place; only the place is taken under the lock.
    STRATA_TRY(spill().prepend("temporary file for pending data: "));
    const Part& part = parts_.back();
    Staged* file = part.file.get();
    const uint64_t at = in_file_, in_part = at - part.begin;
    in_file_ += frame.size();
    lock.unlock();
    STRATA_TRY(file->write_at(in_part, frame).prepend("temporary file for pending data: "));
    spilled_bytes_->fetch_add(frame.size(), std::memory_order_relaxed);
    return at;
  }
  uint64_t at = in_file_ + tail_.size();
  tail_.append(frame);
  charge_.set(static_cast<int64_t>(tail_.capacity()));
  return at;
}

Status FrameLog::read(uint64_t offset, MutBytes out) const {
  while (!out.empty()) {
    std::unique_lock lock(mu_);
    if (offset >= in_file_) {
      std::memcpy(out.data(), tail_.data() + (offset - in_file_), out.size());
      return {};
    }
    size_t i = parts_.size() - 1;
    while (parts_[i].begin > offset) --i;
    const uint64_t end = i + 1 < parts_.size() ? parts_[i + 1].begin : in_file_;
    const size_t n = static_cast<size_t>(std::min<uint64_t>(out.size(), end - offset));
    const Staged* file = parts_[i].file.get();
    const uint64_t at = offset - parts_[i].begin;
    lock.unlock();
    STRATA_TRY(file->read_at(at, out.first(n)));
    out = out.subspan(n);
    offset += n;
  }
  return {};
}

uint64_t FrameLog::size() const {
  std::lock_guard lock(mu_);
  return in_file_ + tail_.size();
}

Result<Staged*> FrameLog::lend_file() {
  std::lock_guard lock(mu_);
  if (parts_.size() != 1 || lent_ || place_.temp_storage) return static_cast<Staged*>(nullptr);
  STRATA_TRY(spill());
  lent_ = true;
  return parts_.back().file.get();
}

}  // namespace strata
