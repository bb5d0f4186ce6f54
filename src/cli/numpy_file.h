// .npy files, version 1.0.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "output_file.h"

namespace strata_cli {

class NumpyFile {
 public:
  // Throws Failure: the type has no fixed width, or the file cannot be made.
  NumpyFile(const std::string& path, std::int32_t type, std::span<const std::uint64_t> shape);
  void append(std::span<const std::byte> bytes);
  void finish();

 private:
  OutputFile file_;
};

}  // namespace strata_cli
