// The newest whole commit of a store is made its state again: by a new entry of the log, never by taking numbers back. The order is that
// of any commit, so that it can be stopped anywhere and repeated (docs/commits.md, "A store: repair").
#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "atlas/check.h"
#include "atlas/log_check.h"
#include "file/check.h"

namespace strata {
namespace {

class StoreRepair {
 public:
  StoreRepair(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, std::string_view folder, bool consent, Findings& findings,
              CancelToken* cancel)
      : engine_(std::move(engine)),
        storage_(std::move(storage)),
        folder_(folder),
        consent_(consent),
        findings_(findings),
        cancel_(cancel),
        log_(storage_, folder, looked_, Unread::kEnds, cancel),
        files_(engine_, storage_, findings, consent, cancel) {}

  Status run() {
    STRATA_TRY(check_store(engine_, storage_, folder_, true, findings_, cancel_));
    if (findings_.list.empty()) return {};
    STRATA_TRY(log_.run());
    if (!log_.head)
      return Status(Code::kCorrupt, cat(storage_->describe(folder_), ": neither its registry nor its log says what it consists of; its "
                                        "array files can be salvaged"));
    if (log_.top == 0 && log_.originals()) return repair_files();
    STRATA_TRY(choose());
    STRATA_ASSIGN(const bool raised, raise_numbers());
    const bool new_entry = raised || !log_.lost.empty() || log_.head->seq != log_.top || chosen_.seq != log_.head->seq;
    if (new_entry) STRATA_TRY(plan_entry());
    if (new_entry) STRATA_TRY(close_gaps());
    if (new_entry) STRATA_TRY(make_entry());
    if (new_entry) STRATA_TRY(replace_damaged());
    STRATA_TRY(place());
    STRATA_TRY(publish(new_entry));
    return remake_wholes();
  }

 private:
  std::string aside() const { return log_.log().folder() + "/dropped"; }
  std::string registry_key(const Registry& r) const { return folder_.empty() ? r.file_name : cat(folder_, '/', r.file_name); }
  void report(FindingKind kind, const std::string& key, const std::string& array, std::string text, std::string effect) {
    findings_.list.push_back({kind, Severity::kNote, storage_->describe(key), {}, array, kNoChunk, std::move(text), std::move(effect)});
  }
  std::string_view would(std::string_view done, std::string_view planned) const { return consent_ ? done : planned; }

  // Of the original, without a log: each file by itself.
  Status repair_files() {
    std::map<std::string, int> arrays;
    const Document& document = log_.head->document;
    for (size_t i = 0; i < document.slots(); ++i)
      if (const DatasetEntry* d = document.at(i))
        for (const NamedSchema& a : d->arrays) arrays[a.name] = 0;
    for (const auto& [array, unused] : arrays) {
      Findings found;
      Status repaired = FileRepair(engine_, storage_, found, consent_, cancel_).run(store_file_key(folder_, array));
      for (Finding& f : found.list)
        if (f.kind == FindingKind::kDropped) findings_.list.push_back(std::move(f));
      if (repaired.code() != Code::kNotFound) STRATA_TRY(std::move(repaired));
    }
    return {};
  }

  // The newest commit all layers of which can be read, whole.
  Status choose() {
    std::map<std::string, std::pair<Pins, bool>> known;  // by array, as it was looked at last
    FileCheck look(engine_, storage_, looked_, cancel_);
    const auto is_whole = [&](const StoreState& state) -> Result<bool> {
      for (const auto& [array, pins] : state.pins) {
        STRATA_TRY(check(cancel_));
        const auto it = known.find(array);
        bool whole = it != known.end() && it->second.second;
        if (it == known.end() || !(it->second.first == pins)) {
          STRATA_ASSIGN(whole, look.is_whole(store_file_key(folder_, array), log_.log().homes(), pins));
          known.insert_or_assign(array, std::pair(pins, whole));
        }
        if (!whole) return false;
      }
      return true;
    };
    for (chosen_ = *log_.head;;) {
      if (chosen_.seq) {
        STRATA_ASSIGN(const bool whole, is_whole(chosen_));
        if (whole) return {};
      }
      // Further back, as far as the entries tell.
      for (uint64_t seq = chosen_.seq;;) {
        if (seq <= 1) return Status(Code::kCorrupt, cat(storage_->describe(folder_), ": no commit of it is whole; what can be read can be salvaged"));
        auto before = log_.log().state_at(--seq);
        if (leaves_it_open(before.code())) return before.take_status();
        if (!before.ok()) continue;
        chosen_ = std::move(*before);
        break;
      }
    }
  }

