// A store's commits (docs/commits.md): layers into their homes, one entry in the log, then the names that the original reads.
#include <algorithm>
#include <chrono>
#include <thread>

#include "atlas/merge.h"
#include "atlas/store_part.h"
#include "file/rounds.h"

namespace strata {
namespace {

// What was pending, and not only what was there in another form.
bool holds_changes(CommitKind kind) { return kind == CommitKind::kData || kind == CommitKind::kAdopt; }

constexpr auto kPause = std::chrono::milliseconds(2);  // between two tries to get the lock
constexpr auto kLong = std::chrono::seconds(1);        // to wait for it

const char* name_of(CommitKind kind) {
  switch (kind) {
    case CommitKind::kData: return "a flush";
    case CommitKind::kCompact: return "a compaction";
    case CommitKind::kImport: return "an import";
    case CommitKind::kSweep: return "a sweep";
    case CommitKind::kRepair: return "a repair";
    case CommitKind::kTag: return "a tag";
    case CommitKind::kExpire: return "an expiry";
    case CommitKind::kAdopt: return "an adoption";
  }
  return "";
}

}  // namespace

bool Store::anything_pending() {
  if (!changed_.empty() || !adopting_.empty()) return true;
  for (const auto& [name, file] : opened_files())
    if (file->pending().arrays != 0) return true;
  return false;
}

// Keeps the projections of one machine in their order, and saves writers the work of coming second. The log does not need it.
Result<std::unique_ptr<FolderLock>> Store::lock_folder(const CancelToken* cancel) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(auto lock, storage_->try_lock_folder(folder_));
    if (lock) {
      const auto waited = std::chrono::steady_clock::now() - begin;
      if (waited >= kLong)
        log(LogLevel::kWarn, [&] {
          return cat("waited ", std::chrono::duration_cast<std::chrono::milliseconds>(waited).count(), " ms for another writer's lock");
        });
      return lock;
    }
    std::this_thread::sleep_for(kPause);
  }
}

Result<std::unique_ptr<FolderLock>> Store::lock_out_writers(const CancelToken* cancel) {
  if (!options_.job.empty()) return Status(Code::kUnsupported, "a worker's handle only delivers what it has changed");
  return lock_folder(cancel);
}

LogEntry Store::new_entry(CommitKind kind, const Id128& commit) const {
  LogEntry entry;
  entry.seq = state_.seq + 1;
  entry.store = state_.store;
  entry.commit = commit;
  entry.parent = state_.commit;
  entry.kind = kind;
  entry.time_ns = std::max(wall_clock_ns(), state_.time_ns);  // as of a time: the last entry that is not after it
  entry.datasets.version = state_.document.version;
  entry.datasets.codec = state_.document.codec;
  return entry;
}

// What is pending in the document, such that whoever applies it has the datasets in the same order.
void Store::put_datasets(LogEntry& entry) const {
  std::shared_lock lock(mu_);
  const Document& old = state_.document;
  entry.datasets.version = working_.version;
  entry.datasets.codec = working_.codec;
  for (const std::string& name : changed_)
    if (old.find(name) && (!working_.find(name) || remade_.contains(name))) entry.removed.push_back(name);
  std::sort(entry.removed.begin(), entry.removed.end());
  for (size_t i = 0; i < working_.slots(); ++i)
    if (const DatasetEntry* d = working_.at(i); d && changed_.contains(d->name)) entry.datasets.put(*d);
}

