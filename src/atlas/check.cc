#include "atlas/check.h"

#include <map>
#include <unordered_set>

#include "atlas/array_folders.h"
#include "atlas/log_check.h"

namespace strata {

void name_datasets(Findings& findings, size_t from, const std::string& array) {
  for (size_t i = from; i < findings.list.size(); ++i) {
    findings.list[i].dataset = std::move(findings.list[i].array);
    findings.list[i].array = array;
  }
}

namespace {

// Array files as they are known at one commit. Of a store that is being written to, the newest is looked at again before anything is
// said to be damaged: what is missing may just have been compacted.
class StoreCheck {
 public:
  StoreCheck(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, std::string_view folder, bool with_data, Findings& findings,
             CancelToken* cancel)
      : engine_(std::move(engine)),
        storage_(std::move(storage)),
        folder_(folder),
        with_data_(with_data),
        findings_(findings),
        cancel_(cancel),
        log_(storage_, folder, findings, Unread::kEnds, cancel) {}

  Status run() {
    STRATA_TRY(log_.run());
    if (!log_.head) return {};
    STRATA_TRY(look_at_files());
    return look_at_own_folder();
  }

 private:
  using Datasets = std::vector<std::string>;
  // By array. What the original has saved counts, where it came last.
  std::map<std::string, Datasets, std::less<>> arrays() const {
    std::map<std::string, Datasets, std::less<>> out;
    const Document& document = log_.originals() ? log_.in_registry->document : log_.head->document;
    for (size_t i = 0; i < document.slots(); ++i)
      if (const DatasetEntry* d = document.at(i))
        for (const NamedSchema& a : d->arrays) out[a.name].push_back(d->name);
    for (const auto& [array, pins] : log_.head->pins) out.try_emplace(array);
    return out;
  }

  Status look_at_files() {
    for (const auto& [array, datasets] : arrays()) {
      const Datasets* named = &datasets;
      Datasets now;
      for (int round = 1;; ++round) {
        Findings found;
        STRATA_TRY(look_at_file(array, *named, found));
        constexpr int kRounds = 16;
        if (found.any_defect() && round < kRounds) {
          const auto before = pins_of(array);
          STRATA_ASSIGN(const bool moved, log_.follow());
          if (moved && pins_of(array) != before) {
            now.clear();
            for (const std::string& d : *named)
              if (const DatasetEntry* e = log_.head->document.find(d); e && e->arrays.find(array)) now.push_back(d);
            named = &now;
            continue;
          }
        }
        findings_.add(std::move(found));
        break;
      }
    }
    return {};
  }

  std::optional<Pins> pins_of(const std::string& array) const {
    const auto it = log_.head->pins.find(array);
    return it == log_.head->pins.end() ? std::nullopt : std::optional(it->second);
  }

  Status look_at_file(const std::string& array, const Datasets& datasets, Findings& found) {
    STRATA_TRY(check(cancel_));
    FileCheck look(engine_, storage_, found, cancel_);
    const std::string key = store_file_key(folder_, array);
    const auto pins = pins_of(array);
    Status looked(Code::kConflict, "");
    if (pins) looked = look.run_pinned(key, log_.log().homes(), *pins, with_data_);
    const bool listed = looked.code() == Code::kConflict;
    if (listed) {
      if (pins)
        found.list.push_back({FindingKind::kLeftover, Severity::kNote, storage_->describe(key), {}, {}, kNoChunk,
                              "its base is one that no commit of the store has put there",
                              "none: what lies there is read, and the next commit of this array takes it over"});
      looked = look.run(key, with_data_);
    }
    if (looked.code() == Code::kNotFound) {
      if (!datasets.empty())
        found.list.push_back({FindingKind::kMissing, Severity::kDefect, storage_->describe(key), {}, array, kNoChunk, "there is no such file",
                              "the array cannot be read in any dataset"});
      return {};
    }
    STRATA_TRY(std::move(looked));
    name_datasets(found, 0, array);
    if (!look.opened()) return {};
    for (const std::string& dataset : datasets) {
      auto there = look.opened()->exists(dataset);
      if (!there.ok() || *there) continue;
      found.list.push_back({FindingKind::kMissing, Severity::kDefect, storage_->describe(key), dataset, array, kNoChunk,
                            "the registry names an array that its file does not have", "the array cannot be read"});
    }
    return {};
  }

