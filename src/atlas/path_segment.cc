#include "atlas/path_segment.h"

#include "base/utf8.h"
#include "storage/key.h"

namespace strata {

namespace {

// A name is shown in a message only when it is text.
Status bad_name(std::string_view name, std::string_view why) {
  return Status(Code::kInvalid, cat("the name \"", utf8_lossy(as_bytes(name.substr(0, 100))), "\" ", why));
}

}  // namespace

Status check_name(std::string_view name) {
  if (name.empty()) return Status(Code::kInvalid, "the name is empty");
  if (!is_utf8(as_bytes(name))) return bad_name(name, "is not UTF-8");
  if (name.front() == kReservedPrefix) return bad_name(name, "begins with '_', which is kept for the store itself");
  if (name.find('/') != std::string_view::npos) return bad_name(name, "contains '/'");
  if (name == "." || name == "..") return bad_name(name, "means a folder");
  return {};
}

Status check_array_name(std::string_view name) {
  STRATA_TRY(check_name(name));
  // A longer one is not encoded first only to be measured.
  const size_t length = name.size() > kMaxSegment ? name.size() : encode_segment(encode_segment(name)).size();
  if (length > kMaxSegment)
    return bad_name(name, cat("takes ", length, " bytes as the name of a folder, at most ", kMaxSegment, " fit"));
  return {};
}

}  // namespace strata
