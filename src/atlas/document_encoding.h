// The document as bytes: JSON as the original's library prints it, or MessagePack. docs/format.md, "The document".
#pragma once

#include <optional>
#include <string_view>

#include "atlas/document.h"
#include "base/bytes.h"
#include "base/status.h"

namespace strata {

// Encoding fails with kInvalid when the original could not read what it asks for: text that is not UTF-8, a value of
// another kind than document.h names, a type nested too deeply.
// Decoding fails with kCorrupt for bytes that are no such text at all, kFormat for one that is no document.
Result<Buffer> encode_json(const Document& document);
Result<Document> decode_json(Bytes text);
Result<Buffer> encode_msgpack(const Document& document);
Result<Document> decode_msgpack(Bytes bytes);

// Names of element types in a document, which are not those in messages.
std::string_view document_type_name(Type type);
std::optional<Type> type_of_document_name(std::string_view name);

// Whether every attribute and type can be written; text is checked where it is written.
Status check_attribute(const DatasetEntry& dataset, const Attribute& attribute);
Status check_type(const DatasetEntry& dataset, const NamedSchema& array);
Status not_utf8(const DatasetEntry& dataset, std::string_view what);

}  // namespace strata
