#include "observe.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "command.h"
#include "console.h"
#include "values.h"

namespace strata_cli {
namespace {

constexpr std::array<std::string_view, 5> kLevels = {"off", "error", "warn", "info", "debug"};
constexpr std::array<std::string_view, 4> kTargets = {"storage", "cache", "file", "store"};
constexpr auto kInterval = std::chrono::milliseconds(50);

std::int32_t level_from(std::string_view text, const std::string& all) {
  const auto at = std::ranges::find(kLevels, text);
  if (at == kLevels.end())
    throw UsageError("STRATA_LOG=" + in_quotes(all) + ": write a level (off, error, warn, info, debug), or levels of storage, cache, file and store, as in \"info,storage=debug\"");
  return static_cast<std::int32_t>(at - kLevels.begin());
}

// Which entries are wanted.
struct Filter {
  std::int32_t level = STRATA_LOG_OFF;
  std::map<std::string, std::int32_t, std::less<>> of_target;

  static Filter parse(const std::string& text) {
    Filter filter;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(',', at), text.size());
      const std::string part = text.substr(at, end - at);
      at = end + 1;
      if (part.empty()) continue;
      const std::size_t equals = part.find('=');
      const std::int32_t level = level_from(equals == part.npos ? part : part.substr(equals + 1), text);
      if (equals == part.npos) filter.level = level;
      else if (std::ranges::find(kTargets, part.substr(0, equals)) == kTargets.end()) level_from("", text);
      else filter.of_target[part.substr(0, equals)] = level;
    }
    return filter;
  }
  std::int32_t highest() const {
    std::int32_t out = level;
    for (const auto& [target, its] : of_target) out = std::max(out, its);
    return out;
  }
  bool wants(const strata_log_entry& entry) const {
    const auto at = of_target.find(std::string_view(entry.target));
    return entry.level <= (at == of_target.end() ? level : at->second);
  }
};

struct State {
  Filter filter;
  bool counters = false;
  std::optional<strata::Context> context;
  std::mutex mutex;
  std::condition_variable wake;
  bool stop = false;
  std::thread printer;
};
State& state() {
  static State all;
  return all;
}

void print_entries() {
  State& s = state();
  while (const auto next = s.context->next_log_entry()) {
    const auto& [entry, text] = *next;
    if (entry.dropped != 0) tell("log: " + counted(entry.dropped, "entry") + " lost");
    if (!s.filter.wants(entry)) continue;
    const std::string line = format_timestamp(entry.time_ns) + " " + std::string(kLevels.at(static_cast<std::size_t>(entry.level))) + " " +
                             entry.target + ": " + printable(text) + "\n";
    std::fputs(line.c_str(), stderr);
  }
}

}  // namespace

void Observer::begin(int verbose, bool counters) {
  State& s = state();
  s.counters = counters;
  const char* asked = std::getenv("STRATA_LOG");
  if (asked != nullptr) s.filter = Filter::parse(asked);
  if (verbose != 0) s.filter.level = std::max<std::int32_t>(s.filter.level, verbose == 1 ? STRATA_LOG_INFO : STRATA_LOG_DEBUG);
  strata_context_options options = STRATA_CONTEXT_OPTIONS_INIT;
  options.log_level = s.filter.highest();
  s.context.emplace(&options);
  if (options.log_level == STRATA_LOG_OFF) return;
  s.printer = std::thread([&s] {
    std::unique_lock lock(s.mutex);
    while (!s.wake.wait_for(lock, kInterval, [&s] { return s.stop; })) print_entries();
  });
}

void Observer::end(bool as_json) {
  State& s = state();
  if (!s.context) return;
  if (s.printer.joinable()) {
    {
      const std::lock_guard lock(s.mutex);
      s.stop = true;
    }
    s.wake.notify_one();
    s.printer.join();
    print_entries();
  }
  if (!s.counters) return;
  std::string json = s.context->counters_json();
  if (!as_json) {  // a line for each
    std::erase_if(json, [](char c) { return c == '{' || c == '}' || c == '"'; });
    std::ranges::replace(json, ',', '\n');
    for (std::size_t at = json.find(':'); at != json.npos; at = json.find(':', at + 2)) json.insert(at + 1, " ");
  }
  std::fputs((json + "\n").c_str(), stderr);
}

const strata::Context* context() { return &*state().context; }

}  // namespace strata_cli
