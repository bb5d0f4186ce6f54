// Reading regions: which chunks, where their bytes are, and how they get into the caller's memory with the fewest reads,
// decompressions and copies.
//
// A unit (a frame; a block without frames; with codec none a chunk's pages) of which everything is wanted is read in a run with its
// neighbours, and decompressed into the caller's memory where the chunk lies there in one piece, else into scratch memory. A unit of which only
// a part is wanted goes through the cache.
#include <algorithm>
#include <tuple>

#include "base/checked.h"
#include "delta/copy.h"
#include "file/explain.h"
#include "format/digests.h"

namespace strata {
namespace {

constexpr size_t kWave = 1u << 16;          // chunks planned at a time
constexpr uint64_t kRun = 1u << 20;         // stored bytes read at once
constexpr uint64_t kGap = 4u << 10;         // unwanted bytes worth reading through
constexpr uint64_t kCheap = 32u << 10;      // bytes that cost little more to read than a second read costs
constexpr uint64_t kSmallWork = 256u << 10;  // copied bytes below which other threads are not worth waking
constexpr uint64_t kDecoding = 4;            // as much work as copying that many times

}  // namespace

class RegionReader {
 public:
  RegionReader(const ArrayFile& file, std::span<ReadRequest> requests, bool keep_going, CancelToken* cancel,
               Explainer* explainer = nullptr)
      : file_(file), engine_(*file.engine_), requests_(requests), keep_going_(keep_going), cancel_(cancel), explainer_(explainer) {}

  Status run() {
    uint64_t total = 0;
    for (auto& r : requests_) {
      if (r.status.ok()) r.status = check_request(r);
      if (!r.status.ok()) {
        if (!keep_going_) return r.status;
        continue;
      }
      total += r.array->meta.geometry.chunks_in(r.start, r.count);
    }
    if (cancel_) cancel_->begin(total);
    for (uint32_t i = 0; i < requests_.size(); ++i) {
      ReadRequest& r = requests_[i];
      if (!r.status.ok()) continue;
      const Geometry& g = r.array->meta.geometry;
      uint64_t n = g.chunks_in(r.start, r.count);
      for (uint64_t k = 0; k < n; ++k) {
        plan(i, g.chunk_in(r.start, r.count, k));
        if (tasks_.size() + copies_.size() >= kWave) STRATA_TRY(execute());
      }
    }
    return execute();
  }

 private:
  // A chunk in a unit of a layer.
  struct Task {
    uint32_t request;
    uint64_t number;
    const SealedLayer* layer;
    Unit unit;
    uint64_t from;  // of the chunk in the decompressed unit
    uint32_t size;
  };
  // A chunk that needs no reading: pending, or fill.
  struct Copy {
    uint32_t request;
    uint64_t number;
    const PendingChunk* pending;
  };
  // Tasks [first, last) of one unit.
  struct Group {
    size_t first, last;
    bool whole;  // all of the unit is wanted
  };

  Status check_request(const ReadRequest& r) const {
    STRATA_TRY(file_.check_usable(*r.array));
    return r.array->meta.geometry.check_region(r.start, r.count);
  }

  // Records what befell a request; false: go on.
  Status failed(uint32_t request, Status s) {
    if (!keep_going_ || s.code() == Code::kCancelled || s.code() == Code::kDeadline || s.code() == Code::kNoMemory) return s;
    std::lock_guard lock(mu_);
    if (requests_[request].status.ok()) requests_[request].status = std::move(s);
    return {};
  }

