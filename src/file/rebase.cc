// What others have committed since this handle read the file, against what is pending here: a comparison of three states, that of
// then, that of now, and that of now with the changes made here.
#include "file/rebase.h"

#include <algorithm>

#include "file/ancestry.h"
#include "file/array_file.h"

namespace strata {
namespace {

struct Coordinate {
  uint32_t at[kMaxRank];
  size_t rank;

  Coordinate(const Geometry& grid, uint64_t number) : rank(grid.rank()) {
    uint64_t wide[kMaxRank];
    grid.chunk_coord(number, wide);
    std::copy_n(wide, rank, at);
  }
  std::span<const uint32_t> span() const { return {at, rank}; }
};

bool same_extent(const Geometry& a, uint64_t in_a, const Geometry& b, uint64_t in_b) {
  uint64_t origin[kMaxRank], x[kMaxRank], y[kMaxRank];
  a.chunk_box(in_a, origin, x);
  b.chunk_box(in_b, origin, y);
  return std::equal(x, x + a.rank(), y, y + b.rank());
}

bool same_attributes(const AttributeSet& a, const AttributeSet& b) {
  if (a.size() != b.size()) return false;
  bool same = true;
  a.for_each([&](const std::string& key, const Value& value) {
    const Value* other = b.find(key);
    same &= other && *other == value;
  });
  return same;
}

// All but the extents.
bool same_definition(const ArrayMeta& a, const ArrayMeta& b) {
  return a.dtype == b.dtype && a.fill == b.fill && a.dimension_names == b.dimension_names &&
         std::ranges::equal(a.geometry.chunk_shape(), b.geometry.chunk_shape());
}

// `now`: what the name stands for in a newer state. One that grew or shrank is the same; one that was deleted and defined anew is
// so only if nobody can tell.
bool is_same_array(const ArrayDef& old, const ArrayDef& now) {
  if (!(old.meta.dtype == now.meta.dtype && old.meta.fill == now.meta.fill)) return false;
  if (old.meta.geometry == now.meta.geometry) return true;
  if (!std::ranges::equal(old.meta.geometry.chunk_shape(), now.meta.geometry.chunk_shape()) || !old.committed()) return false;
  const Identity* newest = old.sources.front().layer->identity();
  return newest && std::ranges::any_of(now.sources, [&](const LayerRecord& source) {
    const Identity* id = source.layer->identity();
    return id && id->layer_id == newest->layer_id;
  });
}

}  // namespace

// Makes a plan. What has to be read for that is collected first and read together.
class Rebase {
 public:
  Rebase(ArrayFile& file, RebasePlan& plan)
      : file_(file), plan_(plan), ancestry_(file.stack_.get(), *plan.now) {}

  Status run(CancelToken* cancel) {
    for (const auto& def : file_.touched_) STRATA_TRY(add(def));
    STRATA_TRY(compare(cancel));
    return {};
  }

 private:
  using Ref = ArrayFile::Ref;
  // An array as it was when this handle read the file, and as it is now; nullptr: it is not there.
  struct States {
    Ref old, now;
    bool anew = false;  // defined anew since
  };
  // Whether two chunks are the same: only their bytes tell.
  struct Question {
    const ArrayDef *left, *right;
    ChunkSource left_source, right_source;
    uint64_t left_number, right_number;
    Conflict conflict;  // if they are not
    bool differ = false;
  };
  struct Place {
    ChunkSource source;
    uint64_t number = UINT64_MAX;  // outside the grid
  };

  Result<Ref> find(const Stack* stack, std::string_view name) {
    auto found = file_.find_in(stack, name);
    if (found.code() == Code::kNotFound) return Ref();
    if (found.ok()) found_.push_back(*found);
    return found;
  }

  Result<States> states_of(std::string_view name) {
    States s;
    STRATA_ASSIGN(s.old, find(file_.stack_.get(), name));
    STRATA_ASSIGN(s.now, find(plan_.now.get(), name));
    if (s.old && s.now) s.anew = !same_definition(s.old->meta, s.now->meta);
    for (const SealedLayer* layer : ancestry_.written())
      if (const auto found = layer->find(name))
        s.anew |= found->after_tombstone || layer->footer().array(found->record).deleted();
    return s;
  }

  Place place_of(const Ref& array, const Coordinate& c) const {
    Place p;
    if (!array) return p;
    p.number = array->meta.geometry.chunk_number(c.span());
    if (p.number != UINT64_MAX) p.source = file_.find_chunk(*array, p.number);
    return p;
  }