// Makes the entry. false: another writer has made one of its number, and nothing was changed. parts: staged, their homes' folder not synced.
Result<bool> Store::commit_entry(const LogEntry& entry, std::vector<Part>& parts, CancelToken* cancel) {
  // All that takes memory comes before the point of no return.
  Attempt attempt;
  {
    std::shared_lock lock(mu_);
    attempt.state = state_;
    apply(entry, attempt.state);
    if (holds_changes(entry.kind)) attempt.state.document = working_;
  }
  attempt.unplaced = unplaced_;
  attempt.replaced = replaced_;
  for (Part& part : parts) {
    attempt.files.push_back({part.array, part.file.owner(), part.file.staged()});
    attempt.unplaced.insert(part.array);
    // What was committed before may not all be in place either.
    const auto old = state_.pins.find(part.array);
    if (old != state_.pins.end() && !(old->second.base == part.file.staged().base))
      attempt.replaced[part.array].push_back(old->second.base);
  }
  STRATA_TRY(check(cancel));  // the last chance: from here on it is a commit
  // Before the entry has its name, side by side: its bytes; the names of the layers that it pins; the entry before it, else the new one may
  // survive a power cut and that one not.
  std::unique_ptr<Staged> staged;
  STRATA_TRY(engine_->executor.parallel_for(3, nullptr, [&](size_t i) -> Status {
    if (i == 1) return parts.empty() ? Status() : storage_->sync_folder(log_.homes().folder);
    if (i == 2) return log_durable_ || !state_.seq ? Status() : log_.sync();
    STRATA_ASSIGN(staged, log_.stage(entry));
    return {};
  }));
  log_durable_ = true;
  attempt_ = std::move(attempt);
  auto made = staged->create_as(log_.entry_key(entry.seq));
  if (!made.ok())
    return Status(Code::kOutcomeUnknown,
                  cat("the commit may or may not have been made (", made.status().message(), "); repeat the flush"));
  if (*made == Created::kTaken) {
    attempt_.reset();
    log_durable_ = false;
    log(LogLevel::kInfo, [&] { return cat("another writer has made commit ", entry.seq, "; trying again above it"); });
    return false;
  }
  if (Status s = log_.sync(); !s.ok()) {
    log_durable_ = false;
    return Status(Code::kOutcomeUnknown, cat("the commit was made but may not be durable (", s.message(), "); repeat the flush"));
  }
  count(engine_->counters.commits);
  log(LogLevel::kInfo, [&] {
    uint64_t bytes = 0;
    for (const Part& part : parts) {
      const Pins pins = part.file.staged();
      bytes += pins.layers.empty() ? pins.base.size : pins.layers.back().size;
    }
    return cat("commit ", entry.seq, ", ", name_of(entry.kind), ": ", parts.size(), " layers of ", bytes, " bytes, ", entry.datasets.size(),
               " datasets changed, ", entry.removed.size(), " removed");
  });
  for (Part& part : parts) part.file.install();
  finish_attempt();
  return true;
}

// The last flush did not learn what became of its entry. If it is there, that commit stands.
Status Store::settle_attempt(CancelToken* cancel) {
  if (!attempt_) return {};
  STRATA_ASSIGN(const auto entry, log_.read(attempt_->state.seq));
  if (!entry || entry->commit != attempt_->state.commit) {
    attempt_.reset();
    return {};
  }
  STRATA_TRY(log_.sync());
  log_durable_ = true;
  for (const Attempt::File& f : attempt_->files) {
    FileCommit file(f.file);
    STRATA_TRY(file.take_over(f.pins, cancel));
  }
  finish_attempt();
  return {};
}

// The commit of the attempt is made. What was changed in the document since stays pending.
void Store::finish_attempt() {
  std::lock_guard files_lock(files_mu_);
  std::unique_lock lock(mu_);
  std::erase_if(changed_, [&](const std::string& name) {
    return same_dataset(attempt_->state.document.find(name), working_.find(name));
  });
  if (changed_.empty()) remade_.clear();
  std::erase_if(adopting_, [&](const Adopting& d) { return attempt_->state.attempts.contains(d.attempt); });
  std::swap(state_, attempt_->state);
  std::swap(unplaced_, attempt_->unplaced);
  std::swap(replaced_, attempt_->replaced);
  attempt_.reset();
}

// The homes, then the entry.
Result<bool> Store::commit_parts(CommitKind kind, std::vector<Part>& parts, CancelToken* cancel) {
  STRATA_ASSIGN(const Id128 commit, random_id());
  LogEntry entry = new_entry(kind, commit);
  auto make = [&]() -> Result<bool> {
    STRATA_TRY(engine_->executor.parallel_for(parts.size(), cancel, [&](size_t i) -> Status {
      Part& part = parts[i];
      return kind == CommitKind::kCompact ? part.file.stage_base(commit, part.array, cancel)
                                          : part.file.stage(commit, part.array, cancel);
    }));
    for (Part& part : parts) entry.pins.emplace(part.array, part.file.staged());
    if (holds_changes(kind)) put_datasets(entry);
    if (kind == CommitKind::kAdopt) {
      entry.message = cat("job \"", adopting_job_, "\", ", adopting_.size(), adopting_.size() == 1 ? " task" : " tasks");
      for (const Adopting& d : adopting_) entry.attempts.emplace_back(d.attempt, d.task);
    }
    return commit_entry(entry, parts, cancel);
  };
  auto made = make();
  // A layer that is gone was condemned by somebody's sweep: he has committed meanwhile.
  if (made.code() == Code::kNotFound && !attempt_) {
    STRATA_ASSIGN(const bool behind, is_behind());
    if (behind) made = false;
  }
  // An orphan would harm nobody; but only where it is certain that the entry does not name it.
  if (!attempt_ && (!made.ok() || !*made))
    for (Part& part : parts) part.file.forget_staged();
  return made;
}

