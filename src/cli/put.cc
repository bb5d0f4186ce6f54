// strata put: changes a region of one array.
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

#include "command.h"
#include "json_out.h"
#include "progress.h"
#include "region.h"
#include "target.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::vector<std::string> rest;
  std::string from;
  std::string job, task, at;  // of a worker
  bool json = false;
};

std::string read_text(const std::string& from) {
  std::string text;
  if (from.empty() || from == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
    return text;
  }
  std::ifstream file(from, std::ios::binary);
  if (!file) throw Failure("cannot read " + printable(from));
  text.assign(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) throw Failure("reading " + printable(from) + " failed");
  return text;
}

// Numbers: separated by commas, blanks or line ends. Text: one element a line.
std::vector<std::string_view> elements_of(std::string_view text, bool lines) {
  std::vector<std::string_view> out;
  if (lines) {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      if (line.ends_with('\r')) line.remove_suffix(1);
      out.push_back(line);
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return out;
  }
  constexpr std::string_view kSeparators = " \t\r\n,;";
  for (std::size_t at = text.find_first_not_of(kSeparators); at != text.npos;) {
    const std::size_t end = std::min(text.find_first_of(kSeparators, at), text.size());
    out.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kSeparators, end);
  }
  return out;
}

void write_region(const strata::Array& array, const Region& region, const Options& options,
                  const std::optional<std::string>& scalar) {
  const std::uint64_t count = product(region.count);
  const bool is_text = array.type() == STRATA_STRING || array.type() == STRATA_BINARY;
  std::string text;
  std::vector<std::string_view> elements;
  if (scalar) {
    elements.push_back(*scalar);
  } else {
    text = read_text(options.from);
    stop_if_asked();  // it may have been cut short
    elements = elements_of(text, is_text);
  }
  // One value stands for the whole region.
  if (elements.size() != count && elements.size() != 1) {
    throw UsageError("the region " + format_shape(region.count) + " has " + std::to_string(count) +
                     " elements, there are " + std::to_string(elements.size()) +
                     " values; give as many, or a single one for all");
  }
  if (count == 0) return;
  if (is_text) {
    if (elements.size() == 1) elements.resize(count, elements[0]);
    array.write_texts<std::string_view>(elements, region.start, region.count, stop_token());
    return;
  }
  const strata::Value fill = array.fill();
  std::string bytes;
  bytes.reserve(count * strata_type_size(array.type()));
  for (const std::string_view element : elements) append_element(array.type(), element, fill, bytes);
  if (elements.size() == 1) {
    const std::string one = bytes;
    while (bytes.size() < one.size() * count) bytes += one;
  }
  array.write_bytes(std::as_bytes(std::span(bytes)), region.start, region.count, stop_token());
}

void run(const Options& options, const Console& console) {
  // Names come before the region, and a single value may follow it.
  const std::size_t names = is_array_file(options.target) ? 1 : 2;
  if (options.rest.size() < names + 1 || options.rest.size() > names + 2) {
    throw UsageError(names == 1 ? "put takes FILE.af ARRAY REGION [VALUE]"
                                : "put takes STORE DATASET ARRAY REGION [VALUE]");
  }
  std::optional<std::string> scalar;
  if (options.rest.size() == names + 2) scalar = options.rest.back();
  if (scalar && !options.from.empty()) throw UsageError("give a VALUE or --from, not both");

  if_stopped("nothing was changed");
  if (options.job.empty() != options.task.empty()) throw UsageError("--job and --task go together");
  if (!options.at.empty() && options.job.empty()) throw UsageError("--at is for workers: give --job and --task as well");
  const Target target = options.job.empty() ? Target::open(options.target, Target::Access::kWrite)
                                            : Target::open_worker(options.target, options.job, options.task, options.at);
  const strata::Array array =
      target.is_store() ? open_array(target.dataset(options.rest[0]), options.rest[1]) : target.array(options.rest[0]);
  const Region region = parse_region(options.rest[names], array.shape());
  write_region(array, region, options, scalar);
  if (target.is_store()) commit(target.store(), console);
  else commit(target.file(), console);
  if (options.json) {
    JsonOut json;
    json.object().key("array").text(array.name()).key("start").extents(region.start).key("count").extents(region.count);
    json.end_object().print();
    return;
  }
  print((options.job.empty() ? "wrote " : "delivered ") + std::to_string(product(region.count)) + " elements of " + in_quotes(array.name()) + "\n");
}

}  // namespace

void add_put(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("put", "Change a region of one array");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("WHAT", options->rest, "DATASET ARRAY REGION [VALUE]; of an array file: ARRAY REGION [VALUE]")
      ->required()
      ->type_name("");
  verb->add_option("--from", options->from, "Read the values from this file; \"-\" or nothing: from standard input")
      ->type_name("FILE");
  verb->add_option("--job", options->job, "Deliver it as a task of a job, for `strata adopt`")->type_name("JOB");
  verb->add_option("--task", options->task, "Which task of the job it is")->type_name("TASK");
  verb->add_option("--at", options->at, "Of a task: the commit on which it builds; without it the newest")->type_name("COMMIT");
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "REGION is written as in numpy: \"0:10,5,:\"; \"...\" is the whole array. One VALUE fills the region; more come "
      "from\n"
      "a file or standard input, separated by blanks or commas (texts: one a line), the last axis varying fastest.\n"
      "\"_\" stands for the fill value, times are written 1982-01-16T20:00:00Z.\n\n"
      "Examples:\n"
      "  strata put winds 1982-01-16 UWND 0:10,: 0\n"
      "  echo 1.5, 2.5 | strata put winds 1982-01-16 UWND 0,0:2\n"
      "  strata put data.af temperature ... --from values.txt");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
