// Stores: life cycle, laziness, orphans, reads across.
#include "atlas/store.h"

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "internal_test.h"
#include "storage/local.h"
#include "storage/memory.h"
#include "support/fault_storage.h"

using namespace strata;
using namespace strata::test;

namespace {

using Names = std::vector<std::string>;
using Floats = std::vector<float>;

std::shared_ptr<Engine> make_engine() {
  EngineSettings s;
  s.threads = 4;
  return std::make_shared<Engine>(s);
}

Result<std::shared_ptr<Store>> make_store(const std::shared_ptr<Engine>& engine,
                                          const std::shared_ptr<Storage>& storage, const Registry& registry = {},
                                          bool overwrite = false) {
  return Store::create(engine, storage, "s", {}, registry, overwrite, nullptr);
}

Result<std::shared_ptr<Store>> open_store(const std::shared_ptr<Engine>& engine,
                                          const std::shared_ptr<Storage>& storage, bool read_only = false) {
  StoreOptions o;
  o.read_only = read_only;
  return Store::open(engine, storage, "s", o, nullptr);
}

Result<Store::OpenedArray> define(Store& store, std::string_view dataset, std::string_view array, Type type,
                                  std::vector<uint64_t> shape) {
  ArrayDefinition d;
  d.name = array;
  d.dtype.type = type;
  d.shape = std::move(shape);
  return store.define(dataset, std::move(d), nullptr);
}

Status put(const Store::OpenedArray& a, const Floats& values) {
  const auto shape = a.array->meta.geometry.shape();
  const std::vector<uint64_t> start(shape.size(), 0);
  int64_t strides[kMaxRank] = {};
  int64_t step = 4;
  for (size_t i = shape.size(); i-- > 0; step *= static_cast<int64_t>(shape[i])) strides[i] = step;
  const auto source = WriteSource::of(reinterpret_cast<const uint8_t*>(values.data()), strides);
  return a.file->write(a.array, start, shape, source, nullptr);
}

// Defines a one-dimensional array and writes it.
Status add(Store& store, std::string_view dataset, std::string_view array, const Floats& values) {
  STRATA_ASSIGN(const auto a, define(store, dataset, array, Type::kFloat32, {values.size()}));
  return put(a, values);
}

Result<Floats> get(Store& store, std::string_view dataset, std::string_view array) {
  STRATA_ASSIGN(const auto a, store.open_array(dataset, array, nullptr));
  const auto shape = a.array->meta.geometry.shape();
  Floats out(a.array->meta.geometry.element_count());
  const uint64_t start[1] = {0};
  ReadRequest r;
  r.array = a.array.get();
  r.start = start;
  r.count = shape;
  r.dst = reinterpret_cast<uint8_t*>(out.data());
  r.strides[0] = 4;
  STRATA_TRY(a.file->read({&r, 1}, false, nullptr));
  return out;
}

Floats floats_of(const AcrossRow& row) {
  Floats out(row.data.values.size() / 4);
  if (!out.empty()) std::memcpy(out.data(), row.data.values.data(), row.data.values.size());
  return out;
}

// Three datasets with "x", the first two with "y".
Status fill(Store& store) {
  for (const char* name : {"c", "a", "b"}) {
    STRATA_TRY(store.create_dataset(name));
    STRATA_TRY(add(store, name, "x", {1, 2, 3}));
    if (name[0] != 'b') STRATA_TRY(add(store, name, "y", {4, 5}));
  }
  STRATA_TRY(store.set_attribute("c", "title", Value::string("third")));
  return store.set_attribute("c", "count", Value{Type::kUInt8, 7, {}});
}

std::string check_filled(Store& store) {
  CHECK_EQ(store.list_datasets(), (Names{"c", "a", "b"}));
  CHECK_EQ(store.list_datasets_with("y"), (Names{"c", "a"}));
  CHECK_EQ(store.list_arrays(), (Names{"x", "y"}));
  CHECK_EQ(store.dataset_count(), uint64_t{3});
  for (const char* name : {"a", "b", "c"}) {
    auto x = get(store, name, "x");
    CHECK_OK(x);
    CHECK_EQ(*x, (Floats{1, 2, 3}));
  }
  auto title = store.get_attribute("c", "title");
  CHECK_OK(title);
  CHECK(*title == Value::string("third"));
  auto number = store.get_attribute("c", "count");
  CHECK_OK(number);
  CHECK(*number == Value::int64(7));
  auto keys = store.list_attributes("c");
  CHECK_OK(keys);
  CHECK_EQ(*keys, (Names{"title", "count"}));
  auto type = store.array_type("y");
  CHECK_OK(type);
  CHECK_EQ(type->type, Type::kFloat32);
  CHECK_CODE(store.array_type("z"), Code::kNotFound);
  CHECK_CODE(store.open_array("b", "y", nullptr), Code::kNotFound);
  CHECK_CODE(store.open_array("d", "y", nullptr), Code::kNotFound);
  return "";
}

std::string life_cycle_on(const std::shared_ptr<Storage>& storage, const Registry& registry) {
  auto engine = make_engine();
  auto created = make_store(engine, storage, registry);
  CHECK_OK(created);
  Store& store = **created;
  CHECK_OK(storage->open("s/" + registry.file_name));
  CHECK_OK(fill(store));
  CHECK_CASE(check_filled(store));
  CHECK(store.pending().arrays >= 5);
  {
    auto other = open_store(engine, storage);
    CHECK_OK(other);
    CHECK_EQ((*other)->dataset_count(), uint64_t{0});
  }
  CHECK_OK(store.flush(nullptr));
  CHECK_EQ(store.pending().arrays, uint64_t{0});
  CHECK_CASE(check_filled(store));
  {
    auto other = open_store(engine, storage);
    CHECK_OK(other);
    CHECK_CASE(check_filled(**other));
    CHECK_OK((*other)->delete_dataset("c", nullptr));
    CHECK_OK((*other)->delete_array("a", "x", nullptr));
    CHECK_CODE((*other)->delete_attribute("a", "none"), Code::kNotFound);
    CHECK_OK((*other)->flush(nullptr));
    CHECK_OK((*other)->compact(nullptr));
  }
  auto moved = store.refresh(nullptr);
  CHECK_OK(moved);
  CHECK(*moved);
  CHECK_EQ(store.list_datasets(), (Names{"a", "b"}));
  CHECK_CODE(store.open_array("a", "x", nullptr), Code::kNotFound);
  auto y = get(store, "a", "y");
  CHECK_OK(y);
  CHECK_EQ(*y, (Floats{4, 5}));
  moved = store.refresh(nullptr);
  CHECK_OK(moved);
  CHECK(!*moved);
  return "";
}

std::string all_six_registries() {
  for (DocumentFormat format : {DocumentFormat::kJson, DocumentFormat::kMsgpack})
    for (StoreCodec codec : {StoreCodec::kUncompressed, StoreCodec::kZstd, StoreCodec::kLz4})
      CHECK_CASE(life_cycle_on(make_memory_storage("m"), make_registry(format, codec)));
  return "";
}

std::string on_a_local_disk() {
  const char* dir = std::getenv("STRATA_TEST_DIR");
  return life_cycle_on(make_local_storage(dir ? std::string(dir) + "/atlas" : "atlas_store_scratch"), Registry());
}

std::string creating_and_opening() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  CHECK_CODE(open_store(engine, storage), Code::kNotFound);
  {
    auto store = make_store(engine, storage, make_registry(DocumentFormat::kMsgpack, StoreCodec::kLz4));
    CHECK_OK(store);
    CHECK_OK(fill(**store));
    CHECK_OK((*store)->flush(nullptr));
  }
  CHECK_CODE(make_store(engine, storage), Code::kExists);
  auto again = make_store(engine, storage, {}, true);
  CHECK_OK(again);
  CHECK_CODE(storage->open("s/atlas.msgpack.lz4"), Code::kNotFound);
  CHECK_EQ((*again)->dataset_count(), uint64_t{0});
  // What was there before does not show through.
  CHECK_OK((*again)->create_dataset("a"));
  CHECK_OK(add(**again, "a", "x", {9}));
  CHECK_OK((*again)->flush(nullptr));
  auto opened = open_store(engine, storage);
  CHECK_OK(opened);
  auto x = get(**opened, "a", "x");
  CHECK_OK(x);
  CHECK_EQ(*x, Floats{9});
  auto file =
      ArrayFile::open(engine, storage, "s/x/data.af", FileOptions{engine->codecs.find("zstd"), 0, 0, true}, nullptr);
  CHECK_OK(file);
  auto names = (*file)->list();
  CHECK_OK(names);
  CHECK_EQ(*names, Names{"a"});
  return "";
}

