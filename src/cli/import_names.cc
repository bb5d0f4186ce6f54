#include "import_names.h"

#include <functional>

#include "console.h"
#include "nc_attributes.h"
#include "nc_types.h"

namespace strata_cli {
namespace {

// A name becomes a folder's, and these have at most 255 bytes; some room is left for what makes it unique.
constexpr std::size_t kLongest = 240;

// A store keeps names with an underscore in front for itself, and folders cannot be called "." or "..".
std::string possible(std::string name) {
  if (name.starts_with('_')) name = "var" + name;
  if (name.empty() || name == "." || name == "..") name = "var" + name;
  return std::string(first_bytes(name, kLongest));
}

}  // namespace

std::string ImportNames::unique(std::string wanted, std::unordered_set<std::string>& taken) {
  std::string name = wanted;
  for (int i = 2; !taken.insert(name).second; ++i) name = wanted + "~" + std::to_string(i);
  return name;
}

std::string ImportNames::array(std::string_view group, std::string_view name) {
  return unique(possible(utf8_of(group_prefix(group) + std::string(name))), arrays_);
}

std::string ImportNames::key(std::string wanted) { return unique(utf8_of(wanted), keys_); }

std::string ImportNames::dataset(std::string_view name) {
  std::string out = utf8_of(std::string(name));
  return out.starts_with('_') ? "dataset" + out : out;
}

}  // namespace strata_cli
