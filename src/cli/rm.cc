// strata rm: deletes datasets or arrays.
#include <unistd.h>

#include <iostream>
#include <memory>

#include "command.h"
#include "json_out.h"
#include "progress.h"
#include "target.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::vector<std::string> names;
  std::string array;
  bool yes = false;
  bool json = false;
};

std::string all_of(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + in_quotes(name);
  return out;
}

// On a terminal it is asked for; elsewhere it has to have been given.
void want_consent(const Options& options, const std::string& what) {
  if (options.yes) return;
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0)
    throw UsageError("rm deletes " + what + "; say --yes when that is meant");
  std::cerr << "delete " << printable(what) << "? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  stop_if_asked();
  if (answer != "y" && answer != "Y" && answer != "yes") throw Failure("nothing was deleted");
}

void run(const Options& options, const Console& console) {
  if (is_array_file(options.target) && !options.array.empty()) throw UsageError("--array is for stores; of an array file the names are those of arrays");
  if_stopped("nothing was changed");
  const Target target = Target::open(options.target, Target::Access::kWrite);
  // All of them are there, or nothing is deleted.
  for (const std::string& name : options.names) {
    if (!target.is_store()) target.array(name);
    else if (options.array.empty()) target.dataset(name);
    else open_array(target.dataset(name), options.array);
  }
  const bool datasets = target.is_store() && options.array.empty();
  const std::string what = datasets              ? "dataset " + all_of(options.names)
                           : target.is_store() ? "array " + in_quotes(options.array) + " of " + all_of(options.names)
                                               : "array " + all_of(options.names);
  want_consent(options, what);
  for (const std::string& name : options.names) {
    if (!target.is_store()) target.file().remove(name);
    else if (datasets) target.store().remove(name);
    else target.dataset(name).remove(options.array);
  }
  if (target.is_store()) commit(target.store(), console);
  else commit(target.file(), console);
  if (options.json) {
    JsonOut json;
    json.object().key("deleted").texts(options.names);
    if (!options.array.empty()) json.key("array").text(options.array);
    json.end_object().print();
  } else {
    print("deleted " + what + "\n");
  }
}

}  // namespace

void add_rm(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("rm", "Delete datasets of a store, or arrays");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("NAME", options->names, "Datasets of the store; of an array file: arrays")->required();
  verb->add_option("--array", options->array, "Only this array of the datasets")->type_name("ARRAY");
  verb->add_flag("--yes", options->yes, "Do not ask");
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "One commit: all of it is deleted, or nothing. The room is given back by `strata compact`.\n\n"
      "Examples:\n"
      "  strata rm winds 1982-01-16\n"
      "  strata rm winds 1982-01-16 1982-02-15 --array UWND --yes");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
