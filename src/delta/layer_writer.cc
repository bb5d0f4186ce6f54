#include "delta/layer_writer.h"

#include <algorithm>
#include <numeric>

#include "base/checked.h"
#include "format/digests.h"

namespace strata {

BlockPlan plan_blocks(const PendingLayer& layer) {
  const auto& frames = layer.frames();
  const Codec& codec = *layer.settings().codec;
  BlockPlan plan;
  FrameIndex& index = plan.frame_index;
  plan.places.resize(frames.size());
  for (uint32_t i = 0; i < frames.size(); ++i)
    if (frames[i].live) plan.order.push_back(i);
  auto by_place = [&](uint32_t a, uint32_t b) { return frames[a].log_offset < frames[b].log_offset; };
  if (!std::is_sorted(plan.order.begin(), plan.order.end(), by_place))
    std::sort(plan.order.begin(), plan.order.end(), by_place);
  bool open = false;
  for (uint32_t i : plan.order) {
    const Frame& f = frames[i];
    if (!open) {
      plan.blocks.push_back({static_cast<uint32_t>(plan.blocks.size()), plan.data_size, 0, 0, std::string(codec.name())});
      index.first.push_back(index.frames.size());
    }
    BlockRecord& b = plan.blocks.back();
    plan.places[i] = {b.id, static_cast<uint32_t>(b.uncompressed_size)};
    if (f.stored) {
      index.frames.push_back({b.compressed_size, b.uncompressed_size});
      index.digests.push_back(f.digest);
    }
    for (size_t k = 0; k < f.more_digests.size(); ++k) {
      const uint64_t page = b.compressed_size + (k + 1) * kDigestPage;
      index.frames.push_back({page, page});
      index.digests.push_back(f.more_digests[k]);
    }
    b.compressed_size += f.stored;
    b.uncompressed_size += f.raw;
    plan.data_size += f.stored;
    open = codec.concatenable() && b.uncompressed_size < layer.settings().block_bytes;
  }
  index.first.push_back(index.frames.size());
  return plan;
}

namespace {

Status copy_frames(PendingLayer& layer, const BlockPlan& plan, Staged& to, const CancelToken* cancel) {
  constexpr size_t kPiece = 1u << 20;
  uint64_t at = 0;
  const auto& frames = layer.frames();
  for (size_t i = 0; i < plan.order.size();) {
    STRATA_TRY(check(cancel));
    const size_t first = i;
    const uint64_t from = frames[plan.order[i]].log_offset;
    uint64_t n = 0;
    do {
      n += frames[plan.order[i]].stored;
      ++i;
    } while (i < plan.order.size() && frames[plan.order[i]].log_offset == from + n && n < kPiece);
    STRATA_ASSIGN(const auto work, layer.memory().parts.enter(n, cancel));
    auto piece = layer.memory().scratch.take(n);
    STRATA_TRY(layer.log().read(from, piece.bytes()));
    // After a failed fsync the system may have dropped what it could not write: what is read back need not be what was written.
    for (size_t k = first; k < i; ++k) {
      const Frame& f = frames[plan.order[k]];
      if (!layer.is_frame(plan.order[k], piece.bytes().subspan(f.log_offset - from, f.stored)))
        return Status(Code::kIo, "pending data was lost in its temporary file");
    }
    STRATA_TRY(to.write_at(at, piece.bytes()));
    at += n;
  }
  return {};
}

// Everything behind the blocks, as one write.
Status write_tail(WrittenLayer& out, uint64_t data_size, const Footer& footer, const Section& section) {
  STRATA_ASSIGN(out.archive, encode_footer(footer));
  STRATA_ASSIGN(out.section, encode_section(section, out.archive.bytes()));
  uint64_t padded = align_up(data_size, 8);
  Buffer tail(padded - data_size);
  std::fill_n(tail.data(), tail.size(), uint8_t{0});
  tail.append(out.section.bytes());
  tail.append(out.archive.bytes());
  append_trailer(tail, out.archive.size(), kFooterMagic);
  STRATA_TRY(out.object->write_at(data_size, tail.bytes()));
  return out.object->seal(data_size + tail.size());
}

}  // namespace

Result<WrittenLayer> write_layer(Storage& storage, std::string_view key, std::string_view staging_key, PendingLayer& layer,
                                 const BlockPlan& plan, const Footer& footer, const Section& section, bool may_adopt,
                                 const CancelToken* cancel) {
  WrittenLayer out;
  if (may_adopt && staging_key.empty() && plan.data_size == layer.log().size()) {
    STRATA_ASSIGN(out.object, layer.log().lend_file());
  }
  if (!out.object) {
    STRATA_ASSIGN(out.own, storage.stage(key, staging_key));
    out.object = out.own.get();
    STRATA_TRY(copy_frames(layer, plan, *out.object, cancel));
  }
  STRATA_TRY(write_tail(out, plan.data_size, footer, section));
  return out;
}

Result<WrittenLayer> write_empty_layer(Storage& storage, std::string_view key, std::string_view staging_key,
                                       const Footer& footer, const Section& section) {
  WrittenLayer out;
  STRATA_ASSIGN(out.own, storage.stage(key, staging_key));
  out.object = out.own.get();
  STRATA_TRY(write_tail(out, 0, footer, section));
  return out;
}

}  // namespace strata
