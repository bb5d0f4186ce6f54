#include "import_plan.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "cf_time.h"
#include "command.h"
#include "console.h"
#include "values.h"

namespace strata_cli {
namespace {

using Variable = NetcdfReader::Variable;

// Times are converted in memory; more of them than this stay numbers.
constexpr std::uint64_t kMostTimes = std::uint64_t{1} << 25;

std::vector<std::byte> read_all(const NetcdfReader& reader, const Variable& variable) {
  strata::Extents count;
  for (const auto& dimension : variable.dimensions) count.push_back(dimension.size);
  const strata::Extents start(count.size(), 0);
  std::vector<std::byte> bytes(product(count) * strata_type_size(variable.type));
  reader.read(variable, start, count, bytes);
  return bytes;
}

std::uint64_t elements(const Variable& variable) {
  return std::accumulate(variable.dimensions.begin(), variable.dimensions.end(), std::uint64_t{1},
                         [](std::uint64_t all, const auto& dimension) { return all * dimension.size; });
}

std::optional<CfTime> time_of(const Variable& variable) {
  if (variable.kind != NetcdfReader::Kind::kNumbers) return std::nullopt;
  const strata::Value units = variable.attribute("units");
  const strata::Value calendar = variable.attribute("calendar");
  if (!units.is_text()) return std::nullopt;
  return CfTime::parse(units.bytes(), calendar.is_text() ? calendar.bytes() : std::string());
}

std::optional<std::vector<std::int64_t>> timestamps_of(const NetcdfReader& reader, const Variable& variable) {
  const auto time = time_of(variable);
  if (!time || elements(variable) > kMostTimes) return std::nullopt;
  const std::vector<std::byte> bytes = read_all(reader, variable);
  if (variable.type == STRATA_FLOAT32 || variable.type == STRATA_FLOAT64) {
    // Fill becomes NaN here, and NaT there.
    return time->to_timestamps(to_doubles(variable.type, bytes, variable.fill), std::nullopt,
                               variable.type == STRATA_FLOAT32);
  }
  if (variable.type == STRATA_UINT64) return std::nullopt;
  const std::size_t width = strata_type_size(variable.type);
  std::vector<std::int64_t> numbers(bytes.size() / width);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = integer_of(variable.type, reinterpret_cast<const char*>(bytes.data()) + i * width);
  }
  std::optional<std::int64_t> missing;
  if (variable.fill) missing = variable.fill.as<std::int64_t>();
  return time->to_timestamps(numbers, missing);
}

std::string stem_of(const std::string& path) {
  const std::filesystem::path file(path);
  return file.stem().string();
}

// "007" of 132
std::string numbered(std::uint64_t i, std::uint64_t count) {
  const std::string number = std::to_string(i);
  const std::size_t width = std::to_string(count - 1).size();
  return std::string(width - std::min(width, number.size()), '0') + number;
}

// By date where the dimension has a coordinate of times, else by number.
std::vector<std::string> split_names(const NetcdfReader& reader, const std::string& dimension, std::uint64_t count) {
  for (const Variable& variable : reader.variables()) {
    if (variable.name != dimension || variable.dimensions.size() != 1 || variable.dimensions[0].name != dimension)
      continue;
    const auto time = time_of(variable);
    if (!time) break;
    const std::vector<double> values = to_doubles(variable.type, read_all(reader, variable), variable.fill);
    if (auto names = time->names(values)) return *names;
  }
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < count; ++i) names.push_back(numbered(i, count));
  return names;
}

strata::Extents chunks_of(const strata::ArraySpec& spec, const ImportOptions& options) {
  strata::Extents chunks;
  bool named = false;
  for (std::size_t axis = 0; axis < spec.shape.size(); ++axis) {
    std::uint64_t size = std::max<std::uint64_t>(spec.shape[axis], 1);
    for (const auto& [dimension, extent] : options.chunks) {
      if (dimension != spec.dimension_names[axis]) continue;
      size = std::min(size, extent);
      named = true;
    }
    chunks.push_back(size);
  }
  return named ? chunks : strata::Extents();  // nothing said about this one: the library's choice
}

