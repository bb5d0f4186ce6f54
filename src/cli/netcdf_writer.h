// A new NetCDF file, made of what it is to consist of, then filled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "nc_model.h"

namespace strata_cli {

class NetcdfWriter {
 public:
  // Makes the file under another name beside `path`. Throws Failure that names `path`.
  NetcdfWriter(std::string path, const NcFile& file);
  // Without finish() nothing is left.
  ~NetcdfWriter();
  NetcdfWriter(const NetcdfWriter&) = delete;
  NetcdfWriter& operator=(const NetcdfWriter&) = delete;

  // Regions; numbers and characters.
  void write(std::size_t variable, std::span<const std::uint64_t> start, std::span<const std::uint64_t> count,
             std::span<const std::byte> data);
  void write_strings(std::size_t variable, std::span<const std::uint64_t> start, std::span<const std::uint64_t> count,
                     const std::vector<std::string>& texts);
  void write_lists(std::size_t variable, std::span<const std::uint64_t> start, std::span<const std::uint64_t> count,
                   std::span<const std::int64_t> offsets, std::span<const std::byte> values);
  // The file takes its name, instead of one that is there.
  void finish();

 private:
  struct Handle {
    int group = 0, id = 0;
  };
  void define_groups();
  void define_types();
  void define_dimensions();
  void define_variable(const NcVariable& variable);
  void put_attribute(int group, int id, const NcAttribute& attribute);
  int group_of(const std::string& path) const;
  void check(int status, const std::string& what) const;

  const std::string path_, part_;
  const NcFile& file_;
  int handle_ = -1;
  std::vector<int> groups_, types_, dimensions_;
  std::vector<Handle> variables_;
};

}  // namespace strata_cli
