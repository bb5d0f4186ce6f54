/// strata.hpp: RAII over the C ABI, for C++20. Header only; links against libstrata and nothing else.
///
/// Handles close themselves and can be moved, not copied. A status that is not OK arrives as strata::Error.
/// Memory stays the caller's: arrays are read into and written from spans. Where this wrapper hides something of use,
/// get() gives the C handle.
///
///     strata::Store store = strata::Store::open("winds");
///     strata::Array wind = store.dataset("1982-01-16").array("UWND");
///     std::vector<float> values = wind.read<float>();
#ifndef STRATA_STRATA_HPP
#define STRATA_STRATA_HPP

#include <strata/strata.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace strata {
// Inline, so that these classes keep names of their own beside the library's inner ones in a static link.
inline namespace hpp0 {

using Extents = std::vector<std::uint64_t>;

/// A status that is not OK, with the library's message.
class Error : public std::runtime_error {
 public:
  Error(strata_status status, const std::string &message) : std::runtime_error(message), status_(status) {}
  explicit Error(const strata_error &error, strata_status status)
      : std::runtime_error(error.message[0] != '\0' ? error.message : strata_status_name(status)),
        status_(status),
        os_error_(error.os_error),
        http_status_(error.http_status) {}

  strata_status status() const noexcept { return status_; }
  int os_error() const noexcept { return os_error_; }
  int http_status() const noexcept { return http_status_; }

 private:
  strata_status status_;
  int os_error_ = 0;
  int http_status_ = 0;
};

namespace detail {

/// Calls `fn(&err)` and throws when it fails; returns the status, which may be a positive piece of information.
template <typename Fn>
strata_status call(Fn &&fn) {
  strata_error error = STRATA_ERROR_INIT;
  const strata_status status = fn(&error);
  if (status < 0) throw Error(error, status);
  return status;
}

/// Runs a size query until the answer fits: it may grow between the question and the answer.
template <typename Fn>
std::string sized(Fn &&fn) {
  std::string out(64, '\0');
  for (;;) {
    std::size_t needed = 0;
    strata_error error = STRATA_ERROR_INIT;
    const strata_status status = fn(out.data(), out.size(), &needed, &error);
    if (status == STRATA_E_BUFFER_TOO_SMALL && needed > out.size()) {
      out.resize(needed);
      continue;
    }
    if (status < 0) throw Error(error, status);
    out.resize(needed < out.size() ? needed : out.size());
    return out;
  }
}

/// The texts as C takes them; they must outlive it.
inline std::vector<const char *> pointers(std::span<const std::string> texts) {
  std::vector<const char *> out;
  out.reserve(texts.size());
  for (const std::string &text : texts) out.push_back(text.c_str());
  return out;
}

template <typename T, void (*Close)(T *)>
struct Closer {
  void operator()(T *handle) const noexcept { Close(handle); }
};
template <typename T, void (*Close)(T *)>
using Owner = std::unique_ptr<T, Closer<T, Close>>;

}  // namespace detail

/// Element type of a C++ type; timestamps travel as int64_t and bools as uint8_t, so those fit two types each.
template <typename T>
constexpr bool fits_type(std::int32_t type) noexcept {
  switch (type) {
    case STRATA_BOOL:
      return std::is_same_v<T, std::uint8_t> || std::is_same_v<T, bool>;
    case STRATA_INT8:
      return std::is_same_v<T, std::int8_t>;
    case STRATA_INT16:
      return std::is_same_v<T, std::int16_t>;
    case STRATA_INT32:
      return std::is_same_v<T, std::int32_t>;
    case STRATA_INT64:
    case STRATA_TIMESTAMP_NS:
      return std::is_same_v<T, std::int64_t>;
    case STRATA_UINT8:
      return std::is_same_v<T, std::uint8_t>;
    case STRATA_UINT16:
      return std::is_same_v<T, std::uint16_t>;
    case STRATA_UINT32:
      return std::is_same_v<T, std::uint32_t>;
    case STRATA_UINT64:
      return std::is_same_v<T, std::uint64_t>;
    case STRATA_FLOAT32:
      return std::is_same_v<T, float>;
    case STRATA_FLOAT64:
      return std::is_same_v<T, double>;
    default:
      return false;
  }
}

/// An attribute or fill value: a type and its bytes in native form (the text itself for STRING).
class Value {
 public:
  Value() = default;
  Value(std::int32_t type, std::string bytes) : type_(type), bytes_(std::move(bytes)) {}
  static Value text(std::string_view text) { return {STRATA_STRING, std::string(text)}; }
  static Value boolean(bool value) { return {STRATA_BOOL, std::string(1, value ? '\1' : '\0')}; }
  static Value timestamp(std::int64_t nanoseconds) { return {STRATA_TIMESTAMP_NS, raw(nanoseconds)}; }
  static Value integer(std::int64_t value) { return {STRATA_INT64, raw(value)}; }
  static Value unsigned_integer(std::uint64_t value) { return {STRATA_UINT64, raw(value)}; }
  static Value real(double value) { return {STRATA_FLOAT64, raw(value)}; }

  std::int32_t type() const noexcept { return type_; }
  explicit operator bool() const noexcept { return type_ != STRATA_TYPE_NONE; }
  const std::string &bytes() const noexcept { return bytes_; }
  bool is_text() const noexcept { return type_ == STRATA_STRING || type_ == STRATA_BINARY; }

  /// The bytes as a T; zero when they are too few.
  template <typename T>
  T as() const noexcept {
    T value{};
    if (bytes_.size() >= sizeof value) std::memcpy(&value, bytes_.data(), sizeof value);
    return value;
  }

 private:
  template <typename T>
  static std::string raw(T value) {
    std::string out(sizeof value, '\0');
    std::memcpy(out.data(), &value, sizeof value);
    return out;
  }

  std::int32_t type_ = STRATA_TYPE_NONE;
  std::string bytes_;
};

class Cancel;

class Context {
 public:
  explicit Context(const strata_context_options *options = nullptr, std::string_view temp_dir = {}) {
    strata_context *handle = nullptr;
    detail::call([&](strata_error *err) {
      return strata_context_create(options, temp_dir.empty() ? nullptr : temp_dir.data(), temp_dir.size(), &handle,
                                   err);
    });
    handle_.reset(handle);
  }
  strata_counters counters() const {
    strata_counters counters = STRATA_COUNTERS_INIT;
    detail::call([&](strata_error *err) { return strata_context_counters(get(), &counters, err); });
    return counters;
  }
  std::string counters_json() const {
    return detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_context_counters_json(get(), dst, cap, needed, err);
    });
  }
  /// The oldest entry of the log, which is then gone, with its message; nothing when there is none.
  std::optional<std::pair<strata_log_entry, std::string>> next_log_entry() const {
    strata_log_entry entry = STRATA_LOG_ENTRY_INIT;
    strata_status status = STRATA_OK;
    std::string text = detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return status = strata_context_log_next(get(), &entry, dst, cap, needed, err);
    });
    if (status == STRATA_DONE) return std::nullopt;
    return std::pair(entry, std::move(text));
  }
  /// Waits until the context's worker threads are gone.
  void join(const Cancel *cancel = nullptr) const;
  strata_context *get() const noexcept { return handle_.get(); }

 private:
  detail::Owner<strata_context, strata_context_close> handle_;
};

