// The extension section: strata's own bytes between the last block and the footer, ignored by the original.
//
//   [entry]* [trailer]        starts at an 8-aligned place of the file, length a multiple of 8
//   entry:   u32 tag, u32 form = 0, u64 length, payload, zeroes up to a multiple of 8
//   trailer: u64 length of the section (trailer included), u32 version = 1, u32 number of entries,
//            u64 XXH3-64 of all bytes of the section before this field, "STRATASX"
//
// Tags and forms that a reader does not know are skipped, and so is a section of another version. Optional to every reader. Layouts of
// the entries: docs/format.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/status.h"
#include "format/dtype.h"

namespace strata {

inline constexpr size_t kSectionTrailerSize = 32;

// What is wanted in a file: every member is optional.
enum class LayerKind : uint32_t { kData = 1, kBase = 2, kFiller = 3, kMarker = 4 };

struct AbsorbedLayer {
  uint32_t slot = 0;
  Id128 id;
};

// Who this layer is (tag "IDEN").
struct Identity {
  Id128 layer_id, file_id, parent_id, commit_id;  // parent: the layer below when this one was written; nil in a base
  LayerKind kind = LayerKind::kData;
  uint32_t slot = 0;
  int64_t time_ns = 0;  // wall clock at the commit
  std::string array;    // of a store: the array's name; else empty
  // A base: the layers it contains. A filler: empty. A marker: those that the base `base_id` will contain.
  std::vector<AbsorbedLayer> absorbed;
  Id128 base_id;  // a filler: the base it went into; a marker: the base that is to be put in place
};

// Where the frames of each block start (tag "FRAM"). A frame ends where the next one of its block starts. Without a codec a frame
// is a page: it decompresses to itself.
struct FrameStart {
  uint64_t compressed_offset = 0;  // in the block's stored bytes
  uint64_t raw_offset = 0;         // in the decompressed block
};
struct FrameIndex {
  std::vector<uint64_t> first;  // block i has frames [first[i], first[i + 1]); one more than blocks
  std::vector<FrameStart> frames;
  std::vector<uint64_t> digests;  // XXH3-64 of each frame's stored bytes; written bound to the layer (tag "DIGS")
};

// Statistics of one chunk: over its cells that differ from the fill value.
struct ChunkStatistics {
  uint64_t count = 0;       // cells
  uint64_t null_count = 0;  // cells equal to the fill
  std::optional<Value> min, max;
};
// For each array record that has chunks in this layer, one row per chunk in the record's order (tag "CSTA").
struct ArrayChunkStatistics {
  uint32_t record = 0;  // index of the array record in the footer
  std::vector<ChunkStatistics> chunks;
};

struct Section {
  std::optional<Identity> identity;
  std::optional<FrameIndex> frames;
  std::vector<ArrayChunkStatistics> statistics;
};

// archive: of the footer that the section is written for; with it there are digests, of its pages and of the frames.
// REQUIRES then: an identity, and a digest for each frame.
Result<Buffer> encode_section(const Section& section, Bytes archive = {});

// Statistics rows used in place: 10^7 chunks must not become 10^7 objects at opening.
class SectionView {
 public:
  // `section`: exactly the section's bytes. kCorrupt: says what is wrong at which byte.
  static Result<SectionView> parse(Buffer section);

  const std::optional<Identity>& identity() const { return identity_; }
  bool has_frames() const { return frame_blocks_ != UINT64_MAX; }
  uint64_t frame_block_count() const { return frame_blocks_; }
  std::pair<uint64_t, uint64_t> frames_of(uint64_t block) const;  // [first, end)
  FrameStart frame(uint64_t i) const;
  uint64_t frame_count() const;
  // Digests, bound to the identity's layer.
  bool has_digests() const { return digests_at_ != 0; }
  uint64_t archive_page_count() const { return archive_pages_; }
  uint64_t digested_frame_count() const { return digested_frames_; }
  bool is_archive_page(uint64_t page, Bytes bytes) const { return is_row(page, bytes); }
  bool is_frame(uint64_t frame, Bytes stored) const { return is_row(archive_pages_ + frame, stored); }
  bool has_statistics() const { return has_statistics_; }
  // Rows of the array record `record`; 0 when it has none.
  uint64_t statistics_count(uint32_t record) const;
  // All zero (count 0) when there is no such row or it makes no sense: "unknown", not "no cells".
  ChunkStatistics statistics(uint32_t record, uint64_t chunk) const;

 private:
  struct StatisticsRun {
    uint32_t record;
    uint32_t type;  // of min and max
    uint64_t first, count;
  };
  Status read_entry(uint32_t tag, Bytes payload, size_t at);
  Status read_statistics(Bytes payload, size_t at);
  Status read_digests(Bytes payload, size_t at);
  bool is_row(uint64_t row, Bytes bytes) const;
  const StatisticsRun* run_of(uint32_t record) const;

  Buffer bytes_;
  std::optional<Identity> identity_;
  uint64_t frame_blocks_ = UINT64_MAX;
  size_t frame_firsts_at_ = 0, frame_rows_at_ = 0;
  size_t digests_at_ = 0;  // 0: none
  uint64_t archive_pages_ = 0, digested_frames_ = 0;
  bool has_statistics_ = false;
  std::vector<StatisticsRun> runs_;  // ascending by record
  size_t rows_at_ = 0, heap_at_ = 0, heap_size_ = 0;
};

// The section's length from the last 32 bytes before the footer, whatever its version; nothing when there is no section there.
std::optional<uint64_t> section_length(Bytes last32, uint64_t footer_offset);

}  // namespace strata
