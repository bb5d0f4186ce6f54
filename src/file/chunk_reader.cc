// Finding a chunk and getting its bytes: from pending data, from the cache, or from storage.
#include "file/array_file.h"

#include <unordered_set>

#include "base/checked.h"

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

Status ArrayFile::read_stored(const SealedLayer& layer, uint64_t offset, MutBytes out, const CancelToken* cancel) const {
  STRATA_TRY(check(cancel));
  count(engine_->counters.reads);
  count(engine_->counters.read_bytes, out.size());
  return engine_->raw.read(layer.object(), storage_->slab_bytes(), offset, out, cancel);
}

Result<SharedBuffer> ArrayFile::fetch_unit(const SealedLayer& layer, const Unit& unit, const CancelToken* cancel) const {
  return engine_->blocks.get({layer.object().version(), unit.offset}, cancel, [&]() -> Result<Buffer> {
    auto stored = engine_->scratch.take(unit.stored);
    STRATA_TRY(read_stored(layer, unit.offset, stored.bytes(), cancel));
    STRATA_ASSIGN(Buffer raw, layer.decode(unit, stored.bytes()));
    count(engine_->counters.units_decoded);
    count(engine_->counters.decoded_bytes, raw.size());
    return raw;
  });
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
  if (unit.codec->name().empty()) {
    auto own = std::make_shared<Buffer>(address.size);
    STRATA_TRY(read_stored(layer, unit.offset, own->bytes(), cancel));
    out.bytes = own->bytes();
    out.owner = std::move(own);
    return out;
  }
  STRATA_ASSIGN(out.owner, fetch_unit(layer, unit, cancel));
  uint64_t from = address.offset - unit.raw_begin;
  if (from > out.owner->size() || address.size > out.owner->size() - from)
    return Status(Code::kCorrupt, cat(layer.name(), ": a chunk of array \"", array.meta.name, "\" leaves block ", address.block));
  out.bytes = out.owner->bytes().subspan(from, address.size);
  return out;
}

}  // namespace strata
