// A storage that fails when it is told to, and remembers what a power cut would leave of it.
//
// Wraps another storage and counts what is asked of it. A test runs once to count, then again for every k with a fault
// at operation k, and looks at what is left: through inner() after a process was killed, in survivors() after a power
// cut.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/storage.h"
#include "support/journal.h"

namespace strata::test {

enum Op : uint32_t {
  kOpen = 1,
  kRead = 2,
  kList = 4,
  kStagedRead = 8,
  kStage = 16,
  kWrite = 32,
  kSeal = 64,
  kCreate = 128,
  kReplace = 256,
  kRemove = 512,
  kRename = 1024,
  kSync = 2048,
  kLock = 4096,
};
inline constexpr uint32_t kLooks = kOpen | kRead | kList | kStagedRead | kLock;
inline constexpr uint32_t kChanges = kStage | kWrite | kSeal | kCreate | kReplace | kRemove | kRename | kSync;

struct Fault {
  uint64_t at = 0;          // the operation that fails, from 1 on; 0: none, count only
  uint32_t ops = kChanges;  // which ones count
  Code code = Code::kIo;
  bool done = false;  // it takes effect, and only the answer is lost
  bool stop = false;  // the process is killed there: everything after it fails, nothing is cleaned up
  bool lasting = false;  // so do all that follow of these kinds: a disk stays full
};

// A fresh storage in memory that holds these.
Result<std::shared_ptr<Storage>> storage_of(const Journal::Contents& contents);

class FaultStorage final : public Storage {
 public:
  explicit FaultStorage(std::shared_ptr<Storage> inner);
  ~FaultStorage() override;

  // Locks are given to everybody from now on, as where a place knows none.
  void break_locks();
  // Counts from 0 again.
  void arm(const Fault& fault);
  uint64_t counted() const;  // operations of the armed kinds since arm()
  bool stopped() const;

  // Called before each operation, on its thread, with nothing locked: a test can let others run meanwhile.
  void on_operation(std::function<void(Op, std::string_view key)> hook);

  uint64_t opens(std::string_view key) const;
  uint64_t opens() const;
  uint64_t reads() const;
  uint64_t bytes_read() const;
  void reset_counters();

  const std::shared_ptr<Storage>& inner() const;

  // What lies in `folder` of the inner storage counts as durable.
  Status take_over(std::string_view folder);
  // What is durable of it.
  Journal& journal() const;
  // Names made, replaced, moved and removed since their folder was synced, each of which a power cut may drop.
  size_t unsynced() const { return journal().unsynced(); }
  // A fresh storage in memory with all that has a name now: what a process leaves that is killed.
  Result<std::shared_ptr<Storage>> left() const;
  // A fresh storage in memory with what is durable and those of the unsynced changes, in their order, for which `kept`
  // is true (missing ones: false). Objects that were not sealed have lost bytes.
  Result<std::shared_ptr<Storage>> survivors(const std::vector<bool>& kept = {}, Loss loss = Loss::kHalf) const;

  Result<std::shared_ptr<const ObjectReader>> open(std::string_view key) override;
  Result<std::unique_ptr<Staged>> stage(std::string_view key, std::string_view staging_key) override;
  Result<std::unique_ptr<Staged>> stage_again(std::string_view key) override;
  Result<std::vector<ListEntry>> list(std::string_view folder) override;
  Result<std::vector<std::string>> list_folders(std::string_view folder) override;
  Status remove(std::string_view key) override;
  Status rename(std::string_view from, std::string_view to) override;
  Status sync_folder(std::string_view folder) override;
  Result<std::unique_ptr<FolderLock>> try_lock_folder(std::string_view folder) override;
  std::string describe(std::string_view key) const override;
  uint64_t slab_bytes() const override;

  struct State;  // outlives the storage in its readers and staged objects

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace strata::test
