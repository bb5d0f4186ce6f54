#include "plot_png.h"

#include <cairo/cairo.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "command.h"
#include "values.h"

namespace strata_cli {
namespace {

struct Colour {
  double r, g, b;
};
// Dark to bright, as viridis has it (matplotlib; Smith, van der Walt), and blue over white to red for both sides of zero.
constexpr std::array<Colour, 5> kSequential = {
    {{0.267, 0.005, 0.329}, {0.229, 0.322, 0.545}, {0.128, 0.567, 0.551}, {0.369, 0.789, 0.383}, {0.993, 0.906, 0.144}}};
constexpr std::array<Colour, 5> kDiverging = {
    {{0.020, 0.188, 0.380}, {0.263, 0.576, 0.765}, {0.969, 0.969, 0.969}, {0.839, 0.376, 0.302}, {0.404, 0.000, 0.122}}};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

Range range_of(std::span<const double> values) {
  Range range;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    range.low = std::min(range.low, value);
    range.high = std::max(range.high, value);
  }
  if (range.low > range.high) throw Failure("nothing to draw: all values are missing");
  return range;
}

Colour between(const std::array<Colour, 5>& steps, double place) {
  const double at = std::clamp(place, 0.0, 1.0) * (steps.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(at), steps.size() - 2);
  const double t = at - static_cast<double>(i);
  const auto mix = [t](double a, double b) { return a + t * (b - a); };
  return {mix(steps[i].r, steps[i + 1].r), mix(steps[i].g, steps[i + 1].g), mix(steps[i].b, steps[i + 1].b)};
}

class Canvas {
 public:
  explicit Canvas(PixelSize size)
      : surface_(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, static_cast<int>(size.width), static_cast<int>(size.height)),
                 cairo_surface_destroy),
        cairo_(cairo_create(surface_.get()), cairo_destroy) {
    cairo_set_source_rgb(get(), 1, 1, 1);
    cairo_paint(get());
    cairo_select_font_face(get(), "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(get(), 14);
    cairo_set_line_width(get(), 1);
  }
  cairo_t* get() const { return cairo_.get(); }

  double text_width(const std::string& text) const {
    cairo_text_extents_t extents;
    cairo_text_extents(get(), text.c_str(), &extents);
    return extents.x_advance;
  }
  // align: 0 begins at x, 0.5 is in the middle of it, 1 ends there.
  void text(double x, double y, double align, const std::string& text) const {
    cairo_set_source_rgb(get(), 0.1, 0.1, 0.1);
    cairo_move_to(get(), x - align * text_width(text), y);
    cairo_show_text(get(), text.c_str());
  }
  void frame(double x, double y, double width, double height) const {
    cairo_set_source_rgb(get(), 0.35, 0.35, 0.35);
    cairo_rectangle(get(), x + 0.5, y + 0.5, width - 1, height - 1);
    cairo_stroke(get());
  }
  void save(const std::string& path) const {
    const cairo_status_t status = cairo_surface_write_to_png(surface_.get(), path.c_str());
    if (status != CAIRO_STATUS_SUCCESS) throw Failure("cannot write " + printable(path) + ": " + cairo_status_to_string(status));
  }

 private:
  std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)> surface_;
  std::unique_ptr<cairo_t, decltype(&cairo_destroy)> cairo_;
};

// Where the picture itself lies.
struct Box {
  double x, y, width, height;
};

void axis_below(const Canvas& canvas, const Box& box, const AxisLabels& labels) {
  const double y = box.y + box.height + 20;
  canvas.text(box.x, y, 0, labels.first);
  canvas.text(box.x + box.width, y, 1, labels.last);
  canvas.text(box.x + box.width / 2, y, 0.5, labels.title);
}

void axis_left(const Canvas& canvas, const Box& box, const AxisLabels& labels) {
  canvas.text(box.x - 8, box.y + 12, 1, labels.first);
  canvas.text(box.x - 8, box.y + box.height, 1, labels.last);
  cairo_save(canvas.get());
  cairo_translate(canvas.get(), box.x - 12, box.y + box.height / 2);
  cairo_rotate(canvas.get(), -M_PI / 2);
  canvas.text(0, 0, 0.5, labels.title);
  cairo_restore(canvas.get());
}

constexpr double kTop = 40, kBottom = 36, kBar = 90;

}  // namespace

