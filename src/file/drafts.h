// What a layer or a base is before it has a name: everything but its blocks, which are in the frame log.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "delta/layer_writer.h"
#include "file/array_file.h"

namespace strata {

struct ArrayFile::LayerDraft {
  Id128 id;
  BlockPlan plan;
  Footer footer;
  Section section;
  std::vector<std::pair<Ref, uint32_t>> records;  // what is read from the new layer, and its record there
  std::vector<ArrayStatistics> statistics;        // of the arrays that were written
  std::vector<std::string> no_statistics;         // of arrays that were deleted or defined anew
};

// A new base: all that the layers hold.
struct ArrayFile::BaseDraft {
  struct Target {
    Ref def;
    PendingChunks chunks;
  };
  bool with_pending = false;     // it changes values: all that is pending goes into it
  bool same_dictionary = false;  // attributes are numbered as below: layers that were made meanwhile may lie above it
  std::vector<std::unique_ptr<Target>> targets;
  std::unique_ptr<PendingLayer> layer;
  BlockPlan plan;
  Id128 id;
  Footer footer;
  Section section;
  StatisticsTable table;
};

}  // namespace strata
