// An array file whose process is killed, or whose power fails, at every operation of its life: what is found afterwards
// is wholly the state before or after the call that was cut, and work goes on from there.
#include <algorithm>
#include <random>
#include <set>

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSettings[] = {
    {.name = "zstd"},
    {.name = "no codec, spilling", .codec = "", .block_bytes = 1 << 20, .pending_bytes = 1, .large = true},
    {.name = "lz4, cached", .codec = "lz4", .block_cache_bytes = 1 << 20},
};

// What is on storage after each step when nothing goes wrong; the first is that before all of them.
Result<std::vector<Texts>> states_of(const Setting& setting) {
  auto storage = make_memory_storage("whole");
  Session s(setting, storage);
  std::vector<Texts> states;
  STRATA_ASSIGN(states.emplace_back(), stored_picture(setting, storage));
  for (const Step& step : history()) {
    STRATA_TRY(step.run(s).prepend(cat(step.name, ": ")));
    STRATA_ASSIGN(states.emplace_back(), stored_picture(setting, storage));
  }
  return states;
}

Result<uint64_t> digest_of(Storage& storage) {
  std::string all;
  STRATA_ASSIGN(auto list, storage.list("d"));
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  for (const ListEntry& e : list) {
    STRATA_ASSIGN(Buffer bytes, read_object(storage, e.key));
    all += cat(e.key, ' ', xxh3_64(bytes.bytes()), '\n');
  }
  return xxh3_64(as_bytes(all));
}

const Texts kNoFile = {"(no file)"};

// Looks at everything that may be left at one moment, and goes on from there.
class Witness {
 public:
  // deeper: the process that goes on is stopped everywhere as well.
  Witness(const Setting& setting, FaultStorage& storage, bool deeper)
      : setting_(setting), storage_(storage), deeper_(deeper) {}

  void look(const std::vector<Texts>& allowed, std::string_view moment) {
    if (!failure_.empty()) return;
    std::string wrong = look_closely(allowed);
    if (!wrong.empty()) failure_ = cat(moment, ", ", what_, ": ", wrong);
  }
  const std::string& failure() const { return failure_; }
  size_t seen() const { return seen_.size(); }

 private:
  std::string look_closely(const std::vector<Texts>& allowed) {
    what_ = "killed";
    CHECK_CASE(judge(storage_.left(), allowed));
    // Without power any of the names that were not synced may be there or not.
    const size_t n = storage_.unsynced();
    std::vector<bool> kept(n);
    if (n <= 6) {
      for (size_t bits = 0; bits < size_t{1} << n; ++bits) {
        for (size_t i = 0; i < n; ++i) kept[i] = bits >> i & 1;
        CHECK_CASE(cut(kept, allowed));
      }
      return "";
    }
    for (size_t prefix = 0; prefix <= n; ++prefix) {
      for (size_t i = 0; i < n; ++i) kept[i] = i < prefix;
      CHECK_CASE(cut(kept, allowed));
      for (size_t i = 0; i < n; ++i) kept[i] = random_() & 1;
      CHECK_CASE(cut(kept, allowed));
    }
    return "";
  }

  std::string cut(const std::vector<bool>& kept, const std::vector<Texts>& allowed) {
    what_ = "power lost, of the names kept ";
    for (bool b : kept) what_ += b ? '1' : '0';
    return judge(storage_.survivors(kept), allowed);
  }

  std::string judge(Result<std::shared_ptr<Storage>> left, const std::vector<Texts>& allowed) {
    CHECK_OK(left);
    auto digest = digest_of(**left);
    CHECK_OK(digest);
    std::string all;
    for (const Texts& a : allowed) all += difference(a, {});
    if (!seen_.insert({*digest, xxh3_64(as_bytes(all))}).second) return "";
    auto found = stored_picture(setting_, *left);
    if (!found.ok()) return failure_of(found);
    if (std::find(allowed.begin(), allowed.end(), *found) == allowed.end())
      return cat(difference(*found, allowed.front()), "\nand ", difference(*found, allowed.back()));
    CHECK_OK(slot_names(**left));
    CHECK_CASE(work_goes_on(*left, *found));
    return "";
  }

