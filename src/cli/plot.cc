#include "plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "values.h"

namespace strata_cli {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Colours of the terminal's 256: dark to bright, and blue over white to red for values on both sides of zero.
constexpr std::array<int, 12> kSequential = {53, 54, 60, 24, 30, 36, 72, 78, 114, 149, 185, 227};
constexpr std::array<int, 17> kDiverging = {18,  19,  26,  32,  68,  110, 152, 195, 255,
                                            224, 217, 210, 203, 167, 160, 124, 88};
constexpr std::string_view kAscii = ".:-=+*#%@";
constexpr std::array<std::string_view, 4> kShades = {"░", "▒", "▓", "█"};

struct Scale {
  double low = 0;
  double high = 1;
  bool diverging = false;

  // 0 to 1.
  double place(double value) const { return high > low ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0.5; }
  template <typename Steps>
  std::size_t step(double value, const Steps& steps) const {
    return std::min(static_cast<std::size_t>(place(value) * static_cast<double>(steps.size())), steps.size() - 1);
  }
  int color(double value) const {
    return diverging ? kDiverging[step(value, kDiverging)] : kSequential[step(value, kSequential)];
  }
};

struct Bounds {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool any() const { return low <= high; }
};

Bounds bounds_of(std::span<const double> values) {
  Bounds bounds;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    bounds.low = std::min(bounds.low, value);
    bounds.high = std::max(bounds.high, value);
  }
  return bounds;
}

std::string spaces(std::size_t count) { return std::string(count, ' '); }

std::string right(const std::string& text, std::size_t width) {
  return spaces(width - std::min(width, display_width(text))) + text;
}

// Both ends of an axis, and its title between them; after them where the picture is too narrow for that.
std::string axis_line(const AxisLabels& labels, std::size_t indent, std::size_t width, std::size_t limit) {
  const std::size_t taken = display_width(labels.first) + display_width(labels.last);
  if (taken + 2 > width) return spaces(indent) + fit(labels.first, width) + "\n";
  const std::size_t room = width - taken;
  const std::size_t title = display_width(labels.title);
  std::string line = spaces(indent) + labels.first;
  if (title != 0 && title + 4 <= room) {
    const std::size_t left = (room - title) / 2;
    return line + spaces(left) + labels.title + spaces(room - left - title) + labels.last + "\n";
  }
  line += spaces(room) + labels.last;
  if (title != 0 && indent + width + 2 + title <= limit) line += "  " + labels.title;
  return line + "\n";
}

// Means of the elements under each cell, so that nothing small is lost by chance.
std::vector<double> shrink(std::span<const double> values, std::size_t rows, std::size_t columns, std::size_t to_rows,
                           std::size_t to_columns) {
  std::vector<double> out(to_rows * to_columns, kNone);
  for (std::size_t r = 0; r < to_rows; ++r) {
    const std::size_t row = r * rows / to_rows;
    const std::size_t row_end = std::max((r + 1) * rows / to_rows, row + 1);
    for (std::size_t c = 0; c < to_columns; ++c) {
      const std::size_t column = c * columns / to_columns;
      const std::size_t column_end = std::max((c + 1) * columns / to_columns, column + 1);
      double sum = 0;
      std::size_t count = 0;
      for (std::size_t y = row; y < row_end; ++y) {
        for (std::size_t x = column; x < column_end; ++x) {
          const double value = values[y * columns + x];
          if (!std::isfinite(value)) continue;
          sum += value;
          ++count;
        }
      }
      if (count != 0) out[r * to_columns + c] = sum / static_cast<double>(count);
    }
  }
  return out;
}

std::string color_code(const char* kind, int color) {
  return std::string("\x1b[") + kind + ";5;" + std::to_string(color) + "m";
}

// Two values in one character: the upper half block in one colour on a background of the other.
std::string half_block(double top, double bottom, const Scale& scale) {
  const bool above = std::isfinite(top);
  const bool below = std::isfinite(bottom);
  if (!above && !below) return "\x1b[0m ";
  if (!below) return "\x1b[0m" + color_code("38", scale.color(top)) + "▀";
  if (!above) return "\x1b[0m" + color_code("38", scale.color(bottom)) + "▄";
  return color_code("38", scale.color(top)) + color_code("48", scale.color(bottom)) + "▀";
}

