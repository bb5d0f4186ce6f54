#include "storage/memory.h"

#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "storage/key.h"

namespace strata {

namespace {

// Immutable once it is sealed. Names share it, readers keep it alive, nobody copies it.
struct MemoryObject {
  Buffer bytes;
  int64_t made_ns = wall_clock_ns();
};
using Object = std::shared_ptr<MemoryObject>;

Status copy_out(Bytes from, uint64_t offset, MutBytes out, std::string_view what) {
  if (offset > from.size() || out.size() > from.size() - offset) {
    if (out.empty()) return {};
    return Status(Code::kCorrupt,
                  cat(what, " ends at ", from.size(), ", but ", out.size(), " bytes from ", offset, " are needed"));
  }
  if (!out.empty()) std::memcpy(out.data(), from.data() + offset, out.size());
  return {};
}

class MemoryReader final : public ObjectReader {
 public:
  MemoryReader(Object object, std::string what) : object_(std::move(object)), what_(std::move(what)) {}
  uint64_t size() const override { return object_->bytes.size(); }
  ObjectVersion version() const override { return version_; }
  ObjectPlace place() const override { return {0, reinterpret_cast<uintptr_t>(object_.get())}; }
  uint64_t stamp() const override { return 0; }  // nobody but this library writes here
  Status read(uint64_t offset, MutBytes out) const override {
    return copy_out(object_->bytes.bytes(), offset, out, what_);
  }

 private:
  const Object object_;
  const ObjectVersion version_ = next_object_version();
  const std::string what_;
};

// The names. A staged object that has a key is there as an empty object until it is sealed.
class Names {
 public:
  explicit Names(std::string name) : name_(std::move(name)) {}
  std::string describe(std::string_view key) const { return cat("memory://", name_, '/', key); }
  Status missing(std::string_view doing, std::string_view key) const {
    return Status(Code::kNotFound, cat(doing, ' ', describe(key), ": no such object"));
  }

  Object find(std::string_view key) const {
    std::lock_guard lock(mu_);
    auto it = objects_.find(key);
    return it == objects_.end() ? nullptr : it->second;
  }

  bool create(std::string_view key, const Object& object) {
    std::lock_guard lock(mu_);
    return objects_.try_emplace(std::string(key), object).second;
  }

  void remove(std::string_view key) {
    std::lock_guard lock(mu_);
    if (auto it = objects_.find(key); it != objects_.end()) objects_.erase(it);
  }

  // The following act only if `from` is still `object`; "" stands for an object without a name.
  bool swap(std::string_view from, const Object& object, Object sealed) {
    std::lock_guard lock(mu_);
    auto it = objects_.find(from);
    if (it == objects_.end() || it->second != object) return false;
    it->second = std::move(sealed);
    return true;
  }

  void remove_if(std::string_view from, const Object& object) {
    std::lock_guard lock(mu_);
    if (auto it = objects_.find(from); it != objects_.end() && it->second == object) objects_.erase(it);
  }

  Result<Created> create_from(std::string_view from, const Object& object, std::string_view to) {
    std::lock_guard lock(mu_);
    if (!from.empty() && !is(from, object)) return missing("placing", from);
    auto [it, made] = objects_.try_emplace(std::string(to), object);
    if (!made && it->second != object) return Created::kTaken;
    if (!from.empty() && from != to) objects_.erase(objects_.find(from));
    return Created::kMade;
  }

  Status replace_from(std::string_view from, const Object& object, std::string_view to) {
    std::lock_guard lock(mu_);
    if (!from.empty() && !is(from, object)) return missing("placing", from);
    objects_.insert_or_assign(std::string(to), object);
    if (!from.empty() && from != to) objects_.erase(objects_.find(from));
    return {};
  }

  Status rename(std::string_view from, std::string_view to) {
    std::lock_guard lock(mu_);
    auto it = objects_.find(from);
    if (it == objects_.end()) return missing("renaming", from);
    objects_.insert_or_assign(std::string(to), it->second);
    objects_.erase(it);
    return {};
  }

  bool lock(std::string_view folder) {
    std::lock_guard lock(mu_);
    return locked_.emplace(folder).second;
  }

  void unlock(const std::string& folder) {
    std::lock_guard lock(mu_);
    locked_.erase(folder);
  }

  std::vector<ListEntry> list(std::string_view folder) const {
    std::vector<ListEntry> out;
    each_in(folder, [&](const auto& object) { out.push_back({object.first, object.second->bytes.size(), object.second->made_ns}); }, [](std::string_view) {});
    return out;
  }

