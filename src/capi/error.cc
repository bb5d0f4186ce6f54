#include <algorithm>
#include <cstring>

#include "capi/guard.h"

namespace strata::capi {

void fill_error(strata_error* err, Code code, int os_error, int http_status, std::string_view message) noexcept {
  if (!err) return;
  const size_t room = std::min<size_t>(err->struct_size, sizeof(strata_error));
  if (room < offsetof(strata_error, message)) return;  // not set up: nothing is known about its size
  err->status = static_cast<int32_t>(code);
  err->os_error = os_error;
  err->http_status = http_status;
  const size_t cap = room - offsetof(strata_error, message);
  if (cap == 0) return;
  size_t n = std::min(message.size(), cap - 1);
  if (n < message.size())  // cut before a whole character
    while (n > 0 && (static_cast<unsigned char>(message[n]) & 0xC0) == 0x80) --n;
  std::memcpy(err->message, message.data(), n);
  err->message[n] = '\0';
  for (size_t i = 0; i < n; ++i)
    if (static_cast<unsigned char>(err->message[i]) < 0x20) err->message[i] = ' ';  // one line, even of odd names
}

// The numbers of the library's own codes are those of the ABI.
#define SAME(a, b) static_assert(static_cast<int32_t>(Code::a) == b)
SAME(kOk, STRATA_OK);
SAME(kDone, STRATA_DONE);
SAME(kInvalid, STRATA_E_INVALID);
SAME(kHandle, STRATA_E_HANDLE);
SAME(kRange, STRATA_E_RANGE);
SAME(kBufferTooSmall, STRATA_E_BUFFER_TOO_SMALL);
SAME(kType, STRATA_E_TYPE);
SAME(kReadOnly, STRATA_E_READ_ONLY);
SAME(kStale, STRATA_E_STALE);
SAME(kPending, STRATA_E_PENDING);
SAME(kNotFound, STRATA_E_NOT_FOUND);
SAME(kExists, STRATA_E_EXISTS);
SAME(kConflict, STRATA_E_CONFLICT);
SAME(kOutcomeUnknown, STRATA_E_OUTCOME_UNKNOWN);
SAME(kCompactFirst, STRATA_E_COMPACT_FIRST);
SAME(kBusy, STRATA_E_BUSY);
SAME(kNotProjected, STRATA_E_NOT_PROJECTED);
SAME(kHistoryGone, STRATA_E_HISTORY_GONE);
SAME(kFormat, STRATA_E_FORMAT);
SAME(kCorrupt, STRATA_E_CORRUPT);
SAME(kCodec, STRATA_E_CODEC);
SAME(kIo, STRATA_E_IO);
SAME(kNoSpace, STRATA_E_NO_SPACE);
SAME(kNoMemory, STRATA_E_NO_MEMORY);
SAME(kLimit, STRATA_E_LIMIT);
SAME(kPermission, STRATA_E_PERMISSION);
SAME(kUnsupported, STRATA_E_UNSUPPORTED);
SAME(kCancelled, STRATA_E_CANCELLED);
SAME(kDeadline, STRATA_E_DEADLINE);
SAME(kForked, STRATA_E_FORKED);
SAME(kUser, STRATA_E_USER);
SAME(kInternal, STRATA_E_INTERNAL);
#undef SAME

}  // namespace strata::capi

const char *strata_status_name(strata_status status) STRATA_INFALLIBLE {
  switch (status) {
#define NAME(x) \
  case x: return #x
    NAME(STRATA_OK);
    NAME(STRATA_DONE);
    NAME(STRATA_E_INVALID);
    NAME(STRATA_E_HANDLE);
    NAME(STRATA_E_RANGE);
    NAME(STRATA_E_BUFFER_TOO_SMALL);
    NAME(STRATA_E_TYPE);
    NAME(STRATA_E_READ_ONLY);
    NAME(STRATA_E_STALE);
    NAME(STRATA_E_PENDING);
    NAME(STRATA_E_NOT_FOUND);
    NAME(STRATA_E_EXISTS);
    NAME(STRATA_E_CONFLICT);
    NAME(STRATA_E_OUTCOME_UNKNOWN);
    NAME(STRATA_E_COMPACT_FIRST);
    NAME(STRATA_E_BUSY);
    NAME(STRATA_E_NOT_PROJECTED);
    NAME(STRATA_E_HISTORY_GONE);
    NAME(STRATA_E_FORMAT);
    NAME(STRATA_E_CORRUPT);
    NAME(STRATA_E_CODEC);
    NAME(STRATA_E_IO);
    NAME(STRATA_E_NO_SPACE);
    NAME(STRATA_E_NO_MEMORY);
    NAME(STRATA_E_LIMIT);
    NAME(STRATA_E_PERMISSION);
    NAME(STRATA_E_UNSUPPORTED);
    NAME(STRATA_E_CANCELLED);
    NAME(STRATA_E_DEADLINE);
    NAME(STRATA_E_FORKED);
    NAME(STRATA_E_USER);
    NAME(STRATA_E_INTERNAL);
#undef NAME
    default: return "unknown status";
  }
}

void strata_error_init(strata_error *err) STRATA_INFALLIBLE {
  if (!err) return;
  *err = strata_error STRATA_ERROR_INIT;
}
