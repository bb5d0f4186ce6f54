// Writing follows serde_json's pretty printer to the byte, floats included; reading is RapidJSON's reader.

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <charconv>
#include <cmath>
#include <new>
#include <unordered_map>
#include <utility>

#include "atlas/document_builder.h"
#include "atlas/document_encoding.h"
#include "atlas/own_members.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

namespace strata {

namespace {

// The text being read. A type of its own, because that is how the library is given another way to skip white space,
// which is most of an indented document.
struct SourceText : rapidjson::MemoryStream {
  using MemoryStream::MemoryStream;
};

}  // namespace

}  // namespace strata

namespace rapidjson {

template <>
inline void SkipWhitespace(strata::SourceText& text) {
  const char *at = text.src_, *const end = text.end_;
  while (at != end) {
    while (end - at >= 8 && strata::load<uint64_t>(at) == 0x2020202020202020u) at += 8;
    if (at == end || (*at != ' ' && *at != '\n' && *at != '\r' && *at != '\t')) break;
    ++at;
  }
  text.src_ = at;
}

}  // namespace rapidjson

namespace strata {

namespace {

// The library's own allocator goes on with a null pointer when there is no memory.
struct ThrowingAllocator {
  static const bool kNeedFree = true;
  void* Malloc(size_t n) { return n ? checked(std::malloc(n)) : nullptr; }
  void* Realloc(void* p, size_t, size_t n) {
    if (n != 0) return checked(std::realloc(p, n));
    std::free(p);
    return nullptr;
  }
  static void Free(void* p) { std::free(p); }

 private:
  static void* checked(void* p) {
    if (!p) throw std::bad_alloc();
    return p;
  }
};

// Hands what the reader finds to the builder.
class JsonEvents {
 public:
  JsonEvents(const SourceText& source, DocumentBuilder& builder) : source_(source), builder_(builder) {}

  bool Null() { return builder_.null(); }
  bool Bool(bool v) { return builder_.boolean(v); }
  bool RawNumber(const char* digits, unsigned n, bool) { return number({digits, n}); }
  bool String(const char* s, unsigned n, bool) {
    const bool verbatim = is_verbatim({s, n});
    return (verbatim || sound({s, n})) && builder_.text({s, n}, verbatim);
  }
  bool Key(const char* s, unsigned n, bool) { return (is_verbatim({s, n}) || sound({s, n})) && builder_.key({s, n}); }
  bool StartObject() { return builder_.begin_map(); }
  bool EndObject(unsigned) { return builder_.end_map(); }
  bool StartArray() { return builder_.begin_list(); }
  bool EndArray(unsigned) { return builder_.end_list(); }
  // Never called, as numbers come raw; the reader wants to see them.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  const Status& error() const { return error_; }

 private:
  // Whether the token that was just read says `text` without escapes: then its bytes stand between two quotes right
  // before the reader's position. With an escape the token is longer than its text, and never matches by accident where
  // it matters: the bytes before the last text.size() of it would have to end in a quote, hence in an escaped one.
  bool is_verbatim(std::string_view text) const {
    const size_t end = source_.Tell() - 1;
    if (end < text.size() + 1) return false;
    const char* at = source_.begin_ + end - text.size();
    return at[-1] == '"' && std::memcmp(at, text.data(), text.size()) == 0;
  }
  // The reader lets the second half of a surrogate pair through when it stands alone.
  bool sound(std::string_view text) {
    if (is_utf8(as_bytes(text))) return true;
    error_ = Status(Code::kCorrupt, cat("byte ", source_.Tell(), ": an escape stands for half a character"));
    return false;
  }

