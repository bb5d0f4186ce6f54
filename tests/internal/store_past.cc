// The past of a store that is stopped, or loses power, at any operation: commits that are kept read as they did when they were the newest,
// others as well or not at all, and nothing that a sweep removes is missed by anybody.
#include <cstdio>

#include "aftermath.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"

namespace {

using namespace strata;
using namespace strata::test;

// Before each so-manieth operation it is looked at.
#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kStride = 40, kFaultStride = 17;  // sanitizers take their time
#else
constexpr uint64_t kStride = 4, kFaultStride = 1;
#endif

struct PastStep {
  const char* name;
  Status (*run)(Store&);
};

Status flush_with(Store& s, const char* dataset, const char* array, int32_t seed) {
  STRATA_TRY(ensure_dataset(s, dataset));
  STRATA_TRY(put(s, dataset, array, seed));
  return s.flush(nullptr);
}

const std::vector<PastStep>& steps() {
  static const std::vector<PastStep> all = {
      {"first", [](Store& s) { return flush_with(s, "a", "x", 1); }},
      {"keep all", [](Store& s) { return s.set_retention(UINT64_MAX, 0, nullptr); }},
      {"second", [](Store& s) -> Status {
         STRATA_TRY(ensure_dataset(s, "b"));
         STRATA_TRY(put(s, "b", "y", 2));
         return flush_with(s, "a", "x", 3);
       }},
      {"tag", [](Store& s) { return s.tag("one", "", nullptr); }},
      {"compact", [](Store& s) { return s.compact(nullptr); }},
      {"third", [](Store& s) { return flush_with(s, "a", "x", 4); }},
      {"tag again", [](Store& s) { return s.tag("two", "", nullptr); }},
      {"fourth", [](Store& s) -> Status {
         Status gone = s.delete_dataset("b", nullptr);
         if (!gone.ok() && gone.code() != Code::kNotFound) return gone;
         return flush_with(s, "a", "x", 5);
       }},
      {"compact again", [](Store& s) { return s.compact(nullptr); }},
      {"expire", [](Store& s) { return s.expire("two", nullptr); }},
      {"keep none", [](Store& s) { return s.set_retention(0, 0, nullptr); }},
      {"collect", [](Store& s) { return s.collect({}, nullptr); }},
      {"untag", [](Store& s) -> Status {
         Status gone = s.untag("one", nullptr);
         return gone.code() == Code::kNotFound ? Status() : std::move(gone);
       }},
      {"fifth", [](Store& s) { return flush_with(s, "a", "x", 6); }},
      {"compact at last", [](Store& s) { return s.compact(nullptr); }},
  };
  return all;
}

Result<View> view_at(const std::shared_ptr<Storage>& storage, const std::string& commit) {
  Process p(storage);
  p.options.commit = commit;
  STRATA_TRY(p.open());
  return view_of(*p.store);
}

// Each commit as it was when it was the newest, by its number.
Result<std::vector<View>> views_of_commits() {
  auto storage = make_memory_storage("whole");
  Process p(storage);
  STRATA_TRY(p.create(false));
  std::vector<View> out(1);
  for (const PastStep& step : steps()) {
    STRATA_TRY(step.run(*p.store).prepend(cat(step.name, ": ")));
    const uint64_t head = p.store->seq();
    for (uint64_t seq = out.size(); seq <= head; ++seq) {
      STRATA_ASSIGN(out.emplace_back(), view_at(storage, cat(seq)));
    }
  }
  return out;
}

// How many commits were read.
std::string judge(const std::shared_ptr<Storage>& storage, const std::vector<View>& views, size_t* read) {
  Process p(storage);
  Status opened = p.open();
  if (opened.code() == Code::kNotFound) return "";  // before it was made
  CHECK_OK(opened);
  const uint64_t head = p.store->seq();
  const History history = p.store->history();
  CHECK(head < views.size());
  for (uint64_t seq = 1; seq <= head; ++seq) {
    bool kept = seq == head || (history.commits == UINT64_MAX && seq >= history.first);
    for (const auto& [name, tag] : history.tags) kept |= tag.seq == seq;
    auto view = view_at(storage, cat(seq));
    if (!view.ok() && !kept && view.code() == Code::kHistoryGone) continue;
    if (!view.ok()) return cat("commit ", seq, " of ", head, ": ", view.status().message());
    if (std::string d = difference(*view, views[seq]); !d.empty()) return cat("commit ", seq, " of ", head, ": ", d);
    ++*read;
  }
  return "";
}

std::string kept_commits_survive_every_stop() {
  auto views = views_of_commits();
  CHECK_OK(views);
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("cut"));
  Aftermaths aftermaths;
  std::string failure;
  size_t at = 0, read = 0;
  uint64_t operations = 0;
  const auto look = [&](std::string_view moment) {
    if (!failure.empty()) return;
    failure = aftermaths.each(*storage, at, [&](const std::shared_ptr<Storage>& left, const Journal&) -> std::string {
      CHECK_CASE(judge(left, *views, &read));
      // Somebody else goes on: what he removes nobody needs.
      Process other(left);
      Status opened = other.open();
      if (opened.code() == Code::kNotFound) return "";
      CHECK_OK(opened);
      CHECK_OK(other.store->collect({}, nullptr));
      // The sweep is a commit of its own, which says the same as the one before.
      auto more = *views;
      const uint64_t head = other.store->seq();
      auto now = view_of(*other.store);
      CHECK_OK(now);
      while (more.size() <= head) more.emplace_back();
      if (head) {
        CHECK(std::ranges::any_of(*views, [&](const View& v) { return v == *now; }) || now->registry.empty());
        more[head] = *now;
      }
      return judge(left, more, &read);
    });
    if (!failure.empty()) failure = cat(steps()[at].name, ", ", moment, ", ", failure);
  };
  storage->on_operation([&](Op op, std::string_view name) {
    ++operations;
    if (op & kChanges && operations % kStride == 0) look(cat("before operation ", operations, " on ", name));
  });
  Process p(storage);
  CHECK_OK(p.create(false));
  for (; at < steps().size(); ++at) {
    CHECK_OK(steps()[at].run(*p.store));
    look("done");
    CHECK_EQ(failure, std::string());
  }
  std::printf("%zu states were looked at, %zu commits read in them\n", aftermaths.seen(), read);
  CHECK(aftermaths.seen() > 200);
  CHECK(read > 3 * aftermaths.seen());
  return "";
}

