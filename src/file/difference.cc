#include "file/difference.h"

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "file/cells.h"

namespace strata {
namespace {

Status compare_attributes(ArrayFile& from, const ArrayFile::Ref& old, ArrayFile& to, const ArrayFile::Ref& now, Differences& out) {
  STRATA_ASSIGN(const auto before, from.list_attributes(old));
  STRATA_ASSIGN(const auto after, to.list_attributes(now));
  const NameSet was(before.begin(), before.end()), is(after.begin(), after.end());
  const auto add = [&](DifferenceKind kind, const std::string& key) {
    out.push_back({kind, DifferenceOf::kAttribute, "", now->meta.name, key, {}, 0, 0});
  };
  for (const std::string& key : before)
    if (!is.contains(key)) add(DifferenceKind::kRemoved, key);
  for (const std::string& key : after) {
    if (!was.contains(key)) {
      add(DifferenceKind::kAdded, key);
      continue;
    }
    STRATA_ASSIGN(const Value a, from.get_attribute(old, key));
    STRATA_ASSIGN(const Value b, to.get_attribute(now, key));
    if (!(a == b)) add(DifferenceKind::kChanged, key);
  }
  return {};
}

bool same(const VarlenData& a, const VarlenData& b) {
  const auto equal = [](const Buffer& x, const Buffer& y) { return std::ranges::equal(x.bytes(), y.bytes()); };
  return std::ranges::equal(a.offsets, b.offsets, equal) && equal(a.values, b.values);
}

}  // namespace

bool defined_alike(const ArrayMeta& a, const ArrayMeta& b) {
  return a.dtype == b.dtype && a.fill == b.fill && a.dimension_names == b.dimension_names &&
         std::ranges::equal(a.geometry.chunk_shape(), b.geometry.chunk_shape());
}

Status compare_data(ArrayFile& from, const ArrayFile::Ref& old, ArrayFile& to, const ArrayFile::Ref& now, const Difference& where,
                    Differences& out, CancelToken* cancel) {
  using Place = ArrayFile::ChunkPlace;
  STRATA_ASSIGN(const auto before, from.chunk_places(old));
  STRATA_ASSIGN(const auto after, to.chunk_places(now));
  const auto was = old->geometry(), is = now->geometry();
  const size_t rank = is->rank();
  std::map<std::vector<uint32_t>, std::pair<const Place*, const Place*>> places;  // in the order of the grid
  for (const Place& p : before) places[p.coord].first = &p;
  for (const Place& p : after) places[p.coord].second = &p;
  Difference found = where;
  for (const auto& [coord, pair] : places) {
    STRATA_TRY(check(cancel));
    const auto& [a, b] = pair;
    const uint64_t old_number = was->chunk_number(coord), number = is->chunk_number(coord);
    if (number == UINT64_MAX) continue;  // cut off: the shape says so
    uint64_t start[kMaxRank], count[kMaxRank], old_count[kMaxRank];
    is->chunk_box(number, start, count);
    bool differs = old_number == UINT64_MAX;
    if (!differs) {
      uint64_t same_start[kMaxRank];
      was->chunk_box(old_number, same_start, old_count);
      differs = !std::equal(count, count + rank, old_count);
    }
    if (!differs && !(a && b && a->is_same(*b))) {
      const std::span<const uint64_t> at(start, rank), extent(count, rank);
      STRATA_ASSIGN(const VarlenData x, read_cells(from, old, at, extent, cancel));
      STRATA_ASSIGN(const VarlenData y, read_cells(to, now, at, extent, cancel));
      differs = !same(x, y);
    }
    if (differs) found.chunks.insert(found.chunks.end(), coord.begin(), coord.end());
    if (differs) ++found.count;
  }
  found.rank = rank;
  if (found.count) out.push_back(std::move(found));
  return {};
}

Status compare_files(ArrayFile& from, ArrayFile& to, Differences& out, CancelToken* cancel) {
  STRATA_ASSIGN(const auto before, from.list());
  STRATA_ASSIGN(const auto after, to.list());
  const NameSet was(before.begin(), before.end()), is(after.begin(), after.end());
  const auto of_array = [](DifferenceKind kind, DifferenceOf of, const std::string& name) {
    return Difference{kind, of, "", name, "", {}, 0, 0};
  };
  for (const std::string& name : before)
    if (!is.contains(name)) out.push_back(of_array(DifferenceKind::kRemoved, DifferenceOf::kArray, name));
  for (const std::string& name : after) {
    STRATA_TRY(check(cancel));
    if (!was.contains(name)) {
      out.push_back(of_array(DifferenceKind::kAdded, DifferenceOf::kArray, name));
      continue;
    }
    STRATA_ASSIGN(const auto old, from.open_array(name));
    STRATA_ASSIGN(const auto now, to.open_array(name));
    STRATA_TRY(compare_attributes(from, old, to, now, out));
    if (!defined_alike(old->meta, now->meta)) {
      out.push_back(of_array(DifferenceKind::kChanged, DifferenceOf::kArray, name));
      continue;
    }
    if (!std::ranges::equal(old->geometry()->shape(), now->geometry()->shape()))
      out.push_back(of_array(DifferenceKind::kChanged, DifferenceOf::kShape, name));
    STRATA_TRY(compare_data(from, old, to, now, of_array(DifferenceKind::kChanged, DifferenceOf::kData, name), out, cancel));
  }
  return {};
}

}  // namespace strata
