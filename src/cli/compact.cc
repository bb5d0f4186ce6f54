// strata compact: merges the layers that changes have left.
#include <memory>

#include "command.h"
#include "disk_use.h"
#include "json_out.h"
#include "progress.h"
#include "target.h"
#include "text_table.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  bool dry_run = false, json = false;
};

void run(const Options& options, const Console& console) {
  if_stopped("what was not compacted yet stays as it was; no value has changed");
  const std::uintmax_t before = disk_use(options.target);
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
  const std::uintmax_t after = disk_use(options.target);
  if (options.json) {
    JsonOut json;
    json.object().key("path").text(options.target).key("bytes_before").number(std::uint64_t{before});
    json.key("bytes").number(std::uint64_t{after}).end_object().print();
    return;
  }
  if (after != 0) {
    line += ": " + human_bytes(static_cast<double>(before)) + " before, " + human_bytes(static_cast<double>(after)) +
            " now";
  }
  print(line + "\n");
}

// What it would do, and nothing is done.
void show_plan(const Options& options, const Console& console) {
  const Target target = Target::open(options.target, Target::Access::kRead);
  const strata::CompactionList list = target.is_store() ? target.store().compaction_list(stop_token()) : target.file().compaction_list(stop_token());
  JsonOut json;
  TextTable table({{target.is_store() ? "VARIABLE" : "FILE"}, {"LAYERS", TextTable::Align::kRight}, {"NOW", TextTable::Align::kRight},
                   {"DEAD", TextTable::Align::kRight}, {"AFTER", TextTable::Align::kRight}, {"ACTION"}});
  const auto bytes = [](std::uint64_t n) { return human_bytes(static_cast<double>(n)); };
  json.array();
  for (std::uint64_t i = 0; i < list.size(); ++i) {
    const strata_compaction c = list[i];
    const std::string name = target.is_store() ? c.array : options.target;
    if (options.json) {
      json.object().key(target.is_store() ? "variable" : "file").text(name).key("layers").number(c.layers);
      json.key("bytes").number(c.bytes).key("dead_bytes").number(c.dead_bytes).key("bytes_after").number(c.bytes_after);
      json.key("merges").boolean(c.merges != 0).end_object();
    } else {
      table.row({printable(name), std::to_string(c.layers), bytes(c.bytes), bytes(c.dead_bytes), bytes(c.bytes_after),
                 c.merges ? "merge" : "keep"});
    }
  }
  json.end_array();
  if (options.json) json.print();
  else table.print(console);
}

}  // namespace

void add_compact(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("compact", "Merge the layers of a store or an array file");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_flag("--dry-run", options->dry_run, "Only say what would be merged, and what that would save");
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Every change adds a layer; compacting merges them, so that reading is fast and replaced data takes no room. "
      "Values\n"
      "do not change.\n\n"
      "--dry-run: NOW is what the layers of an array file take on disk, AFTER what is expected of the new one; DEAD are bytes of\n"
      "data, before compression, that were replaced or deleted.\n\n"
      "Examples:\n"
      "  strata compact winds --dry-run\n"
      "  strata compact winds");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] {
      if (options->dry_run) show_plan(*options, console);
      else run(*options, console);
    };
  });
}

}  // namespace strata_cli
