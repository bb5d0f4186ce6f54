#include "storage/storage.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include <atomic>

namespace strata {

Result<std::unique_ptr<FolderLock>> Storage::try_lock_folder(std::string_view) {
  return std::make_unique<FolderLock>();
}

std::string_view folder_of(std::string_view key) {
  size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
}

std::string_view name_of(std::string_view key) {
  size_t slash = key.rfind('/');
  return slash == std::string_view::npos ? key : key.substr(slash + 1);
}

Result<Buffer> read_object(Storage& storage, std::string_view key, uint64_t max_bytes) {
  STRATA_ASSIGN(auto object, storage.open(key));
  if (object->size() > max_bytes)
    return Status(Code::kLimit,
                  cat(storage.describe(key), " has ", object->size(), " bytes, at most ", max_bytes, " are read"));
  Buffer out(static_cast<size_t>(object->size()));
  STRATA_TRY(object->read(0, out.bytes()));
  return out;
}

Status replace_derived_object(Storage& storage, std::string_view key, Bytes bytes) {
  STRATA_ASSIGN(auto staged, storage.stage(key, ""));
  STRATA_TRY(staged->write_at(0, bytes));
  STRATA_TRY(staged->seal(bytes.size()));
  return staged->replace_as(key);
}

Status replace_object(Storage& storage, std::string_view key, Bytes bytes) {
  STRATA_TRY(replace_derived_object(storage, key, bytes));
  return storage.sync_folder(folder_of(key));
}

Result<Id128> random_id() {
  Id128 id;
  for (size_t have = 0; have < id.bytes.size();) {
    ssize_t n = getrandom(id.bytes.data() + have, id.bytes.size() - have, 0);
    if (n > 0) {
      have += static_cast<size_t>(n);
    } else if (errno != EINTR) {
      return Status(Code::kIo, "the system gives no random bytes", errno);
    }
  }
  return id;
}

ObjectVersion next_object_version() {
  static std::atomic<ObjectVersion> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

int64_t wall_clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace strata
