// What the original did to a store in which not all was placed becomes a commit above what it saw, and nothing that it did not see comes
// to lie over what it wrote.
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"

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

}  // namespace

int main() { return RUN_CASES({{"a_number_that_is_taken", a_number_that_is_taken}}); }
