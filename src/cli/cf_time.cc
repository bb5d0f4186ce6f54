#include "cf_time.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <unordered_set>

#include "element_types.h"

namespace strata_cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::optional<std::int64_t> unit_length(std::string_view name) {
  struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  static constexpr std::array<Unit, 12> kUnits = {{{"day", kDay},
                                                   {"d", kDay},
                                                   {"hour", 3600 * kSecond},
                                                   {"hr", 3600 * kSecond},
                                                   {"h", 3600 * kSecond},
                                                   {"minute", 60 * kSecond},
                                                   {"min", 60 * kSecond},
                                                   {"second", kSecond},
                                                   {"sec", kSecond},
                                                   {"s", kSecond},
                                                   {"millisecond", 1'000'000},
                                                   {"msec", 1'000'000}}};
  std::string text = lower(name);
  if (text == "microsecond" || text == "microseconds") return 1000;
  if (text == "nanosecond" || text == "nanoseconds") return 1;
  if (text.size() > 2 && text.back() == 's' && text != "hs") text.pop_back();
  for (const Unit& unit : kUnits) {
    if (unit.name == text) return unit.nanoseconds;
  }
  return std::nullopt;
}

// Days since 1970-01-01 in the Gregorian calendar, for any year. The year is taken to begin in March, so that the leap
// day is its last.
std::int64_t gregorian_days(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

// The same for the Julian calendar, which was 13 days behind in 1970.
std::int64_t julian_days(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t cycle = (year >= 0 ? year : year - 3) / 4;
  const std::int64_t year_of_cycle = year - cycle * 4;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return cycle * 1461 + year_of_cycle * 365 + day_of_year - 719470;
}

struct Reader {
  std::string_view text;

  void spaces() {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  }
  bool take(char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
  }
  std::optional<std::int64_t> number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
  }
  bool digit() const { return !text.empty() && text.front() >= '0' && text.front() <= '9'; }
};

constexpr std::array<int, 13> kMonthStart365 = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

}  // namespace

std::optional<CfTime::Calendar> CfTime::calendar_of(std::string_view name) {
  const std::string text = lower(name);
  if (text.empty() || text == "standard" || text == "gregorian") return Calendar::kStandard;
  if (text == "proleptic_gregorian") return Calendar::kProlepticGregorian;
  if (text == "julian") return Calendar::kJulian;
  if (text == "360_day") return Calendar::k360Day;
  if (text == "365_day" || text == "noleap") return Calendar::k365Day;
  if (text == "366_day" || text == "all_leap") return Calendar::k366Day;
  return std::nullopt;
}

std::int64_t CfTime::days_of(Calendar calendar, std::int64_t year, int month, int day) {
  const std::int64_t since = year - 1970;
  const int before = kMonthStart365[static_cast<std::size_t>(month - 1)];
  switch (calendar) {
    case Calendar::k360Day:
      return since * 360 + (month - 1) * 30 + day - 1;
    case Calendar::k365Day:
      return since * 365 + before + day - 1;
    case Calendar::k366Day:
      return since * 366 + before + (month > 2 ? 1 : 0) + day - 1;
    case Calendar::kJulian:
      return julian_days(year, month, day);
    case Calendar::kProlepticGregorian:
      return gregorian_days(year, month, day);
    case Calendar::kStandard:
      break;
  }
  // The standard calendar changes from Julian to Gregorian in October 1582; "days since 1-1-1" counts on it.
  const bool gregorian = year > 1582 || (year == 1582 && (month > 10 || (month == 10 && day >= 15)));
  return gregorian ? gregorian_days(year, month, day) : julian_days(year, month, day);
}

std::optional<CfTime> CfTime::parse(std::string_view units, std::string_view calendar) {
  const auto known = calendar_of(calendar);
  const std::size_t since = lower(units).find(" since ");
  if (!known || since == std::string::npos) return std::nullopt;
  Reader unit{units.substr(0, since)};
  unit.spaces();
  while (!unit.text.empty() && unit.text.back() == ' ') unit.text.remove_suffix(1);
  const auto length = unit_length(unit.text);
  if (!length) return std::nullopt;

  Reader date{units.substr(since + 7)};
  date.spaces();
  const auto year = date.number();
  if (!year || std::abs(*year) > 1'000'000 || !date.take('-')) return std::nullopt;
  const auto month = date.number();
  if (!month || *month < 1 || *month > 12) return std::nullopt;
  std::int64_t day = 1;
  if (date.take('-')) {
    const auto number = date.number();
    if (!number || *number < 1 || *number > 31) return std::nullopt;
    day = *number;
  }
  // A time of day, and an offset of the time zone, both optional.
  __int128 clock = 0;
  if (!date.take('T')) date.spaces();
  if (date.digit()) {
    std::array<std::int64_t, 3> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto number = date.number();
      if (!number || *number < 0 || *number > (i == 0 ? 24 : 60)) return std::nullopt;
      parts[i] = *number;
      if (!date.take(':')) break;
    }
    clock = static_cast<__int128>(parts[0] * 3600 + parts[1] * 60 + parts[2]) * kSecond;
    if (date.take('.')) {
      for (std::int64_t digit = kSecond / 10; date.digit(); digit /= 10) {
        clock += digit * (date.text.front() - '0');
        date.text.remove_prefix(1);
      }
    }
  }
  date.spaces();
  const std::string zone = lower(date.text);
  if (!zone.empty() && zone != "z" && zone != "utc" && zone != "gmt") {
    Reader offset{zone};
    const bool west = offset.take('-');
    if (!west) offset.take('+');
    auto hours = offset.number();
    std::int64_t minutes = 0;
    if (!hours) return std::nullopt;
    if (offset.take(':')) {
      const auto number = offset.number();
      if (!number) return std::nullopt;
      minutes = *number;
    } else if (*hours > 99) {
      minutes = *hours % 100;
      hours = *hours / 100;
    }
    offset.spaces();
    if (!offset.text.empty() || *hours > 14 || minutes > 59) return std::nullopt;
    const std::int64_t shift = (*hours * 3600 + minutes * 60) * (west ? -1 : 1);
    clock -= static_cast<__int128>(shift) * kSecond;
  }

  CfTime time;
  time.calendar_ = *known;
  time.unit_ = *length;
  time.epoch_ =
      static_cast<__int128>(days_of(*known, *year, static_cast<int>(*month), static_cast<int>(day))) * kDay + clock;
  return time;
}

