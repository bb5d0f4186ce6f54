// A bar on stderr for long calls; nothing at all unless stderr is a terminal.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <strata/strata.hpp>
#include <string>
#include <thread>

#include "console.h"
#include "interrupt.h"

namespace strata_cli {

class Progress {
 public:
  Progress(const Console& console, std::string title);
  ~Progress();  // wipes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Drawn at most some ten times a second, however often it is called.
  void update(std::uint64_t done, std::uint64_t total, const std::string& what = {});
  void clear();  // before other words go to stderr

 private:
  const Console& console_;
  std::string title_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

// Shows the progress of one library call, polled from its token by a thread of its own.
class WatchedCall {
 public:
  WatchedCall(const Console& console, std::string title);
  ~WatchedCall();
  WatchedCall(const WatchedCall&) = delete;
  WatchedCall& operator=(const WatchedCall&) = delete;
  const strata::Cancel* token() const { return stop_token(); }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

// Flushes a store or a file.
template <typename Place>
void commit(const Place& place, const Console& console) {
  const WatchedCall call(console, "commit");
  place.flush(call.token());
}

}  // namespace strata_cli
