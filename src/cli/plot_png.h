// The same pictures as plot.h draws, as PNG files.
#pragma once

#include <span>
#include <string>

#include "plot.h"

namespace strata_cli {

// In pixels, all of the picture.
struct PixelSize {
  std::size_t width = 960;
  std::size_t height = 600;
};

// As draw_map and draw_curve. Throw Failure: there is nothing to draw, or the file cannot be written.
void draw_map_png(const std::string& path, std::span<const double> values, std::size_t rows, std::size_t columns,
                  const AxisLabels& vertical, const AxisLabels& horizontal, const std::string& title, PixelSize size);
void draw_curve_png(const std::string& path, std::span<const double> values, const AxisLabels& horizontal,
                    const std::string& title, PixelSize size);

}  // namespace strata_cli
