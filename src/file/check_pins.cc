// A file of a store: its layers are known by their ids, and each lies in two places, its slot and its home.
#include <algorithm>

#include "file/check.h"

namespace strata {
namespace {

enum class Lies { kAbsent, kUnreadable, kOther, kRight };

// Of two objects that are not the same one. One that was cut differs.
Result<bool> same_bytes(const ObjectReader& a, const ObjectReader& b) {
  if (a.size() != b.size()) return false;
  Buffer x(1u << 20), y(x.size());
  for (uint64_t at = 0; at < a.size(); at += x.size()) {
    const auto n = static_cast<size_t>(std::min<uint64_t>(x.size(), a.size() - at));
    for (const auto& [object, into] : {std::pair(&a, &x), std::pair(&b, &y)}) {
      Status read = object->read(at, into->bytes().first(n));
      if (leaves_it_open(read.code())) return read;
      if (!read.ok()) return false;
    }
    if (!std::equal(x.data(), x.data() + n, y.data())) return false;
  }
  return true;
}

constexpr std::string_view kAnotherCopy = "none here: it is read from its other place; a repair makes it whole";

}  // namespace

struct FileCheck::Copy {
  Lies lies = Lies::kAbsent;
  std::string key;
  std::shared_ptr<const SealedLayer> layer;
  Status why;
};

Result<FileCheck::Copy> FileCheck::look_at_copy(const std::string& key, const Pin& pin) {
  STRATA_TRY(check(cancel_));
  Copy c;
  c.key = key;
  auto layer = SealedLayer::open(*storage_, key, engine_->codecs);
  if (leaves_it_open(layer.code())) return layer.take_status();
  if (layer.ok()) {
    ++findings_.objects;
    c.layer = std::move(*layer);
    c.lies = is_pinned(pin, *c.layer, Match::kLikely) ? Lies::kRight : Lies::kOther;
  } else {
    c.lies = layer.code() == Code::kNotFound ? Lies::kAbsent : Lies::kUnreadable;
    c.why = layer.take_status();
  }
  return c;
}

Result<std::shared_ptr<ArrayFile>> FileCheck::file_of(const FileNames& names, std::shared_ptr<const Stack> stack) {
  FileOptions options;
  options.codec = engine_->codecs.find("");
  options.read_only = true;
  STRATA_ASSIGN(auto file, ArrayFile::make_new(engine_, storage_, names.base(), options));
  file->stack_ = std::move(stack);
  return file;
}

// All that the layer itself says and holds, whatever lies above or below it.
Result<bool> FileCheck::is_sound(const FileNames& names, std::shared_ptr<const SealedLayer> layer) {
  auto alone = std::make_shared<Stack>();
  alone->layers.push_back(std::move(layer));
  STRATA_ASSIGN(const auto file, file_of(names, std::move(alone)));
  Findings found;
  FileCheck look(engine_, storage_, found, cancel_);
  STRATA_TRY(look.look_at_chunks(*file, true));
  STRATA_TRY(std::move(look.unread_));
  return found.list.empty();
}

Result<std::shared_ptr<const SealedLayer>> FileCheck::look_at_pin(const FileNames& names, const Homes& homes, const Pin& pin,
                                                                  bool with_data) {
  STRATA_ASSIGN(const Copy slot, look_at_copy(pin.slot ? names.slot(pin.slot) : names.base(), pin));
  Copy home;
  if (!pin.id.is_nil()) {
    STRATA_ASSIGN(home, look_at_copy(homes.key(pin.id), pin));
  }
  const auto found = [&](FindingKind kind, Severity severity, const Copy& copy, std::string text, std::string_view effect) {
    add({kind, severity, storage_->describe(copy.key), {}, {}, kNoChunk, std::move(text), std::string(effect)});
  };
  const std::shared_ptr<const SealedLayer> layer = slot.lies == Lies::kRight ? slot.layer : home.lies == Lies::kRight ? home.layer : nullptr;
  const bool whole = layer != nullptr;
  for (const Copy* copy : {&slot, static_cast<const Copy*>(&home)})
    if (copy->lies == Lies::kUnreadable)
      found(FindingKind::kObject, Severity::kDefect, *copy, std::string(copy->why.message()),
            whole ? kAnotherCopy : "the layer cannot be read; a repair goes back to the commit before, a salvage keeps all other layers");
  const std::string name = pin.id.is_nil() ? std::string("of the original") : pin.id.hex();
  if (!whole) {
    if (slot.lies != Lies::kUnreadable && home.lies != Lies::kUnreadable)
      found(FindingKind::kMissing, Severity::kDefect, slot, cat("the layer ", name, " is neither here nor in any other place"),
            "what it holds cannot be read; a repair goes back to the commit before, a salvage keeps all other layers");
    return layer;
  }
  if (slot.lies == Lies::kAbsent)
    found(FindingKind::kMissing, Severity::kNote, slot, cat("the layer ", name, " is not in its place"),
          "none here: it is read from its other place. The original does not see it; a repair puts it there");
  if (slot.lies == Lies::kOther)
    found(FindingKind::kLeftover, Severity::kNote, slot, cat("the layer ", name, " is not in its place, another one is"),
          "none here: it is read from its other place. The original reads the other one; the next writer or a repair mends that");
  if (pin.id.is_nil() || home.lies == Lies::kUnreadable) return layer;
  if (home.lies == Lies::kAbsent)
    found(FindingKind::kMissing, Severity::kNote, home, cat("the layer ", name, " does not have its second name"),
          "none: it is read from its slot; a repair gives it one");
  if (home.lies == Lies::kOther)
    found(FindingKind::kObject, Severity::kDefect, home, "it holds another layer than its name says", kAnotherCopy);
  if (home.lies != Lies::kRight || slot.lies != Lies::kRight || !with_data) return layer;
  const ObjectReader &a = slot.layer->object(), &b = home.layer->object();
  if (a.place() == b.place()) return layer;
  STRATA_ASSIGN(const bool same, same_bytes(a, b));
  if (same) return layer;
  for (const Copy* copy : {&slot, static_cast<const Copy*>(&home)}) {
    STRATA_ASSIGN(const bool sound, is_sound(names, copy->layer));
    if (!sound) found(FindingKind::kObject, Severity::kDefect, *copy, "its bytes are not those that were written", kAnotherCopy);
  }
  return layer;
}

// The one to go by: the right layer, and sound where its two places hold different bytes. nullptr: there is none.
Result<std::shared_ptr<const SealedLayer>> FileCheck::sound_copy(const FileNames& names, const Homes& homes, const Pin& pin) {
  STRATA_ASSIGN(const Copy slot, look_at_copy(pin.slot ? names.slot(pin.slot) : names.base(), pin));
  Copy home;
  if (!pin.id.is_nil()) {
    STRATA_ASSIGN(home, look_at_copy(homes.key(pin.id), pin));
  }
  if (home.lies != Lies::kRight) return slot.lies == Lies::kRight ? slot.layer : nullptr;
  if (slot.lies != Lies::kRight) return home.layer;
  const ObjectReader &a = slot.layer->object(), &b = home.layer->object();
  if (a.place() == b.place()) return slot.layer;
  STRATA_ASSIGN(const bool same, same_bytes(a, b));
  if (same) return slot.layer;
  STRATA_ASSIGN(const bool sound, is_sound(names, slot.layer));
  return sound ? slot.layer : home.layer;
}

Result<bool> FileCheck::is_whole(std::string_view key, const Homes& homes, const Pins& pins) {
  STRATA_ASSIGN(const FileNames names, FileNames::make(key));
  auto stack = std::make_shared<Stack>();
  STRATA_ASSIGN(auto base, sound_copy(names, homes, pins.base));
  stack->layers.push_back(std::move(base));
  for (const Pin& pin : pins.layers) {
    STRATA_ASSIGN(auto layer, sound_copy(names, homes, pin));
    stack->layers.push_back(std::move(layer));
  }
  if (std::ranges::find(stack->layers, nullptr) != stack->layers.end()) return false;
  STRATA_ASSIGN(const auto file, file_of(names, std::move(stack)));
  Findings found;
  FileCheck look(engine_, storage_, found, cancel_);
  STRATA_TRY(look.look_into(*file, true));
  STRATA_TRY(std::move(look.unread_));
  return !found.any_defect();
}

// Slots that no pin names: those below the next number hold fillers, those above nothing.
Status FileCheck::look_at_other_slots(const FileNames& names, const Pins& pins) {
  STRATA_ASSIGN(const auto slots, names.list(*storage_));
  constexpr uint32_t kGaps = 16;  // that are named
  uint32_t below = 0, gaps = 0;
  const auto look_at_gap = [&](uint32_t end) {
    for (uint32_t slot = below + 1; slot < end && gaps < kGaps; ++slot) {
      if (std::ranges::binary_search(pins.layers, slot, {}, &Pin::slot)) continue;
      ++gaps;
      add({FindingKind::kMissing, Severity::kNote, storage_->describe(names.slot(slot)), {}, {}, kNoChunk,
           "no layer without data is in the place of one that a compaction took in",
           "none here; the original may give the number to its next layer. A repair puts one there"});
    }
  };
  for (const SlotEntry& s : slots) {
    look_at_gap(std::min(s.slot, pins.next_slot));
    below = s.slot;
    if (s.stranger || std::ranges::binary_search(pins.layers, s.slot, {}, &Pin::slot)) continue;
    STRATA_TRY(check(cancel_));
    ++findings_.objects;
    auto layer = SealedLayer::open(*storage_, s.key, engine_->codecs);
    if (leaves_it_open(layer.code())) return layer.take_status();
    if (layer.code() == Code::kNotFound) continue;
    const bool above = s.slot >= pins.next_slot;
    if (!layer.ok()) {
      add({FindingKind::kObject, above ? Severity::kDefect : Severity::kNote, storage_->describe(s.key), {}, {}, kNoChunk,
           std::string(layer.status().message()),
           above ? "a layer that no commit knows, which cannot be read: the next commit of this array fails; a repair puts it aside"
                 : "none: the base has taken this layer in; only the original looks at it"});
      continue;
    }
    const Identity* id = (*layer)->identity();
    if (id && (id->kind == LayerKind::kFiller || id->kind == LayerKind::kMarker)) continue;
    add({FindingKind::kLeftover, Severity::kNote, storage_->describe(s.key), {}, {}, kNoChunk,
         above ? "a layer that no commit of the store knows" : "a layer that a compaction has taken in, and not replaced yet",
         above ? "none yet: the next commit of this array takes it over, if it is the original's" : "none; the next writer finishes that"});
  }
  look_at_gap(pins.next_slot);
  return {};
}

Status FileCheck::run_kept(const std::string& home, bool with_data) {
  STRATA_TRY(check(cancel_));
  auto layer = SealedLayer::open(*storage_, home, engine_->codecs);
  if (leaves_it_open(layer.code())) return layer.take_status();
  if (layer.code() == Code::kNotFound) return {};  // swept meanwhile
  ++findings_.objects;
  std::string why = layer.ok() ? std::string() : std::string(layer.status().message());
  if (layer.ok() && with_data) {
    STRATA_ASSIGN(const FileNames names, FileNames::make(home));
    STRATA_ASSIGN(const bool sound, is_sound(names, std::move(*layer)));
    if (!sound) why = "its bytes are not those that were written";
  }
  if (!why.empty())
    add({FindingKind::kObject, Severity::kDefect, storage_->describe(home), {}, {}, kNoChunk, std::move(why),
         "older commits that have this layer cannot be read whole; the newest does not need it"});
  return {};
}

Status FileCheck::run_pinned(std::string_view key, const Homes& homes, const Pins& pins, bool with_data) {
  STRATA_ASSIGN(const FileNames names, FileNames::make(key));
  opened_ = nullptr;
  const auto base = SealedLayer::open(*storage_, names.base(), engine_->codecs);
  if (leaves_it_open(base.code())) return base.status();
  if (base.ok() && !(*base)->identity() && !is_pinned(pins.base, **base, Match::kLikely))
    return Status(Code::kConflict, cat(storage_->describe(key), " is the original's"));
  // What is left when some cannot be read is looked at as well.
  auto stack = std::make_shared<Stack>();
  STRATA_ASSIGN(auto lowest, look_at_pin(names, homes, pins.base, with_data));
  stack->layers.push_back(std::move(lowest));
  for (const Pin& pin : pins.layers) {
    STRATA_ASSIGN(auto layer, look_at_pin(names, homes, pin, with_data));
    stack->layers.push_back(std::move(layer));
  }
  STRATA_TRY(look_at_other_slots(names, pins));
  std::erase(stack->layers, nullptr);
  if (stack->layers.empty()) return {};
  STRATA_TRY(look_at_statistics(names, *stack));
  STRATA_ASSIGN(opened_, file_of(names, std::move(stack)));
  return look_into(*opened_, with_data);
}

}  // namespace strata
