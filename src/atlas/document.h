// What a store holds, without the data: datasets in order, their arrays' schemas and their attributes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/ordered_map.h"
#include "atlas/schema_pool.h"
#include "atlas/tree.h"
#include "base/status.h"
#include "format/dtype.h"

namespace strata {

struct NamedSchema {
  std::string name;
  SchemaRef schema;
};
inline std::string_view key_of(const NamedSchema& s) { return s.name; }

struct Attribute {
  std::string key;
  Value value;  // Bool, Int64, Float64, String or TimestampNs
};
inline std::string_view key_of(const Attribute& a) { return a.key; }

struct DatasetEntry {
  std::string name;
  OrderedMap<NamedSchema> arrays;
  OrderedMap<Attribute> attributes;
  OrderedMap<TreeMember> own = {};  // what else stood in its member "strata" (own_members.h)

  // As the members of `attributes`, for a change: what `own` had to say about the attribute goes.
  void put_attribute(Attribute attribute);
  void erase_attribute(std::string_view key);

 private:
  void forget_notes(std::string_view key);
};
inline std::string_view key_of(const std::shared_ptr<DatasetEntry>& d) { return d->name; }

// Threads: constant members may run at once; the others, and making a copy, run alone. Copies may be used in different
// threads: what they share is never changed.
class Document {
 public:
  uint32_t version = 1;  // any number is read and written back
  StoreCodec codec = StoreCodec::kZstd;
  OrderedMap<TreeMember> own;  // the document's member "strata": which commit it is of (commit_state.h)

  size_t size() const { return datasets_.size(); }
  bool empty() const { return datasets_.empty(); }

  const DatasetEntry* find(std::string_view name) const;
  // Stays as it is whatever happens to the document.
  std::shared_ptr<const DatasetEntry> get(std::string_view name) const;
  // For changing in place all but the name; nullptr when there is none. An entry that another copy of the document or a
  // caller of get() holds is copied first, once. The pointer ends with the next change, copy or get().
  DatasetEntry* edit(std::string_view name);
  // Takes the place of the dataset of that name, or goes to the end.
  DatasetEntry* put(DatasetEntry entry);
  bool erase(std::string_view name) { return datasets_.erase(name); }

  // In order; a slot of a dataset that was removed is nullptr. Slots stay until the document is changed.
  size_t slots() const { return datasets_.slots(); }
  const DatasetEntry* at(size_t slot) const {
    const auto* d = datasets_.at(slot);
    return d ? d->get() : nullptr;
  }

  // Schemas of equal content are one object. Any thread.
  SchemaRef intern(const ArraySchema& schema) const { return pool_->intern(schema); }

 private:
  OrderedMap<std::shared_ptr<DatasetEntry>> datasets_;
  std::shared_ptr<SchemaPool> pool_ = std::make_shared<SchemaPool>();
};

}  // namespace strata