std::string names_and_kinds_are_checked() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  auto created = make_store(engine, storage);
  CHECK_OK(created);
  Store& store = **created;
  for (const char* bad : {"", "_a", "a/b", ".", "..", "\xff"}) {
    CHECK_CODE(store.create_dataset(bad), Code::kInvalid);
    CHECK_OK(store.create_dataset("d"));
    CHECK_CODE(define(store, "d", bad, Type::kInt8, {1}), Code::kInvalid);
    CHECK_OK(store.delete_dataset("d", nullptr));
  }
  CHECK_OK(store.create_dataset("d"));
  CHECK_CODE(store.create_dataset("d"), Code::kExists);
  CHECK_CODE(define(store, "d", "atlas.json", Type::kInt8, {1}), Code::kInvalid);
  CHECK_CODE(define(store, "e", "x", Type::kInt8, {1}), Code::kNotFound);
  CHECK_OK(define(store, "d", "x", Type::kInt8, {1}));
  CHECK_CODE(define(store, "d", "x", Type::kInt8, {1}), Code::kExists);
  CHECK_CODE(define(store, "d", "y", Type::kList, {1}), Code::kInvalid);
  auto names = store.list_arrays("d");
  CHECK_OK(names);
  CHECK_EQ(*names, Names{"x"});  // what failed left nothing

  CHECK_CODE(store.set_attribute("d", "k", Value::uint64(UINT64_MAX)), Code::kLimit);
  CHECK_CODE(store.set_attribute("d", "k", Value::binary("b")), Code::kType);
  CHECK_CODE(store.set_attribute("d", "k", Value::string("\xff")), Code::kInvalid);
  CHECK_CODE(store.set_attribute("d", "\xff", Value::int64(1)), Code::kInvalid);
  CHECK_CODE(store.set_attribute("e", "k", Value::int64(1)), Code::kNotFound);
  CHECK_OK(store.set_attribute("d", "k", Value{Type::kFloat32, std::bit_cast<uint32_t>(0.5f), {}}));
  auto k = store.get_attribute("d", "k");
  CHECK_OK(k);
  CHECK(*k == Value::float64(0.5));
  CHECK_OK(store.delete_attribute("d", "k"));
  CHECK_CODE(store.get_attribute("d", "k"), Code::kNotFound);

  CHECK_OK(store.flush(nullptr));
  auto reader = open_store(engine, storage, true);
  CHECK_OK(reader);
  CHECK_CODE((*reader)->create_dataset("e"), Code::kReadOnly);
  CHECK_CODE((*reader)->delete_dataset("d", nullptr), Code::kReadOnly);
  CHECK_CODE((*reader)->set_attribute("d", "k", Value::int64(1)), Code::kReadOnly);
  CHECK_CODE(define(**reader, "d", "z", Type::kInt8, {1}), Code::kReadOnly);
  CHECK_CODE((*reader)->compact(nullptr), Code::kReadOnly);
  CHECK_OK((*reader)->flush(nullptr));
  return "";
}

