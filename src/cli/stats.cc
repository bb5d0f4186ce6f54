// strata stats: the statistics that the format keeps. No array data is read.
#include <cmath>
#include <memory>

#include "command.h"
#include "interrupt.h"
#include "json_out.h"
#include "progress.h"
#include "target.h"
#include "text_table.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::string at;
  std::string dataset;
  bool json = false;
};

// Statistics of one array, or of all arrays of one name.
struct Row {
  std::string name;
  std::int32_t type = STRATA_TYPE_NONE;
  std::uint64_t arrays = 0;
  std::uint64_t elements = 0;
  std::uint64_t nulls = 0;
  bool has_bounds = false;
  bool same_kind = true;  // bounds of numbers and of text cannot be merged
  strata_statistics bounds = STRATA_STATISTICS_INIT;
  std::string min{};
  std::string max{};
};

int compare(const strata_statistics& a, bool max_of_a, const strata_statistics& b, bool max_of_b) {
  const auto& x = max_of_a ? a.max : a.min;
  const auto& y = max_of_b ? b.max : b.min;
  switch (a.value_type) {
    case STRATA_UINT64:
      return x.u < y.u ? -1 : x.u > y.u ? 1 : 0;
    case STRATA_FLOAT64:
      if (std::isnan(x.f) || std::isnan(y.f)) {  // as the format orders them: -NaN lowest, NaN highest
        const auto rank = [](double v) { return !std::isnan(v) ? 0 : std::signbit(v) ? -1 : 1; };
        return rank(x.f) - rank(y.f);
      }
      return x.f < y.f ? -1 : x.f > y.f ? 1 : 0;
    default:
      return x.i < y.i ? -1 : x.i > y.i ? 1 : 0;
  }
}

void add(Row& row, const strata::Array& array) {
  row.arrays += 1;
  const std::uint64_t elements = product(array.shape());
  const auto statistics = array.statistics(stop_token());
  row.elements += elements;
  if (!statistics) {  // nothing was ever written
    row.nulls += elements;
    return;
  }
  row.nulls += statistics->null_count;
  if (statistics->value_type == STRATA_TYPE_NONE) return;
  if (!row.has_bounds) {
    row.has_bounds = true;
    row.bounds = *statistics;
    row.min = statistics_bound(array, *statistics, false);
    row.max = statistics_bound(array, *statistics, true);
    return;
  }
  if (row.bounds.value_type != statistics->value_type || !row.same_kind) {
    row.same_kind = false;
    row.min = row.max = "(mixed types)";
    return;
  }
  if (statistics->value_type == STRATA_BINARY || statistics->value_type == STRATA_STRING) {
    row.min = std::min(row.min, statistics_bound(array, *statistics, false));
    row.max = std::max(row.max, statistics_bound(array, *statistics, true));
    return;
  }
  if (compare(*statistics, false, row.bounds, false) < 0) {
    row.bounds.min = statistics->min;
    row.min = statistics_bound(array, *statistics, false);
  }
  if (compare(*statistics, true, row.bounds, true) > 0) {
    row.bounds.max = statistics->max;
    row.max = statistics_bound(array, *statistics, true);
  }
}

void print_bound(JsonOut& json, const Row& row, bool max) {
  const auto& bound = max ? row.bounds.max : row.bounds.min;
  if (!row.has_bounds || !row.same_kind) {
    json.null();
    return;
  }
  switch (row.bounds.value_type) {
    case STRATA_INT64:
      json.number(bound.i);
      break;
    case STRATA_UINT64:
      json.number(bound.u);
      break;
    case STRATA_FLOAT64:
      json.number(bound.f);
      break;
    default:
      json.text(max ? row.max : row.min);
  }
}

void report(const std::vector<Row>& rows, bool merged, bool as_json, const Console& console) {
  if (as_json) {
    JsonOut json;
    json.array();
    for (const Row& row : rows) {
      json.object().key("array").text(row.name).key("type").text(type_name(row.type));
      if (merged) json.key("datasets").number(row.arrays);
      json.key("elements").number(row.elements).key("nulls").number(row.nulls).key("min");
      print_bound(json, row, false);
      json.key("max");
      print_bound(json, row, true);
      json.end_object();
    }
    json.end_array().print();
    return;
  }
  using enum TextTable::Align;
  std::vector<TextTable::Column> columns = {{"array"}, {"type"}};
  if (merged) columns.push_back({"datasets", kRight});
  for (const char* title : {"elements", "nulls", "min", "max"}) columns.push_back({title, kRight});
  TextTable table(std::move(columns));
  for (const Row& row : rows) {
    std::vector<std::string> cells = {printable(row.name), type_name(row.type)};
    if (merged) cells.push_back(std::to_string(row.arrays));
    cells.insert(cells.end(), {std::to_string(row.elements), std::to_string(row.nulls), row.has_bounds ? row.min : "-",
                               row.has_bounds ? row.max : "-"});
    table.row(std::move(cells));
  }
  table.print(console);
}

void run(const Options& options, const Console& console) {
  const Target target = Target::open(options.target, Target::Access::kRead, options.at);
  std::vector<Row> rows;
  bool merged = false;
  if (!target.is_store()) {
    const std::vector<std::string> names =
        options.dataset.empty() ? target.file().arrays().all() : std::vector<std::string>{options.dataset};
    for (const std::string& name : names) {
      const strata::Array array = target.array(name);
      rows.push_back({.name = name, .type = array.type()});
      add(rows.back(), array);
    }
  } else if (!options.dataset.empty()) {
    const strata::Dataset dataset = target.dataset(options.dataset);
    for (const std::string& name : dataset.arrays().all()) {
      const strata::Array array = dataset.array(name);
      rows.push_back({.name = name, .type = array.type()});
      add(rows.back(), array);
    }
  } else {
    merged = true;
    const std::vector<std::string> names = target.store().arrays().all();
    Progress progress(console, "statistics");
    for (std::size_t i = 0; i < names.size(); ++i) {
      Row row{.name = names[i], .type = target.store().array_type(names[i])};
      strata::Cursor datasets = target.store().datasets_with(names[i]);
      while (const auto dataset = datasets.next()) {
        add(row, target.store().dataset(*dataset).array(names[i]));
        progress.update(i, names.size(), names[i]);
      }
      rows.push_back(std::move(row));
    }
  }
  report(rows, merged, options.json, console);
}

}  // namespace

void add_stats(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("stats", "Show the stored statistics of arrays");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("NAME", options->dataset,
                   "One dataset of the store (else all, merged by name); one array of the file");
  add_at(*verb, options->at);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Nulls are elements that were never written or are equal to the fill value. No array data is read.\n\n"
      "Examples:\n"
      "  strata stats winds\n"
      "  strata stats winds 1982-01-16\n"
      "  strata stats winds/UWND/data.af --json");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
