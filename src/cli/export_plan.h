// What a dataset, or a part of it, is as a NetCDF file: by its note, and where that is silent, by what it consists of.
#pragma once

#include <optional>
#include <strata/strata.hpp>
#include <string>
#include <vector>

#include "nc_model.h"

namespace strata_cli {

struct ExportedArray {
  enum class Kind : std::uint8_t { kNumbers, kBytes, kStrings, kFolded, kLists };

  strata::Array array;
  strata::Extents start, count;  // of the array
  Kind kind = Kind::kNumbers;
  std::optional<std::string> bytes;  // kBytes: all of it, already in the file's form
  std::uint64_t length = 0;          // kFolded: of a text
  bool latin1 = false;               // texts
  std::uint32_t levels = 0;          // kLists: 0 where each list has the same size, which is an axis then
};

struct ExportPlan {
  NcFile file;
  std::vector<ExportedArray> arrays;  // of file.variables
  std::vector<std::string> notes;     // for the user: what could not be as it was
};

// One array, and the coordinates of its axes.
struct ExportPart {
  std::string array;
  strata::Extents start, count;
};

// format: of libnetcdf; nothing: as the note says, where that is possible. Throws Failure for what NetCDF does not have.
ExportPlan plan_export(const strata::Dataset& dataset, std::optional<int> format, const std::optional<ExportPart>& part);

// Makes the file; one that is there is replaced.
void write_netcdf(const ExportPlan& plan, const std::string& path);

}  // namespace strata_cli