std::string reading_x_does_not_open_y() {
  auto engine = make_engine();
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("m"));
  {
    auto store = make_store(engine, storage);
    CHECK_OK(store);
    CHECK_OK(fill(**store));
    CHECK_OK((*store)->flush(nullptr));
  }
  storage->reset_counters();
  auto before = engine->counters.objects_opened.load();
  auto store = open_store(engine, storage);
  CHECK_OK(store);
  CHECK_EQ(engine->counters.objects_opened.load(), before);
  for (const char* name : {"a", "b", "c"}) CHECK_OK(get(**store, name, "x"));
  CHECK_EQ(engine->counters.objects_opened.load(), before + 1);
  CHECK_EQ(storage->opens("s/x/data.af"), uint64_t{1});
  CHECK_EQ(storage->opens("s/y/data.af"), uint64_t{0});
  CHECK_OK((*store)->flush(nullptr));  // and nothing pending writes nothing
  CHECK_EQ(storage->opens("s/y/data.af"), uint64_t{0});
  return "";
}

std::string folders_are_encoded() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  auto store = make_store(engine, storage);
  CHECK_OK(store);

  CHECK_OK((*store)->create_dataset("ä"));
  CHECK_OK(add(**store, "ä", "é %", {1}));
  CHECK_OK((*store)->flush(nullptr));
  CHECK_OK(storage->open("s/%C3%A9 %25/data.af"));
  return "";
}

