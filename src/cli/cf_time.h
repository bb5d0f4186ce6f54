// Times as the CF conventions write them: "hours since 1980-01-14 14:00", in one of several calendars.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <strata/strata.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace strata_cli {

class CfTime {
 public:
  // Nothing when these are not time units, the calendar is unknown, or the unit has no fixed length (months, years).
  // `calendar` empty: the standard one.
  static std::optional<CfTime> parse(std::string_view units, std::string_view calendar);

  // Nanoseconds since 1970 for each number of a numeric type, or nothing when one of them lies outside 1677 to 2262, cannot be
  // made of its nanoseconds again to the bit, or when the calendar is not the world's. The fill value becomes NaT.
  std::optional<std::vector<std::int64_t>> to_timestamps(std::int32_t type, const std::string& bytes,
                                                         const strata::Value& fill) const;
  // The reverse, in native form. Nothing: one of them is no number of that type.
  std::optional<std::string> from_timestamps(std::int32_t type, std::span<const std::int64_t> timestamps,
                                             const strata::Value& fill) const;

  // One name for each value: dates when those tell them apart, else with the time of day as far as it takes; nothing
  // when not even that does.
  std::optional<std::vector<std::string>> names(std::span<const double> values) const;

 private:
  enum class Calendar { kStandard, kProlepticGregorian, kJulian, k360Day, k365Day, k366Day };

  static std::optional<Calendar> calendar_of(std::string_view name);
  static std::int64_t days_of(Calendar calendar, std::int64_t year, int month, int day);
  std::string text_of(__int128 nanoseconds, int detail) const;
  bool real_calendar() const { return calendar_ == Calendar::kStandard || calendar_ == Calendar::kProlepticGregorian; }

  Calendar calendar_ = Calendar::kStandard;
  std::int64_t unit_ = 0;  // nanoseconds
  __int128 epoch_ = 0;     // nanoseconds since day 0, which is 1970-01-01 of the calendar
};

}  // namespace strata_cli
