// What a NetCDF file consists of, but for the data: what a reader finds, a writer makes, and a note keeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strata_cli {

inline constexpr const char* kFillValue = "_FillValue";  // newer releases of libnetcdf have a macro for it
// What the original's Python package reads to tell coordinates from other variables: their names, as a list in JSON.
inline constexpr const char* kCoordinates = "_pyatlas_coords";

// Groups are told by their paths: "" is the root, "a/b" a group b in a.
struct NcDimension {
  std::string name, group;
  std::uint64_t size = 0;
  bool unlimited = false;
};

// A type that the file defines: an enumeration, or lists of any length.
struct NcUserType {
  std::string name, group;
  bool is_enum = false;
  int base = 0;                                             // of the enumeration's numbers, of the lists' elements
  std::vector<std::pair<std::string, std::int64_t>> members;  // of an enumeration
};

struct NcType {
  int base = 0;                     // NC_BYTE ... NC_STRING
  std::optional<std::size_t> user;  // of NcFile::types, whose base it is
  bool operator==(const NcType&) const = default;
};

struct NcAttribute {
  std::string name;
  NcType type;
  std::uint64_t length = 0;        // elements
  std::string bytes;               // of numbers in native form, or characters
  std::vector<std::string> texts;  // of NC_STRING
};

// How the data lies in a file of NetCDF-4.
struct NcStorage {
  bool shuffle = false, checksum = false;
  int deflate = 0;                    // 0: not compressed
  std::vector<std::uint64_t> chunks;  // empty: contiguous, or left to the library
  bool operator==(const NcStorage&) const = default;
};

struct NcVariable {
  std::string name, group;
  NcType type;
  std::vector<std::size_t> dimensions;  // of NcFile::dimensions
  std::vector<NcAttribute> attributes;
  NcStorage storage;
};

struct NcGroup {
  std::string path;
  std::vector<NcAttribute> attributes;
};

struct NcFile {
  int format = 0;               // NC_FORMAT_...
  std::vector<NcGroup> groups;  // the root first, each before its children
  std::vector<NcUserType> types;
  std::vector<NcDimension> dimensions;
  std::vector<NcVariable> variables;
};

}  // namespace strata_cli
