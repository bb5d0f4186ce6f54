// Writing regions: cut into chunks; a chunk that is written whole is compressed at once, one that is covered in part is
// patched, decoded, in the pending layer.
#include <algorithm>

#include "base/utf8.h"
#include "delta/copy.h"
#include "delta/varlen.h"
#include "file/array_file.h"
#include "file/rows.h"

namespace strata {
namespace {

constexpr size_t kBatchChunks = 1u << 12;
constexpr uint64_t kSmallWork = 64u << 10;  // bytes below which other threads are not worth waking

}  // namespace

namespace {

// Puts the region's elements into a decoded chunk of fixed width.
void patch(const Overlap& o, size_t rank, uint64_t width, const uint8_t* src, const int64_t* src_strides, uint8_t* chunk) {
  int64_t strides[kMaxRank];
  row_major_strides(rank, o.extent, width, strides);
  for (size_t i = 0; i < rank; ++i) chunk += static_cast<int64_t>(o.in_chunk[i]) * strides[i];
  copy_strided(rank, o.count, width, src, src_strides, chunk, strides);
}

// A chunk of text from pieces, element by element.
Result<Buffer> join_texts(std::span<const std::string_view> elements) {
  uint64_t bytes = 0;
  for (auto e : elements) bytes += e.size();
  uint64_t head = 4 * (elements.size() + 1);
  if (head + bytes > UINT32_MAX) return Status(Code::kLimit, "a chunk of text beyond 4 GiB, which the format cannot hold; choose smaller chunks");
  Buffer out(head + bytes);
  uint32_t at = 0;
  store<uint32_t>(out.data(), 0);
  for (size_t i = 0; i < elements.size(); ++i) {
    if (!elements[i].empty()) std::memcpy(out.data() + head + at, elements[i].data(), elements[i].size());
    at += static_cast<uint32_t>(elements[i].size());
    store<uint32_t>(out.data() + 4 * (i + 1), at);
  }
  return out;
}

}  // namespace

// The chunk's new bytes: what it holds now (or the fill) under the region's elements.
Status ArrayFile::prepare_chunk(const ArrayDef& array, const Overlap& o, uint64_t number, std::span<const uint64_t> region,
                                const WriteSource& source, Buffer& raw, const CancelToken* cancel) const {
  ChunkBytes old;
  if (!o.whole()) {
    ChunkSource at = find_chunk(array, number);
    if (!at.is_fill()) {
      STRATA_ASSIGN(old, fetch_chunk(array, at, cancel));
      STRATA_TRY(expect_size(array, number, old.bytes.size()));
    }
  }
  return compose_chunk(array.meta, o, old.bytes, region, source, raw);
}

// `old`: the chunk as it is; empty: fill.
Status ArrayFile::compose_chunk(const ArrayMeta& meta, const Overlap& o, Bytes old, std::span<const uint64_t> region,
                                const WriteSource& source, Buffer& raw) {
  const size_t rank = meta.geometry.rank();
  const uint64_t width = meta.width();
  if (!source.varlen()) {
    raw = Buffer(o.chunk_elements * width);
    if (!old.empty()) {
      std::memcpy(raw.data(), old.data(), raw.size());
    } else if (!o.whole()) {
      auto element = fill_element(meta.dtype.type, meta.fill);
      int64_t strides[kMaxRank];
      row_major_strides(rank, o.extent, width, strides);
      fill_strided(rank, o.extent, width, element.data(), raw.data(), strides);
    }
    patch(o, rank, width, source.at(o, rank), source.strides, raw.data());
    return {};
  }
  std::vector<std::string_view> elements(o.chunk_elements);
  if (!old.empty()) {
    STRATA_ASSIGN(VarlenView view, VarlenView::parse(old, o.chunk_elements));
    for (uint64_t i = 0; i < o.chunk_elements; ++i) elements[i] = view.element(i);
  }
  for_each_row(o, region, [&](uint64_t c, uint64_t r, uint64_t n) {
    for (uint64_t k = 0; k < n; ++k) {
      auto from = static_cast<size_t>(source.offsets[r + k]), to = static_cast<size_t>(source.offsets[r + k + 1]);
      elements[c + k] = as_text(source.values.subspan(from, to - from));
    }
  });
  STRATA_ASSIGN(raw, join_texts(elements));
  return {};
}

Status ArrayFile::write_alone(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                              const WriteSource& source, CancelToken* cancel) {
  const Geometry& g = array->meta.geometry;
  STRATA_TRY(g.check_region(start, count));
  if (array->meta.dtype.type == Type::kBool && !all_bools(count.size(), count.data(), source.data, source.strides))
    return Status(Code::kInvalid, cat("array \"", array->meta.name, "\": a bool is a byte that is 0 or 1"));
  const uint64_t total = g.chunks_in(start, count);
  if (cancel) cancel->begin(total);
  if (total == 0) return {};
  PendingLayer& layer = pending_layer();
  const size_t rank = g.rank();
  const uint64_t width = array->meta.width();

  struct Item {
    uint64_t number;
    Overlap overlap;
    bool in_place = false;  // hot already: patched after everything that can fail
    std::optional<PendingLayer::MadeFrame> made;
    Buffer raw;
  };
  std::vector<Item> items;
  // The way back, for a write that ends half way: what was done by several batches, or where a batch may have to spill.
  const bool was_touched = array->touched;
  const size_t known = array->chunks.chunks.size();
  std::vector<PendingChunk> old;
  bool can_undo = false, applied = false;
  auto write_batches = [&]() -> Status {
    for (uint64_t next = 0; next < total;) {
      // A batch: as many chunks as the budget lets us hold decoded; those compressed at once do not count.
      items.clear();
      uint64_t held = 0, work = 0;
      while (next < total && items.size() < kBatchChunks && (items.empty() || held < engine_->pending.limit() / 2)) {
        Item& item = items.emplace_back();
        item.number = g.chunk_in(start, count, next++);
        item.overlap = overlap_of(g, item.number, start, count);
        uint64_t bytes = item.overlap.chunk_elements * std::max<uint64_t>(1, width);
        work += bytes;
        if (!item.overlap.whole() || bytes < PendingLayer::kDirectBytes || source.varlen()) held += bytes;
        item.in_place = !source.varlen() && layer.hot(array->chunks, item.number) != nullptr;
      }
      auto prepare = [&](size_t i) -> Status {
        Item& item = items[i];
        const Overlap& o = item.overlap;
        if (item.in_place) return {};
        const uint64_t bytes = o.chunk_elements * width;
        if (!source.varlen() && o.whole() && bytes >= PendingLayer::kDirectBytes) {
          const uint8_t* from = source.at(o, rank);
          if (is_contiguous(rank, o.count, width, source.strides)) {
            STRATA_ASSIGN(item.made, layer.make_frame(array->meta, {from, bytes}, o.chunk_elements));
          } else {
            auto gathered = engine_->scratch.take(bytes);
            patch(o, rank, width, from, source.strides, gathered.data());
            STRATA_ASSIGN(item.made, layer.make_frame(array->meta, gathered.bytes(), o.chunk_elements));
          }
        } else {
          STRATA_TRY(prepare_chunk(*array, o, item.number, count, source, item.raw, cancel));
          if (item.raw.size() >= PendingLayer::kDirectBytes && o.whole()) {
            STRATA_ASSIGN(item.made, layer.make_frame(array->meta, item.raw.bytes(), o.chunk_elements));
            item.raw = Buffer();
          }
        }
        advance(cancel, 1, o.elements * width);
        return {};
      };
      if (work < kSmallWork) {
        for (size_t i = 0; i < items.size(); ++i) STRATA_TRY(prepare(i));
      } else {
        STRATA_TRY(engine_->executor.parallel_for(items.size(), cancel, prepare));
      }
      touch(array);  // not before: a write that fails at once leaves nothing pending
      const auto used = engine_->pending.used() + static_cast<int64_t>(held);
      can_undo = can_undo || next < total || used >= static_cast<int64_t>(engine_->pending.limit());
      for (Item& item : items) {
        if (can_undo) {
          if (auto it = array->chunks.index.find(item.number); it != array->chunks.index.end() && it->second < known) {
            if (old.size() == old.capacity()) old.reserve(std::max<size_t>(64, 2 * old.size()));
            old.push_back(layer.remember(array->chunks, item.number));
          }
        }
        if (item.in_place) {
          patch(item.overlap, rank, width, source.at(item.overlap, rank), source.strides,
                layer.hot(array->chunks, item.number)->data());
        } else if (item.made) {
          uint32_t frame = layer.add_frame(item.made->frame);
          layer.put_frame(array->chunks, item.number, frame, 0, item.made->frame.raw, std::move(item.made->summary));
        } else {
          layer.put_hot(array->chunks, item.number, std::move(item.raw));
        }
      }
      applied = true;
      STRATA_TRY(layer.relieve(next < total ? cancel : nullptr));  // all is written: it is too late to be cancelled
    }
    return {};
  };
  Status s;
  try {
    s = write_batches();
  } catch (const std::bad_alloc&) {
    s = Status(Code::kNoMemory, "out of memory");
  }
  if (s.ok() || (applied && !can_undo)) return s;
  layer.forget_added(array->chunks, known);
  for (; !old.empty(); old.pop_back()) layer.restore(array->chunks, std::move(old.back()));
  if (!was_touched && array->touched) untouch(array);
  return s;
}

namespace {

// What can be said of the elements without looking where they go.
Status check_text(const ArrayMeta& meta, const WriteSource& source) {
  const Bytes text = source.values.first(static_cast<size_t>(source.offsets.back()));
  const size_t bad = utf8_invalid_at(text);
  if (bad != text.size())
    return Status(Code::kInvalid, cat("array \"", meta.name, "\": the text is not UTF-8 at byte ", bad, " of the values"));
  // Well-formed as a whole, but an offset could still cut a character in two.
  for (int64_t o : source.offsets)
    if (o < static_cast<int64_t>(text.size()) && (text[static_cast<size_t>(o)] & 0xC0) == 0x80)
      return Status(Code::kInvalid, cat("array \"", meta.name, "\": offset ", o, " lies inside a character"));
  return {};
}

}  // namespace

Status ArrayFile::check_source(const ArrayDef& array, const WriteSource& source) {
  return array.meta.dtype.type == Type::kString ? check_text(array.meta, source) : Status();
}

Status ArrayFile::write(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                        const WriteSource& source, CancelToken* cancel) {
  STRATA_TRY(check_source(*array, source));
  STRATA_ASSIGN(const Alone lock, lock_alone());
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_writable(*array));
  return write_alone(array, start, count, source, cancel);
}

}  // namespace strata
