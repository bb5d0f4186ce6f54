// Runs scripts over the C ABI: {"failed": n, "results": [...]}, or {"error": ...} when nothing could be opened.
#pragma once

#include <filesystem>

#include "json.h"

namespace strata::script {

Json run_file_script(const Json& script, const std::filesystem::path& path);
Json run_store_script(const Json& script, const std::filesystem::path& folder);

}  // namespace strata::script
