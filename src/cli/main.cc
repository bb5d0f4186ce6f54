// The strata command: finds the verb, runs it, and turns what went wrong into a line and an exit code.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include <strata/strata.hpp>

#include "command.h"
#include "interrupt.h"
#include "observe.h"

namespace strata_cli {
namespace {

enum ExitCode { kFine = 0, kFailed = 1, kWrongUsage = 2, kDamaged = 3 };

int complain(const std::string& text, ExitCode code) {
  tell(text);
  return code;
}

// "-5" is a value and "-1,:" a region, not options: a mark in front says so to the parser, and is taken away from what it hands out.
constexpr char kMark = '\x01';

std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> out;
  for (int i = argc - 1; i > 0; --i) {  // the parser wants them last first
    const char* text = argv[i];
    const bool number = text[0] == '-' && ((text[1] >= '0' && text[1] <= '9') || text[1] == '.');
    out.push_back(number || text[0] == kMark ? kMark + std::string(text) : text);
  }
  return out;
}

void unmark_values(CLI::App& verb) {
  for (CLI::Option* option : verb.get_options())
    option->transform([](const std::string& value) { return value.substr(value.starts_with(kMark) ? 1 : 0); });
}

int stopped() {
  const std::string& what = what_is_when_stopped();
  tell("interrupted" + (what.empty() ? what : ": " + what));
  return 128 + stopped_by();
}

// Says the rest of what there is to be said when a run ends, however it does.
struct LastWords {
  const CLI::App& app;
  ~LastWords() {
    bool json = false;
    for (const CLI::App* verb : app.get_subcommands()) {
      const CLI::Option* option = verb->get_option_no_throw("--json");
      json = json || (option != nullptr && option->count() > 0);
    }
    Observer::end(json);
  }
};

int run(int argc, char** argv) {
  CLI::App app("strata: a store for n-dimensional arrays");
  app.name("strata");
  app.require_subcommand(1);
  app.get_formatter()->label("SUBCOMMAND", "VERB");
  app.fallthrough();
  bool no_color = false, counters = false;
  int verbose = 0;
  app.add_flag("--no-color", no_color, "No colours, also in a terminal (as NO_COLOR in the environment)");
  app.add_flag("-v,--verbose", verbose, "Say on stderr what happens inside; twice: also in storage and caches");
  app.add_flag("--counters", counters, "Say on stderr what it took: requests, bytes, cache hits; as JSON with --json");
  app.footer("TARGET is a store or an array file (.af), by path or URL.\n`strata VERB --help` has examples.");

  Console console;
  std::function<void()> chosen;
  const Command command{app, console, chosen};
  add_import(command);
  add_export(command);
  add_info(command);
  add_ls(command);
  add_show(command);
  add_get(command);
  add_explain(command);
  add_stats(command);
  add_stack(command);
  add_plot(command);
  add_put(command);
  add_set_attr(command);
  add_rm(command);
  add_compact(command);
  add_damage(command);
  add_log(command);
  add_diff(command);
  add_history(command);
  add_completion(command);
  add_version(command);
  for (CLI::App* verb : app.get_subcommands([](CLI::App*) { return true; })) {
    verb->group("Verbs");
    unmark_values(*verb);
  }

  try {
    app.parse(arguments(argc, argv));
  } catch (const CLI::ParseError& error) {
    // Help is asked for in the same way, and is fine.
    if (error.get_exit_code() == 0) return app.exit(error);
    const std::string verb = argc > 1 ? argv[1] : "";
    const auto is_verb = [&](CLI::App* known) { return known->get_name() == verb; };
    if (verb.empty()) {
      complain("no verb was given", kWrongUsage);
    } else if (!verb.starts_with('-') && app.get_subcommands(is_verb).empty()) {
      complain("there is no verb " + in_quotes(verb), kWrongUsage);
    } else {
      std::string text = error.what();
      std::erase(text, kMark);
      complain(text, kWrongUsage);
    }
    std::fputs("`strata --help` and `strata VERB --help` say how it is used\n", stderr);
    return kWrongUsage;
  }
  const LastWords last_words{app};
  try {
    console = Console::detect(no_color);
    Observer::begin(verbose, counters);
    catch_signals();
    if (chosen) chosen();
    finish_output();
    return kFine;
  } catch (const Stopped&) {
    return stopped();
  } catch (const Damage&) {
    finish_output();
    return kDamaged;
  } catch (const UsageError& error) {
    return complain(error.what(), kWrongUsage);
  } catch (const strata::Error& error) {
    if (error.status() == STRATA_E_CANCELLED && stopped_by() != 0) return stopped();
    return complain(error.what(), kFailed);
  } catch (const Failure& error) {
    return complain(error.what(), kFailed);
  } catch (const std::bad_alloc&) {
    return complain("not enough memory; a smaller region may do", kFailed);
  } catch (const std::exception& error) {
    return complain(error.what(), kFailed);
  }
}

}  // namespace
}  // namespace strata_cli

int main(int argc, char** argv) {
  // A reader that goes away (`| head`) is told by the failing write, which ends the run quietly.
  std::signal(SIGPIPE, SIG_IGN);
  return strata_cli::run(argc, argv);
}
