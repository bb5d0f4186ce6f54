// The C ABI with handles that close themselves and errors as Status: the only way this program reaches array data.
#pragma once

#include <strata/strata.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace strata::script {

template <auto Close>
struct Closer {
  template <typename T>
  void operator()(T* handle) const {
    Close(handle);
  }
};
using File = std::unique_ptr<strata_file, Closer<strata_file_close>>;
using Store = std::unique_ptr<strata_store, Closer<strata_store_close>>;
using Dataset = std::unique_ptr<strata_dataset, Closer<strata_dataset_close>>;
using Array = std::unique_ptr<strata_array, Closer<strata_array_close>>;
using Cursor = std::unique_ptr<strata_cursor, Closer<strata_cursor_close>>;
using LibraryBuffer = std::unique_ptr<strata_buffer, Closer<strata_buffer_release>>;

// call([&](strata_error* err) { return strata_file_flush(file, nullptr, err); })
template <typename F>
Status call(F&& f) {
  strata_error err = STRATA_ERROR_INIT;
  strata_status status = f(&err);
  if (status >= 0) return {};
  return Status(static_cast<Code>(status), cat(std::string_view(strata_status_name(status)), ": ",
                                               std::string_view(err.message)));
}

// Runs a size query: f(dst, cap, needed, err).
template <typename F>
Result<std::string> sized(F&& f) {
  size_t needed = 0;
  strata_error err = STRATA_ERROR_INIT;
  strata_status status = f(nullptr, size_t{0}, &needed, &err);
  if (status < 0 && status != STRATA_E_BUFFER_TOO_SMALL) {
    return Status(static_cast<Code>(status), cat(std::string_view(strata_status_name(status)), ": ",
                                                 std::string_view(err.message)));
  }
  std::string out(needed, '\0');
  if (needed == 0) return out;
  STRATA_TRY(call([&](strata_error* e) { return f(out.data(), out.size(), &needed, e); }));
  if (needed != out.size()) return {Code::kInternal, "a size query changed its answer"};
  return out;
}

// All names of a list: f(cursor, err) opens it.
template <typename F>
Result<std::vector<std::string>> names(F&& f) {
  strata_cursor* raw = nullptr;
  STRATA_TRY(call([&](strata_error* err) { return f(&raw, err); }));
  Cursor cursor(raw);
  std::vector<std::string> out;
  uint64_t expected = strata_cursor_remaining(raw);
  for (;;) {
    const char* name = nullptr;
    size_t size = 0;
    strata_error err = STRATA_ERROR_INIT;
    strata_status status = strata_cursor_next(raw, &name, &size, &err);
    if (status == STRATA_DONE) break;
    STRATA_TRY(call([&](strata_error*) { return status; }));
    out.emplace_back(name, size);
  }
  if (out.size() != expected) return {Code::kInternal, "a cursor gave another number of names than it had promised"};
  return out;
}

}  // namespace strata::script
