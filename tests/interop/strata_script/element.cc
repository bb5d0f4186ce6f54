#include "element.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "base/utf8.h"

namespace strata::script {
namespace {

__extension__ using Wide = __int128;

template <typename T>
T load_at(const std::string& bytes, uint64_t i) {
  T v;
  std::memcpy(&v, bytes.data() + i * sizeof(T), sizeof(T));
  return v;
}
template <typename T>
void append_native(std::string& out, T v) {
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}

std::optional<Wide> integer(const Json& v) {
  if (v.IsInt64()) return Wide{v.GetInt64()};
  if (v.IsUint64()) return Wide{v.GetUint64()};
  return std::nullopt;
}
Wide integer_or(const Json& rule, std::string_view key, Wide otherwise) {
  const Json* v = member(rule, key);
  return v == nullptr ? otherwise : integer(*v).value_or(otherwise);
}
double float_or(const Json& rule, std::string_view key, double otherwise) {
  const Json* v = member(rule, key);
  return v != nullptr && v->IsNumber() ? v->GetDouble() : otherwise;
}

template <typename T>
Status append_integer(std::string& out, const Json& v) {
  auto n = integer(v);
  if (!n) return {Code::kInvalid, cat("not an integer: ", compact_text(v))};
  if (*n < Wide{std::numeric_limits<T>::min()} || *n > Wide{std::numeric_limits<T>::max()}) {
    return {Code::kInvalid, cat("does not fit the type: ", compact_text(v))};
  }
  append_native(out, static_cast<T>(*n));
  return {};
}

template <typename T, typename Bits>
Status append_float(std::string& out, const Json& v) {
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  const Bits nan = std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN());
  const Bits inf = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  if (v.IsNumber()) {
    append_native(out, static_cast<T>(v.GetDouble()));
    return {};
  }
  std::string s = v.IsString() ? std::string(view(v)) : std::string();
  Bits bits = 0;
  if (s == "nan") {
    bits = nan;
  } else if (s == "-nan") {
    bits = nan | kSign;
  } else if (s == "inf") {
    bits = inf;
  } else if (s == "-inf") {
    bits = inf | kSign;
  } else if (s.starts_with("0x")) {
    auto end = s.data() + s.size();
    auto [stop, error] = std::from_chars(s.data() + 2, end, bits, 16);
    if (error != std::errc() || stop != end) return {Code::kInvalid, cat("bad bits: ", s)};
  } else {
    return {Code::kInvalid, cat("not a float: ", compact_text(v))};
  }
  append_native(out, bits);
  return {};
}

}  // namespace

Status append_element(std::string& out, int32_t type, const Json& v) {
  switch (type) {
    case STRATA_BOOL:
      if (!v.IsBool()) return {Code::kInvalid, cat("not a bool: ", compact_text(v))};
      out.push_back(v.GetBool() ? 1 : 0);
      return {};
    case STRATA_INT8: return append_integer<int8_t>(out, v);
    case STRATA_INT16: return append_integer<int16_t>(out, v);
    case STRATA_INT32: return append_integer<int32_t>(out, v);
    case STRATA_INT64: return append_integer<int64_t>(out, v);
    case STRATA_TIMESTAMP_NS: return append_integer<int64_t>(out, v);
    case STRATA_UINT8: return append_integer<uint8_t>(out, v);
    case STRATA_UINT16: return append_integer<uint16_t>(out, v);
    case STRATA_UINT32: return append_integer<uint32_t>(out, v);
    case STRATA_UINT64: return append_integer<uint64_t>(out, v);
    case STRATA_FLOAT32: return append_float<float, uint32_t>(out, v);
    case STRATA_FLOAT64: return append_float<double, uint64_t>(out, v);
    case STRATA_STRING:
    case STRATA_BINARY: {
      if (!v.IsString()) return {Code::kInvalid, cat("not a text: ", compact_text(v))};
      if (type == STRATA_STRING) {
        out.append(view(v));
        return {};
      }
      STRATA_ASSIGN(std::string raw, unhex(view(v)));
      out.append(raw);
      return {};
    }
    default: return {Code::kType, cat("no elements of type ", type)};
  }
}