// A layer that no commit names: a writer was stopped before his entry in the log.
std::string orphans_give_way() {
  auto engine = make_engine();
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("m"));
  {
    auto store = make_store(engine, storage);
    CHECK_OK(store);
    CHECK_OK((*store)->create_dataset("a"));
    CHECK_OK(add(**store, "a", "x", {1, 2, 3}));
    storage->arm({.at = 2, .ops = kCreate, .stop = true});  // the layer has its home, the log no entry
    Status s = (*store)->flush(nullptr);
    CHECK(!s.ok());
  }
  storage->arm({});
  auto store = open_store(engine, storage);
  CHECK_OK(store);
  CHECK_EQ((*store)->dataset_count(), uint64_t{0});
  CHECK_OK((*store)->create_dataset("a"));
  CHECK_CODE((*store)->open_array("a", "x", nullptr), Code::kNotFound);
  CHECK_OK(add(**store, "a", "x", {7, 8}));
  CHECK_OK((*store)->flush(nullptr));
  auto again = open_store(engine, storage);
  CHECK_OK(again);
  auto x = get(**again, "a", "x");
  CHECK_OK(x);
  CHECK_EQ(*x, (Floats{7, 8}));
  return "";
}

std::string deleting_the_last_array_of_a_name() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  auto store = make_store(engine, storage);
  CHECK_OK(store);
  CHECK_OK((*store)->create_dataset("a"));
  CHECK_OK(add(**store, "a", "x", {1}));
  CHECK_OK((*store)->flush(nullptr));
  CHECK_OK((*store)->delete_array("a", "x", nullptr));
  CHECK_CODE((*store)->delete_array("a", "x", nullptr), Code::kNotFound);
  CHECK_OK((*store)->flush(nullptr));
  auto file =
      ArrayFile::open(engine, storage, "s/x/data.af", FileOptions{engine->codecs.find("zstd"), 0, 0, true}, nullptr);
  CHECK_OK(file);
  CHECK(!*(*file)->exists("a"));  // the deletion is in the file, though no dataset names it
  return "";
}

