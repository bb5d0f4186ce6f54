// Files that strata wrote and something damaged: a bit that flipped, an end that is gone, layers that are swapped, missing, twice
// there, or of another file. Found, or without effect; never other data. STRATA_FLIPS: how many bits of the large file, 200 without.
#include <map>
#include <random>

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"

namespace {

using namespace strata;
using namespace strata::test;

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kEach = 13;  // of the bits of the small file
#else
constexpr size_t kEach = 1;
#endif

const Setting kSettings[] = {
    {.name = "zstd"},
    {.name = "none", .codec = ""},
    {.name = "lz4", .codec = "lz4", .block_bytes = 4096},
};

using File = std::map<std::string, std::string>;  // bytes by name

Result<File> taken_from(Storage& storage) {
  File out;
  STRATA_ASSIGN(auto list, storage.list("d"));
  for (const ListEntry& e : list) {
    STRATA_ASSIGN(Buffer bytes, read_object(storage, e.key));
    out[e.key] = as_text(bytes.bytes());
  }
  return out;
}

Result<std::shared_ptr<Storage>> stored(const File& file) {
  auto storage = make_memory_storage("flips");
  for (const auto& [key, bytes] : file) STRATA_TRY(replace_object(*storage, key, as_bytes(bytes)));
  return std::shared_ptr<Storage>(std::move(storage));
}

// A base, fillers, a marker, and layers above: two arrays of some chunks, one of texts.
Status live(Session& s, uint64_t seed, bool large) {
  const uint64_t n = large ? 300000 : 10;
  STRATA_TRY(s.create(false));
  STRATA_TRY(ensure(s, "a", {Type::kInt32, {n}, {n / 3}, Value::int64(-1)}));
  STRATA_TRY(put(s, "a", {1}, {n - 1}, seed));
  STRATA_TRY(flush(s));
  STRATA_TRY(ensure(s, "t", {Type::kString, {4}, {3}, {}}));
  STRATA_TRY(put_texts(s, "t", 0, {"one", "", "three"}));
  STRATA_TRY(flush(s));
  STRATA_TRY(compact(s));
  STRATA_TRY(put(s, "a", {0}, {n / 2}, seed + 1));
  STRATA_TRY(annotate(s, "a", "units", Value::string("degrees_Celsius_x")));
  STRATA_TRY(flush(s));
  STRATA_TRY(put_texts(s, "t", 3, {"four"}));
  STRATA_TRY(put(s, "a", {n - 2}, {2}, seed + 2));
  return flush(s);
}

struct Sample {
  File file;
  Texts whole;
};

Result<Sample> make_sample(const Setting& setting, uint64_t seed, bool large) {
  auto storage = make_memory_storage("whole");
  Session s(setting, storage);
  STRATA_TRY(live(s, seed, large));
  Sample out;
  STRATA_ASSIGN(out.file, taken_from(*storage));
  STRATA_ASSIGN(out.whole, stored_picture(setting, storage));
  return out;
}

class Look {
 public:
  Look(const Setting& setting, const Texts& whole) : setting_(setting), whole_(whole) {}

  // An error that says that something is damaged, or what was there.
  std::string at(const File& file, const std::string& what) {
    auto storage = stored(file);
    CHECK_OK(storage);
    auto seen = stored_picture(setting_, *storage);
    if (!seen.ok()) {
      ++found_;
      const Code code = seen.code();
      if (code == Code::kCorrupt || code == Code::kFormat) return "";
      return cat(setting_.name, ", ", what, ": ", seen.status().message());
    }
    ++harmless_;
    const std::string other = difference(*seen, whole_);
    return other.empty() ? "" : cat(setting_.name, ", ", what, ": ", other);
  }
  size_t found() const { return found_; }
  size_t harmless() const { return harmless_; }

