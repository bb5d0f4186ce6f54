// What a check, a repair or a salvage says while the storage fails, beside what it says when nobody disturbs it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "file/findings.h"
#include "internal_test.h"
#include "support/fault_storage.h"

namespace strata::test {

struct Disturbance {
  const char* name;
  Fault fault;
};
inline const Disturbance kDisturbances[] = {
    {"an error", {.ops = kLooks | kChanges}},
    {"a permission that is missing", {.ops = kLooks | kChanges, .code = Code::kPermission}},
    {"errors from then on", {.ops = kLooks, .lasting = true}},
    {"a lost answer", {.ops = kChanges, .done = true}},
    {"a full disk", {.ops = kStage | kWrite | kSeal | kCreate, .code = Code::kNoSpace, .lasting = true}},
    {"a disk that has become read-only", {.ops = kChanges, .code = Code::kReadOnly, .lasting = true}},
};

#if defined(__SANITIZE_ADDRESS__)
inline constexpr uint64_t kEvery = 3;  // sanitizers take their time, and the others are tried without
#else
inline constexpr uint64_t kEvery = 1;
#endif

// Calls disturb(how, fault, &last) with a fault at every operation, in each way, until there was no such operation any more. Or at every
// so many only, where each call waits for others that never come.
template <typename F>
std::string at_every_operation(F&& disturb, uint64_t every = kEvery) {
  for (const Disturbance& how : kDisturbances) {
    bool last = false;
    Fault fault = how.fault;
    for (fault.at = 1; !last; fault.at += every) {
      std::string wrong = disturb(how, fault, &last);
      if (!wrong.empty()) return cat(how.name, " at operation ", fault.at, ": ", wrong);
    }
  }
  return "";
}

inline std::string line_of(const Finding& f) {
  return cat(static_cast<int>(f.kind), ' ', static_cast<int>(f.severity), ' ', f.object, ' ', f.dataset, ' ', f.array, ' ', f.chunk, ": ",
             f.text, " (", f.effect, ')');
}
inline bool is_of_the_storage(const Finding& f) { return f.text.find("made to fail") != std::string::npos; }

inline bool speaks_of_the_storage(const Findings& found) {
  for (const Finding& f : found.list)
    if (is_of_the_storage(f)) return true;
  return false;
}

// "" when both say the same; what the storage did not give may be said beside it, and in the place of what else would be said of it.
inline std::string beyond(const Findings& found, const Findings& wanted) {
  std::set<std::string> missing;
  for (const Finding& f : wanted.list) missing.insert(line_of(f));
  bool unread = false;
  for (const Finding& f : found.list) {
    if (is_of_the_storage(f)) unread = true;
    else if (!missing.erase(line_of(f))) return cat("it says ", line_of(f));
  }
  return missing.empty() || unread ? "" : cat("it does not say ", *missing.begin());
}

// Of a call that only reads.
inline std::string admits(const Disturbance& how, bool disturbed, const Status& outcome, const Findings& found, const Findings& wanted) {
  if (!outcome.ok()) {
    if (!disturbed || outcome.code() != how.fault.code)
      return cat("it ends with ", static_cast<int>(outcome.code()), ": ", outcome.message());
    return "";
  }
  if (disturbed && !speaks_of_the_storage(found)) return "it does not say that something could not be read";
  return beyond(found, wanted);
}

}  // namespace strata::test
