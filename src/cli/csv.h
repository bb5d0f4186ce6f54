// Fields of comma-separated lines (RFC 4180).
#pragma once

#include <string>
#include <string_view>

namespace strata_cli {

std::string csv_field(std::string_view text);

}  // namespace strata_cli
