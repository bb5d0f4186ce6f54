#include "atlas/merge.h"

#include "atlas/own_members.h"

namespace strata {
namespace {

bool same_schema(const ArraySchema& a, const ArraySchema& b) {
  return a.dtype == b.dtype && a.shape == b.shape && a.chunk_shape == b.chunk_shape &&
         a.dimension_names == b.dimension_names && a.codec == b.codec;
}
bool same(const NamedSchema* a, const NamedSchema* b) {
  return a == b || (a && b && (a->schema == b->schema || same_schema(*a->schema, *b->schema)));
}
bool same(const Attribute* a, const Attribute* b) { return a == b || (a && b && a->value == b->value); }

bool same(const Tree& a, const Tree& b);
bool same(const OrderedMap<TreeMember>& a, const OrderedMap<TreeMember>& b) {
  if (a.size() != b.size()) return false;
  for (const TreeMember& m : a) {
    const TreeMember* other = b.find(m.key);
    if (!other || !same(m.value, other->value)) return false;
  }
  return true;
}
bool same(const Tree& a, const Tree& b) {
  if (a.kind != b.kind || !(a.scalar == b.scalar) || a.items.size() != b.items.size()) return false;
  for (size_t i = 0; i < a.items.size(); ++i)
    if (!same(a.items[i], b.items[i])) return false;
  return same(a.members, b.members);
}
bool same(const TreeMember* a, const TreeMember* b) { return a == b || (a && b && same(a->value, b->value)); }

template <typename Node>
bool same_maps(const OrderedMap<Node>& a, const OrderedMap<Node>& b) {
  if (a.size() != b.size()) return false;
  for (const Node& node : a)
    if (const Node* other = b.find(key_of(node)); !other || !same(&node, other)) return false;
  return true;
}

// What changed here from `old` to `mine` is done to `into`, which others have made of `old`.
template <typename Node, typename Conflicting>
void merge_maps(const OrderedMap<Node>& old, const OrderedMap<Node>& mine, OrderedMap<Node>& into, Conflicting&& conflicting) {
  const auto one = [&](std::string_view key) {
    const Node *before = old.find(key), *here = mine.find(key), *there = into.find(key);
    if (same(before, here) || same(here, there)) return;
    if (!same(before, there)) return conflicting(key, before, here, there);
    if (here) into.put(*here);
    else into.erase(key);
  };
  for (const Node& node : old)
    if (!mine.find(key_of(node))) one(key_of(node));
  for (const Node& node : mine) one(key_of(node));
}

}  // namespace

bool same_dataset(const DatasetEntry* a, const DatasetEntry* b) {
  if (a == b) return true;
  return a && b && same_maps(a->arrays, b->arrays) && same_maps(a->attributes, b->attributes) && same(a->own, b->own);
}

Document merge_documents(const Document& old, const Document& theirs, const Document& mine, const NameSet& changed,
                         const NameSet& remade, std::vector<Conflict>& conflicts) {
  Document out = theirs;
  const auto put = [&](DatasetEntry entry) {
    if (remade.contains(entry.name)) out.erase(entry.name);
    out.put(std::move(entry));
  };
  for (const std::string& name : changed)
    if (!mine.find(name) && old.find(name)) {
      const DatasetEntry* there = theirs.find(name);
      if (there && !same_dataset(old.find(name), there))
        conflicts.push_back({ConflictKind::kDeleted, name, "", "", {}});
      else
        out.erase(name);
    }
  // In the order in which they stand here, so that new ones come in the order of their making.
  for (size_t i = 0; i < mine.slots(); ++i) {
    const DatasetEntry* here = mine.at(i);
    if (!here || !changed.contains(here->name)) continue;
    const DatasetEntry *before = old.find(here->name), *there = theirs.find(here->name);
    if (same_dataset(before, there) || same_dataset(here, there)) {
      put(*here);
      continue;
    }
    if (same_dataset(here, before)) continue;
    if (!there) {
      conflicts.push_back({ConflictKind::kDeleted, here->name, "", "", {}});
      continue;
    }
    const DatasetEntry none;
    const DatasetEntry& base = before ? *before : none;
    DatasetEntry merged = *there;
    merge_maps(base.arrays, here->arrays, merged.arrays,
               [&](std::string_view key, const NamedSchema* was, const NamedSchema* mine_now, const NamedSchema* theirs_now) {
                 const ConflictKind kind = !was ? ConflictKind::kDefined
                                           : mine_now && theirs_now ? ConflictKind::kShape
                                                                    : ConflictKind::kDeleted;
                 conflicts.push_back({kind, here->name, std::string(key), "", {}});
               });
    merge_maps(base.attributes, here->attributes, merged.attributes,
               [&](std::string_view key, const Attribute*, const Attribute*, const Attribute*) {
                 conflicts.push_back({ConflictKind::kAttribute, here->name, "", std::string(key), {}});
               });
    // What the dataset's own member says of an attribute goes with the attribute; notes are like attributes.
    if (same(there->own, base.own)) {
      merged.own = here->own;
    } else {
      const OrderedMap<TreeMember> no_notes;
      auto noted = [&](const DatasetEntry& d) -> const OrderedMap<TreeMember>& {
        const OrderedMap<TreeMember>* n = notes_of(d.own);
        return n ? *n : no_notes;
      };
      OrderedMap<TreeMember> notes = noted(*there);
      merge_maps(noted(base), noted(*here), notes,
                 [&](std::string_view key, const TreeMember*, const TreeMember*, const TreeMember*) {
                   conflicts.push_back({ConflictKind::kAttribute, here->name, "", cat("note ", key), {}});
                 });
      for (const TreeMember& note : noted(*there))
        if (!notes.find(note.key)) erase_note(merged.own, note.key);
      for (const TreeMember& note : notes) put_note(merged.own, note);
    }
    put(std::move(merged));
  }
  return out;
}

}  // namespace strata
