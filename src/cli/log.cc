// strata log: the commits of a store.
#include <memory>

#include "command.h"
#include "json_out.h"
#include "target.h"
#include "text_table.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::uint64_t most = 0;
  bool json = false;
};

const char* kind_of(const strata_commit& commit) {
  switch (commit.kind) {
    case STRATA_COMMIT_COMPACT:
      return "compact";
    case STRATA_COMMIT_IMPORT:
      return "import";
    case STRATA_COMMIT_SWEEP:
      return "sweep";
    case STRATA_COMMIT_REPAIR:
      return "repair";
    default:
      return "data";
  }
}

void show(const strata::Store& store, const Options& options, const Console& console) {
  const strata::Log log = store.log(options.most);
  JsonOut json;
  TextTable table({{"COMMIT", TextTable::Align::kRight}, {"TIME"}, {"KIND"}, {"DATASETS", TextTable::Align::kRight},
                   {"REMOVED", TextTable::Align::kRight}, {"VARIABLES", TextTable::Align::kRight}, {"ID"}, {"MESSAGE"}});
  json.array();
  for (std::uint64_t i = 0; i < log.size(); ++i) {
    const strata_commit c = log[i];
    if (options.json) {
      json.object().key("seq").number(c.seq).key("time").text(format_timestamp(c.time_ns)).key("kind").text(kind_of(c));
      json.key("datasets").number(c.datasets).key("removed").number(c.removed).key("variables").number(c.arrays);
      json.key("id").text(c.id).key("parent").text(c.parent).key("message").text(c.message).end_object();
    } else {
      table.row({std::to_string(c.seq), format_timestamp(c.time_ns), kind_of(c), std::to_string(c.datasets),
                 std::to_string(c.removed), std::to_string(c.arrays), c.id, printable(c.message)});
    }
  }
  json.end_array();
  if (options.json) json.print();
  else table.print(console);
}

}  // namespace

void add_log(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("log", "List the commits of a store, the newest first");
  verb->add_option("STORE", options->target, "A store")->required();
  verb->add_option("-n,--number", options->most, "At most so many")->check(CLI::PositiveNumber);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Kinds: data (a flush), compact (an array's layers were merged), import (what another program wrote in between),\n"
      "sweep (layers that nothing needs any more were removed).\n\n"
      "Examples:\n"
      "  strata log winds -n 10");
  verb->callback([options, &console = command.console, &run = command.run] {
    run = [options, &console] {
      const Target target = Target::open(options->target, Target::Access::kRead);
      if (!target.is_store()) throw UsageError("log: " + in_quotes(options->target) + " is an array file; a store has a log");
      show(target.store(), *options, console);
    };
  });
}

}  // namespace strata_cli
