// Which attributes an array has: index pairs of its record, resolved in the dictionaries of a stack of layers.
//
// Three steps, those of the original (docs/format.md, "Attributes"): the key's index is its place in the newest layer that
// contains the key; the value's index is the pair of that key index; the value is that of the newest layer whose values reach so
// far. In layers that strata wrote each dictionary begins with the one below, and the steps give the one right answer.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "file/stack.h"

namespace strata {

// Keys and values of one array, in order of setting; finding, setting and erasing cost the same however many there are.
class AttributeSet {
 public:
  const Value* find(std::string_view key) const;
  bool is_ambiguous(std::string_view key) const;
  void set(std::string key, Value value, bool ambiguous = false);
  void decide();  // nothing is ambiguous any more: it was written down as it is here
  bool erase(std::string_view key);
  void reserve(size_t count) {
    entries_.reserve(count);
    index_.reserve(count);
  }
  template <typename F>
  void for_each(F&& f) const {
    for (const auto& e : entries_)
      if (!e.gone) f(e.key, e.value);
  }
  size_t size() const { return index_.size(); }

 private:
  struct Entry {
    std::string key;
    Value value;
    bool ambiguous = false;
    bool gone = false;
  };
  std::vector<Entry> entries_;
  std::unordered_map<std::string, size_t, TextHash, TextEqual> index_;
};

class Dictionary {
 public:
  explicit Dictionary(const Stack& stack);  // keeps views into its layers

  // Of the array with these records, newest first.
  AttributeSet resolve(std::span<const LayerRecord> records) const;

  // Whether every dictionary begins with the one below. If not (the original added one), what pairs mean depends on which
  // layers are above, and a writer that adds a dictionary has to write the records of all arrays with attributes anew.
  bool consistent() const { return consistent_; }
  // The newest dictionary that is not empty: what a new one has to begin with.
  std::vector<std::string> newest_keys() const;
  std::vector<Value> newest_values() const;

 private:
  bool is_certain(std::span<const LayerRecord> records, std::pair<uint64_t, uint64_t> pair, std::string_view key,
                  const Value& value) const;

  std::vector<const FooterView*> layers_;  // newest first, those with a dictionary
  std::unordered_map<uint64_t, std::vector<std::string_view>> keys_by_index_;
  std::vector<const FooterView*> value_layers_;  // newest first, each longer than those before
  bool consistent_ = true;
};

// Collects keys and values of a new layer, each once.
class DictionaryBuilder {
 public:
  void begin_with(std::vector<std::string> keys, std::vector<Value> values);
  // The pairs of an array, ascending by key index.
  std::vector<std::pair<uint64_t, uint64_t>> add(const AttributeSet& attributes);
  void move_to(Footer& footer);

 private:
  struct ValueHash {
    size_t operator()(const Value& v) const {
      return xxh3_64(as_bytes(v.text)) ^ (v.bits * 0x9E3779B97F4A7C15u) ^ static_cast<size_t>(v.type);
    }
  };
  std::vector<std::string> keys_;
  std::vector<Value> values_;
  std::unordered_map<std::string, uint64_t, TextHash, TextEqual> key_index_;
  std::unordered_map<Value, uint64_t, ValueHash> value_index_;
};

}  // namespace strata
