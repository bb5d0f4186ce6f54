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
  // The number in "{stem}.N.af", by the original's rule: leading zeros and one '+' are fine, 0 is not.
  std::optional<uint32_t> slot_of(std::string_view name) const;
  // All slots there are, ascending.
  Result<std::vector<SlotEntry>> list(Storage& storage) const;

 private:
  std::string base_, stem_;  // stem with folder: "a/data"
};

}  // namespace strata
