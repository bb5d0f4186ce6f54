// Looking for damage in what says of which layers a store consists: the registry, the entries of the log, the whole states.
#pragma once

#include <optional>
#include <vector>

#include "atlas/commit_log.h"
#include "atlas/registry.h"
#include "file/findings.h"

namespace strata {

// What to do about what the storage does not give: it ends the call, or it is done without, as if it were damaged.
enum class Unread { kEnds, kDoneWithout };

class LogCheck {
 public:
  LogCheck(std::shared_ptr<Storage> storage, std::string_view folder, Findings& findings, Unread unread, CancelToken* cancel)
      : storage_(std::move(storage)), folder_(folder), log_(storage_, folder), findings_(findings), unread_(unread), cancel_(cancel) {}

  // kNotFound: there is neither a registry nor a log. What is wrong goes to the findings.
  Status run();

  // ---- after run() ----
  const CommitLog& log() const { return log_; }
  std::optional<Registry> registry;    // the object; nothing: there is none
  std::optional<StoreState> in_registry;  // what it says; nothing: it cannot be read
  bool originals() const { return in_registry && in_registry->store.is_nil(); }
  // The newest state that is known; nothing: none is. Of a store without a log, the registry's.
  std::optional<StoreState> head;
  uint64_t top = 0;             // the highest number that anything tells of
  std::vector<uint64_t> lost;   // entries that are missing, cannot be read or do not belong there, ascending
  bool registry_is_right = false;  // it says what the log does, as of its commit

  // Whether there is a commit after head, and head as of the newest. What cannot be read ends it.
  Result<bool> follow();

 private:
  bool ends(Code code) const { return unread_ == Unread::kEnds ? leaves_it_open(code) : ends_the_call(code); }
  void add(FindingKind kind, Severity severity, const std::string& key, std::string text, std::string effect);
  Status read_registry();
  Status read_entries();
  // The entry, if it can be read and belongs there.
  Result<std::optional<LogEntry>> entry(uint64_t seq);
  Status look_at_whole(uint64_t seq, std::optional<StoreState>& now);
  void look_at_registry(std::optional<StoreState>& now);

  const std::shared_ptr<Storage> storage_;
  const std::string folder_;
  const CommitLog log_;
  Findings& findings_;
  const Unread unread_;
  CancelToken* const cancel_;
  Id128 store_;                          // of which all have to be
  std::optional<LogEntry> before_;       // the entry before the one that is looked at; nothing: it is lost
};

// Whether two states are of one commit and say the same. The order of datasets is not compared, nor the codec, which a store that is
// made anew in the place of another takes without a commit.
bool same_state(const StoreState& a, const StoreState& b);

}  // namespace strata
