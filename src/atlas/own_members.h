// The member "strata" of a dataset in the document: what the original's own members cannot say. The original does not see
// it, and drops it when it saves. (docs/format.md, "The store's document".)
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "atlas/document.h"
#include "base/hash.h"

namespace strata {

inline constexpr std::string_view kOwnMember = "strata";

// Texts of attributes that were read as timestamps, by key.
using DateTexts = std::unordered_map<std::string, std::string, TextHash, TextEqual>;

// Gives the attributes of a dataset that has just been read their true types where what is stored can be of them, and keeps
// the rest of `members`. Never fails: what makes no sense says nothing.
void take_own_members(DatasetEntry& dataset, OrderedMap<TreeMember> members, const DateTexts& dates);

// What is to be written: the members that were kept, and the types of the attributes that `is_disguised`, that is, whose
// stored form reads as another type.
OrderedMap<TreeMember> own_members(const DatasetEntry& dataset, bool (*is_disguised)(const Value&));

// What programs have noted about the dataset: the texts in its member "notes", by name; nullptr: nothing.
const OrderedMap<TreeMember>* notes_of(const OrderedMap<TreeMember>& own);
void put_note(OrderedMap<TreeMember>& own, TreeMember note);
void erase_note(OrderedMap<TreeMember>& own, std::string_view name);

// "NaN", "Infinity", "-Infinity": how a JSON document holds these.
std::string_view text_of_non_finite(double v);
std::optional<double> non_finite_of(std::string_view text);

}  // namespace strata
