// Writing is the library's; reading is not, because its reader makes a tree of objects first, for as many as a header
// claims: five bytes could ask for a hundred gigabytes, and a tree deeper than its stack is refused.

#include <msgpack.h>

#include <vector>

#include "atlas/document_builder.h"
#include "atlas/document_encoding.h"
#include "atlas/own_members.h"
#include "base/rfc3339.h"
#include "base/utf8.h"

namespace strata {

namespace {

class MsgpackWriter {
 public:
  MsgpackWriter() { msgpack_packer_init(&packer_, &out_, append); }
  MsgpackWriter(const MsgpackWriter&) = delete;
  MsgpackWriter& operator=(const MsgpackWriter&) = delete;

  void map(size_t n) { msgpack_pack_map(&packer_, n); }
  void list(size_t n) { msgpack_pack_array(&packer_, n); }
  void number(uint64_t n) { msgpack_pack_uint64(&packer_, n); }
  void integer(int64_t n) { msgpack_pack_int64(&packer_, n); }
  void real(double v) { msgpack_pack_double(&packer_, v); }
  void null() { msgpack_pack_nil(&packer_); }
  void boolean(bool v) { v ? msgpack_pack_true(&packer_) : msgpack_pack_false(&packer_); }
  // False when it is not UTF-8, or longer than the format allows.
  bool string(std::string_view s) {
    if (s.size() > UINT32_MAX) return false;
    msgpack_pack_str(&packer_, s.size());
    msgpack_pack_str_body(&packer_, s.data(), s.size());
    return is_utf8(as_bytes(s));
  }
  Buffer take() { return std::move(out_); }

 private:
  static int append(void* out, const char* p, size_t n) {
    static_cast<Buffer*>(out)->append({reinterpret_cast<const uint8_t*>(p), n});
    return 0;
  }
  Buffer out_;
  msgpack_packer packer_;
};

void write_type(MsgpackWriter& out, const DType& dtype) {
  const bool list = is_list(dtype.type), fixed = dtype.type == Type::kFixedSizeList;
  out.map(list ? 2 : 1);
  out.string("type");
  out.string(document_type_name(dtype.type));
  if (!list) return;
  out.string("args");
  out.map(fixed ? 2 : 1);
  out.string("child");
  write_type(out, *dtype.child);
  if (!fixed) return;
  out.string("size");
  out.number(dtype.list_size);
}

void write_numbers(MsgpackWriter& out, std::string_view name, const std::vector<uint64_t>& numbers) {
  out.string(name);
  out.list(numbers.size());
  for (uint64_t n : numbers) out.number(n);
}

bool write_schema(MsgpackWriter& out, const ArraySchema& schema) {
  bool ok = true;
  out.map(5);
  out.string("dtype");
  write_type(out, schema.dtype);
  write_numbers(out, "shape", schema.shape);
  write_numbers(out, "chunk_shape", schema.chunk_shape);
  out.string("dimension_names");
  out.list(schema.dimension_names.size());
  for (const std::string& name : schema.dimension_names) ok &= out.string(name);
  out.string("codec");
  out.string(codec_name(schema.codec));
  return ok;
}

bool write_value(MsgpackWriter& out, const Value& v) {
  switch (v.type) {
    case Type::kBool:
      out.boolean(v.bits != 0);
      return true;
    case Type::kInt64:
      out.integer(v.as_int());
      return true;
    case Type::kFloat64:
      out.real(v.as_double());
      return true;
    case Type::kTimestampNs:
      return out.string(format_rfc3339(v.as_int()));
    default:
      return out.string(v.text);
  }
}

// The original takes such a text for a time, as no escape can mark it here. "strata" says that it is none.
bool looks_like_a_time(const Value& v) { return v.type == Type::kString && parse_rfc3339(v.text).has_value(); }

void write_map(MsgpackWriter& out, const OrderedMap<TreeMember>& members);

void write_tree(MsgpackWriter& out, const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::kMap:
      return write_map(out, tree.members);
    case Tree::Kind::kList:
      out.list(tree.items.size());
      for (const Tree& item : tree.items) write_tree(out, item);
      return;
    case Tree::Kind::kNull:
      return out.null();
    case Tree::Kind::kScalar:
      break;
  }
  if (tree.scalar.type == Type::kUInt64) out.number(tree.scalar.bits);
  else write_value(out, tree.scalar);
}

void write_map(MsgpackWriter& out, const OrderedMap<TreeMember>& members) {
  out.map(members.size());
  for (const TreeMember& m : members) {
    out.string(m.key);
    write_tree(out, m.value);
  }
}

Status write_dataset(MsgpackWriter& out, const DatasetEntry& dataset) {
  if (!out.string(dataset.name)) return not_utf8(dataset, "its name");
  const auto own = own_members(dataset, looks_like_a_time);
  out.map(own.empty() ? 2 : 3);
  out.string("arrays");
  out.map(dataset.arrays.size());
  for (const NamedSchema& array : dataset.arrays) {
    STRATA_TRY(check_type(dataset, array));
    if (!out.string(array.name)) return not_utf8(dataset, "the name of an array");
    if (!write_schema(out, *array.schema)) return not_utf8(dataset, cat("a dimension of \"", array.name, "\""));
  }
  out.string("attributes");
  out.map(dataset.attributes.size());
  for (const Attribute& attribute : dataset.attributes) {
    if (!out.string(attribute.key)) return not_utf8(dataset, "the key of an attribute");
    STRATA_TRY(check_attribute(dataset, attribute));
    if (!write_value(out, attribute.value)) return not_utf8(dataset, cat("attribute \"", attribute.key, "\""));
  }
  if (!own.empty()) {
    out.string(kOwnMember);
    write_map(out, own);
  }
  return {};
}

// Goes over the bytes and tells the builder what is there. Counts in headers size nothing: the bytes run out first.
class MsgpackReader {
 public:
  MsgpackReader(Bytes in, DocumentBuilder& builder) : in_(in), builder_(builder) {}

