// Merging all layers into a new base (docs/commits.md). The commit is a marker in the next slot that names the new base;
// then the base is put in place, then the absorbed slots become fillers. Values never change by it.
#include <algorithm>
#include <unordered_map>

#include "delta/layer_writer.h"
#include "file/array_file.h"

namespace strata {
namespace {

constexpr size_t kBatch = 1u << 12;  // units handled at a time, fewer where they are large

// A chunk on its way into the new base.
struct Moving {
  PendingChunks* array;
  uint64_t number;
  const SealedLayer* layer;
  Unit unit;
  uint32_t from;  // in the decompressed unit
  uint32_t size;
  ChunkSummary summary;
  bool summarized;
};

ChunkSummary to_summary(const ChunkStatistics& s) {
  ChunkSummary out;
  out.count = s.count;
  out.null_count = s.null_count;
  if (s.min && s.max) {
    out.min = s.min->bits;
    out.max = s.max->bits;
    if (is_text_like(s.min->type)) out.text = std::make_unique<std::pair<std::string, std::string>>(s.min->text, s.max->text);
  }
  return out;
}

}  // namespace

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
  if (!lock.ok()) return lock.take_status().prepend(where());
  if (options_.read_only) return Status(Code::kReadOnly, where() + "the file was opened read-only");
  STRATA_TRY(flush_alone(cancel).prepend(where()));
  if (needs_reload_) STRATA_TRY(reload(cancel).prepend(where()));  // committed, but not read back
  if (!stack_) return {};
  return compact_alone(cancel).prepend(where());
}

