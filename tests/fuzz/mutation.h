// Mutations that know the structure, so that libFuzzer gets past the checks in front of it: an archive is changed as the tree that
// it is and encoded anew, a section as its entries with the checksum made right, a file as its parts. Each takes bytes and a
// seed; what it cannot take apart it gives back as it was, for libFuzzer's own mutations.
#pragma once

#include <random>

#include "base/bytes.h"

namespace strata::fuzz {

using Random = std::minstd_rand;

Buffer mutate_archive(Bytes archive, Random& random);  // of a footer
Buffer mutate_stats(Bytes object, Random& random);
Buffer mutate_section(Bytes section, Random& random);
Buffer mutate_file(Bytes objects, Random& random);   // of harness file
Buffer mutate_store(Bytes objects, Random& random);  // of harness store

// Numbers where things break: edges, small steps, others' values.
uint64_t odd_number(uint64_t now, Random& random);
Buffer mutate_words(Bytes bytes, Random& random);

}  // namespace strata::fuzz

#ifdef STRATA_FUZZ_ENGINE
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
// One time in three, bytes as libFuzzer likes.
#define STRATA_FUZZ_MUTATOR(mutate)                                                                             \
  extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {       \
    strata::fuzz::Random random(seed);                                                                          \
    if (random() % 3 == 0 || size == 0) return LLVMFuzzerMutate(data, size, max_size);                          \
    const strata::Buffer out = strata::fuzz::mutate({data, size}, random);                                      \
    const strata::Bytes whole = out.bytes();                                                                    \
    if (whole.size() > max_size || whole.empty()) return LLVMFuzzerMutate(data, size, max_size);                \
    if (strata::as_text(whole) == strata::as_text({data, size})) return LLVMFuzzerMutate(data, size, max_size); \
    std::memcpy(data, whole.data(), whole.size());                                                              \
    return whole.size();                                                                                        \
  }
#else
#define STRATA_FUZZ_MUTATOR(mutate)
#endif
