// How much a run of zstd frames can hold, from the headers of frames and blocks (RFC 8878, sections 3.1.1 and 3.1.2).
//
// The library's own answer believes a content size in the frame, which is the number that a hostile file would
// choose. Here it only lowers what the blocks can hold.

#include <algorithm>

#include "codec/builtin.h"

namespace strata {

namespace {

constexpr uint32_t kFrameMagic = 0xFD2FB528;
constexpr uint32_t kSkippableMagic = 0x184D2A50;  // and the 15 after it
constexpr uint64_t kMaxBlock = 128 << 10;

class FrameWalk {
 public:
  explicit FrameWalk(Bytes in) : in_(in) {}

  // One frame; adds what it can hold to *total.
  bool frame(uint64_t* total) {
    uint64_t magic, n;
    if (!number(4, &magic)) return false;
    if ((magic & 0xFFFFFFF0) == kSkippableMagic) return number(4, &n) && skip(n);
    if (magic != kFrameMagic) return false;

    uint64_t descriptor;
    if (!number(1, &descriptor)) return false;
    const bool single_segment = descriptor & 0x20, checksum = descriptor & 0x04;
    static constexpr size_t kIdWidth[4] = {0, 1, 2, 4}, kSizeWidth[4] = {0, 2, 4, 8};
    size_t size_width = kSizeWidth[descriptor >> 6];
    if (size_width == 0 && single_segment) size_width = 1;
    if (!skip(single_segment ? 0 : 1) || !skip(kIdWidth[descriptor & 3])) return false;
    uint64_t content = UINT64_MAX;
    if (size_width != 0) {
      if (!number(size_width, &content)) return false;
      if (size_width == 2) content += 256;
    }

    uint64_t held = 0;
    for (bool last = false; !last;) {
      uint64_t header;
      if (!number(3, &header)) return false;
      last = header & 1;
      const uint64_t size = header >> 3;
      switch ((header >> 1) & 3) {
        case 0:  // as is
          held += size;
          if (!skip(size)) return false;
          break;
        case 1:  // one byte, `size` times; the decoder refuses what is larger than a block
          held += std::min(size, kMaxBlock);
          if (!skip(1)) return false;
          break;
        case 2:
          held += kMaxBlock;
          if (!skip(size)) return false;
          break;
        default:
          return false;
      }
    }
    *total += std::min(held, content);
    return skip(checksum ? 4 : 0);
  }

  bool done() const { return in_.empty(); }

 private:
  bool skip(uint64_t n) {
    if (n > in_.size()) return false;
    in_ = in_.subspan(n);
    return true;
  }
  bool number(size_t width, uint64_t* out) {
    if (width > in_.size()) return false;
    *out = 0;
    for (size_t i = 0; i < width; ++i) *out |= static_cast<uint64_t>(in_[i]) << (8 * i);
    return skip(width);
  }

  Bytes in_;
};

}  // namespace

Result<uint64_t> zstd_bound_of(Bytes in) {
  uint64_t total = 0;  // at most 32768 for each byte of `in`: cannot overflow
  FrameWalk walk(in);
  while (!walk.done())
    if (!walk.frame(&total)) return Status(Code::kCorrupt, cat("zstd block of ", in.size(), " bytes is malformed"));
  return total;
}

}  // namespace strata
