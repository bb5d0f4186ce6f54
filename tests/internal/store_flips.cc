// Stores that strata wrote and something damaged: a bit that flipped, an end that is gone, objects that are missing, swapped, twice there, of
// another array or store. Found, or without effect; never other data, for who reads and for who goes on writing.
#include "damaged_objects.h"
#include "internal_test.h"
#include "store_history.h"
#include "support/fault_storage.h"

namespace {

using namespace strata;
using namespace strata::test;

constexpr const char* kRegistry = "s/atlas.json";
const std::vector<std::string> kFolders = {"s", "s/_strata/log", "s/_strata/full", "s/_strata/layers", "s/_strata/placed", "s/x", "s/y", "s/t"};

struct Kind {
  const char* name = "";
  const char* codec = "zstd";
  Registry registry = {};
  bool projected = true;  // false: whoever made the last commit was killed right after it
  bool registry_only = false;  // what else there is, is as with the others
  bool large = false;
};

Status start(Process& p, const Kind& kind) {
  StoreOptions options;
  options.codec = p.engine->codecs.find(kind.codec);
  options.block_bytes = kind.large ? 1u << 20 : 4096;
  STRATA_ASSIGN(p.store, Store::create(p.engine, p.storage, "s", options, kind.registry, false, nullptr));
  return {};
}

// Of dataset `d`: an array of numbers and one of texts.
Status fill(Store& store, const char* d, const char* name, uint64_t n, uint64_t begin, uint64_t end, uint64_t seed) {
  auto opened = store.open_array(d, name, nullptr);
  if (opened.code() == Code::kNotFound) {
    ArrayDefinition def;
    def.name = name;
    def.dtype.type = Type::kUInt64;
    def.shape = {n};
    def.chunk_shape = {n / 3};
    opened = store.define(d, std::move(def), nullptr);
  }
  if (!opened.ok()) return opened.take_status();
  std::vector<uint64_t> values(end - begin);
  for (uint64_t i = 0; i < values.size(); ++i) values[i] = i % 4 ? seed + i : (i + 1) * (seed * 0x9E3779B97F4A7C15u);
  const uint64_t count = end - begin;
  const int64_t stride = 8;
  return opened->file->write(opened->array, {&begin, 1}, {&count, 1},
                             WriteSource::of(reinterpret_cast<const uint8_t*>(values.data()), &stride), nullptr);
}

Status say(Store& store, const char* d, uint64_t at, const Texts& texts) {
  auto opened = store.open_array(d, "t", nullptr);
  if (opened.code() == Code::kNotFound) {
    ArrayDefinition def;
    def.name = "t";
    def.dtype.type = Type::kString;
    def.shape = {6};
    def.chunk_shape = {4};
    opened = store.define(d, std::move(def), nullptr);
  }
  if (!opened.ok()) return opened.take_status();
  std::vector<int64_t> offsets{0};
  std::string all;
  for (const std::string& t : texts) offsets.push_back(static_cast<int64_t>((all += t).size()));
  const uint64_t count = texts.size();
  const std::span<const int64_t> level(offsets);
  return opened->file->write(opened->array, {&at, 1}, {&count, 1}, WriteSource::of({{&level, 1}, as_bytes(all)}), nullptr);
}

struct Sample {
  Objects objects;
  View whole;
  std::vector<View> older;        // after each commit before the last
  std::vector<std::string> registries;  // at each of them
};

// Bases, fillers, layers above, statistics; datasets and attributes that come and go.
Result<Sample> make_sample(const Kind& kind, uint64_t seed) {
  auto inner = make_memory_storage("whole");
  auto storage = std::make_shared<FaultStorage>(inner);
  Process p(storage);
  STRATA_TRY(start(p, kind));
  Store& s = *p.store;
  Sample out;
  auto note = [&]() -> Status {
    STRATA_ASSIGN(out.older.emplace_back(), stored_view(inner));
    STRATA_ASSIGN(const Buffer registry, read_object(*inner, "s/" + kind.registry.file_name));
    out.registries.emplace_back(as_text(registry.bytes()));
    return {};
  };
  auto commit = [&]() -> Status {
    STRATA_TRY(s.flush(nullptr));
    return note();
  };
  const uint64_t n = !kind.large ? 12 : flips_wanted() ? 1200000 : 60000;
  for (const char* d : {"a", "b", "gone"}) STRATA_TRY(s.create_dataset(d));
  STRATA_TRY(fill(s, "a", "x", n, 0, n, seed));
  STRATA_TRY(fill(s, "b", "x", n, 1, n, seed + 1));
  STRATA_TRY(fill(s, "gone", "y", n, 0, n / 2, seed + 2));
  STRATA_TRY(say(s, "a", 0, {"one", "", "three"}));
  STRATA_TRY(s.set_attribute("a", "title", Value::string("of the first dataset")));
  STRATA_TRY(commit());
  STRATA_TRY(fill(s, "a", "x", n, n / 2, n, seed + 3));
  STRATA_TRY(fill(s, "b", "y", n, 0, n / 4, seed + 4));
  STRATA_TRY(say(s, "b", 3, {"four"}));
  STRATA_TRY(s.delete_dataset("gone", nullptr));
  STRATA_TRY(commit());
  STRATA_TRY(s.compact(nullptr));
  STRATA_TRY(note());
  STRATA_TRY(fill(s, "b", "x", n, 0, n / 2, seed + 5));
  STRATA_TRY(s.set_attribute("b", "scale", Value::float64(0.5)));
  STRATA_TRY(commit());
  if (kind.large) {  // into which whole states come
    for (int i = 0; i < 130; ++i) {
      STRATA_TRY(s.set_attribute("a", "count", Value::int64(i)));
      STRATA_TRY(s.flush(nullptr));
    }
    STRATA_TRY(note());
  }
  STRATA_TRY(fill(s, "a", "x", n, 1, 3, seed + 6));
  STRATA_TRY(fill(s, "b", "y", n, 2, 5, seed + 7));
  STRATA_TRY(say(s, "a", 2, {"four", "5"}));
  bool entry = false;
  if (!kind.projected)
    storage->on_operation([&](Op op, std::string_view key) {
      if (op == kCreate && key.find("/log/") != std::string_view::npos) entry = true;
      else if (entry && op == kSync) storage->arm({.at = 1, .ops = kLooks | kChanges, .stop = true});
    });
  Status last = s.flush(nullptr);
  if (kind.projected) STRATA_TRY(std::move(last));
  STRATA_ASSIGN(out.whole, stored_view(inner));
  STRATA_ASSIGN(out.objects, taken_from(*inner, kFolders));
  return out;
}

class Look {
 public:
  Look(const Kind& kind, const Sample& sample) : kind_(kind), sample_(sample), place(sample.objects) {}

