// The footer of an .af file: what to write (Footer), and the bytes of one that was read and checked (FooterView).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "format/dtype.h"

namespace strata {

struct BlockRecord {
  uint32_t id = 0;
  uint64_t file_offset = 0;
  uint64_t compressed_size = 0;
  uint64_t uncompressed_size = 0;
  std::string codec;  // "" = none
};

struct ChunkAddress {
  uint32_t block = 0;   // id of the block
  uint32_t offset = 0;  // bytes in the decompressed block
  uint32_t size = 0;
};

struct ArrayRecord {
  std::string name;
  DType dtype;
  std::vector<uint32_t> shape;
  std::vector<std::string> dimension_names;
  std::vector<uint32_t> chunk_shape;
  std::vector<uint32_t> chunk_coords;    // rank numbers a chunk, one chunk after the other
  std::vector<ChunkAddress> chunks;
  std::optional<Value> fill;
  bool deleted = false;
  std::vector<std::pair<uint64_t, uint64_t>> attributes;  // (key index, value index), ascending by key index
  int attribute_width = 0;  // 16, 32 or 64; 0 = the narrowest of 16 and 32 that holds every index
};

struct Footer {
  std::vector<BlockRecord> blocks;
  std::vector<ArrayRecord> arrays;
  std::vector<std::string> attr_keys;
  std::vector<Value> attr_values;
  uint32_t overlay_index = 0;
  std::string base_file_hint;
};

// The archive (without trailer), byte for byte as the original writes it.
Result<Buffer> encode_footer(const Footer& footer);

// One array's record inside a FooterView; valid as long as that view.
class ArrayView {
 public:
  ArrayView() = default;
  std::string_view name() const;
  DType dtype() const;
  Type type() const;  // the outermost type, without building a DType
  std::span<const uint32_t> shape() const;
  size_t dimension_count() const;
  std::string_view dimension_name(size_t i) const;
  std::span<const uint32_t> chunk_shape() const;
  size_t chunk_count() const;
  std::span<const uint32_t> chunk_coord(size_t i) const;  // may have any rank in a hostile file
  ChunkAddress chunk(size_t i) const;
  std::optional<Value> fill() const;
  bool deleted() const;
  int attribute_width() const;  // 16, 32, 64
  size_t attribute_count() const;
  std::pair<uint64_t, uint64_t> attribute(size_t i) const;

 private:
  friend class FooterView;
  explicit ArrayView(const uint8_t* record) : p_(record) {}
  const uint8_t* p_ = nullptr;
};

// A footer used in place: checked once, whole, as strictly as the original's validator; every accessor is then
// constant time and allocates nothing but what it returns.
class FooterView {
 public:
  // Takes the archive's bytes. kFormat: another version. kCorrupt: says at which byte of the archive what is wrong.
  static Result<FooterView> parse(Buffer archive);

  size_t block_count() const;
  BlockRecord block(size_t i) const;
  size_t array_count() const;
  ArrayView array(size_t i) const;
  size_t attr_key_count() const;
  std::string_view attr_key(size_t i) const;
  size_t attr_value_count() const;
  Value attr_value(size_t i) const;
  uint32_t overlay_index() const;
  std::string_view base_file_hint() const;
  size_t size() const { return archive_.size(); }
  Bytes archive() const { return archive_.bytes(); }

  // Everything, owned. A chunk whose coordinate is of another rank than the shape has no place there and is left out.
  Footer to_footer() const;

 private:
  Buffer archive_;
};

// ---- Statistics: the archive of `{stem}.stats` ----
Result<Buffer> encode_stats(std::span<const ArrayStatistics> arrays);
Result<std::vector<ArrayStatistics>> decode_stats(Bytes archive);

// ---- Containers ----
inline constexpr size_t kTrailerSize = 12;
inline constexpr std::string_view kFooterMagic = "ARRF";
inline constexpr std::string_view kStatsMagic = "ARST";

// Size of the archive, from the last 12 bytes of a file of `file_size` bytes.
Result<uint64_t> parse_trailer(Bytes trailer, std::string_view magic, uint64_t file_size);
void append_trailer(Buffer& out, uint64_t archive_size, std::string_view magic);

}  // namespace strata
