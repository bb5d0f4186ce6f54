// What the harnesses share. A harness is one file with run(): whatever the bytes are, it ends, and without a sanitizer's
// complaint. libFuzzer drives it (the fuzz preset), or replay.cc, which runs what is in tests/fuzz/corpus as a plain test.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <iterator>

#include "base/bytes.h"
#include "base/status.h"

namespace strata::fuzz {

void run(Bytes input);

// What must hold for every input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::abort();
}

// What was read has to be read: no compiler may leave it out.
inline void keep(uint64_t sum) {
  static volatile uint64_t sink;
  sink = sink + sum;
}

// A harness proves that it gets somewhere: built with STRATA_FUZZ_PLANTED, it reads beyond a buffer where all of `steps` hold, which is
// so for none of the corpus, and must find that within seconds. Each step that is reached counts as new for libFuzzer; the branches alone
// do not, as a compiler makes one of all of them.
inline void planted([[maybe_unused]] std::initializer_list<bool> steps) {
#ifdef STRATA_FUZZ_PLANTED
  [[gnu::section("__libfuzzer_extra_counters")]] alignas(8) static uint8_t reached[8];
  size_t n = 0;
  for (bool step : steps) {
    if (!step) return;
    reached[n++ % std::size(reached)] = 1;
  }
  auto* small = static_cast<volatile uint8_t*>(std::malloc(1));
  small[1] = 1;
  std::free(const_cast<uint8_t*>(small));
#endif
}

// The beginning of an input as numbers, the rest as bytes; zeroes when it is short.
class Input {
 public:
  explicit Input(Bytes bytes) : bytes_(bytes) {}
  template <typename T>
  T take() {
    T v{};
    const Bytes b = take(sizeof v);
    if (!b.empty()) std::memcpy(&v, b.data(), b.size());
    return v;
  }
  Bytes take(size_t n) {
    const Bytes b = bytes_.first(n < bytes_.size() ? n : bytes_.size());
    bytes_ = bytes_.subspan(b.size());
    return b;
  }
  bool empty() const { return bytes_.empty(); }
  Bytes rest() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace strata::fuzz
