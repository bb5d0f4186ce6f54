// strata info: what a store or an array file is, at a glance.
#include <memory>
#include <set>

#include "command.h"
#include "disk_use.h"
#include "interrupt.h"
#include "json_out.h"
#include "target.h"
#include "text_table.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::string at;
  bool json = false;
};

struct Variable {
  std::string name, type;
  std::uint64_t datasets = 0;
};

void show(const Target& target, const std::vector<Variable>& variables, std::uint64_t datasets,
          const std::optional<strata_commit>& newest, const Options& options, const Console& console) {
  const std::uintmax_t bytes = disk_use(options.target);
  if (options.json) {
    JsonOut json;
    json.object().key("kind").text(target.is_store() ? "store" : "arrayfile").key("path").text(options.target);
    if (bytes != 0) json.key("bytes").number(std::uint64_t{bytes});
    if (target.is_store()) json.key("datasets").number(datasets);
    if (newest) {
      json.key("newest_commit").object().key("seq").number(newest->seq).key("time").text(format_timestamp(newest->time_ns));
      json.end_object();
    }
    json.key("arrays").array();
    for (const Variable& variable : variables) {
      json.object().key("name").text(variable.name).key("type").text(variable.type);
      if (target.is_store()) json.key("datasets").number(variable.datasets);
      json.end_object();
    }
    json.end_array().end_object().print();
    return;
  }
  std::string line = console.bold(printable(options.target)) + (target.is_store() ? ": a store of " + counted(datasets, "dataset") : ": an array file of " + counted(variables.size(), "array"));
  if (bytes != 0) line += ", " + human_bytes(static_cast<double>(bytes));
  print(line + "\n");
  if (newest) print("newest commit: " + std::to_string(newest->seq) + ", " + format_timestamp(newest->time_ns) + "\n");
  if (variables.empty()) return;
  print("\n");
  std::vector<TextTable::Column> columns = {{"array"}, {"type"}};
  if (target.is_store()) columns.push_back({"datasets", TextTable::Align::kRight});
  TextTable table(std::move(columns));
  for (const Variable& variable : variables) {
    std::vector<std::string> cells = {printable(variable.name), variable.type};
    if (target.is_store()) cells.push_back(std::to_string(variable.datasets));
    table.row(std::move(cells));
  }
  table.print(console);
}

void run(const Options& options, const Console& console) {
  const Target target = Target::open(options.target, Target::Access::kRead, options.at);
  std::vector<Variable> variables;
  std::uint64_t datasets = 0;
  std::optional<strata_commit> newest;
  if (target.is_store()) {
    datasets = target.store().datasets().remaining();
    for (const std::string& name : target.store().arrays().all())
      variables.push_back({name, type_name(target.store().array_type(name)), target.store().datasets_with(name).remaining()});
    const strata::Log log = target.store().log(1, stop_token());
    if (log.size() != 0) newest = log[0];
    show(target, variables, datasets, newest, options, console);
    return;
  }
  for (const std::string& name : target.file().arrays().all())
    variables.push_back({name, target.array(name).type_text() + " " + format_shape(target.array(name).shape()), 0});
  show(target, variables, datasets, newest, options, console);
}

}  // namespace

void add_info(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("info", "Say what a store or an array file holds, at a glance");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  add_at(*verb, options->at);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "`strata ls` lists the datasets, `strata show` the structure of one.\n\n"
      "Examples:\n"
      "  strata info winds\n"
      "  strata info winds/UWND/data.af --json");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
