// The same for a store: operations of opening it and of a first commit, and the syncs of each commit.
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

#if defined(__SANITIZE_ADDRESS__)
constexpr int32_t kMany = 100;
#else
constexpr int32_t kMany = 600;
#endif

struct Counts {
  uint64_t all = 0, folders = 0, bytes = 0;  // of these, syncs
};

template <typename F>
Result<Counts> counted(FaultStorage& storage, F&& work) {
  Counts out;
  storage.on_operation([&](Op op, std::string_view) {
    ++out.all;
    out.folders += op == kSync;
    out.bytes += op == kSeal;
  });
  Status done = work();
  storage.on_operation(nullptr);
  STRATA_TRY(std::move(done));
  return out;
}

Result<Counts> opening_and_a_commit(int32_t absorbed) {
  auto inner = make_memory_storage("m");
  Process first(inner);
  STRATA_TRY(first.create(false));
  STRATA_TRY(first.store->create_dataset("d"));
  for (int32_t i = 0; i < absorbed; ++i) {
    STRATA_TRY(put(*first.store, "d", "x", i));
    STRATA_TRY(first.store->flush(nullptr));
  }
  STRATA_TRY(first.store->compact(nullptr));
  auto storage = std::make_shared<FaultStorage>(inner);
  return counted(*storage, [&]() -> Status {
    Process second(storage);
    STRATA_TRY(second.open());
    STRATA_TRY(put(*second.store, "d", "x", absorbed));
    return second.store->flush(nullptr);
  });
}

// (Both numbers of commits lead to a sequence number after which no whole state is written.)
std::string whatever_was_absorbed_before() {
  auto few = opening_and_a_commit(20), many = opening_and_a_commit(kMany);
  CHECK_OK(few);
  CHECK_OK(many);
  if (many->all > few->all + 2 || few->all > 60) return cat("after 20: ", few->all, ", after ", kMany, ": ", many->all);
  return "";
}

// Arrays in `arrays` files change in each commit.
std::string syncs_of(uint64_t arrays, Counts flush, Counts compaction) {
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("m"));
  Process p(storage);
  CHECK_OK(p.create(false));
  CHECK_OK(p.store->create_dataset("d"));
  Result<Counts> last = Counts();
  for (int32_t i = 0; i < 3; ++i) {
    for (uint64_t k = 0; k < arrays; ++k) CHECK_OK(put(*p.store, "d", cat("x", k), i));
    last = counted(*storage, [&] { return p.store->flush(nullptr); });
    CHECK_OK(last);
  }
  auto compacted = counted(*storage, [&] { return p.store->compact(nullptr); });
  CHECK_OK(compacted);
  const auto shown = [](const Counts& c) { return cat(c.folders, " of folders, ", c.bytes, " of bytes"); };
  CHECK_EQ(shown(*last), shown(flush));
  CHECK_EQ(shown(*compacted), shown(compaction));
  return "";
}

// A flush: layers; their homes, entry; the log; slots, statistics, registry; its name. A compaction, of each array: the base,
// its home; entry, the log; the base in its place, two fillers, statistics; at the end a sweep, and the registry twice.
std::string syncs_of_each_commit() {
  CHECK_CASE(syncs_of(1, {0, 4, 4}, {0, 8, 8}));
  CHECK_CASE(syncs_of(3, {0, 6, 8}, {0, 18, 18}));
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"whatever_was_absorbed_before", whatever_was_absorbed_before}, {"syncs_of_each_commit", syncs_of_each_commit}});
}
