#include "storage/local_temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace strata {

namespace {

constexpr mode_t kMode = 0666;  // less the umask, like any file that a program makes
constexpr int kPatience = 16;   // rounds against others who create and remove the same names

// A file without a name gets one through its entry here, the way that needs no privilege.
std::string proc_path(int fd) { return cat("/proc/self/fd/", fd); }

bool no_hard_links(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == ENOSYS || error == EMLINK || error == EINVAL;
}

}  // namespace

Result<std::string> LocalTemp::random_name(std::string_view beside) {
  STRATA_ASSIGN(Id128 id, random_id());
  std::string_view folder = folder_of(beside);
  return cat(folder, folder.empty() ? "" : "/", ".strata-", id.hex(), ".part");
}

Result<LocalTemp> LocalTemp::make(std::shared_ptr<LocalRoot> root, std::string_view key, std::string_view name) {
  if (!name.empty()) return make_named(std::move(root), std::string(name));
  const std::string folder = root->path(folder_of(key));
  for (int i = 0; i < kPatience && access("/proc/self/fd", X_OK) == 0; ++i) {
    Fd fd = open_at(root->base(), folder, O_TMPFILE | O_RDWR | O_CLOEXEC, kMode);
    if (fd) return LocalTemp(std::move(root), std::move(fd), "", getpid());
    // EISDIR and ENOENT (the folder exists) come from kernels that do not know the flag.
    if (errno != ENOENT || faccessat(root->base(), folder.c_str(), F_OK, 0) == 0) break;
    STRATA_TRY(root->make_folders(folder_of(key)));
  }
  // Also after an error that a name does not help against: its message is the one to give.
  STRATA_ASSIGN(auto random, random_name(key));
  return make_named(std::move(root), std::move(random));
}

Result<LocalTemp> LocalTemp::make_named(std::shared_ptr<LocalRoot> root, std::string name) {
  const std::string path = root->path(name);
  for (int i = 0;; ++i) {
    Fd fd = open_at(root->base(), path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, kMode);
    if (fd) return LocalTemp(std::move(root), std::move(fd), std::move(name), getpid());
    const int error = errno;
    if (error != ENOENT || i >= kPatience) return root->error(error, "creating", name);
    STRATA_TRY(root->make_folders(folder_of(name)));
  }
}