  void plan(uint32_t request, uint64_t number) {
    const ArrayDef& array = *requests_[request].array;
    ChunkSource source = file_.find_chunk(array, number);
    if (explainer_) explainer_->chunk(source);
    if (source.is_fill() || source.pending) {
      copies_.push_back({request, number, source.pending});
      return;
    }
    const SealedLayer& layer = *source.layer->layer;
    ChunkAddress address = source.layer->view().chunk(source.place);
    auto fail = [&](Status s) {
      s = failed(request, std::move(s));
      if (!s.ok() && plan_error_.ok()) plan_error_ = std::move(s);
    };
    if (Status s = file_.expect_size(array, number, address.size); !s.ok()) return fail(std::move(s));
    auto unit = layer.unit_of(address);
    if (!unit.ok()) return fail(unit.take_status());
    tasks_.push_back({request, number, &layer, *unit, address.offset - unit->raw_begin, address.size});
  }

  Status execute() {
    STRATA_TRY(std::exchange(plan_error_, Status()));
    // Of units that begin at one place (with no codec: chunks of several sizes that share their bytes) the longest comes first
    // and stands for all.
    auto before = [](const Task& a, const Task& b) {
      if (a.layer != b.layer) return std::less<>()(a.layer, b.layer);
      if (a.unit.offset != b.unit.offset) return a.unit.offset < b.unit.offset;
      if (a.unit.codec != b.unit.codec) return std::less<>()(a.unit.codec, b.unit.codec);
      if (a.unit.stored != b.unit.stored) return a.unit.stored > b.unit.stored;
      return std::tie(a.unit.raw_begin, a.unit.raw_limit) < std::tie(b.unit.raw_begin, b.unit.raw_limit);
    };
    // In a forged file, units that begin at one place need not be the same, and what fits one leaves another.
    auto same_unit = [](const Task& a, const Task& b) {
      if (a.layer != b.layer || a.unit.offset != b.unit.offset || a.unit.codec != b.unit.codec) return false;
      return a.unit.codec->name().empty() || (a.unit.stored == b.unit.stored && a.unit.raw_begin == b.unit.raw_begin &&
                                              a.unit.raw_limit == b.unit.raw_limit);
    };
    if (!std::is_sorted(tasks_.begin(), tasks_.end(), before)) std::stable_sort(tasks_.begin(), tasks_.end(), before);
    groups_.clear();
    for (size_t i = 0; i < tasks_.size();) {
      size_t j = i;
      uint64_t wanted = 0;
      for (; j < tasks_.size() && same_unit(tasks_[i], tasks_[j]); ++j)
        if (is_whole(tasks_[j])) wanted += tasks_[j].size;
      groups_.push_back({i, j, tasks_[i].unit.exact && wanted >= tasks_[i].unit.raw_limit});
      i = j;
    }
    // Runs of groups that are read at once: neighbours that are wanted whole.
    runs_.clear();
    for (size_t g = 0; g < groups_.size();) {
      size_t h = g + 1;
      if (groups_[g].whole) {
        const Task& head = tasks_[groups_[g].first];
        uint64_t end = head.unit.offset + head.unit.stored;
        for (; h < groups_.size() && groups_[h].whole; ++h) {
          const Task& t = tasks_[groups_[h].first];
          if (t.layer != head.layer || t.unit.offset > end + kGap || t.unit.offset + t.unit.stored - head.unit.offset > kRun) break;
          end = std::max(end, t.unit.offset + t.unit.stored);
        }
      }
      runs_.emplace_back(g, h);
      g = h;
    }
    if (explainer_) return explain();
    const size_t n_copies = copies_.size();
    auto part = [&](size_t i) -> Status {
      if (i < n_copies) return do_copy(copies_[i]);
      return do_run(runs_[i - n_copies].first, runs_[i - n_copies].second);
    };
    Status s;
    if (is_small()) {
      for (size_t i = 0; s.ok() && i < n_copies + runs_.size(); ++i) {
        s = check(cancel_);
        if (s.ok()) s = part(i);
      }
    } else {
      s = engine_.executor.parallel_for(n_copies + runs_.size(), cancel_, part);
    }
    tasks_.clear();
    copies_.clear();
    return s;
  }

