#include "file/pins.h"

#include "base/hash.h"
#include "base/hex.h"

namespace strata {
namespace {

Result<std::shared_ptr<const SealedLayer>> open_pin(Engine& engine, Storage& storage, const FileNames& names,
                                                    const Homes& homes, const Pin& pin, Match match, bool* foreign) {
  const std::string slot = pin.slot ? names.slot(pin.slot) : names.base();
  count(engine.counters.objects_opened);
  auto placed = SealedLayer::open(storage, slot, engine.codecs);
  if (placed.ok() && is_pinned(pin, **placed, match)) return placed;
  *foreign = placed.ok() && !(*placed)->identity();
  count(engine.counters.objects_opened);
  auto home = SealedLayer::open(storage, homes.key(pin), engine.codecs);
  if (home.ok() && is_pinned(pin, **home, Match::kLikely)) return home;  // its name has the stamp
  if (!home.ok() && home.code() != Code::kNotFound) return home;
  // What lies in its place may be damaged; what is not there at all may have been compacted.
  if (!placed.ok() && placed.code() != Code::kNotFound) return placed;
  return Status(Code::kNotFound, cat(storage.describe(slot), ": the layer ", pin.id.is_nil() ? "of the original" : pin.id.hex(),
                                     " is not there any more"));
}

}  // namespace

std::string Homes::key(const Pin& pin) const {
  if (!pin.id.is_nil()) return key(pin.id);
  return cat(folder, '/', prefix, hex_of(pin.footer), '-', hex_of(pin.stamp), '-', pin.size, ".af");
}

Pin pin_of(const SealedLayer& layer, uint32_t slot) {
  Pin pin;
  pin.slot = slot;
  pin.size = layer.object().size();
  pin.tail = layer.tail_size();
  if (layer.identity())
    pin.id = layer.identity()->layer_id;
  else
    pin.footer = layer.footer_digest(), pin.stamp = layer.object().stamp();
  return pin;
}

bool is_pinned(const Pin& pin, const SealedLayer& layer, Match match) {
  const Identity* id = layer.identity();
  if (!pin.id.is_nil()) return id && id->layer_id == pin.id;
  return !id && layer.object().size() == pin.size && layer.footer_digest() == pin.footer &&
         (match == Match::kLikely || layer.object().stamp() == pin.stamp);
}

Result<bool> lies_at(Engine& engine, Storage& storage, std::string_view key, const Pin& pin, Match match) {
  auto layer = SealedLayer::open(storage, std::string(key), engine.codecs);
  if (layer.ok()) return is_pinned(pin, **layer, match);
  return layer.code() == Code::kNotFound ? Result<bool>(false) : Result<bool>(layer.take_status());
}

Result<bool> give_home(Engine& engine, Storage& storage, const Homes& homes, std::string_view key, const Pin& pin) {
  const std::string home = homes.key(pin);
  STRATA_ASSIGN(const bool kept, lies_at(engine, storage, home, pin, Match::kLikely));
  if (kept) return true;
  STRATA_ASSIGN(const bool there, lies_at(engine, storage, key, pin, Match::kSure));
  if (!there) return false;
  STRATA_ASSIGN(auto layer, storage.stage_again(key));
  STRATA_TRY(layer->create_as(home).take_status());
  return true;
}

Result<std::shared_ptr<const Stack>> open_pinned(Engine& engine, Storage& storage, const FileNames& names, const Homes& homes,
                                                 const Pins& pins, Match match, const OnBadObject& on_bad, const CancelToken* cancel) {
  auto stack = std::make_shared<Stack>();
  stack->layers.resize(pins.layers.size() + 1);
  std::vector<Status> bad(stack->layers.size());
  STRATA_TRY(engine.executor.parallel_for(stack->layers.size(), cancel, [&](size_t i) -> Status {
    bool foreign = false;
    auto layer = open_pin(engine, storage, names, homes, i ? pins.layers[i - 1] : pins.base, match, &foreign);
    if (i == 0) stack->foreign_base = foreign;
    if (layer.ok()) stack->layers[i] = std::move(*layer);
    else if (!on_bad || layer.code() == Code::kNoMemory) return layer.take_status();
    else bad[i] = layer.take_status();
    return {};
  }));
  for (size_t i = 0; i < bad.size(); ++i)
    if (!bad[i].ok()) on_bad(i ? names.slot(pins.layers[i - 1].slot) : names.base(), bad[i]);
  std::erase(stack->layers, nullptr);
  if (stack->layers.empty()) return Status(Code::kCorrupt, cat(storage.describe(names.base()), ": nothing of it can be read"));
  // Every number that was used: those of no layer hold fillers.
  auto pin = pins.layers.begin();
  for (uint32_t slot = 1; slot < pins.next_slot; ++slot) {
    const bool pinned = pin != pins.layers.end() && pin->slot == slot;
    stack->slots.push_back({slot, names.slot(slot), pinned ? pin->size : 0});
    if (pinned) ++pin;
  }
  stack->next_slot = pins.next_slot;
  stack->absorbed = pins.layers.empty() ? pins.next_slot - 1 : pins.layers.front().slot - 1;
  if (const Identity* id = stack->base().identity()) stack->file_id = id->file_id;
  return std::shared_ptr<const Stack>(std::move(stack));
}

Pins pins_of(const Stack& stack) {
  Pins pins;
  pins.base = pin_of(stack.base(), 0);
  pins.next_slot = stack.next_slot;
  // A stack leaves out what holds no arrays; what it has, it has in the order of the slots above those that are absorbed.
  size_t i = 1;
  for (const SlotEntry& s : stack.slots) {
    if (s.stranger || i == stack.layers.size()) continue;
    if (stack.layers[i]->key() == s.key) pins.layers.push_back(pin_of(*stack.layers[i++], s.slot));
  }
  return pins;
}

}  // namespace strata
