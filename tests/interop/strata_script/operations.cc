#include "operations.h"

#include <algorithm>

#include "nested.h"

namespace strata::script {

Result<std::optional<Numbers>> numbers_member(const Json& op, std::string_view key) {
  using Out = std::optional<Numbers>;
  const Json* v = member(op, key);
  if (is_absent(v)) return Out();
  Numbers out;
  for (rapidjson::SizeType i = 0; v->IsArray() && i < v->Size(); ++i) {
    if ((*v)[i].IsUint64()) out.push_back((*v)[i].GetUint64());
  }
  if (!v->IsArray() || out.size() != v->Size()) return {Code::kInvalid, cat("bad '", key, "'")};
  return Out(std::move(out));
}

Result<std::unique_ptr<Definition>> definition(const Json& op) {
  auto out = std::make_unique<Definition>();  // on the heap: dim_pointers point into it
  STRATA_ASSIGN(std::string type, text_member(op, "dtype"));
  out->type = strata_type_from_name(type.data(), type.size());
  if (out->type == STRATA_TYPE_NONE) out->type_text = std::move(type);
  STRATA_ASSIGN(auto shape, numbers_member(op, "shape"));
  if (!shape) return {Code::kInvalid, "'shape' missing"};
  out->shape = std::move(*shape);
  STRATA_ASSIGN(out->chunk, numbers_member(op, "chunk"));
  if (out->chunk && out->chunk->size() != out->shape.size()) return {Code::kInvalid, "'chunk' of another rank"};
  const Json* dims = member(op, "dims");
  for (rapidjson::SizeType i = 0; dims != nullptr && dims->IsArray() && i < dims->Size(); ++i) {
    if ((*dims)[i].IsString()) out->dims.emplace_back(view((*dims)[i]));
  }
  // With a wrong number of names the original calls them dim0, dim1 ...: what no names mean here.
  if (out->dims.size() == out->shape.size()) {
    for (const std::string& name : out->dims) out->dim_pointers.push_back(name.c_str());
  }
  STRATA_ASSIGN(out->fill, scalar_from_json(member(op, "fill"), Naming::kBroad));
  return out;
}

Status block_operation(const std::filesystem::path& folder, const Json& op) {
  STRATA_ASSIGN(std::string file, text_member(op, "file"));
  const std::filesystem::path place = folder / file, aside = folder / (file + ".aside");
  std::error_code error;
  if (text_or(op, "op", "") == "block") {
    if (std::filesystem::exists(place)) std::filesystem::rename(place, aside, error);
    if (!error) std::filesystem::create_directories(place, error);
  } else {
    std::filesystem::remove(place, error);
    if (!error && std::filesystem::exists(aside)) std::filesystem::rename(aside, place, error);
  }
  return error ? Status(Code::kIo, cat(place.string(), ": ", error.message())) : Status();
}

Status write_operation(strata_array* array, const Json& op) {
  int32_t type = strata_array_type(array);
  if (const Json* wanted = member(op, "dtype"); wanted != nullptr && wanted->IsString()) {
    std::string_view name = view(*wanted);
    if (strata_type_from_name(name.data(), name.size()) != type) {
      return {Code::kType, cat("the array is not of type ", name)};
    }
  }
  STRATA_ASSIGN(Numbers shape, array_shape(array));
  STRATA_ASSIGN(auto count, numbers_member(op, "shape"));
  STRATA_ASSIGN(auto start, numbers_member(op, "start"));
  if (!count) count = shape;
  if (!start) start = Numbers(count->size(), 0);
  if (start->size() != count->size()) return {Code::kInvalid, "'start' and 'shape' of different rank"};
  const Json* values = member(op, "values");
  if (values == nullptr) return {Code::kInvalid, "'values' missing"};
  if (is_nested(type)) return write_nested(array, *start, *count, *values);
  uint64_t cells = 1;
  for (uint64_t n : *count) cells *= n;
  STRATA_ASSIGN(Elements elements, build_elements(type, *values, cells));
  return write_region(array, *start, *count, elements);
}

Status resize_operation(strata_array* array, const Json& op) {
  STRATA_ASSIGN(auto shape, numbers_member(op, "shape"));
  if (!shape) return {Code::kInvalid, "'shape' missing"};
  return call([&](strata_error* err) {
    return strata_array_resize(array, static_cast<uint32_t>(shape->size()), shape->data(), nullptr, err);
  });
}

Result<Json> append_operation(strata_array* array, const Json& op) {
  STRATA_ASSIGN(Numbers shape, array_shape(array));
  const Json *axis = member(op, "axis"), *count = member(op, "count"), *values = member(op, "values");
  if (axis == nullptr || !axis->IsUint() || axis->GetUint() >= shape.size()) return {Code::kInvalid, "bad 'axis'"};
  if (count == nullptr || !count->IsUint64() || values == nullptr) return {Code::kInvalid, "'count' or 'values' missing"};
  shape[axis->GetUint()] = count->GetUint64();
  uint64_t cells = 1, start = 0;
  for (uint64_t n : shape) cells *= n;
  STRATA_ASSIGN(Elements e, build_elements(strata_array_type(array), *values, cells));
  STRATA_TRY(call([&](strata_error* err) {
    if (is_varlen(e.type)) {
      return strata_array_append_varlen(array, axis->GetUint(), count->GetUint64(), e.offsets.data(), e.offsets.size(),
                                        e.bytes.data(), e.bytes.size(), nullptr, &start, err);
    }
    return strata_array_append(array, axis->GetUint(), count->GetUint64(), e.bytes.data(), e.bytes.size(), nullptr, &start,
                               err);
  }));
  return number(start);
}

Result<Json> read_operation(strata_array* array, const Json& op) {
  STRATA_ASSIGN(Numbers shape, array_shape(array));
  STRATA_ASSIGN(auto start, numbers_member(op, "start"));
  STRATA_ASSIGN(auto count, numbers_member(op, "shape"));
  // As the original: what has another rank counts as not given, and the region is cut to the shape. The ABI refuses both.
  if (!start || start->size() != shape.size()) start = Numbers(shape.size(), 0);
  if (!count || count->size() != shape.size()) count = shape;
  for (size_t i = 0; i < shape.size(); ++i) {
    (*start)[i] = std::min((*start)[i], shape[i]);
    (*count)[i] = std::min((*count)[i], shape[i] - (*start)[i]);
  }
  if (is_nested(strata_array_type(array))) {
    STRATA_ASSIGN(Json cells, read_nested(array, *start, *count));
    return object("shape", number_list(*count), "values", std::move(cells));
  }
  STRATA_ASSIGN(Elements elements, read_region(array, *start, *count));
  return object("shape", number_list(*count), "values", value_list(elements));
}

Result<CodecChoice> codec_choice(const Json* v) {
  if (is_absent(v)) return CodecChoice{};
  if (v->IsString()) {
    std::string_view name = view(*v);
    if (name == "none") return CodecChoice{STRATA_CODEC_NONE, 0};
    if (name == "lz4") return CodecChoice{STRATA_CODEC_LZ4, 0};
    if (name == "zstd") return CodecChoice{STRATA_CODEC_ZSTD, 0};
  } else if (const Json* level = member(*v, "zstd"); level != nullptr && level->IsInt()) {
    return CodecChoice{STRATA_CODEC_ZSTD, level->GetInt()};
  }
  return {Code::kInvalid, cat("unknown codec ", compact_text(*v))};
}

}  // namespace strata::script
