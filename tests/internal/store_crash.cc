// A store that is stopped at every operation, and one whose storage fails: it is the one before or after the call that was cut, in
// all its arrays at once, and doing the same again leads to where it would have led.
#include <cstdio>

#include "store_witness.h"

namespace {

using namespace strata;
using namespace strata::test;

// Of the operations of a process that goes on each so-manieth is stopped.
#if defined(__SANITIZE_ADDRESS__)
// Sanitizers take their time: there only the flushes that compact are gone on from.
constexpr size_t kStride = 20000;
constexpr bool kGoesOnFromAll = false;
#else
constexpr size_t kStride = 8000;
constexpr bool kGoesOnFromAll = true;
#endif

// In the second setting a flush compacts what it has changed.
enum class Flushes { kPlain, kCompacting };

StoreOptions options_of(Flushes setting) {
  StoreOptions options;
  if (setting == Flushes::kCompacting) options.compact_layers = 1;
  return options;
}

std::string every_stop_leaves_a_store(Flushes setting) {
  auto views = views_of();
  CHECK_OK(views);
  size_t seen = 0;
  const Depth depth = kGoesOnFromAll || setting == Flushes::kCompacting ? Depth::kStopped : Depth::kLook;
  CHECK_CASE(watched_store(store_steps(), *views, options_of(setting), depth, stride_or(kStride), {}, &seen, nullptr));
  std::printf("%zu states were looked at\n", seen);
  CHECK(seen > 1000);
  return "";
}

struct Kind {
  const char* name;
  Fault fault;
};
const Kind kKinds[] = {
    {"an error", {.ops = kLooks | kChanges}},
    {"a lost answer", {.ops = kChanges, .done = true}},
    {"a full disk", {.ops = kStage | kWrite | kSeal, .code = Code::kNoSpace, .lasting = true}},
};

std::string fail_at(const std::vector<View>& all, Flushes setting, size_t at, const Kind& kind, uint64_t k, bool* last) {
  const std::vector<StoreStep>& steps = store_steps();
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("faulty"));
  Process p = process(storage, options_of(setting));
  for (size_t i = 0; i < at; ++i) CHECK_OK(steps[i].run(p));
  Fault fault = kind.fault;
  fault.at = k;
  storage->arm(fault);
  const Status outcome = steps[at].run(p);
  *last = storage->counted() < k;
  storage->arm({});
  if (!outcome.ok()) {
    if (outcome.code() != fault.code && outcome.code() != Code::kOutcomeUnknown && outcome.code() != Code::kNotProjected)
      return cat("fails with status ", static_cast<int>(outcome.code()), ": ", outcome.message());
    auto stored = stored_view(storage->inner());
    CHECK_OK(stored);
    CHECK_CASE(one_of(*stored, {&all[at], &all[at + 1]}));
    CHECK_OK(steps[at].run(p));
  }
  for (size_t i = at + 1; i <= steps.size(); ++i) {
    auto stored = stored_view(storage->inner());
    CHECK_OK(stored);
    CHECK_EQ(difference(*stored, all[i]), std::string());
    auto own = view_of(*p.store);
    CHECK_OK(own);
    CHECK_EQ(difference(*own, all[i]), std::string());
    CHECK_EQ(p.store->pending().arrays, uint64_t{0});
    if (i < steps.size()) CHECK_OK(steps[i].run(p));
  }
  return "";
}

std::string every_operation_can_fail(Flushes setting) {
  const std::vector<StoreStep>& steps = store_steps();
  auto all = views_of();
  CHECK_OK(all);
  for (const Kind& kind : kKinds) {
    uint64_t faults = 0;
    for (size_t at = 0; at < steps.size(); ++at) {
      bool last = false;
      for (uint64_t k = 1; !last; ++k, ++faults) {
        std::string wrong = fail_at(*all, setting, at, kind, k, &last);
        if (!wrong.empty()) return cat(steps[at].name, ", ", kind.name, " at operation ", k, ": ", wrong);
      }
    }
    CHECK(faults > 100);
  }
  return "";
}

// The setting does what it says: else the cases with it would be the others again.
std::string a_flush_compacts() {
  Process p = process(make_memory_storage("m"), options_of(Flushes::kCompacting));
  CHECK_OK(p.create(false));
  CHECK_OK(p.store->create_dataset("a"));
  for (int32_t i = 1; i < 4; ++i) {
    CHECK_OK(put(*p.store, "a", "x", i));
    CHECK_OK(p.store->flush(nullptr));
    auto file = p.store->array_file("x", nullptr);
    CHECK_OK(file);
    auto layers = (*file)->layer_count();
    CHECK_OK(layers);
    CHECK_EQ(*layers, uint64_t{1});
    auto homes = p.storage->list("s/_strata/layers");
    CHECK_OK(homes);
    CHECK_EQ(homes->size(), size_t{1});  // what was absorbed is gone
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"a_flush_compacts", a_flush_compacts},
                    {"every_stop_leaves_a_store", [] { return every_stop_leaves_a_store(Flushes::kPlain); }},
                    {"every_stop_with_compacting_flushes", [] { return every_stop_leaves_a_store(Flushes::kCompacting); }},
                    {"every_operation_can_fail", [] { return every_operation_can_fail(Flushes::kPlain); }},
                    {"every_operation_can_fail_with_compacting_flushes", [] { return every_operation_can_fail(Flushes::kCompacting); }}});
}
