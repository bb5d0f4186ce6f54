// A storage whose requests are counted, and logged where somebody wants to know.
#pragma once

#include <atomic>
#include <memory>

#include "base/log_queue.h"
#include "storage/storage.h"

namespace strata {

struct StorageCounters {
  std::atomic<uint64_t> opens{0}, lists{0}, reads{0}, read_bytes{0}, writes{0}, written_bytes{0};
  std::atomic<uint64_t> created{0}, removed{0}, syncs{0};
};

// Outlives the storages and all that they gave out.
struct Observation {
  explicit Observation(LogLevel level) : log(level) {}
  StorageCounters storage;
  LogQueue log;
};

std::shared_ptr<Storage> make_observed_storage(std::shared_ptr<Storage> inner, std::shared_ptr<Observation> observation);

}  // namespace strata
