#include "capi/convert.h"

#include <algorithm>

#include "atlas/registry.h"
#include "base/utf8.h"
#include "storage/key.h"
#include "storage/local.h"
#include "storage/memory.h"

namespace strata::capi {

Result<std::string_view> text(const char* s, size_t len, std::string_view what) {
  if (!s) {
    if (len == 0) return std::string_view();
    return Status(Code::kInvalid, cat(what, " is NULL"));
  }
  std::string_view v = len == STRATA_NUL ? std::string_view(s) : std::string_view(s, len);
  STRATA_TRY(check_utf8(what, v));
  return v;
}

Result<std::string_view> prefix_of(const char* s, size_t len) {
  if (!s) return std::string_view();
  return text(s, len, "the prefix");
}

Result<std::optional<std::vector<std::string>>> names_of(const char* const* names, uint64_t count, std::string_view what) {
  std::optional<std::vector<std::string>> out;
  if (!names) return out;
  out.emplace();
  for (uint64_t i = 0; i < count; ++i) {
    if (!names[i]) return Status(Code::kInvalid, cat("the name of ", what, ' ', i, " is NULL"));
    STRATA_ASSIGN(auto name, text(names[i], STRATA_NUL, cat("the name of ", what, ' ', i)));
    out->emplace_back(name);
  }
  return out;
}

Status check_path(std::string_view path) {
  if (path.find('\0') != path.npos) return Status(Code::kInvalid, "the path contains a NUL byte");
  return {};
}

Result<Type> type_of(int32_t type) {
  if (type < STRATA_BOOL || type > STRATA_TIMESTAMP_NS) return Status(Code::kInvalid, cat("no element type has the number ", type));
  return static_cast<Type>(type - 1);
}

Result<Value> value_of(int32_t type, const void* data, size_t size, std::string_view what) {
  STRATA_ASSIGN(Type t, type_of(type));
  if (!data && size) return Status(Code::kInvalid, cat(what, ": the value is NULL"));
  Value v;
  v.type = t;
  if (is_list(t)) return Status(Code::kType, cat(what, " cannot be a list"));
  if (is_text_like(t)) {
    if (size == STRATA_NUL) return Status(Code::kInvalid, cat(what, ": a length is needed"));
    v.text.assign(static_cast<const char*>(data), size);
    if (t == Type::kString && !is_utf8(as_bytes(v.text))) return Status(Code::kInvalid, cat(what, ": the text is not UTF-8"));
    return v;
  }
  if (size != fixed_width(t))
    return Status(Code::kInvalid, cat(what, ": a value of type ", type_name(t), " has ", fixed_width(t), " bytes, not ", size));
  switch (t) {
    case Type::kBool: v.bits = load<uint8_t>(data) != 0; break;
    case Type::kInt8: v.bits = static_cast<uint64_t>(int64_t{load<int8_t>(data)}); break;
    case Type::kInt16: v.bits = static_cast<uint64_t>(int64_t{load<int16_t>(data)}); break;
    case Type::kInt32: v.bits = static_cast<uint64_t>(int64_t{load<int32_t>(data)}); break;
    default: std::memcpy(&v.bits, data, size);
  }
  return v;
}

Result<std::optional<Value>> fill_of(int32_t type, const void* data, size_t size) {
  if (type == STRATA_TYPE_NONE) return std::optional<Value>();
  STRATA_ASSIGN(Value v, value_of(type, data, size, "the fill value"));
  switch (v.type) {
    case Type::kInt8:
    case Type::kInt16:
    case Type::kInt32: v.type = Type::kInt64; break;
    case Type::kUInt8:
    case Type::kUInt16:
    case Type::kUInt32: v.type = Type::kUInt64; break;
    case Type::kFloat32: v = Value::float64(static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(v.bits)))); break;
    case Type::kBinary: return Status(Code::kType, "a fill value cannot be binary");
    default: break;
  }
  return std::optional<Value>(std::move(v));
}

std::string native_bytes(const Value& v) {
  if (is_text_like(v.type)) return v.text;
  std::string out(fixed_width(v.type), '\0');
  std::memcpy(out.data(), &v.bits, out.size());
  return out;
}

Status put_bytes(std::string_view bytes, void* dst, size_t cap, size_t* needed) {
  if (needed) *needed = bytes.size();
  if (cap == 0 && !bytes.empty()) {
    if (needed) return {};  // only asked
    return Status(Code::kBufferTooSmall, cat(bytes.size(), " bytes are needed"));
  }
  if (bytes.size() > cap) return Status(Code::kBufferTooSmall, cat(bytes.size(), " bytes are needed, there is room for ", cap));
  if (bytes.empty()) return {};
  if (!dst) return Status(Code::kInvalid, "the destination is NULL");
  std::memcpy(dst, bytes.data(), bytes.size());
  return {};
}

