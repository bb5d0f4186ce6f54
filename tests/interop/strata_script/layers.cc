#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include "base/utf8.h"
#include "codec/codec.h"
#include "dump.h"
#include "element.h"
#include "format/archive.h"
#include "format/footer.h"

namespace strata::script {
namespace {

namespace fs = std::filesystem;

std::string file_name(const fs::path& path) { return path.filename().string(); }

// The part of a file that is its archive.
Result<Bytes> archive_of(const std::string& file, std::string_view magic) {
  Bytes all = as_bytes(file);
  size_t tail = std::min(all.size(), kTrailerSize);
  STRATA_ASSIGN(uint64_t size, parse_trailer(all.last(tail), magic, all.size()));
  if (all.size() < kTrailerSize || size > all.size() - kTrailerSize) return {Code::kCorrupt, "archive larger than its file"};
  return all.subspan(all.size() - kTrailerSize - static_cast<size_t>(size), static_cast<size_t>(size));
}

// The decompressed block, or nothing when it cannot be had.
std::optional<std::string> decompress(const CodecSet& codecs, const BlockRecord& block, Bytes file) {
  if (block.file_offset > file.size() || block.compressed_size > file.size() - block.file_offset) return std::nullopt;
  Bytes in = file.subspan(static_cast<size_t>(block.file_offset), static_cast<size_t>(block.compressed_size));
  const Codec* codec = codecs.find(block.codec);
  if (codec == nullptr) return std::nullopt;
  auto most = codec->max_decompressed(in);
  if (!most.ok()) return std::nullopt;
  // Only zstd goes by the size in the block's record.
  uint64_t room = block.codec == "zstd" ? std::min(*most, block.uncompressed_size) : *most;
  std::string out(static_cast<size_t>(room), '\0');
  auto size = codec->decompress(in, {reinterpret_cast<uint8_t*>(out.data()), out.size()});
  if (!size.ok()) return std::nullopt;
  out.resize(*size);
  return out;
}

Json dtype_json(const DType& dtype) {
  if (dtype.type == Type::kList) return object("list", dtype_json(*dtype.child));
  if (dtype.type == Type::kFixedSizeList) {
    return object("fixed_size_list", dtype_json(*dtype.child), "size", number(dtype.list_size));
  }
  return text(type_name(dtype.type));
}

struct Block {
  BlockRecord record;
  std::optional<std::string> bytes;
};

Json hash_json(const std::vector<Block>& blocks, const ChunkAddress& address) {
  auto block = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) { return b.record.id == address.block; });
  if (block == blocks.end() || !block->bytes) return Json();
  std::string_view bytes = *block->bytes;
  if (address.offset > bytes.size() || address.size > bytes.size() - address.offset) return Json();
  return text(sha256(bytes.substr(address.offset, address.size)));
}

Json record_json(const ArrayView& array, const std::vector<Block>& blocks) {
  Json dims = list(), pairs = list(), chunks = list();
  for (size_t i = 0; i < array.dimension_count(); ++i) append(dims, text(array.dimension_name(i)));
  for (size_t i = 0; i < array.attribute_count(); ++i) {
    auto [key, value] = array.attribute(i);
    append(pairs, number_list(std::vector<uint64_t>{key, value}));
  }
  for (size_t i = 0; i < array.chunk_count(); ++i) {
    ChunkAddress a = array.chunk(i);
    append(chunks, object("coord", number_list(array.chunk_coord(i)), "block", number(a.block), "offset", number(a.offset),
                          "size", number(a.size), "sha256", hash_json(blocks, a)));
  }
  auto fill = array.fill();
  return object("name", text(array.name()), "dtype", dtype_json(array.dtype()), "shape", number_list(array.shape()),
                "chunk_shape", number_list(array.chunk_shape()), "dims", std::move(dims), "fill",
                fill ? scalar_json(*fill, Naming::kBroad) : Json(), "deleted", Json(array.deleted()), "attributes",
                object("width", number(array.attribute_width()), "pairs", std::move(pairs)), "chunks", std::move(chunks));
}

