// Arguments of the ABI as the library's own types, and back.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/store.h"
#include "capi/guard.h"
#include "capi/handles.h"
#include "file/array_file.h"
#include "strata/strata.h"

namespace strata::capi {

// Text with a length or NUL-terminated; checked to be UTF-8. NULL is an error unless the length is 0.
Result<std::string_view> text(const char* s, size_t len, std::string_view what);
// A prefix: NULL is "".
Result<std::string_view> prefix_of(const char* s, size_t len);
// Names that end with NUL. NULL: none is named, which stands for all. what: "dataset".
Result<std::optional<std::vector<std::string>>> names_of(const char* const* names, uint64_t count, std::string_view what);
// The system would take a path to end at a NUL byte: another path than the one given.
Status check_path(std::string_view path);

// An options or result struct by its struct_size: what is there is taken, the rest is zero; a part unknown here must be zero.
template <typename T>
Result<T> options_of(const T* given, std::string_view what) {
  T out;
  std::memset(&out, 0, sizeof out);
  if (!given) return out;
  const uint32_t size = given->struct_size;
  if (size < sizeof(uint32_t)) return Status(Code::kInvalid, cat(what, ": struct_size is not set"));
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (size_t i = sizeof(T); i < size; ++i)
    if (bytes[i] != 0) return Status(Code::kInvalid, cat(what, ": has a setting that this version does not know"));
  std::memcpy(&out, given, size < sizeof(T) ? size : sizeof(T));
  return out;
}
// Fills the caller's struct as far as its struct_size reaches.
template <typename T>
Status fill_struct(T* to, T from, std::string_view what) {
  if (!to) return Status(Code::kInvalid, cat(what, " is NULL"));
  const uint32_t size = to->struct_size;
  if (size < sizeof(uint32_t)) return Status(Code::kInvalid, cat(what, ": struct_size is not set"));
  from.struct_size = size;
  std::memcpy(to, &from, size < sizeof(T) ? size : sizeof(T));
  return {};
}

// Element types: the ABI's number is the format's tag + 1.
inline int32_t to_abi(Type type) { return static_cast<int32_t>(type) + 1; }
Result<Type> type_of(int32_t type);
// A scalar in native form.
Result<Value> value_of(int32_t type, const void* data, size_t size, std::string_view what);
// The same for a fill: integers and floats become the kinds that the format has.
Result<std::optional<Value>> fill_of(int32_t type, const void* data, size_t size);
std::string native_bytes(const Value& value);

// Size query: copies when it fits; *needed is always set.
Status put_bytes(std::string_view bytes, void* dst, size_t cap, size_t* needed);

// An array's element type: by its number, which cannot be a list's, or as text.
Result<DType> element_type_of(int32_t type);
Result<DType> element_type_of(const char* type, size_t type_len);
Result<ArrayDefinition> definition_of(const char* name, size_t name_len, Result<DType> type, uint32_t ndim,
                                      const uint64_t* shape, const uint64_t* chunk_shape,
                                      const char* const* dimension_names, int32_t fill_type, const void* fill,
                                      size_t fill_size);
// start and count of an array of `shape`; both NULL: all of it.
struct RegionArgs {
  std::vector<uint64_t> start, count;
};
Result<RegionArgs> region_of(uint32_t ndim, const uint64_t* start, const uint64_t* count, std::span<const uint64_t> shape);

Result<const Codec*> codec_of(const Engine& engine, int32_t codec);
Status check_level(const Codec& codec, int32_t level);

// Where a URL points: a storage, and the key in it of a file ("x.af") or a folder ("").
struct Place {
  std::shared_ptr<Storage> storage;
  std::string key;
};
Result<Place> file_place(Context& context, std::string_view url);
Result<Place> folder_place(Context& context, std::string_view url);
// The same of a file that is to be written to. kUnsupported: it is the file of an array of a store, whose log has to know of every layer.
Result<Place> writable_file_place(Context& context, std::string_view url);

// The caller's context, or a private one.
Result<std::shared_ptr<Context>> context_of(strata_context* context);

// The token inside, or nullptr; kHandle for something else.
Result<CancelToken*> token_of(strata_cancel* cancel);

// A cursor over the names that begin with the prefix.
strata_cursor* make_cursor(const std::vector<std::string>& names, std::string_view prefix);
strata_buffer* make_buffer(Buffer bytes);

}  // namespace strata::capi
