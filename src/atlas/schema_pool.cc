#include "atlas/schema_pool.h"

#include "base/hash.h"

namespace strata {

namespace {

constexpr std::string_view kCodecNames[] = {"Zstd", "Lz4", "Uncompressed"};

uint64_t mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
  return hash ^ (hash >> 32);
}

uint64_t hash_of(const ArraySchema& s) {
  uint64_t hash = static_cast<uint64_t>(s.codec);
  for (const DType* d = &s.dtype; d; d = d->child.get())
    hash = mix(hash, static_cast<uint64_t>(d->type) | static_cast<uint64_t>(d->list_size) << 8);
  hash = mix(hash, s.shape.size());
  for (uint64_t n : s.shape) hash = mix(hash, n);
  for (uint64_t n : s.chunk_shape) hash = mix(hash, n);
  for (const std::string& name : s.dimension_names) hash = mix(hash, TextHash()(name));
  return hash;
}

}  // namespace

std::string_view codec_name(StoreCodec codec) { return kCodecNames[static_cast<size_t>(codec)]; }

std::optional<StoreCodec> codec_of(std::string_view name) {
  for (size_t i = 0; i < std::size(kCodecNames); ++i)
    if (kCodecNames[i] == name) return static_cast<StoreCodec>(i);
  return std::nullopt;
}

SchemaRef SchemaPool::intern(const ArraySchema& schema) {
  const uint64_t hash = hash_of(schema);
  std::lock_guard lock(mu_);
  auto [first, last] = known_.equal_range(hash);
  for (auto it = first; it != last; ++it)
    if (SchemaRef found = it->second.lock(); found && *found == schema) return found;
  if (known_.size() >= sweep_at_) drop_unused();
  // Not make_shared: its memory would live as long as the weak pointer here.
  SchemaRef made(new ArraySchema(schema));
  known_.emplace(hash, made);
  return made;
}

void SchemaPool::drop_unused() {
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  sweep_at_ = known_.size() * 2 + 64;
}

}  // namespace strata
