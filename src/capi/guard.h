// The only place where C meets C++: every call runs inside guard(), which turns statuses and exceptions into numbers.
#pragma once

#include <exception>
#include <new>

#include "base/status.h"
#include "strata/strata.h"

namespace strata::capi {

// Fills the caller's error; allocates nothing.
void fill_error(strata_error* err, Code code, int os_error, int http_status, std::string_view message) noexcept;

// Marks a function of the ABI that cannot fail and calls nothing that could throw; scripts/check_symbols wants this or guard().
#define STRATA_INFALLIBLE

template <typename F>
strata_status guard(strata_error* err, F&& body) noexcept {
  try {
    Status s = body();
    if (s.ok()) return STRATA_OK;
    const ErrorInfo& e = s.error();
    fill_error(err, e.code, e.os_error, e.http_status, e.message);
    return static_cast<strata_status>(e.code);
  } catch (const std::bad_alloc&) {
    fill_error(err, Code::kNoMemory, 0, 0, "out of memory");
    return STRATA_E_NO_MEMORY;
  } catch (const std::exception& e) {
    fill_error(err, Code::kInternal, 0, 0, e.what());
    return STRATA_E_INTERNAL;
  } catch (...) {
    fill_error(err, Code::kInternal, 0, 0, "an unknown exception");
    return STRATA_E_INTERNAL;
  }
}

// An out parameter: NULL at once, written only on success.
template <typename H>
class Out {
 public:
  explicit Out(H** out) : out_(out) {
    if (out_) *out_ = nullptr;
  }
  bool wanted() const { return out_ != nullptr; }
  Status require(std::string_view what) const {
    if (!out_) return Status(Code::kInvalid, cat("nowhere to put the ", what, ": the out parameter is NULL"));
    return {};
  }
  void put(H* handle) { *out_ = handle; }

 private:
  H** out_;
};

}  // namespace strata::capi
