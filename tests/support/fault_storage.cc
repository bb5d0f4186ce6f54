#include "support/fault_storage.h"

#include <map>
#include <mutex>

#include "storage/memory.h"

namespace strata::test {

struct FaultStorage::State {
  explicit State(std::shared_ptr<Storage> storage) : inner(std::move(storage)) {}

  const std::shared_ptr<Storage> inner;
  mutable std::mutex mu;
  Fault fault;
  uint64_t counted = 0;
  bool stopped = false;
  bool broken_locks = false;
  std::function<void(Op, std::string_view)> hook;
  std::map<std::string, uint64_t, std::less<>> opens;
  uint64_t opens_total = 0, reads = 0, bytes_read = 0;
  Journal journal;

  // Does `fn` unless a fault says otherwise.
  template <typename F>
  auto run(Op op, std::string_view key, F fn) -> decltype(fn()) {
    std::function<void(Op, std::string_view)> before;
    {
      std::lock_guard lock(mu);
      before = hook;
    }
    if (before) before(op, key);
    bool lost = false;
    {
      std::lock_guard lock(mu);
      if (stopped) return Status(Code::kIo, cat(inner->describe(key), ": the storage has stopped"));
      if (fault.ops & op && (++counted == fault.at || (fault.lasting && fault.at && counted > fault.at))) {
        stopped = fault.stop;
        if (!fault.done) return failure(key);
        lost = true;
      }
    }
    auto outcome = fn();
    if (lost) return failure(key);
    return outcome;
  }
  Status failure(std::string_view key) const { return Status(fault.code, cat(inner->describe(key), ": made to fail")); }
};

namespace {

class FaultReader final : public ObjectReader {
 public:
  FaultReader(std::shared_ptr<FaultStorage::State> state, std::shared_ptr<const ObjectReader> inner,
              std::string_view key)
      : state_(std::move(state)), inner_(std::move(inner)), key_(key) {}
  uint64_t size() const override { return inner_->size(); }
  ObjectVersion version() const override { return inner_->version(); }
  ObjectPlace place() const override { return inner_->place(); }
  uint64_t stamp() const override { return inner_->stamp(); }
  Status read(uint64_t offset, MutBytes out) const override {
    return state_->run(kRead, key_, [&] {
      {
        std::lock_guard lock(state_->mu);
        ++state_->reads;
        state_->bytes_read += out.size();
      }
      return inner_->read(offset, out);
    });
  }

 private:
  const std::shared_ptr<FaultStorage::State> state_;
  const std::shared_ptr<const ObjectReader> inner_;
  const std::string key_;
};

class FaultStaged final : public Staged {
 public:
  FaultStaged(std::shared_ptr<FaultStorage::State> state, std::unique_ptr<Staged> inner, std::string_view key,
              std::string_view staging_key)
      : state_(std::move(state)),
        inner_(std::move(inner)),
        key_(key),
        staging_key_(staging_key),
        object_(std::make_shared<Object>()) {
    if (!staging_key_.empty()) state_->journal.named("stage of ", "", staging_key_, object_);
  }

  // Of an object that is there already.
  FaultStaged(std::shared_ptr<FaultStorage::State> state, std::unique_ptr<Staged> inner, std::string_view key,
              ObjectPtr object)
      : state_(std::move(state)), inner_(std::move(inner)), key_(key), object_(std::move(object)) {}

  ~FaultStaged() override {
    if (staging_key_.empty() || placed_ || kept_) return;
    bool stopped;
    {
      std::lock_guard lock(state_->mu);
      stopped = state_->stopped;
    }
    if (stopped) {
      inner_->keep();  // nobody was left to remove it
    } else {
      state_->journal.named("removal of ", staging_key_, "", nullptr);
    }
  }

  Status write_at(uint64_t offset, Bytes bytes) override {
    return state_->run(kWrite, key_, [&]() -> Status {
      STRATA_TRY(inner_->write_at(offset, bytes));
      state_->journal.written(*object_, offset, bytes);
      return {};
    });
  }

