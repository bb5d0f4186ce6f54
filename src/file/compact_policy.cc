// When a flush compacts by itself: many layers, or many bytes in them that nobody reads any more.
#include "file/array_file.h"

namespace strata {

// Decompressed bytes of stored chunks that what is pending takes the place of.
uint64_t ArrayFile::replaced_bytes() const {
  uint64_t bytes = 0;
  for (const Ref& def : touched_) {
    if (!def->committed()) continue;
    const auto add = [&](uint64_t number) {
      for (const LayerRecord& source : def->sources)
        if (const auto place = source.layer->find_chunk(source.record, def->meta.geometry, number)) {
          bytes += source.view().chunk(*place).size;
          break;
        }
    };
    if (def->deleted)
      for (uint64_t number : stored_chunks(*def)) add(number);
    else
      for (const PendingChunk& c : def->chunks.chunks) add(c.number);
  }
  return bytes;
}

// All that layers hold, less what is read of it.
Result<uint64_t> ArrayFile::count_dead_bytes(const CancelToken* cancel) {
  uint64_t bytes = 0;
  for (const auto& layer : stack_->layers)
    for (size_t i = 0; i < layer->footer().array_count(); ++i) {
      const ArrayView view = layer->footer().array(i);
      for (size_t k = 0; k < view.chunk_count(); ++k) bytes += view.chunk(k).size;
    }
  for (const std::string& name : committed_names()) {
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(const Ref def, find_in(stack_.get(), name));
    for (uint64_t number : stored_chunks(*def)) {
      const ChunkSource source = find_chunk(*def, number);
      bytes -= std::min<uint64_t>(bytes, source.layer->view().chunk(source.place).size);
    }
  }
  return bytes;
}

// REQUIRES: nothing is pending, and stack_ is the last commit.
Result<bool> ArrayFile::is_compaction_due(const CancelToken* cancel) {
  if (stack_->layers.size() < 2) return false;
  if (options_.compact_layers && stack_->layers.size() > options_.compact_layers) return true;
  if (!options_.compact_dead_bytes) return false;
  if (!dead_bytes_) {
    STRATA_ASSIGN(dead_bytes_, count_dead_bytes(cancel));
  }
  return *dead_bytes_ >= options_.compact_dead_bytes;
}

// REQUIRES: as is_compaction_due.
Status ArrayFile::compact_by_policy(CancelToken* cancel) {
  STRATA_ASSIGN(const bool due, is_compaction_due(cancel));
  return due ? compact_alone(cancel) : Status();
}

}  // namespace strata