// REQUIRES: the lock, catch_up. All that is pending, as one commit. false: begin again with what is there now.
Result<bool> Store::commit_pending(CancelToken* cancel) {
  std::vector<Part> parts;
  for (const auto& [array, file] : opened_files()) {
    parts.push_back({array, FileCommit(file)});
    if (!parts.back().file.has_changes()) {
      parts.pop_back();
      continue;
    }
    STRATA_TRY(parts.back().file.settle(cancel));
  }
  if (parts.empty() && changed_.empty() && adopting_.empty()) return true;
  if (!adopting_.empty()) {
    const AdoptedBefore before(state_.attempts);
    for (const Adopting& d : adopting_)
      if (before.has(d.attempt, d.task, d.base)) return Status(Code::kConflict, "somebody else has adopted the same meanwhile");
  }
  // A base that changes values may not lie below layers: until these are fillers, the original would read them over it.
  for (Part& part : parts) {
    if (!part.file.must_fold() || !part.file.has_layers()) continue;
    std::vector<Part> one;
    one.push_back(std::move(part));
    parts.clear();
    STRATA_ASSIGN(const bool made, commit_parts(CommitKind::kCompact, one, cancel));
    if (made) (void)place(one, cancel);  // the next round sees what is left of it
    return false;
  }
  STRATA_ASSIGN(const bool made, commit_parts(adopting_.empty() ? CommitKind::kData : CommitKind::kAdopt, parts, cancel));
  if (!made) return false;
  if (Status s = project(parts); !s.ok()) return not_projected(s);
  // The commit is made, whatever becomes of this; the next one tries again.
  if (Status s = without_throwing([&] { return compact_by_policy(std::move(parts), cancel); }); !s.ok())
    log(LogLevel::kWarn, [&] { return cat("the compaction after a flush failed: ", s.message()); });
  if (attempt_) attempt_.reset();  // should a compaction of unknown outcome stand, it is like another's
  return true;
}

// REQUIRES: the lock, nothing pending, all placed. What was just committed is compacted where that is due.
Status Store::compact_by_policy(std::vector<Part> committed, CancelToken* cancel) {
  if (!options_.compact_layers && !options_.compact_dead_bytes) return {};
  std::vector<std::string> due;
  for (Part& part : committed) {
    STRATA_ASSIGN(const bool is_due, part.file.is_compaction_due(cancel));
    if (is_due) due.push_back(part.array);
  }
  committed.clear();  // the locks
  // Only what these have taken in is swept: what else there may be is looked for when all is compacted.
  Unneeded absorbed;
  Status first;
  const auto pins_at_head = [&](const std::string& array) {
    const auto it = state_.pins.find(array);
    return it == state_.pins.end() ? Pins() : it->second;
  };
  for (const std::string& array : due) {
    const Pins before = pins_at_head(array);
    if (Status s = compact_file(array, cancel); !s.ok()) {
      if (first.ok()) first = std::move(s);
      continue;
    }
    const Pins now = pins_at_head(array);
    const auto is_pinned = [&](const Pin& pin) { return pin == now.base || std::ranges::find(now.layers, pin) != now.layers.end(); };
    const auto add = [&](const Pin& pin) {  // the original's have no homes
      if (!pin.id.is_nil() && !is_pinned(pin)) absorbed.add(pin.id, log_.homes().key(pin));
    };
    add(before.base);
    for (const Pin& pin : before.layers) add(pin);
  }
  // With a history, what of it may go is looked for when all is compacted.
  if (first.ok() && !absorbed.ids.empty() && !state_.history.keeps_any()) return condemn(std::move(absorbed), cancel);
  if (placed_seq_ != state_.seq && unplaced_.empty()) STRATA_TRY(publish_registry());
  return first;
}