  // Numbers are not used twice: neither those of commits that are dropped, nor those that layers of lost commits have. true: some were
  // not known to be used.
  Result<bool> raise_numbers() {
    bool raised = false;
    for (auto& [array, pins] : chosen_.pins) {
      uint32_t next = pins.next_slot;
      if (const auto it = log_.head->pins.find(array); it != log_.head->pins.end()) next = std::max(next, it->second.next_slot);
      STRATA_ASSIGN(const FileNames names, FileNames::make(store_file_key(folder_, array)));
      STRATA_ASSIGN(const auto slots, names.list(*storage_));
      for (const SlotEntry& s : slots) {
        if (s.stranger || s.slot < next || s.slot == UINT32_MAX) continue;
        const auto layer = SealedLayer::open(*storage_, s.key, engine_->codecs);
        if (leaves_it_open(layer.code())) return layer.status();
        if (layer.ok() && (*layer)->identity()) next = s.slot + 1;
      }
      raised |= next != pins.next_slot;
      pins.next_slot = next;
    }
    return raised;
  }

  // What the store is from now on, and which commits that drops.
  Status plan_entry() {
    entry_.seq = log_.top + 1;
    entry_.store = chosen_.store;
    STRATA_ASSIGN(entry_.commit, random_id());
    entry_.kind = CommitKind::kRepair;
    entry_.time_ns = std::max({wall_clock_ns(), chosen_.time_ns, log_.head->time_ns});
    entry_.message = cat("as of commit ", chosen_.seq);
    entry_.all = true;
    entry_.datasets = chosen_.document;
    entry_.pins = chosen_.pins;
    entry_.condemned = chosen_.condemned;
    for (uint64_t seq = log_.top; seq > chosen_.seq; --seq) {
      const auto read = log_.log().read(seq);
      if (leaves_it_open(read.code())) return read.status();
      const bool sound = read.ok() && *read;
      if (sound && (*read)->is_placeholder()) continue;
      report(FindingKind::kDropped, log_.log().entry_key(seq), "",
             cat(would("commit ", "would drop commit "), seq, consent_ ? " was dropped" : "",
                 sound ? cat(": ", (*read)->datasets.size() + (*read)->removed.size(), " datasets and the layers of ", (*read)->pins.size(), " arrays")
                       : std::string(", of which nothing is known")),
             "what it had changed is as it was before");
    }
    // Layers of these commits, and whose data they hold.
    for (const auto& [array, pins] : log_.head->pins) {
      const auto it = entry_.pins.find(array);
      const auto kept = [&](const Pin& pin) {
        return it != entry_.pins.end() && (it->second.base == pin || std::ranges::find(it->second.layers, pin) != it->second.layers.end());
      };
      std::vector<Pin> all = pins.layers;
      all.push_back(pins.base);
      for (const Pin& pin : all) {
        if (kept(pin) || pin.id.is_nil()) continue;
        const std::string key = log_.log().homes().key(pin.id);
        auto layer = SealedLayer::open(*storage_, key, engine_->codecs);
        if (leaves_it_open(layer.code())) return layer.take_status();
        std::string datasets;
        for (uint32_t r = 0; layer.ok() && r < std::min<uint64_t>((*layer)->footer().array_count(), 16); ++r)
          datasets += cat(r ? ", " : ", with data of ", std::string((*layer)->footer().array(r).name()));
        if (layer.code() == Code::kNotFound) continue;
        const size_t before = findings_.list.size();
        STRATA_TRY(files_.set_aside(key, aside(), cat("the layer of slot ", pin.slot, datasets), "what it had changed is as it was before"));
        for (size_t i = before; i < findings_.list.size(); ++i) findings_.list[i].array = array;
      }
    }
    return {};
  }

  // In the place of an entry that is lost. The one after it names its id, or the registry does.
  Result<LogEntry> placeholder(uint64_t seq) {
    LogEntry e;
    e.seq = seq;
    e.store = entry_.store;
    e.kind = CommitKind::kRepair;
    e.message = "what was here is lost";
    e.datasets.version = entry_.datasets.version;
    e.datasets.codec = entry_.datasets.codec;
    e.condemned = {};
    const auto is_lost = [&](uint64_t n) { return std::ranges::binary_search(log_.lost, n); };
    if (log_.head->seq == seq) {
      e.commit = log_.head->commit;
      e.time_ns = log_.head->time_ns;
    } else if (seq < log_.top && !is_lost(seq + 1)) {
      STRATA_ASSIGN(const auto next, log_.log().read(seq + 1));
      if (next) e.commit = next->parent;
      if (next) e.time_ns = next->time_ns;
    }
    if (e.commit.is_nil()) {
      STRATA_ASSIGN(e.commit, random_id());
    }
    const auto before = placeholders_.find(seq - 1);
    if (before != placeholders_.end()) {
      e.parent = before->second.commit;
      e.time_ns = std::max(e.time_ns, before->second.time_ns);
    } else if (seq > 1 && !is_lost(seq - 1)) {
      STRATA_ASSIGN(const auto previous, log_.log().read(seq - 1));
      if (previous) e.parent = previous->commit;
      if (previous) e.time_ns = std::max(e.time_ns, previous->time_ns);
    }
    return e;
  }

