// Which commit a handle is at, and what it holds beyond that: pending changes, counted and dropped; the layers, read anew.
#include <algorithm>

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
    def->drop_chunks();
    def->attributes.reset();
    def->attributes_changed = false;
  }
  touched_.clear();
  pending_names_.clear();
  pending_.reset();
  attempt_.reset();
  conflicts_.clear();
  may_adopt_ = true;
}

Status ArrayFile::discard() {
  std::unique_lock lock(mu_);
  std::lock_guard defs_lock(defs_mu_);
  // Memory first: after that nothing fails.
  std::vector<std::pair<Ref, Ref>> shapes;
  for (const Ref& def : touched_)
    if (def->resized && def->committed()) {
      STRATA_ASSIGN(ArrayMeta before, meta_of(def->sources.front().view()));
      shapes.emplace_back(def, std::make_shared<ArrayDef>(std::move(before)));
    }
  for (auto& [def, before] : shapes) def->set_geometry(std::move(before->meta.geometry), before->geometry());
  for (const Ref& def : touched_) {
    if (!def->committed()) def->stale = true;
    // Handles of arrays whose deletion is taken back stay stale: new ones are resolved from the layers.
    if (def->stale) defs_.erase(def->meta.name);
  }
  drop_pending();
  return {};
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
  dead_bytes_.reset();
}

Status ArrayFile::rebase(std::shared_ptr<const Stack> now, CancelToken* cancel) {
  RebasePlan plan;
  Status planned = plan_rebase(std::move(now), plan, cancel);
  conflicts_ = std::move(plan.conflicts);
  STRATA_TRY(std::move(planned));
  apply_rebase(std::move(plan));
  return {};
}

std::vector<Conflict> ArrayFile::conflicts() {
  std::shared_lock lock(mu_);
  return conflicts_;
}

Status ArrayFile::reload(CancelToken* cancel) {
  auto now = pins_ ? open_pinned(*engine_, *storage_, names_, *homes_, *pins_, Match::kLikely, cancel)
                   : open_stack(*engine_, *storage_, names_, cancel);
  if (!now.ok()) return now.take_status();
  return rebase(std::move(*now), cancel);
}

Result<bool> ArrayFile::refresh(const CancelToken* cancel) {
  std::unique_lock lock(mu_);
  if (!touched_.empty())
    return Status(Code::kPending, cat(storage_->describe(names_.base()), " has unflushed changes: flush or discard them first"));
  if ((!stack_ && !needs_reload_) || !options_.commit.empty()) return false;
  const auto& before = stack_;
  STRATA_ASSIGN(auto now, open_stack(*engine_, *storage_, names_, cancel));
  bool same = before && before->slots == now->slots && before->layers.size() == now->layers.size();
  for (size_t i = 0; same && i < before->layers.size(); ++i) {
    const Identity *a = before->layers[i]->identity(), *b = now->layers[i]->identity();
    same = a && b && a->layer_id == b->layer_id;
  }
  if (same && !needs_reload_) return false;
  STRATA_TRY(rebase(std::move(now), nullptr));
  return true;
}

}  // namespace strata
