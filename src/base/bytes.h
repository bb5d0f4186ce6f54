// Views of bytes, owned buffers whose memory is not zeroed, and little-endian access.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>
#include <string_view>

namespace strata {

// The format is little endian and is used in place; CMake refuses other machines as well.
static_assert(std::endian::native == std::endian::little);

using Bytes = std::span<const uint8_t>;
using MutBytes = std::span<uint8_t>;

inline Bytes as_bytes(std::string_view s) { return {reinterpret_cast<const uint8_t*>(s.data()), s.size()}; }
inline std::string_view as_text(Bytes b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

template <typename T>
T load(const void* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <typename T>
void store(void* p, T v) {
  std::memcpy(p, &v, sizeof v);
}

// Owned bytes, 64-aligned, not zeroed: most buffers are overwritten whole at once. Throws bad_alloc.
class Buffer {
 public:
  static constexpr size_t kAlign = 64;
  Buffer() = default;
  explicit Buffer(size_t size) : data_(allocate(size)), size_(size), capacity_(size) {}
  static Buffer copy_of(Bytes b) {
    Buffer out(b.size());
    if (!b.empty()) std::memcpy(out.data(), b.data(), b.size());
    return out;
  }
  Buffer(Buffer&& o) noexcept
      : data_(std::move(o.data_)), size_(std::exchange(o.size_, 0)), capacity_(std::exchange(o.capacity_, 0)) {}
  Buffer& operator=(Buffer&& o) noexcept {
    data_ = std::move(o.data_);
    size_ = std::exchange(o.size_, 0);
    capacity_ = std::exchange(o.capacity_, 0);
    return *this;
  }

  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  MutBytes bytes() { return {data(), size_}; }
  Bytes bytes() const { return {data(), size_}; }

  void shrink(size_t size) { size_ = size; }  // REQUIRES: size <= size(); keeps the memory
  void clear() { size_ = 0; }
  void reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    auto grown = allocate(capacity);
    if (size_) std::memcpy(grown.get(), data_.get(), size_);
    data_ = std::move(grown);
    capacity_ = capacity;
  }
  // Sets the size; bytes beyond the old size are not initialised. Grows geometrically.
  void resize(size_t size) {
    if (size > capacity_) reserve(size < capacity_ * 2 ? capacity_ * 2 : size);
    size_ = size;
  }
  void append(Bytes b) {
    size_t at = size_;
    resize(at + b.size());
    if (!b.empty()) std::memcpy(data_.get() + at, b.data(), b.size());
  }
  void pad_to(size_t alignment) {
    size_t at = size_, want = (at + alignment - 1) / alignment * alignment;
    resize(want);
    if (want != at) std::memset(data_.get() + at, 0, want - at);
  }

 private:
#if defined(__SANITIZE_ADDRESS__)
  // Aligned by the allocator, which then knows where the buffer begins.
  struct Free {
    void operator()(uint8_t* p) const { ::operator delete[](p, std::align_val_t(kAlign)); }
  };
  static std::unique_ptr<uint8_t[], Free> allocate(size_t n) {
    if (n == 0) return nullptr;
    return std::unique_ptr<uint8_t[], Free>(static_cast<uint8_t*>(::operator new[](n, std::align_val_t(kAlign))));
  }
#else
  // Aligned here: glibc asks for more than it keeps when it aligns, so that the hole of a freed buffer fits none of the same size
  // again, and a process that frees and allocates large ones grows (measured: docs/reliability.md, "Memory"). How far the
  // buffer begins behind what was allocated stands in the byte before it.
  struct Free {
    void operator()(uint8_t* p) const { ::operator delete[](p - p[-1]); }
  };
  static std::unique_ptr<uint8_t[], Free> allocate(size_t n) {
    if (n == 0) return nullptr;
    if (n > SIZE_MAX - kAlign) throw std::bad_alloc();
    auto* raw = static_cast<uint8_t*>(::operator new[](n + kAlign));
    const size_t shift = kAlign - reinterpret_cast<uintptr_t>(raw) % kAlign;
    raw[shift - 1] = static_cast<uint8_t>(shift);
    return std::unique_ptr<uint8_t[], Free>(raw + shift);
  }
#endif
  std::unique_ptr<uint8_t[], Free> data_;
  size_t size_ = 0, capacity_ = 0;
};

using SharedBuffer = std::shared_ptr<const Buffer>;

}  // namespace strata
