// zstd: plain frames with the content size and without a checksum.

#include <zstd.h>
#include <zstd_errors.h>

#include <mutex>

#include "codec/builtin.h"

namespace strata {

namespace {

// Contexts are megabytes and slow to make, so they are used again. They live in the codec, not in threads: memory that
// belongs to threads of the host would outlive the library's last handle. More than kIdle are only kept while in use.
template <typename Context, Context* (*kMake)(), size_t (*kFree)(Context*)>
class ContextPool {
 public:
  static constexpr size_t kIdle = 16;

  ContextPool() { idle_.reserve(kIdle); }
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;
  ~ContextPool() {
    for (Context* c : idle_) kFree(c);
  }

  class Lease {
   public:
    explicit Lease(ContextPool& pool) : pool_(pool), context_(pool.take()) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      if (context_) pool_.give_back(context_);
    }
    Context* get() const { return context_; }  // nullptr: no memory

   private:
    ContextPool& pool_;
    Context* context_;
  };

 private:
  Context* take() {
    {
      std::lock_guard lock(mu_);
      if (!idle_.empty()) {
        Context* c = idle_.back();
        idle_.pop_back();
        return c;
      }
    }
    return kMake();
  }
  void give_back(Context* c) {
    {
      std::lock_guard lock(mu_);
      if (idle_.size() < kIdle) return idle_.push_back(c);  // within the reserved room: cannot throw
    }
    kFree(c);
  }

  std::mutex mu_;
  std::vector<Context*> idle_;
};

using Compressors = ContextPool<ZSTD_CCtx, ZSTD_createCCtx, ZSTD_freeCCtx>;
using Decompressors = ContextPool<ZSTD_DCtx, ZSTD_createDCtx, ZSTD_freeDCtx>;

Status no_context() { return Status(Code::kNoMemory, "zstd: no memory for a context"); }

Status as_status(size_t result, Code otherwise, std::string_view doing, size_t n) {
  Code code = ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? Code::kNoMemory : otherwise;
  return Status(code, cat(doing, " of ", n, " bytes: ", ZSTD_getErrorName(result)));
}

class ZstdCodec final : public Codec {
 public:
  std::string_view name() const override { return "zstd"; }
  bool concatenable() const override { return true; }
  size_t bound(size_t n) const override { return ZSTD_compressBound(n); }

  // level 0 is the default; levels beyond what the library knows are cut to what it knows.
  Result<size_t> compress(Bytes in, MutBytes out, int level) const override {
    Compressors::Lease lease(compressors_);
    if (!lease.get()) return no_context();
    size_t used =
        ZSTD_compressCCtx(lease.get(), out.data(), out.size(), in.data(), in.size(), level ? level : kDefaultZstdLevel);
    if (ZSTD_isError(used)) return as_status(used, Code::kInternal, "zstd compression", in.size());
    return used;
  }

  Result<size_t> decompress(Bytes in, MutBytes out) const override {
    Decompressors::Lease lease(decompressors_);
    if (!lease.get()) return no_context();
    size_t n = ZSTD_decompressDCtx(lease.get(), out.data(), out.size(), in.data(), in.size());
    if (ZSTD_isError(n)) return as_status(n, Code::kCorrupt, "zstd block", in.size());
    return n;
  }

  Result<uint64_t> max_decompressed(Bytes in) const override { return zstd_bound_of(in); }

 private:
  mutable Compressors compressors_;
  mutable Decompressors decompressors_;
};

}  // namespace

std::unique_ptr<Codec> make_zstd_codec() { return std::make_unique<ZstdCodec>(); }

}  // namespace strata
