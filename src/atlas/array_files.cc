// The array files of a store: which are open, and how they become so.
#include "atlas/store.h"
#include "storage/key.h"

namespace strata {

std::string store_file_key(std::string_view folder, std::string_view array) {
  return folder.empty() ? cat(encode_segment(array), "/data.af") : cat(folder, '/', encode_segment(array), "/data.af");
}

std::string Store::file_key(std::string_view array) const { return store_file_key(folder_, array); }

FileOptions Store::file_options() const {
  FileOptions o;
  o.codec = options_.codec;
  o.level = options_.level;
  o.block_bytes = options_.block_bytes;
  o.fold_limit_bytes = options_.fold_limit_bytes;
  o.compact_layers = options_.compact_layers;
  o.compact_dead_bytes = options_.compact_dead_bytes;
  o.read_only = options_.read_only;
  return o;
}

Result<std::shared_ptr<ArrayFile>> Store::file_of(std::string_view array, bool make, const CancelToken* cancel) {
  std::shared_ptr<Slot> slot;
  {
    std::lock_guard lock(files_mu_);
    auto it = files_.find(array);
    if (it == files_.end()) it = files_.emplace(std::string(array), std::make_shared<Slot>()).first;
    slot = it->second;
    if (slot->file) return slot->file;
  }
  std::lock_guard opening(slot->opening);
  for (;;) {
    std::optional<Pins> pins;
    Pins placed;
    uint64_t seq;
    {
      std::lock_guard lock(files_mu_);
      if (slot->file) return slot->file;
      seq = state_.seq;
      if (auto it = state_.pins.find(array); it != state_.pins.end()) pins = it->second;
      if (auto it = placed_.find(array); it != placed_.end()) placed = it->second;
    }
    auto opened = open_file(array, pins ? &*pins : nullptr, placed, seq, make, cancel);
    std::lock_guard lock(files_mu_);
    // The handle may have moved to another commit meanwhile, and all its arrays with it.
    const auto now = state_.pins.find(array);
    if ((now == state_.pins.end()) == pins.has_value() || (pins && !(now->second == *pins))) continue;
    if (opened.ok()) slot->file = *opened;
    return opened;
  }
}

// nullptr: there is no such file, and none is to be made.
Result<std::shared_ptr<ArrayFile>> Store::open_file(std::string_view array, const Pins* pins, const Pins& placed, uint64_t seq,
                                                    bool make, const CancelToken* cancel) {
  const std::string key = file_key(array);
  if (as_of_ || options_.goes_on) {
    if (!pins && !make) return std::shared_ptr<ArrayFile>();
    if (!pins) {
      STRATA_ASSIGN(auto anew, ArrayFile::make_new(engine_, storage_, key, file_options()));
      anew->set_homes(log_.homes());
      return anew;
    }
    auto file = ArrayFile::open_in_store(engine_, storage_, key, file_options(), log_.homes(), *pins, placed, Match::kSure, cancel);
    if (file.code() != Code::kNotFound) return file;
    return Status(Code::kHistoryGone, cat("array \"", array, "\" as of commit ", seq, " is not kept any more (", file.status().message(), ")"));
  }
  if (pins) {
    auto file = ArrayFile::open_in_store(engine_, storage_, key, file_options(), log_.homes(), *pins, placed, Match::kSure, cancel);
    if (file.ok() && (*file)->base_is_originals()) return open_listed(key, cancel);
    if (file.code() != Code::kNotFound) return file;
    Status gone = file.take_status();
    STRATA_ASSIGN(const uint64_t newest, log_.newest());
    if (newest > seq)
      return Status(Code::kStale, cat("another writer has compacted the commit of this handle; refresh it (", gone.message(), ")"));
    // A copy of a store: its layers have other stamps.
    file = ArrayFile::open_in_store(engine_, storage_, key, file_options(), log_.homes(), *pins, placed, Match::kLikely, cancel);
    if (file.ok() && !(*file)->base_is_originals()) return file;
    if (!file.ok() && file.code() != Code::kNotFound) return file;
    // The original has compacted it: what it sees now counts, until the next commit takes it over.
    const auto base = SealedLayer::open(*storage_, key, engine_->codecs);
    if (base.ok() && (*base)->identity())  // nobody has: a layer is lost, and without it this is an older commit
      return Status(Code::kCorrupt, std::string(gone.message()));
    auto listed = open_listed(key, cancel);
    if (listed.code() != Code::kNotFound) return listed;
    if (!make) return std::shared_ptr<ArrayFile>();  // lost: as where there is no file at all
    STRATA_ASSIGN(auto anew, ArrayFile::make_new(engine_, storage_, key, file_options()));
    anew->set_homes(log_.homes());
    anew->take_place_of(*pins);
    return anew;
  }
  auto file = open_listed(key, cancel);
  if (file.code() == Code::kNotFound) {
    if (!make) return std::shared_ptr<ArrayFile>();
    STRATA_ASSIGN(const FileNames names, FileNames::make(key));
    STRATA_ASSIGN(const auto layer, names.any_layer(*storage_));
    // Layers whose base is gone would lie over a new one, so that is made to count them as absorbed.
    file = layer ? ArrayFile::create(engine_, storage_, key, file_options(), true, cancel)
                 : ArrayFile::make_new(engine_, storage_, key, file_options());
    if (file.ok()) (*file)->set_homes(log_.homes());
  }
  return file;
}

Result<std::shared_ptr<ArrayFile>> Store::open_listed(const std::string& key, const CancelToken* cancel) {
  STRATA_ASSIGN(auto file, ArrayFile::open(engine_, storage_, key, file_options(), cancel));
  file->set_homes(log_.homes());
  return file;
}

std::vector<std::pair<std::string, std::shared_ptr<ArrayFile>>> Store::opened_files() {
  std::lock_guard lock(files_mu_);
  std::vector<std::pair<std::string, std::shared_ptr<ArrayFile>>> out;
  for (const auto& [name, slot] : files_)
    if (slot->file) out.emplace_back(name, slot->file);
  return out;
}

void Store::forget_file(const std::string& array, const std::shared_ptr<ArrayFile>& file) {
  std::lock_guard lock(files_mu_);
  auto it = files_.find(array);
  if (it != files_.end() && it->second->file == file) it->second->file = nullptr;
}

// The array files are published before the registry. So an entry that another writer has deleted is missing before the
// registry says so, and this handle may know an older registry still: neither is damage.
Status Store::missing_entry(std::string_view dataset, std::string_view array, const std::shared_ptr<ArrayFile>& file,
                            std::optional<bool>& replaced) {
  const auto deleted = [&] {
    return Status(Code::kNotFound, cat("array \"", array, "\" of dataset \"", dataset, "\" of ", where(),
                                       " was deleted by another writer; a refresh shows what is there"));
  };
  if (file) {
    STRATA_ASSIGN(const bool gone, file->was_deleted(dataset));
    if (gone) return deleted();
  }
  if (!replaced) {
    auto stored = read_object(*storage_, registry_key_, kMaxDocumentBytes);
    replaced = stored.ok() && Fingerprint{stored->size(), xxh3_64(stored->bytes())} != seen_;
  }
  if (*replaced) return deleted();
  return Status(Code::kCorrupt, cat("the registry names array \"", array, "\" of dataset \"", dataset, "\", but ",
                                    storage_->describe(file_key(array)), " is missing or does not have it"));
}

Result<std::optional<Store::OpenedArray>> Store::try_open_array(std::string_view dataset, std::string_view array,
                                                                const CancelToken* cancel) {
  STRATA_ASSIGN(const bool there, array_exists(dataset, array));
  if (!there) return no_array(dataset, array);
  STRATA_ASSIGN(auto file, file_of(array, false, cancel));
  if (!file) return std::optional<OpenedArray>();
  auto ref = file->open_array(dataset);
  if (ref.code() == Code::kNotFound) return std::optional<OpenedArray>();
  if (!ref.ok()) return ref.take_status();
  return std::optional(OpenedArray{std::move(file), std::move(*ref)});
}

Result<Store::OpenedArray> Store::open_array(std::string_view dataset, std::string_view array,
                                             const CancelToken* cancel) {
  STRATA_ASSIGN(auto opened, try_open_array(dataset, array, cancel));
  if (!opened) {
    // A deletion changes the file and the document one after the other; only between changes does it mean damage.
    std::lock_guard change(change_mu_);
    STRATA_ASSIGN(opened, try_open_array(dataset, array, cancel));
    if (!opened) {
      STRATA_ASSIGN(const auto file, file_of(array, false, cancel));
      std::optional<bool> replaced;
      return missing_entry(dataset, array, file, replaced);
    }
  }
  return std::move(*opened);
}

Status Store::missing_file(std::string_view array) const {
  return Status(Code::kCorrupt, cat("the registry names array \"", array, "\", but ", storage_->describe(file_key(array)), " is missing"));
}

// An entry that the registry does not know was left by a writer that was stopped, or by one that deleted the dataset without
// touching the file. REQUIRES: change_mu_, and that there is none in the registry.
Status Store::remove_orphan(ArrayFile& file, std::string_view dataset) {
  STRATA_ASSIGN(const bool orphan, file.exists(dataset));
  return orphan ? file.remove(dataset) : Status();
}

}  // namespace strata
