#include <algorithm>

#include "delta/layer_writer.h"
#include "file/salvage.h"

namespace strata {
namespace {

bool is_empty_layer(const SealedLayer& layer) {
  return layer.identity() && (layer.identity()->kind == LayerKind::kFiller || layer.identity()->kind == LayerKind::kMarker);
}

}  // namespace

// Whether the commit that made slot `highest` (0: the base) can be read, all of it.
Result<bool> FileRepair::is_whole(const FileNames& names, uint32_t highest) {
  FileOptions options;
  options.codec = engine_->codecs.find("");
  options.read_only = true;
  STRATA_ASSIGN(auto file, ArrayFile::make_new(engine_, storage_, names.base(), options));
  auto stack = open_stack_below(*engine_, *storage_, names, highest, cancel_);
  if (leaves_it_open(stack.code())) return stack.take_status();
  if (!stack.ok()) return false;
  file->stack_ = std::move(*stack);
  Findings found;
  FileCheck look(engine_, storage_, found, cancel_);
  STRATA_TRY(look.look_at_arrays(*file));
  STRATA_TRY(look.look_at_chunks(*file, true));
  STRATA_TRY(std::move(look.unread_));
  return !found.any_defect();
}

Status FileRepair::drop(const FileNames& names, uint32_t slot, ArrayFile& file) {
  const std::string key = names.slot(slot), kept = key + ".dropped";
  if (!consent_) {
    findings_.list.push_back({FindingKind::kDropped, Severity::kNote, storage_->describe(key), {}, {}, kNoChunk,
                              cat("would be taken away, and kept as ", storage_->describe(kept)),
                              "what this commit had changed would be as it was before"});
    return {};
  }
  Finding f{FindingKind::kDropped, Severity::kNote, storage_->describe(key), {}, {}, kNoChunk, "", ""};
  auto again = storage_->stage_again(key);
  if (again.ok()) {
    STRATA_TRY((*again)->replace_as(kept));
    STRATA_TRY(storage_->sync_folder(names.folder()));
    f.text = cat("taken away; it is kept as ", storage_->describe(kept));
    f.effect = "what this commit had changed is as it was before";
  } else if (again.code() == Code::kNotFound) {
    f.text = "it was missing; a layer without data takes its place";
    f.effect = "none";
  } else {
    return again.take_status();
  }
  if (again.ok()) {
    STRATA_ASSIGN(auto filler, file.write_filler(slot, Id128{}, Id128{}));
    STRATA_TRY(filler.object->replace_as(key));
    STRATA_TRY(storage_->sync_folder(names.folder()));
  } else {
    STRATA_TRY(file.put_filler(slot, Id128{}, Id128{}));
  }
  findings_.list.push_back(std::move(f));
  return {};
}

Status FileRepair::run(std::string_view key) {
  STRATA_ASSIGN(const FileNames names, FileNames::make(key));
  STRATA_TRY(FileCheck(engine_, storage_, findings_, cancel_).run(key, true));
  if (!findings_.any_defect()) return {};
  STRATA_ASSIGN(const auto slots, names.list(*storage_));
  const uint32_t top = slots.empty() ? 0 : slots.back().slot;
  uint32_t newest = top;
  for (;; --newest) {
    STRATA_TRY(check(cancel_));
    // The commit of a layer that is missing is not that of the layer below it: its number is taken.
    const bool missing = newest && std::ranges::find(slots, newest, &SlotEntry::slot) == slots.end();
    if (!missing) {
      STRATA_ASSIGN(const bool whole, is_whole(names, newest));
      if (whole) break;
    }
    if (newest == 0 || top - newest == 65536)
      return Status(Code::kCorrupt, cat(storage_->describe(key), ": no commit of it is whole; what can be read can be salvaged"));
  }
  FileOptions options;
  options.codec = engine_->codecs.find("");
  STRATA_ASSIGN(auto file, ArrayFile::make_new(engine_, storage_, key, options));
  STRATA_ASSIGN(file->stack_, open_stack_below(*engine_, *storage_, names, newest, cancel_));
  // Newest first: whenever this is cut, what is left is damaged as before, or repaired.
  for (uint32_t slot = top; slot > newest; --slot) STRATA_TRY(drop(names, slot, *file));
  if (!consent_) return {};
  std::unique_lock lock(file->mu_);
  STRATA_TRY(file->reload(cancel_));
  return file->save_statistics();
}

// ---- of a store ----

Status FileRepair::set_aside(const std::string& key, const std::string& aside, std::string text, std::string effect) {
  const std::string_view folder = name_of(folder_of(key));
  const std::string name = folder.empty() ? cat(aside, '/', name_of(key)) : cat(aside, '/', folder, '.', name_of(key));
  std::string kept = name;
  if (consent_) {
    STRATA_ASSIGN(const auto object, storage_->stage_again(key));
    for (int copy = 2;; ++copy) {
      STRATA_ASSIGN(const Created made, object->create_as(kept));  // made, if it is the same object: a repair was cut
      if (made == Created::kMade) break;
      if (copy == 10000) return Status(Code::kLimit, cat(storage_->describe(name), ": too much was put aside"));
      kept = cat(name, '.', copy);
    }
    STRATA_TRY(storage_->sync_folder(aside));
  }
  findings_.list.push_back({FindingKind::kDropped, Severity::kNote, storage_->describe(key), {}, {}, kNoChunk,
                            cat(text, consent_ ? "; it was taken away, and is kept as " : "; it would be taken away, and kept as ",
                                storage_->describe(kept)),
                            std::move(effect)});
  return {};
}

Status FileRepair::place_copy(const std::string& key, const Pin& pin, const SealedLayer& good, const std::string& aside, bool& changed) {
  auto there = SealedLayer::open(*storage_, key, engine_->codecs);
  if (leaves_it_open(there.code())) return there.take_status();
  if (there.ok()) {
    if (is_pinned(pin, **there, Match::kLikely)) {
      if ((*there)->object().place() == good.object().place()) return {};
      Findings found;
      STRATA_ASSIGN(const bool sound, FileCheck(engine_, storage_, found, cancel_).is_sound(*FileNames::make(key), *there));
      if (sound) return {};
    } else if (!(*there)->identity()) {
      return {};  // the original's: the next commit takes it over
    }
  }
  changed = true;
  if (there.code() != Code::kNotFound) STRATA_TRY(set_aside(key, aside, "it is damaged, or belongs elsewhere", "none: the right one takes its place"));
  findings_.list.push_back({FindingKind::kRestored, Severity::kNote, storage_->describe(key), {}, {}, kNoChunk,
                            cat(consent_ ? "put there anew from " : "would be put there anew from ", good.name()), "none"});
  if (!consent_) return {};
  STRATA_ASSIGN(const auto from, storage_->stage_again(good.key()));
  STRATA_TRY(from->replace_as(key));
  return storage_->sync_folder(folder_of(key));
}

// Slots of no pin, below the next number: oldest first.
Status FileRepair::fill_slots(const FileNames& names, ArrayFile& file, const Pins& pins, const std::string& aside, bool& changed) {
  const auto pinned = [&](uint32_t slot) { return std::ranges::binary_search(pins.layers, slot, {}, &Pin::slot); };
  STRATA_ASSIGN(const auto slots, names.list(*storage_));
  const auto put = [&](uint32_t slot, bool taken) -> Status {
    changed = true;
    findings_.list.push_back({FindingKind::kRestored, Severity::kNote, storage_->describe(names.slot(slot)), {}, {}, kNoChunk,
                              consent_ ? "a layer without data was put there" : "a layer without data would be put there", "none"});
    if (!consent_) return {};
    if (!taken) return file.put_filler(slot, Id128{}, Id128{});
    STRATA_ASSIGN(auto filler, file.write_filler(slot, Id128{}, Id128{}));
    STRATA_TRY(filler.object->replace_as(names.slot(slot)));
    return storage_->sync_folder(names.folder());
  };
  uint32_t expected = 1;
  for (const SlotEntry& s : slots) {
    STRATA_TRY(check(cancel_));
    for (; expected < std::min(s.slot, pins.next_slot); ++expected)
      if (!pinned(expected)) STRATA_TRY(put(expected, false));
    expected = std::max(expected, s.slot + 1);
    if (s.stranger || pinned(s.slot)) continue;
    auto layer = SealedLayer::open(*storage_, s.key, engine_->codecs);
    if (leaves_it_open(layer.code())) return layer.take_status();
    if (layer.ok() && (is_empty_layer(**layer) || !(*layer)->identity())) continue;
    const bool below = s.slot < pins.next_slot;
    if (layer.ok() && !below) continue;  // of another file or store, or of a repair that was cut: nobody's
    STRATA_TRY(set_aside(s.key, aside, layer.ok() ? "no commit has this layer here" : std::string(layer.status().message()), "none"));
    if (below) {
      STRATA_TRY(put(s.slot, true));
    } else if (consent_) {
      STRATA_TRY(storage_->remove(s.key));
    }
    changed = true;
  }
  for (; expected < pins.next_slot; ++expected)
    if (!pinned(expected)) STRATA_TRY(put(expected, false));
  return {};
}

Status FileRepair::place(std::string_view key, const Homes& homes, const Pins& pins, const std::string& aside) {
  STRATA_ASSIGN(const FileNames names, FileNames::make(key));
  auto base = SealedLayer::open(*storage_, names.base(), engine_->codecs);
  if (leaves_it_open(base.code())) return base.take_status();
  if (base.ok() && !(*base)->identity() && !is_pinned(pins.base, **base, Match::kLikely)) return {};  // the original has compacted it
  bool changed = false;
  Findings scratch;
  FileCheck look(engine_, storage_, scratch, cancel_);
  const auto put = [&](const Pin& pin) -> Status {
    STRATA_ASSIGN(const auto good, look.sound_copy(names, homes, pin));
    if (!good) return Status(Code::kCorrupt, cat(storage_->describe(key), ": a layer is lost"));
    if (!pin.id.is_nil()) STRATA_TRY(place_copy(homes.key(pin.id), pin, *good, aside, changed));
    return place_copy(pin.slot ? names.slot(pin.slot) : names.base(), pin, *good, aside, changed);
  };
  for (const Pin& pin : pins.layers) STRATA_TRY(put(pin));
  STRATA_TRY(put(pins.base));
  FileOptions options;
  options.codec = engine_->codecs.find("");
  STRATA_ASSIGN(const auto file, ArrayFile::make_new(engine_, storage_, key, options));
  STRATA_ASSIGN(file->stack_, open_pinned(*engine_, *storage_, names, homes, pins, Match::kLikely, cancel_));
  STRATA_TRY(fill_slots(names, *file, pins, aside, changed));
  if (!changed || !consent_) return {};
  std::unique_lock lock(file->mu_);
  return file->save_statistics();
}

Status FileRepair::clear(std::string_view key, const std::string& aside) {
  STRATA_ASSIGN(const FileNames names, FileNames::make(key));
  STRATA_ASSIGN(auto slots, names.list(*storage_));
  slots.insert(slots.begin(), SlotEntry{0, names.base(), 0, false});
  std::ranges::reverse(slots);  // newest first: what is left is an older state
  for (const SlotEntry& s : slots) {
    if (s.stranger) continue;
    auto layer = SealedLayer::open(*storage_, s.key, engine_->codecs);
    if (leaves_it_open(layer.code())) return layer.take_status();
    if (layer.code() == Code::kNotFound) continue;
    if (layer.ok() && !(*layer)->identity()) return {};  // the original's, and what lies below it
    STRATA_TRY(set_aside(s.key, aside, "the array came with a commit that goes", "none"));
    if (consent_) STRATA_TRY(storage_->remove(s.key));
  }
  if (consent_) STRATA_TRY(storage_->remove(names.stats()));
  return consent_ ? storage_->sync_folder(names.folder()) : Status();
}

}  // namespace strata
