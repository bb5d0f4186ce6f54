#include "values.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <type_traits>

#include "command.h"
#include "element_types.h"

namespace strata_cli {
namespace {

constexpr std::int64_t kDay = 86'400'000'000'000;

template <typename T>
std::string shortest(T value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || value < 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

template <typename T>
void append_raw(T value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

std::string format_timestamp(std::int64_t nanoseconds) {
  if (nanoseconds == kNotATime) return "NaT";
  std::int64_t days = nanoseconds / kDay;
  std::int64_t rest = nanoseconds % kDay;
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  const std::int64_t seconds = rest / 1'000'000'000;
  const std::int64_t fraction = rest % 1'000'000'000;
  char text[48];
  int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                           static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60),
                           static_cast<int>(seconds % 60));
  std::string out(text, static_cast<std::size_t>(size));
  if (fraction != 0) {
    size = std::snprintf(text, sizeof text, ".%09d", static_cast<int>(fraction));
    std::string decimals(text, static_cast<std::size_t>(size));
    while (decimals.back() == '0') decimals.pop_back();
    out += decimals;
  }
  return out + "Z";
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  text = trimmed(text);
  if (text == "NaT") return kNotATime;
  const auto year = take_number(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t fraction = 0;
  if (take(text, 'T') || take(text, ' ')) {
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    hour = *hours;
    minute = *minutes;
    if (take(text, ':')) {
      const auto seconds = take_number(text, 2);
      if (!seconds || *seconds > 59) return std::nullopt;
      second = *seconds;
      if (take(text, '.')) {
        std::int64_t unit = 100'000'000;
        if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
        for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), unit /= 10) {
          fraction += unit * (text.front() - '0');
        }
      }
    }
  }
  take(text, 'Z');
  if (!text.empty()) return std::nullopt;
  const auto days = static_cast<__int128>(std::chrono::sys_days(date).time_since_epoch().count());
  const __int128 total = days * kDay + (hour * std::int64_t{3600} + minute * 60 + second) * 1'000'000'000 + fraction;
  if (total <= kNotATime || total > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return static_cast<std::int64_t>(total);
}

std::string format_number(double value) { return shortest(value); }
std::string format_number(float value) { return shortest(value); }

std::string rounded(double value, int digits) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, digits).ptr;
  return {text, end};
}

std::int64_t integer_of(std::int32_t type, const char* bytes) {
  std::int64_t out = 0;
  with_type(type, [&](auto tag) {
    if constexpr (std::is_integral_v<decltype(tag)>) out = static_cast<std::int64_t>(load<decltype(tag)>(bytes));
  });
  return out;
}

std::string format_element(std::int32_t type, const char* bytes) {
  switch (type) {
    case STRATA_BOOL:
      return load<std::uint8_t>(bytes) != 0 ? "true" : "false";
    case STRATA_TIMESTAMP_NS:
      return format_timestamp(load<std::int64_t>(bytes));
    case STRATA_FLOAT32:
      return format_number(load<float>(bytes));
    case STRATA_FLOAT64:
      return format_number(load<double>(bytes));
    case STRATA_UINT64:
      return std::to_string(load<std::uint64_t>(bytes));
    default:
      return std::to_string(integer_of(type, bytes));
  }
}

std::string format_value(const strata::Value& value) {
  if (!value) return "none";
  if (value.is_text()) return in_quotes(value.bytes());
  if (value.bytes().size() < strata_type_size(value.type())) return "?";
  return format_element(value.type(), value.bytes().data());
}

std::string type_name(std::int32_t type) { return strata_type_name(type); }

std::string format_shape(std::span<const std::uint64_t> shape) {
  std::string out = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i != 0 ? ", " : "") + std::to_string(shape[i]);
  return out + ")";
}

std::uint64_t product(std::span<const std::uint64_t> shape) {
  std::uint64_t out = 1;
  for (const std::uint64_t extent : shape) out *= extent;
  return out;
}

std::vector<double> to_doubles(std::int32_t type, std::span<const std::byte> data, const strata::Value& fill) {
  std::vector<double> out;
  const bool known = with_type(type, [&](auto tag) {
    using T = decltype(tag);
    const std::size_t count = data.size() / sizeof(T);
    const auto missing = fill_as<T>(fill);
    out.resize(count);
    const char* bytes = reinterpret_cast<const char*>(data.data());
    for (std::size_t i = 0; i < count; ++i) {
      const T value = load<T>(bytes + i * sizeof(T));
      const bool none = (missing && value == *missing) ||
                        (type == STRATA_TIMESTAMP_NS && integer_of(type, bytes + i * sizeof(T)) == kNotATime);
      out[i] = none ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(value);
    }
  });
  if (!known) throw Failure("elements of type " + type_name(type) + " are not numbers");
  return out;
}

void append_element(std::int32_t type, std::string_view text, const strata::Value& fill, std::string& out) {
  text = trimmed(text);
  const auto wrong = [&](const char* what) {
    return UsageError(in_quotes(text) + " is not " + what + " (" + type_name(type) + ")");
  };
  const bool is_fill = text == "_";
  if (is_fill && !fill) throw UsageError("\"_\" stands for the fill value, and this array has none");
  if (is_fill && fill.is_text()) throw UsageError("\"_\": the fill value is text and this array is not");
  const bool known = with_type(type, [&](auto tag) {
    using T = decltype(tag);
    T value{};
    if (is_fill) {
      const auto number = fill_as<T>(fill);
      if (!number) throw wrong("possible: the fill value does not fit the type");
      value = *number;
    } else if (type == STRATA_BOOL) {
      if (text != "true" && text != "false" && text != "0" && text != "1") throw wrong("true or false");
      value = text == "true" || text == "1" ? T{1} : T{0};
    } else {
      const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error == std::errc::result_out_of_range) throw wrong("within the type's range");
      if (error != std::errc() || end != digits.data() + digits.size()) {
        std::optional<std::int64_t> time;
        if (type == STRATA_TIMESTAMP_NS) time = parse_timestamp(text);
        if (type == STRATA_TIMESTAMP_NS && !time) throw wrong("a time such as 1982-01-16T20:00:00Z");
        if (!time) throw wrong(std::is_integral_v<T> ? "a whole number" : "a number");
        value = static_cast<T>(*time);
      }
    }
    append_raw(value, out);
  });
  if (!known) throw Failure("elements of type " + type_name(type) + " cannot be written from text");
}

std::string statistics_bound(const strata::Array& array, const strata_statistics& statistics, bool max) {
  switch (statistics.value_type) {
    case STRATA_INT64:
      return std::to_string(max ? statistics.max.i : statistics.min.i);
    case STRATA_TIMESTAMP_NS:
      return format_timestamp(max ? statistics.max.i : statistics.min.i);
    case STRATA_UINT64:
      return std::to_string(max ? statistics.max.u : statistics.min.u);
    case STRATA_FLOAT64: {
      const double value = max ? statistics.max.f : statistics.min.f;
      // Statistics widen float32; shown as the number that the array holds.
      return array.type() == STRATA_FLOAT32 ? format_number(static_cast<float>(value)) : format_number(value);
    }
    case STRATA_BINARY:
    case STRATA_STRING:
      return in_quotes(array.statistics_text(max));
    default:
      return "";
  }
}

}  // namespace strata_cli
