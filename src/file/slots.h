// The names of one array file's objects: base, numbered slots, statistics, staged parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "storage/storage.h"

namespace strata {

struct SlotEntry {
  uint32_t slot = 0;
  std::string key;
  uint64_t size = 0;
  bool stranger = false;  // an outlying layer of another file: it takes a number here, and is nothing else to us

  bool operator==(const SlotEntry&) const = default;
};

class FileNames {
 public:
  // base_key ends in ".af".
  static Result<FileNames> make(std::string_view base_key);

  const std::string& base() const { return base_; }
  std::string_view folder() const { return folder_of(base_); }
  std::string slot(uint32_t n) const { return cat(stem_, ".", n, ".af"); }
  std::string stats() const { return stem_ + ".stats"; }
  // Where a compaction's base waits until it is put in place.
  std::string part(const Id128& id) const { return cat(stem_, ".", id.hex(), ".part"); }
  // All parts there are, but for one.
  Result<std::vector<std::string>> list_parts(Storage& storage, const Id128& but) const;
  // All slots there are, ascending: "{stem}.N.af" by the original's rule, for which leading zeros and one '+' are fine.
  Result<std::vector<SlotEntry>> list(Storage& storage) const;

  // The original encodes the names of layers and statistics once more than the base's: for a base "%C3%A9/data.af" they are
  // "%25C3%25A9/data.1.af" ... and "%25C3%25A9/data.stats", where it finds none of them again (docs/format.md, "Files"). Stems
  // of such outlying objects; none when nothing in the base's name needs to be encoded.
  const std::vector<std::string>& outlying_stems() const { return outlying_; }
  // Outlying layers of this file, ascending. Which base a layer belongs to is told by its own word, the hint: in the
  // folder there may be a base whose name is that of the folder.
  Result<std::vector<SlotEntry>> list_outlying(Storage& storage) const;
  // A layer of this file, in whichever place, if there is one.
  Result<std::optional<SlotEntry>> any_layer(Storage& storage) const;

 private:
  std::string base_, stem_;  // stem with folder: "a/data"
  std::vector<std::string> outlying_;
};

}  // namespace strata
