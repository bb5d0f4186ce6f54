// Files that strata wrote and something damaged: a bit that flipped, an end that is gone, layers that are swapped, missing, twice
// there, or of another file. Found, or without effect; never other data, for who reads and for who goes on writing.
#include "damaged_objects.h"
#include "file_history.h"
#include "internal_test.h"

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

// A base, fillers, a marker, and layers above: arrays of some chunks, one of texts.
Status live(Session& s, uint64_t seed, bool large) {
  const uint64_t n = !large ? 10 : flips_wanted() ? 2200000 : 300000;
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
  if (large) {  // that hardly can be compressed, in a layer for each part
    STRATA_TRY(ensure(s, "r", {Type::kUInt64, {n / 2}, {n / 20}, {}}));
    for (uint64_t part = 0; part < 10; ++part) {
      STRATA_TRY(put(s, "r", {part * (n / 20)}, {n / 20}, seed + part));
      STRATA_TRY(flush(s));
    }
  }
  STRATA_TRY(put_texts(s, "t", 3, {"four"}));
  STRATA_TRY(put(s, "a", {n - 2}, {2}, seed + 2));
  return flush(s);
}

struct Sample {
  Objects file;
  Texts whole;
};

Result<Sample> make_sample(const Setting& setting, uint64_t seed, bool large) {
  auto storage = make_memory_storage("whole");
  Session s(setting, storage);
  STRATA_TRY(live(s, seed, large));
  Sample out;
  STRATA_ASSIGN(out.file, taken_from(*storage, {"d"}));
  STRATA_ASSIGN(out.whole, stored_picture(setting, storage));
  return out;
}

class Look {
 public:
  Look(const Setting& setting, const Sample& sample) : setting_(setting), whole_(sample.whole), place(sample.file) {}

  // An error that says that something is damaged, or what was there.
  std::string at(const std::string& what) {
    const bool writes = looks_++ % 16 == 0;
    std::string wrong = judge(stored_picture(setting_, place.storage()));
    if (wrong.empty() && writes) wrong = write();
    if (writes) place.mend_all();
    else place.mend();
    return wrong.empty() ? wrong : cat(setting_.name, ", ", what, ": ", wrong);
  }
  size_t looks() const { return looks_; }
  size_t found() const { return found_; }
  size_t harmless() const { return looks_ - found_; }
  void print(const char* what) const {
    std::printf("%s: %zu %s, %zu found, %zu without effect\n", setting_.name, looks_, what, found_, harmless());
  }

 private:
  std::string judge(const Result<Texts>& seen) {
    if (seen.ok()) return difference(*seen, whole_);  // Invariant 10: what is given was verified
    ++found_;
    const Code code = seen.code();
    return code == Code::kCorrupt || code == Code::kFormat ? "" : std::string(seen.status().message());
  }

  // Who goes on there says that it cannot, or all else is as it was. (Invariant 10: a compaction gives no bad bytes a good digest.)
  std::string write() {
    Session s(setting_, place.storage());
    Status done = s.open();
    if (done.ok()) done = probe(s).take_status();
    if (done.ok()) done = compact(s);
    if (done.code() == Code::kInternal) return std::string(done.message());
    auto seen = stored_picture(setting_, place.storage());
    if (!seen.ok()) return "";
    std::erase_if(*seen, [](const std::string& array) { return array.starts_with("probe "); });
    const std::string other = difference(*seen, whole_);
    return other.empty() ? "" : cat("after a writer (", done.ok() ? "done" : done.message(), "): ", other);
  }

  const Setting& setting_;
  const Texts& whole_;
  size_t looks_ = 0, found_ = 0;

 public:
  Damaged place;
};

std::string every_bit_of_a_small_file() {
  for (const Setting& setting : kSettings) {
    auto sample = make_sample(setting, 1, false);
    CHECK_OK(sample);
    Look look(setting, *sample);
    CHECK_CASE(look.at("nothing"));
    CHECK_EQ(look.found(), size_t{0});
    for (const auto& [key, bytes] : sample->file)
      for (size_t bit = 0; bit < bytes.size() * 8; bit += kEach) {
        look.place.change_file(key, [&](std::string& b) { flip(b, bit); });
        CHECK_CASE(look.at(cat(key, ", bit ", bit)));
      }
    look.print("bits flipped");
    CHECK(look.found() > look.looks() / 2);
  }
  return "";
}

