// What differs between two states of a store.
#pragma once

#include "atlas/store.h"
#include "file/difference.h"

namespace strata {

Status compare_stores(Store& from, Store& to, Differences& out, CancelToken* cancel);

}  // namespace strata
