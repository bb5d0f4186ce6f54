// Of an array file each sync is left out, and each step comes late: the tests of crashes notice, or it is listed here why that is harmless.
#include "file_witness.h"
#include "mistakes.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSetting = {.name = "zstd"};

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStep = 32;  // sanitizers take their time, and the others are tried without
#else
constexpr size_t kStep = 1;
#endif

// One of each kind of commit, and of each kind after a compaction.
std::vector<Step> steps() {
  static constexpr std::string_view kinds[] = {"create",       "first data",   "flush first data",  "parts",
                                               "flush parts",  "compact",      "after compaction",  "flush after compaction",
                                               "another rank", "flush another rank", "overwrite",   "other data",
                                               "flush other data"};
  std::vector<Step> out;
  for (const Step& step : history())
    if (std::find(std::begin(kinds), std::end(kinds), step.name) != std::end(kinds)) out.push_back(step);
  return out;
}

const Harmless kHarmless[] = {
    {"removal of ", "what is removed is nobody's any more: orphans, statistics that their ids disown"},
    {"replacement of d/x.stats", "it is derived, and not believed unless it is of these layers"},
    {"stage of ", "a name that nothing refers to yet"},
    {"sync of the bytes of d/x.stats", "its digest finds them torn; only the original, which has none, needs them whole"},
    {"creation of d/x.N.af after sync of the bytes of d/x.N.af, sync of d",
     "the base that a marker commits says itself what it absorbed; the marker orders it among other writers, who are tested elsewhere"},
    {"replacement of d/x.af after sync of the bytes of d/x.af, replacement of d/x.stats", "before statistics, that is"},
    {"sync of d after sync of d, renaming to d/x.af", "the sync before it", Harmless::kTwice},
    {"sync of d after replacement of d/x.af", "before the first filler the folder is synced once more", Harmless::kTwice},
    {"sync of d after removal of d/x.stats, sync of d", "the sync before it", Harmless::kTwice},
    {"sync of d after sync of the bytes of d/x.N.af, ",
     "before a slot, by one who does not know that the names that he found are durable: here they are; of one who goes on after a kill it "
     "is the first event, and missed"},
};

std::string every_mistake_is_noticed() {
  const std::vector<Step> history = steps();
  auto pictures = pictures_of(kSetting, history);
  CHECK_OK(pictures);
  std::map<std::string, uint64_t> events;
  CHECK_CASE(watched_history(kSetting, history, *pictures, true, {}, nullptr, &events));
  return unnoticed_mistakes(events, kHarmless, kStep, [&](bool deeper, const Mistake& mistake) {
    return watched_history(kSetting, history, *pictures, deeper, mistake, nullptr, nullptr);
  });
}

}  // namespace

int main() { return RUN_CASES({{"every_mistake_is_noticed", every_mistake_is_noticed}}); }