void draw_map_png(const std::string& path, std::span<const double> values, std::size_t rows, std::size_t columns,
                  const AxisLabels& vertical, const AxisLabels& horizontal, const std::string& title, PixelSize size) {
  const Range range = range_of(values);
  const double reach = std::max(-range.low, range.high);
  // Only where both sides of zero can be seen: of -1 to 30 degrees zero is not the middle.
  const bool diverging = std::min(-range.low, range.high) > reach / 4;
  const double low = diverging ? -reach : range.low, high = diverging ? reach : range.high;
  const auto colour = [&](double value) {
    return between(diverging ? kDiverging : kSequential, high > low ? (value - low) / (high - low) : 0.5);
  };

  const Canvas canvas(size);
  const double left = 30 + std::max(canvas.text_width(vertical.first), canvas.text_width(vertical.last));
  Box box{left, kTop, static_cast<double>(size.width) - left - kBar, static_cast<double>(size.height) - kTop - kBottom};
  if (box.width < 1 || box.height < 1) throw Failure("the picture is too small for its labels; give it a larger --width and --height");
  // Cells are square where there is room for that.
  const double cell = std::min(box.width / static_cast<double>(columns), box.height / static_cast<double>(rows));
  const double wide = static_cast<double>(columns), tall = static_cast<double>(rows);
  if (wide * cell > box.width / 3 && tall * cell > box.height / 3) box.width = wide * cell, box.height = tall * cell;

  // One pixel for each value, then made larger or smaller as a whole.
  const int stride = cairo_format_stride_for_width(CAIRO_FORMAT_ARGB32, static_cast<int>(columns));
  if (stride < 0 || columns > 32767 || rows > 32767) throw Failure("a picture has at most 32767 rows and columns; choose a region");
  std::vector<unsigned char> pixels(static_cast<std::size_t>(stride) * rows);
  for (std::size_t y = 0; y < rows; ++y) {
    auto* row = reinterpret_cast<std::uint32_t*>(pixels.data() + y * static_cast<std::size_t>(stride));
    for (std::size_t x = 0; x < columns; ++x) {
      const double value = values[y * columns + x];
      if (!std::isfinite(value)) continue;  // stays clear
      const Colour c = colour(value);
      const auto byte = [](double v) { return static_cast<std::uint32_t>(std::lround(v * 255)); };
      row[x] = 0xFF000000U | byte(c.r) << 16 | byte(c.g) << 8 | byte(c.b);
    }
  }
  cairo_surface_t* image = cairo_image_surface_create_for_data(pixels.data(), CAIRO_FORMAT_ARGB32, static_cast<int>(columns),
                                                               static_cast<int>(rows), stride);
  cairo_save(canvas.get());
  cairo_rectangle(canvas.get(), box.x, box.y, box.width, box.height);
  cairo_clip(canvas.get());
  cairo_translate(canvas.get(), box.x, box.y);
  cairo_scale(canvas.get(), box.width / wide, box.height / tall);
  cairo_set_source_surface(canvas.get(), image, 0, 0);
  cairo_pattern_set_filter(cairo_get_source(canvas.get()), box.width < wide ? CAIRO_FILTER_GOOD : CAIRO_FILTER_NEAREST);
  cairo_paint(canvas.get());
  cairo_restore(canvas.get());
  cairo_surface_destroy(image);

  canvas.frame(box.x, box.y, box.width, box.height);
  const double bar = box.x + box.width + 16;
  for (double y = 0; y < box.height; ++y) {
    const Colour c = between(diverging ? kDiverging : kSequential, 1 - y / box.height);
    cairo_set_source_rgb(canvas.get(), c.r, c.g, c.b);
    cairo_rectangle(canvas.get(), bar, box.y + y, 14, 1.5);
    cairo_fill(canvas.get());
  }
  canvas.text(bar + 18, box.y + 12, 0, rounded(high, 4));
  canvas.text(bar + 18, box.y + box.height, 0, rounded(low, 4));
  canvas.text(box.x, kTop - 14, 0, title);
  axis_below(canvas, box, horizontal);
  axis_left(canvas, box, vertical);
  canvas.save(path);
}

void draw_curve_png(const std::string& path, std::span<const double> values, const AxisLabels& horizontal,
                    const std::string& title, PixelSize size) {
  const Range range = range_of(values);
  const Canvas canvas(size);
  const std::string top = rounded(range.high, 4), bottom = rounded(range.low, 4);
  const double left = 24 + std::max(canvas.text_width(top), canvas.text_width(bottom));
  const Box box{left, kTop, static_cast<double>(size.width) - left - 24, static_cast<double>(size.height) - kTop - kBottom};
  if (box.width < 1 || box.height < 1) throw Failure("the picture is too small for its labels; give it a larger --width and --height");
  const double last = static_cast<double>(std::max<std::size_t>(values.size() - 1, 1));
  const auto place = [&](std::size_t i) {
    const double share = range.high > range.low ? (range.high - values[i]) / (range.high - range.low) : 0.5;
    return std::pair(box.x + 6 + static_cast<double>(i) / last * (box.width - 12), box.y + 6 + share * (box.height - 12));
  };
  canvas.frame(box.x, box.y, box.width, box.height);
  cairo_set_source_rgb(canvas.get(), 0.12, 0.38, 0.68);
  cairo_set_line_width(canvas.get(), 2);
  cairo_set_line_cap(canvas.get(), CAIRO_LINE_CAP_ROUND);
  bool joined = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      joined = false;
      continue;
    }
    const auto [x, y] = place(i);
    if (joined) cairo_line_to(canvas.get(), x, y);
    else cairo_move_to(canvas.get(), x, y);
    cairo_line_to(canvas.get(), x, y);  // a value alone is a dot
    joined = true;
  }
  cairo_stroke(canvas.get());
  canvas.text(box.x - 8, box.y + 12, 1, top);
  canvas.text(box.x - 8, box.y + box.height, 1, bottom);
  canvas.text(box.x, kTop - 14, 0, title);
  axis_below(canvas, box, horizontal);
  canvas.save(path);
}

}  // namespace strata_cli
