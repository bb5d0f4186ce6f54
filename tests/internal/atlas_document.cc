// The store's document: read as the original reads it, written as it writes it, and never a crash whatever its bytes.

#include "atlas/document.h"

#include <cmath>
#include <limits>

#include "atlas/document_encoding.h"
#include "atlas/own_members.h"
#include "atlas/path_segment.h"
#include "atlas/registry.h"
#include "base/rfc3339.h"
#include "codec/zstd_stream.h"
#include "format_files.h"
#include "internal_test.h"
#include "storage/key.h"
#include "storage/memory.h"

namespace {
using namespace strata;
using namespace strata::test;

struct Stored {
  Registry registry;
  Buffer bytes;
};

// The documents of all stores that the original wrote.
std::vector<Stored> stored_documents() {
  std::vector<Stored> out;
  for (auto format : {DocumentFormat::kJson, DocumentFormat::kMsgpack})
    for (auto compression : {StoreCodec::kUncompressed, StoreCodec::kZstd, StoreCodec::kLz4}) {
      const Registry registry = make_registry(format, compression);
      for (const auto& folder : std::filesystem::directory_iterator(fixtures_folder())) {
        const auto path = folder.path() / registry.file_name;
        if (std::filesystem::exists(path)) out.push_back({registry, file_bytes(path)});
      }
    }
  return out;
}

std::string json_of(const Document& document) {
  auto bytes = encode_json(document);
  return bytes.ok() ? std::string(as_text(bytes->bytes())) : std::string(bytes.status().message());
}

// A document with one dataset "d" and the attributes given as JSON members.
std::string with_attributes(std::string_view members) {
  return cat(R"({"version":1,"datasets":{"d":{"attributes":{)", members, "}}}}");
}
Result<Document> parsed(std::string_view text) { return decode_json(as_bytes(text)); }

Value attribute_of(std::string_view json) {
  auto document = parsed(with_attributes(cat("\"k\":", json)));
  if (!document.ok()) return Value::string(std::string(document.status().message()));
  return document->find("d")->attributes.find("k")->value;
}

ArraySchema sample_schema() {
  return {{Type::kFloat32, 0, nullptr}, {6, 4}, {4, 3}, {"lat", "lon"}, StoreCodec::kZstd};
}

std::string fixtures_are_read_and_written_alike() {
  const auto all = stored_documents();
  CHECK_EQ(all.size(), 8u);
  for (const Stored& s : all) {
    auto document = unpack_document(s.registry, s.bytes.bytes());
    CHECK_OK(document);
    auto packed = pack_document(s.registry, *document);
    CHECK_OK(packed);
    if (s.registry.compression == StoreCodec::kUncompressed)
      CHECK_EQ(as_text(packed->bytes()), as_text(s.bytes.bytes()));
    auto again = unpack_document(s.registry, packed->bytes());
    CHECK_OK(again);
    CHECK_EQ(json_of(*again), json_of(*document));
    const DatasetEntry* jan = document->find("jan");
    if (!jan) continue;  // of the store that holds one dataset without arrays
    CHECK_EQ(document->size(), 3u);
    CHECK(jan->arrays.size() == 3 && jan->attributes.size() == 7);
    const Value& month = jan->attributes.find("month")->value;  // changed in the compacted store
    CHECK(month == Value::int64(1) || month == Value::int64(4));
    CHECK(jan->attributes.find("ratio")->value == Value::float64(2.0));
    CHECK(jan->attributes.find("tiny")->value == Value::float64(1e-300));
    CHECK(jan->attributes.find("epoch")->value == Value::timestamp(0));
    CHECK(jan->attributes.find("created")->value == Value::timestamp(1700000000123456000));
    CHECK(jan->arrays.find("station")->schema->dtype.type == Type::kString);
    CHECK(jan->arrays.find("station")->schema == document->find("feb")->arrays.find("station")->schema);
  }
  return "";
}

std::string all_encodings_agree() {
  Document d;
  auto list = std::make_shared<const DType>(
      DType{Type::kList, 0, std::make_shared<const DType>(DType{Type::kUInt8, 0, nullptr})});
  ArraySchema schema{{Type::kFixedSizeList, 3, list}, {}, {}, {}, StoreCodec::kLz4};
  DatasetEntry entry{"é \"q\"\n\x01", {}, {}};
  entry.arrays.put({"a b", d.intern(schema)});
  for (int t = 0; t <= 15; ++t)
    if (!is_list(static_cast<Type>(t)))
      entry.arrays.put({cat("t", t), d.intern({{static_cast<Type>(t), 0, nullptr}, {UINT64_MAX}, {1}, {"x"}, {}})});
  for (int64_t i :
       {INT64_MIN, int64_t{-129}, int64_t{-33}, int64_t{-1}, int64_t{127}, int64_t{128}, int64_t{65536}, INT64_MAX})
    entry.attributes.put({cat("i", i), Value::int64(i)});
  entry.attributes.put({"f", Value::float64(-0.0)});
  entry.attributes.put({"t", Value::timestamp(INT64_MIN)});
  entry.attributes.put({"s", Value::string(std::string(70000, 'x'))});
  d.put(entry);
  for (auto format : {DocumentFormat::kJson, DocumentFormat::kMsgpack})
    for (auto compression : {StoreCodec::kUncompressed, StoreCodec::kZstd, StoreCodec::kLz4}) {
      const Registry registry = make_registry(format, compression);
      auto packed = pack_document(registry, d);
      CHECK_OK(packed);
      auto back = unpack_document(registry, packed->bytes());
      CHECK_OK(back);
      CHECK_EQ(json_of(*back), json_of(d));
      CHECK_CODE(unpack_document(registry, packed->bytes(), 16),
                 compression == StoreCodec::kUncompressed ? Code::kOk : Code::kLimit);
    }
  CHECK(json_of(d).find(R"("é \"q\"\n\u0001": {)") != std::string::npos);
  CHECK(json_of(d).find("\"shape\": [],") != std::string::npos);
  return "";
}

std::string attributes_have_the_kinds_of_the_original() {
  CHECK(attribute_of("true") == Value::boolean(true));
  CHECK(attribute_of("42") == Value::int64(42));
  CHECK(attribute_of("-9223372036854775808") == Value::int64(INT64_MIN));
  CHECK(attribute_of("9223372036854775808") == Value::float64(9223372036854775808.0));
  CHECK(attribute_of("-9223372036854775809") == Value::float64(-9223372036854775808.0));
  CHECK(attribute_of("123456789012345678901234567890") == Value::float64(123456789012345678901234567890.0));
  CHECK(attribute_of("-0") == Value::float64(-0.0));
  CHECK(attribute_of("1.0") == Value::float64(1.0));
  CHECK(attribute_of("1e0") == Value::float64(1.0));
  CHECK(attribute_of("1E-400") == Value::float64(0.0));
  CHECK(attribute_of("0.1111111111e-2147483639") == Value::float64(0.0));
  CHECK(attribute_of("4.9406564584124654e-324") == Value::float64(5e-324));
  CHECK(attribute_of(R"("text")") == Value::string("text"));
  CHECK(attribute_of(R"("\"")") == Value::string("\""));
  CHECK(attribute_of(R"("\ud83d\ude00")") == Value::string("\U0001F600"));
  CHECK(attribute_of(R"("1970-01-01T00:00:01Z")") == Value::timestamp(1'000'000'000));
  CHECK(attribute_of(R"("1970-01-01T00:00:01\u005a")") == Value::string("1970-01-01T00:00:01Z"));
  CHECK(attribute_of(R"("\u0031970-01-01T00:00:01Z")") == Value::string("1970-01-01T00:00:01Z"));
  for (const char* bad : {"null", "[]", "{}", "[1]", "{\"a\":1}"}) {
    auto refused = parsed(with_attributes(cat("\"units\":", bad)));
    CHECK_CODE(refused, Code::kFormat);
    CHECK(refused.status().message().find("dataset \"d\"") != std::string_view::npos);
    CHECK(refused.status().message().find("attribute \"units\"") != std::string_view::npos);
  }
  return "";
}

std::string refused_documents() {
  const std::string good = with_attributes("");
  CHECK_OK(parsed(good));
  CHECK_OK(parsed(" \n\t\r" + good + "  \n"));
  CHECK_CODE(parsed(""), Code::kCorrupt);
  CHECK_CODE(parsed("\xEF\xBB\xBF" + good), Code::kCorrupt);
  CHECK_CODE(parsed(good + "x"), Code::kCorrupt);
  CHECK_CODE(parsed(good + std::string(1, '\0')), Code::kCorrupt);
  CHECK_CODE(parsed(good + std::string(1, '\0') + "x"), Code::kCorrupt);
  CHECK_CODE(parsed(good + good), Code::kCorrupt);
  CHECK_CODE(parsed(with_attributes("\"k\":\"\\udc00\"")), Code::kCorrupt);
  CHECK_CODE(parsed(with_attributes("\"k\":\"\\ud800x\"")), Code::kCorrupt);
  CHECK_CODE(parsed(with_attributes("\"k\":\"\xFF\"")), Code::kCorrupt);
  CHECK_CODE(parsed(with_attributes("\"k\":NaN")), Code::kCorrupt);
  CHECK_CODE(parsed(with_attributes("\"k\":1e400")), Code::kCorrupt);
  CHECK_CODE(parsed("[]"), Code::kFormat);
  CHECK_CODE(parsed("1"), Code::kFormat);
  CHECK_CODE(parsed("{}"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":1})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":1,"datasets":{},"str`ta":{}})"), Code::kFormat);  // damaged, and the digest with it
  CHECK_OK(parsed(R"({"version":1,"datasets":{},"schema":{}})"));
  CHECK_CODE(parsed(R"({"datasets":{}})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":-1,"datasets":{}})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":1.0,"datasets":{}})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":4294967296,"datasets":{}})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":1,"datasets":[]})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":1,"version":1,"datasets":{}})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":1,"codec":"zstd","datasets":{}})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":1,"datasets":{"d":{"arrays":{"../x":{}}}}})"), Code::kFormat);
  CHECK_CODE(parsed(R"({"version":1,"datasets":{"d":{"arrays":{"a":{}}}}})"), Code::kFormat);
  return "";
}

