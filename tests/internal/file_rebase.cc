// Two writers of one file that do not know of each other: every pair of changes, the other's being published in several ways. Which
// pairs are in conflict is said by a model that knows only what each change touches; all others must become what they
// become one after the other.
#include <algorithm>

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSetting = {.codec = ""};
const Shape kLine = {Type::kInt32, {6}, {2}, Value::int64(-1)};

// touches: "array#chunk", "array@key=value", "array:shape=…", "array:def=…", or "array*", everything of it.
struct Change {
  const char* name;
  std::vector<std::string> touches;
  Status (*make)(Session&);
};

Status define_h(Session& s, Shape shape) { return ensure(s, "h", std::move(shape)).take_status(); }

const std::vector<Change>& changes() {
  static const std::vector<Change> all = {
      {"write chunk 0", {"g#0"}, [](Session& s) { return put(s, "g", {0}, {2}, 10); }},
      {"write a part of chunk 0", {"g#0"}, [](Session& s) { return put(s, "g", {1}, {1}, 11); }},
      {"write chunks 1 and 2", {"g#1", "g#2"}, [](Session& s) { return put(s, "g", {3}, {3}, 12); }},
      {"write a chunk that nobody had", {"e#1"}, [](Session& s) { return put(s, "e", {2}, {2}, 13); }},
      {"set an attribute", {"g@k=2"}, [](Session& s) { return annotate(s, "g", "k", Value::int64(2)); }},
      {"set it to another value", {"g@k=3"}, [](Session& s) { return annotate(s, "g", "k", Value::int64(3)); }},
      {"delete it", {"g@k="}, [](Session& s) { return unannotate(s, "g", "k"); }},
      {"set a new one", {"g@new=1"}, [](Session& s) { return annotate(s, "g", "new", Value::string("one")); }},
      {"grow", {"g:shape=9"}, [](Session& s) { return resize(s, "g", {9}); }},
      {"shrink", {"g:shape=3", "g#1", "g#2"}, [](Session& s) { return resize(s, "g", {3}); }},
      {"cut and grow again",
       {"g:cut", "g#1", "g#2"},
       [](Session& s) {
         STRATA_TRY(resize(s, "g", {2}));
         return resize(s, "g", {6});
       }},
      {"append",
       {"g:shape=8", "g#3"},
       [](Session& s) {
         STRATA_TRY(resize(s, "g", {8}));
         return put(s, "g", {6}, {2}, 14);
       }},
      {"grow what ends inside a chunk", {"e:shape=6", "e#2"}, [](Session& s) { return resize(s, "e", {6}); }},
      {"write its last chunk", {"e#2"}, [](Session& s) { return put(s, "e", {4}, {1}, 15); }},
      {"delete the array", {"g*"}, [](Session& s) { return drop(s, "g"); }},
      {"define it anew",
       {"g*"},
       [](Session& s) {
         STRATA_TRY(drop(s, "g"));
         STRATA_TRY(ensure(s, "g", kLine));
         return put(s, "g", {0}, {1}, 16);
       }},
      {"define it anew with another rank",
       {"g*"},
       [](Session& s) {
         STRATA_TRY(drop(s, "g"));
         return ensure(s, "g", {Type::kInt32, {2, 2}, {1, 2}, {}}).take_status();
       }},
      {"define another", {"h:def=line"}, [](Session& s) { return define_h(s, kLine); }},
      {"define it with data",
       {"h:def=line", "h#0", "h@k=1"},
       [](Session& s) {
         STRATA_TRY(define_h(s, kLine));
         STRATA_TRY(annotate(s, "h", "k", Value::int64(1)));
         return put(s, "h", {0}, {2}, 17);
       }},
      {"define it with other data",
       {"h:def=line", "h#2", "h@j=2"},
       [](Session& s) {
         STRATA_TRY(define_h(s, kLine));
         STRATA_TRY(annotate(s, "h", "j", Value::int64(2)));
         return put(s, "h", {4}, {2}, 18);
       }},
      {"define it in another way", {"h:def=float"}, [](Session& s) { return define_h(s, {Type::kFloat32, {6}, {2}, {}}); }},
      {"rename it",
       {"e*", "i:def=e", "i#0"},
       [](Session& s) { return s.file->rename_array("e", "i", nullptr); }},
  };
  return all;
}

// Chunks that two resizes to the same shape both made count once. An array that was cut and has its old shape again has been
// resized for who did it, and has not for others.
bool meet(const Change& mine, const Change& theirs) {
  if (&mine == &theirs && std::ranges::any_of(mine.touches, [](const std::string& t) { return t.find(":shape=") != t.npos; })) return false;
  for (const std::string& x : mine.touches)
    for (const std::string& y : theirs.touches) {
      const std::string_view name_x = std::string_view(x).substr(0, x.find_first_of("#@:*"));
      const std::string_view name_y = std::string_view(y).substr(0, y.find_first_of("#@:*"));
      if (name_x != name_y) continue;
      if (x.ends_with('*') || y.ends_with('*')) return true;
      if (x.ends_with(":cut") && y.find(":shape=") != y.npos) return true;
      const auto key = [](const std::string& t) { return t.substr(0, t.find('=')); };
      if (key(x) == key(y) && (x != y || x.find('=') == x.npos)) return true;
    }
  return false;
}

