// Section -> bytes.
#include "format/section.h"

#include <algorithm>

#include "base/hash.h"
#include "base/utf8.h"
#include "format/digests.h"
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

size_t extend(Buffer& out, size_t n) {
  size_t at = out.size();
  out.resize(at + n);
  if (n) std::memset(out.data() + at, 0, n);
  return at;
}

template <typename T>
void put(Buffer& out, size_t at, T v) {
  store(out.data() + at, v);
}
void put_id(Buffer& out, size_t at, const Id128& id) { std::memcpy(out.data() + at, id.bytes.data(), id.bytes.size()); }

size_t begin_entry(Buffer& out, uint32_t tag) {
  size_t at = extend(out, EntryAt::kSize);
  put(out, at + EntryAt::kTag, tag);
  return at;
}
void end_entry(Buffer& out, size_t entry) {
  put<uint64_t>(out, entry + EntryAt::kLength, out.size() - entry - EntryAt::kSize);
  out.pad_to(8);
}

Status write_identity(Buffer& out, const Identity& id) {
  if (!is_utf8(as_bytes(id.array))) return Status(Code::kInvalid, "encoding an identity: the name is not UTF-8");
  if (id.array.size() > UINT32_MAX || id.absorbed.size() > UINT32_MAX)
    return Status(Code::kLimit, cat("encoding an identity: a name of ", id.array.size(), " bytes, ", id.absorbed.size(),
                                    " absorbed layers"));
  auto kind = static_cast<uint32_t>(id.kind);
  if (kind < 1 || kind > 4) return Status(Code::kInvalid, cat("encoding an identity: layer kind ", kind));
  size_t entry = begin_entry(out, section::kIdentityTag);
  size_t head = extend(out, IdentityAt::kSize + id.absorbed.size() * AbsorbedAt::kSize);
  put_id(out, head + IdentityAt::kLayer, id.layer_id);
  put_id(out, head + IdentityAt::kFile, id.file_id);
  put_id(out, head + IdentityAt::kParent, id.parent_id);
  put_id(out, head + IdentityAt::kCommit, id.commit_id);
  put_id(out, head + IdentityAt::kBase, id.base_id);
  put(out, head + IdentityAt::kTime, id.time_ns);
  put(out, head + IdentityAt::kKind, kind);
  put(out, head + IdentityAt::kSlot, id.slot);
  put(out, head + IdentityAt::kNameSize, static_cast<uint32_t>(id.array.size()));
  put(out, head + IdentityAt::kAbsorbed, static_cast<uint32_t>(id.absorbed.size()));
  size_t row = head + IdentityAt::kSize;
  for (const AbsorbedLayer& a : id.absorbed) {
    put_id(out, row + AbsorbedAt::kId, a.id);
    put(out, row + AbsorbedAt::kSlot, a.slot);
    row += AbsorbedAt::kSize;
  }
  out.append(as_bytes(id.array));
  end_entry(out, entry);
  return {};
}

Status check_frames(const FrameIndex& f) {
  auto invalid = [](std::string why) { return Status(Code::kInvalid, cat("encoding a frame index: ", why)); };
  if (f.first.empty()) return f.frames.empty() ? Status() : invalid("frames without blocks");
  if (f.first.front() != 0 || f.first.back() != f.frames.size())
    return invalid(cat("blocks own frames ", f.first.front(), "..", f.first.back(), " of ", f.frames.size()));
  for (size_t b = 0; b + 1 < f.first.size(); ++b) {
    uint64_t begin = f.first[b], end = f.first[b + 1];
    if (begin > end || end > f.frames.size()) return invalid(cat("block ", b, " ends before it starts"));
    for (uint64_t i = begin + 1; i < end; ++i) {
      const FrameStart &a = f.frames[i - 1], &z = f.frames[i];
      if (z.compressed_offset <= a.compressed_offset || z.raw_offset < a.raw_offset)
        return invalid(cat("frame ", i - begin, " of block ", b, " does not ascend"));
    }
  }
  return {};
}

Status write_frames(Buffer& out, const FrameIndex& f) {
  STRATA_TRY(check_frames(f));
  size_t entry = begin_entry(out, section::kFramesTag);
  size_t blocks = f.first.empty() ? 0 : f.first.size() - 1;
  size_t at = extend(out, FramesAt::kSize + (blocks + 1) * 8 + f.frames.size() * FrameRowAt::kSize);
  put<uint64_t>(out, at + FramesAt::kBlocks, blocks);
  put<uint64_t>(out, at + FramesAt::kFrames, f.frames.size());
  at += FramesAt::kSize;
  if (!f.first.empty()) std::memcpy(out.data() + at, f.first.data(), f.first.size() * 8);
  at += (blocks + 1) * 8;
  for (const FrameStart& s : f.frames) {
    put(out, at + FrameRowAt::kCompressed, s.compressed_offset);
    put(out, at + FrameRowAt::kRaw, s.raw_offset);
    at += FrameRowAt::kSize;
  }
  end_entry(out, entry);
  return {};
}

// The one kind of all limits of an array's chunks.
Result<uint32_t> run_type(const ArrayChunkStatistics& array) {
  uint32_t type = section::kNoType;
  for (size_t i = 0; i < array.chunks.size(); ++i) {
    for (const auto* limit : {&array.chunks[i].min, &array.chunks[i].max}) {
      if (!*limit) continue;
      auto t = static_cast<uint32_t>((*limit)->type);
      if (!section::is_statistic((*limit)->type) || (type != section::kNoType && t != type))
        return {Code::kInvalid, cat("encoding statistics: chunk ", i, " of array record ", array.record,
                                    ": a limit of kind ", type_name((*limit)->type))};
      type = t;
    }
    if (array.chunks[i].null_count > array.chunks[i].count)
      return {Code::kInvalid, cat("encoding statistics: chunk ", i, " of array record ", array.record, ": ",
                                  array.chunks[i].null_count, " nulls in ", array.chunks[i].count, " cells")};
  }
  return type;
}

