// How many operations on the storage a commit of a file takes: counted, not timed. They do not grow with what was committed before, and
// syncs, which are what a disk is slow at, are as many as the steps of docs/commits.md need.
#include <map>

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSetting = {.name = "lz4", .codec = "lz4"};

#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kMany = 300;
#else
constexpr uint64_t kMany = 2000;
#endif

using Counts = std::map<Op, uint64_t>;

template <typename F>
Result<Counts> counted(FaultStorage& storage, F&& work) {
  Counts out;
  storage.on_operation([&](Op op, std::string_view) { ++out[op]; });
  Status done = work();
  storage.on_operation(nullptr);
  STRATA_TRY(std::move(done));
  return out;
}

uint64_t sum(const Counts& counts) {
  uint64_t n = 0;
  for (const auto& [op, count] : counts) n += count;
  return n;
}

std::string shown(const Counts& counts) {
  std::string out;
  for (const auto& [op, count] : counts) out += cat(' ', static_cast<uint32_t>(op), ':', count);
  return out;
}

Status change(Session& s, uint64_t seed) {
  STRATA_TRY(ensure(s, "a", {.shape = {4}, .chunk = {4}, .fill = {}}).take_status());
  return put(s, "a", {0}, {4}, seed);
}

// A file of which a compaction has absorbed so many layers, opened by somebody else.
Result<Counts> opening_and_a_commit(uint64_t absorbed) {
  auto inner = make_memory_storage("m");
  Session first(kSetting, inner);
  STRATA_TRY(first.create(false));
  for (uint64_t i = 0; i < absorbed; ++i) {
    STRATA_TRY(change(first, i));
    STRATA_TRY(first.file->flush(nullptr));
  }
  STRATA_TRY(first.file->compact(nullptr));
  auto storage = std::make_shared<FaultStorage>(inner);
  return counted(*storage, [&]() -> Status {
    Session second(kSetting, storage);
    STRATA_TRY(second.open());
    STRATA_TRY(change(second, absorbed));
    return second.file->flush(nullptr);
  });
}

std::string whatever_was_absorbed_before() {
  auto few = opening_and_a_commit(20), many = opening_and_a_commit(kMany);
  CHECK_OK(few);
  CHECK_OK(many);
  // What the base says of each of them may take a read more.
  if (sum(*many) > sum(*few) + 2 || sum(*few) > 50)
    return cat("after 20:", shown(*few), ", after ", kMany, ":", shown(*many));
  return "";
}

// Syncs of folders (kSync) and of bytes (kSeal).
std::string syncs_of_a_flush_and_a_compaction() {
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("m"));
  Session s(kSetting, storage);
  CHECK_OK(s.create(false));
  for (uint64_t seed : {1, 2}) {
    CHECK_OK(change(s, seed));
    CHECK_OK(s.file->flush(nullptr));
  }
  CHECK_OK(change(s, 3));
  auto flush = counted(*storage, [&] { return s.file->flush(nullptr); });
  CHECK_OK(flush);
  CHECK_EQ((*flush)[kSync], uint64_t{1});  // the slot
  CHECK_EQ((*flush)[kSeal], uint64_t{2});  // layer, statistics
  auto compaction = counted(*storage, [&] { return s.file->compact(nullptr); });
  CHECK_OK(compaction);
  CHECK_EQ((*compaction)[kSync], uint64_t{6});  // the part; the marker; the base in its place; each of three fillers
  CHECK_EQ((*compaction)[kSeal], uint64_t{6});  // base, marker, three fillers, statistics
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"whatever_was_absorbed_before", whatever_was_absorbed_before},
                    {"syncs_of_a_flush_and_a_compaction", syncs_of_a_flush_and_a_compaction}});
}