std::string with_schema(std::string_view dtype, std::string_view rest) {
  return cat(R"({"version":1,"datasets":{"d":{"arrays":{"a":{"dtype":)", dtype,
             R"(,"shape":[2],"chunk_shape":[2],"dimension_names":["x"],"codec":"Lz4")", rest, "}}}}}");
}

std::string schemas() {
  CHECK_OK(parsed(with_schema(R"({"type":"u_int8"})", "")));
  CHECK_OK(parsed(with_schema(R"({"type":"u_int8","args":null,"x":[{"y":{}}]})", R"(,"z":{"a":[1,null,{}]})")));
  CHECK_CODE(parsed(with_schema(R"({"type":"uint8"})", "")), Code::kFormat);
  CHECK_CODE(parsed(with_schema(R"({})", "")), Code::kFormat);
  CHECK_CODE(parsed(with_schema(R"({"type":"list"})", "")), Code::kFormat);
  CHECK_CODE(parsed(with_schema(R"({"type":"u_int8"})", R"(,"codec":"Lz4")")), Code::kFormat);
  CHECK_CODE(parsed(with_schema(R"({"type":"fixed_size_list","args":{"child":{"type":"bool"}}})", "")), Code::kFormat);
  // The arguments may come first.
  auto d = parsed(with_schema(
      R"({"args":{"size":3,"child":{"args":{"child":{"type":"bool"}},"type":"list"}},"type":"fixed_size_list"})", ""));
  CHECK_OK(d);
  const DType& dtype = d->find("d")->arrays.find("a")->schema->dtype;
  CHECK_EQ(dtype_name(dtype), "fixed_size_list<list<bool>>[3]");

  for (size_t depth : {60, 61, 100000}) {
    std::string type = R"({"type":"bool"})", tail;
    std::string text;
    for (size_t i = 0; i < depth; ++i) text += R"({"type":"list","args":{"child":)", tail += "}}";
    auto nested = parsed(with_schema(text + type + tail, ""));
    CHECK_CODE(nested, depth == 60 ? Code::kOk : Code::kFormat);
    if (nested.ok()) CHECK_OK(encode_json(*nested));
  }
  CHECK_CODE(parsed(std::string(1 << 20, '[')), Code::kFormat);
  CHECK_CODE(parsed(R"({"unknown":)" + std::string(1 << 20, '[')), Code::kCorrupt);
  return "";
}

