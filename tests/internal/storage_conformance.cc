// What every kind of storage promises (storage/storage.h), checked on each of them.

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <set>
#include <thread>

#include "internal_test.h"
#include "storage/local.h"
#include "storage/memory.h"
#include "storage/storage.h"

namespace {
using namespace strata;

struct Kind {
  const char* name;
  std::shared_ptr<Storage> (*make)();  // an empty one
};

std::string text_of(Storage& s, std::string_view key) {
  auto got = read_object(s, key);
  return got.ok() ? std::string(as_text(got->bytes())) : cat("<", static_cast<int>(got.code()), ">");
}

Result<std::unique_ptr<Staged>> sealed(Storage& s, std::string_view key, std::string_view staging,
                                       std::string_view text) {
  STRATA_ASSIGN(auto staged, s.stage(key, staging));
  STRATA_TRY(staged->write_at(0, as_bytes(text)));
  STRATA_TRY(staged->seal(text.size()));
  return staged;
}

std::set<std::string> names_in(Storage& s, std::string_view folder) {
  std::set<std::string> out;
  if (auto list = s.list(folder); list.ok())
    for (auto& e : *list) out.insert(e.key);
  return out;
}

std::string create_only_if_absent(Storage& s) {
  for (const char* staging : {"", "a/b/one.part"}) {
    const std::string key = cat("a/b/", staging[0] ? "named" : "unnamed");
    auto one = sealed(s, key, staging, "one");
    CHECK_OK(one);
    CHECK_CODE(s.open(key), Code::kNotFound);
    auto made = (*one)->create_as(key);
    CHECK_OK(made);
    CHECK(*made == Created::kMade);
    CHECK_EQ(text_of(s, key), "one");
    if (staging[0]) CHECK_CODE(s.open(staging), Code::kNotFound);
    CHECK_CODE((*one)->create_as("a/b/again"), Code::kInternal);

    auto two = sealed(s, key, staging, "two");
    CHECK_OK(two);
    made = (*two)->create_as(key);
    CHECK_OK(made);
    CHECK(*made == Created::kTaken);
    CHECK_EQ(text_of(s, key), "one");
    made = (*two)->create_as(cat(key, ".next"));  // the same object, under the next name
    CHECK_OK(made);
    CHECK(*made == Created::kMade);
    CHECK_EQ(text_of(s, cat(key, ".next")), "two");
    CHECK_OK(s.sync_folder("a/b"));
  }
  return "";
}

std::string one_object_has_several_names(Storage& s) {
  auto first = sealed(s, "names/home", "", "first");
  CHECK_OK(first);
  CHECK_OK((*first)->create_as("names/home"));
  CHECK_CODE(s.stage_again("names/nothing"), Code::kNotFound);
  for (int round = 0; round < 2; ++round) {  // the second finds its own name, and that is no one else's
    auto again = s.stage_again("names/home");
    CHECK_OK(again);
    auto made = (*again)->create_as("names/elsewhere/slot");
    CHECK_OK(made);
    CHECK(*made == Created::kMade);
  }
  CHECK_EQ(text_of(s, "names/elsewhere/slot"), "first");
  auto other = sealed(s, "names/other", "", "other");
  CHECK_OK(other);
  CHECK_OK((*other)->create_as("names/other"));
  auto taken = s.stage_again("names/other");
  CHECK_OK(taken);
  auto made = (*taken)->create_as("names/elsewhere/slot");
  CHECK_OK(made);
  CHECK(*made == Created::kTaken);
  for (int round = 0; round < 2; ++round) {  // over another object, and over itself
    auto again = s.stage_again("names/other");
    CHECK_OK(again);
    CHECK_OK((*again)->replace_as("names/elsewhere/slot"));
    CHECK_EQ(text_of(s, "names/elsewhere/slot"), "other");
  }
  CHECK_EQ(text_of(s, "names/home"), "first");
  CHECK_EQ(text_of(s, "names/other"), "other");
  CHECK_OK(s.remove("names/other"));
  CHECK_EQ(text_of(s, "names/elsewhere/slot"), "other");
  auto left = s.list("names");
  CHECK_OK(left);
  CHECK_EQ(left->size(), size_t{1});  // nothing but "home": no temporary name stays
  return "";
}

std::string create_has_one_winner(Storage& s) {
  for (int round = 0; round < 20; ++round) {
    const std::string key = cat("race/", round);
    std::atomic<int> made{0}, errors{0}, ready{0};
    std::atomic<int> winner{-1};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        auto staged = sealed(s, key, t % 2 ? cat("race/part", t) : "", cat("writer ", t));
        ++ready;
        while (ready < 4) std::this_thread::yield();
        if (!staged.ok()) {
          ++errors;
          return;
        }
        auto created = (*staged)->create_as(key);
        if (!created.ok()) {
          ++errors;
        } else if (*created == Created::kMade) {
          ++made;
          winner = t;
        }
      });
    for (auto& t : threads) t.join();
    CHECK_EQ(errors.load(), 0);
    CHECK_EQ(made.load(), 1);
    CHECK_EQ(text_of(s, key), cat("writer ", winner.load()));
  }
  CHECK_EQ(names_in(s, "race").size(), size_t{20});
  return "";
}

