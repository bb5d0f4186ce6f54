// What a power cut would leave of a storage: which names and bytes are durable, and which are not yet.
//
// Every change is an *event* with a name of its own, made of what is done to which kind of key, and of the two events before it:
// "sync of d after create of d/x.N.af, sync of d". A test of tests tells the journal to do one of them wrong.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace strata::test {

struct Object {
  std::string bytes;
  uint64_t last_write = 0;  // where its last write began
  bool sealed = false;
};
using ObjectPtr = std::shared_ptr<Object>;

// What has become of bytes that were not synced.
enum class Loss { kHalf, kAll, kZeros, kHoles, kTorn };
inline constexpr Loss kLosses[] = {Loss::kHalf, Loss::kAll, Loss::kZeros, Loss::kHoles, Loss::kTorn};
std::string_view name_of_loss(Loss loss);

// Events that do not have their effect. Only in the books: who asked for it is told that all is well, and what a living process sees
// is as it was to be.
struct Mistake {
  enum Kind {
    kNone,
    kLeftOut,  // a sync or seal that makes nothing durable
    kLate,     // it comes after the next change of a name, and there is a moment between the two
  } kind = kNone;
  std::vector<std::string> events;
};

// Threads: any at once.
class Journal {
 public:
  using Names = std::map<std::string, ObjectPtr, std::less<>>;
  using Contents = std::map<std::string, std::string>;

  // From now on. A late event that still waits happens first.
  void make(Mistake mistake);
  // How often each event has been made.
  std::map<std::string, uint64_t> events() const;

  void already_there(const std::string& key, ObjectPtr object);
  // All that was there for a process that was killed or whose power failed, and is not durable yet.
  void go_on_from(const Journal& killed);
  // The object that a living process finds under a name; nullptr: none.
  ObjectPtr find(std::string_view key) const;
  void written(Object& object, uint64_t offset, Bytes bytes);
  void sealed(const ObjectPtr& object, std::string_view key, uint64_t size);
  // `verb`: "create" ... gone: the name that goes, or ""; key: the one that is now `object`, or "".
  void named(std::string_view verb, std::string gone, std::string key, ObjectPtr object);
  void synced(std::string_view folder);

  // Changes of names that no sync of their folder has followed.
  size_t unsynced() const;
  // Their names, one after the other.
  std::string unsynced_names() const;
  // Whether one of these names, or a durable one, is that of an object whose bytes are not synced.
  bool unsynced_bytes() const;
  // As a process leaves it that is killed.
  Contents left() const;
  // As a power cut leaves it, which keeps those of the unsynced changes for which `kept` is true (missing: false).
  Contents survivors(const std::vector<bool>& kept, Loss loss) const;

 private:
  struct Change {
    std::string gone, key;
    ObjectPtr object;

    bool touches(std::string_view folder) const;
    void apply(Names& names) const;
  };
  struct Effect {
    enum { kNaming, kSealing, kSyncing } what;
    Change change;       // kNaming
    ObjectPtr object;    // kSealing
    std::string folder;  // kSyncing
  };
  void happen(std::string_view verb, std::string_view key, Effect effect);
  void apply(const Effect& effect);
  void catch_up();

  mutable std::mutex mu_;
  Names alive_;            // what is there
  Names shown_, durable_;  // what a kill and a power cut leave
  std::vector<Change> pending_;
  Mistake mistake_;
  std::map<std::string, uint64_t> events_;
  std::string before_[2];     // the last events, newest first
  std::optional<Effect> late_;
  bool due_ = false;          // the change that it waited for is there
};

}  // namespace strata::test
