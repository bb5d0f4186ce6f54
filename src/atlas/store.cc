#include "atlas/store.h"

#include <cmath>
#include <limits>

#include "atlas/path_segment.h"
#include "base/utf8.h"

namespace strata {
namespace {

std::string key_in(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : cat(folder, '/', name);
}

// A document's codecs and those of array files are the same three under other names.
std::string_view engine_name(StoreCodec codec) {
  switch (codec) {
    case StoreCodec::kZstd:
      return "zstd";
    case StoreCodec::kLz4:
      return "lz4";
    case StoreCodec::kUncompressed:
      break;
  }
  return "";
}

Result<StoreCodec> store_codec(const Codec& codec) {
  for (StoreCodec c : {StoreCodec::kZstd, StoreCodec::kLz4, StoreCodec::kUncompressed})
    if (engine_name(c) == codec.name()) return c;
  return Status(Code::kUnsupported, cat("a store's registry has no name for the codec \"", codec.name(), '"'));
}

// Every name that a registry can have.
std::vector<std::string> registry_names() {
  std::vector<std::string> out;
  for (DocumentFormat f : {DocumentFormat::kJson, DocumentFormat::kMsgpack})
    for (StoreCodec c : {StoreCodec::kZstd, StoreCodec::kLz4, StoreCodec::kUncompressed})
      out.push_back(make_registry(f, c).file_name);
  return out;
}

// The value as one of the kinds that a document has.
Result<Value> attribute_value(std::string_view key, Value v, DocumentFormat format) {
  const auto what = [&] { return cat("attribute \"", key, "\": "); };
  switch (v.type) {
    case Type::kBool:
    case Type::kInt64:
    case Type::kTimestampNs:
      return v;
    case Type::kInt8:
    case Type::kInt16:
    case Type::kInt32:
    case Type::kUInt8:
    case Type::kUInt16:
    case Type::kUInt32:
      return Value::int64(v.as_int());
    case Type::kUInt64:
      if (v.bits > static_cast<uint64_t>(INT64_MAX))
        return Status(Code::kLimit,
                      cat(what(), v.bits, " is beyond int64, the largest integer of a dataset's attributes"));
      return Value::int64(v.as_int());
    case Type::kFloat32:
      v = Value::float64(static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(v.bits))));
      [[fallthrough]];
    case Type::kFloat64:
      // JSON says "NaN" for every one of them: so that reading it back changes nothing.
      if (format == DocumentFormat::kJson && std::isnan(v.as_double()))
        return Value::float64(std::numeric_limits<double>::quiet_NaN());
      return v;
    case Type::kString:
      STRATA_TRY(check_utf8(cat("attribute \"", key, '"'), v.text));
      return v;
    default:
      return Status(Code::kType, cat(what(), "datasets' attributes cannot be ", type_name(v.type)));
  }
}

ArraySchema schema_of(const ArrayMeta& meta, const Geometry& geometry, StoreCodec codec) {
  ArraySchema s;
  s.dtype = meta.dtype;
  s.shape.assign(geometry.shape().begin(), geometry.shape().end());
  s.chunk_shape.assign(geometry.chunk_shape().begin(), geometry.chunk_shape().end());
  s.dimension_names = meta.dimension_names;
  s.codec = codec;
  return s;
}

}  // namespace

// ---- the handle ----

Store::Store(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, std::string_view folder,
             const StoreOptions& options, const Registry& registry)
    : engine_(std::move(engine)),
      storage_(std::move(storage)),
      folder_(folder),
      options_(options),
      registry_(registry),
      registry_key_(key_in(folder, registry.file_name)),
      log_(storage_, folder),
      as_of_(!options.job.empty() || (!options.commit.empty() && !options.goes_on)) {}