// Each operation fails once, or its answer is lost: done again, the call leads to where it would have led.
std::string every_operation_can_fail() {
  struct Kind {
    const char* name;
    Fault fault;
  };
  const Kind kinds[] = {{"an error", {.ops = kLooks | kChanges}}, {"a lost answer", {.ops = kChanges, .done = true}}};
  auto undisturbed = make_memory_storage("whole");
  Process whole(undisturbed);
  CHECK_OK(whole.create(false));
  for (const PastStep& step : steps()) CHECK_OK(step.run(*whole.store));
  auto wanted = view_at(undisturbed, "two");
  CHECK_OK(wanted);
  uint64_t faults = 0;
  for (const Kind& kind : kinds) {
    for (size_t at = 0; at < steps().size(); ++at) {
      bool last = false;
      for (uint64_t k = 1; !last; k += kFaultStride, ++faults) {
        auto storage = std::make_shared<FaultStorage>(make_memory_storage("faulty"));
        Process p(storage);
        CHECK_OK(p.create(false));
        for (size_t i = 0; i < at; ++i) CHECK_OK(steps()[i].run(*p.store));
        Fault fault = kind.fault;
        fault.at = k;
        storage->arm(fault);
        const Status outcome = steps()[at].run(*p.store);
        last = storage->counted() < k;
        storage->arm({});
        const auto where = [&] { return cat(steps()[at].name, ", ", kind.name, " at operation ", k, ": "); };
        if (!outcome.ok()) {
          if (outcome.code() != fault.code && outcome.code() != Code::kOutcomeUnknown && outcome.code() != Code::kNotProjected)
            return cat(where(), "status ", static_cast<int>(outcome.code()), ": ", outcome.message());
          Status again = steps()[at].run(*p.store);
          if (!again.ok()) return cat(where(), "again: ", again.message());
        }
        // To the end, and all kept commits are there.
        for (size_t i = at + 1; i < steps().size(); ++i) {
          Status s = steps()[i].run(*p.store);
          if (!s.ok()) return cat(where(), "then ", steps()[i].name, ": ", s.message());
        }
        CHECK_EQ(p.store->history().tags.size(), size_t{1});
        auto kept = view_at(storage->inner(), "two");
        if (!kept.ok()) return cat(where(), kept.status().message());
        if (std::string d = difference(*kept, *wanted); !d.empty()) return cat(where(), d);
      }
    }
  }
  std::printf("%llu faults\n", static_cast<unsigned long long>(faults));
  CHECK(faults > 100);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"kept_commits_survive_every_stop", kept_commits_survive_every_stop}, {"every_operation_can_fail", every_operation_can_fail}});
}
