// The context that all of a run shares, and what it tells of its work: the log, while the verb runs, and counters at its end.
#pragma once

#include <strata/strata.hpp>
#include <string>

namespace strata_cli {

class Observer {
 public:
  // verbose: how often -v was given. The environment's STRATA_LOG says more exactly what is wanted: "info", "store=debug,file=warn".
  // Throws UsageError.
  static void begin(int verbose, bool counters);
  // Says the rest. as_json: of the counters.
  static void end(bool as_json);
};

// For every file and store that is opened.
const strata::Context* context();

}  // namespace strata_cli
