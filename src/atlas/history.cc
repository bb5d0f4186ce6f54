// A store's past: which commit is meant, what is kept of it, and under which names (docs/commits.md, "Snapshots").
#include <algorithm>
#include <unordered_set>

#include "atlas/store_part.h"
#include "base/utf8.h"
#include "file/commit_name.h"
#include "file/rounds.h"

namespace strata {
namespace {

// A name that could not be told from the other ways of saying a commit would never be found.
Status check_tag_name(std::string_view name) {
  STRATA_TRY(check_utf8("the name of a tag", name));
  if (name.empty()) return Status(Code::kInvalid, "the name of a tag is empty");
  if (name.size() > 255) return Status(Code::kInvalid, "the name of a tag is longer than 255 bytes");
  if (!CommitName::parse(name).is_tag())
    return Status(Code::kInvalid, cat("the name \"", name, "\" of a tag would mean a number, an id or a time"));
  return {};
}

}  // namespace

Result<LogEntry> CommitLog::entry_at(uint64_t seq, const CancelToken* cancel) const {
  STRATA_TRY(check(cancel));
  STRATA_ASSIGN(auto entry, read(seq));
  if (!entry) return Status(Code::kCorrupt, cat(storage_->describe(entry_key(seq)), ": an entry of the log is missing"));
  return std::move(*entry);
}

Result<uint64_t> CommitLog::find(std::string_view commit, const StoreState& head, const CancelToken* cancel) const {
  const auto none = [&](std::string_view why) {
    return Status(Code::kNotFound, cat("no commit \"", commit, "\" in ", storage_->describe(folder_), why));
  };
  const CommitName name = CommitName::parse(commit);
  if (name.number) {
    if (*name.number == 0 || *name.number > head.seq) return none(cat(": its commits are 1 to ", head.seq));
    return *name.number;
  }
  if (const auto tag = head.history.tags.find(commit); tag != head.history.tags.end()) return tag->second.seq;
  if (name.id) {
    for (uint64_t seq = head.seq; seq > 0; --seq) {
      STRATA_ASSIGN(const LogEntry entry, entry_at(seq, cancel));
      if (entry.commit == *name.id) return seq;
    }
    return none("");
  }
  if (name.time_ns) {
    uint64_t before = 0, after = head.seq + 1;  // times do not decrease
    while (after - before > 1) {
      const uint64_t middle = before + (after - before) / 2;
      STRATA_ASSIGN(const LogEntry entry, entry_at(middle, cancel));
      (entry.time_ns <= *name.time_ns ? before : after) = middle;
    }
    return before ? Result<uint64_t>(before) : Result<uint64_t>(none(": all of its commits are later"));
  }
  return none(": no tag of that name, and no number, id or time (2026-01-31T12:00:00Z)");
}

Result<NameSet> CommitLog::kept_homes(const StoreState& head, const CancelToken* cancel) const {
  NameSet out;
  const auto keep = [&](const PinTable& table) {
    for (const auto& [array, pins] : table) {
      out.insert(homes_.key(pins.base));
      for (const Pin& pin : pins.layers) out.insert(homes_.key(pin));
    }
  };
  keep(head.pins);
  const History& h = head.history;
  uint64_t oldest = head.seq;  // from here on all are kept
  LogEntry entry;
  if (h.keeps_any() && oldest > 1 && oldest > h.first) {
    STRATA_ASSIGN(entry, entry_at(oldest, cancel));
  }
  while (h.keeps_any() && oldest > 1 && oldest > h.first) {
    STRATA_ASSIGN(LogEntry before, entry_at(oldest - 1, cancel));
    if (head.seq - before.seq >= h.commits && head.time_ns - before.time_ns > h.age_ns) break;
    keep(entry.pins);
    entry = std::move(before);
    --oldest;
  }
  const auto keep_state = [&](uint64_t seq) -> Status {
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(const StoreState state, state_at(seq));
    keep(state.pins);
    return {};
  };
  if (oldest != head.seq) STRATA_TRY(keep_state(oldest));
  for (const auto& [name, tag] : h.tags)
    if (tag.seq < oldest) STRATA_TRY(keep_state(tag.seq));
  return out;
}

uint64_t Store::seq() {
  std::lock_guard change(change_mu_);
  return state_.seq;
}

History Store::history() {
  std::lock_guard change(change_mu_);
  return state_.history;
}

Result<std::vector<std::pair<std::string, CommitLog::Summary>>> Store::tags(const CancelToken* cancel) {
  std::vector<std::pair<std::string, CommitLog::Summary>> out;
  STRATA_TRY(check(cancel));
  const History known = history();
  for (const auto& [name, tag] : known.tags) {
    STRATA_ASSIGN(auto summary, log_.summary_of(tag.seq, cancel));
    out.emplace_back(name, std::move(summary));
  }
  return out;
}

Document Store::document() {
  std::shared_lock lock(mu_);
  return working_;
}

bool Store::has_same_layers(Store& other, std::string_view array) {
  std::optional<Pins> pins[2];
  Store* const stores[] = {this, &other};
  for (int i = 0; i < 2; ++i) {
    Store& s = *stores[i];
    std::shared_ptr<ArrayFile> file;
    {
      std::lock_guard lock(s.files_mu_);
      if (const auto it = s.state_.pins.find(array); it != s.state_.pins.end()) pins[i] = it->second;
      if (const auto it = s.files_.find(array); it != s.files_.end()) file = it->second->file;
    }
    if (file && file->pending().arrays) return false;
  }
  return pins[0] && pins[1] && *pins[0] == *pins[1];
}

// One entry of the log that says what of the past is kept from then on. change(history, message): what it is to be, above the newest commit.
template <typename F>
Status Store::change_history(CommitKind kind, F&& change, CancelToken* cancel) {
  std::lock_guard alone(change_mu_);
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_writable());
  if (anything_pending()) return Status(Code::kPending, where() + " has unflushed changes: flush or discard them first");
  STRATA_ASSIGN(const auto lock, lock_out_writers(cancel));
  STRATA_TRY(settle_attempt(cancel));
  return in_rounds(cancel, [&]() -> Result<bool> {
    STRATA_TRY(catch_up(cancel));
    Status placed = place(cancel);
    if (!foreign_.empty()) return false;  // the original was here: it is imported
    History next = state_.history;
    std::string message;
    STRATA_TRY(change(next, message));
    if (!(next == state_.history)) {
      // Else the original's next compaction would take them from commits that are kept from now on.
      if (next.keeps_any() && !state_.history.keeps_any()) {
        STRATA_ASSIGN(const auto changed, keep_originals(state_.pins, cancel));
        if (!changed.empty()) {
          STRATA_TRY(import_files(changed, cancel));
          return false;
        }
      }
      STRATA_ASSIGN(const Id128 commit, random_id());
      LogEntry entry = new_entry(kind, commit);
      entry.message = std::move(message);
      entry.history = std::move(next);
      std::vector<Part> none;
      STRATA_ASSIGN(const bool made, commit_entry(entry, none, cancel));
      if (!made) return false;
    }
    if (placed.ok()) placed = publish_registry();
    return placed.ok() ? Result<bool>(true) : Result<bool>(not_projected(placed));
  });
}

