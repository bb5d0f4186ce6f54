#include "atlas/registry.h"

#include "atlas/commit_state.h"
#include "atlas/document_encoding.h"
#include "codec/codec.h"
#include "codec/zstd_stream.h"

namespace strata {

namespace {

struct Variant {
  std::string_view file_name;
  DocumentFormat format;
  StoreCodec compression;
};

// The first that is there counts.
constexpr Variant kVariants[] = {
    {"atlas.json", DocumentFormat::kJson, StoreCodec::kUncompressed},
    {"atlas.json.zst", DocumentFormat::kJson, StoreCodec::kZstd},
    {"atlas.json.lz4", DocumentFormat::kJson, StoreCodec::kLz4},
    {"atlas.msgpack", DocumentFormat::kMsgpack, StoreCodec::kUncompressed},
    {"atlas.msgpack.zst", DocumentFormat::kMsgpack, StoreCodec::kZstd},
    {"atlas.msgpack.lz4", DocumentFormat::kMsgpack, StoreCodec::kLz4},
};

std::string key_in(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : cat(folder, '/', name);
}

Result<Buffer> decompress_lz4(Bytes stored, uint64_t max_bytes) {
  const CodecSet codecs;
  const Codec* lz4 = codecs.find("lz4");
  STRATA_ASSIGN(const uint64_t bound, lz4->max_decompressed(stored));
  if (bound > max_bytes) return Status(Code::kLimit, cat("holds more than ", max_bytes, " bytes"));
  Buffer out(static_cast<size_t>(bound));
  STRATA_ASSIGN(const size_t size, lz4->decompress(stored, out.bytes()));
  out.shrink(size);
  return out;
}

Result<Buffer> compress_lz4(Bytes plain) {
  const CodecSet codecs;
  const Codec* lz4 = codecs.find("lz4");
  Buffer out(lz4->bound(plain.size()));
  STRATA_ASSIGN(const size_t size, lz4->compress(plain, out.bytes(), 0));
  out.shrink(size);
  return out;
}

Result<Document> decode(DocumentFormat format, Bytes plain) {
  STRATA_ASSIGN(Document document, format == DocumentFormat::kJson ? decode_json(plain) : decode_msgpack(plain));
  STRATA_TRY(check_digest(document, plain));
  return document;
}

}  // namespace

Registry make_registry(DocumentFormat format, StoreCodec compression) {
  for (const Variant& v : kVariants)
    if (v.format == format && v.compression == compression) return {std::string(v.file_name), format, compression};
  return {};
}

Result<std::optional<Registry>> find_registry(Storage& storage, std::string_view folder) {
  // Opened in turn rather than listed: the folder also holds one folder for each array name.
  for (const Variant& v : kVariants) {
    auto opened = storage.open(key_in(folder, v.file_name));
    if (opened.ok()) return std::optional(Registry{std::string(v.file_name), v.format, v.compression});
    if (opened.code() != Code::kNotFound) return opened.take_status();
  }
  return std::optional<Registry>();
}

Result<Document> load_registry(Storage& storage, std::string_view folder, const Registry& registry,
                               uint64_t max_bytes) {
  const std::string key = key_in(folder, registry.file_name);
  STRATA_ASSIGN(const Buffer stored, read_object(storage, key, max_bytes));
  auto document = unpack_document(registry, stored.bytes(), max_bytes);
  if (!document.ok()) return document.take_status().prepend(cat(storage.describe(key), ": "));
  return document;
}

Status save_registry(Storage& storage, std::string_view folder, const Registry& registry, const Document& document) {
  const std::string key = key_in(folder, registry.file_name);
  auto packed = pack_document(registry, document);
  if (!packed.ok()) return packed.take_status().prepend(cat(storage.describe(key), ": "));
  return replace_object(storage, key, packed->bytes());
}

Result<Buffer> pack_document(const Registry& registry, const Document& document) {
  STRATA_ASSIGN(Buffer plain,
                registry.format == DocumentFormat::kJson ? encode_json(document) : encode_msgpack(document));
  put_digest(document, plain);
  switch (registry.compression) {
    case StoreCodec::kZstd:
      return zstd_compress_stream(plain.bytes(), 0);
    case StoreCodec::kLz4:
      return compress_lz4(plain.bytes());
    case StoreCodec::kUncompressed:
      break;
  }
  return plain;
}

Result<Document> unpack_document(const Registry& registry, Bytes stored, uint64_t max_bytes) {
  if (registry.compression == StoreCodec::kUncompressed) return decode(registry.format, stored);
  STRATA_ASSIGN(const Buffer plain, registry.compression == StoreCodec::kZstd
                                        ? zstd_decompress_stream(stored, max_bytes)
                                        : decompress_lz4(stored, max_bytes));
  return decode(registry.format, plain.bytes());
}

}  // namespace strata