std::string random_bits_of_a_large_file() {
  const size_t flips = flips_wanted() ? flips_wanted() : 200;
  for (const Setting& small : kSettings) {
    Setting setting = small;
    setting.block_bytes = 1u << 20;
    auto sample = make_sample(setting, 1, true);
    CHECK_OK(sample);
    Look look(setting, *sample);
    RandomBits bits(sample->file, 5);
    for (size_t i = 0; i < flips; ++i) {
      const auto [key, bit] = bits.next();
      look.place.change_file(key, [&, bit = bit](std::string& b) { flip(b, bit); });
      CHECK_CASE(look.at(cat(key, ", bit ", bit)));
    }
    std::printf("%llu bytes of ", static_cast<unsigned long long>(bits.size()));
    look.print("bits flipped");
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
    Damaged place(sample->file);
    place.change_file("d/x.4.af", [](std::string& top) { flip(top, 8000); });
    Session s(setting, place.storage());
    CHECK_OK(s.open());
    for (int round = 0; round < 2; ++round) {
      auto seen = picture_of(*s.file, "a", false);
      if (verify != Verify::kNever) {
        CHECK_CODE(seen, Code::kCorrupt);
        CHECK(seen.status().message().find("chunk 0 of array \"a\": memory://damaged/d/x.4.af: block 0: the 65536 bytes at 0 ") == 0);
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
    Look look(setting, *sample);
    for (const auto& [key, bytes] : sample->file) {
      for (size_t n = 0; n < bytes.size(); n += kEach) {
        look.place.put(key, bytes.substr(0, n));
        CHECK_CASE(look.at(cat(key, " cut at ", n)));
      }
      for (size_t n : {1, 8, 12, 4096}) {
        look.place.put(key, bytes + std::string(n, '\0'));
        CHECK_CASE(look.at(cat(key, " longer by ", n)));
      }
    }
    look.print("lengths");
    CHECK(look.found() > 1000 / kEach);
  }
  return "";
}

std::string layers_in_the_wrong_place() {
  for (const Setting& setting : kSettings) {
    auto sample = make_sample(setting, 1, false), foreign = make_sample(setting, 9, false);
    CHECK_OK(sample);
    CHECK_OK(foreign);
    const Objects& whole = sample->file;
    Look look(setting, *sample);
    for (const auto& [to, bytes] : whole) {
      look.place.put(to, foreign->file[to]);
      CHECK_CASE(look.at(to + " of another file"));
      for (const auto& [from, others] : whole) {
        if (from == to) continue;
        look.place.put(to, others);
        CHECK_CASE(look.at(cat(from, " in the place of ", to)));
        look.place.put(to, others);
        look.place.put(from, bytes);
        CHECK_CASE(look.at(cat(from, " and ", to, " swapped")));
      }
    }
    for (const auto& [from, bytes] : whole) {
      look.place.put("d/x.6.af", bytes);
      CHECK_CASE(look.at(from + " once more above all"));
    }
    look.print("in the wrong place");
    CHECK(look.found() > look.harmless());
  }
  return "";
}

// The slots are the log: a file without its newest layer is an older commit, and nothing says that there was one more.
std::string layers_that_are_missing() {
  for (const Setting& setting : kSettings) {
    auto sample = make_sample(setting, 1, false);
    CHECK_OK(sample);
    Look look(setting, *sample);
    for (const char* key : {"d/x.1.af", "d/x.2.af", "d/x.3.af", "d/x.4.af", "d/x.stats"}) {
      look.place.drop(key);
      CHECK_CASE(look.at(cat(key, " missing")));
    }
    CHECK_EQ(look.harmless(), size_t{3});  // fillers and statistics; above the base nothing may be missing
    look.place.drop("d/x.5.af");
    auto seen = stored_picture(setting, look.place.storage());
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
