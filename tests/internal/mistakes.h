// A test of the tests of crashes: each sync of a history is left out, and each of its steps comes later than another, one at a time and in
// the books of a power cut only. Whoever looks for losses must notice, or the step is one that does not matter.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "support/journal.h"

namespace strata::test {

// Events that begin like this need not come when they come, or not at all.
struct Harmless {
  std::string_view event, reason;
  enum {
    kAny,
    kLate,   // a sync that may come late, but must come
    kTwice,  // another sync does the same: one of them may be left out, not both
  } which = kAny;
};

// watched(deeper, mistake): "" when nobody notices; `deeper` looks closer and takes longer. Of the mistakes only every `step`-th is made.
// Returns those that nobody notices.
inline std::string unnoticed_mistakes(const std::map<std::string, uint64_t>& events, std::span<const Harmless> harmless, size_t step,
                                      const std::function<std::string(bool deeper, const Mistake&)>& watched) {
  size_t number = 0, noticed = 0;
  std::string unnoticed;
  auto make = [&](const Mistake& mistake) {
    if (number++ % step) return;
    if (!watched(false, mistake).empty() || !watched(true, mistake).empty()) {
      ++noticed;
      return;
    }
    for (const std::string& event : mistake.events)
      unnoticed += cat(mistake.kind == Mistake::kLate ? "\nlate: " : "\nleft out: ", event);
  };
  Mistake twice = {Mistake::kLeftOut, {}};
  for (const auto& [event, times] : events) {
    const auto h = std::find_if(harmless.begin(), harmless.end(), [&](const Harmless& h) { return event.starts_with(h.event); });
    const bool listed = h != harmless.end();
    if (listed && h->which == Harmless::kTwice) twice.events.push_back(event);
    if (listed && h->which != Harmless::kLate) continue;
    if (event.starts_with("sync of ")) make({Mistake::kLeftOut, {event}});
    if (!listed) make({Mistake::kLate, {event}});
  }
  if (!twice.events.empty()) make(twice);
  std::printf("%zu kinds of events, %zu mistakes are noticed%s%s\n", events.size(), noticed, unnoticed.empty() ? "" : "; not noticed:",
              unnoticed.c_str());
  if (noticed < 20 / step) return "too few mistakes were made";
  return unnoticed;
}

}  // namespace strata::test
