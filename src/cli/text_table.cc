#include "text_table.h"

#include <algorithm>
#include <numeric>

namespace strata_cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 4;

// Takes cells off the widest column, again and again: short columns stay whole.
void shrink(std::vector<std::size_t>& widths, std::size_t limit) {
  const auto total = [&] { return std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1)); };
  while (total() > limit) {
    auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kNarrowest) return;
    --*widest;
  }
}

}  // namespace

void TextTable::print(const Console& console) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(display_width(column.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  if (console.out_terminal) shrink(widths, console.width);

  const auto line = [&](auto cell, bool title) {
    std::string out;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string text = fit(cell(i), widths[i]);
      const std::string pad(widths[i] - std::min(widths[i], display_width(text)), ' ');
      const bool right = columns_[i].align == Align::kRight;
      if (i != 0) out.append(kGap, ' ');
      if (right) out += pad;
      out += title ? console.bold(text) : text;
      if (!right && i + 1 < columns_.size()) out += pad;
    }
    strata_cli::print(out + "\n");
  };
  line([&](std::size_t i) -> const std::string& { return columns_[i].title; }, true);
  for (const auto& row : rows_) line([&](std::size_t i) -> const std::string& { return row[i]; }, false);
}

}  // namespace strata_cli
