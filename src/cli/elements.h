// A region of an array in memory, of any type, element by element.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <strata/strata.hpp>
#include <string>
#include <vector>

#include "json_out.h"

namespace strata_cli {

class Elements {
 public:
  static Elements read(const strata::Array& array, std::span<const std::uint64_t> start,
                       std::span<const std::uint64_t> count, const strata::Cancel* cancel);

  std::uint64_t size() const { return size_; }
  bool has_numbers() const { return lists_.empty() && width_ != 0; }  // or times, or truth values
  bool is_text() const { return lists_.empty() && width_ == 0; }
  std::span<const std::byte> bytes() const { return bytes_; }  // REQUIRES: has_numbers()

  // Lists as "[1, 2]", the texts in them in quotes.
  std::string text(std::uint64_t i) const;
  void json(JsonOut& out, std::uint64_t i) const;

 private:
  // From the outside in; `fixed`: of a fixed_size_list, which has no offsets.
  struct List {
    std::optional<std::uint64_t> fixed;
  };
  struct Range {
    std::uint64_t first, last;
  };
  Range children(std::size_t list, std::size_t level, std::uint64_t i) const;
  std::string leaf(std::size_t level, std::uint64_t i) const;
  std::string text(std::size_t list, std::size_t level, std::uint64_t i) const;
  void json(JsonOut& out, std::size_t list, std::size_t level, std::uint64_t i) const;

  std::uint64_t size_ = 0;
  std::vector<List> lists_;
  std::int32_t type_ = STRATA_TYPE_NONE;  // of what is innermost
  std::size_t width_ = 0;
  std::vector<std::byte> bytes_;
  std::optional<strata::Nested> nested_;
};

}  // namespace strata_cli
