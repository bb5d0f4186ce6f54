#include "delta/sealed_layer.h"

#include <algorithm>

#include "base/checked.h"
#include "format/digests.h"

namespace strata {
namespace {

// One read of this many bytes usually brings trailer, footer and section together.
constexpr uint64_t kTailRead = 64u << 10;
// Up to here a record's chunks are just looked through.
constexpr size_t kFewChunks = 8;

Result<Buffer> read_range(const ObjectReader& object, uint64_t offset, uint64_t size) {
  Buffer b(size);
  STRATA_TRY(object.read(offset, b.bytes()));
  return b;
}

}  // namespace

// Number of a chunk -> its place in the record. Most layers hold all chunks in row-major order: then nothing is stored.
struct SealedLayer::ChunkTable {
  Geometry numbered_by;  // other numbers come with another grid: arrays grow
  bool dense = false;
  std::vector<uint64_t> keys;     // open addressing; UINT64_MAX = free
  std::vector<uint64_t> places;

  static size_t slot(uint64_t key, size_t mask) { return (key * 0x9E3779B97F4A7C15u >> 20) & mask; }
  std::optional<uint64_t> find(uint64_t number) const {
    size_t mask = keys.size() - 1;
    for (size_t i = slot(number, mask);; i = (i + 1) & mask) {
      if (keys[i] == number) return places[i];
      if (keys[i] == UINT64_MAX) return std::nullopt;
    }
  }
};

Result<std::shared_ptr<const SealedLayer>> SealedLayer::open(Storage& storage, std::string_view key,
                                                             const CodecSet& codecs) {
  std::string name = storage.describe(key);
  STRATA_ASSIGN(auto object, storage.open(key));
  uint64_t size = object->size();
  if (size < kTrailerSize) return Status(Code::kFormat, cat(name, ": not an array file (", size, " bytes)"));

  uint64_t tail_at = size - std::min(size, kTailRead);
  STRATA_ASSIGN(Buffer tail, read_range(*object, tail_at, size - tail_at));
  auto trailer = parse_trailer(tail.bytes().last(kTrailerSize), kFooterMagic, size);
  if (!trailer.ok()) return trailer.take_status().prepend(cat(name, ": "));
  uint64_t footer_at = size - kTrailerSize - *trailer;

  // Anything of [from, to): from the tail when it is there.
  auto bytes = [&](uint64_t from, uint64_t to) -> Result<Buffer> {
    if (from >= tail_at) return Buffer::copy_of(tail.bytes().subspan(from - tail_at, to - from));
    return read_range(*object, from, to - from);
  };
  Buffer section;
  if (footer_at >= kSectionTrailerSize) {
    STRATA_ASSIGN(Buffer last, bytes(footer_at - kSectionTrailerSize, footer_at));
    if (auto length = section_length(last.bytes(), footer_at)) {
      STRATA_ASSIGN(section, bytes(footer_at - *length, footer_at));
    }
  }
  STRATA_ASSIGN(Buffer archive, bytes(footer_at, footer_at + *trailer));
  STRATA_ASSIGN(auto layer, make(std::move(object), std::move(name), std::move(archive), std::move(section), codecs));
  std::const_pointer_cast<SealedLayer>(layer)->key_ = key;  // nobody else has it yet
  return layer;
}

uint64_t SealedLayer::footer_digest() const { return xxh3_64(footer_.archive()); }

Result<std::shared_ptr<const SealedLayer>> SealedLayer::make(std::shared_ptr<const ObjectReader> object, std::string name,
                                                             Buffer archive, Buffer section, const CodecSet& codecs) {
  std::shared_ptr<SealedLayer> layer(new SealedLayer);
  layer->tail_size_ = section.size() + archive.size() + kTrailerSize;
  layer->name_ = std::move(name);
  layer->object_ = std::move(object);
  const bool has_section = !section.empty();
  if (has_section) {
    auto parsed = SectionView::parse(std::move(section));
    if (!parsed.ok()) return parsed.take_status().prepend(cat(layer->name_, ": extension section: "));
    layer->section_ = std::move(*parsed);
    STRATA_TRY(layer->check_archive(archive.bytes()));
  }
  auto footer = FooterView::parse(std::move(archive));
  if (!footer.ok()) return footer.take_status().prepend(cat(layer->name_, ": footer: "));
  layer->footer_ = std::move(*footer);
  const FooterView& f = layer->footer_;
  layer->blocks_.reserve(f.block_count());
  bool in_order = true;
  for (size_t i = 0; i < f.block_count(); ++i) {
    BlockRecord b = f.block(i);
    in_order &= b.id == i;
    const Codec* codec = codecs.find(b.codec);
    layer->blocks_.push_back({b.file_offset, b.compressed_size, b.uncompressed_size, codec, std::move(b.codec)});
  }
  if (!in_order)
    for (size_t i = 0; i < f.block_count(); ++i)
      layer->block_places_.try_emplace(f.block(i).id, static_cast<uint32_t>(i));
  if (!has_section) STRATA_TRY(layer->check_no_section());
  if (layer->section_ && layer->section_->has_frames() && layer->section_->frame_block_count() != f.block_count())
    return layer->corrupt(cat("the frame index is for ", layer->section_->frame_block_count(), " blocks, the footer has ",
                              f.block_count()));
  return std::shared_ptr<const SealedLayer>(std::move(layer));
}

// The footer's bytes, against their digests.
Status SealedLayer::check_archive(Bytes archive) const {
  if (!section_->has_digests()) return {};
  if (section_->archive_page_count() != digest_pages(archive.size()) || section_->digested_frame_count() != section_->frame_count())
    return corrupt(cat("digests of ", section_->archive_page_count(), " pages and ", section_->digested_frame_count(),
                       " frames, for ", digest_pages(archive.size()), " and ", section_->frame_count()));
  for (uint64_t page = 0; !archive.empty(); ++page) {
    const Bytes bytes = archive.first(std::min(kDigestPage, archive.size()));
    if (!section_->is_archive_page(page, bytes)) return corrupt(cat("footer: page ", page, " does not have its digest: it is damaged"));
    archive = archive.subspan(bytes.size());
  }
  return {};
}

// Where nothing is between the blocks and the footer, the layer is the original's; something else was a section.
Status SealedLayer::check_no_section() const {
  uint64_t end = 0;
  for (const BlockInfo& b : blocks_) {
    uint64_t block_end;
    if (!add_overflows(b.offset, b.stored, &block_end)) end = std::max(end, block_end);
  }
  const uint64_t footer_at = object_->size() - kTrailerSize - footer_.size();
  if (footer_at <= end) return {};
  return corrupt(cat("what lies before the footer, ", footer_at - end, " bytes, is no extension section: it or the file's end is damaged"));
}

std::optional<SealedLayer::Found> SealedLayer::find(std::string_view array) const {
  std::call_once(names_once_, [this] {
    names_.reserve(footer_.array_count());
    for (size_t i = 0; i < footer_.array_count(); ++i) {
      ArrayView view = footer_.array(i);
      auto [it, is_new] = names_.try_emplace(view.name(), Found{static_cast<uint32_t>(i), false});
      if (!is_new) {
        bool gone = footer_.array(it->second.record).deleted() || it->second.after_tombstone;
        it->second = {static_cast<uint32_t>(i), gone};
      }
    }
  });
  auto it = names_.find(array);
  if (it == names_.end()) return std::nullopt;
  return it->second;
}

std::shared_ptr<const SealedLayer::ChunkTable> SealedLayer::table_of(uint32_t record, const ArrayView& view,
                                                                     const Geometry& geometry) const {
  {
    std::lock_guard lock(tables_mu_);
    auto it = tables_.find(record);
    if (it != tables_.end() && it->second->numbered_by.same_numbers(geometry)) return it->second;
  }
  auto table = std::make_shared<ChunkTable>();
  table->numbered_by = geometry;
  size_t n = view.chunk_count();
  table->dense = true;
  for (size_t i = 0; i < n && table->dense; ++i) table->dense = geometry.chunk_number_open(view.chunk_coord(i)) == i;
  if (!table->dense) {
    size_t capacity = 16;
    while (capacity < 2 * n) capacity *= 2;
    table->keys.assign(capacity, UINT64_MAX);
    table->places.resize(capacity);
    for (size_t i = 0; i < n; ++i) {
      uint64_t number = geometry.chunk_number_open(view.chunk_coord(i));
      if (number == UINT64_MAX) continue;  // outside the grid: ignored
      size_t mask = capacity - 1, at = ChunkTable::slot(number, mask);
      while (table->keys[at] != UINT64_MAX && table->keys[at] != number) at = (at + 1) & mask;
      if (table->keys[at] == number) continue;  // the first one counts
      table->keys[at] = number;
      table->places[at] = i;
    }
  }
  std::lock_guard lock(tables_mu_);
  return tables_[record] = std::move(table);
}

std::optional<uint64_t> SealedLayer::find_chunk(uint32_t record, const Geometry& geometry, uint64_t number) const {
  ArrayView view = footer_.array(record);
  size_t n = view.chunk_count();
  if (n <= kFewChunks) {
    for (size_t i = 0; i < n; ++i)
      if (geometry.chunk_number(view.chunk_coord(i)) == number) return i;
    return std::nullopt;
  }
  auto table = table_of(record, view, geometry);
  if (!table->dense) return table->find(number);
  if (number < n) return number;
  return std::nullopt;
}

const SealedLayer::BlockInfo* SealedLayer::block(uint32_t id, uint64_t* place) const {
  *place = id;
  if (!block_places_.empty()) {
    auto it = block_places_.find(id);
    if (it == block_places_.end()) return nullptr;
    *place = it->second;
  }
  return *place < blocks_.size() ? &blocks_[*place] : nullptr;
}

std::string_view SealedLayer::codec_of(const ChunkAddress& address) const {
  uint64_t place;
  const BlockInfo* b = block(address.block, &place);
  return b ? std::string_view(b->codec_name) : std::string_view();
}

Result<Unit> SealedLayer::unit_of(const ChunkAddress& a) const {
  uint64_t place;
  const BlockInfo* b = block(a.block, &place);
  if (!b) return corrupt(cat("a chunk is in block ", a.block, ", which does not exist"));
  if (!b->codec) return Status(Code::kCodec, cat(name_, ": block ", a.block, " has the codec \"", b->codec_name, "\", which is not known here"));
  if (b->offset > object_->size() || b->stored > object_->size() - b->offset)
    return corrupt(cat("block ", a.block, " (", b->stored, " bytes at ", b->offset, ") leaves the file"));
  const uint64_t end = uint64_t{a.offset} + a.size;
  Unit u;
  u.codec = b->codec;
  u.block = a.block;
  const bool plain = b->codec_name.empty();
  const bool digested = section_ && section_->has_digests();
  const auto [first, last] = section_ && section_->has_frames() && (digested || !plain) ? section_->frames_of(place) : std::pair<uint64_t, uint64_t>();
  if (plain) {
    if (end > b->stored) return corrupt(cat("a chunk leaves block ", a.block, ": ", end, " of ", b->stored, " bytes"));
    u.offset = b->offset + a.offset;
    u.stored = u.raw_limit = a.size;
    u.raw_begin = a.offset;
    u.exact = true;
    if (first == last || a.size == 0) return u;
  }
  u.offset = b->offset;
  u.stored = b->stored;
  // The original does not look at this size for lz4 (its stored form has one of its own).
  u.raw_limit = b->codec_name == "lz4" ? UINT64_MAX : b->raw;
  if (first == last) return u;
  const uint64_t lo = frame_at(first, last, a.offset);
  const uint64_t behind = plain ? frame_at(lo, last, end - 1) + 1 : lo + 1;
  const FrameStart at = section_->frame(lo);
  const FrameStart next = behind < last ? section_->frame(behind) : FrameStart{b->stored, b->raw};
  if (at.raw_offset > a.offset || next.raw_offset < end || at.raw_offset > next.raw_offset ||
      at.compressed_offset > next.compressed_offset || next.compressed_offset > b->stored)
    return corrupt(cat("the frame index of block ", a.block, " does not fit the chunk at ", a.offset));
  u.offset += at.compressed_offset;
  u.stored = next.compressed_offset - at.compressed_offset;
  u.raw_begin = at.raw_offset;
  u.raw_limit = next.raw_offset - at.raw_offset;
  u.exact = true;
  if (plain && (u.raw_limit != u.stored || at.raw_offset != at.compressed_offset))
    return corrupt(cat("the pages of block ", a.block, " do not fit the chunk at ", a.offset));
  if (digested) {
    u.first_frame = lo;
    u.frames = behind - lo;
  }
  return u;
}

// The last of the frames [first, last) that begins at or before byte `at` of the decompressed block; else the first.
uint64_t SealedLayer::frame_at(uint64_t first, uint64_t last, uint64_t at) const {
  while (last - first > 1) {
    const uint64_t middle = first + (last - first) / 2;
    (section_->frame(middle).raw_offset <= at ? first : last) = middle;
  }
  return first;
}

// Pages [first, last) of the unit.
Unit SealedLayer::pages(const Unit& unit, uint64_t first, uint64_t last) const {
  auto begin = [&](uint64_t page) {
    const uint64_t end = unit.raw_begin + unit.stored;
    if (page >= unit.first_frame + unit.frames) return end;
    return std::clamp(section_->frame(page).compressed_offset, unit.raw_begin, end);  // a forged index need not ascend
  };
  Unit out = unit;
  out.raw_begin = begin(first);
  out.offset = unit.offset + (out.raw_begin - unit.raw_begin);
  out.stored = out.raw_limit = std::max(begin(last), out.raw_begin) - out.raw_begin;
  out.first_frame = first;
  out.frames = last - first;
  return out;
}

Unit SealedLayer::page_at(const Unit& unit, uint64_t at) const {
  const uint64_t page = frame_at(unit.first_frame, unit.first_frame + unit.frames, unit.raw_begin + at);
  return pages(unit, page, page + 1);
}

Unit SealedLayer::pages_within(const Unit& unit, uint64_t at, uint64_t end) const {
  const uint64_t first = frame_at(unit.first_frame, unit.first_frame + unit.frames, unit.raw_begin + at);
  uint64_t last = unit.first_frame + unit.frames;
  if (end < unit.stored) last = std::max(first, frame_at(first, last, unit.raw_begin + end));
  return pages(unit, first, last);
}

bool SealedLayer::is_verified(const Unit& unit) const {
  std::call_once(verified_once_, [this] { verified_.reset(new std::atomic<uint64_t>[section_->frame_count() / 64 + 1]()); });
  for (uint64_t frame = unit.first_frame; frame < unit.first_frame + unit.frames; ++frame)
    if (!(verified_[frame / 64].load(std::memory_order_relaxed) & uint64_t{1} << frame % 64)) return false;
  return true;
}

Status SealedLayer::verify(const Unit& unit, Bytes stored, Verify when) const {
  if (unit.frames == 0 || when == Verify::kNever) return {};
  if (when == Verify::kFirst && is_verified(unit)) return {};
  const uint64_t begin = section_->frame(unit.first_frame).compressed_offset, end = unit.first_frame + unit.frames;
  for (uint64_t frame = unit.first_frame; frame < end; ++frame) {
    std::atomic<uint64_t>* seen = when == Verify::kFirst ? &verified_[frame / 64] : nullptr;
    const uint64_t bit = uint64_t{1} << frame % 64;
    const uint64_t from = section_->frame(frame).compressed_offset - begin;
    const uint64_t to = frame + 1 < end ? section_->frame(frame + 1).compressed_offset - begin : stored.size();
    if (from > to || to > stored.size()) return corrupt(cat("the frame index of block ", unit.block, " does not ascend"));
    if (!section_->is_frame(frame, stored.subspan(from, to - from)))
      return corrupt(cat("block ", unit.block, ": the ", to - from, " bytes at ", unit.offset + from,
                         " do not have their digest: they are damaged"));
    if (seen) seen->fetch_or(bit, std::memory_order_relaxed);
  }
  return {};
}

uint64_t SealedLayer::raw_bytes(const Unit& unit) const {
  if (unit.raw_limit != UINT64_MAX) return unit.raw_limit;
  uint64_t place;
  const BlockInfo* b = block(unit.block, &place);
  return b ? b->raw : 0;
}

Result<Buffer> SealedLayer::decode(const Unit& unit, Bytes stored) const {
  auto most = unit.codec->max_decompressed(stored);
  if (!most.ok()) return most.take_status().prepend(cat(name_, ": block data at ", unit.offset, ": "));
  if (unit.exact && *most < unit.raw_limit)
    return corrupt(cat("the frame at ", unit.offset, " holds at most ", *most, " of ", unit.raw_limit, " bytes"));
  Buffer out(std::min(*most, unit.raw_limit));
  auto n = unit.codec->decompress(stored, out.bytes());
  if (!n.ok()) return n.take_status().prepend(cat(name_, ": block data at ", unit.offset, ": "));
  if (unit.exact && *n != unit.raw_limit)
    return corrupt(cat("the frame at ", unit.offset, " holds ", *n, " of ", unit.raw_limit, " bytes"));
  out.shrink(*n);
  return out;
}

Status SealedLayer::decode_into(const Unit& unit, Bytes stored, MutBytes out) const {
  auto n = unit.codec->decompress(stored, out);
  if (!n.ok()) return n.take_status().prepend(cat(name_, ": block data at ", unit.offset, ": "));
  if (*n != out.size()) return corrupt(cat("the frame at ", unit.offset, " holds ", *n, " of ", out.size(), " bytes"));
  return {};
}

}  // namespace strata
