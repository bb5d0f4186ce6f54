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

}  // namespace

const Value* AttributeSet::find(std::string_view key) const {
  auto it = index_.find(key);
  return it == index_.end() ? nullptr : &entries_[it->second].value;
}

void AttributeSet::set(std::string key, Value value) {
  if (auto it = index_.find(key); it != index_.end()) {
    entries_[it->second].value = std::move(value);
    return;
  }
  entries_.push_back({key, std::move(value)});
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

AttributeSet Dictionary::resolve(const ArrayView& record) const {
  AttributeSet out;
  for (size_t i = 0; i < record.attribute_count(); ++i) {
    auto [key, value] = record.attribute(i);
    auto keys = keys_by_index_.find(key);
    if (keys == keys_by_index_.end()) continue;
    auto layer = std::find_if(value_layers_.begin(), value_layers_.end(),
                              [v = value](const FooterView* f) { return f->attr_value_count() > v; });
    if (layer == value_layers_.end()) continue;
    for (std::string_view k : keys->second) out.set(std::string(k), (*layer)->attr_value(value));
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
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

void DictionaryBuilder::move_to(Footer& footer) {
  footer.attr_keys = std::move(keys_);
  footer.attr_values = std::move(values_);
}

}  // namespace strata
