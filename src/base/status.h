// Outcome of a fallible call: Status (nothing or an error) and Result<T> (a value or an error).
//
// No exceptions of our own: the only ones that can pass are bad_alloc and what the standard library throws; the C
// boundary turns both into a status (capi/guard.h).
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace strata {

// The numbers are those of strata_status in strata.h; capi/ asserts that they agree.
enum class Code : int32_t {
  kOk = 0,
  kDone = 1,
  kInvalid = -1,
  kHandle = -2,
  kRange = -3,
  kBufferTooSmall = -4,
  kType = -5,
  kReadOnly = -6,
  kStale = -7,
  kPending = -8,
  kNotFound = -20,
  kExists = -21,
  kConflict = -22,
  kOutcomeUnknown = -23,
  kCompactFirst = -24,
  kBusy = -25,
  kNotProjected = -26,
  kHistoryGone = -27,
  kFormat = -40,
  kCorrupt = -41,
  kCodec = -42,
  kIo = -60,
  kNoSpace = -61,
  kNoMemory = -62,
  kLimit = -63,
  kPermission = -64,
  kUnsupported = -65,
  kCancelled = -80,
  kDeadline = -81,
  kForked = -82,
  kUser = -83,
  kInternal = -99,
};

struct ErrorInfo {
  Code code = Code::kInternal;
  int os_error = 0;
  int http_status = 0;
  std::string message;  // one line, UTF-8, says what was being done to what
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // success
  Status(Code code, std::string message, int os_error = 0)
      : info_(std::make_unique<ErrorInfo>(ErrorInfo{code, os_error, 0, std::move(message)})) {}
  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;
  Status(const Status& other) : info_(other.info_ ? std::make_unique<ErrorInfo>(*other.info_) : nullptr) {}
  Status& operator=(const Status& other) { return *this = Status(other); }

  bool ok() const { return info_ == nullptr; }
  Code code() const { return info_ ? info_->code : Code::kOk; }
  const ErrorInfo& error() const { return *info_; }  // REQUIRES: !ok()
  std::string_view message() const { return info_ ? std::string_view(info_->message) : std::string_view(); }

  // Puts what was being done before the message: "flush of x.af: " + "no space left".
  Status& prepend(std::string_view context) & {
    if (info_) info_->message.insert(0, context);
    return *this;
  }
  Status prepend(std::string_view context) && {
    if (info_) info_->message.insert(0, context);
    return std::move(*this);
  }
  // Words that are made for an error only: what has worked must not fail because there is no memory for them.
  template <std::invocable F>
  Status prepend(F&& context) && {
    if (info_) info_->message.insert(0, context());
    return std::move(*this);
  }

 private:
  std::unique_ptr<ErrorInfo> info_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : v_(std::in_place_index<0>, std::move(value)) {}
  Result(Status error) : v_(std::in_place_index<1>, std::move(error)) {}  // REQUIRES: !error.ok()
  Result(Code code, std::string message) : Result(Status(code, std::move(message))) {}

  bool ok() const { return v_.index() == 0; }
  Code code() const { return ok() ? Code::kOk : std::get<1>(v_).code(); }
  T& operator*() & { return *std::get_if<0>(&v_); }
  const T& operator*() const& { return *std::get_if<0>(&v_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&v_)); }
  T* operator->() { return std::get_if<0>(&v_); }
  const T* operator->() const { return std::get_if<0>(&v_); }
  const Status& status() const { return *std::get_if<1>(&v_); }  // REQUIRES: !ok()
  Status take_status() { return ok() ? Status() : std::move(*std::get_if<1>(&v_)); }

 private:
  std::variant<T, Status> v_;
};

namespace detail {
inline Status as_status(Status s) { return s; }
template <typename T>
Status as_status(Result<T>&& r) {
  return r.take_status();
}
inline void append(std::string& out, std::string_view s) { out.append(s); }
inline void append(std::string& out, char c) { out.push_back(c); }
template <typename N>
  requires(std::is_arithmetic_v<N> && !std::is_same_v<N, char>)
void append(std::string& out, N n) {
  char buf[48];
  if constexpr (std::is_same_v<N, bool>) {
    out.append(n ? "true" : "false");
  } else {
    auto end = std::to_chars(buf, buf + sizeof buf, n).ptr;
    out.append(buf, end);
  }
}
}  // namespace detail

// Joins text and numbers: cat("block ", 17, " of \"", name, '"').
template <typename... Args>
std::string cat(const Args&... args) {
  std::string out;
  (detail::append(out, args), ...);
  return out;
}

#define STRATA_CONCAT_(a, b) a##b
#define STRATA_CONCAT(a, b) STRATA_CONCAT_(a, b)
// Returns the error of a Status or Result from the enclosing function.
#define STRATA_TRY(expr)                                                          \
  do {                                                                            \
    if (auto strata_try_ = (expr); !strata_try_.ok()) [[unlikely]]                \
      return ::strata::detail::as_status(std::move(strata_try_));                 \
  } while (0)
// STRATA_ASSIGN(auto x, f()): x is the value, or the enclosing function returns the error.
#define STRATA_ASSIGN(lhs, expr) STRATA_ASSIGN_(lhs, expr, STRATA_CONCAT(strata_result_, __LINE__))
#define STRATA_ASSIGN_(lhs, expr, tmp)                                            \
  auto tmp = (expr);                                                              \
  if (!tmp.ok()) [[unlikely]] return tmp.take_status();                           \
  lhs = std::move(*tmp)

}  // namespace strata
