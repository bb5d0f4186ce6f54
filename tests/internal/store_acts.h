// Writers of one store, each with something to do that the tests of pauses interrupt; two of one subject overlap. Locks do not work.
#pragma once

#include <algorithm>

#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"
#include "support/fault_storage.h"

namespace strata::test {

// What a writer has pending. Two of one subject overlap.
struct Act {
  const char* name;
  std::vector<std::string> subjects;
  Status (*change)(Store&);
  bool compacts = false;
  bool by_itself = false;  // its flush compacts what it has changed
  Status (*publish)(Store&) = nullptr;  // instead of a flush; nothing is pending before
  const char* task = nullptr;           // of job "later": the flush delivers
};

inline const Act kActs[] = {
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

inline Status nothing(Store&) { return {}; }
inline Status deliver(Store& s) { return put_chunk(s, "a", "w", 1, 21); }
inline Status adopt(Store& s) { return s.adopt("before", std::nullopt, nullptr); }

inline bool meet(const Act& a, const Act& b) {
  return std::ranges::any_of(a.subjects, [&](const std::string& x) { return std::ranges::find(b.subjects, x) != b.subjects.end(); });
}

inline Status begin(Process& p) {
  STRATA_TRY(p.create(false));
  for (const char* name : {"a", "b"}) {
    STRATA_TRY(p.store->create_dataset(name));
    STRATA_TRY(put(*p.store, name, "x", 1));
    STRATA_TRY(put(*p.store, name, "y", 2));
  }
  STRATA_TRY(put(*p.store, "a", "w", 4));
  STRATA_TRY(p.store->flush(nullptr));
  STRATA_TRY(put_chunk(*p.store, "a", "x", 2, 3));
  return p.store->flush(nullptr);
}

inline Status publish(const Act& act, Store& store) {
  if (act.publish) return act.publish(store);
  return act.compacts ? store.compact(nullptr) : store.flush(nullptr);
}

// The order in which datasets were added may be that of either; all else may not.
inline View sorted(View view) {
  std::ranges::sort(view.registry);
  return view;
}

struct Writer {
  const Act* act;
  std::shared_ptr<FaultStorage> storage;
  std::unique_ptr<Process> process;
  uint64_t operations = 0;
  Status outcome;
};

inline Result<Writer> writer(const Act& act, const std::shared_ptr<Storage>& inner) {
  Writer w{&act, std::make_shared<FaultStorage>(inner), nullptr, 0, {}};
  w.storage->break_locks();
  w.process = std::make_unique<Process>(w.storage);
  if (act.by_itself) w.process->options.compact_layers = 1;
  if (act.task) {
    w.process->options.job = "later";
    w.process->options.task = act.task;
    w.process->options.commit = "kept";
  }
  STRATA_TRY(w.process->open());
  STRATA_TRY(act.change(*w.process->store));
  return w;
}

inline bool committed(const Status& s) { return s.ok() || s.code() == Code::kNotProjected; }

// The first is paused before its operation `at`, while the second does all that it has to. How many operations the first had.
inline uint64_t pause(Writer& first, Writer& second, uint64_t at) {
  bool done = false;
  const auto go = [&] {
    done = true;
    second.outcome = publish(*second.act, *second.process->store);
  };
  first.storage->on_operation([&](Op, std::string_view) {
    if (++first.operations == at) go();
  });
  first.outcome = publish(*first.act, *first.process->store);
  first.storage->on_operation(nullptr);
  if (!done) go();
  return first.operations;
}

}  // namespace strata::test