std::string missing_files_are_damage() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  {
    auto store = make_store(engine, storage);
    CHECK_OK(store);
    CHECK_OK(fill(**store));
    CHECK_OK((*store)->flush(nullptr));
  }
  CHECK_OK(storage->remove("s/x/data.af"));
  {
    auto store = open_store(engine, storage);
    CHECK_OK(store);
    CHECK_OK((*store)->open_array("a", "x", nullptr));  // from its home
  }
  auto homes = storage->list("s/_strata/layers");
  CHECK_OK(homes);
  for (const ListEntry& home : *homes) CHECK_OK(storage->remove(home.key));
  auto store = open_store(engine, storage);
  CHECK_OK(store);
  CHECK_CODE((*store)->open_array("a", "x", nullptr), Code::kCorrupt);
  CHECK_OK(get(**store, "a", "y"));
  auto rows = (*store)->read_across("x", std::nullopt, std::nullopt, nullptr);
  CHECK_OK(rows);
  for (const AcrossRow& row : *rows) CHECK_CODE(row.status, Code::kCorrupt);
  CHECK_OK((*store)->delete_array("a", "x", nullptr));
  CHECK_OK((*store)->flush(nullptr));
  return "";
}

std::string discarding() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  auto store = make_store(engine, storage);
  CHECK_OK(store);
  CHECK_OK(fill(**store));
  CHECK_OK((*store)->flush(nullptr));
  CHECK_OK((*store)->delete_dataset("c", nullptr));
  CHECK_OK((*store)->create_dataset("d"));
  CHECK_OK(add(**store, "d", "new", {1}));
  CHECK_OK(add(**store, "b", "y", {1}));
  CHECK_OK((*store)->set_attribute("a", "k", Value::int64(1)));
  CHECK_CODE((*store)->refresh(nullptr), Code::kPending);
  CHECK_OK((*store)->discard());
  CHECK_EQ((*store)->pending().arrays, uint64_t{0});
  CHECK_CASE(check_filled(**store));
  CHECK_CODE((*store)->get_attribute("a", "k"), Code::kNotFound);
  CHECK_OK((*store)->flush(nullptr));
  CHECK_CODE(storage->open("s/new/data.af"), Code::kNotFound);
  return "";
}

std::string two_writers() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  auto first = make_store(engine, storage);
  CHECK_OK(first);
  auto second = open_store(engine, storage);
  CHECK_OK(second);
  CHECK_OK((*first)->create_dataset("a"));
  CHECK_OK((*second)->create_dataset("b"));
  CHECK_OK(add(**second, "b", "x", {1}));
  CHECK_OK((*first)->flush(nullptr));
  CHECK_OK((*second)->flush(nullptr));  // these changes have nothing to do with each other
  CHECK_EQ((*second)->list_datasets(), (Names{"a", "b"}));
  auto moved = (*first)->refresh(nullptr);
  CHECK_OK(moved);
  CHECK(*moved);
  CHECK_EQ((*first)->list_datasets(), (Names{"a", "b"}));
  auto x = get(**first, "b", "x");
  CHECK_OK(x);
  CHECK_EQ(*x, Floats{1});

  // The same attribute, and a dataset that is deleted under the other's hands.
  CHECK_OK((*first)->set_attribute("a", "k", Value::int64(1)));
  CHECK_OK((*second)->set_attribute("a", "k", Value::int64(2)));
  CHECK_OK((*second)->set_attribute("a", "own", Value::int64(3)));
  CHECK_OK((*first)->delete_dataset("b", nullptr));
  CHECK_OK((*second)->set_attribute("b", "k", Value::int64(4)));
  CHECK_OK((*first)->flush(nullptr));
  CHECK_CODE((*second)->flush(nullptr), Code::kConflict);
  const auto conflicts = (*second)->conflicts();
  CHECK_EQ(conflicts.size(), size_t{2});
  for (const Conflict& c : conflicts) {
    CHECK_EQ(c.dataset, c.kind == ConflictKind::kAttribute ? "a" : "b");
    CHECK_EQ(c.attribute, c.kind == ConflictKind::kAttribute ? "k" : "");
    CHECK(c.kind == ConflictKind::kAttribute || c.kind == ConflictKind::kDeleted);
  }
  CHECK((*second)->pending().arrays > 0);
  CHECK_OK((*second)->discard());
  CHECK_OK((*second)->refresh(nullptr));
  CHECK_EQ((*second)->list_datasets(), Names{"a"});
  auto k = (*second)->get_attribute("a", "k");
  CHECK_OK(k);
  CHECK_EQ(k->as_int(), 1);
  CHECK_CODE((*second)->get_attribute("a", "own"), Code::kNotFound);
  return "";
}

