// A chunk of text, binary or lists: type, number of elements, then the chunk. What is accepted can be taken apart and joined again.
#include <algorithm>

#include "delta/varlen.h"
#include "harness.h"

namespace strata::fuzz {
namespace {

constexpr const char* kTypes[] = {
    "string",
    "binary",
    "list<float32>",
    "list<list<string>>",
    "fixed_size_list<string>[3]",
    "list<fixed_size_list<int16>[2]>",
    "list<bool>",
    "fixed_size_list<list<list<uint8>>>[2]",
};

// Every offset, and every byte of the values.
uint64_t walk(const ElementLayout& layout, const VarlenView& view) {
  uint64_t sum = 0, inner = 0;
  for (size_t l = 0; l < layout.levels(); ++l) {
    const auto& level = view.level(l);
    for (uint64_t i = 0; i <= level.count; ++i) sum += level.offset(i);
    inner = level.offset(level.count);
  }
  for (uint64_t i = 0; i < inner * layout.unit; ++i) sum += view.values()[i];
  return sum;
}

}  // namespace

void run(Bytes input) {
  Input in(input);
  auto dtype = dtype_from_name(kTypes[in.take<uint8_t>() % std::size(kTypes)]);
  require(dtype.ok(), "types are types");
  auto layout = ElementLayout::of(*dtype);
  require(layout.ok() && layout->levels() > 0, "of elements of no fixed width");
  const uint64_t count = in.take<uint16_t>();
  auto view = VarlenView::parse(*layout, in.rest(), count);
  if (!view.ok() || view->empty()) return;
  const uint64_t sum = walk(*layout, *view);
  planted({layout->levels() == 3, sum > 500, sum > 600, sum > 700});
  // Cut in two and put together in another order, and back.
  const uint64_t half = count / 2;
  auto turned = join_runs(*layout, {{&*view, nullptr, half, count - half}, {&*view, nullptr, 0, half}});
  require(turned.ok(), "what was read can be joined");
  auto turned_view = VarlenView::parse(*layout, turned->bytes(), count);
  require(turned_view.ok(), "what was joined can be read");
  auto back = join_runs(*layout, {{&*turned_view, nullptr, count - half, half}, {&*turned_view, nullptr, 0, count - half}});
  require(back.ok(), "what was joined can be joined");
  auto back_view = VarlenView::parse(*layout, back->bytes(), count);
  require(back_view.ok() && walk(*layout, *back_view) == sum, "joined twice it is what it was");
}

}  // namespace strata::fuzz
