// Writing regions: cut into chunks; a chunk that is written whole is compressed at once, one that is covered in part is
// patched, decoded, in the pending layer.
#include <algorithm>

#include "base/checked.h"
#include "base/without_throwing.h"
#include "delta/copy.h"
#include "delta/varlen.h"
#include "file/array_file.h"
#include "file/rows.h"

namespace strata {
namespace {

constexpr size_t kBatchChunks = 1u << 12;
constexpr uint64_t kSmallWork = 64u << 10;  // bytes below which other threads are not worth waking

// Puts the region's elements into a decoded chunk of fixed width.
void patch(const Overlap& o, size_t rank, uint64_t width, const uint8_t* src, const int64_t* src_strides, uint8_t* chunk) {
  int64_t strides[kMaxRank];
  row_major_strides(rank, o.extent, width, strides);
  for (size_t i = 0; i < rank; ++i) chunk += static_cast<int64_t>(o.in_chunk[i]) * strides[i];
  copy_strided(rank, o.count, width, src, src_strides, chunk, strides);
}

}  // namespace

// The chunk's new bytes: what it holds now under the region's elements. `now`: fill where nothing of that is wanted.
Status ArrayFile::prepare_chunk(const ArrayDef& array, const Overlap& o, uint64_t number, const ChunkSource& now,
                                std::span<const uint64_t> region, const WriteSource& source, Buffer& raw, const CancelToken* cancel) const {
  STRATA_ASSIGN(const auto work, admit(work_of(now), cancel));
  ChunkBytes old;
  if (!now.is_fill()) {
    STRATA_ASSIGN(old, fetch_chunk(array, now, cancel));
    STRATA_TRY(expect_size(array, number, old.bytes.size()));
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
      int64_t strides[kMaxRank];
      row_major_strides(rank, o.extent, width, strides);
      fill_unwritten(meta, rank, o.extent, raw.data(), strides);
    }
    patch(o, rank, width, source.at(o, rank), source.strides, raw.data());
    return {};
  }
  VarlenView view;
  if (!old.empty()) {
    STRATA_ASSIGN(view, VarlenView::parse(meta.layout, old, o.chunk_elements));
  }
  std::vector<VarlenRun> rows;
  for_each_row(o, region, [&](uint64_t, uint64_t r, uint64_t n) { rows.push_back({nullptr, &source.column, r, n}); });
  STRATA_ASSIGN(raw, compose_varlen(meta.layout, o, view, region, rows));
  return {};
}

// `old`: the chunk as it is; empty: fill. rows: what comes there, as for_each_row goes.
Result<Buffer> ArrayFile::compose_varlen(const ElementLayout& layout, const Overlap& o, const VarlenView& old,
                                         std::span<const uint64_t> region, std::span<const VarlenRun> rows) {
  std::vector<VarlenRun> runs;
  runs.reserve(2 * rows.size() + 1);
  uint64_t done = 0;
  auto keep_until = [&](uint64_t c) {
    if (c > done) runs.push_back({old.empty() ? nullptr : &old, nullptr, done, c - done});
  };
  for_each_row(o, region, [&, row = rows.begin()](uint64_t c, uint64_t, uint64_t n) mutable {
    keep_until(c);
    runs.push_back(*row++);
    done = c + n;
  });
  keep_until(o.chunk_elements);
  return join_runs(layout, std::move(runs));
}

