// A store as of one commit, and what a commit changes, as documents: both stand in a document's member "strata" beside its
// datasets, so that the registry, a whole state and an entry of the log are read and written in one way (docs/format.md,
// "The log of a store").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/document.h"
#include "base/id128.h"
#include "base/status.h"
#include "file/pins.h"

namespace strata {

using PinTable = std::map<std::string, Pins, std::less<>>;  // by array name

// What of a store's past is kept, and under which names.
struct History {
  struct Tag {
    uint64_t seq = 0;
    Id128 commit;
    bool operator==(const Tag&) const = default;
  };
  std::map<std::string, Tag, std::less<>> tags;  // each keeps its commit
  uint64_t commits = 0;  // so many of the newest ones are kept; 0: the newest only
  int64_t age_ns = 0;    // and those that are not older than the newest by more than that
  uint64_t first = 0;    // those before it are kept by tags alone, whatever the limits say

  bool keeps_all() const { return first == 0 && commits == UINT64_MAX; }
  bool keeps_any() const { return commits > 1 || age_ns > 0 || !tags.empty(); }
  bool operator==(const History&) const = default;
};

// What workers have delivered and what became a part of the store: by the id of each attempt, the commit that took it.
struct Adopted {
  std::string task;  // "JOB~TASK", encoded
  uint64_t seq = 0;
  int64_t time_ns = 0;
};
using Attempts = std::unordered_map<Id128, Adopted, Id128Hash>;
// They are remembered for so long at least, by both.
inline constexpr uint64_t kAttemptCommits = 1000;
inline constexpr int64_t kAttemptAge = int64_t{30} * 86400 * 1'000'000'000;

// Whether what is delivered is in a store already: the attempt, or another one at its task that was adopted after the commit on which
// this one builds. That one is late: who delivers under the same name again on purpose begins at a newer commit.
class AdoptedBefore {
 public:
  explicit AdoptedBefore(const Attempts& attempts);  // which must outlive it
  bool has(const Id128& attempt, std::string_view task, uint64_t base) const;

 private:
  const Attempts& attempts_;
  std::unordered_map<std::string_view, uint64_t> newest_;  // commit that took an attempt at the task
};

struct StoreState {
  uint64_t seq = 0;  // 0: nothing was committed through the log yet
  Id128 store;       // nil: strata has not written here
  Id128 commit;      // the newest entry's
  int64_t time_ns = 0;
  Document document;
  PinTable pins;
  std::vector<Id128> condemned;  // layers that a sweep removes: nobody may commit them any more
  History history;
  Attempts attempts;
};

enum class CommitKind : uint8_t { kData, kCompact, kImport, kSweep, kRepair, kTag, kExpire, kAdopt };
std::string_view kind_name(CommitKind kind);

// One commit.
struct LogEntry {
  uint64_t seq = 0;
  Id128 store, commit, parent;
  CommitKind kind = CommitKind::kData;
  int64_t time_ns = 0;
  std::string message;
  bool all = false;       // the datasets are all that there are, and so are the pins
  Document datasets;      // that were added or changed, as they are now; codec and version of the document
  std::vector<std::string> removed;
  PinTable pins;          // of the arrays whose layers changed
  std::vector<Id128> condemned;
  std::optional<History> history;  // as it is from then on
  std::vector<std::pair<Id128, std::string>> attempts;  // of workers, that it takes, and the task of each

  // In the place of an entry that was lost: what that had changed is not known.
  bool is_placeholder() const { return kind == CommitKind::kRepair && !all; }
};

void apply(const LogEntry& entry, StoreState& state);

// The document of a state or an entry: with the member "strata".
Document to_document(const StoreState& state);
Document to_document(const LogEntry& entry);
// nil store: a document without the member. kCorrupt where the member makes no sense.
Result<StoreState> state_of(Document document);
Result<LogEntry> entry_of(Document document);

// A document's digest is a text in its member "strata", of all its bytes but the digest's own. Put in once the bytes are there.
void put_digest(const Document& document, Buffer& plain);
// kCorrupt when there is one and it is another.
Status check_digest(const Document& document, Bytes plain);

}  // namespace strata
