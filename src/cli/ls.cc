// strata ls: datasets of a store, or arrays of an array file.
#include <memory>

#include "command.h"
#include "json_out.h"
#include "target.h"
#include "text_table.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::string at;
  std::string prefix;
  bool names = false;
  bool arrays = false;
  bool json = false;
};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : " ") + printable(name);
  return out;
}

void list_store(const strata::Store& store, const Options& options, const Console& console) {
  strata::Cursor cursor = store.datasets(options.prefix);
  JsonOut json;
  TextTable table({{"dataset"}, {"arrays", TextTable::Align::kRight}, {"names"}});
  json.array();
  while (const auto name = cursor.next()) {
    if (options.names && !options.json) {
      print(printable(*name) + "\n");
      continue;
    }
    const strata::Dataset dataset = store.dataset(*name);
    const std::vector<std::string> arrays = dataset.arrays().all();
    if (options.json) {
      json.object().key("name").text(*name).key("arrays").texts(arrays);
      json.key("attributes").number(dataset.attributes().remaining()).end_object();
    } else {
      table.row({printable(*name), std::to_string(arrays.size()), joined(arrays)});
    }
  }
  json.end_array();
  if (options.json) {
    json.print();
  } else if (!options.names) {
    table.print(console);
  }
}

void list_arrays(const strata::Store& store, const Options& options) {
  const std::vector<std::string> names = store.arrays(options.prefix).all();
  if (options.json) {
    JsonOut().texts(names).print();
    return;
  }
  for (const std::string& name : names) print(printable(name) + "\n");
}

void list_file(const strata::File& file, const Options& options, const Console& console) {
  strata::Cursor cursor = file.arrays(options.prefix);
  JsonOut json;
  TextTable table({{"array"}, {"type"}, {"shape"}, {"chunks"}, {"dimensions"}});
  json.array();
  while (const auto name = cursor.next()) {
    if ((options.names || options.arrays) && !options.json) {
      print(printable(*name) + "\n");
      continue;
    }
    const strata::Array array = file.array(*name);
    const std::vector<std::string> dimensions = array.dimension_names();
    if (options.json) {
      json.object().key("name").text(*name).key("type").text(array.type_text());
      json.key("shape").extents(array.shape()).key("chunk_shape").extents(array.chunk_shape());
      json.key("dimensions").texts(dimensions).end_object();
    } else {
      table.row({printable(*name), array.type_text(), format_shape(array.shape()),
                 format_shape(array.chunk_shape()), joined(dimensions)});
    }
  }
  json.end_array();
  if (options.json) {
    json.print();
  } else if (!options.names) {
    table.print(console);
  }
}

}  // namespace

void add_ls(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("ls", "List the datasets of a store, or the arrays of an array file");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("PREFIX", options->prefix, "Only names that begin with this");
  verb->add_flag("--names", options->names, "Names only, one a line");
  verb->add_flag("--arrays", options->arrays, "The names of arrays instead of datasets, each once, one a line");
  add_at(*verb, options->at);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Examples:\n"
      "  strata ls winds 1982-\n"
      "  strata ls winds --names | head\n"
      "  strata ls winds/UWND/data.af --json");
  verb->callback([options, &console = command.console, &run = command.run] {
    run = [options, &console] {
      const Target target = Target::open(options->target, Target::Access::kRead, options->at);
      if (target.is_store() && options->arrays) {
        list_arrays(target.store(), *options);
      } else if (target.is_store()) {
        list_store(target.store(), *options, console);
      } else {
        list_file(target.file(), *options, console);
      }
    };
  });
}

}  // namespace strata_cli