Result<LocalTemp> LocalTemp::again(std::shared_ptr<LocalRoot> root, std::string_view key) {
  Fd fd = open_at(root->base(), root->path(key), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (!fd) return root->error(errno == ENOTDIR ? ENOENT : errno, "opening", key);
  return LocalTemp(std::move(root), std::move(fd), "", getpid());
}

LocalTemp::~LocalTemp() {
  if (root_) remove_name();
}

void LocalTemp::remove_name() {
  if (!name_.empty() && getpid() == pid_) unlinkat(root_->base(), root_->path(name_).c_str(), 0);
  name_.clear();
}

int LocalTemp::link(std::string_view key) const {
  const std::string to = root_->path(key);
  const int failed = name_.empty()
                         ? linkat(AT_FDCWD, proc_path(fd_.get()).c_str(), root_->base(), to.c_str(), AT_SYMLINK_FOLLOW)
                         : linkat(root_->base(), root_->path(name_).c_str(), root_->base(), to.c_str(), 0);
  return failed ? errno : 0;
}

bool LocalTemp::is_at(std::string_view key, int* error) const {
  struct stat ours, theirs;
  *error = 0;
  if (fstat(fd_.get(), &ours) != 0 ||
      fstatat(root_->base(), root_->path(key).c_str(), &theirs, AT_SYMLINK_NOFOLLOW) != 0) {
    *error = errno;
    return false;
  }
  return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

Result<LocalTemp::Step> LocalTemp::link_or_move(std::string_view key) {
  bool made_folders = false;
  for (int i = 0; i < kPatience; ++i) {
    int error = link(key);
    if (error == 0) return Step::kDone;
    if (error == EEXIST) {
      // Over a network the reply to a link that was made can be lost, and the repetition finds it.
      if (is_at(key, &error)) return Step::kDone;
      if (error == 0) return Step::kTaken;
      if (error == ENOENT) continue;  // it was there and is gone
      return root_->error(error, "looking at", key);
    }
    if (error == ENOENT && !made_folders) {
      STRATA_TRY(root_->make_folders(folder_of(key)));
      made_folders = true;
      continue;
    }
    if (error == EXDEV || (name_.empty() && (error == ENOENT || no_hard_links(error)))) return Step::kCopy;
    if (no_hard_links(error)) return move_if_free(key);
    return root_->error(error, "creating", key);
  }
  return Status(Code::kIo, cat("creating ", root_->describe(key), ": others create and remove it all the time"));
}

Result<LocalTemp::Step> LocalTemp::move_if_free(std::string_view key) {
  if (renameat2(root_->base(), root_->path(name_).c_str(), root_->base(), root_->path(key).c_str(), RENAME_NOREPLACE) ==
      0) {
    name_.clear();
    return Step::kDone;
  }
  switch (const int error = errno) {
    case EEXIST:
      return Step::kTaken;
    case EXDEV:
      return Step::kCopy;
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP:
      return Status(Code::kUnsupported,
                    cat("creating ", root_->describe(key),
                        ": this file system has neither hard links nor renames that keep what is there"),
                    error);
    default:
      return root_->error(error, "creating", key);
  }
}

Result<Created> LocalTemp::create_as(std::string_view key) {
  if (key == name_) {  // it has that name already
    name_.clear();
    return Created::kMade;
  }
  STRATA_ASSIGN(Step step, link_or_move(key));
  if (step == Step::kCopy) {
    STRATA_ASSIGN(LocalTemp copy, copy_beside(key));
    STRATA_ASSIGN(step, copy.link_or_move(key));
  }
  if (step == Step::kCopy) return root_->error(EXDEV, "creating", key);
  if (step == Step::kTaken) return Created::kTaken;
  remove_name();
  return Created::kMade;
}

Result<LocalTemp::Step> LocalTemp::move_over(std::string_view key) {
  if (name_.empty()) {
    STRATA_ASSIGN(auto name, random_name(key));
    int error = link(name);
    if (error == ENOENT) {
      STRATA_TRY(root_->make_folders(folder_of(key)));
      error = link(name);
    }
    if (error == EXDEV || error == ENOENT || no_hard_links(error)) return Step::kCopy;
    if (error != 0) return root_->error(error, "creating", name);
    name_ = std::move(name);
  }
  bool made_folders = false;
  while (renameat(root_->base(), root_->path(name_).c_str(), root_->base(), root_->path(key).c_str()) != 0) {
    const int error = errno;
    if (error == EXDEV) return Step::kCopy;
    if (error != ENOENT || made_folders) return root_->error(error, "replacing", key);
    STRATA_TRY(root_->make_folders(folder_of(key)));
    made_folders = true;
  }
  // Renaming one hard link of a file over another does nothing at all, and says that it worked.
  int error;
  if (!is_at(name_, &error)) name_.clear();
  return Step::kDone;
}

Status LocalTemp::replace_as(std::string_view key) {
  if (key == name_) {
    name_.clear();
    return {};
  }
  STRATA_ASSIGN(Step step, move_over(key));
  if (step == Step::kCopy) {
    STRATA_ASSIGN(LocalTemp copy, copy_beside(key));
    STRATA_ASSIGN(step, copy.move_over(key));
  }
  if (step != Step::kDone) return root_->error(EXDEV, "replacing", key);
  remove_name();
  return {};
}

Result<LocalTemp> LocalTemp::copy_beside(std::string_view key) const {
  STRATA_ASSIGN(auto name, random_name(key));
  STRATA_ASSIGN(LocalTemp copy, make_named(root_, std::move(name)));
  const std::string from = name_.empty() ? root_->describe(key) : root_->describe(name_);
  const std::string to = root_->describe(copy.name_);
  struct stat st;
  if (fstat(fd_.get(), &st) != 0) return os_status(errno, "looking at", from);
  const uint64_t size = static_cast<uint64_t>(st.st_size);
  Buffer part(static_cast<size_t>(std::min<uint64_t>(size, 1 << 20)));
  for (uint64_t at = 0; at < size; at += part.size()) {
    part.shrink(static_cast<size_t>(std::min<uint64_t>(part.size(), size - at)));
    STRATA_TRY(read_fully(fd_.get(), at, part.bytes(), from));
    STRATA_TRY(write_fully(copy.fd(), at, part.bytes(), to));
  }
  STRATA_TRY(sync_fd(copy.fd(), to));
  return copy;
}

}  // namespace strata
