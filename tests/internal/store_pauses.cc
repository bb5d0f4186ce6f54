// A writer of a store is stopped before each operation on the storage, others commit meanwhile, and it goes on, where locks do not
// work: of two commits that overlap exactly one is made, of others all are, in all arrays at once, and what is there then is
// what they make one after the other.
#include <functional>
#include <random>

#include "store_acts.h"

namespace {

using namespace strata;
using namespace strata::test;

Result<View> after(const std::vector<const Act*>& acts) {
  Process p(make_memory_storage("serial"));
  STRATA_TRY(begin(p));
  for (const Act* act : acts) {
    STRATA_TRY(act->change(*p.store));
    STRATA_TRY(publish(*act, *p.store));
  }
  return view_of(*p.store);
}

// Invariant 3: whoever reads sees all arrays as of one commit: what some of the writers make, one after the other.
std::string consistent(const std::shared_ptr<Storage>& inner, const std::vector<View>& states) {
  auto now = stored_view(inner);
  CHECK_OK(now);
  std::string differs;
  for (const View& state : states) {
    differs = difference(sorted(*now), sorted(state));
    if (differs.empty()) return "";
  }
  return cat("a reader sees none of ", states.size(), " states: ", differs);
}

std::string judge(const std::vector<Writer*>& writers, const std::shared_ptr<Storage>& inner) {
  std::vector<const Act*> made;
  for (Writer* w : writers) {
    if (committed(w->outcome)) made.push_back(w->act);
    else CHECK_CODE(w->outcome, Code::kConflict);
  }
  // Invariant 4: of those that overlap one is made, and all others.
  for (size_t i = 0; i < made.size(); ++i)
    for (size_t k = 0; k < i; ++k) CHECK(!meet(*made[i], *made[k]));
  for (Writer* w : writers) {  // who was refused met one that was made
    const bool met = std::ranges::any_of(made, [&](const Act* a) { return meet(*a, *w->act); });
    if (!committed(w->outcome) && !met) return cat("who ", w->act->name, " met nobody: ", w->outcome.message());
    CHECK_EQ(w->process->store->conflicts().empty(), committed(w->outcome));
  }
  auto wanted = after(made);  // they have nothing to do with each other: any order
  CHECK_OK(wanted);
  CHECK_CASE(consistent(inner, {*wanted}));
  // Everybody goes on.
  int32_t value = 100;
  for (Writer* w : writers) {
    Store& store = *w->process->store;
    // Invariant 9: who was paused has committed whole, or has its changes still.
    CHECK_EQ(store.pending().arrays != 0, !committed(w->outcome));
    CHECK_OK(store.discard());
    CHECK_OK(store.refresh(nullptr));
    CHECK_OK(put_chunk(store, "a", "x", 2, ++value));
    CHECK_OK(store.flush(nullptr));
  }
  CHECK_OK(writers.back()->process->store->compact(nullptr));
  auto end = stored_view(inner);
  CHECK_OK(end);
  Process p(inner);
  CHECK_OK(p.open());
  CHECK_OK(put_chunk(*p.store, "a", "x", 2, 3));
  auto picture = view_of(*p.store);
  CHECK_OK(picture);
  // But for the last chunk all is as it was.
  CHECK_OK(p.store->flush(nullptr));
  CHECK_CASE(consistent(inner, {*wanted}));
  return "";
}

std::string paused(const Act& first, const Act& second, uint64_t at, uint64_t* operations) {
  auto inner = make_memory_storage("m");
  Process p(inner);
  CHECK_OK(begin(p));
  auto a = writer(first, inner), b = writer(second, inner);
  CHECK_OK(a);
  CHECK_OK(b);
  *operations = pause(*a, *b, at);
  return judge({&*a, &*b}, inner);
}

std::string one_paused_while_another_commits() {
  uint64_t pauses = 0;
  for (const Act& first : kActs)
    for (const Act& second : kActs) {
      if (&first == &second) continue;
      for (uint64_t at = 1, operations = 1; at <= operations + 1; ++at, ++pauses) {
        std::string wrong = paused(first, second, at, &operations);
        if (!wrong.empty())
          return cat("one ", first.name, ", paused before operation ", at, " while another ", second.name, ": ", wrong);
      }
    }
  CHECK(pauses > 1000);
  return "";
}

// A reader that opens the store at any moment of a commit sees the state before or after it, in all arrays at once.
std::string readers_see_whole_commits() {
  for (const Act& act : kActs) {
    auto inner = make_memory_storage("m");
    Process p(inner);
    CHECK_OK(begin(p));
    auto before = stored_view(inner), later = after({&act});
    CHECK_OK(before);
    CHECK_OK(later);
    auto w = writer(act, inner);
    CHECK_OK(w);
    std::string wrong;
    w->storage->on_operation([&](Op, std::string_view name) {
      if (wrong.empty()) wrong = consistent(inner, {*before, *later});
      if (!wrong.empty() && wrong.find(" before ") == std::string::npos) wrong += cat(" before an operation on ", name);
    });
    CHECK_OK(publish(act, *w->process->store));
    w->storage->on_operation(nullptr);
    if (!wrong.empty()) return cat("one ", act.name, ": ", wrong);
  }
  return "";
}

// Each is paused once somewhere, while the next ones work.
std::string three_paused_in_each_other() {
  std::mt19937 random(5);
  for (int run = 0; run < 600; ++run) {
    auto inner = make_memory_storage("m");
    Process p(inner);
    CHECK_OK(begin(p));
    std::vector<Writer> writers;
    std::vector<size_t> which(std::size(kActs));
    for (size_t i = 0; i < which.size(); ++i) which[i] = i;
    std::ranges::shuffle(which, random);
    std::string what;
    for (size_t i = 0; i < 3; ++i) {
      auto w = writer(kActs[which[i]], inner);
      CHECK_OK(w);
      what += cat(i ? ", " : "", w->act->name);
      writers.push_back(std::move(*w));
    }
    size_t begun = 0;
    std::function<void()> next = [&] {
      if (begun == writers.size()) return;
      Writer& w = writers[begun++];
      const uint64_t at = random() % 90 + 1;
      what += cat(", ", at);
      w.storage->on_operation([&w, at, &next](Op, std::string_view) {
        if (++w.operations == at) next();
      });
      w.outcome = publish(*w.act, *w.process->store);
      w.storage->on_operation(nullptr);
    };
    while (begun < writers.size()) next();
    std::string wrong = judge({&writers[0], &writers[1], &writers[2]}, inner);
    if (!wrong.empty()) return cat("run ", run, ": ", what, ": ", wrong);
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"readers_see_whole_commits", readers_see_whole_commits},
                    {"one_paused_while_another_commits", one_paused_while_another_commits},
                    {"three_paused_in_each_other", three_paused_in_each_other}});
}
