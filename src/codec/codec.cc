#include "codec/codec.h"

#include "codec/builtin.h"

namespace strata {

namespace {

class NoneCodec final : public Codec {
 public:
  std::string_view name() const override { return ""; }
  bool concatenable() const override { return true; }
  size_t bound(size_t n) const override { return n; }

  Result<size_t> compress(Bytes in, MutBytes out, int) const override {
    if (out.size() < in.size()) return Status(Code::kInternal, "room for a stored block is smaller than its bytes");
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return in.size();
  }

  Result<size_t> decompress(Bytes in, MutBytes out) const override {
    if (in.size() > out.size())
      return Status(Code::kCorrupt, cat("stored block holds ", in.size(), " bytes, at most ", out.size(), " expected"));
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return in.size();
  }

  Result<uint64_t> max_decompressed(Bytes in) const override { return static_cast<uint64_t>(in.size()); }
};

}  // namespace

std::unique_ptr<Codec> make_none_codec() { return std::make_unique<NoneCodec>(); }

CodecSet::CodecSet() {
  codecs_.push_back(make_none_codec());
  codecs_.push_back(make_lz4_codec());
  codecs_.push_back(make_zstd_codec());
}

const Codec* CodecSet::find(std::string_view name) const {
  for (const auto& codec : codecs_)
    if (codec->name() == name) return codec.get();
  return nullptr;
}

Status CodecSet::add(std::unique_ptr<Codec> codec) {
  if (!codec) return Status(Code::kInvalid, "no codec given");
  if (find(codec->name())) return Status(Code::kExists, cat("a codec named \"", codec->name(), "\" is known already"));
  codecs_.push_back(std::move(codec));
  return {};
}

}  // namespace strata
