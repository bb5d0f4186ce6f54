// Layers of ours that the original never saw, over what it has done since: what they hold is written again, above it, but for what it
// has changed itself. That is told by its values: what differs between the state in which it began and the one that it left is its
// own. (The layers cannot be used as they are: the original has taken their numbers, and a layer says its own.)
#include <algorithm>

#include "atlas/store_part.h"
#include "file/cells.h"

namespace strata {
namespace {

// Everything of an array in `from` takes the place of what `to` has under its name; without one it is deleted.
Status replace_array(ArrayFile& from, ArrayFile& to, const std::string& name, CancelToken* cancel) {
  STRATA_ASSIGN(const bool there, to.exists(name));
  if (there) STRATA_TRY(to.remove(name));
  STRATA_ASSIGN(const bool wanted, from.exists(name));
  return wanted ? to.copy_array(from, name, name, cancel).take_status() : Status();
}

bool alike(const ArrayDef& a, const ArrayDef& b) {
  return a.meta.dtype == b.meta.dtype && a.meta.fill == b.meta.fill && a.meta.geometry == b.meta.geometry &&
         a.meta.dimension_names == b.meta.dimension_names;
}

bool same_cells(const VarlenData& a, const VarlenData& b) {
  const auto same = [](const Buffer& x, const Buffer& y) { return std::ranges::equal(x.bytes(), y.bytes()); };
  return std::ranges::equal(a.offsets, b.offsets, same) && same(a.values, b.values);
}

// The states of the file between which is told who has changed what.
struct States {
  ArrayFile* before;  // in which the original began; nullptr: it is gone
  ArrayFile& theirs;  // which it left
  ArrayFile& ours;    // with our layers on top of that
  ArrayFile& out;     // theirs, with what is to be kept of ours
};

Status keep_attributes(const States& s, const ArrayFile::Ref* old, const ArrayFile::Ref& left, const ArrayFile::Ref& here,
                       const ArrayFile::Ref& to) {
  STRATA_ASSIGN(auto keys, s.ours.list_attributes(here));
  if (old) {
    STRATA_ASSIGN(const auto before, s.before->list_attributes(*old));
    for (const std::string& key : before)
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  }
  for (const std::string& key : keys) {
    const auto theirs = s.theirs.get_attribute(left, key), ours = s.ours.get_attribute(here, key);
    if (old) {
      const auto was = s.before->get_attribute(*old, key);
      if (was.ok() != theirs.ok() || (was.ok() && !(*was == *theirs))) continue;  // changed by them
    }
    if (ours.ok()) {
      STRATA_TRY(s.out.set_attribute(to, key, *ours));
    } else if (theirs.ok()) {
      STRATA_TRY(s.out.delete_attribute(to, key));
    }
  }
  return {};
}

// One array of which a layer of ours says something.
Status keep_ours(const States& s, const std::string& name, const ArrayView& record, CancelToken* cancel) {
  const auto there = [](const Result<ArrayFile::Ref>& r) { return r.ok(); };
  Result<ArrayFile::Ref> old = Status(Code::kNotFound, ""), left = s.theirs.open_array(name), here = s.ours.open_array(name);
  if (s.before) old = s.before->open_array(name);
  for (const auto* one : {&old, &left, &here})
    if (!one->ok() && one->code() != Code::kNotFound) return one->status();
  if (s.before && (there(old) != there(left) || (there(old) && !alike(**old, **left)))) return {};  // defined or deleted by them
  if (!there(left) || !there(here) || !alike(**left, **here)) return replace_array(s.ours, s.out, name, cancel);
  STRATA_ASSIGN(const auto to, s.out.open_array(name));
  STRATA_TRY(keep_attributes(s, there(old) ? &*old : nullptr, *left, *here, to));
  const Geometry& g = (*here)->meta.geometry;
  for (size_t i = 0; i < record.chunk_count(); ++i) {
    const uint64_t number = g.chunk_number(record.chunk_coord(i));
    if (number == UINT64_MAX) continue;
    uint64_t start[kMaxRank], count[kMaxRank];
    g.chunk_box(number, start, count);
    const std::span<const uint64_t> at(start, g.rank()), extent(count, g.rank());
    if (there(old)) {
      STRATA_ASSIGN(const VarlenData was, read_cells(*s.before, *old, at, extent, cancel));
      STRATA_ASSIGN(const VarlenData is, read_cells(s.theirs, *left, at, extent, cancel));
      if (!same_cells(was, is)) continue;
    }
    STRATA_ASSIGN(const VarlenData ours, read_cells(s.ours, *here, at, extent, cancel));
    STRATA_TRY(write_cells(s.out, to, at, extent, ours, cancel));
  }
  return {};
}

}  // namespace

// pins: what the original left. known: the log's newest state. unseen: layers of that, which the original has not seen.
Result<Pins> Store::put_over(const std::string& array, const Pins& known, const Pins& pins, const std::vector<Pin>& unseen,
                             CancelToken* cancel) {
  const std::string key = file_key(array);
  auto open = [&](const Pins& at) {
    return ArrayFile::open_in_store(engine_, storage_, key, file_options(), log_.homes(), at, at, Match::kLikely, cancel);
  };
  Pins began = known, on_top = pins;
  std::erase_if(began.layers, [&](const Pin& p) { return std::find(unseen.begin(), unseen.end(), p) != unseen.end(); });
  for (Pin pin : unseen) {
    pin.slot = on_top.next_slot++;
    on_top.layers.push_back(pin);
  }
  auto before = open(began);
  if (!before.ok() && before.code() != Code::kNotFound) return before.take_status();
  STRATA_ASSIGN(const auto theirs, open(pins));
  STRATA_ASSIGN(const auto ours, open(on_top));
  STRATA_ASSIGN(auto out, open(pins));
  const States states{before.ok() ? before->get() : nullptr, *theirs, *ours, *out};
  for (const Pin& pin : unseen) {
    STRATA_ASSIGN(const auto layer, SealedLayer::open(*storage_, log_.homes().key(pin.id), engine_->codecs));
    for (size_t i = 0; i < layer->footer().array_count(); ++i) {
      const ArrayView record = layer->footer().array(i);
      STRATA_TRY(keep_ours(states, std::string(record.name()), record, cancel));
    }
  }
  FileCommit part(std::move(out));
  if (!part.has_changes()) return pins;
  STRATA_ASSIGN(const Id128 id, random_id());
  STRATA_TRY(part.stage(id, array, cancel));
  STRATA_TRY(storage_->sync_folder(log_.homes().folder));
  return part.staged();
}

}  // namespace strata
