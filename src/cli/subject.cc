#include "subject.h"

#include "command.h"
#include "values.h"

namespace strata_cli {

Subject::Subject(const Target& target, const std::vector<std::string>& words, const std::string& verb) : target_(target) {
  const std::size_t names = target.is_store() ? 2 : 1;
  if (words.size() < names || words.size() > names + 1)
    throw UsageError(verb + (target.is_store() ? " takes STORE DATASET ARRAY [REGION]" : " takes FILE.af ARRAY [REGION]"));
  if (words.size() > names) region_text_ = words.back();
  if (target.is_store()) dataset_ = target.dataset(words[0]);
  array_ = beside(words[names - 1]);
}

std::string Subject::title() const {
  std::string out = (dataset_ ? printable(dataset_->name()) + ": " : std::string()) + printable(array_->name());
  if (!region_text_.empty()) out += "[" + printable(region_text_) + "]";
  const std::string units = text_attribute(array_->name(), "units");
  if (!units.empty() && array_->type() != STRATA_TIMESTAMP_NS) out += " (" + printable(units) + ")";
  return out;
}

bool Subject::exists(const std::string& name) const {
  return dataset_ ? dataset_->exists(name) : target_.file().exists(name);
}

strata::Array Subject::beside(const std::string& name) const {
  return dataset_ ? open_array(*dataset_, name) : target_.array(name);
}

strata::Value Subject::attribute(const std::string& array_name, const std::string& key) const {
  try {
    return dataset_ ? dataset_->attribute(array_name + "." + key) : target_.array(array_name).attribute(key);
  } catch (const strata::Error& error) {
    if (error.status() != STRATA_E_NOT_FOUND) throw;
    return {};
  }
}

std::string Subject::text_attribute(const std::string& array_name, const std::string& key) const {
  const strata::Value value = attribute(array_name, key);
  return value.is_text() ? value.bytes() : std::string();
}

std::optional<Packing> Subject::packing() const {
  const strata::Value scale = attribute(array_->name(), "scale_factor"), offset = attribute(array_->name(), "add_offset");
  if (strata_type_size(array_->type()) == 0 || array_->type() == STRATA_TIMESTAMP_NS) return std::nullopt;
  const auto number = [](const strata::Value& value, double otherwise) {
    if (!value || value.is_text()) return otherwise;
    return to_doubles(value.type(), std::as_bytes(std::span(value.bytes())), {}).at(0);
  };
  if ((!scale || scale.is_text()) && (!offset || offset.is_text())) return std::nullopt;
  return Packing{number(scale, 1), number(offset, 0)};
}

}  // namespace strata_cli
