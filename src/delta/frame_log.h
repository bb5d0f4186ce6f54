// The bytes of pending frames: an append-only log, in memory as long as it is small and the budget allows, then in a
// temporary file without a name. The file lies beside the layer that it is for, so that a flush can finish it in place and
// give it that layer's name instead of copying it; or in a folder of the caller's choice.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "storage/storage.h"

namespace strata {

struct FrameLogPlace {
  std::shared_ptr<Storage> storage;       // of the layer
  std::string key;                        // of the layer's file: the log goes into its folder
  std::shared_ptr<Storage> temp_storage;  // where the log goes instead; may be null
};

class FrameLog {
 public:
  FrameLog(FrameLogPlace place, MemoryBudget* budget, std::atomic<uint64_t>* spilled_bytes)
      : place_(std::move(place)), charge_(budget), budget_(budget), share_(*budget), spilled_bytes_(spilled_bytes),
        version_(next_object_version()) {}

  // Threads: append and read from any thread at once.
  Result<uint64_t> append(Bytes frame);  // its offset in the log
  Status read(uint64_t offset, MutBytes out) const;
  const BudgetShare& share() const { return share_; }
  uint64_t size() const;
  ObjectVersion version() const { return version_; }  // for cache keys

  // Writes what is still in memory and lends the file, when all of the log is in one that lies beside the layer; else nullptr
  // (nothing spilled, or the log is elsewhere) and the bytes are to be copied. The log stays readable; what is appended
  // afterwards goes to another file, as this one may be sealed by then.
  Result<Staged*> lend_file();

 private:
  // Both REQUIRE mu_.
  Status spill();
  size_t tail_limit(size_t more) const;

  const FrameLogPlace place_;
  mutable std::mutex mu_;
  Charge charge_;
  MemoryBudget* budget_;
  const BudgetShare share_;
  std::atomic<uint64_t>* spilled_bytes_;
  const ObjectVersion version_;
  struct Part {
    std::unique_ptr<Staged> file;
    uint64_t begin;  // of its bytes in the log
  };
  std::vector<Part> parts_;  // ascending; more than one only after a layer could not be placed
  bool lent_ = false;        // the last part is not written any more
  uint64_t in_file_ = 0;     // bytes [0, in_file_) are in parts
  Buffer tail_;  // bytes [in_file_, in_file_ + tail_.size())
};

}  // namespace strata
