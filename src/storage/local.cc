#include "storage/local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "base/process.h"
#include "storage/key.h"
#include "storage/local_root.h"
#include "storage/local_temp.h"

namespace strata {

namespace {

int64_t modified_ns(const struct stat& st) { return int64_t{st.st_mtim.tv_sec} * 1'000'000'000 + st.st_mtim.tv_nsec; }

// Bytes are read, never mapped: a file that somebody cuts must be an error, not a signal.
class LocalReader final : public ObjectReader {
 public:
  LocalReader(Fd fd, const struct stat& st, std::string path)
      : fd_(std::move(fd)), size_(static_cast<uint64_t>(st.st_size)), place_{st.st_dev, st.st_ino},
        modified_ns_(static_cast<uint64_t>(modified_ns(st))), path_(std::move(path)) {}
  uint64_t size() const override { return size_; }
  ObjectVersion version() const override { return version_; }
  ObjectPlace place() const override { return place_; }
  uint64_t stamp() const override { return modified_ns_; }
  Status read(uint64_t offset, MutBytes out) const override { return read_fully(fd_.get(), offset, out, path_); }

 private:
  const Fd fd_;
  const uint64_t size_;
  const ObjectPlace place_;  // its inode is not used again while the descriptor is held
  const uint64_t modified_ns_;
  const ObjectVersion version_ = next_object_version();
  const std::string path_;
};

class LocalStaged final : public Staged {
 public:
  // what: words for messages, since the file may have no name.
  LocalStaged(LocalTemp file, std::string what) : file_(std::move(file)), what_(std::move(what)) {}
  // Of a file that is there already.
  static std::unique_ptr<LocalStaged> sealed(LocalTemp file, std::string what) {
    auto out = std::make_unique<LocalStaged>(std::move(file), std::move(what));
    out->state_ = State::kSealed;
    return out;
  }

  ~LocalStaged() override {
    if (keep_) file_.keep_name();
  }

  Status write_at(uint64_t offset, Bytes bytes) override {
    if (state_ != State::kOpen) return Status(Code::kInternal, cat("writing ", what_, ": it is sealed"));
    Status written = write_fully(file_.fd(), offset, bytes, what_);
    if (!written.ok()) failed_.store(true, std::memory_order_relaxed);
    return written;
  }

  Status read_at(uint64_t offset, MutBytes out) const override { return read_fully(file_.fd(), offset, out, what_); }

  Status seal(uint64_t size) override {
    if (state_ != State::kOpen) return Status(Code::kInternal, cat("sealing ", what_, ": it is sealed already"));
    if (failed_) return Status(Code::kIo, cat("sealing ", what_, ": a write to it has failed"));
    if (size > INT64_MAX) return Status(Code::kLimit, cat("sealing ", what_, ": ", size, " bytes are too many"));
    failed_ = true;  // unless all that follows works
    struct stat st;
    if (fstat(file_.fd(), &st) != 0) return os_status(errno, "looking at", what_);
    if (static_cast<uint64_t>(st.st_size) != size) {
      while (ftruncate(file_.fd(), static_cast<off_t>(size)) != 0)
        if (errno != EINTR) return os_status(errno, "setting the length of", what_);
    }
    STRATA_TRY(sync_fd(file_.fd(), what_));
    failed_ = false;
    state_ = State::kSealed;
    return {};
  }

  Result<Created> create_as(std::string_view key) override {
    STRATA_TRY(check_key(key));
    STRATA_TRY(check_placeable());
    STRATA_ASSIGN(Created created, file_.create_as(key));
    if (created == Created::kMade) state_ = State::kPlaced;
    return created;
  }

  Status replace_as(std::string_view key) override {
    STRATA_TRY(check_key(key));
    STRATA_TRY(check_placeable());
    STRATA_TRY(file_.replace_as(key));
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

  LocalTemp file_;
  const std::string what_;
  State state_ = State::kOpen;
  std::atomic<bool> failed_{false};  // writes come from many threads
  bool keep_ = false;
};

// A lock of the folder itself: nothing has to be made for it, and nothing stays.
class LocalFolderLock final : public FolderLock {
 public:
  LocalFolderLock(const LocalRoot& root, std::string_view folder)
      : fd_([&] { return open_at(root.base(), root.path(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC).release(); }) {}
  // 0, or errno.
  int try_lock() {
    while (fd_.get() < 0 || flock(fd_.get(), LOCK_EX | LOCK_NB) != 0)
      if (fd_.get() < 0 || errno != EINTR) return errno;
    return 0;
  }
  ~LocalFolderLock() override {
    if (fd_.get() >= 0) flock(fd_.get(), LOCK_UN);  // also for a copy that a child has which was made without the handlers of fork
  }

 private:
  UnsharedFd fd_;
};

class LocalStorage final : public Storage {
 public:
  explicit LocalStorage(std::string root) : root_(std::make_shared<LocalRoot>(std::move(root))) {}

  Result<std::shared_ptr<const ObjectReader>> open(std::string_view key) override {
    STRATA_TRY(check_key(key));
    // O_NONBLOCK: a pipe of that name would otherwise wait for its writer.
    Fd fd = open_at(root_->base(), root_->path(key), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (!fd) return root_->error(errno == ENOTDIR ? ENOENT : errno, "opening", key);
    struct stat st;
    if (fstat(fd.get(), &st) != 0) return root_->error(errno, "looking at", key);
    if (S_ISDIR(st.st_mode)) return root_->error(ENOENT, "opening", key);
    if (!S_ISREG(st.st_mode))
      return Status(Code::kUnsupported, cat("opening ", root_->describe(key), ": not a regular file"));
    return std::shared_ptr<const ObjectReader>(
        std::make_shared<LocalReader>(std::move(fd), st, root_->describe(key)));
  }

  Result<std::unique_ptr<Staged>> stage(std::string_view key, std::string_view staging_key) override {
    STRATA_TRY(check_key(key));
    if (!staging_key.empty()) STRATA_TRY(check_key(staging_key));
    STRATA_ASSIGN(LocalTemp file, LocalTemp::make(root_, key, staging_key));
    return std::unique_ptr<Staged>(
        std::make_unique<LocalStaged>(std::move(file), root_->describe(staging_key.empty() ? key : staging_key)));
  }

  Result<std::unique_ptr<Staged>> stage_again(std::string_view key) override {
    STRATA_TRY(check_key(key));
    STRATA_ASSIGN(LocalTemp file, LocalTemp::again(root_, key));
    return std::unique_ptr<Staged>(LocalStaged::sealed(std::move(file), root_->describe(key)));
  }

  Result<std::vector<ListEntry>> list(std::string_view folder) override {
    std::vector<ListEntry> out;
    STRATA_TRY(each_in(folder, [&](const dirent& entry, int fd) {
      struct stat st;
      if (entry.d_type == DT_DIR) return true;
      if (fstatat(fd, entry.d_name, &st, 0) != 0) return is_nothing(errno);
      if (S_ISREG(st.st_mode))
        out.push_back({folder.empty() ? std::string(entry.d_name) : cat(folder, '/', entry.d_name), static_cast<uint64_t>(st.st_size),
                       modified_ns(st)});
      return true;
    }));
    return out;
  }

  Result<std::vector<std::string>> list_folders(std::string_view folder) override {
    std::vector<std::string> out;
    STRATA_TRY(each_in(folder, [&](const dirent& entry, int fd) {
      struct stat st;
      const std::string_view name = entry.d_name;
      if (entry.d_type == DT_REG || name == "." || name == "..") return true;
      if (fstatat(fd, entry.d_name, &st, 0) != 0) return is_nothing(errno);
      if (S_ISDIR(st.st_mode)) out.emplace_back(name);
      return true;
    }));
    return out;
  }

  Status remove(std::string_view key) override {
    STRATA_TRY(check_key(key));
    if (unlinkat(root_->base(), root_->path(key).c_str(), 0) == 0 || errno == ENOENT || errno == ENOTDIR) return {};
    return root_->error(errno, "removing", key);
  }

  Status rename(std::string_view from, std::string_view to) override {
    STRATA_TRY(check_key(from));
    STRATA_TRY(check_key(to));
    const std::string source = root_->path(from), target = root_->path(to);
    if (source == target) return Status(Code::kInvalid, cat("renaming ", root_->describe(from), " to itself"));
    struct stat before, there;
    if (fstatat(root_->base(), source.c_str(), &before, AT_SYMLINK_NOFOLLOW) != 0)
      return root_->error(errno == ENOTDIR ? ENOENT : errno, "renaming", from);
    if (S_ISDIR(before.st_mode)) return root_->error(ENOENT, "renaming", from);
    auto same_file = [&](const std::string& path) {
      return fstatat(root_->base(), path.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && there.st_dev == before.st_dev &&
             there.st_ino == before.st_ino;
    };
    // Renaming one hard link of a file over another does nothing and leaves the source, so that two callers would both
    // win. The one who removes the source has renamed it.
    if (same_file(target)) {
      if (unlinkat(root_->base(), source.c_str(), 0) == 0) return {};
      return root_->error(errno, "renaming", from);
    }
    bool made_folders = false;
    while (renameat(root_->base(), source.c_str(), root_->base(), target.c_str()) != 0) {
      const int error = errno;
      if (error != ENOENT || made_folders) return root_->error(error, "renaming", from);
      if (fstatat(root_->base(), source.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0)
        return root_->error(errno, "renaming", from);  // another was first
      STRATA_TRY(root_->make_folders(folder_of(to)));
      made_folders = true;
    }
    // The target became a link of the same file between the look and the rename.
    if (same_file(source)) unlinkat(root_->base(), source.c_str(), 0);
    return {};
  }

  Status sync_folder(std::string_view folder) override {
    STRATA_TRY(check_folder(folder));
    return root_->sync(folder);
  }

  Result<std::unique_ptr<FolderLock>> try_lock_folder(std::string_view folder) override {
    STRATA_TRY(check_folder(folder));
    auto lock = std::make_unique<LocalFolderLock>(*root_, folder);
    const int error = lock->try_lock();
    if (error == 0) return std::unique_ptr<FolderLock>(std::move(lock));
    if (error == EWOULDBLOCK) return std::unique_ptr<FolderLock>();
    return Storage::try_lock_folder(folder);  // some network file systems; a folder that is gone
  }

  std::string describe(std::string_view key) const override { return root_->describe(key); }
  uint64_t slab_bytes() const override { return 0; }  // the system keeps what was read

 private:
  // Removed since, or a link to nowhere.
  static bool is_nothing(int error) { return error == ENOENT || error == ELOOP || error == EACCES; }

  // Calls look(entry, the folder's descriptor) for each entry; false: errno says why not. A missing folder is empty.
  template <typename Look>
  Status each_in(std::string_view folder, Look&& look) const {
    STRATA_TRY(check_folder(folder));
    Fd fd = open_at(root_->base(), root_->path(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!fd) {
      if (errno == ENOENT || errno == ENOTDIR) return {};
      return root_->error(errno, "listing", folder);
    }
    // fdopendir() takes a descriptor over; what entries are is asked through the one that is kept.
    const int own = fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
    if (own < 0) return root_->error(errno, "listing", folder);
    std::unique_ptr<DIR, int (*)(DIR*)> dir(fdopendir(own), closedir);
    if (!dir) {
      const int error = errno;
      close(own);
      return root_->error(error, "listing", folder);
    }
    for (;;) {
      errno = 0;
      const dirent* entry = readdir(dir.get());
      if (!entry) break;
      if (!look(*entry, fd.get())) return root_->error(errno, "listing", folder);
    }
    if (errno != 0) return root_->error(errno, "listing", folder);
    return {};
  }

  const std::shared_ptr<LocalRoot> root_;
};

}  // namespace

std::shared_ptr<Storage> make_local_storage(std::string root) {
  return std::make_shared<LocalStorage>(std::move(root));
}

}  // namespace strata
