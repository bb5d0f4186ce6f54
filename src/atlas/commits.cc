// Commits of a store: the array files first, then the registry, which makes what is new in them visible.
#include <atomic>
#include <chrono>
#include <thread>

#include "atlas/store.h"

namespace strata {
namespace {

constexpr auto kPause = std::chrono::milliseconds(2);  // between two tries to get the lock

// The first failure in the order of the files, whatever order they ended in.
Status first_failure(std::vector<Status>& statuses) {
  for (Status& s : statuses)
    if (!s.ok()) return std::move(s);
  return {};
}

}  // namespace

bool Store::anything_pending() {
  if (!changed_.empty()) return true;
  for (const auto& [name, file] : opened_files())
    if (file->pending().arrays != 0) return true;
  return false;
}

// The registry must be as this handle knows it, or as it may have left it when the answer was lost.
Status Store::check_registry() {
  auto stored = read_object(*storage_, registry_key_, kMaxDocumentBytes);
  if (stored.code() == Code::kNotFound)
    return Status(Code::kConflict, cat(storage_->describe(registry_key_),
                                       " is gone; nothing was published and the changes are still pending"));
  if (!stored.ok()) return stored.take_status();
  const Fingerprint now{stored->size(), xxh3_64(stored->bytes())};
  if (attempted_ && now == *attempted_) seen_ = *attempted_;
  attempted_.reset();
  if (now == seen_) return {};
  return Status(Code::kConflict,
                cat(storage_->describe(registry_key_),
                    " was replaced by another writer since it was read; it was not overwritten and the "
                    "changes are still pending"));
}

Status Store::publish_registry() {
  auto packed = pack_document(registry_, working_);
  if (!packed.ok()) return packed.take_status().prepend(cat(storage_->describe(registry_key_), ": "));
  const Fingerprint next{packed->size(), xxh3_64(packed->bytes())};
  STRATA_ASSIGN(auto staged, storage_->stage(registry_key_, ""));
  STRATA_TRY(staged->write_at(0, packed->bytes()));
  STRATA_TRY(staged->seal(packed->size()));
  Document published;
  {
    std::unique_lock lock(mu_);
    published = working_;  // before the point of no return: it takes memory
  }
  attempted_ = next;
  STRATA_TRY(staged->replace_as(registry_key_));
  if (Status s = storage_->sync_folder(folder_); !s.ok())
    return Status(Code::kOutcomeUnknown,
                  cat("the registry was replaced but may not be durable (", s.message(), "); repeat the flush"));
  seen_ = next;
  attempted_.reset();
  std::unique_lock lock(mu_);
  committed_ = std::move(published);
  changed_.clear();
  return {};
}

// From the look at the registry to its replacement no other handle may replace it: what it had added would be lost.
Result<std::unique_ptr<FolderLock>> Store::lock_out_writers(const CancelToken* cancel) {
  for (;;) {
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(auto lock, storage_->try_lock_folder(folder_));
    if (lock) return lock;
    std::this_thread::sleep_for(kPause);
  }
}

// REQUIRES: lock_out_writers, if anything is pending.
Status Store::flush_alone(CancelToken* cancel) {
  if (anything_pending()) STRATA_TRY(check_registry());
  const auto files = opened_files();
  std::vector<Status> outcomes(files.size());
  // One file's failure does not keep the others from being published: each is a commit of its own, and what the
  // registry does not name yet is not seen.
  STRATA_TRY(engine_->executor.parallel_for(files.size(), cancel, [&](size_t i) -> Status {
    outcomes[i] = files[i].second->flush(cancel);
    return {};
  }));
  STRATA_TRY(first_failure(outcomes));
  if (changed_.empty()) return {};
  STRATA_TRY(check(cancel));
  // Again: publishing the files may have taken long, and not everybody who writes knows of our lock.
  if (!files.empty()) STRATA_TRY(check_registry());
  return publish_registry();
}

Status Store::flush(CancelToken* cancel) {
  std::lock_guard change(change_mu_);
  auto locked_flush = [&]() -> Status {
    std::unique_ptr<FolderLock> lock;
    if (anything_pending()) {
      STRATA_ASSIGN(lock, lock_out_writers(cancel));
    }
    return flush_alone(cancel);
  };
  return locked_flush().prepend([&] { return cat("flush of ", where(), ": "); });
}

Status Store::compact(CancelToken* cancel) {
  STRATA_TRY(check_writable());
  // Nothing may be deleted or defined meanwhile: a compaction of a file publishes what is pending in it.
  std::lock_guard change(change_mu_);
  STRATA_ASSIGN(const auto lock, lock_out_writers(cancel));
  STRATA_TRY(flush_alone(cancel).prepend([&] { return cat("compaction of ", where(), ": "); }));
  Status first;
  auto keep = [&](Status s) {
    if (!s.ok() && first.ok()) first = std::move(s);  // the others are not worse off for it
  };
  std::unordered_set<std::string, TextHash, TextEqual> listed;
  for (const std::string& array : list_arrays()) {
    STRATA_TRY(check(cancel));
    listed.insert(array);
    auto one = [&]() -> Status {
      STRATA_ASSIGN(const auto file, file_of(array, false, cancel));
      if (!file)
        return Status(Code::kCorrupt, cat("the registry names array \"", array, "\", but ",
                                          storage_->describe(file_key(array)), " is missing"));
      return file->compact(cancel);
    };
    keep(one());
  }
  // Files of which no dataset has an array any more: what was deleted in them may be in the way of a new definition.
  for (const auto& [array, file] : opened_files()) {
    if (listed.contains(array)) continue;
    STRATA_TRY(check(cancel));
    keep(file->compact(cancel));
  }
  return first;
}

Status Store::discard() {
  std::lock_guard change(change_mu_);
  const auto files = opened_files();
  Document committed = committed_;
  {
    // Before the files: it must not name what is gone from them.
    std::unique_lock lock(mu_);
    working_ = std::move(committed);
    changed_.clear();
  }
  Status first;
  for (const auto& [name, file] : files)
    if (Status s = file->discard(); !s.ok() && first.ok()) first = std::move(s);
  return first;
}

Result<bool> Store::refresh(const CancelToken* cancel) {
  std::lock_guard change(change_mu_);
  STRATA_TRY(check(cancel));
  if (anything_pending())
    return Status(Code::kPending, where() + " has unflushed changes: flush or discard them first");
  std::atomic<bool> moved{false};
  // The registry is read before the files: what it names is then in them, as they are published before it. It is taken
  // over after them: when one of them fails, what this handle knows of still is in all.
  STRATA_ASSIGN(const Buffer stored, read_object(*storage_, registry_key_, kMaxDocumentBytes));
  const Fingerprint now{stored.size(), xxh3_64(stored.bytes())};
  std::optional<Document> working, committed;
  if (now != seen_) {
    auto document = unpack_document(registry_, stored.bytes());
    if (!document.ok()) return document.take_status().prepend(cat(storage_->describe(registry_key_), ": "));
    working.emplace(std::move(*document));
    committed.emplace(*working);
  }
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
  STRATA_TRY(first_failure(outcomes));
  if (working) {
    std::unique_lock lock(mu_);
    working_ = std::move(*working);
    committed_ = std::move(*committed);
    seen_ = now;
    attempted_.reset();
    moved = true;
  }
  return moved.load();
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
