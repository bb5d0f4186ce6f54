#include "file/stack.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace strata {
namespace {

uint32_t highest_absorbed(const Identity* base) {  // or marker
  uint32_t n = 0;
  if (base)
    for (const AbsorbedLayer& a : base->absorbed) n = std::max(n, a.slot);
  return n;
}

Result<std::shared_ptr<const SealedLayer>> open_layer(Engine& engine, Storage& storage, std::string_view key) {
  count(engine.counters.objects_opened);
  return SealedLayer::open(storage, key, engine.codecs);
}

// Whether the base is the original's, and still what it was: then it is not an old one that was read just before a compaction
// of ours replaced it.
Result<bool> is_settled(Engine& engine, Storage& storage, const FileNames& names, const SealedLayer& base) {
  if (base.identity()) return false;
  auto now = open_layer(engine, storage, names.base());
  if (now.code() == Code::kNotFound) return false;
  if (!now.ok()) return now.take_status();
  return !(*now)->identity() && (*now)->object().size() == base.object().size();
}

Status misplaced(const SealedLayer& layer, std::string_view why) { return Status(Code::kCorrupt, cat(layer.name(), ": ", why)); }

// Layers of strata say whose they are and where they belong: one of another file, or of another place, is nobody's data here. Files
// that begin with the original's base have no id.
Status check_base(const SealedLayer& base) {
  const Identity* id = base.identity();
  if (!id || id->kind == LayerKind::kBase) return {};
  return misplaced(base, cat("this is no base, it belongs into slot ", id->slot));
}

Status check_slot(const SealedLayer& layer, const SlotEntry& at, const Identity* base, bool above_gap) {
  const Identity* id = layer.identity();
  if (!id) return {};
  if (id->kind == LayerKind::kBase) return misplaced(layer, "this is a base, and lies where a layer belongs");
  if (id->slot == 0) return {};  // a layer that may lie in any slot
  if (id->slot != at.slot) return misplaced(layer, cat("this is the layer of slot ", id->slot));
  if (!base) return {};
  if (!base->file_id.is_nil() && !id->file_id.is_nil() && base->file_id != id->file_id)
    return misplaced(layer, "this is a layer of another file");
  if (above_gap) return misplaced(layer, cat("the layer below it, ", at.slot - 1, ", is missing"));
  return {};
}

// Nothing: somebody changed the file while it was looked at; begin again. Should it stay so, *why says what is wrong.
Result<std::shared_ptr<Stack>> try_open(Engine& engine, Storage& storage, const FileNames& names, uint32_t top,
                                        const CancelToken* cancel, Status* why) {
  auto stack = std::make_shared<Stack>();
  // The outlying ones first: one that gets a slot meanwhile is then seen twice, or missed when it is opened; never overlooked.
  STRATA_ASSIGN(stack->outlying, names.list_outlying(storage));
  STRATA_ASSIGN(stack->slots, names.list(storage));
  std::erase_if(stack->slots, [&](const SlotEntry& s) { return s.slot > top; });
  STRATA_ASSIGN(auto base, open_layer(engine, storage, names.base()));
  stack->absorbed = highest_absorbed(base->identity());

  // Slots inside the base are not even read.
  std::vector<const SlotEntry*> wanted;
  for (const SlotEntry& s : stack->slots)
    if (s.slot > stack->absorbed && !s.stranger) wanted.push_back(&s);
  const size_t slots_wanted = wanted.size();
  for (const SlotEntry& s : stack->outlying) wanted.push_back(&s);
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
  bool replaced = false;  // a filler above what the base holds: the base was replaced after it was read
  for (size_t i = 0; i < slots_wanted; ++i) {
    const Identity *id = read[i]->identity(), *b = base->identity();
    if (!id) continue;
    if (id->kind == LayerKind::kMarker) marker = id;
    if (id->kind == LayerKind::kFiller && !id->base_id.is_nil()) replaced |= !b || b->layer_id != id->base_id;
  }
  if (marker && !(base->identity() && base->identity()->layer_id == marker->base_id)) {
    auto part = open_layer(engine, storage, names.part(marker->base_id));
    if (part.ok()) {
      base = std::move(*part);
      stack->absorbed = highest_absorbed(base->identity());
      stack->unfinished = *marker;
    } else if (part.code() == Code::kNotFound) {
      replaced = true;  // somebody has just finished it
    } else {
      return part.take_status();
    }
  }
  if (replaced) {
    STRATA_ASSIGN(const bool settled, is_settled(engine, storage, names, *base));
    if (!settled) return std::shared_ptr<Stack>();
    // The original has compacted the file, and does not see the slots of one whose name needs to be encoded. Its base took in
    // ours, with all that ours had absorbed.
    stack->absorbed = highest_absorbed(marker);
  }
  *why = check_base(*base);
  for (size_t i = 0; i < slots_wanted && why->ok(); ++i) {
    const uint32_t below = wanted[i]->slot - 1;
    if (below < stack->absorbed) continue;
    const bool gap = below > stack->absorbed && !std::ranges::binary_search(stack->slots, below, {}, &SlotEntry::slot);
    *why = check_slot(*read[i], *wanted[i], base->identity(), gap);
  }
  if (!why->ok()) return std::shared_ptr<Stack>();
  if (base->identity()) stack->file_id = base->identity()->file_id;
  stack->layers.push_back(std::move(base));
  for (size_t i = 0; i < read.size(); ++i) {
    const Identity* id = read[i]->identity();
    bool empty = id && (id->kind == LayerKind::kFiller || id->kind == LayerKind::kMarker);
    if (!empty && (i >= slots_wanted || wanted[i]->slot > stack->absorbed)) stack->layers.push_back(read[i]);
  }
  uint32_t highest = stack->slots.empty() ? 0 : stack->slots.back().slot;
  highest = std::max(highest, stack->absorbed);
  if (highest == UINT32_MAX) return Status(Code::kLimit, cat(names.base(), ": no layer number is left above ", highest));
  stack->next_slot = highest + 1;
  return stack;
}

}  // namespace

