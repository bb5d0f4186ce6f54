// Writes a layer: the frames of a pending layer as blocks, then section, footer and trailer.
//
//   [block]* zeroes up to a multiple of 8 [extension section] [footer archive] [trailer]
#pragma once

#include <memory>
#include <vector>

#include "delta/pending_layer.h"
#include "format/footer.h"
#include "format/section.h"
#include "storage/storage.h"

namespace strata {

struct FramePlace {
  uint32_t block = 0;
  uint32_t raw_begin = 0;  // in the decompressed block
};

// How live frames, in the order of the log, become blocks.
struct BlockPlan {
  std::vector<uint32_t> order;      // live frames
  std::vector<FramePlace> places;   // by frame
  std::vector<BlockRecord> blocks;
  FrameIndex frame_index;           // with codec none: of pages
  uint64_t data_size = 0;

  ChunkAddress address(const PendingChunk& chunk) const {
    const FramePlace& p = places[chunk.frame];
    return {p.block, p.raw_begin + chunk.offset, chunk.size};
  }
};
BlockPlan plan_blocks(const PendingLayer& layer);

struct WrittenLayer {
  std::unique_ptr<Staged> own;  // when the frames were copied into a new object
  Staged* object = nullptr;     // sealed, to be placed: *own, or the log's file
  Buffer archive, section;      // as they were written
};
// Puts the layer together and seals it; nothing has a name yet (or the staging key, if one is given). The log's own file is
// finished where that is possible: nobody wrote a dead byte to it, it lies in the right folder, and `may_adopt`.
Result<WrittenLayer> write_layer(Storage& storage, std::string_view key, std::string_view staging_key, PendingLayer& layer,
                                 const BlockPlan& plan, const Footer& footer, const Section& section, bool may_adopt,
                                 const CancelToken* cancel);
// A layer without data (an empty base, a filler, a marker).
Result<WrittenLayer> write_empty_layer(Storage& storage, std::string_view key, std::string_view staging_key,
                                       const Footer& footer, const Section& section);

}  // namespace strata