std::string repeated_names() {
  auto d = parsed(
      R"({"version":9,"datasets":{"a":{"attributes":{"k":1,"l":2,"k":3}},"b":{},"a":{"attributes":{"m":1}}},"new":[{}]})");
  CHECK_OK(d);
  CHECK_EQ(d->version, 9u);
  CHECK_EQ(d->size(), 2u);
  CHECK_EQ(d->at(0)->name, "a");
  CHECK(d->at(0)->attributes.size() == 1 && d->at(0)->attributes.find("m"));
  return "";
}

// The member "strata" of the dataset in with_attributes().
std::string with_own(std::string_view attributes, std::string_view own) {
  return cat(R"({"version":1,"datasets":{"d":{"attributes":{)", attributes, R"(},"strata":)", own, "}}}");
}

// In the document's own two encodings, with the other members around it.
Result<Document> again(const Document& d, DocumentFormat format) {
  STRATA_ASSIGN(const Buffer bytes, format == DocumentFormat::kJson ? encode_json(d) : encode_msgpack(d));
  return format == DocumentFormat::kJson ? decode_json(bytes.bytes()) : decode_msgpack(bytes.bytes());
}

std::string every_kind_comes_back() {
  const double infinity = std::numeric_limits<double>::infinity();
  const Value values[] = {Value::float64(std::nan("")),
                          Value::float64(infinity),
                          Value::float64(-infinity),
                          Value::string("NaN"),
                          Value::string("Infinity"),
                          Value::string("2023-11-14T22:13:20Z"),
                          Value::timestamp(1700000000000000000),
                          Value::int64(7)};
  for (auto format : {DocumentFormat::kJson, DocumentFormat::kMsgpack}) {
    Document d;
    DatasetEntry* entry = d.put({"run7", {}, {}});
    for (const Value& v : values) entry->attributes.put({cat('k', entry->attributes.size()), v});
    d.put({"next", {}, {}})->attributes.put({"k0", Value::string("NaN")});
    for (int round = 0; round < 3; ++round) {
      auto back = again(d, format);
      CHECK_OK(back);
      size_t i = 0;
      for (const Attribute& a : back->find("run7")->attributes) CHECK(a.value == values[i++]);
      CHECK_EQ(i, std::size(values));
      CHECK(back->find("next")->attributes.find("k0")->value == Value::string("NaN"));
      d = *back;
    }
  }
  return "";
}