  Conflict conflict(ConflictKind kind, const Ref& def) const {
    Conflict c;
    c.kind = kind;
    c.array = def->meta.name;
    return c;
  }
  void report(ConflictKind kind, const Ref& def) { plan_.conflicts.push_back(conflict(kind, def)); }
  Conflict chunk_conflict(const Ref& def, const Coordinate& c) const {
    Conflict out = conflict(ConflictKind::kChunk, def);
    out.chunk.assign(c.span().begin(), c.span().end());
    return out;
  }

  AttributeSet attributes_now(const Ref& now) {
    if (!now || !now->sources.front().view().attribute_count()) return {};
    if (!dictionary_) dictionary_.emplace(*plan_.now);
    return dictionary_->resolve(now->sources);
  }

  Status add(const Ref& def) {
    if (def->deleted && !def->committed()) return {};
    STRATA_ASSIGN(const States s, states_of(def->meta.name));
    RebasePlan::Changed c;
    c.def = def;
    const size_t before = plan_.conflicts.size();
    if (def->deleted) {
      STRATA_TRY(add_deletion(def, s, c));
    } else if (!def->committed()) {
      STRATA_TRY(add_definition(def, s, c));
    } else {
      STRATA_TRY(add_changes(def, s, c));
    }
    if (plan_.conflicts.size() == before) plan_.changed.push_back(std::move(c));
    return {};
  }

  Status add_deletion(const Ref& def, const States& s, RebasePlan::Changed& c) {
    if (!s.old) return {};  // that commit was our own: nothing is left to be deleted
    if (!s.now || s.anew || !(s.old->meta.geometry == s.now->meta.geometry)) {
      report(ConflictKind::kDeleted, def);
      return {};
    }
    c.sources = s.now->sources;
    if (!ancestry_.mentions(def->meta.name) && !ancestry_.opaque_base()) return {};
    if (!same_attributes(file_.attributes_of(*s.old), attributes_now(s.now))) {
      report(ConflictKind::kDeleted, def);
      return {};
    }
    bool written = false;
    each_changed(s, [&](const Coordinate&, const Place& old, const Place& now, Ancestry::Change change) {
      if (change == Ancestry::Change::kUnknown)
        ask(s.old, old, s.now, now, conflict(ConflictKind::kDeleted, def));
      else
        written = true;
    });
    if (written) report(ConflictKind::kDeleted, def);
    return {};
  }

  Status add_definition(const Ref& def, const States& s, RebasePlan::Changed& c) {
    // One that was there was deleted here first, which is looked at by itself.
    if (s.old || !s.now) return {};
    if (!same_definition(def->meta, s.now->meta) || !(def->meta.geometry == s.now->meta.geometry)) {
      report(ConflictKind::kDefined, def);
      return {};
    }
    c.sources = s.now->sources;
    merge_attributes(def, s, c);
    return add_chunks(def, s, c);
  }

  Status add_changes(const Ref& def, const States& s, RebasePlan::Changed& c) {
    if (!s.now || s.anew) {
      report(s.now ? ConflictKind::kDefined : ConflictKind::kDeleted, def);
      return {};
    }
    const Geometry& now = s.now->meta.geometry;
    const bool reshaped = !s.old || !(s.old->meta.geometry == now);
    if (def->resized && reshaped && !(def->meta.geometry == now)) {
      report(ConflictKind::kShape, def);
      return {};
    }
    c.sources = s.now->sources;
    if (!def->resized && reshaped) c.shape = s.now;
    merge_attributes(def, s, c);
    if (def->resized) add_lost(def, s);
    return add_chunks(def, s, c);
  }

  // What others gave chunks that are cut off or have another extent by the new shape from here.
  void add_lost(const Ref& def, const States& s) {
    const Geometry& mine = def->meta.geometry;
    each_changed(s, [&](const Coordinate& c, const Place& old, const Place& now, Ancestry::Change change) {
      const uint64_t number = mine.chunk_number(c.span());
      bool lost = number == UINT64_MAX;
      for (size_t i = 0; i < def->reach.size(); ++i) lost |= c.at[i] >= def->reach[i];
      if (!lost && def->chunks.find(number)) return;  // add_chunks looks at it
      if (!lost && same_extent(mine, number, s.now->meta.geometry, now.number)) return;
      if (change == Ancestry::Change::kUnknown)
        ask(s.old, old, s.now, now, chunk_conflict(def, c));
      else
        plan_.conflicts.push_back(chunk_conflict(def, c));
    });
  }

