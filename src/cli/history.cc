// strata tag, untag, tags, retain, expire, gc: what of a store's past is kept. strata adopt: what workers have delivered.
#include <CLI/Validators.hpp>
#include <charconv>
#include <memory>

#include "command.h"
#include "interrupt.h"
#include "json_out.h"
#include "target.h"
#include "text_table.h"
#include "values.h"

namespace strata_cli {
namespace {

constexpr double kDay = 86400e9;

struct Options {
  std::string target, name, commit;
  std::vector<std::string> tasks;
  std::string commits;  // to keep
  std::string age;      // of what lies in the inbox
  double days = -1;
  bool dry_run = false;
  bool json = false;
};

Target open(const Options& options, Target::Access access, std::string_view verb) {
  Target target = Target::open(options.target, access);
  require_store(target, verb);
  return target;
}

void list_tags(const Options& options, const Console& console) {
  const strata::Log tags = open(options, Target::Access::kRead, "tags").store().tags(stop_token());
  JsonOut json;
  TextTable table({{"TAG"}, {"COMMIT", TextTable::Align::kRight}, {"TIME"}, {"ID"}});
  json.array();
  for (std::uint64_t i = 0; i < tags.size(); ++i) {
    const strata_commit c = tags[i];
    if (options.json)
      json.object().key("tag").text(c.tag).key("seq").number(c.seq).key("time").text(format_timestamp(c.time_ns)).key("id").text(c.id).end_object();
    else table.row({printable(c.tag), std::to_string(c.seq), format_timestamp(c.time_ns), c.id});
  }
  json.end_array();
  if (options.json) json.print();
  else table.print(console);
}

void adopt(const Options& options, const Console& console) {
  const bool list = options.dry_run;
  const Target target = open(options, list ? Target::Access::kRead : Target::Access::kWrite, "adopt");
  const strata::Log all = target.store().deliveries(options.name, stop_token());
  std::vector<strata_commit> found;
  for (std::uint64_t i = 0; i < all.size(); ++i)
    if (const strata_commit c = all[i]; options.tasks.empty() || std::ranges::count(options.tasks, c.message)) found.push_back(c);
  JsonOut json;
  TextTable table({{"TASK"}, {"COMMIT", TextTable::Align::kRight}, {"TIME"}, {"DATASETS", TextTable::Align::kRight},
                   {"VARIABLES", TextTable::Align::kRight}, {"SIZE", TextTable::Align::kRight}});
  json.array();
  for (const strata_commit& c : found) {
    if (options.json)
      json.object().key("task").text(c.message).key("commit").number(c.seq).key("time").text(format_timestamp(c.time_ns))
          .key("datasets").number(c.datasets + c.removed).key("variables").number(c.arrays).key("bytes").number(c.bytes).end_object();
    else table.row({printable(c.message), std::to_string(c.seq), format_timestamp(c.time_ns), std::to_string(c.datasets + c.removed),
                    std::to_string(c.arrays), human_bytes(static_cast<double>(c.bytes))});
  }
  json.end_array();
  if_stopped(list ? "" : "nothing was adopted");
  if (!list) target.store().adopt(options.name, options.tasks, stop_token());
  if (options.json) json.print();
  else if (list) table.print(console);
  else print("adopted " + std::to_string(found.size()) + (found.size() == 1 ? " task" : " tasks") + " of " + printable(options.name) + "\n");
}

void show_retention(const strata_retention& r, bool json) {
  const bool all = r.commits == UINT64_MAX;
  const double days = static_cast<double>(r.age_ns) / kDay;
  if (json) {
    JsonOut out;
    out.object().key("commits");
    if (all) out.text("all");
    else out.number(r.commits);
    out.key("seconds").number(static_cast<std::uint64_t>(r.age_ns / 1'000'000'000)).key("first").number(r.first).end_object().print();
    return;
  }
  std::string text = all ? "all commits are kept"
                     : r.commits > 1 ? "the newest " + std::to_string(r.commits) + " commits are kept"
                                     : "the newest commit is kept";
  if (!all && r.age_ns > 0) text += ", and those of the last " + format_number(days) + " days";
  text += ", and those with tags";
  if (r.first > 1) text += "; those before " + std::to_string(r.first) + " have expired";
  print(text + "\n");
}

void retain(const Options& options) {
  const bool change = !options.commits.empty() || options.days >= 0;
  const Target target = open(options, change ? Target::Access::kWrite : Target::Access::kRead, "retain");
  strata_retention r = target.store().retention();
  if (change) {
    if_stopped("nothing was changed");
    if (options.commits == "all") r.commits = UINT64_MAX;
    else if (!options.commits.empty()) r.commits = std::stoull(options.commits);
    if (options.days >= 0) r.age_ns = static_cast<std::int64_t>(options.days * kDay);
    target.store().set_retention(r.commits, r.age_ns, stop_token());
    r = target.store().retention();
  }
  show_retention(r, options.json);
}

// "7d" and the like; -1: it is not such a time.
std::int64_t nanoseconds_of(std::string_view text) {
  constexpr std::pair<char, std::int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || n < 0 || end + 1 != text.data() + text.size()) return -1;
  for (const auto& [letter, seconds] : kUnits)
    if (*end == letter) return n > INT64_MAX / 1'000'000'000 / seconds ? -1 : n * seconds * 1'000'000'000;
  return -1;
}

// What has happened, in words or for programs.
void say(const Options& options, const std::string& what, const std::string& value, const std::string& words) {
  if (options.json) JsonOut().object().key(what).text(value).end_object().print();
  else print(words + "\n");
}

using Options_ = std::shared_ptr<Options>;

CLI::App* add_verb(Command command, const Options_& options, const char* name, const char* about) {
  CLI::App* verb = command.app.add_subcommand(name, about);
  verb->add_option("STORE", options->target, "A store")->required();
  return verb;
}

// Commits are chosen in the same way everywhere.
constexpr const char* kCommits = "its number, its id, a tag, or a time (2026-01-31T12:00:00Z)";

void finish(Command command, CLI::App* verb, const Options_& options, void (*work)(const Options&, const Console&)) {
  verb->add_flag("--json", options->json, "For programs");
  verb->callback([options, work, &console = command.console, &run = command.run] {
    run = [options, work, &console] { work(*options, console); };
  });
}

}  // namespace

void add_history(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* tag = add_verb(command, options, "tag", "Give a commit a name, which keeps it");
  tag->add_option("NAME", options->name, "The tag")->required();
  tag->add_option("COMMIT", options->commit, std::string("The commit: ") + kCommits + "; without one the newest");
  tag->footer("What the commit needs stays readable (`--at NAME` of many verbs), whatever is written, compacted or expired later.\n\n"
              "Examples:\n  strata tag winds release-1\n  strata tag winds before-fix 17");
  finish(command, tag, options, [](const Options& o, const Console&) {
    if_stopped("nothing was changed");
    open(o, Target::Access::kWrite, "tag").store().tag(o.name, o.commit, stop_token());
    say(o, "tag", o.name, "tagged " + printable(o.name));
  });

  CLI::App* untag = add_verb(command, options, "untag", "Take a tag away");
  untag->add_option("NAME", options->name, "The tag")->required();
  untag->footer("The commit is then kept as long as others are (`strata retain`).\n\nExamples:\n  strata untag winds release-1");
  finish(command, untag, options, [](const Options& o, const Console&) {
    if_stopped("nothing was changed");
    open(o, Target::Access::kWrite, "untag").store().untag(o.name, stop_token());
    say(o, "untagged", o.name, "the tag " + printable(o.name) + " is gone");
  });

  CLI::App* tags = add_verb(command, options, "tags", "List the tags of a store");
  tags->footer("Examples:\n  strata tags winds");
  finish(command, tags, options, list_tags);

  CLI::App* retain_verb = add_verb(command, options, "retain", "Show or set how much of a store's past is kept");
  const CLI::Validator count([](std::string& text) {
    if (text == "all") return std::string();
    if (!text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos) return std::string();
    return std::string("neither a number nor \"all\"");
  }, "NUMBER|all");
  retain_verb->add_option("--commits", options->commits, "So many of the newest commits")->check(count);
  retain_verb->add_option("--days", options->days, "Those that are not older than the newest by more")->check(CLI::Range(0.0, 36500.0));
  retain_verb->footer("Commits that either allows are kept, and those with tags. Without options: what is set. What was compacted before does not come back.\n\n"
                      "Examples:\n  strata retain winds --commits all\n  strata retain winds --commits 10 --days 30\n  strata retain winds");
  finish(command, retain_verb, options, [](const Options& o, const Console&) { retain(o); });

  CLI::App* expire = add_verb(command, options, "expire", "Let commits before one go, unless they have a tag");
  expire->add_option("COMMIT", options->commit, std::string("The oldest that is still kept: ") + kCommits)->required();
  expire->footer("Their space is given back by `strata gc` or `strata compact`.\n\nExamples:\n  strata expire winds 2026-01-01T00:00:00Z");
  finish(command, expire, options, [](const Options& o, const Console&) {
    if_stopped("nothing was changed");
    open(o, Target::Access::kWrite, "expire").store().expire(o.commit, stop_token());
    say(o, "expired_before", o.commit, "commits before " + printable(o.commit) + " are not kept any more");
  });

  CLI::App* gc = add_verb(command, options, "gc", "Remove what no commit needs that is kept");
  const CLI::Validator age([](std::string& text) {
    return nanoseconds_of(text) < 0 ? std::string("not a time such as 90s, 30m, 12h or 7d") : std::string();
  }, "TIME");
  gc->add_option("--older-than", options->age, "Also what workers wrote longer ago and nobody has adopted: 90s, 30m, 12h, 7d")->check(age);
  gc->footer("Also what killed writers have left. Data of the newest commit, of tags and of kept commits stays.\n\n"
             "Examples:\n  strata gc winds\n  strata gc winds --older-than 7d");
  finish(command, gc, options, [](const Options& o, const Console&) {
    if_stopped("what was not removed yet stays");
    const Target target = open(o, Target::Access::kWrite, "gc");
    target.store().collect(o.age.empty() ? -1 : nanoseconds_of(o.age), stop_token());
    say(o, "collected", o.target, "nothing is left that no kept commit needs");
  });

  CLI::App* adopt_verb = add_verb(command, options, "adopt", "Make what the tasks of a job have delivered one commit");
  adopt_verb->add_option("JOB", options->name, "The job")->required();
  adopt_verb->add_option("TASK", options->tasks, "Only these tasks; without any all that have delivered");
  adopt_verb->add_flag("--dry-run", options->dry_run, "Only list what was delivered");
  adopt_verb->footer("Workers deliver with `strata put --job JOB --task TASK`, or by the library. All of it becomes part of the store, or nothing.\n\n"
                     "Examples:\n  strata adopt winds nightly --dry-run\n  strata adopt winds nightly\n  strata adopt winds nightly part-1 part-2");
  finish(command, adopt_verb, options, adopt);
}

}  // namespace strata_cli
