// Check, repair, salvage and refresh of stores on a storage that fails, at every operation of each. The call says so, takes nothing for
// damaged or for sound that it could not read, takes nothing away for it, and a repetition leads to where it would have led.
#include "atlas/check.h"
#include "storage/memory.h"
#include "store_history.h"
#include "undisturbed.h"

namespace {

using namespace strata;
using namespace strata::test;

constexpr const char* kFolders[] = {"s", "s/x", "s/y", "s/z", "s/_strata/log", "s/_strata/layers", "s/_strata/placed"};

// Commit 1: a/x; 2: a/x and b/y; 3: a/x, c/z.
Result<std::shared_ptr<Storage>> sound_store() {
  auto storage = make_memory_storage("m");
  Process p(storage);
  STRATA_TRY(p.create(false));
  for (int32_t commit = 1; commit <= 3; ++commit) {
    STRATA_TRY(p.store->create_dataset(commit == 1 ? "a" : commit == 2 ? "b" : "c"));
    STRATA_TRY(p.store->set_attribute("a", "n", Value::string(cat(commit))));
    STRATA_TRY(put(*p.store, "a", "x", commit));
    if (commit == 2) STRATA_TRY(put(*p.store, "b", "y", 5));
    if (commit == 3) STRATA_TRY(put(*p.store, "c", "z", 6));
    STRATA_TRY(p.store->flush(nullptr));
  }
  return storage;
}

Status cut(Storage& storage, const std::string& key) {
  STRATA_ASSIGN(const Buffer bytes, read_object(storage, key));
  return replace_object(storage, key, bytes.bytes().first(bytes.size() / 2));
}
Status flip(Storage& storage, const std::string& key) {
  STRATA_ASSIGN(Buffer bytes, read_object(storage, key));
  bytes.data()[3] ^= 0x10;
  return replace_object(storage, key, bytes.bytes());
}
Result<std::string> home_of(Storage& storage, const std::string& slot) {
  STRATA_ASSIGN(const auto there, storage.open(slot));
  STRATA_ASSIGN(const auto homes, storage.list("s/_strata/layers"));
  for (const ListEntry& home : homes) {
    STRATA_ASSIGN(const auto other, storage.open(home.key));
    if (other->place() == there->place()) return home.key;
  }
  return Status(Code::kNotFound, "no home");
}
Status both(Storage& storage, const std::string& slot, Status (*damage)(Storage&, const std::string&)) {
  STRATA_ASSIGN(const std::string home, home_of(storage, slot));
  STRATA_TRY(damage(storage, home));
  return damage(storage, slot);
}
Status gone(Storage& storage, const std::string& key) { return storage.remove(key); }

struct Scene {
  const char* name;
  Status (*damage)(Storage&);
};
const Scene kScenes[] = {
    {"a sound store", [](Storage&) { return Status(); }},
    {"no registry", [](Storage& s) { return gone(s, "s/atlas.json"); }},
    {"a cut entry", [](Storage& s) { return cut(s, "s/_strata/log/000000000002"); }},
    {"no newest entry and no registry",
     [](Storage& s) -> Status {
       STRATA_TRY(cut(s, "s/_strata/log/000000000003"));
       return gone(s, "s/atlas.json");
     }},
    {"a cut layer", [](Storage& s) { return both(s, "s/x/data.2.af", cut); }},
    {"a flipped bit of data", [](Storage& s) { return both(s, "s/x/data.1.af", flip); }},
    {"a flipped bit of the newest data", [](Storage& s) { return both(s, "s/z/data.af", flip); }},
    {"a copy with a flipped bit", [](Storage& s) { return flip(s, "s/x/data.2.af"); }},
    {"places that are empty",
     [](Storage& s) -> Status {
       STRATA_TRY(gone(s, "s/x/data.1.af"));
       return gone(s, "s/y/data.af");
     }},
};

Result<std::shared_ptr<FaultStorage>> copy_of(FaultStorage& source) {
  STRATA_ASSIGN(const auto inner, source.left());
  auto storage = std::make_shared<FaultStorage>(inner);
  for (const char* folder : kFolders) STRATA_TRY(storage->take_over(folder));
  return storage;
}
Result<std::shared_ptr<FaultStorage>> scene(const Scene& scene) {
  STRATA_ASSIGN(const auto whole, sound_store());
  FaultStorage source(whole);
  STRATA_TRY(scene.damage(*whole));
  for (const char* folder : kFolders) STRATA_TRY(source.take_over(folder));
  return copy_of(source);
}

Status check(const std::shared_ptr<Storage>& storage, Findings& found) {
  Process p(storage);
  return check_store(engine_for_checks(*p.engine), storage, "s", true, found, nullptr);
}
Status repair(const std::shared_ptr<Storage>& storage, Findings& found) {
  Process p(storage);
  return repair_store(engine_for_checks(*p.engine), storage, "s", true, found, nullptr);
}
Status salvage(const std::shared_ptr<Storage>& storage, const std::shared_ptr<Storage>& to, Findings& found) {
  Process p(to);
  STRATA_TRY(p.create(false));
  return salvage_store(engine_for_checks(*p.engine), storage, "s", *p.store, found, nullptr);
}

template <typename F>
std::string in_every_scene(F&& look) {
  for (const Scene& s : kScenes) {
    auto storage = scene(s);
    CHECK_OK(storage);
    std::string wrong = look(*storage);
    if (!wrong.empty()) return cat(s.name, ", ", wrong);
  }
  return "";
}

std::string checks() {
  return in_every_scene([](const std::shared_ptr<FaultStorage>& storage) -> std::string {
    Findings wanted;
    CHECK_OK(check(storage, wanted));
    return at_every_operation([&](const Disturbance& how, const Fault& fault, bool* last) -> std::string {
      storage->arm(fault);
      Findings found, again;
      const Status outcome = check(storage, found);
      *last = storage->counted() < fault.at;
      storage->arm({});
      CHECK_CASE(admits(how, !*last, outcome, found, wanted));
      CHECK_OK(check(storage, again));
      return beyond(again, wanted);
    });
  });
}

std::string repairs() {
  return in_every_scene([](const std::shared_ptr<FaultStorage>& source) -> std::string {
    auto whole = copy_of(*source);
    CHECK_OK(whole);
    Findings said;
    CHECK_OK(repair(*whole, said));
    auto wanted = stored_view(*whole);
    CHECK_OK(wanted);
    return at_every_operation([&](const Disturbance& how, const Fault& fault, bool* last) -> std::string {
      auto storage = copy_of(*source);
      CHECK_OK(storage);
      (*storage)->arm(fault);
      Findings found, again, after;
      const Status outcome = repair(*storage, found);
      *last = (*storage)->counted() < fault.at;
      (*storage)->arm({});
      if (!outcome.ok()) {
        CHECK(!*last);
        CHECK_EQ(outcome.code(), how.fault.code);
      } else if (*last) {
        CHECK_CASE(beyond(found, said));
      }
      if (!outcome.ok()) CHECK_OK(repair(*storage, again));
      CHECK_OK(check(*storage, after));
      for (const Finding& f : after.list)
        if (f.severity == Severity::kDefect) return cat("it leaves ", line_of(f));
      auto view = stored_view(*storage);
      CHECK_OK(view);
      return difference(*view, *wanted);
    });
  });
}

std::string salvages() {
  return in_every_scene([](const std::shared_ptr<FaultStorage>& storage) -> std::string {
    Findings wanted;
    auto saved = make_memory_storage("to");
    CHECK_OK(salvage(storage, saved, wanted));
    auto view = stored_view(saved);
    CHECK_OK(view);
    for (bool of_the_new_one : {false, true}) {
      CHECK_CASE(at_every_operation([&](const Disturbance& how, const Fault& fault, bool* last) -> std::string {
        auto to = std::make_shared<FaultStorage>(make_memory_storage("to"));
        FaultStorage& failing = of_the_new_one ? *to : *storage;
        failing.arm(fault);
        Findings found;
        const Status outcome = salvage(storage, to, found);
        *last = failing.counted() < fault.at;
        failing.arm({});
        if (!outcome.ok()) {
          CHECK(!*last);
          if (outcome.code() != Code::kOutcomeUnknown && outcome.code() != Code::kNotProjected) CHECK_EQ(outcome.code(), how.fault.code);
        } else {
          auto there = stored_view(to);
          CHECK_OK(there);
          if (of_the_new_one) CHECK_CASE(beyond(found, wanted));
          // What is missing is named.
          if (!speaks_of_the_storage(found) && beyond(found, wanted).empty()) CHECK_CASE(difference(*there, *view));
        }
        Findings again;
        auto anew = make_memory_storage("to");
        CHECK_OK(salvage(storage, anew, again));
        CHECK_CASE(beyond(again, wanted));
        auto there = stored_view(anew);
        CHECK_OK(there);
        return difference(*there, *view);
      }));
    }
    return "";
  });
}

// Of a handle that is behind: by commits alone, or by a compaction as well, or by what nobody has projected yet.
std::string refreshes() {
  for (int behind = 0; behind < 3; ++behind) {
    auto storage = std::make_shared<FaultStorage>(make_memory_storage("m"));
    Process other(storage);
    CHECK_OK(other.create(false));
    for (const char* name : {"a", "b"}) {
      CHECK_OK(other.store->create_dataset(name));
      CHECK_OK(put(*other.store, name, "x", 1));
      CHECK_OK(put(*other.store, name, "y", 2));
    }
    CHECK_OK(other.store->flush(nullptr));
    const auto begin = [&](Process& p) -> Result<View> {
      STRATA_TRY(p.open());
      return view_of(*p.store);  // and all is opened
    };
    // Handles that are all at the first commit.
    std::vector<std::unique_ptr<Process>> handles;
    View before;
    for (int i = 0; i < 1200; ++i) {
      auto view = begin(*handles.emplace_back(std::make_unique<Process>(storage)));
      CHECK_OK(view);
      before = *view;
    }
    CHECK_OK(put(*other.store, "a", "x", 3));
    CHECK_OK(other.store->set_attribute("b", "n", Value::string("2")));
    CHECK_OK(other.store->flush(nullptr));
    if (behind == 1) CHECK_OK(other.store->compact(nullptr));
    CHECK_OK(put(*other.store, "b", "y", 4));
    if (behind == 2) {
      uint64_t creations = 0;
      storage->on_operation([&](Op op, std::string_view key) {
        if (op == kCreate && key.find("/log/") != std::string_view::npos) ++creations;
        else if (op == kCreate && creations == 1) storage->arm({.at = 1, .stop = true}), ++creations;
      });
      CHECK(!other.store->flush(nullptr).ok());
      storage->on_operation(nullptr);
      storage->arm({});
    }
    auto left = storage->left();
    CHECK_OK(left);
    if (behind != 2) CHECK_OK(other.store->flush(nullptr));
    auto wanted = stored_view(behind == 2 ? *left : storage->inner());
    CHECK_OK(wanted);
    size_t next = 0;
    std::string wrong = at_every_operation([&](const Disturbance& how, const Fault& fault, bool* last) -> std::string {
      CHECK(next < handles.size());
      Store& store = *handles[next++]->store;
      storage->arm(fault);
      auto moved = store.refresh(nullptr);
      *last = storage->counted() < fault.at;
      storage->arm({});
      if (!moved.ok()) {
        CHECK(!*last);
        CHECK_EQ(moved.code(), how.fault.code);
        auto seen = view_of(store);
        // Layers that it has open are read on; others may be gone.
        if (seen.ok()) CHECK_CASE(difference(*seen, before));
        else CHECK_EQ(seen.code(), Code::kStale);
        moved = store.refresh(nullptr);
        CHECK_OK(moved);
      }
      CHECK(*moved);
      auto seen = view_of(store);
      CHECK_OK(seen);
      CHECK_CASE(difference(*seen, *wanted));
      moved = store.refresh(nullptr);
      CHECK_OK(moved);
      CHECK(!*moved);
      return "";
    });
    if (!wrong.empty()) return cat("behind ", behind, ": ", wrong);
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"checks", checks}, {"repairs", repairs}, {"salvages", salvages}, {"refreshes", refreshes}});
}