Status ArrayFile::compact_alone(CancelToken* cancel) {
  STRATA_TRY(prepare_slots(cancel));
  if (!needs_compaction()) return {};
  const uint32_t slot = stack_->next_slot;

  // Arrays in the order of their listing, chunks in the order in which they first appeared.
  PendingLayer layer(settings_, FrameLogPlace{storage_, names_.base(), engine_->temp_storage}, &engine_->executor,
                     &engine_->pending, &engine_->scratch, &engine_->counters.spilled_bytes);
  struct Target {
    Ref def;
    PendingChunks chunks;
  };
  std::vector<std::unique_ptr<Target>> targets;
  std::vector<Moving> moving;
  std::vector<std::vector<size_t>> units;  // of each unit its chunks in `moving`
  struct UnitKey {
    const SealedLayer* layer;
    uint64_t offset, stored;  // with no codec, chunks of several sizes can begin at one place
    bool operator==(const UnitKey&) const = default;
  };
  struct UnitHash {
    size_t operator()(const UnitKey& k) const { return reinterpret_cast<uintptr_t>(k.layer) * 31 + k.offset * 0x9E3779B97F4A7C15u; }
  };
  std::unordered_map<UnitKey, size_t, UnitHash> unit_index;
  for (const std::string& name : committed_names()) {
    STRATA_TRY(check(cancel));
    auto& target = *targets.emplace_back(std::make_unique<Target>());
    STRATA_ASSIGN(target.def, resolve(name));
    target.chunks.meta = &target.def->meta;
    const Geometry& g = target.def->meta.geometry;
    std::unordered_map<uint64_t, bool> seen;
    for (auto source = target.def->sources.rbegin(); source != target.def->sources.rend(); ++source) {
      ArrayView view = source->view();
      for (size_t i = 0; i < view.chunk_count(); ++i) {
        uint64_t number = g.chunk_number(view.chunk_coord(i));
        if (number == UINT64_MAX || !seen.emplace(number, true).second) continue;
        ChunkSource newest = find_chunk(*target.def, number);
        const SealedLayer& from = *newest.layer->layer;
        ChunkAddress address = newest.layer->view().chunk(newest.place);
        STRATA_TRY(expect_size(*target.def, number, address.size));
        STRATA_ASSIGN(Unit unit, from.unit_of(address));
        Moving m{&target.chunks, number, &from, unit, static_cast<uint32_t>(address.offset - unit.raw_begin), address.size, {}, false};
        if (from.has_statistics()) {
          ChunkStatistics s = from.statistics(newest.layer->record, newest.place);
          if ((m.summarized = s.count != 0)) m.summary = to_summary(s);
        }
        auto [it, is_new] = unit_index.try_emplace({&from, unit.offset, unit.stored}, units.size());
        if (is_new) units.emplace_back();
        units[it->second].push_back(moving.size());
        moving.push_back(std::move(m));
      }
    }
  }
  if (cancel) cancel->begin(moving.size());

  // Units of which everything is still wanted are copied as they are, others are taken apart.
  struct Made {
    Frame frame;
    bool copied = false;
    std::vector<Buffer> raw;  // of each chunk, when it was taken apart; empty: it only hid one of an older definition
  };
  std::vector<Made> made;
  for (size_t first = 0, n; first < units.size(); first += n) {
    uint64_t held = 0;  // at most, when all of them are taken apart
    for (n = 0; n < kBatch && first + n < units.size() && (n == 0 || held < engine_->pending.limit()); ++n)
      for (size_t m : units[first + n]) held += moving[m].size;
    made.clear();
    made.resize(n);
    STRATA_TRY(engine_->executor.parallel_for(n, cancel, [&](size_t i) -> Status {
      const auto& members = units[first + i];
      const Moving& head = moving[members.front()];
      uint64_t wanted = 0;
      bool summarized = true;
      for (size_t m : members) {
        wanted += moving[m].size;
        summarized &= moving[m].summarized;
      }
      auto stored = engine_->scratch.take(head.unit.stored);
      STRATA_TRY(read_stored(*head.layer, head.unit.offset, stored.bytes(), cancel));
      const bool copy = head.unit.exact && wanted == head.unit.raw_limit && head.unit.raw_limit <= UINT32_MAX &&
                        head.unit.codec->name() == settings_.codec->name();
      if (copy && summarized) {
        STRATA_ASSIGN(made[i].frame, layer.append_stored(stored.bytes(), static_cast<uint32_t>(head.unit.raw_limit)));
        made[i].copied = true;
        advance(cancel, members.size(), wanted);
        return {};
      }
      STRATA_ASSIGN(Buffer raw, head.layer->decode(head.unit, stored.bytes()));
      for (size_t k : members) {
        Moving& m = moving[k];
        if (m.from > raw.size() || m.size > raw.size() - m.from)
          return Status(Code::kCorrupt, cat(m.layer->name(), ": a chunk of array \"", m.array->meta->name, "\" leaves its block"));
        uint64_t origin[kMaxRank], extent[kMaxRank];
        uint64_t elements = m.array->meta->geometry.chunk_box(m.number, origin, extent);
        const Bytes bytes = raw.bytes().subspan(m.from, m.size);
        if (!m.summarized || (!copy && !m.summary.has_range())) {
          STRATA_ASSIGN(ChunkSummary found, summarize(*m.array->meta, bytes, elements));
          if (m.summarized && found.has_range()) {  // all null, and not for its values: nobody wrote it
            made[i].raw.emplace_back();
            continue;
          }
          m.summary = std::move(found);
          m.summarized = true;
        }
        if (!copy) made[i].raw.push_back(Buffer::copy_of(bytes));
      }
      if (copy) {
        STRATA_ASSIGN(made[i].frame, layer.append_stored(stored.bytes(), static_cast<uint32_t>(head.unit.raw_limit)));
        made[i].copied = true;
      }
      advance(cancel, members.size(), wanted);
      return {};
    }));
    for (size_t i = 0; i < n; ++i) {
      const auto& members = units[first + i];
      if (made[i].copied) {
        uint32_t frame = layer.add_frame(made[i].frame);
        for (size_t k : members) {
          Moving& m = moving[k];
          layer.put_frame(*m.array, m.number, frame, m.from, m.size, std::move(m.summary));
        }
      } else {
        for (size_t k = 0; k < members.size(); ++k)
          if (made[i].raw[k].size())
            layer.put_hot(*moving[members[k]].array, moving[members[k]].number, std::move(made[i].raw[k]));
      }
    }
    STRATA_TRY(layer.relieve(cancel));
  }
  std::vector<PendingChunks*> all;
  for (auto& t : targets) all.push_back(&t->chunks);
  STRATA_TRY(layer.settle(all, cancel));

  // The base.
  BlockPlan plan = plan_blocks(layer);
  STRATA_ASSIGN(Id128 base_id, random_id());
  Footer footer;
  Section section;
  section.identity = new_identity(LayerKind::kBase, 0, base_id);
  if (section.identity->file_id.is_nil()) {
    STRATA_ASSIGN(section.identity->file_id, random_id());
  }
  for (const SlotEntry& s : stack_->slots) {
    AbsorbedLayer a{s.slot, {}};
    for (const auto& l : stack_->layers)
      if (l->identity() && l->identity()->slot == s.slot && l->identity()->kind == LayerKind::kData) a.id = l->identity()->layer_id;
    section.identity->absorbed.push_back(a);
  }
  DictionaryBuilder dictionary_builder;
  if (dictionary().consistent()) dictionary_builder.begin_with(dictionary().newest_keys(), dictionary().newest_values());
  // Rows of `.stats` for every array that there is, as the original's compaction makes them.
  StatisticsTable table;
  table.complete = true;
  for (auto& t : targets) {
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
      r.chunks.push_back(plan.address(c));
      rows.chunks.push_back(to_statistics(t->def->meta.dtype.type, c.summary));
      merge_statistics(total, rows.chunks.back());
    }
    if (!rows.chunks.empty()) section.statistics.push_back(std::move(rows));
    footer.arrays.push_back(std::move(r));
    table.put(std::move(total));
  }
  footer.blocks = plan.blocks;
  if (!plan.frame_index.frames.empty()) section.frames = plan.frame_index;
  dictionary_builder.move_to(footer);
  STRATA_ASSIGN(WrittenLayer base, write_layer(*storage_, names_.base(), names_.part(base_id), layer, plan, footer, section, false, cancel));
  STRATA_TRY(check(cancel));
  STRATA_TRY(storage_->sync_folder(names_.folder()));

  // The commit.
  STRATA_ASSIGN(Id128 marker_id, random_id());
  Section marker;
  marker.identity = new_identity(LayerKind::kMarker, slot, marker_id);
  marker.identity->base_id = base_id;
  marker.identity->absorbed = section.identity->absorbed;
  Footer marker_footer;
  marker_footer.overlay_index = slot;
  marker_footer.base_file_hint = names_.base();
  STRATA_ASSIGN(auto written, write_empty_layer(*storage_, names_.slot(slot), "", marker_footer, marker));
  // An error does not say that there is no marker, and with one the part is the base.
  base.object->keep();
  needs_reload_ = true;
  auto created = written.object->create_as(names_.slot(slot));
  if (!created.ok())
    return Status(Code::kOutcomeUnknown, cat("the compaction may or may not have been committed (", created.status().message(),
                                             "); repeat it"));
  if (*created == Created::kTaken) {
    needs_reload_ = false;
    (void)storage_->remove(names_.part(base_id));  // not needed any more; an orphan does no harm
    return Status(Code::kConflict, "another writer has committed meanwhile; nothing was changed");
  }
  if (Status s = storage_->sync_folder(names_.folder()); !s.ok())
    return Status(Code::kOutcomeUnknown, cat("the compaction was committed but may not be durable (", s.message(), "); repeat it"));
  count(engine_->counters.commits);

  // From here on whoever opens the file sees the new base, in its part or in place.
  STRATA_TRY(place_base(base_id));
  STRATA_TRY(reload(nullptr));
  STRATA_TRY(fill_absorbed(nullptr));
  {
    std::lock_guard lock(statistics_mu_);
    statistics_ = std::move(table);
  }
  return save_statistics();
}

}  // namespace strata
