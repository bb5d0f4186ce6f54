// An Atlas store: datasets by name, each with arrays and attributes, laid out variable first. This room's face.
//
// All datasets' arrays of one name lie in `{name}/data.af`, as entries named after the datasets; that file is opened when one of
// them is first needed. The registry (a document, see document.h) says which datasets and arrays there are.
//
// Threads: everything from any thread at once. Changes of what there is wait for each other; reads wait for none of them, nor
// for a flush. Array files have their own locks: data never moves under one of the store's.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "atlas/commit_log.h"
#include "atlas/document.h"
#include "atlas/merge.h"
#include "atlas/registry.h"
#include "base/hash.h"
#include "base/without_throwing.h"
#include "file/array_file.h"

namespace strata {

struct StoreOptions {
  const Codec* codec = nullptr;  // create: of the arrays. open: nullptr, the document's counts
  int level = 0;
  uint64_t block_bytes = 0;
  uint64_t fold_limit_bytes = 0;
  uint64_t compact_layers = 0, compact_dead_bytes = 0;  // as in FileOptions, for each array file
  bool read_only = false;
  std::string commit;  // open: as of this one (CommitLog::find), and read-only; "": the newest
  bool goes_on = false;  // not read-only: what is changed comes to lie above what was committed since
  std::string job, task;  // of a worker, whose flush delivers (workers.cc); "": none
};

// One dataset's part of a read across datasets.
struct AcrossRow {
  std::string dataset;
  Status status;  // kNotFound: no such dataset, or it has no such array
  DType dtype;
  std::vector<uint64_t> shape;  // of the region
  VarlenData data;              // without a level of offsets where the width is fixed
};

// Of a job or a task. what: begins the message.
Status check_worker_name(std::string_view what, std::string_view name);

// The base of the file of all arrays of that name.
std::string store_file_key(std::string_view folder, std::string_view array);

class Store {
 public:
  static Result<std::shared_ptr<Store>> create(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                               std::string_view folder, const StoreOptions& options,
                                               const Registry& registry, bool overwrite, const CancelToken* cancel);
  // kNotFound when the folder has no registry: an empty folder is not a store.
  static Result<std::shared_ptr<Store>> open(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                             std::string_view folder, const StoreOptions& options,
                                             const CancelToken* cancel);

  // ---- datasets ----
  Status create_dataset(std::string_view name);  // kExists, kInvalid
  Status delete_dataset(std::string_view name, const CancelToken* cancel);
  // With all arrays and attributes; the new one is the last in order. Compressed data is copied as it is.
  Status copy_dataset(std::string_view name, std::string_view new_name, CancelToken* cancel);
  Status rename_dataset(std::string_view name, std::string_view new_name, CancelToken* cancel);
  const Codec& codec() const { return *options_.codec; }  // of what this handle writes
  bool dataset_exists(std::string_view name);
  uint64_t dataset_count();
  std::vector<std::string> list_datasets();
  std::vector<std::string> list_datasets_with(std::string_view array);
  std::vector<std::string> list_arrays();            // of all datasets, each name once, in order of first appearance
  Result<DType> array_type(std::string_view array);  // in the first dataset that has it

  // ---- a dataset's arrays and attributes. kNotFound when the dataset is gone ----
  struct OpenedArray {
    std::shared_ptr<ArrayFile> file;
    ArrayFile::Ref array;
  };
  Result<OpenedArray> define(std::string_view dataset, ArrayDefinition definition, const CancelToken* cancel);
  Status delete_array(std::string_view dataset, std::string_view array, const CancelToken* cancel);
  Status copy_array(std::string_view dataset, std::string_view array, std::string_view new_dataset,
                    std::string_view new_array, CancelToken* cancel);
  Status rename_array(std::string_view dataset, std::string_view array, std::string_view new_array, CancelToken* cancel);
  // The registry takes over the shape that the array has now.
  Status note_shape(std::string_view dataset, std::string_view array, const ArrayDef& def);
  Result<OpenedArray> open_array(std::string_view dataset, std::string_view array, const CancelToken* cancel);
  Result<std::vector<std::string>> list_arrays(std::string_view dataset);
  Result<bool> array_exists(std::string_view dataset, std::string_view array);
  Status set_attribute(std::string_view dataset, std::string key, Value value);
  Result<Value> get_attribute(std::string_view dataset, std::string_view key);
  Status delete_attribute(std::string_view dataset, std::string_view key);
  Result<std::vector<std::string>> list_attributes(std::string_view dataset);
  // notes.cc
  Status set_note(std::string_view dataset, std::string name, std::string text);
  Result<std::string> get_note(std::string_view dataset, std::string_view name);
  Status delete_note(std::string_view dataset, std::string_view name);
  Result<std::vector<std::string>> list_notes(std::string_view dataset);

