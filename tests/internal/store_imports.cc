// What the original did to a store in which not all was placed becomes a commit above what it saw, and nothing that it did not see comes
// to lie over what it wrote.
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"
#include "store_witness.h"

namespace {

using namespace strata;
using namespace strata::test;

// As a program does that knows array files and no log: it counts the layers that it sees.
Status write_beside(Process& p, const std::shared_ptr<Storage>& storage, const std::string& dataset, int32_t value) {
  FileOptions options;
  options.codec = p.engine->codecs.find("zstd");
  STRATA_ASSIGN(const auto file, ArrayFile::open(p.engine, storage, "s/x/data.af", options, nullptr));
  STRATA_ASSIGN(const auto array, file->open_array(dataset));
  int32_t values[7];
  for (int32_t i = 0; i < 7; ++i) values[i] = 100 * value + i;
  const uint64_t start = 0, count = 7;
  const int64_t stride = 4;
  STRATA_TRY(file->write(array, {&start, 1}, {&count, 1}, WriteSource::of(reinterpret_cast<const uint8_t*>(values), &stride), nullptr));
  return file->flush(nullptr);
}

// Two commits that are in no slot, and a layer of another's in the number of the first.
std::string a_number_that_is_taken() {
  const auto storage = make_memory_storage("m");
  Process p(storage);
  CHECK_OK(p.create(false));
  for (const char* name : {"a", "b"}) {
    CHECK_OK(ensure_dataset(*p.store, name));
    CHECK_OK(put(*p.store, name, "x", 1));
  }
  CHECK_OK(p.store->flush(nullptr));
  auto registry = read_object(*storage, "s/atlas.json");
  CHECK_OK(registry);
  for (int32_t value : {2, 3}) {
    CHECK_OK(put(*p.store, "a", "x", value));
    if (value == 3) CHECK_OK(put(*p.store, "b", "x", value));
    CHECK_OK(p.store->flush(nullptr));
  }
  CHECK_OK(replace_object(*storage, "s/atlas.json", registry->bytes()));
  for (const char* slot : {"s/x/data.1.af", "s/x/data.2.af"}) CHECK_OK(storage->remove(slot));
  CHECK_OK(write_beside(p, storage, "a", 4));
  Process next(storage);
  CHECK_OK(next.open());
  CHECK_OK(put(*next.store, "b", "y", 5));
  CHECK_OK(next.store->flush(nullptr));
  // Both arrays as they would be had all been placed before the other program came.
  Process serial(make_memory_storage("serial"));
  CHECK_OK(serial.create(false));
  for (const char* name : {"a", "b"}) CHECK_OK(ensure_dataset(*serial.store, name));
  CHECK_OK(put(*serial.store, "a", "x", 4));
  CHECK_OK(put(*serial.store, "b", "x", 3));
  CHECK_OK(put(*serial.store, "b", "y", 5));
  CHECK_OK(serial.store->flush(nullptr));
  auto wanted = view_of(*serial.store);
  CHECK_OK(wanted);
  for (const bool compacted : {false, true}) {
    if (compacted) CHECK_OK(next.store->compact(nullptr));
    auto found = stored_view(storage);
    CHECK_OK(found);
    CHECK_EQ(difference(*found, *wanted), std::string());
  }
  return "";
}

// As the original does: all that lies in the slots becomes a base without strata's section, and they are gone.
Status compact_beside(Process& p, const std::shared_ptr<Storage>& storage) {
  const auto apart = make_memory_storage("apart");
  STRATA_ASSIGN(const auto objects, storage->list("s/x"));
  for (const ListEntry& o : objects) {
    STRATA_ASSIGN(const auto bytes, read_object(*storage, o.key));
    STRATA_TRY(replace_object(*apart, o.key, bytes.bytes()));
  }
  {
    FileOptions options;
    options.codec = p.engine->codecs.find("zstd");
    STRATA_ASSIGN(const auto file, ArrayFile::open(p.engine, apart, "s/x/data.af", options, nullptr));
    STRATA_TRY(file->compact(nullptr));
  }
  STRATA_ASSIGN(const auto base, read_object(*apart, "s/x/data.af"));
  std::string bytes(base.bytes().begin(), base.bytes().end());
  cut_section(bytes);
  STRATA_TRY(replace_object(*storage, "s/x/data.af", as_bytes(bytes)));
  for (const ListEntry& o : objects)
    if (o.key != "s/x/data.af") STRATA_TRY(storage->remove(o.key));
  return {};
}

Status begin(Process& p) {
  STRATA_TRY(p.create(false));
  for (const char* name : {"a", "b"}) {
    STRATA_TRY(ensure_dataset(*p.store, name));
    STRATA_TRY(put(*p.store, name, "x", 1));
  }
  STRATA_TRY(p.store->flush(nullptr));
  STRATA_TRY(put(*p.store, "a", "x", 2));
  return p.store->flush(nullptr);
}

// The next base has another file's id: a writer from before is merged all the same. (Invariant 4: disjoint commits all are made.)
std::string a_writer_from_before_a_foreign_compaction() {
  const auto storage = make_memory_storage("m");
  Process first(storage), from_before(storage), next(storage);
  CHECK_OK(begin(first));
  CHECK_OK(from_before.open());
  CHECK_OK(put(*from_before.store, "b", "x", 7));
  CHECK_OK(compact_beside(first, storage));
  CHECK_OK(next.open());
  CHECK_OK(put(*next.store, "a", "x", 8));
  CHECK_OK(next.store->flush(nullptr));
  CHECK_OK(next.store->compact(nullptr));
  CHECK_OK(from_before.store->flush(nullptr));
  Process serial(make_memory_storage("serial"));
  CHECK_OK(serial.create(false));
  for (const char* name : {"a", "b"}) {
    CHECK_OK(ensure_dataset(*serial.store, name));
    CHECK_OK(put(*serial.store, name, "x", *name == 'a' ? 8 : 7));
  }
  CHECK_OK(serial.store->flush(nullptr));
  auto wanted = stored_view(serial.storage), found = stored_view(storage);
  CHECK_OK(wanted);
  CHECK_OK(found);
  CHECK_EQ(difference(*found, *wanted), std::string());
  return "";
}

// A base of the original's is in a commit that has a tag; then it compacts again. (Invariant 1: what a tag pins is there.)
std::string a_tag_outlives_foreign_compactions() {
  for (const bool tagged_before : {false, true}) {
    const auto storage = make_memory_storage("m");
    Process p(storage);
    CHECK_OK(begin(p));
    if (tagged_before) CHECK_OK(p.store->tag("early", "", nullptr));
    CHECK_OK(compact_beside(p, storage));
    CHECK_OK(put(*p.store, "b", "x", 3));
    CHECK_OK(p.store->flush(nullptr));
    CHECK_OK(p.store->tag("kept", "", nullptr));
    auto wanted = view_of(*p.store);
    CHECK_OK(wanted);
    CHECK_OK(compact_beside(p, storage));
    CHECK_OK(put(*p.store, "a", "x", 4));
    CHECK_OK(p.store->flush(nullptr));
    CHECK_OK(p.store->compact(nullptr));
    Process then(storage);
    then.options.commit = "kept";
    CHECK_OK(then.open());
    auto found = view_of(*then.store);
    CHECK_OK(found);
    for (View* view : {&*found, &*wanted})
      for (auto& [name, value] : view->values) value = without_statistics(value);
    CHECK_EQ(difference(*found, *wanted), std::string());
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"a_number_that_is_taken", a_number_that_is_taken},
                    {"a_writer_from_before_a_foreign_compaction", a_writer_from_before_a_foreign_compaction},
                    {"a_tag_outlives_foreign_compactions", a_tag_outlives_foreign_compactions}});
}
