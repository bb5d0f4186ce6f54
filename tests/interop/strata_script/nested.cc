#include "nested.h"

namespace strata::script {
namespace {

// What a type consists of (strata_type_layout), with the offsets and values of some cells.
struct Parts {
  int32_t value_type = STRATA_TYPE_NONE;
  Numbers sizes;  // one more than levels
  std::vector<std::vector<int64_t>> offsets;
  Elements values;
  Numbers at;  // of each level, when they are read

  size_t levels() const { return offsets.size(); }
  bool is_text_level(size_t level) const { return level + 1 == levels() && is_varlen(value_type); }
};

Result<Parts> parts_of(strata_array* array) {
  STRATA_ASSIGN(std::string type, sized([&](char* dst, size_t cap, size_t* needed, strata_error* err) {
    return strata_array_type_text(array, dst, cap, needed, err);
  }));
  Parts out;
  uint32_t levels = 0;
  auto layout = [&](uint64_t* sizes, uint32_t cap) {
    return call([&](strata_error* err) {
      return strata_type_layout(type.data(), type.size(), &out.value_type, sizes, cap, &levels, err);
    });
  };
  STRATA_TRY(layout(nullptr, 0));
  out.sizes.resize(levels + 1);
  STRATA_TRY(layout(out.sizes.data(), levels + 1));
  out.offsets.resize(levels);
  out.at.resize(levels + 1);
  out.values.type = out.value_type;
  return out;
}

Status put(Parts& parts, const Json& node, size_t level) {
  if (!node.IsArray() || node.Size() != parts.sizes[level]) return {Code::kInvalid, cat("a part is ", compact_text(node))};
  for (const Json& item : node.GetArray()) {
    if (level == parts.levels() || parts.is_text_level(level)) {
      STRATA_TRY(append_element(parts.values.bytes, parts.value_type, item));
      if (level < parts.levels()) parts.offsets[level].push_back(static_cast<int64_t>(parts.values.bytes.size()));
      continue;
    }
    if (!item.IsArray()) return {Code::kInvalid, cat("not a list: ", compact_text(item))};
    parts.offsets[level].push_back(parts.offsets[level].back() + item.Size());
    for (const Json& part : item.GetArray()) STRATA_TRY(put(parts, part, level + 1));
  }
  return {};
}

Json take(Parts& parts, size_t level) {
  Json node = list();
  for (uint64_t i = 0; i < parts.sizes[level]; ++i) {
    const uint64_t at = parts.at[level]++;
    if (level == parts.levels() || parts.is_text_level(level)) {
      append(node, element_json(parts.values, at));
      continue;
    }
    Json item = list();
    for (int64_t k = parts.offsets[level][at]; k < parts.offsets[level][at + 1]; ++k) append(item, take(parts, level + 1));
    append(node, std::move(item));
  }
  return node;
}

}  // namespace

Status write_nested(strata_array* array, const Numbers& start, const Numbers& count, const Json& cells) {
  STRATA_ASSIGN(Parts parts, parts_of(array));
  for (auto& offsets : parts.offsets) offsets.push_back(0);
  uint64_t n = 1;
  for (uint64_t c : count) n *= c;
  if (!cells.IsArray() || cells.Size() != n) return {Code::kInvalid, cat("not ", n, " cells: ", compact_text(cells))};
  for (const Json& cell : cells.GetArray()) STRATA_TRY(put(parts, cell, 0));
  std::vector<const int64_t*> offsets;
  std::vector<size_t> counts;
  for (const auto& level : parts.offsets) {
    offsets.push_back(level.data());
    counts.push_back(level.size());
  }
  const auto ndim = static_cast<uint32_t>(count.size());
  const std::string& bytes = parts.values.bytes;
  return call([&](strata_error* err) {
    if (parts.levels() == 0) return strata_array_write(array, ndim, start.data(), count.data(), bytes.data(), bytes.size(), nullptr, err);
    return strata_array_write_nested(array, ndim, start.data(), count.data(), static_cast<uint32_t>(parts.levels()), offsets.data(),
                                     counts.data(), bytes.data(), bytes.size(), nullptr, err);
  });
}

Result<Json> read_nested(strata_array* array, const Numbers& start, const Numbers& count) {
  STRATA_ASSIGN(Parts parts, parts_of(array));
  const auto ndim = static_cast<uint32_t>(count.size());
  if (parts.levels() == 0) {
    STRATA_ASSIGN(parts.values.bytes, sized([&](void* dst, size_t cap, size_t* needed, strata_error* err) {
      return strata_array_read(array, ndim, start.data(), count.data(), nullptr, dst, cap, needed, err);
    }));
  } else {
    std::vector<strata_buffer*> raw(parts.levels());
    strata_buffer* raw_values = nullptr;
    STRATA_TRY(call([&](strata_error* err) {
      return strata_array_read_nested(array, ndim, start.data(), count.data(), nullptr, static_cast<uint32_t>(raw.size()),
                                      raw.data(), &raw_values, err);
    }));
    LibraryBuffer values(raw_values);
    std::vector<LibraryBuffer> held;
    for (strata_buffer* level : raw) held.emplace_back(level);
    for (size_t i = 0; i < held.size(); ++i) {
      auto first = static_cast<const int64_t*>(strata_buffer_data(held[i].get()));
      parts.offsets[i].assign(first, first + strata_buffer_size(held[i].get()) / sizeof(int64_t));
    }
    if (size_t n = strata_buffer_size(raw_values)) parts.values.bytes.assign(static_cast<const char*>(strata_buffer_data(raw_values)), n);
    if (is_varlen(parts.value_type)) parts.values.offsets = parts.offsets.back();
  }
  uint64_t n = 1;
  for (uint64_t c : count) n *= c;
  Json out = list();
  for (uint64_t i = 0; i < n; ++i) append(out, take(parts, 0));
  return out;
}

}  // namespace strata::script
