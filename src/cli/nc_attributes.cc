#include "nc_attributes.h"

#include <netcdf.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "console.h"
#include "element_types.h"
#include "nc_types.h"
#include "netcdf_reader.h"
#include "values.h"

namespace strata_cli {
namespace {

constexpr std::string_view kListPrefix = "json:";

std::string until_nul(const std::string& text) { return text.substr(0, text.find('\0')); }

std::string json_text(const std::string& text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

// As Python's json writes it: floats always look like floats.
std::string json_number(std::int32_t type, const char* bytes) {
  if (type != STRATA_FLOAT32 && type != STRATA_FLOAT64) return format_element(type, bytes);
  const double value = type == STRATA_FLOAT32 ? static_cast<double>(load<float>(bytes)) : load<double>(bytes);
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::string text = format_element(type, bytes);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// A flat list of texts or of numbers.
struct JsonList {
  std::vector<std::string> items;
  bool texts = false, numbers = false, fractions = false;
  int depth = 0;

  bool Null() { return false; }
  bool Bool(bool) { return false; }
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool StartObject() { return false; }
  bool Key(const char*, rapidjson::SizeType, bool) { return false; }
  bool EndObject(rapidjson::SizeType) { return false; }
  bool StartArray() { return ++depth == 1; }
  bool EndArray(rapidjson::SizeType) { return true; }
  bool String(const char* text, rapidjson::SizeType size, bool) { return take({text, size}, texts); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const std::string_view digits(text, size);
    fractions |= digits.find_first_of(".eENI") != digits.npos;
    return take(digits, numbers);
  }

 private:
  bool take(std::string_view item, bool& kind) {
    kind = true;
    items.emplace_back(item);
    return depth == 1 && texts != numbers;
  }
};

std::optional<JsonList> list_in(const strata::Value& value) {
  if (value.type() != STRATA_STRING || !value.bytes().starts_with(kListPrefix)) return std::nullopt;
  const std::string json = value.bytes().substr(kListPrefix.size());
  rapidjson::StringStream stream(json.c_str());
  rapidjson::Reader reader;
  JsonList list;
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseNanAndInfFlag | rapidjson::kParseIterativeFlag;
  if (reader.Parse<kFlags>(stream, list).IsError() || list.depth != 1) return std::nullopt;
  return list;
}

// Appends the number that `text` says, when T has it.
bool append_number(std::int32_t type, const std::string& text, std::string& out) {
  bool fits = false;
  with_type(type, [&](auto tag) {
    decltype(tag) number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    fits = error == std::errc() && end == text.data() + text.size();
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
  });
  return fits;
}

// The value as the text of a number: what a list would hold.
std::optional<std::string> number_text(const strata::Value& value) {
  switch (value.type()) {
    case STRATA_BOOL:
      return value.as<std::uint8_t>() != 0 ? "1" : "0";
    case STRATA_STRING:  // a uint64 beyond int64
      return value.bytes();
    case STRATA_TIMESTAMP_NS:
    case STRATA_TYPE_NONE:
      return std::nullopt;
    default:
      return format_element(value.type(), value.bytes().data());
  }
}

bool same_value(const strata::Value& a, const strata::Value& b) {
  return a.type() == b.type() && (a.bytes() == b.bytes() || (a.type() == STRATA_FLOAT64 && std::isnan(a.as<double>()) && std::isnan(b.as<double>())));
}

NcAttribute of_texts(const std::string& name, std::vector<std::string> texts) {
  NcAttribute out{name, {NC_STRING, {}}, texts.size(), {}, std::move(texts)};
  return out;
}

NcAttribute of_characters(const std::string& name, std::string text) {
  return {name, {NC_CHAR, {}}, text.size(), std::move(text), {}};
}

std::optional<NcAttribute> of_numbers(const std::string& name, const std::vector<std::string>& items, const NcType& type) {
  NcAttribute out{name, type, items.size(), {}, {}};
  const std::int32_t element = strata_type(type.base);
  for (const std::string& item : items) {
    // A float32 is kept as the float64 that it is: its digits are more than it needs.
    if (element == STRATA_FLOAT32) {
      double wide = 0;
      const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), wide);
      if (error != std::errc() || end != item.data() + item.size()) return std::nullopt;
      const auto number = static_cast<float>(wide);
      out.bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    } else if (!append_number(element, item, out.bytes)) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<NcAttribute> as_type(const std::string& name, const strata::Value& value, const NcType& type,
                                   const std::optional<std::string>& raw) {
  const auto list = list_in(value);
  std::optional<NcAttribute> out;
  if (type.base == NC_CHAR) {
    if (value.type() == STRATA_STRING) out = of_characters(name, raw ? *raw : value.bytes());
  } else if (type.base == NC_STRING) {
    if (list && (list->texts || list->items.empty())) out = of_texts(name, list->items);
    else if (value.type() == STRATA_STRING) out = of_texts(name, {raw ? *raw : value.bytes()});
  } else if (list) {
    if (!list->texts) out = of_numbers(name, list->items, type);
  } else if (const auto text = number_text(value)) {
    out = of_numbers(name, {*text}, type);
  }
  if (!out || !same_value(stored_value(*out), value)) return std::nullopt;
  return out;
}

}  // namespace

bool is_utf8(const std::string& text) { return valid_utf8(text) == text; }

std::string utf8_of(const std::string& text) { return is_utf8(text) ? text : utf8_of_latin1(text); }

std::string utf8_of_latin1(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | (byte >> 6));
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::optional<std::string> latin1_of(const std::string& utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      out += utf8[i];
      continue;
    }
    if ((byte != 0xC2 && byte != 0xC3) || i + 1 == utf8.size()) return std::nullopt;
    out += static_cast<char>(((byte & 0x03) << 6) | (static_cast<unsigned char>(utf8[++i]) & 0x3F));
  }
  return out;
}

strata::Value stored_value(const NcAttribute& attribute) {
  if (attribute.type.base == NC_CHAR) return strata::Value::text(utf8_of(until_nul(attribute.bytes)));
  std::vector<strata::Value> items;
  if (attribute.type.base == NC_STRING) {
    if (attribute.length == 1) return strata::Value::text(utf8_of(attribute.texts[0]));
    for (const std::string& text : attribute.texts) items.push_back(strata::Value::text(utf8_of(text)));
  } else {
    const std::int32_t type = strata_type(attribute.type.base);
    const std::size_t width = strata_type_size(type);
    if (attribute.length == 1) {
      const char* bytes = attribute.bytes.data();
      if (type == STRATA_FLOAT32) return strata::Value::real(static_cast<double>(load<float>(bytes)));
      if (type == STRATA_FLOAT64) return strata::Value::real(load<double>(bytes));
      if (type != STRATA_UINT64) return strata::Value::integer(integer_of(type, bytes));
      const auto number = load<std::uint64_t>(bytes);
      // Beyond int64 no attribute is exact: a text is.
      if (!std::in_range<std::int64_t>(number)) return strata::Value::text(std::to_string(number));
      return strata::Value::integer(static_cast<std::int64_t>(number));
    }
    for (std::size_t i = 0; i < attribute.length; ++i) items.emplace_back(type, attribute.bytes.substr(i * width, width));
  }
  return stored_list(items);
}

strata::Value stored_list(std::span<const strata::Value> items) {
  std::string list;
  for (const strata::Value& item : items) {
    list += list.empty() ? "" : ", ";
    list += item.is_text() ? json_text(item.bytes()) : json_number(item.type(), item.bytes().data());
  }
  return strata::Value::text(std::string(kListPrefix) + "[" + list + "]");
}

NcAttribute nc_attribute(const std::string& name, const strata::Value& value, const std::optional<NcType>& type,
                         const std::optional<std::string>& raw) {
  if (type && raw)
    if (auto out = as_type(name, value, *type, raw)) return *out;
  if (type)
    if (auto out = as_type(name, value, *type, std::nullopt)) return *out;
  if (const auto list = list_in(value)) {
    if (list->texts) return of_texts(name, list->items);
    for (const int base : {NC_INT, NC_INT64, NC_UINT64, NC_DOUBLE}) {
      if (list->fractions && base != NC_DOUBLE) continue;
      if (auto out = of_numbers(name, list->items, {base, {}})) return *out;
    }
  }
  switch (value.type()) {
    case STRATA_STRING:
      return of_characters(name, value.bytes());
    case STRATA_TIMESTAMP_NS:
      return of_characters(name, format_timestamp(value.as<std::int64_t>()));
    case STRATA_BOOL:
      return *of_numbers(name, {*number_text(value)}, {NC_BYTE, {}});
    case STRATA_FLOAT64:
      return *nc_number(name, value, {NC_DOUBLE, {}});
    default:
      break;
  }
  for (const int base : {NC_INT, NC_INT64, NC_UINT64})
    if (auto out = of_numbers(name, {*number_text(value)}, {base, {}})) return *out;
  return of_characters(name, format_value(value));
}

std::optional<NcAttribute> nc_number(const std::string& name, const strata::Value& value, const NcType& type) {
  NcAttribute out{name, type, 1, {}, {}};
  bool exact = false;
  with_type(strata_type(type.base), [&](auto tag) {
    if (const auto number = fill_as<decltype(tag)>(value)) {
      out.bytes.assign(reinterpret_cast<const char*>(&*number), sizeof *number);
      exact = true;
    }
  });
  return exact ? std::optional(out) : std::nullopt;
}

}  // namespace strata_cli
