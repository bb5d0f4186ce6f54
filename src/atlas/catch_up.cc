// To the newest commit: what others have committed since this handle looked, and how pending changes come to lie above it.
#include <algorithm>
#include <atomic>

#include "atlas/merge.h"
#include "atlas/store_part.h"
#include "file/rounds.h"

namespace strata {
namespace {

std::string describe(const Conflict& c) {
  std::string out = cat("dataset \"", c.dataset, '"');
  if (!c.array.empty()) out += cat(", array \"", c.array, '"');
  if (!c.attribute.empty()) out += cat(", attribute \"", c.attribute, '"');
  if (c.chunk.empty()) return out;
  out += ", chunk [";
  for (size_t i = 0; i < c.chunk.size(); ++i) out += cat(i ? ", " : "", c.chunk[i]);
  return out + "]";
}

}  // namespace

// Nothing: as this handle knows it.
Result<std::optional<Store::Head>> Store::look() {
  auto stored = read_object(*storage_, registry_key_, kMaxDocumentBytes);
  if (stored.code() == Code::kNotFound)
    return Status(Code::kConflict, cat(storage_->describe(registry_key_),
                                       " is gone; nothing was published and the changes are still pending"));
  if (!stored.ok()) return stored.take_status();
  Head head;
  head.seen = {stored->size(), xxh3_64(stored->bytes())};
  if (head.seen == seen_) {
    if (listed_) return std::optional<Head>();
    STRATA_ASSIGN(const auto next, log_.read(state_.seq + 1));
    if (!next) return std::optional<Head>();
    // Committed, and not projected: by a writer that was killed, or that is at work.
    std::shared_lock lock(mu_);
    head.state = state_;
    head.placed = placed_;
    head.replaced = replaced_;
    head.placed_seq = placed_seq_;
  } else {
    auto document = unpack_document(registry_, stored->bytes());
    if (!document.ok()) return document.take_status().prepend(cat(storage_->describe(registry_key_), ": "));
    STRATA_ASSIGN(head.state, state_of(std::move(*document)));
    if (head.state.store.is_nil()) {
      head.originals = true;
      return std::optional(std::move(head));
    }
    if (!state_.store.is_nil() && head.state.store != state_.store)
      return Status(Code::kConflict, cat(where(), " is another store now than the one that was opened"));
    head.placed = head.state.pins;
    head.placed_seq = head.state.seq;
  }
  STRATA_TRY(log_.follow(head.state, head.replaced));
  return std::optional(std::move(head));
}

// REQUIRES: change_mu_. Pending changes come to lie above what others have committed, in all files or in none.
Status Store::move_to(Head& head, Match match, CancelToken* cancel) {
  std::vector<Conflict> conflicts;
  Document merged = merge_documents(state_.document, head.state.document, working_, changed_, remade_, conflicts);
  std::vector<Part> parts;
  std::vector<const Pins*> pins;  // nullptr: by listing
  for (const auto& [array, file] : opened_files()) {
    const auto there = head.state.pins.find(array);
    const bool known = there != head.state.pins.end();
    if (!known && !head.originals) continue;
    FileCommit part(file);
    if (known ? part.pins() == there->second : !part.on_storage()) continue;
    parts.push_back({array, std::move(part)});
    pins.push_back(known ? &there->second : nullptr);
  }
  std::vector<Status> outcomes(parts.size());
  std::vector<std::vector<Conflict>> found(parts.size());
  STRATA_TRY(engine_->executor.parallel_for(parts.size(), cancel, [&](size_t i) -> Status {
    outcomes[i] = parts[i].file.plan_move(pins[i], match, found[i], cancel);
    return {};
  }));
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!outcomes[i].ok() && outcomes[i].code() != Code::kConflict) return std::move(outcomes[i]);
    for (Conflict& c : found[i]) {
      c.dataset = std::exchange(c.array, parts[i].array);  // entries of the file are named after the datasets
      conflicts.push_back(std::move(c));
    }
  }
  if (!conflicts.empty()) {
    Status refused(Code::kConflict,
                   cat(conflicts.size(), conflicts.size() == 1 ? " change was" : " changes were",
                       " made here and by another writer, the first of ", describe(conflicts.front()),
                       "; nothing was published and the changes are still pending"));
    conflicts_ = std::move(conflicts);
    return refused;
  }
  NameSet unplaced;
  for (const auto& [array, p] : head.state.pins) {
    const auto placed = head.placed.find(array);
    if (placed == head.placed.end() || !(placed->second == p)) unplaced.insert(array);
  }
  // Nothing fails from here on.
  for (Part& part : parts) {
    part.file.move();
    const auto placed = head.placed.find(part.array);
    part.file.know_placed(placed == head.placed.end() ? Pins() : placed->second);
  }
  if (state_.seq)  // else it is being opened
    log(LogLevel::kInfo, [&] { return cat("moved from commit ", state_.seq, " to ", head.state.seq, ", ", parts.size(), " open arrays with it"); });
  unplaced_ = std::move(unplaced);
  replaced_ = std::move(head.replaced);
  placed_seq_ = head.placed_seq;
  seen_ = head.seen;
  listed_ = head.originals;
  log_durable_ = false;
  std::lock_guard files_lock(files_mu_);
  std::unique_lock lock(mu_);
  placed_ = std::move(head.placed);
  working_ = std::move(merged);
  std::swap(state_, head.state);
  return {};
}

