// The array that a verb is about, with what stands beside it: STORE DATASET ARRAY [REGION] or FILE.af ARRAY [REGION].
#pragma once

#include <optional>
#include <strata/strata.hpp>
#include <string>
#include <vector>

#include "region.h"
#include "target.h"

namespace strata_cli {

// Numbers that CF packs: value * scale + offset.
struct Packing {
  double scale = 1, offset = 0;
};

class Subject {
 public:
  // words: what follows the target; one more than names is the region. Throws UsageError that begins with the verb.
  Subject(const Target& target, const std::vector<std::string>& words, const std::string& verb);

  const strata::Array& array() const { return *array_; }
  const std::optional<strata::Dataset>& dataset() const { return dataset_; }
  const std::string& region_text() const { return region_text_; }
  Region region() const { return parse_region(region_text_, array_->shape()); }
  std::string title() const;  // "dataset: array[region] (units)"

  // Another array beside it.
  bool exists(const std::string& name) const;
  strata::Array beside(const std::string& name) const;
  // No value: there is no such attribute.
  strata::Value attribute(const std::string& array_name, const std::string& key) const;
  std::string text_attribute(const std::string& array_name, const std::string& key) const;
  std::optional<Packing> packing() const;

 private:
  const Target& target_;
  std::optional<strata::Dataset> dataset_;
  std::optional<strata::Array> array_;
  std::string region_text_;
};

}  // namespace strata_cli
