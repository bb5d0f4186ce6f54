// How a newer stack of layers came out of an older one: which layers are the same, which were written since, and what its base is.
#pragma once

#include <unordered_map>
#include <vector>

#include "file/array_def.h"
#include "file/stack.h"

namespace strata {

class Ancestry {
 public:
  // `old` may be nullptr: the file was not there. Both outlive this.
  Ancestry(const Stack* old, const Stack& now);

  // Layers above the base that were not there, newest first.
  const std::vector<const SealedLayer*>& written() const { return written_; }
  // A base that holds more than layers of `old`, or of which nobody can tell: what is in it has to be compared.
  bool opaque_base() const { return base_ == Base::kOpaque; }
  // Whether anything that was written since says something about the array, tombstones included.
  bool mentions(std::string_view array) const;

  enum class Change { kNone, kWritten, kUnknown };
  // Of a chunk, by where it was and where it is; nothing pending.
  Change of_chunk(const ChunkSource& old, const ChunkSource& now) const;

 private:
  enum class Base { kSame, kAbsorbing, kOpaque };
  Base base_of(const Stack& old, const Stack& now) const;

  const SealedLayer* new_base_ = nullptr;  // of `now`, where it is not the same
  Base base_ = Base::kSame;
  std::unordered_map<const SealedLayer*, const SealedLayer*> same_;  // of `now` -> of `old`
  std::vector<const SealedLayer*> written_;
};

}  // namespace strata