 private:
  const Setting& setting_;
  const Texts& whole_;
  size_t found_ = 0, harmless_ = 0;
};

std::string every_bit_of_a_small_file() {
  for (const Setting& setting : kSettings) {
    auto sample = make_sample(setting, 1, false);
    CHECK_OK(sample);
    size_t bits = 0;
    Look look(setting, sample->whole);
    CHECK_CASE(look.at(sample->file, "nothing"));
    CHECK_EQ(look.harmless(), size_t{1});
    for (auto& [key, bytes] : sample->file)
      for (size_t bit = 0; bit < bytes.size() * 8; bit += kEach, ++bits) {
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
        CHECK_CASE(look.at(sample->file, cat(key, ", bit ", bit)));
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      }
    std::printf("%s: %zu bits flipped, %zu found, %zu without effect\n", setting.name, bits, look.found(), look.harmless() - 1);
    CHECK(look.found() > bits / 2);
  }
  return "";
}

std::string random_bits_of_a_large_file() {
  const char* wanted = std::getenv("STRATA_FLIPS");
  const size_t flips = wanted ? std::strtoul(wanted, nullptr, 10) : 200;
  std::mt19937_64 random(5);
  for (const Setting& small : kSettings) {
    Setting setting = small;
    setting.block_bytes = 1u << 20;
    auto sample = make_sample(setting, 1, true);
    CHECK_OK(sample);
    std::vector<std::pair<uint64_t, std::string*>> ends;  // by the bytes, so that each is as likely
    uint64_t size = 0;
    for (auto& [key, bytes] : sample->file) ends.emplace_back(size += bytes.size(), &bytes);
    Look look(setting, sample->whole);
    for (size_t i = 0; i < flips; ++i) {
      const uint64_t at = random() % size;
      auto end = std::ranges::upper_bound(ends, at, {}, &std::pair<uint64_t, std::string*>::first);
      char& byte = (*end->second)[at - (end->first - end->second->size())];
      const char was = byte;
      byte = static_cast<char>(byte ^ (1 << random() % 8));
      CHECK_CASE(look.at(sample->file, cat("byte ", at)));
      byte = was;
    }
    std::printf("%s: %zu of %llu bytes damaged, %zu found, %zu without effect\n", setting.name, flips,
                static_cast<unsigned long long>(size), look.found(), look.harmless());
  }
  return "";
}

// What the settings mean; and the cases above would notice other data.
std::string when_it_is_verified() {
  Setting setting = kSettings[1];
  for (Verify verify : {Verify::kAlways, Verify::kFirst, Verify::kNever}) {
    setting.verify = verify;
    auto sample = make_sample(setting, 1, true);
    CHECK_OK(sample);
    std::string& top = sample->file["d/x.4.af"];
    top[1000] = static_cast<char>(top[1000] ^ 1);
    auto storage = stored(sample->file);
    CHECK_OK(storage);
    Session s(setting, *storage);
    CHECK_OK(s.open());
    for (int round = 0; round < 2; ++round) {
      auto seen = picture_of(*s.file, "a", false);
      if (verify != Verify::kNever) {
        CHECK_CODE(seen, Code::kCorrupt);
        CHECK(seen.status().message().find("chunk 0 of array \"a\": memory://flips/d/x.4.af: block 0: the 65536 bytes at 0 ") == 0);
      } else {
        CHECK_OK(seen);
        CHECK(sample->whole.front().compare(0, seen->size(), *seen) != 0);
      }
    }
    CHECK_CODE(s.file->compact(nullptr), Code::kCorrupt);
  }
  return "";
}

std::string every_length() {
  for (const Setting& setting : kSettings) {
    auto sample = make_sample(setting, 1, false);
    CHECK_OK(sample);
    Look look(setting, sample->whole);
    for (auto& [key, bytes] : sample->file) {
      const std::string whole = bytes;
      for (size_t n = 0; n < whole.size(); n += kEach) {
        bytes = whole.substr(0, n);
        CHECK_CASE(look.at(sample->file, cat(key, " cut at ", n)));
      }
      for (size_t n : {1, 8, 12, 4096}) {
        bytes = whole + std::string(n, '\0');
        CHECK_CASE(look.at(sample->file, cat(key, " longer by ", n)));
      }
      bytes = whole;
    }
    CHECK(look.found() > 1000 / kEach);
  }
  return "";
}

std::string layers_in_the_wrong_place() {
  for (const Setting& setting : kSettings) {
    auto sample = make_sample(setting, 1, false), foreign = make_sample(setting, 9, false);
    CHECK_OK(sample);
    CHECK_OK(foreign);
    const File& whole = sample->file;
    Look look(setting, sample->whole);
    for (const auto& [to, bytes] : whole) {
      File changed = whole;
      changed[to] = foreign->file[to];
      CHECK_CASE(look.at(changed, to + " of another file"));
      for (const auto& [from, others] : whole) {
        if (from == to) continue;
        changed = whole;
        changed[to] = others;
        CHECK_CASE(look.at(changed, cat(from, " in the place of ", to)));
        changed[from] = bytes;
        CHECK_CASE(look.at(changed, cat(from, " and ", to, " swapped")));
      }
    }
    for (const auto& [from, bytes] : whole) {
      File changed = whole;
      changed["d/x.6.af"] = bytes;
      CHECK_CASE(look.at(changed, from + " once more above all"));
    }
    CHECK(look.found() > look.harmless());
  }
  return "";
}

// The slots are the log: a file without its newest layer is an older commit, and nothing says that there was one more.
std::string layers_that_are_missing() {
  for (const Setting& setting : kSettings) {
    auto sample = make_sample(setting, 1, false);
    CHECK_OK(sample);
    Look look(setting, sample->whole);
    for (const char* key : {"d/x.1.af", "d/x.2.af", "d/x.3.af", "d/x.4.af", "d/x.stats"}) {
      File changed = sample->file;
      CHECK_EQ(changed.erase(key), size_t{1});
      CHECK_CASE(look.at(changed, cat(key, " missing")));
    }
    CHECK_EQ(look.harmless(), size_t{3});  // fillers and statistics; above the base nothing may be missing
    File older = sample->file;
    CHECK_EQ(older.erase("d/x.5.af"), size_t{1});
    auto storage = stored(older);
    CHECK_OK(storage);
    auto seen = stored_picture(setting, *storage);
    CHECK_OK(seen);
    CHECK(difference(*seen, sample->whole) != "");
    CHECK(seen->back().find("values 8 bytes") != std::string::npos);  // "onethree": the text of the last flush is not there
  }
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"every_bit_of_a_small_file", every_bit_of_a_small_file},
                    {"random_bits_of_a_large_file", random_bits_of_a_large_file},
                    {"when_it_is_verified", when_it_is_verified},
                    {"every_length", every_length},
                    {"layers_in_the_wrong_place", layers_in_the_wrong_place},
                    {"layers_that_are_missing", layers_that_are_missing}});
}
