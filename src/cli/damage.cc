// strata check, repair, salvage: what is damaged, and what can be done about it.
#include <memory>

#include "command.h"
#include "json_out.h"
#include "progress.h"
#include "target.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target, to;
  bool structure = false, json = false, yes = false;
};

struct Report {
  strata_report* handle = nullptr;
  Report() = default;
  Report(const Report&) = delete;
  ~Report() { strata_report_close(handle); }

  std::uint64_t count() const { return strata_report_count(handle); }
  strata_finding at(std::uint64_t i) const {
    strata_finding finding = STRATA_FINDING_INIT;
    strata::detail::call([&](strata_error* err) { return strata_report_get(handle, i, &finding, err); });
    return finding;
  }
  std::uint64_t defects() const {
    std::uint64_t n = 0;
    for (std::uint64_t i = 0; i < count(); ++i) n += at(i).severity == STRATA_DEFECT;
    return n;
  }
};

const char* kind_of(const strata_finding& f) {
  static const char* const kNames[] = {"", "object", "missing", "array", "chunk", "statistics", "leftover", "dropped"};
  return f.kind > 0 && f.kind <= STRATA_FINDING_DROPPED ? kNames[f.kind] : "unknown";
}

void print_json(const Options& options, const Report& report) {
  std::uint64_t objects = 0, chunks = 0, bytes = 0;
  strata::detail::call([&](strata_error* err) { return strata_report_totals(report.handle, &objects, &chunks, &bytes, err); });
  JsonOut out;
  out.object().key("target").text(options.target).key("defects").number(report.defects());
  out.key("objects").number(objects).key("chunks").number(chunks).key("bytes").number(bytes).key("findings").array();
  for (std::uint64_t i = 0; i < report.count(); ++i) {
    const strata_finding f = report.at(i);
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
  for (std::uint64_t i = 0; i < report.count(); ++i) {
    const strata_finding f = report.at(i);
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

void check(const Options& options, const Console& console) {
  Report report;
  {
    const WatchedCall call(console, "check");
    strata::detail::call([&](strata_error* err) {
      return strata_check(nullptr, options.target.data(), options.target.size(), options.structure ? STRATA_CHECK_STRUCTURE : 0,
                          call.token()->get(), &report.handle, err);
    });
  }
  show(options, report);
  if (report.defects()) throw Damage();
}

void repair(const Options& options, const Console& console) {
  if (!options.yes) throw UsageError("a repair may drop commits: say so with --yes (`strata check` shows what is damaged)");
  Report report;
  {
    const WatchedCall call(console, "repair");
    strata::detail::call([&](strata_error* err) {
      return strata_repair(nullptr, options.target.data(), options.target.size(), STRATA_REPAIR_CONSENT, call.token()->get(),
                           &report.handle, err);
    });
  }
  show(options, report);
}

void salvage(const Options& options, const Console& console) {
  Report report;
  {
    const WatchedCall call(console, "salvage");
    strata::detail::call([&](strata_error* err) {
      return strata_salvage(nullptr, options.target.data(), options.target.size(), options.to.data(), options.to.size(), call.token()->get(),
                            &report.handle, err);
    });
  }
  show(options, report);
  if (report.defects()) throw Damage();
}

}  // namespace

void add_damage(Command command) {
  auto options = std::make_shared<Options>();
  const auto runs = [&](CLI::App* verb, void (*run)(const Options&, const Console&)) {
    verb->add_flag("--json", options->json, "The findings as JSON");
    verb->callback([options, run, &console = command.console, &run_later = command.run] {
      run_later = [options, run, &console] { run(*options, console); };
    });
  };
  CLI::App* verb = command.app.add_subcommand("check", "Look for damage in a store or an array file");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_flag("--structure", options->structure, "Layers, arrays and addresses only, no data");
  verb->footer("Reads everything and changes nothing. The exit code is 3 when there are defects.\n\n"
               "Examples:\n  strata check winds\n  strata check grid.af --structure --json");
  runs(verb, check);
  verb = command.app.add_subcommand("repair", "Restore the newest whole commit of an array file");
  verb->add_option("TARGET", options->target, "An array file (.af)")->required();
  verb->add_flag("--yes", options->yes, "Commits that are damaged, and all after them, may be dropped");
  verb->footer("What is dropped is kept beside the file, as x.3.af.dropped. To keep newer commits as far as they can be\n"
               "read, use `strata salvage`. Nobody else may write meanwhile.\n\n"
               "Examples:\n  strata repair grid.af --yes");
  runs(verb, repair);
  verb = command.app.add_subcommand("salvage", "Copy what can be read of something damaged");
  verb->add_option("FROM", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("TO", options->to, "The new one; must not exist")->required();
  verb->footer("Copies every chunk that can be read, and says what is missing; the exit code is then 3.\n\n"
               "Examples:\n  strata salvage grid.af saved.af");
  runs(verb, salvage);
}

}  // namespace strata_cli
