// The cache alone on its thread: what is kept, what is dropped, what is counted.

#include <algorithm>

#include "cache/cache.h"
#include "internal_test.h"
#include "storage/memory.h"

namespace {
using namespace strata;

Cache::Loader filled(size_t n, uint8_t with, int* loads = nullptr) {
  return [=]() -> Result<Buffer> {
    if (loads) ++*loads;
    Buffer b(n);
    std::fill_n(b.data(), n, with);
    return b;
  };
}

std::string kept_and_found() {
  Cache cache(1 << 20);
  int loads = 0;
  for (int i = 0; i < 3; ++i) {
    auto got = cache.get({1, 2}, nullptr, filled(1000, 7, &loads));
    CHECK_OK(got);
    CHECK_EQ((*got)->size(), size_t{1000});
    CHECK_EQ((*got)->data()[999], 7);
  }
  CHECK_EQ(loads, 1);
  CHECK(cache.peek({1, 2}) != nullptr);
  CHECK(cache.peek({2, 2}) == nullptr);  // another version
  CHECK(cache.peek({1, 3}) == nullptr);
  auto c = cache.counters();
  CHECK_EQ(c.hits, uint64_t{3});
  CHECK_EQ(c.misses, uint64_t{1});
  CHECK_EQ(c.capacity, uint64_t{1 << 20});
  CHECK(c.bytes >= 1000 && c.bytes < 2000);
  return "";
}

std::string budget_is_never_exceeded() {
  for (uint64_t capacity : {uint64_t{0}, uint64_t{1000}, uint64_t{1} << 20, uint64_t{200} << 20}) {
    Cache cache(capacity);
    CHECK_EQ(cache.counters().capacity, capacity);
    for (uint64_t i = 0; i < 3000; ++i) {
      auto got = cache.get({1 + i % 7, i * 4096}, nullptr, filled(1 + i * 37 % (i % 100 ? 5000 : 300000), 1));
      CHECK_OK(got);
      CHECK(cache.counters().bytes <= capacity);
    }
    if (capacity == 1 << 20) {
      auto c = cache.counters();
      CHECK(c.evictions > 0 && c.bytes > capacity / 2);
    }
    if (capacity == 0) CHECK_EQ(cache.counters().misses, uint64_t{3000});
    for (uint64_t object = 1; object <= 7; ++object) cache.forget(object);
    CHECK_EQ(cache.counters().bytes, uint64_t{0});
  }
  return "";
}

std::string half_of_a_small_cache_fits() {
  Cache cache(1 << 20);
  CHECK_OK(cache.get({1, 0}, nullptr, filled(512 << 10, 1)));
  CHECK(cache.peek({1, 0}) != nullptr);
  CHECK_OK(cache.get({1, 1}, nullptr, filled(2 << 20, 1)));  // more than all of it: answered, not kept
  CHECK(cache.peek({1, 1}) == nullptr);
  CHECK(cache.peek({1, 0}) != nullptr);  // and nothing had to go for it
  Cache large(256 << 20);
  CHECK_OK(large.get({1, 0}, nullptr, filled(32 << 20, 1)));
  CHECK(large.peek({1, 0}) != nullptr);
  return "";
}

// What the memory really is counts, not what is used of it.
std::string capacity_of_buffers_counts() {
  Cache cache(1 << 20);
  CHECK_OK(cache.get({1, 0}, nullptr, []() -> Result<Buffer> {
    Buffer b(600 << 10);
    b.shrink(10);
    return b;
  }));
  CHECK(cache.counters().bytes >= 600 << 10);
  return "";
}

std::string what_is_used_survives_a_scan() {
  Cache cache(1 << 20);
  for (uint64_t i = 0; i < 20; ++i) CHECK_OK(cache.get({1, i}, nullptr, filled(10000, 1)));
  for (uint64_t i = 0; i < 5000; ++i) {
    CHECK_OK(cache.get({2, i}, nullptr, filled(10000, 2)));
    if (i % 10 == 0)
      for (uint64_t k = 0; k < 20; ++k) cache.peek({1, k});
  }
  for (uint64_t k = 0; k < 20; ++k) CHECK(cache.peek({1, k}) != nullptr);
  return "";
}

std::string forget_one_object() {
  Cache cache(64 << 20);
  for (uint64_t object = 1; object <= 3; ++object)
    for (uint64_t i = 0; i < 100; ++i)
      CHECK_OK(cache.get({object, i * 512}, nullptr, filled(100, static_cast<uint8_t>(object))));
  auto held = cache.peek({2, 512});
  CHECK(held != nullptr);
  cache.forget(2);
  cache.forget(99);
  for (uint64_t i = 0; i < 100; ++i) {
    CHECK(cache.peek({1, i * 512}) != nullptr);
    CHECK(cache.peek({2, i * 512}) == nullptr);
    CHECK(cache.peek({3, i * 512}) != nullptr);
  }
  CHECK_EQ(held->data()[99], 2);  // who holds it keeps it
  // Forgotten while it is loaded: answered, not kept.
  auto got = cache.get({4, 0}, nullptr, [&]() -> Result<Buffer> {
    cache.forget(4);
    return Buffer(10);
  });
  CHECK_OK(got);
  CHECK(cache.peek({4, 0}) == nullptr);
  return "";
}

std::string errors_are_not_kept() {
  Cache cache(1 << 20);
  CHECK_CODE(cache.get({1, 1}, nullptr, []() -> Result<Buffer> { return Status(Code::kIo, "broken"); }), Code::kIo);
  CHECK_CODE(cache.get({1, 1}, nullptr, []() -> Result<Buffer> { throw std::bad_alloc(); }), Code::kNoMemory);
  CHECK_CODE(cache.get({1, 1}, nullptr, []() -> Result<Buffer> { throw std::runtime_error("odd"); }), Code::kInternal);
  CHECK_EQ(cache.counters().bytes, uint64_t{0});
  CHECK_OK(cache.get({1, 1}, nullptr, filled(5, 1)));
  CHECK_OK(cache.get({1, 1}, nullptr, []() -> Result<Buffer> { return Status(Code::kIo, "not asked"); }));
  return "";
}

std::string an_empty_block_is_a_block() {
  Cache cache(1 << 20);
  int loads = 0;
  for (int i = 0; i < 2; ++i) {
    auto got = cache.get({1, 1}, nullptr, filled(0, 0, &loads));
    CHECK_OK(got);
    CHECK((*got)->empty());
  }
  CHECK_EQ(loads, 1);
  return "";
}

// Counts the requests that reach the object.
struct Counted final : ObjectReader {
  std::shared_ptr<const ObjectReader> inner;
  mutable uint64_t requests = 0, bytes = 0;
  uint64_t size() const override { return inner->size(); }
  ObjectPlace place() const override { return {}; }
  uint64_t stamp() const override { return 0; }
  ObjectVersion version() const override { return inner->version(); }
  Status read(uint64_t offset, MutBytes out) const override {
    ++requests;
    bytes += out.size();
    return inner->read(offset, out);
  }
};

std::string raw_reads_in_slabs() {
  auto storage = make_memory_storage("raw");
  std::string text;
  for (int i = 0; i < 10050; ++i) text.push_back(static_cast<char>(i * 31 % 251));
  CHECK_OK(replace_object(*storage, "x", as_bytes(text)));
  auto opened = storage->open("x");
  CHECK_OK(opened);
  Counted object;
  object.inner = *opened;
  auto read = [&](RawCache& cache, uint64_t slab, uint64_t at, size_t n) -> std::string {
    Buffer out(n);
    Status s = cache.read(object, slab, at, out.bytes(), nullptr);
    return s.ok() ? std::string(as_text(out.bytes())) : cat("<", static_cast<int>(s.code()), ">");
  };

  RawCache cache(1 << 20, 0);
  CHECK_EQ(read(cache, 1000, 10, 100), text.substr(10, 100));
  CHECK_EQ(object.bytes, uint64_t{1000});
  CHECK_EQ(read(cache, 1000, 500, 400), text.substr(500, 400));
  CHECK_EQ(object.requests, uint64_t{1});
  CHECK_EQ(read(cache, 1000, 990, 999), text.substr(990, 999));  // two slabs, one of them there
  CHECK_EQ(object.requests, uint64_t{2});
  CHECK_EQ(read(cache, 1000, 10040, 10), text.substr(10040, 10));  // the last one is short
  CHECK_EQ(object.requests, uint64_t{3});
  CHECK_EQ(object.bytes, uint64_t{2050});
  CHECK_EQ(read(cache, 1000, 0, 1000), text.substr(0, 1000));  // a whole slab or more goes past
  CHECK_EQ(object.requests, uint64_t{4});
  CHECK_EQ(read(cache, 0, 20, 10), text.substr(20, 10));  // as does what the storage does not want
  CHECK_EQ(object.requests, uint64_t{5});
  CHECK_EQ(read(cache, 1000, 10045, 10), "<-41>");
  CHECK_EQ(read(cache, 1000, UINT64_MAX - 3, 10), "<-41>");
  CHECK_EQ(read(cache, 1000, 10050, 0), "");
  cache.forget(object.version());
  CHECK_EQ(cache.counters().bytes, uint64_t{0});

  const uint64_t before = object.bytes;
  RawCache fixed(1 << 20, 64), none(0, 64);
  CHECK_EQ(read(fixed, 1000, 65, 10), text.substr(65, 10));
  CHECK_EQ(object.bytes, before + 64);
  CHECK_EQ(read(none, 1000, 65, 10), text.substr(65, 10));  // no room to keep a slab: no reason to read one
  CHECK_EQ(object.bytes, before + 74);

  CancelToken stop;
  stop.cancel();
  uint8_t byte;
  CHECK_CODE(fixed.read(object, 0, 0, {&byte, 1}, &stop), Code::kCancelled);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"kept_and_found", kept_and_found},
                    {"budget_is_never_exceeded", budget_is_never_exceeded},
                    {"half_of_a_small_cache_fits", half_of_a_small_cache_fits},
                    {"capacity_of_buffers_counts", capacity_of_buffers_counts},
                    {"what_is_used_survives_a_scan", what_is_used_survives_a_scan},
                    {"forget_one_object", forget_one_object},
                    {"errors_are_not_kept", errors_are_not_kept},
                    {"an_empty_block_is_a_block", an_empty_block_is_a_block},
                    {"raw_reads_in_slabs", raw_reads_in_slabs}});
}
