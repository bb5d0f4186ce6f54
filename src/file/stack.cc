#include "file/stack.h"

#include <algorithm>

namespace strata {
namespace {

uint32_t highest_absorbed(const Identity* base) {
  uint32_t n = 0;
  if (base)
    for (const AbsorbedLayer& a : base->absorbed) n = std::max(n, a.slot);
  return n;
}

Result<std::shared_ptr<const SealedLayer>> open_layer(Engine& engine, Storage& storage, std::string_view key) {
  count(engine.counters.objects_opened);
  return SealedLayer::open(storage, key, engine.codecs);
}

// Nothing: somebody changed the file while it was looked at; begin again.
Result<std::shared_ptr<Stack>> try_open(Engine& engine, Storage& storage, const FileNames& names,
                                        const CancelToken* cancel) {
  auto stack = std::make_shared<Stack>();
  STRATA_ASSIGN(stack->slots, names.list(storage));
  STRATA_ASSIGN(auto base, open_layer(engine, storage, names.base()));
  stack->absorbed = highest_absorbed(base->identity());

  // Slots inside the base are not even read.
  std::vector<const SlotEntry*> wanted;
  for (const SlotEntry& s : stack->slots)
    if (s.slot > stack->absorbed) wanted.push_back(&s);
  std::vector<std::shared_ptr<const SealedLayer>> read(wanted.size());
  bool vanished = false;
  STRATA_TRY(engine.executor.parallel_for(wanted.size(), cancel, [&](size_t i) -> Status {
    auto layer = open_layer(engine, storage, wanted[i]->key);
    if (layer.code() == Code::kNotFound) {
      __atomic_store_n(&vanished, true, __ATOMIC_RELAXED);
      return {};
    }
    if (!layer.ok()) return layer.take_status();
    read[i] = std::move(*layer);
    return {};
  }));
  if (vanished) return std::shared_ptr<Stack>();

  const Identity* marker = nullptr;
  for (const auto& layer : read) {
    const Identity* id = layer->identity();
    if (!id) continue;
    if (id->kind == LayerKind::kMarker) marker = id;
    // A filler above what the base holds: the base was replaced after it was read.
    if (id->kind == LayerKind::kFiller && !id->base_id.is_nil()) {
      const Identity* b = base->identity();
      if (!b || b->layer_id != id->base_id) return std::shared_ptr<Stack>();
    }
  }
  if (marker && !(base->identity() && base->identity()->layer_id == marker->base_id)) {
    auto part = open_layer(engine, storage, names.part(marker->base_id));
    if (part.code() == Code::kNotFound) return std::shared_ptr<Stack>();  // somebody has just finished it
    if (!part.ok()) return part.take_status();
    base = std::move(*part);
    stack->absorbed = highest_absorbed(base->identity());
    stack->unfinished = *marker;
  }
  if (base->identity()) stack->file_id = base->identity()->file_id;
  stack->layers.push_back(std::move(base));
  for (size_t i = 0; i < read.size(); ++i) {
    const Identity* id = read[i]->identity();
    bool empty = id && (id->kind == LayerKind::kFiller || id->kind == LayerKind::kMarker);
    if (!empty && wanted[i]->slot > stack->absorbed) stack->layers.push_back(read[i]);
  }
  uint32_t highest = stack->slots.empty() ? 0 : stack->slots.back().slot;
  highest = std::max(highest, stack->absorbed);
  if (highest == UINT32_MAX) return Status(Code::kLimit, cat(names.base(), ": no layer number is left above ", highest));
  stack->next_slot = highest + 1;
  return stack;
}

}  // namespace

Result<std::shared_ptr<const Stack>> open_stack(Engine& engine, Storage& storage, const FileNames& names,
                                                const CancelToken* cancel) {
  for (int attempt = 0; attempt < 16; ++attempt) {
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(auto stack, try_open(engine, storage, names, cancel));
    if (stack) return std::shared_ptr<const Stack>(std::move(stack));
  }
  return Status(Code::kCorrupt, cat(storage.describe(names.base()),
                                    ": a compaction was committed, but its base is neither in place nor in its part"));
}

}  // namespace strata
