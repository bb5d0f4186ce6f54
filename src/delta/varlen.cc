#include "delta/varlen.h"

namespace strata {

Result<VarlenView> VarlenView::parse(Bytes raw, uint64_t count) {
  VarlenView v;
  if (count == 0) return v;
  if (raw.size() < 4 || (raw.size() - 4) / 4 < count)
    return Status(Code::kCorrupt, cat("a chunk of ", count, " text elements has only ", raw.size(), " bytes"));
  v.raw_ = raw;
  v.count_ = count;
  uint64_t payload = raw.size() - 4 * (count + 1);
  if (v.offset(0) != 0) return Status(Code::kCorrupt, cat("the first text offset of a chunk is ", v.offset(0), ", not 0"));
  for (uint64_t i = 0; i < count; ++i) {
    if (v.offset(i) > v.offset(i + 1))
      return Status(Code::kCorrupt, cat("text offsets ", i, " and ", i + 1, " of a chunk descend"));
  }
  if (v.offset(count) != payload)
    return Status(Code::kCorrupt, cat("a chunk of ", count, " text elements ends at ", v.offset(count), " of ", payload, " bytes"));
  return v;
}

Buffer empty_varlen(uint64_t count) {
  Buffer out(4 * (count + 1));
  std::memset(out.data(), 0, out.size());
  return out;
}

}  // namespace strata
