#include "output_file.h"

#include <unistd.h>

#include <cstdio>

#include "command.h"
#include "interrupt.h"

namespace strata_cli {

std::string OutputFile::part_of(const std::string& path) { return path + ".part" + std::to_string(::getpid()); }

OutputFile::OutputFile(std::string path) : path_(std::move(path)), part_(part_of(path_)), out_(part_, std::ios::binary | std::ios::trunc) {
  if (!out_) throw Failure("cannot write " + printable(path_));
}

OutputFile::~OutputFile() { std::remove(part_.c_str()); }

void OutputFile::finish() {
  stop_if_asked();
  out_.close();
  if (!out_) throw Failure("writing " + printable(path_) + " failed; is there room?");
  if (std::rename(part_.c_str(), path_.c_str()) != 0) throw Failure("cannot replace " + printable(path_));
}

}  // namespace strata_cli
