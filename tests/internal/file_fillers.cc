// A compaction that is killed anywhere, and then the power fails while the next process finishes it: what a process finds done it
// did not make durable itself. The original, which knows nothing of absorbed slots, must read what was committed at every
// instant: a filler only where the base in place has the slot's contents, and none above data that the base absorbed.
#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSetting = {.name = "lz4", .codec = "lz4"};

std::string in_order(Storage& storage) {
  CodecSet codecs;
  auto names = FileNames::make(Session::key);
  CHECK_OK(names);
  auto base = SealedLayer::open(storage, names->base(), codecs);
  CHECK_OK(base);
  const Identity& base_identity = *(*base)->identity();
  auto slots = names->list(storage);
  CHECK_OK(slots);
  uint32_t number = 0;
  std::string kinds;
  for (const SlotEntry& slot : *slots) {
    CHECK_EQ(slot.slot, ++number);
    auto layer = SealedLayer::open(storage, slot.key, codecs);
    CHECK_OK(layer);
    const Identity& identity = *(*layer)->identity();
    kinds += identity.kind == LayerKind::kFiller ? 'F' : identity.kind == LayerKind::kMarker ? 'M' : 'D';
    if (kinds.back() == 'F' && identity.base_id != base_identity.layer_id) return cat("a filler over the old base: ", kinds);
    if (kinds.ends_with("DF")) return cat("a filler above data: ", kinds);
  }
  return "";
}

std::string any_power_cut(const FaultStorage& storage) {
  const size_t n = storage.unsynced();
  CHECK(n <= 10);
  for (size_t bits = 0; bits < size_t{1} << n; ++bits) {
    std::vector<bool> kept(n);
    for (size_t i = 0; i < n; ++i) kept[i] = bits >> i & 1;
    auto left = storage.survivors(kept);
    CHECK_OK(left);
    CHECK_CASE(in_order(**left));
  }
  return "";
}

Status three_layers(Session& s) {
  STRATA_TRY(s.create(false));
  STRATA_TRY(s.file->flush(nullptr));
  for (uint64_t seed : {1, 2, 3}) {
    STRATA_TRY(ensure(s, "a", {.shape = {4}, .chunk = {4}, .fill = {}}).take_status());
    STRATA_TRY(put(s, "a", {0}, {4}, seed));
    STRATA_TRY(s.file->flush(nullptr));
  }
  return {};
}

std::string killed_then_power_cut() {
  uint64_t compared = 0;
  for (uint64_t k = 1;; ++k) {
    auto storage = std::make_shared<FaultStorage>(make_memory_storage("cut"));
    {
      Session first(kSetting, storage);
      CHECK_OK(three_layers(first));
      storage->arm({.at = k, .done = true, .stop = true});
      (void)first.file->compact(nullptr);
    }
    const bool stopped = storage->stopped();
    storage->arm({});
    std::string wrong;
    storage->on_operation([&](Op op, std::string_view name) {
      if (!wrong.empty() || !(op & kChanges)) return;
      wrong = any_power_cut(*storage);
      if (!wrong.empty()) wrong = cat("killed after operation ", k, ", power cut before ", name, ": ", wrong);
      ++compared;
    });
    Session second(kSetting, storage);
    CHECK_OK(second.open());
    CHECK_OK(second.file->compact(nullptr));
    CHECK_EQ(wrong, std::string());
    if (!stopped) break;
  }
  CHECK(compared > 50);
  return "";
}

}  // namespace

int main() { return RUN_CASES({{"killed_then_power_cut", killed_then_power_cut}}); }
