// Working memory that is used again: a fresh buffer of a megabyte costs more in page faults than the work done in it.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace strata {

class ScratchPool {
 public:
  // Keeps so many bytes that nobody uses: in buffers that wait, and in what buffers have beyond the size that was asked for.
  explicit ScratchPool(uint64_t limit) : limit_(limit) {}

  class Lease {
   public:
    Lease() = default;
    Lease(ScratchPool* pool, Buffer buffer) : pool_(pool), buffer_(std::move(buffer)) {}
    Lease(Lease&& o) noexcept : pool_(std::exchange(o.pool_, nullptr)), buffer_(std::move(o.buffer_)) {}
    Lease& operator=(Lease&& o) noexcept {
      std::swap(pool_, o.pool_);
      std::swap(buffer_, o.buffer_);
      return *this;
    }
    ~Lease() {
      if (pool_) pool_->give_back(std::move(buffer_));
    }
    MutBytes bytes() { return buffer_.bytes(); }
    Bytes bytes() const { return buffer_.bytes(); }
    uint8_t* data() { return buffer_.data(); }

   private:
    ScratchPool* pool_ = nullptr;
    Buffer buffer_;
  };

  // A buffer of exactly `size` bytes, not initialised.
  Lease take(size_t size) {
    Buffer b;
    {
      std::lock_guard lock(mu_);
      // The newest one that is large enough: it is the likeliest to be in the processor's cache.
      for (size_t i = free_.size(); i-- > 0;) {
        if (free_[i].capacity() >= size) {
          b = std::move(free_[i]);
          free_.erase(free_.begin() + static_cast<ptrdiff_t>(i));
          unused_ -= size;
          break;
        }
      }
    }
    b.clear();
    b.reserve(size);
    b.resize(size);
    return Lease(this, std::move(b));
  }

  uint64_t unused() const {
    std::lock_guard lock(mu_);
    return unused_;
  }

 private:
  static constexpr size_t kKept = 16;  // buffers

  void give_back(Buffer b) {
    if (b.capacity() == 0) return;
    std::lock_guard lock(mu_);
    unused_ -= b.capacity() - b.size();
    if (free_.capacity() < kKept || b.capacity() > limit_) return;  // reserved at the start: giving back never allocates
    size_t oldest = 0;
    while (free_.size() - oldest == kKept || unused_ + b.capacity() > limit_) {
      if (oldest == free_.size()) break;
      unused_ -= free_[oldest++].capacity();
    }
    free_.erase(free_.begin(), free_.begin() + static_cast<ptrdiff_t>(oldest));
    if (unused_ + b.capacity() > limit_) return;  // what others have in use is larger than they asked for
    unused_ += b.capacity();
    free_.push_back(std::move(b));
  }

  const uint64_t limit_;
  mutable std::mutex mu_;
  uint64_t unused_ = 0;
  std::vector<Buffer> free_ = [] {
    std::vector<Buffer> v;
    v.reserve(kKept);
    return v;
  }();
};

}  // namespace strata