// false: a layer of that commit is gone, as a compaction took it in meanwhile: there is a newer one to go to.
Result<bool> Store::try_move_to(Head head, CancelToken* cancel) {
  Status moved = move_to(head, Match::kSure, cancel);
  if (moved.ok()) return true;
  if (moved.code() != Code::kNotFound) return moved;
  STRATA_ASSIGN(const uint64_t newest, log_.newest());
  if (newest > head.state.seq) return false;
  STRATA_TRY(move_to(head, Match::kLikely, cancel));  // a copy of a store: its layers have other stamps
  return true;
}

// Afterwards this handle is at the newest commit of the log, and what it has pending lies above it. all: also what the original
// did to files that are open and have nothing pending. REQUIRES: the lock.
Status Store::catch_up(CancelToken* cancel, bool all) {
  return in_rounds(cancel, [&]() -> Result<bool> {
    STRATA_ASSIGN(auto head, look());
    if (!head && listed_) {
      head.emplace();
      head->originals = true;
      head->state.document = state_.document;
      head->seen = seen_;
    }
    if (head && head->originals) {
      STRATA_ASSIGN(const bool made, import_all(*head, cancel));
      if (!made) return false;
    }
    if (head) {
      STRATA_ASSIGN(const bool moved, try_move_to(std::move(*head), cancel));
      if (!moved) return false;
    }
    STRATA_ASSIGN(const auto changed, changed_elsewhere(all));
    if (changed.empty()) return true;
    STRATA_TRY(import_files(changed, cancel));
    return false;
  });
}

Result<bool> Store::refresh(const CancelToken* cancel) {
  std::lock_guard change(change_mu_);
  STRATA_TRY(check(cancel));
  if (as_of_) return false;
  if (attempt_ || anything_pending())
    return Status(Code::kPending, where() + " has unflushed changes: flush or discard them first");
  bool has_moved = false;
  STRATA_TRY(in_rounds(cancel, [&]() -> Result<bool> {
    STRATA_ASSIGN(auto head, look());
    if (!head) return true;
    STRATA_ASSIGN(has_moved, try_move_to(std::move(*head), nullptr));
    return has_moved;
  }));
  if (has_moved) return true;
  if (!listed_) return false;
  // Without a log, the files tell.
  std::atomic<bool> moved{false};
  const auto files = opened_files();
  std::vector<Status> outcomes(files.size());
  STRATA_TRY(engine_->executor.parallel_for(files.size(), cancel, [&](size_t i) -> Status {
    const auto& [name, file] = files[i];
    if (!file->on_storage()) {  // somebody else may have made it meanwhile
      forget_file(name, file);
      return {};
    }
    auto refreshed = file->refresh(cancel);
    if (!refreshed.ok()) {
      outcomes[i] = refreshed.take_status();
    } else if (*refreshed) {
      moved = true;
    }
    return {};
  }));
  for (Status& s : outcomes)
    if (!s.ok()) return std::move(s);
  return moved.load();
}

}  // namespace strata
