#include "file/commit_name.h"

#include <charconv>

#include "base/rfc3339.h"

namespace strata {

CommitName CommitName::parse(std::string_view text) {
  CommitName out;
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  Id128 id;
  if (!text.empty() && end == text.data() + text.size()) out.number = error == std::errc() ? n : UINT64_MAX;
  else if (Id128::parse(text, &id)) out.id = id;
  else out.time_ns = parse_rfc3339(text);
  return out;
}

}  // namespace strata
