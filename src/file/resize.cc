// Growing and shrinking. Chunks at an edge hold the cells inside the shape only (docs/format.md, "Chunks"), so those whose edge moves
// are written anew; all others stay where they are. What is cut off is hidden like the chunks of a deleted array.
#include <algorithm>
#include <cstring>

#include "base/checked.h"
#include "base/without_throwing.h"
#include "delta/varlen.h"
#include "file/array_file.h"
#include "file/rows.h"

namespace strata {

// A chunk whose extent changes.
struct ArrayFile::Edge {
  uint64_t number = 0;  // in the old grid
  Buffer raw;           // its new bytes, or
  std::optional<PendingLayer::MadeFrame> made;
};

// The way back from a growth.
struct ArrayFile::Undo {
  bool done = false;  // something was changed
  Geometry geometry;
  std::shared_ptr<const Geometry> seen;
  bool resized = false, touched = false;
  size_t known = 0;  // chunks that were pending before
  std::vector<PendingChunk> replaced;
  std::optional<PendingLayer::Numbers> numbers;
};

// Numbers, in the old grid, of the chunks that there are and whose extent changes. Along each axis these are those at one index.
std::vector<uint64_t> ArrayFile::edge_chunks(const ArrayDef& array, const Geometry& to) const {
  const Geometry& from = array.meta.geometry;
  const size_t rank = from.rank();
  std::vector<uint64_t> box(rank);  // what both grids have
  std::vector<std::optional<uint64_t>> edge(rank);
  uint64_t candidates = 0;
  for (size_t i = 0; i < rank; ++i) {
    box[i] = std::min(from.grid()[i], to.grid()[i]);
    if (box[i] == 0) return {};
    const uint64_t origin = (box[i] - 1) * from.chunk_shape()[i];
    const uint64_t extent = from.chunk_shape()[i];
    if (std::min(extent, from.shape()[i] - origin) != std::min(extent, to.shape()[i] - origin)) edge[i] = box[i] - 1;
  }
  for (size_t i = 0; i < rank; ++i) {
    if (!edge[i]) continue;
    uint64_t slab = 1;
    for (size_t k = 0; k < rank; ++k) slab *= k == i ? 1 : box[k];  // fits: no more than there are chunks
    candidates += std::min(slab, from.chunk_count());
  }
  auto on_edge = [&](const uint64_t* coord) {
    bool any = false;
    for (size_t i = 0; i < rank; ++i) {
      if (coord[i] >= box[i]) return false;
      any |= edge[i] && coord[i] == *edge[i];
    }
    return any;
  };
  std::vector<uint64_t> out;
  uint64_t stored = array.chunks.chunks.size();
  for (const LayerRecord& source : array.sources) stored += source.view().chunk_count();
  uint64_t coord[kMaxRank];
  if (stored < candidates) {  // few of very many: those that there are
    for (uint64_t number : stored_chunks(array)) {
      from.chunk_coord(number, coord);
      if (on_edge(coord)) out.push_back(number);
    }
    return out;
  }
  for (size_t axis = 0; axis < rank; ++axis) {
    if (!edge[axis]) continue;
    // All of this axis' edge, but for what an earlier axis had.
    std::fill_n(coord, rank, 0);
    coord[axis] = *edge[axis];
    for (bool more = true; more;) {
      bool earlier = false;
      for (size_t k = 0; k < axis; ++k) earlier |= edge[k] && coord[k] == *edge[k];
      if (!earlier) {
        uint64_t number = 0;
        for (size_t k = 0; k < rank; ++k) number = number * from.grid()[k] + coord[k];
        if (!find_chunk(array, number).is_fill()) out.push_back(number);
      }
      more = false;
      for (size_t k = rank; k-- > 0 && !more;) {
        if (k == axis) continue;
        more = ++coord[k] < box[k];
        if (!more) coord[k] = 0;
      }
    }
  }
  return out;
}

namespace {

// By what was noted of the chunk when it was written.
bool counts_nulls_only(const ChunkSource& source, uint64_t elements) {
  uint64_t count = 0, nulls = 0;
  if (source.pending) {
    if (source.pending->frame == kHot) return false;
    count = source.pending->summary.count;
    nulls = source.pending->summary.null_count;
  } else if (source.layer && source.layer->layer->has_statistics()) {
    const ChunkStatistics s = source.layer->layer->statistics(source.layer->record, source.place);
    count = s.count;
    nulls = s.null_count;
  }
  return count == elements && nulls == elements && elements > 0;
}

}  // namespace

Status ArrayFile::make_edge(const ArrayDef& array, const Geometry& to, bool compress, Edge& edge, const CancelToken* cancel) {
  const Geometry& from = array.meta.geometry;
  const size_t rank = from.rank();
  uint64_t origin[kMaxRank], old_extent[kMaxRank], extent[kMaxRank];
  const uint64_t old_elements = from.chunk_box(edge.number, origin, old_extent);
  uint64_t wide[kMaxRank];
  uint32_t coord[kMaxRank];
  from.chunk_coord(edge.number, wide);
  std::copy_n(wide, rank, coord);
  const uint64_t number = to.chunk_number({coord, rank});
  const uint64_t elements = to.chunk_box(number, origin, extent);
  uint64_t count[kMaxRank];
  for (size_t i = 0; i < rank; ++i) count[i] = std::min(old_extent[i], extent[i]);
  const std::span<const uint64_t> start(origin, rank), region(count, rank);

  const ChunkSource found = find_chunk(array, edge.number);
  const uint64_t bytes = array.meta.width() ? elements * array.meta.width() : found.size() + elements * sizeof(uint32_t);
  STRATA_ASSIGN(const auto work, admit(add_up(bytes + pending_->work_of_frame(bytes), work_of(found)), cancel));
  STRATA_ASSIGN(const ChunkBytes old, fetch_chunk(array, found, cancel));
  STRATA_TRY(expect_size(array, edge.number, old.bytes.size()));
  // A chunk of fill that only hides an older one stays that: nobody wrote its cells, though by their values they may count.
  bool hides = false;
  if (counts_nulls_only(found, old_elements)) {
    STRATA_ASSIGN(const ChunkSummary summary, summarize(array.meta, old.bytes, old_elements));
    hides = summary.has_range();
  }
  const Overlap target = overlap_of(to, number, start, region);
  if (const uint64_t width = array.meta.width()) {
    int64_t strides[kMaxRank];
    row_major_strides(rank, old_extent, width, strides);
    STRATA_TRY(compose_chunk(array.meta, target, {}, region, WriteSource::of(old.bytes.data(), strides), edge.raw));
  } else {
    STRATA_ASSIGN(const VarlenView view, VarlenView::parse(array.meta.layout, old.bytes, old_elements));
    std::vector<VarlenRun> rows;
    for_each_row(overlap_of(from, edge.number, start, region), region,
                 [&](uint64_t c, uint64_t, uint64_t n) { rows.push_back({&view, nullptr, c, n}); });
    STRATA_ASSIGN(edge.raw, compose_varlen(array.meta.layout, target, VarlenView(), region, rows));
  }
  if (!compress && !hides) return {};
  STRATA_ASSIGN(edge.made, pending_->make_frame(array.meta, edge.raw.bytes(), elements));
  if (hides) {
    edge.made->summary = ChunkSummary();
    edge.made->summary.count = edge.made->summary.null_count = elements;
  }
  edge.raw = Buffer();
  return {};
}

Status ArrayFile::resize_alone(const Ref& array, std::span<const uint64_t> shape, Undo& undo, CancelToken* cancel) {
  const Geometry from = array->meta.geometry;
  auto where = [&] { return cat("array \"", array->meta.name, "\" of ", storage_->describe(names_.base()), ": "); };
  if (shape.size() != from.rank())
    return Status(Code::kInvalid, cat(where(), "the new shape has ", shape.size(), " extents, the array ", from.rank()));
  auto made = storable_geometry(array->meta.layout, shape, from.chunk_shape());
  if (!made.ok()) return made.take_status().prepend(where());
  const Geometry& to = *made;
  if (to == from) return {};
  if (!array->meta.width() && !array->meta.layout.levels()) return no_fixed_width(array->meta).prepend(where());
  std::vector<uint64_t> reach;
  bool smaller = false;
  for (size_t i = 0; i < shape.size(); ++i) {
    smaller |= to.grid()[i] < from.grid()[i];
    reach.push_back(std::min(to.grid()[i], array->reach.empty() ? from.grid()[i] : array->reach[i]));
  }
  if (!smaller) reach = array->reach;
  if (!array->committed()) reach.clear();
  if (smaller && array->committed()) STRATA_TRY(check_fold(*array, to, "the smaller array"));

  // Everything that may fail comes before the first change.
  std::vector<Edge> edges;
  uint64_t bytes = 0;
  for (uint64_t number : edge_chunks(*array, to)) {
    uint64_t origin[kMaxRank], extent[kMaxRank];
    bytes += from.chunk_box(number, origin, extent) * std::max<uint64_t>(1, array->meta.width());
    edges.emplace_back().number = number;
  }
  PendingLayer& layer = pending_layer();
  if (cancel) cancel->begin(edges.size());
  const bool compress = bytes > engine_->memory->batch_bytes();
  STRATA_ASSIGN(const auto batch, engine_->memory->batches.enter(compress ? 0 : bytes, cancel));
  STRATA_TRY(engine_->executor.parallel_for(edges.size(), cancel, [&](size_t i) -> Status {
    STRATA_TRY(make_edge(*array, to, compress, edges[i], cancel));
    advance(cancel, 1, edges[i].raw.size());
    return {};
  }));
  undo.geometry = from;
  undo.seen = array->geometry();
  undo.resized = array->resized;
  undo.touched = array->touched;
  undo.known = array->chunks.chunks.size();
  undo.replaced.reserve(edges.size());
  Geometry now = to;
  auto seen = std::make_shared<const Geometry>(to);
  touch(array);
  undo.done = true;
  try {
    for (Edge& e : edges) {
      if (array->chunks.find(e.number)) undo.replaced.push_back(layer.take(array->chunks, e.number));
      if (e.made) {
        const uint32_t frame = layer.add_frame(e.made->frame);
        layer.put_frame(array->chunks, e.number, frame, 0, e.made->frame.raw, std::move(e.made->summary));
      } else {
        layer.put_hot(array->chunks, e.number, std::move(e.raw));
      }
    }
    if (!array->chunks.chunks.empty() && (smaller || !from.same_numbers(to)))
      undo.numbers = layer.renumber(array->chunks, from, to);
  } catch (...) {
    take_back(array, undo);
    throw;
  }
  array->set_geometry(std::move(now), std::move(seen));
  array->reach = std::move(reach);
  array->resized = true;
  return {};
}

// REQUIRES: the array grew, or the numbers are as they were.
void ArrayFile::take_back(const Ref& array, Undo& undo) {
  if (!undo.done) return;
  PendingLayer& layer = *pending_;
  if (undo.numbers) PendingLayer::restore_numbers(array->chunks, std::move(*undo.numbers));
  layer.forget_added(array->chunks, undo.known);
  for (PendingChunk& old : undo.replaced) layer.restore(array->chunks, std::move(old));
  array->set_geometry(std::move(undo.geometry), std::move(undo.seen));
  array->resized = undo.resized;
  if (!undo.touched) untouch(array);
}

Status ArrayFile::resize(const Ref& array, std::span<const uint64_t> shape, CancelToken* cancel) {
  STRATA_ASSIGN(const Alone lock, lock_alone());
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_writable(*array));
  Undo undo;
  STRATA_TRY(resize_alone(array, shape, undo, cancel));
  return pending_ ? pending_->relieve(nullptr) : Status();  // it is done: too late to be cancelled
}

Status ArrayFile::append(const Ref& array, size_t axis, std::span<const uint64_t> count, const WriteSource& source,
                         uint64_t* start, CancelToken* cancel) {
  STRATA_TRY(check_source(*array, count, source));
  STRATA_ASSIGN(const Alone lock, lock_alone());
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_writable(*array));
  const std::vector<uint64_t> before(array->meta.geometry.shape().begin(), array->meta.geometry.shape().end());
  std::vector<uint64_t> shape = before, at(before.size());
  for (size_t i = 0; i < shape.size(); ++i)
    if (i != axis && count[i] != shape[i])
      return Status(Code::kRange, cat("array \"", array->meta.name, "\" has ", shape[i], " elements along axis ", i,
                                      " now, what is appended has ", count[i]));
  *start = at[axis] = shape[axis];
  if (add_overflows(shape[axis], count[axis], &shape[axis]))
    return Status(Code::kLimit, cat("array \"", array->meta.name, "\": appending ", count[axis], " along axis ", axis));
  Undo undo;
  STRATA_TRY(resize_alone(array, shape, undo, cancel));
  Status written = without_throwing([&] { return write_alone(array, at, count, source, cancel); });
  if (!written.ok()) take_back(array, undo);
  return written;
}

}  // namespace strata
