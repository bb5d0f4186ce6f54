// The objects of a file or of a store, of which something is damaged: one change at a time, and back.
#pragma once

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "storage/memory.h"

namespace strata::test {

using Objects = std::map<std::string, std::string>;  // bytes by key

inline Result<Objects> taken_from(Storage& storage, const std::vector<std::string>& folders) {
  Objects out;
  for (const std::string& folder : folders) {
    STRATA_ASSIGN(auto list, storage.list(folder));
    for (const ListEntry& e : list) {
      STRATA_ASSIGN(Buffer bytes, read_object(storage, e.key));
      out[e.key] = as_text(bytes.bytes());
    }
  }
  return out;
}

class Damaged {
 public:
  explicit Damaged(const Objects& whole) : whole_(whole) { mend_all(); }

  const std::shared_ptr<Storage>& storage() const { return storage_; }
  const Objects& whole() const { return whole_; }

  void put(const std::string& key, std::string_view bytes) {
    changed_.insert(key);
    if (!replace_object(*storage_, key, as_bytes(bytes)).ok()) std::abort();
  }
  void drop(const std::string& key) {
    changed_.insert(key);
    if (!storage_->remove(key).ok()) std::abort();
  }
  // Of every name of it: those that hold the same bytes, as names of one file do.
  template <typename Change>
  void change_file(const std::string& key, Change&& change) {
    std::string bytes = whole_.at(key);
    change(bytes);
    for (const std::string& name : names_of(key)) put(name, bytes);
  }
  std::vector<std::string> names_of(const std::string& key) const {
    std::vector<std::string> out;
    const std::string& bytes = whole_.at(key);
    for (const auto& [name, others] : whole_)
      if (name == key || others == bytes) out.push_back(name);
    return out;
  }
  void mend() {
    for (const std::string& key : changed_) {
      auto it = whole_.find(key);
      if (it == whole_.end() ? !storage_->remove(key).ok() : !replace_object(*storage_, key, as_bytes(it->second)).ok()) std::abort();
    }
    changed_.clear();
  }
  // After others have written there.
  void mend_all() {
    storage_ = make_memory_storage("damaged");
    changed_.clear();
    for (const auto& [key, bytes] : whole_)
      if (!replace_object(*storage_, key, as_bytes(bytes)).ok()) std::abort();
  }

 private:
  const Objects whole_;
  std::shared_ptr<Storage> storage_;
  std::set<std::string> changed_;
};

inline void flip(std::string& bytes, size_t bit) { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8)); }

// A bit of one of them: half of the time every byte of all is as likely, else every object.
class RandomBits {
 public:
  RandomBits(const Objects& whole, uint64_t seed) : random_(seed) {
    uint64_t size = 0;
    for (const auto& [key, bytes] : whole)
      if (!bytes.empty()) ends_.push_back({size += bytes.size(), bytes.size(), key});
  }
  uint64_t size() const { return ends_.back().end; }

  std::pair<std::string, size_t> next() {
    const Place* place = &ends_[random_() % ends_.size()];
    if (random_() % 2) {
      const uint64_t at = random_() % size();
      for (place = ends_.data(); place->end <= at; ++place) {}
    }
    return {place->key, random_() % (place->size * 8)};
  }

 private:
  struct Place {
    uint64_t end = 0, size = 0;
    std::string key;
  };
  std::vector<Place> ends_;
  std::mt19937_64 random_;
};

// STRATA_FLIPS: how many bits of a large file or store are flipped, of each kind; then they are large, and of small ones every bit is.
inline size_t flips_wanted() {
  const char* wanted = std::getenv("STRATA_FLIPS");
  return wanted ? std::strtoul(wanted, nullptr, 10) : 0;
}

}  // namespace strata::test
