// Many writers and one commit (docs/commits.md, "Workers"). A worker opens the store at a commit, and its flush delivers: layers and, last,
// a manifest that names them, which is created once for each task. Whoever adopts a job takes all that was delivered, as changes made at
// those commits, and commits them together.
#include <algorithm>

#include "atlas/store_part.h"
#include "base/utf8.h"
#include "file/difference.h"
#include "file/rounds.h"
#include "storage/key.h"

namespace strata {
namespace {

constexpr std::string_view kManifest = ".json";

// '~' is in neither: it is encoded.
std::string prefix_of(std::string_view job) { return encode_segment(job) + '~'; }

Homes layers_of(std::string inbox, std::string_view job) { return {std::move(inbox), prefix_of(job)}; }

std::string manifest_key(std::string_view inbox, std::string_view job, std::string_view task) {
  return cat(inbox, '/', prefix_of(job), encode_segment(task), kManifest);
}
// "inbox/JOB~TASK.json" -> "JOB~".
std::string_view prefix_in(std::string_view key) {
  const std::string_view name = name_of(key);
  return name.substr(0, name.find('~') + 1);
}
// "inbox/JOB~TASK.json" -> "JOB~TASK".
std::string_view task_of(std::string_view key) {
  const std::string_view name = name_of(key);
  return name.substr(0, name.size() - kManifest.size());
}

struct Found {
  std::string key;
  LogEntry manifest;