  // Before anything else, so that nobody gets a number that was used.
  Status close_gaps() {
    for (uint64_t seq : log_.lost) {
      STRATA_TRY(check(cancel_));
      STRATA_ASSIGN(LogEntry e, placeholder(seq));
      auto there = storage_->open(log_.log().entry_key(seq));
      if (!there.ok() && there.code() != Code::kNotFound) return there.take_status();
      if (!there.ok()) {
        report(FindingKind::kRestored, log_.log().entry_key(seq), "",
               std::string(would("an entry without changes was put there", "an entry without changes would be put there")), "none");
        if (consent_) {
          STRATA_ASSIGN(const Created made, log_.log().create(e));
          if (made == Created::kTaken) return busy();
        }
      }
      placeholders_.emplace(seq, std::move(e));
    }
    if (consent_ && !log_.lost.empty()) STRATA_TRY(log_.log().sync());
    return {};
  }

  Status make_entry() {
    const auto last = placeholders_.find(log_.top);
    if (last != placeholders_.end()) {
      entry_.parent = last->second.commit;
    } else {
      STRATA_ASSIGN(const auto before, log_.log().read(log_.top));
      if (before) entry_.parent = before->commit;
    }
    report(FindingKind::kRestored, log_.log().entry_key(entry_.seq), "",
           cat("the store ", would("is", "would be"), " as of commit ", chosen_.seq), "none");
    if (!consent_) return {};
    STRATA_ASSIGN(const bool made, log_.log().append(entry_));
    return made ? Status() : busy();
  }
  Status busy() const { return Status(Code::kBusy, cat(storage_->describe(folder_), ": somebody else is writing to it")); }

  Status replace_damaged() {
    for (uint64_t seq : log_.lost) {
      const auto read = log_.log().read(seq);
      if (leaves_it_open(read.code())) return read.status();
      const LogEntry& e = placeholders_.at(seq);
      if (read.ok() && *read && (*read)->commit == e.commit && (*read)->is_placeholder()) continue;
      const std::string key = log_.log().entry_key(seq);
      if (read.ok() && !*read) continue;  // a gap, without consent
      STRATA_TRY(files_.set_aside(key, aside(), "an entry that is damaged, or of another log; one without changes takes its place", "none"));
      if (consent_) STRATA_TRY(log_.log().replace(e));
    }
    return consent_ ? log_.log().sync() : Status();
  }

  const PinTable& pins() const { return entry_.seq ? entry_.pins : chosen_.pins; }

  Status place() {
    for (const auto& [array, p] : pins()) {
      STRATA_TRY(check(cancel_));
      const size_t before = findings_.list.size();
      STRATA_TRY(files_.place(store_file_key(folder_, array), log_.log().homes(), p, aside()));
      for (size_t i = before; i < findings_.list.size(); ++i) findings_.list[i].array = array;
    }
    for (const auto& [array, p] : log_.head->pins)
      if (!pins().contains(array)) STRATA_TRY(files_.clear(store_file_key(folder_, array), aside()));
    return {};
  }

  // Last. One of the original's stays: the next commit takes over what it says.
  Status publish(bool new_entry) {
    if (log_.originals()) return {};
    StoreState state = chosen_;
    if (new_entry) apply(entry_, state);
    if (!new_entry && log_.registry_is_right && log_.in_registry->seq == state.seq) return {};
    const Registry registry = log_.registry.value_or(Registry());
    if (log_.registry && (!log_.in_registry || !log_.registry_is_right))
      STRATA_TRY(files_.set_aside(registry_key(registry), aside(), "it is not what the log says", "none: a new one takes its place"));
    report(FindingKind::kRestored, registry_key(registry), "",
           cat(would("made anew, as of commit ", "would be made anew, as of commit "), state.seq), "none");
    if (!consent_) return {};
    STRATA_TRY(save_registry(*storage_, folder_, registry, to_document(state)));
    if (state.seq) (void)log_.log().mark_placed(state.seq, 0);
    return {};
  }

  Status remake_wholes() {
    STRATA_ASSIGN(const auto wholes, log_.log().numbers("full"));
    for (uint64_t seq : wholes) {
      const std::string key = log_.log().key("full", seq);
      const std::string name = storage_->describe(key);
      const bool bad = std::any_of(findings_.list.begin(), findings_.list.end(),
                                   [&](const Finding& f) { return f.severity == Severity::kDefect && f.object == name; });
      if (!bad) continue;
      STRATA_TRY(files_.set_aside(key, aside(), "it is not the state of that commit", "none: the entries tell it"));
      if (consent_) STRATA_TRY(storage_->remove(key));
    }
    return {};
  }

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Storage> storage_;
  const std::string folder_;
  const bool consent_;
  Findings& findings_;
  CancelToken* const cancel_;
  Findings looked_;  // found a second time
  LogCheck log_;
  FileRepair files_;
  StoreState chosen_;
  LogEntry entry_;  // seq 0: none
  std::map<uint64_t, LogEntry> placeholders_;
};

}  // namespace

Status repair_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder, bool consent,
                    Findings& findings, CancelToken* cancel) {
  std::unique_ptr<FolderLock> lock;
  while (consent && !lock) {
    STRATA_TRY(check(cancel));
    STRATA_ASSIGN(lock, storage->try_lock_folder(folder));
    if (!lock) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return StoreRepair(engine, storage, folder, consent, findings, cancel).run();
}

}  // namespace strata
