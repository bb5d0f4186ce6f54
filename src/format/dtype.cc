#include "format/dtype.h"

#include <charconv>

#include "format/archive.h"

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

namespace {

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

}  // namespace

Result<DType> dtype_from_name(std::string_view name) {
  auto wrong = [&](std::string_view why) {
    return Status(Code::kInvalid, cat('"', name, "\" is no element type: ", why));
  };
  constexpr std::string_view kFixed = "fixed_size_list<", kList = "list<";
  std::string_view rest = name;
  std::vector<Type> lists;  // from the outside in
  for (;;) {
    if (skip(rest, kFixed)) lists.push_back(Type::kFixedSizeList);
    else if (skip(rest, kList)) lists.push_back(Type::kList);
    else break;
    if (lists.size() > archive::kMaxListDepth)
      return Status(Code::kLimit, cat("an element type of lists nested deeper than ", archive::kMaxListDepth));
  }
  DType type;
  const std::string_view word = rest.substr(0, rest.find('>'));
  for (uint8_t tag = 0;; ++tag) {
    type.type = static_cast<Type>(tag);
    if (tag > static_cast<uint8_t>(Type::kTimestampNs)) return wrong(cat("nothing is called \"", word, '"'));
    if (!is_list(type.type) && word == type_name(type.type)) break;
  }
  rest.remove_prefix(word.size());
  for (; !lists.empty(); lists.pop_back()) {
    DType list;
    list.type = lists.back();
    if (!skip(rest, ">")) return wrong("a '>' is missing");
    if (list.type == Type::kFixedSizeList) {
      if (!skip(rest, "[")) return wrong("the size of a fixed_size_list is missing, as in fixed_size_list<int8>[3]");
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), list.list_size);
      if (error == std::errc::result_out_of_range)
        return Status(Code::kLimit, cat('"', name, "\": the format holds lists of up to ", UINT32_MAX));
      if (error != std::errc()) return wrong("the size of a fixed_size_list is not a number");
      rest.remove_prefix(static_cast<size_t>(end - rest.data()));
      if (!skip(rest, "]")) return wrong("a ']' is missing");
    }
    list.child = std::make_shared<const DType>(std::move(type));
    type = std::move(list);
  }
  if (!rest.empty()) return wrong(cat("\"", rest, "\" is left over"));
  return type;
}

}  // namespace strata
