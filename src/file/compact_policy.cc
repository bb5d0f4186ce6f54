// What a compaction would find and leave, and when a flush compacts by itself: many layers, or many bytes in them that nobody reads
// any more.
#include <algorithm>

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

// REQUIRES: stack_. Blocks are taken to shrink as the bytes in them that are read are fewer.
Result<CompactionPlan> ArrayFile::plan_alone(const CancelToken* cancel) {
  struct Held {
    uint64_t bytes = 0, read = 0;  // decompressed
  };
  std::unordered_map<const SealedLayer*, Held> held;
  CompactionPlan plan;
  plan.merges = needs_compaction();
  plan.layers = stack_->layers.size();
  for (const auto& layer : stack_->layers) {
    plan.bytes += layer->object().size();
    uint64_t& bytes = held[layer.get()].bytes;
    for (size_t i = 0; i < layer->footer().array_count(); ++i) {
      const ArrayView view = layer->footer().array(i);
      for (size_t k = 0; k < view.chunk_count(); ++k) bytes += view.chunk(k).size;
    }
  }
  for (const std::string& name : committed_names()) {
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(const Ref def, find_in(stack_.get(), name));
    for (uint64_t number : stored_chunks(*def)) {
      const ChunkSource source = find_chunk(*def, number);
      held[source.layer->layer.get()].read += source.layer->view().chunk(source.place).size;
    }
  }
  for (const auto& layer : stack_->layers) {
    const Held& h = held[layer.get()];
    const uint64_t read = std::min(h.read, h.bytes);  // forged footers may say anything
    plan.dead_bytes += h.bytes - read;
    const uint64_t tail = std::min(layer->tail_size(), layer->object().size());
    const bool is_base = layer == stack_->layers.front();
    const double part = h.bytes ? static_cast<double>(read) / static_cast<double>(h.bytes) : 0;
    const uint64_t shrinks = is_base ? layer->object().size() - tail : layer->object().size();
    plan.bytes_after += layer->object().size() - shrinks + static_cast<uint64_t>(part * static_cast<double>(shrinks));
  }
  if (!plan.merges) plan.bytes_after = plan.bytes;
  return plan;
}

Result<CompactionPlan> ArrayFile::plan_compaction(const CancelToken* cancel) {
  STRATA_ASSIGN(const Alone lock, lock_alone());
  STRATA_TRY(check(cancel));
  return stack_ ? plan_alone(cancel) : CompactionPlan();
}

// REQUIRES: nothing is pending, and stack_ is the last commit.
Result<bool> ArrayFile::is_compaction_due(const CancelToken* cancel) {
  if (stack_->layers.size() < 2) return false;
  if (options_.compact_layers && stack_->layers.size() > options_.compact_layers) return true;
  if (!options_.compact_dead_bytes) return false;
  if (!dead_bytes_) {
    STRATA_ASSIGN(const CompactionPlan plan, plan_alone(cancel));
    dead_bytes_ = plan.dead_bytes;
  }
  return *dead_bytes_ >= options_.compact_dead_bytes;
}

// REQUIRES: as is_compaction_due.
Status ArrayFile::compact_by_policy(CancelToken* cancel) {
  STRATA_ASSIGN(const bool due, is_compaction_due(cancel));
  return due ? compact_alone(cancel) : Status();
}

}  // namespace strata
