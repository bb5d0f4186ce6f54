#include "base/executor.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <vector>

#include "base/process.h"
#include "base/processors.h"

namespace strata {

namespace {
constexpr auto kPoll = std::chrono::milliseconds(10);  // how late one who waits may notice that it was cancelled
}

struct Executor::Job {
  size_t n = 0;
  const CancelToken* cancel = nullptr;
  const std::function<Status(size_t)>* fn = nullptr;  // valid while parts run: the caller waits for them
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mu;
  std::condition_variable idle;
  unsigned running = 0;  // helpers inside work(); grows while the job is queued, and never after
  Status first_error;

  bool has_parts() const { return next.load(std::memory_order_relaxed) < n && !failed.load(std::memory_order_relaxed); }
  void fail(Status s) {
    std::lock_guard lock(mu);
    if (!failed.exchange(true)) first_error = std::move(s);
  }
};

struct Executor::Crew {
  explicit Crew(unsigned threads) : most(threads), affinity_known(thread_affinity(affinity)) {
    at_work.reserve(most);  // a helper never needs more, and must not fail
  }

  const unsigned most;  // threads at work, if calls are not more
  cpu_set_t affinity;   // of who made the executor: a worker must not be bound to one processor because a bound thread called first
  const bool affinity_known;

  std::mutex mu;
  std::condition_variable wake, gone;
  std::deque<Job*> queue;           // of calls; each takes its own out again
  std::vector<pthread_t> at_work;   // callers and helpers, each once however deep its calls are nested
  std::atomic<bool> crowded{false};  // there are more of them than `most`: helpers go
  size_t live = 0, idle = 0;         // workers; those of them that wait or are about to
  size_t summons = 0;                // how many of those are to come
  uint64_t left = 0;                 // how often the last of them has gone
  bool stopping = false;             // until the last has gone

  // All REQUIRE mu.
  bool enter();  // false: this thread is at work already
  void leave();
  Job* job_for_helper() const;
  void summon(const std::shared_ptr<Crew>& self, size_t helpers);
  void stop();
};

bool Executor::Crew::enter() {
  const pthread_t self = pthread_self();
  for (pthread_t t : at_work)
    if (pthread_equal(t, self)) return false;
  at_work.push_back(self);
  crowded.store(at_work.size() > most, std::memory_order_relaxed);
  return true;
}

void Executor::Crew::leave() {
  const pthread_t self = pthread_self();
  std::erase_if(at_work, [&](pthread_t t) { return pthread_equal(t, self) != 0; });
  crowded.store(at_work.size() > most, std::memory_order_relaxed);
}

Executor::Job* Executor::Crew::job_for_helper() const {
  if (stopping || at_work.size() >= most) return nullptr;
  for (Job* job : queue)
    if (job->has_parts()) return job;
  return nullptr;
}

// Wakes as many workers as find something to do, and starts those that are missing. They block every signal: a handler of the host must
// never run on a thread of ours.
void Executor::Crew::summon(const std::shared_ptr<Crew>& self, size_t helpers) {
  const size_t busy = at_work.size() + summons;
  helpers = stopping || busy >= most ? 0 : std::min<size_t>(helpers, most - busy);
  if (helpers == 0) return;
  summons += helpers;
  for (size_t i = 0; i < helpers; ++i) wake.notify_one();
  if (summons <= idle) return;
  sigset_t all, old;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  if (affinity_known) pthread_attr_setaffinity_np(&attributes, sizeof affinity, &affinity);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  auto started = [&](std::shared_ptr<Crew>* argument) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, run_worker, argument) == 0) return true;
    pthread_attr_setaffinity_np(&attributes, 0, &affinity);  // those processors may be out of reach by now
    return pthread_create(&thread, &attributes, run_worker, argument) == 0;
  };
  for (size_t wanted = std::min(summons - idle, most - 1 - live); wanted > 0; --wanted) {
    auto* argument = new (std::nothrow) std::shared_ptr<Crew>(self);
    // Fewer threads than wished for (a limit of the system): the caller works alone or with those that there are.
    if (!argument || !started(argument)) {
      delete argument;
      break;
    }
    ++live;
    ++idle;
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  pthread_attr_destroy(&attributes);
  summons = std::min(summons, idle);
}

void Executor::Crew::stop() {
  if (live == 0 || stopping) return;
  stopping = true;
  summons = 0;
  workers_are_ending(live);
  wake.notify_all();
}

Executor::Executor(unsigned threads)
    : threads_(threads ? threads : available_processors()), crew_(std::make_shared<Crew>(threads_)) {}

Executor::~Executor() {
  std::lock_guard lock(crew_->mu);
  crew_->stop();
}

void Executor::work(Job& job, const Crew* helped) {
  for (;;) {
    if (job.failed.load(std::memory_order_relaxed)) return;
    if (helped && helped->crowded.load(std::memory_order_relaxed)) return;
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

void Executor::help(Crew& crew, Job& job, std::unique_lock<std::mutex>& lock) {
  crew.enter();
  {
    std::lock_guard job_lock(job.mu);
    ++job.running;
  }
  lock.unlock();
  work(job, &crew);
  lock.lock();
  crew.leave();
  std::lock_guard job_lock(job.mu);  // the last touch: the job is on the stack of who waits for this
  if (--job.running == 0) job.idle.notify_all();
}

void* Executor::run_worker(void* argument) {
  std::shared_ptr<Crew> crew = std::move(*static_cast<std::shared_ptr<Crew>*>(argument));
  delete static_cast<std::shared_ptr<Crew>*>(argument);
  pthread_setname_np(pthread_self(), "strata");
  std::unique_lock lock(crew->mu);
  for (;;) {
    crew->wake.wait(lock, [&] { return crew->stopping || crew->summons > 0; });
    --crew->idle;
    if (crew->stopping) break;
    --crew->summons;
    while (Job* job = crew->job_for_helper()) help(*crew, *job, lock);
    ++crew->idle;
  }
  lock.unlock();
  worker_has_ended();
  lock.lock();
  if (--crew->live == 0) {
    crew->stopping = false;
    ++crew->left;
    crew->gone.notify_all();
  }
  return nullptr;
}

Status Executor::parallel_for(size_t n, const CancelToken* cancel, const std::function<Status(size_t)>& fn) {
  if (n == 0) return {};
  Job job;
  job.n = n;
  job.cancel = cancel;
  job.fn = &fn;
  if (n == 1 || threads_ == 1) {
    work(job, nullptr);
    return std::move(job.first_error);
  }
  Crew& crew = *crew_;
  bool entered;
  {
    std::lock_guard lock(crew.mu);
    crew.queue.push_back(&job);
    try {
      entered = crew.enter();
    } catch (...) {
      crew.queue.pop_back();
      throw;
    }
    crew.summon(crew_, n - 1);
  }
  work(job, nullptr);
  {
    std::lock_guard lock(crew.mu);
    std::erase(crew.queue, &job);  // no helper comes any more
    if (entered) crew.leave();
    if (crew.job_for_helper()) crew.summon(crew_, 1);
  }
  std::unique_lock lock(job.mu);
  job.idle.wait(lock, [&] { return job.running == 0; });
  return std::move(job.first_error);
}

Status Executor::join(const CancelToken* cancel) {
  {
    Crew& crew = *crew_;
    std::unique_lock lock(crew.mu);
    crew.stop();
    const uint64_t before = crew.left;
    while (crew.live > 0 && crew.left == before) {
      STRATA_TRY(check(cancel));
      crew.gone.wait_for(lock, kPoll);
    }
  }
  return join_workers(false, cancel);
}

}  // namespace strata
