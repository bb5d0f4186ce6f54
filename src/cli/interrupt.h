// Ctrl-C: the first one (or a SIGTERM) asks what runs to stop, a second one ends the process at once.
#pragma once

#include <strata/strata.hpp>
#include <string>

namespace strata_cli {

// Work was given up because it was asked for. No std::exception: nobody takes it for a failure of one file among many.
struct Stopped {};

void catch_signals();
// For every call that may take long.
const strata::Cancel* stop_token();
// The signal that asks to stop; 0: none.
int stopped_by();
void stop_if_asked();  // throws Stopped

// What is the case should the work be stopped from here on: "nothing was changed".
void if_stopped(std::string what_is);
const std::string& what_is_when_stopped();

}  // namespace strata_cli