  Status add_chunks(const Ref& def, const States& s, RebasePlan::Changed& c) {
    const Geometry& mine = def->meta.geometry;
    const Geometry& now_grid = s.now->meta.geometry;
    const bool both_resized = def->resized && s.old && !(s.old->meta.geometry == now_grid);
    if (c.shape) c.numbers.reserve(def->chunks.chunks.size());
    for (uint32_t i = 0; i < def->chunks.chunks.size(); ++i) {
      const PendingChunk& chunk = def->chunks.chunks[i];
      const Coordinate at(mine, chunk.number);
      const Place old = place_of(s.old, at), now = place_of(s.now, at);
      if (c.shape) {
        if (now.number == UINT64_MAX || !same_extent(mine, chunk.number, now_grid, now.number)) {
          plan_.conflicts.push_back(chunk_conflict(def, at));
          continue;
        }
        c.numbers.emplace(now.number, i);
      }
      const Ancestry::Change change = ancestry_.of_chunk(old.source, now.source);
      if (change == Ancestry::Change::kNone) continue;
      if (both_resized) {
        // To the same shape: the chunks at its edge are the same too if nobody wrote to them.
        Place pending;
        pending.source.pending = &chunk;
        pending.number = chunk.number;
        ask(def, pending, s.now, now, chunk_conflict(def, at));
      } else if (change == Ancestry::Change::kUnknown) {
        ask(s.old, old, s.now, now, chunk_conflict(def, at));
      } else {
        plan_.conflicts.push_back(chunk_conflict(def, at));
      }
    }
    return {};
  }

  // f(coordinate, where it was, where it is, kWritten or kUnknown) for every chunk that others may have changed.
  template <typename F>
  void each_changed(const States& s, F&& f) {
    const Geometry& grid = s.now->meta.geometry;
    std::unordered_map<uint64_t, bool> seen;
    auto look = [&](uint64_t number) {
      if (number == UINT64_MAX || !seen.emplace(number, true).second) return;
      const Coordinate c(grid, number);
      const Place old = place_of(s.old, c), now = place_of(s.now, c);
      const auto change = ancestry_.of_chunk(old.source, now.source);
      if (change != Ancestry::Change::kNone) f(c, old, now, change);
    };
    for (const LayerRecord& source : s.now->sources) {
      const bool is_new = std::ranges::find(ancestry_.written(), source.layer.get()) != ancestry_.written().end();
      if (!is_new && !ancestry_.opaque_base()) continue;
      const ArrayView view = source.view();
      for (size_t i = 0; i < view.chunk_count(); ++i) look(grid.chunk_number(view.chunk_coord(i)));
    }
    if (!ancestry_.opaque_base() || !s.old) return;
    for (uint64_t number : file_.stored_chunks(*s.old))
      look(grid.chunk_number(Coordinate(s.old->meta.geometry, number).span()));
  }

  // By key: who changed one that the other did not change wins.
  void merge_attributes(const Ref& def, const States& s, RebasePlan::Changed& c) {
    if (!def->attributes_changed) return;
    const AttributeSet none;
    const AttributeSet& old = s.old ? file_.attributes_of(*s.old) : none;
    const AttributeSet& mine = file_.attributes_of(*def);
    AttributeSet merged = attributes_now(s.now);
    const auto same = [](const Value* a, const Value* b) { return a == b || (a && b && *a == *b); };
    auto changed_here = [&](const std::string& key, const Value* value) {
      const Value *before = old.find(key), *now = merged.find(key);
      if (same(value, before) || same(value, now)) return;
      if (!same(now, before)) {
        Conflict out = conflict(ConflictKind::kAttribute, def);
        out.attribute = key;
        plan_.conflicts.push_back(std::move(out));
      } else if (value) {
        merged.set(key, *value);
      } else {
        merged.erase(key);
      }
    };
    mine.for_each([&](const std::string& key, const Value& value) { changed_here(key, &value); });
    old.for_each([&](const std::string& key, const Value&) {
      if (!mine.find(key)) changed_here(key, nullptr);
    });
    c.attributes = std::move(merged);
  }

  void ask(const Ref& left, const Place& in_left, const Ref& right, const Place& in_right, Conflict conflict) {
    questions_.push_back({left.get(), right.get(), in_left.source, in_right.source, in_left.number, in_right.number,
                          std::move(conflict), false});
  }

  Status compare(CancelToken* cancel) {
    STRATA_TRY(file_.engine_->executor.parallel_for(questions_.size(), cancel, [&](size_t i) -> Status {
      Question& q = questions_[i];
      STRATA_ASSIGN(const bool same, same_chunk(q, cancel));
      q.differ = !same;
      return {};
    }));
    for (Question& q : questions_)
      if (q.differ) plan_.conflicts.push_back(std::move(q.conflict));
    return {};
  }

