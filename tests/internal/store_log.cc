// The log of a store and its registry, damaged: an error, or the store as it was; never another one.
#include <algorithm>

#include "atlas/commit_log.h"
#include "atlas/registry.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

constexpr const char* kRegistry = "s/atlas.json";

Status begin(Process& p) {
  STRATA_TRY(p.create(false));
  STRATA_TRY(p.store->create_dataset("a"));
  STRATA_TRY(put(*p.store, "a", "x", 1));
  STRATA_TRY(p.store->set_attribute("a", "k", Value::int64(7)));
  STRATA_TRY(p.store->flush(nullptr));
  STRATA_TRY(put(*p.store, "a", "x", 2));
  return p.store->flush(nullptr);
}

// A store whose last commit is in its log and nowhere else: its writer was killed right after it.
Result<std::shared_ptr<Storage>> unprojected() {
  auto inner = make_memory_storage("m");
  auto storage = std::make_shared<FaultStorage>(inner);
  Process p(storage);
  STRATA_TRY(begin(p));
  STRATA_TRY(put(*p.store, "a", "x", 3));
  STRATA_TRY(p.store->create_dataset("b"));
  STRATA_TRY(put(*p.store, "b", "y", 4));
  bool entry = false;
  storage->on_operation([&](Op op, std::string_view key) {
    if (op == kCreate && key.find("/log/") != std::string_view::npos) entry = true;
    else if (entry && op == kSync) storage->arm({.at = 1, .ops = kLooks | kChanges, .stop = true});
  });
  (void)p.store->flush(nullptr);
  return inner;
}

Status replace(Storage& storage, std::string_view key, std::string_view bytes) { return replace_object(storage, key, as_bytes(bytes)); }

std::string each_flip(const std::shared_ptr<Storage>& storage, const std::string& key, size_t least_refused) {
  auto whole = stored_view(storage);
  CHECK_OK(whole);
  auto stored = read_object(*storage, key);
  CHECK_OK(stored);
  const std::string bytes(as_text(stored->bytes()));
  size_t refused = 0;
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    CHECK_OK(replace(*storage, key, flipped));
    auto found = stored_view(storage);
    if (!found.ok()) {
      ++refused;
      continue;
    }
    if (std::string d = difference(*found, *whole); !d.empty()) return cat(key, ", bit ", bit, ": ", d);
  }
  for (size_t size = 0; size < bytes.size(); ++size) {
    CHECK_OK(replace(*storage, key, bytes.substr(0, size)));
    auto found = stored_view(storage);
    CHECK(!found.ok());
  }
  CHECK_OK(replace(*storage, key, bytes));
  if (refused < least_refused) return cat(key, ": only ", refused, " of ", bytes.size() * 8, " flips were refused");
  return "";
}

std::string every_bit() {
  auto storage = unprojected();
  CHECK_OK(storage);
  auto entry = (*storage)->open("s/_strata/log/000000000003");
  CHECK_OK(entry);
  CHECK_CASE(each_flip(*storage, "s/_strata/log/000000000003", (*entry)->size() * 8));
  // A registry in which the name of the member "strata" is another is one of the original's: then layers are found by listing. Here
  // with what is in the slots, so that nothing is missed.
  Process p(*storage);
  CHECK_OK(p.open());
  CHECK_OK(p.store->set_attribute("b", "more", Value::int64(1)));
  CHECK_OK(p.store->flush(nullptr));
  auto registry = (*storage)->open(kRegistry);
  CHECK_OK(registry);
  return each_flip(*storage, kRegistry, (*registry)->size() * 8 - 6 * 8);
}

std::string entries_of_others() {
  auto storage = unprojected();
  CHECK_OK(storage);
  auto whole = stored_view(*storage);
  CHECK_OK(whole);
  CHECK(whole->values.contains("b/y"));
  auto other = unprojected();
  CHECK_OK(other);
  auto foreign = read_object(**other, "s/_strata/log/000000000003");
  CHECK_OK(foreign);
  auto own = read_object(**storage, "s/_strata/log/000000000003");
  CHECK_OK(own);
  CHECK_OK(replace(**storage, "s/_strata/log/000000000003", as_text(foreign->bytes())));
  CHECK_CODE(stored_view(*storage), Code::kCorrupt);  // of another store
  auto second = read_object(**storage, "s/_strata/log/000000000002");
  CHECK_OK(second);
  CHECK_OK(replace(**storage, "s/_strata/log/000000000003", as_text(second->bytes())));
  CHECK_CODE(stored_view(*storage), Code::kCorrupt);  // of another number
  CHECK_OK(replace(**storage, "s/_strata/log/000000000003", as_text(own->bytes())));
  auto again = stored_view(*storage);
  CHECK_OK(again);
  CHECK_EQ(difference(*again, *whole), std::string());
  return "";
}

// The state comes from the newest whole one that is kept, and from the entries after it.
std::string states_of_old_commits() {
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("m"));
  Process p(storage);
  CHECK_OK(begin(p));
  const CommitLog log(storage, "s");
  for (int i = 3; i <= 130; ++i) {
    CHECK_OK(p.store->set_attribute("a", "k", Value::int64(i)));
    CHECK_OK(p.store->flush(nullptr));
  }
  auto newest = log.newest();
  CHECK_OK(newest);
  CHECK_EQ(*newest, uint64_t{130});
  for (uint64_t seq : {1, 2, 63, 64, 65, 127, 128, 129, 130}) {
    storage->reset_counters();
    auto state = log.state_at(seq);
    CHECK_OK(state);
    CHECK_EQ(state->seq, seq);
    const Attribute* k = state->document.find("a")->attributes.find("k");
    CHECK(k != nullptr);
    CHECK_EQ(k->value.as_int(), seq < 3 ? 7 : static_cast<int64_t>(seq));
    CHECK(storage->opens() <= 66);  // not the whole log
  }
  CHECK_CODE(log.state_at(131), Code::kNotFound);
  return "";
}

// A document of a later version is not taken for what it is not.
std::string later_forms() {
  StoreState state;
  state.store.bytes[0] = 1;
  Document d = to_document(state);
  d.own.find("form")->value.scalar = Value::int64(2);
  CHECK_CODE(state_of(d), Code::kFormat);
  d = to_document(state);
  for (const char* member : {"store", "seq", "commit", "time", "pins", "condemned"}) {
    Document without = d;
    without.own.erase(member);
    CHECK_CODE(state_of(without), Code::kCorrupt);
    Document wrong = d;
    wrong.own.find(member)->value = Tree();
    CHECK_CODE(state_of(wrong), Code::kCorrupt);
  }
  return "";
}

// A number of layers that no store has would be that many names in memory.
std::string numbers_have_a_limit() {
  StoreState state;
  state.store.bytes[0] = 1;
  state.pins["x"].next_slot = kMostSlots;
  CHECK_OK(state_of(to_document(state)));
  state.pins["x"].next_slot = kMostSlots + 1;
  CHECK_CODE(state_of(to_document(state)), Code::kCorrupt);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"every_bit", every_bit},
                    {"entries_of_others", entries_of_others},
                    {"states_of_old_commits", states_of_old_commits},
                    {"later_forms", later_forms},
                    {"numbers_have_a_limit", numbers_have_a_limit}});
}