Status ArrayFile::write_alone(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                              const WriteSource& source, CancelToken* cancel) {
  const Geometry& g = array->meta.geometry;
  STRATA_TRY(g.check_region(start, count));
  STRATA_TRY(check_chunk_bytes(array->meta.layout, g));  // in files of others it can be beyond what can be written
  if (!source.varlen() && array->meta.layout.value == Type::kBool &&
      !all_bools(count.size(), count.data(), array->meta.width(), source.data, source.strides))
    return Status(Code::kInvalid, cat("array \"", array->meta.name, "\": a bool is a byte that is 0 or 1"));
  const uint64_t total = g.chunks_in(start, count);
  if (cancel) cancel->begin(total);
  if (total == 0) return {};
  PendingLayer& layer = pending_layer();
  const size_t rank = g.rank();
  const uint64_t width = array->meta.width();

  const uint64_t elements = std::max<uint64_t>(1, *product(count));

  struct Item {
    uint64_t number;
    Overlap overlap;
    bool replaces = false;  // a chunk that is pending already
    bool in_place = false;  // that is hot: it is patched
    std::optional<ChunkSource> now;  // what is there, if that had to be known
    std::optional<PendingLayer::MadeFrame> made;
    Buffer raw;
  };
  std::vector<Item> items;
  // The way back, for a write that ends half way: what was done by several batches, or where a batch may have to spill.
  const bool was_touched = array->touched;
  const size_t known = array->chunks.chunks.size();
  std::vector<PendingChunk> old;
  Charge held_by_old(&engine_->memory->pending);
  bool can_undo = false, applied = false;
  auto write_batches = [&]() -> Status {
    for (uint64_t next = 0; next < total;) {
      // A batch: as many chunks as the budget lets us hold decoded; those compressed at once do not count.
      items.clear();
      uint64_t held = 0, work = 0;
      while (next < total && items.size() < kBatchChunks && (items.empty() || held < engine_->memory->batch_bytes())) {
        Item& item = items.emplace_back();
        item.number = g.chunk_in(start, count, next++);
        item.overlap = overlap_of(g, item.number, start, count);
        uint64_t bytes = item.overlap.chunk_elements * std::max<uint64_t>(1, width);
        if (source.varlen()) {
          // Its share of the values, and what stays of those that are there.
          bytes = bytes * sizeof(uint32_t) + item.overlap.elements * (source.column.values.size() / elements + 1);
          if (!item.overlap.whole()) item.now = find_chunk(*array, item.number);
          if (item.now) bytes = add_up(bytes, item.now->size());
        }
        work += bytes;
        if (!item.overlap.whole() || bytes < PendingLayer::kDirectBytes || source.varlen()) held = add_up(held, bytes);
        item.replaces = array->chunks.find(item.number) != nullptr;
        item.in_place = !source.varlen() && layer.hot(array->chunks, item.number) != nullptr;
      }
      STRATA_ASSIGN(const auto batch, engine_->memory->batches.enter(held, cancel));
      auto prepare = [&](size_t i) -> Status {
        Item& item = items[i];
        const Overlap& o = item.overlap;
        if (item.in_place) return {};
        const uint64_t bytes = o.chunk_elements * width;
        if (!source.varlen() && o.whole() && bytes >= PendingLayer::kDirectBytes) {
          const uint8_t* from = source.at(o, rank);
          const bool in_one_piece = is_contiguous(rank, o.count, width, source.strides);
          STRATA_ASSIGN(const auto part, admit((in_one_piece ? 0 : bytes) + layer.work_of_frame(bytes), cancel));
          if (in_one_piece) {
            STRATA_ASSIGN(item.made, layer.make_frame(array->meta, {from, bytes}, o.chunk_elements));
          } else {
            auto gathered = engine_->memory->scratch.take(bytes);
            patch(o, rank, width, from, source.strides, gathered.data());
            STRATA_ASSIGN(item.made, layer.make_frame(array->meta, gathered.bytes(), o.chunk_elements));
          }
        } else {
          const ChunkSource now = item.now ? *item.now : o.whole() ? ChunkSource() : find_chunk(*array, item.number);
          STRATA_TRY(prepare_chunk(*array, o, item.number, now, count, source, item.raw, cancel));
          if (item.raw.size() >= PendingLayer::kDirectBytes && o.whole()) {
            STRATA_ASSIGN(const auto part, admit(layer.work_of_frame(item.raw.size()), cancel));
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
      const auto used = engine_->memory->pending.used() + static_cast<int64_t>(std::min<uint64_t>(held, INT64_MAX / 2));
      can_undo = can_undo || next < total || used >= static_cast<int64_t>(engine_->memory->pending.limit());
      auto apply = [&](Item& item) {
        if (item.replaces && can_undo && array->chunks.index.find(item.number)->second < known) {
          if (old.size() == old.capacity()) old.reserve(std::max<size_t>(64, 2 * old.size()));
          old.push_back(layer.remember(array->chunks, item.number));
          held_by_old.add(static_cast<int64_t>(old.back().hot.capacity()));
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
      };
      // First those that are new, which take memory and can be taken out again; then those that take the place of others,
      // for which there is room.
      layer.reserve(items.size());
      for (Item& item : items)
        if (!item.replaces) apply(item);
      for (Item& item : items)
        if (item.replaces) apply(item);
      applied = true;
      STRATA_TRY(layer.relieve(next < total ? cancel : nullptr));  // all is written: it is too late to be cancelled
    }
    return {};
  };
  Status s = without_throwing(write_batches);
  if (s.ok() || (applied && !can_undo)) return s;
  layer.forget_added(array->chunks, known);
  for (; !old.empty(); old.pop_back()) layer.restore(array->chunks, std::move(old.back()));
  if (!was_touched && array->touched) untouch(array);
  return s;
}

// What can be said of `count` elements without looking where they go.
Status ArrayFile::check_source(const ArrayDef& array, std::span<const uint64_t> count, const WriteSource& source) {
  if (!source.varlen()) return {};
  const auto elements = product(count);
  if (!elements) return Status(Code::kLimit, "more elements than an array can have");
  Status s = check_column(array.meta.layout, source.column, *elements);
  return s.ok() ? Status() : std::move(s).prepend(cat("array \"", array.meta.name, "\": "));
}

Status ArrayFile::write(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                        const WriteSource& source, CancelToken* cancel) {
  STRATA_TRY(check_source(*array, count, source));
  STRATA_ASSIGN(const Alone lock, lock_alone());
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_writable(*array));
  return write_alone(array, start, count, source, cancel);
}

}  // namespace strata
