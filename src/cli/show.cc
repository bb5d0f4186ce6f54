// strata show: the structure of one dataset or one array file, in the manner of `ncdump -h`.
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "command.h"
#include "json_out.h"
#include "target.h"
#include "values.h"

namespace strata_cli {
namespace {

using Attributes = std::vector<std::pair<std::string, strata::Value>>;

struct Options {
  std::string target;
  std::string at;
  std::string name;
  bool json = false;
};

// Arrays of one place, with the attributes that belong to each.
struct Content {
  std::string kind;
  std::string name;
  std::vector<strata::Array> arrays;
  std::vector<std::string> names;
  std::vector<Attributes> array_attributes;
  Attributes attributes;
  std::vector<std::vector<std::string>> ambiguous = {};  // keys in array_attributes, of each array of a file
};

Content content_of(const strata::Dataset& dataset) {
  Content content{"dataset", dataset.name(), {}, dataset.arrays().all(), {}, {}};
  for (const std::string& name : content.names) content.arrays.push_back(dataset.array(name));
  content.array_attributes.resize(content.names.size());
  strata::Cursor keys = dataset.attributes();
  while (const auto key = keys.next()) {
    // "v.units" is shown with array v; the longest name wins where "v" and "v.w" are both arrays.
    std::size_t owner = content.names.size();
    for (std::size_t i = 0; i < content.names.size(); ++i) {
      const std::string& name = content.names[i];
      if (key->size() > name.size() + 1 && key->starts_with(name) && (*key)[name.size()] == '.' &&
          (owner == content.names.size() || name.size() > content.names[owner].size())) {
        owner = i;
      }
    }
    strata::Value value = dataset.attribute(*key);
    if (owner == content.names.size()) {
      content.attributes.emplace_back(*key, std::move(value));
    } else {
      content.array_attributes[owner].emplace_back(key->substr(content.names[owner].size() + 1), std::move(value));
    }
  }
  return content;
}

Content content_of(const Target& target, const std::string& only) {
  const strata::File& file = target.file();
  Content content{"arrayfile", target.url(), {}, {}, {}, {}};
  content.names = only.empty() ? file.arrays().all() : std::vector<std::string>{only};
  for (const std::string& name : content.names) {
    content.arrays.push_back(target.array(name));
    Attributes attributes;
    std::vector<std::string> ambiguous;
    strata::Cursor keys = content.arrays.back().attributes();
    while (const auto key = keys.next()) {
      attributes.emplace_back(*key, content.arrays.back().attribute(*key));
      if (content.arrays.back().attribute_is_ambiguous(*key)) ambiguous.emplace_back(*key);
    }
    content.array_attributes.push_back(std::move(attributes));
    content.ambiguous.push_back(std::move(ambiguous));
  }
  return content;
}

void print_text(const Content& content, const Console& console) {
  // A dimension is only a name here: arrays may disagree about its size.
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::uint64_t>> sizes;
  for (const strata::Array& array : content.arrays) {
    const auto names = array.dimension_names();
    const auto shape = array.shape();
    for (std::size_t axis = 0; axis < names.size(); ++axis) {
      auto& known = sizes[names[axis]];
      if (known.empty()) order.push_back(names[axis]);
      if (std::find(known.begin(), known.end(), shape[axis]) == known.end()) known.push_back(shape[axis]);
    }
  }
  print(console.bold(content.kind) + " " + in_quotes(content.name) + " {\n");
  if (!order.empty()) print(console.bold("dimensions:") + "\n");
  for (const std::string& name : order) {
    for (const std::uint64_t size : sizes[name]) print("\t" + printable(name) + " = " + std::to_string(size) + " ;\n");
  }
  if (!content.arrays.empty()) print(console.bold("variables:") + "\n");
  for (std::size_t i = 0; i < content.arrays.size(); ++i) {
    const strata::Array& array = content.arrays[i];
    const std::string name = printable(content.names[i]);
    std::string line = "\t" + array.type_text() + " " + console.bold(name);
    const auto dimensions = array.dimension_names();
    for (std::size_t axis = 0; axis < dimensions.size(); ++axis) {
      line += (axis == 0 ? "(" : ", ") + printable(dimensions[axis]);
    }
    if (!dimensions.empty()) line += ")";
    line += " ;";
    const auto chunks = array.chunk_shape();
    if (!chunks.empty() && chunks != array.shape()) line += console.dim("  // chunks " + format_shape(chunks));
    print(line + "\n");
    if (const strata::Value fill = array.fill()) {
      std::string text = format_value(fill);
      // The file keeps it as float64; shown in the precision of the array.
      if (array.type() == STRATA_FLOAT32 && fill.type() == STRATA_FLOAT64) {
        text = format_number(static_cast<float>(fill.as<double>()));
      }
      print("\t\t" + name + ":_FillValue = " + text + " ;\n");
    }
    for (const auto& [key, value] : content.array_attributes[i]) {
      const bool ambiguous = i < content.ambiguous.size() && std::ranges::count(content.ambiguous[i], key) != 0;
      print("\t\t" + name + ":" + printable(key) + " = " + format_value(value) + " ;" +
            (ambiguous ? console.dim("  // ambiguous") : "") + "\n");
    }
  }
  if (!content.attributes.empty()) print("\n" + console.bold("// attributes of the " + content.kind + ":") + "\n");
  for (const auto& [key, value] : content.attributes) {
    print("\t\t:" + printable(key) + " = " + format_value(value) + " ;\n");
  }
  print("}\n");
}

void print_json(const Content& content) {
  JsonOut json;
  const auto attributes = [&](const Attributes& list) {
    json.key("attributes").object();
    for (const auto& [key, value] : list) json.key(key).value(value);
    json.end_object();
  };
  json.object().key("kind").text(content.kind).key("name").text(content.name).key("arrays").array();
  for (std::size_t i = 0; i < content.arrays.size(); ++i) {
    const strata::Array& array = content.arrays[i];
    json.object().key("name").text(content.names[i]).key("type").text(array.type_text());
    json.key("shape").extents(array.shape()).key("chunk_shape").extents(array.chunk_shape());
    json.key("dimensions").texts(array.dimension_names()).key("fill").value(array.fill());
    attributes(content.array_attributes[i]);
    if (i < content.ambiguous.size() && !content.ambiguous[i].empty()) json.key("ambiguous").texts(content.ambiguous[i]);
    json.end_object();
  }
  json.end_array();
  attributes(content.attributes);
  json.end_object().print();
}

}  // namespace

void add_show(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("show", "Show what a dataset or an array file holds");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("NAME", options->name, "The dataset of the store; or one array of the file");
  add_at(*verb, options->at);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Examples:\n"
      "  strata show winds 1982-01-16\n"
      "  strata show winds/UWND/data.af");
  verb->callback([options, &console = command.console, &run = command.run] {
    run = [options, &console] {
      const Target target = Target::open(options->target, Target::Access::kRead, options->at);
      if (target.is_store() && options->name.empty()) {
        throw UsageError("which dataset? `strata ls " + target.url() + "` lists them");
      }
      const Content content =
          target.is_store() ? content_of(target.dataset(options->name)) : content_of(target, options->name);
      if (options->json) {
        print_json(content);
      } else {
        print_text(content, console);
      }
    };
  });
}

}  // namespace strata_cli