// A home for each layer that has none, as it is the original's: that replaces what lies in its places without looking. The arrays of which
// layers are not in their slots any more, as far as can be told.
Result<std::vector<std::string>> Store::keep_originals(const PinTable& pins, const CancelToken* cancel) {
  std::vector<std::string> gone;
  bool any = false;
  const auto is_originals = [](const Pin& pin) { return pin.id.is_nil(); };
  for (const auto& [array, p] : pins) {
    if (!is_originals(p.base) && std::ranges::none_of(p.layers, is_originals)) continue;
    STRATA_ASSIGN(const FileNames names, FileNames::make(file_key(array)));
    bool all = true;
    const auto keep = [&](const std::string& key, const Pin& pin) -> Status {
      if (!is_originals(pin)) return {};
      STRATA_TRY(check(cancel));
      STRATA_ASSIGN(const bool kept, give_home(*engine_, *storage_, log_.homes(), key, pin));
      all &= kept;
      any |= kept;
      return {};
    };
    STRATA_TRY(keep(names.base(), p.base));
    for (const Pin& pin : p.layers) STRATA_TRY(keep(names.slot(pin.slot), pin));
    if (!all) gone.push_back(array);
  }
  if (any) STRATA_TRY(storage_->sync_folder(log_.homes().folder));
  return gone;
}