/// Cancellation, deadline and progress of long calls. trigger() and progress() may be called from any thread.
class Cancel {
 public:
  Cancel() {
    strata_cancel *handle = nullptr;
    detail::call([&](strata_error *err) { return strata_cancel_create(&handle, err); });
    handle_.reset(handle);
  }
  void trigger() const noexcept { strata_cancel_trigger(get()); }
  void set_deadline(std::int64_t milliseconds) const noexcept { strata_cancel_set_deadline(get(), milliseconds); }
  void reset() const noexcept { strata_cancel_reset(get()); }
  strata_progress progress() const {
    strata_progress progress = STRATA_PROGRESS_INIT;
    detail::call([&](strata_error *err) { return strata_cancel_progress(get(), &progress, err); });
    return progress;
  }
  strata_cancel *get() const noexcept { return handle_.get(); }

 private:
  detail::Owner<strata_cancel, strata_cancel_close> handle_;
};

/// Names, as they were when the list was asked for. A loop over it goes through once.
class Cursor {
 public:
  explicit Cursor(strata_cursor *handle) noexcept : handle_(handle) {}
  std::optional<std::string_view> next() {
    const char *name = nullptr;
    std::size_t size = 0;
    const strata_status status =
        detail::call([&](strata_error *err) { return strata_cursor_next(handle_.get(), &name, &size, err); });
    if (status == STRATA_DONE) return std::nullopt;
    return std::string_view(name, size);
  }
  std::uint64_t remaining() const noexcept { return strata_cursor_remaining(handle_.get()); }
  std::vector<std::string> all() {
    std::vector<std::string> names;
    while (auto name = next()) names.emplace_back(*name);
    return names;
  }

 private:
  detail::Owner<strata_cursor, strata_cursor_close> handle_;
};

/// Elements of a STRING or BINARY region, one after the other. Views live as long as this does.
class Texts {
 public:
  Texts(strata_buffer *offsets, strata_buffer *values) noexcept : offsets_(offsets), values_(values) {}
  std::size_t size() const noexcept {
    const std::size_t bytes = strata_buffer_size(offsets_.get());
    return bytes < sizeof(std::int64_t) ? 0 : bytes / sizeof(std::int64_t) - 1;
  }
  std::string_view operator[](std::size_t i) const noexcept {
    const auto *offsets = static_cast<const std::int64_t *>(strata_buffer_data(offsets_.get()));
    const auto *values = static_cast<const char *>(strata_buffer_data(values_.get()));
    return {values + offsets[i], static_cast<std::size_t>(offsets[i + 1] - offsets[i])};
  }

 private:
  detail::Owner<strata_buffer, strata_buffer_release> offsets_;
  detail::Owner<strata_buffer, strata_buffer_release> values_;
};

/// A region of lists: for each level of lists int64 offsets, then the values. Views live as long as this does.
class Nested {
 public:
  Nested(std::span<strata_buffer *const> offsets, strata_buffer *values) : values_(values) {
    for (strata_buffer *buffer : offsets) offsets_.emplace_back(buffer);
  }
  std::span<const std::int64_t> offsets(std::size_t level) const noexcept {
    const strata_buffer *buffer = offsets_[level].get();
    return {static_cast<const std::int64_t *>(strata_buffer_data(buffer)),
            strata_buffer_size(buffer) / sizeof(std::int64_t)};
  }
  std::span<const std::byte> values() const noexcept {
    return {static_cast<const std::byte *>(strata_buffer_data(values_.get())), strata_buffer_size(values_.get())};
  }

 private:
  std::vector<detail::Owner<strata_buffer, strata_buffer_release>> offsets_;
  detail::Owner<strata_buffer, strata_buffer_release> values_;
};

/// One array of a file or of a dataset. `start` and `count` empty: the whole array (as for 0-d arrays).
class Array {
 public:
  explicit Array(strata_array *handle) noexcept : handle_(handle) {}