Result<std::shared_ptr<Store>> Store::create(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                             std::string_view folder, const StoreOptions& options,
                                             const Registry& registry, bool overwrite, const CancelToken* cancel) {
  STRATA_TRY(check(cancel));
  if (options.read_only) return Status(Code::kInvalid, "a store cannot be created read-only");
  const std::string at = storage->describe(folder);
  STRATA_ASSIGN(const auto old, find_registry(*storage, folder));
  if (old && !overwrite) return Status(Code::kExists, cat(at, " is a store already: ", old->file_name, " is there"));

  StoreOptions o = options;
  if (!o.codec) o.codec = engine->codecs.find("zstd");
  std::shared_ptr<Store> store(new Store(engine, storage, folder, o, registry));
  StoreState& state = store->state_;
  if (old) {
    // What was there goes in a commit of its own, and what its files hold with a compaction: at no time does a registry name
    // arrays that are gone.
    STRATA_TRY(empty(engine, storage, folder, cancel));
    auto stored = load_registry(*storage, folder, *old);
    if (!stored.ok() && stored.code() != Code::kCorrupt && stored.code() != Code::kFormat) return stored.take_status();
    if (stored.ok()) {
      STRATA_ASSIGN(state, state_of(std::move(*stored)));
    }
  }
  if (state.store.is_nil()) {
    state = {};
    STRATA_ASSIGN(state.store, random_id());
  }
  STRATA_ASSIGN(state.document.codec, store_codec(*o.codec));
  store->working_ = state.document;
  store->placed_ = state.pins;
  STRATA_ASSIGN(const Buffer packed, pack_document(registry, to_document(state)));
  const std::string key = key_in(folder, registry.file_name);
  if (overwrite) {
    STRATA_TRY(replace_object(*storage, key, packed.bytes()));
    // The new registry is there before an old one goes.
    for (const std::string& name : registry_names())
      if (name != registry.file_name) STRATA_TRY(storage->remove(key_in(folder, name)));
  } else {
    STRATA_ASSIGN(auto staged, storage->stage(key, ""));
    STRATA_TRY(staged->write_at(0, packed.bytes()));
    STRATA_TRY(staged->seal(packed.size()));
    STRATA_ASSIGN(const Created made, staged->create_as(key));
    if (made == Created::kTaken) return Status(Code::kExists, cat(at, " has just become a store"));
  }
  STRATA_TRY(storage->sync_folder(folder));
  store->placed_seq_ = state.seq;
  store->seen_ = {packed.size(), xxh3_64(packed.bytes())};
  return store;
}

// A store that is to be overwritten. One that cannot be read loses its log: what its files hold is then found when it is in the way.
Status Store::empty(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, std::string_view folder,
                    const CancelToken* cancel) {
  auto opened = open(engine, storage, folder, StoreOptions(), cancel);
  if (opened.ok()) {
    Store& store = **opened;
    Status emptied = [&]() -> Status {
      for (const std::string& name : store.list_datasets()) STRATA_TRY(store.delete_dataset(name, cancel));
      STRATA_TRY(store.flush(nullptr));
      return store.compact(nullptr);
    }();
    if (emptied.ok() || (emptied.code() != Code::kCorrupt && emptied.code() != Code::kFormat)) return emptied;
  } else if (opened.code() != Code::kCorrupt && opened.code() != Code::kFormat) {
    return opened.take_status();
  }
  const std::string own = CommitLog(storage, folder).folder();
  for (const char* kind : {"/placed", "/log", "/full", "/layers", "/inbox"}) {
    STRATA_ASSIGN(const auto objects, storage->list(own + kind));
    for (const ListEntry& o : objects) STRATA_TRY(storage->remove(o.key));
    if (!objects.empty()) STRATA_TRY(storage->sync_folder(own + kind));
  }
  return {};
}