Result<DType> element_type_of(int32_t type) {
  DType out;
  STRATA_ASSIGN(out.type, type_of(type));
  if (is_list(out.type))
    return Status(Code::kType,
                  cat("a ", type_name(out.type),
                      " needs the type of its elements: define it by the type as text, \"list<float32>\""));
  return out;
}

Result<DType> element_type_of(const char* type, size_t type_len) {
  STRATA_ASSIGN(auto name, text(type, type_len, "the element type"));
  return dtype_from_name(name);
}

Result<ArrayDefinition> definition_of(const char* name, size_t name_len, Result<DType> type, uint32_t ndim,
                                      const uint64_t* shape, const uint64_t* chunk_shape,
                                      const char* const* dimension_names, int32_t fill_type, const void* fill,
                                      size_t fill_size) {
  ArrayDefinition d;
  STRATA_ASSIGN(d.name, text(name, name_len, "the array's name"));
  STRATA_ASSIGN(d.dtype, std::move(type));
  if (ndim > kMaxRank) return Status(Code::kLimit, cat("an array of ", ndim, " dimensions; ", kMaxRank, " are possible"));
  if (ndim && !shape) return Status(Code::kInvalid, "the shape is NULL");
  d.shape.assign(shape, shape + ndim);
  if (chunk_shape) d.chunk_shape.emplace(chunk_shape, chunk_shape + ndim);
  if (dimension_names) {
    d.dimension_names.emplace();
    for (uint32_t i = 0; i < ndim; ++i) {
      STRATA_ASSIGN(std::string_view dim, text(dimension_names[i], STRATA_NUL, "a dimension's name"));
      d.dimension_names->emplace_back(dim);
    }
  }
  STRATA_ASSIGN(d.fill, fill_of(fill_type, fill, fill_size));
  return d;
}

Result<RegionArgs> region_of(uint32_t ndim, const uint64_t* start, const uint64_t* count, std::span<const uint64_t> shape) {
  RegionArgs r;
  if (ndim != shape.size()) return Status(Code::kInvalid, cat("ndim is ", ndim, ", the array has ", shape.size(), " dimensions"));
  if (!start && !count) {
    r.start.assign(ndim, 0);
    r.count.assign(shape.begin(), shape.end());
    return r;
  }
  if (ndim && (!start || !count)) return Status(Code::kInvalid, "start and count: give both, or neither for the whole array");
  r.start.assign(start, start + ndim);
  r.count.assign(count, count + ndim);
  return r;
}

Result<const Codec*> codec_of(const Engine& engine, int32_t codec) {
  switch (codec) {
    case STRATA_CODEC_NONE: return engine.codecs.find("");
    case STRATA_CODEC_LZ4: return engine.codecs.find("lz4");
    case STRATA_CODEC_DEFAULT:
    case STRATA_CODEC_ZSTD: return engine.codecs.find("zstd");
    default: return Status(Code::kInvalid, cat("no codec has the number ", codec));
  }
}

Status check_level(const Codec& codec, int32_t level) {
  int lo = 0, hi = 0;
  if (codec.name() == "zstd") {
    lo = -100;
    hi = 22;
  } else if (codec.name() == "lz4") {
    hi = 12;
  }
  if (level < lo || level > hi)
    return Status(Code::kInvalid, cat("codec ", codec.name().empty() ? "none" : codec.name(), " has no level ", level));
  return {};
}

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decode(std::string_view s) {
  std::string out;
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size() && hex_digit(s[i + 1]) >= 0 && hex_digit(s[i + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(s[i + 1]) * 16 + hex_digit(s[i + 2])));
      i += 2;
    } else {
      out.push_back(s[i]);
    }
  }
  return out;
}

// Either a path of the file system or a key in a place in memory.
struct Parsed {
  bool memory = false;
  std::string name;  // of the place in memory
  std::string path;
};

Result<Parsed> parse_url(std::string_view url) {
  Parsed p;
  if (url.empty()) return Status(Code::kInvalid, "the path is empty");
  STRATA_TRY(check_path(url));
  size_t colon = url.find("://");
  if (colon == url.npos || url.substr(0, colon).find('/') != url.npos) {
    p.path = url;
    return p;
  }
  std::string_view scheme = url.substr(0, colon), rest = url.substr(colon + 3);
  if (scheme == "file") {
    if (!rest.starts_with('/')) return Status(Code::kInvalid, cat('"', url, "\": a file URL has three slashes, then the path"));
    p.path = percent_decode(rest);
    STRATA_TRY(check_path(p.path));
    return p;
  }
  if (scheme == "memory") {
    p.memory = true;
    size_t slash = rest.find('/');
    p.name = rest.substr(0, slash);
    if (p.name.empty()) return Status(Code::kInvalid, cat('"', url, "\": a place in memory has a name, as in memory://name/x.af"));
    if (slash != rest.npos) p.path = rest.substr(slash + 1);
    while (p.path.ends_with('/')) p.path.pop_back();
    return p;
  }
  return Status(Code::kUnsupported, cat("\"", scheme, "\" is no kind of place that is known here: use a path, file:// or memory://"));
}

}  // namespace

