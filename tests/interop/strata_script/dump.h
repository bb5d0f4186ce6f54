// Everything about an array file, a store or a statistics file, as JSON. An "error" member says that it did not open.
#pragma once

#include <filesystem>

#include "abi.h"
#include "json.h"

namespace strata::script {

Json dump_file(const std::filesystem::path& path);
Json dump_store(const std::filesystem::path& folder);
Json dump_statistics(const std::filesystem::path& path);

// null when there are none.
Json array_statistics_json(strata_array* array, std::string_view name);

// The footers of the base and of its layers in order, by the decoder of src/format (layers.cc).
Json layers_json(const std::filesystem::path& base);
Result<std::string> read_bytes(const std::filesystem::path& path);

// The registry's document, whichever of its six forms is there (registry.cc).
Json registry_json(const std::filesystem::path& folder);

}  // namespace strata::script
