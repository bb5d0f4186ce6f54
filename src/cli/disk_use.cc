#include "disk_use.h"

#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <utility>

#include "target.h"

namespace strata_cli {
namespace {

// Files count once, whatever names they have: a store's layers have two.
class Sum {
 public:
  void add(const std::filesystem::path& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return;
    if (info.st_nlink > 1 && !seen_.emplace(info.st_dev, info.st_ino).second) return;
    bytes_ += static_cast<std::uintmax_t>(info.st_size);
  }
  std::uintmax_t bytes() const { return bytes_; }

 private:
  std::uintmax_t bytes_ = 0;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

}  // namespace

std::uintmax_t disk_use(const std::string& url) {
  namespace fs = std::filesystem;
  std::error_code error;
  Sum sum;
  if (!is_array_file(url)) {
    for (fs::recursive_directory_iterator at(url, error), end; !error && at != end; at.increment(error)) sum.add(at->path());
    return sum.bytes();
  }
  const fs::path path(url);
  const std::string stem = path.stem().string() + ".";
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().filename().string().starts_with(stem)) sum.add(at->path());
  return sum.bytes();
}

}  // namespace strata_cli