// Who does not know the member sees texts, and one that was changed without it is what it says.
std::string types_are_believed_where_they_can_be() {
  auto value = [](std::string_view stored, std::string_view note) {
    auto d = parsed(with_own(cat("\"k\":", stored), cat(R"({"attributes":{"k":)", note, "}}")));
    return d.ok() ? d->find("d")->attributes.find("k")->value : Value::string(std::string(d.status().message()));
  };
  constexpr std::string_view kFloat = R"({"type":"float64"})", kText = R"({"type":"string"})";
  CHECK(value(R"("Infinity")", kFloat) == Value::float64(std::numeric_limits<double>::infinity()));
  CHECK(value(R"("2023-11-14T22:13:20Z")", kText) == Value::string("2023-11-14T22:13:20Z"));
  CHECK(value(R"("2023-11-14T22:13:20Z")", kFloat) == Value::timestamp(1700000000000000000));
  CHECK(value(R"("infinity")", kFloat) == Value::string("infinity"));
  CHECK(value("5", kFloat) == Value::int64(5));
  CHECK(value("5", kText) == Value::int64(5));
  CHECK(value("true", kFloat) == Value::boolean(true));
  for (const char* senseless : {"5", "null", "[]", "{}", R"({"type":5})", R"({"type":null})", R"({"type":["float64"]})",
                                R"({"type":{"type":"float64"}})", R"({"type":"float"})", R"("float64")"}) {
    CHECK(value(R"("NaN")", senseless) == Value::string("NaN"));
    CHECK(value(R"("2023-11-14T22:13:20Z")", senseless) == Value::timestamp(1700000000000000000));
  }
  // The member may come first, and twice; a key may be named again.
  auto d = parsed(R"({"version":1,"datasets":{"d":{"strata":1,"strata":{"attributes":{"k":{"type":"float64"}}},
      "attributes":{"k":"2023-11-14T22:13:20Z","k":"NaN"}}, "e":{"attributes":{"k":"NaN"}}}})");
  CHECK_OK(d);
  CHECK(d->find("d")->attributes.find("k")->value.type == Type::kFloat64);
  CHECK(d->find("e")->attributes.find("k")->value.type == Type::kString);
  for (const char* senseless : {"5", "null", "[{}]", R"({"attributes":5})", R"({"attributes":[{"k":1}]})",
                                R"({"attributes":{"other":{"type":"float64"}}})"})
    CHECK_OK(parsed(with_own(R"("k":"NaN")", senseless)));
  return "";
}

