#include "storage/local_root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace strata {

namespace {

// strerror_r() comes in two kinds: one returns the text, the other fills the buffer and returns a number.
[[maybe_unused]] const char* words(const char* text, const char*) { return text; }
[[maybe_unused]] const char* words(int failed, const char* buffer) { return failed ? "unknown error" : buffer; }

Code code_of(int error) {
  switch (error) {
    case ENOENT:
    case ESTALE:
      return Code::kNotFound;
    case EEXIST:
      return Code::kExists;
    case ENOSPC:
    case EDQUOT:
      return Code::kNoSpace;
    case EACCES:
    case EPERM:
      return Code::kPermission;
    case ENOMEM:
      return Code::kNoMemory;
    case EROFS:
      return Code::kReadOnly;
    case ENAMETOOLONG:
      return Code::kInvalid;
    default:
      return Code::kIo;
  }
}

// The folder that holds `path`; "" when there is none to speak of (the root of the file system, the working folder).
std::string parent_of(const std::string& path) {
  if (path == "/" || path == ".") return "";
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  while (slash > 0 && path[slash - 1] == '/') --slash;
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Fd::~Fd() {
  // The outcome does not matter: whatever must be durable was synced before.
  if (fd_ >= 0) close(fd_);
}

Status os_status(int error, std::string_view doing, std::string_view what) {
  char buffer[256] = "";
  const char* text = words(strerror_r(error, buffer, sizeof buffer), buffer);
  return Status(code_of(error), cat(doing, ' ', what, ": ", text), error);
}

Status read_fully(int fd, uint64_t offset, MutBytes out, std::string_view what) {
  const uint64_t wanted = offset;
  const size_t size = out.size();
  auto cut = [&](uint64_t end) {
    return Status(Code::kCorrupt, cat(what, " ends at ", end, ", but ", size, " bytes from ", wanted, " are needed"));
  };
  // Offsets come from files: the kernel's type is signed.
  if (offset > INT64_MAX || size > INT64_MAX - offset) {
    struct stat st;
    return fstat(fd, &st) == 0 ? cut(static_cast<uint64_t>(st.st_size)) : os_status(errno, "reading", what);
  }
  while (!out.empty()) {
    ssize_t n = pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      return os_status(errno, "reading", what);
    }
    if (n == 0) return cut(offset);
    out = out.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return {};
}

Status write_fully(int fd, uint64_t offset, Bytes bytes, std::string_view what) {
  if (offset > INT64_MAX || bytes.size() > INT64_MAX - offset)
    return Status(Code::kLimit, cat("writing ", what, ": offset ", offset, " is beyond what a file can have"));
  while (!bytes.empty()) {
    ssize_t n = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      return os_status(errno, "writing", what);
    }
    if (n == 0) return os_status(EIO, "writing", what);  // never seen, and would go on for ever
    bytes = bytes.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return {};
}

Fd open_at(int folder, const std::string& path, int flags, unsigned mode) {
  for (;;) {
    Fd fd(openat(folder, path.c_str(), flags, mode));
    if (fd || errno != EINTR) return fd;
  }
}

Status sync_fd(int fd, std::string_view what) {
  while (fsync(fd) != 0)
    if (errno != EINTR) return os_status(errno, "making durable", what);
  return {};
}

LocalRoot::LocalRoot(std::string root) : root_(std::move(root)) {
  while (root_.size() > 1 && root_.back() == '/') root_.pop_back();
  // Where this fails (no descriptors left), relative paths follow the working folder; nothing else changes.
  if (root_.empty() || root_.front() != '/') base_ = Fd(open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

int LocalRoot::base() const { return base_ ? base_.get() : AT_FDCWD; }

std::string LocalRoot::path(std::string_view key) const {
  if (key.empty()) return root_.empty() ? "." : root_;
  return describe(key);
}

std::string LocalRoot::describe(std::string_view key) const {
  if (key.empty()) return root_.empty() ? "." : root_;
  if (root_.empty()) return std::string(key);
  return root_ == "/" ? cat('/', key) : cat(root_, '/', key);
}

Status LocalRoot::make_folders(std::string_view folder) {
  std::lock_guard lock(mu_);
  return make_path(path(folder));
}

Status LocalRoot::make_path(const std::string& whole) {
  // Upwards until one can be made (or is there), then down again. A folder that somebody removes meanwhile is made
  // again, but not for ever.
  std::vector<std::string> missing{whole};
  for (int patience = 64; !missing.empty();) {
    const std::string& path = missing.back();
    if (mkdirat(base(), path.c_str(), 0777) == 0) {
      made_.insert(path);
      missing.pop_back();
    } else if (errno == EEXIST) {
      missing.pop_back();
    } else if (std::string parent = parent_of(path); errno == ENOENT && !parent.empty() && patience-- > 0) {
      missing.push_back(std::move(parent));
    } else {
      return os_status(errno, "making folder", path);
    }
  }
  return {};
}

Status LocalRoot::sync(std::string_view folder) {
  std::string path = this->path(folder);
  STRATA_TRY(sync_path(path));
  std::vector<std::string> fresh;
  {
    std::lock_guard lock(mu_);
    if (made_.empty()) return {};
    for (; !path.empty(); path = parent_of(path))
      if (made_.contains(path)) fresh.push_back(path);
  }
  for (const std::string& made : fresh) STRATA_TRY(sync_path(parent_of(made)));
  // Forgotten only now: until the syncs are done, another thread must do them as well.
  std::lock_guard lock(mu_);
  for (const std::string& made : fresh) made_.erase(made);
  return {};
}

Status LocalRoot::sync_path(const std::string& path) const {
  const Fd fd = open_at(base(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (!fd) return os_status(errno, "opening folder", path);
  Status synced = sync_fd(fd.get(), path);
  // Some network file systems cannot sync folders, and keep names durable without being asked.
  if (!synced.ok() && synced.error().os_error == EINVAL) return {};
  return synced;
}

}  // namespace strata