  // ---- across datasets ----
  // Region: nothing = the whole array of each. datasets: nothing = all, in insertion order.
  struct Region {
    std::vector<uint64_t> start, count;
  };
  Result<std::vector<AcrossRow>> read_across(std::string_view array,
                                             const std::optional<std::vector<std::string>>& datasets,
                                             const std::optional<Region>& region, CancelToken* cancel);
  // What a stack looks like: rows, and the shape and type of one. kNotFound: no dataset has the array. `region` nothing: the shape of
  // the first dataset that has it.
  struct StackPlan {
    std::vector<std::string> datasets;
    DType dtype;
    uint64_t width = 0;  // of an element
    std::vector<uint64_t> start, count;
    uint64_t row_bytes = 0;
  };
  Result<StackPlan> plan_stack(std::string_view array, const std::optional<std::vector<std::string>>& datasets,
                               const std::optional<Region>& region, const CancelToken* cancel);
  // Row i goes to dst + i * row_bytes; statuses[i] says what became of it. keep_going = false: the first bad row fails the call.
  Status read_stack(std::string_view array, const StackPlan& plan, uint8_t* dst, std::vector<Status>& statuses,
                    bool keep_going, CancelToken* cancel);

  // ---- commits ----
  // kNotProjected: it is committed and durable, but the original does not see all of it yet.
  Status flush(CancelToken* cancel);
  Status compact(CancelToken* cancel);
  // Of each array file, by array.
  Result<std::vector<std::pair<std::string, CompactionPlan>>> plan_compaction(const CancelToken* cancel);
  Status discard();
  // To the newest commit, all arrays at once.
  Result<bool> refresh(const CancelToken* cancel);
  PendingInfo pending();
  // What a check looks into: the file of an array, nullptr when there is none, and where it lies.
  Result<std::shared_ptr<ArrayFile>> array_file(std::string_view array, const CancelToken* cancel) { return file_of(array, false, cancel); }
  std::string file_key(std::string_view array) const;
  // The commits of the store, the newest first, at most so many; whatever this handle's own is.
  Result<std::vector<CommitLog::Summary>> log(uint64_t most, const CancelToken* cancel) const { return log_.list(most, cancel); }
  // What the last flush or compaction was refused for.
  std::vector<Conflict> conflicts();

  // ---- history (history.cc). kPending of those that change it: while there are unflushed changes ----
  uint64_t seq();  // of this handle's commit; 0: none
  // As of this handle's commit; of a handle that was opened as of an older one, as it was when that was opened.
  History history();
  Result<std::vector<std::pair<std::string, CommitLog::Summary>>> tags(const CancelToken* cancel);  // by name
  Document document();  // pending changes included
  bool has_same_layers(Store& other, std::string_view array);  // and nothing of it is pending
  // commit: as CommitLog::find; "": the newest. kExists: another commit has that name. kHistoryGone.
  Status tag(std::string_view name, std::string_view commit, CancelToken* cancel);
  Status untag(std::string_view name, CancelToken* cancel);  // kNotFound
  Status set_retention(uint64_t commits, int64_t age_ns, CancelToken* cancel);
  Status expire(std::string_view before, CancelToken* cancel);
  // ---- workers (workers.cc) ----
  // What the tasks of a job, or some of them, have delivered becomes one commit. kNotFound: there is nothing of such a job, or of one of
  // the tasks. kConflict: conflicts().
  using Tasks = std::optional<std::vector<std::string>>;
  Status adopt(std::string_view job, const Tasks& tasks, CancelToken* cancel);
  struct Delivery {
    std::string task;
    Id128 attempt;
    int64_t time_ns = 0;
    uint64_t base = 0, arrays = 0, datasets = 0, removed = 0, bytes = 0;
  };
  Result<std::vector<Delivery>> deliveries(std::string_view job, const CancelToken* cancel);