std::shared_ptr<Storage> Context::memory(const std::string& name) {
  std::lock_guard lock(mu_);
  auto& s = memory_[name];
  if (!s) s = engine->observed(make_memory_storage(name));
  return s;
}

Result<Place> file_place(Context& context, std::string_view url) {
  STRATA_ASSIGN(Parsed p, parse_url(url));
  if (p.memory) {
    if (p.path.empty()) return Status(Code::kInvalid, cat('"', url, "\" names no file"));
    return Place{context.memory(p.name), std::move(p.path)};
  }
  size_t slash = p.path.rfind('/');
  if (slash == p.path.size() - 1) return Status(Code::kInvalid, cat('"', url, "\" names a folder, not a file"));
  // A folder whose name has to be encoded is a part of the key: it may be that of an array of a store, whose outlying layers
  // lie in another folder beside it.
  if (slash != std::string::npos) {
    const std::string_view folder = name_of(std::string_view(p.path).substr(0, slash));
    if (folder != "." && folder != ".." && encode_segment(folder) != folder) slash = p.path.rfind('/', slash - 1);
  }
  std::string root = slash == std::string::npos ? "" : slash == 0 ? "/" : p.path.substr(0, slash);
  return Place{context.engine->observed(make_local_storage(root)), slash == std::string::npos ? p.path : p.path.substr(slash + 1)};
}

Result<Place> folder_place(Context& context, std::string_view url) {
  STRATA_ASSIGN(Parsed p, parse_url(url));
  if (p.memory) return Place{context.memory(p.name), std::move(p.path)};
  while (p.path.size() > 1 && p.path.ends_with('/')) p.path.pop_back();
  return Place{context.engine->observed(make_local_storage(p.path)), ""};
}

Result<Place> writable_file_place(Context& context, std::string_view url) {
  STRATA_ASSIGN(Place file, file_place(context, url));
  if (name_of(file.key) != "data.af") return file;
  STRATA_ASSIGN(const Parsed p, parse_url(url));
  Place store;  // in which the file would be an array's
  if (p.memory) {
    const std::string_view folder = folder_of(p.path);
    if (folder.empty()) return file;
    store = {file.storage, std::string(folder_of(folder))};
  } else {
    std::string_view folder = folder_of(p.path);
    while (folder.size() > 1 && folder.ends_with('/')) folder.remove_suffix(1);
    const std::string_view name = name_of(folder);
    std::string above(folder.substr(0, folder.size() - name.size()));
    if (name.empty() || name == "." || name == "..") above = !folder.empty() ? cat(folder, "/..") : p.path.starts_with('/') ? "/" : "..";
    while (above.size() > 1 && above.ends_with('/')) above.pop_back();
    store.storage = context.engine->observed(make_local_storage(above));
  }
  auto registry = find_registry(*store.storage, store.key);
  if (registry.code() == Code::kNoMemory) return registry.take_status();
  if (registry.ok() && *registry)
    return Status(Code::kUnsupported, cat(file.storage->describe(file.key), " is the file of an array of the store ",
                                          store.storage->describe(store.key), ", and is written to through the store; open it read-only"));
  return file;
}

Result<std::shared_ptr<Context>> context_of(strata_context* context) {
  if (!context) return std::make_shared<Context>(EngineSettings{});
  STRATA_TRY(checked(context, "context"));
  return context->impl;
}

Result<CancelToken*> token_of(strata_cancel* cancel) {
  if (!cancel) return static_cast<CancelToken*>(nullptr);
  STRATA_TRY(checked(cancel, "cancel"));
  return &cancel->token;
}

strata_cursor* make_cursor(const std::vector<std::string>& names, std::string_view prefix) {
  auto cursor = std::make_unique<strata_cursor>();
  for (const auto& n : names) {
    if (!n.starts_with(prefix)) continue;
    cursor->names.append(n);
    cursor->ends.push_back(cursor->names.size());
  }
  return cursor.release();
}

strata_buffer* make_buffer(Buffer bytes) {
  auto* b = new strata_buffer;
  b->bytes = std::move(bytes);
  return b;
}

}  // namespace strata::capi
