// The layers of an array file as of one commit. Immutable.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/sealed_layer.h"
#include "file/engine.h"
#include "file/slots.h"

namespace strata {

// What a layer says about one array.
struct LayerRecord {
  std::shared_ptr<const SealedLayer> layer;
  uint32_t record = 0;

  ArrayView view() const { return layer->footer().array(record); }
};

struct Stack {
  std::vector<std::shared_ptr<const SealedLayer>> layers;  // that hold arrays: base, slots ascending, outlying ones ascending
  std::vector<SlotEntry> slots;                            // every slot there is, fillers and markers too
  // Layers of the original that are newer than all slots: whoever writes gives them slots first (docs/commits.md).
  std::vector<SlotEntry> outlying;
  bool foreign_base = false;  // of pinned layers: in the base's place lies one of the original
  uint32_t absorbed = 0;                                   // slots up to here are inside the base
  uint32_t next_slot = 1;
  Id128 file_id;  // nil in files of the original
  // A compaction that was committed but whose base is not in place yet: it lies in its part, and is layers[0].
  std::optional<Identity> unfinished;

  const SealedLayer& base() const { return *layers.front(); }
  // REQUIRES: !outlying.empty()
  const SealedLayer& first_outlying() const { return *layers[layers.size() - outlying.size()]; }
  Id128 top_id() const {
    const Identity* id = layers.back()->identity();
    return id ? id->layer_id : Id128{};
  }
};

// kNotFound when there is no base.
Result<std::shared_ptr<const Stack>> open_stack(Engine& engine, Storage& storage, const FileNames& names,
                                                const CancelToken* cancel);

// The same with slots up to `highest` only: an older commit.
Result<std::shared_ptr<const Stack>> open_stack_below(Engine& engine, Storage& storage, const FileNames& names, uint32_t highest,
                                                      const CancelToken* cancel);
// All that can be read of a damaged file; what cannot goes to on_bad(object, what is wrong). kCorrupt when nothing is left.
using OnBadObject = std::function<void(const std::string& key, const Status& why)>;
Result<std::shared_ptr<const Stack>> open_readable(Engine& engine, Storage& storage, const FileNames& names,
                                                   const OnBadObject& on_bad, const CancelToken* cancel);

}  // namespace strata