  bool number(std::string_view digits) {
    const char *first = digits.data(), *last = first + digits.size();
    // "-0" is a float, as an integer could not keep its sign.
    if (digits.find_first_of(".eE") == std::string_view::npos && digits != "-0") {
      int64_t i;
      if (std::from_chars(first, last, i).ec == std::errc()) return builder_.integer(i);
      uint64_t u;
      if (digits[0] != '-' && std::from_chars(first, last, u).ec == std::errc()) return builder_.unsigned_integer(u);
    }
    double d;
    if (std::from_chars(first, last, d).ec == std::errc()) return builder_.real(d);
    // Too large is refused; too small is zero.
    const bool negative = digits[0] == '-', small = digits.find("e-") != std::string_view::npos ||
                                                    digits.find("E-") != std::string_view::npos ||
                                                    digits[negative ? 1 : 0] == '0';
    if (small) return builder_.real(negative ? -0.0 : 0.0);
    error_ = Status(Code::kFormat, cat("byte ", source_.Tell(), ": a number beyond the range of float64"));
    return false;
  }

  const SourceText& source_;
  DocumentBuilder& builder_;
  Status error_;
};

class JsonWriter {
 public:
  void open(char bracket) {
    put(bracket);
    indent_ += 2;
    empty_ = true;
  }
  void close(char bracket) {
    indent_ -= 2;
    if (!empty_) line();
    put(bracket);
    empty_ = false;
  }
  // Before each element of a list, and each key.
  void next() {
    if (!empty_) put(',');
    line();
    empty_ = true;
  }
  void value(std::string_view raw) {
    put(raw);
    empty_ = false;
  }
  template <typename T>
  void number(T n) {
    char digits[24];
    value({digits, static_cast<size_t>(std::to_chars(digits, digits + sizeof digits, n).ptr - digits)});
  }
  // For members, whose names need no escape.
  void member(std::string_view name) {
    next();
    put('"');
    put(name);
    put("\": ");
  }
  // False when it is not UTF-8.
  bool key(std::string_view text) {
    next();
    const bool ok = string(text, false);
    put(": ");
    return ok;
  }
  // escape_first: so that a reader sees a text and not a date-time.
  bool string(std::string_view text, bool escape_first) {
    static constexpr char kHex[] = "0123456789abcdef";
    put('"');
    size_t from = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\' && !(escape_first && i == 0)) continue;
      put(text.substr(from, i - from));
      from = i + 1;
      switch (c) {
        case '"':
          put("\\\"");
          break;
        case '\\':
          put("\\\\");
          break;
        case '\b':
          put("\\b");
          break;
        case '\t':
          put("\\t");
          break;
        case '\n':
          put("\\n");
          break;
        case '\f':
          put("\\f");
          break;
        case '\r':
          put("\\r");
          break;
        default:
          put("\\u00");
          put(kHex[(c >> 4) & 15]);
          put(kHex[c & 15]);
      }
    }
    put(text.substr(from));
    put('"');
    empty_ = false;
    return is_utf8(as_bytes(text));
  }
  // The shortest digits that read back the same; never without a point or an exponent. Finite only.
  void real(double v) {
    char sci[40];
    const char* end = std::to_chars(sci, sci + sizeof sci, v, std::chars_format::scientific).ptr;
    std::string_view form(sci, static_cast<size_t>(end - sci));
    if (form.starts_with('-')) {
      put('-');
      form.remove_prefix(1);
    }
    const size_t e = form.find('e');
    std::string digits(form.substr(0, 1));
    if (e > 2) digits += form.substr(2, e - 2);
    int exponent = 0;
    const char* sign = form.data() + e + 1;
    std::from_chars(sign + (*sign == '+'), end, exponent);
    const int count = static_cast<int>(digits.size());
    if (exponent < -5 || exponent > 15) {
      put(digits[0]);
      if (count > 1) put('.');
      put(std::string_view(digits).substr(1));
      put(exponent < 0 ? "e-" : "e+");
      return number(static_cast<uint64_t>(std::abs(exponent)));
    }
    if (exponent < 0) {
      digits.insert(0, static_cast<size_t>(-exponent), '0');
      digits.insert(1, 1, '.');
    } else if (count <= exponent + 1) {
      digits.append(static_cast<size_t>(exponent + 1 - count), '0');
      digits += ".0";
    } else {
      digits.insert(static_cast<size_t>(exponent) + 1, 1, '.');
    }
    value(digits);
  }