  std::string_view task() const { return task_of(key); }
  bool is_in(const AdoptedBefore& before) const { return before.has(manifest.commit, task(), manifest.seq); }
};

// What lies in the inbox and begins with `prefix`, by name.
Result<std::vector<ListEntry>> inbox_objects(Storage& storage, std::string_view inbox, std::string_view prefix) {
  STRATA_ASSIGN(auto objects, storage.list(inbox));
  const std::string first = cat(inbox, '/', prefix);
  std::erase_if(objects, [&](const ListEntry& o) { return !o.key.starts_with(first); });
  std::sort(objects.begin(), objects.end(), [](const ListEntry& a, const ListEntry& b) { return a.key < b.key; });
  return objects;
}

// Of these objects the manifests that are still there.
Result<std::vector<Found>> read_manifests(const CommitLog& log, const std::vector<ListEntry>& objects, const CancelToken* cancel) {
  std::vector<Found> out;
  for (const ListEntry& o : objects) {
    if (!o.key.ends_with(kManifest)) continue;
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(auto manifest, log.read_manifest(o.key));
    if (manifest) out.push_back({o.key, std::move(*manifest)});
  }
  return out;
}

}  // namespace

Status check_worker_name(std::string_view what, std::string_view name) {
  STRATA_TRY(check_utf8(what, name));
  if (name.empty()) return Status(Code::kInvalid, cat(what, " is empty"));
  if (encode_segment(name).size() > 120) return Status(Code::kInvalid, cat(what, " is longer than 120 bytes in a file's name"));
  return {};
}

// ---- the worker ----

Status Store::deliver(CancelToken* cancel) {
  if (delivered_) {
    if (!anything_pending()) return {};
    return Status(Code::kExists, cat("task \"", options_.task, "\" was delivered, and cannot be changed any more"));
  }
  if (!state_.seq) return Status(Code::kUnsupported, where() + " has no commit yet on which a worker could build: flush something first");
  if (delivery_.is_nil()) {
    STRATA_ASSIGN(delivery_, random_id());
  }
  const std::string key = manifest_key(log_.inbox(), options_.job, options_.task);
  const auto settle = [&]() -> Result<bool> {
    STRATA_ASSIGN(const auto there, log_.read_manifest(key));
    if (!there) return false;
    if (there->commit != delivery_)
      return Status(Code::kExists, cat("another attempt of task \"", options_.task, "\" was first; nothing was delivered"));
    STRATA_TRY(storage_->sync_folder(log_.inbox()));
    return true;
  };
  STRATA_ASSIGN(bool done, settle());  // of a flush before, whose answer was lost
  if (!done) {
    LogEntry manifest;
    manifest.seq = state_.seq;
    manifest.store = state_.store;
    manifest.parent = state_.commit;
    manifest.commit = delivery_;
    manifest.kind = CommitKind::kAdopt;
    manifest.time_ns = wall_clock_ns();
    manifest.message = options_.task;
    put_datasets(manifest);
    std::vector<Part> parts;
    for (const auto& [array, file] : opened_files()) {
      parts.push_back({array, FileCommit(file)});
      if (!parts.back().file.has_changes()) parts.pop_back();
    }
    const Homes layers = layers_of(log_.inbox(), options_.job);
    std::vector<Pin> staged(parts.size());
    const auto drop_layers = [&] {  // orphans would harm nobody
      for (Pin& pin : staged)
        if (const Pin was = std::exchange(pin, {}); !was.id.is_nil()) (void)storage_->remove(layers.key(was));
    };
    // Who takes away what lies here for long has the lock: what is there while we have it is there when the manifest is.
    std::unique_ptr<FolderLock> lock;
    Status missing;
    const auto stage = [&]() -> Result<bool> {
      lock.reset();
      missing = engine_->executor.parallel_for(parts.size(), cancel, [&](size_t i) -> Status {
        STRATA_ASSIGN(staged[i], parts[i].file.stage_apart(delivery_, parts[i].array, layers, cancel));
        return {};
      });
      if (missing.code() == Code::kNotFound) return drop_layers(), false;
      STRATA_TRY(std::exchange(missing, {}));
      if (!parts.empty()) STRATA_TRY(storage_->sync_folder(log_.inbox()));
      STRATA_TRY(check(cancel));
      STRATA_ASSIGN(lock, lock_folder(cancel));
      STRATA_ASSIGN(const uint64_t newest, log_.newest());
      if (newest > state_.seq) {  // nobody adopts anything while we have the lock
        STRATA_ASSIGN(const StoreState now, log_.state_at(newest));
        if (AdoptedBefore(now.attempts).has(delivery_, task_of(key), state_.seq))
          return Status(Code::kExists, cat("an attempt of task \"", options_.task, "\" was adopted; nothing was delivered"));
      }
      for (const Pin& pin : staged) {
        if (auto there = storage_->open(layers.key(pin)); !there.ok()) missing = there.take_status();
        if (missing.code() == Code::kNotFound) return drop_layers(), false;
        STRATA_TRY(std::exchange(missing, {}));
      }
      return true;
    };
    if (Status made = in_rounds(cancel, stage); !made.ok()) return drop_layers(), missing.ok() ? made : missing;
    for (size_t i = 0; i < parts.size(); ++i) manifest.pins.emplace(parts[i].array, Pins{Pin(), {staged[i]}, 2});
    auto created = log_.create_manifest(key, manifest);
    lock.reset();
    if (!created.ok())
      return Status(Code::kOutcomeUnknown, cat("the task may or may not have been delivered (", created.status().message(), "); repeat the flush"));
    if (*created == Created::kMade) {
      STRATA_TRY(storage_->sync_folder(log_.inbox()));
    } else {
      drop_layers();
      STRATA_ASSIGN(done, settle());
      if (!done) return Status(Code::kExists, cat("another attempt of task \"", options_.task, "\" was first, and is gone; nothing was delivered"));
    }
  }
  delivered_ = true;
  return discard_alone();  // it is the adopter's now
}

// ---- the one who adopts ----

namespace {

// What several deliveries have changed, for the same thing to be noticed.
class Overlaps {
 public:
  explicit Overlaps(std::vector<Conflict>& conflicts) : conflicts_(conflicts) {}

