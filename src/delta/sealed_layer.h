// One published layer: its footer and section in memory, its blocks in storage. Immutable.
//
// Threads: everything from any thread at once.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "codec/codec.h"
#include "delta/geometry.h"
#include "format/footer.h"
#include "format/section.h"
#include "storage/storage.h"

namespace strata {

// What has to be read, verified and decompressed for one chunk: a frame, a block that has no frames, or, with codec none, the pages
// that it lies in, or just its bytes where there are no pages.
struct Unit {
  uint64_t offset = 0;     // in the file
  uint64_t stored = 0;     // bytes there
  uint64_t raw_limit = 0;  // the most bytes it may decompress to
  uint64_t raw_begin = 0;  // place of its first byte in the decompressed block
  const Codec* codec = nullptr;
  bool exact = false;      // decompresses to exactly raw_limit bytes (frames)
  uint32_t block = 0;      // for messages
  uint64_t first_frame = 0, frames = 0;  // in the layer's index; 0 frames: it has no digest
};

// When stored bytes are held against their digests.
enum class Verify : uint8_t {
  kAlways,  // each time they are read from storage
  kFirst,   // the first time
  kNever,
};

class SealedLayer {
 public:
  // kFormat, kCorrupt, ... with the file's name in the message.
  static Result<std::shared_ptr<const SealedLayer>> open(Storage& storage, std::string_view key, const CodecSet& codecs);
  // The same from bytes that were just written.
  static Result<std::shared_ptr<const SealedLayer>> make(std::shared_ptr<const ObjectReader> object, std::string name,
                                                         Buffer archive, Buffer section, const CodecSet& codecs);

  const std::string& name() const { return name_; }  // for messages
  const std::string& key() const { return key_; }    // under which it was opened; "" when it was made
  uint64_t tail_size() const { return tail_size_; }   // from its section to its end
  uint64_t footer_digest() const;                     // XXH3-64 of the archive
  const ObjectReader& object() const { return *object_; }
  const FooterView& footer() const { return footer_; }
  const Identity* identity() const { return section_ && section_->identity() ? &*section_->identity() : nullptr; }
  bool has_statistics() const { return section_ && section_->has_statistics(); }
  ChunkStatistics statistics(uint32_t record, uint64_t chunk) const { return section_->statistics(record, chunk); }

  // The record of that name that counts: the last one. after_tombstone: an earlier record of this layer deleted the name.
  struct Found {
    uint32_t record;
    bool after_tombstone;
  };
  std::optional<Found> find(std::string_view array) const;

  // Place of a chunk in the record's list, the first where there are several; nothing when this layer does not have it.
  std::optional<uint64_t> find_chunk(uint32_t record, const Geometry& geometry, uint64_t number) const;
  // kCorrupt when block, address or frame index point outside; kCodec when the codec is unknown.
  Result<Unit> unit_of(const ChunkAddress& address) const;
  // kCorrupt when the bytes, all those of the unit, are not those that were written. Without a digest nothing is known of them.
  Status verify(const Unit& unit, Bytes stored, Verify when) const;
  // Whether all of the unit was found right before, with Verify::kFirst.
  bool is_verified(const Unit& unit) const;
  // Of a unit of codec none with digests: the page that holds its byte `at`; or all pages that end at or before `end`, from that on.
  Unit page_at(const Unit& unit, uint64_t at) const;
  Unit pages_within(const Unit& unit, uint64_t at, uint64_t end) const;

  // The codec of a chunk's block; "" = none.
  std::string_view codec_of(const ChunkAddress& address) const;

  // Bytes that a unit decompresses to, as far as can be told before that is done.
  uint64_t raw_bytes(const Unit& unit) const;
  // Decompresses a unit's stored bytes into a buffer of the right size.
  Result<Buffer> decode(const Unit& unit, Bytes stored) const;
  // The same into memory of exactly unit.raw_limit bytes. REQUIRES: unit.exact.
  Status decode_into(const Unit& unit, Bytes stored, MutBytes out) const;

 private:
  struct BlockInfo {
    uint64_t offset, stored, raw;
    const Codec* codec;  // nullptr: unknown
    std::string codec_name;
  };
  struct ChunkTable;  // sealed_layer.cc

  SealedLayer() = default;
  const BlockInfo* block(uint32_t id, uint64_t* place) const;
  Status check_archive(Bytes archive) const;
  Status check_no_section() const;
  Unit pages(const Unit& unit, uint64_t first, uint64_t last) const;
  uint64_t frame_at(uint64_t first, uint64_t last, uint64_t at) const;
  Status corrupt(std::string what) const { return Status(Code::kCorrupt, cat(name_, ": ", what)); }
  std::shared_ptr<const ChunkTable> table_of(uint32_t record, const ArrayView& view, const Geometry& geometry) const;

  std::string name_, key_;
  uint64_t tail_size_ = 0;
  std::shared_ptr<const ObjectReader> object_;
  FooterView footer_;
  std::optional<SectionView> section_;
  std::vector<BlockInfo> blocks_;
  std::unordered_map<uint32_t, uint32_t> block_places_;  // only when ids are not 0, 1, 2 ...

  // Verify::kFirst: a bit for each frame that was found right.
  mutable std::once_flag verified_once_;
  mutable std::unique_ptr<std::atomic<uint64_t>[]> verified_;

  mutable std::once_flag names_once_;
  mutable std::unordered_map<std::string_view, Found, TextHash, TextEqual> names_;
  mutable std::mutex tables_mu_;
  mutable std::unordered_map<uint32_t, std::shared_ptr<const ChunkTable>> tables_;
};

}  // namespace strata
