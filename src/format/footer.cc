// Footer -> bytes. The order of the parts is that of the original (docs/format.md, "Order of writing"), so that equal
// footers are equal bytes.
#include "format/footer.h"

#include <algorithm>

#include "base/checked.h"
#include "base/utf8.h"
#include "format/archive_writer.h"

namespace strata {
namespace {

using archive::ArrayAt;
using archive::BlockAt;
using archive::ChunkAt;
using archive::EnumAt;
using archive::FooterAt;
using archive::Writer;

// Where the out-of-line parts of one array's record went.
struct ArrayParts {
  size_t name, child, shape, dimension_names, chunk_shape, chunks, fill, attributes;
  int attribute_width;
};

Status check_scalar(const Value& v, std::string_view what) {
  if (archive::is_canonical(v.type, v.bits)) return {};
  return Status(Code::kInvalid, cat(what, ": the bits ", v.bits, " are no ", type_name(v.type)));
}

Status check_dtype(const DType& dtype) {
  size_t depth = 0;
  for (const DType* d = &dtype; is_list(d->type); d = d->child.get()) {
    if (!d->child) return Status(Code::kInvalid, "dtype: a list without an element type");
    if (++depth > archive::kMaxListDepth)
      return Status(Code::kLimit, cat("dtype: lists are nested deeper than ", archive::kMaxListDepth));
  }
  return {};
}

Result<int> attribute_width(const ArrayRecord& a) {
  uint64_t largest = 0;
  for (size_t i = 0; i < a.attributes.size(); ++i) {
    auto [key, value] = a.attributes[i];
    // The original looks keys up by binary search: unsorted pairs would be lost to it.
    if (i > 0 && key <= a.attributes[i - 1].first)
      return {Code::kInvalid, cat("attribute ", i, ": key index ", key, " does not ascend")};
    largest = std::max({largest, key, value});
  }
  int width = a.attribute_width;
  if (width == 0) width = largest <= UINT16_MAX ? 16 : 32;
  if (width != 16 && width != 32 && width != 64)
    return {Code::kInvalid, cat("attribute index width ", width, " is none of 16, 32, 64")};
  if (width < 64 && largest >> width != 0)
    return {Code::kLimit, cat("attribute index ", largest, " does not fit ", width, " bits")};
  return width;
}

Status check_array(const ArrayRecord& a) {
  STRATA_TRY(check_utf8("name", a.name));
  STRATA_TRY(check_dtype(a.dtype));
  for (const std::string& d : a.dimension_names) STRATA_TRY(check_utf8("dimension name", d));
  uint64_t coords;
  if (mul_overflows(a.shape.size(), a.chunks.size(), &coords) || coords != a.chunk_coords.size())
    return Status(Code::kInvalid, cat(a.chunk_coords.size(), " chunk coordinates for ", a.chunks.size(),
                                      " chunks of rank ", a.shape.size()));
  if (a.fill) {
    if (!archive::fill_tag(a.fill->type))
      return Status(Code::kInvalid, cat("a fill value cannot be of kind ", type_name(a.fill->type)));
    STRATA_TRY(check_scalar(*a.fill, "fill value"));
    if (a.fill->type == Type::kString) STRATA_TRY(check_utf8("fill value", a.fill->text));
  }
  return {};
}

std::string where(std::string_view what, size_t i, std::string_view name) {
  if (!is_utf8(as_bytes(name))) name = "?";
  return cat("encoding the footer: ", what, ' ', i, " \"", name, "\": ");
}

// Boxed element types, innermost first; returns where the outermost of them lies.
size_t write_dtype_children(Writer& w, const DType& dtype) {
  const DType* chain[archive::kMaxListDepth];
  size_t n = 0;
  for (const DType* d = &dtype; is_list(d->type); d = d->child.get()) chain[n++] = d->child.get();
  size_t below = 0;
  while (n-- > 0) {
    const DType& d = *chain[n];
    size_t at = w.records(archive::kEnumSize);
    w.put(at, static_cast<uint8_t>(d.type));
    if (is_list(d.type)) w.put_pointer(at + EnumAt::kPayload, below);
    if (d.type == Type::kFixedSizeList) w.put(at + EnumAt::kListSize, d.list_size);
    below = at;
  }
  return below;
}

size_t write_chunks(Writer& w, const ArrayRecord& a) {
  size_t rank = a.shape.size();
  // Padding comes before each coordinate, also an empty one, but after the first there is never anything to pad.
  size_t coords = a.chunks.empty() ? 0 : w.numbers<uint32_t>(a.chunk_coords);
  size_t start = w.records(a.chunks.size() * ChunkAt::kSize);
  for (size_t i = 0; i < a.chunks.size(); ++i) {
    size_t at = start + i * ChunkAt::kSize;
    w.put_vec(at + ChunkAt::kCoord, coords + i * rank * sizeof(uint32_t), rank);
    w.put(at + ChunkAt::kBlock, a.chunks[i].block);
    w.put(at + ChunkAt::kOffset, a.chunks[i].offset);
    w.put(at + ChunkAt::kBytes, a.chunks[i].size);
  }
  return start;
}

template <typename T>
size_t write_pairs(Writer& w, const ArrayRecord& a) {
  size_t start = w.records(a.attributes.size() * 2 * sizeof(T), sizeof(T));
  for (size_t i = 0; i < a.attributes.size(); ++i) {
    w.put(start + (2 * i) * sizeof(T), static_cast<T>(a.attributes[i].first));
    w.put(start + (2 * i + 1) * sizeof(T), static_cast<T>(a.attributes[i].second));
  }
  return start;
}

ArrayParts write_array_parts(Writer& w, const ArrayRecord& a, int attribute_width) {
  ArrayParts p{};
  p.name = w.text_part(a.name);
  p.child = write_dtype_children(w, a.dtype);
  p.shape = w.numbers<uint32_t>(a.shape);
  p.dimension_names = w.texts(a.dimension_names);
  p.chunk_shape = w.numbers<uint32_t>(a.chunk_shape);
  p.chunks = write_chunks(w, a);
  if (a.fill && a.fill->type == Type::kString) p.fill = w.text_part(a.fill->text);
  p.attribute_width = attribute_width;
  switch (attribute_width) {
    case 16:
      p.attributes = write_pairs<uint16_t>(w, a);
      break;
    case 32:
      p.attributes = write_pairs<uint32_t>(w, a);
      break;
    default:
      p.attributes = write_pairs<uint64_t>(w, a);
  }
  return p;
}

void put_array(Writer& w, size_t at, const ArrayRecord& a, const ArrayParts& p) {
  w.put_text(at + ArrayAt::kName, a.name, p.name);
  size_t dtype = at + ArrayAt::kDType;
  w.put(dtype, static_cast<uint8_t>(a.dtype.type));
  if (is_list(a.dtype.type)) w.put_pointer(dtype + EnumAt::kPayload, p.child);
  if (a.dtype.type == Type::kFixedSizeList) w.put(dtype + EnumAt::kListSize, a.dtype.list_size);
  w.put_vec(at + ArrayAt::kShape, p.shape, a.shape.size());
  w.put_vec(at + ArrayAt::kDimensionNames, p.dimension_names, a.dimension_names.size());
  w.put_vec(at + ArrayAt::kChunkShape, p.chunk_shape, a.chunk_shape.size());
  w.put_vec(at + ArrayAt::kChunks, p.chunks, a.chunks.size());
  if (a.fill) {
    size_t fill = at + ArrayAt::kFill;
    w.put<uint8_t>(fill, 1);
    fill += EnumAt::kOptionValue;
    auto tag = static_cast<uint8_t>(*archive::fill_tag(a.fill->type));
    if (a.fill->type == Type::kString) {
      w.put(fill, tag);
      w.put_text(fill + EnumAt::kPayload, a.fill->text, p.fill);
    } else {
      archive::put_scalar(w.at(fill), tag, a.fill->type, a.fill->bits);
    }
  }
  w.put(at + ArrayAt::kDeleted, static_cast<uint8_t>(a.deleted));
  size_t attributes = at + ArrayAt::kAttributes;
  w.put(attributes, static_cast<uint8_t>(p.attribute_width == 16 ? 0 : p.attribute_width == 32 ? 1 : 2));
  w.put_vec(attributes + EnumAt::kPayload, p.attributes, a.attributes.size());
}

Result<size_t> write_blocks(Writer& w, std::span<const BlockRecord> blocks) {
  std::vector<size_t> names;
  names.reserve(blocks.size());
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (!is_utf8(as_bytes(blocks[i].codec)))
      return {Code::kInvalid, cat("encoding the footer: the codec's name of block ", i, " is not UTF-8")};
    names.push_back(w.text_part(blocks[i].codec));
  }
  size_t start = w.records(blocks.size() * BlockAt::kSize);
  for (size_t i = 0; i < blocks.size(); ++i) {
    const BlockRecord& b = blocks[i];
    size_t at = start + i * BlockAt::kSize;
    w.put(at + BlockAt::kId, b.id);
    w.put(at + BlockAt::kFileOffset, b.file_offset);
    w.put(at + BlockAt::kCompressedSize, b.compressed_size);
    w.put(at + BlockAt::kUncompressedSize, b.uncompressed_size);
    if (b.codec.empty()) continue;
    w.put<uint8_t>(at + BlockAt::kCodec, 1);
    w.put_text(at + BlockAt::kCodecName, b.codec, names[i]);
  }
  return start;
}

Result<size_t> write_arrays(Writer& w, std::span<const ArrayRecord> arrays) {
  std::vector<ArrayParts> parts;
  parts.reserve(arrays.size());
  for (size_t i = 0; i < arrays.size(); ++i) {
    const ArrayRecord& a = arrays[i];
    auto width = attribute_width(a);
    Status checked = width.ok() ? check_array(a) : width.take_status();
    if (!checked.ok()) return std::move(checked).prepend(where("array", i, a.name));
    parts.push_back(write_array_parts(w, a, *width));
  }
  size_t start = w.records(arrays.size() * ArrayAt::kSize);
  for (size_t i = 0; i < arrays.size(); ++i) put_array(w, start + i * ArrayAt::kSize, arrays[i], parts[i]);
  return start;
}

Result<size_t> write_attr_values(Writer& w, std::span<const Value> values) {
  std::vector<size_t> texts;
  texts.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const Value& v = values[i];
    auto checked = [&]() -> Status {
      // Up to String the tags of attribute values are those of the element types.
      if (v.type > Type::kString)
        return Status(Code::kInvalid, cat("an attribute cannot be of kind ", type_name(v.type)));
      STRATA_TRY(check_scalar(v, "value"));
      return v.type == Type::kString ? check_utf8("text", v.text) : Status();
    }();
    if (!checked.ok()) return std::move(checked).prepend(cat("encoding the footer: attribute value ", i, ": "));
    texts.push_back(v.type == Type::kString ? w.text_part(v.text) : 0);
  }
  size_t start = w.records(values.size() * archive::kEnumSize);
  for (size_t i = 0; i < values.size(); ++i) {
    const Value& v = values[i];
    size_t at = start + i * archive::kEnumSize;
    auto tag = static_cast<uint8_t>(v.type);
    if (v.type == Type::kString) {
      w.put(at, tag);
      w.put_text(at + EnumAt::kPayload, v.text, texts[i]);
    } else {
      archive::put_scalar(w.at(at), tag, v.type, v.bits);
    }
  }
  return start;
}