std::string replace_takes_the_place(Storage& s) {
  CHECK_OK(replace_object(s, "r/x", as_bytes("old")));
  auto reader = s.open("r/x");
  CHECK_OK(reader);
  CHECK_OK(replace_object(s, "r/x", as_bytes("newer")));
  CHECK_EQ(text_of(s, "r/x"), "newer");
  auto staged = sealed(s, "r/x", "r/x.part", "newest");
  CHECK_OK(staged);
  CHECK_OK((*staged)->replace_as("r/x"));
  CHECK_EQ(text_of(s, "r/x"), "newest");
  CHECK_EQ(names_in(s, "r").size(), size_t{1});

  // The reader keeps what it opened, also when the name goes.
  CHECK_OK(s.remove("r/x"));
  char old[3];
  CHECK_EQ((*reader)->size(), uint64_t{3});
  CHECK_OK((*reader)->read(0, {reinterpret_cast<uint8_t*>(old), 3}));
  CHECK_EQ(std::string(old, 3), "old");
  CHECK_CODE(s.open("r/x"), Code::kNotFound);
  CHECK_OK(s.remove("r/x"));
  CHECK_OK(s.remove("nowhere/x"));
  return "";
}

std::string readers_are_told_of_the_end(Storage& s) {
  CHECK_OK(replace_object(s, "e", as_bytes("0123456789")));
  auto reader = s.open("e"), other = s.open("e");
  CHECK_OK(reader);
  CHECK_OK(other);
  CHECK((*reader)->version() != 0 && (*reader)->version() != (*other)->version());
  uint8_t buf[11];
  CHECK_OK((*reader)->read(7, {buf, 3}));
  CHECK_EQ(std::string(buf, buf + 3), "789");
  CHECK_OK((*reader)->read(10, {buf, 0}));
  CHECK_CODE((*reader)->read(8, MutBytes(buf, 3)), Code::kCorrupt);
  CHECK_CODE((*reader)->read(10, MutBytes(buf, 1)), Code::kCorrupt);
  CHECK_CODE((*reader)->read(0, MutBytes(buf, 11)), Code::kCorrupt);
  CHECK_CODE((*reader)->read(UINT64_MAX, MutBytes(buf, 1)), Code::kCorrupt);
  CHECK_CODE((*reader)->read(INT64_MAX, MutBytes(buf, 2)), Code::kCorrupt);
  Status cut = (*reader)->read(8, {buf, 3});
  CHECK(cut.message().find("ends at 10") != std::string_view::npos);
  CHECK(cut.message().find(s.describe("e")) != std::string_view::npos);
  CHECK_CODE(read_object(s, "e", 9), Code::kLimit);
  CHECK_OK(read_object(s, "e", 10));
  return "";
}

