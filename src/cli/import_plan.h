// What becomes of a NetCDF file: which datasets, with which arrays. Made, and checked against the store, before
// anything is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "netcdf_reader.h"

namespace strata_cli {

struct ImportOptions {
  std::string split;   // a dimension; empty: one dataset for each file
  std::string prefix;  // before every dataset's name
  std::vector<std::pair<std::string, std::uint64_t>> chunks;
};

struct PlannedArray {
  std::size_t variable = 0;          // of the reader
  strata::ArraySpec spec;            // without the split axis, and without that of characters
  std::optional<std::size_t> split;  // the variable's axis that is taken apart
  // All of a time variable; one type has to suit all datasets, so they are converted before the first is written.
  std::optional<std::vector<std::int64_t>> timestamps;
};

struct ImportPlan {
  NetcdfReader reader;
  std::vector<std::string> datasets;
  std::vector<PlannedArray> arrays;  // the same for each dataset
  std::vector<std::string> notes;    // for the user: what was left out or named anew
  bool is_split = false;

  // Bytes that all datasets take, roughly; for the progress bar.
  std::uint64_t bytes() const;
};

// Throws Failure (no such dimension, names that cannot be told apart ...).
ImportPlan plan_import(const std::string& path, const ImportOptions& options);

}  // namespace strata_cli