  Status read_at(uint64_t offset, MutBytes out) const override {
    return state_->run(kStagedRead, key_, [&] { return inner_->read_at(offset, out); });
  }

  Status seal(uint64_t size) override {
    return state_->run(kSeal, key_, [&]() -> Status {
      STRATA_TRY(inner_->seal(size));
      state_->journal.sealed(object_, key_, size);
      return {};
    });
  }

  Result<Created> create_as(std::string_view key) override {
    return state_->run(kCreate, key, [&]() -> Result<Created> {
      STRATA_ASSIGN(Created created, inner_->create_as(key));
      if (created == Created::kTaken) return created;
      placed_ = true;
      // A link and the removal of the other name: two changes to the folder.
      if (key != staging_key_) {
        state_->journal.named("creation of ", "", std::string(key), object_);
        if (!staging_key_.empty()) state_->journal.named("removal of ", staging_key_, "", nullptr);
      }
      return created;
    });
  }

  Status replace_as(std::string_view key) override {
    return state_->run(kReplace, key, [&]() -> Status {
      STRATA_TRY(inner_->replace_as(key));
      placed_ = true;
      if (key != staging_key_) state_->journal.named("replacement of ", staging_key_, std::string(key), object_);
      return {};
    });
  }

  void keep() override {
    kept_ = true;
    inner_->keep();
  }

