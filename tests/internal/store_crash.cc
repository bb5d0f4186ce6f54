// A store that is stopped at every operation, and one whose storage fails: it is the one before or after the call that was cut, in
// all its arrays at once, and doing the same again leads to where it would have led.
#include <algorithm>
#include <set>

#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

// ---- the history; every step can be repeated ----

Status tolerant(Status s) { return s.code() == Code::kNotFound ? Status() : std::move(s); }

struct Step {
  const char* name;
  Status (*change)(Store&);
  Status (*publish)(Process&);
};

Status no_change(Store&) { return {}; }
Status flush(Process& p) { return p.store->flush(nullptr); }
Status compact(Process& p) { return p.store->compact(nullptr); }
Status create(Process& p) {
  Status made = p.create(false);
  return made.code() == Code::kExists ? p.open() : std::move(made);
}

const Step kSteps[] = {
    {"create", no_change, create},
    {"first datasets",
     [](Store& s) -> Status {
       for (const char* name : {"a", "b"}) {
         STRATA_TRY(ensure_dataset(s, name));
         STRATA_TRY(put(s, name, "x", 1));
         STRATA_TRY(put(s, name, "y", 2));
       }
       return s.set_attribute("a", "title", Value::string("first"));
     },
     flush},
    {"more of all",
     [](Store& s) -> Status {
       STRATA_TRY(put(s, "a", "x", 3));
       STRATA_TRY(put(s, "b", "z", 4));
       STRATA_TRY(ensure_dataset(s, "c"));
       STRATA_TRY(put(s, "c", "x", 5));
       STRATA_TRY(ensure_dataset(s, "empty"));
       return s.set_attribute("a", "title", Value::string("second"));
     },
     flush},
    {"delete an array", [](Store& s) { return tolerant(s.delete_array("a", "y", nullptr)); }, flush},
    {"delete a dataset", [](Store& s) { return tolerant(s.delete_dataset("b", nullptr)); }, flush},
    {"compact", no_change, compact},
    {"a dataset anew",
     [](Store& s) -> Status {
       STRATA_TRY(ensure_dataset(s, "b"));
       return put(s, "b", "x", 6);
     },
     flush},
    {"flush and compact", [](Store& s) { return put(s, "c", "x", 7); }, compact},
    {"overwrite", no_change, [](Process& p) { return p.create(true); }},
    {"other datasets",
     [](Store& s) -> Status {
       STRATA_TRY(ensure_dataset(s, "a"));
       STRATA_TRY(put(s, "a", "x", 8));
       return put(s, "a", "w", 9);
     },
     flush},
};

Status run(Process& p, const Step& step) {
  if (p.store) STRATA_TRY(step.change(*p.store));
  return step.publish(p);
}

// In the second setting a flush compacts what it has changed.
enum class Flushes { kPlain, kCompacting };

Process process(std::shared_ptr<Storage> storage, Flushes setting) {
  Process p(std::move(storage));
  if (setting == Flushes::kCompacting) p.options.compact_layers = 1;
  return p;
}

// What is stored before each step, and after the last.
Result<std::vector<View>> views() {
  auto storage = make_memory_storage("whole");
  Process p(storage);
  std::vector<View> out;
  STRATA_ASSIGN(out.emplace_back(), stored_view(storage));
  for (const Step& step : kSteps) {
    STRATA_TRY(run(p, step).prepend(cat(step.name, ": ")));
    STRATA_ASSIGN(out.emplace_back(), stored_view(storage));
  }
  return out;
}

// A flush is one commit: all of it is there, in every array and the registry at once, or nothing.
std::string one_of(const View& found, const View& before, const View& after) {
  if (found == before || found == after) return "";
  return cat(difference(found, before), "\nand ", difference(found, after));
}

std::string names_and_bytes(Storage& storage) {
  std::string all;
  for (const char* folder : {"s", "s/x", "s/y", "s/z", "s/w", "s/_strata/log", "s/_strata/layers"}) {
    auto list = storage.list(folder);
    if (!list.ok()) continue;
    std::sort(list->begin(), list->end(), [](const auto& a, const auto& b) { return a.key < b.key; });
    for (const ListEntry& e : *list) {
      auto bytes = read_object(storage, e.key);
      if (bytes.ok()) all += cat(e.key, ' ', xxh3_64(bytes->bytes()), '\n');
    }
  }
  return all;
}