Status Store::not_projected(const Status& why) const {
  log(LogLevel::kWarn, [&] { return cat("commit ", state_.seq, " is not yet what other programs read: ", why.message()); });
  return Status(Code::kNotProjected, cat("the commit was made and is durable, but not all that other programs read was brought up to it (",
                                         why.message(), "); the next flush does that"));
}

// REQUIRES: lock_out_writers.
Status Store::flush_alone(CancelToken* cancel) {
  STRATA_TRY(settle_attempt(cancel));
  return in_rounds(cancel, [&]() -> Result<bool> {
    const bool pending = anything_pending();
    if (!pending && placed_seq_ == state_.seq) return true;
    STRATA_TRY(catch_up(cancel));
    // What a killed writer left undone.
    Status s = place(cancel);
    if (!foreign_.empty()) return false;  // the original was here: it is imported
    if (pending) return commit_pending(cancel);
    if (s.ok()) s = publish_registry();
    return s.ok() ? Result<bool>(true) : Result<bool>(not_projected(s));
  });
}

Status Store::flush(CancelToken* cancel) {
  std::lock_guard change(change_mu_);
  auto locked_flush = [&]() -> Status {
    if (!attempt_ && !anything_pending() && options_.job.empty() && (options_.read_only || placed_seq_ == state_.seq)) return {};
    STRATA_TRY(check_writable());
    if (!options_.job.empty()) return deliver(cancel);
    STRATA_ASSIGN(const auto lock, lock_out_writers(cancel));
    conflicts_.clear();
    return flush_alone(cancel);
  };
  return locked_flush().prepend([&] { return cat("flush of ", where(), ": "); });
}

// Of one array, as a commit of its own: a stop loses work only. REQUIRES: the lock, nothing pending.
Status Store::compact_file(const std::string& array, CancelToken* cancel) {
  return in_rounds(cancel, [&]() -> Result<bool> {
    const auto again = [&]() -> Result<bool> {  // another writer was faster
      STRATA_TRY(catch_up(cancel));
      (void)place(cancel);
      return false;
    };
    auto file = file_of(array, false, cancel);
    if (file.code() == Code::kStale) return again();
    if (!file.ok()) return file.take_status();
    if (!*file) return missing_file(array);
    std::vector<Part> one;
    one.push_back({array, FileCommit(*file)});
    STRATA_TRY(one.front().file.settle(cancel));
    if (!one.front().file.needs_compaction()) {
      STRATA_TRY(one.front().file.complete_statistics(cancel));
      return true;
    }
    STRATA_ASSIGN(const bool made, commit_parts(CommitKind::kCompact, one, cancel));
    if (made) {
      Status s = place(one, nullptr);
      return s.ok() ? Result<bool>(true) : Result<bool>(not_projected(s));
    }
    one.clear();
    return again();
  });
}

// Also files of which no dataset has an array any more: what was deleted in them may be in the way of a new definition.
std::vector<std::string> Store::arrays_with_files() {
  std::vector<std::string> arrays = list_arrays();
  const NameSet listed(arrays.begin(), arrays.end());
  for (const auto& [array, pins] : state_.pins)
    if (!listed.contains(array)) arrays.push_back(array);
  return arrays;
}

Result<std::vector<std::pair<std::string, CompactionPlan>>> Store::plan_compaction(const CancelToken* cancel) {
  STRATA_TRY(check(cancel));
  std::lock_guard change(change_mu_);
  std::vector<std::pair<std::string, CompactionPlan>> out;
  for (const std::string& array : arrays_with_files()) {
    STRATA_ASSIGN(const auto file, file_of(array, false, cancel));
    if (!file) return missing_file(array);
    STRATA_ASSIGN(auto plan, file->plan_compaction(cancel));
    out.emplace_back(array, plan);
  }
  return out;
}

