// All that may be left of a storage at one moment: by a process that is killed, and by power that fails, which may drop any of the
// names and bytes that are not synced.
#pragma once

#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/status.h"
#include "support/fault_storage.h"

namespace strata::test {

// What was judged is judged only once.
class Aftermaths {
 public:
  // Calls judge(storage, journal) for each, with the journal of what is durable of it, and ends with the first that has something to
  // say. question: what the judge asks, by number; the same state may be a good answer to one question and none to another.
  // All subsets of up to six names; of more those that keep the first so many, and as many others.
  template <typename Judge>
  std::string each(const FaultStorage& storage, uint64_t question, Judge&& judge) {
    const Journal& journal = storage.journal();
    std::string wrong = one("killed", journal.left(), &journal, question, judge);
    auto cut = [&](const std::vector<bool>& kept) {
      for (Loss loss : kLosses) {
        if (!wrong.empty()) return;
        std::string what = cat("power lost, ", name_of_loss(loss), " not synced left, of the names ");
        for (bool b : kept) what += b ? '1' : '0';
        wrong = one(what, journal.survivors(kept, loss), nullptr, question, judge);
        if (!journal.unsynced_bytes()) break;
      }
    };
    const size_t n = journal.unsynced();
    std::vector<bool> kept(n);
    if (n <= 6) {
      for (size_t bits = 0; bits < size_t{1} << n; ++bits) {
        for (size_t i = 0; i < n; ++i) kept[i] = bits >> i & 1;
        cut(kept);
      }
      return wrong;
    }
    for (size_t prefix = 0; prefix <= n; ++prefix) {
      for (size_t i = 0; i < n; ++i) kept[i] = i < prefix;
      cut(kept);
      for (size_t i = 0; i < n; ++i) kept[i] = random_() & 1;
      cut(kept);
    }
    return wrong;
  }
  size_t seen() const { return seen_.size(); }

 private:
  // journal: nullptr: all of it is durable.
  template <typename Judge>
  std::string one(std::string_view what, const Journal::Contents& contents, const Journal* journal, uint64_t question, Judge& judge) {
    std::string all = journal ? journal->unsynced_names() : std::string();
    for (const auto& [key, bytes] : contents) all += cat(key, ' ', xxh3_64(as_bytes(bytes)), '\n');
    if (!seen_.insert({xxh3_64(as_bytes(all)), question}).second) return "";
    auto storage = storage_of(contents);
    if (!storage.ok()) return std::string(storage.status().message());
    Journal durable;
    if (!journal)
      for (const auto& [key, bytes] : contents) durable.already_there(key, std::make_shared<Object>(Object{bytes, 0, true}));
    std::string wrong = judge(*storage, journal ? *journal : durable);
    return wrong.empty() ? wrong : cat(what, ": ", wrong);
  }

  std::set<std::pair<uint64_t, uint64_t>> seen_;
  std::mt19937 random_{7};
};

inline bool is_durable(const Journal& journal) { return journal.unsynced() == 0 && !journal.unsynced_bytes(); }

}  // namespace strata::test
