#include "atlas/document.h"

namespace strata {

const DatasetEntry* Document::find(std::string_view name) const {
  const auto* d = datasets_.find(name);
  return d ? d->get() : nullptr;
}

std::shared_ptr<const DatasetEntry> Document::get(std::string_view name) const {
  const auto* d = datasets_.find(name);
  return d ? *d : nullptr;
}

DatasetEntry* Document::edit(std::string_view name) {
  auto* d = datasets_.find(name);
  if (!d) return nullptr;
  bool shared;
  {
    // Others can only let go meanwhile, as new holders come through this document. Giving up a holder of our own
    // orders their last reads before our first write, which looking at the count alone would not.
    auto held = *d;
    shared = held.use_count() > 2;
  }
  if (shared) *d = std::make_shared<DatasetEntry>(**d);
  return d->get();
}

DatasetEntry* Document::put(DatasetEntry entry) {
  return datasets_.put(std::make_shared<DatasetEntry>(std::move(entry))).get();
}

}  // namespace strata
