// Statistics of elements in hand.
#pragma once

#include <cstdint>
#include <span>
#include <strata/strata.hpp>
#include <string>
#include <string_view>

namespace strata_cli {

// Of the elements that are there: neither the fill value nor NaN nor NaT. Can be merged.
class Summary {
 public:
  explicit Summary(std::int32_t type) : type_(type) {}

  // REQUIRES: `data` is of the summary's type. `offsets`: of texts, else NULL.
  void add(std::span<const std::byte> data, const std::int64_t* offsets, std::uint64_t elements,
           const strata::Value& fill);
  void merge(const Summary& other);

  std::int32_t type() const { return type_; }
  std::uint64_t count() const { return count_; }
  std::uint64_t nulls() const { return nulls_; }
  // Exact, in native form (the bytes of texts); no value when count is 0.
  const strata::Value& min() const { return min_; }
  const strata::Value& max() const { return max_; }
  bool has_mean() const;
  double mean() const { return mean_; }
  double deviation() const;

  // For tables; "-" when there is none. Times stay times.
  std::string min_text() const;
  std::string max_text() const;
  std::string mean_text() const;
  std::string deviation_text() const;

 private:
  template <typename T>
  void add_numbers(std::span<const std::byte> data, const strata::Value& fill);
  void add_texts(std::span<const std::byte> data, const std::int64_t* offsets, std::uint64_t elements,
                 const strata::Value& fill);
  void take_bounds(const strata::Value& min, const strata::Value& max);

  std::int32_t type_;
  std::uint64_t count_ = 0;
  std::uint64_t nulls_ = 0;
  strata::Value min_;
  strata::Value max_;
  double mean_ = 0;
  double squares_ = 0;  // of the distances from the mean
};

}  // namespace strata_cli
