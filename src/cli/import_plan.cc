#include "import_plan.h"

#include <netcdf.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "cf_time.h"
#include "command.h"
#include "console.h"
#include "import_names.h"
#include "nc_attributes.h"
#include "nc_note.h"
#include "nc_types.h"
#include "values.h"

namespace strata_cli {
namespace {

// Times and texts are looked at as a whole before it is known what they become; more of them than this stay as they are.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 28;

const NcAttribute* find(const std::vector<NcAttribute>& attributes, std::string_view name) {
  const auto at = std::ranges::find(attributes, name, &NcAttribute::name);
  return at == attributes.end() ? nullptr : &*at;
}

std::string text_of(const NcVariable& variable, std::string_view name) {
  const NcAttribute* attribute = find(variable.attributes, name);
  if (!attribute) return {};
  const strata::Value value = stored_value(*attribute);
  return value.is_text() ? value.bytes() : std::string();
}

class Planner {
 public:
  Planner(const std::string& path, const ImportOptions& options)
      : options_(options), plan_{NetcdfReader(path), {}, {}, {}, {}, {}}, file_(plan_.reader.file()) {}

  ImportPlan plan() {
    plan_.notes = plan_.reader.left_out();
    const std::string coordinates_key = names_.key(kCoordinates);  // also where the file has an attribute of that name
    start_note();
    for (std::size_t i = 0; i < file_.variables.size(); ++i) plan_array(i);
    // The original's Python package writes attributes in this order.
    for (std::size_t i = 0; i < plan_.arrays.size(); ++i) variable_attributes(plan_.arrays[i]);
    for (const NcGroup& group : file_.groups) group_attributes(group);
    plan_.attributes.emplace_back(coordinates_key, coordinates());
    name_datasets();
    plan_.note = note_.text();
    return std::move(plan_);
  }

 private:
  strata::Extents shape_of(const NcVariable& variable) const {
    strata::Extents out;
    for (const std::size_t d : variable.dimensions) out.push_back(file_.dimensions[d].size);
    return out;
  }

  void start_note() {
    note_.file.format = file_.format;
    for (const NcGroup& group : file_.groups) note_.file.groups.push_back({group.path, {}});
    note_.file.types = file_.types;
    for (const NcDimension& dimension : file_.dimensions) {
      new_place_.push_back(note_.file.dimensions.size());
      if (options_.split.empty() || dimension.name != options_.split) note_.file.dimensions.push_back(dimension);
    }
  }

  void plan_array(std::size_t index) {
    const NcVariable& variable = file_.variables[index];
    PlannedArray array;
    array.variable = index;
    VariableNote about;
    const std::string wanted = utf8_of(group_prefix(variable.group) + variable.name);
    array.spec.name = names_.array(variable.group, variable.name);
    if (array.spec.name != wanted || !variable.group.empty()) about.name = variable.name;
    if (array.spec.name != wanted)
      plan_.notes.push_back("variable " + in_quotes(wanted) + " is named " + in_quotes(array.spec.name) +
                            ": a store cannot have its name, or has it already");
    about.group = variable.group;
    about.storage = variable.storage;
    array.spec.type = strata_type(variable.type.base);
    if (variable.type.user) about.type = variable.type;
    convert(array, variable, about);

    const std::size_t folded = array.conversion == Conversion::kFolded && !variable.dimensions.empty() ? 1 : 0;
    std::vector<std::size_t> dimensions;
    bool plain = folded == 0;
    for (std::size_t axis = 0; axis < variable.dimensions.size(); ++axis) {
      const NcDimension& dimension = file_.dimensions[variable.dimensions[axis]];
      used_.insert(dimension.name);
      if (!options_.split.empty() && dimension.name == options_.split && !array.split && axis + folded < variable.dimensions.size()) {
        array.split = axis;
        if (split_size_ && *split_size_ != dimension.size)
          throw Failure(printable(plan_.reader.path()) + ": groups of the file disagree about the size of dimension " +
                        in_quotes(options_.split));
        split_size_ = dimension.size;
        continue;
      }
      plain = plain && dimension.group.empty() && dimension.name != options_.split;
      dimensions.push_back(new_place_[variable.dimensions[axis]]);
      if (axis + folded == variable.dimensions.size()) continue;  // the length of texts
      array.spec.shape.push_back(dimension.size);
      array.spec.dimension_names.push_back(utf8_of(dimension.name));
    }
    if (!plain) about.dimensions = dimensions;
    if (array.split) about.storage.chunks.clear();
    array.spec.chunk_shape = chunks_of(array.spec);
    if (worth_saying(about)) note_.variables.emplace(array.spec.name, about);
    plan_.arrays.push_back(std::move(array));
  }