  std::int32_t type() const noexcept { return strata_array_type(get()); }
  /// "float32", "list<list<string>>" ...
  std::string type_text() const {
    return detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_array_type_text(get(), dst, cap, needed, err);
    });
  }
  std::uint32_t ndim() const noexcept { return strata_array_ndim(get()); }
  Extents shape() const { return extents(strata_array_shape); }
  Extents chunk_shape() const { return extents(strata_array_chunk_shape); }
  std::string name() const {
    return detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_array_name(get(), dst, cap, needed, err);
    });
  }
  std::vector<std::string> dimension_names() const {
    std::vector<std::string> names;
    for (std::uint32_t axis = 0; axis < ndim(); ++axis) {
      names.push_back(detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
        return strata_array_dimension_name(get(), axis, dst, cap, needed, err);
      }));
    }
    return names;
  }
  Value fill() const {
    std::int32_t type = STRATA_TYPE_NONE;
    std::string bytes = detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_array_fill(get(), &type, dst, cap, needed, err);
    });
    return {type, std::move(bytes)};
  }

  /// Bytes that the region takes.
  std::size_t region_bytes(std::span<const std::uint64_t> start = {}, std::span<const std::uint64_t> count = {}) const {
    std::size_t needed = 0;
    strata_error error = STRATA_ERROR_INIT;
    const strata_status status =
        strata_array_read(get(), ndim(), region(start), region(count), nullptr, nullptr, 0, &needed, &error);
    if (status < 0 && status != STRATA_E_BUFFER_TOO_SMALL) throw Error(error, status);
    return needed;
  }
  /// What reading the region would do; nothing is read.
  strata_explanation explain(std::span<const std::uint64_t> start = {}, std::span<const std::uint64_t> count = {},
                             const Cancel *cancel = nullptr) const {
    strata_explanation explanation = STRATA_EXPLANATION_INIT;
    detail::call([&](strata_error *err) {
      return strata_array_explain(get(), ndim(), region(start), region(count), token(cancel), &explanation, err);
    });
    return explanation;
  }
  void read_bytes(std::span<std::byte> dst, std::span<const std::uint64_t> start = {},
                  std::span<const std::uint64_t> count = {}, const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) {
      return strata_array_read(get(), ndim(), region(start), region(count), token(cancel), dst.data(), dst.size(),
                               nullptr, err);
    });
  }
  template <typename T>
  void read(std::span<T> dst, std::span<const std::uint64_t> start = {}, std::span<const std::uint64_t> count = {},
            const Cancel *cancel = nullptr) const {
    require<T>();
    read_bytes(std::as_writable_bytes(dst), start, count, cancel);
  }
  template <typename T>
  std::vector<T> read(std::span<const std::uint64_t> start = {}, std::span<const std::uint64_t> count = {},
                      const Cancel *cancel = nullptr) const {
    require<T>();
    std::vector<T> out(region_bytes(start, count) / sizeof(T));
    read_bytes(std::as_writable_bytes(std::span<T>(out)), start, count, cancel);
    return out;
  }
  Texts read_texts(std::span<const std::uint64_t> start = {}, std::span<const std::uint64_t> count = {},
                   const Cancel *cancel = nullptr) const {
    strata_buffer *offsets = nullptr;
    strata_buffer *values = nullptr;
    detail::call([&](strata_error *err) {
      return strata_array_read_varlen(get(), ndim(), region(start), region(count), token(cancel), &offsets, &values,
                                      err);
    });
    return {offsets, values};
  }

  void write_bytes(std::span<const std::byte> src, std::span<const std::uint64_t> start = {},
                   std::span<const std::uint64_t> count = {}, const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) {
      return strata_array_write(get(), ndim(), region(start), region(count), src.data(), src.size(), token(cancel),
                                err);
    });
  }
  template <typename T>
  void write(std::span<const T> src, std::span<const std::uint64_t> start = {},
             std::span<const std::uint64_t> count = {}, const Cancel *cancel = nullptr) const {
    require<T>();
    write_bytes(std::as_bytes(src), start, count, cancel);
  }
  template <typename Text>
  void write_texts(std::span<const Text> texts, std::span<const std::uint64_t> start = {},
                   std::span<const std::uint64_t> count = {}, const Cancel *cancel = nullptr) const {
    std::string values;
    std::vector<std::int64_t> offsets{0};
    offsets.reserve(texts.size() + 1);
    for (const Text &text : texts) {
      values.append(std::string_view(text));
      offsets.push_back(static_cast<std::int64_t>(values.size()));
    }
    detail::call([&](strata_error *err) {
      return strata_array_write_varlen(get(), ndim(), region(start), region(count), offsets.data(), offsets.size(),
                                       values.data(), values.size(), token(cancel), err);
    });
  }

  /// A region of lists: offsets level by level, and the values that the last of them count.
  Nested read_nested(std::uint32_t levels, std::span<const std::uint64_t> start = {},
                     std::span<const std::uint64_t> count = {}, const Cancel *cancel = nullptr) const {
    std::vector<strata_buffer *> offsets(levels, nullptr);
    strata_buffer *values = nullptr;
    detail::call([&](strata_error *err) {
      return strata_array_read_nested(get(), ndim(), region(start), region(count),
                                      token(cancel), levels, offsets.data(), &values, err);
    });
    return Nested(offsets, values);
  }
  void write_nested(std::span<const std::span<const std::int64_t>> offsets, std::span<const std::byte> values,
                    std::span<const std::uint64_t> start = {}, std::span<const std::uint64_t> count = {},
                    const Cancel *cancel = nullptr) const {
    std::vector<const std::int64_t *> tables;
    std::vector<std::size_t> sizes;
    for (const auto &table : offsets) {
      tables.push_back(table.data());
      sizes.push_back(table.size());
    }
    detail::call([&](strata_error *err) {
      return strata_array_write_nested(get(), ndim(), region(start), region(count),
                                       static_cast<std::uint32_t>(tables.size()), tables.data(), sizes.data(), values.data(),
                                       values.size(), token(cancel), err);
    });
  }
  void resize(std::span<const std::uint64_t> shape, const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) {
      return strata_array_resize(get(), static_cast<std::uint32_t>(shape.size()), shape.data(), token(cancel), err);
    });
  }
  /// Grows by n along the axis and writes there; returns where the new part begins.
  template <typename T>
  std::uint64_t append(std::uint32_t axis, std::uint64_t n, std::span<const T> src, const Cancel *cancel = nullptr) const {
    require<T>();
    std::uint64_t start = 0;
    detail::call([&](strata_error *err) {
      return strata_array_append(get(), axis, n, src.data(), src.size_bytes(), token(cancel), &start, err);
    });
    return start;
  }

  void set_attribute(std::string_view key, const Value &value) const {
    detail::call([&](strata_error *err) {
      return strata_array_set_attribute(get(), key.data(), key.size(), value.type(), value.bytes().data(),
                                        value.bytes().size(), err);
    });
  }
  Value attribute(std::string_view key) const {
    std::int32_t type = STRATA_TYPE_NONE;
    std::string bytes = detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_array_get_attribute(get(), key.data(), key.size(), &type, dst, cap, needed, err);
    });
    return {type, std::move(bytes)};
  }
  bool attribute_is_ambiguous(std::string_view key) const {
    int ambiguous = 0;
    detail::call([&](strata_error *err) {
      return strata_array_attribute_is_ambiguous(get(), key.data(), key.size(), &ambiguous, err);
    });
    return ambiguous != 0;
  }
  void delete_attribute(std::string_view key) const {
    detail::call([&](strata_error *err) { return strata_array_delete_attribute(get(), key.data(), key.size(), err); });
  }
  Cursor attributes() const {
    strata_cursor *cursor = nullptr;
    detail::call([&](strata_error *err) { return strata_array_list_attributes(get(), nullptr, 0, &cursor, err); });
    return Cursor(cursor);
  }

  /// Nothing when they were never computed.
  std::optional<strata_statistics> statistics(const Cancel *cancel = nullptr) const {
    strata_statistics statistics = STRATA_STATISTICS_INIT;
    strata_error error = STRATA_ERROR_INIT;
    const strata_status status = strata_array_statistics(get(), token(cancel), &statistics, &error);
    if (status == STRATA_E_NOT_FOUND) return std::nullopt;
    if (status < 0) throw Error(error, status);
    return statistics;
  }
  std::string statistics_text(bool max, const Cancel *cancel = nullptr) const {
    return detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_array_statistics_text(get(), max ? 1 : 0, token(cancel), dst, cap, needed, err);
    });
  }
  strata_array *get() const noexcept { return handle_.get(); }

 private:
  static const std::uint64_t *region(std::span<const std::uint64_t> numbers) noexcept {
    return numbers.empty() ? nullptr : numbers.data();
  }
  static strata_cancel *token(const Cancel *cancel) noexcept { return cancel != nullptr ? cancel->get() : nullptr; }
  template <typename T>
  void require() const {
    if (!fits_type<T>(type())) {
      throw Error(STRATA_E_TYPE,
                  "\"" + name() + "\" holds " + strata_type_name(type()) + ", not the C++ type asked for");
    }
  }
  template <typename Fn>
  Extents extents(Fn fn) const {
    Extents out(ndim());
    detail::call([&](strata_error *err) { return fn(get(), out.data(), ndim(), err); });
    return out;
  }

  detail::Owner<strata_array, strata_array_close> handle_;
};