  size_t size() const { return out_.size(); }
  // What was written from `from` to `to`, once more.
  void again(size_t from, size_t to) {
    uint8_t* at = room(to - from);
    std::memcpy(at, out_.data() + from, to - from);
    empty_ = false;
  }
  Buffer take() { return std::move(out_); }

 private:
  void put(char c) { *room(1) = static_cast<uint8_t>(c); }
  void put(std::string_view s) {
    if (!s.empty()) std::memcpy(room(s.size()), s.data(), s.size());
  }
  void line() {
    uint8_t* at = room(indent_ + 1);
    at[0] = '\n';
    std::memset(at + 1, ' ', indent_);
  }
  uint8_t* room(size_t n) {
    const size_t at = out_.size();
    out_.resize(at + n);
    return out_.data() + at;
  }

  Buffer out_;
  size_t indent_ = 0;
  bool empty_ = true;  // nothing yet in the container that is open
};

void write_type(JsonWriter& out, const DType& dtype) {
  out.open('{');
  out.member("type");
  out.string(document_type_name(dtype.type), false);
  if (is_list(dtype.type)) {
    out.member("args");
    out.open('{');
    out.member("child");
    write_type(out, *dtype.child);
    if (dtype.type == Type::kFixedSizeList) {
      out.member("size");
      out.number(dtype.list_size);
    }
    out.close('}');
  }
  out.close('}');
}

void write_numbers(JsonWriter& out, std::string_view name, const std::vector<uint64_t>& numbers) {
  out.member(name);
  out.open('[');
  for (uint64_t n : numbers) {
    out.next();
    out.number(n);
  }
  out.close(']');
}

bool write_schema(JsonWriter& out, const ArraySchema& schema) {
  bool ok = true;
  out.open('{');
  out.member("dtype");
  write_type(out, schema.dtype);
  write_numbers(out, "shape", schema.shape);
  write_numbers(out, "chunk_shape", schema.chunk_shape);
  out.member("dimension_names");
  out.open('[');
  for (const std::string& name : schema.dimension_names) {
    out.next();
    ok &= out.string(name, false);
  }
  out.close(']');
  out.member("codec");
  out.string(codec_name(schema.codec), false);
  out.close('}');
  return ok;
}

// The original writes null for these, and cannot open the store any more. As a text it can, and "strata" says what it is.
bool is_non_finite(const Value& v) { return v.type == Type::kFloat64 && !std::isfinite(v.as_double()); }

Status write_value(JsonWriter& out, const DatasetEntry& dataset, const Attribute& attribute) {
  const Value& v = attribute.value;
  switch (v.type) {
    case Type::kBool:
      out.value(v.bits ? "true" : "false");
      break;
    case Type::kInt64:
      out.number(v.as_int());
      break;
    case Type::kFloat64:
      if (is_non_finite(v)) out.string(text_of_non_finite(v.as_double()), false);
      else out.real(v.as_double());
      break;
    case Type::kTimestampNs:
      out.string(format_rfc3339(v.as_int()), false);
      break;
    default:
      // A text that looks like a date-time would come back as one; with an escape in it, it stays a text.
      if (!out.string(v.text, parse_rfc3339(v.text).has_value()))
        return not_utf8(dataset, cat("attribute \"", utf8_lossy(as_bytes(attribute.key)), "\""));
  }
  return {};
}

void write_map(JsonWriter& out, const OrderedMap<TreeMember>& members);

void write_tree(JsonWriter& out, const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::kMap:
      return write_map(out, tree.members);
    case Tree::Kind::kList:
      out.open('[');
      for (const Tree& item : tree.items) {
        out.next();
        write_tree(out, item);
      }
      return out.close(']');
    case Tree::Kind::kNull:
      return out.value("null");
    case Tree::Kind::kScalar:
      break;
  }
  const Value& v = tree.scalar;
  if (v.type == Type::kBool) out.value(v.bits ? "true" : "false");
  else if (v.type == Type::kInt64) out.number(v.as_int());
  else if (v.type == Type::kUInt64) out.number(v.bits);
  else if (v.type == Type::kString) out.string(v.text, false);
  else if (is_non_finite(v)) out.value("null");
  else out.real(v.as_double());
}

