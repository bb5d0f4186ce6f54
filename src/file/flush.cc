// Publishing pending changes: one layer, one created name (docs/commits.md).
//
//   finish what a killed compaction left -> write and sync the layer, nameless -> sync the folder if the newest slot was not seen
//   durable -> create the slot: the commit -> sync the folder: durable -> replace the statistics.
#include <algorithm>

#include "delta/copy.h"
#include "delta/layer_writer.h"
#include "delta/varlen.h"
#include "file/array_file.h"

namespace strata {

// Everything of the new layer but its blocks.
struct ArrayFile::LayerDraft {
  Id128 id;
  BlockPlan plan;
  Footer footer;
  Section section;
  std::vector<std::pair<Ref, uint32_t>> records;  // what is read from the new layer, and its record there
  std::vector<ArrayStatistics> statistics;        // of the arrays that were written
  std::vector<std::string> no_statistics;         // of arrays that were deleted or defined anew
};

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

// The original does not stop at a tombstone when it looks for a chunk: under an array that was deleted and defined anew it finds
// the old one's chunks (docs/format.md, H1). So every such chunk that is not written gets one of fill above it. They share one
// stored chunk: fill is the same everywhere, and a chunk clipped at an edge is a beginning of it.
Status ArrayFile::shadow_old_chunks(ArrayDef& array) {
  const Geometry& g = array.meta.geometry;
  std::vector<uint64_t> numbers;
  std::unordered_map<uint64_t, bool> seen;
  for (const auto& layer : stack_->layers) {
    auto found = layer->find(array.meta.name);
    if (!found) continue;
    ArrayView view = layer->footer().array(found->record);
    for (size_t i = 0; i < view.chunk_count(); ++i) {
      uint64_t number = g.chunk_number(view.chunk_coord(i));
      if (number != UINT64_MAX && !array.chunks.find(number) && seen.emplace(number, true).second) numbers.push_back(number);
    }
  }
  if (numbers.empty()) return {};
  PendingLayer& layer = pending_layer();
  const uint64_t width = array.meta.width();
  Buffer raw;
  if (width) {
    raw = Buffer(g.max_chunk_elements() * width);
    auto element = fill_element(array.meta.dtype.type, array.meta.fill);
    const uint64_t count = g.max_chunk_elements();
    const auto stride = static_cast<int64_t>(width);
    fill_strided(1, &count, width, element.data(), raw.data(), &stride);
  } else {
    raw = empty_varlen(g.max_chunk_elements());
  }
  STRATA_ASSIGN(auto made, layer.make_frame(array.meta, raw.bytes(), g.max_chunk_elements()));
  uint32_t frame = layer.add_frame(made.frame);
  for (uint64_t number : numbers) {
    uint64_t origin[kMaxRank], extent[kMaxRank];
    const uint64_t elements = g.chunk_box(number, origin, extent);
    const uint64_t size = width ? elements * width : 4 * (elements + 1);
    ChunkSummary summary;  // nobody wrote these cells
    summary.count = summary.null_count = elements;
    layer.put_frame(array.chunks, number, frame, 0, static_cast<uint32_t>(size), std::move(summary));
  }
  // A frame whose live bytes fall short of its size would be taken apart before the layer is written.
  layer.keep_whole(frame);
  return {};
}

Result<ArrayFile::LayerDraft> ArrayFile::draft_layer(CancelToken* cancel) {
  LayerDraft d;
  if (stack_)
    for (size_t i = 0; i < touched_.size(); ++i)
      if (!touched_[i]->deleted && !touched_[i]->committed()) STRATA_TRY(shadow_old_chunks(*touched_[i]));
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
  std::unique_lock lock(mu_);
  return flush_alone(cancel).prepend(cat("flush of ", storage_->describe(names_.base()), ": "));
}

Status ArrayFile::flush_alone(CancelToken* cancel) {
  STRATA_TRY(check_handle());
  bool anything = attempt_ || std::any_of(touched_.begin(), touched_.end(),
                                          [](const Ref& def) { return !def->deleted || def->committed(); });
  if (!anything) {
    if (!touched_.empty()) drop_pending();
    return statistics_dirty_ ? save_statistics() : Status();
  }
  if (options_.read_only) return Status(Code::kReadOnly, "the file was opened read-only");
  STRATA_TRY(check(cancel));
  return commit_layer(cancel);
}

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

// The slots must be as they were when the stack was read, but for a layer of ours whose outcome was not known.
Status ArrayFile::prepare_slots(const CancelToken* cancel) {
  if (stack_->unfinished) {
    STRATA_TRY(place_base(stack_->unfinished->base_id));
    auto finished = std::make_shared<Stack>(*stack_);
    finished->unfinished.reset();
    stack_ = std::move(finished);
    fillers_checked_ = false;
  }
  STRATA_ASSIGN(auto slots, names_.list(*storage_));
  STRATA_ASSIGN(bool same, same_base());
  if (slots != stack_->slots || !same) {
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
  if (gaps.empty()) return {};
  for (uint32_t slot : gaps) STRATA_TRY(put_filler(slot, Id128{}, false));
  auto filled = std::make_shared<Stack>(*stack_);
  STRATA_ASSIGN(filled->slots, names_.list(*storage_));
  stack_ = std::move(filled);
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
// that are left, is a state that was committed.
Status ArrayFile::fill_absorbed(const CancelToken* cancel) {
  const Identity* base = stack_->base().identity();
  bool changed = false;
  for (const SlotEntry& s : stack_->slots) {
    if (s.slot > stack_->absorbed || !base) break;
    STRATA_TRY(check(cancel));
    if (s.size <= 4096) {
      auto layer = SealedLayer::open(*storage_, s.key, engine_->codecs);
      if (layer.ok() && (*layer)->identity() && (*layer)->identity()->kind == LayerKind::kFiller) continue;
    }
    STRATA_TRY(put_filler(s.slot, base->layer_id, true));
    if (s.key != names_.slot(s.slot)) STRATA_TRY(storage_->remove(s.key));  // "data.007.af"
    changed = true;
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

// Statistics of what is about to be written, from pending and sealed chunks together.
Status ArrayFile::draft_statistics(LayerDraft& draft, const CancelToken* cancel) {
  std::lock_guard lock(statistics_mu_);
  if (stack_) {
    STRATA_TRY(load_statistics());
  } else {
    statistics_.emplace().complete = true;
  }
  for (const Ref& def : touched_) {
    if (def->deleted || !def->committed()) draft.no_statistics.push_back(def->meta.name);
    if (def->deleted || def->chunks.chunks.empty()) continue;
    bool any = false;
    STRATA_ASSIGN(ArrayStatistics s, compute_statistics(*def, &any, cancel));
    draft.statistics.push_back(std::move(s));
  }
  return {};
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
  if (others != (stack_ ? stack_->slots : std::vector<SlotEntry>()))
    return Status(Code::kConflict, "another writer has changed it since; the changes are still pending");
  stack_ = std::move(now);
  for (const Ref& def : attempt.defined) {
    STRATA_ASSIGN(const Ref found, find_in_stack(def->meta.name));
    def->sources = found->sources;
  }
  attempt_.reset();
  {
    std::lock_guard lock(statistics_mu_);
    statistics_.reset();
  }
  std::lock_guard lock(defs_mu_);
  dictionary_.reset();
  names_cache_.reset();
  return false;
}

Status ArrayFile::commit_layer(CancelToken* cancel) {
  if (attempt_) {
    STRATA_ASSIGN(const bool settled, settle_attempt(cancel));
    if (settled) return {};
  }
  const bool first = stack_ == nullptr;  // then the data goes into the base itself
  if (!first) STRATA_TRY(prepare_slots(cancel));
  const uint32_t slot = first ? 0 : stack_->next_slot;
  if (slot == UINT32_MAX) return Status(Code::kLimit, "no layer number is left");

  STRATA_ASSIGN(LayerDraft draft, draft_layer(cancel));
  draft.section.identity = new_identity(first ? LayerKind::kBase : LayerKind::kData, slot, draft.id);
  if (first || draft.section.identity->file_id.is_nil()) {
    STRATA_ASSIGN(draft.section.identity->file_id, random_id());
  }
  STRATA_TRY(draft_statistics(draft, cancel));
  draft.footer.overlay_index = slot;
  if (!first) draft.footer.base_file_hint = names_.base();
  const std::string key = first ? names_.base() : names_.slot(slot);

  PendingLayer& layer = pending_layer();
  bool may_adopt = std::exchange(may_adopt_, false);  // until this has worked
  STRATA_ASSIGN(WrittenLayer written, write_layer(*storage_, key, "", layer, draft.plan, draft.footer, draft.section, may_adopt, cancel));
  STRATA_TRY(check(cancel));  // the last chance: from here on it is a commit
  if (!first && !folder_synced_) {
    // Else the new slot may survive a power cut and the one below not.
    STRATA_TRY(storage_->sync_folder(names_.folder()));
    folder_synced_ = true;
  }
  // An error does not say that the name was not made: the answer may have been lost.
  attempt_ = Attempt{draft.id, slot, changes_, {}};
  for (const auto& [def, record] : draft.records) attempt_->defined.push_back(def);
  STRATA_ASSIGN(Created made, written.object->create_as(key));
  if (made == Created::kTaken) {
    attempt_.reset();
    return Status(Code::kConflict, cat("another writer has made ", storage_->describe(key), "; nothing was published"));
  }
  if (Status s = storage_->sync_folder(names_.folder()); !s.ok()) {
    return Status(Code::kOutcomeUnknown, cat("the commit was made but may not be durable (", s.message(), "); repeat the flush"));
  }
  attempt_.reset();
  folder_synced_ = true;
  count(engine_->counters.commits);

  // Committed and durable. What fails from here on does not take it back.
  auto object = storage_->open(key);
  Result<std::shared_ptr<const SealedLayer>> sealed = Status(Code::kIo, "");
  if (object.ok())
    sealed = SealedLayer::make(std::move(*object), storage_->describe(key), std::move(written.archive), std::move(written.section),
                               engine_->codecs);
  if (!object.ok() || !sealed.ok()) {
    keep_definitions();
    drop_pending();
    needs_reload_ = true;
    return {};
  }
  uint64_t size = (*sealed)->object().size();
  install(std::move(*sealed), std::move(draft), slot, size);
  // The statistics file is derived: the commit stands without it, and readers see by its ids that it is older. The next flush
  // tries again.
  (void)save_statistics();
  return {};
}

void ArrayFile::install(std::shared_ptr<const SealedLayer> layer, LayerDraft draft, uint32_t slot, uint64_t size) {
  auto next = stack_ ? std::make_shared<Stack>(*stack_) : std::make_shared<Stack>();
  next->layers.push_back(layer);
  if (slot) {
    next->slots.push_back({slot, names_.slot(slot), size});
    next->next_slot = slot + 1;
  }
  if (next->file_id.is_nil() && layer->identity()) next->file_id = layer->identity()->file_id;
  {
    std::lock_guard lock(statistics_mu_);
    for (const auto& name : draft.no_statistics) statistics_->erase(name);
    for (auto& s : draft.statistics) statistics_->put(std::move(s));
  }
  stack_ = std::move(next);
  for (const auto& [def, record] : draft.records) def->sources.insert(def->sources.begin(), LayerRecord{layer, record});
  std::vector<Ref> live;
  for (const Ref& def : touched_)
    if (!def->deleted) live.push_back(def);
  // Attributes that were read stay as they are: the new layer says the same.
  for (const Ref& def : touched_) {
    def->touched = false;
    def->attributes_changed = false;
    def->chunks = PendingChunks{};
    def->chunks.meta = &def->meta;
  }
  touched_.clear();
  pending_names_.clear();
  pending_.reset();
  may_adopt_ = true;
  std::lock_guard lock(defs_mu_);
  for (const Ref& def : live) defs_.insert_or_assign(def->meta.name, def);
  dictionary_.reset();
  names_cache_.reset();
}

}  // namespace strata
