// Layers that the original put where it does not find them again (FileNames::outlying_stems).
#pragma once

#include "base/cancel.h"
#include "file/slots.h"

namespace strata {

// Gives an outlying layer a slot, by a copy that is durable before the layer goes from where it was. That it has gone is durable too
// when this returns: seen in both places, it would lie above what gets a later slot. Can be repeated when it was cut.
// kConflict: something else has the slot.
Status move_to_slot(Storage& storage, const FileNames& names, const ObjectReader& layer, std::string_view key, uint32_t slot,
                    const CancelToken* cancel);

// The same for all there are, in their order, above all slots. Returns the slots.
Result<std::vector<SlotEntry>> adopt_all(Storage& storage, const FileNames& names, const CancelToken* cancel);

// The original believes whatever statistics it finds, so those of a base that is being replaced have to go. They stay where a
// base of that name is there, whose own they may be.
Status drop_outlying_statistics(Storage& storage, const FileNames& names);

// Whether the object has just these bytes.
Result<bool> same_bytes(const ObjectReader& one, const ObjectReader& other);

}  // namespace strata