  void add(std::string_view dataset, std::string_view array, const ArrayView& record) {
    const std::string name = cat(dataset, '\n', array);
    if (!record.deleted()) {
      for (size_t i = 0; i < record.chunk_count(); ++i) {
        const auto coord = record.chunk_coord(i);
        std::string chunk = name;
        for (uint32_t c : coord) chunk += cat('\n', c);
        if (!chunks_.insert(std::move(chunk)).second)
          conflicts_.push_back({ConflictKind::kChunk, std::string(dataset), std::string(array), "", {coord.begin(), coord.end()}});
      }
    }
    const bool deleted_before = deleted_.contains(name), touched_before = !touched_.insert(name).second;
    if (record.deleted() ? touched_before && !deleted_before : deleted_before)
      conflicts_.push_back({ConflictKind::kDeleted, std::string(dataset), std::string(array), "", {}});
    if (record.deleted()) deleted_.insert(name);
  }

 private:
  std::vector<Conflict>& conflicts_;
  NameSet chunks_, touched_, deleted_;
};

// One array's part of a delivery: what `worker` has and `base` has not comes to `to`, beside what others have delivered.
Status load_array(ArrayFile* base, ArrayFile& worker, ArrayFile& to, const std::string& name, const ArrayView& record,
                  std::vector<Conflict>& conflicts, std::string_view array, CancelToken* cancel) {
  Result<ArrayFile::Ref> old = Status(Code::kNotFound, ""), now = worker.open_array(name), there = to.open_array(name);
  if (base) old = base->open_array(name);
  for (const auto* one : {&old, &now, &there})
    if (!one->ok() && one->code() != Code::kNotFound) return one->status();
  const auto conflict = [&](ConflictKind kind) {
    conflicts.push_back({kind, name, std::string(array), "", {}});
    return Status();
  };
  if (!now.ok()) return there.ok() ? to.remove(name) : Status();
  if (!old.ok() || !defined_alike((*old)->meta, (*now)->meta)) {
    // Defined by the worker; by another one as well, perhaps.
    const bool untouched = old.ok() && there.ok() && defined_alike((*old)->meta, (*there)->meta);
    if (there.ok() && !untouched) {
      if (!defined_alike((*there)->meta, (*now)->meta) || !std::ranges::equal((*there)->geometry()->shape(), (*now)->geometry()->shape()))
        return conflict(ConflictKind::kDefined);
    } else {
      if (there.ok()) STRATA_TRY(to.remove(name));
      return to.copy_array(worker, name, name, cancel).take_status();
    }
  } else {
    if (!there.ok()) return conflict(ConflictKind::kDeleted);
    const auto was = (*old)->geometry(), is = (*now)->geometry(), others = (*there)->geometry();
    if (!std::ranges::equal(was->shape(), is->shape())) {
      if (!std::ranges::equal(was->shape(), others->shape()) && !std::ranges::equal(is->shape(), others->shape()))
        return conflict(ConflictKind::kShape);
      STRATA_TRY(to.resize(*there, is->shape(), cancel));
    } else if (!std::ranges::equal(is->shape(), others->shape()) && record.chunk_count()) {
      return conflict(ConflictKind::kShape);  // others' edge chunks have another extent
    }
  }
  const auto geometry = (*now)->geometry();
  std::vector<uint64_t> numbers;
  for (size_t i = 0; i < record.chunk_count(); ++i)
    if (const uint64_t number = geometry->chunk_number(record.chunk_coord(i)); number != UINT64_MAX) numbers.push_back(number);
  return numbers.empty() ? Status() : to.copy_chunks(worker, *now, *there, numbers, cancel);
}

}  // namespace

// REQUIRES: this handle is at the manifest's commit, with what others delivered at it pending.
Status Store::load(const LogEntry& manifest, std::string_view task, const Homes& layers, CancelToken* cancel) {
  Document theirs = state_.document;
  NameSet changed, remade;
  for (const std::string& name : manifest.removed) {
    theirs.erase(name);
    changed.insert(name);
  }
  for (size_t i = 0; i < manifest.datasets.slots(); ++i)
    if (const DatasetEntry* d = manifest.datasets.at(i)) {
      if (changed.contains(d->name)) remade.insert(d->name);
      theirs.put(*d);
      changed.insert(d->name);
    }
  Document merged = merge_documents(state_.document, working_, theirs, changed, remade, conflicts_);
  for (const auto& [array, pins] : manifest.pins) {
    STRATA_TRY(check(cancel));
    if (pins.layers.size() != 1) return Status(Code::kCorrupt, cat("what task \"", manifest.message, "\" delivered has no layer of array \"", array, '"'));
    const Pin& pin = pins.layers.front();
    STRATA_ASSIGN(auto layer, SealedLayer::open(*storage_, layers.key(pin), engine_->codecs));
    if (!is_pinned(pin, *layer) || layer->object().size() != pin.size)
      return Status(Code::kCorrupt, cat(layer->name(), ": it is not the layer that the task has delivered"));
    const auto known = state_.pins.find(array);
    const Pins* below = known == state_.pins.end() ? nullptr : &known->second;
    std::shared_ptr<ArrayFile> base;
    if (below) {
      STRATA_ASSIGN(base, ArrayFile::open_in_store(engine_, storage_, file_key(array), file_options(), log_.homes(), *below, *below, Match::kSure, cancel));
    }
    STRATA_ASSIGN(const auto worker, ArrayFile::open_with(engine_, storage_, file_key(array), file_options(), log_.homes(), below, layer, cancel));
    STRATA_ASSIGN(const auto to, file_of(array, true, cancel));
    for (size_t i = 0; i < layer->footer().array_count(); ++i) {
      const ArrayView record = layer->footer().array(i);
      STRATA_TRY(load_array(base.get(), *worker, *to, std::string(record.name()), record, conflicts_, array, cancel));
    }
  }
  adopting_.push_back({manifest.commit, std::string(task), manifest.seq});
  std::unique_lock lock(mu_);
  working_ = std::move(merged);
  changed_.insert(changed.begin(), changed.end());
  remade_.insert(remade.begin(), remade.end());
  return {};
}

Result<std::vector<Store::Delivery>> Store::deliveries(std::string_view job, const CancelToken* cancel) {
  STRATA_TRY(check(cancel));
  STRATA_TRY(check_worker_name("the job", job));
  STRATA_ASSIGN(const auto objects, inbox_objects(*storage_, log_.inbox(), prefix_of(job)));
  STRATA_ASSIGN(const auto found, read_manifests(log_, objects, cancel));
  std::vector<Delivery> out;
  for (const auto& [key, manifest] : found) {
    Delivery& d = out.emplace_back();
    d.task = manifest.message;
    d.time_ns = manifest.time_ns;
    d.base = manifest.seq;
    d.arrays = manifest.pins.size();
    d.attempt = manifest.commit;
    d.datasets = manifest.datasets.size();
    d.removed = manifest.removed.size();
    for (const auto& [array, pins] : manifest.pins)
      for (const Pin& pin : pins.layers) d.bytes += pin.size;
  }
  return out;
}

// false: somebody else has adopted some of it meanwhile.
Result<bool> Store::try_adopt(std::string_view job, const Tasks& tasks, CancelToken* cancel) {
  const std::string inbox = log_.inbox();
  STRATA_ASSIGN(auto objects, inbox_objects(*storage_, inbox, prefix_of(job)));
  if (tasks) {
    NameSet wanted;
    for (const std::string& task : *tasks) {
      const std::string key = manifest_key(inbox, job, task);
      if (!std::ranges::binary_search(objects, key, {}, &ListEntry::key))
        return Status(Code::kNotFound, cat("task \"", task, "\" of job \"", job, "\" has delivered nothing, or it was adopted before; nothing was adopted"));
      wanted.insert(key);
    }
    std::erase_if(objects, [&](const ListEntry& o) { return !wanted.contains(o.key); });
  }
  STRATA_ASSIGN(auto found, read_manifests(log_, objects, cancel));
  for (const Found& f : found)
    if (f.manifest.store != state_.store) return Status(Code::kCorrupt, cat(storage_->describe(f.key), ": it was made for another store"));
  if (found.empty()) return Status(Code::kNotFound, cat("no task of job \"", job, "\" has delivered anything to ", where(), ", or all was adopted long ago"));
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.manifest.seq != b.manifest.seq ? a.manifest.seq < b.manifest.seq : a.key < b.key;
  });
  StoreOptions options = options_;
  options.goes_on = true;
  std::shared_ptr<Store> adopter;
  std::vector<Conflict> conflicts;
  Overlaps overlaps(conflicts);
  // What an attempt has already given to the store is not taken again.
  STRATA_ASSIGN(const auto newest, open(engine_, storage_, folder_, options_, cancel));
  const auto take = [&](const Found& f) -> Status {
    if (!adopter) {
      options.commit = cat(f.manifest.seq);
      STRATA_ASSIGN(adopter, open(engine_, storage_, folder_, options, cancel));
      adopter->adopting_job_ = job;
    }
    std::lock_guard change(adopter->change_mu_);
    const auto words = [&] { return cat("task \"", f.manifest.message, "\": "); };
    const auto below = [&](Status s) {  // of what needs the layers of the commit on which it builds
      if (s.code() != Code::kNotFound) return std::move(s).prepend(words);
      return Status(Code::kHistoryGone, cat(words(), "commit ", f.manifest.seq, ", on which it builds, is not kept any more (", s.message(), ")"));
    };
    if (adopter->state_.seq != f.manifest.seq) {
      Head head;
      STRATA_ASSIGN(head.state, log_.state_at(f.manifest.seq));
      STRATA_TRY(below(adopter->move_to(head, Match::kSure, cancel)));
      adopter->seen_ = {};
    }
    for (const auto& [array, pins] : f.manifest.pins) {
      for (const Pin& pin : pins.layers) {
        auto layer = SealedLayer::open(*storage_, layers_of(inbox, job).key(pin), engine_->codecs);
        if (!layer.ok()) return layer.take_status().prepend(words);
        for (size_t i = 0; i < (*layer)->footer().array_count(); ++i) {
          const ArrayView record = (*layer)->footer().array(i);
          overlaps.add(record.name(), array, record);
        }
      }
    }
    if (conflicts.empty()) STRATA_TRY(below(adopter->load(f.manifest, f.task(), layers_of(inbox, job), cancel)));
    conflicts.insert(conflicts.end(), adopter->conflicts_.begin(), adopter->conflicts_.end());
    adopter->conflicts_.clear();
    return {};
  };
  const AdoptedBefore before(newest->state_.attempts);
  for (const Found& f : found) {
    if (f.is_in(before)) continue;
    Status taken = take(f);
    if (taken.code() == Code::kNotFound || taken.code() == Code::kHistoryGone) {
      // What it delivered goes once somebody has adopted it: that is no loss.
      STRATA_ASSIGN(const auto there, log_.read_manifest(f.key));
      if (!there || there->commit != f.manifest.commit) return false;
    }
    STRATA_TRY(std::move(taken));
  }
  if (!conflicts.empty()) {
    conflicts_ = std::move(conflicts);
    return Status(Code::kConflict, cat("tasks of job \"", job, "\" have changed the same, in ", conflicts_.size(), " places, the first in dataset \"",
                                       conflicts_.front().dataset, "\", array \"", conflicts_.front().array, "\"; nothing was adopted"));
  }
  if (adopter) {
    Status flushed = adopter->flush(cancel);
    if (flushed.code() == Code::kConflict) {
      STRATA_ASSIGN(const auto now, open(engine_, storage_, folder_, options_, cancel));
      const AdoptedBefore since(now->state_.attempts);
      for (const Found& f : found)
        if (f.is_in(since) && !f.is_in(before)) return false;
      conflicts_ = adopter->conflicts();
    }
    STRATA_TRY(std::move(flushed));
  }
  // All of it is in the store: whoever asks again finds the attempts there, and takes away what is left here of them. Nobody delivers under
  // one of these names meanwhile.
  const auto lock = lock_folder(cancel);
  if (!lock.ok()) return cancel && cancel->stopped() ? Result<bool>(true) : Result<bool>(lock.status());
  for (const Found& f : found) {
    STRATA_ASSIGN(const auto there, log_.read_manifest(f.key));
    if (there && there->commit == f.manifest.commit) STRATA_TRY(storage_->remove(f.key));
    for (const auto& [array, pins] : f.manifest.pins)
      for (const Pin& pin : pins.layers) STRATA_TRY(storage_->remove(layers_of(inbox, job).key(pin)));
  }
  return true;
}

