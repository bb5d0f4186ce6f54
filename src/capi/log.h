// A commit of a store or a file as the ABI gives it, and what is to become one.
#pragma once

#include "capi/handles.h"

namespace strata::capi {

strata_log::Commit commit_of(CommitLog::Summary&& from);
strata_log::Commit commit_of(LayerInfo&& from);
strata_log::Commit commit_of(Store::Delivery&& from);

}  // namespace strata::capi
