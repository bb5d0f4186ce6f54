// What a check, a repair or a salvage has found and done.
#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include "base/status.h"

namespace strata {

// The numbers are those of strata_finding in strata.h.
enum class FindingKind : int32_t {
  kObject = 1,      // an object that cannot be read, or does not belong where it lies
  kMissing = 2,     // an object that is not there
  kArray = 3,       // an array that cannot be opened, or an attribute of it
  kChunk = 4,       // a chunk that cannot be read
  kStatistics = 5,  // statistics that are not believed
  kLeftover = 6,    // of a writer that was stopped
  kDropped = 7,     // what a repair has taken away, or would take away
  kRestored = 8,    // what a repair has put back, or would put back
};
enum class Severity : int32_t {
  kNote = 1,    // nothing is lost by it
  kDefect = 2,  // something cannot be read
};

inline constexpr uint64_t kNoChunk = UINT64_MAX;

struct Finding {
  FindingKind kind = FindingKind::kObject;
  Severity severity = Severity::kDefect;
  std::string object;   // as messages name it
  std::string dataset;  // of a store
  std::string array;
  uint64_t chunk = kNoChunk;  // its number in the grid, row-major
  std::string text;           // what is wrong
  std::string effect;         // what that means for who reads
};

struct Findings {
  std::vector<Finding> list;
  uint64_t objects = 0, chunks = 0, bytes = 0;  // that were looked at, or copied

  void add(Findings more) {
    list.insert(list.end(), std::make_move_iterator(more.list.begin()), std::make_move_iterator(more.list.end()));
    objects += more.objects;
    chunks += more.chunks;
    bytes += more.bytes;
  }
  bool any_defect() const {
    for (const Finding& f : list)
      if (f.severity == Severity::kDefect) return true;
    return false;
  }
};

// What concerns the call and not the file: the caller's wish, and memory.
inline bool ends_the_call(Code code) { return code == Code::kCancelled || code == Code::kDeadline || code == Code::kNoMemory; }
// The storage did not give it. Whether that is damaged nobody knows.
inline bool is_unread(Code code) {
  return code == Code::kIo || code == Code::kNoSpace || code == Code::kPermission || code == Code::kReadOnly;
}
// Nothing is to be concluded from it, least of all that something is to be taken away.
inline bool leaves_it_open(Code code) { return ends_the_call(code) || is_unread(code); }

}  // namespace strata
