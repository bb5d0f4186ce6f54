#include "delta/element_layout.h"

#include "base/checked.h"

namespace strata {

Result<ElementLayout> ElementLayout::of(const DType& dtype) {
  ElementLayout out;
  uint64_t factor = 1;  // elements of this type in one of the level above
  for (const DType* d = &dtype;; d = d->child.get()) {
    if (!d) return Status(Code::kInvalid, "a list without an element type");
    out.value = d->type;
    if (d->type == Type::kFixedSizeList) {
      if (d->list_size == 0)
        return Status(Code::kInvalid, cat(dtype_name(dtype), ": a list of the fixed size 0 holds nothing"));
      if (mul_overflows(factor, d->list_size, &factor) || factor > INT64_MAX / 8)
        return Status(Code::kLimit, cat(dtype_name(dtype), ": an element has more than 2^60 values"));
    } else if (d->type == Type::kList) {
      out.per_outer.push_back(std::exchange(factor, 1));
    } else if (is_text_like(d->type)) {
      out.per_outer.push_back(factor);
      out.unit = 1;
      return out;
    } else {
      out.unit = factor * fixed_width(d->type);
      return out;
    }
  }
}

std::optional<uint64_t> ElementLayout::least_bytes(uint64_t count) const {
  uint64_t n = count;
  if (per_outer.empty()) return mul_overflows(n, unit, &n) ? std::nullopt : std::optional(n);
  // An offset for each list and one more; of the levels below, which have no lists, the first offset alone.
  if (mul_overflows(n, per_outer.front(), &n) || n > UINT64_MAX / 8) return std::nullopt;
  return 4 * (n + levels());
}

}  // namespace strata
