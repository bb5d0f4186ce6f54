#include "interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace strata_cli {
namespace {

std::atomic<int> caught{0};
std::atomic<strata_cancel*> token{nullptr};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<strata_cancel*>::is_always_lock_free, "a signal handler may use them");

extern "C" void on_signal(int number) {
  if (caught.exchange(number) != 0) ::_exit(128 + number);
  strata_cancel_trigger(token.load());
}

std::string& outcome() {
  static std::string text;
  return text;
}

}  // namespace

const strata::Cancel* stop_token() {
  static const auto* const cancel = new strata::Cancel;  // for as long as there is a process: a signal can come while it ends
  return cancel;
}

void catch_signals() {
  token = stop_token()->get();
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction now {};
    // Who starts a command in the background may have it ignore Ctrl-C.
    if (::sigaction(number, nullptr, &now) != 0 || now.sa_handler == SIG_IGN) continue;
    struct sigaction wanted {};
    wanted.sa_handler = on_signal;  // no SA_RESTART: who waits for input shall hear of it
    ::sigaction(number, &wanted, nullptr);
  }
}

int stopped_by() { return caught.load(); }

void stop_if_asked() {
  if (stopped_by() != 0) throw Stopped();
}

void if_stopped(std::string what_is) { outcome() = std::move(what_is); }

const std::string& what_is_when_stopped() { return outcome(); }

}  // namespace strata_cli