  // Instead of doing it.
  Status explain() {
    for (const auto& [first, last] : runs_) {
      STRATA_TRY(check(cancel_));
      explainer_->out.units += last - first;
      const Task& head = tasks_[groups_[first].first];
      if (!groups_[first].whole) {
        if (!head.unit.codec->name().empty()) {
          explainer_->fetched(*head.layer, head.unit);
          continue;
        }
        for (size_t i = groups_[first].first; i < groups_[first].last; ++i)
          STRATA_TRY(for_each_piece(tasks_[i], overlap(tasks_[i].request, tasks_[i].number), [&](const BoxPiece& piece) {
            return explainer_->part(*tasks_[i].layer, tasks_[i].unit, piece.from, piece.span);
          }));
        continue;
      }
      explainer_->stored(*head.layer, head.unit.offset, stored_end(first, last) - head.unit.offset);
      for (size_t g = first; g < last; ++g) explainer_->decoded(tasks_[groups_[g].first].unit);
    }
    tasks_.clear();
    copies_.clear();
    return {};
  }

  // Where the bytes of groups that are read at once end.
  uint64_t stored_end(size_t first, size_t last) const {
    uint64_t end = 0;
    for (size_t g = first; g < last; ++g) {
      const Unit& u = tasks_[groups_[g].first].unit;
      end = std::max(end, u.offset + u.stored);
    }
    return end;
  }

  bool is_small() const {
    if (runs_.size() + copies_.size() <= 1) return true;
    if (copies_.size() > 64 || runs_.size() > 64) return false;
    uint64_t bytes = 0;
    auto wanted = [&](uint32_t request, uint64_t number) { return overlap(request, number).elements * width(request); };
    for (const Task& t : tasks_)
      bytes += t.unit.codec->name().empty() ? wanted(t.request, t.number) : kDecoding * std::min<uint64_t>(t.unit.raw_limit, kSmallWork);
    for (const Copy& c : copies_) bytes += wanted(c.request, c.number);
    return bytes < kSmallWork;
  }

  uint64_t width(uint32_t request) const { return requests_[request].array->meta.width(); }
  Overlap overlap(uint32_t request, uint64_t number) const {
    const ReadRequest& r = requests_[request];
    return overlap_of(r.array->meta.geometry, number, r.start, r.count);
  }
  bool is_whole(const Task& t) const { return overlap(t.request, t.number).whole(); }

  uint8_t* target(const ReadRequest& r, const Overlap& o) const {
    uint8_t* p = r.dst;
    for (size_t i = 0; i < r.count.size(); ++i) p += static_cast<int64_t>(o.in_region[i]) * r.strides[i];
    return p;
  }

  // From a decoded chunk to the caller's memory.
  void scatter(uint32_t request, const Overlap& o, const uint8_t* chunk) const {
    const ReadRequest& r = requests_[request];
    const size_t rank = r.count.size();
    int64_t strides[kMaxRank];
    row_major_strides(rank, o.extent, width(request), strides);
    for (size_t i = 0; i < rank; ++i) chunk += static_cast<int64_t>(o.in_chunk[i]) * strides[i];
    copy_strided(rank, o.count, width(request), chunk, strides, target(r, o), r.strides);
    advance(cancel_, 1, o.elements * width(request));
  }

  Status do_copy(const Copy& c) {
    const ReadRequest& r = requests_[c.request];
    Overlap o = overlap(c.request, c.number);
    if (!c.pending) {
      fill_unwritten(r.array->meta, r.count.size(), o.count, target(r, o), r.strides);
      advance(cancel_, 1, o.elements * width(c.request));
      return {};
    }
    ChunkSource source;
    source.pending = c.pending;
    STRATA_ASSIGN(const auto work, file_.admit(file_.work_of(source), cancel_));
    auto bytes = file_.fetch_chunk(*r.array, source, cancel_);
    if (!bytes.ok()) return failed(c.request, bytes.take_status());
    scatter(c.request, o, bytes->bytes.data());
    return {};
  }