void write_map(JsonWriter& out, const OrderedMap<TreeMember>& members) {
  out.open('{');
  for (const TreeMember& m : members) {
    out.key(m.key);
    write_tree(out, m.value);
  }
  out.close('}');
}

// Where the text of a schema stands: arrays of all datasets mostly share a few of them.
using SchemaTexts = std::unordered_map<const ArraySchema*, std::pair<size_t, size_t>>;

Status write_dataset(JsonWriter& out, const DatasetEntry& dataset, SchemaTexts& schemas) {
  if (!out.key(dataset.name)) return not_utf8(dataset, "its name");
  out.open('{');
  out.member("arrays");
  out.open('{');
  for (const NamedSchema& array : dataset.arrays) {
    STRATA_TRY(check_type(dataset, array));
    if (!out.key(array.name)) return not_utf8(dataset, "the name of an array");
    if (const auto known = schemas.find(&*array.schema); known != schemas.end()) {
      out.again(known->second.first, known->second.second);
      continue;
    }
    const size_t from = out.size();
    if (!write_schema(out, *array.schema)) return not_utf8(dataset, cat("a dimension of \"", array.name, "\""));
    schemas.emplace(&*array.schema, std::pair(from, out.size()));
  }
  out.close('}');
  out.member("attributes");
  out.open('{');
  for (const Attribute& attribute : dataset.attributes) {
    if (!out.key(attribute.key)) return not_utf8(dataset, "the key of an attribute");
    STRATA_TRY(check_attribute(dataset, attribute));
    STRATA_TRY(write_value(out, dataset, attribute));
  }
  out.close('}');
  if (const auto own = own_members(dataset, is_non_finite); !own.empty()) {
    out.member(kOwnMember);
    write_map(out, own);
  }
  out.close('}');
  return {};
}

}  // namespace

Result<Buffer> encode_json(const Document& document) {
  JsonWriter out;
  out.open('{');
  out.member("version");
  out.number(document.version);
  out.member("codec");
  out.string(codec_name(document.codec), false);
  out.member("datasets");
  out.open('{');
  SchemaTexts schemas;
  for (size_t i = 0; i < document.slots(); ++i)
    if (const DatasetEntry* dataset = document.at(i)) STRATA_TRY(write_dataset(out, *dataset, schemas));
  out.close('}');
  if (!document.own.empty()) {
    out.member(kOwnMember);
    write_map(out, document.own);
  }
  out.close('}');
  return out.take();
}

Result<Document> decode_json(Bytes text) {
  // The reader counts in 32 bits.
  if (text.size() >= UINT32_MAX) return Status(Code::kLimit, cat("a document of ", text.size(), " bytes of JSON"));
  if (const size_t bad = utf8_invalid_at(text); bad != text.size())
    return Status(Code::kCorrupt, cat("byte ", bad, ": not UTF-8"));
  SourceText source(reinterpret_cast<const char*>(text.data()), text.size());
  DocumentBuilder builder;
  JsonEvents events(source, builder);
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, ThrowingAllocator> reader;
  // Iterative: a hostile nesting must not use up the stack. Numbers as text: the reader's own conversion rounds twice,
  // and overflows on some exponents.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(source, events);
  if (!events.error().ok()) return events.error();
  if (!builder.error().ok()) return builder.error();
  if (result.IsError())
    return Status(Code::kCorrupt, cat("byte ", result.Offset(), ": ", rapidjson::GetParseError_En(result.Code())));
  // A zero byte looks like the end to the reader.
  if (source.Tell() != text.size()) return Status(Code::kCorrupt, cat("byte ", source.Tell(), ": not JSON"));
  return builder.finish();
}

}  // namespace strata
