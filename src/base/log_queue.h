// What the library says about its work, for the caller to read: a bounded queue, never output. Nothing is made of words that nobody asked
// for, and no call fails because one could not be kept.
//
// Threads: everything from any thread at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace strata {

enum class LogLevel { kOff, kError, kWarn, kInfo, kDebug };

class LogQueue {
 public:
  struct Entry {
    LogLevel level = LogLevel::kOff;
    int64_t time_ns = 0;
    uint64_t dropped = 0;     // entries that are missing before this one
    const char* target = "";  // static text
    std::string text;
  };
  static constexpr size_t kMost = 1024;

  explicit LogQueue(LogLevel level) : level_(level) {}
  bool wants(LogLevel level) const { return level <= level_; }

  // words: makes the text; called only when it is wanted.
  template <typename F>
  void add(LogLevel level, const char* target, F&& words) noexcept {
    if (!wants(level)) return;
    try {
      keep({level, 0, 0, target, words()});
    } catch (...) {
      drop();
    }
  }

  // Shows the oldest entry to `take`, which says whether it goes. false: there is none.
  template <typename F>
  bool next(F&& take) {
    std::lock_guard lock(mu_);
    if (entries_.empty()) return false;
    if (take(entries_.front())) entries_.pop_front();
    return true;
  }

  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void keep(Entry entry);
  void drop() noexcept;

  const LogLevel level_;
  std::mutex mu_;
  std::deque<Entry> entries_;
  uint64_t missing_ = 0;  // before the next entry that is kept; of those dropped for want of memory
  std::atomic<uint64_t> dropped_{0};
};

}  // namespace strata
