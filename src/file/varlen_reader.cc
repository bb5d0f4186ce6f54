// Reading regions of text and binary: lengths first, from which the size of the result follows, then the bytes.
#include "base/checked.h"
#include "delta/varlen.h"
#include "file/array_file.h"
#include "file/rows.h"

namespace strata {

Result<VarlenData> ArrayFile::read_varlen(const Ref& array, std::span<const uint64_t> start,
                                          std::span<const uint64_t> region, CancelToken* cancel) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_usable(*array));
  const Geometry& g = array->meta.geometry;
  STRATA_TRY(g.check_region(start, region));
  const uint64_t elements = *product(region), chunks = g.chunks_in(start, region);
  if (cancel) cancel->begin(chunks);
  if (elements >= INT64_MAX / 8) return Status(Code::kLimit, "a region of more than 2^60 text elements");

  struct Piece {
    ChunkBytes held;
    VarlenView view;
    Overlap overlap;
  };
  std::vector<Piece> pieces(chunks);
  VarlenData out;
  out.offsets = Buffer((elements + 1) * 8);
  uint8_t* offsets = out.offsets.data();
  std::memset(offsets, 0, out.offsets.size());  // chunks that were never written are empty text
  // First the chunks and the elements' lengths (at offsets[i + 1]), then their sum, then the bytes.
  STRATA_TRY(engine_->executor.parallel_for(chunks, cancel, [&](size_t i) -> Status {
    uint64_t number = g.chunk_in(start, region, i);
    Piece& p = pieces[i];
    p.overlap = overlap_of(g, number, start, region);
    ChunkSource source = find_chunk(*array, number);
    if (source.is_fill()) return {};
    STRATA_ASSIGN(p.held, fetch_chunk(*array, source, cancel));
    auto view = VarlenView::parse(p.held.bytes, p.overlap.chunk_elements);
    if (!view.ok())
      return view.take_status().prepend(cat("chunk ", number, " of array \"", array->meta.name, "\" in ", storage_->describe(names_.base()), ": "));
    p.view = *view;
    for_each_row(p.overlap, region, [&](uint64_t c, uint64_t r, uint64_t n) {
      for (uint64_t k = 0; k < n; ++k)
        store<int64_t>(offsets + 8 * (r + k + 1), int64_t{p.view.offset(c + k + 1)} - int64_t{p.view.offset(c + k)});
    });
    return {};
  }));
  int64_t sum = 0;
  for (uint64_t i = 1; i <= elements; ++i) {
    sum += load<int64_t>(offsets + 8 * i);
    store(offsets + 8 * i, sum);
  }
  out.values = Buffer(static_cast<size_t>(sum));
  uint8_t* values = out.values.data();
  STRATA_TRY(engine_->executor.parallel_for(chunks, cancel, [&](size_t i) -> Status {
    const Piece& p = pieces[i];
    if (p.view.count() == 0) return {};
    const uint8_t* payload = p.view.payload().data();
    for_each_row(p.overlap, region, [&](uint64_t c, uint64_t r, uint64_t n) {
      uint32_t from = p.view.offset(c), to = p.view.offset(c + n);
      if (to > from) std::memcpy(values + load<int64_t>(offsets + 8 * r), payload + from, to - from);
    });
    advance(cancel, 1, p.held.bytes.size());
    return {};
  }));
  return out;
}

}  // namespace strata
