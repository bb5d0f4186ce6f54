// Chunks of String and Binary: u32 offsets[N + 1], then the elements' bytes.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace strata {

// A decoded chunk of `count` elements, checked whole; valid as long as its bytes.
class VarlenView {
 public:
  static Result<VarlenView> parse(Bytes raw, uint64_t count);
  uint64_t count() const { return count_; }
  uint32_t offset(uint64_t i) const { return count_ ? load<uint32_t>(raw_.data() + 4 * i) : 0; }
  std::string_view element(uint64_t i) const {
    uint32_t from = offset(i);
    return as_text(payload().subspan(from, offset(i + 1) - from));
  }
  Bytes payload() const { return count_ ? raw_.subspan(4 * (count_ + 1)) : Bytes(); }

 private:
  Bytes raw_;
  uint64_t count_ = 0;
};

// A chunk whose elements are all empty.
Buffer empty_varlen(uint64_t count);

}  // namespace strata
