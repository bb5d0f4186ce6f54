#include "delta/pending_layer.h"

#include <algorithm>

#include "base/hash.h"
#include "format/digests.h"

namespace strata {
namespace {

// A chunk of this size has a frame of its own; smaller ones share frames of about kGroup bytes. Larger groups compress
// better, smaller ones cost less when a single chunk is wanted.
constexpr size_t kOwnFrame = 4u << 10;
constexpr size_t kGroup = 16u << 10;
// Hot bytes that every layer may have. The budget may be used up by others for long: a frame for every little chunk would
// free hardly any of it.
constexpr uint64_t kRelief = 256u << 10;
constexpr uint64_t kLeastRelief = 32u << 10;  // where very many layers share the budget

}  // namespace

PendingLayer::PendingLayer(PendingSettings settings, FrameLogPlace place, Executor* executor, Memory* memory,
                           std::atomic<uint64_t>* spilled_bytes)
    : settings_(settings), executor_(executor), memory_(memory),
      log_(std::make_unique<FrameLog>(std::move(place), &memory->pending, spilled_bytes)), hot_charge_(&memory->pending) {}

size_t PendingLayer::group_bytes() const {
  // Where frames cannot stand one after the other in a block, a frame is a block.
  size_t group = settings_.codec->concatenable() ? kGroup : settings_.block_bytes;
  return std::min<size_t>(group, settings_.block_bytes);
}

void PendingLayer::set_digests(Frame& f, Bytes stored) const {
  const size_t first = is_paged() ? std::min(kDigestPage, stored.size()) : stored.size();
  f.digest = xxh3_64(stored.first(first));
  f.more_digests.clear();
  if (first < stored.size()) f.more_digests.reserve(digest_pages(stored.size() - first));
  for (size_t at = first; at < stored.size(); at += kDigestPage)
    f.more_digests.push_back(xxh3_64(stored.subspan(at, std::min(kDigestPage, stored.size() - at))));
}

bool PendingLayer::is_frame(uint32_t frame, Bytes stored) const {
  Frame seen;
  set_digests(seen, stored);
  return seen.digest == frames_[frame].digest && seen.more_digests == frames_[frame].more_digests;
}

Result<Frame> PendingLayer::compress(Bytes raw) {
  Frame f;
  f.raw = static_cast<uint32_t>(raw.size());
  if (is_paged()) {  // none: nothing to do, not even a copy
    f.stored = f.raw;
    set_digests(f, raw);
    STRATA_ASSIGN(f.log_offset, log_->append(raw));
    return f;
  }
  auto scratch = memory_->scratch.take(settings_.codec->bound(raw.size()));
  STRATA_ASSIGN(size_t n, settings_.codec->compress(raw, scratch.bytes(), settings_.level));
  if (n > UINT32_MAX) return Status(Code::kLimit, "a compressed frame beyond 4 GiB");
  f.stored = static_cast<uint32_t>(n);
  set_digests(f, scratch.bytes().first(n));
  STRATA_ASSIGN(f.log_offset, log_->append(scratch.bytes().first(n)));
  return f;
}

Result<PendingLayer::MadeFrame> PendingLayer::make_frame(const ArrayMeta& meta, Bytes raw, uint64_t elements) {
  MadeFrame made;
  STRATA_ASSIGN(made.summary, summarize(meta, raw, elements));
  STRATA_ASSIGN(made.frame, compress(raw));
  return made;
}

Result<Frame> PendingLayer::append_stored(Bytes stored, uint32_t raw_size) {
  Frame f;
  f.stored = static_cast<uint32_t>(stored.size());
  f.raw = raw_size;
  set_digests(f, stored);
  STRATA_ASSIGN(f.log_offset, log_->append(stored));
  return f;
}

uint32_t PendingLayer::add_frame(Frame frame) {
  frame.live = 0;
  frames_.push_back(std::move(frame));
  return static_cast<uint32_t>(frames_.size() - 1);
}

void PendingLayer::reserve(size_t chunks) {
  auto grow = [&](auto& list) {
    if (list.capacity() - list.size() < chunks) list.reserve(std::max(list.size() + chunks, 2 * list.size()));
  };
  grow(frames_);
  grow(hot_);
}

PendingChunk& PendingLayer::slot(PendingChunks& array, uint64_t number) {
  auto [it, is_new] = array.index.try_emplace(number, static_cast<uint32_t>(array.chunks.size()));
  if (is_new) {
    try {
      array.chunks.emplace_back();
    } catch (...) {
      array.index.erase(it);
      throw;
    }
    array.chunks.back().number = number;
  } else {
    release(array.chunks[it->second]);
  }
  return array.chunks[it->second];
}

void PendingLayer::release(PendingChunk& chunk) {
  raw_bytes_ -= chunk.size;
  if (chunk.frame == kHot) {
    hot_charge_.add(-static_cast<int64_t>(chunk.hot.capacity()));
    chunk.hot = Buffer();
  } else {
    frames_[chunk.frame].live -= chunk.size;
  }
  chunk.size = 0;
}

void PendingLayer::put_frame(PendingChunks& array, uint64_t number, uint32_t frame, uint32_t offset, uint32_t size,
                             ChunkSummary summary) {
  PendingChunk& c = slot(array, number);
  c.frame = frame;
  c.offset = offset;
  c.size = size;
  c.summary = std::move(summary);
  frames_[frame].live += size;
  raw_bytes_ += size;
}

void PendingLayer::put_hot(PendingChunks& array, uint64_t number, Buffer raw) {
  // Room in the list first: what follows it cannot fail half way.
  if (hot_.size() == hot_.capacity()) hot_.reserve(std::max<size_t>(64, 2 * hot_.size()));
  PendingChunk& c = slot(array, number);
  c.frame = kHot;
  c.size = static_cast<uint32_t>(raw.size());
  c.hot = std::move(raw);
  c.summary = {};
  hot_charge_.add(static_cast<int64_t>(c.hot.capacity()));
  raw_bytes_ += c.size;
  if (!std::exchange(c.listed, true)) hot_.push_back({&array, static_cast<uint32_t>(&c - array.chunks.data())});
}

Buffer* PendingLayer::hot(PendingChunks& array, uint64_t number) {
  auto it = array.index.find(number);
  if (it == array.index.end() || array.chunks[it->second].frame != kHot) return nullptr;
  return &array.chunks[it->second].hot;
}

PendingChunk PendingLayer::remember(PendingChunks& array, uint64_t number) {
  PendingChunk& now = array.chunks[array.index.find(number)->second];
  PendingChunk old;
  old.number = number;
  old.frame = now.frame;
  old.offset = now.offset;
  old.size = now.size;
  if (now.frame == kHot) old.hot = Buffer::copy_of(now.hot.bytes());
  old.summary = std::move(now.summary);
  return old;
}

void PendingLayer::restore(PendingChunks& array, PendingChunk old) {
  if (old.frame == kHot) {
    put_hot(array, old.number, std::move(old.hot));
  } else {
    put_frame(array, old.number, old.frame, old.offset, old.size, std::move(old.summary));
  }
}

PendingChunk PendingLayer::take(PendingChunks& array, uint64_t number) {
  PendingChunk& now = array.chunks[array.index.find(number)->second];
  PendingChunk old;
  old.number = number;
  old.frame = now.frame;
  old.offset = now.offset;
  old.size = now.size;
  old.summary = std::move(now.summary);
  raw_bytes_ -= now.size;
  if (now.frame == kHot)
    hot_charge_.add(-static_cast<int64_t>(now.hot.capacity()));
  else
    frames_[now.frame].live -= now.size;
  old.hot = std::exchange(now.hot, Buffer());
  now.frame = kHot;
  now.size = 0;
  return old;
}

PendingLayer::Numbers PendingLayer::renumber(PendingChunks& array, const Geometry& from, const Geometry& to) {
  Numbers index;
  index.reserve(array.chunks.size());
  std::vector<uint64_t> numbers(array.chunks.size());  // UINT64_MAX: outside
  std::vector<uint32_t> places(array.chunks.size());
  std::erase_if(hot_, [&](const HotRef& ref) { return ref.array == &array && ref.chunk >= array.chunks.size(); });
  for (size_t i = 0; i < array.chunks.size(); ++i) {
    uint64_t wide[kMaxRank];
    uint32_t coord[kMaxRank];
    from.chunk_coord(array.chunks[i].number, wide);
    std::copy_n(wide, from.rank(), coord);
    numbers[i] = to.chunk_number({coord, from.rank()});
    if (numbers[i] == UINT64_MAX) continue;
    places[i] = static_cast<uint32_t>(index.size());
    index.emplace(numbers[i], places[i]);
  }
  // Nothing fails from here on.
  std::erase_if(hot_, [&](const HotRef& ref) { return ref.array == &array && numbers[ref.chunk] == UINT64_MAX; });
  for (HotRef& ref : hot_)
    if (ref.array == &array) ref.chunk = places[ref.chunk];
  for (size_t i = 0; i < array.chunks.size(); ++i) {
    PendingChunk& c = array.chunks[i];
    if (numbers[i] == UINT64_MAX) {
      release(c);
      continue;
    }
    c.number = numbers[i];
    if (places[i] != i) array.chunks[places[i]] = std::move(c);
  }
  array.chunks.resize(index.size());
  std::swap(array.index, index);
  return index;
}

void PendingLayer::restore_numbers(PendingChunks& array, Numbers old) {
  for (const auto& [number, place] : old) array.chunks[place].number = number;
  array.index = std::move(old);
}

void PendingLayer::forget_added(PendingChunks& array, size_t count) {
  std::erase_if(hot_, [&](const HotRef& ref) { return ref.array == &array && ref.chunk >= count; });
  while (array.chunks.size() > count) {
    release(array.chunks.back());
    array.index.erase(array.chunks.back().number);
    array.chunks.pop_back();
  }
}

void PendingLayer::drop(PendingChunks& array) {
  for (auto& c : array.chunks) release(c);
  array.chunks.clear();
  array.index.clear();
}

Status PendingLayer::relieve(const CancelToken* cancel) {
  const auto worth_it = static_cast<int64_t>(std::min(log_->share().half(kLeastRelief, kRelief), memory_->pending.limit()));
  if (!memory_->pending.over() || hot_charge_.bytes() < worth_it) return {};
  return compress_hot(cancel);
}

uint64_t PendingLayer::work_of_read(const PendingChunk& chunk) const {
  if (chunk.frame == kHot || is_paged()) return 0;
  const Frame& f = frames_[chunk.frame];
  return uint64_t{f.stored} + (chunk.size == f.raw ? 0 : f.raw);
}

Status PendingLayer::read_chunk(const PendingChunk& chunk, MutBytes out) const {
  if (chunk.frame == kHot) {
    if (!out.empty()) std::memcpy(out.data(), chunk.hot.data(), out.size());
    return {};
  }
  const Frame& f = frames_[chunk.frame];
  if (is_paged()) return log_->read(f.log_offset + chunk.offset, out);
  auto stored = memory_->scratch.take(f.stored);
  STRATA_TRY(log_->read(f.log_offset, stored.bytes()));
  if (chunk.size == f.raw) {
    STRATA_ASSIGN(size_t n, settings_.codec->decompress(stored.bytes(), out));
    if (n != f.raw) return Status(Code::kInternal, "a pending frame does not have its size");
    return {};
  }
  auto raw = memory_->scratch.take(f.raw);
  STRATA_ASSIGN(size_t n, settings_.codec->decompress(stored.bytes(), raw.bytes()));
  if (n != f.raw) return Status(Code::kInternal, "a pending frame does not have its size");
  std::memcpy(out.data(), raw.data() + chunk.offset, out.size());
  return {};
}

Status PendingLayer::compress_hot(const CancelToken* cancel) {
  // Groups of chunks, in the order of writing; each becomes one frame.
  struct Group {
    std::vector<HotRef> chunks;
    size_t bytes = 0;
    Frame frame;
    std::vector<ChunkSummary> summaries;
  };
  std::vector<Group> groups;
  const size_t group_limit = group_bytes();
  const size_t own = settings_.codec->concatenable() ? std::min(kOwnFrame, group_limit) : group_limit;
  bool open = false;
  for (const HotRef& ref : hot_) {
    if (ref.chunk >= ref.array->chunks.size()) continue;  // dropped
    const PendingChunk& c = ref.array->chunks[ref.chunk];
    if (c.frame != kHot) continue;
    if (c.size >= own || !open || groups.back().bytes + c.size > UINT32_MAX) {
      groups.emplace_back();
      open = c.size < own;
    }
    Group& g = groups.back();
    g.chunks.push_back(ref);
    g.bytes += c.size;
    if (g.bytes >= group_limit) open = false;
  }
  STRATA_TRY(executor_->parallel_for(groups.size(), cancel, [&](size_t k) -> Status {
    Group& g = groups[k];
    const bool joins = g.chunks.size() > 1;
    STRATA_ASSIGN(const auto work, memory_->parts.enter((joins ? g.bytes : 0) + work_of_frame(g.bytes), cancel));
    g.summaries.reserve(g.chunks.size());
    for (const HotRef& ref : g.chunks) {
      const PendingChunk& c = ref.array->chunks[ref.chunk];
      uint64_t origin[kMaxRank], extent[kMaxRank];
      uint64_t elements = ref.array->meta->geometry.chunk_box(c.number, origin, extent);
      STRATA_ASSIGN(ChunkSummary s, summarize(*ref.array->meta, c.hot.bytes(), elements));
      g.summaries.push_back(std::move(s));
    }
    if (!joins) {
      STRATA_ASSIGN(g.frame, compress(g.chunks[0].array->chunks[g.chunks[0].chunk].hot.bytes()));
      return {};
    }
    auto joined = memory_->scratch.take(g.bytes);
    size_t at = 0;
    for (const HotRef& ref : g.chunks) {
      const Buffer& hot = ref.array->chunks[ref.chunk].hot;
      if (!hot.empty()) std::memcpy(joined.data() + at, hot.data(), hot.size());
      at += hot.size();
    }
    STRATA_ASSIGN(g.frame, compress(joined.bytes()));
    return {};
  }));
  frames_.reserve(frames_.size() + groups.size());
  for (Group& g : groups) {
    uint32_t frame = add_frame(std::move(g.frame));
    uint32_t at = 0;
    for (size_t i = 0; i < g.chunks.size(); ++i) {
      PendingChunk& c = g.chunks[i].array->chunks[g.chunks[i].chunk];
      c.hot = Buffer();
      c.frame = frame;
      c.offset = at;
      c.summary = std::move(g.summaries[i]);
      at += c.size;
      frames_[frame].live += c.size;
    }
  }
  for (const HotRef& ref : hot_)
    if (ref.chunk < ref.array->chunks.size()) ref.array->chunks[ref.chunk].listed = false;
  hot_.clear();
  hot_charge_.set(0);
  return {};
}

Status PendingLayer::repack(std::span<PendingChunks* const> arrays, const CancelToken* cancel) {
  bool partly_dead = std::any_of(frames_.begin(), frames_.end(), [](const Frame& f) { return f.live && f.live < f.raw; });
  if (!partly_dead) return {};
  // Their live chunks become hot again and are compressed anew.
  for (PendingChunks* array : arrays) {
    for (uint32_t i = 0; i < array->chunks.size(); ++i) {
      PendingChunk& c = array->chunks[i];
      if (c.frame == kHot) continue;
      const Frame& f = frames_[c.frame];
      if (f.live >= f.raw || f.live == 0) continue;
      STRATA_TRY(check(cancel));
      {
        STRATA_ASSIGN(const auto work, memory_->parts.enter(c.size + work_of_read(c), cancel));
        Buffer raw(c.size);
        STRATA_TRY(read_chunk(c, raw.bytes()));
        put_hot(*array, c.number, std::move(raw));
      }
      STRATA_TRY(relieve(cancel));
    }
  }
  return compress_hot(cancel);
}

Status PendingLayer::settle(std::span<PendingChunks* const> arrays, const CancelToken* cancel) {
  STRATA_TRY(compress_hot(cancel));
  return repack(arrays, cancel);
}

}  // namespace strata