std::optional<std::vector<std::int64_t>> CfTime::to_timestamps(std::int32_t type, const std::string& bytes,
                                                               const strata::Value& fill) const {
  if (!real_calendar()) return std::nullopt;
  std::vector<std::int64_t> out;
  bool possible = true;
  with_type(type, [&](auto tag) {
    using T = decltype(tag);
    const auto missing = fill_as<T>(fill);
    for (std::size_t at = 0; at < bytes.size() && possible; at += sizeof(T)) {
      const T value = load<T>(bytes.data() + at);
      const bool none = (missing && value == *missing) || value != value;
      long double span = 0;
      if (!none) span = std::nearbyint(static_cast<long double>(value) * static_cast<long double>(unit_));
      possible = std::fabs(span) < 9.2e27L;
      const __int128 total = epoch_ + (possible ? static_cast<__int128>(span) : 0);
      possible = possible && total > kNotATime && total <= std::numeric_limits<std::int64_t>::max();
      out.push_back(none ? kNotATime : static_cast<std::int64_t>(total));
    }
  });
  if (!possible || from_timestamps(type, out, fill) != bytes) return std::nullopt;
  return out;
}

std::optional<std::string> CfTime::from_timestamps(std::int32_t type, std::span<const std::int64_t> timestamps,
                                                   const strata::Value& fill) const {
  std::string out;
  bool possible = true;
  with_type(type, [&](auto tag) {
    using T = decltype(tag);
    const auto missing = fill_as<T>(fill);
    for (const std::int64_t time : timestamps) {
      const __int128 span = time - epoch_;
      T value{};
      if (time == kNotATime) {
        possible = possible && (missing || std::is_floating_point_v<T>);
        value = missing ? *missing : std::numeric_limits<T>::quiet_NaN();
      } else if constexpr (std::is_floating_point_v<T>) {
        value = static_cast<T>(static_cast<long double>(span) / static_cast<long double>(unit_));
      } else {
        const __int128 number = span / unit_;
        possible = possible && span % unit_ == 0 && number >= std::numeric_limits<T>::min() &&
                   number <= static_cast<__int128>(std::numeric_limits<T>::max());
        value = static_cast<T>(number);
      }
      out.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  });
  if (!possible) return std::nullopt;
  return out;
}

// detail: 0 the date, 1 minutes, 2 seconds, 3 nanoseconds.
std::string CfTime::text_of(__int128 nanoseconds, int detail) const {
  auto days = static_cast<std::int64_t>(nanoseconds / kDay);
  auto rest = static_cast<std::int64_t>(nanoseconds % kDay);
  if (rest < 0) {
    rest += kDay;
    --days;
  }
  // The date is searched for: days_of is the one place that knows the calendars.
  std::int64_t year = 1970 + days / 366;
  if (days < 0) year = 1970 + days / 360 - 1;
  while (days_of(calendar_, year + 1, 1, 1) <= days) ++year;
  int month = 12;
  while (month > 1 && days_of(calendar_, year, month, 1) > days) --month;
  std::int64_t day = days - days_of(calendar_, year, month, 1) + 1;
  if (calendar_ == Calendar::kStandard && year == 1582 && month == 10 && day > 4) day += 10;  // ten days left out
  char text[64];
  int size = std::snprintf(text, sizeof text, "%s%04lld-%02d-%02d", year < 0 ? "-" : "",
                           static_cast<long long>(std::abs(year)), month, static_cast<int>(day));
  std::string out(text, static_cast<std::size_t>(size));
  if (detail == 0) return out;
  const std::int64_t seconds = rest / kSecond;
  size = std::snprintf(text, sizeof text, "T%02d:%02d", static_cast<int>(seconds / 3600),
                       static_cast<int>(seconds / 60 % 60));
  out.append(text, static_cast<std::size_t>(size));
  if (detail == 1) return out;
  size = std::snprintf(text, sizeof text, ":%02d", static_cast<int>(seconds % 60));
  out.append(text, static_cast<std::size_t>(size));
  if (detail == 2) return out;
  size = std::snprintf(text, sizeof text, ".%09d", static_cast<int>(rest % kSecond));
  return out.append(text, static_cast<std::size_t>(size));
}

std::optional<std::vector<std::string>> CfTime::names(std::span<const double> values) const {
  std::vector<__int128> times;
  for (const double value : values) {
    const long double span = std::nearbyint(static_cast<long double>(value) * static_cast<long double>(unit_));
    // A hundred thousand years are enough; beyond, the search for the year would take its time.
    if (!(std::fabs(span) < 3.2e21L)) return std::nullopt;
    times.push_back(epoch_ + static_cast<__int128>(span));
  }
  for (int detail = 0; detail <= 3; ++detail) {
    std::vector<std::string> names;
    std::unordered_set<std::string> seen;
    for (const __int128 time : times) {
      names.push_back(text_of(time, detail));
      if (!seen.insert(names.back()).second) break;
    }
    if (seen.size() == times.size()) return names;
  }
  return std::nullopt;
}

}  // namespace strata_cli