// An upper bound is not needed, only a guess that spares most of the copying while the buffer grows.
size_t expected_size(const Footer& f) {
  size_t n = FooterAt::kSize + 64 + f.blocks.size() * BlockAt::kSize + f.attr_keys.size() * 32 +
             f.attr_values.size() * 48 + f.base_file_hint.size();
  for (const ArrayRecord& a : f.arrays) {
    n += ArrayAt::kSize + a.name.size() + (a.shape.size() + a.chunk_shape.size() + a.chunk_coords.size()) * 4 +
         a.dimension_names.size() * 24 + a.chunks.size() * ChunkAt::kSize + a.attributes.size() * 8 + 64;
  }
  return n;
}

}  // namespace

Result<Buffer> encode_footer(const Footer& f) {
  Writer w(expected_size(f));
  STRATA_ASSIGN(size_t blocks, write_blocks(w, f.blocks));
  STRATA_ASSIGN(size_t arrays, write_arrays(w, f.arrays));
  for (size_t i = 0; i < f.attr_keys.size(); ++i) {
    if (!is_utf8(as_bytes(f.attr_keys[i])))
      return {Code::kInvalid, cat("encoding the footer: attribute key ", i, " is not UTF-8")};
  }
  size_t keys = w.texts(f.attr_keys);
  STRATA_ASSIGN(size_t values, write_attr_values(w, f.attr_values));
  STRATA_TRY(check_utf8("encoding the footer: base file hint", f.base_file_hint));
  size_t hint = w.text_part(f.base_file_hint);

  size_t root = w.records(FooterAt::kSize);
  w.put(root + FooterAt::kVersion, archive::kFooterVersion);
  w.put_vec(root + FooterAt::kBlocks, blocks, f.blocks.size());
  w.put_vec(root + FooterAt::kArrays, arrays, f.arrays.size());
  w.put_vec(root + FooterAt::kAttrKeys, keys, f.attr_keys.size());
  w.put_vec(root + FooterAt::kAttrValues, values, f.attr_values.size());
  w.put(root + FooterAt::kOverlayIndex, f.overlay_index);
  w.put_text(root + FooterAt::kBaseFileHint, f.base_file_hint, hint);
  return w.take();
}

}  // namespace strata
