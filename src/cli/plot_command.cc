// strata plot: a map or a curve in the terminal.
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "command.h"
#include "json_out.h"
#include "plot.h"
#include "plot_png.h"
#include "progress.h"
#include "stack_rows.h"
#include "subject.h"
#include "target.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Options {
  std::string target;
  std::string at;
  std::vector<std::string> rest;
  std::string stack;
  std::string region;
  std::string prefix;
  std::string png;
  bool json = false;
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

// A map, or a curve where there is one row only.
struct Picture {
  std::string title;
  std::vector<double> values;
  std::size_t rows = 1, columns = 1;
  bool is_map = false;
  AxisLabels vertical, horizontal;
};

PixelSize pixels_of(const Options& options) {
  PixelSize size;
  if (options.width != 0) size.width = options.width;
  if (options.height != 0) size.height = options.height;
  if (size.width > 32767 || size.height > 32767) throw UsageError("a PNG has at most 32767 pixels on each side");
  return size;
}

void json_labels(JsonOut& json, const char* key, const AxisLabels& labels) {
  json.key(key).object().key("title").text(labels.title).key("first").text(labels.first).key("last").text(labels.last);
  json.end_object();
}

void show(const Picture& picture, const Options& options, const Console& console) {
  if (!options.png.empty()) {
    if (picture.is_map)
      draw_map_png(options.png, picture.values, picture.rows, picture.columns, picture.vertical, picture.horizontal, picture.title,
                   pixels_of(options));
    else
      draw_curve_png(options.png, picture.values, picture.horizontal, picture.title, pixels_of(options));
  }
  if (options.json) {
    JsonOut json;
    json.object().key("title").text(picture.title);
    json_labels(json, "horizontal", picture.horizontal);
    if (picture.is_map) json_labels(json, "vertical", picture.vertical);
    if (!options.png.empty()) json.key("png").text(options.png);
    json.key("values").array();
    for (std::size_t y = 0; y < picture.rows; ++y) {
      if (picture.is_map) json.array();
      for (std::size_t x = 0; x < picture.columns; ++x) json.number(picture.values[y * picture.columns + x]);
      if (picture.is_map) json.end_array();
    }
    json.end_array().end_object().print();
  } else if (!options.png.empty()) {
    print("wrote " + printable(options.png) + "\n");
  } else if (picture.is_map) {
    print(draw_map(picture.values, picture.rows, picture.columns, picture.vertical, picture.horizontal, picture.title,
                   size_of(options, console), console));
  } else {
    print(draw_curve(picture.values, picture.horizontal, picture.title, size_of(options, console), console));
  }
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
  coordinates.read_bytes(bytes, from, size, stop_token());
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
  Picture picture;
  picture.title = place.title();
  picture.columns = values.size();
  if (axes.empty() && options.png.empty() && !options.json) {
    print(picture.title + " = " + format_element(array.type(), reinterpret_cast<const char*>(bytes.data())) + "\n");
    return;
  }
  const auto axis = [&](std::size_t i) {
    return axis_of(place, dimensions[axes[i]], shape[axes[i]], region.start[axes[i]], region.count[axes[i]]);
  };
  if (axes.size() == 1) picture.horizontal = axis(0).labels;
  if (axes.size() == 2) {
    picture.is_map = true;
    picture.rows = static_cast<std::size_t>(region.count[axes[0]]);
    picture.columns = static_cast<std::size_t>(region.count[axes[1]]);
    Axis vertical = axis(0);
    // North is up; without coordinates, the first row is, as in a matrix.
    if (vertical.has_coordinates && vertical.ascending != vertical.down) {
      for (std::size_t y = 0; y < picture.rows / 2; ++y) {
        const auto row = [&](std::size_t i) { return values.begin() + static_cast<std::ptrdiff_t>(i * picture.columns); };
        std::swap_ranges(row(y), row(y + 1), row(picture.rows - 1 - y));
      }
      std::swap(vertical.labels.first, vertical.labels.last);
    }
    picture.vertical = vertical.labels;
    picture.horizontal = axis(1).labels;
  }
  picture.values = std::move(values);
  show(picture, options, console);
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
  Picture picture;
  for (const StackRow& row : stack.rows()) {
    picture.values.push_back(row.summary && row.summary->has_mean() ? row.summary->mean() : std::nan(""));
  }
  picture.columns = picture.values.size();
  picture.title = "mean of " + printable(options.stack);
  if (!options.region.empty()) picture.title += "[" + printable(options.region) + "]";
  picture.title += " over " + std::to_string(picture.columns) + (picture.columns == 1 ? " dataset" : " datasets");
  picture.horizontal = {"", printable(stack.rows().front().dataset), printable(stack.rows().back().dataset)};
  show(picture, options, console);
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
  verb->add_option("--png", options->png, "Write this file instead of drawing in the terminal")->type_name("FILE");
  verb->add_option("--width", options->width, "In characters, instead of the terminal's; of a PNG in pixels")->type_name("N");
  verb->add_option("--height", options->height, "In lines, or pixels")->type_name("N");
  add_at(*verb, options->at);
  verb->add_flag("--json", options->json, "What would be drawn, for programs");
  verb->footer(
      "Two dimensions make a map, one a curve. Coordinates are taken from the array named as the dimension, north is "
      "up.\n"
      "Fill values stay blank. In a pipe the picture is plain ASCII.\n\n"
      "Examples:\n"
      "  strata plot winds 1982-01-16 UWND\n"
      "  strata plot climate levitus_climatology TEMP 0,:,:\n"
      "  strata plot climate levitus_climatology TEMP 0,:,: --png map.png --width 1200 --height 700\n"
      "  strata plot winds --stack UWND --region 30:43,:");
  verb->callback([options, &console = command.console, &run = command.run] {
    run = [options, &console] {
      const Target target = Target::open(options->target, Target::Access::kRead, options->at);
      if (options->stack.empty()) {
        plot_array(*options, target, console);
      } else {
        plot_stack(*options, target, console);
      }
    };
  });
}

}  // namespace strata_cli
