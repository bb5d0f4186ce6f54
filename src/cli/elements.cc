#include "elements.h"

#include <charconv>

#include "console.h"
#include "values.h"

namespace strata_cli {

Elements Elements::read(const strata::Array& array, std::span<const std::uint64_t> start,
                        std::span<const std::uint64_t> count, const strata::Cancel* cancel) {
  Elements out;
  out.size_ = product(count);
  std::string type = array.type_text();
  std::uint32_t levels = 0;
  strata::detail::call([&](strata_error* err) {
    return strata_type_layout(type.data(), type.size(), &out.type_, nullptr, 0, &levels, err);
  });
  std::uint64_t each = 1;
  for (std::size_t open = type.find('<'); open != type.npos; open = type.find('<')) {
    const std::size_t close = type.rfind('>');
    List list;
    if (type.starts_with("fixed_size_list")) {
      std::uint64_t size = 0;
      std::from_chars(type.data() + close + 2, type.data() + type.size(), size);
      list.fixed = size;
      each *= size;
    }
    out.lists_.push_back(list);
    type = type.substr(open + 1, close - open - 1);
  }
  out.width_ = strata_type_size(out.type_);
  if (levels != 0) {
    out.nested_ = array.read_nested(levels, start, count, cancel);
  } else {
    out.bytes_.resize(out.size_ * each * out.width_);
    array.read_bytes(out.bytes_, start, count, cancel);
  }
  return out;
}

Elements::Range Elements::children(std::size_t list, std::size_t level, std::uint64_t i) const {
  if (const auto fixed = lists_[list].fixed) return {i * *fixed, (i + 1) * *fixed};
  const auto offsets = nested_->offsets(level);
  return {static_cast<std::uint64_t>(offsets[i]), static_cast<std::uint64_t>(offsets[i + 1])};
}

std::string Elements::leaf(std::size_t level, std::uint64_t i) const {
  const auto all = nested_ ? nested_->values() : std::span<const std::byte>(bytes_);
  const char* bytes = reinterpret_cast<const char*>(all.data());
  if (width_ != 0) return {bytes + i * width_, width_};
  const auto offsets = nested_->offsets(level);
  return {bytes + offsets[i], static_cast<std::size_t>(offsets[i + 1] - offsets[i])};
}

std::string Elements::text(std::uint64_t i) const { return text(0, 0, i); }

std::string Elements::text(std::size_t list, std::size_t level, std::uint64_t i) const {
  if (list == lists_.size()) {
    const std::string value = leaf(level, i);
    if (width_ != 0) return format_element(type_, value.data());
    return lists_.empty() ? value : in_quotes(value);
  }
  std::string out = "[";
  const Range range = children(list, level, i);
  for (std::uint64_t k = range.first; k < range.last; ++k)
    out += (k == range.first ? "" : ", ") + text(list + 1, level + (lists_[list].fixed ? 0 : 1), k);
  return out + "]";
}

void Elements::json(JsonOut& out, std::uint64_t i) const { json(out, 0, 0, i); }

void Elements::json(JsonOut& out, std::size_t list, std::size_t level, std::uint64_t i) const {
  if (list == lists_.size()) {
    out.value(strata::Value(type_, leaf(level, i)));
    return;
  }
  out.array();
  const Range range = children(list, level, i);
  for (std::uint64_t k = range.first; k < range.last; ++k) json(out, list + 1, level + (lists_[list].fixed ? 0 : 1), k);
  out.end_array();
}

}  // namespace strata_cli
