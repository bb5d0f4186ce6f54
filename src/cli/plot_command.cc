// strata plot: a map or a curve in the terminal.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "command.h"
#include "plot.h"
#include "progress.h"
#include "stack_rows.h"
#include "subject.h"
#include "target.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::vector<std::string> rest;
  std::string stack;
  std::string region;
  std::string prefix;
  std::size_t width = 0;
  std::size_t height = 0;
};

PlotSize size_of(const Options& options, const Console& console) {
  // One line and one column are left free: a picture as wide as the terminal would wrap in some.
  PlotSize size{console.width > 1 ? console.width - 1 : 1, console.height > 2 ? console.height - 2 : 1};
  if (options.width != 0) size.width = options.width;
  if (options.height != 0) size.height = options.height;
  return size;
}

// One axis of what is drawn.
struct Axis {
  AxisLabels labels;
  bool ascending = true;
  bool has_coordinates = false;
  bool down = false;  // depths and the like
};

Axis axis_of(const Subject& place, const std::string& dimension, std::uint64_t extent, std::uint64_t start,
             std::uint64_t count) {
  Axis axis;
  axis.labels = {printable(dimension), std::to_string(start), std::to_string(start + count - 1)};
  if (!place.exists(dimension)) return axis;
  const strata::Array coordinates = place.beside(dimension);
  const std::size_t width = strata_type_size(coordinates.type());
  if (width == 0 || coordinates.shape() != strata::Extents{extent} || count == 0) return axis;
  const strata::Extents from = {start};
  const strata::Extents size = {count};
  std::vector<std::byte> bytes(count * width);
  coordinates.read_bytes(bytes, from, size);
  const std::vector<double> numbers = to_doubles(coordinates.type(), bytes, coordinates.fill());
  const auto label = [&](std::size_t i) {
    if (coordinates.type() != STRATA_TIMESTAMP_NS) return rounded(numbers[i], 6);
    return format_element(coordinates.type(), reinterpret_cast<const char*>(bytes.data()) + i * width);
  };
  axis.labels.first = label(0);
  axis.labels.last = label(count - 1);
  axis.ascending = numbers.front() <= numbers.back();
  axis.has_coordinates = true;
  axis.down = place.text_attribute(dimension, "positive") == "down";
  const std::string units = place.text_attribute(dimension, "units");
  if (!units.empty() && coordinates.type() != STRATA_TIMESTAMP_NS) axis.labels.title += " (" + printable(units) + ")";
  return axis;
}

void plot_array(const Options& options, const Target& target, const Console& console) {
  std::vector<std::string> words = options.rest;
  if (!options.region.empty()) {
    if (words.size() > (target.is_store() ? 2u : 1u)) throw UsageError("two regions were given");
    words.push_back(options.region);
  }
  const Subject place(target, words, "plot");
  const strata::Array& array = place.array();
  const strata::Extents shape = array.shape();
  const Region region = place.region();

  // Axes of one element take no room.
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (!region.dropped[axis] && region.count[axis] != 1) axes.push_back(axis);
  }
  if (axes.size() > 2) {
    std::string example;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      const bool drawn = axis == axes[axes.size() - 1] || axis == axes[axes.size() - 2];
      example += (axis == 0 ? "" : ",") + std::string(drawn ? ":" : "0");
    }
    throw UsageError("the region has " + std::to_string(axes.size()) +
                     " axes, a picture has two; choose one of the others, as in \"" + example + "\"");
  }
  if (product(region.count) == 0) throw Failure("the region is empty: there is nothing to draw");
  if (strata_type_size(array.type()) == 0) {
    throw Failure(in_quotes(array.name()) + " holds " + array.type_text() + "; only numbers can be drawn");
  }

  std::vector<std::byte> bytes(product(region.count) * strata_type_size(array.type()));
  {
    const WatchedCall call(console, "read");
    array.read_bytes(bytes, region.start, region.count, call.token());
  }
  std::vector<double> values = to_doubles(array.type(), bytes, array.fill());
  const std::vector<std::string> dimensions = array.dimension_names();
  if (const auto packing = place.packing())
    for (double& value : values) value = value * packing->scale + packing->offset;
  const std::string title = place.title();
  if (axes.empty()) {
    print(title + " = " + format_element(array.type(), reinterpret_cast<const char*>(bytes.data())) + "\n");
    return;
  }

  const auto axis = [&](std::size_t i) {
    return axis_of(place, dimensions[axes[i]], shape[axes[i]], region.start[axes[i]], region.count[axes[i]]);
  };
  const PlotSize size = size_of(options, console);
  if (axes.size() == 1) {
    print(draw_curve(values, axis(0).labels, title, size, console));
    return;
  }
  Axis vertical = axis(0);
  const auto rows = static_cast<std::size_t>(region.count[axes[0]]);
  const auto columns = static_cast<std::size_t>(region.count[axes[1]]);
  // North is up; without coordinates, the first row is, as in a matrix.
  const bool flip = vertical.has_coordinates && vertical.ascending != vertical.down;
  if (flip) {
    for (std::size_t y = 0; y < rows / 2; ++y) {
      const auto row = [&](std::size_t i) { return values.begin() + static_cast<std::ptrdiff_t>(i * columns); };
      std::swap_ranges(row(y), row(y + 1), row(rows - 1 - y));
    }
    std::swap(vertical.labels.first, vertical.labels.last);
  }
  print(draw_map(values, rows, columns, vertical.labels, axis(1).labels, title, size, console));
}