// Every change of the storage fails once; the flush is repeated and all is there.
std::string failing_flushes_can_be_repeated() {
  auto engine = make_engine();
  for (bool done : {false, true}) {
    uint64_t operations = UINT64_MAX;
    for (uint64_t at = 0; at <= operations; ++at) {
      auto storage = std::make_shared<FaultStorage>(make_memory_storage("m"));
      auto store = make_store(engine, storage);
      CHECK_OK(store);
      CHECK_OK(fill(**store));
      storage->arm({.at = at, .done = done});
      Status s = (*store)->flush(nullptr);
      if (at == 0) {
        CHECK_OK(s);
        operations = storage->counted();
        CHECK(operations > 10);
        continue;
      }
      storage->arm({});
      if (!s.ok()) {
        CHECK_CASE(check_filled(**store));  // still pending, or there
        if (at % 2) {                       // what is changed before the repetition is published with it
          CHECK_OK((*store)->create_dataset("more"));
          CHECK_OK(add(**store, "more", "x", {6}));
          CHECK_OK((*store)->delete_array("a", "y", nullptr));
          CHECK_OK(add(**store, "a", "y", {4, 5}));
        }
        s = (*store)->flush(nullptr);
        if (!s.ok()) return cat("fault ", at, done ? " (done)" : "", ": repeated: ", s.message());
      }
      CHECK_EQ((*store)->pending().arrays, uint64_t{0});
      auto again = open_store(engine, storage);
      CHECK_OK(again);
      if ((*again)->dataset_exists("more")) {
        auto x = get(**again, "more", "x");
        CHECK_OK(x);
        CHECK_EQ(*x, Floats{6});
        CHECK_OK((*again)->delete_dataset("more", nullptr));
      }
      if (std::string m = check_filled(**again); !m.empty()) return cat("fault ", at, done ? " (done)" : "", ": ", m);
    }
  }
  return "";
}

