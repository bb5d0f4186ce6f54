// An array file on a storage that fails: at every operation of every call, once or for good, with the effect or without.
// The call says so, nothing that can be seen changes but by a commit that is whole, what was pending stays so, and a
// repetition leads to where the call would have led, with no layer too many.
#include "file_states.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kStep = 3;  // sanitizers take their time, and the others are tried without
#else
constexpr uint64_t kStep = 1;
#endif

const Setting kSettings[] = {
    {.name = "zstd"},
    {.name = "no codec, spilling", .codec = "", .block_bytes = 1 << 20, .pending_bytes = 1, .large = true},
    {.name = "lz4, cached", .codec = "lz4", .block_cache_bytes = 1 << 20},
};

struct Kind {
  const char* name;
  Fault fault;
  bool temp = false;  // of the folder for pending data that spills
};
const Kind kKinds[] = {
    {"an error", {.ops = kLooks | kChanges}},
    {"a lost answer", {.ops = kChanges, .done = true}},
    {"a full disk", {.ops = kStage | kWrite | kSeal, .code = Code::kNoSpace, .lasting = true}},
    {"a read-only disk", {.ops = kChanges, .code = Code::kPermission, .lasting = true}},
    {"a full folder for temporary files", {.ops = kStage | kWrite, .code = Code::kNoSpace, .lasting = true}, true},
    {"an error of a temporary file", {.ops = kStage | kWrite | kStagedRead}, true},
};

// One step with a fault at its k-th operation, after those before it went well. *last: there was no k-th operation.
std::string fail_at(const Setting& setting, const std::vector<State>& states, size_t at, const Kind& kind, uint64_t k,
                    bool* last) {
  const Step& step = history()[at];
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("faulty"));
  Session s(setting, storage);
  auto failing = storage;
  if (kind.temp) s.engine->temp_storage = failing = std::make_shared<FaultStorage>(make_memory_storage("temp"));
  for (size_t i = 0; i < at; ++i) CHECK_OK(history()[i].run(s));
  Fault fault = kind.fault;
  fault.at = k;
  failing->arm(fault);
  Status outcome = step.run(s);
  *last = failing->counted() < k;
  failing->arm({});
  if (!outcome.ok() && outcome.code() != fault.code && outcome.code() != Code::kOutcomeUnknown)
    return cat("fails with status ", static_cast<int>(outcome.code()), ": ", outcome.message());
  CHECK_CASE(repeats(setting, states, at, s, storage->inner(), outcome));
  // And so on to the end.
  if (outcome.ok() || setting.large) return "";
  for (size_t i = at + 1; i < history().size(); ++i) CHECK_OK(history()[i].run(s));
  auto now = state_of(setting, s, storage->inner());
  CHECK_OK(now);
  CHECK_EQ(difference(now->stored, states.back().stored), std::string());
  CHECK_EQ(difference(now->slots, states.back().slots), std::string());
  return "";
}

std::string every_operation_can_fail() {
  for (const Setting& setting : kSettings) {
    auto states = states_of(setting);
    CHECK_OK(states);
    for (const Kind& kind : kKinds) {
      if (kind.temp && !setting.large) continue;                // nothing spills
      const uint64_t step = setting.large ? 2 * kStep : kStep;  // megabytes each time
      uint64_t faults = 0;
      for (size_t at = 0; at < history().size(); ++at) {
        bool last = false;
        for (uint64_t k = 1 + at % step; !last; k += step) {
          std::string wrong = fail_at(setting, *states, at, kind, k, &last);
          faults += !last;
          if (!wrong.empty())
            return cat(setting.name, ", ", history()[at].name, ", ", kind.name, " at operation ", k, ": ", wrong);
        }
      }
      CHECK(faults > (kind.temp ? 5 : 50) / step);
    }
  }
  return "";
}

// Whoever reads learns of a failure, and may ask again.
std::string every_look_can_fail() {
  for (const Setting& setting : kSettings) {
    auto storage = std::make_shared<FaultStorage>(make_memory_storage("faulty"));
    Session writer(setting, storage);
    for (const Step& step : history()) {
      CHECK_OK(step.run(writer));
      auto wanted = stored_picture(setting, storage->inner());
      CHECK_OK(wanted);
      bool last = false;
      for (uint64_t k = 1; !last; ++k) {
        Session s(setting, storage);
        storage->arm({.at = k, .ops = kLooks});
        Result<Texts> found = Texts();
        Status opened = s.open();
        if (opened.ok()) found = picture(*s.file, true);
        last = storage->counted() < k;
        storage->arm({});
        // Statistics can be had without their file, so not every failure shows.
        if (!opened.ok()) {
          CHECK_EQ(opened.code(), Code::kIo);
          CHECK_OK(s.open());
        } else if (!found.ok()) {
          CHECK_EQ(found.code(), Code::kIo);
        } else {
          CHECK_EQ(difference(*found, *wanted), std::string());
        }
        found = picture(*s.file, true);
        CHECK_OK(found);
        CHECK_EQ(difference(*found, *wanted), std::string());
      }
    }
  }
  return "";
}

// Their statistics are in `.stats` alone: they must not be lost because that could not be read for once.
std::string files_of_the_original_keep_what_they_have() {
  const Setting setting = kSettings[0];
  for (const char* fixture : {"layers_zstd", "attributes", "fills", "stats_special"}) {
    Texts wanted;
    bool last = false;
    for (uint64_t k = 0; !last; ++k) {
      auto storage = std::make_shared<FaultStorage>(make_memory_storage("original"));
      CHECK_OK(take_fixture(*storage->inner(), fixture));
      storage->arm({.at = k, .ops = kLooks | kChanges});
      Session s(setting, storage);
      Status opened = s.open();
      Result<std::string> added = std::string();
      if (opened.ok()) added = probe(s);
      last = k && storage->counted() < k;
      storage->arm({});
      if (!opened.ok()) CHECK_OK(s.open());
      CHECK_OK(probe(s));
      auto found = stored_picture(setting, storage->inner());
      CHECK_OK(found);
      if (k == 0) wanted = *found;
      const std::string wrong = difference(*found, wanted);
      if (!wrong.empty()) return cat(fixture, ", an error at operation ", k, ": ", wrong);
    }
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"every_operation_can_fail", every_operation_can_fail},
                    {"every_look_can_fail", every_look_can_fail},
                    {"files_of_the_original_keep_what_they_have", files_of_the_original_keep_what_they_have}});
}
