// Workers and the one who adopts, stopped or cut off from power at any operation: what was delivered becomes part of the store once, whole,
// or can still be delivered and adopted; nobody sees a part of it.
#include <cstdio>

#include "aftermath.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"

namespace {

using namespace strata;
using namespace strata::test;

// Before each so-manieth operation it is looked at.
#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kStride = 8;  // sanitizers take their time
#else
constexpr uint64_t kStride = 1;
#endif

struct Worker : Process {
  Worker(std::shared_ptr<Storage> place, const char* task) : Process(std::move(place)) {
    options.job = "job";
    options.task = task;
    options.commit = "1";
  }
};

Status change(Store& s, int task) {
  if (task == 1) {
    STRATA_TRY(put(s, "a", "x", 10));
    STRATA_TRY(ensure_dataset(s, "new"));
    return put(s, "new", "y", 11);
  }
  STRATA_TRY(put(s, "b", "x", 20));
  Status gone = s.delete_dataset("c", nullptr);
  STRATA_TRY(gone.code() == Code::kNotFound ? Status() : std::move(gone));
  return s.set_attribute("a", "by", Value::string("two"));
}

// As who starts a task again: another attempt may have been first.
Status work(const std::shared_ptr<Storage>& storage, int task) {
  Worker w(storage, task == 1 ? "1" : "2");
  STRATA_TRY(w.open());
  STRATA_TRY(change(*w.store, task));
  Status delivered = w.store->flush(nullptr);
  return delivered.code() == Code::kExists ? Status() : std::move(delivered);
}

struct WorkStep {
  const char* name;
  Status (*run)(const std::shared_ptr<Storage>&);
};

Status adopt(const std::shared_ptr<Storage>& storage) {
  Process p(storage);
  STRATA_TRY(p.open());
  Status adopted = p.store->adopt("job", {}, nullptr);
  return adopted.code() == Code::kNotFound ? Status() : std::move(adopted);  // it was done
}

const std::vector<WorkStep>& steps() {
  static const std::vector<WorkStep> all = {
      {"a task", [](const std::shared_ptr<Storage>& s) { return work(s, 1); }},
      {"another", [](const std::shared_ptr<Storage>& s) { return work(s, 2); }},
      {"the first once more", [](const std::shared_ptr<Storage>& s) { return work(s, 1); }},
      {"adopt", adopt},
  };
  return all;
}

Status make_base(const std::shared_ptr<Storage>& storage) {
  Process p(storage);
  STRATA_TRY(p.create(false));
  for (const char* name : {"a", "b", "c"}) {
    STRATA_TRY(ensure_dataset(*p.store, name));
    STRATA_TRY(put(*p.store, name, "x", 1));
  }
  return p.store->flush(nullptr);
}

Result<size_t> adoptions(const std::shared_ptr<Storage>& storage) {
  Process p(storage);
  STRATA_TRY(p.open());
  STRATA_ASSIGN(const auto log, p.store->log(100, nullptr));
  return static_cast<size_t>(std::ranges::count(log, CommitKind::kAdopt, &CommitLog::Summary::kind));
}

// The store as it was, and with all that was delivered.
struct Wanted {
  View before, after;
};

Result<Wanted> wanted() {
  auto storage = make_memory_storage("whole");
  Wanted out;
  STRATA_TRY(make_base(storage));
  STRATA_ASSIGN(out.before, stored_view(storage));
  for (const WorkStep& step : steps()) STRATA_TRY(step.run(storage).prepend(cat(step.name, ": ")));
  STRATA_ASSIGN(out.after, stored_view(storage));
  return out;
}

// It is the one or the other, and going on leads to the other, once.
std::string judge(const std::shared_ptr<Storage>& left, const Wanted& w, bool adopted) {
  auto found = stored_view(left);
  CHECK_OK(found);
  if (!(*found == w.after) && (adopted || !(*found == w.before))) return cat("there is something else: ", difference(*found, w.after));
  if (*found == w.before) {
    for (const WorkStep& step : steps()) {
      Status s = step.run(left);
      if (!s.ok()) return cat("going on, ", step.name, ": ", s.message());
    }
  } else {
    CHECK_OK(adopt(left));
  }
  auto now = stored_view(left);
  CHECK_OK(now);
  CHECK_EQ(difference(*now, w.after), std::string());
  auto times = adoptions(left);
  CHECK_OK(times);
  CHECK_EQ(*times, size_t{1});  // Invariant 5: no attempt is taken twice
  // Nothing stays behind of what was delivered and adopted; layers of attempts that were cut off may.
  auto inbox = left->list("s/_strata/inbox");
  CHECK_OK(inbox);
  for (const ListEntry& o : *inbox) CHECK(!o.key.ends_with(".json"));
  // Until somebody collects that as well.
  {
    Process p(left);
    CHECK_OK(p.open());
    CHECK_OK(p.store->collect(int64_t{0}, nullptr));
  }
  inbox = left->list("s/_strata/inbox");
  CHECK_OK(inbox);
  CHECK_EQ(inbox->size(), size_t{0});
  now = stored_view(left);
  CHECK_OK(now);
  CHECK_EQ(difference(*now, w.after), std::string());
  return "";
}

std::string every_stop_can_be_gone_on_from() {
  auto w = wanted();
  CHECK_OK(w);
  CHECK(!(w->before == w->after));
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("cut"));
  CHECK_OK(make_base(storage));
  Aftermaths aftermaths;
  std::string failure;
  size_t at = 0;
  uint64_t operations = 0;
  const auto look = [&](std::string_view moment, bool adopted) {
    if (!failure.empty()) return;
    failure = aftermaths.each(*storage, adopted, [&](const std::shared_ptr<Storage>& left, const Journal&) { return judge(left, *w, adopted); });
    if (!failure.empty()) failure = cat(steps()[at].name, ", ", moment, ", ", failure);
  };
  storage->on_operation([&](Op op, std::string_view name) {
    ++operations;
    if (op & kChanges && operations % kStride == 0) look(cat("before operation ", operations, " on ", name), false);
  });
  for (; at < steps().size(); ++at) {
    CHECK_OK(steps()[at].run(storage));
    look("done", at + 1 == steps().size());
    CHECK_EQ(failure, std::string());
  }
  std::printf("%zu states were looked at\n", aftermaths.seen());
  CHECK(aftermaths.seen() > 50);
  return "";
}