  // An error that says that something is damaged, or what was there. older: or an earlier commit, whole.
  std::string at(const std::string& what, bool older = false) {
    const bool writes = looks_++ % 8 == 0;
    std::string wrong = judge(stored_view(place.storage()), older);
    if (wrong.empty() && writes) wrong = write(older);
    if (writes) place.mend_all();
    else place.mend();
    return wrong.empty() ? wrong : cat(kind_.name, ", ", what, ": ", wrong);
  }
  size_t looks() const { return looks_; }
  size_t found() const { return found_; }
  size_t harmless() const { return looks_ - found_ - older_; }
  void print(const char* what) const {
    std::printf("%s: %zu %s, %zu found, %zu without effect, %zu give an older commit\n", kind_.name, looks_, what, found_, harmless(), older_);
  }

 private:
  std::string judge(Result<View> seen, bool older) {
    if (!seen.ok() || seen->registry == Texts{"(no store)"}) {
      ++found_;
      if (seen.ok()) return "";
      const Code code = seen.code();
      return code == Code::kCorrupt || code == Code::kFormat ? "" : std::string(seen.status().message());
    }
    std::string other = difference(*seen, sample_.whole);
    if (other.empty() || !older) return other;
    for (const View& v : sample_.older)
      if (v == *seen) return ++older_, "";
    return other;
  }

