// Layers that the original put where it does not find them again, because their file's name has to be encoded: they are read
// above all slots, and whoever writes gives them slots, wherever it is stopped.
#include <algorithm>

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSetting = {.codec = ""};
const std::string kKey = "s/%C3%A9/x.af", kPlace = "s/%25C3%25A9/x";  // of an array "é" of a store in s

// The original's: an array `t` of three chunks of one element each, of which it holds those of `values`.
Buffer originals(const std::vector<std::pair<uint32_t, int32_t>>& values, const std::string& hint) {
  Footer f;
  Buffer out;
  ArrayRecord& a = f.arrays.emplace_back();
  a.name = "t";
  a.dtype.type = Type::kInt32;
  a.shape = {3};
  a.dimension_names = {"dim0"};
  a.chunk_shape = {1};
  for (const auto& [at, value] : values) {
    a.chunk_coords.push_back(at);
    a.chunks.push_back({0, static_cast<uint32_t>(out.size()), 4});
    out.append({reinterpret_cast<const uint8_t*>(&value), 4});
  }
  f.blocks = {{0, 0, out.size(), out.size(), ""}};
  f.base_file_hint = hint;
  auto archive = encode_footer(f);
  if (!archive.ok()) return {};
  out.append(archive->bytes());
  append_trailer(out, archive->size(), kFooterMagic);
  return out;
}

Status leave(Storage& storage, const std::string& key, const std::vector<std::pair<uint32_t, int32_t>>& values,
             const std::string& hint = "%C3%A9/x.af") {
  return replace_object(storage, key, originals(values, hint).bytes());
}

Status open(Session& s, const std::string& key = kKey) {
  s.file.reset();
  STRATA_ASSIGN(s.file, ArrayFile::open(s.engine, s.storage, key, s.options, nullptr));
  return {};
}

Status create(Session& s, const std::string& key = kKey) {
  STRATA_ASSIGN(s.file, ArrayFile::create(s.engine, s.storage, key, s.options, false, nullptr));
  return {};
}

Status set(Session& s, uint64_t at, int32_t value) {
  STRATA_TRY(ensure(s, "t", {Type::kInt32, {3}, {1}, {}}));
  STRATA_ASSIGN(auto t, s.file->open_array("t"));
  const uint64_t one = 1;
  const int64_t stride = 4;
  return s.file->write(t, {&at, 1}, {&one, 1}, WriteSource::of(reinterpret_cast<const uint8_t*>(&value), &stride), nullptr);
}

Status publish(Session& s, uint64_t at, int32_t value) {
  STRATA_TRY(set(s, at, value));
  return s.file->flush(nullptr);
}

// "1 2 3", of the handle or as a process sees it that comes later; with the range that statistics tell.
Result<std::string> values_in(ArrayFile& file) {
  STRATA_ASSIGN(auto t, file.open_array("t"));
  const uint64_t start = 0, count = 3;
  int32_t got[3] = {};
  ReadRequest r;
  r.array = t.get();
  r.start = {&start, 1};
  r.count = {&count, 1};
  r.dst = reinterpret_cast<uint8_t*>(got);
  r.strides[0] = 4;
  STRATA_TRY(file.read({&r, 1}, false, nullptr));
  return cat(got[0], ' ', got[1], ' ', got[2]);
}
Result<std::string> values_on(const std::shared_ptr<Storage>& storage, const std::string& key = kKey) {
  Session s(kSetting, storage);
  STRATA_TRY(open(s, key));
  STRATA_ASSIGN(std::string values, values_in(*s.file));
  STRATA_ASSIGN(auto t, s.file->open_array("t"));
  STRATA_ASSIGN(const ArrayStatistics all, s.file->statistics(t, nullptr));
  const Value none;
  return cat(values, " from ", all.min.value_or(none).as_int(), " to ", all.max.value_or(none).as_int());
}

#define CHECK_VALUES(result, want)      \
  do {                                  \
    auto check_values_ = (result);      \
    CHECK_OK(check_values_);            \
    CHECK_EQ(*check_values_, want);     \
  } while (0)

Result<std::string> names_in(Storage& storage, std::string_view folder) {
  STRATA_ASSIGN(auto all, storage.list(folder));
  std::vector<std::string> names;
  for (const auto& e : all) names.emplace_back(name_of(e.key));
  std::sort(names.begin(), names.end());
  std::string out;
  for (const auto& n : names) out += cat(out.empty() ? "" : " ", n);
  return out;
}