Status begin(Session& s) {
  STRATA_TRY(s.create(false));
  STRATA_TRY(ensure(s, "g", kLine));
  STRATA_TRY(put(s, "g", {0}, {6}, 1));
  STRATA_TRY(annotate(s, "g", "k", Value::int64(1)));
  STRATA_TRY(annotate(s, "g", "l", Value::int64(1)));
  STRATA_TRY(ensure(s, "e", {Type::kInt32, {5}, {2}, {}}));
  STRATA_TRY(put(s, "e", {0}, {2}, 2));
  STRATA_TRY(put(s, "e", {4}, {1}, 3));
  STRATA_TRY(ensure(s, "aside", kLine));
  STRATA_TRY(s.file->flush(nullptr));
  STRATA_TRY(put(s, "g", {2}, {2}, 4));
  return s.file->flush(nullptr);
}

// How the other publishes.
struct Way {
  const char* name;
  Status (*run)(Session&, const Change&);
  bool compacts = false;  // afterwards: the steps in between are gone
};
const Way kWays[] = {
    {"flushed",
     [](Session& s, const Change& c) -> Status {
       STRATA_TRY(c.make(s));
       return s.file->flush(nullptr);
     }},
    {"flushed, compacted",
     [](Session& s, const Change& c) -> Status {
       STRATA_TRY(c.make(s));
       STRATA_TRY(s.file->flush(nullptr));
       return s.file->compact(nullptr);
     },
     true},
    {"compacted, flushed",
     [](Session& s, const Change& c) -> Status {
       STRATA_TRY(s.file->compact(nullptr));
       STRATA_TRY(c.make(s));
       return s.file->flush(nullptr);
     }},
    {"compacted twice, with something else in between",
     [](Session& s, const Change& c) -> Status {
       STRATA_TRY(s.file->compact(nullptr));
       STRATA_TRY(put(s, "aside", {0}, {3}, 5));
       STRATA_TRY(s.file->flush(nullptr));
       STRATA_TRY(c.make(s));
       STRATA_TRY(s.file->flush(nullptr));
       return s.file->compact(nullptr);
     },
     true},
};

std::string pair(const Change& mine, const Change& theirs, const Way& way) {
  auto storage = make_memory_storage("two"), alone = make_memory_storage("one");
  Session first(kSetting, storage), second(kSetting, storage), one(kSetting, alone);
  CHECK_OK(begin(first));
  CHECK_OK(second.open());
  CHECK_OK(mine.make(second));
  auto pending = picture(*second.file, false);
  CHECK_OK(pending);
  CHECK_OK(way.run(first, theirs));
  auto before = stored_picture(kSetting, storage);
  CHECK_OK(before);
  bool refused = meet(mine, theirs);
  // An array that was deleted and defined anew just as it was is told from the old one by its layers only. Without them what was
  // changed here is compared, chunk by chunk and key by key; the outcome is that of one after the other all the same.
  if (way.compacts && std::string_view(theirs.name) == "define it anew") refused = second.file->flush(nullptr).code() == Code::kConflict;
  if (refused) {
    for (int i = 0; i < 2; ++i) {
      CHECK_CODE(second.file->flush(nullptr), Code::kConflict);
      CHECK(!second.file->conflicts().empty());
      auto seen = picture(*second.file, false), now = stored_picture(kSetting, storage);
      CHECK_OK(seen);
      CHECK_OK(now);
      CHECK_EQ(difference(*seen, *pending), std::string());
      CHECK_EQ(difference(*now, *before), std::string());
    }
    CHECK_OK(second.file->discard());
    CHECK(second.file->conflicts().empty());
    auto moved = second.file->refresh(nullptr);
    CHECK_OK(moved);
    CHECK(*moved);
  } else {
    CHECK_OK(second.file->flush(nullptr));
    CHECK_EQ(second.file->pending().arrays, uint64_t{0});
    CHECK_OK(begin(one));
    CHECK_OK(way.run(one, theirs));
    CHECK_OK(mine.make(one));
    CHECK_OK(one.file->flush(nullptr));
    before = stored_picture(kSetting, alone);
    CHECK_OK(before);
  }
  auto now = stored_picture(kSetting, storage), seen = picture(*second.file, true);
  CHECK_OK(now);
  CHECK_OK(seen);
  CHECK_EQ(difference(*now, *before), std::string());
  CHECK_EQ(difference(*seen, *before), std::string());
  CHECK_OK(slot_names(*storage));
  // Both go on, and a compaction changes nothing.
  for (Session* s : {&first, &second}) {
    CHECK_OK(s->file->refresh(nullptr));
    CHECK_OK(probe(*s));
  }
  CHECK_OK(first.file->compact(nullptr));
  auto end = stored_picture(kSetting, storage);
  CHECK_OK(end);
  end->pop_back();
  CHECK_EQ(difference(*end, *before), std::string());
  return "";
}

