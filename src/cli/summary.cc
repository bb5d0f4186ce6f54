#include "summary.h"

#include <cmath>

#include "console.h"
#include "element_types.h"
#include "values.h"

namespace strata_cli {
namespace {

bool less(std::int32_t type, const strata::Value& a, const strata::Value& b) {
  if (a.is_text()) return a.bytes() < b.bytes();
  bool out = false;
  with_type(type, [&](auto tag) { out = a.as<decltype(tag)>() < b.as<decltype(tag)>(); });
  return out;
}

std::string text_of(std::int32_t type, const strata::Value& value) {
  if (!value) return "-";
  return value.is_text() ? in_quotes(value.bytes()) : format_element(type, value.bytes().data());
}

}  // namespace

void Summary::take_bounds(const strata::Value& min, const strata::Value& max) {
  if (!min) return;
  if (!min_ || less(type_, min, min_)) min_ = min;
  if (!max_ || less(type_, max_, max)) max_ = max;
}

template <typename T>
void Summary::add_numbers(std::span<const std::byte> data, const strata::Value& fill) {
  const auto missing = fill_as<T>(fill);
  const char* bytes = reinterpret_cast<const char*>(data.data());
  const std::size_t elements = data.size() / sizeof(T);
  T low{};
  T high{};
  Summary part(type_);
  // Two passes: the mean first, so that the squares are of small numbers.
  long double sum = 0;
  const auto is_there = [&](T value) {
    if (missing && value == *missing) return false;
    if constexpr (std::is_floating_point_v<T>) return !std::isnan(value);
    if constexpr (std::is_same_v<T, std::int64_t>) return type_ != STRATA_TIMESTAMP_NS || value != kNotATime;
    return true;
  };
  for (std::size_t i = 0; i < elements; ++i) {
    const T value = load<T>(bytes + i * sizeof(T));
    if (!is_there(value)) continue;
    if (part.count_ == 0 || value < low) low = value;
    if (part.count_ == 0 || value > high) high = value;
    sum += static_cast<long double>(value);
    ++part.count_;
  }
  part.nulls_ = elements - part.count_;
  if (part.count_ != 0) {
    part.mean_ = static_cast<double>(sum / static_cast<long double>(part.count_));
    for (std::size_t i = 0; i < elements; ++i) {
      const T value = load<T>(bytes + i * sizeof(T));
      if (!is_there(value)) continue;
      const double distance = static_cast<double>(value) - part.mean_;
      part.squares_ += distance * distance;
    }
    part.min_ = {type_, std::string(reinterpret_cast<const char*>(&low), sizeof low)};
    part.max_ = {type_, std::string(reinterpret_cast<const char*>(&high), sizeof high)};
  }
  merge(part);
}

void Summary::add_texts(std::span<const std::byte> data, const std::int64_t* offsets, std::uint64_t elements,
                        const strata::Value& fill) {
  const char* bytes = reinterpret_cast<const char*>(data.data());
  std::string_view low;
  std::string_view high;
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < elements; ++i) {
    const std::string_view text(bytes + offsets[i], static_cast<std::size_t>(offsets[i + 1] - offsets[i]));
    if (fill.is_text() && text == fill.bytes()) continue;
    if (count == 0 || text < low) low = text;
    if (count == 0 || text > high) high = text;
    ++count;
  }
  count_ += count;
  nulls_ += elements - count;
  if (count != 0) take_bounds({type_, std::string(low)}, {type_, std::string(high)});
}

void Summary::add(std::span<const std::byte> data, const std::int64_t* offsets, std::uint64_t elements,
                  const strata::Value& fill) {
  if (offsets != nullptr) {
    add_texts(data, offsets, elements, fill);
    return;
  }
  with_type(type_, [&](auto tag) { add_numbers<decltype(tag)>(data, fill); });
}

void Summary::merge(const Summary& other) {
  nulls_ += other.nulls_;
  if (other.count_ == 0) return;
  const auto mine = static_cast<double>(count_);
  const auto theirs = static_cast<double>(other.count_);
  const double distance = other.mean_ - mean_;
  squares_ += other.squares_ + distance * distance * mine * theirs / (mine + theirs);
  mean_ += distance * theirs / (mine + theirs);
  count_ += other.count_;
  take_bounds(other.min_, other.max_);
}

bool Summary::has_mean() const { return count_ != 0 && strata_type_size(type_) != 0; }

double Summary::deviation() const { return count_ == 0 ? 0 : std::sqrt(squares_ / static_cast<double>(count_)); }

std::string Summary::min_text() const { return text_of(type_, min_); }
std::string Summary::max_text() const { return text_of(type_, max_); }

std::string Summary::mean_text() const {
  if (!has_mean()) return "-";
  if (type_ != STRATA_TIMESTAMP_NS) return rounded(mean_);
  const double seconds = std::round(mean_ / 1e9);  // a mean of times is not known any better than that
  return format_timestamp(static_cast<std::int64_t>(seconds) * 1'000'000'000);
}

std::string Summary::deviation_text() const {
  if (!has_mean()) return "-";
  return type_ == STRATA_TIMESTAMP_NS ? rounded(deviation() / 1e9) + " s" : rounded(deviation());
}

}  // namespace strata_cli
