// Checks an archive the way the original's validator does (docs/format.md, "What a reader checks"), so that it can then
// be read in place without looking again.
//
// The records are walked in the order of their declaration with a window of bytes that may still be pointed to. What
// lies out of line has to lie inside it; its own parts before it, those of its later siblings after it. So no byte is
// visited twice, and the time is linear however the pointers were forged.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "format/archive.h"

namespace strata::archive {

class Walker {
 public:
  // what: begins each message: "footer".
  Walker(Bytes bytes, std::string_view what) : base_(bytes.data()), hi_(bytes.size()), what_(what) {}

  // The place of something out of line, between open() and close().
  struct Part {
    size_t begin = 0, end = 0, count = 0;
    size_t outer_hi = 0;
  };

  // Each returns false after an error, which status() then holds.
  bool open_root(size_t size, Part* part);
  bool open_vec(size_t field, size_t element_size, size_t alignment, Part* part);
  bool open_box(size_t field, size_t size, Part* part);
  void close(const Part& part) {
    lo_ = part.end;
    hi_ = part.outer_hi;
  }
  // A list whose elements point nowhere.
  bool numbers(size_t field, size_t element_size, size_t alignment) {
    Part part;
    if (!open_vec(field, element_size, alignment, &part)) return false;
    close(part);
    return true;
  }
  bool text(size_t field);
  bool texts(size_t field);
  bool boolean(size_t field) { return number(field) <= 1 || fail(field, "a bool is neither 0 nor 1"); }
  bool tag(size_t field, uint8_t last) { return number(field) <= last || fail_tag(field, last); }
  bool dtype(size_t field, size_t depth = 0);

  uint8_t number(size_t field) const { return base_[field]; }
  template <typename T>
  T get(size_t field) const {
    return load<T>(base_ + field);
  }
  bool fail(size_t at, std::string_view why);

  // For messages: what is being walked. The text is kept by reference.
  void in_list(std::string_view list, size_t index) {
    list_ = list;
    index_ = index;
  }
  void in_field(std::string_view field) { field_ = field; }

  Status take_status() { return std::move(status_); }

 private:
  bool open(size_t field, size_t from, int64_t pointer, size_t size, size_t alignment, Part* part);
  bool fail_tag(size_t field, uint8_t last);

  const uint8_t* base_;
  size_t lo_ = 0, hi_;
  std::string_view what_, list_, field_;
  size_t index_ = 0;
  Status status_;
};

}  // namespace strata::archive
