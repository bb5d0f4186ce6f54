// The archive of a footer: what is accepted can be looked at everywhere, and is written again as itself.
#include "format/footer.h"
#include "harness.h"
#include "mutation.h"

namespace strata::fuzz {

void run(Bytes input) {
  auto view = FooterView::parse(Buffer::copy_of(input));
  if (!view.ok()) return;
  uint64_t sum = view->overlay_index() + view->base_file_hint().size();
  for (size_t i = 0; i < view->array_count(); ++i) {
    const ArrayView a = view->array(i);
    for (size_t c = 0; c < a.chunk_count(); ++c) {
      for (uint32_t x : a.chunk_coord(c)) sum += x;
      sum += a.chunk(c).size;
    }
    for (size_t d = 0; d < a.dimension_count(); ++d) sum += a.dimension_name(d).size();
    for (size_t k = 0; k < a.attribute_count(); ++k) sum += a.attribute(k).second;
    planted({a.deleted(), a.type() == Type::kList, a.shape().size() == 3});
  }
  for (size_t i = 0; i < view->attr_key_count(); ++i) sum += view->attr_key(i).size();
  const Footer footer = view->to_footer();
  for (const ArrayRecord& a : footer.arrays) sum += dtype_name(a.dtype).size();
  auto written = encode_footer(footer);  // may refuse what no writer of ours would ask for
  if (!written.ok()) return;
  auto again = FooterView::parse(Buffer::copy_of(written->bytes()));
  require(again.ok(), "a footer that was written can be read");
  auto twice = encode_footer(again->to_footer());
  require(twice.ok() && as_text(twice->bytes()) == as_text(written->bytes()), "a footer is written as it was read");
  keep(sum);
}

}  // namespace strata::fuzz

STRATA_FUZZ_MUTATOR(mutate_archive)
