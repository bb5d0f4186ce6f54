// The codecs: what is written is read back, and nothing that a file holds can do harm.

#include "codec/codec.h"

#include <lz4.h>
#include <zstd.h>

#include <atomic>
#include <random>
#include <thread>

#include "internal_test.h"

namespace {
using namespace strata;

std::vector<uint8_t> sample(size_t n, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> out(n);
  for (size_t i = 0; i < n; ++i)
    out[i] = static_cast<uint8_t>((i / 64) % 2 ? random() : i / 512);  // half noise, half runs
  return out;
}

std::vector<uint8_t> packed(const Codec& codec, Bytes in, int level = 0) {
  std::vector<uint8_t> out(codec.bound(in.size()));
  auto n = codec.compress(in, out, level);
  out.resize(n.ok() ? *n : 0);
  return out;
}

std::string round_trips() {
  CodecSet set;
  for (const char* name : {"", "lz4", "zstd"}) {
    const Codec* codec = set.find(name);
    CHECK(codec);
    for (size_t n : {0, 1, 3, 63, 64, 1000, 70000, 1 << 20})
      for (int level : {-5, 0, 1, 3, 9, 1000}) {
        auto in = sample(n, static_cast<unsigned>(n) + 7);
        std::vector<uint8_t> out(codec->bound(n));
        auto used = codec->compress(in, out, level);
        CHECK_OK(used);
        out.resize(*used);
        auto most = codec->max_decompressed(out);
        CHECK_OK(most);
        CHECK(*most >= n);
        std::vector<uint8_t> back(n);
        auto got = codec->decompress(out, back);
        CHECK_OK(got);
        CHECK_EQ(*got, n);
        CHECK(back == in);
      }
  }
  return "";
}

std::string too_little_room_is_corrupt() {
  CodecSet set;
  for (const char* name : {"", "lz4", "zstd"}) {
    const Codec* codec = set.find(name);
    auto in = sample(5000, 1);
    auto out = packed(*codec, in);
    std::vector<uint8_t> small(4999), large(9000);
    CHECK(codec->decompress(out, small).code() == Code::kCorrupt);
    auto got = codec->decompress(out, large);
    CHECK_OK(got);
    CHECK_EQ(*got, size_t{5000});
    CHECK(std::equal(in.begin(), in.end(), large.begin()));
  }
  return "";
}

std::string hostile_input_is_an_answer() {
  CodecSet set;
  std::mt19937 random(3);
  for (const char* name : {"lz4", "zstd"}) {
    const Codec* codec = set.find(name);
    auto in = sample(6000, 2);
    const auto good = packed(*codec, in);
    std::vector<uint8_t> back(in.size());
    for (size_t n = 0; n < good.size(); ++n) {
      std::vector<uint8_t> cut(good.begin(), good.begin() + static_cast<ptrdiff_t>(n));
      auto got = codec->decompress(cut, back);
      CHECK(!got.ok() || *got < in.size());
      auto most = codec->max_decompressed(cut);
      CHECK(most.ok() || most.code() == Code::kCorrupt);
    }
    for (int i = 0; i < 4000; ++i) {
      auto bad = good;
      for (unsigned flips = 1 + random() % 4; flips; --flips)
        bad[i % 2 ? random() % bad.size() : random() % 24] ^= static_cast<uint8_t>(1 + random() % 255);
      auto got = codec->decompress(bad, back);
      CHECK(got.ok() ? *got <= back.size() : got.code() == Code::kCorrupt || got.code() == Code::kNoMemory);
      auto most = codec->max_decompressed(bad);
      if (got.ok()) {
        CHECK_OK(most);
        CHECK(*most >= *got);
      }
    }
    auto junk = good;
    junk.push_back(0);
    CHECK(codec->decompress(junk, back).code() == Code::kCorrupt);
  }
  return "";
}

std::string lz4_prefix_rules() {
  CodecSet set;
  const Codec* codec = set.find("lz4");
  auto in = sample(1000, 4);
  auto out = packed(*codec, in);
  CHECK_EQ(load<uint32_t>(out.data()), 1000u);
  std::vector<uint8_t> back(1000);
  store<uint32_t>(out.data(), 999);
  CHECK(codec->decompress(out, back).code() == Code::kCorrupt);
  store<uint32_t>(out.data(), 4000000000u);
  auto got = codec->decompress(out, back);
  CHECK_OK(got);
  CHECK_EQ(*got, size_t{1000});
  CHECK(back == in);
  auto most = codec->max_decompressed(out);
  CHECK_OK(most);
  CHECK(*most < 300 * out.size());
  for (size_t n : {0, 1, 2, 3}) {
    CHECK(codec->decompress(Bytes(out.data(), n), back).code() == Code::kCorrupt);
    CHECK(codec->max_decompressed(Bytes(out.data(), n)).code() == Code::kCorrupt);
  }
  CHECK(codec->decompress(Bytes(out.data(), 4), back).code() == Code::kCorrupt);
  return "";
}

std::string zstd_frames_follow_each_other() {
  CodecSet set;
  const Codec* codec = set.find("zstd");
  CHECK(codec->concatenable() && set.find("")->concatenable() && !set.find("lz4")->concatenable());
  auto a = sample(3000, 5), b = sample(200000, 6);
  const uint8_t skippable[] = {0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3};
  std::vector<uint8_t> all(std::begin(skippable), std::end(skippable));
  for (const auto& part : {packed(*codec, a), packed(*codec, b, 9)}) all.insert(all.end(), part.begin(), part.end());
  all.insert(all.end(), std::begin(skippable), std::end(skippable));
  std::vector<uint8_t> back(a.size() + b.size()), want = a;
  want.insert(want.end(), b.begin(), b.end());
  auto got = codec->decompress(all, back);
  CHECK_OK(got);
  CHECK_EQ(*got, back.size());
  CHECK(back == want);
  auto most = codec->max_decompressed(all);
  CHECK_OK(most);
  CHECK_EQ(*most, uint64_t{back.size()});  // both frames tell their size, and the blocks can hold it
  return "";
}

std::string zstd_frame_without_size_and_with_checksum() {
  CodecSet set;
  auto in = sample(300000, 8);
  std::vector<uint8_t> out(ZSTD_compressBound(in.size())), back(in.size());
  ZSTD_CCtx* c = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
  size_t n = ZSTD_compress2(c, out.data(), out.size(), in.data(), in.size());
  ZSTD_freeCCtx(c);
  CHECK(!ZSTD_isError(n));
  out.resize(n);
  auto most = set.find("zstd")->max_decompressed(out);
  CHECK_OK(most);
  CHECK(*most >= in.size() && *most <= in.size() + (1 << 20));
  auto got = set.find("zstd")->decompress(out, back);
  CHECK_OK(got);
  CHECK(back == in);
  back[0] = 0;
  out.back() ^= 1;
  CHECK(set.find("zstd")->decompress(out, back).code() == Code::kCorrupt);
  return "";
}

// A frame that claims 2^60 bytes in a handful of its own.
std::string zstd_claim_is_not_believed() {
  CodecSet set;
  std::vector<uint8_t> frame = {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x0B, 0x00, 0x00, 0x07};
  auto most = set.find("zstd")->max_decompressed(frame);
  CHECK_OK(most);
  CHECK(*most <= 128 << 10);
  return "";
}

std::string what_is_written_is_plain() {
  CodecSet set;
  auto in = sample(100000, 9);
  auto out = packed(*set.find("zstd"), in);
  CHECK_EQ(ZSTD_getFrameContentSize(out.data(), out.size()), 100000ull);
  CHECK_EQ(ZSTD_findFrameCompressedSize(out.data(), out.size()), out.size());
  CHECK_EQ(out[4] & 4, 0);  // no checksum
  return "";
}

std::string set_of_codecs() {
  CodecSet set;
  CHECK(set.find("gzip") == nullptr);
  CHECK(set.find("none") == nullptr);
  CHECK(set.find("") != nullptr && set.find("")->name().empty());
  CHECK(set.add(nullptr).code() == Code::kInvalid);
  struct Other final : Codec {
    std::string_view name() const override { return "other"; }
    bool concatenable() const override { return false; }
    size_t bound(size_t n) const override { return n; }
    Result<size_t> compress(Bytes, MutBytes, int) const override { return size_t{0}; }
    Result<size_t> decompress(Bytes, MutBytes) const override { return size_t{0}; }
    Result<uint64_t> max_decompressed(Bytes) const override { return uint64_t{0}; }
  };
  CHECK_OK(set.add(std::make_unique<Other>()));
  CHECK(set.find("other") != nullptr);
  CHECK(set.add(std::make_unique<Other>()).code() == Code::kExists);
  return "";
}

std::string many_threads_share_a_codec() {
  CodecSet set;
  const Codec* codec = set.find("zstd");
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 24; ++t)
    threads.emplace_back([&, t] {
      auto in = sample(20000, t);
      for (int i = 0; i < 10; ++i) {
        auto out = packed(*codec, in);
        std::vector<uint8_t> back(in.size());
        auto got = codec->decompress(out, back);
        if (!got.ok() || back != in) ++bad;
      }
    });
  for (auto& t : threads) t.join();
  CHECK_EQ(bad.load(), 0);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"round_trips", round_trips},
                    {"too_little_room_is_corrupt", too_little_room_is_corrupt},
                    {"hostile_input_is_an_answer", hostile_input_is_an_answer},
                    {"lz4_prefix_rules", lz4_prefix_rules},
                    {"zstd_frames_follow_each_other", zstd_frames_follow_each_other},
                    {"zstd_frame_without_size_and_with_checksum", zstd_frame_without_size_and_with_checksum},
                    {"zstd_claim_is_not_believed", zstd_claim_is_not_believed},
                    {"what_is_written_is_plain", what_is_written_is_plain},
                    {"set_of_codecs", set_of_codecs},
                    {"many_threads_share_a_codec", many_threads_share_a_codec}});
}
