#include "file/ancestry.h"

#include <algorithm>
#include <unordered_set>

#include "file/outlying.h"

namespace strata {
namespace {

// By id; layers of the original have none: by the object, or, where another writer gave an outlying one a slot, by its bytes.
bool is_same(const SealedLayer& old, const SealedLayer& now, bool may_have_moved) {
  const Identity *a = old.identity(), *b = now.identity();
  if (a || b) return a && b && a->layer_id == b->layer_id;
  if (old.object().place() == now.object().place()) return true;
  if (!may_have_moved) return false;
  const auto same = same_bytes(old.object(), now.object());
  return same.ok() && *same;
}

}  // namespace

Ancestry::Ancestry(const Stack* old, const Stack& now) {
  std::unordered_map<Id128, const SealedLayer*, Id128Hash> by_id;
  std::vector<std::pair<const SealedLayer*, bool>> nameless;  // and whether it was outlying
  if (old)
    for (size_t i = 0; i < old->layers.size(); ++i) {
      const SealedLayer& layer = *old->layers[i];
      if (const Identity* id = layer.identity())
        by_id.emplace(id->layer_id, &layer);
      else
        nameless.emplace_back(&layer, i + old->outlying.size() >= old->layers.size());
    }
  auto twin_of = [&](const SealedLayer& layer) -> const SealedLayer* {
    if (const Identity* id = layer.identity()) {
      const auto it = by_id.find(id->layer_id);
      return it == by_id.end() ? nullptr : it->second;
    }
    for (const auto& [candidate, outlying] : nameless)
      if (is_same(*candidate, layer, outlying)) return candidate;
    return nullptr;
  };
  for (auto it = now.layers.rbegin(); it != now.layers.rend(); ++it) {
    const SealedLayer* layer = it->get();
    if (const SealedLayer* twin = twin_of(*layer))
      same_.emplace(layer, twin);
    else if (layer != &now.base())
      written_.push_back(layer);
  }
  if (same_.contains(&now.base())) return;
  new_base_ = &now.base();
  base_ = old ? base_of(*old, now) : Base::kOpaque;
}

// A base says which one it took in when it changed no value by that, and which layers.
Ancestry::Base Ancestry::base_of(const Stack& old, const Stack& now) const {
  const Identity *before = old.base().identity(), *base = now.base().identity();
  if (!before || !base || base->base_id != before->layer_id) return Base::kOpaque;
  std::unordered_set<Id128, Id128Hash> known;
  for (const auto& layer : old.layers)
    if (layer->identity()) known.insert(layer->identity()->layer_id);
  const bool all = std::ranges::all_of(base->absorbed, [&](const AbsorbedLayer& a) {
    return a.slot < old.next_slot && (a.id.is_nil() || known.contains(a.id));
  });
  return all ? Base::kAbsorbing : Base::kOpaque;
}

bool Ancestry::mentions(std::string_view array) const {
  return std::ranges::any_of(written_, [&](const SealedLayer* layer) { return layer->find(array).has_value(); });
}

Ancestry::Change Ancestry::of_chunk(const ChunkSource& old, const ChunkSource& now) const {
  const SealedLayer* before = old.layer ? old.layer->layer.get() : nullptr;
  const SealedLayer* after = now.layer ? now.layer->layer.get() : nullptr;
  if (!before && !after) return Change::kNone;
  if (after && after != new_base_) {
    const auto it = same_.find(after);
    if (it == same_.end()) return Change::kWritten;
    return it->second == before ? Change::kNone : Change::kUnknown;
  }
  // In a new base, or nowhere any more: a compaction keeps no chunk that only hid another.
  return base_ == Base::kAbsorbing ? Change::kNone : Change::kUnknown;
}

}  // namespace strata
