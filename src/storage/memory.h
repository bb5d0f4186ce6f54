// Objects in this process's memory.
#pragma once

#include <memory>
#include <string>

#include "storage/storage.h"

namespace strata {

// name: for messages ("memory://name/key"). Objects live as long as the storage or a reader of them.
std::shared_ptr<Storage> make_memory_storage(std::string name);

}  // namespace strata
