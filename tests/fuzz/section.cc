// strata's section: identity, frames, digests, statistics of chunks.
#include "format/section.h"
#include "harness.h"
#include "mutation.h"

namespace strata::fuzz {

void run(Bytes input) {
  if (input.size() >= kSectionTrailerSize) (void)section_length(input.last(kSectionTrailerSize), input.size());
  auto view = SectionView::parse(Buffer::copy_of(input));
  if (!view.ok()) return;
  uint64_t sum = 0;
  if (view->identity()) {
    sum += view->identity()->array.size() + view->identity()->slot;
    for (const AbsorbedLayer& a : view->identity()->absorbed) sum += a.slot;
    planted({view->has_frames(), view->identity()->kind == LayerKind::kBase, view->identity()->slot > 1000});
  }
  if (view->has_frames()) {
    for (uint64_t b = 0; b < view->frame_block_count(); ++b) {
      const auto [first, end] = view->frames_of(b);
      for (uint64_t f = first; f < end; ++f) sum += view->frame(f).raw_offset;
    }
  }
  if (view->has_digests()) {
    for (uint64_t p = 0; p < view->archive_page_count(); ++p) sum += view->is_archive_page(p, input);
    for (uint64_t f = 0; f < view->digested_frame_count(); ++f) sum += view->is_frame(f, input);
  }
  for (uint32_t r = 0; r < 16; ++r) {
    const uint64_t count = view->statistics_count(r);
    for (uint64_t i = 0; i < count && i < 4096; ++i) {
      const ChunkStatistics s = view->statistics(r, i);
      require(s.null_count <= s.count, "no more nulls than cells");
      for (const auto* v : {&s.min, &s.max})
        if (*v) sum += (*v)->bits + (*v)->text.size();
    }
    (void)view->statistics(r, count);
    (void)view->statistics(r, UINT64_MAX);
  }
  keep(sum);
}

}  // namespace strata::fuzz

STRATA_FUZZ_MUTATOR(mutate_section)
