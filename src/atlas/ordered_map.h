// A map that keeps the order in which keys were first put. Small ones are searched in line, larger ones through a hash
// index; a removed node leaves a gap that is closed later, so that a removal costs the same whatever comes after it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"

namespace strata {

// Node: default-constructible, with `std::string_view key_of(const Node&)` beside it; its key never changes in place.
// At most 2^31 nodes.
template <typename Node>
class OrderedMap {
 public:
  OrderedMap() = default;
  OrderedMap(const OrderedMap& o) : nodes_(o.nodes_), index_(o.index_ ? std::make_unique<Index>(*o.index_) : nullptr) {}
  OrderedMap& operator=(const OrderedMap& o) { return *this = OrderedMap(o); }
  OrderedMap(OrderedMap&&) noexcept = default;
  OrderedMap& operator=(OrderedMap&&) noexcept = default;

  size_t size() const { return nodes_.size() - (index_ ? index_->gaps : 0); }
  bool empty() const { return size() == 0; }

  const Node* find(std::string_view key) const {
    const size_t slot = slot_of(key);
    return slot == kNone ? nullptr : &nodes_[slot];
  }
  Node* find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

  // Takes the place of the node with the same key, or goes to the end. Pointers to nodes end here.
  Node& put(Node node) {
    const std::string_view key = key_of(node);
    if (size_t slot = slot_of(key); slot != kNone) return nodes_[slot] = std::move(node);
    const uint32_t hash = hash_of(key);
    nodes_.push_back(std::move(node));
    if (index_ && nodes_.size() * 2 <= index_->table.size()) {
      index_->hashes.push_back(hash);
      index_->gap.push_back(false);
      enter(*index_, hash, nodes_.size() - 1);
    } else if (nodes_.size() > kLinear) {
      try {
        rebuild();
      } catch (...) {
        nodes_.pop_back();
        throw;
      }
    }
    return nodes_.back();
  }

  bool erase(std::string_view key) {
    const size_t slot = slot_of(key);
    if (slot == kNone) return false;
    if (!index_) {
      nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(slot));
      return true;
    }
    nodes_[slot] = Node();
    index_->gap[slot] = true;
    if (++index_->gaps * 2 > nodes_.size()) {
      try {
        rebuild();
      } catch (const std::bad_alloc&) {  // then with the next
      }
    }
    return true;
  }

  // For cursors: places in order, of which some may be gaps. They stay as they are until the map is changed.
  size_t slots() const { return nodes_.size(); }
  const Node* at(size_t slot) const { return is_gap(slot) ? nullptr : &nodes_[slot]; }

  class Iterator {
   public:
    Iterator(const OrderedMap* map, size_t slot) : map_(map), slot_(slot) { skip_gaps(); }
    const Node& operator*() const { return map_->nodes_[slot_]; }
    const Node* operator->() const { return &map_->nodes_[slot_]; }
    Iterator& operator++() {
      ++slot_;
      skip_gaps();
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    void skip_gaps() {
      while (slot_ < map_->nodes_.size() && map_->is_gap(slot_)) ++slot_;
    }
    const OrderedMap* map_;
    size_t slot_;
  };
  Iterator begin() const { return Iterator(this, 0); }
  Iterator end() const { return Iterator(this, nodes_.size()); }

 private:
  static constexpr size_t kLinear = 16;
  static constexpr size_t kNone = SIZE_MAX;

  struct Index {
    std::vector<uint32_t> table;   // slot + 1, or 0; a power of two, at most half full
    std::vector<uint32_t> hashes;  // for each slot
    std::vector<bool> gap;         // for each slot
    size_t gaps = 0;
  };

  static uint32_t hash_of(std::string_view key) { return static_cast<uint32_t>(TextHash()(key)); }
  bool is_gap(size_t slot) const { return index_ && index_->gaps != 0 && index_->gap[slot]; }

  size_t slot_of(std::string_view key) const {
    if (!index_) {
      for (size_t i = 0; i < nodes_.size(); ++i)
        if (key_of(nodes_[i]) == key) return i;
      return kNone;
    }
    const uint32_t hash = hash_of(key);
    const size_t mask = index_->table.size() - 1;
    // Entries of gaps are passed over, not removed: those behind them were put further along because of them.
    for (size_t i = hash & mask; index_->table[i] != 0; i = (i + 1) & mask) {
      const size_t slot = index_->table[i] - 1;
      if (index_->hashes[slot] == hash && !index_->gap[slot] && key_of(nodes_[slot]) == key) return slot;
    }
    return kNone;
  }

  static void enter(Index& index, uint32_t hash, size_t slot) {
    const size_t mask = index.table.size() - 1;
    size_t i = hash & mask;
    while (index.table[i] != 0) i = (i + 1) & mask;
    index.table[i] = static_cast<uint32_t>(slot + 1);
  }

  // Closes the gaps and makes a table with room for as many nodes again. Without memory all stays as it is.
  void rebuild() {
    const size_t kept = nodes_.size() - (index_ ? index_->gaps : 0);
    std::unique_ptr<Index> next;
    if (kept > kLinear / 2) {
      next = std::make_unique<Index>();
      next->table.resize(std::bit_ceil(kept * 4));
      // All that put() will add until the next rebuild, so that it cannot fail halfway.
      next->hashes.reserve(next->table.size() / 2 + 1);
      next->gap.reserve(next->table.size() / 2 + 1);
    }
    size_t to = 0;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      if (index_ && i < index_->gap.size() && index_->gap[i]) continue;
      if (to != i) nodes_[to] = std::move(nodes_[i]);
      ++to;
    }
    nodes_.resize(to);
    for (size_t i = 0; next && i < to; ++i) {
      next->hashes.push_back(hash_of(key_of(nodes_[i])));
      next->gap.push_back(false);
      enter(*next, next->hashes[i], i);
    }
    index_ = std::move(next);
  }

  std::vector<Node> nodes_;
  std::unique_ptr<Index> index_;  // only above kLinear nodes
};

}  // namespace strata