/// What a new array is to be; empty chunk shape and names mean the library's defaults.
struct ArraySpec {
  std::string name;
  std::int32_t type = STRATA_TYPE_NONE;
  Extents shape;
  Extents chunk_shape;
  std::vector<std::string> dimension_names;
  Value fill;
};

namespace detail {
inline std::vector<const char *> names_of(const ArraySpec &spec) {
  std::vector<const char *> names = pointers(spec.dimension_names);
  if (!spec.chunk_shape.empty() && spec.chunk_shape.size() != spec.shape.size()) {
    throw Error(STRATA_E_INVALID,
                "chunk shape of \"" + spec.name + "\" has another number of dimensions than its shape");
  }
  if (!names.empty() && names.size() != spec.shape.size()) {
    throw Error(STRATA_E_INVALID, "\"" + spec.name + "\" has another number of dimension names than dimensions");
  }
  return names;
}
/// Common to strata_file_define and strata_dataset_define, which take the same parameters.
template <typename Parent, typename Fn>
Array define(Fn fn, Parent *parent, const ArraySpec &spec) {
  const std::vector<const char *> names = names_of(spec);
  strata_array *array = nullptr;
  call([&](strata_error *err) {
    return fn(parent, spec.name.data(), spec.name.size(), spec.type, static_cast<std::uint32_t>(spec.shape.size()),
              spec.shape.data(), spec.chunk_shape.empty() ? nullptr : spec.chunk_shape.data(),
              names.empty() ? nullptr : names.data(), spec.fill.type(), spec.fill.bytes().data(),
              spec.fill.bytes().size(), nullptr, &array, err);
  });
  return Array(array);
}
template <typename Parent, typename Fn>
Array define_nested(Fn fn, Parent *parent, const ArraySpec &spec, std::string_view type) {
  const std::vector<const char *> names = names_of(spec);
  strata_array *array = nullptr;
  call([&](strata_error *err) {
    return fn(parent, spec.name.data(), spec.name.size(), type.data(), type.size(),
              static_cast<std::uint32_t>(spec.shape.size()), spec.shape.data(),
              spec.chunk_shape.empty() ? nullptr : spec.chunk_shape.data(), names.empty() ? nullptr : names.data(),
              nullptr, &array, err);
  });
  return Array(array);
}
inline strata_context *handle_of(const Context *context) noexcept {
  return context != nullptr ? context->get() : nullptr;
}
inline strata_cancel *handle_of(const Cancel *cancel) noexcept { return cancel != nullptr ? cancel->get() : nullptr; }
/// Calls that take a name and a new one.
template <typename Parent, typename Fn>
void named(Fn fn, Parent *parent, std::string_view name, std::string_view to, strata_cancel *cancel) {
  call([&](strata_error *err) { return fn(parent, name.data(), name.size(), to.data(), to.size(), cancel, err); });
}
}  // namespace detail

inline void Context::join(const Cancel *cancel) const {
  detail::call([&](strata_error *err) { return strata_context_join(get(), detail::handle_of(cancel), err); });
}

/// What a flush that gave STRATA_E_CONFLICT found. What it gives out lives as long as this does.
class ConflictList {
 public:
  explicit ConflictList(strata_conflict_list *handle) noexcept : handle_(handle) {}
  std::uint64_t size() const noexcept { return strata_conflict_list_count(handle_.get()); }
  strata_conflict operator[](std::uint64_t i) const {
    strata_conflict conflict = STRATA_CONFLICT_INIT;
    detail::call([&](strata_error *err) { return strata_conflict_list_get(handle_.get(), i, &conflict, err); });
    return conflict;
  }

 private:
  detail::Owner<strata_conflict_list, strata_conflict_list_close> handle_;
};

/// The commits of a file or store, the newest first. Texts live as long as this does.
class Log {
 public:
  explicit Log(strata_log *handle) noexcept : handle_(handle) {}
  std::uint64_t size() const noexcept { return strata_log_count(handle_.get()); }
  strata_commit operator[](std::uint64_t index) const {
    strata_commit commit = STRATA_COMMIT_INIT;
    detail::call([&](strata_error *err) { return strata_log_get(handle_.get(), index, &commit, err); });
    return commit;
  }