std::string reading_across() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  auto created = make_store(engine, storage);
  CHECK_OK(created);
  Store& store = **created;
  for (const char* name : {"a", "b", "c", "d", "e"}) CHECK_OK(store.create_dataset(name));
  CHECK_OK(add(store, "a", "x", {1, 2, 3, 4}));
  CHECK_OK(add(store, "b", "x", {5, 6}));
  CHECK_OK(add(store, "c", "x", {7, 8, 9}));
  CHECK_OK(define(store, "d", "x", Type::kInt64, {3}));
  CHECK_OK(store.flush(nullptr));
  CHECK_OK(store.delete_array("c", "x", nullptr));
  CHECK_OK(add(store, "c", "x", {10, 11, 12}));  // pending ones are read too

  auto rows = store.read_across("x", std::nullopt, std::nullopt, nullptr);
  CHECK_OK(rows);
  CHECK_EQ(rows->size(), size_t{5});
  CHECK_EQ(floats_of((*rows)[0]), (Floats{1, 2, 3, 4}));
  CHECK_EQ(floats_of((*rows)[1]), (Floats{5, 6}));
  CHECK_EQ(floats_of((*rows)[2]), (Floats{10, 11, 12}));
  CHECK_EQ((*rows)[3].dtype.type, Type::kInt64);
  CHECK_EQ((*rows)[3].data.values.size(), size_t{24});
  CHECK_CODE((*rows)[4].status, Code::kNotFound);
  CHECK_EQ((*rows)[4].dataset, "e");

  const Store::Region region{{1}, {2}};
  rows = store.read_across("x", Names{"c", "nobody", "b", "a", "a"}, region, nullptr);
  CHECK_OK(rows);
  CHECK_EQ(floats_of((*rows)[0]), (Floats{11, 12}));
  CHECK_CODE((*rows)[1].status, Code::kNotFound);
  CHECK_CODE((*rows)[2].status, Code::kRange);
  CHECK_EQ(floats_of((*rows)[3]), (Floats{2, 3}));
  CHECK_EQ(floats_of((*rows)[4]), (Floats{2, 3}));
  rows = store.read_across("x", std::nullopt, Store::Region{{0, 0}, {1, 1}}, nullptr);
  CHECK_OK(rows);
  CHECK_CODE((*rows)[0].status, Code::kRange);

  auto plan = store.plan_stack("x", std::nullopt, Store::Region{{0}, {3}}, nullptr);
  CHECK_OK(plan);
  CHECK_EQ(plan->row_bytes, uint64_t{12});
  Floats stack(15, -1);
  auto* dst = reinterpret_cast<uint8_t*>(stack.data());
  std::vector<Status> statuses;
  CHECK_OK(store.read_stack("x", *plan, dst, statuses, true, nullptr));
  CHECK_EQ(stack, (Floats{1, 2, 3, -1, -1, -1, 10, 11, 12, -1, -1, -1, -1, -1, -1}));
  CHECK_OK(statuses[0]);
  CHECK_CODE(statuses[1], Code::kRange);
  CHECK_OK(statuses[2]);
  CHECK_CODE(statuses[3], Code::kType);
  CHECK_CODE(statuses[4], Code::kNotFound);
  CHECK_CODE(store.read_stack("x", *plan, dst, statuses, false, nullptr), Code::kRange);

  plan = store.plan_stack("x", Names{"e", "b", "a"}, std::nullopt, nullptr);
  CHECK_OK(plan);
  CHECK_EQ(plan->count, std::vector<uint64_t>{2});  // of the first that has it
  CHECK_CODE(store.plan_stack("nothing", std::nullopt, std::nullopt, nullptr), Code::kNotFound);
  CHECK_CODE(store.plan_stack("x", Names{"e"}, std::nullopt, nullptr), Code::kNotFound);
  CHECK_CODE(store.plan_stack("x", std::nullopt, Store::Region{{0}, {UINT64_MAX / 2}}, nullptr), Code::kLimit);
  plan = store.plan_stack("x", std::nullopt, Store::Region{{0}, {0}}, nullptr);
  CHECK_OK(plan);
  CHECK_OK(store.read_stack("x", *plan, nullptr, statuses, true, nullptr));
  CHECK_OK(statuses[1]);

  CancelToken token;
  token.cancel();
  CHECK_CODE(store.read_across("x", std::nullopt, std::nullopt, &token), Code::kCancelled);
  return "";
}

std::string text_across() {
  auto engine = make_engine();
  auto created = make_store(engine, make_memory_storage("m"));
  CHECK_OK(created);
  Store& store = **created;
  const int64_t offsets[] = {0, 1, 1, 4};
  const std::span<const int64_t> level(offsets);
  const uint64_t start[] = {0}, count[] = {3};
  for (const char* name : {"a", "b", "c"}) {
    CHECK_OK(store.create_dataset(name));
    auto t = define(store, name, "t", Type::kString, {3});
    CHECK_OK(t);
    const std::string text = cat(name, "xyz");
    if (name[0] != 'c') CHECK_OK(t->file->write(t->array, start, count, WriteSource::of({{&level, 1}, as_bytes(text)}), nullptr));
  }
  CHECK_OK(store.flush(nullptr));
  auto rows = store.read_across("t", Names{"b", "none", "a", "c"}, std::nullopt, nullptr);
  CHECK_OK(rows);
  CHECK_EQ(as_text((*rows)[0].data.values.bytes()), "bxyz");
  CHECK_EQ((*rows)[0].data.offsets[0].size(), size_t{32});
  CHECK_CODE((*rows)[1].status, Code::kNotFound);
  CHECK_EQ(as_text((*rows)[2].data.values.bytes()), "axyz");
  CHECK_EQ((*rows)[3].data.values.size(), size_t{0});
  CHECK_EQ((*rows)[3].data.offsets[0].size(), size_t{32});
  CHECK_CODE(store.plan_stack("t", std::nullopt, std::nullopt, nullptr), Code::kType);
  return "";
}