  // Somebody may have taken the tag away since this began, and then the layers.
  Result<bool> is_still_tagged(std::string_view name, uint64_t seq) {
    STRATA_ASSIGN(const uint64_t newest, log_.log().newest());
    const auto now = log_.log().state_at(newest);
    if (leaves_it_open(now.code())) return now.status();
    if (!now.ok()) return true;  // an entry is damaged
    const auto tag = now->history.tags.find(name);
    return tag != now->history.tags.end() && tag->second.seq == seq;
  }

  // All layers of a commit with a tag are there.
  Status look_at_tags() {
    for (const auto& [name, tag] : log_.head->history.tags) {
      auto state = log_.log().state_at(tag.seq);
      if (leaves_it_open(state.code())) return state.take_status();
      if (!state.ok()) continue;  // an entry is damaged, which was said
      for (const auto& [array, pins] : state->pins) {
        if (pins_of(array) == pins) continue;
        STRATA_TRY(check(cancel_));
        const std::string key = store_file_key(folder_, array);
        STRATA_ASSIGN(const FileNames names, FileNames::make(key));
        auto stack = open_pinned(*engine_, *storage_, names, log_.log().homes(), pins, Match::kSure, cancel_);
        if (leaves_it_open(stack.code())) return stack.take_status();
        if (stack.code() != Code::kNotFound) continue;
        STRATA_ASSIGN(const bool kept, is_still_tagged(name, tag.seq));
        if (!kept) break;
        findings_.list.push_back({FindingKind::kMissing, Severity::kDefect, storage_->describe(key), {}, array, kNoChunk,
                                  cat("a layer of commit ", tag.seq, " is missing, which the tag \"", name, "\" keeps"),
                                  "the array cannot be read as of that commit; the newest does not need it"});
      }
    }
    return {};
  }

  // Homes of layers that no array has, array files that nothing names, and what a repair has put aside.
  Status look_at_own_folder() {
    STRATA_ASSIGN(const auto homes, storage_->list(log_.log().homes().folder));
    STRATA_ASSIGN(const auto files, list_array_files(*storage_, folder_, cancel_));
    STRATA_TRY(log_.follow().take_status());
    NameSet pinned;
    for (const auto& [array, pins] : log_.head->pins) {
      pinned.insert(log_.log().homes().key(pins.base));
      for (const Pin& pin : pins.layers) pinned.insert(log_.log().homes().key(pin));
    }
    NameSet kept;
    if (log_.head->history.keeps_any()) {
      auto found = log_.log().kept_homes(*log_.head, cancel_);
      if (leaves_it_open(found.code())) return found.take_status();
      if (found.ok()) kept = std::move(*found);  // else an entry is damaged, which was said
      STRATA_TRY(look_at_tags());
    }
    const auto leftover = [&](const std::string& key, std::string_view text, std::string_view effect) {
      findings_.list.push_back({FindingKind::kLeftover, Severity::kNote, storage_->describe(key), {}, {}, kNoChunk, std::string(text),
                                std::string(effect)});
    };
    for (const ListEntry& home : homes)
      if (kept.contains(home.key) && !pinned.contains(home.key))
        STRATA_TRY(FileCheck(engine_, storage_, findings_, cancel_).run_kept(home.key, with_data_));
      else if (!pinned.contains(home.key))
        leftover(home.key, "a layer that no array has", "none; the next compaction removes it, if no writer is about to commit it");
    const auto named = arrays();
    for (const std::string& array : files)
      if (!named.contains(array))
        leftover(store_file_key(folder_, array), "an array file that neither the registry nor the log names",
                 "none: nobody reads it; it can be salvaged by itself");
    STRATA_ASSIGN(const auto dropped, storage_->list(log_.log().folder() + "/dropped"));
    for (const ListEntry& o : dropped) leftover(o.key, "a repair has put this aside", "none; it may be removed");
    return {};
  }

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Storage> storage_;
  const std::string folder_;
  const bool with_data_;
  Findings& findings_;
  CancelToken* const cancel_;
  LogCheck log_;
};

}  // namespace

Status check_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder,
                   bool with_data, Findings& findings, CancelToken* cancel) {
  return StoreCheck(engine, storage, folder, with_data, findings, cancel).run();
}

}  // namespace strata
