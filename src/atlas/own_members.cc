#include "atlas/own_members.h"

#include <cmath>
#include <limits>

#include "format/dtype.h"

namespace strata {

namespace {

constexpr std::string_view kAttributeNotes = "attributes", kType = "type", kNotes = "notes";

constexpr std::string_view kNaN = "NaN", kInfinity = "Infinity", kMinusInfinity = "-Infinity";

TreeMember* map_in(OrderedMap<TreeMember>& members, std::string_view key) {
  TreeMember* m = members.find(key);
  return m && m->value.kind == Tree::Kind::kMap ? m : nullptr;
}

// Made where there is none.
OrderedMap<TreeMember>& map_at(OrderedMap<TreeMember>& members, std::string_view key) {
  TreeMember* m = members.find(key);
  if (!m) m = &members.put({std::string(key), {}});
  m->value.kind = Tree::Kind::kMap;
  return m->value.members;
}

// True: the type is one that this version knows, and the attribute is of it now if it can be.
bool apply(Attribute& attribute, std::string_view type, const DateTexts& dates) {
  Value& v = attribute.value;
  if (type == type_name(Type::kFloat64)) {
    if (v.type == Type::kString)
      if (const auto number = non_finite_of(v.text)) v = Value::float64(*number);
    return true;
  }
  if (type == type_name(Type::kString)) {
    const auto text = dates.find(attribute.key);
    if (v.type == Type::kTimestampNs && text != dates.end()) v = Value::string(text->second);
    return true;
  }
  return false;
}

}  // namespace

void DatasetEntry::put_attribute(Attribute attribute) {
  forget_notes(attributes.put(std::move(attribute)).key);
}

void DatasetEntry::erase_attribute(std::string_view key) {
  forget_notes(key);
  attributes.erase(key);
}

// They were about the value that goes.
void DatasetEntry::forget_notes(std::string_view key) {
  TreeMember* notes = map_in(own, kAttributeNotes);
  if (notes && notes->value.members.erase(key) && notes->value.members.empty()) own.erase(kAttributeNotes);
}

void take_own_members(DatasetEntry& dataset, OrderedMap<TreeMember> members, const DateTexts& dates) {
  if (TreeMember* notes = map_in(members, kAttributeNotes)) {
    OrderedMap<TreeMember> kept;
    for (const TreeMember& about : notes->value.members) {
      Attribute* attribute = dataset.attributes.find(about.key);
      if (!attribute || about.value.kind != Tree::Kind::kMap) continue;
      OrderedMap<TreeMember> rest = about.value.members;
      if (const TreeMember* type = rest.find(kType); type && apply(*attribute, type->value.scalar.text, dates))
        rest.erase(kType);
      if (!rest.empty()) kept.put(about).value.members = std::move(rest);
    }
    if (kept.empty()) members.erase(kAttributeNotes);
    else notes->value.members = std::move(kept);
  } else {
    members.erase(kAttributeNotes);
  }
  dataset.own = std::move(members);
}

OrderedMap<TreeMember> own_members(const DatasetEntry& dataset, bool (*is_disguised)(const Value&)) {
  OrderedMap<TreeMember> out = dataset.own;
  for (const Attribute& attribute : dataset.attributes) {
    if (!is_disguised(attribute.value)) continue;
    Tree type;
    type.kind = Tree::Kind::kScalar;
    type.scalar = Value::string(std::string(type_name(attribute.value.type)));
    map_at(map_at(out, kAttributeNotes), attribute.key).put({std::string(kType), std::move(type)});
  }
  return out;
}

const OrderedMap<TreeMember>* notes_of(const OrderedMap<TreeMember>& own) {
  const TreeMember* notes = own.find(kNotes);
  return notes && notes->value.kind == Tree::Kind::kMap ? &notes->value.members : nullptr;
}

void put_note(OrderedMap<TreeMember>& own, TreeMember note) { map_at(own, kNotes).put(std::move(note)); }

void erase_note(OrderedMap<TreeMember>& own, std::string_view name) {
  TreeMember* notes = map_in(own, kNotes);
  if (notes && notes->value.members.erase(name) && notes->value.members.empty()) own.erase(kNotes);
}

std::string_view text_of_non_finite(double v) { return std::isnan(v) ? kNaN : v > 0 ? kInfinity : kMinusInfinity; }

std::optional<double> non_finite_of(std::string_view text) {
  if (text == kNaN) return std::numeric_limits<double>::quiet_NaN();
  if (text == kInfinity) return std::numeric_limits<double>::infinity();
  if (text == kMinusInfinity) return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

}  // namespace strata
