// A NetCDF file, any of its formats: what it consists of, and its data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nc_model.h"

namespace strata_cli {

class NetcdfReader {
 public:
  // What libnetcdf calls the variable.
  struct Handle {
    int group = 0, id = 0;
  };
  struct Lists {
    std::vector<std::int64_t> offsets;  // one more than elements
    std::vector<std::byte> values;
  };

  // Throws Failure that names the file.
  explicit NetcdfReader(std::string path);
  ~NetcdfReader();
  NetcdfReader(NetcdfReader&& other) noexcept;
  NetcdfReader& operator=(NetcdfReader&&) = delete;

  const std::string& path() const { return path_; }
  const NcFile& file() const { return file_; }
  // Variables and attributes of types that have no counterpart: compound, opaque, lists of anything but numbers.
  const std::vector<std::string>& left_out() const { return left_out_; }

  // Regions, in the file's own dimensions. Numbers and characters; `out` must have the region's size.
  void read(std::size_t variable, std::span<const std::uint64_t> start, std::span<const std::uint64_t> count,
            std::span<std::byte> out) const;
  std::vector<std::string> read_strings(std::size_t variable, std::span<const std::uint64_t> start,
                                        std::span<const std::uint64_t> count) const;
  Lists read_lists(std::size_t variable, std::span<const std::uint64_t> start,
                   std::span<const std::uint64_t> count) const;

 private:
  void scan(int group, const std::string& path);
  void scan_types(int group, const std::string& path);
  void scan_dimensions(int group, const std::string& path);
  void scan_variable(int group, int id, const std::string& path);
  std::vector<NcAttribute> read_attributes(int group, int id, const std::string& owner);
  std::optional<NcType> type_of(int type) const;
  void check(int status, const std::string& what) const;

  std::string path_;
  int handle_ = -1;
  NcFile file_;
  std::vector<Handle> handles_;  // of the variables
  std::vector<int> type_ids_, dimension_ids_;
  std::vector<std::string> left_out_;
};

// Bytes of a number or character; 0 for texts.
std::size_t nc_width(int nc_type);

}  // namespace strata_cli
