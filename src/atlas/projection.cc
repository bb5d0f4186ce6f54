// What other programs read of a store: the slots of its array files, and the registry. Written after each commit, and by whoever
// comes next where that was cut off (docs/commits.md, "A store").
#include <algorithm>

#include "atlas/store_part.h"

namespace strata {

// The layers of `parts`, and of all other arrays that were not brought up to the newest commit. kConflict: something lies there
// that no commit has put there; changed_elsewhere() then names it. registry: to be staged meanwhile.
Status Store::place(std::vector<Part>& parts, const CancelToken* cancel, StagedRegistry* registry) {
  // What a killed writer committed may be in the log and not durable: it must not outlive its entry in the slots.
  if (!log_durable_ && state_.seq) STRATA_TRY(log_.sync());
  log_durable_ = true;
  std::vector<Part> others;
  for (const std::string& array : unplaced_) {
    if (std::any_of(parts.begin(), parts.end(), [&](const Part& p) { return p.array == array; })) continue;
    STRATA_ASSIGN(auto file, file_of(array, false, cancel));
    if (file) others.push_back({array, FileCommit(std::move(file))});
  }
  if (!others.empty())
    log(LogLevel::kInfo, [&] { return cat("putting layers in place that another writer has committed and not placed, of ", others.size(), " arrays"); });
  std::vector<Part*> all;
  for (Part& p : parts) all.push_back(&p);
  for (Part& p : others) all.push_back(&p);
  std::vector<Status> outcomes(all.size());
  STRATA_TRY(engine_->executor.parallel_for(all.size(), cancel, [&](size_t i) -> Status {
    const auto replaced = replaced_.find(all[i]->array);
    outcomes[i] = all[i]->file.project(replaced == replaced_.end() ? std::span<const Pin>() : replaced->second,
                                       state_.history.keeps_any(), cancel);
    return {};
  }));
  // Side by side: a disk would be waited for each time.
  std::vector<Status> durable(all.size()), saved(all.size());
  STRATA_TRY(engine_->executor.parallel_for(1 + 2 * all.size(), nullptr, [&](size_t i) -> Status {
    if (i == 0) return registry ? stage_registry(*registry) : Status();
    const size_t k = (i - 1) / 2;
    if (!outcomes[k].ok()) return {};
    if (i % 2) durable[k] = all[k]->file.make_durable();
    else saved[k] = all[k]->file.save_statistics();
    return {};
  }));
  for (size_t k = 0; k < all.size(); ++k) {
    for (Status* s : {&durable[k], &saved[k]})
      if (outcomes[k].ok() && !s->ok()) outcomes[k] = std::move(*s);
    if (outcomes[k].ok()) all[k]->file.know_placed();
  }
  // Somebody who was not kept out has committed meanwhile: what lies there now may be his, who has placed ours as well or will.
  bool newer = false;
  if (std::any_of(outcomes.begin(), outcomes.end(), [](const Status& s) { return s.code() == Code::kConflict; })) {
    STRATA_ASSIGN(newer, is_behind());
  }
  Status first;
  for (size_t i = 0; i < all.size(); ++i) {
    const std::string& array = all[i]->array;
    if (outcomes[i].ok()) {
      std::lock_guard lock(files_mu_);
      placed_.insert_or_assign(array, *all[i]->file.pins());
      unplaced_.erase(array);
      replaced_.erase(array);
    } else if (!newer || outcomes[i].code() != Code::kConflict) {
      if (outcomes[i].code() == Code::kConflict) foreign_.insert(array);
      if (first.ok()) first = std::move(outcomes[i]);
    }
  }
  return first;
}

Status Store::place(const CancelToken* cancel) {
  std::vector<Part> none;
  return place(none, cancel);
}

Result<bool> Store::is_behind() {
  STRATA_ASSIGN(const auto next, log_.read(state_.seq + 1));
  return next.has_value();
}

Status Store::project(std::vector<Part>& parts) {
  StagedRegistry registry;
  STRATA_TRY(place(parts, nullptr, &registry));
  return publish(registry);
}

Status Store::stage_registry(StagedRegistry& out) {
  Document document;
  {
    std::shared_lock lock(mu_);
    document = to_document(state_);
  }
  auto packed = pack_document(registry_, document);
  if (!packed.ok()) return packed.take_status().prepend(cat(storage_->describe(registry_key_), ": "));
  out.print = {packed->size(), xxh3_64(packed->bytes())};
  STRATA_ASSIGN(out.object, storage_->stage(registry_key_, ""));
  STRATA_TRY(out.object->write_at(0, packed->bytes()));
  return out.object->seal(packed->size());
}

// REQUIRES: all layers are placed.
Status Store::publish_registry() {
  StagedRegistry registry;
  STRATA_TRY(stage_registry(registry));
  return publish(registry);
}

Status Store::publish(const StagedRegistry& registry) {
  STRATA_ASSIGN(const bool behind, is_behind());
  if (behind) return {};  // the newer commit's writer does it
  STRATA_TRY(registry.object->replace_as(registry_key_));
  STRATA_TRY(storage_->sync_folder(folder_));
  seen_ = registry.print;
  const uint64_t before = std::exchange(placed_seq_, state_.seq);
  // Neither of these is needed for anything to be right.
  if (state_.seq) (void)log_.mark_placed(state_.seq, before);
  if (state_.seq / CommitLog::kWholeEvery != before / CommitLog::kWholeEvery) (void)log_.keep_whole(state_);
  return {};
}

// Arrays whose files somebody has changed who knows nothing of the log. all: of those that are open, not only where changes are
// pending.
Result<std::vector<std::string>> Store::changed_elsewhere(bool all) {
  NameSet out = foreign_;
  for (const auto& [array, file] : opened_files()) {
    if (out.contains(array) || unplaced_.contains(array) || (!all && file->pending().arrays == 0)) continue;
    FileCommit part(file);
    const bool known = state_.pins.contains(array);
    bool changed = known && !part.pins() && part.on_storage();  // it was opened like that
    if (!changed) {
      STRATA_ASSIGN(changed, part.was_changed_elsewhere());
    }
    if (changed) out.insert(array);
  }
  if (!out.empty()) {  // by a newer commit, which comes first
    STRATA_ASSIGN(const bool behind, is_behind());
    if (behind) return std::vector<std::string>();
  }
  return std::vector<std::string>(out.begin(), out.end());
}

}  // namespace strata
