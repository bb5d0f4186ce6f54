// strata set-attr: sets or deletes one attribute.
#include <charconv>
#include <memory>

#include "command.h"
#include "json_out.h"
#include "nc_attributes.h"
#include "progress.h"
#include "target.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::string owner;
  std::string key;
  std::vector<std::string> values;
  std::string type;
  bool remove = false;
  bool json = false;
};

template <typename T>
std::optional<T> number_of(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

strata::Value value_of(const std::string& text, const std::string& type) {
  const auto wrong = [&](const char* what) { return UsageError(in_quotes(text) + " is not " + what + " (--type " + type + ")"); };
  const bool guess = type.empty();
  if (guess || type == "int") {
    if (const auto number = number_of<std::int64_t>(text)) return strata::Value::integer(*number);
    if (!guess) throw wrong("a whole number within int64");
  }
  if (guess || type == "float") {
    if (const auto number = number_of<double>(text)) return strata::Value::real(*number);
    if (!guess) throw wrong("a number");
  }
  if (type == "bool" || (guess && (text == "true" || text == "false"))) {
    if (text != "true" && text != "false") throw wrong("true or false");
    return strata::Value::boolean(text == "true");
  }
  if (type == "time") {
    const auto time = parse_timestamp(text);
    if (!time) throw wrong("a time such as 1982-01-16T20:00:00Z");
    return strata::Value::timestamp(*time);
  }
  return strata::Value::text(text);
}

// More than one: as the original's Python package keeps lists.
strata::Value list_of(const std::vector<std::string>& texts, const std::string& type) {
  if (type == "bool" || type == "time") throw UsageError("lists are of texts or of numbers");
  std::vector<strata::Value> values;
  bool texts_only = type == "text", whole = type != "float";
  for (const std::string& text : texts) {
    values.push_back(value_of(text, type));
    texts_only = texts_only || values.back().is_text() || values.back().type() == STRATA_BOOL;
    whole = whole && values.back().type() == STRATA_INT64;
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts_only) values[i] = strata::Value::text(texts[i]);
    else if (!whole) values[i] = strata::Value::real(to_doubles(values[i].type(), std::as_bytes(std::span(values[i].bytes())), {}).at(0));
  }
  return stored_list(values);
}

void run(const Options& options, const Console& console) {
  if (options.remove == !options.values.empty())
    throw UsageError(options.remove ? "give values or --delete, not both" : "which value? `strata set-attr --help` has examples");
  strata::Value value;
  if (options.values.size() == 1) value = value_of(options.values[0], options.type);
  if (options.values.size() > 1) value = list_of(options.values, options.type);
  if_stopped("nothing was changed");
  const Target target = Target::open(options.target, Target::Access::kWrite);
  if (target.is_store()) {
    const strata::Dataset dataset = target.dataset(options.owner);
    if (options.remove) dataset.delete_attribute(options.key);
    else dataset.set_attribute(options.key, value);
  } else {
    const strata::Array array = target.array(options.owner);
    if (options.remove) array.delete_attribute(options.key);
    else array.set_attribute(options.key, value);
  }
  if (target.is_store()) commit(target.store(), console);
  else commit(target.file(), console);
  if (options.json) {
    JsonOut json;
    json.object().key(target.is_store() ? "dataset" : "array").text(options.owner).key("key").text(options.key).key("value");
    (options.remove ? json.null() : json.value(value)).end_object().print();
  } else if (options.remove) {
    print("deleted " + in_quotes(options.key) + " of " + in_quotes(options.owner) + "\n");
  } else {
    print("set " + in_quotes(options.key) + " of " + in_quotes(options.owner) + " to " + format_value(value) + "\n");
  }
}

}  // namespace

void add_set_attr(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("set-attr", "Set or delete an attribute");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("OWNER", options->owner, "The dataset; of an array file: the array")->required();
  verb->add_option("KEY", options->key, "Its name; that of array v of a dataset is \"v.name\"")->required();
  verb->add_option("VALUE", options->values, "Several make a list");
  verb->add_option("--type", options->type, "Instead of what the value looks like")
      ->check(CLI::IsMember({"text", "int", "float", "bool", "time"}));
  verb->add_flag("--delete", options->remove, "Delete it");
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "Examples:\n"
      "  strata set-attr winds 1982-01-16 title 'Navy winds'\n"
      "  strata set-attr winds 1982-01-16 UWND.valid_range -50 50 --type float\n"
      "  strata set-attr winds 1982-01-16 history --delete");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
