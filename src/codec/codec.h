// Compression of blocks: none, lz4, zstd; more can be registered by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"

namespace strata {

// Stateless; every member may be called from any thread at once.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual std::string_view name() const = 0;  // as in a block record; "" = none
  // Whether the compressed forms of a and b, one after the other, decompress to a followed by b. A block can then hold
  // several frames that are read one by one.
  virtual bool concatenable() const = 0;
  // Room that compress() needs for n bytes.
  virtual size_t bound(size_t n) const = 0;
  // Compresses `in` into `out` (at least bound(in.size()) bytes); returns the bytes used.
  virtual Result<size_t> compress(Bytes in, MutBytes out, int level) const = 0;
  // Decompresses into `out`; returns the bytes written. kCorrupt when `in` is malformed or holds more than out.size().
  virtual Result<size_t> decompress(Bytes in, MutBytes out) const = 0;
  // The most bytes that `in` can decompress to, from `in` alone and cheaply, so that no hostile size in a file makes us
  // allocate more than its bytes justify. kCorrupt when `in` is malformed.
  virtual Result<uint64_t> max_decompressed(Bytes in) const = 0;
};

class CodecSet {
 public:
  CodecSet();  // none, lz4, zstd
  // nullptr when unknown. "" is none.
  const Codec* find(std::string_view name) const;
  // kExists when a codec of that name is known.
  Status add(std::unique_ptr<Codec> codec);

 private:
  std::vector<std::unique_ptr<Codec>> codecs_;
};

inline constexpr int kDefaultZstdLevel = 3;

}  // namespace strata
