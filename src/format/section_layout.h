// Where things lie in the extension section and its entries (docs/format.md, "strata's section").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "format/section.h"

namespace strata::section {

inline constexpr std::string_view kMagic = "STRATASX";
inline constexpr uint32_t kVersion = 1;

constexpr uint32_t tag_of(const char (&text)[5]) {
  uint32_t tag = 0;
  for (int i = 3; i >= 0; --i) tag = tag << 8 | static_cast<uint8_t>(text[i]);
  return tag;
}
inline constexpr uint32_t kIdentityTag = tag_of("IDEN"), kFramesTag = tag_of("FRAM"), kStatisticsTag = tag_of("CSTA"),
                          kDigestsTag = tag_of("DIGS");

struct TrailerAt {
  static constexpr size_t kLength = 0, kVersion = 8, kEntries = 12, kHash = 16, kMagic = 24, kSize = 32;
};
static_assert(TrailerAt::kSize == kSectionTrailerSize);

struct EntryAt {
  static constexpr size_t kTag = 0, kForm = 4, kLength = 8, kSize = 16;
};

// IDEN: this head, rows of absorbed layers, the array's name.
struct IdentityAt {
  static constexpr size_t kLayer = 0, kFile = 16, kParent = 32, kCommit = 48, kBase = 64, kTime = 80, kKind = 88,
                          kSlot = 92, kNameSize = 96, kAbsorbed = 100, kSize = 104;
};
struct AbsorbedAt {
  static constexpr size_t kId = 0, kSlot = 16, kSize = 24;
};

// FRAM: this head, u64 first[blocks + 1], rows of frames.
struct FramesAt {
  static constexpr size_t kBlocks = 0, kFrames = 8, kSize = 16;
};
struct FrameRowAt {
  static constexpr size_t kCompressed = 0, kRaw = 8, kSize = 16;
};

// DIGS: this head, u64 digest of each page of the archive, then of each frame.
struct DigestsAt {
  static constexpr size_t kPages = 0, kFrames = 8, kSize = 16;
};

// CSTA: this head, rows of runs, rows of chunks, a heap of texts.
struct StatisticsAt {
  static constexpr size_t kRuns = 0, kRows = 8, kHeap = 16, kSize = 24;
};
struct RunAt {
  static constexpr size_t kRecord = 0, kType = 4, kFirst = 8, kCount = 16, kSize = 24;
};
struct RowAt {
  static constexpr size_t kMin = 0, kMax = 8, kNullCount = 16, kCount = 24, kFlags = 32, kSize = 40;
};
inline constexpr uint32_t kHasMin = 1, kHasMax = 2;
inline constexpr uint32_t kNoType = UINT32_MAX;  // of a run without any min or max
// A text in the heap: u64 length, bytes, zeroes up to a multiple of 8. Rows hold its offset.
inline constexpr size_t kHeapHead = 8;

constexpr bool is_statistic(Type type) {
  return type == Type::kInt64 || type == Type::kUInt64 || type == Type::kFloat64 || type == Type::kTimestampNs ||
         type == Type::kString || type == Type::kBinary;
}

}  // namespace strata::section