  Status read() {
    do {
      STRATA_TRY(item());
      while (!open_.empty() && open_.back().left == 0) {
        const bool map = open_.back().map;
        open_.pop_back();
        if (!(map ? builder_.end_map() : builder_.end_list())) return builder_.error();
      }
    } while (!open_.empty());
    if (at_ != in_.size()) return broken("something follows the document");
    return {};
  }

 private:
  struct Open {
    uint64_t left;  // items; two for each entry of a map
    bool map;
  };

  Status broken(std::string_view why) const { return Status(Code::kCorrupt, cat("byte ", at_, ": ", why)); }
  Status told(bool accepted) const { return accepted ? Status() : builder_.error(); }

  // A big-endian number.
  template <typename T>
  bool number(T* out) {
    if (in_.size() - at_ < sizeof(T)) return false;
    uint64_t v = 0;
    for (size_t i = 0; i < sizeof(T); ++i) v = v << 8 | in_[at_ + i];
    at_ += sizeof(T);
    *out = static_cast<T>(v);
    return true;
  }
  template <typename T>
  Status length(uint64_t* out) {
    T n;
    if (!number(&n)) return broken("the document ends inside a length");
    *out = n;
    return {};
  }
  template <typename T>
  Status integer() {
    T n;
    if (!number(&n)) return broken("the document ends inside a number");
    if constexpr (std::is_signed_v<T>) return told(builder_.integer(n));
    else return told(builder_.unsigned_integer(n));
  }
  Status text(uint64_t n, bool as_key) {
    if (in_.size() - at_ < n) return broken("the document ends inside a text");
    const Bytes bytes = in_.subspan(at_, n);
    if (!is_utf8(bytes) && !builder_.skipping()) return broken("a text is not UTF-8");
    at_ += n;
    return told(as_key ? builder_.key(as_text(bytes)) : builder_.text(as_text(bytes), true));
  }
  Status begin(uint64_t n, bool map) {
    open_.push_back({map ? n * 2 : n, map});
    return told(map ? builder_.begin_map() : builder_.begin_list());
  }
  Status extension(uint64_t n) {
    if (!builder_.skipping()) return broken("a value of a kind that no document has");
    if (in_.size() - at_ < n + 1) return broken("the document ends inside a value");
    at_ += n + 1;  // its type and its bytes
    builder_.foreign();
    return {};
  }