std::string staged_bytes(Storage& s) {
  auto staged = s.stage("st/x", "");
  CHECK_OK(staged);
  CHECK_OK((*staged)->write_at(5, as_bytes("five")));
  CHECK_OK((*staged)->write_at(0, as_bytes("01")));
  char buf[9];
  CHECK_OK((*staged)->read_at(0, {reinterpret_cast<uint8_t*>(buf), 9}));
  CHECK_EQ(std::string(buf, 9), std::string("01\0\0\0five", 9));
  CHECK_CODE((*staged)->read_at(1, MutBytes(reinterpret_cast<uint8_t*>(buf), 9)), Code::kCorrupt);
  CHECK_CODE((*staged)->create_as("st/x"), Code::kInternal);  // not sealed
  CHECK_OK((*staged)->seal(12));
  CHECK_CODE((*staged)->write_at(0, as_bytes("x")), Code::kInternal);
  CHECK_CODE((*staged)->seal(12), Code::kInternal);
  CHECK_OK((*staged)->read_at(5, {reinterpret_cast<uint8_t*>(buf), 4}));
  CHECK_EQ(std::string(buf, 4), "five");
  CHECK_OK((*staged)->replace_as("st/x"));
  CHECK_EQ(text_of(s, "st/x"), std::string("01\0\0\0five\0\0\0", 12));

  auto cut = s.stage("st/cut", "");
  CHECK_OK(cut);
  CHECK_OK((*cut)->write_at(0, as_bytes("0123456789")));
  CHECK_OK((*cut)->seal(4));
  CHECK_OK((*cut)->replace_as("st/cut"));
  CHECK_EQ(text_of(s, "st/cut"), "0123");

  auto empty = s.stage("st/empty", "");
  CHECK_OK(empty);
  CHECK_OK((*empty)->seal(0));
  CHECK_OK((*empty)->create_as("st/empty"));
  CHECK_EQ(text_of(s, "st/empty"), "");
  return "";
}

std::string many_threads_write_one_object(Storage& s) {
  constexpr size_t kPart = 30000, kParts = 40;
  auto staged = s.stage("many", "");
  CHECK_OK(staged);
  std::atomic<int> errors{0};
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (size_t p = t; p < kParts; p += 4) {
        std::string part(kPart, static_cast<char>('a' + p % 26));
        if (!(*staged)->write_at(p * kPart, as_bytes(part)).ok()) ++errors;
      }
    });
  for (auto& t : threads) t.join();
  CHECK_EQ(errors.load(), 0);
  CHECK_OK((*staged)->seal(kPart * kParts));
  CHECK_OK((*staged)->create_as("many"));
  std::string want;
  for (size_t p = 0; p < kParts; ++p) want.append(kPart, static_cast<char>('a' + p % 26));
  CHECK(text_of(s, "many") == want);
  return "";
}

std::string leftovers(Storage& s) {
  {
    auto dropped = sealed(s, "l/x", "l/x.part", "dropped");
    CHECK_OK(dropped);
    CHECK_EQ(text_of(s, "l/x.part"), "dropped");
    CHECK_CODE(s.stage("l/x", "l/x.part"), Code::kExists);
    auto unnamed = sealed(s, "l/x", "", "unnamed");
    CHECK_OK(unnamed);
    auto open = s.stage("l/x", "");
    CHECK_OK(open);
    CHECK_OK((*open)->write_at(0, as_bytes("half")));
  }
  CHECK(names_in(s, "l").empty());
  {
    auto kept = sealed(s, "l/x", "l/x.part", "kept");
    CHECK_OK(kept);
    (*kept)->keep();
  }
  CHECK_EQ(text_of(s, "l/x.part"), "kept");
  CHECK_OK(s.remove("l/x.part"));
  {
    // Another took the staged object away: its new name is not touched.
    auto moved = sealed(s, "l/x", "l/x.part", "moved");
    CHECK_OK(moved);
    CHECK_OK(s.rename("l/x.part", "l/x"));
    CHECK_CODE((*moved)->replace_as("l/y"), Code::kNotFound);
  }
  CHECK_EQ(text_of(s, "l/x"), "moved");
  {
    auto own = sealed(s, "l/z", "l/z", "placed where it is");
    CHECK_OK(own);
    CHECK_OK((*own)->create_as("l/z"));
  }
  CHECK_EQ(text_of(s, "l/z"), "placed where it is");
  return "";
}