// strata's base and a layer above it, then two layers of the original, with numbers that are taken.
Result<std::shared_ptr<Storage>> prepared() {
  auto storage = make_memory_storage("m");
  Session s(kSetting, storage);
  STRATA_TRY(create(s));
  STRATA_TRY(publish(s, 0, 1));
  STRATA_TRY(publish(s, 1, 2));
  STRATA_TRY(leave(*storage, kPlace + ".1.af", {{1, 12}, {2, 13}}));
  STRATA_TRY(leave(*storage, kPlace + ".2.af", {{2, 23}}));
  return storage;
}

std::string above_all_slots_and_given_slots() {
  auto storage = prepared();
  CHECK_OK(storage);
  CHECK_VALUES(values_on(*storage), "1 12 23 from 1 to 23");
  Session s(kSetting, *storage);
  CHECK_OK(open(s));
  CHECK_OK(publish(s, 0, 31));
  CHECK_VALUES(values_in(*s.file), "31 12 23");
  CHECK_VALUES(values_on(*storage), "31 12 23 from 12 to 31");
  CHECK_VALUES(names_in(**storage, "s/%25C3%25A9"), "");
  CHECK_VALUES(names_in(**storage, "s/%C3%A9"), "x.1.af x.2.af x.3.af x.4.af x.5.af x.af x.stats");
  // The original begins to count anew.
  CHECK_OK(leave(**storage, kPlace + ".1.af", {{1, 42}}));
  CHECK_CODE(publish(s, 1, 51), Code::kConflict);
  CHECK_OK(s.file->discard());
  auto moved = s.file->refresh(nullptr);
  CHECK_OK(moved);
  CHECK(*moved);
  CHECK_VALUES(values_in(*s.file), "31 42 23");
  CHECK_OK(set(s, 2, 53));
  CHECK_OK(s.file->compact(nullptr));
  CHECK_VALUES(values_on(*storage), "31 42 53 from 31 to 53");
  CHECK_VALUES(names_in(**storage, "s/%25C3%25A9"), "");
  CHECK_VALUES(names_in(**storage, "s/%C3%A9"), "x.1.af x.2.af x.3.af x.4.af x.5.af x.6.af x.7.af x.8.af x.af x.stats");
  return "";
}

// What a writer does, and the values that it leaves.
struct Deed {
  const char* name;
  Status (*run)(Session&);
  const char* values;
};
const char* const kAtFirst = "1 12 23";
const Deed kDeeds[] = {
    {"flush", [](Session& s) { return publish(s, 0, 31); }, "31 12 23"},
    {"compaction",
     [](Session& s) {
       STRATA_TRY(set(s, 2, 53));
       return s.file->compact(nullptr);
     },
     "31 12 53"},
    {"overwriting",
     [](Session& s) {
       STRATA_ASSIGN(s.file, ArrayFile::create(s.engine, s.storage, kKey, s.options, true, nullptr));
       return publish(s, 1, 7);
     },
     "0 7 0"},
};

std::string values_or_none(const std::shared_ptr<Storage>& storage) {
  Session s(kSetting, storage);
  if (Status opened = open(s); !opened.ok()) return std::string(opened.message());
  auto values = values_in(*s.file);
  if (values.code() == Code::kNotFound) return "none";  // overwritten, and not written to yet
  return values.ok() ? *values : std::string(values.status().message());
}

// One state that may be left: what it shows, and that work goes on from it.
std::string judge(Result<std::shared_ptr<Storage>> left, const std::vector<std::string>& allowed) {
  CHECK_OK(left);
  const std::string found = values_or_none(*left);
  if (std::find(allowed.begin(), allowed.end(), found) == allowed.end())
    return cat("found ", found, " and neither ", allowed.front(), " nor ", allowed.back());
  Session s(kSetting, *left);
  CHECK_OK(open(s));
  CHECK_OK(publish(s, 1, 77));
  CHECK_OK(s.file->compact(nullptr));
  const std::string rest = found == "none" ? "0 7 0" : found;
  const size_t first = rest.find(' '), last = rest.rfind(' ');
  CHECK_EQ(values_or_none(*left), cat(rest.substr(0, first), " 77", rest.substr(last)));
  CHECK_VALUES(names_in(**left, "s/%25C3%25A9"), "");
  return "";
}

