// lz4: a u32 with the decompressed size, then one LZ4 block (not the frame format).

#include <lz4.h>
#include <lz4hc.h>

#include <algorithm>
#include <climits>

#include "codec/builtin.h"

namespace strata {

namespace {

constexpr size_t kPrefix = 4;

class Lz4Codec final : public Codec {
 public:
  std::string_view name() const override { return "lz4"; }
  bool concatenable() const override { return false; }
  // LZ4_compressBound() without its cut at LZ4_MAX_INPUT_SIZE: compress() refuses such inputs by name.
  size_t bound(size_t n) const override { return kPrefix + n + n / 255 + 16; }

  // level: above 1 the high-compression search of that level, else the fast one.
  Result<size_t> compress(Bytes in, MutBytes out, int level) const override {
    if (in.size() > LZ4_MAX_INPUT_SIZE)
      return Status(Code::kLimit, cat("lz4 block of ", in.size(), " bytes, at most ", LZ4_MAX_INPUT_SIZE, " fit"));
    if (out.size() < bound(in.size()))
      return Status(Code::kInternal, "room for an lz4 block is smaller than its bound");
    store<uint32_t>(out.data(), static_cast<uint32_t>(in.size()));
    // An empty view may have no address, which the high-compression search walks into.
    auto* src = in.empty() ? "" : reinterpret_cast<const char*>(in.data());
    auto* dst = reinterpret_cast<char*>(out.data() + kPrefix);
    const int n = static_cast<int>(in.size());
    const int room = static_cast<int>(std::min<size_t>(out.size() - kPrefix, INT_MAX));
    const int used = level > 1 ? LZ4_compress_HC(src, dst, n, room, level) : LZ4_compress_default(src, dst, n, room);
    // With the bound kept, only the library's own working memory can be missing.
    if (used <= 0) return Status(Code::kNoMemory, cat("lz4: ", in.size(), " bytes could not be compressed"));
    return kPrefix + static_cast<size_t>(used);
  }

  Result<size_t> decompress(Bytes in, MutBytes out) const override {
    if (in.size() < kPrefix) return too_short(in.size());
    const size_t stored = in.size() - kPrefix;
    if (stored > INT_MAX) return Status(Code::kLimit, cat("lz4 block of ", in.size(), " bytes is beyond 2 GiB"));
    // A prefix larger than the data is accepted, as the original does; a smaller one is an error, which the cap finds.
    const size_t claimed = load<uint32_t>(in.data());
    const int room = static_cast<int>(std::min({claimed, out.size(), size_t{INT_MAX}}));
    const int n = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data() + kPrefix),
                                      reinterpret_cast<char*>(out.data()), static_cast<int>(stored), room);
    if (n < 0)
      return Status(Code::kCorrupt,
                    cat("lz4 block of ", in.size(), " bytes is malformed or holds more than ", room, " bytes"));
    return static_cast<size_t>(n);
  }

  Result<uint64_t> max_decompressed(Bytes in) const override {
    if (in.size() < kPrefix) return too_short(in.size());
    // A byte of an LZ4 block stands for at most 255 bytes (in a run of length bytes); the rest is for the tokens.
    const uint64_t justified = (static_cast<uint64_t>(in.size()) - kPrefix) * 255 + 64;
    return std::min<uint64_t>(load<uint32_t>(in.data()), justified);
  }

 private:
  static Status too_short(size_t n) {
    return Status(Code::kCorrupt, cat("lz4 block of ", n, " bytes has no size in front"));
  }
};

}  // namespace

std::unique_ptr<Codec> make_lz4_codec() { return std::make_unique<Lz4Codec>(); }

}  // namespace strata
