#include "nc_note.h"

#include <netcdf.h>
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "nc_attributes.h"
#include "nc_types.h"

namespace strata_cli {
namespace {

constexpr int kForm = 1;

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;
using Json = rapidjson::Value;

void put(Writer& out, const char* key, std::string_view text) {
  out.Key(key);
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
void put(Writer& out, const std::string& key) { out.Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }
template <typename Numbers>
void put_numbers(Writer& out, const char* key, const Numbers& numbers) {
  out.Key(key);
  out.StartArray();
  for (const auto number : numbers) out.Uint64(number);
  out.EndArray();
}

std::string text_in(const Json& map, const char* key) {
  const auto at = map.FindMember(key);
  return at != map.MemberEnd() && at->value.IsString() ? std::string(at->value.GetString(), at->value.GetStringLength())
                                                       : std::string();
}
std::optional<std::string> maybe_text(const Json& map, const char* key) {
  return map.HasMember(key) ? std::optional(text_in(map, key)) : std::nullopt;
}
bool flag_in(const Json& map, const char* key) {
  const auto at = map.FindMember(key);
  return at != map.MemberEnd() && at->value.IsTrue();
}
std::uint64_t number_in(const Json& map, const char* key) {
  const auto at = map.FindMember(key);
  return at != map.MemberEnd() && at->value.IsUint64() ? at->value.GetUint64() : 0;
}
template <typename Fn>
void each_in(const Json& map, const char* key, Fn&& fn) {
  const auto at = map.FindMember(key);
  if (at == map.MemberEnd() || !at->value.IsArray()) return;
  for (const Json& item : at->value.GetArray()) fn(item);
}
template <typename Fn>
void each_member(const Json& map, const char* key, Fn&& fn) {
  const auto at = map.FindMember(key);
  if (at == map.MemberEnd() || !at->value.IsObject()) return;
  for (const auto& member : at->value.GetObject())
    if (member.value.IsObject()) fn(std::string(member.name.GetString(), member.name.GetStringLength()), member.value);
}
template <typename Number>
std::vector<Number> numbers_in(const Json& map, const char* key) {
  std::vector<Number> out;
  each_in(map, key, [&](const Json& item) {
    if (item.IsUint64()) out.push_back(static_cast<Number>(item.GetUint64()));
  });
  return out;
}

void write_variable(Writer& out, const VariableNote& v, const NcFile& file) {
  out.StartObject();
  if (!v.name.empty()) put(out, "name", v.name);
  if (!v.group.empty()) put(out, "group", v.group);
  if (v.type) put(out, "type", type_text(*v.type, file));
  if (v.dimensions) put_numbers(out, "dimensions", *v.dimensions);
  if (v.latin1) put(out, "encoding", "latin1");
  if (!v.fill.empty()) put(out, "fill", v.fill);
  if (v.storage.deflate != 0) {
    out.Key("deflate");
    out.Int(v.storage.deflate);
  }
  if (v.storage.shuffle) {
    out.Key("shuffle");
    out.Bool(true);
  }
  if (v.storage.checksum) {
    out.Key("fletcher32");
    out.Bool(true);
  }
  if (!v.storage.chunks.empty()) put_numbers(out, "chunks", v.storage.chunks);
  out.EndObject();
}

void write_attribute(Writer& out, const AttributeNote& a, const NcFile& file) {
  out.StartObject();
  if (!a.name.empty()) put(out, "name", a.name);
  if (a.group) put(out, "group", *a.group);
  if (a.array) put(out, "array", *a.array);
  if (a.type) put(out, "type", type_text(*a.type, file));
  // Any bytes at all: each as the character of its number.
  if (a.raw) put(out, "raw", utf8_of_latin1(*a.raw));
  out.EndObject();
}

void read_types(const Json& json, NcFile& file) {
  each_in(json, "types", [&](const Json& item) {
    if (!item.IsObject()) return;
    NcUserType type{text_in(item, "name"), text_in(item, "group"), text_in(item, "class") == "enum", 0, {}};
    const auto base = nc_type_from_name(text_in(item, "base"));
    if (!base || *base == NC_STRING || *base == NC_CHAR) return;
    type.base = *base;
    each_in(item, "members", [&](const Json& member) {
      if (member.IsArray() && member.Size() == 2 && member[0].IsString() && member[1].IsInt64())
        type.members.emplace_back(member[0].GetString(), member[1].GetInt64());
    });
    file.types.push_back(std::move(type));
  });
}

}  // namespace

std::string NcNote::text() const {
  rapidjson::StringBuffer buffer;
  Writer out(buffer);
  out.StartObject();
  out.Key("form");
  out.Int(kForm);
  put(out, "format", format_text(file.format));
  if (file.groups.size() > 1) {
    out.Key("groups");
    out.StartArray();
    for (std::size_t i = 1; i < file.groups.size(); ++i) out.String(file.groups[i].path.c_str());
    out.EndArray();
  }
  if (!file.types.empty()) {
    out.Key("types");
    out.StartArray();
    for (const NcUserType& type : file.types) {
      out.StartObject();
      put(out, "name", type.name);
      if (!type.group.empty()) put(out, "group", type.group);
      put(out, "class", type.is_enum ? "enum" : "vlen");
      put(out, "base", nc_type_name(type.base));
      if (type.is_enum) {
        out.Key("members");
        out.StartArray();
        for (const auto& [name, value] : type.members) {
          out.StartArray();
          out.String(name.c_str());
          out.Int64(value);
          out.EndArray();
        }
        out.EndArray();
      }
      out.EndObject();
    }
    out.EndArray();
  }
  if (!file.dimensions.empty()) {
    out.Key("dimensions");
    out.StartArray();
    for (const NcDimension& dimension : file.dimensions) {
      out.StartObject();
      put(out, "name", dimension.name);
      out.Key("size");
      out.Uint64(dimension.size);
      if (dimension.unlimited) {
        out.Key("unlimited");
        out.Bool(true);
      }
      if (!dimension.group.empty()) put(out, "group", dimension.group);
      out.EndObject();
    }
    out.EndArray();
  }
  if (!variables.empty()) {
    out.Key("variables");
    out.StartObject();
    for (const auto& [array, variable] : variables) {
      put(out, array);
      write_variable(out, variable, file);
    }
    out.EndObject();
  }
  if (!attributes.empty()) {
    out.Key("attributes");
    out.StartObject();
    for (const auto& [key, attribute] : attributes) {
      put(out, key);
      write_attribute(out, attribute, file);
    }
    out.EndObject();
  }
  out.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<NcNote> NcNote::parse(const std::string& text) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (json.HasParseError() || !json.IsObject() || number_in(json, "form") != kForm) return std::nullopt;
  NcNote note;
  NcFile& file = note.file;
  file.format = format_from_text(text_in(json, "format")).value_or(NC_FORMAT_NETCDF4);
  file.groups.push_back({});
  each_in(json, "groups", [&](const Json& item) {
    if (item.IsString()) file.groups.push_back({item.GetString(), {}});
  });
  read_types(json, file);
  each_in(json, "dimensions", [&](const Json& item) {
    if (item.IsObject())
      file.dimensions.push_back(
          {text_in(item, "name"), text_in(item, "group"), number_in(item, "size"), flag_in(item, "unlimited")});
  });
  each_member(json, "variables", [&](const std::string& array, const Json& item) {
    VariableNote v{text_in(item, "name"), text_in(item, "group"), {}, {}, text_in(item, "encoding") == "latin1",
                   text_in(item, "fill"),
                   {flag_in(item, "shuffle"), flag_in(item, "fletcher32"), static_cast<int>(number_in(item, "deflate")),
                    numbers_in<std::uint64_t>(item, "chunks")}};
    v.type = type_from_text(text_in(item, "type"), file);
    if (item.HasMember("dimensions")) {
      const auto dimensions = numbers_in<std::size_t>(item, "dimensions");
      if (std::ranges::all_of(dimensions, [&](std::size_t d) { return d < file.dimensions.size(); }))
        v.dimensions = dimensions;
    }
    note.variables.emplace(array, std::move(v));
  });
  each_member(json, "attributes", [&](const std::string& key, const Json& item) {
    AttributeNote a{text_in(item, "name"), maybe_text(item, "group"), maybe_text(item, "array"), {}, {}};
    a.type = type_from_text(text_in(item, "type"), file);
    if (const auto raw = maybe_text(item, "raw")) a.raw = latin1_of(*raw);
    note.attributes.emplace(key, std::move(a));
  });
  return note;
}

}  // namespace strata_cli
