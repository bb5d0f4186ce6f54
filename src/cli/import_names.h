// Names in a store for those of a NetCDF file (docs/format.md, "Notes").
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace strata_cli {

class ImportNames {
 public:
  // "a.b.v" for variable v of group "a/b", changed where a store cannot have it or another has it.
  std::string array(std::string_view group, std::string_view name);
  // The key of a dataset's attribute, changed where another has it.
  std::string key(std::string wanted);
  static std::string dataset(std::string_view name);

 private:
  static std::string unique(std::string wanted, std::unordered_set<std::string>& taken);

  std::unordered_set<std::string> arrays_, keys_;
};

}  // namespace strata_cli
