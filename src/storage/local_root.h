// Paths, folders and errors of a local storage.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace strata {

// An open descriptor, closed when this goes.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Fd& operator=(Fd&& o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// "<doing> <what>: <the system's words>", with the code that fits.
Status os_status(int error, std::string_view doing, std::string_view what);

// openat, begun again when a signal interrupts it. errno says why there is none.
Fd open_at(int folder, const std::string& path, int flags, unsigned mode = 0);
// Whole reads and writes whatever the kernel does in one go. read_fully: kCorrupt when the file ends before.
Status read_fully(int fd, uint64_t offset, MutBytes out, std::string_view what);
Status write_fully(int fd, uint64_t offset, Bytes bytes, std::string_view what);
// fsync. Failed once, the bytes may be lost for good whatever a second call says: throw the file away.
Status sync_fd(int fd, std::string_view what);

class LocalRoot {
 public:
  explicit LocalRoot(std::string root);

  // For *at() calls together with path(). A relative root stays where it was when the process changes its folder.
  int base() const;
  std::string path(std::string_view key) const;  // "" is the root itself
  std::string describe(std::string_view key) const;
  Status error(int error, std::string_view doing, std::string_view key) const {
    return os_status(error, doing, describe(key));
  }

  // Makes the folder and those above it, and remembers which ones to make durable.
  Status make_folders(std::string_view folder);
  // fsync of the folder, and of what holds each folder that make_folders() made on the way to it.
  Status sync(std::string_view folder);

 private:
  Status make_path(const std::string& path);
  Status sync_path(const std::string& path) const;

  std::string root_;
  Fd base_;
  std::mutex mu_;               // held while folders are made, so that nobody syncs between making and remembering
  std::set<std::string> made_;  // paths whose name may not be durable
};

}  // namespace strata
