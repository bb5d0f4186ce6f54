// Elements as text and as numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <strata/strata.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace strata_cli {

// "1982-01-16T20:00:00Z", with as many decimals as it takes; "NaT" for the smallest number.
std::string format_timestamp(std::int64_t nanoseconds);
// The reverse: a date, or a date and a time, with or without "Z"; nothing when it is neither, or outside 1677 to 2262.
std::optional<std::int64_t> parse_timestamp(std::string_view text);

// Shortest text that reads back as the same number.
std::string format_number(double value);
std::string format_number(float value);
// At most `digits` significant digits, for tables.
std::string rounded(double value, int digits = 6);

// One element in native form. STRING and BINARY: the bytes themselves are the element.
std::string format_element(std::int32_t type, const char* bytes);
// Integer types (TIMESTAMP_NS and BOOL included) but UINT64.
std::int64_t integer_of(std::int32_t type, const char* bytes);
// Attributes and fill values; text in quotes.
std::string format_value(const strata::Value& value);
// "int16"; timestamps and text included.
std::string type_name(std::int32_t type);
// "(12, 90, 180)"; "()" for 0-d.
std::string format_shape(std::span<const std::uint64_t> shape);
std::uint64_t product(std::span<const std::uint64_t> shape);

// Elements as doubles, with NaN for those that are the fill value. Throws Failure for text.
std::vector<double> to_doubles(std::int32_t type, std::span<const std::byte> data, const strata::Value& fill);

// Parses one element and appends it in native form; "_" is the fill value. Throws UsageError with the wrong text.
void append_element(std::int32_t type, std::string_view text, const strata::Value& fill, std::string& out);

// The min or max out of statistics. Text is asked for from the array.
std::string statistics_bound(const strata::Array& array, const strata_statistics& statistics, bool max);

}  // namespace strata_cli