  std::vector<std::string> list_folders(std::string_view folder) const {
    std::vector<std::string> out;
    each_in(folder, [](const auto&) {}, [&](std::string_view name) { out.emplace_back(name); });
    return out;
  }

 private:
  template <typename OnObject, typename OnFolder>
  void each_in(std::string_view folder, OnObject&& on_object, OnFolder&& on_folder) const {
    const std::string prefix = folder.empty() ? "" : cat(folder, '/');
    std::lock_guard lock(mu_);
    for (auto it = objects_.lower_bound(prefix); it != objects_.end() && it->first.starts_with(prefix);) {
      const std::string& key = it->first;
      const size_t slash = key.find('/', prefix.size());
      if (slash == std::string::npos) {
        on_object(*it++);
      } else {
        on_folder(std::string_view(key).substr(prefix.size(), slash - prefix.size()));
        it = objects_.lower_bound(key.substr(0, slash) + '0');  // past all of it: '0' follows '/'
      }
    }
  }

  bool is(std::string_view key, const Object& object) const {
    auto it = objects_.find(key);
    return it != objects_.end() && it->second == object;
  }

  const std::string name_;
  mutable std::mutex mu_;
  std::map<std::string, Object, std::less<>> objects_;
  std::set<std::string, std::less<>> locked_;
};

class MemoryFolderLock final : public FolderLock {
 public:
  MemoryFolderLock(std::shared_ptr<Names> names, std::string_view folder) : names_(std::move(names)), folder_(folder) {}
  ~MemoryFolderLock() override {
    if (held_) names_->unlock(folder_);
  }
  bool try_lock() { return held_ = names_->lock(folder_); }

 private:
  const std::shared_ptr<Names> names_;
  const std::string folder_;
  bool held_ = false;
};

class MemoryStaged final : public Staged {
 public:
  MemoryStaged(std::shared_ptr<Names> names, Object object, std::string_view key, std::string_view staging_key)
      : names_(std::move(names)),
        object_(std::move(object)),
        staging_key_(staging_key),
        what_(names_->describe(staging_key.empty() ? key : staging_key)) {}

  // Of an object that is there already.
  MemoryStaged(std::shared_ptr<Names> names, Object object, std::string_view key)
      : names_(std::move(names)), object_(std::move(object)), what_(names_->describe(key)), state_(State::kSealed) {}

  ~MemoryStaged() override {
    if (state_ != State::kPlaced && !keep_ && !staging_key_.empty()) names_->remove_if(staging_key_, object_);
  }

  Status write_at(uint64_t offset, Bytes in) override {
    if (state_ != State::kOpen) return Status(Code::kInternal, cat("writing ", what_, ": it is sealed"));
    if (in.empty()) return {};
    if (offset > PTRDIFF_MAX || in.size() > PTRDIFF_MAX - offset)
      return Status(Code::kLimit, cat("writing ", what_, ": offset ", offset, " is beyond what memory can hold"));
    const size_t at = static_cast<size_t>(offset);
    {
      // Several writers may fill what is there; only growing moves it.
      std::shared_lock lock(mu_);
      if (at + in.size() <= bytes_.size()) {
        std::memcpy(bytes_.data() + at, in.data(), in.size());
        return {};
      }
    }
    std::unique_lock lock(mu_);
    if (at + in.size() > bytes_.size()) grow(at + in.size(), at);
    std::memcpy(bytes_.data() + at, in.data(), in.size());
    return {};
  }

  Status read_at(uint64_t offset, MutBytes out) const override {
    std::shared_lock lock(mu_);
    return copy_out(state_ == State::kOpen ? bytes_.bytes() : object_->bytes.bytes(), offset, out, what_);
  }

  Status seal(uint64_t size) override {
    std::unique_lock lock(mu_);
    if (state_ != State::kOpen) return Status(Code::kInternal, cat("sealing ", what_, ": it is sealed already"));
    if (size > PTRDIFF_MAX) return Status(Code::kLimit, cat("sealing ", what_, ": ", size, " bytes are too many"));
    if (size > bytes_.size()) grow(static_cast<size_t>(size), static_cast<size_t>(size));
    bytes_.shrink(static_cast<size_t>(size));
    auto sealed = std::make_shared<MemoryObject>(MemoryObject{std::move(bytes_)});
    // A new object takes the place of the empty one: readers of that see it stay as it was.
    if (!staging_key_.empty()) names_->swap(staging_key_, object_, sealed);
    object_ = std::move(sealed);
    state_ = State::kSealed;
    return {};
  }

