// What attributes of arrays mean where the original's layers do not say it, and when strata says that it is not certain.
#include <algorithm>

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"

namespace {

using namespace strata;
using namespace strata::test;

using Pairs = std::vector<std::pair<uint64_t, uint64_t>>;
using Records = std::vector<std::pair<std::string, Pairs>>;

const Setting kSetting = {.codec = ""};

// A layer as the original writes it: arrays without data, with pairs that it may have copied.
Status leave(Storage& storage, uint32_t slot, const Records& records, const Texts& keys, const Texts& values) {
  Footer f;
  f.overlay_index = slot;
  f.attr_keys = keys;
  for (const std::string& v : values) f.attr_values.push_back(Value::string(v));
  for (const auto& [name, pairs] : records) {
    ArrayRecord& a = f.arrays.emplace_back();
    a.name = name;
    a.dtype.type = Type::kInt8;
    a.attributes = pairs;
  }
  STRATA_ASSIGN(Buffer out, encode_footer(f));
  append_trailer(out, out.size(), kFooterMagic);
  return replace_object(storage, slot ? cat("d/x.", slot, ".af") : std::string("d/x.af"), out.bytes());
}

// "key=value" of all attributes, with a question mark where it is not certain.
Result<std::string> attributes_in(ArrayFile& file, const std::string& name) {
  STRATA_ASSIGN(auto array, file.open_array(name));
  STRATA_ASSIGN(auto keys, file.list_attributes(array));
  std::sort(keys.begin(), keys.end());
  std::string out;
  for (const std::string& key : keys) {
    STRATA_ASSIGN(const Value value, file.get_attribute(array, key));
    STRATA_ASSIGN(const bool ambiguous, file.attribute_is_ambiguous(array, key));
    out += cat(out.empty() ? "" : " ", key, '=', value.text, ambiguous ? "?" : "");
  }
  return out;
}

#define CHECK_ATTRIBUTES(file, name, want)             \
  do {                                                 \
    auto check_attributes_ = attributes_in(file, name); \
    CHECK_OK(check_attributes_);                       \
    CHECK_EQ(*check_attributes_, want);                \
  } while (0)

std::string pairs_of_several_layers() {
  auto storage = make_memory_storage("m");
  Session s(kSetting, storage);
  CHECK_OK(leave(*storage, 0, {}, {}, {}));
  CHECK_OK(leave(*storage, 1, {{"a", {{0, 0}, {1, 1}}}, {"b", {{1, 1}}}}, {"k", "l"}, {"K", "L"}));
  CHECK_OK(s.open());
  CHECK_ATTRIBUTES(*s.file, "a", "k=K l=L");
  CHECK_ATTRIBUTES(*s.file, "b", "l=L");
  // Data only: the pairs are copied, the dictionary is empty.
  CHECK_OK(leave(*storage, 2, {{"a", {{0, 0}, {1, 1}}}}, {}, {}));
  CHECK_OK(s.open());
  CHECK_ATTRIBUTES(*s.file, "a", "k=K l=L");
  // Another array gets an attribute: the first value of all others is now that of it.
  CHECK_OK(leave(*storage, 3, {{"c", {{0, 0}}}}, {"m"}, {"M"}));
  CHECK_OK(s.open());
  CHECK_ATTRIBUTES(*s.file, "a", "k=M? l=L m=M?");
  CHECK_ATTRIBUTES(*s.file, "b", "l=L");
  CHECK_ATTRIBUTES(*s.file, "c", "k=M? m=M");
  // Copied into a layer with another dictionary: it may have been made in either.
  CHECK_OK(leave(*storage, 4, {{"b", {{1, 1}}}}, {"n", "o"}, {"N", "O"}));
  CHECK_OK(s.open());
  CHECK_ATTRIBUTES(*s.file, "b", "l=O? o=O?");
  // The same by chance: it means the same wherever it was made.
  CHECK_OK(leave(*storage, 5, {{"b", {{1, 1}}}}, {"n", "o"}, {"N", "O"}));
  CHECK_OK(leave(*storage, 6, {{"d", {{1, 1}}}}, {"n", "o"}, {"N", "O"}));
  CHECK_OK(s.open());
  CHECK_ATTRIBUTES(*s.file, "d", "l=O? o=O");
  return "";
}

std::string strata_decides() {
  const std::string ambiguous = "long_name=air temperature? scale=air temperature? units=air temperature?";
  const std::string certain = "long_name=air temperature scale=air temperature units=air temperature";
  for (int way = 0; way < 3; ++way) {
    auto storage = make_memory_storage("m");
    Session s(kSetting, storage);
    CHECK_OK(take_fixture(*storage, "quirk_attributes"));
    CHECK_OK(s.open());
    CHECK_ATTRIBUTES(*s.file, "a", ambiguous);
    if (way == 0) CHECK_OK(s.file->compact(nullptr));
    if (way == 1) CHECK_OK(annotate(s, "b", "new", Value::string("x")));
    if (way == 2) {
      CHECK_OK(annotate(s, "a", "scale", Value::string("air temperature")));
      auto array = s.file->open_array("a");
      CHECK_OK(array);
      auto scale = s.file->attribute_is_ambiguous(*array, "scale"), units = s.file->attribute_is_ambiguous(*array, "units");
      CHECK_OK(scale);
      CHECK_OK(units);
      CHECK(!*scale && *units);
    }
    CHECK_OK(s.file->flush(nullptr));
    CHECK_ATTRIBUTES(*s.file, "a", certain);
    CHECK_OK(s.open());
    CHECK_ATTRIBUTES(*s.file, "a", certain);
    // Data alone decides nothing, and loses nothing.
    CHECK_OK(put(s, "a", {0}, {1}, 5));
    CHECK_OK(s.file->flush(nullptr));
    CHECK_OK(s.open());
    CHECK_ATTRIBUTES(*s.file, "a", certain);
  }
  auto storage = make_memory_storage("m");
  Session s(kSetting, storage);
  CHECK_OK(take_fixture(*storage, "quirk_attributes"));
  CHECK_OK(s.open());
  CHECK_OK(put(s, "a", {0}, {1}, 5));
  for (int round = 0; round < 2; ++round) {
    CHECK_ATTRIBUTES(*s.file, "a", ambiguous);
    CHECK_OK(s.file->flush(nullptr));
    CHECK_OK(s.open());
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"pairs_of_several_layers", pairs_of_several_layers}, {"strata_decides", strata_decides}});
}