void plot_stack(const Options& options, const Target& target, const Console& console) {
  require_store(target, "--stack");
  if (!options.rest.empty()) throw UsageError("with --stack there is no DATASET; a region goes into --region");
  if (strata_type_size(target.store().array_type(options.stack)) == 0) {
    throw Failure(in_quotes(options.stack) + " holds text; only numbers can be drawn");
  }
  const StackRows stack = [&] {
    const WatchedCall call(console, "read " + options.stack);
    return StackRows::read(target, options.stack, options.prefix, options.region, call.token());
  }();
  std::vector<double> means;
  for (const StackRow& row : stack.rows()) {
    means.push_back(row.summary && row.summary->has_mean() ? row.summary->mean() : std::nan(""));
  }
  std::string title = "mean of " + printable(options.stack);
  if (!options.region.empty()) title += "[" + printable(options.region) + "]";
  title += " over " + std::to_string(means.size()) + (means.size() == 1 ? " dataset" : " datasets");
  const AxisLabels labels{"", printable(stack.rows().front().dataset), printable(stack.rows().back().dataset)};
  print(draw_curve(means, labels, title, size_of(options, console), console));
}

}  // namespace

void add_plot(Command command) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = command.app.add_subcommand("plot", "Draw an array in the terminal");
  verb->add_option("TARGET", options->target, "A store, or an array file (.af)")->required();
  verb->add_option("WHAT", options->rest, "DATASET ARRAY [REGION]; of an array file: ARRAY [REGION]")->type_name("");
  verb->add_option("--stack", options->stack, "Draw this variable's mean over all datasets")->type_name("ARRAY");
  verb->add_option("--region", options->region, "A part, as in numpy: \"0,:,10:20\"")->type_name("REGION");
  verb->add_option("--prefix", options->prefix, "With --stack: only datasets whose names begin with this")
      ->type_name("TEXT");
  verb->add_option("--width", options->width, "In characters, instead of the terminal's")->type_name("N");
  verb->add_option("--height", options->height, "In lines")->type_name("N");
  verb->footer(
      "Two dimensions make a map, one a curve. Coordinates are taken from the array named as the dimension, north is "
      "up.\n"
      "Fill values stay blank. In a pipe the picture is plain ASCII.\n\n"
      "Examples:\n"
      "  strata plot winds 1982-01-16 UWND\n"
      "  strata plot climate levitus_climatology TEMP 0,:,:\n"
      "  strata plot winds --stack UWND --region 30:43,:");
  verb->callback([options, &console = command.console, &run = command.run] {
    run = [options, &console] {
      const Target target = Target::open(options->target, Target::Access::kRead);
      if (options->stack.empty()) {
        plot_array(*options, target, console);
      } else {
        plot_stack(*options, target, console);
      }
    };
  });
}

}  // namespace strata_cli
