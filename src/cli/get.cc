// strata get: the values of one array, printed or written to a file.
#include <cmath>
#include <memory>

#include "command.h"
#include "csv.h"
#include "element_types.h"
#include "elements.h"
#include "export_plan.h"
#include "json_out.h"
#include "numpy_file.h"
#include "output_file.h"
#include "progress.h"
#include "subject.h"
#include "values.h"

namespace strata_cli {
namespace {

// More than anybody reads in a terminal; in a pipe there is no limit.
constexpr std::uint64_t kMostOnTerminal = 20'000;

struct Options {
  std::string target;
  std::string at;
  std::vector<std::string> words;
  std::string out;
  bool unpack = false;
  bool json = false;
};

// The elements as text, unpacked where asked for.
class Values {
 public:
  Values(const Subject& subject, const Region& region, bool unpack, const Console& console)
      : elements_([&] {
          const WatchedCall call(console, "read");
          return Elements::read(subject.array(), region.start, region.count, call.token());
        }()),
        packing_(unpack ? subject.packing() : std::nullopt) {
    const strata::Value fill = subject.array().fill();
    if (packing_) {
      numbers_ = to_doubles(subject.array().type(), elements_.bytes(), fill);
      for (double& number : numbers_) number = number * packing_->scale + packing_->offset;
    } else if (elements_.has_numbers() && fill) {
      with_type(subject.array().type(), [&](auto tag) {
        const auto missing = fill_as<decltype(tag)>(fill);
        const auto* bytes = reinterpret_cast<const char*>(elements_.bytes().data());
        for (std::uint64_t i = 0; missing && i < elements_.size(); ++i) {
          const auto value = load<decltype(tag)>(bytes + i * sizeof tag);
          missing_.push_back(value == *missing || (value != value && *missing != *missing));
        }
      });
    }
  }

  const Elements& elements() const { return elements_; }
  bool unpacked() const { return packing_.has_value(); }
  std::span<const double> numbers() const { return numbers_; }
  // The fill value as `missing`.
  std::string text(std::uint64_t i, const char* missing) const {
    if (packing_) return std::isnan(numbers_[i]) ? missing : format_number(numbers_[i]);
    return !missing_.empty() && missing_[i] ? missing : elements_.text(i);
  }
  void json(JsonOut& out, std::uint64_t i) const {
    if (packing_) out.number(numbers_[i]);
    else if (!missing_.empty() && missing_[i]) out.null();
    else elements_.json(out, i);
  }