 private:
  detail::Owner<strata_log, strata_log_close> handle_;
};

/// What differs between two states. Texts and places live as long as this does.
class DifferenceList {
 public:
  explicit DifferenceList(strata_difference_list *handle) noexcept : handle_(handle) {}
  std::uint64_t size() const noexcept { return strata_difference_list_count(handle_.get()); }
  strata_difference operator[](std::uint64_t i) const {
    strata_difference difference = STRATA_DIFFERENCE_INIT;
    detail::call([&](strata_error *err) { return strata_difference_list_get(handle_.get(), i, &difference, err); });
    return difference;
  }

 private:
  detail::Owner<strata_difference_list, strata_difference_list_close> handle_;
};

/// What a compaction of each array file would find and leave. Texts live as long as this does.
class CompactionList {
 public:
  explicit CompactionList(strata_compaction_list *handle) noexcept : handle_(handle) {}
  std::uint64_t size() const noexcept { return strata_compaction_list_count(handle_.get()); }
  strata_compaction operator[](std::uint64_t i) const {
    strata_compaction compaction = STRATA_COMPACTION_INIT;
    detail::call([&](strata_error *err) { return strata_compaction_list_get(handle_.get(), i, &compaction, err); });
    return compaction;
  }

 private:
  detail::Owner<strata_compaction_list, strata_compaction_list_close> handle_;
};

/// An array file. Changes are published by flush(); without it they are gone when the file is.
class File {
 public:
  explicit File(strata_file *handle) noexcept : handle_(handle) {}
  static File open(std::string_view url, const strata_file_options *options = nullptr,
                   const Context *context = nullptr) {
    strata_file *file = nullptr;
    detail::call([&](strata_error *err) {
      return strata_file_open(detail::handle_of(context), url.data(), url.size(), options, nullptr, &file, err);
    });
    return File(file);
  }
  /// As of a commit: the number of its layer, its id, or a time. Read-only.
  static File open_at(std::string_view url, std::string_view commit, const strata_file_options *options = nullptr,
                      const Context *context = nullptr) {
    strata_file *file = nullptr;
    detail::call([&](strata_error *err) {
      return strata_file_open_at(detail::handle_of(context), url.data(), url.size(), commit.data(), commit.size(), options, nullptr,
                                 &file, err);
    });
    return File(file);
  }
  /// What one has to do to this to get `to`.
  DifferenceList diff(const File &to, const Cancel *cancel = nullptr) const {
    strata_difference_list *list = nullptr;
    detail::call([&](strata_error *err) { return strata_file_diff(get(), to.get(), detail::handle_of(cancel), &list, err); });
    return DifferenceList(list);
  }
  static File create(std::string_view url, const strata_file_options *options = nullptr,
                     const Context *context = nullptr) {
    strata_file *file = nullptr;
    detail::call([&](strata_error *err) {
      return strata_file_create(detail::handle_of(context), url.data(), url.size(), options, nullptr, &file, err);
    });
    return File(file);
  }
  static File create_in_memory(const strata_file_options *options = nullptr, const Context *context = nullptr) {
    strata_file *file = nullptr;
    detail::call(
        [&](strata_error *err) { return strata_file_create_memory(detail::handle_of(context), options, &file, err); });
    return File(file);
  }

  Array define(const ArraySpec &spec) const { return detail::define(strata_file_define, get(), spec); }
  /// `type` as in strata_type_layout, "list<int32>"; that of the spec and its fill value are not used.
  Array define_nested(const ArraySpec &spec, std::string_view type) const {
    return detail::define_nested(strata_file_define_nested, get(), spec, type);
  }
  Array array(std::string_view name) const {
    strata_array *array = nullptr;
    detail::call(
        [&](strata_error *err) { return strata_file_array_open(get(), name.data(), name.size(), &array, err); });
    return Array(array);
  }
  bool exists(std::string_view name) const {
    int exists = 0;
    detail::call([&](strata_error *err) { return strata_file_exists(get(), name.data(), name.size(), &exists, err); });
    return exists != 0;
  }
  void remove(std::string_view name) const {
    detail::call([&](strata_error *err) { return strata_file_delete(get(), name.data(), name.size(), nullptr, err); });
  }
  void rename(std::string_view name, std::string_view to, const Cancel *cancel = nullptr) const {
    detail::named(strata_file_rename, get(), name, to, detail::handle_of(cancel));
  }
  void copy(std::string_view name, std::string_view to, const Cancel *cancel = nullptr) const {
    detail::named(strata_file_copy, get(), name, to, detail::handle_of(cancel));
  }
  Cursor arrays(std::string_view prefix = {}) const {
    strata_cursor *cursor = nullptr;
    detail::call([&](strata_error *err) {
      return strata_file_list(get(), prefix.empty() ? nullptr : prefix.data(), prefix.size(), &cursor, err);
    });
    return Cursor(cursor);
  }
  std::uint64_t layer_count() const {
    std::uint64_t count = 0;
    detail::call([&](strata_error *err) { return strata_file_layer_count(get(), &count, err); });
    return count;
  }
  void flush(const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) { return strata_file_flush(get(), detail::handle_of(cancel), err); });
  }
  void compact(const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) { return strata_file_compact(get(), detail::handle_of(cancel), err); });
  }
  CompactionList compaction_list(const Cancel *cancel = nullptr) const {
    strata_compaction_list *list = nullptr;
    detail::call([&](strata_error *err) { return strata_file_compaction_list(get(), detail::handle_of(cancel), &list, err); });
    return CompactionList(list);
  }
  /// At most so many; 0: all.
  Log log(std::uint64_t most = 0, const Cancel *cancel = nullptr) const {
    strata_log *log = nullptr;
    detail::call([&](strata_error *err) { return strata_file_log(get(), most, detail::handle_of(cancel), &log, err); });
    return Log(log);
  }
  void discard() const {
    detail::call([&](strata_error *err) { return strata_file_discard(get(), err); });
  }
  bool refresh() const {
    int moved = 0;
    detail::call([&](strata_error *err) { return strata_file_refresh(get(), nullptr, &moved, err); });
    return moved != 0;
  }
  strata_pending pending() const {
    strata_pending pending = STRATA_PENDING_INIT;
    detail::call([&](strata_error *err) { return strata_file_pending(get(), &pending, err); });
    return pending;
  }
  ConflictList conflicts() const {
    strata_conflict_list *list = nullptr;
    detail::call([&](strata_error *err) { return strata_file_conflict_list(get(), &list, err); });
    return ConflictList(list);
  }
  strata_file *get() const noexcept { return handle_.get(); }

 private:
  detail::Owner<strata_file, strata_file_close> handle_;
};