std::string every_operation_can_fail() {
  struct Kind {
    const char* name;
    Fault fault;
  };
  const Kind kinds[] = {{"an error", {.ops = kLooks | kChanges}}, {"a lost answer", {.ops = kChanges, .done = true}}};
  auto w = wanted();
  CHECK_OK(w);
  uint64_t faults = 0;
  for (const Kind& kind : kinds) {
    for (size_t at = 0; at < steps().size(); ++at) {
      bool last = false;
      for (uint64_t k = 1; !last; ++k, ++faults) {
        auto storage = std::make_shared<FaultStorage>(make_memory_storage("faulty"));
        CHECK_OK(make_base(storage));
        for (size_t i = 0; i < at; ++i) CHECK_OK(steps()[i].run(storage));
        Fault fault = kind.fault;
        fault.at = k;
        storage->arm(fault);
        const Status outcome = steps()[at].run(storage);
        last = storage->counted() < k;
        storage->arm({});
        const auto where = [&] { return cat(steps()[at].name, ", ", kind.name, " at operation ", k, ": "); };
        if (!outcome.ok() && outcome.code() != fault.code && outcome.code() != Code::kOutcomeUnknown && outcome.code() != Code::kNotProjected)
          return cat(where(), "status ", static_cast<int>(outcome.code()), ": ", outcome.message());
        std::string wrong = judge(storage, *w, outcome.ok() && at + 1 == steps().size());
        if (!wrong.empty()) return cat(where(), wrong);
      }
    }
  }
  std::printf("%llu faults\n", static_cast<unsigned long long>(faults));
  CHECK(faults > 100);
  return "";
}

// The same handle goes on where a flush of a worker did not learn what became of it.
std::string a_lost_answer_is_found_by_the_same_worker() {
  bool last = false;
  uint64_t unknown = 0;
  for (uint64_t k = 1; !last; ++k) {
    auto storage = std::make_shared<FaultStorage>(make_memory_storage("lost"));
    CHECK_OK(make_base(storage));
    Worker w(storage, "1");
    CHECK_OK(w.open());
    CHECK_OK(change(*w.store, 1));
    Fault fault{.ops = kChanges, .done = true};
    fault.at = k;
    storage->arm(fault);
    const Status first = w.store->flush(nullptr);
    last = storage->counted() < k;
    storage->arm({});
    unknown += first.code() == Code::kOutcomeUnknown;
    CHECK_OK(w.store->flush(nullptr));
    CHECK_OK(adopt(storage));
    auto times = adoptions(storage);
    CHECK_OK(times);
    CHECK_EQ(*times, size_t{1});
  }
  CHECK(unknown > 0);
  return "";
}

