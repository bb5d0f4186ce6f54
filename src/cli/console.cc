#include "console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cwchar>

#include "command.h"
#include "interrupt.h"

namespace strata_cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// The next code point and its bytes; `valid` is false for one byte that is not UTF-8.
struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
  bool valid = false;
};

CodePoint next_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return {};
  char32_t value = first & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return {};
  return {value, size, true};
}

std::size_t cells(char32_t value) {
  const int width = ::wcwidth(static_cast<wchar_t>(value));
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

bool utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view text = value;
    return text.find("UTF-8") != text.npos || text.find("utf8") != text.npos || text.find("UTF8") != text.npos ||
           text.find("utf-8") != text.npos;
  }
  return false;
}

std::size_t number_from_environment(const char* name) {
  const char* value = std::getenv(name);
  const long number = value != nullptr ? std::strtol(value, nullptr, 10) : 0;
  return number > 0 && number < 10000 ? static_cast<std::size_t>(number) : 0;
}

std::string escape(std::string_view text, bool quotes) {
  std::string out;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    const std::string_view bytes = text.substr(0, point.size);
    if (!point.valid) {
      out += kReplacement;
    } else if (quotes && (point.value == '"' || point.value == '\\')) {
      out += '\\';
      out += bytes;
    } else if (point.value == '\n') {
      out += "\\n";
    } else if (point.value == '\t') {
      out += "\\t";
    } else if (point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0)) {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(point.value));
      out += hex;
    } else if (point.value == 0x2028 || point.value == 0x2029 || (point.value >= 0x202A && point.value <= 0x202E) ||
               (point.value >= 0x2066 && point.value <= 0x2069)) {
      out += kReplacement;  // separators and direction overrides would let a name rearrange the line
    } else {
      out += bytes;
    }
    text.remove_prefix(point.size);
  }
  return out;
}

}  // namespace

Console Console::detect(bool no_color) {
  // wcwidth answers by locale. Numbers stay in the C locale: output must not depend on who looks at it.
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) std::setlocale(LC_CTYPE, "");
  Console console;
  console.out_terminal = ::isatty(STDOUT_FILENO) == 1;
  console.err_terminal = ::isatty(STDERR_FILENO) == 1;
  const char* asked = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::strcmp(term, "dumb") == 0 || *term == '\0';
  console.color = console.out_terminal && !no_color && !dumb && (asked == nullptr || *asked == '\0');
  console.unicode = console.out_terminal && !dumb && utf8_locale();
  winsize size{};
  if (console.out_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    console.width = size.ws_col;
    if (size.ws_row > 0) console.height = size.ws_row;
  } else {
    if (const std::size_t columns = number_from_environment("COLUMNS")) console.width = columns;
    if (const std::size_t lines = number_from_environment("LINES")) console.height = lines;
  }
  return console;
}

std::string Console::bold(std::string_view text) const {
  return color ? "\x1b[1m" + std::string(text) + "\x1b[0m" : std::string(text);
}

std::string Console::dim(std::string_view text) const {
  return color ? "\x1b[2m" + std::string(text) + "\x1b[0m" : std::string(text);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    width += point.valid ? cells(point.value) : 1;
    text.remove_prefix(point.size);
  }
  return width;
}

std::string fit(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    const std::size_t take = point.valid ? cells(point.value) : 1;
    if (used + take + 1 > width) break;
    out += text.substr(0, point.size);
    used += take;
    text.remove_prefix(point.size);
  }
  return width == 0 ? out : out + "…";
}

std::string printable(std::string_view text) { return escape(text, false); }

std::string in_quotes(std::string_view text) { return '"' + escape(text, true) + '"'; }

std::string_view first_bytes(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    out += point.valid ? text.substr(0, point.size) : kReplacement;
    text.remove_prefix(point.size);
  }
  return out;
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size()) return;
  stop_if_asked();  // which is why it was cut short
  if (errno == EPIPE) std::_Exit(0);  // the reader has seen enough, as `head` does
  throw Failure(std::string("writing the output: ") + std::strerror(errno));
}

void finish_output() {
  if (std::fflush(stdout) == 0) return;
  if (errno == EPIPE) std::_Exit(0);
  throw Failure(std::string("writing the output: ") + std::strerror(errno));
}

void tell(std::string_view text) { std::fputs(("strata: " + printable(text) + "\n").c_str(), stderr); }

std::string human_bytes(double bytes) {
  constexpr std::array<const char*, 6> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
  return text;
}

std::string counted(std::uint64_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

}  // namespace strata_cli
