#include "format/stats_ids.h"

#include "base/hash.h"

namespace strata {
namespace {
constexpr std::string_view kMagic = "STRATAID";
constexpr size_t kHead = 16, kId = 16, kDigest = 8;
constexpr uint32_t kVersion = 2;
}  // namespace

Buffer encode_stats_ids(std::span<const Id128> layers, Bytes rest) {
  Buffer out(kHead + layers.size() * kId + 2 * kDigest);
  std::memcpy(out.data(), kMagic.data(), kMagic.size());
  store<uint32_t>(out.data() + 8, kVersion);
  store<uint32_t>(out.data() + 12, static_cast<uint32_t>(layers.size()));
  for (size_t i = 0; i < layers.size(); ++i) std::memcpy(out.data() + kHead + i * kId, layers[i].bytes.data(), kId);
  size_t end = out.size() - kDigest;
  store(out.data() + end - kDigest, xxh3_64(rest));
  store(out.data() + end, xxh3_64(out.bytes().first(end)));
  return out;
}

std::optional<std::vector<Id128>> parse_stats_ids(Bytes prefix, Bytes rest) {
  if (prefix.size() < kHead + 2 * kDigest || as_text(prefix.first(8)) != kMagic || load<uint32_t>(prefix.data() + 8) != kVersion)
    return std::nullopt;
  uint64_t n = load<uint32_t>(prefix.data() + 12), end = kHead + n * kId + kDigest;
  if (prefix.size() != end + kDigest || load<uint64_t>(prefix.data() + end) != xxh3_64(prefix.first(end)) ||
      load<uint64_t>(prefix.data() + end - kDigest) != xxh3_64(rest))
    return std::nullopt;
  std::vector<Id128> ids(n);
  for (size_t i = 0; i < n; ++i) std::memcpy(ids[i].bytes.data(), prefix.data() + kHead + i * kId, kId);
  return ids;
}

}  // namespace strata
