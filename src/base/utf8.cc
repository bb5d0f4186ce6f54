#include "base/utf8.h"

namespace strata {
namespace {

// Length of the well-formed sequence at b[i]; 0 when ill-formed, and then *bad is the length of its maximal part.
size_t sequence(Bytes b, size_t i, size_t* bad) {
  uint8_t c = b[i];
  *bad = 1;
  if (c < 0x80) return 1;
  size_t n;
  uint8_t lo = 0x80, hi = 0xBF;
  if (c >= 0xC2 && c <= 0xDF) n = 2;
  else if (c >= 0xE0 && c <= 0xEF) {
    n = 3;
    if (c == 0xE0) lo = 0xA0;
    if (c == 0xED) hi = 0x9F;
  } else if (c >= 0xF0 && c <= 0xF4) {
    n = 4;
    if (c == 0xF0) lo = 0x90;
    if (c == 0xF4) hi = 0x8F;
  } else {
    return 0;
  }
  for (size_t k = 1; k < n; ++k) {
    if (i + k >= b.size() || b[i + k] < lo || b[i + k] > hi) {
      *bad = k;
      return 0;
    }
    lo = 0x80;
    hi = 0xBF;
  }
  return n;
}

}  // namespace

size_t utf8_invalid_at(Bytes b) {
  size_t i = 0, bad;
  while (i < b.size()) {
    // Text is mostly ASCII: eight bytes at a time.
    while (i + 8 <= b.size() && (load<uint64_t>(b.data() + i) & 0x8080808080808080u) == 0) i += 8;
    if (i >= b.size()) break;
    size_t n = sequence(b, i, &bad);
    if (n == 0) return i;
    i += n;
  }
  return b.size();
}

std::string utf8_lossy(Bytes b) {
  std::string out;
  out.reserve(b.size());
  for (size_t i = 0; i < b.size();) {
    size_t bad;
    if (size_t n = sequence(b, i, &bad)) {
      out.append(reinterpret_cast<const char*>(b.data() + i), n);
      i += n;
    } else {
      out.append("\xEF\xBF\xBD");
      i += bad;
    }
  }
  return out;
}

Status check_utf8(std::string_view what, std::string_view text) {
  const size_t bad = utf8_invalid_at(as_bytes(text));
  if (bad != text.size()) return Status(Code::kInvalid, cat(what, " is not UTF-8 at byte ", bad));
  return {};
}

}  // namespace strata
