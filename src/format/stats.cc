// The archive of `{stem}.stats`.
#include "base/utf8.h"
#include "format/archive_writer.h"
#include "format/footer.h"
#include "format/walker.h"

namespace strata {
namespace {

using archive::EnumAt;
using archive::StatAt;
using archive::StatTag;
using archive::Walker;
using archive::Writer;

constexpr size_t kRootSize = archive::kVecSize;

Status check_limit(const std::optional<Value>& v, std::string_view what) {
  if (!v || archive::stat_tag(v->type)) return {};
  return Status(Code::kInvalid, cat(what, " cannot be of kind ", type_name(v->type)));
}

size_t write_part(Writer& w, const std::optional<Value>& v) {
  return v && v->type == Type::kBinary ? w.bytes(v->text) : 0;
}

void put_limit(Writer& w, size_t option, const std::optional<Value>& v, size_t part) {
  if (!v) return;
  w.put<uint8_t>(option, 1);
  size_t field = option + EnumAt::kOptionValue;
  auto tag = static_cast<uint8_t>(*archive::stat_tag(v->type));
  if (v->type == Type::kBinary) {
    w.put(field, tag);
    w.put_vec(field + EnumAt::kPayload, part, v->text.size());
  } else {
    archive::put_scalar(w.at(field), tag, v->type, v->bits);
  }
}

bool walk_limit(Walker& w, size_t option) {
  if (!w.tag(option, 1)) return false;
  if (w.number(option) == 0) return true;
  size_t field = option + EnumAt::kOptionValue;
  if (!w.tag(field, static_cast<uint8_t>(StatTag::kLast))) return false;
  if (static_cast<StatTag>(w.number(field)) != StatTag::kBytes) return true;
  return w.numbers(field + EnumAt::kPayload, 1, 1);
}

bool walk_stat(Walker& w, size_t at) {
  w.in_field("name");
  if (!w.text(at + StatAt::kName)) return false;
  w.in_field("min");
  if (!walk_limit(w, at + StatAt::kMin)) return false;
  w.in_field("max");
  return walk_limit(w, at + StatAt::kMax);
}

std::optional<Value> limit_at(const uint8_t* option) {
  if (*option == 0) return std::nullopt;
  const uint8_t* field = option + EnumAt::kOptionValue;
  Type type = archive::stat_type(static_cast<StatTag>(*field));
  if (type != Type::kBinary) return Value{type, archive::scalar_at(field, type), {}};
  archive::Vec v = archive::vec_at(field + EnumAt::kPayload);
  return Value::binary(std::string(as_text({v.data, v.count})));
}

}  // namespace

Result<Buffer> encode_stats(std::span<const ArrayStatistics> arrays) {
  struct Parts {
    size_t name, min, max;
  };
  std::vector<Parts> parts;
  parts.reserve(arrays.size());
  Writer w(kRootSize + arrays.size() * (StatAt::kSize + 32));
  for (size_t i = 0; i < arrays.size(); ++i) {
    const ArrayStatistics& a = arrays[i];
    if (!is_utf8(as_bytes(a.name)))
      return {Code::kInvalid, cat("encoding statistics: the name of array ", i, " is not UTF-8")};
    Status checked = check_limit(a.min, "min");
    if (checked.ok()) checked = check_limit(a.max, "max");
    if (!checked.ok()) return std::move(checked).prepend(cat("encoding statistics of \"", a.name, "\": "));
    Parts p{};
    p.name = w.text_part(a.name);
    p.min = write_part(w, a.min);
    p.max = write_part(w, a.max);
    parts.push_back(p);
  }
  size_t start = w.records(arrays.size() * StatAt::kSize);
  for (size_t i = 0; i < arrays.size(); ++i) {
    size_t at = start + i * StatAt::kSize;
    w.put_text(at + StatAt::kName, arrays[i].name, parts[i].name);
    put_limit(w, at + StatAt::kMin, arrays[i].min, parts[i].min);
    put_limit(w, at + StatAt::kMax, arrays[i].max, parts[i].max);
    w.put(at + StatAt::kNullCount, arrays[i].null_count);
    w.put(at + StatAt::kRowCount, arrays[i].row_count);
  }
  size_t root = w.records(kRootSize);
  w.put_vec(root, start, arrays.size());
  return w.take();
}

Result<std::vector<ArrayStatistics>> decode_stats(Bytes bytes) {
  Walker w(bytes, "statistics");
  Walker::Part root, list;
  if (!w.open_root(kRootSize, &root) || !w.open_vec(root.begin, StatAt::kSize, 8, &list)) return w.take_status();
  for (size_t i = 0; i < list.count; ++i) {
    w.in_list("array", i);
    if (!walk_stat(w, list.begin + i * StatAt::kSize)) return w.take_status();
  }
  std::vector<ArrayStatistics> out;
  out.reserve(list.count);
  for (size_t i = 0; i < list.count; ++i) {
    const uint8_t* s = bytes.data() + list.begin + i * StatAt::kSize;
    ArrayStatistics& a = out.emplace_back();
    a.name = archive::text_at(s + StatAt::kName);
    a.min = limit_at(s + StatAt::kMin);
    a.max = limit_at(s + StatAt::kMax);
    a.null_count = load<uint64_t>(s + StatAt::kNullCount);
    a.row_count = load<uint64_t>(s + StatAt::kRowCount);
  }
  return out;
}

}  // namespace strata
