// strata check, repair, salvage: what is damaged, and what can be done about it.
#include <memory>

#include "command.h"
#include "interrupt.h"
#include "json_out.h"
#include "observe.h"
#include "progress.h"
#include "target.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target, to;
  bool structure = false, json = false, yes = false;
};

using strata::Report;

const char* kind_of(const strata_finding& f) {
  static const char* const kNames[] = {"", "object", "missing", "array", "chunk", "statistics", "leftover", "dropped", "restored"};
  return f.kind > 0 && f.kind <= STRATA_FINDING_RESTORED ? kNames[f.kind] : "unknown";
}

void print_json(const Options& options, const Report& report) {
  const Report::Totals totals = report.totals();
  JsonOut out;
  out.object().key("target").text(options.target).key("defects").number(report.defects());
  out.key("objects").number(totals.objects).key("chunks").number(totals.chunks).key("bytes").number(totals.bytes).key("findings").array();
  for (std::uint64_t i = 0; i < report.size(); ++i) {
    const strata_finding f = report[i];
    out.object().key("kind").text(kind_of(f)).key("severity").text(f.severity == STRATA_DEFECT ? "defect" : "note");
    out.key("object").text(f.object);
    if (*f.dataset) out.key("dataset").text(f.dataset);
    if (*f.array) out.key("array").text(f.array);
    if (f.chunk != UINT64_MAX) out.key("chunk").number(f.chunk);
    out.key("text").text(f.text).key("effect").text(f.effect).end_object();
  }
  out.end_array().end_object().print();
}

void print_text(const Options& options, const Report& report) {
  for (std::uint64_t i = 0; i < report.size(); ++i) {
    const strata_finding f = report[i];
    std::string line = f.severity == STRATA_DEFECT ? "defect: " : "note: ";
    line += f.object;
    if (*f.dataset) line += std::string(", dataset ") + f.dataset;
    if (*f.array) line += std::string(", array ") + f.array;
    if (f.chunk != UINT64_MAX) line += ", chunk " + std::to_string(f.chunk);
    print(printable(line) + "\n  " + printable(f.text) + "\n  effect: " + printable(f.effect) + "\n");
  }
  const std::uint64_t defects = report.defects();
  print(printable(options.target) + ": " + (defects ? std::to_string(defects) + (defects == 1 ? " defect" : " defects") : "no defect") + "\n");
}

void show(const Options& options, const Report& report) {
  options.json ? print_json(options, report) : print_text(options, report);
}

// Runs the call, and shows it on its way.
template <typename F>
Report run(const Console& console, std::string_view what, F&& call) {
  const WatchedCall watched(console, std::string(what));
  return call(watched.token());
}

void check(const Options& options, const Console& console) {
  if_stopped("not everything was looked at");
  const Report report = run(console, "check", [&](const strata::Cancel* token) {
    return strata::check(options.target, options.structure ? STRATA_CHECK_STRUCTURE : 0, token, context());
  });
  show(options, report);
  if (report.defects()) throw Damage();
}

void repair(const Options& options, const Console& console) {
  if_stopped(options.yes ? "the repair may be incomplete; repeat it" : "nothing was changed");
  const Report report = run(console, "repair", [&](const strata::Cancel* token) {
    return strata::repair(options.target, options.yes ? STRATA_REPAIR_CONSENT : 0, token, context());
  });
  show(options, report);
  if (options.yes || report.size() == 0) return;
  if (!options.json) print("Nothing was changed: `strata repair --yes` does it.\n");
  if (report.defects()) throw Damage();
}

void salvage(const Options& options, const Console& console) {
  if_stopped("what was copied to " + options.to + " is incomplete");
  const Report report =
      run(console, "salvage", [&](const strata::Cancel* token) { return strata::salvage(options.target, options.to, token, context()); });
  show(options, report);
  if (report.defects()) throw Damage();
}

}  // namespace

void add_damage(Command command) {
  auto options = std::make_shared<Options>();
  const auto runs = [&](CLI::App* verb, void (*act)(const Options&, const Console&)) {
    verb->add_flag("--json", options->json, "The findings as JSON");
    verb->callback([options, act, &console = command.console, &run_later = command.run] {
      run_later = [options, act, &console] { act(*options, console); };
    });
  };
  CLI::App* verb = command.app.add_subcommand("check", "Look for damage in a store or an array file");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_flag("--structure", options->structure, "Layers, arrays and addresses only, no data");
  verb->footer("Reads everything and changes nothing. The exit code is 3 when there are defects.\n\n"
               "Examples:\n  strata check winds\n  strata check grid.af --structure --json");
  runs(verb, check);
  verb = command.app.add_subcommand("repair", "Restore the newest whole commit of a store or an array file");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_flag("--yes", options->yes, "Do it: commits that are damaged, and all after them, may be dropped");
  verb->footer("Without --yes it says what it would do; the exit code is then 3 when there are defects.\n"
               "What is dropped is kept: of a file beside it, as x.3.af.dropped, of a store in _strata/dropped. To keep newer\n"
               "commits as far as they can be read, use `strata salvage`. Nobody else may write meanwhile.\n\n"
               "Examples:\n  strata repair grid.af\n  strata repair winds --yes");
  runs(verb, repair);
  verb = command.app.add_subcommand("salvage", "Copy what can be read of something damaged");
  verb->add_option("FROM", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("TO", options->to, "The new one; must not exist")->required();
  verb->footer("Copies every chunk that can be read, and says what is missing; the exit code is then 3.\n\n"
               "Examples:\n  strata salvage grid.af saved.af");
  runs(verb, salvage);
}

}  // namespace strata_cli
