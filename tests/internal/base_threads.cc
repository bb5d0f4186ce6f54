// How many threads work at once: all that a single call may have, never more because calls run beside each other; the workers of an
// executor that goes; and how many processors a process may use.
#include <atomic>
#include <barrier>
#include <fstream>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/process.h"
#include "base/processors.h"
#include "internal_test.h"

using namespace strata;
using namespace strata::test;

namespace {

// Counts threads inside parts.
struct Gauge {
  std::atomic<int> now{0}, most{0};
  void enter() {
    const int n = ++now;
    for (int m = most; m < n && !most.compare_exchange_weak(m, n);) {
    }
  }
  void leave() { --now; }
};

void spin() {
  for (std::atomic<int> i{0}; i < 200; ++i) {
  }
}

// Every part waits until as many run as there are threads: this comes to an end only with all of them.
std::string a_single_call_has_all_threads() {
  for (int round = 0; round < 50; ++round) {
    Executor executor(4);
    for (int twice = 0; twice < 3; ++twice) {
      std::barrier all(4);
      Status s = executor.parallel_for(4, nullptr, [&](size_t) -> Status {
        all.arrive_and_wait();
        return {};
      });
      if (!s.ok()) return failure_of(s);
    }
  }
  return join_workers(true, nullptr).ok() ? "" : "not joined";
}

std::string as_many_threads_as_calls_or_as_the_executor_has() {
  for (const int calls : {1, 2, 4, 8}) {
    Executor executor(4);
    Gauge gauge;
    std::atomic<size_t> done{0};
    std::vector<std::thread> hosts;
    // All of them are in a call from the beginning to the end.
    std::barrier begin(calls), end(calls);
    for (int h = 0; h < calls; ++h)
      hosts.emplace_back([&] {
        (void)executor.parallel_for(2, nullptr, [&](size_t part) -> Status {
          if (part == 1) return {};
          begin.arrive_and_wait();
          for (int i = 0; i < 200; ++i)
            (void)executor.parallel_for(16, nullptr, [&](size_t) -> Status {
              gauge.enter();
              spin();
              ++done;
              gauge.leave();
              return {};
            });
          end.arrive_and_wait();
          return {};
        });
      });
    for (auto& t : hosts) t.join();
    if (done != size_t(calls) * 200 * 16) return cat(done.load(), " parts were run");
    const int most = std::max(4, calls);
    if (gauge.most > most) return cat(gauge.most.load(), " threads at once with ", calls, " calls");
  }
  return "";
}

// Who calls from inside a part is one thread, not two.
std::string nested_calls_count_once() {
  Executor executor(2);
  for (int round = 0; round < 100; ++round) {
    std::barrier both(2);
    const std::thread::id caller = std::this_thread::get_id();
    Status s = executor.parallel_for(2, nullptr, [&](size_t) -> Status {
      if (std::this_thread::get_id() != caller) return {};
      return executor.parallel_for(2, nullptr, [&](size_t) -> Status {
        both.arrive_and_wait();
        return {};
      });
    });
    if (!s.ok()) return failure_of(s);
  }
  return "";
}

std::string an_executor_goes_without_waiting_and_comes_back_after_a_join() {
  for (int round = 0; round < 200; ++round) {
    auto executor = std::make_unique<Executor>(4);
    for (int twice = 0; twice < 2; ++twice) {
      std::barrier all(4);
      Status s = executor->parallel_for(4, nullptr, [&](size_t) -> Status {
        all.arrive_and_wait();
        return {};
      });
      if (!s.ok()) return failure_of(s);
      if (round % 2)
        if (s = executor->join(nullptr); !s.ok()) return failure_of(s);
    }
  }
  Status s = join_workers(true, nullptr);
  return failure_of(s);
}

std::string calls_beside_a_join_go_on() {
  Executor executor(3);
  std::atomic<bool> stop{false};
  std::thread joiner([&] {
    while (!stop) (void)executor.join(nullptr);
  });
  size_t sum = 0;
  for (int round = 0; round < 2000; ++round) {
    std::atomic<size_t> parts{0};
    (void)executor.parallel_for(8, nullptr, [&](size_t i) -> Status {
      parts += i;
      return {};
    });
    sum += parts;
  }
  stop = true;
  joiner.join();
  return sum == 2000u * 28 ? "" : "parts are missing";
}

void put(const std::filesystem::path& path, const char* text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

std::string control_groups_limit_processors() {
  const std::filesystem::path root = "groups";
  auto quota = [&] { return processors_of_quota(root.string()); };
  if (quota() != 0) return "a limit without any group";
  put(root / "proc/self/cgroup", "0::/a/b\n");
  put(root / "sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  if (quota() != 0) return "\"max\" is a limit";
  put(root / "sys/fs/cgroup/a/cpu.max", "250000 100000\n");
  if (quota() != 3) return cat("2.5 processors of the group above are ", quota());
  put(root / "sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
  if (quota() != 1) return cat("half a processor is ", quota());
  // In a container: its own group is the root of what it sees.
  put(root / "sys/fs/cgroup/cpu.max", "400000 100000\n");
  put(root / "proc/self/cgroup", "0::/\n");
  if (quota() != 4) return cat("4 processors of a container are ", quota());
  std::filesystem::remove_all(root / "sys");
  // The first version, in a container that sees the name of its group but not the group.
  put(root / "proc/self/cgroup", "3:memory:/x\n2:cpu,cpuacct:/docker/17\n1:cpuset:/\n");
  put(root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
  put(root / "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  if (quota() != 2) return cat("1.5 processors are ", quota());
  put(root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  if (quota() != 0) return "-1 is a limit";
  for (const char* nonsense : {"", "0::", "::", "\n\n", "2:cpu", "2:cpu:", "0:::/../..\n"}) {
    put(root / "proc/self/cgroup", nonsense);
    if (quota() != 0) return cat("a limit out of \"", nonsense, "\"");
  }
  std::filesystem::remove_all(root);
  if (available_processors() < 1) return "no processor at all";
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"a_single_call_has_all_threads", a_single_call_has_all_threads},
                    {"as_many_threads_as_calls_or_as_the_executor_has", as_many_threads_as_calls_or_as_the_executor_has},
                    {"nested_calls_count_once", nested_calls_count_once},
                    {"an_executor_goes_without_waiting_and_comes_back_after_a_join",
                     an_executor_goes_without_waiting_and_comes_back_after_a_join},
                    {"calls_beside_a_join_go_on", calls_beside_a_join_go_on},
                    {"control_groups_limit_processors", control_groups_limit_processors}});
}
