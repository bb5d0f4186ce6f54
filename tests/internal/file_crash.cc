// An array file whose process is killed, or whose power fails, at every operation of its life: what is found afterwards
// is wholly the state before or after the call that was cut, and work goes on from there.
#include <cstdio>

#include "file_witness.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSettings[] = {
    {.name = "zstd"},
    {.name = "no codec, spilling", .codec = "", .block_bytes = 1 << 20, .pending_bytes = 1, .large = true},
    {.name = "lz4, cached", .codec = "lz4", .block_cache_bytes = 1 << 20},
};

// Whether the process that goes on is stopped everywhere too.
bool deeper([[maybe_unused]] const Setting& setting) {
#if defined(__SANITIZE_ADDRESS__)
  return false;  // sanitizers take their time
#else
  return !setting.large;
#endif
}

std::string states_tell_the_steps_apart() {
  std::vector<Texts> first;
  for (const Setting& setting : kSettings) {
    auto states = pictures_of(setting);
    CHECK_OK(states);
    // Neither the codec nor the blocks change what there is to see.
    auto common = *states;
    for (Texts& texts : common) std::erase_if(texts, [](const std::string& t) { return t.starts_with("large "); });
    if (first.empty()) first = common;
    for (size_t i = 0; i < common.size(); ++i) CHECK_EQ(difference(common[i], first[i]), std::string());
    for (size_t i = 0; i < history().size(); ++i) {
      const Step& step = history()[i];
      const bool same = (*states)[i] == (*states)[i + 1];
      const bool merge = std::string_view(step.name).starts_with("compact");
      if (same != (merge || !step.publishes)) return cat(step.name, same ? " changed nothing" : " changed something");
    }
    // The values are those that were written, whatever the codec.
    const Texts end = {cat(
        "grid int32 [6 ] by [2 ] fill none\n  values ",
        shown_bytes(as_bytes(std::string_view("\0\0\0\0\xc8\x32\0\0\xc9\x32\0\0\xca\x32\0\0\xcb\x32\0\0\0\0\0\0", 24))),
        "\n  0 of 6 null, int64 0 to int64 13003")};
    CHECK_EQ(difference({states->back()[0]}, end), std::string());
  }
  return "";
}

std::string every_stop_leaves_the_state_before_or_after() {
  for (const Setting& setting : kSettings) {
    auto states = pictures_of(setting);
    CHECK_OK(states);
    size_t seen = 0;
    CHECK_CASE(watched_history(setting, history(), *states, deeper(setting), {}, &seen, nullptr));
    std::printf("%s: %zu states were looked at\n", setting.name, seen);
    CHECK(seen > 40);
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"states_tell_the_steps_apart", states_tell_the_steps_apart},
                    {"every_stop_leaves_the_state_before_or_after", every_stop_leaves_the_state_before_or_after}});
}
