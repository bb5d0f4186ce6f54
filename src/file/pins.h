// Which layers an array of a store consists of as of one commit (docs/commits.md, "A store"). They are known by their ids;
// a slot is the place where one lies for the original to find.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/id128.h"
#include "file/engine.h"
#include "file/slots.h"
#include "file/stack.h"

namespace strata {

struct Pin {
  uint32_t slot = 0;    // 0: the base
  Id128 id;             // nil: a layer of the original; then its size, the digest of its footer and its stamp tell it
  uint64_t size = 0;    // of the object
  uint64_t tail = 0;    // bytes from its section to its end: what one read has to bring
  uint64_t footer = 0;  // XXH3-64 of the archive, of layers without an id
  uint64_t stamp = 0;   // of the object (ObjectReader::stamp), of layers without an id: other data can have an equal footer

  bool operator==(const Pin&) const = default;
};

// Numbers of layers that an array of a store may use: each is a file as long as the store lives.
inline constexpr uint32_t kMostSlots = 1u << 24;

struct Pins {
  Pin base;
  std::vector<Pin> layers;  // slots ascending
  uint32_t next_slot = 1;   // numbers below it were used, and are not used for data again; at most kMostSlots

  bool operator==(const Pins&) const = default;
};

// Where layers lie under their ids, from before they are committed until nothing needs them any more.
struct Homes {
  std::string folder;
  std::string prefix = {};  // of their names there

  std::string key(const Id128& id) const { return cat(folder, '/', prefix, id.hex(), ".af"); }
  // Layers of the original have one only where history keeps them: under what tells them.
  std::string key(const Pin& pin) const;
};

Pin pin_of(const SealedLayer& layer, uint32_t slot);
// kLikely: a layer of the original may have another stamp, as in a copy of the store, or because the original has replaced it since.
enum class Match { kSure, kLikely };
bool is_pinned(const Pin& pin, const SealedLayer& layer, Match match = Match::kSure);
// Whether what has the name `key` is that layer; false: also where nothing has it.
Result<bool> lies_at(Engine& engine, Storage& storage, std::string_view key, const Pin& pin, Match match);

// Layers of the original, and those that were imported, have no home: this gives one to what lies under `key`, if it is the one that is
// pinned, so that a commit which is kept has it when its slot holds something else. The homes' folder is not synced. false: it is not
// there any more.
Result<bool> give_home(Engine& engine, Storage& storage, const Homes& homes, std::string_view key, const Pin& pin);

// The layers that are pinned, each from its slot or its home, whichever holds it. kNotFound: one is in neither, as it has been
// compacted away since, or is lost. match: of what lies in slots. on_bad: what cannot be read goes there and is left out; kCorrupt when
// nothing is left.
Result<std::shared_ptr<const Stack>> open_pinned(Engine& engine, Storage& storage, const FileNames& names, const Homes& homes,
                                                 const Pins& pins, Match match, const OnBadObject& on_bad, const CancelToken* cancel);
inline Result<std::shared_ptr<const Stack>> open_pinned(Engine& engine, Storage& storage, const FileNames& names, const Homes& homes,
                                                        const Pins& pins, Match match, const CancelToken* cancel) {
  return open_pinned(engine, storage, names, homes, pins, match, nullptr, cancel);
}
// What a stack that was found by listing consists of. REQUIRES: no outlying layers, and no unfinished compaction.
Pins pins_of(const Stack& stack);

}  // namespace strata