class Dataset {
 public:
  explicit Dataset(strata_dataset *handle) noexcept : handle_(handle) {}
  std::string name() const {
    return detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_dataset_name(get(), dst, cap, needed, err);
    });
  }
  Array define(const ArraySpec &spec) const { return detail::define(strata_dataset_define, get(), spec); }
  /// `type` as in strata_type_layout, "list<int32>"; that of the spec and its fill value are not used.
  Array define_nested(const ArraySpec &spec, std::string_view type) const {
    return detail::define_nested(strata_dataset_define_nested, get(), spec, type);
  }
  Array array(std::string_view name) const {
    strata_array *array = nullptr;
    detail::call([&](strata_error *err) {
      return strata_dataset_array_open(get(), name.data(), name.size(), nullptr, &array, err);
    });
    return Array(array);
  }
  bool exists(std::string_view name) const {
    int exists = 0;
    detail::call(
        [&](strata_error *err) { return strata_dataset_exists(get(), name.data(), name.size(), &exists, err); });
    return exists != 0;
  }
  void remove(std::string_view name) const {
    detail::call(
        [&](strata_error *err) { return strata_dataset_delete(get(), name.data(), name.size(), nullptr, err); });
  }
  void rename(std::string_view name, std::string_view to, const Cancel *cancel = nullptr) const {
    detail::named(strata_dataset_rename, get(), name, to, detail::handle_of(cancel));
  }
  void copy(std::string_view name, const Dataset &to_dataset, std::string_view to, const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) {
      return strata_dataset_copy(get(), name.data(), name.size(), to_dataset.get(), to.data(), to.size(),
                                 detail::handle_of(cancel), err);
    });
  }
  Cursor arrays(std::string_view prefix = {}) const {
    strata_cursor *cursor = nullptr;
    detail::call([&](strata_error *err) {
      return strata_dataset_list(get(), prefix.empty() ? nullptr : prefix.data(), prefix.size(), &cursor, err);
    });
    return Cursor(cursor);
  }
  void set_attribute(std::string_view key, const Value &value) const {
    detail::call([&](strata_error *err) {
      return strata_dataset_set_attribute(get(), key.data(), key.size(), value.type(), value.bytes().data(),
                                          value.bytes().size(), err);
    });
  }
  Value attribute(std::string_view key) const {
    std::int32_t type = STRATA_TYPE_NONE;
    std::string bytes = detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_dataset_get_attribute(get(), key.data(), key.size(), &type, dst, cap, needed, err);
    });
    return {type, std::move(bytes)};
  }
  void delete_attribute(std::string_view key) const {
    detail::call(
        [&](strata_error *err) { return strata_dataset_delete_attribute(get(), key.data(), key.size(), err); });
  }
  Cursor attributes() const {
    strata_cursor *cursor = nullptr;
    detail::call([&](strata_error *err) { return strata_dataset_list_attributes(get(), nullptr, 0, &cursor, err); });
    return Cursor(cursor);
  }
  void set_note(std::string_view name, std::string_view text) const {
    detail::call([&](strata_error *err) {
      return strata_dataset_set_note(get(), name.data(), name.size(), text.data(), text.size(), err);
    });
  }
  std::string note(std::string_view name) const {
    return detail::sized([&](char *dst, std::size_t cap, std::size_t *needed, strata_error *err) {
      return strata_dataset_get_note(get(), name.data(), name.size(), dst, cap, needed, err);
    });
  }
  void delete_note(std::string_view name) const {
    detail::call([&](strata_error *err) { return strata_dataset_delete_note(get(), name.data(), name.size(), err); });
  }
  Cursor notes() const {
    strata_cursor *cursor = nullptr;
    detail::call([&](strata_error *err) { return strata_dataset_list_notes(get(), nullptr, 0, &cursor, err); });
    return Cursor(cursor);
  }
  strata_dataset *get() const noexcept { return handle_.get(); }

 private:
  detail::Owner<strata_dataset, strata_dataset_close> handle_;
};

/// One array of many datasets. Rows carry their own status; what they give out lives as long as this does.
class Across {
 public:
  struct Row {
    strata_status status = STRATA_OK;
    std::string_view dataset;
    std::int32_t type = STRATA_TYPE_NONE;
    std::span<const std::uint64_t> shape;
    std::span<const std::byte> data;
    const std::int64_t *offsets = nullptr;  // STRING and BINARY; of lists the first level
  };
  explicit Across(strata_across *handle) noexcept : handle_(handle) {}
  std::uint64_t size() const noexcept { return strata_across_count(handle_.get()); }
  Row operator[](std::uint64_t i) const {
    Row row;
    row.status = strata_across_status(handle_.get(), i);
    const char *name = nullptr;
    std::size_t name_len = 0;
    detail::call([&](strata_error *err) { return strata_across_dataset(handle_.get(), i, &name, &name_len, err); });
    row.dataset = {name, name_len};
    if (row.status < 0) return row;
    std::uint32_t ndim = 0;
    const std::uint64_t *shape = nullptr;
    detail::call(
        [&](strata_error *err) { return strata_across_shape(handle_.get(), i, &row.type, &ndim, &shape, err); });
    row.shape = {shape, ndim};
    const void *data = nullptr;
    std::size_t size = 0;
    detail::call(
        [&](strata_error *err) { return strata_across_data(handle_.get(), i, &data, &size, &row.offsets, err); });
    row.data = {static_cast<const std::byte *>(data), size};
    return row;
  }

