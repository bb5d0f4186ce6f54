// strata export: datasets become NetCDF files.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>

#include "command.h"
#include "export_plan.h"
#include "interrupt.h"
#include "json_out.h"
#include "nc_types.h"
#include "progress.h"
#include "target.h"

namespace strata_cli {
namespace {

struct Options {
  std::string store;
  std::string at;
  std::vector<std::string> datasets;
  bool all = false;
  std::string out;
  std::string format;
  bool overwrite = false;
  std::string on_error = "stop";
  bool json = false;
};

std::string file_name(const std::string& dataset) {
  std::string out = dataset;
  std::ranges::replace(out, '/', '_');
  return out + ".nc";
}

void run(const Options& options, const Console& console) {
  const Target target = Target::open(options.store, Target::Access::kRead, options.at);
  require_store(target, "export");
  if (options.all == !options.datasets.empty())
    throw UsageError(options.all ? "give names of datasets or --all, not both"
                                 : "which datasets? `strata ls " + options.store + "` lists them, --all takes them all");
  const std::vector<std::string> names = options.all ? target.store().datasets().all() : options.datasets;
  std::optional<int> format;
  if (!options.format.empty()) format = format_from_text(options.format);
  namespace fs = std::filesystem;
  std::error_code ignored;
  const bool into_folder = options.all || names.size() != 1 || options.out.empty() || options.out.ends_with('/') ||
                           fs::is_directory(options.out, ignored);
  if (into_folder && !options.out.empty()) {
    std::error_code error;
    fs::create_directories(options.out, error);
    if (error) throw Failure(printable(options.out) + ": " + error.message());
  }

  std::uint64_t failed = 0;
  JsonOut json;
  json.array();
  std::set<std::string> made;
  Progress progress(console, "export");
  for (std::size_t i = 0; i < names.size(); ++i) {
    progress.update(i, names.size(), names[i]);
    if_stopped(counted(i, "dataset") + " of " + std::to_string(names.size()) + " had been looked at, and what was exported of them is whole");
    stop_if_asked();
    const std::string path = into_folder ? (fs::path(options.out) / file_name(names[i])).string() : options.out;
    try {
      if (!made.insert(path).second) throw Failure(printable(path) + " would be the file of two datasets; export them one by one");
      if (!options.overwrite && fs::exists(path, ignored))
        throw Failure(printable(path) + " is there already; replace it with --overwrite");
      const strata::Dataset dataset = target.dataset(names[i]);
      const ExportPlan plan = plan_export(dataset, format, std::nullopt);
      write_netcdf(plan, path);
      progress.clear();
      for (const std::string& note : plan.notes) tell("note: " + names[i] + ": " + note);
      if (!options.json) print("exported " + printable(names[i]) + " to " + printable(path) + "\n");
      json.object().key("dataset").text(names[i]).key("file").text(path).end_object();
    } catch (const std::runtime_error& error) {
      stop_if_asked();
      if (options.on_error == "stop") throw;
      progress.clear();
      tell(std::string("skipped: ") + error.what());
      ++failed;
    }
  }
  json.end_array();
  if (options.json) json.print();
  if (failed != 0)
    throw Failure(counted(failed, "dataset") + " of " + std::to_string(names.size()) + " could not be exported");
}

}  // namespace

void add_export(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("export", "Make NetCDF files out of datasets");
  verb->add_option("STORE", options->store, "The store")->required();
  verb->add_option("DATASET", options->datasets, "Names of datasets");
  verb->add_flag("--all", options->all, "All datasets of the store");
  verb->add_option("--out", options->out, "The file, or a folder for several; without it: DATASET.nc, here")->type_name("PATH");
  verb->add_option("--format", options->format, "Of the file, instead of what it was imported from, or netcdf4")
      ->check(CLI::IsMember({"netcdf4", "netcdf4-classic", "cdf5", "64bit-offset", "classic"}));
  verb->add_flag("--overwrite", options->overwrite, "Replace files that are there already");
  verb->add_option("--on-error", options->on_error, "A dataset that cannot be exported: leave it out, or stop")
      ->check(CLI::IsMember({"skip", "stop"}))
      ->capture_default_str();
  add_at(*verb, options->at);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "What was imported from NetCDF comes back as it was: types, attributes, dimensions and which of them are unlimited,\n"
      "groups, names, compression. Of other datasets, arrays become variables, attributes \"v.attribute\" those of variable\n"
      "v, the rest the file's; timestamps become nanoseconds since 1970, lists variable-length types.\n\n"
      "Examples:\n"
      "  strata export winds 1982-01-16\n"
      "  strata export climate etopo20 --out relief.nc --format classic\n"
      "  strata export winds --all --out files/ --on-error skip");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
