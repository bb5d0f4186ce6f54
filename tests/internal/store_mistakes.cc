// Of a store each sync is left out, and each step comes late: the tests of crashes notice, or it is listed here why that is harmless.
#include "mistakes.h"
#include "store_witness.h"

namespace {

using namespace strata;
using namespace strata::test;

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStep = 32;  // sanitizers take their time, and the others are tried without
#else
constexpr size_t kStep = 1;
#endif

// One of each kind of commit, one after a compaction, and a compaction of two layers: of these the original must never see the older
// one above the new base.
std::vector<StoreStep> steps() {
  static constexpr std::string_view kinds[] = {"create", "first datasets", "more of all", "compact", "a dataset anew"};
  std::vector<StoreStep> out;
  for (const StoreStep& step : store_steps())
    if (std::ranges::find(kinds, step.name) != std::end(kinds)) out.push_back(step);
  out.push_back({"other values", [](Store& s) { return put(s, "b", "x", 10); }, flush});
  out.push_back({"compact two", no_change, compact});
  return out;
}

const Harmless kHarmless[] = {
    {"removal of ", "what is removed is nobody's any more"},
    {"stage of ", "a name that nothing refers to yet"},
    {"sync of the bytes of s/_strata/layers/ID.af ", "late: after its own name, before the folder is synced", Harmless::kLate},
    {"creation of s/_strata/layers/ID.af after sync of the bytes of s/_strata/layers/ID.af, creation of s/_strata/placed/N",
     "the first of several: the folder is synced after the last"},
    {"creation of s/_strata/layers/ID.af after sync of the bytes of s/_strata/layers/ID.af, sync of s", "the same"},
    {"creation of s/_strata/log/N after sync of the bytes of s/_strata/log/N, removal of s/_strata/placed/N",
     "the entry of a sweep, which keeps off writers whom no lock does: store_pauses has them"},
    {"sync of s/_strata/log after creation of s/_strata/log/N, sync of the bytes of s/_strata/log/N", "the same; others come after that of homes"},
    {"creation of s/_strata/placed/N", "it is for who imports what the original did, whom interop_stopped_stores tests"},
    {"replacement of s/atlas.json after sync of the bytes of s/atlas.json, ",
     "after a compaction or a sweep, where nothing is placed meanwhile: it says what it said, with another number"},
    {"sync of s after replacement of s/atlas.json, sync of the bytes of s/atlas.json", "the same"},
    {"sync of the bytes of s/atlas.json ", "late: after other names, before its own", Harmless::kLate},
    {"creation of s/x/data.N.af after creation of s/z/data.af, ", "late: after another array's statistics, before its folder is synced"},
    {"creation of s/x/data.af after creation of s/y/data.af, ", "the same"},
    {"creation of s/y/data.af after sync of s/_strata/log, ", "late: after another array's first name"},
    {"creation of s/z/data.af after sync of s/_strata/log, ", "the same"},
    {"sync of s/x after replacement of s/y/data.stats, ", "late: after its statistics, before the registry", Harmless::kLate},
    {"sync of s/x after replacement of s/z/data.stats, ", "the same", Harmless::kLate},
    {"sync of s/x after sync of the bytes of s/atlas.json, ", "the same", Harmless::kLate},
    {"sync of s/y after sync of the bytes of s/atlas.json, ", "the same", Harmless::kLate},
    {"sync of s/z after sync of the bytes of s/atlas.json, ", "the same", Harmless::kLate},
    {"replacement of s/x/data.stats", "they are derived, and not believed unless they are of these layers"},
    {"replacement of s/y/data.stats", "the same"},
    {"replacement of s/z/data.stats", "the same"},
    {"sync of the bytes of s/x/data.stats", "their digest finds them torn; only the original, which has none, needs them whole"},
    {"sync of the bytes of s/y/data.stats", "the same"},
    {"sync of the bytes of s/z/data.stats", "the same"},
};

std::string every_mistake_is_noticed() {
  const std::vector<StoreStep> history = steps();
  auto views = views_of(history);
  CHECK_OK(views);
  std::map<std::string, uint64_t> events;
  CHECK_CASE(watched_store(history, *views, {}, Depth::kLook, 1, {}, nullptr, &events));
  return unnoticed_mistakes(events, kHarmless, kStep, [&](bool deeper, const Mistake& mistake) {
    return watched_store(history, *views, {}, deeper ? Depth::kGoOn : Depth::kLook, 1, mistake, nullptr, nullptr);
  });
}

}  // namespace

int main() { return RUN_CASES({{"every_mistake_is_noticed", every_mistake_is_noticed}}); }