// While somebody adopts, another one does so first, and the same task is delivered again, on top of that: it is not taken away.
std::string what_is_delivered_again_stays() {
  auto plain = make_memory_storage("plain");
  CHECK_OK(make_base(plain));
  {
    Process p(plain);
    CHECK_OK(p.open());
    CHECK_OK(put(*p.store, "b", "x", 77));
    CHECK_OK(p.store->flush(nullptr));
  }
  auto as_put = stored_view(plain);
  CHECK_OK(as_put);
  const std::string wanted_x = as_put->values.at("b/x");
  bool last = false;
  uint64_t again = 0;
  for (uint64_t k = 1; !last; ++k) {
    auto inner = make_memory_storage("again");
    auto storage = std::make_shared<FaultStorage>(inner);
    CHECK_OK(make_base(storage));
    CHECK_OK(work(storage, 1));
    uint64_t operations = 0;
    bool delivered = false;
    Status between;
    storage->on_operation([&](Op, std::string_view) {
      if (++operations != k) return;
      CancelToken soon;
      soon.set_deadline_ns(CancelToken::now_ns() + 20'000'000);  // the other one may have the lock
      Process p(inner);
      between = p.open();
      if (between.ok()) between = p.store->adopt("job", {}, &soon);
      if (!between.ok()) return;
      Worker w(inner, "1");
      w.options.commit = "";
      between = w.open();
      if (between.ok()) between = put(*w.store, "b", "x", 77);
      if (between.ok()) between = w.store->flush(&soon);
      delivered = between.ok();
    });
    const Status outcome = adopt(storage);
    last = operations < k;
    storage->on_operation({});
    if (!outcome.ok()) return cat("at operation ", k, ": ", outcome.message());
    // kExists: the other one had no time to take the delivery away.
    if (!between.ok() && between.code() != Code::kDeadline && between.code() != Code::kNotFound && between.code() != Code::kExists)
      return cat("between, at operation ", k, ": ", between.message());
    if (!delivered) continue;
    ++again;
    CHECK_OK(adopt(storage));
    auto view = stored_view(storage);
    CHECK_OK(view);
    CHECK_EQ(view->values.at("b/x"), wanted_x);
  }
  std::printf("%llu times it was delivered again\n", static_cast<unsigned long long>(again));
  CHECK(again > 3);
  return "";
}

// Who collects what lies in the inbox comes at each operation of a worker: what was delivered can be adopted all the same.
std::string a_collector_does_not_take_what_is_delivered() {
  auto w = wanted();
  CHECK_OK(w);
  bool last = false;
  uint64_t swept = 0;
  for (uint64_t k = 1; !last; ++k) {
    auto inner = make_memory_storage("swept");
    auto storage = std::make_shared<FaultStorage>(inner);
    CHECK_OK(make_base(storage));
    uint64_t operations = 0;
    Status collected;
    storage->on_operation([&](Op, std::string_view) {
      if (++operations != k) return;
      Process p(inner);
      CancelToken soon;
      soon.set_deadline_ns(CancelToken::now_ns() + 20'000'000);  // the worker may have the lock
      collected = p.open();
      if (!collected.ok()) return;
      const uint64_t before = p.store->seq();
      collected = p.store->collect(int64_t{0}, &soon);
      swept += collected.ok() && p.store->seq() > before;
    });
    const Status outcome = work(storage, 1);
    last = operations < k;
    storage->on_operation({});
    // Invariant 11: that all which lies there is old enough to go harms nobody who is still at work.
    if (!outcome.ok()) return cat("swept at operation ", k, ": ", outcome.message());
    CHECK(collected.ok() || collected.code() == Code::kDeadline);
    Process p(storage);
    CHECK_OK(p.open());
    const auto found = p.store->deliveries("job", nullptr);
    CHECK_OK(found);
    if (found->empty()) continue;  // it was delivered before the collector came, and lay there for longer than nothing
    CHECK_OK(adopt(storage));
    auto got = stored_view(storage);
    CHECK_OK(got);
    CHECK(!(*got == w->before));
  }
  std::printf("%llu times something was taken away\n", static_cast<unsigned long long>(swept));
  CHECK(swept > 3);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"every_stop_can_be_gone_on_from", every_stop_can_be_gone_on_from},
                    {"every_operation_can_fail", every_operation_can_fail},
                    {"a_lost_answer_is_found_by_the_same_worker", a_lost_answer_is_found_by_the_same_worker},
                    {"what_is_delivered_again_stays", what_is_delivered_again_stays},
                    {"a_collector_does_not_take_what_is_delivered", a_collector_does_not_take_what_is_delivered}});
}
