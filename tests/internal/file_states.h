// What is there after each step of a file's history, and what has to hold after one that failed.
#pragma once

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"

namespace strata::test {

// What is there after a step when nothing goes wrong.
struct State {
  Texts stored, seen, slots;
  uint64_t layers = 0;
  PendingInfo pending;
};

inline Result<State> state_of(const Setting& setting, Session& s, const std::shared_ptr<Storage>& inner) {
  State out;
  STRATA_ASSIGN(out.stored, stored_picture(setting, inner));
  STRATA_ASSIGN(out.slots, slot_names(*inner));
  if (!s.file) return out;
  STRATA_ASSIGN(out.seen, picture(*s.file, false));
  STRATA_ASSIGN(out.layers, s.file->layer_count());
  out.pending = s.file->pending();
  return out;
}

inline Result<std::vector<State>> states_of(const Setting& setting) {
  auto storage = make_memory_storage("whole");
  Session s(setting, storage);
  std::vector<State> states;
  STRATA_ASSIGN(states.emplace_back(), state_of(setting, s, storage));
  for (const Step& step : history()) {
    STRATA_TRY(step.run(s).prepend(cat(step.name, ": ")));
    STRATA_ASSIGN(states.emplace_back(), state_of(setting, s, storage));
  }
  return states;
}

// A step ended with `outcome`: when that is an error, nothing that can be seen has changed but by a commit that is whole, and a
// repetition leads to where the step would have led, with no layer too many.
inline std::string repeats(const Setting& setting, const std::vector<State>& states, size_t at, Session& s,
                           const std::shared_ptr<Storage>& inner, const Status& outcome) {
  const Step& step = history()[at];
  const State &before = states[at], &after = states[at + 1];
  if (!outcome.ok()) {
    CHECK(!outcome.message().empty());
    auto stored = stored_picture(setting, inner);
    CHECK_OK(stored);
    if (*stored != before.stored) CHECK_EQ(difference(*stored, after.stored), std::string());
    CHECK_OK(slot_names(*inner));
    if (s.file && step.publishes) {
      // Committed or not, the handle shows what it showed.
      auto seen = picture(*s.file, false);
      CHECK_OK(seen);
      CHECK_EQ(difference(*seen, before.seen), std::string());
      if (*stored == before.stored && before.stored != after.stored)
        CHECK_EQ(s.file->pending().arrays, before.pending.arrays);
    }
    CHECK_OK(step.run(s));
  }
  auto now = state_of(setting, s, inner);
  CHECK_OK(now);
  CHECK_EQ(difference(now->stored, after.stored), std::string());
  CHECK_EQ(difference(now->seen, after.seen), std::string());
  CHECK_EQ(difference(now->slots, after.slots), std::string());
  CHECK_EQ(now->layers, after.layers);
  CHECK_EQ(now->pending.arrays, after.pending.arrays);
  return "";
}

}  // namespace strata::test
