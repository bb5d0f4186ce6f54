// Chunks of older layers that are none of an array though they have its name: of one that was deleted, or of a part that was cut
// off. The original does not stop at a tombstone when it looks for a chunk, nor does it know of cuts (docs/format.md, "Layers"): it
// finds them. Where the grid has a place for them they are hidden below a chunk of fill; where not, the file is folded: written
// anew without them.
#include "file/array_file.h"

namespace strata {

// Every chunk that a layer has under this name, deleted or not: f(view, place in it); true, and no further, when f says so.
template <typename F>
bool ArrayFile::each_old_chunk(std::string_view name, F&& f) const {
  if (stack_)
    for (const auto& layer : stack_->layers)
      if (auto found = layer->find(name)) {
        const ArrayView view = layer->footer().array(found->record);
        for (size_t i = 0; i < view.chunk_count(); ++i)
          if (f(view, i)) return true;
      }
  return false;
}

// Whether some have no place in the grid.
bool ArrayFile::must_fold(const ArrayDef& array, const Geometry& geometry) const {
  return each_old_chunk(array.meta.name, [&](const ArrayView& view, size_t i) {
    return geometry.chunk_number(view.chunk_coord(i)) == UINT64_MAX;
  });
}

bool ArrayFile::must_fold() const {
  return std::ranges::any_of(touched_, [&](const Ref& def) {
    return !def->deleted && def->hides_chunks() && must_fold(*def, def->meta.geometry);
  });
}

Status ArrayFile::check_fold(const ArrayDef& array, const Geometry& geometry, std::string_view what) const {
  if (!stack_ || !must_fold(array, geometry)) return {};
  uint64_t size = 0;
  for (const auto& layer : stack_->layers) size += layer->object().size();
  const uint64_t limit = options_.fold_limit_bytes ? options_.fold_limit_bytes : kDefaultFoldLimit;
  if (size <= limit) return {};
  return Status(Code::kCompactFirst,
                cat("array \"", array.meta.name, "\" of ", storage_->describe(names_.base()), ": older layers hold chunks that ",
                    what, " has no place for; the flush would have to write all ", size, " bytes of the file anew, and fold_limit_bytes is ",
                    limit, "; flush and compact the file first, or raise the limit"));
}

// They share one stored chunk: fill is the same everywhere, and a chunk clipped at an edge is a beginning of it.
Status ArrayFile::shadow_old_chunks(ArrayDef& array) {
  const Geometry& g = array.meta.geometry;
  std::vector<uint64_t> numbers;
  std::unordered_map<uint64_t, bool> seen;
  each_old_chunk(array.meta.name, [&](const ArrayView& view, size_t i) {
    const uint64_t number = g.chunk_number(view.chunk_coord(i));
    if (number != UINT64_MAX && find_chunk(array, number).is_fill() && seen.emplace(number, true).second)
      numbers.push_back(number);
    return false;
  });
  if (numbers.empty()) return {};
  PendingLayer& layer = pending_layer();
  const uint64_t count = g.max_chunk_elements();
  STRATA_TRY(check_chunk_bytes(array.meta.layout, g));
  const uint64_t bytes = array.meta.layout.least_bytes(count).value_or(0);
  STRATA_ASSIGN(const auto work, admit(bytes + layer.work_of_frame(bytes), nullptr));
  STRATA_ASSIGN(const Buffer raw, unwritten_chunk(array.meta, count));
  STRATA_ASSIGN(auto made, layer.make_frame(array.meta, raw.bytes(), count));
  uint32_t frame = layer.add_frame(made.frame);
  // A frame whose live bytes fall short of its size would be taken apart before the layer is written, and its chunks count as
  // written; also if what follows is cut short.
  layer.keep_whole(frame);
  for (uint64_t number : numbers) {
    uint64_t origin[kMaxRank], extent[kMaxRank];
    const uint64_t elements = g.chunk_box(number, origin, extent);
    const uint64_t size = *array.meta.layout.least_bytes(elements);
    ChunkSummary summary;  // nobody wrote these cells
    summary.count = summary.null_count = elements;
    layer.put_frame(array.chunks, number, frame, 0, static_cast<uint32_t>(size), std::move(summary));
  }
  return {};
}

}  // namespace strata