  Status item() {
    if (at_ == in_.size()) return broken("the document ends early");
    bool as_key = false;
    if (!open_.empty()) as_key = open_.back().map && open_.back().left-- % 2 == 0;
    if (!open_.empty() && !open_.back().map) --open_.back().left;
    const uint8_t tag = in_[at_];
    const bool is_text = (tag >= 0xA0 && tag <= 0xBF) || (tag >= 0xC4 && tag <= 0xC6) || (tag >= 0xD9 && tag <= 0xDB);
    if (as_key && !is_text && !builder_.skipping()) return broken("a key is not a text");
    ++at_;
    if (tag <= 0x7F) return told(builder_.integer(tag));
    if (tag <= 0x8F) return begin(tag & 15, true);
    if (tag <= 0x9F) return begin(tag & 15, false);
    if (tag <= 0xBF) return text(tag & 31, as_key);
    if (tag >= 0xE0) return told(builder_.integer(static_cast<int8_t>(tag)));
    uint64_t n = 0;
    switch (tag) {
      case 0xC0:
        return told(builder_.null());
      case 0xC2:
        return told(builder_.boolean(false));
      case 0xC3:
        return told(builder_.boolean(true));
      case 0xC4:
      case 0xD9:
        STRATA_TRY(length<uint8_t>(&n));
        return text(n, as_key);
      case 0xC5:
      case 0xDA:
        STRATA_TRY(length<uint16_t>(&n));
        return text(n, as_key);
      case 0xC6:
      case 0xDB:
        STRATA_TRY(length<uint32_t>(&n));
        return text(n, as_key);
      case 0xC7:
        STRATA_TRY(length<uint8_t>(&n));
        return extension(n);
      case 0xC8:
        STRATA_TRY(length<uint16_t>(&n));
        return extension(n);
      case 0xC9:
        STRATA_TRY(length<uint32_t>(&n));
        return extension(n);
      case 0xCA: {
        uint32_t bits;
        if (!number(&bits)) return broken("the document ends inside a number");
        return told(builder_.real(std::bit_cast<float>(bits)));
      }
      case 0xCB: {
        uint64_t bits;
        if (!number(&bits)) return broken("the document ends inside a number");
        return told(builder_.real(std::bit_cast<double>(bits)));
      }
      case 0xCC:
        return integer<uint8_t>();
      case 0xCD:
        return integer<uint16_t>();
      case 0xCE:
        return integer<uint32_t>();
      case 0xCF:
        return integer<uint64_t>();
      case 0xD0:
        return integer<int8_t>();
      case 0xD1:
        return integer<int16_t>();
      case 0xD2:
        return integer<int32_t>();
      case 0xD3:
        return integer<int64_t>();
      case 0xD4:
      case 0xD5:
      case 0xD6:
      case 0xD7:
      case 0xD8:
        return extension(uint64_t{1} << (tag - 0xD4));
      case 0xDC:
        STRATA_TRY(length<uint16_t>(&n));
        return begin(n, false);
      case 0xDD:
        STRATA_TRY(length<uint32_t>(&n));
        return begin(n, false);
      case 0xDE:
        STRATA_TRY(length<uint16_t>(&n));
        return begin(n, true);
      case 0xDF:
        STRATA_TRY(length<uint32_t>(&n));
        return begin(n, true);
      default:
        return broken("a byte that begins no value");
    }
  }

  Bytes in_;
  size_t at_ = 0;
  DocumentBuilder& builder_;
  std::vector<Open> open_;
};

}  // namespace

Result<Buffer> encode_msgpack(const Document& document) {
  // A map says in front how many entries it has, in 32 bits.
  if (document.size() > UINT32_MAX) return Status(Code::kLimit, cat("a document of ", document.size(), " datasets"));
  MsgpackWriter out;
  out.map(document.own.empty() ? 3 : 4);
  out.string("version");
  out.number(document.version);
  out.string("codec");
  out.string(codec_name(document.codec));
  out.string("datasets");
  out.map(document.size());
  for (size_t i = 0; i < document.slots(); ++i)
    if (const DatasetEntry* dataset = document.at(i)) STRATA_TRY(write_dataset(out, *dataset));
  if (!document.own.empty()) {
    out.string(kOwnMember);
    write_map(out, document.own);
  }
  return out.take();
}

Result<Document> decode_msgpack(Bytes bytes) {
  DocumentBuilder builder;
  STRATA_TRY(MsgpackReader(bytes, builder).read());
  return builder.finish();
}

}  // namespace strata