Status Store::compact(CancelToken* cancel) {
  STRATA_TRY(check_writable());
  // Nothing may be deleted or defined meanwhile.
  std::lock_guard change(change_mu_);
  const auto words = [&] { return cat("compaction of ", where(), ": "); };
  STRATA_ASSIGN(const auto lock, lock_out_writers(cancel));
  conflicts_.clear();
  STRATA_TRY(flush_alone(cancel).prepend(words));
  // Also what others have committed, and what the original did.
  STRATA_TRY(catch_up(cancel).prepend(words));
  for (const std::string& array : list_arrays())
    if (Status s = file_of(array, false, cancel).take_status(); !s.ok() && s.code() != Code::kStale) return std::move(s).prepend(words);
  auto all_placed = in_rounds(cancel, [&]() -> Result<bool> {
    STRATA_TRY(catch_up(cancel, true));
    Status s = place(cancel);
    if (!foreign_.empty()) return false;
    STRATA_TRY(std::move(s));
    return true;
  });
  STRATA_TRY(std::move(all_placed).prepend(words));
  Status first;
  auto keep = [&](Status s) {
    if (!s.ok() && first.ok()) first = std::move(s);  // the others are not worse off for it
  };
  for (const std::string& array : arrays_with_files()) {
    STRATA_TRY(check(cancel));
    keep(compact_file(array, cancel).prepend(words));
  }
  if (placed_seq_ != state_.seq && unplaced_.empty()) keep(publish_registry().prepend(words));
  if (first.ok()) keep(sweep({}, cancel).prepend(words));
  return first;
}

// Layers in homes that no commit has any more which is kept, and those of writers that were killed.
// inbox_age_ns: also what workers have left for longer.
Status Store::sweep(std::optional<int64_t> inbox_age_ns, CancelToken* cancel) {
  STRATA_ASSIGN(const auto homes, storage_->list(log_.homes().folder));
  STRATA_ASSIGN(const NameSet kept, log_.kept_homes(state_, cancel));
  Unneeded unneeded;
  std::vector<std::string> originals;  // that a history has kept: no writer can be about to commit one
  for (const ListEntry& home : homes) {
    if (kept.contains(home.key)) continue;
    const std::string_view name = name_of(home.key);
    Id128 id;
    if (name.ends_with(".af") && Id128::parse(name.substr(0, name.size() - 3), &id)) unneeded.add(id, home.key);
    else if (name.ends_with(".af")) originals.push_back(home.key);
  }
  for (const std::string& key : originals) STRATA_TRY(storage_->remove(key));
  if (inbox_age_ns) STRATA_TRY(find_abandoned(*inbox_age_ns, unneeded, cancel));
  return condemn(std::move(unneeded), cancel);
}

// An entry condemns them before they are removed: who was about to commit one of them finds that his number is taken.
Status Store::condemn(Unneeded unneeded, CancelToken* cancel) {
  if (unneeded.ids.empty()) return {};
  STRATA_ASSIGN(const Id128 commit, random_id());
  LogEntry entry = new_entry(CommitKind::kSweep, commit);
  entry.condemned = std::move(unneeded.ids);
  std::vector<Part> none;
  STRATA_ASSIGN(const bool made, commit_entry(entry, none, cancel));
  if (!made) return {};  // the next compaction does it
  for (const std::string& key : unneeded.keys) STRATA_TRY(storage_->remove(key));
  log(LogLevel::kInfo, [&] { return cat("removed ", entry.condemned.size(), " layers and deliveries that nothing needs any more"); });
  return publish_registry();
}

Status Store::discard() {
  std::lock_guard change(change_mu_);
  return discard_alone();
}

Status Store::discard_alone() {
  const auto files = opened_files();
  Document committed;
  {
    std::shared_lock lock(mu_);
    committed = state_.document;
  }
  {
    // Before the files: it must not name what is gone from them.
    std::unique_lock lock(mu_);
    working_ = std::move(committed);
    changed_.clear();
    remade_.clear();
  }
  adopting_.clear();
  attempt_.reset();  // should it stand, it is like another's commit
  Status first;
  for (const auto& [name, file] : files)
    if (Status s = file->discard(); !s.ok() && first.ok()) first = std::move(s);
  return first;
}

std::vector<Conflict> Store::conflicts() {
  std::lock_guard change(change_mu_);
  return conflicts_;
}

PendingInfo Store::pending() {
  PendingInfo info;
  for (const auto& [name, file] : opened_files()) {
    const PendingInfo p = file->pending();
    info.arrays += p.arrays;
    info.chunks += p.chunks;
    info.bytes += p.bytes;
  }
  std::shared_lock lock(mu_);
  info.arrays += changed_.size();
  return info;
}

}  // namespace strata
