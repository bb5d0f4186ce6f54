// Finding a chunk and getting its bytes: from pending data, from the cache, or from storage.
#include "file/array_file.h"

#include <unordered_set>

#include "base/checked.h"
#include "format/digests.h"

namespace strata {

namespace {

// Whether a chunk lies where an array was cut off since its layers were written.
bool was_cut(const ArrayDef& array, uint64_t number) {
  if (array.reach.empty()) return false;
  uint64_t coord[kMaxRank];
  array.meta.geometry.chunk_coord(number, coord);
  for (size_t i = 0; i < array.reach.size(); ++i)
    if (coord[i] >= array.reach[i]) return true;
  return false;
}

}  // namespace

ChunkSource ArrayFile::find_chunk(const ArrayDef& array, uint64_t number) const {
  ChunkSource out;
  uint64_t steps = 1;
  if (!array.chunks.chunks.empty()) out.pending = array.chunks.find(number);
  if (!out.pending && !was_cut(array, number)) {
    for (const LayerRecord& source : array.sources) {
      ++steps;
      if (auto place = source.layer->find_chunk(source.record, array.meta.geometry, number)) {
        out.layer = &source;
        out.place = *place;
        break;
      }
    }
  }
  count(engine_->counters.chunk_lookups);
  count(engine_->counters.lookup_steps, steps);
  return out;
}

Result<std::vector<ArrayFile::ChunkPlace>> ArrayFile::chunk_places(const Ref& array) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check_usable(*array));
  std::vector<ChunkPlace> out;
  const Geometry& g = array->meta.geometry;
  for (uint64_t number : stored_chunks(*array)) {
    ChunkPlace& place = out.emplace_back();
    uint64_t coord[kMaxRank];
    g.chunk_coord(number, coord);
    for (size_t i = 0; i < g.rank(); ++i) place.coord.push_back(static_cast<uint32_t>(coord[i]));
    const ChunkSource source = find_chunk(*array, number);
    if (!source.layer) continue;
    if (const Identity* id = source.layer->layer->identity()) place.layer = id->layer_id;
    place.address = source.layer->view().chunk(source.place);
  }
  return out;
}

// Every chunk that there is, once, in the order in which they first appeared.
std::vector<uint64_t> ArrayFile::stored_chunks(const ArrayDef& array) const {
  const Geometry& g = array.meta.geometry;
  std::vector<uint64_t> out;
  uint64_t most = array.chunks.chunks.size();
  for (const LayerRecord& source : array.sources) most += source.view().chunk_count();
  out.reserve(std::min(most, g.chunk_count()));
  const bool dense = g.chunk_count() / 64 <= most;
  std::vector<bool> bits(dense ? g.chunk_count() : 0);
  std::unordered_set<uint64_t> sparse;
  auto add = [&](uint64_t number) {
    if (dense) {
      if (bits[number]) return;
      bits[number] = true;
    } else if (!sparse.insert(number).second) {
      return;
    }
    out.push_back(number);
  };
  for (auto source = array.sources.rbegin(); source != array.sources.rend(); ++source) {
    const ArrayView view = source->view();
    for (size_t i = 0; i < view.chunk_count(); ++i) {
      const uint64_t number = g.chunk_number(view.chunk_coord(i));
      if (number != UINT64_MAX && !was_cut(array, number)) add(number);
    }
  }
  for (const PendingChunk& c : array.chunks.chunks) add(c.number);
  return out;
}

uint64_t ArrayFile::work_of(const SealedLayer& layer, const Unit& unit) const {
  const uint64_t raw = unit.codec->name().empty() ? 0 : layer.raw_bytes(unit);
  return add_up(add_up(unit.stored, raw), engine_->raw.work(layer.object(), storage_->slab_bytes()));
}

// A page through the cache.
uint64_t ArrayFile::work_of_read_part(const SealedLayer& layer) const {
  const uint64_t page = engine_->verify == Verify::kNever ? 0 : kDigestPage;
  return page + engine_->raw.work(layer.object(), storage_->slab_bytes());
}

uint64_t ArrayFile::work_of(const ChunkSource& source) const {
  if (source.is_fill()) return 0;
  if (source.pending) return source.pending->frame == kHot ? 0 : source.pending->size + pending_->work_of_read(*source.pending);
  const ChunkAddress address = source.layer->view().chunk(source.place);
  const SealedLayer& layer = *source.layer->layer;
  const auto unit = layer.unit_of(address);
  if (!unit.ok()) return 0;  // fetch_chunk has the words
  if (unit->codec->name().empty()) return address.size + work_of_read_part(layer);
  return work_of(layer, *unit);
}

Status ArrayFile::read_stored(const SealedLayer& layer, uint64_t offset, MutBytes out, const CancelToken* cancel) const {
  STRATA_TRY(check(cancel));
  count(engine_->counters.reads);
  count(engine_->counters.read_bytes, out.size());
  return engine_->raw.read(layer.object(), storage_->slab_bytes(), offset, out, cancel);
}

Status ArrayFile::verify(const SealedLayer& layer, const Unit& unit, Bytes stored, Verify when) const {
  Status s = layer.verify(unit, stored, when);
  if (!s.ok()) engine_->log.add(LogLevel::kError, "file", [&] { return std::string(s.message()); });
  return s;
}

Status ArrayFile::read_unit(const SealedLayer& layer, const Unit& unit, MutBytes out, const CancelToken* cancel) const {
  STRATA_TRY(read_stored(layer, unit.offset, out, cancel));
  Status s = verify(layer, unit, out, engine_->verify);
  if (!s.ok() && !out.empty()) std::memset(out.data(), 0, out.size());  // it may be the caller's memory
  return s;
}

