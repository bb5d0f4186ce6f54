// Runs the parts of one call on several threads. The calling thread always takes part, so a call never waits for a
// free worker, nested use cannot deadlock, and with one thread nothing is started at all.
//
// The threads of the host come first: as many threads work at once as there are calls, or as many as the executor has where those are
// more. Who calls beside others therefore gets fewer helpers, and a helper goes back when another call begins.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

#include "base/cancel.h"
#include "base/status.h"

namespace strata {

class Executor {
 public:
  // threads: how many work on one call, the caller included; 0 = the processors this process may use.
  explicit Executor(unsigned threads = 0);
  // Waits for nobody: no call runs, so that the workers have nothing left to do, and they end by themselves.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  unsigned threads() const { return threads_; }

  // Calls fn(i) for i in [0, n), on any of the threads, in no order but started ascending. After the first error (or a
  // cancelled token) no new part is started; the first error is returned once all running parts have ended. An
  // exception inside a part (bad_alloc) becomes a status.
  Status parallel_for(size_t n, const CancelToken* cancel, const std::function<Status(size_t)>& fn);

  // Tells the workers to end, each after the part that it is at, and returns when they are gone. Calls meanwhile run on the
  // caller's thread only; later ones start workers again.
  Status join(const CancelToken* cancel);

 private:
  struct Job;
  struct Crew;  // shared with the workers, which may live a moment longer
  static void work(Job& job, const Crew* helped);
  static void help(Crew& crew, Job& job, std::unique_lock<std::mutex>& lock);
  static void* run_worker(void* crew);

  const unsigned threads_;
  const std::shared_ptr<Crew> crew_;
};

}  // namespace strata
