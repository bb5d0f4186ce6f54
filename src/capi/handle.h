// Handles: what an opaque pointer of the ABI points to.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/status.h"

namespace strata::capi {

// The first word of every handle says what it is, so that a wrong one is an error and not a crash. In a forked child a handle
// is a copy whose locks may be held by nobody and whose threads are not there: it answers kForked, and stays allocated.
enum class Tag : uint32_t {
  kContext = 0x53545243,
  kCancel = 0x53545258,
  kBuffer = 0x53545242,
  kFile = 0x53545246,
  kArray = 0x53545241,
  kCursor = 0x53545255,
  kStore = 0x53545253,
  kDataset = 0x53545244,
  kAcross = 0x53545252,
  kConflicts = 0x5354524B,
  kReport = 0x53545250,
  kDifferences = 0x53544446,
  kLog = 0x5354524c,
  kCompactions = 0x5354524d,
};

template <Tag kTag>
class Handle {
 public:
  bool valid() const { return tag_ == kTag; }
  bool inherited() const { return owner_ != getpid(); }
  ~Handle() { *const_cast<volatile Tag*>(&tag_) = Tag{0}; }

 private:
  Tag tag_ = kTag;
  pid_t owner_ = getpid();
};

// STRATA_TRY(checked(file, "file")): NULL, closed, of another type or of another process.
template <typename H>
Status checked(const H* handle, std::string_view what) {
  if (!handle) return Status(Code::kHandle, cat("the ", what, " handle is NULL"));
  if (!handle->valid()) return Status(Code::kHandle, cat("not an open ", what, " handle"));
  if (handle->inherited())
    return Status(Code::kForked, cat("the ", what, " handle belongs to the parent process: open it anew in this one"));
  return {};
}

// Releases a handle of the right type; anything else is left alone.
template <typename H>
void close(H* handle) noexcept {
  if (handle && handle->valid() && !handle->inherited()) delete handle;
}

}  // namespace strata::capi
