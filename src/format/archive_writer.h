// Writes an archive front to back: what lies out of line first, then the record that points to it.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "format/archive.h"

namespace strata::archive {

// Fields are named by their position in the archive: pointers into the buffer die when it grows.
class Writer {
 public:
  explicit Writer(size_t expected) { out_.reserve(expected); }

  size_t size() const { return out_.size(); }
  uint8_t* at(size_t position) { return out_.data() + position; }
  Buffer take() { return std::move(out_); }

  // n zero bytes after padding; returns where they start.
  size_t records(size_t n, size_t alignment = 8) {
    out_.pad_to(alignment);
    size_t start = out_.size();
    out_.resize(start + n);
    if (n) std::memset(at(start), 0, n);
    return start;
  }
  // A list of numbers; T's alignment is its size. Padded even when empty, as the original does.
  template <typename T>
  size_t numbers(std::span<const T> values) {
    out_.pad_to(sizeof(T));
    size_t start = out_.size();
    out_.append({reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
    return start;
  }
  // The part of a text that does not fit its field: nothing, or all of it.
  size_t text_part(std::string_view text) {
    size_t start = out_.size();
    if (text.size() > kTextSize) out_.append(as_bytes(text));
    return start;
  }
  size_t bytes(std::string_view b) {
    size_t start = out_.size();
    out_.append(as_bytes(b));
    return start;
  }
  // A list of texts.
  size_t texts(std::span<const std::string> list) {
    targets_.clear();
    for (const std::string& t : list) targets_.push_back(text_part(t));
    size_t start = records(list.size() * kTextSize);
    for (size_t i = 0; i < list.size(); ++i) put_text(start + i * kTextSize, list[i], targets_[i]);
    return start;
  }

  template <typename T>
  void put(size_t field, T v) {
    store(at(field), v);
  }
  void put_pointer(size_t field, size_t target) {
    put(field, static_cast<int64_t>(target) - static_cast<int64_t>(field));
  }
  void put_vec(size_t field, size_t target, size_t count) {
    put_pointer(field, target);
    put<uint64_t>(field + 8, count);
  }
  void put_text(size_t field, std::string_view text, size_t target) {
    if (text.size() <= kTextSize) {
      std::memset(at(field), 0xFF, kTextSize);
      if (!text.empty()) std::memcpy(at(field), text.data(), text.size());
    } else {
      put<uint64_t>(field, text_size_word(text.size()));
      put(field + 8, static_cast<int64_t>(target) - static_cast<int64_t>(field));
    }
  }

 private:
  Buffer out_;
  std::vector<size_t> targets_;
};

}  // namespace strata::archive