std::string shade(double value, const Scale& scale, bool unicode) {
  if (!std::isfinite(value)) return " ";
  if (unicode) return std::string(kShades[scale.step(value, kShades)]);
  return std::string(1, kAscii[scale.step(value, kAscii)]);
}

std::string legend(const Scale& scale, std::size_t indent, const Console& console) {
  std::string bar;
  if (console.color && console.unicode) {
    const auto add = [&](const auto& steps) {
      for (const int color : steps) bar += color_code("48", color) + " ";
      bar += "\x1b[0m";
    };
    if (scale.diverging) {
      add(kDiverging);
    } else {
      add(kSequential);
    }
  } else if (console.unicode) {
    for (const std::string_view step : kShades) bar += step;
  } else {
    bar = kAscii;
  }
  return spaces(indent) + rounded(scale.low, 4) + " " + bar + " " + rounded(scale.high, 4) + "\n";
}

// Dots of a curve: one for each character, or eight in braille.
class Raster {
 public:
  Raster(std::size_t width, std::size_t height, bool braille)
      : across_(braille ? 2 : 1),
        down_(braille ? 4 : 1),
        width_(width),
        height_(height),
        dots_(width * height * across_ * down_) {}
  std::size_t width() const { return width_ * across_; }
  std::size_t height() const { return height_ * down_; }
  void set(std::size_t x, std::size_t y) { dots_[y * width() + x] = true; }

  void line(std::size_t x0, std::size_t y0, std::size_t x1, std::size_t y1) {
    const auto distance = [](std::size_t a, std::size_t b) { return a > b ? a - b : b - a; };
    const std::size_t steps = std::max({distance(x0, x1), distance(y0, y1), std::size_t{1}});
    for (std::size_t i = 0; i <= steps; ++i) {
      const double t = static_cast<double>(i) / static_cast<double>(steps);
      const auto between = [&](std::size_t a, std::size_t b) {
        return static_cast<std::size_t>(
            std::lround(static_cast<double>(a) + t * (static_cast<double>(b) - static_cast<double>(a))));
      };
      set(between(x0, x1), between(y0, y1));
    }
  }

  std::string row(std::size_t y) const {
    std::string out;
    for (std::size_t x = 0; x < width_; ++x) {
      if (across_ == 1) {
        out += dots_[y * width_ + x] ? '*' : ' ';
        continue;
      }
      // Braille numbers its dots 1 to 3 down the left, 4 to 6 down the right, 7 and 8 below.
      constexpr std::array<std::array<unsigned, 2>, 4> kBits = {
          {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
      unsigned code = 0;
      for (std::size_t dy = 0; dy < 4; ++dy) {
        for (std::size_t dx = 0; dx < 2; ++dx) {
          if (dots_[(y * 4 + dy) * width() + x * 2 + dx]) code |= kBits[dy][dx];
        }
      }
      out += '\xE2';
      out += static_cast<char>(0xA0 | (code >> 6));
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
    return out;
  }

 private:
  std::size_t across_;
  std::size_t down_;
  std::size_t width_;
  std::size_t height_;
  std::vector<bool> dots_;
};

}  // namespace

std::string draw_map(std::span<const double> values, std::size_t rows, std::size_t columns, const AxisLabels& vertical,
                     const AxisLabels& horizontal, const std::string& title, PlotSize size, const Console& console) {
  std::string out = console.bold(fit(title, size.width)) + "\n";
  if (!bounds_of(values).any()) return out + "nothing to draw: all values are missing\n";
  std::size_t margin = std::max(display_width(vertical.first), display_width(vertical.last));
  if (margin + 12 > size.width) margin = 0;  // a narrow terminal: the picture matters more
  const std::size_t indent = margin == 0 ? 0 : margin + 1;
  const std::size_t wide = std::max<std::size_t>(size.width - std::min(size.width, indent), 4);
  const std::size_t high = std::max<std::size_t>(size.height > 4 ? size.height - 4 : 1, 4);

  // A character is about twice as high as wide; a half block is square.
  const bool blocks = console.color && console.unicode;
  const std::size_t halves = blocks ? 2 : 1;
  const double slope = static_cast<double>(rows) / static_cast<double>(columns) * (blocks ? 1.0 : 0.5);
  double across = static_cast<double>(std::min(wide, std::max<std::size_t>(columns, 1) * 4));
  double down = across * slope;
  if (down > static_cast<double>(high * halves)) {
    across = across * static_cast<double>(high * halves) / down;
    down = static_cast<double>(high * halves);
  }
  const auto width = std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(across)), 1, wide);
  std::size_t height = std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(down)), 1, high * halves);
  height += height % halves;

  const std::vector<double> cells = shrink(values, rows, columns, height, width);
  const Bounds bounds = bounds_of(cells);
  Scale scale{bounds.low, bounds.high, bounds.low < 0 && bounds.high > 0};
  if (scale.diverging && blocks) {  // white is zero
    scale.high = std::max(-scale.low, scale.high);
    scale.low = -scale.high;
  }
  for (std::size_t y = 0; y < height; y += halves) {
    std::string label = y == 0 ? vertical.first : y + halves >= height ? vertical.last : "";
    if (margin != 0) out += right(label, margin) + " ";
    for (std::size_t x = 0; x < width; ++x) {
      const double value = cells[y * width + x];
      out += blocks ? half_block(value, cells[(y + 1) * width + x], scale) : shade(value, scale, console.unicode);
    }
    if (blocks) out += "\x1b[0m";
    while (!blocks && !out.empty() && out.back() == ' ') out.pop_back();
    out += "\n";
  }
  return out + axis_line(horizontal, indent, width, size.width) + legend(scale, indent, console);
}