 private:
  Elements elements_;
  std::optional<Packing> packing_;
  std::vector<double> numbers_;
  std::vector<bool> missing_;  // which are the fill value; empty: none
};

// A line for each row of the last axis, a blank line before each plane; texts and lists one a line.
void print_values(const Values& values, const strata::Extents& shape) {
  const bool one_a_line = !values.elements().has_numbers() || shape.size() < 2;
  const std::uint64_t row = one_a_line ? 1 : shape.back();
  const std::uint64_t plane = shape.size() < 3 || one_a_line ? 0 : row * shape[shape.size() - 2];
  std::string line;
  for (std::uint64_t i = 0; i < values.elements().size(); ++i) {
    if (plane != 0 && i != 0 && i % plane == 0) print("\n");
    line += printable(values.text(i, "_"));
    if ((i + 1) % row != 0) {
      line += ", ";
      continue;
    }
    stop_if_asked();
    print(line + "\n");
    line.clear();
  }
}

void json_level(JsonOut& out, const Values& values, const strata::Extents& shape, std::size_t axis, std::uint64_t& i) {
  if (axis == shape.size()) return values.json(out, i++);
  out.array();
  for (std::uint64_t k = 0; k < shape[axis]; ++k) json_level(out, values, shape, axis + 1, i);
  out.end_array();
}

// The coordinates of an axis as texts: of the array named as the dimension, else numbers.
std::vector<std::string> coordinates(const Subject& subject, const Region& region, std::size_t axis) {
  std::vector<std::string> out;
  const std::string name = subject.array().dimension_names()[axis];
  if (subject.exists(name) && subject.beside(name).shape() == strata::Extents{subject.array().shape()[axis]}) {
    const strata::Extents start = {region.start[axis]}, count = {region.count[axis]};
    const Elements elements = Elements::read(subject.beside(name), start, count, stop_token());
    for (std::uint64_t i = 0; i < elements.size(); ++i) out.push_back(elements.text(i));
    return out;
  }
  for (std::uint64_t i = 0; i < region.count[axis]; ++i) out.push_back(std::to_string(region.start[axis] + i));
  return out;
}

// A line for each element: its coordinates, then its value.
void write_csv(const Options& options, const Subject& subject, const Region& region, const Values& values) {
  OutputFile file(options.out);
  std::ofstream& out = file.stream();
  const std::size_t axes = region.count.size();
  std::vector<std::vector<std::string>> labels;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    out << csv_field(subject.array().dimension_names()[axis]) << ',';
    labels.push_back(coordinates(subject, region, axis));
  }
  out << csv_field(subject.array().name()) << '\n';
  strata::Extents at(axes, 0);
  for (std::uint64_t i = 0; i < values.elements().size(); ++i) {
    stop_if_asked();
    for (std::size_t axis = 0; axis < axes; ++axis) out << csv_field(labels[axis][at[axis]]) << ',';
    out << csv_field(values.text(i, "")) << '\n';
    for (std::size_t axis = axes; axis-- > 0 && ++at[axis] == region.count[axis];) at[axis] = 0;
  }
  file.finish();
}

void write_file(const Options& options, const Subject& subject, const Region& region, const Console& console) {
  if (options.out.ends_with(".nc")) {
    if (!subject.dataset()) throw UsageError("--out " + in_quotes(options.out) + ": a NetCDF file is made of a dataset of a store");
    if (options.unpack) throw UsageError("--unpack: in a NetCDF file the numbers stay packed, and their attributes say how");
    const ExportPlan plan = plan_export(*subject.dataset(), std::nullopt, ExportPart{subject.array().name(), region.start, region.count});
    return write_netcdf(plan, options.out);
  }
  const Values values(subject, region, options.unpack, console);
  if (options.out.ends_with(".csv")) return write_csv(options, subject, region, values);
  if (!values.elements().has_numbers())
    throw Failure(in_quotes(subject.array().name()) + " holds " + subject.array().type_text() + "; a .npy file takes numbers: write .csv");
  NumpyFile file(options.out, values.unpacked() ? STRATA_FLOAT64 : subject.array().type(), region.result_shape());
  file.append(values.unpacked() ? std::as_bytes(values.numbers()) : values.elements().bytes());
  file.finish();
}

void run(const Options& options, const Console& console) {
  if (!options.out.empty() && !options.out.ends_with(".npy") && !options.out.ends_with(".csv") && !options.out.ends_with(".nc"))
    throw UsageError("--out " + in_quotes(options.out) + ": the name must end in .npy, .csv or .nc");
  const Target target = Target::open(options.target, Target::Access::kRead, options.at);
  const Subject subject(target, options.words, "get");
  const Region region = subject.region();
  const std::uint64_t elements = product(region.count);
  if (!options.out.empty()) {
    if_stopped(options.out + " was not written");
    write_file(options, subject, region, console);
    if (!options.json) {
      print("wrote " + std::to_string(elements) + " elements to " + printable(options.out) + "\n");
      return;
    }
  }
  if (options.json) {
    JsonOut out;
    out.object().key("array").text(subject.array().name()).key("type").text(subject.array().type_text());
    out.key("shape").extents(region.result_shape());
    if (!options.out.empty()) {
      out.key("out").text(options.out);
    } else {
      const Values values(subject, region, options.unpack, console);
      std::uint64_t i = 0;
      out.key("values");
      json_level(out, values, region.result_shape(), 0, i);
    }
    out.end_object().print();
    return;
  }
  if (console.out_terminal && elements > kMostOnTerminal)
    throw Failure(std::to_string(elements) + " elements are too many for a terminal; give a region, as in \"0:10,:\", write them with --out, "
                  "or pipe them");
  print_values(Values(subject, region, options.unpack, console), region.result_shape());
}

}  // namespace

void add_get(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("get", "Print the values of an array, or write them to a file");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("WHAT", options->words, "DATASET ARRAY [REGION]; of an array file: ARRAY [REGION]")->required()->type_name("");
  verb->add_option("--out", options->out, "Write a file instead: .npy, .csv (coordinates and value, a line each), .nc (with coordinates)")
      ->type_name("FILE");
  verb->add_flag("--unpack", options->unpack, "Apply scale_factor and add_offset");
  add_at(*verb, options->at);
  verb->add_flag("--json", options->json, "For programs");
  verb->footer(
      "REGION is written as in numpy: \"0:10,5,:\". Rows of the last axis are lines; texts and lists stand one a line. \"_\" is the fill\n"
      "value, which is empty in .csv and null in JSON. What is printed can be given to `strata put`.\n\n"
      "Examples:\n"
      "  strata get winds 1982-01-16 UWND 0:3,0:5\n"
      "  strata get climate coads_climatology SST 0,:,: --out january.nc\n"
      "  strata get winds 1982-01-16 UWND --json | jq '.values[0]'");
  verb->callback([options, &console = command.console, &run_later = command.run] {
    run_later = [options, &console] { run(*options, console); };
  });
}

}  // namespace strata_cli
