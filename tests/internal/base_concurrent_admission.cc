// Admission of work under a limit: how much is inside, who comes next, who never waits for ever.
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "base/admission.h"
#include "internal_test.h"

using namespace strata;
using namespace strata::test;

namespace {

void until_waiting(const Admission& admission, uint64_t waits) {
  while (admission.waits() < waits) std::this_thread::yield();
}

std::string the_limit_holds_whatever_comes() {
  constexpr uint64_t kLimit = 1000;
  Admission admission(kLimit);
  std::atomic<uint64_t> inside{0}, bytes{0}, wrong{0}, refused{0};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      uint64_t random = t + 1;
      for (int i = 0; i < 2000; ++i) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        const uint64_t n = (random >> 33) % (i % 50 == 0 ? 3 * kLimit : 400);
        auto pass = admission.enter(n, nullptr);
        if (!pass.ok()) ++refused;
        if (n == 0) continue;
        const uint64_t others = inside.fetch_add(1);
        if (bytes.fetch_add(n) + n > kLimit && others > 0) ++wrong;
        if (i % 3 == 0) std::this_thread::yield();
        // Gone from here before it leaves there: what is counted here is never more than what is inside.
        bytes -= n;
        --inside;
      }
    });
  for (auto& t : threads) t.join();
  CHECK_EQ(wrong.load(), 0u);
  CHECK_EQ(refused.load(), 0u);
  CHECK_EQ(admission.used(), 0u);
  CHECK(admission.peak() > 0 && admission.peak() < 3 * kLimit);
  return "";
}

std::string small_work_does_not_pass_by_large_work() {
  Admission admission(100);
  std::mutex mu;
  std::vector<int> order;
  auto come = [&](uint64_t bytes, int name) {
    auto pass = admission.enter(bytes, nullptr);
    std::lock_guard lock(mu);
    order.push_back(name);
  };
  std::thread large, small;
  {
    auto pass = admission.enter(60, nullptr);
    CHECK_OK(pass);
    large = std::thread(come, 100, 1);
    until_waiting(admission, 1);
    small = std::thread(come, 10, 2);  // for which there would be room
    until_waiting(admission, 2);
  }
  large.join();
  small.join();
  CHECK(order == (std::vector<int>{1, 2}));
  CHECK_EQ(admission.used(), 0u);
  return "";
}

std::string what_is_larger_than_the_limit_is_done_alone() {
  for (const uint64_t limit : {uint64_t{0}, uint64_t{1}, uint64_t{100}}) {
    Admission admission(limit);
    CancelToken late;
    late.set_deadline_ns(1);
    {
      auto huge = admission.enter(UINT64_MAX, nullptr);
      CHECK_OK(huge);
      CHECK_CODE(admission.enter(1, &late), Code::kDeadline);
      CHECK_OK(admission.enter(0, &late));
    }
    auto small = admission.enter(1, nullptr);
    CHECK_OK(small);
    CHECK_CODE(admission.enter(UINT64_MAX, &late), Code::kDeadline);
  }
  return "";
}

std::string one_who_gives_up_is_in_nobodys_way() {
  Admission admission(100);
  CancelToken token;
  std::atomic<int> code{1};
  auto pass = admission.enter(60, nullptr);
  CHECK_OK(pass);
  std::thread large([&] { code = static_cast<int>(admission.enter(100, &token).code()); });
  until_waiting(admission, 1);
  std::atomic<bool> in{false};
  std::thread small([&] { in = admission.enter(10, nullptr).ok(); });
  until_waiting(admission, 2);
  token.cancel();
  large.join();
  small.join();  // while the first is still inside
  CHECK_EQ(code.load(), static_cast<int>(Code::kCancelled));
  CHECK(in.load());
  CHECK_EQ(admission.used(), 60u);
  return "";
}

std::string a_batch_and_its_parts_go_on_however_tight() {
  Admission batches(1), parts(1);
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        auto batch = batches.enter(5, nullptr);
        auto part = parts.enter(5, nullptr);
        done += batch.ok() && part.ok();
      }
    });
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) done += parts.enter(5, nullptr).ok();
    });
  for (auto& t : threads) t.join();
  CHECK_EQ(done.load(), 16 * 200);
  CHECK_EQ(batches.peak(), 5u);
  CHECK_EQ(parts.peak(), 5u);
  return "";
}

std::string a_pass_moves() {
  Admission admission(100);
  Admission::Pass kept;
  {
    auto pass = admission.enter(30, nullptr);
    CHECK_OK(pass);
    kept = std::move(*pass);
  }
  CHECK_EQ(admission.used(), 30u);
  auto other = admission.enter(40, nullptr);
  CHECK_OK(other);
  kept = std::move(*other);
  CHECK_EQ(admission.used(), 40u);
  kept = Admission::Pass();
  CHECK_EQ(admission.used(), 0u);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"the_limit_holds_whatever_comes", the_limit_holds_whatever_comes},
                    {"small_work_does_not_pass_by_large_work", small_work_does_not_pass_by_large_work},
                    {"what_is_larger_than_the_limit_is_done_alone", what_is_larger_than_the_limit_is_done_alone},
                    {"one_who_gives_up_is_in_nobodys_way", one_who_gives_up_is_in_nobodys_way},
                    {"a_batch_and_its_parts_go_on_however_tight", a_batch_and_its_parts_go_on_however_tight},
                    {"a_pass_moves", a_pass_moves}});
}
