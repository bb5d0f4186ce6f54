// A commit of a store or a file as the ABI gives it.
#pragma once

#include "capi/handles.h"

namespace strata::capi {

strata_log::Commit commit_of(CommitLog::Summary&& from);
strata_log::Commit commit_of(LayerInfo&& from);

}  // namespace strata::capi
