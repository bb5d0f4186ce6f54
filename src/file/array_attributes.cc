// Attributes of arrays: read through the dictionaries of the layers, changed in memory until the flush.
#include "base/utf8.h"
#include "file/array_file.h"

namespace strata {
namespace {

Status no_attribute(const ArrayDef& array, std::string_view key) {
  return Status(Code::kNotFound, cat("array \"", array.meta.name, "\" has no attribute \"", key, '"'));
}

}  // namespace

const Dictionary& ArrayFile::dictionary() {
  if (!dictionary_) dictionary_ = std::make_unique<Dictionary>(*stack_);
  return *dictionary_;
}

AttributeSet& ArrayFile::attributes_of(ArrayDef& array) {
  if (!array.attributes) {
    if (array.committed() && array.sources.front().view().attribute_count())
      array.attributes = dictionary().resolve(array.sources);
    else
      array.attributes.emplace();
  }
  return *array.attributes;
}

Status ArrayFile::set_attribute(const Ref& array, std::string key, Value value) {
  STRATA_TRY(check_utf8("an attribute's key", key));
  if (value.type == Type::kString) STRATA_TRY(check_utf8(cat("attribute \"", key, "\""), value.text));
  if (value.type > Type::kString)
    return Status(Code::kType, cat("attribute \"", key, "\": arrays' attributes cannot be ", type_name(value.type)));
  STRATA_ASSIGN(const Alone lock, lock_alone());
  STRATA_TRY(check_writable(*array));
  AttributeSet& all = attributes_of(*array);
  const bool was_touched = array->touched;
  touch(array);
  try {
    all.set(std::move(key), std::move(value));
  } catch (const std::bad_alloc&) {
    if (!was_touched) untouch(array);
    throw;
  }
  array->attributes_changed = true;
  return {};
}

Result<Value> ArrayFile::get_attribute(const Ref& array, std::string_view key) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check_usable(*array));
  std::lock_guard defs_lock(defs_mu_);
  if (const Value* v = attributes_of(*array).find(key)) return *v;
  return no_attribute(*array, key);
}

Result<bool> ArrayFile::attribute_is_ambiguous(const Ref& array, std::string_view key) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check_usable(*array));
  std::lock_guard defs_lock(defs_mu_);
  const AttributeSet& all = attributes_of(*array);
  if (all.find(key)) return all.is_ambiguous(key);
  return no_attribute(*array, key);
}

Status ArrayFile::delete_attribute(const Ref& array, std::string_view key) {
  STRATA_ASSIGN(const Alone lock, lock_alone());
  STRATA_TRY(check_writable(*array));
  AttributeSet& all = attributes_of(*array);
  if (!all.find(key)) return no_attribute(*array, key);
  touch(array);
  all.erase(key);
  array->attributes_changed = true;
  return {};
}

Result<std::vector<std::string>> ArrayFile::list_attributes(const Ref& array) {
  STRATA_ASSIGN(const Shared lock, lock_shared());
  STRATA_TRY(check_usable(*array));
  std::lock_guard defs_lock(defs_mu_);
  std::vector<std::string> keys;
  attributes_of(*array).for_each([&](const std::string& k, const Value&) { keys.push_back(k); });
  return keys;
}

}  // namespace strata
