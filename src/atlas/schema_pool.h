// Schemas of arrays, each kept once: of a hundred thousand datasets most have the same.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "format/dtype.h"

namespace strata {

// The document's own names for codecs, which are not those of block records.
enum class StoreCodec : uint8_t { kZstd, kLz4, kUncompressed };
std::string_view codec_name(StoreCodec codec);  // "Zstd", "Lz4", "Uncompressed"
std::optional<StoreCodec> codec_of(std::string_view name);

struct ArraySchema {
  DType dtype;
  std::vector<uint64_t> shape;
  std::vector<uint64_t> chunk_shape;
  std::vector<std::string> dimension_names;  // as the caller gave them: their count may differ from the rank
  StoreCodec codec = StoreCodec::kZstd;

  bool operator==(const ArraySchema&) const = default;
};

using SchemaRef = std::shared_ptr<const ArraySchema>;

// Threads: any at once.
class SchemaPool {
 public:
  SchemaRef intern(const ArraySchema& schema);

 private:
  void drop_unused();

  std::mutex mu_;
  std::unordered_multimap<uint64_t, std::weak_ptr<const ArraySchema>> known_;  // by hash
  size_t sweep_at_ = 64;
};

}  // namespace strata
