// Attributes of NetCDF as attributes of datasets, and back. A dataset's attribute is one value: a list is the text that the
// original's Python package makes of it, "json:[0, 100]"; integers are int64, floats float64.
#pragma once

#include <optional>
#include <span>
#include <strata/strata.hpp>
#include <string>

#include "nc_model.h"

namespace strata_cli {

// UTF-8: as it is, or read as Latin-1.
std::string utf8_of(const std::string& text);
std::string utf8_of_latin1(const std::string& text);
// The reverse; nothing when a character is not of Latin-1.
std::optional<std::string> latin1_of(const std::string& utf8);
bool is_utf8(const std::string& text);

strata::Value stored_value(const NcAttribute& attribute);
// A list of texts or of numbers.
strata::Value stored_list(std::span<const strata::Value> items);

// An attribute that is stored as `value`: of `type` with the bytes in `raw` where these fit it, of `type` where it can be, else what
// suits the value best.
NcAttribute nc_attribute(const std::string& name, const strata::Value& value, const std::optional<NcType>& type,
                         const std::optional<std::string>& raw);

// One number as an attribute of that type, when it is exactly one of its numbers.
std::optional<NcAttribute> nc_number(const std::string& name, const strata::Value& value, const NcType& type);

}  // namespace strata_cli