Status Store::adopt(std::string_view job, const Tasks& tasks, CancelToken* cancel) {
  STRATA_TRY(check_worker_name("the job", job));
  if (tasks)
    for (const std::string& task : *tasks) STRATA_TRY(check_worker_name("a task", task));
  {
    std::lock_guard change(change_mu_);
    STRATA_TRY(check(cancel));
    STRATA_TRY(check_writable());
    if (!options_.job.empty()) return Status(Code::kUnsupported, "a worker's handle only delivers what it has changed");
    if (anything_pending() || attempt_) return Status(Code::kPending, where() + " has unflushed changes: flush or discard them first");
    conflicts_.clear();
    STRATA_TRY(in_rounds(cancel, [&] { return try_adopt(job, tasks, cancel); }));
  }
  return refresh(nullptr).take_status();  // it is done: no token may make it look otherwise
}

// ---- what nobody adopts ----

// REQUIRES: lock_out_writers, so that nobody delivers meanwhile.
Status Store::find_abandoned(int64_t age_ns, Unneeded& out, CancelToken* cancel) {
  const std::string inbox = log_.inbox(), clock = inbox + "/clock";
  STRATA_ASSIGN(auto objects, inbox_objects(*storage_, inbox, ""));
  if (objects.empty()) return {};
  // The storage's clock is what the objects' times are by.
  STRATA_TRY(replace_derived_object(*storage_, clock, {}));
  STRATA_ASSIGN(objects, inbox_objects(*storage_, inbox, ""));
  int64_t now = 0;
  for (const ListEntry& o : objects)
    if (o.key == clock) now = o.modified_ns;
  STRATA_TRY(storage_->remove(clock));
  NameSet old, needed;
  for (const ListEntry& o : objects)
    if (now - o.modified_ns > age_ns) old.insert(o.key);
  STRATA_ASSIGN(const auto found, read_manifests(log_, objects, cancel));
  const AdoptedBefore before(state_.attempts);
  for (const Found& f : found) {
    const Homes layers{inbox, std::string(prefix_in(f.key))};
    const bool goes = f.is_in(before) || old.contains(f.key);
    if (goes) out.add(f.manifest.commit, f.key);
    for (const auto& [array, pins] : f.manifest.pins)
      for (const Pin& pin : pins.layers) {
        needed.insert(layers.key(pin));
        if (goes) out.add(pin.id, layers.key(pin));
      }
  }
  for (const std::string& key : old) {  // of workers that were killed
    Id128 id;
    if (needed.contains(key) || !key.ends_with(".af")) continue;
    const std::string_view name = name_of(key), hex = name.substr(prefix_in(key).size());
    if (Id128::parse(hex.substr(0, hex.size() - 3), &id)) out.add(id, key);
  }
  return {};
}

}  // namespace strata