namespace {

Status append_generated(std::string& out, int32_t type, const Json& rule, uint64_t i) {
  switch (type) {
    case STRATA_BOOL: {
      Wide a = integer_or(rule, "a", 2);
      if (a == 0) return {Code::kInvalid, "a must not be 0"};
      out.push_back(Wide{i} % a == 0 ? 1 : 0);
      return {};
    }
    case STRATA_FLOAT32:
    case STRATA_FLOAT64: {
      double v = float_or(rule, "a", 1.0) * static_cast<double>(i);
      v += float_or(rule, "b", 0.0);
      if (type == STRATA_FLOAT64) {
        append_native(out, v);
      } else {
        append_native(out, static_cast<float>(v));
      }
      return {};
    }
    case STRATA_STRING:
    case STRATA_BINARY: {
      Wide every = integer_or(rule, "empty_every", 0);
      if (every > 0 && Wide{i} % every == 0) return {};
      Wide repeat = integer_or(rule, "repeat", 1);
      auto times = 1 + i % static_cast<uint64_t>(repeat < 1 ? Wide{1} : repeat);
      std::string piece = text_or(rule, "prefix", "s") + std::to_string(i);
      for (uint64_t k = 0; k < times; ++k) out.append(piece);
      return {};
    }
    default: {
      size_t width = strata_type_size(type);
      if (width == 0) return {Code::kType, cat("no elements of type ", type)};
      Wide v = integer_or(rule, "a", 1) * Wide{i} + integer_or(rule, "b", 0);
      auto low = static_cast<uint64_t>(v);  // two's complement: the low bytes are the wrapped value
      out.append(reinterpret_cast<const char*>(&low), width);
      return {};
    }
  }
}

template <typename T>
Json native_json(const std::string& bytes, uint64_t i) {
  if constexpr (std::is_floating_point_v<T>) {
    return float_json(static_cast<double>(load_at<T>(bytes, i)));
  } else {
    return number(load_at<T>(bytes, i));
  }
}

Json fixed_json(int32_t type, const std::string& bytes, uint64_t i) {
  switch (type) {
    case STRATA_BOOL: return Json(bytes[i] != 0);
    case STRATA_INT8: return native_json<int8_t>(bytes, i);
    case STRATA_INT16: return native_json<int16_t>(bytes, i);
    case STRATA_INT32: return native_json<int32_t>(bytes, i);
    case STRATA_INT64: return native_json<int64_t>(bytes, i);
    case STRATA_TIMESTAMP_NS: return native_json<int64_t>(bytes, i);
    case STRATA_UINT8: return native_json<uint8_t>(bytes, i);
    case STRATA_UINT16: return native_json<uint16_t>(bytes, i);
    case STRATA_UINT32: return native_json<uint32_t>(bytes, i);
    case STRATA_UINT64: return native_json<uint64_t>(bytes, i);
    case STRATA_FLOAT32: return native_json<float>(bytes, i);
    case STRATA_FLOAT64: return native_json<double>(bytes, i);
    default: return Json();
  }
}

// Text is shown as the original reads it: what is not UTF-8 replaced.
std::string varlen_at(const Elements& e, uint64_t i) {
  auto bytes = std::string_view(e.bytes).substr(static_cast<size_t>(e.offsets[i]),
                                                static_cast<size_t>(e.offsets[i + 1] - e.offsets[i]));
  return e.type == STRATA_STRING ? utf8_lossy(as_bytes(bytes)) : std::string(bytes);
}

Result<uint64_t> cells(const Numbers& count) {
  uint64_t n = 1;
  for (uint64_t c : count) {
    if (__builtin_mul_overflow(n, c, &n)) return {Code::kLimit, "region too large"};
  }
  return n;
}

struct Kind {
  const char* name;
  int32_t type;
};
constexpr Kind kBroadKinds[] = {{"bool", STRATA_BOOL},       {"int", STRATA_INT64},     {"uint", STRATA_UINT64},
                                {"float", STRATA_FLOAT64},   {"string", STRATA_STRING}, {"timestamp_ns", STRATA_TIMESTAMP_NS},
                                {"bytes_hex", STRATA_BINARY}};

}  // namespace

Result<Elements> build_elements(int32_t type, const Json& values, uint64_t count) {
  Elements out{type, count, {}, {}};
  if (values.IsArray() && values.Size() != count) {
    return {Code::kInvalid, cat(values.Size(), " values for ", count, " cells")};
  }
  if (is_varlen(type)) out.offsets.push_back(0);
  for (uint64_t i = 0; i < count; ++i) {
    if (values.IsObject()) {
      STRATA_TRY(append_generated(out.bytes, type, values, i));
    } else {
      STRATA_TRY(append_element(out.bytes, type, values.IsArray() ? values[static_cast<rapidjson::SizeType>(i)] : values));
    }
    if (is_varlen(type)) out.offsets.push_back(static_cast<int64_t>(out.bytes.size()));
  }
  return out;
}

Json element_json(const Elements& e, uint64_t i) {
  if (e.type == STRATA_STRING) return text(varlen_at(e, i));
  if (e.type == STRATA_BINARY) return text(hex(varlen_at(e, i)));
  return fixed_json(e.type, e.bytes, i);
}

namespace {
Json element_range(const Elements& e, uint64_t first, uint64_t end) {
  Json out = list();
  for (uint64_t i = first; i < end; ++i) append(out, element_json(e, i));
  return out;
}
}  // namespace

Json value_list(const Elements& e) { return element_range(e, 0, e.count); }

