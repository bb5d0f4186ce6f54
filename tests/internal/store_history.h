// What tests of whole stores share: a process with a store, a picture of all that is in one, changes that can be repeated.
#pragma once

#include <map>

#include "atlas/store.h"
#include "file_history.h"

namespace strata::test {

// What the registry says of all datasets in their order, and the values of each "dataset/array".
struct View {
  Texts registry;
  std::map<std::string, std::string> values;

  bool operator==(const View&) const = default;
};
inline const std::string kGone = "gone";

struct Process {
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Storage> storage;
  std::shared_ptr<Store> store;
  StoreOptions options;

  explicit Process(std::shared_ptr<Storage> place) : storage(std::move(place)) {
    EngineSettings s;
    s.threads = 1;  // operations come in one order
    s.block_cache_bytes = 0;
    engine = std::make_shared<Engine>(s);
  }
  Status create(bool overwrite) {
    STRATA_ASSIGN(store, Store::create(engine, storage, "s", options, {}, overwrite, nullptr));
    return {};
  }
  Status open() {
    store.reset();
    STRATA_ASSIGN(store, Store::open(engine, storage, "s", options, nullptr));
    return {};
  }
};

// Into arrays as `put` makes them: three values, of the last chunk one.
inline Status put_chunk(Store& s, const char* dataset, const char* name, uint64_t chunk, int32_t value) {
  STRATA_ASSIGN(auto opened, s.open_array(dataset, name, nullptr));
  const int32_t values[3] = {value, value, value};
  const uint64_t start = chunk * 3, count = chunk == 2 ? 1 : 3;
  const int64_t stride = 4;
  return opened.file->write(opened.array, {&start, 1}, {&count, 1},
                            WriteSource::of(reinterpret_cast<const uint8_t*>(values), &stride), nullptr);
}

inline Result<View> view_of(Store& store) {
  View out;
  for (const std::string& name : store.list_datasets()) {
    std::string& line = out.registry.emplace_back(name);
    STRATA_ASSIGN(const auto keys, store.list_attributes(name));
    for (const std::string& k : keys) {
      STRATA_ASSIGN(const Value v, store.get_attribute(name, k));
      line += cat(' ', k, '=', shown_value(v));
    }
    STRATA_ASSIGN(const auto arrays, store.list_arrays(name));
    for (const std::string& a : arrays) {
      line += cat(' ', a);
      std::string& value = out.values[cat(name, '/', a)];
      auto opened = store.open_array(name, a, nullptr);
      if (opened.code() == Code::kNotFound) {
        value = kGone;
        continue;
      }
      if (!opened.ok()) return opened.take_status();
      STRATA_ASSIGN(value, picture_of(*opened->file, name, true));
    }
  }
  return out;
}

inline Result<View> stored_view(const std::shared_ptr<Storage>& storage) {
  Process p(storage);
  Status opened = p.open();
  if (opened.code() == Code::kNotFound) return View{{"(no store)"}, {}};
  STRATA_TRY(std::move(opened));
  return view_of(*p.store);
}

inline std::string difference(const View& found, const View& wanted) {
  if (std::string d = test::difference(found.registry, wanted.registry); !d.empty()) return d;
  for (const auto& [name, value] : wanted.values) {
    auto it = found.values.find(name);
    if (it == found.values.end() || it->second != value)
      return cat(name, ": found ", it == found.values.end() ? "nothing" : it->second, " instead of ", value);
  }
  return found.values.size() == wanted.values.size() ? "" : "more values than wanted";
}

inline Status ensure_dataset(Store& s, const char* name) {
  Status made = s.create_dataset(name);
  return made.code() == Code::kExists ? Status() : std::move(made);
}

inline Status put(Store& s, const std::string& dataset, const std::string& name, int32_t seed) {
  auto opened = s.open_array(dataset, name, nullptr);
  if (opened.code() == Code::kNotFound) {
    ArrayDefinition d;
    d.name = name;
    d.dtype.type = Type::kInt32;
    d.shape = {7};
    d.chunk_shape = {3};
    opened = s.define(dataset, std::move(d), nullptr);
  }
  if (!opened.ok()) return opened.take_status();
  int32_t values[7];
  for (int32_t i = 0; i < 7; ++i) values[i] = 100 * seed + i;
  const uint64_t start = 0, count = 7;
  const int64_t stride = 4;
  return opened->file->write(opened->array, {&start, 1}, {&count, 1}, WriteSource::of(reinterpret_cast<const uint8_t*>(values), &stride),
                             nullptr);
}

}  // namespace strata::test
