#include "base/executor.h"

#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>

namespace strata {

unsigned available_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int n = CPU_COUNT(&set);
    if (n > 0) return static_cast<unsigned>(n);
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

struct Executor::Job {
  size_t n = 0;
  const CancelToken* cancel = nullptr;
  const std::function<Status(size_t)>* fn = nullptr;  // valid while parts run: the caller waits for them
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mu;
  std::condition_variable idle;
  unsigned running = 0;  // helpers inside work()
  bool closed = false;   // the caller has taken the last part: late helpers stay out
  Status first_error;

  void fail(Status s) {
    std::lock_guard lock(mu);
    if (!failed.exchange(true)) first_error = std::move(s);
  }
};

Executor::Executor(unsigned threads) : threads_(threads ? threads : available_processors()) {}

Executor::~Executor() {
  {
    std::lock_guard lock(mu_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& t : workers_) t.join();
}

void Executor::work(Job& job) {
  for (;;) {
    if (job.failed.load(std::memory_order_relaxed)) return;
    size_t i = job.next.fetch_add(1, std::memory_order_relaxed);
    if (i >= job.n) return;
    try {
      Status s = check(job.cancel);
      if (s.ok()) s = (*job.fn)(i);
      if (!s.ok()) return job.fail(std::move(s));
    } catch (const std::bad_alloc&) {
      return job.fail(Status(Code::kNoMemory, "out of memory"));
    } catch (const std::exception& e) {
      return job.fail(Status(Code::kInternal, e.what()));
    }
  }
}

void Executor::run_worker() {
  std::unique_lock lock(mu_);
  for (;;) {
    wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    auto job = queue_.front();
    if (job->next.load(std::memory_order_relaxed) >= job->n) {
      queue_.pop_front();
      continue;
    }
    {
      std::lock_guard job_lock(job->mu);
      if (job->closed) {
        std::erase(queue_, job);
        continue;
      }
      ++job->running;
    }
    lock.unlock();
    work(*job);
    {
      std::lock_guard job_lock(job->mu);
      if (--job->running == 0) job->idle.notify_all();
    }
    lock.lock();
    std::erase(queue_, job);  // nothing is left to start
  }
}

void Executor::start_workers() {
  // REQUIRES: mu_ held. The workers block every signal: a handler of the host must never run on a thread of ours.
  if (!workers_.empty() || threads_ < 2) return;
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  try {
    for (unsigned i = 1; i < threads_; ++i) workers_.emplace_back([this] { run_worker(); });
  } catch (...) {
    // Fewer threads than wished for (a limit of the system): the caller works alone or with those that started.
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
}

Status Executor::parallel_for(size_t n, const CancelToken* cancel, const std::function<Status(size_t)>& fn) {
  if (n == 0) return {};
  auto job = std::make_shared<Job>();
  job->n = n;
  job->cancel = cancel;
  job->fn = &fn;
  if (n > 1 && threads_ > 1) {
    {
      std::lock_guard lock(mu_);
      start_workers();
      queue_.push_back(job);
    }
    wake_.notify_all();
  }
  work(*job);
  std::unique_lock lock(job->mu);
  job->closed = true;
  job->idle.wait(lock, [&] { return job->running == 0; });
  return std::move(job->first_error);
}

}  // namespace strata
