// A NetCDF file (any of its formats) as plain lists of variables, dimensions and attributes, groups flattened:
// variable "v" of group "g" is "g.v".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <strata/strata.hpp>
#include <string>
#include <utility>
#include <vector>

namespace strata_cli {

class NetcdfReader {
 public:
  struct Dimension {
    std::string name;
    std::uint64_t size = 0;
  };
  using Attribute = std::pair<std::string, strata::Value>;
  enum class Kind { kNumbers, kCharacters, kStrings };
  struct Variable {
    std::string name;
    Kind kind = Kind::kNumbers;
    std::int32_t type = STRATA_TYPE_NONE;  // STRING for both kinds of text
    std::vector<Dimension> dimensions;     // as in the file: with characters, the last one is the text's length
    std::vector<Attribute> attributes;     // without _FillValue where that became `fill`
    strata::Value fill;
    int group = 0;  // libnetcdf's numbers
    int id = 0;

    strata::Value attribute(std::string_view name) const;  // no value when there is none
  };

  // Throws Failure that names the file.
  explicit NetcdfReader(std::string path);
  ~NetcdfReader();
  NetcdfReader(NetcdfReader&& other) noexcept;
  NetcdfReader& operator=(NetcdfReader&&) = delete;

  const std::string& path() const { return path_; }
  const std::vector<Variable>& variables() const { return variables_; }
  const std::vector<Attribute>& attributes() const { return attributes_; }
  // Variables of types that arrays cannot have (compound, opaque, variable-length).
  const std::vector<std::string>& skipped() const { return skipped_; }

  // Regions in the file's own dimensions; `out` must have the region's size.
  void read(const Variable& variable, std::span<const std::uint64_t> start, std::span<const std::uint64_t> count,
            std::span<std::byte> out) const;
  // For both kinds of text. Characters: the last axis of the region is folded, texts end at their first NUL.
  std::vector<std::string> read_texts(const Variable& variable, std::span<const std::uint64_t> start,
                                      std::span<const std::uint64_t> count) const;

 private:
  void scan(int group, const std::string& prefix);
  void scan_variable(int group, int id, const std::string& prefix);
  std::vector<Attribute> read_attributes(int group, int id, const std::string& prefix) const;
  void check(int status, const std::string& what) const;

  std::string path_;
  int handle_ = -1;
  std::vector<Variable> variables_;
  std::vector<Attribute> attributes_;
  std::vector<std::string> skipped_;
};

}  // namespace strata_cli
