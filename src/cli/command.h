// What every verb is given, and how it fails.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <stdexcept>
#include <string>

#include "console.h"

namespace strata_cli {

// The command line parses, but cannot be meant: exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Something went wrong while working: exit code 1.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// It worked, and damage was found, which has been printed: exit code 3.
struct Damage {};

// A verb adds its subcommand to `app` and sets `run` when it was chosen. Options live in what `run` captures.
struct Command {
  CLI::App& app;
  Console& console;
  std::function<void()>& run;
};

void add_import(Command command);
void add_export(Command command);
void add_ls(Command command);
void add_show(Command command);
void add_stats(Command command);
void add_stack(Command command);
void add_plot(Command command);
void add_put(Command command);
void add_compact(Command command);
void add_damage(Command command);
void add_get(Command command);
void add_explain(Command command);
void add_info(Command command);
void add_set_attr(Command command);
void add_rm(Command command);
void add_log(Command command);
void add_history(Command command);
void add_diff(Command command);
void add_completion(Command command);
void add_version(Command command);

}  // namespace strata_cli
