// A writer of a file does not learn whether its commit was made, and others work on before it asks: the commit is never made twice,
// never lost, and what it changes afterwards is compared with theirs.
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

struct Change {
  const char* name;
  Status (*run)(Session&);
};

Status nothing(Session&) { return {}; }
Status publish_chunk_2(Session& s) {
  STRATA_TRY(put(s, "g", {4}, {2}, 41));
  return s.file->flush(nullptr);
}
Status publish_chunk_0(Session& s) {
  STRATA_TRY(put(s, "g", {0}, {1}, 42));
  return s.file->flush(nullptr);
}
Status compacted(Session& s) {
  STRATA_TRY(s.file->compact(nullptr));
  return s.file->flush(nullptr);
}
Status compacted_twice(Session& s) {
  STRATA_TRY(s.file->compact(nullptr));
  STRATA_TRY(publish_chunk_2(s));
  STRATA_TRY(s.file->compact(nullptr));
  STRATA_TRY(put(s, "other", {1}, {1}, 43));
  return s.file->flush(nullptr);
}

const Change kMine[] = {
    {"writes chunk 0", [](Session& s) { return put(s, "g", {0}, {2}, 30); }},
    {"defines an array, deletes another",
     [](Session& s) {
       STRATA_TRY(ensure(s, "new", kLine));
       STRATA_TRY(put(s, "new", {0}, {3}, 31));
       return drop(s, "gone");
     }},
    {"folds",
     [](Session& s) {
       STRATA_TRY(drop(s, "gone"));
       STRATA_TRY(ensure(s, "gone", {Type::kInt32, {2, 3}, {1, 2}, {}}));
       return put(s, "gone", {0, 0}, {2, 2}, 32);
     }},
};
const Change kTheirs[] = {{"do nothing", nothing},
                          {"write chunk 2", publish_chunk_2},
                          {"write chunk 0", publish_chunk_0},
                          {"compact", compacted},
                          {"compact twice", compacted_twice}};
const Change kMore[] = {
    {"nothing", nothing},
    {"chunk 1", [](Session& s) { return put(s, "g", {2}, {1}, 33); }},
    {"an attribute", [](Session& s) { return annotate(s, "g", "more", Value::int64(1)); }},
    {"the array again",
     [](Session& s) {
       STRATA_TRY(drop(s, "gone"));
       STRATA_TRY(ensure(s, "gone", kLine));
       return put(s, "gone", {1}, {2}, 34);
     }},
};

Status begin(Session& s) {
  STRATA_TRY(s.create(false));
  for (const char* name : {"g", "gone", "other"}) {
    STRATA_TRY(ensure(s, name, kLine));
    STRATA_TRY(put(s, name, {0}, {6}, 1));
  }
  return s.file->flush(nullptr);
}

// Operation `at` of the flush fails; `done`: it takes effect, and only the answer is lost.
struct Loss {
  uint64_t at;
  bool done;
};

std::string one(const Loss& loss, const Change& mine, const Change& theirs, const Change& more, uint64_t* operations) {
  auto inner = make_memory_storage("m"), alone = make_memory_storage("one");
  auto storage = std::make_shared<FaultStorage>(inner);
  Session first(kSetting, inner), second(kSetting, storage), serial(kSetting, alone);
  CHECK_OK(begin(first));
  CHECK_OK(second.open());
  CHECK_OK(mine.run(second));
  auto before = stored_picture(kSetting, inner);
  CHECK_OK(before);
  storage->arm({.at = loss.at, .done = loss.done});
  const Status lost = second.file->flush(nullptr);
  *operations = storage->counted();
  storage->arm({});
  auto after_loss = stored_picture(kSetting, inner);
  CHECK_OK(after_loss);
  const bool was_made = *after_loss != *before;
  CHECK(was_made || !lost.ok());
  CHECK_OK(first.file->refresh(nullptr));
  CHECK_OK(theirs.run(first));
  CHECK_OK(more.run(second));
  const Status again = second.file->flush(nullptr);

  // In whichever order they came, all that was acknowledged is there, once.
  CHECK_OK(begin(serial));
  auto in_order = [&](std::initializer_list<const Change*> changes) -> Status {
    for (const Change* c : changes) {
      STRATA_TRY(c->run(serial));
      STRATA_TRY(serial.file->flush(nullptr));
    }
    return {};
  };
  if (again.ok()) {
    if (was_made) CHECK_OK(in_order({&mine, &theirs, &more}));
    else CHECK_OK(in_order({&theirs, &mine, &more}));
  } else {
    CHECK_CODE(again, Code::kConflict);
    CHECK(&more != &kMore[0] || !was_made);
    CHECK(&theirs != &kTheirs[0] && &theirs != &kTheirs[1]);
    if (was_made) CHECK_OK(in_order({&mine, &theirs}));
    else CHECK_OK(in_order({&theirs}));
  }
  auto now = stored_picture(kSetting, inner), wanted = stored_picture(kSetting, alone);
  CHECK_OK(now);
  CHECK_OK(wanted);
  std::ranges::sort(*now);
  std::ranges::sort(*wanted);
  CHECK_EQ(difference(*now, *wanted), std::string());
  CHECK_OK(slot_names(*inner));
  CHECK_OK(second.file->discard());
  CHECK_OK(second.file->refresh(nullptr));
  CHECK_OK(probe(second));
  return "";
}

std::string a_commit_is_made_once() {
  uint64_t runs = 0;
  for (const Change& mine : kMine)
    for (const Change& theirs : kTheirs)
      for (const Change& more : kMore)
        for (bool done : {false, true})
          for (uint64_t at = 1, operations = 0; at <= operations + 1; ++at, ++runs) {
            std::string wrong = one({at, done}, mine, theirs, more, &operations);
            if (!wrong.empty())
              return cat("one ", mine.name, ", operation ", at, done ? " gives no answer" : " fails", "; others ", theirs.name,
                         "; then one changes ", more.name, ": ", wrong);
          }
  if (runs < 1000) return cat("only ", runs, " runs");
  return "";
}

}  // namespace

int main() { return RUN_CASES({{"a_commit_is_made_once", a_commit_is_made_once}}); }
