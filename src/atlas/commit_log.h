// The log of a store: `_strata/log/SEQ`, one immutable object for each commit. That one of them is created is the commit.
#pragma once

#include <optional>
#include <string>

#include "atlas/commit_state.h"
#include "base/cancel.h"
#include "base/hash.h"
#include "file/pins.h"
#include "storage/storage.h"

namespace strata {

class CommitLog {
 public:
  CommitLog(std::shared_ptr<Storage> storage, std::string_view folder);  // of the store

  const std::string& folder() const { return folder_; }
  const Homes& homes() const { return homes_; }
  std::string entry_key(uint64_t seq) const;

  // Nothing: there is none of that number.
  Result<std::optional<LogEntry>> read(uint64_t seq) const;
  // The highest number that there is; 0: no log. By listing: where the registry says a number, entries are read on from there.
  Result<uint64_t> newest() const;
  // To be made entry_key(entry.seq), durable after sync().
  Result<std::unique_ptr<Staged>> stage(const LogEntry& entry) const;
  // A name that did not exist; durable after sync().
  Result<Created> create(const LogEntry& entry) const;
  // Takes the place of an entry that cannot be read. Durable after sync().
  Status replace(const LogEntry& entry) const;
  // As create(), between two syncs: the entry is durable, and so is the one before it. false: taken.
  Result<bool> append(const LogEntry& entry) const;
  Status sync() const { return storage_->sync_folder(folder_ + "/log"); }
  // One entry, without its datasets and layers.
  struct Summary {
    uint64_t seq = 0;
    Id128 commit, parent;
    CommitKind kind = CommitKind::kData;
    int64_t time_ns = 0;
    std::string message;
    uint64_t datasets = 0, removed = 0, arrays = 0;  // added or changed; taken out; whose layers changed
  };
  Result<Summary> summary_of(uint64_t seq, const CancelToken* cancel) const;
  // The newest first, at most `most`.
  Result<std::vector<Summary>> list(uint64_t most, const CancelToken* cancel) const;

  // What there is of "log", "full" or "placed": the numbers, ascending. Other names are passed over.
  Result<std::vector<uint64_t>> numbers(std::string_view kind) const;
  std::string key(std::string_view kind, uint64_t seq) const;
  // Nothing: there is none of that number.
  Result<std::optional<StoreState>> read_whole(uint64_t seq) const;

  // Applies all entries after state.seq. To `replaced` come the bases that were pinned on the way and are not any more, by array.
  using Bases = std::map<std::string, std::vector<Pin>, std::less<>>;
  Status follow(StoreState& state, Bases& replaced) const;

  // Every so often the whole state is kept as well, so that nobody has to begin with the first entry.
  static constexpr uint64_t kWholeEvery = 64;
  Status keep_whole(const StoreState& state) const;
  // The state at `seq`, from the newest whole one. kNotFound: the log does not reach so far.
  Result<StoreState> state_at(uint64_t seq) const;

  // What a worker has delivered is written in the form of an entry.
  std::string inbox() const { return folder_ + "/inbox"; }
  Result<std::optional<LogEntry>> read_manifest(const std::string& key) const;
  Result<Created> create_manifest(const std::string& key, const LogEntry& manifest) const;

  // history.cc
  Result<LogEntry> entry_at(uint64_t seq, const CancelToken* cancel) const;  // kCorrupt: there is none
  // The number of a commit: by itself, as 32 hexadecimal digits of its id, as a tag, or as a date and time, of which it is the last that
  // is not later. kNotFound, kInvalid.
  Result<uint64_t> find(std::string_view commit, const StoreState& head, const CancelToken* cancel) const;
  // Which homes the commits need that `head` and its history keep.
  Result<NameSet> kept_homes(const StoreState& head, const CancelToken* cancel) const;

  // A second name of an entry, which says that its projection was complete. A hint: it need not be durable.
  Status mark_placed(uint64_t seq, uint64_t before) const;
  Result<uint64_t> newest_placed() const;

 private:
  Status unfinished_repair(uint64_t seq) const;
  Result<uint64_t> highest_in(std::string_view kind) const;

  const std::shared_ptr<Storage> storage_;
  const std::string folder_;  // "_strata" in the store's
  const Homes homes_;
};

}  // namespace strata
