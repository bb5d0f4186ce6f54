// Publishing pending changes: one layer, one created name (docs/commits.md).
//
//   move to the newest commit, finish what a killed compaction left -> write and sync the layer, nameless -> sync the folder if the
//   newest slot was not seen durable -> create the slot: the commit; taken: begin again -> sync the folder: durable -> replace the
//   statistics.
#include <algorithm>

#include "base/without_throwing.h"
#include "file/drafts.h"
#include "file/rounds.h"

namespace strata {

Identity ArrayFile::new_identity(LayerKind kind, uint32_t slot, const Id128& id) const {
  Identity i;
  i.layer_id = id;
  i.commit_id = id;  // a lone file's commit is its layer
  i.kind = kind;
  i.slot = slot;
  i.time_ns = wall_clock_ns();
  if (stack_) {
    i.file_id = stack_->file_id;
    if (kind != LayerKind::kBase) i.parent_id = stack_->top_id();
  }
  return i;
}

Result<ArrayFile::LayerDraft> ArrayFile::draft_layer(CancelToken* cancel) {
  LayerDraft d;
  if (stack_)
    for (size_t i = 0; i < touched_.size(); ++i)
      if (!touched_[i]->deleted && touched_[i]->hides_chunks()) STRATA_TRY(shadow_old_chunks(*touched_[i]));
  std::vector<PendingChunks*> chunks;
  for (const Ref& def : touched_) chunks.push_back(&def->chunks);
  if (pending_) {
    STRATA_TRY(pending_->settle(chunks, cancel));
    d.plan = plan_blocks(*pending_);
  }
  // A layer that changes no attribute has no dictionary: its records' pairs keep their meaning, from below. One that does
  // begins with the dictionary below. Where those below do not agree among themselves, a new one could change what pairs of
  // untouched arrays mean: then every record with attributes is written anew.
  bool attributes = std::any_of(touched_.begin(), touched_.end(),
                                [](const Ref& def) { return !def->deleted && def->attributes_changed; });
  if (attributes && stack_ && !dictionary().consistent()) {
    for (const std::string& name : committed_names()) {
      auto def = resolve(name);
      if (def.ok() && (*def)->committed() && (*def)->sources.front().view().attribute_count()) touch(*def);
    }
  }
  DictionaryBuilder dictionary_builder;
  const bool carry = attributes && stack_ && dictionary().consistent();
  if (carry) dictionary_builder.begin_with(dictionary().newest_keys(), dictionary().newest_values());

  STRATA_ASSIGN(d.id, random_id());
  for (const Ref& def : touched_) {
    if (def->deleted && !def->committed()) continue;
    ArrayRecord r = record_of(def->meta);
    r.deleted = def->deleted;
    if (attributes && !def->deleted) {
      r.attributes = dictionary_builder.add(attributes_of(*def));
    } else if (def->committed()) {
      ArrayView below = def->sources.front().view();
      for (size_t i = 0; i < below.attribute_count(); ++i) r.attributes.push_back(below.attribute(i));
      r.attribute_width = below.attribute_width();
    }
    auto record = static_cast<uint32_t>(d.footer.arrays.size());
    if (!def->chunks.chunks.empty()) {
      ArrayChunkStatistics rows;
      rows.record = record;
      rows.chunks.reserve(def->chunks.chunks.size());
      r.chunks.reserve(def->chunks.chunks.size());
      const size_t rank = def->meta.geometry.rank();
      r.chunk_coords.reserve(rank * def->chunks.chunks.size());
      for (const PendingChunk& c : def->chunks.chunks) {
        uint64_t coord[kMaxRank];
        def->meta.geometry.chunk_coord(c.number, coord);
        for (size_t i = 0; i < rank; ++i) r.chunk_coords.push_back(static_cast<uint32_t>(coord[i]));
        r.chunks.push_back(d.plan.address(c));
        rows.chunks.push_back(to_statistics(def->meta.dtype.type, c.summary));
      }
      d.section.statistics.push_back(std::move(rows));
    }
    if (!def->deleted) d.records.emplace_back(def, record);
    d.footer.arrays.push_back(std::move(r));
  }
  d.footer.blocks = d.plan.blocks;
  if (!d.plan.frame_index.frames.empty()) d.section.frames = d.plan.frame_index;
  if (attributes) dictionary_builder.move_to(d.footer);
  return d;
}

Status ArrayFile::flush(CancelToken* cancel) {
  STRATA_ASSIGN(const Alone lock, lock_alone());
  return flush_alone(cancel).prepend([&] { return cat("flush of ", storage_->describe(names_.base()), ": "); });
}

// Something is pending that a commit would have to hold. What is not so is forgotten: an array that was defined and deleted again.
bool ArrayFile::has_changes() {
  const bool any =
      std::ranges::any_of(touched_, [](const Ref& def) { return !def->deleted || def->committed(); });
  if (!any && !touched_.empty()) drop_pending();
  return any;
}

Status ArrayFile::flush_alone(CancelToken* cancel) {
  conflicts_.clear();
  if (!attempt_ && !has_changes()) return statistics_dirty_ ? save_statistics() : Status();
  if (options_.read_only) return Status(Code::kReadOnly, "the file was opened read-only");
  STRATA_TRY(check(cancel));
  STRATA_TRY(commit_layer(cancel));
  if (needs_reload_ || (!options_.compact_layers && !options_.compact_dead_bytes)) return {};
  // The flush is done, whatever becomes of this; the next one tries again.
  if (Status s = without_throwing([&] { return compact_by_policy(cancel); }); !s.ok())
    log(LogLevel::kWarn, [&] { return cat("the compaction after a flush failed: ", s.message()); });
  return {};
}

// Statistics of what is about to be written, from pending and sealed chunks together.
Status ArrayFile::draft_statistics(LayerDraft& draft, const CancelToken* cancel) {
  std::lock_guard lock(statistics_mu_);
  if (stack_) {
    STRATA_TRY(load_statistics());
  } else {
    StatisticsTable none;  // (clang 14 cannot emplace a class of this class that has initializers)
    none.complete = true;
    statistics_ = std::move(none);
  }
  for (const Ref& def : touched_) {
    if (def->deleted || !def->committed()) draft.no_statistics.push_back(def->meta.name);
    if (def->deleted || (def->chunks.chunks.empty() && !def->resized)) continue;
    bool any = false;
    STRATA_ASSIGN(ArrayStatistics s, compute_statistics(*def, &any, cancel));
    if (any || statistics_->find(s.name)) draft.statistics.push_back(std::move(s));
  }
  return {};
}

// All that is pending as a layer for a slot, or, where there is none, as the base (0).
Result<ArrayFile::LayerDraft> ArrayFile::draft_for(uint32_t slot, CancelToken* cancel) {
  STRATA_ASSIGN(LayerDraft draft, draft_layer(cancel));
  Identity& identity = draft.section.identity.emplace(new_identity(slot ? LayerKind::kData : LayerKind::kBase, slot, draft.id));
  if (!slot || identity.file_id.is_nil()) {
    STRATA_ASSIGN(identity.file_id, random_id());
  }
  STRATA_TRY(draft_statistics(draft, cancel));
  draft.footer.overlay_index = slot;
  if (slot) draft.footer.base_file_hint = names_.base();
  return draft;
}

Result<WrittenLayer> ArrayFile::write_draft(const LayerDraft& draft, const std::string& key, CancelToken* cancel) {
  const bool may_adopt = std::exchange(may_adopt_, false);  // until this has worked
  return write_layer(*storage_, key, "", pending_layer(), draft.plan, draft.footer, draft.section, may_adopt, cancel);
}

ArrayFile::Attempt ArrayFile::attempt_with(const LayerDraft& draft, uint32_t slot) const {
  Attempt attempt{draft.id, slot, {}, changes_, {}};
  for (const auto& [def, record] : draft.records) attempt.defined.push_back(def);
  return attempt;
}

Status ArrayFile::commit_layer(CancelToken* cancel) {
  return in_rounds(cancel, [&] { return try_commit(cancel); });
}

Result<bool> ArrayFile::try_commit(CancelToken* cancel) {
  if (attempt_) {
    STRATA_ASSIGN(const bool settled, settle_attempt(cancel));
    if (settled) return true;
  }
  const bool first = stack_ == nullptr;  // then the data goes into the base itself
  if (!first) STRATA_TRY(prepare_slots(cancel));
  if (!first && must_fold()) {
    // A base that changes values may not lie below other layers, which would be read with it as long as they are there. The
    // compaction alone may be enough: what was deleted before is then gone.
    STRATA_TRY(compact_alone(cancel));
    if (must_fold()) {
      if (stack_->layers.size() > 1) return false;  // others have written meanwhile
      return fold(cancel);
    }
  }
  const uint32_t slot = first ? 0 : stack_->next_slot;
  if (slot == UINT32_MAX) return Status(Code::kLimit, "no layer number is left");

  STRATA_ASSIGN(LayerDraft draft, draft_for(slot, cancel));
  const std::string key = first ? names_.base() : names_.slot(slot);

  STRATA_ASSIGN(WrittenLayer written, write_draft(draft, key, cancel));
  STRATA_TRY(check(cancel));  // the last chance: from here on it is a commit
  if (!first && !folder_synced_) {
    // Else the new slot may survive a power cut and the one below not.
    STRATA_TRY(storage_->sync_folder(names_.folder()));
    folder_synced_ = true;
  }
  // An error does not say that the name was not made: the answer may have been lost.
  attempt_ = attempt_with(draft, slot);
  STRATA_ASSIGN(Created made, written.object->create_as(key));
  if (made == Created::kTaken) {
    attempt_.reset();
    log(LogLevel::kInfo, [&] { return cat("another writer has made layer ", slot, "; trying again above it"); });
    if (first) {
      STRATA_ASSIGN(auto now, open_stack(*engine_, *storage_, names_, cancel));
      STRATA_TRY(rebase(std::move(now), cancel));
    }
    return false;
  }
  if (Status s = storage_->sync_folder(names_.folder()); !s.ok()) {
    return Status(Code::kOutcomeUnknown, cat("the commit was made but may not be durable (", s.message(), "); repeat the flush"));
  }
  folder_synced_ = true;
  count(engine_->counters.commits);
  log(LogLevel::kInfo, [&] {
    return cat("committed layer ", slot, " of ", draft.footer.arrays.size(), " arrays and ", draft.footer.blocks.size(), " blocks");
  });

  // Committed and durable. What fails from here on does not take it back: without memory the attempt is still known, and the
  // next flush finds that it stands.
  auto object = storage_->open(key);
  Result<std::shared_ptr<const SealedLayer>> sealed = Status(Code::kIo, "");
  if (object.ok())
    sealed = SealedLayer::make(std::move(*object), storage_->describe(key), std::move(written.archive), std::move(written.section),
                               engine_->codecs);
  if (!object.ok() || !sealed.ok()) {
    keep_definitions();
    drop_pending();
    needs_reload_ = true;
    return true;
  }
  uint64_t size = (*sealed)->object().size();
  install(std::move(*sealed), std::move(draft), slot, size);
  // The statistics file is derived: the commit stands without it, and readers see by its ids that it is older. The next flush
  // tries again.
  try {
    if (Status s = save_statistics(); !s.ok())
      log(LogLevel::kWarn, [&] { return cat("the statistics could not be saved: ", s.message()); });
  } catch (const std::bad_alloc&) {
  }
  return true;
}

// All that takes memory comes before the first change.
void ArrayFile::install(std::shared_ptr<const SealedLayer> layer, LayerDraft draft, uint32_t slot, uint64_t size) {
  auto next = stack_ ? std::make_shared<Stack>(*stack_) : std::make_shared<Stack>();
  next->layers.push_back(layer);
  if (slot) {
    next->slots.push_back({slot, names_.slot(slot), size});
    next->next_slot = slot + 1;
  }
  if (next->file_id.is_nil() && layer->identity()) next->file_id = layer->identity()->file_id;
  for (const auto& [def, record] : draft.records) def->sources.reserve(def->sources.size() + 1);
  const uint64_t replaced = dead_bytes_ ? replaced_bytes() : 0;
  keep_definitions();
  {
    std::lock_guard lock(statistics_mu_);
    try {
      for (const auto& name : draft.no_statistics) statistics_->erase(name);
      for (auto& s : draft.statistics) statistics_->put(std::move(s));
    } catch (...) {
      statistics_.reset();  // half new: it is read again
      throw;
    }
  }
  stack_ = std::move(next);
  if (dead_bytes_) *dead_bytes_ += replaced;
  for (const auto& [def, record] : draft.records) def->sources.insert(def->sources.begin(), LayerRecord{layer, record});
  // Attributes that were read stay as they are: the new layer says the same.
  if (layer->footer().attr_key_count())
    for (const auto& [def, record] : draft.records)
      if (def->attributes) def->attributes->decide();
  for (const Ref& def : touched_) {
    def->touched = false;
    def->attributes_changed = false;
    def->drop_chunks();
  }
  touched_.clear();
  pending_names_.clear();
  pending_.reset();
  attempt_.reset();
  may_adopt_ = true;
  std::lock_guard lock(defs_mu_);
  dictionary_.reset();
  names_cache_.reset();
}

}  // namespace strata
