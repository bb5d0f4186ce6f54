// Where bytes live: a flat space of keys ("temperature/data.1.af") over a local folder or memory; object stores follow
// behind the same interface. Everything the engine does to the outside goes through here, so a test can fail any of it.
//
// A commit becomes visible by exactly one of two operations: `Staged::create_as` (a name that did not exist) or a
// replacement (`Staged::replace_as`, `Storage::rename`). Nothing is ever changed in place.
//
// Threads: every member may be called from any thread at once, except that one Staged belongs to one writer at a time;
// its write_at may be called from many threads for ranges that do not overlap.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/id128.h"
#include "base/status.h"

namespace strata {

// Tells versions of an object apart, for cache keys: a number drawn when the reader was opened. Never a path or time.
using ObjectVersion = uint64_t;

// Where an object lies, whatever its names: another object has another place as long as a reader of this one is held.
struct ObjectPlace {
  uint64_t volume = 0, number = 0;
  bool operator==(const ObjectPlace&) const = default;
};

// An object as it was when it was opened: later replacements of its name do not change what is read here.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual uint64_t size() const = 0;
  virtual ObjectVersion version() const = 0;
  virtual ObjectPlace place() const = 0;
  // Tells what lay under a name from what lies there later, also for other processes: a time of change, an ETag's hash. Other names of
  // the same object have the same one, a copy may have another. 0: nothing is known.
  virtual uint64_t stamp() const = 0;
  // Fills `out` from `offset`. Fewer bytes than asked for is kCorrupt ("... ends at ..."): the object was cut.
  virtual Status read(uint64_t offset, MutBytes out) const = 0;
};

enum class Created { kMade, kTaken };

// An object under construction. It has a name of its own (`key`) or none (an unlinked file) until it is placed. Gone
// when this is destroyed, unless it was placed or kept.
class Staged {
 public:
  virtual ~Staged() = default;
  virtual Status write_at(uint64_t offset, Bytes bytes) = 0;
  virtual Status read_at(uint64_t offset, MutBytes out) const = 0;  // what was written so far
  // Sets the length and makes the bytes durable (fsync). No write after this. Fails: throw the object away.
  virtual Status seal(uint64_t size) = 0;
  // Names the sealed object `key` if nothing has that name. Durable after sync_folder.
  virtual Result<Created> create_as(std::string_view key) = 0;
  // Names the sealed object `key`, in place of what had that name. Durable after sync_folder.
  virtual Status replace_as(std::string_view key) = 0;
  // The sealed object stays under its staging key when this is destroyed (compaction: named by a marker).
  // REQUIRES: staged with a key.
  virtual void keep() = 0;
};

// Keeps other writers out of a folder until it goes.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};

struct ListEntry {
  std::string key;
  uint64_t size = 0;
  int64_t modified_ns = 0;  // by the storage's clock, since 1970
};

class Storage {
 public:
  virtual ~Storage() = default;

  // Opens for reading. kNotFound when there is no such object.
  virtual Result<std::shared_ptr<const ObjectReader>> open(std::string_view key) = 0;
  // Begins a new object beside `key` (same folder). staging_key: the name it has until it is placed; empty = none
  // where the system can do so (it then leaves nothing behind when the process dies).
  virtual Result<std::unique_ptr<Staged>> stage(std::string_view key, std::string_view staging_key) = 0;
  // The object that has the name `key`, sealed, to be given one more name, or to take the place of what has one. Its bytes are
  // shared where the place can do so. kNotFound when it is gone.
  virtual Result<std::unique_ptr<Staged>> stage_again(std::string_view key) = 0;
  // Objects directly in `folder` ("" = the root), in no order; not those in folders below it. A missing folder is empty.
  virtual Result<std::vector<ListEntry>> list(std::string_view folder) = 0;
  // Names of the folders directly in `folder`, in no order. One without objects may be among them or not.
  virtual Result<std::vector<std::string>> list_folders(std::string_view folder) = 0;
  // Removes the name. Not there: fine.
  virtual Status remove(std::string_view key) = 0;
  // `from` becomes `to`, in place of what had that name; kNotFound when `from` is gone. Only one caller can win.
  virtual Status rename(std::string_view from, std::string_view to) = 0;
  // Makes names created, replaced and removed in `folder` durable, and the folders above it that were made.
  virtual Status sync_folder(std::string_view folder) = 0;
  // For what no single operation can do: to look, and to replace what was seen. nullptr: another has the lock. It goes with
  // the process that holds it. Only those who ask for it are kept out; where the place knows no locks, nobody is.
  virtual Result<std::unique_ptr<FolderLock>> try_lock_folder(std::string_view folder);
  // The words for `key` in messages: a path, a URL without its query.
  virtual std::string describe(std::string_view key) const = 0;
  // Bytes of one raw slab that the cache should hold of objects here; 0 = reading again is cheap, keep none.
  virtual uint64_t slab_bytes() const = 0;
};

// "a/b/data.af" -> "a/b"; "x.af" -> "".
std::string_view folder_of(std::string_view key);
// "a/b/data.af" -> "data.af".
std::string_view name_of(std::string_view key);

// One object whole. kLimit above `max_bytes`.
Result<Buffer> read_object(Storage& storage, std::string_view key, uint64_t max_bytes = UINT64_MAX);
// Stages, seals, replaces and syncs the folder: the object is the old or the new one, whole, at every instant.
Status replace_object(Storage& storage, std::string_view key, Bytes bytes);
// As replace_object, but which of the two a power cut leaves is not decided before the next sync of the folder.
Status replace_derived_object(Storage& storage, std::string_view key, Bytes bytes);

// Random ids and the next ObjectVersion (never 0) of this process.
Result<Id128> random_id();
ObjectVersion next_object_version();
// Wall clock, nanoseconds since 1970.
int64_t wall_clock_ns();

}  // namespace strata
