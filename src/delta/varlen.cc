#include "delta/varlen.h"

#include <algorithm>

#include "base/checked.h"
#include "base/utf8.h"

namespace strata {

Result<VarlenView> VarlenView::parse(const ElementLayout& layout, Bytes raw, uint64_t count) {
  VarlenView v;
  if (count == 0) return v;
  v.levels_.reserve(layout.levels());
  Bytes rest = raw;
  for (uint64_t per_outer : layout.per_outer) {
    auto where = [&] {
      return layout.levels() == 1 ? std::string("a chunk") : cat("level ", v.levels_.size(), " of a chunk");
    };
    if (mul_overflows(count, per_outer, &count) || rest.size() < 4 || (rest.size() - 4) / 4 < count)
      return Status(Code::kCorrupt, cat(where(), ": the offsets of its lists or texts need more than the ", rest.size(),
                                        " bytes that are there"));
    const Level level{rest.data(), count};
    if (level.offset(0) != 0)
      return Status(Code::kCorrupt, cat(where(), ": the first offset is ", level.offset(0), ", not 0"));
    for (uint64_t i = 0; i < count; ++i) {
      if (level.offset(i) > level.offset(i + 1))
        return Status(Code::kCorrupt, cat(where(), ": offsets ", i, " and ", i + 1, " descend"));
    }
    v.levels_.push_back(level);
    rest = rest.subspan(4 * (count + 1));
    count = level.offset(count);
  }
  if (mul_overflows(count, layout.unit, &count) || count != rest.size())
    return Status(Code::kCorrupt, cat("a chunk whose offsets end at ", count, " of ", rest.size(), " bytes"));
  v.values_ = rest.data();
  return v;
}

Status check_column(const ElementLayout& layout, const VarlenColumn& column, uint64_t count) {
  for (size_t i = 0; i < layout.levels(); ++i) {
    auto where = [&] { return layout.levels() == 1 ? std::string() : cat("level ", i, ": "); };
    const auto offsets = column.offsets[i];
    if (!offsets.data()) return Status(Code::kInvalid, where() + "the offsets are NULL");
    if (mul_overflows(count, layout.per_outer[i], &count) || count == UINT64_MAX)
      return Status(Code::kInvalid, where() + "more lists than can be");
    if (offsets.size() != count + 1)
      return Status(Code::kInvalid, cat(where(), "there must be ", count + 1, " offsets, not ", offsets.size()));
    if (offsets[0] != 0) return Status(Code::kInvalid, where() + "the first offset is not 0");
    for (size_t k = 1; k < offsets.size(); ++k)
      if (offsets[k] < offsets[k - 1])
        return Status(Code::kInvalid, cat(where(), "offset ", k, " is smaller than the one before"));
    count = static_cast<uint64_t>(offsets.back());
  }
  uint64_t bytes;
  if (mul_overflows(count, layout.unit, &bytes) || bytes > column.values.size())
    return Status(Code::kInvalid,
                  cat("the last offset is ", count, ", there are ", column.values.size(), " bytes of values"));
  if (bytes && !column.values.data()) return Status(Code::kInvalid, "the values are NULL");
  const Bytes values = column.values.first(static_cast<size_t>(bytes));
  if (layout.value == Type::kBool && std::any_of(values.begin(), values.end(), [](uint8_t v) { return v > 1; }))
    return Status(Code::kInvalid, "a bool is a byte that is 0 or 1");
  if (layout.value == Type::kString) {
    if (size_t bad = utf8_invalid_at(values); bad != values.size())
      return Status(Code::kInvalid, cat("the text is not UTF-8 at byte ", bad, " of the values"));
    // Well-formed as a whole, but an offset could still cut a character in two.
    for (int64_t o : column.offsets.back())
      if (o < static_cast<int64_t>(values.size()) && (values[static_cast<size_t>(o)] & 0xC0) == 0x80)
        return Status(Code::kInvalid, cat("offset ", o, " lies inside a character"));
  }
  return {};
}

namespace {

uint64_t offset_in(const VarlenRun& run, size_t level, uint64_t i) {
  if (run.chunk) return run.chunk->level(level).offset(i);
  return run.column ? static_cast<uint64_t>(run.column->offsets[level][i]) : 0;
}

// From elements of a level to lists of it to elements of the next.
void descend(VarlenRun& run, size_t level, uint64_t per_outer) {
  const uint64_t from = offset_in(run, level, run.from * per_outer);
  run.count = offset_in(run, level, (run.from + run.count) * per_outer) - from;
  run.from = from;
}

// Ends of n lists, moved so that the first begins at `at`.
template <typename Offset>
void put_ends(uint8_t* out, uint64_t n, uint64_t at, uint64_t base, Offset offset) {
  for (uint64_t i = 0; i < n; ++i) store(out + 4 * i, static_cast<uint32_t>(at + offset(i) - base));
}

}  // namespace

Result<Buffer> join_runs(const ElementLayout& layout, std::vector<VarlenRun> runs) {
  std::vector<VarlenRun> below = runs;
  uint64_t size = 0;
  for (size_t level = 0; level < layout.levels(); ++level) {
    uint64_t lists = 0;
    for (VarlenRun& r : below) {
      lists += r.count * layout.per_outer[level];
      descend(r, level, layout.per_outer[level]);
    }
    size += 4 * (lists + 1);
  }
  for (const VarlenRun& r : below) size += r.count * layout.unit;
  if (size > UINT32_MAX)
    return Status(Code::kLimit, "a chunk beyond 4 GiB, which the format cannot hold; choose smaller chunks");

  Buffer raw(size);
  uint8_t* out = raw.data();
  for (size_t level = 0; level < layout.levels(); ++level) {
    store<uint32_t>(out, 0);
    out += 4;
    uint64_t at = 0;
    for (VarlenRun& r : runs) {
      const uint64_t first = r.from * layout.per_outer[level] + 1, n = r.count * layout.per_outer[level];
      descend(r, level, layout.per_outer[level]);
      if (r.chunk) put_ends(out, n, at, r.from, [&](uint64_t i) { return r.chunk->level(level).offset(first + i); });
      else if (r.column)
        put_ends(out, n, at, r.from,
                 [&](uint64_t i) { return static_cast<uint64_t>(r.column->offsets[level][first + i]); });
      else put_ends(out, n, at, 0, [](uint64_t) { return 0; });
      at += r.count;
      out += 4 * n;
    }
  }
  for (const VarlenRun& r : runs) {
    const uint64_t n = r.count * layout.unit;
    if (n) std::memcpy(out, (r.chunk ? r.chunk->values() : r.column->values.data()) + r.from * layout.unit, n);
    out += n;
  }
  return raw;
}

}  // namespace strata