  // Removes what nothing needs any more that is kept. inbox_age_ns: also what workers have written longer ago and nobody has adopted.
  Status collect(std::optional<int64_t> inbox_age_ns, CancelToken* cancel);

 private:
  // The bytes of a registry, for telling whether somebody else has replaced them.
  struct Fingerprint {
    uint64_t size = 0, hash = 0;
    bool operator==(const Fingerprint&) const = default;
  };
  // A place in the table of array files. Whoever opens the file holds `opening` meanwhile, and nothing else.
  struct Slot {
    std::mutex opening;
    std::shared_ptr<ArrayFile> file;  // guarded by files_mu_
  };
  struct Row;

  Store(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, std::string_view folder,
        const StoreOptions& options, const Registry& registry);

  // store.cc
  std::string where() const { return storage_->describe(folder_); }
  Status no_dataset(std::string_view name) const;
  Status no_array(std::string_view dataset, std::string_view array) const;
  Status check_writable() const;
  // REQUIRES: change_mu_. Runs change(entry) with mu_ held alone.
  template <typename F>
  Status change_dataset(std::string_view name, F&& change) {
    return change_dataset(name, [] { return Status(); }, change);
  }
  // The same together with something elsewhere that may fail. What takes memory for the entry comes before it: a `change`
  // that takes none cannot fail after it.
  template <typename Elsewhere, typename F>
  Status change_dataset(std::string_view name, Elsewhere&& elsewhere, F&& change) {
    typename decltype(changed_)::iterator at;
    bool is_first = false;
    {
      std::unique_lock lock(mu_);
      if (!working_.edit(name)) return no_dataset(name);
      std::tie(at, is_first) = changed_.emplace(name);
    }
    auto take_back = [&] {
      std::unique_lock lock(mu_);
      if (is_first) changed_.erase(at);
    };
    try {
      Status s = elsewhere();
      if (s.ok()) {
        std::unique_lock lock(mu_);
        change(*working_.edit(name));
      } else {
        take_back();
      }
      return s;
    } catch (...) {
      take_back();
      throw;
    }
  }
  // REQUIRES: change_mu_. A dataset that was not there.
  void add_dataset(DatasetEntry entry);

  // REQUIRES of all: change_mu_.
  static Status check_new_name(std::string_view array);
  Status check_new_array(std::string_view dataset, std::string_view array);
  Status delete_dataset_alone(std::string_view name, const CancelToken* cancel);
  Status delete_array_alone(std::string_view dataset, std::string_view array, const CancelToken* cancel);

  // copies.cc; REQUIRES of all: change_mu_
  Status copy_entry(std::string_view array, std::string_view dataset, std::string_view new_array,
                    std::string_view new_dataset, CancelToken* cancel);
  Status copy_dataset_alone(std::string_view name, std::string_view new_name, CancelToken* cancel);
  Status copy_array_alone(std::string_view dataset, std::string_view array, std::string_view new_dataset,
                          std::string_view new_array, CancelToken* cancel);

