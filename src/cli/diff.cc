// strata diff: what differs between two commits.
#include <memory>

#include "command.h"
#include "interrupt.h"
#include "json_out.h"
#include "target.h"
#include "text_table.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target, from, to;
  bool json = false;
};

const char* kind_of(const strata_difference& d) {
  return d.kind == STRATA_DIFFERENCE_ADDED ? "added" : d.kind == STRATA_DIFFERENCE_REMOVED ? "removed" : "changed";
}

const char* what_of(const strata_difference& d) {
  switch (d.what) {
    case STRATA_DIFFERENCE_DATASET:
      return "dataset";
    case STRATA_DIFFERENCE_ARRAY:
      return "array";
    case STRATA_DIFFERENCE_SHAPE:
      return "shape";
    case STRATA_DIFFERENCE_ATTRIBUTE:
      return "attribute";
    default:
      return "data";
  }
}

std::string name_of(const strata_difference& d) {
  std::string out = printable(d.dataset);
  if (d.array[0] != 0) out += (out.empty() ? "" : "/") + printable(d.array);
  if (d.attribute[0] != 0) out += " @" + printable(d.attribute);
  return out;
}

void show(const strata::DifferenceList& list, const Options& options, const Console& console) {
  JsonOut json;
  TextTable table({{"KIND"}, {"WHAT"}, {"NAME"}, {"CHUNKS", TextTable::Align::kRight}});
  json.array();
  for (std::uint64_t i = 0; i < list.size(); ++i) {
    const strata_difference d = list[i];
    if (options.json) {
      json.object().key("kind").text(kind_of(d)).key("what").text(what_of(d));
      json.key("dataset").text(d.dataset).key("array").text(d.array).key("attribute").text(d.attribute);
      json.key("chunks").array();
      for (std::uint64_t c = 0; c < d.chunk_count; ++c) {
        json.array();
        for (std::uint32_t k = 0; k < d.chunk_ndim; ++k) json.number(static_cast<std::uint64_t>(d.chunks[c * d.chunk_ndim + k]));
        json.end_array();
      }
      json.end_array().end_object();
    } else {
      table.row({kind_of(d), what_of(d), name_of(d), d.what == STRATA_DIFFERENCE_DATA ? std::to_string(d.chunk_count) : ""});
    }
  }
  json.end_array();
  if (options.json) json.print();
  else if (list.size() == 0) print("no difference\n");
  else table.print(console);
}

void run(const Options& options, const Console& console) {
  const Target from = Target::open(options.target, Target::Access::kRead, options.from);
  const Target to = Target::open(options.target, Target::Access::kRead, options.to);
  show(from.is_store() ? from.store().diff(to.store(), stop_token()) : from.file().diff(to.file(), stop_token()), options, console);
}

}  // namespace

void add_diff(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("diff", "Show what differs between two commits of a store or an array file");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("FROM", options->from, "A commit: its number, its id, a tag, or a time (2026-01-31T12:00:00Z)")->required();
  verb->add_option("TO", options->to, "Another one; without it the newest");
  verb->add_flag("--json", options->json, "For programs; with the places of the chunks that differ");
  verb->footer(
      "Datasets, arrays, shapes, attributes and chunks, by what a reader sees: chunks that hold the same values do not differ, however\n"
      "they are stored. The exit code is 0 whether there are differences or not.\n\n"
      "Examples:\n"
      "  strata diff winds release-1\n"
      "  strata diff winds 3 5 --json");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
