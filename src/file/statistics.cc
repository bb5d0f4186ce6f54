// Statistics of arrays: merged from those of their chunks, which were computed when the chunks were written. `{stem}.stats` is a
// copy of the result for the original and for quick opening; it is believed only while it names the layers that there are.
#include "base/checked.h"
#include "file/array_file.h"
#include "format/stats_ids.h"

namespace strata {
namespace {

constexpr uint64_t kLargestStats = uint64_t{4} << 30;

std::vector<Id128> layer_ids(const Stack& stack) {
  std::vector<Id128> ids;
  for (const auto& layer : stack.layers) ids.push_back(layer->identity() ? layer->identity()->layer_id : Id128{});
  return ids;
}

}  // namespace

void ArrayFile::StatisticsTable::put(ArrayStatistics s) {
  if (rows.size() == rows.capacity()) rows.reserve(2 * rows.size() + 1);  // what can fail comes before the index names the row
  auto [it, is_new] = index.try_emplace(s.name, rows.size());
  if (is_new)
    rows.emplace_back(std::move(s));
  else
    rows[it->second] = std::move(s);
}

void ArrayFile::StatisticsTable::erase(std::string_view name) {
  auto it = index.find(name);
  if (it == index.end()) return;
  rows[it->second].reset();
  index.erase(it);
}

const ArrayStatistics* ArrayFile::StatisticsTable::find(std::string_view name) const {
  auto it = index.find(name);
  return it == index.end() ? nullptr : &*rows[it->second];
}

// Fills statistics_ from `.stats`; without one that holds for stack_, from the chunks (complete = false: array by array).
Status ArrayFile::load_statistics() {
  if (statistics_) return {};
  StatisticsTable table;
  bool own = true;
  for (const auto& layer : stack_->layers) own &= layer->identity() != nullptr;
  // Without ids it is the original's: it holds for what the original last flushed.
  const auto load = [&](const std::string& key, bool originals) -> Status {
    auto bytes = read_object(*storage_, key, kLargestStats);
    const Code why = bytes.code();
    if (!own && why != Code::kOk && why != Code::kNotFound && why != Code::kCorrupt && why != Code::kLimit) return bytes.take_status();
    if (!bytes.ok() || bytes->size() < kTrailerSize) return {};
    Bytes all = bytes->bytes();
    auto archive_size = parse_trailer(all.last(kTrailerSize), kStatsMagic, all.size());
    if (!archive_size.ok()) return {};
    uint64_t at = all.size() - kTrailerSize - *archive_size;
    auto ids = parse_stats_ids(all.first(at), all.subspan(at));
    auto rows = decode_stats(all.subspan(at, *archive_size));
    if (rows.ok() && (at ? ids && *ids == layer_ids(*stack_) : originals)) {
      for (auto& r : *rows) table.put(std::move(r));
      table.complete = true;
    }
    return {};
  };
  // Where its layers are outlying, so are the original's statistics, and they hold only for a base alone: it does not see what
  // lies above one.
  const auto& outlying = names_.outlying_stems();
  STRATA_TRY(load(names_.stats(), outlying.empty()));
  for (const std::string& stem : outlying)
    if (!table.complete && !own && stack_->layers.size() == 1) STRATA_TRY(load(stem + ".stats", true));
  // Missing or unreadable: no error, by the format's rule. Layers of strata say the same themselves, and files of the original
  // without `.stats` have no statistics.
  if (!table.complete) table.complete = !own && outlying.empty();
  statistics_ = std::move(table);
  return {};
}

Result<ChunkStatistics> ArrayFile::chunk_statistics(const ArrayDef& array, const ChunkSource& source, uint64_t number,
                                                    const CancelToken* cancel) {
  const Type type = array.meta.dtype.type;
  uint64_t origin[kMaxRank], extent[kMaxRank];
  const uint64_t elements = array.meta.geometry.chunk_box(number, origin, extent);
  if (source.pending && source.pending->frame != kHot) return to_statistics(type, source.pending->summary);
  std::optional<ChunkStatistics>* kept = nullptr;
  if (source.layer) {
    const SealedLayer& layer = *source.layer->layer;
    if (layer.has_statistics()) {
      ChunkStatistics s = layer.statistics(source.layer->record, source.place);
      if (fits(s, type, elements)) return s;
    }
    // A layer of the original: the chunk is read, once.
    auto& rows = foreign_[{layer.object().version(), source.layer->record}];
    if (rows.size() <= source.place) rows.resize(source.layer->view().chunk_count());
    kept = &rows[source.place];
    if (*kept) return **kept;
  }
  STRATA_ASSIGN(const auto work, admit(work_of(source), cancel));
  STRATA_ASSIGN(ChunkBytes bytes, fetch_chunk(array, source, cancel));
  auto summary = summarize(array.meta, bytes.bytes, elements);
  if (!summary.ok()) return summary.take_status().prepend(cat("array \"", array.meta.name, "\": "));
  ChunkStatistics s = to_statistics(type, *summary);
  if (kept) *kept = s;
  return s;
}

Result<ArrayStatistics> ArrayFile::compute_statistics(const ArrayDef& array, bool* any_chunk, const CancelToken* cancel) {
  ArrayStatistics out;
  out.name = array.meta.name;
  out.row_count = out.null_count = array.meta.geometry.element_count();
  *any_chunk = false;
  for (uint64_t number : stored_chunks(array)) {
    STRATA_TRY(check(cancel));
    *any_chunk = true;
    STRATA_ASSIGN(ChunkStatistics chunk, chunk_statistics(array, find_chunk(array, number), number, cancel));
    merge_statistics(out, chunk);
  }
  return out;
}

Result<ArrayStatistics> ArrayFile::statistics(const Ref& array, const CancelToken* cancel) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_usable(*array));
  auto none = [&] {
    return Status(Code::kNotFound, cat("array \"", array->meta.name, "\" of ", storage_->describe(names_.base()), " has no statistics"));
  };
  if (!stack_ || !array->committed()) return none();
  std::lock_guard statistics_lock(statistics_mu_);
  STRATA_TRY(load_statistics());
  if (const ArrayStatistics* s = statistics_->find(array->meta.name)) return *s;
  if (statistics_->complete) return none();
  // As of the commit: pending chunks do not count.
  STRATA_ASSIGN(const Ref committed, find_in(stack_.get(), array->meta.name));
  bool any = false;
  STRATA_ASSIGN(ArrayStatistics s, compute_statistics(*committed, &any, cancel));
  if (!any) return none();
  statistics_->put(s);
  return s;
}

