#include "atlas/document_builder.h"

#include <span>

#include "atlas/document_encoding.h"
#include "atlas/path_segment.h"
#include "base/rfc3339.h"

namespace strata {

namespace {

// Members of the records, numbered from 1; 0 is one that nobody knows.
constexpr std::string_view kDocumentMembers[] = {"version", "codec", "datasets"};
constexpr std::string_view kDatasetMembers[] = {"arrays", "attributes"};
constexpr std::string_view kSchemaMembers[] = {"dtype", "shape", "chunk_shape", "dimension_names", "codec"};
constexpr std::string_view kTypeMembers[] = {"type", "args"};
constexpr std::string_view kArgumentMembers[] = {"child", "size"};
enum : uint8_t { kVersion = 1, kDocumentCodec, kDatasetsMember };
enum : uint8_t { kArraysMember = 1, kAttributesMember };
enum : uint8_t { kDtype = 1, kShapeMember, kChunkShapeMember, kDimensionNames, kSchemaCodec };
enum : uint8_t { kTypeName = 1, kArguments };
enum : uint8_t { kChild = 1, kSize };

uint8_t number_of(std::span<const std::string_view> members, std::string_view name) {
  for (size_t i = 0; i < members.size(); ++i)
    if (members[i] == name) return static_cast<uint8_t>(i + 1);
  return 0;
}

// Half of the letters are the same. With lz4, one bit can change a letter of a dataset's name and of this one too, which holds the digest
// that would tell; without it the document would be the original's.
bool is_nearly(std::string_view wanted, std::string_view name) {
  if (name.size() != wanted.size()) return false;
  size_t alike = 0;
  for (size_t i = 0; i < name.size(); ++i) alike += name[i] == wanted[i];
  return 2 * alike >= name.size();
}

}  // namespace

// Where in the document, for messages.
bool DocumentBuilder::refuse(std::string_view why) {
  std::string where;
  bool in_dataset = false, in_array = false, in_attribute = false;
  for (const Frame& f : frames_) {
    in_dataset |= f.in == In::kDataset;
    in_array |= f.in == In::kArrays;
    in_attribute |= f.in == In::kAttributes;
  }
  if (in_dataset) where = cat("dataset \"", dataset_.name, "\", ");
  if (in_array) where += cat("array \"", array_name_, "\", ");
  if (in_attribute) where += cat("attribute \"", attribute_key_, "\", ");
  if (in_dataset) where.resize(where.size() - 2);
  error_ = Status(Code::kFormat, in_dataset ? cat(where, ": ", why) : std::string(why));
  return false;
}

bool DocumentBuilder::unexpected(std::string_view what) {
  auto member_name = [&](std::span<const std::string_view> members) {
    return refuse(cat("\"", members[member() - 1u], "\" cannot be ", what));
  };
  switch (in()) {
    case In::kNothing:
      return refuse(cat("the document cannot be ", what));
    case In::kDocument:
      return member_name(kDocumentMembers);
    case In::kDatasets:
      return refuse(cat("the dataset \"", dataset_.name, "\" cannot be ", what));
    case In::kDataset:
      return member_name(kDatasetMembers);
    case In::kArrays:
      return refuse(cat("its schema cannot be ", what));
    case In::kSchema:
      return member_name(kSchemaMembers);
    case In::kType:
      return member_name(kTypeMembers);
    case In::kTypeArguments:
      return member_name(kArgumentMembers);
    case In::kShape:
      return refuse(cat("a number in \"shape\" cannot be ", what));
    case In::kChunkShape:
      return refuse(cat("a number in \"chunk_shape\" cannot be ", what));
    case In::kDimensions:
      return refuse(cat("a name in \"dimension_names\" cannot be ", what));
    case In::kAttributes:
      return refuse(cat("its value cannot be ", what));
  }
  return false;
}

bool DocumentBuilder::push(In in) {
  frames_.push_back({in});
  return true;
}

bool DocumentBuilder::skip(Tree::Kind kind) {
  if (own_next_ && skip_depth_ == 0 && kind == Tree::Kind::kMap) recorder_.begin();
  else if (recorder_.recording()) recorder_.open(kind);
  ++skip_depth_;
  return true;
}

bool DocumentBuilder::skip_end() {
  if (recorder_.recording()) recorder_.close();
  if (--skip_depth_ == 0 && own_next_ && in() == In::kDocument) document_.own = recorder_.take();
  return true;
}

bool DocumentBuilder::skipped(Tree::Kind kind, Value v) {
  if (recorder_.recording()) recorder_.leaf(kind, std::move(v));
  return true;
}

bool DocumentBuilder::key(std::string_view name) {
  if (skipping()) {
    if (recorder_.recording()) recorder_.key(name);
    return true;
  }
  own_next_ = false;
  Frame& frame = frames_.back();
  std::span<const std::string_view> members;
  switch (frame.in) {
    case In::kDatasets:
      dataset_ = DatasetEntry();
      dataset_.name = name;
      dates_.clear();
      return true;
    case In::kArrays:
      array_name_ = name;
      // It becomes a folder, and could be one of the store's own or above it.
      if (Status s = check_name(name); !s.ok()) return refuse(s.message());
      return true;
    case In::kAttributes:
      attribute_key_ = name;
      return true;
    case In::kDocument:
      members = kDocumentMembers;
      own_next_ = name == kOwnMember;
      if (!own_next_ && is_nearly(kOwnMember, name)) return refuse(cat("\"", name, "\" was \"", kOwnMember, "\": it is damaged"));
      break;
    case In::kDataset:
      members = kDatasetMembers;
      own_next_ = name == kOwnMember;
      break;
    case In::kSchema:
      members = kSchemaMembers;
      break;
    case In::kType:
      members = kTypeMembers;
      break;
    case In::kTypeArguments:
      members = kArgumentMembers;
      break;
    default:
      return refuse("a key where none can be");
  }
  frame.member = number_of(members, name);
  if (frame.member == 0) return true;
  const auto bit = static_cast<uint8_t>(1u << frame.member);
  if (frame.seen & bit) return refuse(cat("\"", name, "\" is there twice"));
  frame.seen |= bit;
  return true;
}

bool DocumentBuilder::begin_map() {
  if (skipping()) return skip(Tree::Kind::kMap);
  switch (in()) {
    case In::kNothing:
      if (complete_) return refuse("something follows the document");
      return push(In::kDocument);
    case In::kDatasets:
      return push(In::kDataset);
    case In::kArrays:
      schema_ = ArraySchema();
      return push(In::kSchema);
    case In::kShape:
    case In::kChunkShape:
    case In::kDimensions:
    case In::kAttributes:
      return unexpected("a map");
    default:
      break;
  }
  const uint8_t m = member();
  if (m == 0) return skip(Tree::Kind::kMap);
  if (in() == In::kDocument && m == kDatasetsMember) return push(In::kDatasets);
  if (in() == In::kDataset) return push(m == kArraysMember ? In::kArrays : In::kAttributes);
  if (in() == In::kType && m == kArguments) return push(In::kTypeArguments);
  if ((in() == In::kSchema && m == kDtype) || (in() == In::kTypeArguments && m == kChild)) {
    if (types_.size() > kMaxTypeDepth) return refuse(cat("its type is nested more than ", kMaxTypeDepth, " deep"));
    types_.emplace_back();
    return push(In::kType);
  }
  return unexpected("a map");
}

bool DocumentBuilder::require(uint8_t members, uint8_t seen, std::string_view names) {
  return (members & seen) == members || refuse(cat("one is missing of ", names));
}

bool DocumentBuilder::end_map() {
  if (skipping()) return skip_end();
  const Frame done = frames_.back();
  switch (done.in) {
    case In::kDocument:
      if (!require(1u << kVersion | 1u << kDatasetsMember, done.seen, "\"version\" and \"datasets\"")) return false;
      complete_ = true;
      break;
    case In::kDataset:
      take_own_members(dataset_, recorder_.take(), dates_);
      document_.put(std::move(dataset_));
      break;
    case In::kSchema:
      if (!require(0x3E, done.seen, "\"dtype\", \"shape\", \"chunk_shape\", \"dimension_names\" and \"codec\""))
        return false;
      dataset_.arrays.put({array_name_, document_.intern(schema_)});
      break;
    case In::kType:
      if (!end_type()) return false;
      break;
    default:
      break;
  }
  frames_.pop_back();
  return true;
}

bool DocumentBuilder::end_type() {
  PartialType& t = types_.back();
  if (!t.type) return refuse("\"type\" is missing");
  DType made{*t.type, 0, nullptr};
  if (is_list(made.type)) {
    if (!t.child) return refuse("a list's \"child\" is missing");
    made.child = std::move(t.child);
  }
  if (made.type == Type::kFixedSizeList) {
    if (!t.size) return refuse("a fixed-size list's \"size\" is missing");
    made.list_size = *t.size;
  }
  types_.pop_back();
  if (types_.empty()) schema_.dtype = std::move(made);
  else types_.back().child = std::make_shared<const DType>(std::move(made));
  return true;
}

bool DocumentBuilder::begin_list() {
  if (skipping()) return skip(Tree::Kind::kList);
  const uint8_t m = member();
  switch (in()) {
    case In::kSchema:
      if (m == kShapeMember) return push(In::kShape);
      if (m == kChunkShapeMember) return push(In::kChunkShape);
      if (m == kDimensionNames) return push(In::kDimensions);
      [[fallthrough]];
    case In::kDocument:
    case In::kDataset:
    case In::kType:
    case In::kTypeArguments:
      if (m == 0) return skip(Tree::Kind::kList);
      [[fallthrough]];
    default:
      return unexpected("a list");
  }
}

bool DocumentBuilder::end_list() {
  if (skipping()) return skip_end();
  frames_.pop_back();
  return true;
}

// A scalar that no case above took: fine as an unknown member only.
bool DocumentBuilder::scalar(std::string_view what) {
  switch (in()) {
    case In::kDocument:
    case In::kDataset:
    case In::kSchema:
    case In::kType:
    case In::kTypeArguments:
      if (member() == 0) return true;
      [[fallthrough]];
    default:
      return unexpected(what);
  }
}

bool DocumentBuilder::attribute(Value value) {
  dataset_.attributes.put({attribute_key_, std::move(value)});
  return true;
}

bool DocumentBuilder::codec(std::string_view name, StoreCodec* out) {
  const auto known = codec_of(name);
  if (!known) return refuse(cat("\"", name, "\" is no codec"));
  *out = *known;
  return true;
}

bool DocumentBuilder::text(std::string_view text, bool verbatim) {
  if (skipping()) return skipped(Tree::Kind::kScalar, Value::string(std::string(text)));
  const uint8_t m = member();
  switch (in()) {
    case In::kAttributes:
      if (verbatim) {
        if (const auto at = parse_rfc3339(text)) {
          dates_.insert_or_assign(attribute_key_, std::string(text));
          return attribute(Value::timestamp(*at));
        }
      }
      return attribute(Value::string(std::string(text)));
    case In::kDimensions:
      schema_.dimension_names.emplace_back(text);
      return true;
    case In::kDocument:
      if (m == kDocumentCodec) return codec(text, &document_.codec);
      break;
    case In::kSchema:
      if (m == kSchemaCodec) return codec(text, &schema_.codec);
      break;
    case In::kType:
      if (m != kTypeName) break;
      types_.back().type = type_of_document_name(text);
      return types_.back().type ? true : refuse(cat("\"", text, "\" is no type"));
    default:
      break;
  }
  return scalar("a text");
}

bool DocumentBuilder::whole_number(uint64_t v) {
  const uint8_t m = member();
  switch (in()) {
    case In::kShape:
      schema_.shape.push_back(v);
      return true;
    case In::kChunkShape:
      schema_.chunk_shape.push_back(v);
      return true;
    case In::kDocument:
      if (m != kVersion) break;
      if (v > UINT32_MAX) return refuse(cat("\"version\" is ", v));
      document_.version = static_cast<uint32_t>(v);
      return true;
    case In::kTypeArguments:
      if (m != kSize) break;
      if (v > UINT32_MAX) return refuse(cat("the \"size\" of a list is ", v));
      types_.back().size = static_cast<uint32_t>(v);
      return true;
    default:
      break;
  }
  return scalar("a number");
}

bool DocumentBuilder::integer(int64_t v) {
  if (skipping()) return skipped(Tree::Kind::kScalar, Value::int64(v));
  if (in() == In::kAttributes) return attribute(Value::int64(v));
  return v >= 0 ? whole_number(static_cast<uint64_t>(v)) : scalar("a negative number");
}

bool DocumentBuilder::unsigned_integer(uint64_t v) {
  if (v <= INT64_MAX) return integer(static_cast<int64_t>(v));
  if (skipping()) return skipped(Tree::Kind::kScalar, Value::uint64(v));
  if (in() == In::kAttributes) return attribute(Value::float64(static_cast<double>(v)));
  return whole_number(v);
}

bool DocumentBuilder::real(double v) {
  if (skipping()) return skipped(Tree::Kind::kScalar, Value::float64(v));
  if (in() == In::kAttributes) return attribute(Value::float64(v));
  return scalar("a number with a fraction");
}

bool DocumentBuilder::boolean(bool v) {
  if (skipping()) return skipped(Tree::Kind::kScalar, Value::boolean(v));
  if (in() == In::kAttributes) return attribute(Value::boolean(v));
  return scalar("true or false");
}

bool DocumentBuilder::null() {
  if (skipping()) return skipped(Tree::Kind::kNull);
  if (in() == In::kType && member() == kArguments) return true;
  return scalar("null");
}

Result<Document> DocumentBuilder::finish() {
  if (!error_.ok()) return error_;
  if (!complete_) return Status(Code::kCorrupt, "the document ends early");
  return std::move(document_);
}

}  // namespace strata
