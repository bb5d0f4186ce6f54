// Date-times as text, by the rules that the original's reader applies to attributes (docs/format.md, "Attribute values").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

// Nanoseconds since 1970 when `text` is a date-time and fits; nothing otherwise. Digits beyond nanoseconds are cut off,
// second 60 is the second after 59.
std::optional<int64_t> parse_rfc3339(std::string_view text);

// UTC with "Z" and 0, 3, 6 or 9 digits of a second, the fewest that are exact.
std::string format_rfc3339(int64_t nanoseconds);

}  // namespace strata