  // Who goes on there says that it cannot, or all else is as it was.
  std::string write(bool older) {
    Process p(place.storage());
    Status done = p.open();
    if (done.ok()) done = ensure_dataset(*p.store, "probe");
    if (done.ok()) done = put(*p.store, "probe", "x32", 9);
    if (done.ok()) done = p.store->flush(nullptr);
    if (done.ok()) done = p.store->compact(nullptr);
    if (done.code() == Code::kInternal) return std::string(done.message());
    auto seen = stored_view(place.storage());
    if (!seen.ok() || seen->registry == Texts{"(no store)"}) return "";
    seen->values.erase("probe/x32");
    std::erase_if(seen->registry, [](const std::string& line) { return line.starts_with("probe"); });
    std::string other = difference(*seen, sample_.whole);
    if (other.empty()) return "";
    if (older)
      for (const View& v : sample_.older)
        if (v == *seen) return "";
    return cat("after a writer (", done.ok() ? "done" : done.message(), "): ", other);
  }

  const Kind& kind_;
  const Sample& sample_;
  size_t looks_ = 0, found_ = 0, older_ = 0;

 public:
  Damaged place;
};

std::vector<Kind> small_kinds() {
  std::vector<Kind> out = {{.name = "json"}, {.name = "json, not projected", .codec = "", .projected = false}};
  static constexpr struct {
    const char* name;
    const char* codec;
    DocumentFormat format;
    StoreCodec compression;
  } kForms[] = {{"msgpack", "", DocumentFormat::kMsgpack, StoreCodec::kUncompressed},
                {"json.zst", "lz4", DocumentFormat::kJson, StoreCodec::kZstd},
                {"msgpack.zst", "", DocumentFormat::kMsgpack, StoreCodec::kZstd},
                {"json.lz4", "zstd", DocumentFormat::kJson, StoreCodec::kLz4},
                {"msgpack.lz4", "lz4", DocumentFormat::kMsgpack, StoreCodec::kLz4}};
  for (const auto& f : kForms) out.push_back({.name = f.name, .codec = f.codec, .registry = make_registry(f.format, f.compression), .registry_only = true});
  return out;
}

// A registry that has lost the name of its member "strata" is one of the original's.
bool is_registry(const std::string& key) { return key.starts_with("s/atlas."); }

std::string every_bit_of_a_small_store() {
  for (const Kind& kind : small_kinds()) {
    const size_t step = flips_wanted() ? 1 : kind.registry_only ? 5 : 127;
    auto sample = make_sample(kind, 1);
    CHECK_OK(sample);
    Look look(kind, *sample);
    CHECK_CASE(look.at("nothing"));
    CHECK_EQ(look.found(), size_t{0});
    size_t bit = 0;
    for (const auto& [key, bytes] : sample->objects) {
      if (kind.registry_only && !is_registry(key)) continue;
      const bool shared = look.place.names_of(key).size() > 1;
      for (; bit < bytes.size() * 8; bit += step) {
        look.place.change_file(key, [&](std::string& b) { flip(b, bit); });
        CHECK_CASE(look.at(cat(key, ", bit ", bit), is_registry(key)));
        if (!shared) continue;
        std::string flipped = bytes;
        flip(flipped, bit);
        look.place.put(key, flipped);
        CHECK_CASE(look.at(cat(key, " alone, bit ", bit)));
      }
      bit -= bytes.size() * 8;
    }
    look.print("bits flipped");
    CHECK(look.found() > look.looks() / 4);
  }
  return "";
}

std::string random_bits_of_a_large_store() {
  const size_t flips = flips_wanted() ? flips_wanted() : 60;
  for (const char* codec : {"zstd", "", "lz4"}) {
    const Kind kind{.name = *codec ? codec : "none", .codec = codec, .large = true};
    auto sample = make_sample(kind, 1);
    CHECK_OK(sample);
    Look look(kind, *sample);
    RandomBits bits(sample->objects, 7);
    for (size_t i = 0; i < flips; ++i) {
      const auto [key, bit] = bits.next();
      look.place.change_file(key, [&, bit = bit](std::string& b) { flip(b, bit); });
      CHECK_CASE(look.at(cat(key, ", bit ", bit), is_registry(key)));
    }
    std::printf("%llu bytes of ", static_cast<unsigned long long>(bits.size()));
    look.print("bits flipped");
  }
  return "";
}

std::string every_length() {
  const size_t step = flips_wanted() ? 1 : 41;
  for (const Kind& kind : small_kinds()) {
    auto sample = make_sample(kind, 1);
    CHECK_OK(sample);
    Look look(kind, *sample);
    for (const auto& [key, bytes] : sample->objects) {
      if (kind.registry_only && !is_registry(key)) continue;
      for (size_t n = 0; n < bytes.size(); n += step) {
        look.place.change_file(key, [&](std::string& b) { b.resize(n); });
        CHECK_CASE(look.at(cat(key, " cut at ", n)));
      }
      for (size_t n : {1, 8, 12, 4096}) {
        look.place.change_file(key, [&](std::string& b) { b.append(n, '\0'); });
        CHECK_CASE(look.at(cat(key, " longer by ", n)));
      }
    }
    look.print("lengths");
  }
  return "";
}

std::string objects_that_are_missing() {
  for (const Kind& kind : small_kinds()) {
    auto sample = make_sample(kind, 1);
    CHECK_OK(sample);
    Look look(kind, *sample);
    for (const auto& [key, bytes] : sample->objects) {
      look.place.drop(key);
      // The log's end says that there is no newer commit.
      CHECK_CASE(look.at(key + " missing", !kind.projected && key.starts_with("s/_strata/log/")));
      const auto names = look.place.names_of(key);
      if (names.size() < 2) continue;
      for (const std::string& name : names) look.place.drop(name);
      CHECK_CASE(look.at(key + " missing under all names"));
    }
    for (const std::string& folder : kFolders) {
      for (const auto& [key, bytes] : sample->objects)
        if (folder_of(key) == folder) look.place.drop(key);
      CHECK_CASE(look.at(folder + " empty", !kind.projected && folder == "s/_strata/log"));
    }
    look.print("missing");
  }
  return "";
}

// Also of another array of the store, of another store, and the store's own as they were some commits ago.
std::string objects_in_the_wrong_place() {
  for (const Kind& kind : small_kinds()) {
    auto sample = make_sample(kind, 1), foreign = make_sample(kind, 9);
    CHECK_OK(sample);
    CHECK_OK(foreign);
    const Objects& whole = sample->objects;
    Look look(kind, *sample);
    size_t turn = 0;
    for (const auto& [to, bytes] : whole) {
      if (auto it = foreign->objects.find(to); it != foreign->objects.end()) {
        look.place.change_file(to, [&](std::string& b) { b = it->second; });
        CHECK_CASE(look.at(to + " of another store"));
      }
      for (const auto& [from, others] : whole) {
        if (from == to || others == bytes || (!flips_wanted() && ++turn % 5)) continue;
        look.place.change_file(to, [&](std::string& b) { b = others; });
        CHECK_CASE(look.at(cat(from, " in the place of ", to)));
        look.place.put(to, others);
        look.place.put(from, bytes);
        CHECK_CASE(look.at(cat(from, " and ", to, " swapped")));
      }
    }
    for (const std::string& registry : sample->registries) {
      look.place.put("s/" + kind.registry.file_name, registry);
      CHECK_CASE(look.at("an older registry"));
    }
    look.print("in the wrong place");
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"every_bit_of_a_small_store", every_bit_of_a_small_store},
                    {"random_bits_of_a_large_store", random_bits_of_a_large_store},
                    {"every_length", every_length},
                    {"objects_that_are_missing", objects_that_are_missing},
                    {"objects_in_the_wrong_place", objects_in_the_wrong_place}});
}
