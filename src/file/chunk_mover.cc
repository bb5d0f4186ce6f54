#include "file/chunk_mover.h"

#include <algorithm>

namespace strata {
namespace {

constexpr size_t kBatch = 1u << 12;  // units handled at a time, fewer where they are large

ChunkSummary to_summary(const ChunkStatistics& s) {
  ChunkSummary out;
  out.count = s.count;
  out.null_count = s.null_count;
  if (s.min && s.max) {
    out.min = s.min->bits;
    out.max = s.max->bits;
    if (is_text_like(s.min->type)) out.text = std::make_unique<std::pair<std::string, std::string>>(s.min->text, s.max->text);
  }
  return out;
}

ChunkSummary copy_of(const ChunkSummary& s) {
  ChunkSummary out;
  out.count = s.count;
  out.null_count = s.null_count;
  out.min = s.min;
  out.max = s.max;
  if (s.text) out.text = std::make_unique<std::pair<std::string, std::string>>(*s.text);
  return out;
}

}  // namespace

Status ChunkMover::add(PendingChunks& target, const ArrayDef& array, uint64_t number, const ChunkSource& source) {
  ++count_;
  if (source.pending) {
    pending_.push_back({&target, source.pending});
    return {};
  }
  const SealedLayer& layer = *source.layer->layer;
  const ChunkAddress address = source.layer->view().chunk(source.place);
  // The original, which never looks into chunks of lists, moves whatever they are.
  if (!is_list(array.meta.dtype.type)) STRATA_TRY(from_.expect_size(array, number, address.size));
  STRATA_ASSIGN(const Unit unit, layer.unit_of(address));
  Moving m{&target, number, static_cast<uint32_t>(address.offset - unit.raw_begin), address.size, {}, false};
  if (layer.has_statistics()) {
    ChunkStatistics s = layer.statistics(source.layer->record, source.place);
    uint64_t origin[kMaxRank], extent[kMaxRank];
    const uint64_t elements = array.meta.geometry.chunk_box(number, origin, extent);
    if ((m.summarized = elements != 0 && fits(s, array.meta.dtype.type, elements))) m.summary = to_summary(s);
  }
  const auto [it, is_new] = index_.try_emplace({&layer, unit.offset, unit.stored}, sources_.size());
  if (is_new) sources_.push_back({&layer, unit, {}});
  Source& s = sources_[it->second];
  s.chunks.push_back(std::move(m));
  s.bytes += address.size;
  return {};
}

Status ChunkMover::run(CancelToken* cancel) {
  if (cancel) cancel->begin(count_);
  STRATA_TRY(move_sealed(cancel));
  return move_pending(cancel);
}

Status ChunkMover::move_sealed(CancelToken* cancel) {
  std::vector<Made> made;
  for (size_t first = 0, n; first < sources_.size(); first += n) {
    uint64_t held = 0;  // by those that are taken apart
    for (n = 0; n < kBatch && first + n < sources_.size() && (n == 0 || held < from_.engine_->memory->batch_bytes()); ++n)
      if (!copies(sources_[first + n])) held += sources_[first + n].bytes;
    STRATA_ASSIGN(const auto batch, from_.engine_->memory->batches.enter(held, cancel));
    made.clear();
    made.resize(n);
    STRATA_TRY(from_.engine_->executor.parallel_for(
        n, cancel, [&](size_t i) -> Status { return make(sources_[first + i], made[i], cancel); }));
    for (size_t i = 0; i < n; ++i) put(sources_[first + i], made[i]);
    STRATA_TRY(to_.relieve(cancel));
  }
  return {};
}

// Whether its stored bytes go over as they are.
bool ChunkMover::copies(const Source& s) const {
  return s.unit.exact && s.bytes == s.unit.raw_limit && s.unit.raw_limit <= UINT32_MAX &&
         s.unit.codec->name() == to_.settings().codec->name();
}

Status ChunkMover::make(Source& s, Made& made, CancelToken* cancel) const {
  bool summarized = true;
  for (const Moving& m : s.chunks) summarized &= m.summarized;
  made.copied = copies(s);
  STRATA_ASSIGN(const auto work, from_.admit(made.copied && summarized ? s.unit.stored : from_.work_of(*s.layer, s.unit), cancel));
  auto stored = from_.engine_->memory->scratch.take(s.unit.stored);
  STRATA_TRY(from_.read_stored(*s.layer, s.unit.offset, stored.bytes(), cancel));
  // Whatever the settings for reading: damaged bytes must not get a good digest.
  STRATA_TRY(from_.verify(*s.layer, s.unit, stored.bytes(), Verify::kAlways).prepend([&] {
    return cat("chunk ", s.chunks.front().number, " of array \"", s.chunks.front().target->meta->name, "\": ");
  }));
  if (!made.copied || !summarized) {
    STRATA_ASSIGN(const Buffer raw, decoding(from_.engine_->counters, [&] { return s.layer->decode(s.unit, stored.bytes()); }));
    count(from_.engine_->counters.decoded_bytes, raw.size());
    STRATA_TRY(take_apart(s, raw.bytes(), !made.copied, made));
  }
  if (made.copied) {
    STRATA_ASSIGN(made.frame, to_.append_stored(stored.bytes(), static_cast<uint32_t>(s.unit.raw_limit)));
  }
  advance(cancel, s.chunks.size(), s.bytes);
  return {};
}

Status ChunkMover::take_apart(Source& s, Bytes raw, bool keep, Made& made) const {
  for (Moving& m : s.chunks) {
    if (m.from > raw.size() || m.size > raw.size() - m.from)
      return Status(Code::kCorrupt, cat(s.layer->name(), ": a chunk of array \"", m.target->meta->name, "\" leaves its block"));
    uint64_t origin[kMaxRank], extent[kMaxRank];
    const uint64_t elements = m.target->meta->geometry.chunk_box(m.number, origin, extent);
    const Bytes bytes = raw.subspan(m.from, m.size);
    if (!m.summarized || (keep && !m.summary.has_range())) {
      STRATA_ASSIGN(ChunkSummary found, summarize(*m.target->meta, bytes, elements));
      if (m.summarized && found.has_range()) {
        // All null, and not for its values: nobody wrote it. Unless what says so is wrong; values are never changed by moving them.
        STRATA_ASSIGN(const Buffer unwritten, unwritten_chunk(*m.target->meta, elements));
        if (std::ranges::equal(unwritten.bytes(), bytes)) {
          made.raw.emplace_back();
          continue;
        }
      }
      m.summary = std::move(found);
      m.summarized = true;
    }
    if (keep) made.raw.push_back(Buffer::copy_of(bytes));
  }
  return {};
}

void ChunkMover::put(Source& s, Made& made) {
  if (made.copied) {
    const uint32_t frame = to_.add_frame(made.frame);
    for (Moving& m : s.chunks) to_.put_frame(*m.target, m.number, frame, m.from, m.size, std::move(m.summary));
    return;
  }
  for (size_t k = 0; k < s.chunks.size(); ++k)
    if (made.raw[k].size()) to_.put_hot(*s.chunks[k].target, s.chunks[k].number, std::move(made.raw[k]));
}

// Chunks that are not in a layer yet: those with a frame of their own go over as they are.
Status ChunkMover::move_pending(CancelToken* cancel) {
  const bool same_codec = from_.settings_.codec->name() == to_.settings().codec->name();
  for (const Pending& p : pending_) {
    STRATA_TRY(check(cancel));
    const PendingChunk& c = *p.chunk;
    if (same_codec && from_.pending_->has_own_frame(c)) {
      const uint32_t size = from_.pending_->frames()[c.frame].stored;
      STRATA_ASSIGN(const auto work, from_.admit(size, cancel));
      auto stored = from_.engine_->memory->scratch.take(size);
      STRATA_TRY(from_.pending_->read_frame(c.frame, stored.bytes()));
      STRATA_ASSIGN(const Frame frame, to_.append_stored(stored.bytes(), c.size));
      to_.put_frame(*p.target, c.number, to_.add_frame(frame), 0, c.size, copy_of(c.summary));
    } else {
      {
        STRATA_ASSIGN(const auto work, from_.admit(c.size + from_.pending_->work_of_read(c), cancel));
        Buffer raw(c.size);
        STRATA_TRY(from_.pending_->read_chunk(c, raw.bytes()));
        to_.put_hot(*p.target, c.number, std::move(raw));
      }
      STRATA_TRY(to_.relieve(cancel));
    }
    advance(cancel, 1, c.size);
  }
  return {};
}

}  // namespace strata
