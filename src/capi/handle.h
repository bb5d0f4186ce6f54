// Handles: what an opaque pointer of the ABI points to.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"

namespace strata::capi {

// The first word of every handle says what it is, so that a wrong one is an error and not a crash.
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
};

template <Tag kTag>
class Handle {
 public:
  bool valid() const { return tag_ == kTag; }
  ~Handle() { *const_cast<volatile Tag*>(&tag_) = Tag{0}; }

 private:
  Tag tag_ = kTag;
};

// STRATA_TRY(checked(file, "file")): NULL, closed or of another type.
template <typename H>
Status checked(const H* handle, std::string_view what) {
  if (!handle) return Status(Code::kHandle, cat("the ", what, " handle is NULL"));
  if (!handle->valid()) return Status(Code::kHandle, cat("not an open ", what, " handle"));
  return {};
}

// Releases a handle of the right type; anything else is left alone.
template <typename H>
void close(H* handle) noexcept {
  if (handle && handle->valid()) delete handle;
}

}  // namespace strata::capi