// What a later version has to say stays until the attribute is changed that it is about.
std::string what_is_not_known_is_kept() {
  constexpr std::string_view kAttributes = R"("k":"NaN","l":1,"m":2)";
  constexpr std::string_view kOwn =
      R"({"groups":["a",{"b":[null,true,-1,18446744073709551615,0.5,"x"]}],"attributes":{)"
      R"("k":{"type":"float64","unit":{"m":1}},"l":{"type":"int16"},"m":{"type":"string","of":[]},"gone":{"type":"int8"}}})";
  auto read = parsed(with_own(kAttributes, kOwn));
  CHECK_OK(read);
  Document d = *read;
  for (auto format : {DocumentFormat::kJson, DocumentFormat::kMsgpack}) {
    auto back = again(d, format);
    CHECK_OK(back);
    CHECK_EQ(json_of(*back), json_of(*read));
  }
  const std::string json = json_of(d);
  for (const char* there : {"\"groups\"", "18446744073709551615", "\"unit\"", "\"int16\"", "\"float64\"", "\"of\""})
    CHECK(json.find(there) != std::string::npos);
  CHECK(json.find("gone") == std::string::npos);
  CHECK(json.find("string") == std::string::npos);
  d.edit("d")->put_attribute({"l", Value::int64(1)});
  d.edit("d")->erase_attribute("k");
  auto back = again(d, DocumentFormat::kJson);
  CHECK_OK(back);
  CHECK(json_of(*back).find("int16") == std::string::npos);
  CHECK(json_of(*back).find("unit") == std::string::npos);
  CHECK(json_of(*back).find("\"of\"") != std::string::npos);
  CHECK_EQ(json_of(*read), json);
  d.edit("d")->erase_attribute("m");
  CHECK(d.find("d")->own.size() == 1 && d.find("d")->own.find("groups"));
  // As deep as nobody means it: nothing of it stays, and nobody's stack is used up.
  for (size_t depth : {20, 40, 100000}) {
    auto deep = parsed(with_own("\"k\":1", "{\"x\":" + std::string(depth, '[') + std::string(depth, ']') + "}"));
    CHECK_OK(deep);
    CHECK_EQ(deep->find("d")->own.size(), depth == 20 ? 1u : 0u);
  }
  // {version: 1, datasets: {d: {strata: {x: ...}}}}
  using Octets = std::vector<uint8_t>;
  auto with_value = [](const Octets& value) {
    Octets bytes{0x82, 0xA7, 'v', 'e', 'r', 's', 'i', 'o', 'n', 1,    0xA8, 'd', 'a', 't', 'a', 's',
                               'e',  't',  's', 0x81, 0xA1, 'd', 0x81, 0xA6, 's', 't',  'r', 'a', 't', 'a'};
    bytes.insert(bytes.end(), value.begin(), value.end());
    return decode_msgpack(bytes);
  };
  for (const auto& [value, kept] : std::vector<std::pair<Octets, size_t>>{
           {{0x81, 0xA1, 'x', 0x92, 0x05, 0xC0}, 1},
           {{0x81, 0x05, 0xA1, 'x'}, 0},               // a key that is no text
           {{0x81, 0xA1, 'x', 0xD4, 1, 2}, 0},         // a value of a kind of its own
           {{0x81, 0xA1, 'x', 0xC4, 1, 0xFF}, 0},      // a text that is none
           {{0x81, 0xA1, 0xFF, 0x05}, 0},
           {{0x81, 0x91, 0x05, 0x05}, 0}}) {
    auto document = with_value(value);
    CHECK_OK(document);
    CHECK_EQ(document->find("d")->own.size(), kept);
    CHECK_OK(again(*document, DocumentFormat::kMsgpack));
  }
  return "";
}

std::string values_that_cannot_be_written() {
  for (const Value& v : {Value::binary("x"), Value::uint64(1), Value::string("\xFF")}) {
    Document d;
    d.put({"d", {}, {}})->attributes.put({"k", v});
    CHECK_CODE(encode_json(d), Code::kInvalid);
    CHECK_CODE(encode_msgpack(d), Code::kInvalid);
  }
  return "";
}

std::string floats_look_as_serde_prints_them() {
  const struct {
    double v;
    const char* text;
  } cases[] = {{0.0, "0.0"},
               {-0.0, "-0.0"},
               {1.0, "1.0"},
               {-1.5, "-1.5"},
               {0.1, "0.1"},
               {100000.0, "100000.0"},
               {1e15, "1000000000000000.0"},
               {1e16, "1e+16"},
               {1.5e16, "1.5e+16"},
               {123456789012345.6, "123456789012345.6"},
               {9007199254740993.0, "9007199254740992.0"},
               {1e-5, "0.00001"},
               {1.25e-5, "0.0000125"},
               {1e-6, "1e-6"},
               {1e-300, "1e-300"},
               {5e-324, "5e-324"},
               {1.7976931348623157e308, "1.7976931348623157e+308"},
               {0.3, "0.3"},
               {12.34, "12.34"},
               {1234567.0, "1234567.0"}};
  for (const auto& c : cases) {
    Document d;
    d.put({"d", {}, {}})->attributes.put({"k", Value::float64(c.v)});
    const std::string json = json_of(d);
    const size_t at = json.find("\"k\": ") + 5;
    CHECK_EQ(json.substr(at, json.find('\n', at) - at), c.text);
    CHECK(attribute_of(c.text) == Value::float64(c.v));
  }
  return "";
}

