// Room on the local disk.
#pragma once

#include <cstdint>
#include <string>

namespace strata_cli {

// Bytes that a local target takes: a folder, or a file with its layers. 0 when it is not local.
std::uintmax_t disk_use(const std::string& url);

}  // namespace strata_cli