 private:
  const std::shared_ptr<FaultStorage::State> state_;
  const std::unique_ptr<Staged> inner_;
  const std::string key_, staging_key_;
  const ObjectPtr object_;
  bool placed_ = false, kept_ = false;
};

}  // namespace

FaultStorage::FaultStorage(std::shared_ptr<Storage> inner) : state_(std::make_shared<State>(std::move(inner))) {}
FaultStorage::~FaultStorage() = default;

void FaultStorage::arm(const Fault& fault) {
  std::lock_guard lock(state_->mu);
  state_->fault = fault;
  state_->counted = 0;
  state_->stopped = false;
}

uint64_t FaultStorage::counted() const {
  std::lock_guard lock(state_->mu);
  return state_->counted;
}

bool FaultStorage::stopped() const {
  std::lock_guard lock(state_->mu);
  return state_->stopped;
}

void FaultStorage::on_operation(std::function<void(Op, std::string_view key)> hook) {
  std::lock_guard lock(state_->mu);
  state_->hook = std::move(hook);
}

uint64_t FaultStorage::opens(std::string_view key) const {
  std::lock_guard lock(state_->mu);
  auto it = state_->opens.find(key);
  return it == state_->opens.end() ? 0 : it->second;
}

uint64_t FaultStorage::opens() const {
  std::lock_guard lock(state_->mu);
  return state_->opens_total;
}

uint64_t FaultStorage::reads() const {
  std::lock_guard lock(state_->mu);
  return state_->reads;
}

uint64_t FaultStorage::bytes_read() const {
  std::lock_guard lock(state_->mu);
  return state_->bytes_read;
}

void FaultStorage::reset_counters() {
  std::lock_guard lock(state_->mu);
  state_->opens.clear();
  state_->opens_total = state_->reads = state_->bytes_read = 0;
}

const std::shared_ptr<Storage>& FaultStorage::inner() const { return state_->inner; }

Status FaultStorage::take_over(std::string_view folder) {
  STRATA_ASSIGN(auto list, state_->inner->list(folder));
  for (const ListEntry& entry : list) {
    STRATA_ASSIGN(auto bytes, read_object(*state_->inner, entry.key));
    state_->journal.already_there(entry.key,
                                  std::make_shared<Object>(Object{std::string(as_text(bytes.bytes())), 0, true}));
  }
  return {};
}

Journal& FaultStorage::journal() const { return state_->journal; }

Result<std::shared_ptr<Storage>> storage_of(const Journal::Contents& contents) {
  auto out = make_memory_storage("left");
  for (const auto& [key, bytes] : contents) STRATA_TRY(replace_object(*out, key, as_bytes(bytes)));
  return out;
}

Result<std::shared_ptr<Storage>> FaultStorage::left() const { return storage_of(state_->journal.left()); }

Result<std::shared_ptr<Storage>> FaultStorage::survivors(const std::vector<bool>& kept, Loss loss) const {
  return storage_of(state_->journal.survivors(kept, loss));
}

Result<std::shared_ptr<const ObjectReader>> FaultStorage::open(std::string_view key) {
  return state_->run(kOpen, key, [&]() -> Result<std::shared_ptr<const ObjectReader>> {
    {
      std::lock_guard lock(state_->mu);
      ++state_->opens_total;
      ++state_->opens[std::string(key)];
    }
    STRATA_ASSIGN(auto inner, state_->inner->open(key));
    return std::shared_ptr<const ObjectReader>(std::make_shared<FaultReader>(state_, std::move(inner), key));
  });
}

Result<std::unique_ptr<Staged>> FaultStorage::stage(std::string_view key, std::string_view staging_key) {
  return state_->run(kStage, key, [&]() -> Result<std::unique_ptr<Staged>> {
    STRATA_ASSIGN(auto inner, state_->inner->stage(key, staging_key));
    return std::unique_ptr<Staged>(std::make_unique<FaultStaged>(state_, std::move(inner), key, staging_key));
  });
}

Result<std::unique_ptr<Staged>> FaultStorage::stage_again(std::string_view key) {
  return state_->run(kStage, key, [&]() -> Result<std::unique_ptr<Staged>> {
    STRATA_ASSIGN(auto inner, state_->inner->stage_again(key));
    ObjectPtr object = state_->journal.find(key);
    if (!object) object = std::make_shared<Object>();
    return std::unique_ptr<Staged>(std::make_unique<FaultStaged>(state_, std::move(inner), key, std::move(object)));
  });
}

Result<std::vector<ListEntry>> FaultStorage::list(std::string_view folder) {
  return state_->run(kList, folder, [&] { return state_->inner->list(folder); });
}

Result<std::vector<std::string>> FaultStorage::list_folders(std::string_view folder) {
  return state_->run(kList, folder, [&] { return state_->inner->list_folders(folder); });
}

Status FaultStorage::remove(std::string_view key) {
  return state_->run(kRemove, key, [&]() -> Status {
    STRATA_TRY(state_->inner->remove(key));
    state_->journal.named("removal of ", std::string(key), "", nullptr);
    return {};
  });
}

Status FaultStorage::rename(std::string_view from, std::string_view to) {
  return state_->run(kRename, from, [&]() -> Status {
    ObjectPtr object = state_->journal.find(from);
    STRATA_TRY(state_->inner->rename(from, to));
    if (!object) object = std::make_shared<Object>();
    state_->journal.named("renaming to ", std::string(from), std::string(to), std::move(object));
    return {};
  });
}

Status FaultStorage::sync_folder(std::string_view folder) {
  return state_->run(kSync, folder, [&]() -> Status {
    STRATA_TRY(state_->inner->sync_folder(folder));
    state_->journal.synced(folder);
    return {};
  });
}

void FaultStorage::break_locks() {
  std::lock_guard lock(state_->mu);
  state_->broken_locks = true;
}

Result<std::unique_ptr<FolderLock>> FaultStorage::try_lock_folder(std::string_view folder) {
  bool broken;
  {
    std::lock_guard lock(state_->mu);
    broken = state_->broken_locks;
  }
  if (broken) return state_->run(kLock, folder, [&] { return Storage::try_lock_folder(folder); });
  return state_->run(kLock, folder, [&] { return state_->inner->try_lock_folder(folder); });
}

std::string FaultStorage::describe(std::string_view key) const { return state_->inner->describe(key); }
uint64_t FaultStorage::slab_bytes() const { return state_->inner->slab_bytes(); }

}  // namespace strata::test
