#include "file/file_commit.h"

#include <algorithm>

#include "file/drafts.h"
#include "file/outlying.h"
#include "file/rebase.h"

namespace strata {

namespace {

bool is_filler(const SealedLayer& layer) { return layer.identity() && layer.identity()->kind == LayerKind::kFiller; }

Id128 commit_of(const SealedLayer& layer) { return layer.identity() ? layer.identity()->commit_id : Id128{}; }

bool has_absorbed(const SealedLayer& base, const SealedLayer& layer) {
  if (!base.identity() || !layer.identity()) return false;
  for (const AbsorbedLayer& a : base.identity()->absorbed)
    if (a.id == layer.identity()->layer_id) return true;
  return false;
}

}  // namespace

struct FileCommit::Work {
  RebasePlan plan;
  std::optional<Pins> head_pins;

  std::optional<ArrayFile::LayerDraft> layer;
  std::optional<ArrayFile::BaseDraft> base;
  std::shared_ptr<const SealedLayer> sealed;
  Pins next;
  bool placed = false;  // names that no sync of their folder has followed
};

FileCommit::FileCommit(std::shared_ptr<ArrayFile> file)
    : file_(std::move(file)), lock_(file_->mu_), work_(std::make_unique<Work>()) {}
FileCommit::FileCommit(FileCommit&&) noexcept = default;
FileCommit::~FileCommit() = default;

bool FileCommit::has_changes() { return file_->has_changes(); }
bool FileCommit::on_storage() const { return file_->stack_ != nullptr; }
const std::optional<Pins>& FileCommit::pins() const { return file_->pins_; }

// ---- to another commit ----

Status FileCommit::plan_move(const Pins* head, Match match, std::vector<Conflict>& conflicts, CancelToken* cancel) {
  ArrayFile& f = *file_;
  auto now = head ? open_pinned(*f.engine_, *f.storage_, f.names_, *f.homes_, *head, match, cancel)
                  : open_stack(*f.engine_, *f.storage_, f.names_, cancel);
  if (!now.ok()) return now.take_status();
  work_->head_pins = head ? std::optional(*head) : std::nullopt;
  Status planned = f.plan_rebase(std::move(*now), work_->plan, cancel);
  if (planned.code() == Code::kConflict)
    conflicts.insert(conflicts.end(), work_->plan.conflicts.begin(), work_->plan.conflicts.end());
  return planned;
}

void FileCommit::move() {
  file_->apply_rebase(std::move(work_->plan));
  file_->pins_ = std::move(work_->head_pins);
}

Status FileCommit::take_over(const Pins& committed, CancelToken* cancel) {
  ArrayFile& f = *file_;
  if (f.pins_ == committed) return {};
  STRATA_ASSIGN(auto now, open_pinned(*f.engine_, *f.storage_, f.names_, *f.homes_, committed, Match::kLikely, cancel));
  if (f.attempt_ && f.attempt_->changes != f.changes_) {
    STRATA_TRY(f.publish_again(std::move(now)));
  } else {
    if (f.attempt_) {  // else a compaction: nothing of what is pending is in it
      f.keep_definitions();
      f.drop_pending();
    }
    STRATA_TRY(f.rebase(std::move(now), cancel));
  }
  f.pins_ = committed;
  return {};
}

// ---- a commit ----

Status FileCommit::settle(CancelToken* cancel) {
  ArrayFile& f = *file_;
  if (f.needs_reload_) STRATA_TRY(f.reload(cancel));
  if (f.pins_ || !f.stack_) return {};
  const bool moved = !f.stack_->outlying.empty() || f.stack_->unfinished;
  STRATA_TRY(f.prepare_slots(cancel));
  if (moved) STRATA_TRY(f.reload(cancel));
  f.pins_ = f.placed_ = pins_of(*f.stack_);
  return {};
}

bool FileCommit::has_layers() const { return file_->stack_ && file_->stack_->layers.size() > 1; }
bool FileCommit::must_fold() const { return file_->stack_ && file_->must_fold(); }
bool FileCommit::needs_compaction() const { return file_->stack_ && file_->needs_compaction(); }
Result<bool> FileCommit::is_compaction_due(const CancelToken* cancel) {
  if (!file_->stack_ || file_->needs_reload_) return false;
  return file_->is_compaction_due(cancel);
}

Status FileCommit::stage(const Id128& commit, std::string_view array, CancelToken* cancel) {
  ArrayFile& f = *file_;
  const bool first = f.stack_ == nullptr;
  if (!first && f.must_fold()) {
    work_->base.emplace().with_pending = true;
    return stage_base(commit, array, cancel);
  }
  const uint32_t slot = first ? 0 : f.stack_->next_slot;
  if (slot >= kMostSlots) return Status(Code::kLimit, "no layer number is left");
  STRATA_ASSIGN(work_->layer, f.draft_for(slot, cancel));
  ArrayFile::LayerDraft& draft = *work_->layer;
  Identity& identity = *draft.section.identity;
  identity.commit_id = commit;
  identity.array = array;
  if (first && f.pins_)  // in the place of a file that was lost
    for (uint32_t used = 1; used < f.pins_->next_slot; ++used) identity.absorbed.push_back({used, Id128{}});
  const std::string home = f.homes_->key(draft.id);
  STRATA_ASSIGN(WrittenLayer written, f.write_draft(draft, home, cancel));
  STRATA_TRY(settle_in(written, home));
  f.attempt_ = f.attempt_with(draft, slot);
  const Pin pin = pin_of(*work_->sealed, slot);
  work_->next = f.pins_.value_or(Pins());
  if (first) {
    work_->next.base = pin;
    work_->next.layers.clear();
  } else {
    work_->next.layers.push_back(pin);
    work_->next.next_slot = slot + 1;
  }
  return {};
}

Result<Pin> FileCommit::stage_apart(const Id128& commit, std::string_view array, const Homes& folder, CancelToken* cancel) {
  ArrayFile& f = *file_;
  if (f.stack_ && f.must_fold())
    return Status(Code::kUnsupported, cat("array file \"", array, "\": an array was cut or defined anew so that older chunks have no place in it, "
                                          "which a worker cannot deliver"));
  const uint32_t slot = f.stack_ ? f.stack_->next_slot : 0;
  STRATA_ASSIGN(auto draft, f.draft_for(slot, cancel));
  draft.section.identity->commit_id = commit;
  draft.section.identity->array = array;
  const std::string key = folder.key(draft.id);
  STRATA_ASSIGN(WrittenLayer written, f.write_draft(draft, key, cancel));
  STRATA_TRY(settle_in(written, key));
  return pin_of(*work_->sealed, 1);
}

Status FileCommit::stage_base(const Id128& commit, std::string_view array, CancelToken* cancel) {
  ArrayFile& f = *file_;
  if (!work_->base) work_->base.emplace();
  ArrayFile::BaseDraft& draft = *work_->base;
  STRATA_TRY(f.draft_base(draft, cancel));
  draft.section.identity->commit_id = commit;
  draft.section.identity->array = array;
  const std::string home = f.homes_->key(draft.id);
  STRATA_ASSIGN(WrittenLayer written,
                write_layer(*f.storage_, home, "", *draft.layer, draft.plan, draft.footer, draft.section, false, cancel));
  STRATA_TRY(settle_in(written, home));
  f.attempt_.reset();
  if (draft.with_pending) f.attempt_ = ArrayFile::Attempt{draft.id, 0, {}, f.changes_, {}};
  for (auto& t : draft.targets)
    if (draft.with_pending && t->def->touched) f.attempt_->defined.push_back(t->def);
  work_->next = Pins();
  work_->next.base = pin_of(*work_->sealed, 0);
  work_->next.next_slot = f.pins_->next_slot;
  return {};
}

// The layer gets its home, and is opened there.
Status FileCommit::settle_in(WrittenLayer& written, const std::string& home) {
  ArrayFile& f = *file_;
  STRATA_ASSIGN(const Created made, written.object->create_as(home));
  if (made == Created::kTaken) return Status(Code::kConflict, cat(f.storage_->describe(home), " is there already"));
  STRATA_ASSIGN(auto object, f.storage_->open(home));
  STRATA_ASSIGN(work_->sealed, SealedLayer::make(std::move(object), f.storage_->describe(home), std::move(written.archive),
                                                 std::move(written.section), f.engine_->codecs));
  return {};
}

Pins FileCommit::staged() const { return work_->next; }

void FileCommit::forget_staged() {
  if (work_->sealed) (void)file_->storage_->remove(file_->homes_->key(work_->sealed->identity()->layer_id));
  work_->sealed = nullptr;
  work_->layer.reset();
  work_->base.reset();
}

void FileCommit::install() {
  ArrayFile& f = *file_;
  if (work_->layer) {
    const Pin& pin = work_->next.layers.empty() ? work_->next.base : work_->next.layers.back();
    f.install(work_->sealed, std::move(*work_->layer), pin.slot, pin.size);
    f.pins_ = work_->next;
  } else {
    auto now = std::make_shared<Stack>();
    now->layers.push_back(work_->sealed);
    now->slots = f.stack_->slots;
    now->next_slot = work_->next.next_slot;
    now->absorbed = now->next_slot - 1;
    now->file_id = work_->sealed->identity()->file_id;
    if (work_->base->with_pending) {
      f.keep_definitions();
      f.drop_pending();
    }
    f.pins_ = work_->next;
    f.needs_reload_ = true;  // until it has worked
    if (!f.rebase(std::move(now), nullptr).ok()) return;
    std::lock_guard lock(f.statistics_mu_);
    f.statistics_ = std::move(work_->base->table);
  }
  work_->layer.reset();
  work_->base.reset();
  work_->sealed = nullptr;
}

// ---- the names that the original reads ----

void FileCommit::know_placed(const Pins& pins) { file_->placed_ = pins; }
bool FileCommit::is_placed() const { return file_->placed_ == file_->pins_; }

Result<bool> FileCommit::was_changed_elsewhere() const {
  const ArrayFile& f = *file_;
  if (!f.stack_ || !f.pins_ || !f.placed_) return false;
  const auto there = f.storage_->open(f.names_.base());
  if (there.code() == Code::kNotFound) return true;
  if (!there.ok()) return there.status();
  // Mostly it is the very object that is read here.
  if (f.placed_->base == f.pins_->base && (*there)->place() == f.stack_->base().object().place()) return next_is_taken();
  auto base = SealedLayer::open(*f.storage_, f.names_.base(), f.engine_->codecs);
  if (base.code() == Code::kNotFound) return true;
  if (!base.ok()) return base.take_status();
  if (!is_pinned(f.placed_->base, **base)) return true;
  return next_is_taken();
}

Result<bool> FileCommit::next_is_taken() const {
  const ArrayFile& f = *file_;
  const auto next = f.storage_->open(f.names_.slot(f.placed_->next_slot));
  return next.code() == Code::kNotFound ? Result<bool>(false) : next.ok() ? Result<bool>(true) : Result<bool>(next.status());
}

Status FileCommit::project(std::span<const Pin> older, bool keep, const CancelToken* cancel) {
  ArrayFile& f = *file_;
  if (f.needs_reload_) STRATA_TRY(f.reload(nullptr));
  const auto& names = f.names_;
  Storage& storage = *f.storage_;
  const auto foreign = [&](std::string_view key) {
    return Status(Code::kConflict, cat(storage.describe(key), " holds what no commit of the store has put there"));
  };
  if (!f.pins_) return foreign(names.base());  // it was found like that, and opened by listing
  const Pins from = f.placed_.value_or(Pins());
  const Pins& to = *f.pins_;
  const auto lies_there = [&](const std::string& key, const Pin& pin) { return lies_at(*f.engine_, storage, key, pin, Match::kSure); };
  // Slots that are to hold fillers.
  std::vector<Pin> absorbed;
  const auto at_slot = [&](uint32_t slot) { return std::ranges::lower_bound(to.layers, slot, {}, &Pin::slot); };
  for (const Pin& old : from.layers)
    if (const auto now = at_slot(old.slot); now == to.layers.end() || !(*now == old)) absorbed.push_back(old);
  if (keep) {
    const auto keep_at_home = [&](const std::string& key, const Pin& pin) { return give_home(*f.engine_, storage, *f.homes_, key, pin).take_status(); };
    if (!(to.base == from.base)) {
      STRATA_TRY(keep_at_home(names.base(), from.base));
      for (const Pin& pin : older) STRATA_TRY(keep_at_home(names.base(), pin));
    }
    for (const Pin& old : absorbed) STRATA_TRY(keep_at_home(names.slot(old.slot), old));
    STRATA_TRY(storage.sync_folder(f.homes_->folder));
  }
  // Layers, in the order of their slots; a gap after a power cut would make the original number its next one below ours.
  auto pin = at_slot(from.next_slot);
  for (uint32_t slot = from.next_slot; slot < to.next_slot; ++slot) {
    STRATA_TRY(check(cancel));
    STRATA_TRY(make_durable());
    const std::string key = names.slot(slot);
    if (pin == to.layers.end() || pin->slot != slot) {
      STRATA_ASSIGN(const Created made, f.create_filler(slot, to.base.id, commit_of(f.stack_->base())));
      if (made == Created::kTaken) absorbed.push_back({slot, {}, 0, 0, 0});
      continue;
    }
    Created made = Created::kTaken;
    Status no_home;  // what was imported has its slot only
    if (!pin->id.is_nil()) {
      auto home = storage.stage_again(f.homes_->key(pin->id));
      if (home.ok()) {
        STRATA_ASSIGN(made, (*home)->create_as(key));
      } else if (home.code() == Code::kNotFound) {
        no_home = home.take_status();
      } else {
        return home.take_status();
      }
    }
    if (made == Created::kTaken) {
      STRATA_ASSIGN(const bool ours, lies_there(key, *pin));
      if (!ours) return no_home.ok() ? foreign(key) : no_home;
    }
    work_->placed = true;
    ++pin;
  }
  // The base, over the one that it absorbed and over no other.
  const bool is_new_base = !(to.base == from.base);
  if (is_new_base) {
    STRATA_TRY(make_durable());
    STRATA_ASSIGN(const bool done, lies_there(names.base(), to.base));
    if (!done) {
      STRATA_ASSIGN(auto home, storage.stage_again(f.homes_->key(to.base.id)));
      STRATA_ASSIGN(bool before, lies_there(names.base(), from.base));
      for (const Pin& pin : older) {
        if (before) break;
        STRATA_ASSIGN(before, lies_there(names.base(), pin));
      }
      if (before) {
        STRATA_TRY(home->replace_as(names.base()));
      } else {  // a new file, or one that was removed
        STRATA_ASSIGN(const Created made, home->create_as(names.base()));
        if (made == Created::kTaken) return foreign(names.base());
      }
    }
    work_->placed = true;
    STRATA_TRY(drop_outlying_statistics(storage, names));
  }
  // What it absorbed, oldest first: at every instant base and slots together are a state that was committed.
  if (!absorbed.empty()) work_->placed = true;  // what is seen here may be the work of a process that was killed before it had synced it
  for (const Pin& old : absorbed) {
    STRATA_TRY(check(cancel));
    const std::string key = names.slot(old.slot);
    auto layer = SealedLayer::open(storage, key, f.engine_->codecs);
    if (!layer.ok() && layer.code() != Code::kNotFound) return layer.take_status();
    if (layer.ok() && is_filler(**layer)) {
      work_->placed = true;
      continue;
    }
    if (layer.ok() && !is_pinned(old, **layer) && !has_absorbed(f.stack_->base(), **layer)) return foreign(key);
    STRATA_TRY(make_durable());
    STRATA_TRY(f.put_filler(old.slot, to.base.id, commit_of(f.stack_->base())));
  }
  return {};
}

Status FileCommit::make_durable() {
  if (!work_->placed) return {};
  STRATA_TRY(file_->storage_->sync_folder(file_->names_.folder()));
  work_->placed = false;
  return {};
}

Status FileCommit::save_statistics() { return file_->save_statistics(); }
void FileCommit::know_placed() { file_->placed_ = file_->pins_; }

Status FileCommit::complete_statistics(const CancelToken* cancel) { return file_->complete_statistics(cancel); }

}  // namespace strata
