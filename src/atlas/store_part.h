// One array file in a commit of a store.
#pragma once

#include <string>

#include "atlas/store.h"
#include "file/file_commit.h"

namespace strata {

struct Store::Part {
  std::string array;
  FileCommit file;
};

}  // namespace strata
