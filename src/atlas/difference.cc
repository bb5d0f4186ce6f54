#include "atlas/difference.h"

#include <algorithm>

namespace strata {
namespace {

template <typename Node, typename Same, typename Found>
void compare_maps(const OrderedMap<Node>& before, const OrderedMap<Node>& after, Same&& same, Found&& found) {
  for (const Node& node : before)
    if (!after.find(key_of(node))) found(DifferenceKind::kRemoved, key_of(node));
  for (const Node& node : after) {
    const Node* old = before.find(key_of(node));
    if (!old) found(DifferenceKind::kAdded, key_of(node));
    else if (!same(*old, node)) found(DifferenceKind::kChanged, key_of(node));
  }
}

}  // namespace

Status compare_stores(Store& from, Store& to, Differences& out, CancelToken* cancel) {
  STRATA_TRY(check(cancel));
  const Document before = from.document(), after = to.document();
  const auto of_dataset = [](DifferenceKind kind, std::string_view dataset) {
    return Difference{kind, DifferenceOf::kDataset, std::string(dataset), "", "", {}, 0, 0};
  };
  for (size_t i = 0; i < before.slots(); ++i)
    if (const DatasetEntry* d = before.at(i); d && !after.find(d->name)) out.push_back(of_dataset(DifferenceKind::kRemoved, d->name));
  if (cancel) cancel->begin(after.size());
  for (size_t i = 0; i < after.slots(); ++i) {
    const DatasetEntry* now = after.at(i);
    if (!now) continue;
    STRATA_TRY(check(cancel));
    const DatasetEntry* old = before.find(now->name);
    if (!old) {
      out.push_back(of_dataset(DifferenceKind::kAdded, now->name));
      continue;
    }
    compare_maps(old->attributes, now->attributes, [](const Attribute& a, const Attribute& b) { return a.value == b.value; },
                 [&](DifferenceKind kind, std::string_view key) {
                   out.push_back({kind, DifferenceOf::kAttribute, now->name, "", std::string(key), {}, 0, 0});
                 });
    std::vector<std::string> both;
    compare_maps(old->arrays, now->arrays, [&](const NamedSchema& a, const NamedSchema&) { return both.push_back(a.name), true; },
                 [&](DifferenceKind kind, std::string_view array) {
                   out.push_back({kind, DifferenceOf::kArray, now->name, std::string(array), "", {}, 0, 0});
                 });
    for (const std::string& array : both) {
      if (from.has_same_layers(to, array)) continue;
      STRATA_ASSIGN(const auto a, from.open_array(now->name, array, cancel));
      STRATA_ASSIGN(const auto b, to.open_array(now->name, array, cancel));
      Difference where{DifferenceKind::kChanged, DifferenceOf::kData, now->name, array, "", {}, 0, 0};
      if (!defined_alike(a.array->meta, b.array->meta)) {
        where.of = DifferenceOf::kArray;
        out.push_back(std::move(where));
        continue;
      }
      if (!std::ranges::equal(a.array->geometry()->shape(), b.array->geometry()->shape())) {
        Difference shape = where;
        shape.of = DifferenceOf::kShape;
        out.push_back(std::move(shape));
      }
      STRATA_TRY(compare_data(*a.file, a.array, *b.file, b.array, where, out, cancel));
    }
    advance(cancel, 1, 0);
  }
  return {};
}

}  // namespace strata
