// Which commit a handle is at, and what it holds beyond that: pending changes, counted and dropped; the layers, read anew.
#include <algorithm>

#include "file/array_file.h"

namespace strata {
namespace {

// `now`: what the name stands for in a newer state. One that grew or shrank is the same; one that was deleted and defined anew is
// so only if nobody can tell.
bool is_same_array(const ArrayDef& old, const ArrayDef& now) {
  if (!(old.meta.dtype == now.meta.dtype && old.meta.fill == now.meta.fill)) return false;
  if (old.meta.geometry == now.meta.geometry) return true;
  if (!std::ranges::equal(old.meta.geometry.chunk_shape(), now.meta.geometry.chunk_shape()) || !old.committed()) return false;
  const Identity* newest = old.sources.front().layer->identity();
  return newest && std::ranges::any_of(now.sources, [&](const LayerRecord& source) {
    const Identity* id = source.layer->identity();
    return id && id->layer_id == newest->layer_id;
  });
}

}  // namespace

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
}

// Every definition that somebody holds gets the new stack's records, or becomes stale; pending changes stay. All that takes
// memory comes before the first change: who has none stays at the commit at which he is.
void ArrayFile::adopt(std::shared_ptr<const Stack> now) {
  struct Held {
    Ref def;
    Ref now;                               // nullptr: it is not there any more, or another
    std::shared_ptr<const Geometry> seen;  // where that changes
  };
  std::vector<Held> held;
  {
    std::lock_guard lock(defs_mu_);
    for (auto& [name, weak] : defs_)
      if (auto def = weak.lock(); def && !def->touched) held.push_back({std::move(def), nullptr, nullptr});
  }
  const size_t untouched = held.size();
  for (const Ref& def : touched_)
    if (def->committed()) held.push_back({def, nullptr, nullptr});
  for (size_t i = 0; i < held.size(); ++i) {
    Held& h = held[i];
    auto found = find_in(now.get(), h.def->meta.name);
    if (!found.ok() || (i < untouched && !is_same_array(*h.def, **found))) continue;
    h.now = std::move(*found);
    if (i < untouched && !(h.now->meta.geometry == h.def->meta.geometry)) h.seen = h.now->geometry();
  }
  stack_ = std::move(now);
  folder_synced_ = false;
  fillers_checked_ = false;
  forget_derived();
  for (size_t i = 0; i < held.size(); ++i) {
    Held& h = held[i];
    if (h.now) {
      h.def->sources = std::move(h.now->sources);
      if (h.seen) h.def->set_geometry(std::move(h.now->meta.geometry), std::move(h.seen));
      if (i < untouched) h.def->attributes.reset();
    } else if (i < untouched) {
      h.def->stale = true;
      std::lock_guard lock(defs_mu_);
      defs_.erase(h.def->meta.name);
    }
  }
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
