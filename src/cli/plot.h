// Pictures made of characters: maps of two dimensions, curves of one. Block and braille characters where the console
// shows them, 256 colours where it may; plain ASCII else.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "console.h"

namespace strata_cli {

// What is written along an axis.
struct AxisLabels {
  std::string title;
  std::string first;
  std::string last;
};

// Room for the picture, labels included, in characters.
struct PlotSize {
  std::size_t width = 80;
  std::size_t height = 20;
};

// `values`: rows × columns, row-major, the first row on top; NaN stays blank.
std::string draw_map(std::span<const double> values, std::size_t rows, std::size_t columns, const AxisLabels& vertical,
                     const AxisLabels& horizontal, const std::string& title, PlotSize size, const Console& console);

// NaN interrupts the curve.
std::string draw_curve(std::span<const double> values, const AxisLabels& horizontal, const std::string& title,
                       PlotSize size, const Console& console);

}  // namespace strata_cli
