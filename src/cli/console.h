// Where output goes: terminal or pipe, how wide, in colour or not; and text made safe to print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace strata_cli {

struct Console {
  bool out_terminal = false;
  bool err_terminal = false;
  bool color = false;    // stdout may get escape sequences
  bool unicode = false;  // stdout shows block and braille characters
  std::size_t width = 80;
  std::size_t height = 24;

  // From the environment and the two streams. `no_color`: as asked for on the command line.
  static Console detect(bool no_color);

  std::string bold(std::string_view text) const;
  std::string dim(std::string_view text) const;
};

// Cells that the text takes in a terminal.
std::size_t display_width(std::string_view text);

// Cut to `width` cells, the last one an ellipsis where something was lost.
std::string fit(std::string_view text, std::size_t width);

// UTF-8 without control characters: a name in somebody's file must not be able to steer a terminal. Bytes that are
// not UTF-8 become U+FFFD.
std::string printable(std::string_view text);

// As printable(), in double quotes with C's escapes.
std::string in_quotes(std::string_view text);

// The most whole characters that `size` bytes have room for.
std::string_view first_bytes(std::string_view text, std::size_t size);

// Well-formed UTF-8: what is not becomes U+FFFD.
std::string valid_utf8(std::string_view text);

// Writes to stdout; throws Failure when the other end does not take it (disk full), exits quietly on a closed pipe.
void print(std::string_view text);
void finish_output();

// A line on stderr, "strata: " and the text.
void tell(std::string_view text);

// "12.3 MiB"
std::string human_bytes(double bytes);
// "1 array", "2 arrays"
std::string counted(std::uint64_t n, std::string_view what);

}  // namespace strata_cli
