// Regions as numpy writes them: "0:10,5,:" is the first ten of axis 0, number 5 of axis 1, all of axis 2.
#pragma once

#include <cstdint>
#include <span>
#include <strata/strata.hpp>
#include <string_view>
#include <vector>

namespace strata_cli {

struct Region {
  strata::Extents start;
  strata::Extents count;
  std::vector<bool> dropped;  // axes given by one number: they are not axes of the result

  // count without the dropped axes.
  strata::Extents result_shape() const;
};

// Negative numbers count from the end, "..." stands for the axes that are left; so does nothing at the end. Throws
// UsageError when it cannot be read, Failure when it leaves the shape (a region is never cut silently).
Region parse_region(std::string_view text, std::span<const std::uint64_t> shape);

}  // namespace strata_cli
