// strata log: the commits of a store or an array file.
#include <memory>

#include "command.h"
#include "interrupt.h"
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
    case STRATA_COMMIT_TAG:
      return "tag";
    case STRATA_COMMIT_EXPIRE:
      return "expire";
    case STRATA_COMMIT_ADOPT:
      return "adopt";
    case STRATA_COMMIT_ABSORBED:
      return "absorbed";
    default:
      return "data";
  }
}

void show(const strata::Store& store, const Options& options, const Console& console) {
  const strata::Log log = store.log(options.most, stop_token());
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

void show(const strata::File& file, const Options& options, const Console& console) {
  const strata::Log log = file.log(options.most, stop_token());
  JsonOut json;
  TextTable table({{"LAYER", TextTable::Align::kRight}, {"TIME"}, {"KIND"}, {"ARRAYS", TextTable::Align::kRight},
                   {"REMOVED", TextTable::Align::kRight}, {"SIZE", TextTable::Align::kRight}, {"ID"}});
  json.array();
  for (std::uint64_t i = 0; i < log.size(); ++i) {
    const strata_commit c = log[i];
    const std::string time = c.time_ns ? format_timestamp(c.time_ns) : "";
    if (options.json) {
      json.object().key("layer").number(c.seq).key("time");
      if (c.time_ns) json.text(time);
      else json.null();
      json.key("kind").text(kind_of(c)).key("arrays").number(c.arrays).key("removed").number(c.removed);
      json.key("bytes").number(c.bytes).key("id").text(c.id).key("parent").text(c.parent).end_object();
    } else {
      table.row({std::to_string(c.seq), time, kind_of(c), std::to_string(c.arrays), std::to_string(c.removed),
                 human_bytes(static_cast<double>(c.bytes)), c.id});
    }
  }
  json.end_array();
  if (options.json) json.print();
  else table.print(console);
}

}  // namespace

void add_log(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("log", "List the commits of a store or an array file, the newest first");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("-n,--number", options->most, "At most so many")->check(CLI::PositiveNumber);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Kinds: data (a flush), compact (an array's layers were merged), import (what another program wrote in between),\n"
      "sweep (layers that nothing needs any more were removed), tag, expire (what of the past is kept), adopt (what workers\n"
      "have written), repair, absorbed (of an array file: merged since, no more is known).\n\n"
      "Examples:\n"
      "  strata log winds -n 10");
  verb->callback([options, &console = command.console, &run = command.run] {
    run = [options, &console] {
      const Target target = Target::open(options->target, Target::Access::kRead);
      if (target.is_store()) show(target.store(), *options, console);
      else show(target.file(), *options, console);
    };
  });
}

}  // namespace strata_cli