 private:
  detail::Owner<strata_across, strata_across_close> handle_;
};

/// A store of datasets. Changes are published by flush(), all of them at once.
class Store {
 public:
  explicit Store(strata_store *handle) noexcept : handle_(handle) {}
  static Store open(std::string_view url, const strata_store_options *options = nullptr,
                    const Context *context = nullptr) {
    strata_store *store = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_open(detail::handle_of(context), url.data(), url.size(), options, nullptr, &store, err);
    });
    return Store(store);
  }
  static Store create(std::string_view url, const strata_store_options *options = nullptr,
                      const Context *context = nullptr) {
    strata_store *store = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_create(detail::handle_of(context), url.data(), url.size(), options, nullptr, &store, err);
    });
    return Store(store);
  }

  /// As of a commit: its number, its id, a tag or a time. Read-only.
  static Store open_at(std::string_view url, std::string_view commit, const strata_store_options *options = nullptr,
                       const Context *context = nullptr) {
    strata_store *store = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_open_at(detail::handle_of(context), url.data(), url.size(), commit.data(), commit.size(), options, nullptr,
                                  &store, err);
    });
    return Store(store);
  }
  /// As a worker of a job, whose one flush delivers; "": at the newest commit.
  static Store open_worker(std::string_view url, std::string_view job, std::string_view task, std::string_view commit = {},
                           const strata_store_options *options = nullptr, const Context *context = nullptr) {
    strata_store *store = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_open_worker(detail::handle_of(context), url.data(), url.size(), job.data(), job.size(), task.data(), task.size(),
                                      commit.empty() ? nullptr : commit.data(), commit.size(), options, nullptr, &store, err);
    });
    return Store(store);
  }
  /// What the tasks of a job have delivered and nobody has adopted yet.
  Log deliveries(std::string_view job, const Cancel *cancel = nullptr) const {
    strata_log *log = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_deliveries(get(), job.data(), job.size(), detail::handle_of(cancel), &log, err);
    });
    return Log(log);
  }
  /// Makes all of it one commit, or what these tasks have delivered.
  void adopt(std::string_view job, std::span<const std::string> tasks = {}, const Cancel *cancel = nullptr) const {
    const std::vector<const char *> list = detail::pointers(tasks);
    detail::call([&](strata_error *err) {
      return strata_store_adopt(get(), job.data(), job.size(), list.empty() ? nullptr : list.data(), list.size(),
                                detail::handle_of(cancel), err);
    });
  }
  /// The number of the commit at which this is.
  std::uint64_t seq() const {
    std::uint64_t seq = 0;
    detail::call([&](strata_error *err) { return strata_store_seq(get(), &seq, err); });
    return seq;
  }
  /// Gives a commit a name, which keeps it; "": the newest.
  void tag(std::string_view name, std::string_view commit = {}, const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) {
      return strata_store_tag(get(), name.data(), name.size(), commit.empty() ? nullptr : commit.data(), commit.size(),
                              detail::handle_of(cancel), err);
    });
  }
  void untag(std::string_view name, const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) {
      return strata_store_untag(get(), name.data(), name.size(), detail::handle_of(cancel), err);
    });
  }
  Log tags(const Cancel *cancel = nullptr) const {
    strata_log *log = nullptr;
    detail::call([&](strata_error *err) { return strata_store_tags(get(), detail::handle_of(cancel), &log, err); });
    return Log(log);
  }
  strata_retention retention() const {
    strata_retention retention = STRATA_RETENTION_INIT;
    detail::call([&](strata_error *err) { return strata_store_retention(get(), &retention, err); });
    return retention;
  }
  /// Which commits are kept beside the newest and those with tags: so many, and those that are not older.
  void set_retention(std::uint64_t commits, std::int64_t age_ns, const Cancel *cancel = nullptr) const {
    strata_retention retention = STRATA_RETENTION_INIT;
    retention.commits = commits;
    retention.age_ns = age_ns;
    detail::call([&](strata_error *err) { return strata_store_set_retention(get(), &retention, detail::handle_of(cancel), err); });
  }
  /// Commits before this one are not kept any more, unless they have a tag.
  void expire(std::string_view commit, const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) {
      return strata_store_expire(get(), commit.data(), commit.size(), detail::handle_of(cancel), err);
    });
  }
  /// Removes what no kept commit needs; also what workers wrote more than `inbox_age_ns` ago and nobody has adopted, unless it is negative.
  void collect(std::int64_t inbox_age_ns = -1, const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) { return strata_store_collect(get(), inbox_age_ns, detail::handle_of(cancel), err); });
  }
  /// What one has to do to this to get `to`.
  DifferenceList diff(const Store &to, const Cancel *cancel = nullptr) const {
    strata_difference_list *list = nullptr;
    detail::call([&](strata_error *err) { return strata_store_diff(get(), to.get(), detail::handle_of(cancel), &list, err); });
    return DifferenceList(list);
  }

  /// What the last flush or compaction was refused for.
  ConflictList conflicts() const {
    strata_conflict_list *list = nullptr;
    detail::call([&](strata_error *err) { return strata_store_conflict_list(get(), &list, err); });
    return ConflictList(list);
  }
  /// At most so many; 0: all.
  Log log(std::uint64_t most = 0, const Cancel *cancel = nullptr) const {
    strata_log *log = nullptr;
    detail::call([&](strata_error *err) { return strata_store_log(get(), most, detail::handle_of(cancel), &log, err); });
    return Log(log);
  }

  Dataset create_dataset(std::string_view name) const {
    strata_dataset *dataset = nullptr;
    detail::call(
        [&](strata_error *err) { return strata_store_dataset_create(get(), name.data(), name.size(), &dataset, err); });
    return Dataset(dataset);
  }
  Dataset dataset(std::string_view name) const {
    strata_dataset *dataset = nullptr;
    detail::call(
        [&](strata_error *err) { return strata_store_dataset_open(get(), name.data(), name.size(), &dataset, err); });
    return Dataset(dataset);
  }
  bool exists(std::string_view name) const {
    int exists = 0;
    detail::call(
        [&](strata_error *err) { return strata_store_dataset_exists(get(), name.data(), name.size(), &exists, err); });
    return exists != 0;
  }
  void remove(std::string_view name) const {
    detail::call(
        [&](strata_error *err) { return strata_store_dataset_delete(get(), name.data(), name.size(), nullptr, err); });
  }
  void rename(std::string_view name, std::string_view to, const Cancel *cancel = nullptr) const {
    detail::named(strata_store_dataset_rename, get(), name, to, detail::handle_of(cancel));
  }
  void copy(std::string_view name, std::string_view to, const Cancel *cancel = nullptr) const {
    detail::named(strata_store_dataset_copy, get(), name, to, detail::handle_of(cancel));
  }
  std::uint64_t dataset_count() const {
    std::uint64_t count = 0;
    detail::call([&](strata_error *err) { return strata_store_dataset_count(get(), &count, err); });
    return count;
  }
  Cursor datasets(std::string_view prefix = {}) const {
    strata_cursor *cursor = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_list_datasets(get(), prefix.empty() ? nullptr : prefix.data(), prefix.size(), &cursor, err);
    });
    return Cursor(cursor);
  }
  Cursor datasets_with(std::string_view array) const {
    strata_cursor *cursor = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_list_datasets_with(get(), array.data(), array.size(), &cursor, err);
    });
    return Cursor(cursor);
  }
  Cursor arrays(std::string_view prefix = {}) const {
    strata_cursor *cursor = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_list_arrays(get(), prefix.empty() ? nullptr : prefix.data(), prefix.size(), &cursor, err);
    });
    return Cursor(cursor);
  }
  std::int32_t array_type(std::string_view array) const {
    std::int32_t type = STRATA_TYPE_NONE;
    detail::call(
        [&](strata_error *err) { return strata_store_array_type(get(), array.data(), array.size(), &type, err); });
    return type;
  }
  /// `names` empty: all datasets. `start` and `count` empty: the whole array, whatever its shape.
  Across read_across(std::string_view array, std::span<const std::string> names = {},
                     std::span<const std::uint64_t> start = {}, std::span<const std::uint64_t> count = {},
                     const Cancel *cancel = nullptr) const {
    const std::vector<const char *> list = detail::pointers(names);
    strata_across *across = nullptr;
    detail::call([&](strata_error *err) {
      return strata_store_read_across(get(), array.data(), array.size(), list.empty() ? nullptr : list.data(),
                                      list.size(), static_cast<std::uint32_t>(start.size()),
                                      start.empty() ? nullptr : start.data(), count.empty() ? nullptr : count.data(),
                                      detail::handle_of(cancel), &across, err);
    });
    return Across(across);
  }
  void flush(const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) { return strata_store_flush(get(), detail::handle_of(cancel), err); });
  }
  void compact(const Cancel *cancel = nullptr) const {
    detail::call([&](strata_error *err) { return strata_store_compact(get(), detail::handle_of(cancel), err); });
  }
  CompactionList compaction_list(const Cancel *cancel = nullptr) const {
    strata_compaction_list *list = nullptr;
    detail::call([&](strata_error *err) { return strata_store_compaction_list(get(), detail::handle_of(cancel), &list, err); });
    return CompactionList(list);
  }
  void discard() const {
    detail::call([&](strata_error *err) { return strata_store_discard(get(), err); });
  }
  bool refresh() const {
    int moved = 0;
    detail::call([&](strata_error *err) { return strata_store_refresh(get(), nullptr, &moved, err); });
    return moved != 0;
  }
  strata_pending pending() const {
    strata_pending pending = STRATA_PENDING_INIT;
    detail::call([&](strata_error *err) { return strata_store_pending(get(), &pending, err); });
    return pending;
  }
  strata_store *get() const noexcept { return handle_.get(); }

 private:
  detail::Owner<strata_store, strata_store_close> handle_;
};