  static bool worth_saying(const VariableNote& v) {
    return !v.name.empty() || !v.group.empty() || v.type || v.dimensions || v.latin1 || !v.fill.empty() ||
           !(v.storage == NcStorage());
  }

  void convert(PlannedArray& array, const NcVariable& variable, VariableNote& about) {
    const NcAttribute* fill = find(variable.attributes, kFillValue);
    if (variable.type.user && !file_.types[*variable.type.user].is_enum) {
      array.conversion = Conversion::kLists;
      array.nested_type = "list<" + std::string(type_name(array.spec.type)) + ">";
    } else if (variable.type.base == NC_STRING) {
      array.conversion = Conversion::kStrings;
      array.latin1 = about.latin1 = strings_are_latin1(array.variable);
      if (fill) array.spec.fill = strata::Value::text(utf8_of(fill->texts.at(0)));
    } else if (variable.type.base == NC_CHAR) {
      about.type = variable.type;
      fold(array, about);
    } else {
      array.conversion = Conversion::kNone;
      if (fill && fill->length == 1 && fill->type.base == variable.type.base)
        array.spec.fill = {array.spec.type, fill->bytes};
      if (!variable.type.user) times(array, variable, about);
    }
  }

  // Characters are texts when nothing follows the first NUL but more of them.
  void fold(PlannedArray& array, VariableNote& about) {
    const NcVariable& variable = file_.variables[array.variable];
    const strata::Extents shape = shape_of(variable);
    bool texts = product(shape) <= kMostBytes;
    if (texts) {
      const std::string all = read_all(array.variable);
      const std::size_t length = shape.empty() ? 1 : shape.back();
      for (std::size_t at = 0; length != 0 && at < all.size() && texts; at += length) {
        const std::string text = all.substr(at, length);
        const std::size_t end = std::min(text.find('\0'), text.size());
        texts = text.find_first_not_of('\0', end) == text.npos;
        if (!is_utf8(text.substr(0, end))) array.latin1 = true;
      }
    }
    if (!texts) {
      array.spec.type = STRATA_UINT8;
      array.latin1 = false;
      return;
    }
    array.conversion = Conversion::kFolded;
    about.latin1 = array.latin1;
  }

  bool strings_are_latin1(std::size_t variable) const {
    const strata::Extents shape = shape_of(file_.variables[variable]);
    if (product(shape) * sizeof(std::string) > kMostBytes) return false;
    const auto texts = plan_.reader.read_strings(variable, strata::Extents(shape.size(), 0), shape);
    return !std::ranges::all_of(texts, is_utf8);
  }

  std::string read_all(std::size_t variable) const {
    const strata::Extents shape = shape_of(file_.variables[variable]);
    std::string bytes(product(shape) * nc_width(file_.variables[variable].type.base), '\0');
    plan_.reader.read(variable, strata::Extents(shape.size(), 0), shape, std::as_writable_bytes(std::span(bytes)));
    return bytes;
  }

  // Timestamps, where the file's numbers can be made of them again to the bit.
  void times(PlannedArray& array, const NcVariable& variable, VariableNote& about) {
    const auto time = CfTime::parse(text_of(variable, "units"), text_of(variable, "calendar"));
    if (!time || product(shape_of(variable)) * strata_type_size(array.spec.type) > kMostBytes) return;
    const std::string bytes = read_all(array.variable);
    auto timestamps = time->to_timestamps(array.spec.type, bytes, array.spec.fill);
    if (!timestamps) return;
    array.conversion = Conversion::kTimes;
    array.times = std::move(*timestamps);
    about.type = variable.type;
    if (array.spec.fill) {
      about.fill = format_element(array.spec.type, array.spec.fill.bytes().data());
      array.spec.fill = strata::Value::timestamp(std::numeric_limits<std::int64_t>::min());
    }
    array.spec.type = STRATA_TIMESTAMP_NS;
  }

  strata::Extents chunks_of(const strata::ArraySpec& spec) const {
    strata::Extents chunks;
    bool named = false;
    for (std::size_t axis = 0; axis < spec.shape.size(); ++axis) {
      std::uint64_t size = std::max<std::uint64_t>(spec.shape[axis], 1);
      for (const auto& [dimension, extent] : options_.chunks) {
        if (dimension != spec.dimension_names[axis]) continue;
        size = std::min(size, extent);
        named = true;
      }
      chunks.push_back(size);
    }
    return named ? chunks : strata::Extents();  // nothing said about this one: the library's choice
  }

  // ---- attributes ----