Status write_statistics(Buffer& out, std::span<const ArrayChunkStatistics> arrays) {
  uint64_t rows = 0;
  for (size_t i = 0; i < arrays.size(); ++i) {
    if (i > 0 && arrays[i].record <= arrays[i - 1].record)
      return Status(Code::kInvalid, cat("encoding statistics: array record ", arrays[i].record, " does not ascend"));
    rows += arrays[i].chunks.size();
  }
  size_t entry = begin_entry(out, section::kStatisticsTag);
  size_t head = extend(out, StatisticsAt::kSize + arrays.size() * RunAt::kSize + rows * RowAt::kSize);
  size_t run = head + StatisticsAt::kSize, row = run + arrays.size() * RunAt::kSize, heap = out.size();
  put<uint64_t>(out, head + StatisticsAt::kRuns, arrays.size());
  put<uint64_t>(out, head + StatisticsAt::kRows, rows);
  auto limit_bits = [&](const std::optional<Value>& v) -> uint64_t {
    if (!v) return 0;
    if (!is_text_like(v->type)) return v->bits;
    size_t at = extend(out, section::kHeapHead);
    put<uint64_t>(out, at, v->text.size());
    out.append(as_bytes(v->text));
    out.pad_to(8);
    return at - heap;
  };
  uint64_t first = 0;
  for (const ArrayChunkStatistics& a : arrays) {
    STRATA_ASSIGN(uint32_t type, run_type(a));
    put(out, run + RunAt::kRecord, a.record);
    put(out, run + RunAt::kType, type);
    put(out, run + RunAt::kFirst, first);
    put<uint64_t>(out, run + RunAt::kCount, a.chunks.size());
    run += RunAt::kSize;
    first += a.chunks.size();
    for (const ChunkStatistics& c : a.chunks) {
      put(out, row + RowAt::kMin, limit_bits(c.min));
      put(out, row + RowAt::kMax, limit_bits(c.max));
      put(out, row + RowAt::kNullCount, c.null_count);
      put(out, row + RowAt::kCount, c.count);
      put(out, row + RowAt::kFlags, (c.min ? section::kHasMin : 0) | (c.max ? section::kHasMax : 0));
      row += RowAt::kSize;
    }
  }
  put<uint64_t>(out, head + StatisticsAt::kHeap, out.size() - heap);
  end_entry(out, entry);
  return {};
}

Status write_digests(Buffer& out, const Section& s, Bytes archive) {
  const size_t pages = digest_pages(archive.size()), frames = s.frames ? s.frames->frames.size() : 0;
  if (!s.identity || (s.frames && s.frames->digests.size() != frames))
    return Status(Code::kInvalid, "encoding digests: a layer without an id, or frames without digests");
  const Id128& layer = s.identity->layer_id;
  size_t entry = begin_entry(out, section::kDigestsTag);
  size_t at = extend(out, DigestsAt::kSize + (pages + frames) * 8);
  put<uint64_t>(out, at + DigestsAt::kPages, pages);
  put<uint64_t>(out, at + DigestsAt::kFrames, frames);
  at += DigestsAt::kSize;
  for (size_t i = 0; i < pages; ++i, archive = archive.subspan(std::min(kDigestPage, archive.size())))
    put(out, at + i * 8, bind_digest(xxh3_64(archive.first(std::min(kDigestPage, archive.size()))), layer, i));
  at += pages * 8;
  for (size_t i = 0; i < frames; ++i) put(out, at + i * 8, bind_digest(s.frames->digests[i], layer, pages + i));
  end_entry(out, entry);
  return {};
}

size_t expected_size(const Section& s) {
  size_t n = 1024;
  if (s.identity) n += s.identity->array.size() + s.identity->absorbed.size() * AbsorbedAt::kSize;
  if (s.frames) n += s.frames->first.size() * 8 + s.frames->frames.size() * (FrameRowAt::kSize + 8);
  for (const ArrayChunkStatistics& a : s.statistics) n += RunAt::kSize + a.chunks.size() * RowAt::kSize;
  return n;
}

}  // namespace

Result<Buffer> encode_section(const Section& s, Bytes archive) {
  Buffer out;
  out.reserve(expected_size(s));
  uint32_t entries = 0;
  if (s.identity) {
    STRATA_TRY(write_identity(out, *s.identity));
    ++entries;
  }
  if (s.frames) {
    STRATA_TRY(write_frames(out, *s.frames));
    ++entries;
  }
  if (!s.statistics.empty()) {
    STRATA_TRY(write_statistics(out, s.statistics));
    ++entries;
  }
  if (!archive.empty()) {
    STRATA_TRY(write_digests(out, s, archive));
    ++entries;
  }
  size_t at = extend(out, TrailerAt::kSize);
  put<uint64_t>(out, at + TrailerAt::kLength, out.size());
  put(out, at + TrailerAt::kVersion, section::kVersion);
  put(out, at + TrailerAt::kEntries, entries);
  put(out, at + TrailerAt::kHash, xxh3_64(out.bytes().first(at + TrailerAt::kHash)));
  std::memcpy(out.data() + at + TrailerAt::kMagic, section::kMagic.data(), section::kMagic.size());
  return out;
}

}  // namespace strata