std::string date_like_text_stays_text_in_json() {
  const Value text = Value::string("2023-11-14T22:13:20Z");
  Document d;
  d.put({"d", {}, {}})->attributes.put({"k", text});
  CHECK(json_of(d).find(R"("\u0032023-11-14T22:13:20Z")") != std::string::npos);
  auto back = parsed(json_of(d));
  CHECK_OK(back);
  CHECK(back->find("d")->attributes.find("k")->value == text);
  CHECK(json_of(d).find("strata") == std::string::npos);  // the escape says enough
  return "";
}

std::string date_times() {
  const struct {
    const char* text;
    std::optional<int64_t> at;
  } cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01t00:00:00z", 0},
      {"1970-01-01 00:00:00Z", 0},
      {"1970-01-01T00:00:00-00:00", 0},
      {"1970-01-01T01:30:00+01:30", 0},
      {"1969-12-31T23:00:00-01:00", 0},
      {"1969-12-31T23:00:00\u221201:00", 0},
      {"1970-01-01T00:00:00.1Z", 100000000},
      {"1970-01-01T00:00:00.1234567899999Z", 123456789},
      {"1970-01-01T23:59:60Z", 86400000000000},
      {"1970-01-01T00:00:60.5Z", 60500000000},
      {"1969-12-31T23:59:59.999999999Z", -1},
      {"2024-02-29T00:00:00Z", 1709164800000000000},
      {"1677-09-21T00:12:43.145224192Z", INT64_MIN},
      {"1677-09-21T00:12:43.145224191Z", {}},
      {"2262-04-11T23:47:16.854775807Z", INT64_MAX},
      {"2262-04-11T23:47:16.854775808Z", {}},
      {"0000-01-01T00:00:00Z", {}},
      {"9999-12-31T23:59:59Z", {}},
      {"2023-02-29T00:00:00Z", {}},
      {"1970-00-01T00:00:00Z", {}},
      {"1970-01-01T24:00:00Z", {}},
      {"1970-01-01T00:60:00Z", {}},
      {"1970-01-01T00:00:61Z", {}},
      {"1970-01-01T00:00Z", {}},
      {"1970-01-01T00:00:00", {}},
      {"1970-01-01T00:00:00.Z", {}},
      {"1970-01-01T00:00:00+00", {}},
      {"1970-01-01T00:00:00-0000", {}},
      {"1970-01-01T00:00:00+24:00", {}},
      {"1970-01-01T00:00:00+00:60", {}},
      {"1970-01-01_00:00:00Z", {}},
      {" 1970-01-01T00:00:00Z", {}},
      {"1970-01-01T00:00:00Z ", {}},
      {"+1970-01-01T00:00:00Z", {}},
      {"1970-01-01T00:00:00 Z", {}},
      {"", {}},
  };
  for (const auto& c : cases)
    if (parse_rfc3339(c.text) != c.at) return std::string("wrong: ") + c.text;
  CHECK_EQ(format_rfc3339(0), "1970-01-01T00:00:00Z");
  CHECK_EQ(format_rfc3339(120000000), "1970-01-01T00:00:00.120Z");
  CHECK_EQ(format_rfc3339(1000), "1970-01-01T00:00:00.000001Z");
  CHECK_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
  uint64_t random = 1;
  for (int i = 0; i < 2000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const auto at = static_cast<int64_t>(random);
    CHECK(parse_rfc3339(format_rfc3339(at)) == at);
  }
  for (int64_t at : {INT64_MIN, INT64_MAX}) CHECK(parse_rfc3339(format_rfc3339(at)) == at);
  return "";
}