  Result<Created> create_as(std::string_view key) override {
    STRATA_TRY(check_key(key));
    STRATA_TRY(check_placeable());
    STRATA_ASSIGN(Created created, names_->create_from(staging_key_, object_, key));
    if (created == Created::kMade) state_ = State::kPlaced;
    return created;
  }

  Status replace_as(std::string_view key) override {
    STRATA_TRY(check_key(key));
    STRATA_TRY(check_placeable());
    STRATA_TRY(names_->replace_from(staging_key_, object_, key));
    state_ = State::kPlaced;
    return {};
  }

  void keep() override { keep_ = true; }

 private:
  enum class State { kOpen, kSealed, kPlaced };

  Status check_placeable() const {
    if (state_ == State::kSealed) return {};
    return Status(Code::kInternal,
                  cat("placing ", what_, state_ == State::kOpen ? ": it is not sealed" : ": it is placed already"));
  }

  // What lies between the old end and `written` reads as zeros, as in a file.
  void grow(size_t size, size_t written) {
    const size_t old = bytes_.size();
    bytes_.resize(size);
    if (written > old) std::memset(bytes_.data() + old, 0, written - old);
  }

  const std::shared_ptr<Names> names_;
  mutable std::shared_mutex mu_;
  Buffer bytes_;
  Object object_;
  const std::string staging_key_, what_;
  State state_ = State::kOpen;
  bool keep_ = false;
};

class MemoryStorage final : public Storage {
 public:
  explicit MemoryStorage(std::string name) : names_(std::make_shared<Names>(std::move(name))) {}

  Result<std::shared_ptr<const ObjectReader>> open(std::string_view key) override {
    STRATA_TRY(check_key(key));
    Object object = names_->find(key);
    if (!object) return names_->missing("opening", key);
    return std::shared_ptr<const ObjectReader>(
        std::make_shared<MemoryReader>(std::move(object), names_->describe(key)));
  }

  Result<std::unique_ptr<Staged>> stage(std::string_view key, std::string_view staging_key) override {
    STRATA_TRY(check_key(key));
    auto object = std::make_shared<MemoryObject>();
    if (!staging_key.empty()) {
      STRATA_TRY(check_key(staging_key));
      if (!names_->create(staging_key, object))
        return Status(Code::kExists, cat("creating ", names_->describe(staging_key), ": it exists"));
    }
    return std::unique_ptr<Staged>(std::make_unique<MemoryStaged>(names_, std::move(object), key, staging_key));
  }

  Result<std::unique_ptr<Staged>> stage_again(std::string_view key) override {
    STRATA_TRY(check_key(key));
    Object object = names_->find(key);
    if (!object) return names_->missing("opening", key);
    return std::unique_ptr<Staged>(std::make_unique<MemoryStaged>(names_, std::move(object), key));
  }

  Result<std::vector<ListEntry>> list(std::string_view folder) override {
    STRATA_TRY(check_folder(folder));
    return names_->list(folder);
  }

  Result<std::vector<std::string>> list_folders(std::string_view folder) override {
    STRATA_TRY(check_folder(folder));
    return names_->list_folders(folder);
  }

  Status remove(std::string_view key) override {
    STRATA_TRY(check_key(key));
    names_->remove(key);
    return {};
  }

  Status rename(std::string_view from, std::string_view to) override {
    STRATA_TRY(check_key(from));
    STRATA_TRY(check_key(to));
    if (from == to) return Status(Code::kInvalid, cat("renaming ", names_->describe(from), " to itself"));
    return names_->rename(from, to);
  }

  Status sync_folder(std::string_view folder) override { return check_folder(folder); }
  Result<std::unique_ptr<FolderLock>> try_lock_folder(std::string_view folder) override {
    STRATA_TRY(check_folder(folder));
    auto lock = std::make_unique<MemoryFolderLock>(names_, folder);
    if (!lock->try_lock()) return std::unique_ptr<FolderLock>();
    return std::unique_ptr<FolderLock>(std::move(lock));
  }
  std::string describe(std::string_view key) const override { return names_->describe(key); }
  uint64_t slab_bytes() const override { return 0; }

 private:
  const std::shared_ptr<Names> names_;
};

}  // namespace

std::shared_ptr<Storage> make_memory_storage(std::string name) {
  return std::make_shared<MemoryStorage>(std::move(name));
}

}  // namespace strata
