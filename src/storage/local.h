// A folder of a local file system.
#pragma once

#include <memory>
#include <string>

#include "storage/storage.h"

namespace strata {

// root: a folder, made (with those above it) by the first write. Keys are joined to it with '/'. An empty root is the
// working folder, "/" the file system's own.
std::shared_ptr<Storage> make_local_storage(std::string root);

}  // namespace strata
