// The document's object in the store's folder: which of its six names, and how it is packed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "atlas/document.h"
#include "base/bytes.h"
#include "base/status.h"
#include "storage/storage.h"

namespace strata {

enum class DocumentFormat : uint8_t { kJson, kMsgpack };

struct Registry {
  std::string file_name = "atlas.json";
  DocumentFormat format = DocumentFormat::kJson;
  StoreCodec compression = StoreCodec::kUncompressed;
};

inline constexpr uint64_t kMaxDocumentBytes = uint64_t{4} << 30;

Registry make_registry(DocumentFormat format, StoreCodec compression);

// The one that counts where several are there; nothing when there is none.
Result<std::optional<Registry>> find_registry(Storage& storage, std::string_view folder);
// max_bytes: of the object, and of what is in it.
Result<Document> load_registry(Storage& storage, std::string_view folder, const Registry& registry,
                               uint64_t max_bytes = kMaxDocumentBytes);
// The old or the new document is there at every instant.
Status save_registry(Storage& storage, std::string_view folder, const Registry& registry, const Document& document);

// The same without a storage.
Result<Buffer> pack_document(const Registry& registry, const Document& document);
Result<Document> unpack_document(const Registry& registry, Bytes stored, uint64_t max_bytes = kMaxDocumentBytes);

}  // namespace strata
