// JSON for programs: RapidJSON's writer, with what is not JSON (NaN, infinities, broken UTF-8) made harmless.
#pragma once

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdint>
#include <span>
#include <strata/strata.hpp>
#include <string>
#include <string_view>

namespace strata_cli {

class JsonOut {
 public:
  JsonOut();
  JsonOut& object();
  JsonOut& end_object();
  JsonOut& array();
  JsonOut& end_array();
  JsonOut& key(std::string_view name);

  JsonOut& text(std::string_view value);
  JsonOut& number(double value);  // null when not finite
  JsonOut& number(std::int64_t value);
  JsonOut& number(std::uint64_t value);
  JsonOut& boolean(bool value);
  JsonOut& null();
  JsonOut& extents(std::span<const std::uint64_t> values);  // on one line's worth of array
  JsonOut& texts(std::span<const std::string> values);
  JsonOut& value(const strata::Value& value);  // timestamps as text, no value as null

  // Prints the document and a newline to stdout.
  void print();

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer_;
};

}  // namespace strata_cli
