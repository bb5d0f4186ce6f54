// The archive encoding of footers and statistics, as bytes: where the fields of each record lie, and how to read a
// pointer, a list or a text that was checked before (docs/format.md, "The archive encoding").
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "format/dtype.h"

namespace strata::archive {

inline constexpr size_t kVecSize = 16;
inline constexpr size_t kTextSize = 16;    // also the longest text that is kept in its own field
inline constexpr size_t kEnumSize = 24;    // every enum with a payload of up to 16 bytes
inline constexpr size_t kOptionSize = 32;  // of such an enum
inline constexpr size_t kMaxListDepth = 64;

struct FooterAt {
  static constexpr size_t kVersion = 0, kBlocks = 8, kArrays = 24, kAttrKeys = 40, kAttrValues = 56, kOverlayIndex = 72,
                          kBaseFileHint = 80, kSize = 96;
};
inline constexpr uint32_t kFooterVersion = 4;

struct BlockAt {
  static constexpr size_t kId = 0, kFileOffset = 8, kCompressedSize = 16, kUncompressedSize = 24, kCodec = 32,
                          kCodecName = 40, kSize = 56;
};
struct ArrayAt {
  static constexpr size_t kName = 0, kDType = 16, kShape = 40, kDimensionNames = 56, kChunkShape = 72, kChunks = 88,
                          kFill = 104, kDeleted = 136, kAttributes = 144, kSize = 168;
};
struct ChunkAt {
  static constexpr size_t kCoord = 0, kBlock = 16, kOffset = 20, kBytes = 24, kSize = 32;
};
struct StatAt {
  static constexpr size_t kName = 0, kMin = 16, kMax = 48, kNullCount = 80, kRowCount = 88, kSize = 96;
};
// Inside a 24-byte enum, and inside an Option of one.
struct EnumAt {
  static constexpr size_t kPayload = 8;  // of 8-byte alignment: a number, a list, a text or a pointer
  static constexpr size_t kListSize = 16;
  static constexpr size_t kOptionValue = 8;
};

inline constexpr uint8_t kLastDTypeTag = 15, kLastAttributeTag = 11, kLastAttributesTag = 2;
// Tags of FillValue and StatValue, which number their kinds on their own.
enum class FillTag : uint8_t { kBool = 0, kInt = 1, kUInt = 2, kFloat = 3, kString = 4, kTimestampNs = 5, kLast = 5 };
enum class StatTag : uint8_t { kInt = 0, kUInt = 1, kFloat = 2, kBytes = 3, kTimestampNs = 4, kLast = 4 };

// ---- Texts ----
// Up to 16 bytes lie in the field itself; longer ones behind a pointer that counts from the start of the field. The two
// top bits of the first byte tell which: no UTF-8 text starts with 10xxxxxx.
inline bool text_is_inline(const uint8_t* field) { return (field[0] & 0xC0) != 0x80; }
inline size_t inline_text_size(const uint8_t* field) {
  const void* end = std::memchr(field, 0xFF, kTextSize);
  return end ? static_cast<size_t>(static_cast<const uint8_t*>(end) - field) : kTextSize;
}
constexpr uint64_t text_size_word(uint64_t n) { return (n & 0x3F) | 0x80 | ((n & ~uint64_t{0x3F}) << 2); }
constexpr uint64_t text_size_of(uint64_t word) { return (word & 0x3F) | ((word & ~uint64_t{0xFF}) >> 2); }

// ---- Reading what was checked ----

struct Vec {
  const uint8_t* data;
  size_t count;
};
inline Vec vec_at(const uint8_t* field) {
  return {field + load<int64_t>(field), static_cast<size_t>(load<uint64_t>(field + 8))};
}
inline std::string_view text_at(const uint8_t* field) {
  if (text_is_inline(field)) return as_text({field, inline_text_size(field)});
  return as_text({field + load<int64_t>(field + 8), static_cast<size_t>(text_size_of(load<uint64_t>(field)))});
}

// The number of type `type` in an enum's payload, extended to 64 bits. REQUIRES: a type of fixed width.
uint64_t scalar_at(const uint8_t* field, Type type);
// The reverse: sets tag and payload of a field that is zero so far.
void put_scalar(uint8_t* field, uint8_t tag, Type type, uint64_t bits);
// Whether bits are a number of that type, extended as Value asks for.
bool is_canonical(Type type, uint64_t bits);

Type fill_type(FillTag tag);
Type stat_type(StatTag tag);
// Nothing when the format has no such fill or statistic.
std::optional<FillTag> fill_tag(Type type);
std::optional<StatTag> stat_tag(Type type);

}  // namespace strata::archive
