#include "file/slots.h"

#include <algorithm>
#include <charconv>

#include "delta/sealed_layer.h"
#include "file/findings.h"
#include "storage/key.h"

namespace strata {

namespace {

// Name and folder, without what is above.
std::string_view tail_of(std::string_view key) {
  const std::string_view above = folder_of(folder_of(key));
  return above.empty() ? key : key.substr(above.size() + 1);
}

// Stems beside "folder/name" in which one part or both are encoded again.
std::vector<std::string> outlying_of(std::string_view stem) {
  constexpr size_t kMaxSegment = 255;
  const std::string_view name = name_of(stem), folder = folder_of(stem), folder_name = name_of(folder);
  const std::string name_again = encode_segment(name), folder_again = encode_segment(folder_name);
  std::vector<std::string> out;
  if (name_again.size() > kMaxSegment) return out;
  if (name_again != name) out.push_back(folder.empty() ? name_again : cat(folder, '/', name_again));
  if (folder_again != folder_name && folder_again.size() <= kMaxSegment) {
    const std::string_view above = folder_of(folder);
    out.push_back(above.empty() ? cat(folder_again, '/', name_again) : cat(above, '/', folder_again, '/', name_again));
  }
  return out;
}

std::string_view stem_of(std::string_view base_key) { return base_key.substr(0, base_key.size() - 3); }

// Paths of one object, seen from two roots.
bool same_object(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  return !b.empty() && a.ends_with(b) && (a.size() == b.size() || a[a.size() - b.size() - 1] == '/');
}

// Of a base that a layer names, whether the original puts its layers beside `stem`.
bool is_outlying(std::string_view hint, std::string_view stem) {
  if (!hint.ends_with(".af")) return false;
  for (const std::string& s : outlying_of(stem_of(hint)))
    if (same_object(s, stem)) return true;
  return false;
}

// The number in "{stem}.N.af"; nothing for 0.
std::optional<uint32_t> number_of(std::string_view stem, std::string_view key) {
  if (!key.starts_with(stem)) return std::nullopt;
  key.remove_prefix(stem.size());
  if (!key.starts_with('.') || !key.ends_with(".af") || key.size() < 5) return std::nullopt;
  key = key.substr(1, key.size() - 4);
  if (key.starts_with('+')) key.remove_prefix(1);
  uint32_t n = 0;
  auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), n);
  if (error != std::errc() || end != key.data() + key.size() || n == 0) return std::nullopt;
  return n;
}

Result<std::vector<SlotEntry>> list_slots(Storage& storage, std::string_view stem) {
  STRATA_ASSIGN(auto objects, storage.list(folder_of(stem)));
  std::vector<SlotEntry> out;
  for (auto& o : objects)
    if (auto n = number_of(stem, o.key)) out.push_back({*n, std::move(o.key), o.size});
  return out;
}

void sort(std::vector<SlotEntry>& slots) {
  std::sort(slots.begin(), slots.end(), [](const SlotEntry& a, const SlotEntry& b) {
    return a.slot != b.slot ? a.slot < b.slot : a.key < b.key;
  });
}

// The path of its base that a layer of the original names. "" for others; nothing when it is gone.
Result<std::optional<std::string>> hint_in(Storage& storage, const SlotEntry& entry) {
  const CodecSet codecs;
  auto layer = SealedLayer::open(storage, entry.key, codecs);
  if (layer.code() == Code::kNotFound) return std::optional<std::string>();
  if (!layer.ok()) return layer.take_status();
  return std::optional<std::string>((*layer)->identity() ? "" : (*layer)->footer().base_file_hint());
}

}  // namespace

Result<FileNames> FileNames::make(std::string_view base_key) {
  if (!base_key.ends_with(".af") || name_of(base_key).size() <= 3)
    return Status(Code::kInvalid, cat("\"", base_key, "\" does not end in \".af\" after a name"));
  FileNames n;
  n.base_ = base_key;
  n.stem_ = stem_of(base_key);
  n.outlying_ = outlying_of(n.stem_);
  return n;
}

Result<std::vector<std::string>> FileNames::list_parts(Storage& storage, const Id128& but) const {
  STRATA_ASSIGN(auto objects, storage.list(folder()));
  const std::string not_this = part(but), first = stem_ + '.';
  std::vector<std::string> out;
  for (auto& o : objects) {
    const bool is_part = o.key.size() == not_this.size() && o.key.starts_with(first) && o.key.ends_with(".part") &&
                         o.key.find_first_not_of("0123456789abcdef", first.size()) == o.key.size() - 5;
    if (is_part && o.key != not_this) out.push_back(std::move(o.key));
  }
  return out;
}

Result<std::vector<SlotEntry>> FileNames::list(Storage& storage) const {
  STRATA_ASSIGN(auto out, list_slots(storage, stem_));
  // Only a name that was encoded twice can be that of another base's outlying layers.
  if (tail_of(stem_).find("%25") != std::string_view::npos) {
    for (SlotEntry& s : out) {
      auto hint = hint_in(storage, s);
      if (leaves_it_open(hint.code())) return hint.take_status();
      s.stranger = hint.ok() && *hint && !same_object(**hint, base_) && is_outlying(**hint, stem_);
    }
  }
  sort(out);
  return out;
}

Result<std::vector<SlotEntry>> FileNames::list_outlying(Storage& storage) const {
  std::vector<SlotEntry> out;
  for (const std::string& stem : outlying_) {
    STRATA_ASSIGN(auto found, list_slots(storage, stem));
    for (SlotEntry& s : found) {
      auto hint = hint_in(storage, s);
      // One that cannot be read may be ours: better that the file does not open than that it opens without it.
      const bool unreadable = hint.code() == Code::kCorrupt || hint.code() == Code::kFormat;
      if (!hint.ok() && !unreadable) return hint.take_status();
      if (unreadable || (*hint && same_object(**hint, base_) && is_outlying(**hint, stem))) out.push_back(std::move(s));
    }
  }
  sort(out);
  return out;
}

Result<std::optional<SlotEntry>> FileNames::any_layer(Storage& storage) const {
  STRATA_ASSIGN(auto layers, list_outlying(storage));
  STRATA_ASSIGN(auto slots, list(storage));
  layers.insert(layers.end(), slots.begin(), slots.end());
  for (SlotEntry& s : layers)
    if (!s.stranger) return std::optional(std::move(s));
  return std::optional<SlotEntry>();
}

}  // namespace strata
