// What the original did to a store since the log's newest entry becomes a commit of the log (docs/commits.md, "Together with the
// original"). The original saves its registry without the member "strata", numbers its layers by counting those that it sees, and
// compacts an array without a word to the registry.
#include <algorithm>

#include "atlas/store_part.h"

namespace strata {

// What an array consists of now. known: by the log; nullptr: it knows nothing of it. REQUIRES: the lock. Nothing: there is no such
// file.
Result<std::optional<Store::Imported>> Store::import_file(const std::string& array, const Pins* known, CancelToken* cancel) {
  const std::string key = file_key(array);
  STRATA_ASSIGN(const FileNames names, FileNames::make(key));
  auto base = SealedLayer::open(*storage_, key, engine_->codecs);
  if (!base.ok() && (base.code() != Code::kNotFound || !known)) {
    if (base.code() == Code::kNotFound) return std::optional<Imported>();
    return base.take_status();
  }
  // The base is ours: its own, one that a killed writer has not replaced yet, or none at all, where it was removed. Then layers of
  // ours that are in no slot are put there, before anything else takes the number.
  const bool ours = known && (!base.ok() || is_pinned(known->base, **base) || (*base)->identity());
  if (ours) {
    if (!base.ok()) {
      auto home = storage_->stage_again(log_.homes().key(known->base.id));
      if (home.code() == Code::kNotFound)
        return Status(Code::kCorrupt, cat(storage_->describe(key), " is missing, and its base is in no other place"));
      if (!home.ok()) return home.take_status();
      STRATA_TRY((*home)->create_as(key));
      STRATA_TRY(storage_->sync_folder(names.folder()));
    }
    for (const Pin& pin : known->layers) {
      if (pin.id.is_nil()) continue;
      STRATA_TRY(check(cancel));
      auto home = storage_->stage_again(log_.homes().key(pin.id));
      if (home.code() == Code::kNotFound) continue;  // then it is in its slot, or lost
      if (!home.ok()) return home.take_status();
      STRATA_ASSIGN(const Created made, (*home)->create_as(names.slot(pin.slot)));
      if (made == Created::kTaken) {
        STRATA_ASSIGN(const auto there, SealedLayer::open(*storage_, names.slot(pin.slot), engine_->codecs));
        if (!is_pinned(pin, *there)) break;  // by what is to be imported, which none of ours may come to lie above unseen
      }
      STRATA_TRY(storage_->sync_folder(names.folder()));
    }
  }
  auto file = ArrayFile::open(engine_, storage_, key, file_options(), cancel);
  if (file.code() == Code::kCorrupt && ours && base.ok() && !is_pinned(known->base, **base)) {
    // A writer who was not kept out has put an older base over ours, and fillers say that ours has taken their layers in.
    STRATA_ASSIGN(auto home, storage_->stage_again(log_.homes().key(known->base.id)));
    STRATA_TRY(home->replace_as(key));
    STRATA_TRY(storage_->sync_folder(names.folder()));
    file = ArrayFile::open(engine_, storage_, key, file_options(), cancel);
  }
  if (!file.ok()) return file.take_status();
  (*file)->set_homes(log_.homes());
  FileCommit part(std::move(*file));
  STRATA_TRY(part.settle(cancel));
  Imported out;
  out.pins = out.placed = *part.pins();
  if (!known) return std::optional(std::move(out));
  const auto has = [&](const Pin& pin) {
    return std::any_of(out.pins.layers.begin(), out.pins.layers.end(), [&](const Pin& p) { return p.id == pin.id; });
  };
  // Layers of ours whose number the original has taken, or which its base cannot hold, as it never saw them: they come on top.
  const auto placed = placed_.find(array);
  const auto was_placed = [&](const Pin& pin) {
    return placed != placed_.end() &&
           std::any_of(placed->second.layers.begin(), placed->second.layers.end(), [&](const Pin& p) { return p == pin; });
  };
  if (ours && !(out.pins.base == known->base)) {
    // A compaction was cut off before its base was in place.
    STRATA_ASSIGN(const auto next, SealedLayer::open(*storage_, log_.homes().key(known->base.id), engine_->codecs));
    std::erase_if(out.pins.layers, [&](const Pin& pin) {
      const auto& absorbed = next->identity()->absorbed;
      return std::any_of(absorbed.begin(), absorbed.end(),
                         [&](const AbsorbedLayer& a) { return a.slot == pin.slot && a.id == pin.id; });
    });
    out.pins.base = known->base;
  }
  std::vector<Pin> unseen;
  for (const Pin& pin : known->layers)
    if (!pin.id.is_nil() && !has(pin) && (ours || !was_placed(pin))) unseen.push_back(pin);
  if (!unseen.empty()) {
    STRATA_ASSIGN(out.pins, put_over(array, *known, out.pins, unseen, cancel));
  }
  return std::optional(std::move(out));
}

// The original has saved its registry, or has made the store. false: another writer was faster.
Result<bool> Store::import_all(Head& head, CancelToken* cancel) {
  STRATA_ASSIGN(const uint64_t newest, log_.newest());
  StoreState known;
  if (newest) {
    STRATA_ASSIGN(known, log_.state_at(newest));
    // Whether its layers were in their slots when the original began, the registry does not tell any more.
    STRATA_ASSIGN(const uint64_t placed, log_.newest_placed());
    PinTable then;
    if (placed >= newest) {
      then = known.pins;
    } else {
      STRATA_ASSIGN(StoreState before, log_.state_at(placed));
      then = std::move(before.pins);
    }
    std::lock_guard lock(files_mu_);
    placed_ = std::move(then);
  }
  LogEntry entry;
  entry.seq = newest + 1;
  entry.store = known.store;
  if (entry.store.is_nil()) {
    STRATA_ASSIGN(entry.store, random_id());
  }
  STRATA_ASSIGN(entry.commit, random_id());
  entry.parent = known.commit;
  entry.kind = CommitKind::kImport;
  entry.time_ns = std::max(wall_clock_ns(), known.time_ns);
  entry.all = true;
  entry.datasets = head.state.document;
  entry.condemned = known.condemned;
  NameSet arrays;
  for (size_t i = 0; i < entry.datasets.slots(); ++i)
    if (const DatasetEntry* d = entry.datasets.at(i))
      for (const NamedSchema& a : d->arrays) arrays.insert(a.name);
  for (const auto& [array, pins] : known.pins) arrays.insert(array);
  head.placed.clear();
  for (const std::string& array : arrays) {
    STRATA_TRY(check(cancel));
    const auto it = known.pins.find(array);
    STRATA_ASSIGN(auto imported, import_file(array, it == known.pins.end() ? nullptr : &it->second, cancel));
    if (!imported) continue;
    entry.pins.emplace(array, std::move(imported->pins));
    head.placed.emplace(array, std::move(imported->placed));
  }
  if (known.history.keeps_any()) STRATA_TRY(keep_originals(entry.pins, cancel).take_status());
  STRATA_ASSIGN(const bool made, log_.append(entry));
  if (!made) return false;
  log(LogLevel::kInfo, [&] { return cat("commit ", entry.seq, " takes in what was done without the log: ", entry.pins.size(), " arrays"); });
  head.state = std::move(known);  // its history goes on
  apply(entry, head.state);
  head.placed_seq = 0;
  head.originals = false;
  return true;
}

// Something has changed these arrays, and not the registry: the original, which makes it a commit, or the projection of another
// commit, which leaves only what lies in the slots to be learnt.
Status Store::import_files(const std::vector<std::string>& arrays, CancelToken* cancel) {
  STRATA_ASSIGN(const Id128 commit, random_id());
  LogEntry entry = new_entry(CommitKind::kImport, commit);
  PinTable placed;
  for (const std::string& array : arrays) {
    const auto known = state_.pins.find(array);
    const bool is_known = known != state_.pins.end();
    STRATA_ASSIGN(auto imported, import_file(array, is_known ? &known->second : nullptr, cancel));
    if (!imported) continue;
    if (!is_known || !(imported->pins == known->second)) entry.pins.emplace(array, std::move(imported->pins));
    placed.emplace(array, std::move(imported->placed));
  }
  if (!entry.pins.empty()) {
    if (state_.history.keeps_any()) STRATA_TRY(keep_originals(entry.pins, cancel).take_status());
    STRATA_ASSIGN(const bool made, log_.append(entry));
    if (!made) return {};  // the next look sees it
    log(LogLevel::kInfo, [&] { return cat("commit ", entry.seq, " takes in what was done without the log: ", entry.pins.size(), " arrays"); });
  }
  for (const auto& [array, file] : opened_files()) {
    const auto it = placed.find(array);
    if (it != placed.end() && !entry.pins.contains(array)) FileCommit(file).know_placed(it->second);
  }
  std::lock_guard lock(files_mu_);
  for (auto& [array, pins] : placed) {
    if (!entry.pins.contains(array) && !(state_.pins.find(array)->second == pins)) unplaced_.insert(array);
    placed_.insert_or_assign(array, std::move(pins));
    foreign_.erase(array);
  }
  return {};
}

}  // namespace strata
