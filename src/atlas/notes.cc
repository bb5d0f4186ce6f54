// Notes of datasets: texts of programs about a dataset, in its own member "strata", where the original does not look.
#include "atlas/own_members.h"
#include "atlas/store.h"
#include "base/utf8.h"

namespace strata {
namespace {

const Tree* note_of(const DatasetEntry& dataset, std::string_view name) {
  const OrderedMap<TreeMember>* notes = notes_of(dataset.own);
  const TreeMember* note = notes ? notes->find(name) : nullptr;
  return note && note->value.scalar.type == Type::kString && note->value.kind == Tree::Kind::kScalar ? &note->value : nullptr;
}

Status no_note(std::string_view dataset, std::string_view name) {
  return Status(Code::kNotFound, cat("dataset \"", dataset, "\" has no note \"", name, '"'));
}

}  // namespace

Status Store::set_note(std::string_view dataset, std::string name, std::string text) {
  STRATA_TRY(check_writable());
  STRATA_TRY(check_utf8("a note's name", name));
  STRATA_TRY(check_utf8(cat("note \"", name, '"'), text));
  TreeMember note{std::move(name), {}};
  note.value.kind = Tree::Kind::kScalar;
  note.value.scalar = Value::string(std::move(text));
  std::lock_guard change(change_mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  OrderedMap<TreeMember> own = d->own;
  put_note(own, std::move(note));
  return change_dataset(dataset, [&](DatasetEntry& e) { e.own = std::move(own); });
}

Result<std::string> Store::get_note(std::string_view dataset, std::string_view name) {
  std::shared_lock lock(mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  if (const Tree* note = note_of(*d, name)) return note->scalar.text;
  return no_note(dataset, name);
}

Status Store::delete_note(std::string_view dataset, std::string_view name) {
  STRATA_TRY(check_writable());
  std::lock_guard change(change_mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  if (!note_of(*d, name)) return no_note(dataset, name);
  OrderedMap<TreeMember> own = d->own;
  erase_note(own, name);
  return change_dataset(dataset, [&](DatasetEntry& e) { e.own = std::move(own); });
}

Result<std::vector<std::string>> Store::list_notes(std::string_view dataset) {
  std::shared_lock lock(mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  std::vector<std::string> out;
  const OrderedMap<TreeMember>* notes = notes_of(d->own);
  if (!notes) return out;
  for (const TreeMember& note : *notes)
    if (note_of(*d, note.key)) out.push_back(note.key);
  return out;
}

}  // namespace strata
