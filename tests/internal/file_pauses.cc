// A writer of a file is stopped before each operation on the storage, others commit meanwhile, and it goes on: of two commits that
// overlap exactly one is made, of others all are, and what is there then is what they make one after the other.
#include <algorithm>
#include <random>

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSetting = {.codec = ""};
const Shape kLine = {Type::kInt32, {6}, {2}, Value::int64(-1)};

// What a writer has pending, and how it is published. Two of one subject overlap.
struct Act {
  const char* name;
  std::vector<std::string> subjects;
  Status (*change)(Session&);
  Status (*publish)(Session&);
  bool agrees = false;  // two who do this want the same
};

const Act kActs[] = {
    {"writes chunk 0", {"0"}, [](Session& s) { return put(s, "g", {0}, {2}, 10); }, flush},
    {"writes a part of chunk 0", {"0"}, [](Session& s) { return put(s, "g", {1}, {1}, 11); }, flush},
    {"writes chunk 2", {"2"}, [](Session& s) { return put(s, "g", {4}, {2}, 12); }, flush},
    {"sets an attribute", {"k"}, [](Session& s) { return annotate(s, "g", "k", Value::int64(13)); }, flush, true},
    {"compacts", {}, [](Session&) { return Status(); }, compact},
    {"writes chunk 1 and compacts", {"1"}, [](Session& s) { return put(s, "g", {3}, {1}, 14); }, compact},
    {"grows", {"shape"}, [](Session& s) { return resize(s, "g", {9}); }, flush, true},
    {"cuts, which folds", {"1", "2", "shape"}, [](Session& s) { return resize(s, "g", {3}); }, flush, true},
    {"defines another array with another rank, which folds",
     {"f"},
     [](Session& s) {
       STRATA_TRY(drop(s, "f"));
       STRATA_TRY(ensure(s, "f", {Type::kInt32, {2, 3}, {1, 2}, {}}));
       return put(s, "f", {0, 1}, {2, 1}, 15);
     },
     flush},
    {"deletes it", {"f"}, [](Session& s) { return drop(s, "f"); }, flush},
};

bool meet(const Act& a, const Act& b) {
  if (&a == &b && a.agrees) return false;
  return std::ranges::any_of(a.subjects, [&](const std::string& x) { return std::ranges::find(b.subjects, x) != b.subjects.end(); });
}

Status begin(Session& s) {
  STRATA_TRY(s.create(false));
  STRATA_TRY(ensure(s, "g", kLine));
  STRATA_TRY(ensure(s, "f", kLine));
  STRATA_TRY(put(s, "g", {0}, {6}, 1));
  STRATA_TRY(put(s, "f", {0}, {6}, 2));
  STRATA_TRY(annotate(s, "g", "k", Value::int64(1)));
  STRATA_TRY(s.file->flush(nullptr));
  STRATA_TRY(put(s, "g", {2}, {2}, 3));
  return s.file->flush(nullptr);
}

Result<Texts> after(const std::vector<const Act*>& acts) {
  auto storage = make_memory_storage("serial");
  Session s(kSetting, storage);
  STRATA_TRY(begin(s));
  for (const Act* act : acts) {
    STRATA_TRY(act->change(s));
    STRATA_TRY(act->publish(s));
  }
  return stored_picture(kSetting, storage);
}

// Writers over one storage, each with its own counted way to it.
struct Writer {
  const Act* act;
  std::shared_ptr<FaultStorage> storage;
  std::unique_ptr<Session> session;
  uint64_t operations = 0;
  Status outcome;
};

Result<Writer> writer(const Act& act, const std::shared_ptr<Storage>& inner) {
  Writer w{&act, std::make_shared<FaultStorage>(inner), nullptr, 0, {}};
  w.session = std::make_unique<Session>(kSetting, w.storage);
  STRATA_TRY(w.session->open());
  STRATA_TRY(act.change(*w.session));
  return w;
}