std::string names() {
  CHECK_EQ(encode_segment("température"), "temp%C3%A9rature");
  CHECK_EQ(encode_segment(encode_segment("température")), "temp%25C3%25A9rature");
  CHECK_EQ(encode_segment("100% #1"), "100%25 %231");
  for (const char* name : {"température", "100% #1", ".", "..", "%41", "a%", "x"})
    CHECK(decode_segment(encode_segment(name)) == std::optional<std::string>(name));
  for (const char* segment : {"temp%c3%a9rature", "%41", "a%", "100%", "a b|c", "."}) CHECK(!decode_segment(segment));
  CHECK_EQ(encode_segment("."), "%2E");
  CHECK_EQ(encode_segment(".."), "%2E%2E");
  CHECK_EQ(encode_segment("..x y:z+(1)!$&',;=@-"), "..x y:z+(1)!$&',;=@-");
  CHECK_EQ(encode_segment(std::string_view("\0\x1F\x7F/", 4)), "%00%1F%7F%2F");
  CHECK_EQ(encode_segment("/\\{^}%`]\">[~<#|*?"), "%2F%5C%7B%5E%7D%25%60%5D%22%3E%5B%7E%3C%23%7C%2A%3F");
  for (const char* good : {"a", "a_", "..a", "t m", "é", "a.b"}) CHECK_OK(check_array_name(good));
  for (const char* bad : {"", "_a", "a/b", ".", "..", "\xFF"}) CHECK_CODE(check_name(bad), Code::kInvalid);
  CHECK_OK(check_array_name(std::string(255, 'x')));
  CHECK_CODE(check_array_name(std::string(256, 'x')), Code::kInvalid);
  CHECK_OK(check_name(std::string(256, 'x')));
  CHECK_CODE(check_array_name(std::string(52, '#')), Code::kInvalid);
  return "";
}

// Against a plain list, through all sizes at which the map changes its ways.
std::string order_is_kept() {
  OrderedMap<Attribute> map;
  std::vector<std::string> model;
  uint64_t random = 7;
  for (int step = 0; step < 20000; ++step) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    const bool growing = (step / 400) % 2 == 0;
    const std::string key = cat("k", (random >> 33) % 150);
    const auto at = std::find(model.begin(), model.end(), key);
    if ((random >> 20) % 4 == 0 ? growing : !growing) {
      CHECK_EQ(map.erase(key), at != model.end());
      if (at != model.end()) model.erase(at);
    } else {
      map.put({key, Value::int64(step)});
      if (at == model.end()) model.push_back(key);
      CHECK(map.find(key) && map.find(key)->value == Value::int64(step));
    }
    CHECK_EQ(map.size(), model.size());
    if (step % 50 != 0) continue;
    size_t i = 0;
    const OrderedMap<Attribute> copy = map;
    for (const Attribute& a : copy) CHECK(i < model.size() && a.key == model[i++]);
    CHECK_EQ(i, model.size());
    for (int k = 0; k < 150; ++k)
      CHECK_EQ(copy.find(cat("k", k)) != nullptr, std::find(model.begin(), model.end(), cat("k", k)) != model.end());
  }
  return "";
}

std::string copies_share_until_they_change() {
  Document working;
  working.put({"a", {}, {}})->attributes.put({"k", Value::int64(1)});
  working.put({"b", {}, {}});
  const Document committed = working;
  CHECK(committed.find("a") == working.find("a"));
  DatasetEntry* a = working.edit("a");
  a->attributes.put({"k", Value::int64(2)});
  CHECK(working.edit("a") == a);
  CHECK(committed.find("a")->attributes.find("k")->value == Value::int64(1));
  CHECK(committed.find("b") == working.find("b"));
  auto held = working.get("a");
  CHECK(working.edit("a") != held.get());
  CHECK(!working.edit("c") && !working.get("c"));
  CHECK(working.erase("b") && committed.find("b"));
  CHECK(working.intern(sample_schema()) == committed.intern(sample_schema()));
  return "";
}

std::string registry_in_a_storage() {
  auto storage = make_memory_storage("registry");
  for (std::string folder : {"", "x/y"}) {
    auto none = find_registry(*storage, folder);
    CHECK_OK(none);
    CHECK(!none->has_value());
    // The later a name, the lower its rank: each one saved takes over.
    for (auto format : {DocumentFormat::kMsgpack, DocumentFormat::kJson})
      for (auto compression : {StoreCodec::kLz4, StoreCodec::kZstd, StoreCodec::kUncompressed}) {
        const Registry registry = make_registry(format, compression);
        Document d;
        d.put({registry.file_name, {}, {}});
        CHECK_OK(save_registry(*storage, folder, registry, d));
        auto found = find_registry(*storage, folder);
        CHECK_OK(found);
        CHECK(found->has_value());
        CHECK_EQ((*found)->file_name, registry.file_name);
        auto loaded = load_registry(*storage, folder, **found);
        CHECK_OK(loaded);
        CHECK(loaded->find(registry.file_name));
      }
  }
  CHECK_OK(replace_object(*storage, "bad/atlas.json", as_bytes("{]")));
  auto bad = load_registry(*storage, "bad", Registry());
  CHECK_CODE(bad, Code::kCorrupt);
  CHECK(bad.status().message().find("atlas.json") != std::string_view::npos);
  return "";
}

