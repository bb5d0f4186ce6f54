#include "format/archive.h"

namespace strata::archive {
namespace {

bool is_signed(Type type) { return (type >= Type::kInt8 && type <= Type::kInt64) || type == Type::kTimestampNs; }

uint64_t sign_extended(uint64_t bits, size_t width) {
  auto shift = static_cast<int>(64 - 8 * width);
  return static_cast<uint64_t>(static_cast<int64_t>(bits << shift) >> shift);
}

}  // namespace

uint64_t scalar_at(const uint8_t* field, Type type) {
  size_t width = fixed_width(type);  // also its alignment, hence its place behind the tag
  uint64_t bits = 0;
  std::memcpy(&bits, field + width, width);
  return is_signed(type) ? sign_extended(bits, width) : bits;
}

void put_scalar(uint8_t* field, uint8_t tag, Type type, uint64_t bits) {
  size_t width = fixed_width(type);
  field[0] = tag;
  std::memcpy(field + width, &bits, width);
}

bool is_canonical(Type type, uint64_t bits) {
  if (type == Type::kBool) return bits <= 1;
  size_t width = fixed_width(type);
  if (width == 0 || width == 8) return true;
  return is_signed(type) ? sign_extended(bits, width) == bits : bits >> (8 * width) == 0;
}

Type fill_type(FillTag tag) {
  switch (tag) {
    case FillTag::kBool:
      return Type::kBool;
    case FillTag::kInt:
      return Type::kInt64;
    case FillTag::kUInt:
      return Type::kUInt64;
    case FillTag::kFloat:
      return Type::kFloat64;
    case FillTag::kString:
      return Type::kString;
    case FillTag::kTimestampNs:
      break;
  }
  return Type::kTimestampNs;
}

Type stat_type(StatTag tag) {
  switch (tag) {
    case StatTag::kInt:
      return Type::kInt64;
    case StatTag::kUInt:
      return Type::kUInt64;
    case StatTag::kFloat:
      return Type::kFloat64;
    case StatTag::kBytes:
      return Type::kBinary;
    case StatTag::kTimestampNs:
      break;
  }
  return Type::kTimestampNs;
}

std::optional<FillTag> fill_tag(Type type) {
  switch (type) {
    case Type::kBool:
      return FillTag::kBool;
    case Type::kInt64:
      return FillTag::kInt;
    case Type::kUInt64:
      return FillTag::kUInt;
    case Type::kFloat64:
      return FillTag::kFloat;
    case Type::kString:
      return FillTag::kString;
    case Type::kTimestampNs:
      return FillTag::kTimestampNs;
    default:
      return std::nullopt;
  }
}

std::optional<StatTag> stat_tag(Type type) {
  switch (type) {
    case Type::kInt64:
      return StatTag::kInt;
    case Type::kUInt64:
      return StatTag::kUInt;
    case Type::kFloat64:
      return StatTag::kFloat;
    case Type::kBinary:
      return StatTag::kBytes;
    case Type::kTimestampNs:
      return StatTag::kTimestampNs;
    default:
      return std::nullopt;
  }
}

}  // namespace strata::archive
