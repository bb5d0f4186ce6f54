#include "atlas/tree.h"

#include <utility>

#include "base/utf8.h"

namespace strata {

void TreeRecorder::begin() {
  made_ = {};
  spoiled_ = false;
  open(Tree::Kind::kMap);
}

void TreeRecorder::key(std::string_view name) {
  if (too_deep_ != 0) return;
  Open& top = open_.back();
  if (!is_utf8(as_bytes(name))) spoil();
  top.key = name;
  top.has_key = true;
}

void TreeRecorder::open(Tree::Kind kind) {
  if (open_.size() == kMaxDepth) {
    ++too_deep_;
    spoil();
    return;
  }
  open_.emplace_back().tree.kind = kind;
}

void TreeRecorder::close() {
  if (too_deep_ != 0) {
    --too_deep_;
    return;
  }
  Tree done = std::move(open_.back().tree);
  open_.pop_back();
  if (open_.empty()) made_ = std::move(done.members);
  else put(std::move(done));
}

void TreeRecorder::leaf(Tree::Kind kind, Value scalar) {
  if (too_deep_ != 0) return;
  if (!is_utf8(as_bytes(scalar.text))) spoil();
  Tree t;
  t.kind = kind;
  t.scalar = std::move(scalar);
  put(std::move(t));
}

void TreeRecorder::put(Tree value) {
  Open& top = open_.back();
  if (top.tree.kind == Tree::Kind::kList) {
    top.tree.items.push_back(std::move(value));
  } else if (top.has_key) {
    top.tree.members.put({std::move(top.key), std::move(value)});
    top.has_key = false;
  } else {
    spoil();  // a key that is no text
  }
}

OrderedMap<TreeMember> TreeRecorder::take() {
  if (spoiled_) return {};
  return std::exchange(made_, {});
}

}  // namespace strata
