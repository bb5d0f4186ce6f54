// A file that appears whole or not at all: it has another name until it is finished.
#pragma once

#include <fstream>
#include <string>

namespace strata_cli {

class OutputFile {
 public:
  explicit OutputFile(std::string path);  // throws Failure
  ~OutputFile();                          // without finish() nothing is left
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::ofstream& stream() { return out_; }
  // It takes its name, instead of one that is there. Throws Failure when not all could be written.
  void finish();

  // The name until then.
  static std::string part_of(const std::string& path);

 private:
  const std::string path_, part_;
  std::ofstream out_;
};

}  // namespace strata_cli