std::string every_pair_of_changes() {
  size_t merged = 0, refused = 0;
  for (const Way& way : kWays)
    for (const Change& mine : changes())
      for (const Change& theirs : changes()) {
        std::string wrong = pair(mine, theirs, way);
        if (!wrong.empty()) return cat("here: ", mine.name, "; there: ", theirs.name, ", ", way.name, ": ", wrong);
        ++(meet(mine, theirs) ? refused : merged);
      }
  CHECK(merged > 1000);
  CHECK(refused > 400);
  return "";
}

std::string conflicts_are_named() {
  auto storage = make_memory_storage("two");
  Session first(kSetting, storage), second(kSetting, storage);
  CHECK_OK(begin(first));
  CHECK_OK(second.open());
  for (Session* s : {&first, &second}) {
    CHECK_OK(put(*s, "g", {0}, {6}, s == &first ? 20 : 21));
    CHECK_OK(annotate(*s, "g", "k", Value::boolean(s == &first)));
    CHECK_OK(annotate(*s, "g", "l", Value::int64(7)));
  }
  CHECK_OK(resize(first, "e", {3}));
  CHECK_OK(resize(second, "e", {4}));
  CHECK_OK(drop(first, "aside"));
  CHECK_OK(put(second, "aside", {0}, {1}, 22));
  CHECK_OK(define_h(first, kLine));
  CHECK_OK(define_h(second, {Type::kInt8, {6}, {2}, {}}));
  CHECK_OK(first.file->flush(nullptr));
  CHECK_CODE(second.file->flush(nullptr), Code::kConflict);
  std::vector<std::string> found;
  for (const Conflict& c : second.file->conflicts()) {
    found.push_back(cat(static_cast<int>(c.kind), ' ', c.array, ' ', c.attribute));
    for (uint32_t n : c.chunk) found.back() += cat(' ', n);
  }
  std::ranges::sort(found);
  std::string all;
  for (const auto& f : found) all += cat(f, "; ");
  CHECK_EQ(all, std::string("1 g  0; 1 g  1; 1 g  2; 2 g k; 3 e ; 4 aside ; 5 h ; "));
  CHECK_OK(first.create(true));
  CHECK_CODE(second.file->flush(nullptr), Code::kConflict);
  const auto replaced = second.file->conflicts();
  CHECK_EQ(replaced.size(), size_t{1});
  CHECK(replaced[0].kind == ConflictKind::kReplaced);
  return "";
}

// Whenever this writer is about to take a slot, another one has it.
std::string who_is_always_late_is_told_so() {
  auto inner = make_memory_storage("two");
  auto storage = std::make_shared<FaultStorage>(inner);
  Session first(kSetting, inner), second(kSetting, storage);
  CHECK_OK(begin(first));
  CHECK_OK(second.open());
  CHECK_OK(put(second, "g", {0}, {2}, 30));
  uint64_t others = 0, enough = UINT64_MAX;
  storage->on_operation([&](Op op, std::string_view) {
    if (op != kCreate || others >= enough) return;
    ++others;
    if (put(first, "g", {4}, {1}, others).ok()) (void)first.file->flush(nullptr);
  });
  CHECK_CODE(second.file->flush(nullptr), Code::kBusy);
  CHECK_EQ(others, uint64_t{64});
  CHECK_EQ(second.file->pending().chunks, uint64_t{1});
  others = 0;
  enough = 5;
  CHECK_OK(second.file->flush(nullptr));
  CHECK_OK(first.file->compact(nullptr));
  auto end = picture(*first.file, false), stored = stored_picture(kSetting, inner);
  CHECK_OK(end);
  CHECK_OK(stored);
  Session one(kSetting, make_memory_storage("one"));
  CHECK_OK(begin(one));
  CHECK_OK(put(one, "g", {4}, {1}, 5));
  CHECK_OK(put(one, "g", {0}, {2}, 30));
  auto wanted = picture(*one.file, false);
  CHECK_OK(wanted);
  CHECK_EQ(difference(*end, *wanted), std::string());
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"every_pair_of_changes", every_pair_of_changes},
                    {"conflicts_are_named", conflicts_are_named},
                    {"who_is_always_late_is_told_so", who_is_always_late_is_told_so}});
}
