// Trying again where another writer was faster.
#pragma once

#include <chrono>
#include <thread>

#include "base/cancel.h"
#include "storage/storage.h"

namespace strata {

inline constexpr unsigned kCommitRounds = 64;

// Calls try_once() until it says true: at most so often, with pauses of random length in between, so that writers do not keep
// meeting. kBusy: others were faster each time.
template <typename F>
Status in_rounds(const CancelToken* cancel, F&& try_once) {
  for (unsigned round = 0; round < kCommitRounds; ++round) {
    STRATA_ASSIGN(const bool done, try_once());
    if (done) return {};
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(const Id128 random, random_id());
    const unsigned longest = 1u << std::min(round, 6u);  // units of 1/256 ms
    std::this_thread::sleep_for(std::chrono::microseconds(longest * random.bytes[0] * 4));
  }
  return Status(Code::kBusy, cat("other writers were faster ", kCommitRounds, " times; nothing was published"));
}

}  // namespace strata
