// Memory that runs out at every allocation of what a store's writer does among others: merging, importing, compacting, completing what a
// killed one left, moving to the newest commit. The call says so, nothing is lost, and a repetition leads to where the call
// would have led.
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"
#include "support/fault_storage.h"
#include "watched_memory.h"

namespace {

using namespace strata;
using namespace strata::test;

uint64_t after([[maybe_unused]] size_t which, uint64_t n) {
#if defined(__SANITIZE_ADDRESS__)
  return n < 40 ? n + 1 : n + 1 + (n + which * 5) / 16;  // first all, then ever fewer, others in each scene
#else
  return n + 1;
#endif
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

Status another_commits(const std::shared_ptr<Storage>& storage, uint64_t chunk, bool compacts = false) {
  Process other(storage);
  STRATA_TRY(other.open());
  STRATA_TRY(put_chunk(*other.store, "a", "x", chunk, 20));
  STRATA_TRY(other.store->set_attribute("b", "by", Value::string("another")));
  return compacts ? other.store->compact(nullptr) : other.store->flush(nullptr);
}

// Commits, and is killed before it has brought the slots up to that.
Status another_is_killed(const std::shared_ptr<Storage>& storage) {
  auto watched = std::make_shared<FaultStorage>(storage);
  Process other(watched);
  STRATA_TRY(other.open());
  STRATA_TRY(put_chunk(*other.store, "a", "x", 0, 21));
  STRATA_TRY(put_chunk(*other.store, "b", "y", 1, 22));
  uint64_t entries = 0;
  bool stopped = false;
  watched->on_operation([&](Op op, std::string_view key) {
    if (op == kSync && key == "s/_strata/log" && ++entries == 2 && !std::exchange(stopped, true))
      watched->arm({.at = 2, .stop = true});
  });
  Status s = other.store->flush(nullptr);
  watched->on_operation(nullptr);
  return s.ok() ? Status(Code::kInternal, "it was not killed") : Status();
}

// As a program does that knows array files and no log: it counts the layers that it sees.
Status beside_the_log(Process& p, const std::shared_ptr<Storage>& storage) {
  FileOptions options;
  options.codec = p.engine->codecs.find("zstd");
  STRATA_ASSIGN(const auto file, ArrayFile::open(p.engine, storage, "s/x/data.af", options, nullptr));
  STRATA_ASSIGN(const auto array, file->open_array("b"));
  const int32_t values[3] = {30, 30, 30};
  const uint64_t start = 0, count = 3;
  const int64_t stride = 4;
  STRATA_TRY(file->write(array, {&start, 1}, {&count, 1}, WriteSource::of(reinterpret_cast<const uint8_t*>(values), &stride), nullptr));
  return file->flush(nullptr);
}

struct Scene {
  const char* name;
  Status (*prepare)(Process& me, const std::shared_ptr<Storage>&);  // up to the call; me: has opened the store
  Status (*call)(Process& me);
  Code outcome = Code::kOk;
  bool by_itself = false;  // flushes compact what they have changed
};

Status change_mine(Process& me) {
  STRATA_TRY(put_chunk(*me.store, "a", "x", 1, 10));
  STRATA_TRY(put_chunk(*me.store, "a", "y", 1, 11));
  STRATA_TRY(me.store->create_dataset("mine"));
  STRATA_TRY(put(*me.store, "mine", "z", 12));
  return me.store->set_attribute("a", "by", Value::string("me"));
}
Status flush(Process& me) { return me.store->flush(nullptr); }

const Scene kScenes[] = {
    {"a flush above another's commit",
     [](Process& me, const std::shared_ptr<Storage>& storage) -> Status {
       STRATA_TRY(change_mine(me));
       return another_commits(storage, 0);
     },
     flush},
    {"a flush above another's compaction",
     [](Process& me, const std::shared_ptr<Storage>& storage) -> Status {
       STRATA_TRY(change_mine(me));
       return another_commits(storage, 0, true);
     },
     flush},
    {"a flush that conflicts",
     [](Process& me, const std::shared_ptr<Storage>& storage) -> Status {
       STRATA_TRY(change_mine(me));
       return another_commits(storage, 1);
     },
     flush, Code::kConflict},
    {"a flush after a killed writer",
     [](Process& me, const std::shared_ptr<Storage>& storage) -> Status {
       STRATA_TRY(change_mine(me));
       return another_is_killed(storage);
     },
     flush},
    {"a flush that imports",
     [](Process& me, const std::shared_ptr<Storage>& storage) -> Status {
       STRATA_TRY(change_mine(me));
       Process other(storage);
       return beside_the_log(other, storage);
     },
     flush},
    {"a flush that compacts by itself",
     [](Process& me, const std::shared_ptr<Storage>&) { return change_mine(me); }, flush, Code::kOk, true},
    {"a compaction",
     [](Process& me, const std::shared_ptr<Storage>& storage) -> Status {
       STRATA_TRY(change_mine(me));
       STRATA_TRY(me.store->delete_dataset("b", nullptr));
       return another_is_killed(storage);
     },
     [](Process& me) { return me.store->compact(nullptr); }, Code::kConflict},
    {"a compaction of what others committed",
     [](Process&, const std::shared_ptr<Storage>& storage) -> Status {
       STRATA_TRY(another_commits(storage, 0));
       return another_is_killed(storage);
     },
     [](Process& me) { return me.store->compact(nullptr); }},
    {"a refresh", [](Process&, const std::shared_ptr<Storage>& storage) { return another_commits(storage, 0, true); },
     [](Process& me) { return me.store->refresh(nullptr).take_status(); }},
    {"opening", [](Process&, const std::shared_ptr<Storage>& storage) { return another_is_killed(storage); },
     [](Process& me) -> Status {
       STRATA_TRY(me.open());
       return view_of(*me.store).take_status();
     }},
};

std::string run(const Scene& scene, uint64_t n, std::optional<View>& wanted, bool* last) {
  auto storage = make_memory_storage("little");
  Process first(storage), me(storage);
  CHECK_OK(begin(first));
  if (scene.by_itself) me.options.compact_layers = 1;
  CHECK_OK(me.open());
  CHECK_OK(view_of(*me.store));  // its files are open
  CHECK_OK(scene.prepare(me, storage));
  Status outcome = without_memory(n, [&] { return scene.call(me); });
  *last = !WatchedMemory::failed();
  const bool expected = outcome.code() == scene.outcome;
  if (!expected) {
    if (*last) return cat("fails with status ", static_cast<int>(outcome.code()), " though there was memory");
    if (outcome.code() != Code::kNoMemory && outcome.code() != Code::kOutcomeUnknown && outcome.code() != Code::kNotProjected)
      return cat("fails with status ", static_cast<int>(outcome.code()));
    if (!me.store) CHECK_OK(me.open());
    CHECK_CODE(scene.call(me), scene.outcome);
  }
  if (scene.outcome != Code::kOk) {
    CHECK(!me.store->conflicts().empty());
    CHECK_OK(me.store->discard());
    CHECK_OK(me.store->refresh(nullptr));
  }
  auto stored = stored_view(storage), seen = view_of(*me.store);
  CHECK_OK(stored);
  CHECK_OK(seen);
  if (!wanted) wanted = *stored;
  CHECK_EQ(difference(*stored, *wanted), std::string());
  CHECK_EQ(difference(*seen, *wanted), std::string());
  // It goes on.
  CHECK_OK(put_chunk(*me.store, "a", "x", 2, 99));
  CHECK_OK(me.store->compact(nullptr));
  auto end = stored_view(storage);
  CHECK_OK(end);
  CHECK_EQ(end->registry.size(), wanted->registry.size());
  return "";
}

std::string among_others() {
  for (size_t which = 0; which < std::size(kScenes); ++which) {
    const Scene& scene = kScenes[which];
    std::optional<View> wanted;
    bool last = false;
    CHECK_CASE(run(scene, UINT64_MAX, wanted, &last));  // with memory
    CHECK(last);
    last = false;
    for (uint64_t n = 1; !last; n = after(which, n)) {
      std::string wrong = run(scene, n, wanted, &last);
      if (!wrong.empty()) return cat(scene.name, ", allocation ", n, ": ", wrong);
    }
  }
  return "";
}

}  // namespace

int main() { return RUN_CASES({{"among_others", among_others}}); }
