#include "region.h"

#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "command.h"
#include "values.h"

namespace strata_cli {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(trimmed(text.substr(0, at)));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

UsageError unreadable(std::string_view text, const char* why) {
  return UsageError("region " + in_quotes(text) + ": " + why + "; write it like \"0:10,5,:\"");
}

// An index or the end of a slice, counted from the start of the axis.
std::int64_t number(std::string_view text, std::string_view whole, std::uint64_t extent) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw unreadable(whole, "not a number between the colons");
  return value < 0 ? value + static_cast<std::int64_t>(extent) : value;
}

}  // namespace

strata::Extents Region::result_shape() const {
  strata::Extents shape;
  for (std::size_t axis = 0; axis < count.size(); ++axis) {
    if (!dropped[axis]) shape.push_back(count[axis]);
  }
  return shape;
}

Region parse_region(std::string_view text, std::span<const std::uint64_t> shape) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  std::vector<std::string_view> parts;
  if (!trimmed(text).empty()) parts = split(text, ',');

  std::size_t ellipses = 0;
  for (const std::string_view part : parts) ellipses += part == "..." ? 1 : 0;
  if (ellipses > 1) throw unreadable(text, "\"...\" can be there once");
  if (parts.size() - ellipses > shape.size()) {
    throw UsageError("region " + in_quotes(text) + " has " + std::to_string(parts.size() - ellipses) +
                     " axes, the array has shape " + format_shape(shape));
  }
  const std::size_t left = shape.size() - (parts.size() - ellipses);

  Region region;
  const auto add = [&](std::uint64_t start, std::uint64_t count, bool dropped) {
    region.start.push_back(start);
    region.count.push_back(count);
    region.dropped.push_back(dropped);
  };
  for (const std::string_view part : parts) {
    if (part == "...") {
      for (std::size_t i = 0; i < left; ++i) add(0, shape[region.start.size()], false);
      continue;
    }
    const std::uint64_t extent = shape[region.start.size()];
    const auto ends = split(part, ':');
    if (ends.size() > 2) throw unreadable(text, "steps are not possible");
    const bool single = ends.size() == 1;
    const std::int64_t first = ends[0].empty() && !single ? 0 : number(ends[0], text, extent);
    const std::int64_t last = single            ? first + 1
                              : ends[1].empty() ? static_cast<std::int64_t>(extent)
                                                : number(ends[1], text, extent);
    if (first < 0 || last < first || last > static_cast<std::int64_t>(extent)) {
      throw Failure("region " + in_quotes(text) + " leaves axis " + std::to_string(region.start.size()) +
                    " of the array, which has shape " + format_shape(shape));
    }
    add(static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last - first), single);
  }
  while (region.start.size() < shape.size()) add(0, shape[region.start.size()], false);
  return region;
}

}  // namespace strata_cli
