// A repair of a store that is killed, or meets a power cut, before any of its operations, and is then repeated: the store is as of the same
// commit as after a repair that nobody stopped, has no damage, and goes on.
#include "atlas/check.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"
#include "support/fault_storage.h"

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
    if (commit != 2) STRATA_TRY(p.store->create_dataset(commit == 1 ? "a" : "c"));
    if (commit == 2) STRATA_TRY(p.store->create_dataset("b"));
    STRATA_TRY(put(*p.store, "a", "x", commit));
    if (commit == 2) STRATA_TRY(put(*p.store, "b", "y", 5));
    if (commit == 3) STRATA_TRY(put(*p.store, "c", "z", 6));
    STRATA_TRY(p.store->flush(nullptr));
  }
  return storage;
}

// Removes the object, or leaves only its beginning. The homes of the layers are other names of the same objects.
Status damage(Storage& storage, const std::string& key, bool gone) {
  if (gone) return storage.remove(key);
  STRATA_ASSIGN(const Buffer bytes, read_object(storage, key));
  return replace_object(storage, key, bytes.bytes().first(bytes.size() / 2));
}

Status damage_layer(Storage& storage, const std::string& slot) {
  STRATA_ASSIGN(const auto there, storage.open(slot));
  STRATA_ASSIGN(const auto homes, storage.list("s/_strata/layers"));
  for (const ListEntry& home : homes) {
    STRATA_ASSIGN(const auto other, storage.open(home.key));
    if (other->place() == there->place()) STRATA_TRY(damage(storage, home.key, false));
  }
  return damage(storage, slot, false);
}

Status repair(const std::shared_ptr<Storage>& storage) {
  Process p(storage);
  Findings found;
  return repair_store(engine_for_checks(*p.engine), storage, "s", true, found, nullptr);
}

// "" when there is no damage, the store is `wanted`, and a commit and a compaction can be made.
std::string aftermath(const std::shared_ptr<Storage>& storage, const View& wanted) {
  Process p(storage);
  for (int round = 0; round < 2; ++round) {
    Findings found;
    CHECK_OK(check_store(engine_for_checks(*p.engine), storage, "s", true, found, nullptr));
    for (const Finding& f : found.list)
      if (f.severity == Severity::kDefect) return cat(f.object, ": ", f.text);
    if (round) break;
    auto view = stored_view(storage);
    CHECK_OK(view);
    if (std::string d = difference(*view, wanted); !d.empty()) return d;
    CHECK_OK(p.open());
    CHECK_OK(put(*p.store, "a", "x", 9));
    CHECK_OK(p.store->flush(nullptr));
    CHECK_OK(p.store->compact(nullptr));
  }
  return "";
}

std::string stopped_everywhere(const std::shared_ptr<Storage>& damaged, const std::string& what) {
  FaultStorage source(damaged);
  for (const char* folder : kFolders) CHECK_OK(source.take_over(folder));
  auto whole = source.left();
  CHECK_OK(whole);
  CHECK_OK(repair(*whole));
  auto wanted = stored_view(*whole);
  CHECK_OK(wanted);
  CHECK_CASE(aftermath(*whole, *wanted));
  for (uint64_t k = 1;; ++k) {
    auto copy = source.left();
    CHECK_OK(copy);
    auto storage = std::make_shared<FaultStorage>(*copy);
    for (const char* folder : kFolders) CHECK_OK(storage->take_over(folder));
    storage->arm({.at = k, .stop = true});
    Status stopped = repair(storage);
    if (!storage->stopped()) {
      CHECK_OK(stopped);
      if (k < 3) return cat(what, ": it did next to nothing");
      return "";
    }
    for (int cut = 0; cut < 3; ++cut) {
      // The process alone; a power cut that takes all names that are not synced; one that takes every second.
      std::vector<bool> kept(storage->unsynced());
      for (size_t i = 0; i < kept.size(); ++i) kept[i] = i % 2;
      auto left = cut == 0 ? storage->left() : storage->survivors(cut == 1 ? std::vector<bool>() : kept);
      CHECK_OK(left);
      Status again = repair(*left);
      std::string wrong = again.ok() ? aftermath(*left, *wanted) : std::string(again.message());
      if (!wrong.empty()) return cat(what, ", stopped at ", k, cut ? ", power cut: " : ": ", wrong);
    }
  }
}

std::string entries() {
  for (const char* key : {"s/_strata/log/000000000001", "s/_strata/log/000000000003", "s/atlas.json"}) {
    for (bool gone : {false, true}) {
      auto storage = sound_store();
      CHECK_OK(storage);
      CHECK_OK(damage(**storage, key, gone));
      CHECK_CASE(stopped_everywhere(*storage, cat(key, gone ? " removed" : " cut")));
    }
  }
  return "";
}

std::string commits() {
  auto storage = sound_store();
  CHECK_OK(storage);
  CHECK_OK(damage(**storage, "s/_strata/log/000000000003", false));
  CHECK_OK(damage(**storage, "s/atlas.json", true));
  CHECK_CASE(stopped_everywhere(*storage, "newest entry and registry"));
  storage = sound_store();
  CHECK_OK(storage);
  CHECK_OK(damage_layer(**storage, "s/x/data.2.af"));
  CHECK_CASE(stopped_everywhere(*storage, "newest layer"));
  storage = sound_store();
  CHECK_OK(storage);
  CHECK_OK(damage_layer(**storage, "s/z/data.af"));
  return stopped_everywhere(*storage, "a file of the newest commit");
}

std::string places() {
  auto storage = sound_store();
  CHECK_OK(storage);
  for (const char* key : {"s/x/data.af", "s/x/data.1.af", "s/y/data.af"}) CHECK_OK(damage(**storage, key, true));
  CHECK_OK(damage(**storage, "s/x/data.2.af", false));
  return stopped_everywhere(*storage, "slots");
}

}  // namespace

int main() { return RUN_CASES({{"entries", entries}, {"commits", commits}, {"places", places}}); }