  // array_files.cc
  FileOptions file_options() const;
  // nullptr: there is no such file, and none is to be made.
  Result<std::shared_ptr<ArrayFile>> file_of(std::string_view array, bool make, const CancelToken* cancel);
  Result<std::shared_ptr<ArrayFile>> open_file(std::string_view array, const Pins* pins, const Pins& placed, uint64_t seq,
                                               bool make, const CancelToken* cancel);
  Result<std::shared_ptr<ArrayFile>> open_listed(const std::string& key, const CancelToken* cancel);
  std::vector<std::pair<std::string, std::shared_ptr<ArrayFile>>> opened_files();
  void forget_file(const std::string& array, const std::shared_ptr<ArrayFile>& file);
  // Nothing: the registry names the array, but its file does not have it. The file may just be changing.
  Result<std::optional<OpenedArray>> try_open_array(std::string_view dataset, std::string_view array,
                                                    const CancelToken* cancel);
  // Why there is no such entry; REQUIRES: change_mu_. `replaced`: of the registry, kept over many calls.
  Status missing_entry(std::string_view dataset, std::string_view array, const std::shared_ptr<ArrayFile>& file,
                       std::optional<bool>& replaced);
  Status missing_file(std::string_view array) const;
  static Status remove_orphan(ArrayFile& file, std::string_view dataset);
  static Status empty(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, std::string_view folder,
                      const CancelToken* cancel);

  // across.cc
  Result<std::shared_ptr<ArrayFile>> open_rows(std::string_view array, const std::vector<std::string>& datasets,
                                               std::vector<Row>& rows, const CancelToken* cancel);
  Status read_varlen_rows(const std::shared_ptr<ArrayFile>& file, std::vector<AcrossRow>& out,
                          const std::vector<Row>& rows, const std::vector<size_t>& which,
                          const std::vector<uint64_t>& start, CancelToken* cancel);

  struct Part;  // store_part.h
  // What lies on storage, where it is not what this handle knows.
  struct Head {
    StoreState state;
    PinTable placed;          // what is in the slots, as far as the registry tells
    uint64_t placed_seq = 0;  // of the registry
    CommitLog::Bases replaced;  // that may still be in their places
    Fingerprint seen;         // of its bytes
    bool originals = false;   // it is the original's: of what it says the log knows nothing
  };
  // A commit whose outcome is not known: the next flush looks for it first.
  struct Attempt {
    struct File {
      std::string array;
      std::shared_ptr<ArrayFile> file;
      Pins pins;
    };
    StoreState state;  // with it
    std::vector<File> files;
    NameSet unplaced;
    CommitLog::Bases replaced;
  };

  // REQUIRES of all that follow: change_mu_; of those that write: lock_out_writers as well.
  // commits.cc
  bool anything_pending();
  Status discard_alone();
  // What somebody who looks for a cause may want to know of this store.
  template <typename F>
  void log(LogLevel level, F&& words) const {
    engine_->log.add(level, "store", [&] { return cat(where(), ": ", words()); });
  }
  Result<std::unique_ptr<FolderLock>> lock_folder(const CancelToken* cancel);
  Result<std::unique_ptr<FolderLock>> lock_out_writers(const CancelToken* cancel);
  LogEntry new_entry(CommitKind kind, const Id128& commit) const;
  void put_datasets(LogEntry& entry) const;
  Result<bool> commit_entry(const LogEntry& entry, std::vector<Part>& parts, CancelToken* cancel);
  Result<bool> commit_parts(CommitKind kind, std::vector<Part>& parts, CancelToken* cancel);
  Result<bool> commit_pending(CancelToken* cancel);
  Status settle_attempt(CancelToken* cancel);
  void finish_attempt();
  Status flush_alone(CancelToken* cancel);
  std::vector<std::string> arrays_with_files();
  Status compact_file(const std::string& array, CancelToken* cancel);
  Status compact_by_policy(std::vector<Part> committed, CancelToken* cancel);
  Status sweep(std::optional<int64_t> inbox_age_ns, CancelToken* cancel);
  // What may go: the ids of layers and attempts, and the names of what is to be removed.
  struct Unneeded {
    std::vector<Id128> ids;
    std::vector<std::string> keys;
    void add(const Id128& id, std::string key) {
      ids.push_back(id);
      keys.push_back(std::move(key));
    }
  };
  Status condemn(Unneeded unneeded, CancelToken* cancel);
  Status not_projected(const Status& why) const;

