#include "support/fault_storage.h"

#include <algorithm>
#include <mutex>

#include "storage/memory.h"

namespace strata::test {

namespace {

struct Object {
  std::string bytes;
  bool sealed = false;
};
using ObjectPtr = std::shared_ptr<Object>;
using Names = std::map<std::string, ObjectPtr, std::less<>>;

struct Change {
  std::string gone;  // name that goes, or ""
  std::string key;   // name that is now `object`, or ""
  ObjectPtr object;

  bool touches(std::string_view folder) const {
    return (!gone.empty() && folder_of(gone) == folder) || (!key.empty() && folder_of(key) == folder);
  }
  void apply(Names& names) const {
    if (!gone.empty()) names.erase(gone);
    if (!key.empty()) names.insert_or_assign(key, object);
  }
};

}  // namespace

struct FaultStorage::State {
  explicit State(std::shared_ptr<Storage> storage) : inner(std::move(storage)) {}

  const std::shared_ptr<Storage> inner;
  mutable std::mutex mu;
  Fault fault;
  uint64_t counted = 0;
  bool stopped = false;
  std::function<void(Op, std::string_view)> hook;
  std::map<std::string, uint64_t, std::less<>> opens;
  uint64_t opens_total = 0, reads = 0, bytes_read = 0;
  Names names, durable;
  std::vector<Change> pending;

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

  // What follows keeps the books of a power cut.
  void note(Change change) {
    std::lock_guard lock(mu);
    change.apply(names);
    pending.push_back(std::move(change));
  }
  void note_synced(std::string_view folder) {
    std::lock_guard lock(mu);
    std::erase_if(pending, [&](const Change& change) {
      if (!change.touches(folder)) return false;
      change.apply(durable);
      return true;
    });
  }
};

namespace {

class FaultReader final : public ObjectReader {
 public:
  FaultReader(std::shared_ptr<FaultStorage::State> state, std::shared_ptr<const ObjectReader> inner,
              std::string_view key)
      : state_(std::move(state)), inner_(std::move(inner)), key_(key) {}
  uint64_t size() const override { return inner_->size(); }
  ObjectVersion version() const override { return inner_->version(); }
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
    if (!staging_key_.empty()) state_->note({"", staging_key_, object_});
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
      state_->note({staging_key_, "", nullptr});
    }
  }

  Status write_at(uint64_t offset, Bytes bytes) override {
    return state_->run(kWrite, key_, [&]() -> Status {
      STRATA_TRY(inner_->write_at(offset, bytes));
      std::lock_guard lock(state_->mu);
      if (object_->bytes.size() < offset + bytes.size()) object_->bytes.resize(offset + bytes.size());
      std::copy(bytes.begin(), bytes.end(), object_->bytes.begin() + static_cast<ptrdiff_t>(offset));
      return {};
    });
  }

  Status read_at(uint64_t offset, MutBytes out) const override {
    return state_->run(kStagedRead, key_, [&] { return inner_->read_at(offset, out); });
  }

  Status seal(uint64_t size) override {
    return state_->run(kSeal, key_, [&]() -> Status {
      STRATA_TRY(inner_->seal(size));
      std::lock_guard lock(state_->mu);
      object_->bytes.resize(size);
      object_->sealed = true;
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
        state_->note({"", std::string(key), object_});
        if (!staging_key_.empty()) state_->note({staging_key_, "", nullptr});
      }
      return created;
    });
  }

  Status replace_as(std::string_view key) override {
    return state_->run(kReplace, key, [&]() -> Status {
      STRATA_TRY(inner_->replace_as(key));
      placed_ = true;
      if (key != staging_key_) state_->note({staging_key_, std::string(key), object_});
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
    auto object = std::make_shared<Object>(Object{std::string(as_text(bytes.bytes())), true});
    std::lock_guard lock(state_->mu);
    state_->names.insert_or_assign(entry.key, object);
    state_->durable.insert_or_assign(entry.key, object);
  }
  return {};
}

size_t FaultStorage::unsynced() const {
  std::lock_guard lock(state_->mu);
  return state_->pending.size();
}

Result<std::shared_ptr<Storage>> FaultStorage::left() const {
  std::lock_guard lock(state_->mu);  // until the end: objects grow under it
  auto out = make_memory_storage("after-a-kill");
  for (const auto& [key, object] : state_->names) STRATA_TRY(replace_object(*out, key, as_bytes(object->bytes)));
  return out;
}

Result<std::shared_ptr<Storage>> FaultStorage::survivors(const std::vector<bool>& kept) const {
  std::lock_guard lock(state_->mu);
  Names names = state_->durable;
  for (size_t i = 0; i < std::min(kept.size(), state_->pending.size()); ++i)
    if (kept[i]) state_->pending[i].apply(names);
  auto out = make_memory_storage("after-a-power-cut");
  for (const auto& [key, object] : names) {
    std::string_view bytes = object->bytes;
    STRATA_TRY(replace_object(*out, key, as_bytes(object->sealed ? bytes : bytes.substr(0, bytes.size() / 2))));
  }
  return out;
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
    ObjectPtr object;
    {
      std::lock_guard lock(state_->mu);
      auto it = state_->names.find(key);
      object = it == state_->names.end() ? std::make_shared<Object>() : it->second;
    }
    return std::unique_ptr<Staged>(std::make_unique<FaultStaged>(state_, std::move(inner), key, std::move(object)));
  });
}

Result<std::vector<ListEntry>> FaultStorage::list(std::string_view folder) {
  return state_->run(kList, folder, [&] { return state_->inner->list(folder); });
}

Status FaultStorage::remove(std::string_view key) {
  return state_->run(kRemove, key, [&]() -> Status {
    STRATA_TRY(state_->inner->remove(key));
    state_->note({std::string(key), "", nullptr});
    return {};
  });
}

Status FaultStorage::rename(std::string_view from, std::string_view to) {
  return state_->run(kRename, from, [&]() -> Status {
    STRATA_TRY(state_->inner->rename(from, to));
    ObjectPtr object;
    {
      std::lock_guard lock(state_->mu);
      auto it = state_->names.find(from);
      object = it == state_->names.end() ? std::make_shared<Object>() : it->second;
    }
    state_->note({std::string(from), std::string(to), std::move(object)});
    return {};
  });
}

Status FaultStorage::sync_folder(std::string_view folder) {
  return state_->run(kSync, folder, [&]() -> Status {
    STRATA_TRY(state_->inner->sync_folder(folder));
    state_->note_synced(folder);
    return {};
  });
}

Result<std::unique_ptr<FolderLock>> FaultStorage::try_lock_folder(std::string_view folder) {
  return state_->run(kLock, folder, [&] { return state_->inner->try_lock_folder(folder); });
}

std::string FaultStorage::describe(std::string_view key) const { return state_->inner->describe(key); }
uint64_t FaultStorage::slab_bytes() const { return state_->inner->slab_bytes(); }

}  // namespace strata::test
