#include "file/attributes.h"

#include <algorithm>

namespace strata {
namespace {

bool begins_with(const FooterView& longer, const FooterView& shorter) {
  if (longer.attr_key_count() < shorter.attr_key_count() || longer.attr_value_count() < shorter.attr_value_count())
    return false;
  for (size_t i = 0; i < shorter.attr_key_count(); ++i)
    if (longer.attr_key(i) != shorter.attr_key(i)) return false;
  for (size_t i = 0; i < shorter.attr_value_count(); ++i)
    if (longer.attr_value(i) != shorter.attr_value(i)) return false;
  return true;
}

// Pairs ascend by key.
bool has_pair(const ArrayView& record, std::pair<uint64_t, uint64_t> pair) {
  size_t first = 0, last = record.attribute_count();
  while (first < last) {
    const size_t middle = first + (last - first) / 2;
    if (record.attribute(middle).first < pair.first) first = middle + 1;
    else last = middle;
  }
  return first < record.attribute_count() && record.attribute(first) == pair;
}

}  // namespace

const Value* AttributeSet::find(std::string_view key) const {
  auto it = index_.find(key);
  return it == index_.end() ? nullptr : &entries_[it->second].value;
}

bool AttributeSet::is_ambiguous(std::string_view key) const {
  auto it = index_.find(key);
  return it != index_.end() && entries_[it->second].ambiguous;
}

void AttributeSet::decide() {
  for (Entry& e : entries_) e.ambiguous = false;
}

void AttributeSet::set(std::string key, Value value, bool ambiguous) {
  if (auto it = index_.find(key); it != index_.end()) {
    entries_[it->second].value = std::move(value);
    entries_[it->second].ambiguous = ambiguous;
    return;
  }
  entries_.push_back({key, std::move(value), ambiguous});
  try {
    index_.emplace(std::move(key), entries_.size() - 1);
  } catch (...) {
    entries_.pop_back();
    throw;
  }
}

bool AttributeSet::erase(std::string_view key) {
  auto it = index_.find(key);
  if (it == index_.end()) return false;
  entries_[it->second].gone = true;
  index_.erase(it);
  return true;
}

Dictionary::Dictionary(const Stack& stack) {
  for (auto it = stack.layers.rbegin(); it != stack.layers.rend(); ++it) {
    const FooterView& f = (*it)->footer();
    if (f.attr_key_count() || f.attr_value_count()) layers_.push_back(&f);
  }
  for (size_t i = 0; i + 1 < layers_.size() && consistent_; ++i) consistent_ = begins_with(*layers_[i], *layers_[i + 1]);

  std::unordered_map<std::string_view, uint64_t, TextHash, TextEqual> seen;
  // Where the dictionaries are consistent the newest one alone says everything.
  size_t n = consistent_ ? std::min<size_t>(1, layers_.size()) : layers_.size();
  size_t longest = 0;
  if (n) keys_by_index_.reserve(layers_[0]->attr_key_count());
  if (n) seen.reserve(layers_[0]->attr_key_count());
  for (size_t i = 0; i < n; ++i) {
    const FooterView& f = *layers_[i];
    for (size_t k = 0; k < f.attr_key_count(); ++k)
      if (seen.try_emplace(f.attr_key(k), k).second) keys_by_index_[k].push_back(f.attr_key(k));
    if (f.attr_value_count() > longest) {
      longest = f.attr_value_count();
      value_layers_.push_back(&f);
    }
  }
}

// The original copies a pair into each later record, and makes it in a layer whose dictionary has both its indices. So it was made in
// one of the layers that have it, from the newest record down to the first without it; what it says in each of them has to be
// the same. A dictionary of strata's holds for all records of its layer.
bool Dictionary::is_certain(std::span<const LayerRecord> records, std::pair<uint64_t, uint64_t> pair, std::string_view key,
                            const Value& value) const {
  bool found = false;
  for (const LayerRecord& r : records) {
    const FooterView& f = r.layer->footer();
    if (!has_pair(r.view(), pair)) break;
    if (pair.first >= f.attr_key_count() || pair.second >= f.attr_value_count()) continue;
    if (f.attr_key(pair.first) != key || f.attr_value(pair.second) != value) return false;
    found = true;
    if (r.layer->identity()) break;
  }
  return found;
}

AttributeSet Dictionary::resolve(std::span<const LayerRecord> records) const {
  const ArrayView record = records.front().view();
  AttributeSet out;
  out.reserve(record.attribute_count());
  for (size_t i = 0; i < record.attribute_count(); ++i) {
    auto [key, value] = record.attribute(i);
    auto keys = keys_by_index_.find(key);
    if (keys == keys_by_index_.end()) continue;
    auto layer = std::find_if(value_layers_.begin(), value_layers_.end(),
                              [v = value](const FooterView* f) { return f->attr_value_count() > v; });
    if (layer == value_layers_.end()) continue;
    const Value v = (*layer)->attr_value(value);
    for (std::string_view k : keys->second)
      out.set(std::string(k), v, !consistent_ && !is_certain(records, {key, value}, k, v));
  }
  return out;
}

std::vector<std::string> Dictionary::newest_keys() const {
  std::vector<std::string> out;
  if (!layers_.empty())
    for (size_t i = 0; i < layers_[0]->attr_key_count(); ++i) out.emplace_back(layers_[0]->attr_key(i));
  return out;
}

std::vector<Value> Dictionary::newest_values() const {
  std::vector<Value> out;
  if (!layers_.empty())
    for (size_t i = 0; i < layers_[0]->attr_value_count(); ++i) out.push_back(layers_[0]->attr_value(i));
  return out;
}

void DictionaryBuilder::begin_with(std::vector<std::string> keys, std::vector<Value> values) {
  keys_ = std::move(keys);
  values_ = std::move(values);
  key_index_.reserve(keys_.size());
  value_index_.reserve(values_.size());
  for (size_t i = 0; i < keys_.size(); ++i) key_index_.try_emplace(keys_[i], i);
  for (size_t i = 0; i < values_.size(); ++i) value_index_.try_emplace(values_[i], i);
}

std::vector<std::pair<uint64_t, uint64_t>> DictionaryBuilder::add(const AttributeSet& attributes) {
  std::vector<std::pair<uint64_t, uint64_t>> pairs;
  pairs.reserve(attributes.size());
  attributes.for_each([&](const std::string& key, const Value& value) {
    auto k = key_index_.find(key);
    if (k == key_index_.end()) {
      k = key_index_.emplace(key, keys_.size()).first;
      keys_.push_back(key);
    }
    auto v = value_index_.find(value);
    if (v == value_index_.end()) {
      v = value_index_.emplace(value, values_.size()).first;
      values_.push_back(value);
    }
    pairs.emplace_back(k->second, v->second);
  });
  if (!std::is_sorted(pairs.begin(), pairs.end())) std::sort(pairs.begin(), pairs.end());
  return pairs;
}

void DictionaryBuilder::move_to(Footer& footer) {
  footer.attr_keys = std::move(keys_);
  footer.attr_values = std::move(values_);
}

}  // namespace strata