  // catch_up.cc
  Result<std::optional<Head>> look();
  Status move_to(Head& head, Match match, CancelToken* cancel);
  Result<bool> try_move_to(Head head, CancelToken* cancel);
  Status catch_up(CancelToken* cancel, bool all = false);

  // import.cc
  struct Imported {
    Pins pins, placed;
  };
  Result<std::optional<Imported>> import_file(const std::string& array, const Pins* known, CancelToken* cancel);
  Result<Pins> put_over(const std::string& array, const Pins& known, const Pins& pins, const std::vector<Pin>& unseen,
                        CancelToken* cancel);
  Result<bool> import_all(Head& head, CancelToken* cancel);
  Status import_files(const std::vector<std::string>& arrays, CancelToken* cancel);

  // workers.cc
  Status deliver(CancelToken* cancel);
  Status load(const LogEntry& manifest, std::string_view task, const Homes& layers, CancelToken* cancel);
  Result<bool> try_adopt(std::string_view job, const Tasks& tasks, CancelToken* cancel);
  Status find_abandoned(int64_t age_ns, Unneeded& out, CancelToken* cancel);

  // history.cc
  template <typename F>
  Status change_history(CommitKind kind, F&& change, CancelToken* cancel);
  Status check_readable(const PinTable& pins, const CancelToken* cancel);
  Result<std::vector<std::string>> keep_originals(const PinTable& pins, const CancelToken* cancel);

  // projection.cc
  struct StagedRegistry {
    std::unique_ptr<Staged> object;
    Fingerprint print;
  };
  Status place(std::vector<Part>& parts, const CancelToken* cancel, StagedRegistry* registry = nullptr);
  Status place(const CancelToken* cancel);  // what others left
  Status project(std::vector<Part>& parts);  // place(), and the registry
  Result<bool> is_behind();
  Status stage_registry(StagedRegistry& out);
  Status publish(const StagedRegistry& registry);
  Status publish_registry();
  Result<std::vector<std::string>> changed_elsewhere(bool all);

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Storage> storage_;
  const std::string folder_;
  const StoreOptions options_;  // the codec is always set
  const Registry registry_;
  const std::string registry_key_;
  const CommitLog log_;
  const bool as_of_;  // this handle stays at the commit that it was opened at

  // Held by whoever changes which datasets, arrays and attributes there are, flushes, refreshes: the array files and the
  // document change in step. Who only reads never takes it. Before the other locks.
  std::mutex change_mu_;
  // Guarded by change_mu_ alone:
  Fingerprint seen_;           // the registry as this handle read or wrote it last
  bool listed_ = false;        // the log knows nothing of it: layers are found by listing
  uint64_t placed_seq_ = 0;    // of the registry
  NameSet unplaced_;           // arrays of which not all is in the slots yet
  CommitLog::Bases replaced_;  // bases of commits since what is known to be placed
  NameSet foreign_;            // in whose slots something was found that the log does not know
  bool log_durable_ = false;   // the newest entry's name is
  NameSet remade_;             // datasets that were removed and made again: they are the last
  std::optional<Attempt> attempt_;
  struct Adopting {
    Id128 attempt;
    std::string task;  // as Adopted::task
    uint64_t base = 0;
  };
  std::vector<Adopting> adopting_;  // what is pending was delivered by these
  std::string adopting_job_;
  Id128 delivery_;               // of a worker: the id of its attempt
  bool delivered_ = false;
  std::vector<Conflict> conflicts_;

  mutable std::shared_mutex mu_;  // alone only together with change_mu_
  Document working_;
  NameSet changed_;  // datasets whose entry differs, or may differ, from state_'s
  // The commit at which this handle is: all its arrays. The document is guarded by mu_, the pins by files_mu_, all of it by change_mu_.
  StoreState state_;

  std::mutex files_mu_;
  std::unordered_map<std::string, std::shared_ptr<Slot>, TextHash, TextEqual> files_;  // by array name
  PinTable placed_;  // with change_mu_; of this handle's commit, or of one before it
};

}  // namespace strata