Json content_json(const Elements& e) {
  constexpr uint64_t kAll = 64, kEnds = 8;
  std::string hash;
  if (is_varlen(e.type)) {
    std::string canonical;
    for (uint64_t i = 0; i < e.count; ++i) {
      std::string v = varlen_at(e, i);
      append_native(canonical, static_cast<uint32_t>(v.size()));
      canonical.append(v);
    }
    hash = sha256(canonical);
  } else {
    hash = sha256(e.bytes);
  }
  Json out = object("count", number(e.count), "sha256", text(hash));
  if (e.count <= kAll) {
    add(out, "values", value_list(e));
  } else {
    add(out, "first", element_range(e, 0, kEnds));
    add(out, "last", element_range(e, e.count - kEnds, e.count));
  }
  return out;
}

Result<Numbers> array_shape(const strata_array* array) {
  Numbers shape(strata_array_ndim(array));
  STRATA_TRY(call([&](strata_error* err) {
    return strata_array_shape(array, shape.data(), static_cast<uint32_t>(shape.size()), err);
  }));
  return shape;
}

Result<Elements> read_region(strata_array* array, const Numbers& start, const Numbers& count) {
  Elements out{strata_array_type(array), 0, {}, {}};
  auto ndim = static_cast<uint32_t>(count.size());
  STRATA_ASSIGN(out.count, cells(count));
  if (!is_varlen(out.type)) {
    STRATA_ASSIGN(out.bytes, sized([&](void* dst, size_t cap, size_t* needed, strata_error* err) {
      return strata_array_read(array, ndim, start.data(), count.data(), nullptr, dst, cap, needed, err);
    }));
    if (out.bytes.size() != out.count * strata_type_size(out.type)) return {Code::kInternal, "a region of another size"};
    return out;
  }
  strata_buffer *offsets = nullptr, *values = nullptr;
  STRATA_TRY(call([&](strata_error* err) {
    return strata_array_read_varlen(array, ndim, start.data(), count.data(), nullptr, &offsets, &values, err);
  }));
  LibraryBuffer held_offsets(offsets), held_values(values);
  if (strata_buffer_size(offsets) != (out.count + 1) * sizeof(int64_t)) return {Code::kInternal, "another number of offsets"};
  auto first = static_cast<const int64_t*>(strata_buffer_data(offsets));
  out.offsets.assign(first, first + out.count + 1);
  if (size_t n = strata_buffer_size(values)) out.bytes.assign(static_cast<const char*>(strata_buffer_data(values)), n);
  if (out.offsets.front() != 0 || out.offsets.back() != static_cast<int64_t>(out.bytes.size())) {
    return {Code::kInternal, "offsets do not cover the values"};
  }
  return out;
}

Result<Elements> read_whole(strata_array* array) {
  STRATA_ASSIGN(Numbers shape, array_shape(array));
  return read_region(array, Numbers(shape.size(), 0), shape);
}

Status write_region(strata_array* array, const Numbers& start, const Numbers& count, const Elements& e) {
  auto ndim = static_cast<uint32_t>(count.size());
  return call([&](strata_error* err) {
    if (is_varlen(e.type)) {
      return strata_array_write_varlen(array, ndim, start.data(), count.data(), e.offsets.data(), e.offsets.size(),
                                       e.bytes.data(), e.bytes.size(), nullptr, err);
    }
    return strata_array_write(array, ndim, start.data(), count.data(), e.bytes.data(), e.bytes.size(), nullptr, err);
  });
}

Result<Scalar> scalar_from_json(const Json* v, Naming naming) {
  Scalar out;
  if (is_absent(v)) return out;
  if (!v->IsObject() || v->MemberCount() != 1) return {Code::kInvalid, cat("expected one kind in ", compact_text(*v))};
  std::string_view name = view(v->MemberBegin()->name);
  if (naming == Naming::kExact) {
    out.type = strata_type_from_name(name.data(), name.size());
  } else {
    for (const Kind& kind : kBroadKinds) {
      if (name == kind.name) out.type = kind.type;
    }
  }
  if (out.type == STRATA_TYPE_NONE) return {Code::kInvalid, cat("unknown kind ", name)};
  STRATA_TRY(append_element(out.bytes, out.type, v->MemberBegin()->value));
  return out;
}

Json scalar_json(const Scalar& s, Naming naming) {
  if (s.type == STRATA_TYPE_NONE) return Json();
  std::string name = strata_type_name(s.type);
  if (naming == Naming::kBroad) {
    for (const Kind& kind : kBroadKinds) {
      if (s.type == kind.type) name = kind.name;
    }
  }
  if (s.type == STRATA_STRING) return object(name, text(s.bytes));
  if (s.type == STRATA_BINARY) return object(name, text(hex(s.bytes)));
  if (s.bytes.size() != strata_type_size(s.type)) return object("error", text(cat(s.bytes.size(), " bytes of ", name)));
  return object(name, fixed_json(s.type, s.bytes, 0));
}

Json scalar_json(const Value& v, Naming naming) {
  Scalar s;
  std::string name(type_name(v.type));
  s.type = strata_type_from_name(name.data(), name.size());
  if (is_text_like(v.type)) {
    s.bytes = v.text;
  } else {
    s.bytes.assign(reinterpret_cast<const char*>(&v.bits), fixed_width(v.type));
  }
  return scalar_json(s, naming);
}

}  // namespace strata::script
