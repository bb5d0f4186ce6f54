// NetCDF's types: their names in notes, their counterparts here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nc_model.h"

namespace strata_cli {

std::int32_t strata_type(int nc_type);                // STRATA_STRING for both kinds of text; NONE: no array can have it
std::optional<int> nc_type_of(std::int32_t type);     // of fixed width, and STRATA_STRING
std::string_view nc_type_name(int nc_type);           // "ushort"
std::optional<int> nc_type_from_name(std::string_view name);

// As libnetcdf takes extents.
inline std::vector<std::size_t> sizes(std::span<const std::uint64_t> numbers) { return {numbers.begin(), numbers.end()}; }

// "ushort", or the path of a type that the file defines, "/group/name".
std::string type_text(const NcType& type, const NcFile& file);
std::optional<NcType> type_from_text(std::string_view text, const NcFile& file);

std::string_view format_text(int format);  // "netcdf4"
std::optional<int> format_from_text(std::string_view text);

// "a.b" of "a/b": what stands before the names of a group's variables in a store. Empty for the root.
std::string group_prefix(std::string_view path);

}  // namespace strata_cli