  std::string work_goes_on(const std::shared_ptr<Storage>& left, const Texts& found) {
    std::vector<Texts> allowed = {found};
    Texts wanted = found;
    if (found == kNoFile) allowed.push_back(wanted = Texts());
    {
      Session fresh(setting_, make_memory_storage("probe"));
      CHECK_OK(fresh.create(false));
      auto added = probe(fresh);
      CHECK_OK(added);
      if (wanted.empty() || wanted.back() != *added) wanted.push_back(std::move(*added));
      allowed.push_back(wanted);
    }
    auto storage = std::make_shared<FaultStorage>(left);
    CHECK_OK(storage->take_over("d"));
    Session s(setting_, storage);
    Witness witness(setting_, *storage, false);
    uint64_t operations = 0;
    if (deeper_) {
      storage->on_operation([&](Op, std::string_view name) {
        witness.look(allowed, cat("going on, before operation ", ++operations, " on ", name));
      });
    }
    CHECK_OK(found == kNoFile ? s.create(false) : s.open());
    CHECK_OK(probe(s));
    CHECK_EQ(witness.failure(), std::string());
    for (bool compacted : {false, true}) {
      if (compacted) CHECK_OK(s.file->compact(nullptr));
      CHECK_EQ(witness.failure(), std::string());
      auto now = stored_picture(setting_, left);
      CHECK_OK(now);
      CHECK_EQ(difference(*now, wanted), std::string());
      CHECK_OK(slot_names(*left));
    }
    return "";
  }

  const Setting& setting_;
  FaultStorage& storage_;
  const bool deeper_;
  std::set<std::pair<uint64_t, uint64_t>> seen_;  // what was there, and what was allowed
  std::mt19937 random_{7};
  std::string failure_, what_;
};

std::string states_tell_the_steps_apart() {
  std::vector<Texts> first;
  for (const Setting& setting : kSettings) {
    auto states = states_of(setting);
    CHECK_OK(states);
    // Neither the codec nor the blocks change what there is to see.
    auto common = *states;
    for (Texts& texts : common) std::erase_if(texts, [](const std::string& t) { return t.starts_with("large "); });
    if (first.empty()) first = common;
    for (size_t i = 0; i < common.size(); ++i) CHECK_EQ(difference(common[i], first[i]), std::string());
    for (size_t i = 0; i < history().size(); ++i) {
      const Step& step = history()[i];
      const bool same = (*states)[i] == (*states)[i + 1];
      const bool merge = std::string_view(step.name).starts_with("compact");
      if (same != (merge || !step.publishes)) return cat(step.name, same ? " changed nothing" : " changed something");
    }
    // The values are those that were written, whatever the codec.
    const Texts end = {cat(
        "grid int32 [6 ] by [2 ] fill none\n  values ",
        shown_bytes(as_bytes(std::string_view("\0\0\0\0\xc8\x32\0\0\xc9\x32\0\0\xca\x32\0\0\xcb\x32\0\0\0\0\0\0", 24))),
        "\n  0 of 6 null, int64 0 to int64 13003")};
    CHECK_EQ(difference({states->back()[0]}, end), std::string());
  }
  return "";
}

std::string every_stop_leaves_the_state_before_or_after() {
  for (const Setting& setting : kSettings) {
    auto states = states_of(setting);
    CHECK_OK(states);
    auto storage = std::make_shared<FaultStorage>(make_memory_storage("cut"));
    Session s(setting, storage);
    Witness witness(setting, *storage, !setting.large);
    size_t step = 0;
    uint64_t operations = 0;
    storage->on_operation([&](Op, std::string_view name) {
      witness.look({(*states)[step], (*states)[step + 1]},
                   cat(setting.name, ", ", history()[step].name, ", before operation ", ++operations, " on ", name));
    });
    for (; step < history().size(); ++step) {
      CHECK_OK(history()[step].run(s));
      // What was acknowledged is durable.
      witness.look({(*states)[step + 1]}, cat(setting.name, ", after ", history()[step].name));
      CHECK_EQ(witness.failure(), std::string());
    }
    CHECK(witness.seen() > 40);
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"states_tell_the_steps_apart", states_tell_the_steps_apart},
                    {"every_stop_leaves_the_state_before_or_after", every_stop_leaves_the_state_before_or_after}});
}
