#include "dump.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "nested.h"

namespace strata::script {
namespace {

namespace fs = std::filesystem;

Json error_json(const Status& status) { return object("error", text(status.message())); }

Json content_or_error(strata_array* array) {
  int32_t type = strata_array_type(array);
  if (is_nested(type)) {  // the original's words: it has no element type for lists
    return object("unreadable", text("the crate has no element type for this dtype"));
  }
  auto elements = read_whole(array);
  return elements.ok() ? content_json(*elements) : error_json(elements.status());
}

Json fill_or_error(const strata_array* array) {
  Scalar fill;
  auto bytes = sized([&](void* dst, size_t cap, size_t* needed, strata_error* err) {
    return strata_array_fill(array, &fill.type, dst, cap, needed, err);
  });
  if (!bytes.ok()) return error_json(bytes.status());
  fill.bytes = *std::move(bytes);
  return scalar_json(fill, Naming::kBroad);
}

Json attributes_json(strata_array* array) {
  auto keys = names([&](strata_cursor** out, strata_error* err) {
    return strata_array_list_attributes(array, nullptr, 0, out, err);
  });
  if (!keys.ok()) return error_json(keys.status());
  std::sort(keys->begin(), keys->end());  // as the original's dump has them
  Json out = object();
  for (const std::string& key : *keys) {
    Scalar value;
    auto bytes = sized([&](void* dst, size_t cap, size_t* needed, strata_error* err) {
      return strata_array_get_attribute(array, key.data(), key.size(), &value.type, dst, cap, needed, err);
    });
    if (bytes.ok()) value.bytes = *std::move(bytes);
    add(out, key, bytes.ok() ? scalar_json(value, Naming::kExact) : error_json(bytes.status()));
  }
  return out;
}

Result<Json> chunk_shape_json(const strata_array* array) {
  Numbers chunk(strata_array_ndim(array));
  STRATA_TRY(call([&](strata_error* err) {
    return strata_array_chunk_shape(array, chunk.data(), static_cast<uint32_t>(chunk.size()), err);
  }));
  return number_list(chunk);
}

Result<Json> dimensions_json(const strata_array* array) {
  Json out = list();
  for (uint32_t axis = 0; axis < strata_array_ndim(array); ++axis) {
    STRATA_ASSIGN(std::string name, sized([&](char* dst, size_t cap, size_t* needed, strata_error* err) {
      return strata_array_dimension_name(array, axis, dst, cap, needed, err);
    }));
    append(out, text(name));
  }
  return out;
}

// "list<fixed_size_list<int8>[3]>" as the original's dump has it: {"list": {"fixed_size_list": "int8", "size": 3}}.
Json dtype_json(std::string_view type) {
  constexpr std::string_view kList = "list<", kFixed = "fixed_size_list<";
  if (type.starts_with(kList)) return object("list", dtype_json(type.substr(kList.size(), type.size() - kList.size() - 1)));
  if (!type.starts_with(kFixed)) return text(type);
  const size_t end = type.rfind(">[");
  return object("fixed_size_list", dtype_json(type.substr(kFixed.size(), end - kFixed.size())), "size",
                number(std::stoull(std::string(type.substr(end + 2)))));
}

Result<Json> array_json(strata_array* array, std::string_view name) {
  STRATA_ASSIGN(std::string type, sized([&](char* dst, size_t cap, size_t* needed, strata_error* err) {
    return strata_array_type_text(array, dst, cap, needed, err);
  }));
  STRATA_ASSIGN(Numbers shape, array_shape(array));
  STRATA_ASSIGN(Json chunk_shape, chunk_shape_json(array));
  STRATA_ASSIGN(Json dims, dimensions_json(array));
  return object("name", text(name), "dtype", dtype_json(type), "shape", number_list(shape), "chunk_shape",
                std::move(chunk_shape), "dims", std::move(dims), "fill", fill_or_error(array));
}

Result<Json> file_array_json(strata_file* file, const std::string& name) {
  strata_array* raw = nullptr;
  STRATA_TRY(call([&](strata_error* err) { return strata_file_array_open(file, name.data(), name.size(), &raw, err); }));
  Array array(raw);
  STRATA_ASSIGN(std::string own_name, sized([&](char* dst, size_t cap, size_t* needed, strata_error* err) {
    return strata_array_name(raw, dst, cap, needed, err);
  }));
  STRATA_ASSIGN(Json out, array_json(raw, own_name));
  add(out, "attributes", attributes_json(raw));
  add(out, "stats", array_statistics_json(raw, name));
  add(out, "content", content_or_error(raw));
  return out;
}

Result<Json> dump_open_file(const fs::path& path) {
  strata_file* raw = nullptr;
  strata_file_options options = STRATA_FILE_OPTIONS_INIT;
  options.flags = STRATA_READ_ONLY;
  std::string url = path.string();
  STRATA_TRY(call([&](strata_error* err) {
    return strata_file_open(nullptr, url.data(), url.size(), &options, nullptr, &raw, err);
  }));
  File file(raw);
  uint64_t count = 0;
  STRATA_TRY(call([&](strata_error* err) { return strata_file_layer_count(raw, &count, err); }));
  STRATA_ASSIGN(auto listed, names([&](strata_cursor** out, strata_error* err) {
    return strata_file_list(raw, nullptr, 0, out, err);
  }));
  Json arrays = list();
  for (const std::string& name : listed) {
    auto array = file_array_json(raw, name);
    append(arrays, array.ok() ? *std::move(array)
                              : object("name", text(name), "error", text(array.status().message())));
  }
  return object("num_layers", number(count), "arrays", std::move(arrays));
}

// ---- Stores ----

// The codec is not part of the ABI's answers; the document has it.
std::string codec_in(const Json& registry, const std::string& dataset, const std::string& array) {
  const Json* at = member(registry, "document");
  for (std::string_view key : {std::string_view("datasets"), std::string_view(dataset), std::string_view("arrays"),
                               std::string_view(array), std::string_view("codec")}) {
    at = at == nullptr ? nullptr : member(*at, key);
  }
  std::string out = at != nullptr && at->IsString() ? std::string(view(*at)) : "?";
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Json array_files_json(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (fs::is_regular_file(entry.path() / "data.af")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  Json out = object();
  for (const fs::path& f : folders) {
    bool has_statistics = fs::is_regular_file(f / "data.stats");
    add(out, f.filename().string(), object("layers", layers_json(f / "data.af"), "stats",
                                           has_statistics ? dump_statistics(f / "data.stats") : Json()));
  }
  return out;
}

Result<Json> dataset_attributes_json(strata_dataset* dataset) {
  STRATA_ASSIGN(auto keys, names([&](strata_cursor** out, strata_error* err) {
    return strata_dataset_list_attributes(dataset, nullptr, 0, out, err);
  }));
  Json out = object();
  for (const std::string& key : keys) {
    Scalar value;
    STRATA_ASSIGN(value.bytes, sized([&](void* dst, size_t cap, size_t* needed, strata_error* err) {
      return strata_dataset_get_attribute(dataset, key.data(), key.size(), &value.type, dst, cap, needed, err);
    }));
    add(out, key, scalar_json(value, Naming::kBroad));
  }
  return out;
}

Result<Json> dataset_array_json(strata_dataset* dataset, const std::string& dataset_name, const std::string& name,
                                const Json& registry) {
  strata_array* raw = nullptr;
  STRATA_TRY(call([&](strata_error* err) {
    return strata_dataset_array_open(dataset, name.data(), name.size(), nullptr, &raw, err);
  }));
  Array array(raw);
  STRATA_ASSIGN(Json out, array_json(raw, name));
  add(out, "codec", text(codec_in(registry, dataset_name, name)));
  add(out, "stats", array_statistics_json(raw, dataset_name));
  add(out, "content", content_or_error(raw));
  return out;
}

Result<Json> dataset_json(strata_store* store, const std::string& name, const Json& registry) {
  strata_dataset* raw = nullptr;
  STRATA_TRY(call([&](strata_error* err) {
    return strata_store_dataset_open(store, name.data(), name.size(), &raw, err);
  }));
  Dataset dataset(raw);
  STRATA_ASSIGN(Json attributes, dataset_attributes_json(raw));
  STRATA_ASSIGN(auto listed, names([&](strata_cursor** out, strata_error* err) {
    return strata_dataset_list(raw, nullptr, 0, out, err);
  }));
  Json arrays = list();
  for (const std::string& array_name : listed) {
    auto array = dataset_array_json(raw, name, array_name, registry);
    append(arrays, array.ok() ? *std::move(array)
                              : object("name", text(array_name), "error", text(array.status().message())));
  }
  return object("name", text(name), "attributes", std::move(attributes), "arrays", std::move(arrays));
}

struct StoreContents {
  Json datasets = list(), arrays = list();
};

Result<StoreContents> dump_open_store(const fs::path& folder, const Json& registry) {
  strata_store* raw = nullptr;
  strata_store_options options = STRATA_STORE_OPTIONS_INIT;
  options.flags = STRATA_READ_ONLY;
  std::string url = folder.string();
  STRATA_TRY(call([&](strata_error* err) {
    return strata_store_open(nullptr, url.data(), url.size(), &options, nullptr, &raw, err);
  }));
  Store store(raw);
  StoreContents out;
  STRATA_ASSIGN(auto datasets, names([&](strata_cursor** cursor, strata_error* err) {
    return strata_store_list_datasets(raw, nullptr, 0, cursor, err);
  }));
  for (const std::string& name : datasets) {
    auto dataset = dataset_json(raw, name, registry);
    append(out.datasets, dataset.ok() ? *std::move(dataset)
                                      : object("name", text(name), "error", text(dataset.status().message())));
  }
  STRATA_ASSIGN(auto arrays, names([&](strata_cursor** cursor, strata_error* err) {
    return strata_store_list_arrays(raw, nullptr, 0, cursor, err);
  }));
  std::sort(arrays.begin(), arrays.end());  // as the original's dump has them
  for (const std::string& name : arrays) append(out.arrays, text(name));
  return out;
}

}  // namespace

Json array_statistics_json(strata_array* array, std::string_view name) {
  strata_statistics s = STRATA_STATISTICS_INIT;
  Status status = call([&](strata_error* err) { return strata_array_statistics(array, nullptr, &s, err); });
  if (status.code() == Code::kNotFound) return Json();
  if (!status.ok()) return error_json(status);
  auto bound = [&](int which) -> Json {
    const auto& v = which == 0 ? s.min : s.max;
    switch (s.value_type) {
      case STRATA_TYPE_NONE: return Json();
      case STRATA_INT64: return object("int", number(v.i));
      case STRATA_TIMESTAMP_NS: return object("timestamp_ns", number(v.i));
      case STRATA_UINT64: return object("uint", number(v.u));
      case STRATA_FLOAT64: return object("float", float_json(v.f));
      default: break;
    }
    auto bytes = sized([&](void* dst, size_t cap, size_t* needed, strata_error* err) {
      return strata_array_statistics_text(array, which, nullptr, dst, cap, needed, err);
    });
    if (!bytes.ok()) return error_json(bytes.status());
    Json out = object("bytes_hex", text(hex(*bytes)));
    if (is_utf8(as_bytes(*bytes))) add(out, "text", text(*bytes));
    return out;
  };
  return object("name", text(name), "min", bound(0), "max", bound(1), "null_count", number(s.null_count), "row_count",
                number(s.row_count));
}

Json dump_file(const fs::path& path) {
  Json layers = layers_json(path);
  auto opened = dump_open_file(path);
  Json out = opened.ok() ? *std::move(opened) : error_json(opened.status());
  add(out, "layers", std::move(layers));
  return out;
}

Json dump_store(const fs::path& folder) {
  Json registry = registry_json(folder), files = array_files_json(folder);
  auto opened = dump_open_store(folder, registry);
  if (!opened.ok()) {
    return object("error", text(opened.status().message()), "meta", std::move(registry), "files", std::move(files));
  }
  return object("meta", std::move(registry), "datasets", std::move(opened->datasets), "list_arrays",
                std::move(opened->arrays), "files", std::move(files));
}

}  // namespace strata::script
