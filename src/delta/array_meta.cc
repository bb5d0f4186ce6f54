#include "delta/array_meta.h"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "delta/copy.h"

namespace strata {

Result<ArrayMeta> meta_of(const ArrayView& record) {
  ArrayMeta m;
  m.name = record.name();
  m.dtype = record.dtype();
  if (auto layout = ElementLayout::of(m.dtype); layout.ok()) m.layout = std::move(*layout);
  for (size_t i = 0; i < record.dimension_count(); ++i) m.dimension_names.emplace_back(record.dimension_name(i));
  m.fill = record.fill();
  std::vector<uint64_t> shape(record.shape().begin(), record.shape().end());
  std::vector<uint64_t> chunk(record.chunk_shape().begin(), record.chunk_shape().end());
  auto g = Geometry::make(shape, chunk);
  if (!g.ok()) {
    Code code = g.code() == Code::kInvalid ? Code::kCorrupt : g.code();
    return Status(code, cat("array \"", m.name, "\": ", g.status().message()));
  }
  m.geometry = std::move(*g);
  return m;
}

ArrayRecord record_of(const ArrayMeta& meta) {
  ArrayRecord r;
  r.name = meta.name;
  r.dtype = meta.dtype;
  for (uint64_t n : meta.geometry.shape()) r.shape.push_back(static_cast<uint32_t>(n));
  for (uint64_t n : meta.geometry.chunk_shape()) r.chunk_shape.push_back(static_cast<uint32_t>(n));
  r.dimension_names = meta.dimension_names;
  r.fill = meta.fill;
  return r;
}

namespace {

// Rust's `as`: toward zero, saturating, NaN becomes 0.
template <typename T>
T saturate(double v) {
  if (std::isnan(v)) return 0;
  // The limits as doubles: for 64-bit types max() rounds up to 2^63 or 2^64, so >= is the right test.
  if (v <= static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
  if (v >= static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::max();
  return static_cast<T>(v);
}

template <typename T>
T integer_fill(const Value& f) {
  switch (f.type) {
    case Type::kInt64:
    case Type::kUInt64: return static_cast<T>(f.bits);
    case Type::kFloat64: return saturate<T>(f.as_double());
    case Type::kBool: return std::is_unsigned_v<T> ? static_cast<T>(f.bits != 0) : T{0};
    default: return 0;
  }
}

template <typename T>
T float_fill(const Value& f) {
  switch (f.type) {
    case Type::kInt64: return static_cast<T>(f.as_int());
    case Type::kUInt64: return static_cast<T>(f.bits);
    case Type::kFloat64: return static_cast<T>(f.as_double());
    default: return 0;
  }
}

std::array<uint8_t, 8> fill_element(Type type, const std::optional<Value>& fill) {
  std::array<uint8_t, 8> out{};
  if (!fill) return out;
  const Value& f = *fill;
  auto put = [&](auto v) { store(out.data(), v); };
  switch (type) {
    case Type::kBool: put(static_cast<uint8_t>(f.type == Type::kBool && f.bits)); break;
    case Type::kInt8: put(integer_fill<int8_t>(f)); break;
    case Type::kInt16: put(integer_fill<int16_t>(f)); break;
    case Type::kInt32: put(integer_fill<int32_t>(f)); break;
    case Type::kInt64: put(integer_fill<int64_t>(f)); break;
    case Type::kUInt8: put(integer_fill<uint8_t>(f)); break;
    case Type::kUInt16: put(integer_fill<uint16_t>(f)); break;
    case Type::kUInt32: put(integer_fill<uint32_t>(f)); break;
    case Type::kUInt64: put(integer_fill<uint64_t>(f)); break;
    case Type::kFloat32: put(float_fill<float>(f)); break;
    case Type::kFloat64: put(float_fill<double>(f)); break;
    case Type::kTimestampNs:
      if (f.type == Type::kInt64 || f.type == Type::kTimestampNs) put(f.as_int());
      break;
    default: break;
  }
  return out;
}

}  // namespace

void fill_unwritten(const ArrayMeta& meta, size_t rank, const uint64_t* count, uint8_t* dst,
                    const int64_t* dst_strides) {
  const auto element = fill_element(meta.dtype.type, meta.fill);
  // A fill value is a scalar: in lists what was not written is zero.
  fill_strided(rank, count, meta.width(), is_list(meta.dtype.type) ? nullptr : element.data(), dst, dst_strides);
}

Result<Buffer> unwritten_chunk(const ArrayMeta& meta, uint64_t elements) {
  const auto bytes = meta.layout.least_bytes(elements);
  if (!bytes) return no_fixed_width(meta);
  Buffer raw(*bytes);
  if (meta.width()) {
    const auto stride = static_cast<int64_t>(meta.width());
    fill_unwritten(meta, 1, &elements, raw.data(), &stride);
  } else {
    std::memset(raw.data(), 0, raw.size());
  }
  return raw;
}

Status no_fixed_width(const ArrayMeta& meta) {
  if (meta.layout.levels())
    return Status(Code::kType, cat("elements of type ", dtype_name(meta.dtype), " have no fixed width"));
  const auto layout = ElementLayout::of(meta.dtype);
  return Status(Code::kType,
                cat("elements that can be neither read nor written: ", layout.ok() ? "" : layout.status().message()));
}

Status check_chunk_bytes(const ElementLayout& layout, const Geometry& geometry) {
  const auto bytes = layout.least_bytes(geometry.max_chunk_elements());
  if (bytes && *bytes <= UINT32_MAX) return {};
  return Status(Code::kLimit, "a chunk beyond 4 GiB, which the format cannot hold; choose smaller chunks");
}

}  // namespace strata
