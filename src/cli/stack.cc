// strata stack: one variable over all datasets that have it.
#include <cmath>
#include <memory>

#include "command.h"
#include "csv.h"
#include "json_out.h"
#include "numpy_file.h"
#include "output_file.h"
#include "progress.h"
#include "stack_rows.h"
#include "text_table.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string store;
  std::string at;
  std::string array;
  std::string region;
  std::string prefix;
  std::string out;
  bool json = false;
};

// A line for each dataset: its name, then its elements.
void write_csv(const StackRows& stack, const std::string& path) {
  OutputFile file(path);
  std::ofstream& out = file.stream();
  for (std::uint64_t i = 0; i < stack.across().size(); ++i) {
    const strata::Across::Row row = stack.across()[i];
    if (row.status != STRATA_OK) continue;
    const char* bytes = reinterpret_cast<const char*>(row.data.data());
    out << csv_field(row.dataset);
    const std::uint64_t count = product(row.shape);
    const std::size_t width = strata_type_size(row.type);
    for (std::uint64_t k = 0; k < count; ++k) {
      if (row.offsets != nullptr) {
        out << ','
            << csv_field({bytes + row.offsets[k], static_cast<std::size_t>(row.offsets[k + 1] - row.offsets[k])});
      } else {
        out << ',' << format_element(row.type, bytes + k * width);
      }
    }
    out << '\n';
  }
  file.finish();
}

// Rows one after the other; axes that the region gives by a number are not axes of the result.
void write_npy(const StackRows& stack, const std::string& path) {
  std::optional<strata::Extents> shape;
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < stack.across().size(); ++i) {
    const strata::Across::Row row = stack.across()[i];
    if (row.status != STRATA_OK) continue;
    const strata::Extents mine(row.shape.begin(), row.shape.end());
    if (!shape) shape = mine;
    if (*shape != mine || row.type != stack.type()) {
      throw Failure("dataset " + in_quotes(row.dataset) + " has shape " + format_shape(mine) + " and type " +
                    type_name(row.type) + ", others " + format_shape(*shape) + " and " + type_name(stack.type()) +
                    "; a .npy file takes one of each: choose a --region or --prefix, or write .csv");
    }
    ++count;
  }
  strata::Extents all = {count};
  const strata::Extents rest = stack.region() ? stack.region()->result_shape() : shape.value_or(strata::Extents());
  all.insert(all.end(), rest.begin(), rest.end());
  NumpyFile file(path, stack.type(), all);
  for (std::uint64_t i = 0; i < stack.across().size(); ++i) {
    const strata::Across::Row row = stack.across()[i];
    if (row.status == STRATA_OK) file.append(row.data);
  }
  file.finish();
}

void json_bound(JsonOut& json, const Summary& summary, const strata::Value& value) {
  if (summary.type() == STRATA_FLOAT32 && value) {
    // As the table shows it: 0.1, not 0.10000000149011612.
    json.number(std::strtod(format_number(value.as<float>()).c_str(), nullptr));
  } else {
    json.value(value);
  }
}

void json_summary(JsonOut& json, const Summary& summary) {
  json.key("count").number(summary.count()).key("nulls").number(summary.nulls());
  json.key("min");
  json_bound(json, summary, summary.min());
  json.key("max");
  json_bound(json, summary, summary.max());
  json.key("mean");
  if (!summary.has_mean()) {
    json.null();
  } else if (summary.type() == STRATA_TIMESTAMP_NS) {
    json.text(summary.mean_text());
  } else {
    json.number(summary.mean());
  }
  json.key("std");
  if (summary.has_mean()) {
    json.number(summary.type() == STRATA_TIMESTAMP_NS ? summary.deviation() / 1e9 : summary.deviation());
  } else {
    json.null();
  }
}

void print_json(const StackRows& stack, const std::string& array) {
  JsonOut json;
  json.object().key("array").text(array).key("type").text(type_name(stack.type()));
  json.key("rows").array();
  for (const StackRow& row : stack.rows()) {
    json.object().key("dataset").text(row.dataset).key("status").text(strata_status_name(row.status));
    if (row.summary) json_summary(json, *row.summary);
    json.end_object();
  }
  json.end_array().key("overall").object();
  json_summary(json, stack.overall());
  json.end_object().end_object().print();
}

void print_table(const StackRows& stack, const Console& console) {
  using enum TextTable::Align;
  TextTable table({{"dataset"},
                   {"count", kRight},
                   {"nulls", kRight},
                   {"min", kRight},
                   {"mean", kRight},
                   {"max", kRight},
                   {"std", kRight}});
  const auto add = [&](const std::string& name, const Summary& summary) {
    table.row({name, std::to_string(summary.count()), std::to_string(summary.nulls()), summary.min_text(),
               summary.mean_text(), summary.max_text(), summary.deviation_text()});
  };
  for (const StackRow& row : stack.rows()) {
    if (row.summary) {
      add(printable(row.dataset), *row.summary);
    } else {
      table.row({printable(row.dataset), "-", "-", "-", "-", "-", reason_of(row.status)});
    }
  }
  add("(all " + std::to_string(stack.rows().size() - stack.failed()) + ")", stack.overall());
  table.print(console);
}

void run(const Options& options, const Console& console) {
  const bool npy = options.out.ends_with(".npy");
  if (!options.out.empty() && !npy && !options.out.ends_with(".csv")) {
    throw UsageError("--out " + in_quotes(options.out) + ": the name must end in .npy or .csv");
  }
  const Target target = Target::open(options.store, Target::Access::kRead, options.at);
  require_store(target, "stack");
  const StackRows stack = [&] {
    const WatchedCall call(console, "read " + options.array);
    return StackRows::read(target, options.array, options.prefix, options.region, call.token());
  }();
  if (!options.out.empty()) {
    if (npy) {
      write_npy(stack, options.out);
    } else {
      write_csv(stack, options.out);
    }
  }
  if (options.json) {
    print_json(stack, options.array);
  } else {
    print_table(stack, console);
  }
  // A region that does not fit everywhere is an answer; damage, or nothing at all, is a failure.
  for (const StackRow& row : stack.rows()) {
    if (row.status != STRATA_OK && row.status != STRATA_E_RANGE && row.status != STRATA_E_TYPE &&
        row.status != STRATA_E_NOT_FOUND) {
      throw Failure("dataset " + in_quotes(row.dataset) + " could not be read: " + reason_of(row.status));
    }
  }
  if (stack.failed() == stack.rows().size()) throw Failure("none of the datasets could be read with that region");
}

}  // namespace

void add_stack(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("stack", "Read one variable over all datasets that have it, in one call");
  verb->add_option("STORE", options->store, "The store")->required();
  verb->add_option("ARRAY", options->array, "The variable")->required();
  verb->add_option("--region", options->region, "The same part of each, as in numpy: \"0:10,5,:\"")
      ->type_name("REGION");
  verb->add_option("--prefix", options->prefix, "Only datasets whose names begin with this")->type_name("TEXT");
  verb->add_option("--out", options->out, "Write the values to a file: .npy (stacked), .csv (a line for each dataset)")
      ->type_name("FILE");
  add_at(*verb, options->at);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Statistics leave out fill values and NaN.\n\n"
      "Examples:\n"
      "  strata stack winds UWND\n"
      "  strata stack winds UWND --prefix 1982- --region 30:43,: --out tropics.npy\n"
      "  strata stack winds UWND --json | jq .overall.mean");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
