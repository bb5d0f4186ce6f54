#include "delta/summary.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "delta/varlen.h"

namespace strata {
namespace {

// Maps float bits to integers in IEEE total order, and back: the map is its own inverse.
template <typename I>
I total_order(I bits) {
  using U = std::make_unsigned_t<I>;
  return static_cast<I>(static_cast<U>(bits) ^ (static_cast<U>(bits >> (sizeof(I) * 8 - 1)) >> 1));
}

// One pass without branches, so that the compiler can use vectors. `null_of(v)`: is the cell equal to the fill.
template <typename K, typename T, typename Null, typename Key>
void scan(Bytes raw, uint64_t n, Null null_of, Key key_of, ChunkSummary& out, K* min_out, K* max_out) {
  K lo = std::numeric_limits<K>::max(), hi = std::numeric_limits<K>::min();
  uint64_t nulls = 0;
  const uint8_t* p = raw.data();
  for (uint64_t i = 0; i < n; ++i) {
    T v = load<T>(p + i * sizeof(T));
    K k = key_of(v);
    bool is_null = null_of(v);
    nulls += is_null;
    lo = std::min(lo, is_null ? lo : k);
    hi = std::max(hi, is_null ? hi : k);
  }
  out.count = n;
  out.null_count = nulls;
  *min_out = lo;
  *max_out = hi;
}

template <typename T>
void scan_integers(Bytes raw, uint64_t n, std::optional<T> fill, ChunkSummary& out) {
  T lo, hi;
  auto key = [](T v) { return v; };
  if (fill)
    scan<T, T>(raw, n, [f = *fill](T v) { return v == f; }, key, out, &lo, &hi);
  else
    scan<T, T>(raw, n, [](T) { return false; }, key, out, &lo, &hi);
  out.min = static_cast<uint64_t>(lo);  // sign-extends signed types, as Value wants it
  out.max = static_cast<uint64_t>(hi);
}

template <typename F, typename I>
void scan_floats(Bytes raw, uint64_t n, std::optional<double> fill, ChunkSummary& out) {
  I lo, hi;
  auto key = [](I bits) { return total_order(bits); };
  if (fill) {
    F f = static_cast<F>(*fill);
    if (f != f)
      scan<I, I>(raw, n, [](I b) { auto v = std::bit_cast<F>(b); return v != v; }, key, out, &lo, &hi);
    else
      scan<I, I>(raw, n, [f](I b) { return std::bit_cast<F>(b) == f; }, key, out, &lo, &hi);
  } else {
    scan<I, I>(raw, n, [](I) { return false; }, key, out, &lo, &hi);
  }
  out.min = std::bit_cast<uint64_t>(static_cast<double>(std::bit_cast<F>(total_order(lo))));
  out.max = std::bit_cast<uint64_t>(static_cast<double>(std::bit_cast<F>(total_order(hi))));
}

// Only fills of these kinds count as equal, although reading converts some others (docs/format.md, "Statistics").
template <typename T>
std::optional<T> integer_null(const std::optional<Value>& fill) {
  if (fill && (fill->type == Type::kInt64 || fill->type == Type::kUInt64)) return static_cast<T>(fill->bits);
  return std::nullopt;
}

Status scan_varlen(const ArrayMeta& meta, Bytes raw, uint64_t n, ChunkSummary& out) {
  STRATA_ASSIGN(VarlenView view, VarlenView::parse(meta.layout, raw, n));
  std::optional<std::string_view> null, lo, hi;
  if (meta.fill && meta.fill->type == Type::kString) null = meta.fill->text;
  for (uint64_t i = 0; i < n; ++i) {
    std::string_view v = view.text(i);
    if (null && v == *null) {
      ++out.null_count;
      continue;
    }
    if (!lo || v < *lo) lo = v;  // string_view compares unsigned bytes
    if (!hi || v > *hi) hi = v;
  }
  out.count = n;
  if (lo) out.text = std::make_unique<std::pair<std::string, std::string>>(*lo, *hi);
  return {};
}

}  // namespace

std::optional<Type> statistic_type(Type type) {
  switch (type) {
    case Type::kBool:
    case Type::kUInt8:
    case Type::kUInt16:
    case Type::kUInt32:
    case Type::kUInt64: return Type::kUInt64;
    case Type::kInt8:
    case Type::kInt16:
    case Type::kInt32:
    case Type::kInt64: return Type::kInt64;
    case Type::kFloat32:
    case Type::kFloat64: return Type::kFloat64;
    case Type::kString:
    case Type::kBinary: return Type::kBinary;
    case Type::kTimestampNs: return Type::kTimestampNs;
    default: return std::nullopt;
  }
}

Result<ChunkSummary> summarize(const ArrayMeta& meta, Bytes raw, uint64_t n) {
  ChunkSummary out;
  Type type = meta.dtype.type;
  if (is_list(type)) {
    out.count = out.null_count = n;
    return out;
  }
  if (is_text_like(type)) {
    STRATA_TRY(scan_varlen(meta, raw, n, out));
    return out;
  }
  if (raw.size() / meta.width() != n)
    return Status(Code::kCorrupt, cat("a chunk of ", n, " elements has ", raw.size(), " bytes"));
  const auto& fill = meta.fill;
  switch (type) {
    case Type::kBool: {
      std::optional<bool> null;
      if (fill && fill->type == Type::kBool) null = fill->bits != 0;
      uint8_t lo, hi;
      scan<uint8_t, uint8_t>(raw, n, [&](uint8_t v) { return null && (v != 0) == *null; },
                             [](uint8_t v) -> uint8_t { return v != 0; }, out, &lo, &hi);
      out.min = lo;
      out.max = hi;
      break;
    }
    case Type::kInt8: scan_integers<int8_t>(raw, n, integer_null<int8_t>(fill), out); break;
    case Type::kInt16: scan_integers<int16_t>(raw, n, integer_null<int16_t>(fill), out); break;
    case Type::kInt32: scan_integers<int32_t>(raw, n, integer_null<int32_t>(fill), out); break;
    case Type::kInt64: scan_integers<int64_t>(raw, n, integer_null<int64_t>(fill), out); break;
    case Type::kUInt8: scan_integers<uint8_t>(raw, n, integer_null<uint8_t>(fill), out); break;
    case Type::kUInt16: scan_integers<uint16_t>(raw, n, integer_null<uint16_t>(fill), out); break;
    case Type::kUInt32: scan_integers<uint32_t>(raw, n, integer_null<uint32_t>(fill), out); break;
    case Type::kUInt64: scan_integers<uint64_t>(raw, n, integer_null<uint64_t>(fill), out); break;
    case Type::kTimestampNs: {
      std::optional<int64_t> null;
      if (fill && (fill->type == Type::kTimestampNs || fill->type == Type::kInt64)) null = fill->as_int();
      scan_integers<int64_t>(raw, n, null, out);
      break;
    }
    default: {
      std::optional<double> null;
      if (fill && fill->type == Type::kFloat64) null = fill->as_double();
      if (type == Type::kFloat32)
        scan_floats<float, int32_t>(raw, n, null, out);
      else
        scan_floats<double, int64_t>(raw, n, null, out);
    }
  }
  return out;
}

ChunkStatistics to_statistics(Type type, const ChunkSummary& s) {
  ChunkStatistics out;
  out.count = s.count;
  out.null_count = s.null_count;
  auto kind = statistic_type(type);
  if (!kind || !s.has_range()) return out;
  if (*kind == Type::kBinary) {
    out.min = Value::binary(s.text->first);
    out.max = Value::binary(s.text->second);
  } else {
    out.min = Value{*kind, s.min, {}};
    out.max = Value{*kind, s.max, {}};
  }
  return out;
}

bool fits(const ChunkStatistics& row, Type type, uint64_t elements) {
  if (row.count != elements) return false;
  const auto kind = statistic_type(type);
  if (!kind || row.null_count == row.count) return true;
  return row.min && row.max && row.min->type == *kind && row.max->type == *kind;
}

namespace {

bool less(const Value& a, const Value& b) {
  switch (a.type) {
    case Type::kUInt64: return a.bits < b.bits;
    case Type::kFloat64: return total_order(a.as_int()) < total_order(b.as_int());
    case Type::kBinary: return a.text < b.text;
    default: return a.as_int() < b.as_int();
  }
}

}  // namespace

void merge_statistics(ArrayStatistics& into, const ChunkStatistics& chunk) {
  into.null_count -= std::min(into.null_count, chunk.count - std::min(chunk.count, chunk.null_count));
  if (chunk.min && (!into.min || (chunk.min->type == into.min->type && less(*chunk.min, *into.min)))) into.min = chunk.min;
  if (chunk.max && (!into.max || (chunk.max->type == into.max->type && less(*into.max, *chunk.max)))) into.max = chunk.max;
}

}  // namespace strata
