#include "file/cells.h"

namespace strata {

Result<VarlenData> read_cells(ArrayFile& file, const ArrayFile::Ref& array, std::span<const uint64_t> start,
                              std::span<const uint64_t> count, CancelToken* cancel) {
  const uint64_t width = array->meta.width();
  if (!width) return file.read_varlen(array, start, count, cancel);
  uint64_t bytes = width;
  for (uint64_t n : count) bytes *= n;
  VarlenData out;
  out.values.resize(bytes);
  ReadRequest r;
  r.array = array.get();
  r.start = start;
  r.count = count;
  r.dst = out.values.data();
  row_major_strides(count.size(), count.data(), width, r.strides);
  STRATA_TRY(file.read({&r, 1}, false, cancel));
  return out;
}

Status write_cells(ArrayFile& file, const ArrayFile::Ref& array, std::span<const uint64_t> start,
                   std::span<const uint64_t> count, const VarlenData& cells, CancelToken* cancel) {
  if (const uint64_t width = array->meta.width()) {
    int64_t strides[kMaxRank];
    row_major_strides(count.size(), count.data(), width, strides);
    return file.write(array, start, count, WriteSource::of(cells.values.data(), strides), cancel);
  }
  std::vector<std::span<const int64_t>> levels;
  for (const Buffer& o : cells.offsets) levels.emplace_back(reinterpret_cast<const int64_t*>(o.data()), o.size() / 8);
  return file.write(array, start, count, WriteSource::of({levels, cells.values.bytes()}), cancel);
}

}  // namespace strata
