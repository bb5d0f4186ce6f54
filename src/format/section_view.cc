// Bytes -> SectionView.
//
// What has few members (identity, blocks, runs) is checked when the section is opened; rows of frames and chunks, of
// which there may be tens of millions, when they are asked for.
#include <algorithm>
#include <tuple>

#include "base/hash.h"
#include "base/utf8.h"
#include "format/digests.h"
#include "format/section.h"
#include "format/section_layout.h"

namespace strata {
namespace {

using section::AbsorbedAt;
using section::DigestsAt;
using section::EntryAt;
using section::FrameRowAt;
using section::FramesAt;
using section::IdentityAt;
using section::RowAt;
using section::RunAt;
using section::StatisticsAt;
using section::TrailerAt;

Status corrupt(size_t at, std::string_view why) {
  return Status(Code::kCorrupt, cat("section: ", why, " at byte ", at));
}

Id128 id_at(const uint8_t* p) {
  Id128 id;
  std::memcpy(id.bytes.data(), p, id.bytes.size());
  return id;
}

// Takes n rows of `size` bytes from what is left of a payload.
bool take(uint64_t* left, uint64_t n, uint64_t size) {
  if (n > *left / size) return false;
  *left -= n * size;
  return true;
}

Result<Identity> read_identity(Bytes payload, size_t at) {
  uint64_t left = payload.size();
  if (!take(&left, 1, IdentityAt::kSize)) return corrupt(at, "an identity too short");
  const uint8_t* p = payload.data();
  auto absorbed = load<uint32_t>(p + IdentityAt::kAbsorbed), name = load<uint32_t>(p + IdentityAt::kNameSize);
  if (!take(&left, absorbed, AbsorbedAt::kSize) || left != name)
    return corrupt(
        at, cat("an identity of ", payload.size(), " bytes for ", absorbed, " absorbed layers and a name of ", name));
  Identity id;
  id.layer_id = id_at(p + IdentityAt::kLayer);
  id.file_id = id_at(p + IdentityAt::kFile);
  id.parent_id = id_at(p + IdentityAt::kParent);
  id.commit_id = id_at(p + IdentityAt::kCommit);
  id.base_id = id_at(p + IdentityAt::kBase);
  id.time_ns = load<int64_t>(p + IdentityAt::kTime);
  auto kind = load<uint32_t>(p + IdentityAt::kKind);
  if (kind < 1 || kind > 4) return {Code::kFormat, cat("section: a layer of the unknown kind ", kind)};
  id.kind = static_cast<LayerKind>(kind);
  id.slot = load<uint32_t>(p + IdentityAt::kSlot);
  id.absorbed.reserve(absorbed);
  for (p += IdentityAt::kSize; absorbed > 0; --absorbed, p += AbsorbedAt::kSize)
    id.absorbed.push_back({load<uint32_t>(p + AbsorbedAt::kSlot), id_at(p + AbsorbedAt::kId)});
  id.array = as_text({p, name});
  if (!is_utf8(as_bytes(id.array))) return corrupt(at, "an array's name is not UTF-8");
  return id;
}

// first[] rises from 0 to the number of frames.
Status check_frames(Bytes payload, size_t at) {
  uint64_t left = payload.size();
  if (!take(&left, 1, FramesAt::kSize)) return corrupt(at, "a frame index too short");
  auto blocks = load<uint64_t>(payload.data() + FramesAt::kBlocks);
  auto frames = load<uint64_t>(payload.data() + FramesAt::kFrames);
  if (!take(&left, 1, 8) || !take(&left, blocks, 8) || !take(&left, frames, FrameRowAt::kSize) || left != 0)
    return corrupt(at,
                   cat("a frame index of ", payload.size(), " bytes for ", blocks, " blocks and ", frames, " frames"));
  uint64_t before = 0;
  for (uint64_t b = 0; b <= blocks; ++b) {
    size_t field = FramesAt::kSize + static_cast<size_t>(b) * 8;
    auto first = load<uint64_t>(payload.data() + field);
    if (first < before || first > frames || (b == 0 && first != 0) || (b == blocks && first != frames))
      return corrupt(at + field, cat("frame index: block ", b, " starts at frame ", first, " of ", frames));
    before = first;
  }
  return {};
}

// A statistic's text, or nothing when it leaves the heap.
std::optional<std::string> heap_text(Bytes heap, uint64_t offset) {
  if (heap.size() < section::kHeapHead || offset > heap.size() - section::kHeapHead) return std::nullopt;
  Bytes rest = heap.subspan(static_cast<size_t>(offset));
  auto size = load<uint64_t>(rest.data());
  rest = rest.subspan(section::kHeapHead);
  if (size > rest.size()) return std::nullopt;
  return std::string(as_text(rest.first(static_cast<size_t>(size))));
}

}  // namespace

std::optional<uint64_t> section_length(Bytes last32, uint64_t footer_offset) {
  if (last32.size() != TrailerAt::kSize) return std::nullopt;
  const uint8_t* t = last32.data();
  auto length = load<uint64_t>(t + TrailerAt::kLength);
  if (as_text(last32.subspan(TrailerAt::kMagic)) != section::kMagic) return std::nullopt;
  if (length % 8 != 0 || length < TrailerAt::kSize || length > footer_offset) return std::nullopt;
  return length;
}

Result<SectionView> SectionView::parse(Buffer bytes) {
  size_t size = bytes.size();
  if (size < TrailerAt::kSize) return corrupt(0, cat(size, " bytes, less than its trailer"));
  size_t trailer = size - TrailerAt::kSize;
  const uint8_t* base = bytes.data();
  if (section_length(bytes.bytes().subspan(trailer), size) != size)
    return corrupt(trailer, "no trailer of this section");
  if (xxh3_64(bytes.bytes().first(trailer + TrailerAt::kHash)) != load<uint64_t>(base + trailer + TrailerAt::kHash))
    return corrupt(trailer + TrailerAt::kHash, "the checksum does not match the contents");

  SectionView view;
  if (load<uint32_t>(base + trailer + TrailerAt::kVersion) != section::kVersion) return view;  // of a version to come
  auto entries = load<uint32_t>(base + trailer + TrailerAt::kEntries);
  size_t at = 0;
  for (uint32_t i = 0; i < entries; ++i) {
    if (trailer - at < EntryAt::kSize) return corrupt(at, cat("entry ", i, " of ", entries, " is missing"));
    auto tag = load<uint32_t>(base + at + EntryAt::kTag), form = load<uint32_t>(base + at + EntryAt::kForm);
    auto length = load<uint64_t>(base + at + EntryAt::kLength);
    size_t payload_at = at + EntryAt::kSize;
    // trailer is a multiple of 8, so a payload that fits does so with its padding as well.
    if (length > trailer - payload_at)
      return corrupt(at, cat("entry ", i, " of ", length, " bytes leaves the section"));
    at = payload_at + ((static_cast<size_t>(length) + 7) & ~size_t{7});
    if (form != 0) continue;  // of a form to come: skipped like an unknown tag
    STRATA_TRY(view.read_entry(tag, {base + payload_at, static_cast<size_t>(length)}, payload_at));
  }
  if (at != trailer) return corrupt(at, cat("bytes after the last of ", entries, " entries"));
  view.bytes_ = std::move(bytes);
  return view;
}

Status SectionView::read_entry(uint32_t tag, Bytes payload, size_t at) {
  bool twice = false;
  switch (tag) {
    case section::kIdentityTag: {
      if ((twice = identity_.has_value())) break;
      STRATA_ASSIGN(identity_, read_identity(payload, at));
      break;
    }
    case section::kFramesTag: {
      if ((twice = has_frames())) break;
      STRATA_TRY(check_frames(payload, at));
      frame_blocks_ = load<uint64_t>(payload.data() + FramesAt::kBlocks);
      frame_firsts_at_ = at + FramesAt::kSize;
      frame_rows_at_ = frame_firsts_at_ + (static_cast<size_t>(frame_blocks_) + 1) * 8;
      break;
    }
    case section::kStatisticsTag: {
      if ((twice = has_statistics_)) break;
      has_statistics_ = true;
      STRATA_TRY(read_statistics(payload, at));
      break;
    }
    case section::kDigestsTag: {
      if ((twice = has_digests())) break;
      STRATA_TRY(read_digests(payload, at));
      break;
    }
    default:
      break;  // somebody's later invention
  }
  return twice ? corrupt(at, "a second entry of one kind") : Status();
}

Status SectionView::read_statistics(Bytes payload, size_t at) {
  uint64_t left = payload.size();
  if (!take(&left, 1, StatisticsAt::kSize)) return corrupt(at, "statistics too short");
  auto runs = load<uint64_t>(payload.data() + StatisticsAt::kRuns);
  auto rows = load<uint64_t>(payload.data() + StatisticsAt::kRows);
  auto heap = load<uint64_t>(payload.data() + StatisticsAt::kHeap);
  if (!take(&left, runs, RunAt::kSize) || !take(&left, rows, RowAt::kSize) || left != heap)
    return corrupt(at, cat("statistics of ", payload.size(), " bytes for ", runs, " runs, ", rows, " rows and ", heap,
                           " bytes of texts"));
  runs_.reserve(static_cast<size_t>(runs));
  uint64_t next = 0;
  for (size_t i = 0; i < runs; ++i) {
    size_t field = StatisticsAt::kSize + i * RunAt::kSize;
    const uint8_t* r = payload.data() + field;
    StatisticsRun run{load<uint32_t>(r + RunAt::kRecord), load<uint32_t>(r + RunAt::kType),
                      load<uint64_t>(r + RunAt::kFirst), load<uint64_t>(r + RunAt::kCount)};
    if (i > 0 && run.record <= runs_.back().record)
      return corrupt(at + field, cat("statistics: array record ", run.record, " does not ascend"));
    if (run.first != next || run.count > rows - next)
      return corrupt(at + field, cat("statistics: rows ", run.first, " and ", run.count, " more, of ", rows));
    next += run.count;
    runs_.push_back(run);
  }
  if (next != rows) return corrupt(at, cat("statistics: ", rows - next, " rows of no array"));
  rows_at_ = at + StatisticsAt::kSize + static_cast<size_t>(runs) * RunAt::kSize;
  heap_at_ = rows_at_ + static_cast<size_t>(rows) * RowAt::kSize;
  heap_size_ = static_cast<size_t>(heap);
  return {};
}

Status SectionView::read_digests(Bytes payload, size_t at) {
  uint64_t left = payload.size();
  if (!take(&left, 1, DigestsAt::kSize)) return corrupt(at, "digests too short");
  archive_pages_ = load<uint64_t>(payload.data() + DigestsAt::kPages);
  digested_frames_ = load<uint64_t>(payload.data() + DigestsAt::kFrames);
  if (!take(&left, archive_pages_, 8) || !take(&left, digested_frames_, 8) || left != 0)
    return corrupt(at, cat("digests of ", payload.size(), " bytes for ", archive_pages_, " pages and ", digested_frames_, " frames"));
  digests_at_ = at + DigestsAt::kSize;
  return {};
}

bool SectionView::is_row(uint64_t row, Bytes bytes) const {
  if (row >= archive_pages_ + digested_frames_) return false;
  const uint64_t digest = bind_digest(xxh3_64(bytes), identity_ ? identity_->layer_id : Id128{}, row);
  return digest == load<uint64_t>(bytes_.data() + digests_at_ + static_cast<size_t>(row) * 8);
}

std::pair<uint64_t, uint64_t> SectionView::frames_of(uint64_t block) const {
  if (!has_frames() || block >= frame_blocks_) return {0, 0};
  const uint8_t* first = bytes_.data() + frame_firsts_at_ + static_cast<size_t>(block) * 8;
  return {load<uint64_t>(first), load<uint64_t>(first + 8)};
}

uint64_t SectionView::frame_count() const {
  if (!has_frames()) return 0;
  return load<uint64_t>(bytes_.data() + frame_firsts_at_ + static_cast<size_t>(frame_blocks_) * 8);
}

FrameStart SectionView::frame(uint64_t i) const {
  if (i >= frame_count()) return {};
  const uint8_t* row = bytes_.data() + frame_rows_at_ + static_cast<size_t>(i) * FrameRowAt::kSize;
  return {load<uint64_t>(row + FrameRowAt::kCompressed), load<uint64_t>(row + FrameRowAt::kRaw)};
}

const SectionView::StatisticsRun* SectionView::run_of(uint32_t record) const {
  auto it = std::lower_bound(runs_.begin(), runs_.end(), record,
                             [](const StatisticsRun& run, uint32_t r) { return run.record < r; });
  return it != runs_.end() && it->record == record ? &*it : nullptr;
}

uint64_t SectionView::statistics_count(uint32_t record) const {
  const StatisticsRun* run = run_of(record);
  return run ? run->count : 0;
}

ChunkStatistics SectionView::statistics(uint32_t record, uint64_t chunk) const {
  const StatisticsRun* run = run_of(record);
  if (!run || chunk >= run->count) return {};
  const uint8_t* row = bytes_.data() + rows_at_ + static_cast<size_t>(run->first + chunk) * RowAt::kSize;
  ChunkStatistics out;
  out.count = load<uint64_t>(row + RowAt::kCount);
  out.null_count = load<uint64_t>(row + RowAt::kNullCount);
  if (out.null_count > out.count) return {};
  auto type = static_cast<Type>(run->type);
  if (run->type > UINT8_MAX || !section::is_statistic(type)) return out;
  auto flags = load<uint32_t>(row + RowAt::kFlags);
  Bytes heap{bytes_.data() + heap_at_, heap_size_};
  for (auto [flag, field, limit] :
       {std::tuple{section::kHasMin, RowAt::kMin, &out.min}, std::tuple{section::kHasMax, RowAt::kMax, &out.max}}) {
    if ((flags & flag) == 0) continue;
    auto bits = load<uint64_t>(row + field);
    if (!is_text_like(type)) {
      *limit = Value{type, bits, {}};
      continue;
    }
    auto text = heap_text(heap, bits);
    if (!text) return {};
    *limit = Value{type, 0, std::move(*text)};
  }
  return out;
}

}  // namespace strata
