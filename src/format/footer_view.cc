// Bytes -> FooterView: the check of the whole archive, and the accessors that rely on it.
#include <algorithm>

#include "format/archive.h"
#include "format/footer.h"
#include "format/walker.h"

namespace strata {
namespace {

using archive::ArrayAt;
using archive::BlockAt;
using archive::ChunkAt;
using archive::EnumAt;
using archive::FooterAt;
using archive::Vec;
using archive::vec_at;
using archive::Walker;

// ---- The check ----

bool walk_blocks(Walker& w, size_t field) {
  Walker::Part part;
  if (!w.open_vec(field, BlockAt::kSize, 8, &part)) return false;
  for (size_t i = 0; i < part.count; ++i) {
    size_t at = part.begin + i * BlockAt::kSize;
    w.in_list("block", i);
    w.in_field("codec");
    if (!w.tag(at + BlockAt::kCodec, 1)) return false;
    if (w.number(at + BlockAt::kCodec) == 0) continue;
    if (!w.text(at + BlockAt::kCodecName)) return false;
    // A BlockRecord says "no codec" by an empty name, so a codec whose name is empty has to be told apart here.
    if (w.number(at + BlockAt::kCodecName) == 0xFF) return w.fail(at + BlockAt::kCodecName, "a codec without a name");
  }
  w.close(part);
  return true;
}

bool walk_chunks(Walker& w, size_t field) {
  Walker::Part part;
  if (!w.open_vec(field, ChunkAt::kSize, 8, &part)) return false;
  for (size_t at = part.begin; at < part.end; at += ChunkAt::kSize)
    if (!w.numbers(at + ChunkAt::kCoord, 4, 4)) return false;
  w.close(part);
  return true;
}

bool walk_fill(Walker& w, size_t option) {
  if (!w.tag(option, 1)) return false;
  if (w.number(option) == 0) return true;
  size_t fill = option + EnumAt::kOptionValue;
  if (!w.tag(fill, static_cast<uint8_t>(archive::FillTag::kLast))) return false;
  switch (static_cast<archive::FillTag>(w.number(fill))) {
    case archive::FillTag::kBool:
      return w.boolean(fill + 1);
    case archive::FillTag::kString:
      return w.text(fill + EnumAt::kPayload);
    default:
      return true;
  }
}

bool walk_attributes(Walker& w, size_t field) {
  if (!w.tag(field, archive::kLastAttributesTag)) return false;
  size_t width = size_t{2} << w.number(field);
  return w.numbers(field + EnumAt::kPayload, 2 * width, width);
}

bool walk_array(Walker& w, size_t at) {
  w.in_field("name");
  if (!w.text(at + ArrayAt::kName)) return false;
  w.in_field("dtype");
  if (!w.dtype(at + ArrayAt::kDType)) return false;
  w.in_field("shape");
  if (!w.numbers(at + ArrayAt::kShape, 4, 4)) return false;
  w.in_field("dimension_names");
  if (!w.texts(at + ArrayAt::kDimensionNames)) return false;
  w.in_field("chunk_shape");
  if (!w.numbers(at + ArrayAt::kChunkShape, 4, 4)) return false;
  w.in_field("chunks");
  if (!walk_chunks(w, at + ArrayAt::kChunks)) return false;
  w.in_field("fill_value");
  if (!walk_fill(w, at + ArrayAt::kFill)) return false;
  w.in_field("deleted");
  if (!w.boolean(at + ArrayAt::kDeleted)) return false;
  w.in_field("attributes");
  return walk_attributes(w, at + ArrayAt::kAttributes);
}

bool walk_arrays(Walker& w, size_t field) {
  Walker::Part part;
  if (!w.open_vec(field, ArrayAt::kSize, 8, &part)) return false;
  for (size_t i = 0; i < part.count; ++i) {
    w.in_list("array", i);
    if (!walk_array(w, part.begin + i * ArrayAt::kSize)) return false;
  }
  w.close(part);
  return true;
}

bool walk_attr_values(Walker& w, size_t field) {
  Walker::Part part;
  if (!w.open_vec(field, archive::kEnumSize, 8, &part)) return false;
  for (size_t i = 0; i < part.count; ++i) {
    size_t at = part.begin + i * archive::kEnumSize;
    w.in_list("attribute value", i);
    w.in_field({});
    if (!w.tag(at, archive::kLastAttributeTag)) return false;
    auto type = static_cast<Type>(w.number(at));
    if (type == Type::kBool && !w.boolean(at + 1)) return false;
    if (type == Type::kString && !w.text(at + EnumAt::kPayload)) return false;
  }
  w.close(part);
  return true;
}

void in_root(Walker& w, std::string_view field) {
  w.in_list({}, 0);
  w.in_field(field);
}

bool walk_footer(Walker& w, size_t root) {
  in_root(w, "blocks");
  if (!walk_blocks(w, root + FooterAt::kBlocks)) return false;
  in_root(w, "arrays");
  if (!walk_arrays(w, root + FooterAt::kArrays)) return false;
  in_root(w, "attr_keys");
  if (!w.texts(root + FooterAt::kAttrKeys)) return false;
  in_root(w, "attr_values");
  if (!walk_attr_values(w, root + FooterAt::kAttrValues)) return false;
  in_root(w, "base_file_hint");
  return w.text(root + FooterAt::kBaseFileHint);
}

// ---- Reading ----

const uint8_t* root_of(const Buffer& archive) { return archive.data() + archive.size() - FooterAt::kSize; }

// The buffer is 64-aligned and the check saw to the rest.
std::span<const uint32_t> numbers_at(const uint8_t* field) {
  Vec v = vec_at(field);
  return {reinterpret_cast<const uint32_t*>(v.data), v.count};
}

const uint8_t* chunk_at(const uint8_t* array, size_t i) {
  return vec_at(array + ArrayAt::kChunks).data + i * ChunkAt::kSize;
}

std::vector<uint32_t> copy_of(std::span<const uint32_t> numbers) { return {numbers.begin(), numbers.end()}; }

}  // namespace

std::string_view ArrayView::name() const { return archive::text_at(p_ + ArrayAt::kName); }
Type ArrayView::type() const { return static_cast<Type>(p_[ArrayAt::kDType]); }
std::span<const uint32_t> ArrayView::shape() const { return numbers_at(p_ + ArrayAt::kShape); }
std::span<const uint32_t> ArrayView::chunk_shape() const { return numbers_at(p_ + ArrayAt::kChunkShape); }
size_t ArrayView::dimension_count() const { return vec_at(p_ + ArrayAt::kDimensionNames).count; }
size_t ArrayView::chunk_count() const { return vec_at(p_ + ArrayAt::kChunks).count; }
bool ArrayView::deleted() const { return p_[ArrayAt::kDeleted] != 0; }

DType ArrayView::dtype() const {
  const uint8_t* chain[archive::kMaxListDepth + 1];
  size_t n = 0;
  chain[n++] = p_ + ArrayAt::kDType;
  while (is_list(static_cast<Type>(*chain[n - 1]))) {
    const uint8_t* box = chain[n - 1] + EnumAt::kPayload;
    chain[n++] = box + load<int64_t>(box);
  }
  DType out;
  while (n-- > 0) {
    DType outer;
    outer.type = static_cast<Type>(*chain[n]);
    if (is_list(outer.type)) outer.child = std::make_shared<const DType>(std::move(out));
    if (outer.type == Type::kFixedSizeList) outer.list_size = load<uint32_t>(chain[n] + EnumAt::kListSize);
    out = std::move(outer);
  }
  return out;
}

std::string_view ArrayView::dimension_name(size_t i) const {
  return archive::text_at(vec_at(p_ + ArrayAt::kDimensionNames).data + i * archive::kTextSize);
}

std::span<const uint32_t> ArrayView::chunk_coord(size_t i) const {
  return numbers_at(chunk_at(p_, i) + ChunkAt::kCoord);
}

ChunkAddress ArrayView::chunk(size_t i) const {
  const uint8_t* c = chunk_at(p_, i);
  return {load<uint32_t>(c + ChunkAt::kBlock), load<uint32_t>(c + ChunkAt::kOffset),
          load<uint32_t>(c + ChunkAt::kBytes)};
}

std::optional<Value> ArrayView::fill() const {
  const uint8_t* option = p_ + ArrayAt::kFill;
  if (*option == 0) return std::nullopt;
  const uint8_t* fill = option + EnumAt::kOptionValue;
  Type type = archive::fill_type(static_cast<archive::FillTag>(*fill));
  if (type == Type::kString) return Value::string(std::string(archive::text_at(fill + EnumAt::kPayload)));
  return Value{type, archive::scalar_at(fill, type), {}};
}

int ArrayView::attribute_width() const { return 16 << p_[ArrayAt::kAttributes]; }
size_t ArrayView::attribute_count() const { return vec_at(p_ + ArrayAt::kAttributes + EnumAt::kPayload).count; }

std::pair<uint64_t, uint64_t> ArrayView::attribute(size_t i) const {
  const uint8_t* pairs = vec_at(p_ + ArrayAt::kAttributes + EnumAt::kPayload).data;
  auto pair = [&]<typename T>(T) -> std::pair<uint64_t, uint64_t> {
    const uint8_t* p = pairs + i * 2 * sizeof(T);
    return {load<T>(p), load<T>(p + sizeof(T))};
  };
  switch (attribute_width()) {
    case 16:
      return pair(uint16_t{});
    case 32:
      return pair(uint32_t{});
    default:
      return pair(uint64_t{});
  }
}

Result<FooterView> FooterView::parse(Buffer archive) {
  Walker w(archive.bytes(), "footer");
  Walker::Part root;
  if (!w.open_root(FooterAt::kSize, &root)) return w.take_status();
  // Before anything else: of another version, nothing else need be where it is here.
  if (auto version = w.get<uint32_t>(root.begin + FooterAt::kVersion); version != archive::kFooterVersion)
    return {Code::kFormat, cat("footer: version ", version, ", not ", archive::kFooterVersion)};
  if (!walk_footer(w, root.begin)) return w.take_status();
  FooterView view;
  view.archive_ = std::move(archive);
  return view;
}

size_t FooterView::block_count() const { return vec_at(root_of(archive_) + FooterAt::kBlocks).count; }
size_t FooterView::array_count() const { return vec_at(root_of(archive_) + FooterAt::kArrays).count; }
size_t FooterView::attr_key_count() const { return vec_at(root_of(archive_) + FooterAt::kAttrKeys).count; }
size_t FooterView::attr_value_count() const { return vec_at(root_of(archive_) + FooterAt::kAttrValues).count; }
uint32_t FooterView::overlay_index() const { return load<uint32_t>(root_of(archive_) + FooterAt::kOverlayIndex); }
std::string_view FooterView::base_file_hint() const {
  return archive::text_at(root_of(archive_) + FooterAt::kBaseFileHint);
}

BlockRecord FooterView::block(size_t i) const {
  const uint8_t* b = vec_at(root_of(archive_) + FooterAt::kBlocks).data + i * BlockAt::kSize;
  BlockRecord out;
  out.id = load<uint32_t>(b + BlockAt::kId);
  out.file_offset = load<uint64_t>(b + BlockAt::kFileOffset);
  out.compressed_size = load<uint64_t>(b + BlockAt::kCompressedSize);
  out.uncompressed_size = load<uint64_t>(b + BlockAt::kUncompressedSize);
  if (b[BlockAt::kCodec] != 0) out.codec = archive::text_at(b + BlockAt::kCodecName);
  return out;
}

ArrayView FooterView::array(size_t i) const {
  return ArrayView(vec_at(root_of(archive_) + FooterAt::kArrays).data + i * ArrayAt::kSize);
}

std::string_view FooterView::attr_key(size_t i) const {
  return archive::text_at(vec_at(root_of(archive_) + FooterAt::kAttrKeys).data + i * archive::kTextSize);
}

Value FooterView::attr_value(size_t i) const {
  const uint8_t* v = vec_at(root_of(archive_) + FooterAt::kAttrValues).data + i * archive::kEnumSize;
  auto type = static_cast<Type>(*v);
  if (type == Type::kString) return Value::string(std::string(archive::text_at(v + EnumAt::kPayload)));
  return {type, archive::scalar_at(v, type), {}};
}

Footer FooterView::to_footer() const {
  Footer out;
  out.blocks.reserve(block_count());
  for (size_t i = 0; i < block_count(); ++i) out.blocks.push_back(block(i));
  out.arrays.reserve(array_count());
  for (size_t i = 0; i < array_count(); ++i) {
    ArrayView v = array(i);
    ArrayRecord& a = out.arrays.emplace_back();
    a.name = v.name();
    a.dtype = v.dtype();
    a.shape = copy_of(v.shape());
    a.dimension_names.reserve(v.dimension_count());
    for (size_t d = 0; d < v.dimension_count(); ++d) a.dimension_names.emplace_back(v.dimension_name(d));
    a.chunk_shape = copy_of(v.chunk_shape());
    size_t chunks = v.chunk_count();
    a.chunks.reserve(chunks);
    for (size_t c = 0; c < chunks; ++c) {
      auto coord = v.chunk_coord(c);
      if (coord.size() != a.shape.size()) continue;  // a chunk of no place in the array
      a.chunk_coords.insert(a.chunk_coords.end(), coord.begin(), coord.end());
      a.chunks.push_back(v.chunk(c));
    }
    a.fill = v.fill();
    a.deleted = v.deleted();
    a.attribute_width = v.attribute_width();
    a.attributes.reserve(v.attribute_count());
    for (size_t p = 0; p < v.attribute_count(); ++p) a.attributes.push_back(v.attribute(p));
  }
  out.attr_keys.reserve(attr_key_count());
  for (size_t i = 0; i < attr_key_count(); ++i) out.attr_keys.emplace_back(attr_key(i));
  out.attr_values.reserve(attr_value_count());
  for (size_t i = 0; i < attr_value_count(); ++i) out.attr_values.push_back(attr_value(i));
  out.overlay_index = overlay_index();
  out.base_file_hint = base_file_hint();
  return out;
}

}  // namespace strata