Result<std::shared_ptr<Store>> Store::open(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage,
                                           std::string_view folder, const StoreOptions& options,
                                           const CancelToken* cancel) {
  STRATA_TRY(check(cancel));
  STRATA_ASSIGN(const auto registry, find_registry(*storage, folder));
  if (!registry)
    return Status(Code::kNotFound, cat("no registry (atlas.json, atlas.msgpack or one of them compressed) in ",
                                       storage->describe(folder), ": not a store"));
  const std::string key = key_in(folder, registry->file_name);
  STRATA_ASSIGN(const Buffer stored, read_object(*storage, key, kMaxDocumentBytes));
  const auto words = [&] { return cat(storage->describe(key), ": "); };
  auto document = unpack_document(*registry, stored.bytes());
  if (!document.ok()) return document.take_status().prepend(words);
  auto state = state_of(std::move(*document));
  if (!state.ok()) return state.take_status().prepend(words);
  StoreOptions o = options;
  o.read_only |= !o.commit.empty() && !o.goes_on && o.job.empty();
  if (!o.codec) o.codec = engine->codecs.find(engine_name(state->document.codec));
  STRATA_TRY(store_codec(*o.codec));
  std::shared_ptr<Store> store(new Store(std::move(engine), std::move(storage), folder, o, *registry));
  store->seen_ = {stored.size(), xxh3_64(stored.bytes())};
  Head head;
  head.originals = state->store.is_nil();
  head.seen = store->seen_;
  head.placed = state->pins;
  head.placed_seq = state->seq;
  head.state = std::move(*state);
  if (!head.originals) {
    STRATA_TRY(store->log_.follow(head.state, head.replaced));
  }
  if (!o.commit.empty()) {
    // The original drops the member "strata" when it saves: then the log alone knows the history.
    uint64_t newest = head.state.seq;
    if (head.originals) {
      STRATA_ASSIGN(newest, store->log_.newest());
    }
    if (!newest) return Status(Code::kNotFound, cat(store->where(), " has no commits: strata has not written there yet"));
    if (head.originals) {
      STRATA_ASSIGN(head.state, store->log_.state_at(newest));
    }
    STRATA_ASSIGN(const uint64_t seq, store->log_.find(o.commit, head.state, cancel));
    if (seq != newest) {
      History history = std::move(head.state.history);
      STRATA_ASSIGN(head.state, store->log_.state_at(seq));
      head.state.history = std::move(history);
    }
    head.originals = false;
    head.placed.clear();
    head.replaced.clear();
  }
  std::lock_guard change(store->change_mu_);
  STRATA_TRY(store->move_to(head, Match::kSure, nullptr));
  if (o.goes_on) store->seen_ = {};  // the registry tells what is placed
  return store;
}

Status Store::no_dataset(std::string_view name) const {
  return Status(Code::kNotFound, cat("no dataset \"", name, "\" in ", where()));
}

Status Store::no_array(std::string_view dataset, std::string_view array) const {
  return Status(Code::kNotFound, cat("dataset \"", dataset, "\" of ", where(), " has no array \"", array, '"'));
}

Status Store::check_writable() const {
  if (options_.read_only) return Status(Code::kReadOnly, where() + " was opened read-only");
  return {};
}

// ---- datasets ----

Status Store::create_dataset(std::string_view name) {
  STRATA_TRY(check_writable());
  if (Status s = check_name(name); !s.ok()) return std::move(s).prepend("dataset: ");
  std::lock_guard change(change_mu_);
  if (working_.find(name)) return Status(Code::kExists, cat("dataset \"", name, "\" of ", where(), " exists already"));
  add_dataset(DatasetEntry{std::string(name), {}, {}});
  return {};
}

void Store::add_dataset(DatasetEntry entry) {
  std::unique_lock lock(mu_);
  const auto [at, is_first] = changed_.emplace(entry.name);
  try {
    const auto& name = *at;
    if (!working_.find(name) && state_.document.find(name)) remade_.insert(name);
    working_.put(std::move(entry));
  } catch (...) {
    if (is_first) changed_.erase(at);
    throw;
  }
}

Status Store::delete_dataset(std::string_view name, const CancelToken* cancel) {
  STRATA_TRY(check_writable());
  STRATA_ASSIGN(const auto before, list_arrays(name));
  for (const std::string& array : before) STRATA_TRY(file_of(array, false, cancel));  // opened with nothing locked

  std::lock_guard change(change_mu_);
  return delete_dataset_alone(name, cancel);
}

