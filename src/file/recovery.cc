// What a commit does first: it moves to the newest commit, finishes what a killed compaction left, closes gaps, and finds out what
// became of a commit of its own whose answer was lost.
#include "delta/layer_writer.h"
#include "file/array_file.h"
#include "file/outlying.h"
#include "file/rounds.h"

namespace strata {

// Numbers of layers in a row that nothing has; more are no accident.
constexpr uint32_t kMostMissing = 65536;

// Whether the layers are still those of the stack. A filler in the place of one that the base has absorbed is no commit, but it is
// told from one only when it is read.
Result<bool> ArrayFile::is_newest() const {
  STRATA_ASSIGN(const auto outlying, names_.list_outlying(*storage_));
  if (outlying != stack_->outlying) return false;
  STRATA_ASSIGN(const auto slots, names_.list(*storage_));
  if (slots != stack_->slots) return false;
  STRATA_ASSIGN(const auto base, storage_->open(names_.base()));
  return base->place() == stack_->base().object().place();
}

Status ArrayFile::prepare_slots(CancelToken* cancel) {
  return in_rounds(cancel, [&]() -> Result<bool> {
    STRATA_ASSIGN(const bool newest, is_newest());
    if (!newest) {
      STRATA_ASSIGN(auto now, open_stack(*engine_, *storage_, names_, cancel));
      STRATA_TRY(rebase(std::move(now), cancel));
      log(LogLevel::kInfo, [&] { return cat("moved to what others have committed: ", stack_->layers.size(), " layers"); });
    }
    Status ordered = order_slots(cancel);
    if (ordered.code() == Code::kConflict) return false;  // another writer has made a slot
    STRATA_TRY(std::move(ordered));
    return true;
  });
}

// kConflict: another writer was faster.
Status ArrayFile::order_slots(const CancelToken* cancel) {
  if (stack_->unfinished) {
    STRATA_TRY(place_base(stack_->unfinished->base_id));
    log(LogLevel::kInfo, [] { return std::string("completed a compaction that was cut off"); });
    auto finished = std::make_shared<Stack>(*stack_);
    finished->unfinished.reset();
    stack_ = std::move(finished);
    fillers_checked_ = false;
  }
  if (!fillers_checked_) STRATA_TRY(fill_absorbed(cancel));
  // Numbers stay dense: the original would put its next layer into a gap, below newer ones.
  uint32_t expected = 1;
  std::vector<uint32_t> gaps;
  const auto add_gap_below = [&](uint32_t slot) -> Status {
    if (slot > expected && slot - expected > kMostMissing)
      return Status(Code::kLimit, cat("layer numbers leap from ", expected - 1, " to ", slot));
    for (; expected < slot; ++expected) gaps.push_back(expected);
    return {};
  };
  for (const SlotEntry& s : stack_->slots) {
    STRATA_TRY(add_gap_below(s.slot));
    expected = s.slot + 1;
  }
  STRATA_TRY(add_gap_below(stack_->next_slot));  // what the base says that it took in
  if (!gaps.empty()) {
    for (uint32_t slot : gaps) STRATA_TRY(put_filler(slot, Id128{}, Id128{}));
    log(LogLevel::kWarn, [&] { return cat(gaps.size(), " layers were missing, the first of them ", gaps.front(), "; fillers take their numbers"); });
    STRATA_TRY(list_slots_again());
  }
  return adopt_outlying(cancel);
}

// Fillers were made. What others have added meanwhile is not ours yet.
Status ArrayFile::list_slots_again() {
  auto now = std::make_shared<Stack>(*stack_);
  STRATA_ASSIGN(now->slots, names_.list(*storage_));
  std::erase_if(now->slots, [&](const SlotEntry& s) { return s.slot >= now->next_slot; });
  stack_ = std::move(now);
  return {};
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

Result<WrittenLayer> ArrayFile::write_filler(uint32_t slot, const Id128& base_id, const Id128& commit_id) {
  STRATA_ASSIGN(Id128 id, random_id());
  Section section;
  section.identity = new_identity(LayerKind::kFiller, slot, id);
  section.identity->base_id = base_id;
  section.identity->commit_id = commit_id;
  Footer footer;
  footer.overlay_index = slot;
  footer.base_file_hint = names_.base();
  return write_empty_layer(*storage_, names_.slot(slot), "", footer, section);
}

Result<Created> ArrayFile::create_filler(uint32_t slot, const Id128& base_id, const Id128& commit_id) {
  STRATA_ASSIGN(auto written, write_filler(slot, base_id, commit_id));
  STRATA_ASSIGN(const Created made, written.object->create_as(names_.slot(slot)));
  STRATA_TRY(storage_->sync_folder(names_.folder()));  // before the next: a gap after a power cut must not be
  return made;
}

// base_id: of the base that took in what lay there, in the commit `commit_id`; nil: there was a gap.
Status ArrayFile::put_filler(uint32_t slot, const Id128& base_id, const Id128& commit_id) {
  if (base_id.is_nil()) {
    STRATA_ASSIGN(const Created made, create_filler(slot, base_id, commit_id));
    return made == Created::kMade ? Status() : Status(Code::kConflict, cat("another writer has made layer ", slot));
  }
  STRATA_ASSIGN(auto written, write_filler(slot, base_id, commit_id));
  STRATA_TRY(written.object->replace_as(names_.slot(slot)));
  return storage_->sync_folder(names_.folder());
}

// Slots that the base has absorbed become fillers, oldest first: at every instant what the original reads, base and the slots
// that are left, is a state that was committed. So below a filler that names this base, or the one that it was made from, all are
// fillers, and those that are left are found from the newest down. In a store layers may be placed anew, and fillers with them: there
// all are looked at.
Status ArrayFile::fill_absorbed(const CancelToken* cancel) {
  const Identity* base = stack_->base().identity();
  struct Left {
    const SlotEntry* slot;
    Id128 commit;  // whoever does not know whether a commit of his was made finds it by its id, also when it was absorbed
  };
  std::vector<Left> left;
  const auto is_ours = [&](const Id128& filled) {
    return !homes_ && !filled.is_nil() && (filled == base->layer_id || filled == base->base_id);
  };
  for (auto s = stack_->slots.rbegin(); base && s != stack_->slots.rend(); ++s) {
    if (s->slot > stack_->absorbed || s->stranger) continue;
    STRATA_TRY(check(cancel));
    auto layer = SealedLayer::open(*storage_, s->key, engine_->codecs);
    const Identity* id = layer.ok() ? (*layer)->identity() : nullptr;
    if (!id || id->kind != LayerKind::kFiller) {
      left.push_back({&*s, id ? id->commit_id : Id128{}});
    } else if (is_ours(id->base_id)) {
      break;
    }
  }
  // A base in its place and fillers that were found may not be durable yet, if who made them was killed.
  if (!left.empty()) STRATA_TRY(storage_->sync_folder(names_.folder()));
  for (auto l = left.rbegin(); l != left.rend(); ++l) {
    STRATA_TRY(check(cancel));
    STRATA_TRY(put_filler(l->slot->slot, base->layer_id, l->commit));
    if (l->slot->key != names_.slot(l->slot->slot)) STRATA_TRY(storage_->remove(l->slot->key));  // "data.007.af"
  }
  fillers_checked_ = true;
  if (!left.empty()) log(LogLevel::kInfo, [&] { return cat("replaced ", left.size(), " compacted layers by fillers"); });
  return left.empty() ? Status() : list_slots_again();
}

// Not durable until the folder is synced.
Status ArrayFile::place_base(const Id128& base_id) {
  Status moved = storage_->rename(names_.part(base_id), names_.base());
  // Gone: whoever was faster has put it in place.
  return moved.code() == Code::kNotFound ? Status() : std::move(moved);
}

// Definitions that only the pending changes hold: whoever has a handle keeps it across a reload.
void ArrayFile::keep_definitions() {
  std::lock_guard lock(defs_mu_);
  for (const Ref& def : touched_)
    if (!def->deleted) defs_.insert_or_assign(def->meta.name, def);
}

// The last flush did not learn whether its layer got its name. If it did, that commit stands; true: and there is nothing more
// to publish.
Result<bool> ArrayFile::settle_attempt(CancelToken* cancel) {
  const Attempt attempt = *attempt_;
  auto layer = SealedLayer::open(*storage_, attempt.slot ? names_.slot(attempt.slot) : names_.base(), engine_->codecs);
  if (!layer.ok() && layer.code() != Code::kNotFound) return layer.take_status();
  const Identity* id = layer.ok() ? (*layer)->identity() : nullptr;
  // A filler keeps the commit of what it took the place of, a base that of the one before.
  if (!id || (id->layer_id != attempt.layer_id && id->commit_id != attempt.layer_id && id->base_id != attempt.layer_id)) {
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
  // More was changed since. What others have committed on top of it is looked at afterwards, as ever.
  STRATA_ASSIGN(const auto now, open_stack(*engine_, *storage_, names_, cancel));
  auto then = state_of_attempt(*now);
  if (!then)
    return Status(Code::kConflict, "the last flush, whose outcome was not known, was made and then compacted; what was changed since "
                                   "cannot be told from what others have changed, and is still pending");
  STRATA_TRY(publish_again(std::move(then)));
  return false;
}

// The layer of the last attempt is the newest in `then`, and more was changed since: all of it is published again, above that layer.
// Repeating what is there already changes nothing.
Status ArrayFile::publish_again(std::shared_ptr<const Stack> then) {
  RebasePlan plan;
  plan.now = std::move(then);
  std::unordered_map<std::string_view, const ArrayDef*, TextHash, TextEqual> live;
  for (const Ref& def : attempt_->defined) live.emplace(def->meta.name, def.get());
  for (const Ref& def : touched_) {
    RebasePlan::Changed& c = plan.changed.emplace_back();
    c.def = def;
    const auto it = live.find(def->meta.name);
    const bool in_attempt = it != live.end() && it->second == def.get();
    if (!in_attempt && (it != live.end() || !def->committed())) continue;  // deleted before, or defined since
    auto found = find_in(plan.now.get(), def->meta.name);
    if (!found.ok() && found.code() != Code::kNotFound) return found.take_status();
    if (found.ok()) c.sources = (*found)->sources;
  }
  plan_held(plan);
  apply_rebase(std::move(plan));
  attempt_.reset();
  return {};
}

// The file as of the attempt, out of a newer state; nullptr: a compaction has taken it in.
std::shared_ptr<const Stack> ArrayFile::state_of_attempt(const Stack& now) const {
  const Identity* base = now.base().identity();
  const Id128& its_base = attempt_->slot ? attempt_->base_id : attempt_->layer_id;
  const bool is_base = base && !its_base.is_nil() && base->layer_id == its_base;
  if (!is_base && now.absorbed >= attempt_->slot) return nullptr;
  auto then = std::make_shared<Stack>(now);
  then->outlying.clear();
  std::erase_if(then->slots, [&](const SlotEntry& s) { return s.slot > attempt_->slot; });
  then->next_slot = attempt_->slot + 1;
  std::erase_if(then->layers, [&](const std::shared_ptr<const SealedLayer>& layer) {
    if (layer == now.layers.front()) return false;
    return std::ranges::none_of(then->slots, [&](const SlotEntry& s) { return layer->name() == storage_->describe(s.key); });
  });
  return then;
}

}  // namespace strata
