#include "progress.h"

#include <algorithm>
#include <cstdio>

namespace strata_cli {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr std::size_t kBar = 24;

}  // namespace

Progress::Progress(const Console& console, std::string title)
    : console_(console), title_(std::move(title)), next_(std::chrono::steady_clock::now() + kInterval) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

void Progress::update(std::uint64_t done, std::uint64_t total, const std::string& what) {
  if (!console_.err_terminal) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kInterval;
  std::string line = title_;
  if (total != 0) {
    const double share = static_cast<double>(std::min(done, total)) / static_cast<double>(total);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBar));
    char percent[16];
    std::snprintf(percent, sizeof percent, " %3d%% ", static_cast<int>(share * 100));
    line += " [" + std::string(filled, '#') + std::string(kBar - filled, '.') + "]" + percent;
  } else {
    line += " ... ";
  }
  line = fit(line + printable(what), console_.width > 1 ? console_.width - 1 : 1);
  std::fputs(("\r\x1b[K" + line).c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

WatchedCall::WatchedCall(const Console& console, std::string title) {
  if (!console.err_terminal) return;
  thread_ = std::thread([this, &console, title = std::move(title)] {
    Progress bar(console, title);
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, kInterval, [this] { return stop_; })) {
      strata_progress progress = STRATA_PROGRESS_INIT;
      if (strata_cancel_progress(stop_token()->get(), &progress, nullptr) < 0) continue;
      bar.update(progress.done, progress.total,
                 progress.bytes != 0 ? human_bytes(static_cast<double>(progress.bytes)) : "");
    }
  });
}

WatchedCall::~WatchedCall() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

}  // namespace strata_cli