// What is there must be what those that were acknowledged make in some order; and work goes on.
std::string judge(const std::vector<Writer*>& writers, const std::shared_ptr<Storage>& inner) {
  std::vector<const Act*> made;
  for (Writer* w : writers) {
    if (w->outcome.ok()) made.push_back(w->act);
    else CHECK_CODE(w->outcome, Code::kConflict);
  }
  for (size_t i = 0; i < made.size(); ++i)
    for (size_t k = 0; k < i; ++k) CHECK(!meet(*made[i], *made[k]));
  for (Writer* w : writers)  // who was refused met one that was made
    CHECK(w->outcome.ok() || std::ranges::any_of(made, [&](const Act* a) { return meet(*a, *w->act); }));
  auto now = stored_picture(kSetting, inner);
  CHECK_OK(now);
  std::string differs;
  std::ranges::sort(made);
  do {
    auto wanted = after(made);
    CHECK_OK(wanted);
    differs = difference(*now, *wanted);
  } while (!differs.empty() && std::ranges::next_permutation(made).found);
  CHECK_EQ(differs, std::string());
  CHECK_OK(slot_names(*inner));
  for (Writer* w : writers) {
    CHECK_EQ(w->session->file->pending().arrays != 0, !w->outcome.ok());
    CHECK_OK(w->session->file->discard());
    CHECK_OK(w->session->file->refresh(nullptr));
    CHECK_OK(probe(*w->session));
  }
  CHECK_OK(writers.back()->session->file->compact(nullptr));
  auto end = stored_picture(kSetting, inner);
  CHECK_OK(end);
  end->pop_back();
  CHECK_EQ(difference(*end, *now), std::string());
  CHECK_OK(slot_names(*inner));
  return "";
}

// Returns how many operations the first one made by itself.
std::string paused(const Act& first, const Act& second, uint64_t at, uint64_t* operations) {
  auto inner = make_memory_storage("m");
  Session s(kSetting, inner);
  CHECK_OK(begin(s));
  auto a = writer(first, inner), b = writer(second, inner);
  CHECK_OK(a);
  CHECK_OK(b);
  bool done = false;
  std::string order;
  a->storage->on_operation([&](Op, std::string_view) {
    // At every instant numbers are dense, and no filler lies above what it was made for.
    if (auto names = slot_names(*inner); !names.ok() && order.empty()) order = names.status().message();
    if (++a->operations != at) return;
    done = true;
    b->outcome = b->act->publish(*b->session);
  });
  a->outcome = a->act->publish(*a->session);
  a->storage->on_operation(nullptr);
  *operations = a->operations;
  if (!done) b->outcome = b->act->publish(*b->session);
  CHECK_EQ(order, std::string());
  return judge({&*a, &*b}, inner);
}

std::string one_paused_while_another_commits() {
  uint64_t pauses = 0;
  for (const Act& first : kActs)
    for (const Act& second : kActs)
      for (uint64_t at = 1, operations = 1; at <= operations + 1; ++at, ++pauses) {
        std::string wrong = paused(first, second, at, &operations);
        if (!wrong.empty())
          return cat("one ", first.name, ", paused before operation ", at, " while another ", second.name, ": ", wrong);
      }
  CHECK(pauses > 2000);
  return "";
}

// Each is paused once somewhere, while the next ones work.
std::string three_paused_in_each_other() {
  std::mt19937 random(5);
  for (int run = 0; run < 1500; ++run) {
    auto inner = make_memory_storage("m");
    Session s(kSetting, inner);
    CHECK_OK(begin(s));
    std::vector<Writer> writers;
    std::string what;
    for (int i = 0; i < 3; ++i) {
      auto w = writer(kActs[random() % std::size(kActs)], inner);
      CHECK_OK(w);
      what += cat(i ? ", " : "", w->act->name);
      writers.push_back(std::move(*w));
    }
    size_t begun = 0;
    std::function<void()> next = [&] {
      if (begun == writers.size()) return;
      Writer& w = writers[begun++];
      const uint64_t at = random() % 40 + 1;
      what += cat(", ", at);
      w.storage->on_operation([&w, at, &next](Op, std::string_view) {
        if (++w.operations == at) next();
      });
      w.outcome = w.act->publish(*w.session);
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
  return RUN_CASES({{"one_paused_while_another_commits", one_paused_while_another_commits},
                    {"three_paused_in_each_other", three_paused_in_each_other}});
}
