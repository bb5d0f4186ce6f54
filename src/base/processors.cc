#include "base/processors.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string_view>
#include <thread>

namespace strata {

namespace {

// A small file of the system's; "" when it cannot be read.
std::string text_of(const std::string& path) {
  std::string text(4096, '\0');
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return "";
  const ssize_t n = pread(fd, text.data(), text.size(), 0);
  close(fd);
  text.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return text;
}

// Takes a number and the blank after it. "max" and "-1" are none.
std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t n = 0;
  size_t digits = 0;
  while (digits < text.size() && digits < 18 && text[digits] >= '0' && text[digits] <= '9')
    n = n * 10 + static_cast<uint64_t>(text[digits++] - '0');
  if (digits == 0) return std::nullopt;
  text.remove_prefix(std::min(text.size(), digits + 1));
  return n;
}

unsigned processors_of(std::string_view quota, std::string_view period) {
  const auto time = take_number(quota), of = take_number(period);
  if (!time || !of || *time == 0 || *of == 0) return 0;
  return static_cast<unsigned>(std::min<uint64_t>(1u << 20, (*time + *of - 1) / *of));
}

// What the group's own folder says: version 2 "QUOTA PERIOD" in one file, version 1 two files.
unsigned quota_of_group(const std::string& folder, bool second) {
  if (!second) return processors_of(text_of(folder + "/cpu.cfs_quota_us"), text_of(folder + "/cpu.cfs_period_us"));
  const std::string both = text_of(folder + "/cpu.max");
  const size_t blank = both.find(' ');
  return blank == std::string::npos ? 0 : processors_of(both, std::string_view(both).substr(blank + 1));
}

bool lists_cpu(std::string_view controllers) {
  for (;;) {
    const size_t comma = controllers.find(',');
    if (controllers.substr(0, comma) == "cpu") return true;
    if (comma == std::string_view::npos) return false;
    controllers.remove_prefix(comma + 1);
  }
}

}  // namespace

bool thread_affinity(cpu_set_t& set) {
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0;
}

unsigned processors_of_quota(const std::string& root) {
  const std::string groups = text_of(root + "/proc/self/cgroup");
  unsigned least = 0;
  for (std::string_view rest = groups; !rest.empty();) {
    // "0::/path" of version 2, "4:cpu,cpuacct:/path" of version 1
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const size_t first = line.find(':'), last = line.find(':', first + 1);
    if (first == std::string_view::npos || last == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, last - first - 1);
    const bool second = controllers.empty();
    if (!second && !lists_cpu(controllers)) continue;
    const std::string top = root + (second ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu");
    // A group has at most what those above it have. In a container the upper ones may not be there to be seen.
    for (std::string path(line.substr(last + 1));; path.resize(path.rfind('/'))) {
      while (!path.empty() && path.back() == '/') path.pop_back();
      const unsigned n = quota_of_group(top + path, second);
      if (n && (!least || n < least)) least = n;
      if (path.find('/') == std::string::npos) break;
    }
  }
  return least;
}

unsigned available_processors() {
  static std::atomic<unsigned> quota{UINT32_MAX};  // UINT32_MAX: not known yet
  unsigned most = quota.load(std::memory_order_relaxed);
  if (most == UINT32_MAX) {
    most = processors_of_quota("");
    quota.store(most, std::memory_order_relaxed);
  }
  cpu_set_t set;
  const unsigned n = thread_affinity(set) ? static_cast<unsigned>(CPU_COUNT(&set)) : std::max(1u, std::thread::hardware_concurrency());
  return most ? std::min(n, most) : n;
}

}  // namespace strata
