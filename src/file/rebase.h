// Moving a handle to a newer commit: pending changes come to lie above it, or are found to be in conflict with it
// (docs/commits.md). In two phases, as the files of a store move together or not at all.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "delta/pending_layer.h"
#include "file/array_def.h"
#include "file/conflict.h"
#include "file/stack.h"

namespace strata {

// All that moving takes, made beforehand: the move itself takes no memory and cannot fail.
struct RebasePlan {
  // A definition with pending changes.
  struct Changed {
    std::shared_ptr<ArrayDef> def;
    std::vector<LayerRecord> sources;
    std::shared_ptr<ArrayDef> shape;  // has the geometry that others gave it; nullptr: it stays
    PendingLayer::Numbers numbers;    // of its pending chunks in that geometry
    std::optional<AttributeSet> attributes;
  };
  // One without, that somebody holds.
  struct Held {
    std::shared_ptr<ArrayDef> def;
    std::shared_ptr<ArrayDef> now;  // nullptr: it is not there any more, or another
    bool reshaped = false;
  };

  std::shared_ptr<const Stack> now;
  std::vector<Conflict> conflicts;
  std::vector<Changed> changed;
  std::vector<Held> held;
};

}  // namespace strata
