// A stored block or frame: codec, room, then its bytes.
#include "codec/codec.h"
#include "harness.h"

namespace strata::fuzz {

void run(Bytes input) {
  static const CodecSet codecs;
  Input in(input);
  static constexpr const char* kNames[] = {"zstd", "lz4", ""};
  const Codec& codec = *codecs.find(kNames[in.take<uint8_t>() % std::size(kNames)]);
  const uint32_t room = in.take<uint32_t>() % (1 << 20);
  auto most = codec.max_decompressed(in.rest());
  Buffer out(room);
  auto size = codec.decompress(in.rest(), out.bytes());
  if (!size.ok()) return;
  require(*size <= room, "no more than there is room for");
  // The library also takes frames that no encoder makes, as one with a run beyond its window; strata refuses them by their bound.
  if (!most.ok() || *size > *most) return;
  if (*size > 6) planted({codec.name() == "lz4", out.data()[0] >= 0xF0, out.data()[*size - 1] < 0x10});
  Buffer packed(codec.bound(*size));
  auto packed_size = codec.compress(out.bytes().first(*size), packed.bytes(), 1);
  require(packed_size.ok(), "what was read can be compressed");
  Buffer again(*size);
  auto again_size = codec.decompress(packed.bytes().first(*packed_size), again.bytes());
  require(again_size.ok() && *again_size == *size && as_text(again.bytes()) == as_text(out.bytes().first(*size)),
          "what was compressed is the same again");
}

}  // namespace strata::fuzz