// kHistoryGone: layers of an older commit have gone since, or will: a sweep that has condemned them may still be at it.
Status Store::check_readable(const PinTable& pins, const CancelToken* cancel) {
  const std::unordered_set<Id128, Id128Hash> condemned(state_.condemned.begin(), state_.condemned.end());
  for (const auto& [array, p] : pins) {
    const auto goes = [&](const Pin& pin) { return condemned.contains(pin.id); };
    if (goes(p.base) || std::ranges::any_of(p.layers, goes))
      return Status(Code::kHistoryGone, cat("layers of array \"", array, "\" of that commit are being removed"));
    STRATA_ASSIGN(const FileNames names, FileNames::make(file_key(array)));
    auto stack = open_pinned(*engine_, *storage_, names, log_.homes(), p, Match::kSure, cancel);
    if (stack.code() == Code::kNotFound)
      return Status(Code::kHistoryGone, cat("array \"", array, "\" of that commit is not kept any more (", stack.status().message(), ")"));
    STRATA_TRY(stack.take_status());
  }
  return {};
}

Status Store::tag(std::string_view name, std::string_view commit, CancelToken* cancel) {
  STRATA_TRY(check_tag_name(name));
  return change_history(CommitKind::kTag, [&](History& next, std::string& message) -> Status {
    History::Tag tag{state_.seq, state_.commit};
    // A repetition of a call whose answer was lost finds its own tag there.
    const auto there = next.tags.find(name);
    if (commit.empty() && there != next.tags.end() && there->second.seq + 1 == state_.seq) return {};
    if (!commit.empty()) {
      STRATA_ASSIGN(tag.seq, log_.find(commit, state_, cancel));
    }
    if (!tag.seq) return Status(Code::kNotFound, cat(where(), " has no commit yet that could be tagged"));
    if (there != next.tags.end() && there->second.seq == tag.seq) return {};
    if (there != next.tags.end())
      return Status(Code::kExists, cat("the tag \"", name, "\" is that of commit ", there->second.seq, " already"));
    if (tag.seq != state_.seq) {
      STRATA_ASSIGN(const StoreState then, log_.state_at(tag.seq));
      STRATA_TRY(check_readable(then.pins, cancel));
      STRATA_ASSIGN(const auto gone, keep_originals(then.pins, cancel));
      if (!gone.empty())
        return Status(Code::kHistoryGone, cat("layers of array \"", gone.front(), "\" of that commit are not there any more"));
      tag.commit = then.commit;
    }
    message = cat("tag \"", name, "\" of commit ", tag.seq);
    next.tags.emplace(name, tag);
    return {};
  }, cancel).prepend([&] { return cat("tagging in ", where(), ": "); });
}

Status Store::untag(std::string_view name, CancelToken* cancel) {
  return change_history(CommitKind::kTag, [&](History& next, std::string& message) -> Status {
    const auto there = next.tags.find(name);
    if (there == next.tags.end()) return Status(Code::kNotFound, cat("no tag \"", name, "\" in ", where()));
    message = cat("no tag \"", name, "\" any more; it was that of commit ", there->second.seq);
    next.tags.erase(there);
    return {};
  }, cancel);
}

Status Store::set_retention(uint64_t commits, int64_t age_ns, CancelToken* cancel) {
  if (age_ns < 0) return Status(Code::kInvalid, "a negative age of commits to keep");
  return change_history(CommitKind::kExpire, [&](History& next, std::string& message) -> Status {
    next.commits = commits >= static_cast<uint64_t>(INT64_MAX) ? UINT64_MAX : commits;
    next.age_ns = age_ns;
    message = next.commits == UINT64_MAX ? std::string("all commits are kept")
                                         : cat("the newest ", next.commits, " commits are kept, and those of ", age_ns / 1'000'000'000, " seconds");
    return {};
  }, cancel);
}

Status Store::expire(std::string_view before, CancelToken* cancel) {
  return change_history(CommitKind::kExpire, [&](History& next, std::string& message) -> Status {
    STRATA_ASSIGN(const uint64_t seq, log_.find(before, state_, cancel));
    if (seq <= next.first) return {};
    next.first = seq;
    message = cat("commits before ", seq, " are not kept any more");
    return {};
  }, cancel);
}

Status Store::collect(std::optional<int64_t> inbox_age_ns, CancelToken* cancel) {
  std::lock_guard change(change_mu_);
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_writable());
  if (anything_pending()) return Status(Code::kPending, where() + " has unflushed changes: flush or discard them first");
  STRATA_ASSIGN(const auto lock, lock_out_writers(cancel));
  STRATA_TRY(flush_alone(cancel));
  STRATA_TRY(in_rounds(cancel, [&]() -> Result<bool> {
    STRATA_TRY(catch_up(cancel));
    Status s = place(cancel);
    if (!foreign_.empty()) return false;
    STRATA_TRY(std::move(s));
    return true;
  }));
  return sweep(inbox_age_ns, cancel);
}

}  // namespace strata
