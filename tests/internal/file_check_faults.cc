// Check, repair, salvage and refresh of a lone file on a storage that fails, at every operation of each (store_check_faults: of stores).
#include "file/check.h"
#include "file/salvage.h"
#include "file_history.h"
#include "storage/memory.h"
#include "undisturbed.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSetting{.name = "zstd"};

Status step(Session& s, uint64_t seed) {
  STRATA_TRY(ensure(s, "a", {Type::kInt32, {12}, {4}, {}}));
  STRATA_TRY(put(s, "a", {0}, {12}, seed));
  if (seed == 2) {
    STRATA_TRY(ensure(s, "b", {Type::kString, {3}, {3}, {}}));
    STRATA_TRY(put_texts(s, "b", 0, {"x", "yy", "zzz"}));
    STRATA_TRY(annotate(s, "b", "n", Value::string("two")));
  }
  return s.file->flush(nullptr);
}

// A base, and two or three layers above it; or above fillers.
Result<std::shared_ptr<Storage>> sound_file(bool compacted) {
  auto storage = make_memory_storage("m");
  Session s(kSetting, storage);
  STRATA_TRY(s.create(false));
  for (uint64_t seed = 1; seed <= 3; ++seed) STRATA_TRY(step(s, seed));
  if (compacted) STRATA_TRY(s.file->compact(nullptr));
  if (compacted) STRATA_TRY(step(s, 4));
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

struct Scene {
  const char* name;
  bool compacted;
  Status (*damage)(Storage&);
  bool repairable = true;
  uint64_t every = kEvery;
};
const Scene kScenes[] = {
    {"a sound file", false, [](Storage&) { return Status(); }},
    {"a sound file with fillers", true, [](Storage&) { return Status(); }},
    {"a cut layer", false, [](Storage& s) { return cut(s, "d/x.2.af"); }},
    {"a cut layer above fillers", true, [](Storage& s) { return cut(s, "d/x.4.af"); }},
    {"a flipped bit of data", false, [](Storage& s) { return flip(s, "d/x.1.af"); }},
    {"a layer that is missing", false, [](Storage& s) { return s.remove("d/x.1.af"); }, true, 199},
    {"no base", false, [](Storage& s) { return s.remove("d/x.af"); }, false},
    {"statistics of nothing", false, [](Storage& s) { return cut(s, "d/x.stats"); }},
};

Result<std::shared_ptr<FaultStorage>> copy_of(FaultStorage& source) {
  STRATA_ASSIGN(const auto inner, source.left());
  auto storage = std::make_shared<FaultStorage>(inner);
  STRATA_TRY(storage->take_over("d"));
  return storage;
}

Status check(const std::shared_ptr<Storage>& storage, Findings& found) {
  Session s(kSetting, storage);
  return FileCheck(engine_for_checks(*s.engine), storage, found, nullptr).run(Session::key, true);
}
Status repair(const std::shared_ptr<Storage>& storage, Findings& found) {
  Session s(kSetting, storage);
  return FileRepair(engine_for_checks(*s.engine), storage, found, true, nullptr).run(Session::key);
}
Status salvage(const std::shared_ptr<Storage>& storage, const std::shared_ptr<Storage>& to, Findings& found) {
  Session s(kSetting, to);
  STRATA_TRY(s.create(false));
  return FileSalvage(engine_for_checks(*s.engine), found, nullptr).run(storage, Session::key, *s.file);
}

template <typename F>
std::string in_every_scene(F&& look) {
  for (const Scene& scene : kScenes) {
    auto whole = sound_file(scene.compacted);
    CHECK_OK(whole);
    CHECK_OK(scene.damage(**whole));
    FaultStorage source(*whole);
    CHECK_OK(source.take_over("d"));
    auto storage = copy_of(source);
    CHECK_OK(storage);
    std::string wrong = look(scene, *storage);
    if (!wrong.empty()) return cat(scene.name, ", ", wrong);
  }
  return "";
}

std::string checks() {
  return in_every_scene([](const Scene& scene, const std::shared_ptr<FaultStorage>& storage) -> std::string {
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
    }, scene.every);
  });
}