std::string rename_moves_once(Storage& s) {
  CHECK_CODE(s.rename("m/no", "m/x"), Code::kNotFound);
  CHECK_OK(replace_object(s, "m/from", as_bytes("from")));
  CHECK_OK(replace_object(s, "m/to", as_bytes("to")));
  CHECK_OK(s.rename("m/from", "m/to"));
  CHECK_EQ(text_of(s, "m/to"), "from");
  CHECK_CODE(s.open("m/from"), Code::kNotFound);
  CHECK_OK(s.rename("m/to", "new/folder/x"));
  CHECK_EQ(text_of(s, "new/folder/x"), "from");
  CHECK_CODE(s.rename("new/folder/x", "new/folder/x"), Code::kInvalid);
  CHECK_EQ(text_of(s, "new/folder/x"), "from");
  for (int round = 0; round < 30; ++round) {
    CHECK_OK(replace_object(s, "m/part", as_bytes("part")));
    std::atomic<int> won{0}, lost{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([&] {
        Status r = s.rename("m/part", "m/base");
        if (r.ok()) ++won;
        if (r.code() == Code::kNotFound) ++lost;
      });
    for (auto& t : threads) t.join();
    CHECK_EQ(won.load(), 1);
    CHECK_EQ(lost.load(), 2);
  }
  return "";
}

std::string list_one_folder(Storage& s) {
  for (const char* key : {"t.af", "a/data.af", "a/data.1.af", "a/b/deep.af", "a-b/x", "a/b0"})
    CHECK_OK(replace_object(s, key, as_bytes(key)));
  CHECK(names_in(s, "") == std::set<std::string>({"t.af"}));
  CHECK(names_in(s, "a") == std::set<std::string>({"a/data.af", "a/data.1.af", "a/b0"}));
  CHECK(names_in(s, "a/b") == std::set<std::string>({"a/b/deep.af"}));
  auto folders = s.list_folders("");
  CHECK_OK(folders);
  CHECK(std::set<std::string>(folders->begin(), folders->end()) == std::set<std::string>({"a", "a-b"}));
  folders = s.list_folders("a");
  CHECK_OK(folders);
  CHECK(*folders == std::vector<std::string>({"b"}));
  for (const char* nothing : {"a/b", "nowhere/at/all", "t.af"}) {
    folders = s.list_folders(nothing);
    CHECK_OK(folders);
    CHECK(folders->empty());
  }
  auto none = s.list("nowhere/at/all");
  CHECK_OK(none);
  CHECK(none->empty());
  none = s.list("t.af");  // an object is not a folder
  CHECK_OK(none);
  CHECK(none->empty());
  auto list = s.list("a");
  CHECK_OK(list);
  for (auto& e : *list) CHECK_EQ(e.size, uint64_t{e.key.size()});
  CHECK_CODE(s.open("a"), Code::kNotFound);  // a folder is not an object
  CHECK_CODE(s.open("t.af/below"), Code::kNotFound);
  CHECK_OK(s.sync_folder(""));
  CHECK_OK(s.sync_folder("a"));
  return "";
}

std::string bad_keys_are_refused(Storage& s) {
  const std::string long_segment(256, 'x'), with_nul("a\0b", 3);
  CHECK_OK(replace_object(s, "ok", as_bytes("x")));
  for (const std::string& key : {std::string(), std::string("/a"), std::string("a//b"), std::string("a/"),
                                 std::string("."), std::string(".."), std::string("a/../b"), std::string("a/./b"),
                                 std::string("../x"), long_segment, "a/" + long_segment, with_nul}) {
    CHECK_CODE(s.open(key), Code::kInvalid);
    CHECK_CODE(s.stage(key, ""), Code::kInvalid);
    if (!key.empty()) CHECK_CODE(s.stage("fine", key), Code::kInvalid);
    CHECK_CODE(s.remove(key), Code::kInvalid);
    CHECK_CODE(s.rename(key, "ok2"), Code::kInvalid);
    CHECK_CODE(s.rename("ok", key), Code::kInvalid);
    if (!key.empty()) CHECK_CODE(s.list(key), Code::kInvalid);
    if (!key.empty()) CHECK_CODE(s.list_folders(key), Code::kInvalid);
    if (!key.empty()) CHECK_CODE(s.sync_folder(key), Code::kInvalid);
    auto staged = sealed(s, "fine", "", "x");
    CHECK_OK(staged);
    CHECK_CODE((*staged)->create_as(key), Code::kInvalid);
    CHECK_CODE((*staged)->replace_as(key), Code::kInvalid);
  }
  for (const char* key : {"..a", "a..", "...", "sp ace", "per%20cent", "gr\xc3\xbc\xc3\x9f"}) {
    CHECK_OK(replace_object(s, key, as_bytes(key)));
    CHECK_EQ(text_of(s, key), key);
  }
  return "";
}

std::string missing_objects_are_named(Storage& s) {
  auto got = s.open("some/thing.af");
  CHECK_CODE(got, Code::kNotFound);
  CHECK(got.status().message().find("some/thing.af") != std::string_view::npos);
  CHECK(s.describe("some/thing.af").ends_with("/some/thing.af"));
  return "";
}

std::shared_ptr<Storage> fresh_local() {
  static std::atomic<int> n{0};
  const char* dir = getenv("STRATA_TEST_DIR");
  const std::string root = cat(dir ? dir : ".", "/conformance-", getpid(), "-", n++);
  std::filesystem::remove_all(root);
  return make_local_storage(root + "/made/by/writing");
}
std::shared_ptr<Storage> fresh_memory() { return make_memory_storage("test"); }

constexpr Kind kKinds[] = {{"local", fresh_local}, {"memory", fresh_memory}};

std::string one_holds_a_folder(Storage& s) {
  auto object = sealed(s, "locked/x", "", "x");
  CHECK_OK(object);
  CHECK_OK((*object)->create_as("locked/x"));
  CHECK_OK(s.sync_folder("locked"));
  {
    auto mine = s.try_lock_folder("locked");
    CHECK_OK(mine);
    CHECK(*mine != nullptr);
    for (int i = 0; i < 2; ++i) {
      auto other = s.try_lock_folder("locked");
      CHECK_OK(other);
      CHECK(*other == nullptr);
    }
    auto elsewhere = s.try_lock_folder("");
    CHECK_OK(elsewhere);
    CHECK(*elsewhere != nullptr);
    CHECK_EQ(text_of(s, "locked/x"), "x");  // nobody else is kept out
  }
  auto again = s.try_lock_folder("locked");
  CHECK_OK(again);
  CHECK(*again != nullptr);
  CHECK_CODE(s.try_lock_folder("../out"), Code::kInvalid);

  // Who holds it looks and replaces without anybody in between.
  again->reset();
  std::vector<std::thread> threads;
  std::atomic<int> errors{0}, counted{0};
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      for (int done = 0; done < 50;) {
        auto lock = s.try_lock_folder("locked");
        if (!lock.ok()) ++errors;
        if (!lock.ok() || *lock) {
          ++done;
          const int seen = counted;
          std::this_thread::yield();
          counted = seen + 1;
        }
        std::this_thread::yield();
      }
    });
  for (auto& t : threads) t.join();
  CHECK_EQ(errors.load(), 0);
  CHECK_EQ(counted.load(), 150);
  return "";
}

