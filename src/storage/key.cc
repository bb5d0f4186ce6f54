#include "storage/key.h"

#include <charconv>

namespace strata {

namespace {

bool needs_encoding(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x7F || std::string_view("/\\{^}%`]\">[~<#|*?").find(c) != std::string_view::npos;
}

}  // namespace

Status check_key(std::string_view key) {
  constexpr size_t kMaxSegment = 255;
  auto refused = [&](std::string_view why) { return Status(Code::kInvalid, cat("key \"", key, "\" ", why)); };
  if (key.empty()) return Status(Code::kInvalid, "empty key");
  if (key.find('\0') != std::string_view::npos) return Status(Code::kInvalid, "key with a NUL byte");
  for (std::string_view rest = key;;) {
    size_t slash = rest.find('/');
    std::string_view segment = rest.substr(0, slash);
    if (segment.empty()) return refused("has an empty segment");
    if (segment == "." || segment == "..") return refused("has a segment \".\" or \"..\"");
    if (segment.size() > kMaxSegment) return refused("has a segment of more than 255 bytes");
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

Status check_folder(std::string_view folder) { return folder.empty() ? Status() : check_key(folder); }

std::string encode_segment(std::string_view name) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  if (name == ".") return "%2E";
  if (name == "..") return "%2E%2E";
  std::string out;
  out.reserve(name.size());
  for (char c : name) {
    if (!needs_encoding(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

std::optional<std::string> decode_segment(std::string_view segment) {
  std::string out;
  for (size_t i = 0; i < segment.size(); ++i) {
    uint8_t byte = 0;
    if (segment[i] == '%' && segment.size() - i > 2 &&
        std::from_chars(segment.data() + i + 1, segment.data() + i + 3, byte, 16).ptr == segment.data() + i + 3)
      i += 2;
    else
      byte = static_cast<uint8_t>(segment[i]);
    out.push_back(static_cast<char>(byte));
  }
  return encode_segment(out) == segment ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace strata