// Whole pages are read to where they are wanted; those at the ends go through the cache, as what is beside is often read next.
Result<ArrayFile::PartStep> ArrayFile::next_step(const SealedLayer& layer, const Unit& unit, uint64_t from, uint64_t size) const {
  if (!verifies(unit)) return PartStep{PartStep::kBytes, {}, 0, size};
  const auto disorder = [&] { return Status(Code::kCorrupt, cat(layer.name(), ": the pages of block ", unit.block, " do not ascend")); };
  const Unit page = layer.page_at(unit, from);
  const uint64_t skip = from - (page.offset - unit.offset);
  if (skip >= page.stored) return disorder();
  if (skip == 0 && page.stored <= size) {
    const Unit whole = layer.pages_within(unit, from, from + size);
    if (whole.stored == 0 || whole.stored > size) return disorder();
    return PartStep{PartStep::kPages, whole, 0, whole.stored};
  }
  const uint64_t n = std::min<uint64_t>(size, page.stored - skip);
  if (engine_->verify == Verify::kFirst && layer.is_verified(page)) return PartStep{PartStep::kBytes, {}, 0, n};
  return PartStep{PartStep::kCached, page, skip, n};
}

Status ArrayFile::read_part(const SealedLayer& layer, const Unit& unit, uint64_t from, MutBytes out, const CancelToken* cancel) const {
  while (!out.empty()) {
    STRATA_ASSIGN(const PartStep step, next_step(layer, unit, from, out.size()));
    if (step.way == PartStep::kBytes) {
      STRATA_TRY(read_stored(layer, unit.offset + from, out.first(step.size), cancel));
    } else if (step.way == PartStep::kPages) {
      STRATA_TRY(read_unit(layer, step.unit, out.first(step.size), cancel));
    } else {
      STRATA_ASSIGN(const SharedBuffer bytes, fetch_unit(layer, step.unit, cancel));
      if (bytes->size() < step.skip + step.size)
        return Status(Code::kCorrupt, cat(layer.name(), ": blocks overlap at ", step.unit.offset));
      std::memcpy(out.data(), bytes->data() + step.skip, step.size);
    }
    out = out.subspan(step.size);
    from += step.size;
  }
  return {};
}

Result<SharedBuffer> ArrayFile::fetch_unit(const SealedLayer& layer, const Unit& unit, const CancelToken* cancel) const {
  return engine_->blocks.get({layer.object().version(), unit.offset}, cancel, [&]() -> Result<Buffer> {
    if (unit.codec->name().empty()) {
      Buffer page(unit.stored);
      STRATA_TRY(read_unit(layer, unit, page.bytes(), cancel));
      return page;
    }
    auto stored = engine_->memory->scratch.take(unit.stored);
    STRATA_TRY(read_unit(layer, unit, stored.bytes(), cancel));
    STRATA_ASSIGN(Buffer raw, decoding(engine_->counters, [&] { return layer.decode(unit, stored.bytes()); }));
    count(engine_->counters.decoded_bytes, raw.size());
    return raw;
  });
}

std::string ArrayFile::describe_chunk(const ArrayDef& array, uint64_t number) {
  return cat("chunk ", number, " of array \"", array.meta.name, "\": ");
}

Status ArrayFile::expect_size(const ArrayDef& array, uint64_t number, uint64_t size) const {
  uint64_t origin[kMaxRank], extent[kMaxRank];
  uint64_t elements = array.meta.geometry.chunk_box(number, origin, extent);
  size_t width = array.meta.width();
  // A remainder that is less than an element is ignored, as the original does.
  if (width == 0 || size / width == elements) return {};
  return Status(Code::kCorrupt, cat("chunk ", number, " of array \"", array.meta.name, "\" in ", storage_->describe(names_.base()),
                                    " has ", size, " bytes, ", elements * width, " are expected"));
}

Result<ArrayFile::ChunkBytes> ArrayFile::fetch_chunk(const ArrayDef& array, const ChunkSource& source,
                                                     const CancelToken* cancel) const {
  ChunkBytes out;
  if (source.pending) {
    if (source.pending->frame == kHot) {
      out.bytes = source.pending->hot.bytes();  // lives as long as the lock is held
      return out;
    }
    auto own = std::make_shared<Buffer>(source.pending->size);
    STRATA_TRY(pending_->read_chunk(*source.pending, own->bytes()));
    out.bytes = own->bytes();
    out.owner = std::move(own);
    return out;
  }
  const SealedLayer& layer = *source.layer->layer;
  ChunkAddress address = source.layer->view().chunk(source.place);
  STRATA_ASSIGN(Unit unit, layer.unit_of(address));
  const auto where = [&] {
    return describe_chunk(array, array.meta.geometry.chunk_number(source.layer->view().chunk_coord(source.place)));
  };
  if (unit.codec->name().empty()) {
    auto own = std::make_shared<Buffer>(address.size);
    STRATA_TRY(read_part(layer, unit, address.offset - unit.raw_begin, own->bytes(), cancel).prepend(where));
    out.bytes = own->bytes();
    out.owner = std::move(own);
    return out;
  }
  auto whole = fetch_unit(layer, unit, cancel);
  if (!whole.ok()) return whole.take_status().prepend(where);
  out.owner = std::move(*whole);
  uint64_t from = address.offset - unit.raw_begin;
  if (from > out.owner->size() || address.size > out.owner->size() - from)
    return Status(Code::kCorrupt, cat(layer.name(), ": a chunk of array \"", array.meta.name, "\" leaves block ", address.block));
  out.bytes = out.owner->bytes().subspan(from, address.size);
  return out;
}

}  // namespace strata