std::string damage_is_an_error_or_a_document() {
  for (const Stored& s : stored_documents()) {
    // Exactly sized, so that a sanitizer sees a read beyond the end.
    for (size_t n = 0; n < s.bytes.size(); ++n) {
      const std::vector<uint8_t> cut(s.bytes.data(), s.bytes.data() + n);
      auto outcome = unpack_document(s.registry, cut);
      CHECK(!outcome.ok());
    }
    std::vector<uint8_t> flipped(s.bytes.data(), s.bytes.data() + s.bytes.size());
    for (size_t bit = 0; bit < flipped.size() * 8; ++bit) {
      flipped[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
      auto outcome = unpack_document(s.registry, flipped, 1 << 20);
      if (outcome.ok()) {
        (void)encode_json(*outcome).ok();
        (void)encode_msgpack(*outcome).ok();
      }
      flipped[bit / 8] ^= static_cast<uint8_t>(1u << bit % 8);
    }
  }
  return "";
}

std::string hostile_msgpack() {
  auto refused = [](std::initializer_list<int> bytes) {
    const std::vector<uint8_t> v(bytes.begin(), bytes.end());
    return decode_msgpack(v).code() == Code::kCorrupt;
  };
  CHECK(refused({}));
  CHECK(refused({0xDF, 0xFF, 0xFF, 0xFF, 0xFF}));
  CHECK(refused({0x81, 0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 'x'}));
  CHECK(refused({0x81, 0x01, 0x01}));
  CHECK(refused({0x81, 0xA1, 'x', 0xC1}));
  CHECK(refused(
      {0x82, 0xA7, 'v', 'e', 'r', 's', 'i', 'o', 'n', 1, 0xA8, 'd', 'a', 't', 'a', 's', 'e', 't', 's', 0x80, 0}));
  std::vector<uint8_t> deep{0x81, 0xA1, 'x'};
  deep.resize(1 << 20, 0x91);
  CHECK_CODE(decode_msgpack(deep), Code::kCorrupt);
  // Members that nobody knows, with keys and values that no document has.
  const std::vector<uint8_t> unknown{0x83, 0xA7, 'v',  'e',  'r', 's', 'i', 'o',  'n',  1,    0xA1,
                                     'x',  0x82, 0x01, 0xC7, 1,   5,   0,   0x91, 0xC0, 0xC4, 1,
                                     0xFF, 0xA8, 'd',  'a',  't', 'a', 's', 'e',  't',  's',  0x80};
  CHECK_OK(decode_msgpack(unknown));
  return "";
}

std::string streams_are_capped() {
  const std::vector<uint8_t> zeros(10 << 20);
  auto packed = zstd_compress_stream(zeros, 0);
  CHECK_OK(packed);
  CHECK_CODE(zstd_decompress_stream(packed->bytes(), zeros.size() - 1), Code::kLimit);
  auto back = zstd_decompress_stream(packed->bytes(), zeros.size());
  CHECK_OK(back);
  CHECK_EQ(back->size(), zeros.size());
  for (size_t n = 0; n < packed->size(); ++n)
    CHECK_CODE(zstd_decompress_stream(packed->bytes().first(n), UINT64_MAX), Code::kCorrupt);
  auto empty = zstd_compress_stream({}, 0);
  CHECK_OK(empty);
  auto nothing = zstd_decompress_stream(empty->bytes(), 0);
  CHECK_OK(nothing);
  CHECK(nothing->empty());
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"fixtures_are_read_and_written_alike", fixtures_are_read_and_written_alike},
                    {"all_encodings_agree", all_encodings_agree},
                    {"attributes_have_the_kinds_of_the_original", attributes_have_the_kinds_of_the_original},
                    {"refused_documents", refused_documents},
                    {"schemas", schemas},
                    {"repeated_names", repeated_names},
                    {"every_kind_comes_back", every_kind_comes_back},
                    {"types_are_believed_where_they_can_be", types_are_believed_where_they_can_be},
                    {"what_is_not_known_is_kept", what_is_not_known_is_kept},
                    {"values_that_cannot_be_written", values_that_cannot_be_written},
                    {"floats_look_as_serde_prints_them", floats_look_as_serde_prints_them},
                    {"date_like_text_stays_text_in_json", date_like_text_stays_text_in_json},
                    {"date_times", date_times},
                    {"names", names},
                    {"order_is_kept", order_is_kept},
                    {"copies_share_until_they_change", copies_share_until_they_change},
                    {"registry_in_a_storage", registry_in_a_storage},
                    {"damage_is_an_error_or_a_document", damage_is_an_error_or_a_document},
                    {"hostile_msgpack", hostile_msgpack},
                    {"streams_are_capped", streams_are_capped}});
}
