// Runs the parts of one call on several threads. The calling thread always takes part, so a call never waits for a
// free worker, nested use cannot deadlock, and with one thread nothing is started at all.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancel.h"
#include "base/status.h"

namespace strata {

class Executor {
 public:
  // threads: how many work on one call, the caller included; 0 = the processors this process may run on.
  explicit Executor(unsigned threads = 0);
  ~Executor();  // joins the workers
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  unsigned threads() const { return threads_; }

  // Calls fn(i) for i in [0, n), on any of the threads, in no order but started ascending. After the first error (or a
  // cancelled token) no new part is started; the first error is returned once all running parts have ended. An
  // exception inside a part (bad_alloc) becomes a status.
  Status parallel_for(size_t n, const CancelToken* cancel, const std::function<Status(size_t)>& fn);

 private:
  struct Job;
  static void work(Job& job);
  void run_worker();
  void start_workers();

  const unsigned threads_;
  std::mutex mu_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> queue_;
  std::vector<std::thread> workers_;
  bool stopping_ = false;
};

// The processors this process may run on (its affinity mask), at least 1.
unsigned available_processors();

}  // namespace strata