// The same promise on each kind.
template <std::string (*kPromise)(Storage&)>
std::string on_each() {
  for (const Kind& kind : kKinds) {
    auto storage = kind.make();
    if (std::string message = kPromise(*storage); !message.empty()) return cat(kind.name, ": ", message);
  }
  return "";
}

std::string helpers() {
  CHECK_EQ(folder_of("a/b/data.af"), "a/b");
  CHECK_EQ(folder_of("x.af"), "");
  CHECK_EQ(name_of("a/b/data.af"), "data.af");
  CHECK_EQ(name_of("x.af"), "x.af");
  auto a = random_id(), b = random_id();
  CHECK_OK(a);
  CHECK_OK(b);
  CHECK(!(*a == *b) && !a->is_nil());
  CHECK(next_object_version() != next_object_version());
  CHECK(wall_clock_ns() > 1'700'000'000'000'000'000);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"helpers", helpers},
                    {"create_only_if_absent", on_each<create_only_if_absent>},
                    {"one_object_has_several_names", on_each<one_object_has_several_names>},
                    {"create_has_one_winner", on_each<create_has_one_winner>},
                    {"replace_takes_the_place", on_each<replace_takes_the_place>},
                    {"readers_are_told_of_the_end", on_each<readers_are_told_of_the_end>},
                    {"staged_bytes", on_each<staged_bytes>},
                    {"many_threads_write_one_object", on_each<many_threads_write_one_object>},
                    {"leftovers", on_each<leftovers>},
                    {"rename_moves_once", on_each<rename_moves_once>},
                    {"list_one_folder", on_each<list_one_folder>},
                    {"one_holds_a_folder", on_each<one_holds_a_folder>},
                    {"bad_keys_are_refused", on_each<bad_keys_are_refused>},
                    {"missing_objects_are_named", on_each<missing_objects_are_named>}});
}
