#include "format/dtype.h"

namespace strata {

bool DType::operator==(const DType& other) const {
  const DType *a = this, *b = &other;
  while (true) {
    if (a->type != b->type) return false;
    if (a->type == Type::kFixedSizeList && a->list_size != b->list_size) return false;
    if (!is_list(a->type)) return true;
    a = a->child.get();
    b = b->child.get();
    if (a == b) return true;
    if (!a || !b) return false;
  }
}

size_t fixed_width(Type type) {
  switch (type) {
    case Type::kBool:
    case Type::kInt8:
    case Type::kUInt8:
      return 1;
    case Type::kInt16:
    case Type::kUInt16:
      return 2;
    case Type::kInt32:
    case Type::kUInt32:
    case Type::kFloat32:
      return 4;
    case Type::kInt64:
    case Type::kUInt64:
    case Type::kFloat64:
    case Type::kTimestampNs:
      return 8;
    case Type::kString:
    case Type::kBinary:
    case Type::kFixedSizeList:
    case Type::kList:
      break;
  }
  return 0;
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kBool:
      return "bool";
    case Type::kInt8:
      return "int8";
    case Type::kInt16:
      return "int16";
    case Type::kInt32:
      return "int32";
    case Type::kInt64:
      return "int64";
    case Type::kUInt8:
      return "uint8";
    case Type::kUInt16:
      return "uint16";
    case Type::kUInt32:
      return "uint32";
    case Type::kUInt64:
      return "uint64";
    case Type::kFloat32:
      return "float32";
    case Type::kFloat64:
      return "float64";
    case Type::kString:
      return "string";
    case Type::kBinary:
      return "binary";
    case Type::kFixedSizeList:
      return "fixed_size_list";
    case Type::kList:
      return "list";
    case Type::kTimestampNs:
      return "timestamp_ns";
  }
  return "unknown";
}

std::string dtype_name(const DType& dtype) {
  std::string head, tail;
  for (const DType* d = &dtype; d; d = is_list(d->type) ? d->child.get() : nullptr) {
    head += type_name(d->type);
    if (!is_list(d->type)) continue;
    head += '<';
    tail.insert(0, d->type == Type::kFixedSizeList ? cat(">[", d->list_size, ']') : std::string(">"));
  }
  return head + tail;
}

}  // namespace strata
