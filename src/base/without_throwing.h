// A call whose lack of memory is a status like its other failures.
#pragma once

#include <new>

#include "base/status.h"

namespace strata {

// Memory that runs out as a status, for those who have something to undo then.
template <typename F>
Status without_throwing(F&& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Status(Code::kNoMemory, "out of memory");
  }
}

}  // namespace strata