std::string repairs() {
  return in_every_scene([](const Scene& scene, const std::shared_ptr<FaultStorage>& source) -> std::string {
    auto whole = copy_of(*source);
    CHECK_OK(whole);
    Findings said;
    if (!scene.repairable) {
      CHECK_CODE(repair(*whole, said), Code::kCorrupt);
      return "";
    }
    CHECK_OK(repair(*whole, said));
    auto wanted = stored_picture(kSetting, *whole);
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
        CHECK_OK(repair(*storage, again));
      } else if (*last) {
        CHECK_CASE(beyond(found, said));
      }
      CHECK_OK(check(*storage, after));
      for (const Finding& f : after.list)
        if (f.severity == Severity::kDefect) return cat("it leaves ", line_of(f));
      auto there = stored_picture(kSetting, *storage);
      CHECK_OK(there);
      return difference(*there, *wanted);
    }, scene.every);
  });
}

std::string salvages() {
  return in_every_scene([](const Scene& scene, const std::shared_ptr<FaultStorage>& storage) -> std::string {
    Findings wanted;
    auto saved = make_memory_storage("to");
    CHECK_OK(salvage(storage, saved, wanted));
    auto all = stored_picture(kSetting, saved);
    CHECK_OK(all);
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
          // Of a storage that gives nothing at all nothing can be saved.
          const bool nothing = how.fault.lasting && outcome.code() == Code::kCorrupt;
          if (outcome.code() != Code::kOutcomeUnknown && !nothing) CHECK_EQ(outcome.code(), how.fault.code);
        } else {
          auto there = stored_picture(kSetting, to);
          CHECK_OK(there);
          if (of_the_new_one) CHECK_CASE(beyond(found, wanted));
          if (!speaks_of_the_storage(found)) CHECK_CASE(difference(*there, *all));
        }
        Findings again;
        auto anew = make_memory_storage("to");
        CHECK_OK(salvage(storage, anew, again));
        CHECK_CASE(beyond(again, wanted));
        auto there = stored_picture(kSetting, anew);
        CHECK_OK(there);
        return difference(*there, *all);
      }, scene.every));
    }
    return "";
  });
}

// Of a handle that is behind: by layers, by a compaction, or by one that is not finished.
std::string refreshes() {
  for (int behind = 0; behind < 3; ++behind) {
    auto first = make_memory_storage("m");
    Session begin(kSetting, first);
    CHECK_OK(begin.create(false));
    for (uint64_t seed = 1; seed <= 2; ++seed) CHECK_OK(step(begin, seed));
    CHECK_CASE(at_every_operation([&](const Disturbance& how, const Fault& fault, bool* last) -> std::string {
      FaultStorage source(first);
      CHECK_OK(source.take_over("d"));
      auto storage = copy_of(source);
      CHECK_OK(storage);
      Session s(kSetting, *storage), other(kSetting, *storage);
      CHECK_OK(s.open());
      auto before = picture(*s.file, true);
      CHECK_OK(before);
      CHECK_OK(other.open());
      CHECK_OK(step(other, 3));
      if (behind == 1) CHECK_OK(other.file->compact(nullptr));
      if (behind == 2) {
        (*storage)->arm({.at = 1, .ops = kRename});
        CHECK(!other.file->compact(nullptr).ok());
      }
      if (behind != 2) CHECK_OK(step(other, 4));
      (*storage)->arm(fault);
      auto moved = s.file->refresh(nullptr);
      *last = (*storage)->counted() < fault.at;
      (*storage)->arm({});
      if (!moved.ok()) {
        CHECK(!*last);
        CHECK_EQ(moved.code(), how.fault.code);
        auto seen = picture(*s.file, true);
        CHECK_OK(seen);
        CHECK_CASE(difference(*seen, *before));
        moved = s.file->refresh(nullptr);
        CHECK_OK(moved);
      }
      CHECK(*moved);
      auto wanted = stored_picture(kSetting, *storage);
      CHECK_OK(wanted);
      auto seen = picture(*s.file, true);
      CHECK_OK(seen);
      CHECK_CASE(difference(*seen, *wanted));
      moved = s.file->refresh(nullptr);
      CHECK_OK(moved);
      CHECK(!*moved);
      return "";
    }));
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"checks", checks}, {"repairs", repairs}, {"salvages", salvages}, {"refreshes", refreshes}});
}
