#include "json_out.h"

#include <cmath>

#include "console.h"
#include "values.h"

namespace strata_cli {

JsonOut::JsonOut() : writer_(buffer_) {
  writer_.SetIndent(' ', 2);
  writer_.SetFormatOptions(rapidjson::kFormatSingleLineArray);
}

JsonOut& JsonOut::object() {
  writer_.StartObject();
  return *this;
}

JsonOut& JsonOut::end_object() {
  writer_.EndObject();
  return *this;
}

JsonOut& JsonOut::array() {
  writer_.StartArray();
  return *this;
}

JsonOut& JsonOut::end_array() {
  writer_.EndArray();
  return *this;
}

JsonOut& JsonOut::key(std::string_view name) {
  const std::string text = valid_utf8(name);
  writer_.Key(text.data(), static_cast<rapidjson::SizeType>(text.size()), true);
  return *this;
}

JsonOut& JsonOut::text(std::string_view value) {
  const std::string text = valid_utf8(value);
  writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()), true);
  return *this;
}

JsonOut& JsonOut::number(double value) {
  if (std::isfinite(value)) {
    writer_.Double(value);
  } else {
    writer_.Null();
  }
  return *this;
}

JsonOut& JsonOut::number(std::int64_t value) {
  writer_.Int64(value);
  return *this;
}

JsonOut& JsonOut::number(std::uint64_t value) {
  writer_.Uint64(value);
  return *this;
}

JsonOut& JsonOut::boolean(bool value) {
  writer_.Bool(value);
  return *this;
}

JsonOut& JsonOut::null() {
  writer_.Null();
  return *this;
}

JsonOut& JsonOut::extents(std::span<const std::uint64_t> values) {
  writer_.StartArray();
  for (const std::uint64_t value : values) writer_.Uint64(value);
  writer_.EndArray();
  return *this;
}

JsonOut& JsonOut::texts(std::span<const std::string> values) {
  writer_.StartArray();
  for (const std::string& value : values) text(value);
  writer_.EndArray();
  return *this;
}

JsonOut& JsonOut::value(const strata::Value& value) {
  switch (value.type()) {
    case STRATA_TYPE_NONE:
      return null();
    case STRATA_STRING:
    case STRATA_BINARY:
      return text(value.bytes());
    case STRATA_BOOL:
      return boolean(value.as<std::uint8_t>() != 0);
    case STRATA_TIMESTAMP_NS:
      return text(format_timestamp(value.as<std::int64_t>()));
    case STRATA_FLOAT32:
      // As it is shown elsewhere: 0.1, not 0.10000000149011612.
      return number(std::isfinite(value.as<float>()) ? std::strtod(format_number(value.as<float>()).c_str(), nullptr)
                                                     : static_cast<double>(value.as<float>()));
    case STRATA_FLOAT64:
      return number(value.as<double>());
    case STRATA_UINT64:
      return number(value.as<std::uint64_t>());
    default: {
      const auto number_of = integer_of(value.type(), value.bytes().data());
      return number(number_of);
    }
  }
}

void JsonOut::print() {
  strata_cli::print(std::string_view(buffer_.GetString(), buffer_.GetSize()));
  strata_cli::print("\n");
}

}  // namespace strata_cli