  Result<bool> same_chunk(const Question& q, const CancelToken* cancel) const {
    if (!q.left || !q.right || q.left_number == UINT64_MAX || q.right_number == UINT64_MAX) return false;
    if (!same_extent(q.left->meta.geometry, q.left_number, q.right->meta.geometry, q.right_number)) return false;
    // Once for both: who is inside does not enter again.
    const uint64_t bytes = add_up(work_of(*q.left, q.left_source, q.left_number), work_of(*q.right, q.right_source, q.right_number));
    STRATA_ASSIGN(const auto work, file_.admit(bytes, cancel));
    STRATA_ASSIGN(const auto a, bytes_of(*q.left, q.left_source, q.left_number, cancel));
    STRATA_ASSIGN(const auto b, bytes_of(*q.right, q.right_source, q.right_number, cancel));
    return std::ranges::equal(a.bytes, b.bytes);
  }

  uint64_t work_of(const ArrayDef& array, const ChunkSource& source, uint64_t number) const {
    if (!source.is_fill()) return file_.work_of(source);
    uint64_t origin[kMaxRank], extent[kMaxRank];
    return array.meta.layout.least_bytes(array.meta.geometry.chunk_box(number, origin, extent)).value_or(0);
  }

  // A chunk that is nowhere reads as one that nobody wrote.
  Result<ArrayFile::ChunkBytes> bytes_of(const ArrayDef& array, const ChunkSource& source, uint64_t number,
                                         const CancelToken* cancel) const {
    if (!source.is_fill()) return file_.fetch_chunk(array, source, cancel);
    uint64_t origin[kMaxRank], extent[kMaxRank];
    const uint64_t elements = array.meta.geometry.chunk_box(number, origin, extent);
    STRATA_ASSIGN(Buffer fill, unwritten_chunk(array.meta, elements));
    ArrayFile::ChunkBytes out;
    auto own = std::make_shared<Buffer>(std::move(fill));
    out.bytes = own->bytes();
    out.owner = std::move(own);
    return out;
  }

  ArrayFile& file_;
  RebasePlan& plan_;
  const Ancestry ancestry_;
  std::vector<Ref> found_;  // questions point into them
  std::vector<Question> questions_;
  std::optional<Dictionary> dictionary_;  // of plan_.now
};

Status ArrayFile::plan_rebase(std::shared_ptr<const Stack> now, RebasePlan& plan, CancelToken* cancel) {
  plan = RebasePlan();
  plan.now = std::move(now);
  // In a store the log tells what was before; a file there has another id once the original has compacted it.
  if (!homes_ && stack_ && !touched_.empty() && !stack_->file_id.is_nil() && !plan.now->file_id.is_nil() &&
      stack_->file_id != plan.now->file_id) {
    plan.conflicts.emplace_back().kind = ConflictKind::kReplaced;
  } else {
    STRATA_TRY(Rebase(*this, plan).run(cancel));
  }
  if (!plan.conflicts.empty())
    return Status(Code::kConflict, cat(plan.conflicts.size(), plan.conflicts.size() == 1 ? " conflict" : " conflicts",
                                       " with what another writer has committed since; nothing was published and the changes "
                                       "are still pending"));
  plan_held(plan);
  return {};
}

// Every definition that somebody holds and that has no pending changes gets the new stack's records, or becomes stale.
void ArrayFile::plan_held(RebasePlan& plan) {
  {
    std::lock_guard lock(defs_mu_);
    for (auto& [name, weak] : defs_)
      if (auto def = weak.lock(); def && !def->touched) plan.held.push_back({std::move(def), nullptr, false});
  }
  for (RebasePlan::Held& h : plan.held) {
    auto found = find_in(plan.now.get(), h.def->meta.name);
    if (!found.ok() || !is_same_array(*h.def, **found)) continue;
    h.now = std::move(*found);
    h.reshaped = !(h.now->meta.geometry == h.def->meta.geometry);
  }
}

void ArrayFile::apply_rebase(RebasePlan plan) {
  stack_ = std::move(plan.now);
  folder_synced_ = false;
  fillers_checked_ = false;
  forget_derived();
  for (RebasePlan::Changed& c : plan.changed) {
    c.def->sources = std::move(c.sources);
    if (c.shape) {
      PendingLayer::restore_numbers(c.def->chunks, std::move(c.numbers));
      c.def->set_geometry(std::move(c.shape->meta.geometry), c.shape->geometry());
    }
    if (c.attributes)
      c.def->attributes = std::move(c.attributes);
    else if (!c.def->attributes_changed)
      c.def->attributes.reset();
  }
  for (RebasePlan::Held& h : plan.held) {
    if (h.now) {
      h.def->sources = std::move(h.now->sources);
      if (h.reshaped) h.def->set_geometry(std::move(h.now->meta.geometry), h.now->geometry());
      h.def->attributes.reset();
    } else {
      h.def->stale = true;
      std::lock_guard lock(defs_mu_);
      defs_.erase(h.def->meta.name);
    }
  }
  needs_reload_ = false;
}

}  // namespace strata