/// What a check, a repair or a salvage has found. Texts live as long as this does.
class Report {
 public:
  explicit Report(strata_report *handle) noexcept : handle_(handle) {}
  std::uint64_t size() const noexcept { return strata_report_count(handle_.get()); }
  strata_finding operator[](std::uint64_t i) const {
    strata_finding finding = STRATA_FINDING_INIT;
    detail::call([&](strata_error *err) { return strata_report_get(handle_.get(), i, &finding, err); });
    return finding;
  }
  std::uint64_t defects() const {
    std::uint64_t n = 0;
    for (std::uint64_t i = 0; i < size(); ++i) n += (*this)[i].severity == STRATA_DEFECT;
    return n;
  }
  /// Files, chunks and bytes that were looked at, or copied.
  struct Totals {
    std::uint64_t objects = 0, chunks = 0, bytes = 0;
  };
  Totals totals() const {
    Totals t;
    detail::call([&](strata_error *err) { return strata_report_totals(handle_.get(), &t.objects, &t.chunks, &t.bytes, err); });
    return t;
  }

 private:
  detail::Owner<strata_report, strata_report_close> handle_;
};

/// `flags`: STRATA_CHECK_STRUCTURE.
inline Report check(std::string_view url, std::uint32_t flags = 0, const Cancel *cancel = nullptr, const Context *context = nullptr) {
  strata_report *report = nullptr;
  detail::call([&](strata_error *err) {
    return strata_check(detail::handle_of(context), url.data(), url.size(), flags, detail::handle_of(cancel), &report, err);
  });
  return Report(report);
}
/// `flags`: STRATA_REPAIR_CONSENT, without which nothing is changed.
inline Report repair(std::string_view url, std::uint32_t flags, const Cancel *cancel = nullptr, const Context *context = nullptr) {
  strata_report *report = nullptr;
  detail::call([&](strata_error *err) {
    return strata_repair(detail::handle_of(context), url.data(), url.size(), flags, detail::handle_of(cancel), &report, err);
  });
  return Report(report);
}
inline Report salvage(std::string_view url, std::string_view to, const Cancel *cancel = nullptr, const Context *context = nullptr) {
  strata_report *report = nullptr;
  detail::call([&](strata_error *err) {
    return strata_salvage(detail::handle_of(context), url.data(), url.size(), to.data(), to.size(), detail::handle_of(cancel), &report, err);
  });
  return Report(report);
}

}  // namespace hpp0
}  // namespace strata

#endif
