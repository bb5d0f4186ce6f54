#include "base/process.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <utility>

namespace strata {

namespace {

constexpr long kPollNs = 10'000'000;  // how late one who waits may notice that it was cancelled

// Fork takes the lock before and gives it back after. It can be taken twice, since a fork in the middle of the first registration may
// register the handlers a second time in the child.
struct {
  pthread_mutex_t mu = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
  pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
  size_t ending = 0;             // workers that were told to end and have not said that they do
  pthread_mutex_t last_breath{};  // robust: held by the worker that ended last, until it is dead
  UnsharedFd* unshared = nullptr;
} process;

pthread_once_t registered = PTHREAD_ONCE_INIT;

void before_fork() { pthread_mutex_lock(&process.mu); }
void after_fork() { pthread_mutex_unlock(&process.mu); }

void make_last_breath() {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&process.last_breath, &attributes);
  pthread_mutexattr_destroy(&attributes);
}

void take_last_breath() {
  if (pthread_mutex_lock(&process.last_breath) == EOWNERDEAD) pthread_mutex_consistent(&process.last_breath);
}

}  // namespace

void close_unshared() {
  for (UnsharedFd* u = process.unshared; u; u = u->next_) close(std::exchange(u->fd_, -1));
  process.unshared = nullptr;
}

namespace {

// The threads are not there, and the lock is that of a thread with another number.
void in_child() {
  process.mu = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
  process.changed = PTHREAD_COND_INITIALIZER;
  process.ending = 0;
  make_last_breath();
  close_unshared();
}

void watch_forks() {
  // Without memory for it, a child keeps what it should not: no reason to refuse anything here.
  pthread_once(&registered, [] {
    make_last_breath();
    pthread_atfork(before_fork, after_fork, in_child);
  });
}

}  // namespace

ForkLock::ForkLock() {
  watch_forks();
  before_fork();
}
ForkLock::~ForkLock() { after_fork(); }

void workers_are_ending(size_t count) {
  ForkLock lock;
  process.ending += count;
}

void worker_has_ended() {
  take_last_breath();
  ForkLock lock;
  --process.ending;
  pthread_cond_broadcast(&process.changed);
}

Status join_workers(bool wait_for_ending, const CancelToken* cancel) {
  {
    ForkLock lock;
    while (wait_for_ending && process.ending > 0) {
      STRATA_TRY(check(cancel));
      if (!cancel) {
        pthread_cond_wait(&process.changed, &process.mu);
        continue;
      }
      timespec until;
      clock_gettime(CLOCK_MONOTONIC, &until);
      until.tv_nsec += kPollNs;
      until.tv_sec += until.tv_nsec / 1'000'000'000;
      until.tv_nsec %= 1'000'000'000;
      pthread_cond_clockwait(&process.changed, &process.mu, CLOCK_MONOTONIC, &until);
    }
  }
  take_last_breath();  // whoever has it has nothing left to do but to die
  pthread_mutex_unlock(&process.last_breath);
  return {};
}

void UnsharedFd::enlist() {
  next_ = process.unshared;
  if (next_) next_->previous_ = this;
  process.unshared = this;
}

UnsharedFd::~UnsharedFd() {
  ForkLock lock;
  if (fd_ < 0) return;  // also in a child
  (previous_ ? previous_->next_ : process.unshared) = next_;
  if (next_) next_->previous_ = previous_;
  close(fd_);
}

}  // namespace strata