Result<Json> layer_json(const fs::path& path) {
  STRATA_ASSIGN(std::string file, read_bytes(path));
  STRATA_ASSIGN(Bytes archive, archive_of(file, kFooterMagic));
  STRATA_ASSIGN(FooterView footer, FooterView::parse(Buffer::copy_of(archive)));
  CodecSet codecs;
  std::vector<Block> blocks;
  Json block_list = list(), keys = list(), values = list(), arrays = list();
  for (size_t i = 0; i < footer.block_count(); ++i) {
    BlockRecord record = footer.block(i);
    std::optional<std::string> bytes = decompress(codecs, record, as_bytes(file));
    append(block_list,
           object("id", number(record.id), "file_offset", number(record.file_offset), "compressed_size",
                  number(record.compressed_size), "uncompressed_size", number(record.uncompressed_size), "codec",
                  record.codec.empty() ? Json() : text(record.codec), "sha256", bytes ? text(sha256(*bytes)) : Json()));
    blocks.push_back({std::move(record), std::move(bytes)});
  }
  for (size_t i = 0; i < footer.attr_key_count(); ++i) append(keys, text(footer.attr_key(i)));
  for (size_t i = 0; i < footer.attr_value_count(); ++i) append(values, scalar_json(footer.attr_value(i), Naming::kExact));
  for (size_t i = 0; i < footer.array_count(); ++i) append(arrays, record_json(footer.array(i), blocks));
  return object("file", text(file_name(path)), "file_size", number(file.size()), "footer_size", number(archive.size()),
                "version", number(archive::kFooterVersion), "overlay_index", number(footer.overlay_index()),
                "base_file_hint", text(footer.base_file_hint()), "blocks", std::move(block_list), "attr_keys",
                std::move(keys), "attr_values", std::move(values), "arrays", std::move(arrays));
}

// The number of a layer "stem.N.af", or nothing. Leading zeros and one leading + are allowed, 0 is not.
std::optional<uint32_t> layer_number(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem) || !name.substr(stem.size()).starts_with('.') || !name.ends_with(".af")) return std::nullopt;
  name.remove_prefix(stem.size() + 1);
  if (name.size() < 4) return std::nullopt;
  name.remove_suffix(3);
  if (name.starts_with('+')) name.remove_prefix(1);
  uint32_t n = 0;
  auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), n);
  if (error != std::errc() || stop != name.data() + name.size() || n == 0) return std::nullopt;
  return n;
}

Json statistic_json(const std::optional<Value>& v) {
  if (!v) return Json();
  Json out = scalar_json(*v, Naming::kBroad);
  if (v->type == Type::kBinary && is_utf8(as_bytes(v->text))) add(out, "text", text(v->text));
  return out;
}

}  // namespace

Result<std::string> read_bytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return {Code::kNotFound, cat("cannot read ", path.string())};
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Json layers_json(const fs::path& base) {
  std::string stem = base.stem().string();
  fs::path folder = base.has_parent_path() ? base.parent_path() : fs::path(".");
  std::vector<std::pair<uint32_t, fs::path>> layers = {{0, base}};
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (auto n = layer_number(file_name(entry.path()), stem)) layers.emplace_back(*n, entry.path());
  }
  std::sort(layers.begin(), layers.end());
  Json out = list();
  for (const auto& [n, path] : layers) {
    auto layer = layer_json(path);
    append(out, layer.ok() ? *std::move(layer)
                           : object("file", text(file_name(path)), "error", text(layer.status().message())));
  }
  return out;
}

Json dump_statistics(const fs::path& path) {
  auto decoded = [&]() -> Result<std::vector<ArrayStatistics>> {
    STRATA_ASSIGN(std::string file, read_bytes(path));
    STRATA_ASSIGN(Bytes archive, archive_of(file, kStatsMagic));
    Buffer aligned = Buffer::copy_of(archive);
    return decode_stats(aligned.bytes());
  }();
  if (!decoded.ok()) return object("error", text(decoded.status().message()));
  Json arrays = list();
  for (const ArrayStatistics& s : *decoded) {
    append(arrays, object("name", text(s.name), "min", statistic_json(s.min), "max", statistic_json(s.max), "null_count",
                          number(s.null_count), "row_count", number(s.row_count)));
  }
  return object("arrays", std::move(arrays));
}

}  // namespace strata::script
