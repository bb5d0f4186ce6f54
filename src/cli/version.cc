// strata version: what is installed here.
#include <netcdf.h>

#include <memory>

#include "command.h"
#include "json_out.h"

namespace strata_cli {

void add_version(Command command) {
  auto json_asked = std::make_shared<bool>(false);
  CLI::App* verb = command.app.add_subcommand("version", "Say which version this is");
  verb->add_flag("--json", *json_asked, "For programs");
  verb->footer("Examples:\n  strata version");
  verb->callback([json_asked, &run = command.run] {
    run = [json_asked] {
      std::vector<std::string> features;
      for (const char* name : {"zstd", "lz4", "memory", "local", "s3", "gcs", "azure", "http"}) {
        if (strata_has_feature(name) != 0) features.emplace_back(name);
      }
      std::string netcdf = nc_inq_libvers();
      netcdf = netcdf.substr(0, netcdf.find(' '));
      if (*json_asked) {
        JsonOut json;
        json.object().key("version").text(strata_version()).key("abi").number(std::int64_t{strata_abi()});
        json.key("features").texts(features).key("netcdf").text(netcdf).end_object().print();
        return;
      }
      std::string text;
      for (const std::string& feature : features) text += " " + feature;
      print(std::string("strata ") + strata_version() + " (ABI " + std::to_string(strata_abi()) +
            ")\nfeatures:" + text + "\nnetcdf: " + netcdf + "\n");
    };
  });
}

}  // namespace strata_cli