Result<std::shared_ptr<const Stack>> open_stack_below(Engine& engine, Storage& storage, const FileNames& names, uint32_t highest,
                                                      const CancelToken* cancel) {
  Status why;
  for (int attempt = 0; attempt < 16; ++attempt) {
    STRATA_TRY(check(cancel));
    why = Status();
    STRATA_ASSIGN(auto stack, try_open(engine, storage, names, highest, cancel, &why));
    if (stack) return std::shared_ptr<const Stack>(std::move(stack));
    if (attempt > 1) std::this_thread::sleep_for(std::chrono::microseconds(500) * attempt);  // somebody compacts again and again
  }
  if (!why.ok()) return why;
  return Status(Code::kCorrupt, cat(storage.describe(names.base()),
                                    ": a compaction was committed, but its base is neither in place nor in its part"));
}

Result<std::shared_ptr<const Stack>> open_stack(Engine& engine, Storage& storage, const FileNames& names,
                                                const CancelToken* cancel) {
  return open_stack_below(engine, storage, names, UINT32_MAX, cancel);
}

Result<std::shared_ptr<const Stack>> open_readable(Engine& engine, Storage& storage, const FileNames& names,
                                                   const OnBadObject& on_bad, const CancelToken* cancel) {
  auto stack = std::make_shared<Stack>();
  STRATA_ASSIGN(stack->outlying, names.list_outlying(storage));
  STRATA_ASSIGN(stack->slots, names.list(storage));
  std::vector<std::shared_ptr<const SealedLayer>> slots;
  std::shared_ptr<const SealedLayer> base;
  const auto open = [&](const std::string& key, const auto& belongs) -> Result<std::shared_ptr<const SealedLayer>> {
    STRATA_TRY(check(cancel));
    auto layer = open_layer(engine, storage, key);
    Status why = layer.ok() ? belongs(**layer) : layer.take_status();
    if (why.ok()) return layer;
    if (why.code() == Code::kNoMemory) return why;
    on_bad(key, why);
    return std::shared_ptr<const SealedLayer>();
  };
  STRATA_ASSIGN(base, open(names.base(), check_base));
  uint32_t below = base ? highest_absorbed(base->identity()) : 0;
  for (const SlotEntry& s : stack->slots) {
    if (s.slot <= highest_absorbed(base ? base->identity() : nullptr) || s.stranger) continue;
    for (uint32_t gap = below + 1; gap < s.slot && gap <= below + 16; ++gap)
      on_bad(names.slot(gap), Status(Code::kNotFound, cat(storage.describe(names.slot(gap)), ": it is missing")));
    below = s.slot;
    const auto belongs = [&](const SealedLayer& layer) { return check_slot(layer, s, base ? base->identity() : nullptr, false); };
    STRATA_ASSIGN(auto layer, open(s.key, belongs));
    const Identity* id = layer ? layer->identity() : nullptr;
    if (id && id->kind == LayerKind::kMarker && !(base && base->identity() && base->identity()->layer_id == id->base_id)) {
      auto part = open_layer(engine, storage, names.part(id->base_id));
      if (part.ok()) {  // committed, not in place yet: it holds all that is below
        base = std::move(*part);
        slots.clear();
      }
    }
    if (layer && !(id && (id->kind == LayerKind::kFiller || id->kind == LayerKind::kMarker))) slots.push_back(std::move(layer));
  }
  if (base) stack->layers.push_back(base);
  for (auto& layer : slots) stack->layers.push_back(std::move(layer));
  for (const SlotEntry& s : stack->outlying) {
    STRATA_ASSIGN(auto layer, open(s.key, [](const SealedLayer&) { return Status(); }));
    if (layer) stack->layers.push_back(std::move(layer));
  }
  if (stack->layers.empty()) {
    if (stack->slots.empty()) STRATA_TRY(storage.open(names.base()).take_status());  // kNotFound: there is nothing
    return Status(Code::kCorrupt, cat(storage.describe(names.base()), ": nothing of it can be read"));
  }
  stack->outlying.clear();  // they are among the layers; who reads this writes nothing
  return std::shared_ptr<const Stack>(std::move(stack));
}

}  // namespace strata
