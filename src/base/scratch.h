// Working memory that is used again: a fresh buffer of a megabyte costs more in page faults than the work done in it.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace strata {

class ScratchPool {
 public:
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
          break;
        }
      }
    }
    b.clear();
    b.reserve(size);
    b.resize(size);
    return Lease(this, std::move(b));
  }

 private:
  static constexpr size_t kKept = 16;            // buffers
  static constexpr size_t kLargest = 16u << 20;  // bytes of one that is kept

  void give_back(Buffer b) {
    if (b.capacity() == 0 || b.capacity() > kLargest) return;
    std::lock_guard lock(mu_);
    if (free_.capacity() < kKept) return;  // reserved at the start: giving back never allocates
    if (free_.size() == kKept) free_.erase(free_.begin());
    free_.push_back(std::move(b));
  }

  std::mutex mu_;
  std::vector<Buffer> free_ = [] {
    std::vector<Buffer> v;
    v.reserve(kKept);
    return v;
  }();
};

}  // namespace strata
