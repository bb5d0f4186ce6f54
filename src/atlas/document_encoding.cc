#include "atlas/document_encoding.h"

#include "atlas/document_builder.h"
#include "base/utf8.h"

namespace strata {

namespace {

// By the number of the type.
constexpr std::string_view kTypeNames[] = {
    "bool",    "int8",    "int16",   "int32",  "int64",  "u_int8",          "u_int16", "u_int32",
    "u_int64", "float32", "float64", "string", "binary", "fixed_size_list", "list",    "timestamp_nanoseconds"};
static_assert(std::size(kTypeNames) == static_cast<size_t>(Type::kTimestampNs) + 1);

}  // namespace

std::string_view document_type_name(Type type) { return kTypeNames[static_cast<size_t>(type)]; }

std::optional<Type> type_of_document_name(std::string_view name) {
  for (size_t i = 0; i < std::size(kTypeNames); ++i)
    if (kTypeNames[i] == name) return static_cast<Type>(i);
  return std::nullopt;
}

Status check_attribute(const DatasetEntry& dataset, const Attribute& attribute) {
  switch (attribute.value.type) {
    case Type::kBool:
    case Type::kInt64:
    case Type::kFloat64:
    case Type::kString:
    case Type::kTimestampNs:
      return {};
    default:
      return Status(Code::kInvalid, cat("attribute \"", attribute.key, "\" of dataset \"", dataset.name,
                                        "\" cannot be of type ", type_name(attribute.value.type)));
  }
}

Status check_type(const DatasetEntry& dataset, const NamedSchema& array) {
  size_t depth = 0;
  for (const DType* d = &array.schema->dtype; is_list(d->type); d = d->child.get()) {
    if (!d->child || ++depth > kMaxTypeDepth)
      return Status(Code::kInvalid, cat("array \"", array.name, "\" of dataset \"", dataset.name,
                                        d->child ? "\": its type is nested too deeply" : "\": a list of nothing"));
  }
  return {};
}

Status not_utf8(const DatasetEntry& dataset, std::string_view what) {
  return Status(Code::kInvalid, cat("dataset \"", utf8_lossy(as_bytes(dataset.name)), "\": ", what, " is not UTF-8"));
}

}  // namespace strata
