// Elements without a fixed width: text, binary, lists. In a chunk a level of offsets is u32 offsets[n + 1], then the next level,
// last the values; in a caller's memory the offsets are int64, each level and the values in a buffer of its own.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "delta/element_layout.h"

namespace strata {

// A decoded chunk of `count` elements, checked whole; valid as long as its bytes.
class VarlenView {
 public:
  // List i of a level has the elements [offset(i), offset(i + 1)) of what comes next.
  struct Level {
    const uint8_t* offsets;
    uint64_t count;  // lists
    uint32_t offset(uint64_t i) const { return load<uint32_t>(offsets + 4 * i); }
  };

  VarlenView() = default;  // nothing
  static Result<VarlenView> parse(const ElementLayout& layout, Bytes raw, uint64_t count);
  bool empty() const { return levels_.empty(); }
  const Level& level(size_t i) const { return levels_[i]; }
  const uint8_t* values() const { return values_; }
  // REQUIRES: string or binary
  std::string_view text(uint64_t i) const {
    const uint32_t from = levels_[0].offset(i);
    return {reinterpret_cast<const char*>(values_) + from, levels_[0].offset(i + 1) - from};
  }

 private:
  std::vector<Level> levels_;
  const uint8_t* values_ = nullptr;
};

// A caller's elements. REQUIRES: check_column.
struct VarlenColumn {
  std::span<const std::span<const int64_t>> offsets;  // of each level
  Bytes values;
};
// Whether these are `count` elements: as many offsets as there must be, from 0, not descending, within the values; bools 0 or 1; texts
// in UTF-8.
Status check_column(const ElementLayout& layout, const VarlenColumn& column, uint64_t count);

// Elements [from, from + count) of a chunk or of a caller; of neither: empty ones.
struct VarlenRun {
  const VarlenView* chunk = nullptr;
  const VarlenColumn* column = nullptr;
  uint64_t from = 0, count = 0;
};
// The chunk that has these elements. kLimit: beyond 4 GiB.
Result<Buffer> join_runs(const ElementLayout& layout, std::vector<VarlenRun> runs);

}  // namespace strata
