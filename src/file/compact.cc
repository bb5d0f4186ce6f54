// Merging all layers into a new base (docs/commits.md). The commit is a marker in the next slot that names the new base;
// then the base is put in place, then the absorbed slots become fillers. Values never change by it.
#include "delta/layer_writer.h"
#include "file/array_file.h"
#include "file/chunk_mover.h"
#include "file/outlying.h"

namespace strata {

// A new base before it is there.
struct ArrayFile::BaseDraft {
  struct Target {
    Ref def;
    PendingChunks chunks;
  };
  bool with_pending = false;  // it changes values: all that is pending goes into it
  std::vector<std::unique_ptr<Target>> targets;
  std::unique_ptr<PendingLayer> layer;
  BlockPlan plan;
  Id128 id;
  Footer footer;
  Section section;
  StatisticsTable table;
};

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
  STRATA_TRY(prepare_slots(cancel));
  if (!needs_compaction()) return complete_statistics(cancel);
  BaseDraft draft;
  STRATA_TRY(draft_base(draft, cancel));
  return commit_base(draft, cancel);
}

// Everything as it will be, in one new base. REQUIRES: no layer above the base there is.
Status ArrayFile::fold(CancelToken* cancel) {
  BaseDraft draft;
  draft.with_pending = true;
  STRATA_TRY(draft_base(draft, cancel));
  return commit_base(draft, cancel);
}

Status ArrayFile::draft_base(BaseDraft& draft, CancelToken* cancel) {
  // Arrays in the order of their listing, chunks in the order in which they first appeared.
  std::vector<std::string> names = draft.with_pending ? current_names() : committed_names();
  draft.layer = std::make_unique<PendingLayer>(settings_, FrameLogPlace{storage_, names_.base(), engine_->temp_storage},
                                               &engine_->executor, &engine_->pending, &engine_->scratch,
                                               &engine_->counters.spilled_bytes);
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
  for (const SlotEntry& s : stack_->slots) {
    if (s.stranger) continue;
    AbsorbedLayer a{s.slot, {}};
    for (const auto& l : stack_->layers)
      if (l->identity() && l->identity()->slot == s.slot && l->identity()->kind == LayerKind::kData) a.id = l->identity()->layer_id;
    section.identity->absorbed.push_back(a);
  }
  DictionaryBuilder dictionary_builder;
  if (dictionary().consistent()) dictionary_builder.begin_with(dictionary().newest_keys(), dictionary().newest_values());
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

Status ArrayFile::commit_base(BaseDraft& draft, CancelToken* cancel) {
  const uint32_t slot = stack_->next_slot;
  const Id128 base_id = draft.id;
  STRATA_ASSIGN(WrittenLayer base, write_layer(*storage_, names_.base(), names_.part(base_id), *draft.layer, draft.plan, draft.footer, draft.section, false, cancel));
  STRATA_TRY(check(cancel));
  STRATA_TRY(storage_->sync_folder(names_.folder()));

  // The commit.
  STRATA_ASSIGN(Id128 marker_id, random_id());
  Section marker;
  marker.identity = new_identity(LayerKind::kMarker, slot, marker_id);
  marker.identity->base_id = base_id;
  marker.identity->absorbed = draft.section.identity->absorbed;
  Footer marker_footer;
  marker_footer.overlay_index = slot;
  marker_footer.base_file_hint = names_.base();
  STRATA_ASSIGN(auto written, write_empty_layer(*storage_, names_.slot(slot), "", marker_footer, marker));
  // Parts that compactions left when they were killed. Whoever made one that is there by now saw our slot free or not at all, so that
  // once we have it no marker can name that part any more.
  STRATA_ASSIGN(const auto orphans, names_.list_parts(*storage_, base_id));
  // An error does not say that there is no marker, and with one the part is the base.
  base.object->keep();
  if (draft.with_pending) {
    attempt_ = Attempt{marker_id, slot, changes_, {}};
    for (auto& t : draft.targets)
      if (t->def->touched) attempt_->defined.push_back(t->def);
  }
  needs_reload_ = true;
  auto created = written.object->create_as(names_.slot(slot));
  if (!created.ok())
    return Status(Code::kOutcomeUnknown, cat("the compaction may or may not have been committed (", created.status().message(),
                                             "); repeat it"));
  if (*created == Created::kTaken) {
    needs_reload_ = false;
    if (draft.with_pending) attempt_.reset();
    (void)storage_->remove(names_.part(base_id));  // not needed any more; an orphan does no harm
    return Status(Code::kConflict, "another writer has committed meanwhile; nothing was changed");
  }
  if (Status s = storage_->sync_folder(names_.folder()); !s.ok())
    return Status(Code::kOutcomeUnknown, cat("the compaction was committed but may not be durable (", s.message(), "); repeat it"));
  count(engine_->counters.commits);
  for (const std::string& part : orphans) (void)storage_->remove(part);
  if (draft.with_pending) {
    keep_definitions();
    drop_pending();
  }

  // From here on whoever opens the file sees the new base, in its part or in place.
  auto finish = [&]() -> Status {
    STRATA_TRY(place_base(base_id));
    STRATA_TRY(drop_outlying_statistics(*storage_, names_));
    STRATA_TRY(reload(nullptr));
    STRATA_TRY(fill_absorbed(nullptr));
    {
      std::lock_guard lock(statistics_mu_);
      statistics_ = std::move(draft.table);
    }
    return save_statistics();
  };
  Status finished = finish();
  // The changes of a fold are published, whatever became of the rest: the next commit does it.
  return draft.with_pending ? Status() : std::move(finished);
}

}  // namespace strata