std::string draw_curve(std::span<const double> values, const AxisLabels& horizontal, const std::string& title,
                       PlotSize size, const Console& console) {
  std::string out = console.bold(fit(title, size.width)) + "\n";
  const Bounds bounds = bounds_of(values);
  if (!bounds.any()) return out + "nothing to draw: all values are missing\n";
  const double middle = bounds.low + (bounds.high - bounds.low) / 2;
  const std::array<std::string, 3> labels = {rounded(bounds.high, 4), rounded(middle, 4), rounded(bounds.low, 4)};
  std::size_t margin = 0;
  for (const std::string& label : labels) margin = std::max(margin, label.size());
  if (margin + 12 > size.width) margin = 0;
  const std::size_t indent = margin == 0 ? 0 : margin + 3;
  const std::size_t width = std::max<std::size_t>(size.width - std::min(size.width, indent), 4);
  const std::size_t height = std::clamp<std::size_t>(size.height > 3 ? size.height - 3 : 1, 3, 16);

  Raster raster(width, height, console.unicode);
  const double range = bounds.high > bounds.low ? bounds.high - bounds.low : 1;
  const double last = static_cast<double>(std::max<std::size_t>(values.size() - 1, 1));
  bool joined = false;
  std::size_t x0 = 0;
  std::size_t y0 = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      joined = false;
      continue;
    }
    const auto x =
        static_cast<std::size_t>(std::lround(static_cast<double>(i) / last * static_cast<double>(raster.width() - 1)));
    const double place = bounds.high > bounds.low ? (bounds.high - values[i]) / range : 0.5;
    const auto y = static_cast<std::size_t>(std::lround(place * static_cast<double>(raster.height() - 1)));
    if (joined) {
      raster.line(x0, y0, x, y);
    } else {
      raster.set(x, y);
    }
    joined = true;
    x0 = x;
    y0 = y;
  }
  const std::string bar = console.unicode ? " │" : " |";
  for (std::size_t y = 0; y < height; ++y) {
    const std::string label = y == 0 ? labels[0] : y + 1 == height ? labels[2] : y == height / 2 ? labels[1] : "";
    std::string line = margin == 0 ? std::string() : right(label, margin) + bar + " ";
    const std::string dots = raster.row(y);
    line += console.color ? color_code("38", 39) + dots + "\x1b[0m" : dots;
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  return out + axis_line(horizontal, indent, width, size.width);
}

}  // namespace strata_cli