// Twice as many must not take more than a little over twice as long: no step looks at all datasets.
std::string many_datasets() {
  auto engine = make_engine();
  auto storage = make_memory_storage("m");
  auto created = make_store(engine, storage);
  CHECK_OK(created);
  Store& store = **created;
  constexpr size_t kDatasets = 20'000;
  using Clock = std::chrono::steady_clock;
  auto seconds = [t = Clock::now()]() mutable {
    const auto now = Clock::now();
    return std::chrono::duration<double>(now - std::exchange(t, now)).count();
  };
  std::string times;
  for (size_t i = 0; i < kDatasets; ++i) {
    const std::string name = cat("dataset", i);
    CHECK_OK(store.create_dataset(name));
    const Floats values(16, static_cast<float>(i));
    for (const char* array : {"x", "y", "z"}) CHECK_OK(add(store, name, array, values));
    CHECK_OK(store.set_attribute(name, "number", Value::int64(static_cast<int64_t>(i))));
  }
  times += cat("define ", seconds());
  CHECK_OK(store.flush(nullptr));
  times += cat(", flush ", seconds());
  auto opened = open_store(engine, storage);
  CHECK_OK(opened);
  times += cat(", open ", seconds());
  auto plan = (*opened)->plan_stack("y", std::nullopt, std::nullopt, nullptr);
  CHECK_OK(plan);
  Floats stack(kDatasets * 16);
  std::vector<Status> statuses;
  CHECK_OK((*opened)->read_stack("y", *plan, reinterpret_cast<uint8_t*>(stack.data()), statuses, false, nullptr));
  for (size_t i = 0; i < kDatasets; ++i) CHECK_EQ(stack[i * 16 + 15], static_cast<float>(i));
  times += cat(", stack ", seconds());
  auto rows = (*opened)->read_across("z", std::nullopt, std::nullopt, nullptr);
  CHECK_OK(rows);
  CHECK_EQ(rows->size(), kDatasets);
  times += cat(", across ", seconds());
  CHECK_OK((*opened)->delete_dataset("dataset7", nullptr));
  CHECK_OK((*opened)->compact(nullptr));
  times += cat(", compact ", seconds(), " s");
  std::printf("%zu datasets: %s\n", kDatasets, times.c_str());
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"all_six_registries", all_six_registries},
                    {"on_a_local_disk", on_a_local_disk},
                    {"creating_and_opening", creating_and_opening},
                    {"names_and_kinds_are_checked", names_and_kinds_are_checked},
                    {"reading_x_does_not_open_y", reading_x_does_not_open_y},
                    {"folders_are_encoded", folders_are_encoded},
                    {"orphans_give_way", orphans_give_way},
                    {"deleting_the_last_array_of_a_name", deleting_the_last_array_of_a_name},
                    {"missing_files_are_damage", missing_files_are_damage},
                    {"discarding", discarding},
                    {"two_writers", two_writers},
                    {"failing_flushes_can_be_repeated", failing_flushes_can_be_repeated},
                    {"reading_across", reading_across},
                    {"text_across", text_across},
                    {"many_datasets", many_datasets}});
}
