// One variable over many datasets: read in one call, and summed up row by row. For `stack` and `plot --stack`.
#pragma once

#include <optional>
#include <strata/strata.hpp>
#include <string>
#include <vector>

#include "region.h"
#include "summary.h"
#include "target.h"

namespace strata_cli {

struct StackRow {
  strata_status status = STRATA_OK;
  std::string dataset;
  std::optional<Summary> summary;  // of rows that were read
};

class StackRows {
 public:
  // `region` empty: the whole arrays. It is understood by the shape of the first dataset that has the array, and means
  // the same elements everywhere. Throws Failure when no dataset has it.
  static StackRows read(const Target& target, const std::string& array, const std::string& prefix,
                        const std::string& region, const strata::Cancel* cancel);

  const strata::Across& across() const { return across_; }
  const std::vector<StackRow>& rows() const { return rows_; }
  const std::optional<Region>& region() const { return region_; }
  std::int32_t type() const { return type_; }  // of the first dataset that has the array
  std::size_t failed() const;
  // Over all rows of that type.
  Summary overall() const;

 private:
  explicit StackRows(strata::Across across) : across_(std::move(across)) {}

  strata::Across across_;
  std::vector<StackRow> rows_;
  std::optional<Region> region_;
  std::int32_t type_ = STRATA_TYPE_NONE;
};

// "another shape than the region needs", for rows that could not be read.
std::string reason_of(strata_status status);

}  // namespace strata_cli
