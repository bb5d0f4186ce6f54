// How a caller says which commit is meant: its number, its id, the time at which it was the newest, or a name.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/id128.h"

namespace strata {

struct CommitName {
  std::optional<uint64_t> number;  // UINT64_MAX: more digits than a number can have
  std::optional<Id128> id;
  std::optional<int64_t> time_ns;

  // Nothing of these: a tag.
  bool is_tag() const { return !number && !id && !time_ns; }
  static CommitName parse(std::string_view text);
};

}  // namespace strata