std::string every_stop_leaves_a_store(Flushes setting) {
  auto all = views();
  CHECK_OK(all);
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("cut"));
  Process p = process(storage, setting);
  std::set<std::string> seen;
  std::string failure;
  size_t at = 0;
  uint64_t operations = 0;
  auto judge = [&](Result<std::shared_ptr<Storage>> left) -> std::string {
    CHECK_OK(left);
    if (!seen.insert(cat(at, '\n', names_and_bytes(**left))).second) return "";
    auto found = stored_view(*left);
    CHECK_OK(found);
    CHECK_CASE(one_of(*found, (*all)[at], (*all)[at + 1]));
    // Another process does the same again.
    Process other = process(*left, setting);
    if (found->registry != Texts{"(no store)"}) CHECK_OK(other.open());
    CHECK_OK(run(other, kSteps[at]));
    found = stored_view(*left);
    CHECK_OK(found);
    CHECK_EQ(difference(*found, (*all)[at + 1]), std::string());
    // And one more thing.
    CHECK_OK(ensure_dataset(*other.store, "more"));
    CHECK_OK(put(*other.store, "more", "x", 11));
    CHECK_OK(compact(other));
    found = stored_view(*left);
    CHECK_OK(found);
    CHECK(found->registry.back() == "more x");
    found->registry.pop_back();
    found->values.erase("more/x");
    CHECK_EQ(difference(*found, (*all)[at + 1]), std::string());
    return "";
  };
  storage->on_operation([&](Op, std::string_view name) {
    if (!failure.empty()) return;
    ++operations;
    std::string wrong = judge(storage->left());
    if (wrong.empty()) wrong = judge(storage->survivors());
    for (size_t kept = 1; wrong.empty() && kept <= storage->unsynced(); ++kept) {
      wrong = judge(storage->survivors(std::vector<bool>(kept, true)));
      std::vector<bool> last(storage->unsynced());
      last[kept - 1] = true;
      if (wrong.empty()) wrong = judge(storage->survivors(last));
    }
    if (!wrong.empty()) failure = cat(kSteps[at].name, ", before operation ", operations, " on ", name, ": ", wrong);
  });
  for (; at < std::size(kSteps); ++at) {
    CHECK_OK(run(p, kSteps[at]));
    CHECK_EQ(failure, std::string());
    // What was acknowledged is durable.
    auto left = storage->survivors();
    CHECK_OK(left);
    auto found = stored_view(*left);
    CHECK_OK(found);
    CHECK_EQ(difference(*found, (*all)[at + 1]), std::string());
  }
  CHECK(seen.size() > 40);
  return "";
}

struct Kind {
  const char* name;
  Fault fault;
};
const Kind kKinds[] = {
    {"an error", {.ops = kLooks | kChanges}},
    {"a lost answer", {.ops = kChanges, .done = true}},
    {"a full disk", {.ops = kStage | kWrite | kSeal, .code = Code::kNoSpace, .lasting = true}},
};

std::string fail_at(const std::vector<View>& all, Flushes setting, size_t at, const Kind& kind, uint64_t k, bool* last) {
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("faulty"));
  Process p = process(storage, setting);
  for (size_t i = 0; i < at; ++i) CHECK_OK(run(p, kSteps[i]));
  Fault fault = kind.fault;
  fault.at = k;
  storage->arm(fault);
  const Status outcome = run(p, kSteps[at]);
  *last = storage->counted() < k;
  storage->arm({});
  if (!outcome.ok()) {
    if (outcome.code() != fault.code && outcome.code() != Code::kOutcomeUnknown && outcome.code() != Code::kNotProjected)
      return cat("fails with status ", static_cast<int>(outcome.code()), ": ", outcome.message());
    auto stored = stored_view(storage->inner());
    CHECK_OK(stored);
    CHECK_CASE(one_of(*stored, all[at], all[at + 1]));
    CHECK_OK(run(p, kSteps[at]));
  }
  for (size_t i = at + 1; i <= std::size(kSteps); ++i) {
    auto stored = stored_view(storage->inner());
    CHECK_OK(stored);
    CHECK_EQ(difference(*stored, all[i]), std::string());
    auto own = view_of(*p.store);
    CHECK_OK(own);
    CHECK_EQ(difference(*own, all[i]), std::string());
    CHECK_EQ(p.store->pending().arrays, uint64_t{0});
    if (i < std::size(kSteps)) CHECK_OK(run(p, kSteps[i]));
  }
  return "";
}

std::string every_operation_can_fail(Flushes setting) {
  auto all = views();
  CHECK_OK(all);
  for (const Kind& kind : kKinds) {
    uint64_t faults = 0;
    for (size_t at = 0; at < std::size(kSteps); ++at) {
      bool last = false;
      for (uint64_t k = 1; !last; ++k, ++faults) {
        std::string wrong = fail_at(*all, setting, at, kind, k, &last);
        if (!wrong.empty()) return cat(kSteps[at].name, ", ", kind.name, " at operation ", k, ": ", wrong);
      }
    }
    CHECK(faults > 100);
  }
  return "";
}

// The setting does what it says: else the cases with it would be the others again.
std::string a_flush_compacts() {
  Process p = process(make_memory_storage("m"), Flushes::kCompacting);
  CHECK_OK(p.create(false));
  CHECK_OK(p.store->create_dataset("a"));
  for (int32_t i = 1; i < 4; ++i) {
    CHECK_OK(put(*p.store, "a", "x", i));
    CHECK_OK(p.store->flush(nullptr));
    auto file = p.store->array_file("x", nullptr);
    CHECK_OK(file);
    auto layers = (*file)->layer_count();
    CHECK_OK(layers);
    CHECK_EQ(*layers, uint64_t{1});
    auto homes = p.storage->list("s/_strata/layers");
    CHECK_OK(homes);
    CHECK_EQ(homes->size(), size_t{1});  // what was absorbed is gone
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"a_flush_compacts", a_flush_compacts},
                    {"every_stop_leaves_a_store", [] { return every_stop_leaves_a_store(Flushes::kPlain); }},
                    {"every_stop_with_compacting_flushes", [] { return every_stop_leaves_a_store(Flushes::kCompacting); }},
                    {"every_operation_can_fail", [] { return every_operation_can_fail(Flushes::kPlain); }},
                    {"every_operation_can_fail_with_compacting_flushes", [] { return every_operation_can_fail(Flushes::kCompacting); }}});
}
