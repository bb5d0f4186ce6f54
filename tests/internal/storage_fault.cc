// The storage that tests use to fail others: it must itself fail as told, and know what a power cut leaves.

#include "internal_test.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

namespace {
using namespace strata;
using namespace strata::test;

std::string text_of(Storage& s, std::string_view key) {
  auto got = read_object(s, key);
  return got.ok() ? std::string(as_text(got->bytes())) : cat("<", static_cast<int>(got.code()), ">");
}

std::string each_operation_can_fail() {
  uint64_t operations = 0;
  for (uint64_t k = 0; k <= 5; ++k)
    for (bool done : {false, true}) {
      FaultStorage s(make_memory_storage("fault"));
      CHECK_OK(replace_object(s, "a/x", as_bytes("old")));
      s.arm({.at = k, .code = Code::kNoSpace, .done = done});
      Status outcome = replace_object(s, "a/x", as_bytes("new"));
      CHECK_EQ(outcome.code() == Code::kNoSpace, k != 0);
      if (k == 0) operations = s.counted();
      // Stage, write, seal, replace, sync.
      const bool replaced = k == 0 || k == 5 || (k == 4 && done);
      CHECK_EQ(text_of(s, "a/x"), replaced ? "new" : "old");
      CHECK(!s.stopped());
    }
  CHECK_EQ(operations, uint64_t{5});
  return "";
}

std::string a_killed_process_does_no_more() {
  FaultStorage s(make_memory_storage("fault"));
  s.arm({.at = 3, .stop = true});
  {
    auto staged = s.stage("x", "x.part");
    CHECK_OK(staged);
    CHECK_OK((*staged)->write_at(0, as_bytes("bytes")));
    CHECK_CODE((*staged)->seal(5), Code::kIo);
    CHECK_CODE((*staged)->seal(5), Code::kIo);
    CHECK_CODE(s.open("x.part"), Code::kIo);
    CHECK_CODE(s.list(""), Code::kIo);
  }
  CHECK(s.stopped());
  CHECK_OK(s.inner()->open("x.part"));  // left behind
  s.arm({});
  CHECK_OK(s.open("x.part"));
  return "";
}

std::string a_power_cut_drops_what_was_not_synced() {
  FaultStorage s(make_memory_storage("fault"));
  CHECK_OK(replace_object(*s.inner(), "d/before", as_bytes("before")));
  CHECK_OK(s.take_over("d"));
  CHECK_OK(replace_object(s, "d/x", as_bytes("old")));
  CHECK_EQ(s.unsynced(), size_t{0});

  auto staged = s.stage("d/x", "d/x.part");
  CHECK_OK(staged);
  CHECK_OK((*staged)->write_at(0, as_bytes("newer")));
  CHECK_EQ(s.unsynced(), size_t{1});
  auto cut = s.survivors({true});  // the name is there, half of the bytes
  CHECK_OK(cut);
  CHECK_EQ(text_of(**cut, "d/x.part"), "ne");
  CHECK_OK((*staged)->seal(5));
  CHECK_OK((*staged)->replace_as("d/x"));
  CHECK_EQ(s.unsynced(), size_t{2});

  cut = s.survivors();
  CHECK_OK(cut);
  CHECK_EQ(text_of(**cut, "d/x"), "old");
  CHECK_EQ(text_of(**cut, "d/before"), "before");
  CHECK_CODE((*cut)->open("d/x.part"), Code::kNotFound);
  cut = s.survivors({true, true});
  CHECK_OK(cut);
  CHECK_EQ(text_of(**cut, "d/x"), "newer");
  CHECK_CODE((*cut)->open("d/x.part"), Code::kNotFound);

  CHECK_OK(s.rename("d/x", "e/x"));
  CHECK_OK(s.remove("d/before"));
  CHECK_EQ(s.unsynced(), size_t{4});
  CHECK_OK(s.sync_folder("other"));
  CHECK_EQ(s.unsynced(), size_t{4});
  CHECK_OK(s.sync_folder("d"));
  CHECK_EQ(s.unsynced(), size_t{0});
  cut = s.survivors();
  CHECK_OK(cut);
  CHECK_EQ(text_of(**cut, "e/x"), "newer");
  CHECK_CODE((*cut)->open("d/x"), Code::kNotFound);
  CHECK_CODE((*cut)->open("d/before"), Code::kNotFound);
  return "";
}

std::string create_leaves_two_changes() {
  FaultStorage s(make_memory_storage("fault"));
  auto staged = s.stage("x", "x.part");
  CHECK_OK(staged);
  CHECK_OK((*staged)->write_at(0, as_bytes("x")));
  CHECK_OK((*staged)->seal(1));
  CHECK_OK((*staged)->create_as("x"));
  CHECK_EQ(s.unsynced(), size_t{3});
  auto cut = s.survivors({true, true, false});
  CHECK_OK(cut);
  CHECK_EQ(text_of(**cut, "x"), "x");
  CHECK_EQ(text_of(**cut, "x.part"), "x");
  return "";
}

std::string looks_are_counted_by_name() {
  FaultStorage s(make_memory_storage("fault"));
  CHECK_OK(replace_object(s, "x", as_bytes("0123")));
  s.reset_counters();
  CHECK_EQ(text_of(s, "x"), "0123");
  CHECK_CODE(s.open("y"), Code::kNotFound);
  CHECK_EQ(s.opens("x"), uint64_t{1});
  CHECK_EQ(s.opens("y"), uint64_t{1});
  CHECK_EQ(s.opens(), uint64_t{2});
  CHECK_EQ(s.reads(), uint64_t{1});
  CHECK_EQ(s.bytes_read(), uint64_t{4});
  s.arm({.at = 1, .ops = kRead});
  CHECK_EQ(text_of(s, "x"), "<-60>");
  CHECK_EQ(text_of(s, "x"), "0123");
  int hooked = 0;
  s.on_operation([&](Op op, std::string_view key) { hooked += op == kOpen && key == "x"; });
  CHECK_EQ(text_of(s, "x"), "0123");
  CHECK_EQ(hooked, 1);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"each_operation_can_fail", each_operation_can_fail},
                    {"a_killed_process_does_no_more", a_killed_process_does_no_more},
                    {"a_power_cut_drops_what_was_not_synced", a_power_cut_drops_what_was_not_synced},
                    {"create_leaves_two_changes", create_leaves_two_changes},
                    {"looks_are_counted_by_name", looks_are_counted_by_name}});
}
