// Which commit a handle is at, and what it holds beyond that: pending changes, counted and dropped; the layers, read anew.
#include "file/array_file.h"

namespace strata {

PendingInfo ArrayFile::pending() {
  std::shared_lock lock(mu_);
  PendingInfo info;
  for (const Ref& def : touched_) {
    if (def->deleted && !def->committed()) continue;
    ++info.arrays;
    info.chunks += def->chunks.chunks.size();
  }
  info.bytes = pending_ ? pending_->raw_bytes() : 0;
  return info;
}

Result<uint64_t> ArrayFile::layer_count() {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  return uint64_t{stack_ ? stack_->layers.size() : 0};
}

bool ArrayFile::on_storage() {
  std::shared_lock lock(mu_);
  return stack_ != nullptr;
}

void ArrayFile::drop_pending() {
  for (const Ref& def : touched_) {
    def->touched = false;
    def->deleted = false;
    def->chunks = PendingChunks{};
    def->chunks.meta = &def->meta;
    def->attributes.reset();
    def->attributes_changed = false;
  }
  touched_.clear();
  pending_names_.clear();
  pending_.reset();
  attempt_.reset();
  may_adopt_ = true;
}

Status ArrayFile::discard() {
  std::unique_lock lock(mu_);
  std::lock_guard defs_lock(defs_mu_);
  for (const Ref& def : touched_) {
    if (!def->committed()) def->stale = true;
    // Handles of arrays whose deletion is taken back stay stale: new ones are resolved from the layers.
    if (def->stale) defs_.erase(def->meta.name);
  }
  drop_pending();
  return {};
}

// Every definition that somebody holds gets the new stack's records, or becomes stale. Can be repeated when it was cut.
void ArrayFile::rebind() {
  // REQUIRES: nothing pending.
  std::vector<Ref> held;
  {
    std::lock_guard lock(defs_mu_);
    for (auto& [name, weak] : defs_)
      if (auto def = weak.lock()) held.push_back(std::move(def));
  }
  for (const Ref& def : held) {
    auto now = find_in(stack_.get(), def->meta.name);
    bool same = now.ok() && (*now)->meta.dtype == def->meta.dtype && (*now)->meta.geometry == def->meta.geometry &&
                (*now)->meta.fill == def->meta.fill;
    if (same) {
      def->sources = std::move((*now)->sources);
      def->attributes.reset();
    } else {
      def->stale = true;
      std::lock_guard lock(defs_mu_);
      defs_.erase(def->meta.name);
    }
  }
}

// What was derived from the layers.
void ArrayFile::forget_derived() {
  {
    std::lock_guard lock(statistics_mu_);
    statistics_.reset();
  }
  std::lock_guard lock(defs_mu_);
  dictionary_.reset();
  names_cache_.reset();
}

void ArrayFile::adopt(std::shared_ptr<const Stack> now) {
  needs_reload_ = true;  // until all of it is done
  stack_ = std::move(now);
  folder_synced_ = false;
  fillers_checked_ = false;
  forget_derived();
  rebind();
  needs_reload_ = false;
}

Status ArrayFile::reload(const CancelToken* cancel) {
  STRATA_ASSIGN(auto now, open_stack(*engine_, *storage_, names_, cancel));
  adopt(std::move(now));
  return {};
}

Result<bool> ArrayFile::refresh(const CancelToken* cancel) {
  std::unique_lock lock(mu_);
  if (!touched_.empty())
    return Status(Code::kPending, cat(storage_->describe(names_.base()), " has unflushed changes: flush or discard them first"));
  if (!stack_ && !needs_reload_) return false;
  const auto& before = stack_;
  STRATA_ASSIGN(auto now, open_stack(*engine_, *storage_, names_, cancel));
  bool same = before && before->slots == now->slots && before->layers.size() == now->layers.size();
  for (size_t i = 0; same && i < before->layers.size(); ++i) {
    const Identity *a = before->layers[i]->identity(), *b = now->layers[i]->identity();
    same = a && b && a->layer_id == b->layer_id;
  }
  if (same && !needs_reload_) return false;
  adopt(std::move(now));
  return true;
}

}  // namespace strata