Status Store::delete_dataset_alone(std::string_view name, const CancelToken* cancel) {
  std::vector<std::shared_ptr<ArrayFile>> files;
  auto prepare = [&]() -> Status {
    STRATA_ASSIGN(const auto arrays, list_arrays(name));
    files.reserve(arrays.size());
    for (const std::string& array : arrays) {
      STRATA_TRY(check(cancel));
      STRATA_ASSIGN(auto file, file_of(array, false, cancel));
      if (!file) continue;
      Status s = file->prepare_remove(name);
      if (s.ok()) files.push_back(std::move(file));
      else if (s.code() != Code::kNotFound) return s;
    }
    return {};
  };
  // All that can fail comes first: everything is deleted, or nothing.
  Status ready = without_throwing([&] { return change_dataset(name, prepare, [](DatasetEntry&) {}); });
  if (!ready.ok()) {
    for (const auto& file : files) file->forget_prepared(name);
    return ready;
  }
  for (const auto& file : files) STRATA_TRY(file->remove(name));
  std::unique_lock lock(mu_);
  working_.erase(name);
  // Never published: then nothing of it is left to be. After an answer that was lost nobody knows.
  if (const auto at = changed_.find(name); at != changed_.end() && !attempt_ && !state_.document.find(name)) changed_.erase(at);
  return {};
}

bool Store::dataset_exists(std::string_view name) {
  std::shared_lock lock(mu_);
  return working_.find(name) != nullptr;
}

uint64_t Store::dataset_count() {
  std::shared_lock lock(mu_);
  return working_.size();
}

std::vector<std::string> Store::list_datasets() {
  std::shared_lock lock(mu_);
  std::vector<std::string> out;
  out.reserve(working_.size());
  for (size_t i = 0; i < working_.slots(); ++i)
    if (const DatasetEntry* d = working_.at(i)) out.push_back(d->name);
  return out;
}

std::vector<std::string> Store::list_datasets_with(std::string_view array) {
  std::shared_lock lock(mu_);
  std::vector<std::string> out;
  for (size_t i = 0; i < working_.slots(); ++i)
    if (const DatasetEntry* d = working_.at(i); d && d->arrays.find(array)) out.push_back(d->name);
  return out;
}

std::vector<std::string> Store::list_arrays() {
  std::shared_lock lock(mu_);
  std::vector<std::string> out;
  std::unordered_set<std::string_view, TextHash, TextEqual> seen;
  for (size_t i = 0; i < working_.slots(); ++i)
    if (const DatasetEntry* d = working_.at(i))
      for (const NamedSchema& a : d->arrays)
        if (seen.insert(a.name).second) out.push_back(a.name);
  return out;
}

Result<DType> Store::array_type(std::string_view array) {
  std::shared_lock lock(mu_);
  for (size_t i = 0; i < working_.slots(); ++i)
    if (const DatasetEntry* d = working_.at(i))
      if (const NamedSchema* a = d->arrays.find(array)) return a->schema->dtype;
  return Status(Code::kNotFound, cat("no dataset of ", where(), " has an array \"", array, '"'));
}

// ---- a dataset's arrays ----

// An array's name becomes a folder beside the registry.
Status Store::check_new_name(std::string_view array) {
  if (Status s = check_array_name(array); !s.ok()) return std::move(s).prepend("array: ");
  for (const std::string& name : registry_names())
    if (name == array)
      return Status(Code::kInvalid, cat("array: the name \"", array, "\" is that of a store's registry"));
  return {};
}

Status Store::check_new_array(std::string_view dataset, std::string_view array) {
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  if (d->arrays.find(array))
    return Status(Code::kExists,
                  cat("dataset \"", dataset, "\" of ", where(), " has an array \"", array, "\" already"));
  return {};
}

Result<Store::OpenedArray> Store::define(std::string_view dataset, ArrayDefinition definition,
                                         const CancelToken* cancel) {
  STRATA_TRY(check_writable());
  const std::string array = std::move(definition.name);
  STRATA_TRY(check_new_name(array));
  if (!dataset_exists(dataset)) return no_dataset(dataset);
  STRATA_TRY(file_of(array, true, cancel));  // opened with nothing locked

  std::lock_guard change(change_mu_);
  STRATA_TRY(check_new_array(dataset, array));
  STRATA_ASSIGN(auto file, file_of(array, true, cancel));
  definition.name = dataset;
  STRATA_ASSIGN(const StoreCodec codec, store_codec(*options_.codec));
  STRATA_TRY(remove_orphan(*file, dataset));
  STRATA_ASSIGN(ArrayFile::Ref ref, file->define(std::move(definition)));
  Status noted = without_throwing([&] {
    SchemaRef schema = working_.intern(schema_of(ref->meta, *ref->geometry(), codec));
    return change_dataset(dataset, [&](DatasetEntry& e) { e.arrays.put({array, std::move(schema)}); });
  });
  if (!noted.ok()) {
    STRATA_TRY(file->remove(dataset));
    return noted;
  }
  return OpenedArray{std::move(file), std::move(ref)};
}