  void add(const NcAttribute& attribute, const std::string& wanted, AttributeNote about) {
    strata::Value value = stored_value(attribute);
    std::string key = names_.key(wanted);
    const bool moved = key != wanted;
    if (!moved) {
      // An export finds out by itself what is "array.attribute", and what else the file's.
      const auto owner = owner_of(key);
      if (about.array && owner == about.array) about.array.reset();
      if (about.group && about.group->empty() && !owner) about.group.reset();
    }
    if (about.group || about.array) about.name = attribute.name;
    const NcAttribute guess = nc_attribute(attribute.name, value, std::nullopt, std::nullopt);
    if (!(guess.type == attribute.type) || guess.length != attribute.length) about.type = attribute.type;
    if (attribute.type.base == NC_CHAR && value.bytes() != attribute.bytes) about.raw = attribute.bytes;
    if (attribute.type.base == NC_STRING && attribute.length == 1 && value.bytes() != attribute.texts[0])
      about.raw = attribute.texts[0];
    if (about.raw) about.type = attribute.type;
    if (about.group || about.array || about.type) note_.attributes.emplace(key, std::move(about));
    plan_.attributes.emplace_back(std::move(key), std::move(value));
  }

  std::optional<std::string> owner_of(const std::string& key) const {
    for (std::size_t dot = key.rfind('.'); dot != key.npos && dot != 0; dot = key.rfind('.', dot - 1)) {
      const std::string name = key.substr(0, dot);
      if (std::ranges::any_of(plan_.arrays, [&](const PlannedArray& a) { return a.spec.name == name; })) return name;
    }
    return std::nullopt;
  }

  void variable_attributes(const PlannedArray& array) {
    const NcVariable& variable = file_.variables[array.variable];
    for (const NcAttribute& attribute : variable.attributes) {
      if (attribute.name == kFillValue && array.spec.fill) continue;
      AttributeNote about;
      about.array = array.spec.name;
      add(attribute, array.spec.name + "." + attribute.name, std::move(about));
    }
  }

  void group_attributes(const NcGroup& group) {
    for (const NcAttribute& attribute : group.attributes) {
      AttributeNote about;
      about.group = group.path;
      add(attribute, group_prefix(group.path) + attribute.name, std::move(about));
    }
  }

  // As xarray finds them: variables named as one of their file's dimensions, and what "coordinates" names.
  strata::Value coordinates() const {
    std::set<std::string> named;
    for (const NcVariable& variable : file_.variables) {
      std::string text = text_of(variable, "coordinates");
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        named.insert(text.substr(at, end - at));
        at = end + 1;
      }
    }
    for (const NcDimension& dimension : file_.dimensions) named.insert(dimension.name);
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
    out.StartArray();
    for (const PlannedArray& array : plan_.arrays)
      if (named.contains(file_.variables[array.variable].name)) out.String(array.spec.name.c_str());
    out.EndArray();
    return strata::Value::text({buffer.GetString(), buffer.GetSize()});
  }

  // ---- datasets ----

  void name_datasets() {
    const std::string& path = plan_.reader.path();
    std::vector<std::string> names = {std::filesystem::path(path).stem().string()};
    if (!options_.split.empty()) {
      if (!split_size_) {
        std::string text;
        for (const std::string& name : used_) text += (text.empty() ? "" : ", ") + printable(name);
        throw Failure(printable(path) + ": no variable has dimension " + in_quotes(options_.split) + "; there are: " + text);
      }
      if (*split_size_ == 0) throw Failure(printable(path) + ": dimension " + in_quotes(options_.split) + " is empty");
      names = split_names(*split_size_);
    }
    for (const std::string& name : names) plan_.datasets.push_back(ImportNames::dataset(options_.prefix + name));
  }

  // By date where the dimension has a coordinate of times, else by number.
  std::vector<std::string> split_names(std::uint64_t count) const {
    for (std::size_t i = 0; i < file_.variables.size(); ++i) {
      const NcVariable& variable = file_.variables[i];
      if (variable.name != options_.split || variable.dimensions.size() != 1 || nc_width(variable.type.base) == 0 ||
          file_.dimensions[variable.dimensions[0]].name != options_.split)
        continue;
      const auto time = CfTime::parse(text_of(variable, "units"), text_of(variable, "calendar"));
      if (!time) break;
      const std::string bytes = read_all(i);
      if (auto names = time->names(to_doubles(strata_type(variable.type.base), std::as_bytes(std::span(bytes)), {}))) return *names;
    }
    std::vector<std::string> names;
    const std::size_t width = std::to_string(count - 1).size();
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string number = std::to_string(i);
      names.push_back(std::string(width - number.size(), '0') + number);
    }
    return names;
  }

  const ImportOptions& options_;
  ImportPlan plan_;
  const NcFile& file_;
  NcNote note_;
  ImportNames names_;
  std::vector<std::size_t> new_place_;  // of a dimension, in the note
  std::set<std::string> used_;          // dimensions
  std::optional<std::uint64_t> split_size_;
};

}  // namespace

ImportPlan plan_import(const std::string& path, const ImportOptions& options) { return Planner(path, options).plan(); }

}  // namespace strata_cli
