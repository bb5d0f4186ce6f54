// What a dataset's attributes and arrays cannot say of the NetCDF file that it came from, as a note of the dataset ("netcdf"):
// a text in JSON that says only what an export would not find out by itself. Its form is in docs/format.md, "Notes".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "nc_model.h"

namespace strata_cli {

inline constexpr const char* kNetcdfNote = "netcdf";

// Of an array. What is empty is as one would expect.
struct VariableNote {
  std::string name;                                   // another than the array's
  std::string group;                                  // another than the root
  std::optional<NcType> type;                         // another than the array's
  std::optional<std::vector<std::size_t>> dimensions;  // of NcFile::dimensions; not those named as the array's in the root
  bool latin1 = false;                                // texts are not UTF-8 in the file
  std::string fill;                                   // of times: the number
  NcStorage storage;
};

// Of an attribute of the dataset.
struct AttributeNote {
  std::string name;                  // another than the key says
  std::optional<std::string> group;  // it is this group's, whatever the key looks like
  std::optional<std::string> array;  // it is this array's
  std::optional<NcType> type;        // another than nc_attribute chooses
  std::optional<std::string> raw;    // the characters, where they are more than the text
};

struct NcNote {
  NcFile file;                                    // groups without attributes, no variables
  std::map<std::string, VariableNote> variables;  // by array
  std::map<std::string, AttributeNote> attributes;  // by key

  std::string text() const;
  // Nothing: it is none that this version understands.
  static std::optional<NcNote> parse(const std::string& text);
};

}  // namespace strata_cli
