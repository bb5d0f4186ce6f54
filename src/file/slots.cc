#include "file/slots.h"

#include <algorithm>
#include <charconv>

namespace strata {

Result<FileNames> FileNames::make(std::string_view base_key) {
  if (!base_key.ends_with(".af") || name_of(base_key).size() <= 3)
    return Status(Code::kInvalid, cat("\"", base_key, "\" does not end in \".af\" after a name"));
  FileNames n;
  n.base_ = base_key;
  n.stem_ = base_key.substr(0, base_key.size() - 3);
  return n;
}

std::optional<uint32_t> FileNames::slot_of(std::string_view name) const {
  std::string_view stem = name_of(stem_);
  if (!name.starts_with(stem)) return std::nullopt;
  name.remove_prefix(stem.size());
  if (!name.starts_with('.') || !name.ends_with(".af") || name.size() < 5) return std::nullopt;
  name = name.substr(1, name.size() - 4);
  if (name.starts_with('+')) name.remove_prefix(1);
  uint32_t n = 0;
  auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), n);
  if (error != std::errc() || end != name.data() + name.size() || n == 0) return std::nullopt;
  return n;
}

Result<std::vector<SlotEntry>> FileNames::list(Storage& storage) const {
  STRATA_ASSIGN(auto objects, storage.list(folder()));
  std::vector<SlotEntry> out;
  for (auto& o : objects)
    if (auto n = slot_of(name_of(o.key))) out.push_back({*n, std::move(o.key), o.size});
  std::sort(out.begin(), out.end(), [](const SlotEntry& a, const SlotEntry& b) {
    return a.slot != b.slot ? a.slot < b.slot : a.key < b.key;
  });
  return out;
}

}  // namespace strata
