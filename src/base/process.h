// What belongs to this process alone: its worker threads that are ending, and descriptors that a forked child must not keep.
//
// All of it is plain data that needs no constructor and no destructor: nothing runs when the library is loaded, at exit, or
// when it is unloaded. Handlers for fork are registered with the first use.
#pragma once

#include <cstddef>

#include "base/cancel.h"
#include "base/status.h"

namespace strata {

// Worker threads are detached, since nobody waits for them when their executor goes. To know when one has left the library's code for good,
// it ends with a robust mutex in its hands, which the system takes from it when it is dead: join_workers() waits for that, and so does the
// next that ends.
void workers_are_ending(size_t count);  // by who tells them to
void worker_has_ended();                // by each of them, when it is about to return

// Returns once those that have ended are dead and, when wait_for_ending, those that were told to end as well.
Status join_workers(bool wait_for_ending, const CancelToken* cancel);

// While one lives, no thread forks.
class ForkLock {
 public:
  ForkLock();
  ~ForkLock();
  ForkLock(const ForkLock&) = delete;
  ForkLock& operator=(const ForkLock&) = delete;
};

// A descriptor that is opened for a lock. A child that is forked while it is open would hold the lock for as long as it lives,
// even when this process is killed: it is closed there as the first thing.
class UnsharedFd {
 public:
  // open: gives the descriptor or -1, with errno; it is not called while the process forks.
  template <typename F>
  explicit UnsharedFd(F&& open) {
    ForkLock lock;
    fd_ = open();
    if (fd_ >= 0) enlist();
  }
  ~UnsharedFd();
  UnsharedFd(const UnsharedFd&) = delete;
  UnsharedFd& operator=(const UnsharedFd&) = delete;
  int get() const { return fd_; }  // -1: none, and in a child

 private:
  friend void close_unshared();
  void enlist();

  int fd_ = -1;
  UnsharedFd *next_ = nullptr, *previous_ = nullptr;
};

}  // namespace strata
