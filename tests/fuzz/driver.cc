// libFuzzer's way into a harness.
#include "harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  strata::fuzz::run({data, size});
  return 0;
}
