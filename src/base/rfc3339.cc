#include "base/rfc3339.h"

#include <chrono>

namespace strata {

namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kDay = 86'400;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads fixed places of a text; a wrong character is remembered, not reported at once.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {}
  int digits(size_t at, size_t n) {
    int value = 0;
    for (size_t i = at; i < at + n; ++i) {
      if (!is_digit(text_[i])) ok_ = false;
      value = value * 10 + (text_[i] - '0');
    }
    return value;
  }
  void expect(size_t at, char c) { ok_ = ok_ && text_[at] == c; }
  bool ok() const { return ok_; }

 private:
  std::string_view text_;
  bool ok_ = true;
};

// Seconds east of UTC from what follows the time: "Z", "z" or a sign (the minus may be U+2212) and hh:mm.
std::optional<int64_t> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  bool west;
  if (text.starts_with('+') || text.starts_with('-')) {
    west = text[0] == '-';
    text.remove_prefix(1);
  } else if (text.starts_with("\u2212")) {
    west = true;
    text.remove_prefix(3);
  } else {
    return std::nullopt;
  }
  if (text.size() != 5) return std::nullopt;
  Places places(text);
  const int hours = places.digits(0, 2), minutes = places.digits(3, 2);
  places.expect(2, ':');
  if (!places.ok() || hours > 23 || minutes > 59) return std::nullopt;
  const int64_t seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

void append_padded(std::string& out, int64_t value, size_t width) {
  const size_t at = out.size();
  out.append(width, '0');
  for (size_t i = width; i-- > 0; value /= 10) out[at + i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  Places places(text);
  places.expect(4, '-');
  if (!places.ok()) return std::nullopt;  // most texts end here
  const int year = places.digits(0, 4), month = places.digits(5, 2), day = places.digits(8, 2);
  const int hour = places.digits(11, 2), minute = places.digits(14, 2);
  int second = places.digits(17, 2);
  places.expect(7, '-');
  places.expect(13, ':');
  places.expect(16, ':');
  if (!places.ok() || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;

  size_t at = 19;
  int64_t fraction = 0;
  if (text[at] == '.') {
    const size_t first = ++at;
    int64_t unit = kSecond / 10;
    for (; at < text.size() && is_digit(text[at]); ++at, unit /= 10) fraction += (text[at] - '0') * unit;
    if (at == first) return std::nullopt;
  }
  const auto offset = parse_offset(text.substr(at));
  if (!offset) return std::nullopt;

  int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * kDay + hour * 3600 + minute * 60 + second;
  seconds -= *offset;
  // The earliest instants fit as a whole although their seconds alone, rounded down, do not.
  if (seconds < 0) {
    ++seconds;
    fraction -= kSecond;
  }
  int64_t total;
  if (__builtin_mul_overflow(seconds, kSecond, &total) || __builtin_add_overflow(total, fraction, &total))
    return std::nullopt;
  return total;
}

std::string format_rfc3339(int64_t nanoseconds) {
  int64_t seconds = nanoseconds / kSecond, fraction = nanoseconds % kSecond;
  if (fraction < 0) {
    --seconds;
    fraction += kSecond;
  }
  int64_t days = seconds / kDay, rest = seconds % kDay;
  if (rest < 0) {
    --days;
    rest += kDay;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};

  std::string out;
  out.reserve(30);
  append_padded(out, int{date.year()}, 4);
  out.push_back('-');
  append_padded(out, unsigned{date.month()}, 2);
  out.push_back('-');
  append_padded(out, unsigned{date.day()}, 2);
  out.push_back('T');
  append_padded(out, rest / 3600, 2);
  out.push_back(':');
  append_padded(out, rest / 60 % 60, 2);
  out.push_back(':');
  append_padded(out, rest % 60, 2);
  if (fraction != 0) {
    out.push_back('.');
    if (fraction % 1'000'000 == 0) append_padded(out, fraction / 1'000'000, 3);
    else if (fraction % 1'000 == 0) append_padded(out, fraction / 1'000, 6);
    else append_padded(out, fraction, 9);
  }
  out.push_back('Z');
  return out;
}

}  // namespace strata
