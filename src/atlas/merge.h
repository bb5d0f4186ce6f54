// Two changes of one document, made by different writers, as one.
#pragma once

#include <string>
#include <vector>

#include "atlas/document.h"
#include "base/hash.h"
#include "file/conflict.h"

namespace strata {

// `old` was changed to `theirs` by others and to `mine` here, where only the datasets in `changed` may differ. Both changes of the
// same thing, unless they are the same, are added to `conflicts`; the result means something only when there are none. It has
// their order, and after that what is new here or, in `remade`, was removed here and made again.
Document merge_documents(const Document& old, const Document& theirs, const Document& mine, const NameSet& changed,
                         const NameSet& remade, std::vector<Conflict>& conflicts);

bool same_dataset(const DatasetEntry* a, const DatasetEntry* b);

}  // namespace strata