PlannedArray plan_array(const NetcdfReader& reader, std::size_t index, const ImportOptions& options) {
  const Variable& variable = reader.variables()[index];
  PlannedArray array;
  array.variable = index;
  array.spec.name = variable.name;
  array.spec.type = variable.type;
  array.spec.fill = variable.fill;
  const bool folds = variable.kind == NetcdfReader::Kind::kCharacters && !variable.dimensions.empty();
  const std::size_t axes = variable.dimensions.size() - (folds ? 1 : 0);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    const auto& dimension = variable.dimensions[axis];
    if (!options.split.empty() && dimension.name == options.split && !array.split) {
      array.split = axis;
      continue;
    }
    array.spec.shape.push_back(dimension.size);
    array.spec.dimension_names.push_back(dimension.name);
  }
  array.timestamps = timestamps_of(reader, variable);
  if (array.timestamps) {
    array.spec.type = STRATA_TIMESTAMP_NS;
    if (variable.fill) array.spec.fill = strata::Value::timestamp(std::numeric_limits<std::int64_t>::min());
  }
  array.spec.chunk_shape = chunks_of(array.spec, options);
  return array;
}

}  // namespace

std::uint64_t ImportPlan::bytes() const {
  std::uint64_t each = 0;
  for (const PlannedArray& array : arrays) {
    const std::size_t width = std::max<std::size_t>(strata_type_size(array.spec.type), 1);
    each += product(array.spec.shape) * width;
  }
  return each * datasets.size();
}

ImportPlan plan_import(const std::string& path, const ImportOptions& options) {
  ImportPlan plan{NetcdfReader(path), {}, {}, {}, !options.split.empty()};
  const NetcdfReader& reader = plan.reader;
  for (const std::string& name : reader.skipped()) {
    plan.notes.push_back("variable " + in_quotes(name) + " was left out: arrays cannot have its type");
  }

  std::optional<std::uint64_t> split_size;
  std::unordered_set<std::string> dimensions;
  std::unordered_set<std::string> names;
  for (std::size_t i = 0; i < reader.variables().size(); ++i) {
    PlannedArray array = plan_array(reader, i, options);
    for (const auto& dimension : reader.variables()[i].dimensions) dimensions.insert(dimension.name);
    if (array.split) {
      const std::uint64_t size = reader.variables()[i].dimensions[*array.split].size;
      if (split_size && *split_size != size) {
        throw Failure(printable(path) + ": groups of the file disagree about the size of dimension " +
                      in_quotes(options.split));
      }
      split_size = size;
    }
    // Underscores in front are reserved in a store.
    const std::string original = array.spec.name;
    if (original.starts_with('_')) {
      array.spec.name = "var" + original;
      plan.notes.push_back("variable " + in_quotes(original) + " is named " + in_quotes(array.spec.name) +
                           ": names in a store cannot begin with an underscore");
    }
    if (!names.insert(array.spec.name).second) {
      throw Failure(printable(path) + ": two variables would be named " + in_quotes(array.spec.name));
    }
    plan.arrays.push_back(std::move(array));
  }

  if (!plan.is_split) {
    plan.datasets.push_back(options.prefix + stem_of(path));
    return plan;
  }
  if (!split_size) {
    std::vector<std::string> list(dimensions.begin(), dimensions.end());
    std::sort(list.begin(), list.end());
    std::string text;
    for (const std::string& name : list) text += (text.empty() ? "" : ", ") + printable(name);
    throw Failure(printable(path) + ": no variable has dimension " + in_quotes(options.split) + "; there are: " + text);
  }
  if (*split_size == 0) throw Failure(printable(path) + ": dimension " + in_quotes(options.split) + " is empty");
  for (std::string& name : split_names(reader, options.split, *split_size)) {
    plan.datasets.push_back(options.prefix + name);
  }
  return plan;
}

}  // namespace strata_cli
