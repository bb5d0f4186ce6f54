// What becomes of a NetCDF file: which datasets, with which arrays, attributes and note. Made before anything is written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <strata/strata.hpp>

#include "netcdf_reader.h"

namespace strata_cli {

struct ImportOptions {
  std::string split;   // a dimension; empty: one dataset for each file
  std::string prefix;  // before every dataset's name
  std::vector<std::pair<std::string, std::uint64_t>> chunks;
};

enum class Conversion : std::uint8_t {
  kNone,     // numbers, and characters that are no texts, as bytes
  kTimes,    // to timestamps
  kFolded,   // characters to strings along the last axis
  kStrings,  // UTF-8
  kLists,
};

struct PlannedArray {
  std::size_t variable = 0;   // of the reader's file
  strata::ArraySpec spec;     // without the split axis, and without that of folded characters
  std::string nested_type;    // of kLists
  Conversion conversion = Conversion::kNone;
  bool latin1 = false;               // texts: of Latin-1 in the file
  std::optional<std::size_t> split;  // the variable's axis that is taken apart
  // All of a time variable; one type has to suit all datasets, so they are converted before the first is written.
  std::vector<std::int64_t> times;
};

struct ImportPlan {
  NetcdfReader reader;
  std::vector<std::string> datasets;
  // The same for each dataset:
  std::vector<PlannedArray> arrays;
  std::vector<std::pair<std::string, strata::Value>> attributes;
  std::string note;                // nc_note.h
  std::vector<std::string> notes;  // for the user: what was left out or named anew
};

// Throws Failure (no such dimension, no NetCDF file ...).
ImportPlan plan_import(const std::string& path, const ImportOptions& options);

}  // namespace strata_cli