std::string every_stop_leaves_the_state_before_or_after() {
  auto inner = prepared();
  CHECK_OK(inner);
  auto storage = std::make_shared<FaultStorage>(*inner);
  for (const char* folder : {"s/%C3%A9", "s/%25C3%25A9"}) CHECK_OK(storage->take_over(folder));
  Session s(kSetting, storage);
  std::string before = kAtFirst, wrong;
  uint64_t operations = 0;
  for (const Deed& deed : kDeeds) {
    const std::vector<std::string> allowed = {before, deed.values, deed.name == kDeeds[2].name ? "none" : before};
    storage->on_operation([&](Op, std::string_view name) {
      if (!wrong.empty()) return;
      ++operations;
      std::string why = judge(storage->left(), allowed);
      const size_t n = storage->unsynced();
      for (size_t bits = 0; why.empty() && bits < size_t{1} << std::min<size_t>(n, 6); ++bits) {
        std::vector<bool> kept(n);
        for (size_t i = 0; i < n; ++i) kept[i] = i < 6 ? bits >> i & 1 : bits & 1;
        why = judge(storage->survivors(kept), allowed);
      }
      if (!why.empty()) wrong = cat(deed.name, ", before operation ", operations, " on ", name, ": ", why);
    });
    // The original comes back before each.
    if (before != kAtFirst) CHECK_OK(leave(*storage, kPlace + ".1.af", {{0, 31}}));
    CHECK_OK(open(s));
    CHECK_OK(deed.run(s));
    CHECK_EQ(wrong, std::string());
    before = deed.values;
  }
  CHECK(operations > 60);
  return "";
}

// A call that fails can be repeated by the same handle, and then all is as if it had gone well.
std::string every_operation_can_fail() {
  for (const Deed& deed : kDeeds) {
    for (bool done : {false, true}) {
      bool last = false;
      for (uint64_t k = 1; !last; ++k) {
        auto inner = prepared();
        CHECK_OK(inner);
        auto storage = std::make_shared<FaultStorage>(*inner);
        Session s(kSetting, storage);
        CHECK_OK(open(s));
        storage->arm({.at = k, .ops = done ? kChanges : kLooks | kChanges, .done = done});
        Status outcome = deed.run(s);
        last = storage->counted() < k;
        storage->arm({});
        std::string when = cat(deed.name, done ? ", answer lost" : ", failed", " at operation ", k);
        if (!outcome.ok() && outcome.code() != Code::kIo && outcome.code() != Code::kOutcomeUnknown)
          return cat(when, ": ", outcome.message());
        if (!outcome.ok()) outcome = deed.run(s);
        if (!outcome.ok()) return cat(when, ", repeated: ", outcome.message());
        const std::string values = deed.name == kDeeds[1].name ? "1 12 53" : deed.values;
        if (values_or_none(*inner) != values) return cat(when, ": ", values_or_none(*inner));
        CHECK_VALUES(names_in(**inner, "s/%25C3%25A9"), "");
      }
    }
  }
  return "";
}

// Arrays `é` and `%C3%A9` of one store: where the first has its outlying layers the second has its base.
std::string two_files_in_one_folder() {
  const std::string second = kPlace + ".af";
  auto storage = prepared();
  CHECK_OK(storage);
  Session a(kSetting, *storage), b(kSetting, *storage);
  CHECK_OK(create(b, second));  // layers of another are not in its way
  CHECK_OK(publish(b, 0, 100));
  CHECK_OK(publish(b, 1, 200));
  CHECK_VALUES(values_on(*storage, second), "100 200 0 from 100 to 200");
  CHECK_VALUES(values_on(*storage), "1 12 23 from 1 to 23");
  CHECK_VALUES(names_in(**storage, "s/%25C3%25A9"), "x.1.af x.2.af x.3.af x.4.af x.af x.stats");
  CHECK_OK(b.file->compact(nullptr));
  CHECK_VALUES(values_on(*storage), "1 12 23 from 1 to 23");
  // Once they have gone, their numbers are filled up.
  CHECK_OK(open(a));
  CHECK_OK(publish(a, 0, 31));
  CHECK_OK(publish(b, 2, 300));
  CHECK_VALUES(values_on(*storage), "31 12 23 from 12 to 31");
  CHECK_VALUES(values_on(*storage, second), "100 200 300 from 100 to 300");
  CHECK_VALUES(names_in(**storage, "s/%25C3%25A9"), "x.1.af x.2.af x.3.af x.4.af x.5.af x.6.af x.af x.stats");
  return "";
}