Status Store::delete_array(std::string_view dataset, std::string_view array, const CancelToken* cancel) {
  STRATA_TRY(check_writable());
  STRATA_ASSIGN(const bool there, array_exists(dataset, array));
  if (!there) return no_array(dataset, array);
  STRATA_TRY(file_of(array, false, cancel));  // opened with nothing locked

  std::lock_guard change(change_mu_);
  return delete_array_alone(dataset, array, cancel);
}

Status Store::delete_array_alone(std::string_view dataset, std::string_view array, const CancelToken* cancel) {
  STRATA_ASSIGN(const bool there, array_exists(dataset, array));
  if (!there) return no_array(dataset, array);
  STRATA_ASSIGN(const auto file, file_of(array, false, cancel));
  auto remove_entry = [&]() -> Status {
    if (!file) return {};
    Status s = file->remove(dataset);
    return s.code() == Code::kNotFound ? Status() : std::move(s);
  };
  return change_dataset(dataset, remove_entry, [&](DatasetEntry& d) { d.arrays.erase(array); });
}

Status Store::note_shape(std::string_view dataset, std::string_view array, const ArrayDef& def) {
  std::lock_guard change(change_mu_);
  const DatasetEntry* d = working_.find(dataset);
  const NamedSchema* old = d ? d->arrays.find(array) : nullptr;
  if (!old) return no_array(dataset, array);  // deleted meanwhile
  SchemaRef schema = working_.intern(schema_of(def.meta, *def.geometry(), old->schema->codec));
  return change_dataset(dataset, [&](DatasetEntry& e) { e.arrays.put({std::string(array), std::move(schema)}); });
}

Result<std::vector<std::string>> Store::list_arrays(std::string_view dataset) {
  std::shared_lock lock(mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  std::vector<std::string> out;
  out.reserve(d->arrays.size());
  for (const NamedSchema& a : d->arrays) out.push_back(a.name);
  return out;
}

Result<bool> Store::array_exists(std::string_view dataset, std::string_view array) {
  std::shared_lock lock(mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  return d->arrays.find(array) != nullptr;
}

// ---- a dataset's attributes ----

Status Store::set_attribute(std::string_view dataset, std::string key, Value value) {
  STRATA_TRY(check_writable());
  STRATA_TRY(check_utf8("an attribute's key", key));
  STRATA_ASSIGN(Value v, attribute_value(key, std::move(value), registry_.format));
  std::lock_guard change(change_mu_);
  return change_dataset(dataset, [&](DatasetEntry& d) { d.put_attribute({std::move(key), std::move(v)}); });
}

Result<Value> Store::get_attribute(std::string_view dataset, std::string_view key) {
  std::shared_lock lock(mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  if (const Attribute* a = d->attributes.find(key)) return a->value;
  return Status(Code::kNotFound, cat("dataset \"", dataset, "\" has no attribute \"", key, '"'));
}

Status Store::delete_attribute(std::string_view dataset, std::string_view key) {
  STRATA_TRY(check_writable());
  std::lock_guard change(change_mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  if (!d->attributes.find(key))
    return Status(Code::kNotFound, cat("dataset \"", dataset, "\" has no attribute \"", key, '"'));
  return change_dataset(dataset, [&](DatasetEntry& e) { e.erase_attribute(key); });
}

Result<std::vector<std::string>> Store::list_attributes(std::string_view dataset) {
  std::shared_lock lock(mu_);
  const DatasetEntry* d = working_.find(dataset);
  if (!d) return no_dataset(dataset);
  std::vector<std::string> out;
  out.reserve(d->attributes.size());
  for (const Attribute& a : d->attributes) out.push_back(a.key);
  return out;
}

}  // namespace strata
