// A writer of a store is stopped before each operation on the storage, others commit meanwhile, and it goes on, where locks do not
// work: of two commits that overlap exactly one is made, of others all are, in all arrays at once, and what is there then is
// what they make one after the other.
#include <algorithm>
#include <functional>
#include <random>

#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

// What a writer has pending. Two of one subject overlap.
struct Act {
  const char* name;
  std::vector<std::string> subjects;
  Status (*change)(Store&);
  bool compacts = false;
  bool by_itself = false;  // its flush compacts what it has changed
};

Status put_chunk(Store& s, const char* dataset, const char* name, uint64_t chunk, int32_t value) {
  STRATA_ASSIGN(auto opened, s.open_array(dataset, name, nullptr));
  const int32_t values[3] = {value, value, value};
  const uint64_t start = chunk * 3, count = chunk == 2 ? 1 : 3;
  const int64_t stride = 4;
  return opened.file->write(opened.array, {&start, 1}, {&count, 1},
                            WriteSource::of(reinterpret_cast<const uint8_t*>(values), &stride), nullptr);
}

const Act kActs[] = {
    {"writes chunk 0 of x and y", {"a/x/0", "a/y/0"}, [](Store& s) -> Status {
       STRATA_TRY(put_chunk(s, "a", "x", 0, 10));
       return put_chunk(s, "a", "y", 0, 10);
     }},
    {"writes chunk 1 of x", {"a/x/1"}, [](Store& s) { return put_chunk(s, "a", "x", 1, 11); }},
    {"sets an attribute and writes chunk 2 of y", {"a/k", "a/y/2"}, [](Store& s) -> Status {
       STRATA_TRY(s.set_attribute("a", "k", Value::int64(12)));
       return put_chunk(s, "a", "y", 2, 12);
     }},
    {"adds a dataset", {"new"}, [](Store& s) -> Status {
       STRATA_TRY(s.create_dataset("new"));
       STRATA_TRY(put(s, "new", "x", 13));
       return put(s, "new", "z", 13);
     }},
    {"deletes a dataset", {"b/x", "b/y"}, [](Store& s) { return s.delete_dataset("b", nullptr); }},
    {"writes into that dataset", {"b/y"}, [](Store& s) { return put_chunk(s, "b", "y", 0, 14); }},
    {"compacts", {}, [](Store&) { return Status(); }, true},
    {"writes chunk 0 of y and compacts", {"a/y/0"}, [](Store& s) { return put_chunk(s, "a", "y", 0, 15); }, true},
    {"writes chunk 1 of y, and its flush compacts", {"a/y/1"}, [](Store& s) { return put_chunk(s, "a", "y", 1, 17); }, false, true},
    {"defines x of b with another rank, which folds", {"b/x"}, [](Store& s) -> Status {
       STRATA_TRY(s.delete_array("b", "x", nullptr));
       ArrayDefinition d;
       d.name = "x";
       d.dtype.type = Type::kInt32;
       d.shape = {2, 2};
       STRATA_TRY(s.define("b", std::move(d), nullptr));
       return s.set_attribute("b", "anew", Value::int64(16));
     }},
};

bool meet(const Act& a, const Act& b) {
  return std::ranges::any_of(a.subjects, [&](const std::string& x) { return std::ranges::find(b.subjects, x) != b.subjects.end(); });
}

Status begin(Process& p) {
  STRATA_TRY(p.create(false));
  for (const char* name : {"a", "b"}) {
    STRATA_TRY(p.store->create_dataset(name));
    STRATA_TRY(put(*p.store, name, "x", 1));
    STRATA_TRY(put(*p.store, name, "y", 2));
  }
  STRATA_TRY(p.store->flush(nullptr));
  STRATA_TRY(put_chunk(*p.store, "a", "x", 2, 3));
  return p.store->flush(nullptr);
}

Status publish(const Act& act, Store& store) { return act.compacts ? store.compact(nullptr) : store.flush(nullptr); }

// The order in which datasets were added may be that of either; all else may not.
View sorted(View view) {
  std::ranges::sort(view.registry);
  return view;
}

Result<View> after(const std::vector<const Act*>& acts) {
  Process p(make_memory_storage("serial"));
  STRATA_TRY(begin(p));
  for (const Act* act : acts) {
    STRATA_TRY(act->change(*p.store));
    STRATA_TRY(publish(*act, *p.store));
  }
  return view_of(*p.store);
}

struct Writer {
  const Act* act;
  std::shared_ptr<FaultStorage> storage;
  std::unique_ptr<Process> process;
  uint64_t operations = 0;
  Status outcome;
};

Result<Writer> writer(const Act& act, const std::shared_ptr<Storage>& inner) {
  Writer w{&act, std::make_shared<FaultStorage>(inner), nullptr, 0, {}};
  w.storage->break_locks();
  w.process = std::make_unique<Process>(w.storage);
  if (act.by_itself) w.process->options.compact_layers = 1;
  STRATA_TRY(w.process->open());
  STRATA_TRY(act.change(*w.process->store));
  return w;
}

bool committed(const Status& s) { return s.ok() || s.code() == Code::kNotProjected; }

// Whoever reads sees all arrays as of one commit: what some of the writers make, one after the other.
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
  bool done = false;
  a->storage->on_operation([&](Op, std::string_view) {
    if (++a->operations != at) return;
    done = true;
    b->outcome = publish(*b->act, *b->process->store);
  });
  a->outcome = publish(*a->act, *a->process->store);
  a->storage->on_operation(nullptr);
  *operations = a->operations;
  if (!done) b->outcome = publish(*b->act, *b->process->store);
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