std::string what_belongs_to_no_one_is_left_alone() {
  auto storage = make_memory_storage("m");
  Session s(kSetting, storage);
  CHECK_OK(create(s));
  CHECK_OK(publish(s, 0, 1));
  // Of a base of that very name, of one elsewhere, and of one in the root.
  CHECK_OK(leave(*storage, kPlace + ".1.af", {{1, 2}}, "%25C3%25A9/x.af"));
  CHECK_OK(leave(*storage, kPlace + ".2.af", {{1, 2}}, "other/%C3%A9/x.af"));
  CHECK_OK(leave(*storage, kPlace + ".3.af", {{1, 2}}, "x.af"));
  CHECK_OK(leave(*storage, kPlace + ".4.af", {{1, 2}}, ""));
  CHECK_OK(publish(s, 2, 3));
  CHECK_OK(s.file->compact(nullptr));
  CHECK_VALUES(values_on(storage), "1 0 3 from 1 to 3");
  CHECK_VALUES(names_in(*storage, "s/%25C3%25A9"), "x.1.af x.2.af x.3.af x.4.af");
  // One that cannot be read may be ours.
  CHECK_OK(replace_object(*storage, kPlace + ".5.af", as_bytes("nonsense")));
  CHECK_CODE(open(s), Code::kFormat);
  return "";
}

// A file on its own, by the name of which only the last part is encoded again.
std::string beside_the_base() {
  auto storage = make_memory_storage("m");
  Session s(kSetting, storage);
  CHECK_OK(create(s, "%C3%A9.af"));
  CHECK_OK(publish(s, 0, 1));
  CHECK_OK(leave(*storage, "%25C3%25A9.1.af", {{0, 5}, {1, 6}}, "%C3%A9.af"));
  CHECK_VALUES(values_on(storage, "%C3%A9.af"), "5 6 0 from 5 to 6");
  CHECK_OK(open(s, "%C3%A9.af"));
  CHECK_OK(publish(s, 2, 3));
  CHECK_VALUES(values_on(storage, "%C3%A9.af"), "5 6 3 from 3 to 6");
  CHECK_VALUES(names_in(*storage, ""), "%C3%A9.1.af %C3%A9.2.af %C3%A9.3.af %C3%A9.af %C3%A9.stats");
  // Names that would become too long have no such place.
  std::string name;
  while (name.size() < 240) name += "\u00e9";
  CHECK_OK(create(s, cat(name, '/', name, ".af")));
  CHECK_OK(publish(s, 0, 1));
  return "";
}

// The original's compaction sees the base alone, so that slots of ours stay: fillers, markers, and layers above its base.
std::string the_original_compacts() {
  auto storage = prepared();
  CHECK_OK(storage);
  Session s(kSetting, *storage);
  CHECK_OK(open(s));
  CHECK_OK(s.file->compact(nullptr));
  CHECK_OK(leave(**storage, kKey, {{0, 61}, {1, 62}, {2, 63}}, ""));
  CHECK_VALUES(values_on(*storage), "61 62 63 from 61 to 63");
  CHECK_OK(open(s));
  CHECK_OK(publish(s, 1, 72));
  CHECK_VALUES(values_on(*storage), "61 72 63 from 61 to 72");
  CHECK_OK(s.file->compact(nullptr));
  CHECK_VALUES(values_on(*storage), "61 72 63 from 61 to 72");
  CHECK_VALUES(names_in(**storage, "s/%C3%A9"), "x.1.af x.2.af x.3.af x.4.af x.5.af x.6.af x.7.af x.af x.stats");
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"above_all_slots_and_given_slots", above_all_slots_and_given_slots},
                    {"every_stop_leaves_the_state_before_or_after", every_stop_leaves_the_state_before_or_after},
                    {"every_operation_can_fail", every_operation_can_fail},
                    {"two_files_in_one_folder", two_files_in_one_folder},
                    {"what_belongs_to_no_one_is_left_alone", what_belongs_to_no_one_is_left_alone},
                    {"beside_the_base", beside_the_base},
                    {"the_original_compacts", the_original_compacts}});
}
