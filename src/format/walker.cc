#include "format/walker.h"

#include "base/utf8.h"

namespace strata::archive {

bool Walker::fail(size_t at, std::string_view why) {
  std::string message = cat(what_, ": ");
  if (!list_.empty()) message += cat(list_, ' ', index_, ", ");
  if (!field_.empty()) message += cat(field_, ": ");
  status_ = Status(Code::kCorrupt, cat(message, why, " at byte ", at));
  return false;
}

bool Walker::fail_tag(size_t field, uint8_t last) {
  return fail(field, cat("tag ", unsigned{number(field)}, " (the last known is ", unsigned{last}, ')'));
}

bool Walker::open(size_t field, size_t from, int64_t pointer, size_t size, size_t alignment, Part* part) {
  int64_t target;
  if (__builtin_add_overflow(static_cast<int64_t>(from), pointer, &target) || target < 0 ||
      static_cast<uint64_t>(target) < lo_ || static_cast<uint64_t>(target) > hi_ ||
      size > hi_ - static_cast<uint64_t>(target))
    return fail(field, cat("a pointer by ", pointer, " to ", size, " bytes leaves its window ", lo_, "..", hi_));
  auto at = static_cast<size_t>(target);
  if (at % alignment != 0) return fail(field, cat("a pointer to byte ", at, " misses the alignment of ", alignment));
  *part = {at, at + size, 0, hi_};
  hi_ = at;
  return true;
}

bool Walker::open_root(size_t size, Part* part) {
  if (hi_ < size) return fail(0, cat("an archive of ", hi_, " bytes is too short for its root of ", size));
  if (hi_ % 8 != 0) return fail(0, cat("an archive of ", hi_, " bytes, not a multiple of 8"));
  *part = {hi_ - size, hi_, 1, hi_};
  hi_ -= size;
  return true;
}

bool Walker::open_vec(size_t field, size_t element_size, size_t alignment, Part* part) {
  auto count = get<uint64_t>(field + 8);
  if (count > (hi_ - lo_) / element_size)
    return fail(field + 8, cat("a length of ", count, " leaves no room in the window ", lo_, "..", hi_));
  auto n = static_cast<size_t>(count);
  if (!open(field, field, get<int64_t>(field), n * element_size, alignment, part)) return false;
  part->count = n;
  return true;
}

bool Walker::open_box(size_t field, size_t size, Part* part) {
  return open(field, field, get<int64_t>(field), size, 8, part);
}

bool Walker::text(size_t field) {
  const uint8_t* bytes = base_ + field;
  if (text_is_inline(bytes)) {
    Bytes text{bytes, inline_text_size(bytes)};
    size_t bad = utf8_invalid_at(text);
    return bad == text.size() || fail(field + bad, "text is not UTF-8");
  }
  uint64_t size = text_size_of(get<uint64_t>(field));
  if (size <= kTextSize) return fail(field, cat("a text of ", size, " bytes lies out of line"));
  Part part;
  if (!open(field + 8, field, get<int64_t>(field + 8), static_cast<size_t>(size), 1, &part)) return false;
  Bytes text{base_ + part.begin, part.end - part.begin};
  size_t bad = utf8_invalid_at(text);
  if (bad != text.size()) return fail(part.begin + bad, "text is not UTF-8");
  close(part);
  return true;
}

bool Walker::texts(size_t field) {
  Part part;
  if (!open_vec(field, kTextSize, 8, &part)) return false;
  for (size_t at = part.begin; at < part.end; at += kTextSize)
    if (!text(at)) return false;
  close(part);
  return true;
}

bool Walker::dtype(size_t field, size_t depth) {
  if (!tag(field, kLastDTypeTag)) return false;
  if (!is_list(static_cast<Type>(number(field)))) return true;
  // The original has no limit here and overflows its stack.
  if (depth == kMaxListDepth) return fail(field, cat("lists are nested deeper than ", kMaxListDepth));
  Part child;
  if (!open_box(field + EnumAt::kPayload, kEnumSize, &child) || !dtype(child.begin, depth + 1)) return false;
  close(child);
  return true;
}

}  // namespace strata::archive