  // An error of a unit is an error of every request that wants a chunk of it.
  Status fail_groups(size_t first, size_t last, const Status& s) {
    for (size_t i = groups_[first].first; i < groups_[last - 1].last; ++i) {
      Status own = s;
      if (s.code() == Code::kCorrupt)
        own = std::move(own).prepend([&] { return ArrayFile::describe_chunk(*requests_[tasks_[i].request].array, tasks_[i].number); });
      STRATA_TRY(failed(tasks_[i].request, std::move(own)));
    }
    return {};
  }

  Status do_run(size_t first, size_t last) {
    const Task& head = tasks_[groups_[first].first];
    if (!groups_[first].whole) {
      Status s = head.unit.codec->name().empty() ? do_part_uncompressed(groups_[first]) : do_part(groups_[first]);
      return s.ok() ? Status() : fail_groups(first, last, s);
    }
    Status s = do_whole(first, last);
    if (s.ok() || last == first + 1) return s.ok() ? Status() : fail_groups(first, last, s);
    STRATA_TRY(check(cancel_));
    // What could not be read together may be a part of it only.
    for (size_t g = first; g < last; ++g) STRATA_TRY(do_run(g, g + 1));
    return {};
  }

  // Fails as a whole when the run cannot be read; what is damaged in it concerns its group alone.
  Status do_whole(size_t first, size_t last) {
    const Task& head = tasks_[groups_[first].first];
    const SealedLayer& layer = *head.layer;
    const uint64_t slab = engine_.raw.work(layer.object(), file_.storage_->slab_bytes());
    if (last == first + 1 && head.unit.codec->name().empty() && groups_[first].last == groups_[first].first + 1 &&
        head.size == head.unit.stored) {
      if (uint8_t* direct = direct_target(head)) {
        STRATA_ASSIGN(const auto work, file_.admit(slab, cancel_));
        STRATA_TRY(file_.read_unit(layer, head.unit, {direct, head.size}, cancel_));
        advance(cancel_, 1, head.size);
        return {};
      }
    }
    const uint64_t begin = head.unit.offset, span = stored_end(first, last) - begin;
    uint64_t raw = 0;  // of one unit at a time
    for (size_t g = first; g < last; ++g) {
      const Unit& unit = tasks_[groups_[g].first].unit;
      if (!unit.codec->name().empty() && !decodes_in_place(groups_[g])) raw = std::max(raw, unit.raw_limit);
    }
    STRATA_ASSIGN(const auto work, file_.admit(add_up(add_up(span, raw), slab), cancel_));
    auto stored = engine_.memory->scratch.take(span);
    STRATA_TRY(file_.read_stored(layer, begin, stored.bytes(), cancel_));
    for (size_t g = first; g < last; ++g) {
      STRATA_TRY(check(cancel_));
      const Unit& unit = tasks_[groups_[g].first].unit;
      Status s = unpack(groups_[g], stored.bytes().subspan(unit.offset - begin, unit.stored));
      if (!s.ok()) STRATA_TRY(fail_groups(g, g + 1, s));
    }
    return {};
  }

  // From a unit's stored bytes to the caller's memory.
  Status unpack(const Group& group, Bytes bytes) {
    const Unit& unit = tasks_[group.first].unit;
    const SealedLayer& layer = *tasks_[group.first].layer;
    STRATA_TRY(file_.verify(layer, unit, bytes, engine_.verify));
    if (unit.codec->name().empty()) {
      for (size_t i = group.first; i < group.last; ++i)
        scatter(tasks_[i].request, overlap(tasks_[i].request, tasks_[i].number), bytes.data() + tasks_[i].from);
      return {};
    }
    count(engine_.counters.decoded_bytes, unit.raw_limit);
    if (uint8_t* direct = decodes_in_place(group)) {
      STRATA_TRY(decoding(engine_.counters, [&] { return layer.decode_into(unit, bytes, {direct, unit.raw_limit}); }));
      advance(cancel_, 1, unit.raw_limit);
      return {};
    }
    // The frame's size was checked against what its bytes can hold only inside decode(): a forged index must not make
    // us take memory for it.
    STRATA_ASSIGN(uint64_t most, unit.codec->max_decompressed(bytes));
    if (most < unit.raw_limit)
      return Status(Code::kCorrupt, cat(layer.name(), ": the frame at ", unit.offset, " is too short for its chunks"));
    auto raw = engine_.memory->scratch.take(unit.raw_limit);
    STRATA_TRY(decoding(engine_.counters, [&] { return layer.decode_into(unit, bytes, raw.bytes()); }));
    for (size_t i = group.first; i < group.last; ++i)
      scatter(tasks_[i].request, overlap(tasks_[i].request, tasks_[i].number), raw.data() + tasks_[i].from);
    return {};
  }

