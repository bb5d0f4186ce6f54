#include "file/check.h"

#include <algorithm>

#include "delta/varlen.h"
#include "format/stats_ids.h"

namespace strata {

std::shared_ptr<Engine> engine_for_checks(const Engine& like) {
  EngineSettings s;
  s.threads = like.executor.threads();
  s.block_cache_bytes = std::min<uint64_t>(16u << 20, like.shares.block_cache / 4);  // chunks that share a frame come one after the other
  s.raw_cache_bytes = 0;
  s.verify = Verify::kAlways;
  return std::make_shared<Engine>(s, like.memory);
}

Status FileCheck::look_at_objects(const FileNames& names) {
  STRATA_ASSIGN(const auto slots, names.list(*storage_));
  STRATA_ASSIGN(const auto parts, names.list_parts(*storage_, Id128{}));
  auto base = SealedLayer::open(*storage_, names.base(), engine_->codecs);
  if (base.code() == Code::kNotFound && slots.empty() && parts.empty()) return base.take_status();
  if (leaves_it_open(base.code())) return base.take_status();
  ++findings_.objects;
  uint32_t absorbed = 0;
  if (!base.ok()) {
    const bool gone = base.code() == Code::kNotFound;
    add({gone ? FindingKind::kMissing : FindingKind::kObject, Severity::kDefect, storage_->describe(names.base()), {}, {}, kNoChunk,
         std::string(base.status().message()), "the file cannot be opened; what its layers hold can be salvaged"});
  } else if (const Identity* id = (*base)->identity()) {
    for (const AbsorbedLayer& a : id->absorbed) absorbed = std::max(absorbed, a.slot);
  }
  for (const SlotEntry& s : slots) {
    STRATA_TRY(check(cancel_));
    if (s.stranger) continue;
    ++findings_.objects;
    auto layer = SealedLayer::open(*storage_, s.key, engine_->codecs);
    if (layer.ok() || layer.code() == Code::kNotFound) continue;  // gone: a compaction is going on
    if (leaves_it_open(layer.code())) return layer.take_status();
    const bool inside = s.slot <= absorbed;
    add({FindingKind::kObject, inside ? Severity::kNote : Severity::kDefect, storage_->describe(s.key), {}, {}, kNoChunk,
         std::string(layer.status().message()),
         inside ? "none: the base has taken this layer in; only the original looks at it"
                : "the file cannot be opened; a repair goes back to the commit before, a salvage keeps all other layers"});
  }
  for (const std::string& part : parts)
    add({FindingKind::kLeftover, Severity::kNote, storage_->describe(part), {}, {}, kNoChunk,
         "a base that a compaction has not put in place, or not yet", "none; the next compaction finishes or removes it"});
  return {};
}

Status FileCheck::look_at_statistics(const FileNames& names, const Stack& stack) {
  auto bytes = read_object(*storage_, names.stats());
  if (ends_the_call(bytes.code())) return bytes.take_status();
  if (bytes.code() == Code::kNotFound) return {};
  ++findings_.objects;
  std::string wrong;
  if (!bytes.ok()) {
    wrong = bytes.status().message();
  } else if (bytes->size() < kTrailerSize) {
    wrong = "it is too short";
  } else {
    const Bytes all = bytes->bytes();
    auto size = parse_trailer(all.last(kTrailerSize), kStatsMagic, all.size());
    if (!size.ok()) {
      wrong = size.status().message();
    } else {
      const uint64_t at = all.size() - kTrailerSize - *size;
      auto ids = parse_stats_ids(all.first(at), all.subspan(at));
      auto rows = decode_stats(all.subspan(at, *size));
      if (!rows.ok())
        wrong = rows.status().message();
      else if (at && !ids)
        wrong = "it does not have its digests";
      else if (ids && ids->size() != stack.layers.size())
        wrong = "it is that of another commit";
    }
  }
  if (!wrong.empty())
    add({FindingKind::kStatistics, Severity::kNote, storage_->describe(names.stats()), {}, {}, kNoChunk, std::move(wrong),
         "none: statistics are computed from the layers; the next commit writes them anew"});
  return {};
}

Status FileCheck::look_at_arrays(ArrayFile& file) {
  STRATA_ASSIGN(const auto names, file.list());
  for (const std::string& name : names) {
    STRATA_TRY(check(cancel_));
    const auto bad = [&](const Status& why, std::string effect) {
      add({FindingKind::kArray, Severity::kDefect, storage_->describe(file.key()), {}, name, kNoChunk, std::string(why.message()),
           std::move(effect)});
    };
    auto array = file.open_array(name);
    if (leaves_it_open(array.code())) return array.take_status();
    if (!array.ok()) {
      bad(array.status(), "the array cannot be read");
      continue;
    }
    auto keys = file.list_attributes(*array);
    if (leaves_it_open(keys.code())) return keys.take_status();
    if (!keys.ok()) {
      bad(keys.status(), "its attributes cannot be read");
      continue;
    }
    for (const std::string& key : *keys) {
      auto value = file.get_attribute(*array, key);
      if (leaves_it_open(value.code())) return value.take_status();
      if (!value.ok()) bad(value.status(), cat("attribute \"", key, "\" cannot be read"));
    }
  }
  return {};
}

template <typename F>
Status FileCheck::each_chunk(ArrayFile& file, bool with_data, F&& on_chunk) {
  struct Chunk {
    uint32_t record;
    uint64_t place;
  };
  const std::shared_ptr<const Stack> stack = file.stack_;
  for (const auto& layer : stack->layers) {
    const FooterView& footer = layer->footer();
    // Chunks by what is read at once for them.
    std::vector<std::pair<Unit, std::vector<Chunk>>> units;
    std::unordered_map<uint64_t, size_t> places;
    std::vector<ArrayFile::Ref> arrays(footer.array_count());  // those that are read
    for (uint32_t r = 0; r < footer.array_count(); ++r) {
      STRATA_TRY(check(cancel_));
      const ArrayView view = footer.array(r);
      auto array = file.open_array(view.name());
      if (leaves_it_open(array.code())) return array.take_status();
      if (array.ok() && std::ranges::any_of((*array)->sources, [&](const LayerRecord& s) { return s.layer == layer && s.record == r; }))
        arrays[r] = std::move(*array);
      for (uint64_t p = 0; p < view.chunk_count(); ++p) {
        auto unit = layer->unit_of(view.chunk(p));
        if (!unit.ok()) {
          STRATA_TRY(on_chunk(layer, r, p, arrays[r].get(), unit.take_status()));
          continue;
        }
        const auto [it, is_new] = places.try_emplace(unit->offset, units.size());
        if (is_new || units[it->second].first.stored != unit->stored) {
          it->second = units.size();
          units.push_back({*unit, {}});
        }
        units[it->second].second.push_back({r, p});
      }
    }
    constexpr size_t kBatch = 256;
    for (size_t first = 0; first < units.size(); first += kBatch) {
      const size_t n = std::min(kBatch, units.size() - first);
      std::vector<std::vector<Status>> found(n);  // of each chunk of each unit
      STRATA_TRY(engine_->executor.parallel_for(n, cancel_, [&](size_t i) -> Status {
        const auto& [unit, chunks] = units[first + i];
        Result<Buffer> raw = Buffer();
        if (with_data) {
          STRATA_ASSIGN(const auto work, engine_->memory->parts.enter(file.work_of(*layer, unit), cancel_));
          auto stored = engine_->memory->scratch.take(unit.stored);
          Status read = file.read_unit(*layer, unit, stored.bytes(), cancel_);
          if (ends_the_call(read.code())) return read;
          raw = read.ok() ? layer->decode(unit, stored.bytes()) : Result<Buffer>(std::move(read));
        }
        for (const Chunk& c : chunks) {
          Status& s = found[i].emplace_back();
          if (!raw.ok()) {
            s = raw.status();
            continue;
          }
          const ArrayView view = footer.array(c.record);
          const ChunkAddress address = view.chunk(c.place);
          const ArrayFile::Ref& array = arrays[c.record];
          if (!array) continue;
          const uint64_t number = array->meta.geometry.chunk_number(view.chunk_coord(c.place));
          if (number == UINT64_MAX) continue;  // outside the grid: nobody's
          s = file.expect_size(*array, number, address.size);
          if (!s.ok() || !with_data) continue;
          const uint64_t from = address.offset - unit.raw_begin;
          if (from > raw->size() || address.size > raw->size() - from) {
            s = Status(Code::kCorrupt, cat(layer->name(), ": a chunk leaves block ", address.block));
          } else if (array->meta.layout.levels()) {
            uint64_t origin[kMaxRank], extent[kMaxRank];
            const uint64_t elements = array->meta.geometry.chunk_box(number, origin, extent);
            s = VarlenView::parse(array->meta.layout, raw->bytes().subspan(from, address.size), elements).take_status();
          }
        }
        advance(cancel_, chunks.size(), unit.raw_limit == UINT64_MAX ? unit.stored : unit.raw_limit);
        return {};
      }));
      for (size_t i = 0; i < n; ++i) {
        const auto& [unit, chunks] = units[first + i];
        findings_.chunks += chunks.size();
        if (with_data) findings_.bytes += unit.stored;
        for (size_t k = 0; k < chunks.size(); ++k)
          if (!found[i][k].ok())
            STRATA_TRY(on_chunk(layer, chunks[k].record, chunks[k].place, arrays[chunks[k].record].get(), std::move(found[i][k])));
      }
    }
  }
  return {};
}

Status FileCheck::run(std::string_view key, bool with_data) {
  STRATA_ASSIGN(const FileNames names, FileNames::make(key));
  const size_t before = findings_.list.size();
  opened_ = nullptr;
  STRATA_TRY(look_at_objects(names));
  const bool defects = std::any_of(findings_.list.begin() + static_cast<ptrdiff_t>(before), findings_.list.end(),
                                   [](const Finding& f) { return f.severity == Severity::kDefect; });
  FileOptions options;
  options.codec = engine_->codecs.find("");
  options.read_only = true;
  auto file = ArrayFile::open(engine_, storage_, key, options, cancel_);
  if (leaves_it_open(file.code())) return file.take_status();
  if (!file.ok()) {
    if (!defects)
      add({FindingKind::kObject, Severity::kDefect, storage_->describe(names.base()), {}, {}, kNoChunk, std::string(file.status().message()),
           "the file cannot be opened; a repair goes back to a commit that is whole"});
    return {};
  }
  if ((*file)->stack_->unfinished)
    add({FindingKind::kLeftover, Severity::kNote, storage_->describe(names.base()), {}, {}, kNoChunk,
         "a compaction was committed, and its base is not in place yet", "none; the next writer finishes it"});
  STRATA_TRY(look_at_statistics(names, *(*file)->stack_));
  opened_ = std::move(*file);
  return look_into(*opened_, with_data);
}

Status FileCheck::look_into(ArrayFile& file, bool with_data) {
  STRATA_TRY(look_at_arrays(file));
  return look_at_chunks(file, with_data);
}

Status FileCheck::look_at_chunks(ArrayFile& file, bool with_data) {
  return each_chunk(file, with_data, [&](const auto& layer, uint32_t record, uint64_t place, const ArrayDef* array, Status why) -> Status {
    const ArrayView view = layer->footer().array(record);
    Finding f{FindingKind::kChunk, Severity::kNote, layer->name(), {}, std::string(view.name()), kNoChunk, std::string(why.message()),
              "none: no array has this chunk any more"};
    const bool unread = is_unread(why.code());
    if (array) {
      f.chunk = array->meta.geometry.chunk_number(view.chunk_coord(place));
      const ChunkSource now = f.chunk == kNoChunk ? ChunkSource() : file.find_chunk(*array, f.chunk);
      f.effect = "none for who reads: a newer layer has the chunk; a compaction leaves it out";
      if (now.layer && now.layer->layer == layer && now.layer->record == record && now.place == place) {
        f.severity = Severity::kDefect;
        f.effect = unread ? "the storage does not give the chunk; whether it is damaged is not known" : "the chunk cannot be read; what is beside it can";
      }
    }
    if (unread && unread_.ok()) unread_ = std::move(why);
    add(std::move(f));
    return {};
  });
}

}  // namespace strata
