// What only the storage in memory has: objects that outlive it, and names that are staged before they hold anything.

#include "storage/memory.h"

#include "internal_test.h"

namespace {
using namespace strata;

std::string readers_and_writers_outlive_the_storage() {
  auto s = make_memory_storage("short");
  CHECK_OK(replace_object(*s, "x", as_bytes("x")));
  auto reader = s->open("x");
  auto staged = s->stage("y", "y.part");
  CHECK_OK(reader);
  CHECK_OK(staged);
  s.reset();
  uint8_t x;
  CHECK_OK((*reader)->read(0, {&x, 1}));
  CHECK_EQ(x, 'x');
  CHECK_OK((*staged)->write_at(0, as_bytes("y")));
  CHECK_OK((*staged)->seal(1));
  CHECK_OK((*staged)->create_as("y"));
  return "";
}

std::string storages_do_not_share() {
  auto a = make_memory_storage("same"), b = make_memory_storage("same");
  CHECK_OK(replace_object(*a, "x", as_bytes("x")));
  CHECK_CODE(b->open("x"), Code::kNotFound);
  CHECK_EQ(a->describe("a/x"), "memory://same/a/x");
  CHECK_EQ(a->slab_bytes(), uint64_t{0});
  return "";
}

std::string a_staged_name_is_empty_until_sealed() {
  auto s = make_memory_storage("staged");
  auto staged = s->stage("x", "x.part");
  CHECK_OK(staged);
  CHECK_OK((*staged)->write_at(0, as_bytes("text")));
  auto before = s->open("x.part");
  CHECK_OK(before);
  CHECK_EQ((*before)->size(), uint64_t{0});
  CHECK_OK((*staged)->seal(4));
  auto after = s->open("x.part");
  CHECK_OK(after);
  CHECK_EQ((*after)->size(), uint64_t{4});
  CHECK_EQ((*before)->size(), uint64_t{0});  // an object does not change under its reader
  CHECK_OK(s->remove("x.part"));
  CHECK_CODE((*staged)->create_as("x"), Code::kNotFound);
  return "";
}

// Sealing hands the bytes over; nothing is copied.
std::string sealing_keeps_the_memory() {
  auto s = make_memory_storage("large");
  auto staged = s->stage("x", "");
  CHECK_OK(staged);
  CHECK_OK((*staged)->write_at((64 << 20) - 1, as_bytes("!")));
  CHECK_CODE((*staged)->write_at(UINT64_MAX - 1, as_bytes("!")), Code::kLimit);
  CHECK_CODE((*staged)->seal(UINT64_MAX), Code::kLimit);
  CHECK_OK((*staged)->seal(64 << 20));
  CHECK_OK((*staged)->create_as("x"));
  auto reader = s->open("x");
  CHECK_OK(reader);
  uint8_t end[2] = {1, 1};
  CHECK_OK((*reader)->read((64 << 20) - 2, end));
  CHECK(end[0] == 0 && end[1] == '!');
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"readers_and_writers_outlive_the_storage", readers_and_writers_outlive_the_storage},
                    {"storages_do_not_share", storages_do_not_share},
                    {"a_staged_name_is_empty_until_sealed", a_staged_name_is_empty_until_sealed},
                    {"sealing_keeps_the_memory", sealing_keeps_the_memory}});
}
