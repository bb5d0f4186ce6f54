// A value of JSON or MessagePack in general, for what stands in a document without this version knowing it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/ordered_map.h"
#include "format/dtype.h"

namespace strata {

struct TreeMember;
std::string_view key_of(const TreeMember& m);

struct Tree {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  Value scalar;  // Bool, Int64, UInt64 beyond that, Float64 or String
  std::vector<Tree> items;
  OrderedMap<TreeMember> members;
};

struct TreeMember {
  std::string key;
  Tree value;
};
inline std::string_view key_of(const TreeMember& m) { return m.key; }

// Makes one map out of what a reader finds in it.
class TreeRecorder {
 public:
  void begin();  // its opening bracket has been read
  void key(std::string_view name);
  void open(Tree::Kind kind);
  void close();  // the last one makes the tree
  void leaf(Tree::Kind kind, Value scalar = {});
  void spoil() { spoiled_ = true; }
  bool recording() const { return !open_.empty(); }
  // The map that was read last, once. Empty when it was too deep, or had keys or texts that strata writes into no document.
  OrderedMap<TreeMember> take();

 private:
  // Nesting beyond this is nobody's; it keeps whoever walks over a tree from running out of stack.
  static constexpr size_t kMaxDepth = 32;
  struct Open {
    Tree tree;
    std::string key;  // of the value that comes next, in a map
    bool has_key = false;
  };

  void put(Tree value);

  std::vector<Open> open_;
  uint64_t too_deep_ = 0;  // brackets open beyond kMaxDepth
  bool spoiled_ = false;
  OrderedMap<TreeMember> made_;
};

}  // namespace strata