  // Where the whole chunk lies in one piece in the caller's memory; else nullptr.
  uint8_t* direct_target(const Task& t) const {
    const ReadRequest& r = requests_[t.request];
    Overlap o = overlap(t.request, t.number);
    if (!o.whole() || o.elements * width(t.request) != t.size) return nullptr;
    if (!is_contiguous(r.count.size(), o.count, width(t.request), r.strides)) return nullptr;
    return target(r, o);
  }

  // Where a unit that is wanted whole can be decompressed to without a detour.
  uint8_t* decodes_in_place(const Group& group) const {
    const Task& t = tasks_[group.first];
    return group.last == group.first + 1 && t.size == t.unit.raw_limit ? direct_target(t) : nullptr;
  }

  Status do_part(const Group& group) {
    const Task& head = tasks_[group.first];
    Admission::Pass work;
    SharedBuffer raw = file_.cached_unit(*head.layer, head.unit);
    if (!raw) {
      STRATA_ASSIGN(work, file_.admit(file_.work_of(*head.layer, head.unit), cancel_));
      STRATA_ASSIGN(raw, file_.fetch_unit(*head.layer, head.unit, cancel_));
    }
    for (size_t i = group.first; i < group.last; ++i) {
      const Task& t = tasks_[i];
      if (t.from > raw->size() || t.size > raw->size() - t.from) {
        STRATA_TRY(failed(t.request, Status(Code::kCorrupt, cat(t.layer->name(), ": a chunk of array \"",
                                                                requests_[t.request].array->meta.name,
                                                                "\" leaves the block at ", t.unit.offset))));
        continue;
      }
      scatter(t.request, overlap(t.request, t.number), raw->data() + t.from);
    }
    return {};
  }

  // Codec none: only the rows that are wanted are read.
  Status do_part_uncompressed(const Group& group) {
    for (size_t i = group.first; i < group.last; ++i) {
      const Task& t = tasks_[i];
      const Overlap o = overlap(t.request, t.number);
      STRATA_TRY(for_each_piece(t, o, [&](const BoxPiece& piece) { return read_piece(t, o, piece); }));
      advance(cancel_, 1, o.elements * width(t.request));
    }
    return {};
  }

  // A part of a box that is read at once: along the axes before `axis` one place, along `axis` n, along those behind all of it.
  struct BoxPiece {
    size_t axis;
    uint64_t n;
    uint64_t from, span;  // bytes of the unit
    int64_t to;           // from where the box begins in the caller's memory
  };