// After a compaction every array has a row, also one without data; where there was nothing to merge as well.
Status ArrayFile::complete_statistics(const CancelToken* cancel) {
  {
    std::lock_guard lock(statistics_mu_);
    STRATA_TRY(load_statistics());
    for (const std::string& name : committed_names()) {
      if (statistics_->find(name)) continue;
      STRATA_ASSIGN(const Ref def, find_in(stack_.get(), name));
      bool any = false;
      STRATA_ASSIGN(ArrayStatistics s, compute_statistics(*def, &any, cancel));
      statistics_->put(std::move(s));
      statistics_dirty_ = true;
    }
    if (!statistics_dirty_) return {};
  }
  return save_statistics();
}

Status ArrayFile::save_statistics() {
  std::lock_guard lock(statistics_mu_);
  statistics_dirty_ = true;
  STRATA_TRY(load_statistics());
  if (!statistics_->complete) {
    for (const std::string& name : committed_names()) {
      if (statistics_->find(name)) continue;
      STRATA_ASSIGN(const Ref def, find_in(stack_.get(), name));  // as of the commit, whatever is pending
      bool any = false;
      STRATA_ASSIGN(ArrayStatistics s, compute_statistics(*def, &any, nullptr));
      if (any) statistics_->put(std::move(s));
    }
    statistics_->complete = true;
  }
  std::vector<ArrayStatistics> rows;
  rows.reserve(statistics_->rows.size());
  for (const auto& r : statistics_->rows)
    if (r) rows.push_back(*r);
  STRATA_ASSIGN(Buffer archive, encode_stats(rows));
  append_trailer(archive, archive.size(), kStatsMagic);
  Buffer out = encode_stats_ids(layer_ids(*stack_), archive.bytes());
  out.append(archive.bytes());
  STRATA_TRY(replace_derived_object(*storage_, names_.stats(), out.bytes()));
  statistics_dirty_ = false;
  return {};
}

}  // namespace strata
