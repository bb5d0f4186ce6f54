#include "json.h"

#include <openssl/sha.h>
#include <rapidjson/error/en.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

namespace strata::script {

JsonPool& pool() {
  static JsonPool the_pool;
  return the_pool;
}

Json text(std::string_view s) {
  return Json(s.empty() ? "" : s.data(), static_cast<rapidjson::SizeType>(s.size()), pool());
}

Json float_json(double v) {
  if (std::isnan(v)) return text(std::signbit(v) ? "-nan" : "nan");
  if (std::isinf(v)) return text(v > 0 ? "inf" : "-inf");
  return Json(v);
}

const Json* member(const Json& object, std::string_view key) {
  if (!object.IsObject()) return nullptr;
  for (auto m = object.MemberBegin(); m != object.MemberEnd(); ++m) {
    if (view(m->name) == key) return &m->value;
  }
  return nullptr;
}

Result<std::string> text_member(const Json& object, std::string_view key) {
  const Json* v = member(object, key);
  if (v == nullptr || !v->IsString()) return {Code::kInvalid, cat("'", key, "' missing in ", compact_text(object))};
  return std::string(view(*v));
}

std::string text_or(const Json& object, std::string_view key, std::string_view otherwise) {
  const Json* v = member(object, key);
  return std::string(v != nullptr && v->IsString() ? view(*v) : otherwise);
}

bool flag(const Json& object, std::string_view key) {
  const Json* v = member(object, key);
  return v != nullptr && v->IsBool() && v->GetBool();
}

Result<Json> parse_json(const std::string& s) {
  rapidjson::Document document(&pool());
  document.Parse<rapidjson::kParseFullPrecisionFlag>(s.data(), s.size());
  if (document.HasParseError()) {
    return {Code::kFormat, cat("JSON, byte ", document.GetErrorOffset(), ": ",
                               std::string_view(rapidjson::GetParseError_En(document.GetParseError())))};
  }
  return Json(std::move(static_cast<Json&>(document)));
}

std::string pretty(const Json& v) {
  rapidjson::StringBuffer out;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(out);
  writer.SetIndent(' ', 2);
  v.Accept(writer);
  return {out.GetString(), out.GetSize()};
}

std::string compact_text(const Json& v) {
  rapidjson::StringBuffer out;
  rapidjson::Writer<rapidjson::StringBuffer> writer(out);
  v.Accept(writer);
  return {out.GetString(), out.GetSize()};
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (char c : bytes) {
    auto b = static_cast<unsigned char>(c);
    out.push_back(kDigits[b >> 4]);
    out.push_back(kDigits[b & 15]);
  }
  return out;
}

Result<std::string> unhex(std::string_view digits) {
  auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    int high = value(digits[i]), low = value(digits[i + 1]);
    if (high < 0 || low < 0) return {Code::kInvalid, cat("bad hex: ", digits)};
    out.push_back(static_cast<char>(high * 16 + low));
  }
  if (digits.size() % 2 != 0) return {Code::kInvalid, cat("bad hex: ", digits)};
  return out;
}

std::string sha256(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

}  // namespace strata::script
