// The cache under many threads at once; built with the thread sanitizer as well.

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "cache/cache.h"
#include "internal_test.h"

namespace {
using namespace strata;

// Runs fn(0), fn(1), ... each on its own thread.
template <typename F>
void on_threads(int n, F fn) {
  std::vector<std::thread> threads;
  for (int t = 0; t < n; ++t) threads.emplace_back([&fn, t] { fn(t); });
  for (auto& t : threads) t.join();
}

// Until `n` callers are waiting for loads of others.
void wait_until_coalesced(const Cache& cache, uint64_t n) {
  while (cache.counters().coalesced < n) std::this_thread::yield();
}

std::string one_loads_the_others_wait() {
  for (uint64_t capacity : {uint64_t{0}, uint64_t{1} << 20}) {
    Cache cache(capacity);
    std::atomic<int> loads{0}, right{0};
    on_threads(8, [&](int) {
      auto got = cache.get({1, 1}, nullptr, [&]() -> Result<Buffer> {
        ++loads;
        wait_until_coalesced(cache, 7);
        Buffer b(100);
        std::memset(b.data(), 42, 100);
        return b;
      });
      if (got.ok() && (*got)->data()[99] == 42) ++right;
    });
    CHECK_EQ(loads.load(), 1);
    CHECK_EQ(right.load(), 8);
    CHECK_EQ(cache.counters().coalesced, uint64_t{7});
    CHECK_EQ(cache.counters().misses, uint64_t{1});
  }
  return "";
}

std::string an_error_goes_to_all_that_waited() {
  Cache cache(1 << 20);
  std::atomic<int> loads{0}, told{0};
  on_threads(5, [&](int) {
    auto got = cache.get({1, 1}, nullptr, [&]() -> Result<Buffer> {
      ++loads;
      wait_until_coalesced(cache, 4);
      return Status(Code::kIo, "the disk is gone");
    });
    if (!got.ok() && got.status().message() == "the disk is gone") ++told;
  });
  CHECK_EQ(loads.load(), 1);
  CHECK_EQ(told.load(), 5);
  return "";
}

// The one who loads is cancelled; the others did not ask for that.
std::string another_callers_cancel_is_not_ours() {
  for (Code code : {Code::kCancelled, Code::kDeadline, Code::kUser}) {
    Cache cache(1 << 20);
    std::atomic<int> loads{0}, ok{0}, stopped{0};
    on_threads(5, [&](int) {
      auto got = cache.get({1, 1}, nullptr, [&]() -> Result<Buffer> {
        if (++loads > 1) return Buffer(10);
        wait_until_coalesced(cache, 4);
        return Status(code, "stopped");
      });
      if (got.ok()) ++ok;
      if (got.code() == code) ++stopped;
    });
    CHECK_EQ(loads.load(), 2);
    CHECK_EQ(ok.load(), 4);
    CHECK_EQ(stopped.load(), 1);
  }
  return "";
}

std::string a_waiter_can_give_up() {
  Cache cache(1 << 20);
  std::atomic<bool> go{false};
  std::atomic<int> cancelled{0}, late{0}, ok{0};
  CancelToken stop, deadline;
  on_threads(3, [&](int t) {
    if (t == 0) {
      auto got = cache.get({1, 1}, nullptr, [&]() -> Result<Buffer> {
        while (!go) std::this_thread::yield();
        return Buffer(10);
      });
      if (got.ok()) ++ok;
      return;
    }
    while (cache.counters().misses == 0) std::this_thread::yield();
    if (t == 1) {
      deadline.set_deadline_ns(CancelToken::now_ns() + 20'000'000);
      if (cache.get({1, 1}, &deadline, [] { return Result<Buffer>(Buffer(1)); }).code() == Code::kDeadline) ++late;
      stop.cancel();
    } else {
      if (cache.get({1, 1}, &stop, [] { return Result<Buffer>(Buffer(1)); }).code() == Code::kCancelled) ++cancelled;
      go = true;
    }
  });
  CHECK_EQ(late.load(), 1);
  CHECK_EQ(cancelled.load(), 1);
  CHECK_EQ(ok.load(), 1);
  return "";
}

// A load may ask for other keys, as when a unit is made of slabs; nothing is locked meanwhile.
std::string loads_may_nest() {
  Cache cache(1 << 20);
  std::atomic<int> ok{0};
  on_threads(4, [&](int) {
    for (uint64_t i = 0; i < 200; ++i) {
      auto got = cache.get({1, i}, nullptr, [&]() -> Result<Buffer> {
        STRATA_ASSIGN(auto inner, cache.get({2, i / 4}, nullptr, [] { return Result<Buffer>(Buffer(64)); }));
        return Buffer(inner->size());
      });
      if (got.ok() && (*got)->size() == 64) ++ok;
    }
  });
  CHECK_EQ(ok.load(), 800);
  return "";
}

std::string stress() {
  constexpr uint64_t kCapacity = 300'000;
  Cache cache(kCapacity);
  std::atomic<int> wrong{0}, over{0};
  on_threads(6, [&](int t) {
    std::mt19937 random(static_cast<unsigned>(t));
    for (int i = 0; i < 6000; ++i) {
      CacheKey key{1 + random() % 5, (random() % 60) * 512};
      const size_t size = 100 + static_cast<size_t>(key.unit % 9000);
      const auto mark = static_cast<uint8_t>(key.object * 61 + key.unit / 512);
      switch (random() % 16) {
        case 0:
          cache.forget(key.object);
          break;
        case 1:
          if (auto got = cache.peek(key); got && (got->size() != size || got->data()[size - 1] != mark)) ++wrong;
          break;
        case 2:
          if (cache.counters().bytes > kCapacity) ++over;
          break;
        default: {
          const bool fails = random() % 50 == 0;
          auto got = cache.get(key, nullptr, [&]() -> Result<Buffer> {
            if (fails) return Status(random() % 2 ? Code::kIo : Code::kCancelled, "now and then");
            Buffer b(size);
            std::memset(b.data(), mark, size);
            return b;
          });
          if (got.ok() && ((*got)->size() != size || (*got)->data()[0] != mark || (*got)->data()[size - 1] != mark))
            ++wrong;
        }
      }
    }
  });
  CHECK_EQ(wrong.load(), 0);  // Invariant 10: no cache answers for another id
  CHECK_EQ(over.load(), 0);
  auto c = cache.counters();
  CHECK(c.hits > 0 && c.misses > 0 && c.evictions > 0);
  for (uint64_t object = 1; object <= 5; ++object) cache.forget(object);
  CHECK_EQ(cache.counters().bytes, uint64_t{0});
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"one_loads_the_others_wait", one_loads_the_others_wait},
                    {"an_error_goes_to_all_that_waited", an_error_goes_to_all_that_waited},
                    {"another_callers_cancel_is_not_ours", another_callers_cancel_is_not_ours},
                    {"a_waiter_can_give_up", a_waiter_can_give_up},
                    {"loads_may_nest", loads_may_nest},
                    {"stress", stress}});
}
