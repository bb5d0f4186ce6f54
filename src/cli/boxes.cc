#include "boxes.h"

namespace strata_cli {
namespace {

constexpr std::uint64_t kBoxBytes = std::uint64_t{64} << 20;

}  // namespace

strata::Extents box_of(std::span<const std::uint64_t> shape, std::span<const std::uint64_t> chunk, std::size_t width) {
  strata::Extents box(shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    box[axis] = std::min(chunk[axis], std::max<std::uint64_t>(shape[axis], 1));
  }
  std::uint64_t bytes = product(box) * width;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const std::uint64_t fits = std::max<std::uint64_t>(kBoxBytes / std::max<std::uint64_t>(bytes, 1), 1);
    const std::uint64_t chunks = (shape[axis] + box[axis] - 1) / box[axis];
    const std::uint64_t take = std::min(fits, std::max<std::uint64_t>(chunks, 1));
    bytes = bytes / box[axis];
    box[axis] = std::min(box[axis] * take, std::max<std::uint64_t>(shape[axis], 1));
    bytes *= box[axis];
    if (take < chunks) break;
  }
  return box;
}

}  // namespace strata_cli
