// Merging all layers into a new base (docs/commits.md). The commit is a marker in the next slot that names the new base;
// then the base is put in place, then the absorbed slots become fillers. Values never change by it.
#include "file/chunk_mover.h"
#include "file/drafts.h"
#include "file/outlying.h"
#include "file/rounds.h"

namespace strata {

bool ArrayFile::needs_compaction() const {
  if (stack_->layers.size() > 1 || stack_->unfinished) return true;
  const FooterView& f = stack_->base().footer();
  for (size_t i = 0; i < f.block_count(); ++i)
    if (f.block(i).codec != settings_.codec->name()) return true;
  return false;
}

Status ArrayFile::compact(CancelToken* cancel) {
  auto where = [&] { return cat("compaction of ", storage_->describe(names_.base()), ": "); };
  auto lock = lock_alone();
  if (!lock.ok()) return lock.take_status().prepend(where);
  if (options_.read_only) return Status(Code::kReadOnly, where() + "the file was opened read-only");
  STRATA_TRY(flush_alone(cancel).prepend(where));
  if (needs_reload_) STRATA_TRY(reload(cancel).prepend(where));  // committed, but not read back
  if (!stack_) return {};
  return compact_alone(cancel).prepend(where);
}

Status ArrayFile::compact_alone(CancelToken* cancel) {
  return in_rounds(cancel, [&]() -> Result<bool> {
    STRATA_TRY(prepare_slots(cancel));
    if (!needs_compaction()) {
      STRATA_TRY(complete_statistics(cancel));
      return true;
    }
    BaseDraft draft;
    STRATA_TRY(draft_base(draft, cancel));
    return commit_base(draft, cancel);
  });
}

// Everything as it will be, in one new base. REQUIRES: no layer above the base there is.
Result<bool> ArrayFile::fold(CancelToken* cancel) {
  BaseDraft draft;
  draft.with_pending = true;
  STRATA_TRY(draft_base(draft, cancel));
  return commit_base(draft, cancel);
}

Status ArrayFile::draft_base(BaseDraft& draft, CancelToken* cancel) {
  // Arrays in the order of their listing, chunks in the order in which they first appeared.
  std::vector<std::string> names = draft.with_pending ? current_names() : committed_names();
  draft.layer = std::make_unique<PendingLayer>(settings_, FrameLogPlace{storage_, names_.base(), engine_->temp_storage},
                                               &engine_->executor, engine_->memory.get(), &engine_->counters.spilled_bytes);
  PendingLayer& layer = *draft.layer;
  ChunkMover mover(*this, layer);
  for (const std::string& name : names) {
    STRATA_TRY(check(cancel));
    auto& target = *draft.targets.emplace_back(std::make_unique<BaseDraft::Target>());
    if (draft.with_pending) {
      STRATA_ASSIGN(target.def, resolve(name));
    } else {
      STRATA_ASSIGN(target.def, find_in(stack_.get(), name));
    }
    target.chunks.meta = &target.def->meta;
    for (uint64_t number : stored_chunks(*target.def))
      STRATA_TRY(mover.add(target.chunks, *target.def, number, find_chunk(*target.def, number)));
  }
  STRATA_TRY(mover.run(cancel));
  std::vector<PendingChunks*> all;
  for (auto& t : draft.targets) all.push_back(&t->chunks);
  STRATA_TRY(layer.settle(all, cancel));

  draft.plan = plan_blocks(layer);
  STRATA_ASSIGN(draft.id, random_id());
  Footer& footer = draft.footer;
  Section& section = draft.section;
  section.identity = new_identity(LayerKind::kBase, 0, draft.id);
  if (section.identity->file_id.is_nil()) {
    STRATA_ASSIGN(section.identity->file_id, random_id());
  }
  // A base that is to change no value says whose values it has.
  if (!draft.with_pending && stack_->base().identity()) section.identity->base_id = stack_->base().identity()->layer_id;
  for (const SlotEntry& s : stack_->slots) {
    if (s.stranger) continue;
    AbsorbedLayer a{s.slot, {}};
    for (const auto& l : stack_->layers)
      if (l->identity() && l->identity()->slot == s.slot && l->identity()->kind == LayerKind::kData) a.id = l->identity()->layer_id;
    section.identity->absorbed.push_back(a);
  }
  DictionaryBuilder dictionary_builder;
  draft.same_dictionary = dictionary().consistent();
  if (draft.same_dictionary) dictionary_builder.begin_with(dictionary().newest_keys(), dictionary().newest_values());
  // Rows of `.stats` for every array that there is, as the original's compaction makes them.
  draft.table.complete = true;
  for (auto& t : draft.targets) {
    ArrayRecord r = record_of(t->def->meta);
    r.attributes = dictionary_builder.add(attributes_of(*t->def));
    ArrayStatistics total;
    total.name = t->def->meta.name;
    total.row_count = total.null_count = t->def->meta.geometry.element_count();
    ArrayChunkStatistics rows;
    rows.record = static_cast<uint32_t>(footer.arrays.size());
    for (const PendingChunk& c : t->chunks.chunks) {
      uint64_t coord[kMaxRank];
      t->def->meta.geometry.chunk_coord(c.number, coord);
      for (size_t i = 0; i < t->def->meta.geometry.rank(); ++i) r.chunk_coords.push_back(static_cast<uint32_t>(coord[i]));
      r.chunks.push_back(draft.plan.address(c));
      rows.chunks.push_back(to_statistics(t->def->meta.dtype.type, c.summary));
      merge_statistics(total, rows.chunks.back());
    }
    if (!rows.chunks.empty()) section.statistics.push_back(std::move(rows));
    footer.arrays.push_back(std::move(r));
    draft.table.put(std::move(total));
  }
  footer.blocks = draft.plan.blocks;
  if (!draft.plan.frame_index.frames.empty()) section.frames = draft.plan.frame_index;
  dictionary_builder.move_to(footer);
  return {};
}

Result<bool> ArrayFile::commit_base(BaseDraft& draft, CancelToken* cancel) {
  const Id128 base_id = draft.id;
  STRATA_ASSIGN(WrittenLayer base, write_layer(*storage_, names_.base(), names_.part(base_id), *draft.layer, draft.plan, draft.footer, draft.section, false, cancel));
  STRATA_TRY(check(cancel));
  // Parts that compactions left when they were killed. Whoever made one that is there by now will come upon our marker before he
  // can make one of his own, so that once ours is made none can name that part any more.
  STRATA_ASSIGN(const auto orphans, names_.list_parts(*storage_, base_id));

  // The commit.
  bool made = false;
  Status tried = in_rounds(cancel, [&]() -> Result<bool> {
    const uint32_t slot = stack_->next_slot;
    if (slot == UINT32_MAX) return Status(Code::kLimit, "no layer number is left");
    STRATA_ASSIGN(Id128 marker_id, random_id());
    Section marker;
    marker.identity = new_identity(LayerKind::kMarker, slot, marker_id);
    marker.identity->base_id = base_id;
    marker.identity->absorbed = draft.section.identity->absorbed;
    Footer marker_footer;
    marker_footer.overlay_index = slot;
    marker_footer.base_file_hint = names_.base();
    STRATA_ASSIGN(auto written, write_empty_layer(*storage_, names_.slot(slot), "", marker_footer, marker));
    // The part, and what others have made below the slot: a power cut must not leave a gap there.
    STRATA_TRY(storage_->sync_folder(names_.folder()));
    // An error does not say that there is no marker, and with one the part is the base.
    base.object->keep();
    if (draft.with_pending) {
      attempt_ = Attempt{marker_id, slot, base_id, changes_, {}};
      for (auto& t : draft.targets)
        if (t->def->touched) attempt_->defined.push_back(t->def);
    }
    auto created = written.object->create_as(names_.slot(slot));
    if (!created.ok())
      return Status(Code::kOutcomeUnknown, cat("the compaction may or may not have been committed (", created.status().message(),
                                               "); repeat it"));
    made = *created == Created::kMade;
    if (made) return true;
    if (draft.with_pending) attempt_.reset();
    log(LogLevel::kInfo, [&] { return cat("another writer has made layer ", slot, " while the file was compacted"); });
    STRATA_ASSIGN(const bool goes_on, keep_base(draft, cancel));
    return !goes_on;
  });
  if (tried.code() == Code::kOutcomeUnknown) return tried;
  if (!made) {
    (void)storage_->remove(names_.part(base_id));  // not needed any more; an orphan does no harm
    STRATA_TRY(std::move(tried));
    return false;
  }
  if (Status s = storage_->sync_folder(names_.folder()); !s.ok())
    return Status(Code::kOutcomeUnknown, cat("the compaction was committed but may not be durable (", s.message(), "); repeat it"));
  count(engine_->counters.commits);
  log(LogLevel::kInfo, [&] {
    return cat(draft.with_pending ? "committed" : "compacted to", " a new base of ", draft.footer.arrays.size(), " arrays, in place of ",
               draft.section.identity->absorbed.size(), " layers and the base");
  });
  for (const std::string& part : orphans) (void)storage_->remove(part);
  if (draft.with_pending) {
    keep_definitions();
    drop_pending();
  }
  // What is pending beyond that waits for the next flush to find its way onto the new base.
  needs_reload_ = touched_.empty();

  // From here on whoever opens the file sees the new base, in its part or in place.
  auto finish = [&]() -> Status {
    STRATA_TRY(place_base(base_id));
    STRATA_TRY(drop_outlying_statistics(*storage_, names_));
    STRATA_TRY(reload(nullptr));
    STRATA_TRY(fill_absorbed(nullptr));
    if (stack_->layers.size() == 1 && stack_->base().identity() && stack_->base().identity()->layer_id == base_id) {
      std::lock_guard lock(statistics_mu_);
      statistics_ = std::move(draft.table);
    }
    return save_statistics();
  };
  Status finished = finish();
  // The changes of a fold are published, whatever became of the rest: the next commit does it.
  if (!finished.ok() && !draft.with_pending) return finished;
  return true;
}

// Another writer has taken the slot. The new base can lie below layers with data, but not replace a base that is not the one that it
// was made from.
Result<bool> ArrayFile::keep_base(const BaseDraft& draft, CancelToken* cancel) {
  if (draft.with_pending || !draft.same_dictionary) return false;
  STRATA_ASSIGN(auto now, open_stack(*engine_, *storage_, names_, cancel));
  const Id128& file = draft.section.identity->file_id;
  const bool ours = std::ranges::all_of(now->layers, [&](const auto& layer) {
    const Identity* id = layer->identity();
    return !id || id->file_id == file;  // of a file that began as the original's each writer has made up an id
  });
  if (!ours || now->unfinished || !(now->base().object().place() == stack_->base().object().place())) return false;
  STRATA_TRY(rebase(std::move(now), cancel));
  return true;
}

}  // namespace strata
