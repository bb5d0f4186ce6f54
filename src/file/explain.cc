#include "file/explain.h"

namespace strata {

void Explainer::chunk(const ChunkSource& source) {
  ++out.chunks;
  if (source.pending) ++out.chunks_pending;
  else if (source.is_fill()) ++out.chunks_unwritten;
  else if (layers_.insert(source.layer->layer.get()).second) ++out.layers;
}

void Explainer::stored(const SealedLayer& layer, uint64_t offset, uint64_t size) {
  const auto request = [&](uint64_t bytes) {
    ++out.requests;
    out.request_bytes += bytes;
  };
  const ObjectReader& object = layer.object();
  const RawCache& raw = file_.engine_->raw;
  const uint64_t slab = raw.slab_for(object, file_.storage_->slab_bytes(), offset, size);
  if (!slab) return request(size);
  for (uint64_t number = offset / slab; number * slab < offset + size; ++number) {
    const CacheKey key{object.version(), number};
    const uint64_t bytes = std::min(slab, object.size() - number * slab);
    if (raw.slabs().contains(key) || slabs_.contains(key)) continue;
    request(bytes);
    if (raw.slabs().has_room(key, bytes)) slabs_.insert(key);
  }
}

void Explainer::decoded(const Unit& unit) {
  if (unit.codec->name().empty()) return;
  ++out.decoded_units;
  out.decoded_bytes += unit.raw_limit;
}

void Explainer::fetched(const SealedLayer& layer, const Unit& unit) {
  const Cache& blocks = file_.engine_->blocks;
  const CacheKey key{layer.object().version(), unit.offset};
  if (blocks.contains(key) || loaded_.contains(key)) {
    ++out.cache_hits;
    return;
  }
  ++out.cache_misses;
  stored(layer, unit.offset, unit.stored);
  decoded(unit);
  if (blocks.has_room(key, unit.codec->name().empty() ? unit.stored : unit.raw_limit)) loaded_.insert(key);
}

Status Explainer::part(const SealedLayer& layer, const Unit& unit, uint64_t from, uint64_t size) {
  while (size) {
    STRATA_ASSIGN(const ArrayFile::PartStep step, file_.next_step(layer, unit, from, size));
    const auto verify = [&](const Unit& page) { return verified_.insert({layer.object().version(), page.offset}).second; };
    if (step.way == ArrayFile::PartStep::kCached && (file_.engine_->verify != Verify::kFirst || verify(step.unit))) {
      fetched(layer, step.unit);
    } else {
      stored(layer, unit.offset + from, step.size);
      if (step.way == ArrayFile::PartStep::kPages && file_.engine_->verify == Verify::kFirst)
        for (uint64_t at = from; at < from + step.size;) {
          const Unit page = layer.page_at(unit, at);
          verify(page);
          at = page.offset - unit.offset + page.stored;
        }
    }
    from += step.size;
    size -= step.size;
  }
  return {};
}

Result<ReadExplanation> ArrayFile::explain_varlen(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                                                  const CancelToken* cancel) const {
  const Geometry& g = array->meta.geometry;
  STRATA_TRY(g.check_region(start, count));
  Explainer explainer(*this);
  for (uint64_t i = 0; i < g.chunks_in(start, count); ++i) {
    STRATA_TRY(check(cancel));
    const ChunkSource source = find_chunk(*array, g.chunk_in(start, count, i));
    explainer.chunk(source);
    if (source.is_fill() || source.pending) continue;
    const SealedLayer& layer = *source.layer->layer;
    const ChunkAddress address = source.layer->view().chunk(source.place);
    STRATA_ASSIGN(const Unit unit, layer.unit_of(address));
    ++explainer.out.units;
    if (!unit.codec->name().empty()) explainer.fetched(layer, unit);
    else STRATA_TRY(explainer.part(layer, unit, address.offset - unit.raw_begin, address.size));
  }
  return explainer.out;
}

}  // namespace strata