  // F: Status(const BoxPiece&)
  template <typename F>
  Status for_each_piece(const Task& t, const Overlap& o, F&& visit) const {
    const ReadRequest& r = requests_[t.request];
    int64_t strides[kMaxRank];
    row_major_strides(r.count.size(), o.extent, width(t.request), strides);
    uint64_t from = t.from;
    for (size_t a = 0; a < r.count.size(); ++a) from += o.in_chunk[a] * static_cast<uint64_t>(strides[a]);
    return pieces_from(t, o, strides, {0, 0, from, 0, 0}, visit);
  }
  template <typename F>
  Status pieces_from(const Task& t, const Overlap& o, const int64_t* strides, BoxPiece box, F& visit) const {
    const ReadRequest& r = requests_[t.request];
    const size_t rank = r.count.size(), axis = box.axis;
    const uint64_t w = width(t.request);
    uint64_t wanted = w;
    box.span = w;
    for (size_t a = axis; a < rank; ++a) {
      box.span += (o.count[a] - 1) * static_cast<uint64_t>(strides[a]);
      wanted *= o.count[a];
    }
    box.n = axis < rank ? o.count[axis] : 1;
    if (axis + 1 >= rank || box.span <= 2 * wanted || box.span <= kCheap) return visit(box);
    // Rows of which several lie in a page are read together, as the page is read whole anyway.
    const auto stride = static_cast<uint64_t>(strides[axis]);
    const uint64_t together = file_.verifies(t.unit) && stride <= kDigestPage ? kRun / stride : 1;
    const uint64_t row = box.span - (o.count[axis] - 1) * stride;
    for (uint64_t i = 0; i < o.count[axis];) {
      const uint64_t n = std::min(together, o.count[axis] - i);
      const BoxPiece part{axis, n, box.from + i * stride, (n - 1) * stride + row, box.to + static_cast<int64_t>(i) * r.strides[axis]};
      if (n == 1) {
        STRATA_TRY(pieces_from(t, o, strides, {axis + 1, 0, part.from, 0, part.to}, visit));
      } else {
        STRATA_TRY(visit(part));
      }
      i += n;
    }
    return {};
  }

  Status read_piece(const Task& t, const Overlap& o, const BoxPiece& piece) {
    const ReadRequest& r = requests_[t.request];
    const uint64_t w = width(t.request);
    const size_t rank = r.count.size() - piece.axis;
    uint64_t count[kMaxRank], wanted = w;
    std::copy_n(o.count + piece.axis, rank, count);
    if (rank) count[0] = piece.n;
    for (size_t a = 0; a < rank; ++a) wanted *= count[a];
    uint8_t* const dst = target(r, o) + piece.to;
    const int64_t* const to = r.strides + piece.axis;
    const bool in_place = piece.span == wanted && is_contiguous(rank, count, w, to);
    STRATA_ASSIGN(const auto work, file_.admit(file_.work_of_read_part(*t.layer) + (in_place ? 0 : piece.span), cancel_));
    if (in_place) return file_.read_part(*t.layer, t.unit, piece.from, {dst, wanted}, cancel_);
    auto bytes = engine_.memory->scratch.take(piece.span);
    STRATA_TRY(file_.read_part(*t.layer, t.unit, piece.from, bytes.bytes(), cancel_));
    int64_t strides[kMaxRank];
    row_major_strides(r.count.size(), o.extent, w, strides);
    copy_strided(rank, count, w, bytes.data(), strides + piece.axis, dst, to);
    return {};
  }

  const ArrayFile& file_;
  Engine& engine_;
  std::span<ReadRequest> requests_;
  const bool keep_going_;
  CancelToken* const cancel_;
  Explainer* const explainer_;  // nullptr: it is read
  std::mutex mu_;
  std::vector<Task> tasks_;
  std::vector<Copy> copies_;
  std::vector<Group> groups_;
  std::vector<std::pair<size_t, size_t>> runs_;
  Status plan_error_;
};

Status ArrayFile::read(std::span<ReadRequest> requests, bool keep_going, CancelToken* cancel) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check(cancel));
  return RegionReader(*this, requests, keep_going, cancel).run();
}

Result<ReadExplanation> ArrayFile::explain(const Ref& array, std::span<const uint64_t> start, std::span<const uint64_t> count,
                                           CancelToken* cancel) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_usable(*array));
  if (array->meta.layout.levels()) return explain_varlen(array, start, count, cancel);
  ReadRequest request;
  request.array = array.get();
  request.start = start;
  request.count = count;
  Explainer explainer(*this);
  STRATA_TRY(RegionReader(*this, {&request, 1}, false, cancel, &explainer).run());
  return explainer.out;
}

}  // namespace strata
