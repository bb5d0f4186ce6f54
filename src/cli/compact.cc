// strata compact: merges the layers that changes have left.
#include <filesystem>
#include <memory>

#include "command.h"
#include "progress.h"
#include "target.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
};

// Bytes that a local target takes: a folder, or a file with its layers. 0 when it is not local.
std::uintmax_t bytes_of(const std::string& url) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::uintmax_t bytes = 0;
  if (!is_array_file(url)) {
    for (fs::recursive_directory_iterator at(url, error), end; !error && at != end; at.increment(error)) {
      std::error_code gone;
      const std::uintmax_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
      if (!gone) bytes += size;
    }
    return bytes;
  }
  const fs::path path(url);
  const std::string stem = path.stem().string() + ".";
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!at->path().filename().string().starts_with(stem)) continue;
    std::error_code gone;
    const std::uintmax_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

void run(const Options& options, const Console& console) {
  const std::uintmax_t before = bytes_of(options.target);
  const Target target = Target::open(options.target, Target::Access::kWrite);
  {
    const WatchedCall call(console, "compact");
    if (target.is_store()) {
      target.store().compact(call.token());
    } else {
      target.file().compact(call.token());
    }
  }
  std::string line = "compacted " + printable(options.target);
  const std::uintmax_t after = bytes_of(options.target);
  if (after != 0) {
    line += ": " + human_bytes(static_cast<double>(before)) + " before, " + human_bytes(static_cast<double>(after)) +
            " now";
  }
  print(line + "\n");
}

}  // namespace

void add_compact(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("compact", "Merge the layers of a store or an array file");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->footer(
      "Every change adds a layer; compacting merges them, so that reading is fast and replaced data takes no room. "
      "Values\n"
      "do not change.\n\n"
      "Examples:\n"
      "  strata compact winds");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
