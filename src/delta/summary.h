// Statistics of one chunk while it is pending: the packed form of ChunkStatistics, computed in one pass over the bytes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "delta/array_meta.h"
#include "format/section.h"

namespace strata {

struct ChunkSummary {
  uint64_t count = 0, null_count = 0;
  uint64_t min = 0, max = 0;                               // bits, as in Value; meaningless when all cells are null
  std::unique_ptr<std::pair<std::string, std::string>> text;  // min and max of String and Binary

  bool has_range() const { return null_count < count; }
};

// The kind of min and max for an element type; nothing for lists, which have none.
std::optional<Type> statistic_type(Type type);

// `raw`: a decoded chunk of `count` elements. kCorrupt when it is no such chunk.
Result<ChunkSummary> summarize(const ArrayMeta& meta, Bytes raw, uint64_t count);

ChunkStatistics to_statistics(Type type, const ChunkSummary& summary);

// Whether a row of a section can be that of a chunk with so many elements of the type: what does not fit says nothing.
bool fits(const ChunkStatistics& row, Type type, uint64_t elements);

// Adds a chunk to the statistics of its array, which begin with null_count = row_count and no range.
void merge_statistics(ArrayStatistics& into, const ChunkStatistics& chunk);

}  // namespace strata
