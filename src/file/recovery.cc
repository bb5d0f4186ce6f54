// What a commit does first: it sees whether the layers are still those that were read, finishes what a killed compaction left,
// closes gaps, and finds out what became of a commit of its own whose answer was lost.
#include "delta/layer_writer.h"
#include "file/array_file.h"
#include "file/outlying.h"

namespace strata {

// Whether the base is still the one that was read, as far as its size and last bytes tell (the original has no identity to
// compare, and its compaction touches nothing else).
Result<bool> ArrayFile::same_base() const {
  const ObjectReader& ours = stack_->base().object();
  STRATA_ASSIGN(auto now, storage_->open(names_.base()));
  if (now->size() != ours.size()) return false;
  Buffer a(std::min<uint64_t>(4096, ours.size())), b(a.size());
  STRATA_TRY(ours.read(ours.size() - a.size(), a.bytes()));
  STRATA_TRY(now->read(now->size() - b.size(), b.bytes()));
  return std::ranges::equal(a.bytes(), b.bytes());
}

// Whether the layers are those of the stack. What the base has absorbed is not read any more, and neither a filler in a gap nor a
// slot for the first outlying layer is a commit: any of them may be our own work, cut by an error.
Result<bool> ArrayFile::same_layers(std::span<const SlotEntry> slots, std::span<const SlotEntry> outlying) const {
  auto ours = stack_->slots.begin();
  const auto end = stack_->slots.end();
  const auto is_read = [&](const SlotEntry& s) { return s.slot > stack_->absorbed && !s.stranger; };
  std::span<const SlotEntry> outlying_ours = stack_->outlying;
  for (const SlotEntry& s : slots) {
    if (!is_read(s)) continue;
    while (ours != end && !is_read(*ours)) ++ours;
    if (ours != end && *ours == s) {
      ++ours;
      continue;
    }
    if (s.slot == stack_->next_slot && !outlying_ours.empty()) {
      STRATA_ASSIGN(const bool adopted, same_bytes(*storage_, s.key, stack_->first_outlying().object()));
      if (adopted && outlying.size() < outlying_ours.size()) outlying_ours = outlying_ours.subspan(1);
      if (adopted) continue;
    }
    auto layer = SealedLayer::open(*storage_, s.key, engine_->codecs);
    if (!layer.ok() && layer.code() != Code::kNotFound && layer.code() != Code::kCorrupt) return layer.take_status();
    const Identity* id = layer.ok() ? (*layer)->identity() : nullptr;
    if (!id || id->kind != LayerKind::kFiller || !id->base_id.is_nil()) return false;
  }
  while (ours != end && !is_read(*ours)) ++ours;
  return ours == end && std::ranges::equal(outlying, outlying_ours);
}

// The layers must be as they were when the stack was read.
Status ArrayFile::prepare_slots(const CancelToken* cancel) {
  if (stack_->unfinished) {
    STRATA_TRY(place_base(stack_->unfinished->base_id));
    auto finished = std::make_shared<Stack>(*stack_);
    finished->unfinished.reset();
    stack_ = std::move(finished);
    fillers_checked_ = false;
  }
  STRATA_ASSIGN(const auto outlying, names_.list_outlying(*storage_));
  STRATA_ASSIGN(auto slots, names_.list(*storage_));
  STRATA_ASSIGN(bool same, same_base());
  if (same && (slots != stack_->slots || outlying != stack_->outlying)) {
    STRATA_ASSIGN(same, same_layers(slots, outlying));
    if (same) {
      auto now = std::make_shared<Stack>(*stack_);
      now->slots = std::move(slots);
      stack_ = std::move(now);
      fillers_checked_ = false;
    }
  }
  if (!same) {
    return Status(Code::kConflict, "another writer has changed it since it was opened; nothing was published and the changes are "
                                   "still pending");
  }
  if (!fillers_checked_) STRATA_TRY(fill_absorbed(cancel));
  // Numbers stay dense: the original would put its next layer into a gap, below newer ones.
  uint32_t expected = 1;
  std::vector<uint32_t> gaps;
  for (const SlotEntry& s : stack_->slots) {
    if (s.slot - expected > 65536) return Status(Code::kLimit, cat("layer numbers leap from ", expected - 1, " to ", s.slot));
    for (; expected < s.slot; ++expected) gaps.push_back(expected);
    expected = s.slot + 1;
  }
  for (; expected < stack_->next_slot; ++expected) gaps.push_back(expected);
  if (!gaps.empty()) {
    for (uint32_t slot : gaps) STRATA_TRY(put_filler(slot, Id128{}, false));
    auto filled = std::make_shared<Stack>(*stack_);
    STRATA_ASSIGN(filled->slots, names_.list(*storage_));
    stack_ = std::move(filled);
  }
  return adopt_outlying(cancel);
}

// The outlying layers get slots in their order, and are layers like others from then on.
Status ArrayFile::adopt_outlying(const CancelToken* cancel) {
  while (!stack_->outlying.empty()) {
    auto next = std::make_shared<Stack>(*stack_);
    const uint32_t slot = next->next_slot++;
    if (slot == UINT32_MAX) return Status(Code::kLimit, "no layer number is left");
    const ObjectReader& layer = stack_->first_outlying().object();
    STRATA_TRY(move_to_slot(*storage_, names_, layer, stack_->outlying.front().key, slot, cancel));
    if (next->slots.empty() || next->slots.back().slot != slot)
      next->slots.push_back({slot, names_.slot(slot), layer.size()});
    next->outlying.erase(next->outlying.begin());
    stack_ = std::move(next);
  }
  return {};
}

Status ArrayFile::put_filler(uint32_t slot, const Id128& base_id, bool replace) {
  STRATA_ASSIGN(Id128 id, random_id());
  Section section;
  section.identity = new_identity(LayerKind::kFiller, slot, id);
  section.identity->base_id = base_id;
  Footer footer;
  footer.overlay_index = slot;
  footer.base_file_hint = names_.base();
  STRATA_ASSIGN(auto written, write_empty_layer(*storage_, names_.slot(slot), "", footer, section));
  if (replace) {
    STRATA_TRY(written.object->replace_as(names_.slot(slot)));
  } else {
    STRATA_ASSIGN(Created made, written.object->create_as(names_.slot(slot)));
    if (made == Created::kTaken) return Status(Code::kConflict, cat("another writer has made layer ", slot));
  }
  return storage_->sync_folder(names_.folder());  // before the next: a gap after a power cut must not be
}

// Slots that the base has absorbed become fillers, oldest first: at every instant what the original reads, base and the slots
// that are left, is a state that was committed. A base in its place and fillers that another process has made may not be
// durable yet, if it was killed: so the folder is synced before the next one is made.
Status ArrayFile::fill_absorbed(const CancelToken* cancel) {
  const Identity* base = stack_->base().identity();
  bool changed = false, durable = false;
  for (const SlotEntry& s : stack_->slots) {
    if (s.slot > stack_->absorbed || !base) break;
    if (s.stranger) continue;
    STRATA_TRY(check(cancel));
    if (s.size <= 4096) {
      auto layer = SealedLayer::open(*storage_, s.key, engine_->codecs);
      if (layer.ok() && (*layer)->identity() && (*layer)->identity()->kind == LayerKind::kFiller) {
        durable = false;
        continue;
      }
    }
    if (!durable) STRATA_TRY(storage_->sync_folder(names_.folder()));
    STRATA_TRY(put_filler(s.slot, base->layer_id, true));
    if (s.key != names_.slot(s.slot)) STRATA_TRY(storage_->remove(s.key));  // "data.007.af"
    changed = durable = true;
  }
  fillers_checked_ = true;
  if (changed) {
    auto filled = std::make_shared<Stack>(*stack_);
    STRATA_ASSIGN(filled->slots, names_.list(*storage_));
    stack_ = std::move(filled);
  }
  return {};
}

Status ArrayFile::place_base(const Id128& base_id) {
  Status moved = storage_->rename(names_.part(base_id), names_.base());
  // Gone: whoever was faster has put it in place.
  if (!moved.ok() && moved.code() != Code::kNotFound) return moved;
  return storage_->sync_folder(names_.folder());
}

// Definitions that only the pending changes hold: whoever has a handle keeps it across a reload.
void ArrayFile::keep_definitions() {
  std::lock_guard lock(defs_mu_);
  for (const Ref& def : touched_)
    if (!def->deleted) defs_.insert_or_assign(def->meta.name, def);
}

// The last flush did not learn whether its layer got its name. If it did, that commit stands; true: and there is nothing more
// to publish.
Result<bool> ArrayFile::settle_attempt(const CancelToken* cancel) {
  const Attempt attempt = *attempt_;
  auto layer = SealedLayer::open(*storage_, attempt.slot ? names_.slot(attempt.slot) : names_.base(), engine_->codecs);
  if (!layer.ok() && layer.code() != Code::kNotFound) return layer.take_status();
  if (!layer.ok() || !(*layer)->identity() || (*layer)->identity()->layer_id != attempt.layer_id) {
    attempt_.reset();
    return false;
  }
  STRATA_TRY(storage_->sync_folder(names_.folder()));
  if (changes_ == attempt.changes) {
    keep_definitions();
    drop_pending();
    needs_reload_ = true;  // until it has worked
    STRATA_TRY(reload(cancel));
    return true;
  }
  // More was changed since. All of it is published again, above that layer: repeating what is there already changes nothing.
  STRATA_ASSIGN(auto now, open_stack(*engine_, *storage_, names_, cancel));
  auto others = now->slots;
  std::erase_if(others, [&](const SlotEntry& s) { return s.slot == attempt.slot; });
  bool alone = others.empty();
  if (stack_) {
    STRATA_ASSIGN(alone, same_layers(others, now->outlying));
  }
  if (!alone)
    return Status(Code::kConflict, "another writer has changed it since; the changes are still pending");
  std::vector<Ref> found;  // all before any is used: this can be repeated
  for (const Ref& def : attempt.defined) {
    STRATA_ASSIGN(found.emplace_back(), find_in(now.get(), def->meta.name));
  }
  stack_ = std::move(now);
  for (size_t i = 0; i < found.size(); ++i) {
    attempt.defined[i]->sources = std::move(found[i]->sources);
    attempt.defined[i]->reach.clear();  // that layer hides what was cut off
  }
  attempt_.reset();
  forget_derived();
  return false;
}

}  // namespace strata
