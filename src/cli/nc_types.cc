#include "nc_types.h"

#include <netcdf.h>

#include <algorithm>
#include <array>
#include <utility>

#include <strata/strata.hpp>

namespace strata_cli {
namespace {

struct Row {
  int nc;
  std::int32_t type;
  std::string_view name;
};
constexpr std::array<Row, 12> kTypes = {{{NC_BYTE, STRATA_INT8, "byte"},
                                         {NC_UBYTE, STRATA_UINT8, "ubyte"},
                                         {NC_SHORT, STRATA_INT16, "short"},
                                         {NC_USHORT, STRATA_UINT16, "ushort"},
                                         {NC_INT, STRATA_INT32, "int"},
                                         {NC_UINT, STRATA_UINT32, "uint"},
                                         {NC_INT64, STRATA_INT64, "int64"},
                                         {NC_UINT64, STRATA_UINT64, "uint64"},
                                         {NC_FLOAT, STRATA_FLOAT32, "float"},
                                         {NC_DOUBLE, STRATA_FLOAT64, "double"},
                                         {NC_STRING, STRATA_STRING, "string"},
                                         {NC_CHAR, STRATA_STRING, "char"}}};
constexpr std::array<std::pair<int, std::string_view>, 5> kFormats = {{{NC_FORMAT_CLASSIC, "classic"},
                                                                       {NC_FORMAT_64BIT_OFFSET, "64bit-offset"},
                                                                       {NC_FORMAT_CDF5, "cdf5"},
                                                                       {NC_FORMAT_NETCDF4, "netcdf4"},
                                                                       {NC_FORMAT_NETCDF4_CLASSIC, "netcdf4-classic"}}};

}  // namespace

std::int32_t strata_type(int nc_type) {
  const auto row = std::ranges::find(kTypes, nc_type, &Row::nc);
  return row == kTypes.end() ? STRATA_TYPE_NONE : row->type;
}

std::optional<int> nc_type_of(std::int32_t type) {
  const auto row = std::ranges::find(kTypes, type, &Row::type);
  return row == kTypes.end() ? std::nullopt : std::optional(row->nc);
}

std::string_view nc_type_name(int nc_type) {
  const auto row = std::ranges::find(kTypes, nc_type, &Row::nc);
  return row == kTypes.end() ? "?" : row->name;
}

std::optional<int> nc_type_from_name(std::string_view name) {
  const auto row = std::ranges::find(kTypes, name, &Row::name);
  return row == kTypes.end() ? std::nullopt : std::optional(row->nc);
}

std::string type_text(const NcType& type, const NcFile& file) {
  if (!type.user) return std::string(nc_type_name(type.base));
  const NcUserType& user = file.types[*type.user];
  return (user.group.empty() ? "/" : "/" + user.group + "/") + user.name;
}

std::optional<NcType> type_from_text(std::string_view text, const NcFile& file) {
  if (!text.starts_with('/')) {
    const auto base = nc_type_from_name(text);
    return base ? std::optional(NcType{*base, {}}) : std::nullopt;
  }
  for (std::size_t i = 0; i < file.types.size(); ++i)
    if (type_text({file.types[i].base, i}, file) == text) return NcType{file.types[i].base, i};
  return std::nullopt;
}

std::string_view format_text(int format) {
  for (const auto& [number, name] : kFormats)
    if (number == format) return name;
  return "netcdf4";
}

std::optional<int> format_from_text(std::string_view text) {
  for (const auto& [number, name] : kFormats)
    if (name == text) return number;
  return std::nullopt;
}

std::string group_prefix(std::string_view path) {
  std::string out(path);
  std::ranges::replace(out, '/', '.');
  return out.empty() ? out : out + ".";
}

}  // namespace strata_cli
