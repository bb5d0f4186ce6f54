// Reading regions of elements without a fixed width, level by level: the lengths of a level's lists, their sum, from which the size of
// the next level follows; last the values. Chunks are kept from one level to the next as far as there is room, the others fetched again.
#include <algorithm>

#include "base/checked.h"
#include "delta/varlen.h"
#include "file/array_file.h"
#include "file/rows.h"

namespace strata {
namespace {

// Lists of a level, or elements of the next: `count` in a chunk from `from`, in the result from `to`.
struct Run {
  uint64_t from, to, count;
};

// The lists of a level that such elements of the level above have.
Run lists_of(const Run& elements, uint64_t per_outer) {
  return {elements.from * per_outer, elements.to * per_outer, elements.count * per_outer};
}

Run elements_of(const Run& lists, const VarlenView::Level& in_chunk, const uint8_t* in_result) {
  const uint64_t from = in_chunk.offset(lists.from);
  return {from, static_cast<uint64_t>(load<int64_t>(in_result + 8 * lists.to)),
          in_chunk.offset(lists.from + lists.count) - from};
}

}  // namespace

Result<VarlenData> ArrayFile::read_varlen(const Ref& array, std::span<const uint64_t> start,
                                          std::span<const uint64_t> region, CancelToken* cancel) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_usable(*array));
  const ElementLayout& layout = array->meta.layout;
  const Geometry& g = array->meta.geometry;
  STRATA_TRY(g.check_region(start, region));
  if (!layout.levels()) return no_fixed_width(array->meta);
  const uint64_t chunks = g.chunks_in(start, region);
  if (cancel) cancel->begin(chunks);

  struct Opened {
    Admission::Pass work;  // none where it is kept: the batch counts it
    ChunkBytes held;
    VarlenView view;
  };
  struct Piece {
    ChunkSource source;
    Overlap overlap;
    bool kept = false;
    Opened opened;  // if it is kept
  };
  std::vector<Piece> pieces(chunks);
  uint64_t all = 0;
  uint64_t last_unit[2] = {};  // several chunks of one are one buffer
  std::vector<uint64_t> ends(chunks);
  for (uint64_t i = 0; i < chunks; ++i) {
    const uint64_t number = g.chunk_in(start, region, i);
    pieces[i].overlap = overlap_of(g, number, start, region);
    const ChunkSource source = pieces[i].source = find_chunk(*array, number);
    uint64_t bytes = source.pending && source.pending->frame == kHot ? 0 : source.size();
    if (source.layer) {
      STRATA_ASSIGN(const Unit unit, source.layer->layer->unit_of(source.layer->view().chunk(source.place)));
      if (!unit.codec->name().empty()) {
        const uint64_t id[2] = {source.layer->layer->object().version(), unit.offset};
        bytes = std::equal(id, id + 2, last_unit) ? 0 : source.layer->layer->raw_bytes(unit);
        std::copy_n(id, 2, last_unit);
      }
    }
    ends[i] = all = add_up(all, bytes);
  }
  Admission& batches = engine_->memory->batches;
  const uint64_t room = all <= batches.limit() ? all : batches.limit() / 2;
  uint64_t kept = 0;
  for (uint64_t i = 0; i < chunks && ends[i] <= room; ++i) {
    pieces[i].kept = true;
    kept = ends[i];
  }
  STRATA_ASSIGN(const auto batch, batches.enter(kept, cancel));
  auto open = [&](size_t i, Opened& out) -> Status {
    const ChunkSource& source = pieces[i].source;
    STRATA_ASSIGN(out.work, admit(work_of(source), cancel));
    STRATA_ASSIGN(out.held, fetch_chunk(*array, source, cancel));
    auto view = VarlenView::parse(layout, out.held.bytes, pieces[i].overlap.chunk_elements);
    if (!view.ok())
      return view.take_status().prepend(cat("chunk ", g.chunk_in(start, region, i), " of array \"", array->meta.name, "\" in ",
                                            storage_->describe(names_.base()), ": "));
    out.view = std::move(*view);
    if (pieces[i].kept) out.work = Admission::Pass();
    return {};
  };
  VarlenData out;
  uint64_t count = *product(region);  // elements of the level above
  for (size_t level = 0; level < layout.levels(); ++level) {
    const uint64_t per_outer = layout.per_outer[level];
    if (mul_overflows(count, per_outer, &count) || count >= INT64_MAX / 8)
      return Status(Code::kLimit, "a region of more than 2^60 texts or lists");
    uint8_t* offsets = out.offsets.emplace_back((count + 1) * 8).data();
    std::memset(offsets, 0, (count + 1) * 8);  // in chunks that were never written all is empty
    // Lengths, at offsets[i + 1], then their sum.
    STRATA_TRY(engine_->executor.parallel_for(chunks, cancel, [&](size_t i) -> Status {
      Piece& p = pieces[i];
      if (p.source.is_fill()) return {};
      Opened again;
      Opened& opened = p.kept ? p.opened : again;
      if (level == 0 || !p.kept) STRATA_TRY(open(i, opened));
      const VarlenView& view = opened.view;
      if (view.empty()) return {};
      const VarlenView::Level& lists = view.level(level);
      for_each_row(p.overlap, region, [&](uint64_t c, uint64_t r, uint64_t n) {
        Run run = lists_of({c, r, n}, layout.per_outer[0]);
        for (size_t i = 0; i < level; ++i)
          run = lists_of(elements_of(run, view.level(i), out.offsets[i].data()), layout.per_outer[i + 1]);
        for (uint64_t k = 0; k < run.count; ++k)
          store<int64_t>(offsets + 8 * (run.to + k + 1),
                         int64_t{lists.offset(run.from + k + 1)} - int64_t{lists.offset(run.from + k)});
      });
      return {};
    }));
    int64_t sum = 0;
    for (uint64_t i = 1; i <= count; ++i) {
      sum += load<int64_t>(offsets + 8 * i);
      store(offsets + 8 * i, sum);
    }
    count = static_cast<uint64_t>(sum);
  }
  if (mul_overflows(count, layout.unit, &count) || count > PTRDIFF_MAX)
    return Status(Code::kLimit, "the region has more bytes than memory can have");
  out.values = Buffer(count);
  uint8_t* values = out.values.data();
  STRATA_TRY(engine_->executor.parallel_for(chunks, cancel, [&](size_t i) -> Status {
    const Piece& p = pieces[i];
    if (p.source.is_fill()) return {};
    Opened again;
    if (!p.kept) STRATA_TRY(open(i, again));
    const Opened& opened = p.kept ? p.opened : again;
    const VarlenView& view = opened.view;
    if (view.empty()) return {};
    for_each_row(p.overlap, region, [&](uint64_t c, uint64_t r, uint64_t n) {
      Run run{c, r, n};
      for (size_t level = 0; level < layout.levels(); ++level)
        run = elements_of(lists_of(run, layout.per_outer[level]), view.level(level), out.offsets[level].data());
      if (run.count)
        std::memcpy(values + run.to * layout.unit, view.values() + run.from * layout.unit, run.count * layout.unit);
    });
    advance(cancel, 1, opened.held.bytes.size());
    return {};
  }));
  return out;
}

}  // namespace strata
