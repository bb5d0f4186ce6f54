// Damaged and forged array files, with digests and without, where more of them gets through: whatever the bytes are, reading gives an error or values, never a crash, and takes no more
// memory than the bytes justify.
#include <random>

#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "watched_memory.h"

namespace {

using namespace strata;
using namespace strata::test;

constexpr uint64_t kMemory = 64u << 20;  // for files of some kilobytes
constexpr uint64_t kElements = 2048;     // read of one array

const Setting kSettings[] = {
    {.name = "zstd"},
    {.name = "none", .codec = ""},
    {.name = "lz4", .codec = "lz4", .block_bytes = 4096},
};

struct Object {
  std::string key;
  std::string bytes;
};
using File = std::vector<Object>;

Result<File> taken_from(Storage& storage) {
  File out;
  STRATA_ASSIGN(auto list, storage.list("d"));
  for (const ListEntry& e : list) {
    STRATA_ASSIGN(Buffer bytes, read_object(storage, e.key));
    out.push_back({e.key, std::string(as_text(bytes.bytes()))});
  }
  return out;
}

// The object as if the original had written it. As it is, when it is no layer.
std::string without_section(const std::string& bytes) {
  const Bytes all = as_bytes(bytes);
  if (all.size() < kTrailerSize) return bytes;
  auto size = parse_trailer(all.last(kTrailerSize), kFooterMagic, all.size());
  if (!size.ok()) return bytes;
  auto footer = FooterView::parse(Buffer::copy_of(all.subspan(all.size() - kTrailerSize - *size, *size)));
  if (!footer.ok()) return bytes;
  uint64_t end = 0;
  for (size_t i = 0; i < footer->block_count(); ++i)
    end = std::max(end, footer->block(i).file_offset + footer->block(i).compressed_size);
  return bytes.substr(0, end) + bytes.substr(all.size() - kTrailerSize - *size);
}

// Reads a corner of an array: a forged shape is no reason to ask for all of it.
Status read_corner(ArrayFile& file, const ArrayFile::Ref& array) {
  const auto shape = array->meta.geometry.shape();
  std::vector<uint64_t> start(shape.size()), count(shape.size());
  uint64_t n = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    count[i] = std::min(shape[i], std::max<uint64_t>(1, kElements / std::max<uint64_t>(n, 1)));
    n *= count[i];
  }
  for (bool end : {false, true}) {
    for (size_t i = 0; i < shape.size(); ++i) start[i] = end ? shape[i] - count[i] : 0;
    if (array->meta.width()) {
      Buffer data(n * array->meta.width());
      ReadRequest r;
      r.array = array.get();
      r.start = start;
      r.count = count;
      r.dst = data.data();
      int64_t step = static_cast<int64_t>(array->meta.width());
      for (size_t i = shape.size(); i-- > 0; step *= static_cast<int64_t>(count[i])) r.strides[i] = step;
      STRATA_TRY(file.read({&r, 1}, false, nullptr));
    } else {
      STRATA_ASSIGN(auto data, file.read_varlen(array, start, count, nullptr));
      ElementLayout layout = array->meta.layout;
      layout.value = Type::kBinary;  // what the values are is not looked at when they are read
      std::vector<std::span<const int64_t>> levels;
      for (const Buffer& b : data.offsets)
        levels.emplace_back(reinterpret_cast<const int64_t*>(b.data()), b.size() / 8);
      if (levels.size() != layout.levels()) return Status(Code::kInternal, "another number of levels");
      if (Status s = check_column(layout, {levels, data.values.bytes()}, n); !s.ok())
        return Status(Code::kInternal, cat("what was read is no data: ", s.message()));
      if (static_cast<uint64_t>(levels.back().back()) * layout.unit != data.values.size())
        return Status(Code::kInternal, "offsets that do not end with the values");
    }
  }
  return {};
}

// Everything that the file lets be read. The first error that is one of the library, or none.
Status look_at(Session& s) {
  Status first;
  auto note = [&](Status status) {
    if (status.code() == Code::kInternal && first.ok()) first = std::move(status);
  };
  if (Status opened = s.open(); !opened.ok()) {
    note(std::move(opened));
    return first;
  }
  auto names = s.file->list();
  if (!names.ok()) return names.take_status();
  for (const std::string& name : *names) {
    auto array = s.file->open_array(name);
    if (!array.ok()) {
      note(array.take_status());
      continue;
    }
    auto keys = s.file->list_attributes(*array);
    if (keys.ok()) {
      for (const std::string& k : *keys) note(s.file->get_attribute(*array, k).take_status());
    } else {
      note(keys.take_status());
    }
    note(read_corner(*s.file, *array));
    note(s.file->statistics(*array, nullptr).take_status());
  }
  return first;
}

// Whoever writes to it is not harmed either.
Status work_on(Session& s) {
  if (!s.file) return {};
  for (Status status : {probe(s).take_status(), s.file->compact(nullptr), s.file->discard()})
    if (status.code() == Code::kInternal) return status;
  return {};
}

class Attack {
 public:
  Attack(const Setting& setting, File file, std::string name)
      : setting_(setting), file_(std::move(file)), name_(std::move(name)) {}

  // Damages each object at about `places` places, in several ways at each.
  std::string run(size_t places) {
    for (size_t i = 0; i < file_.size(); ++i) {
      const std::string whole = file_[i].bytes;
      const size_t step = std::max<size_t>(1, whole.size() / places);
      for (size_t at = 0; at < whole.size(); at += step) {
        // Dense near the end, where the trailer and the footer's root are.
        const size_t place = at + random_() % std::min(step, whole.size() - at);
        CHECK_CASE(damage(i, place, whole));
      }
      for (size_t back = 1; back <= std::min<size_t>(whole.size(), 128) && step > 1; ++back)
        CHECK_CASE(damage(i, whole.size() - back, whole));
      for (size_t more : {1, 8, 4096}) CHECK_CASE(attempt(i, whole + std::string(more, '\0'), "longer"));
      CHECK_CASE(attempt(i, whole + whole, "twice"));
      file_[i].bytes = whole;
    }
    return "";
  }
  uint64_t attempts() const { return attempts_; }

 private:
  std::string damage(size_t i, size_t at, const std::string& whole) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random_() % 8)));
    CHECK_CASE(attempt(i, bytes, cat("bit at ", at)));
    static constexpr uint64_t kNumbers[] = {0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, ~uint64_t{0}, 1ull << 40};
    bytes = whole;
    const uint64_t number = kNumbers[random_() % std::size(kNumbers)];
    const size_t width = random_() % 2 ? 4 : 8, from = at - at % 4;
    if (from + width <= bytes.size()) {
      std::memcpy(bytes.data() + from, &number, width);
      CHECK_CASE(attempt(i, bytes, cat("number ", number, " of ", width, " bytes at ", from)));
    }
    CHECK_CASE(attempt(i, whole.substr(0, at), cat("cut at ", at)));
    // Parts of it moved: sizes and offsets that are plausible but wrong.
    bytes = whole;
    const size_t other = random_() % bytes.size(), n = std::min({size_t{16}, bytes.size() - at, bytes.size() - other});
    std::memmove(bytes.data() + at, whole.data() + other, n);
    return attempt(i, bytes, cat(n, " bytes from ", other, " at ", at));
  }

  std::string attempt(size_t i, std::string bytes, const std::string& what) {
    file_[i].bytes = std::move(bytes);
    auto storage = make_memory_storage("hostile");
    for (const Object& o : file_) CHECK_OK(replace_object(*storage, o.key, as_bytes(o.bytes)));
    Session s(setting_, storage);
    WatchedMemory::watch(kMemory);
    std::string wrong;
    try {
      Status looked = look_at(s);
      if (looked.ok() && ++attempts_ % 8 == 0) looked = work_on(s);
      wrong = looked.message();
    } catch (const std::bad_alloc&) {
      wrong = "no memory";
    }
    const uint64_t peak = WatchedMemory::peak();
    WatchedMemory::watch(0);
    if (wrong.empty() && peak <= kMemory) return "";
    return cat(name_, ", ", setting_.name, ", ", file_[i].key, ", ", what, ": ", wrong, " (", peak, " bytes)");
  }

  const Setting& setting_;
  File file_;
  const std::string name_;
  std::mt19937_64 random_{11};
  uint64_t attempts_ = 0;
};

size_t places() {
#if defined(__SANITIZE_ADDRESS__)
  return 25;
#else
  return 250;
#endif
}

std::string files_of_our_own() {
  for (const Setting& setting : kSettings) {
    auto storage = make_memory_storage("whole");
    Session s(setting, storage);
    for (const Step& step : history()) {
      const std::string_view name = step.name;
      if (name == "overwrite") break;
      CHECK_OK(step.run(s));
      // Three layers; a base and its fillers; above it a layer with a redefinition.
      if (name != "flush attributes" && name != "compact" && name != "flush redefinition") continue;
      auto file = taken_from(*storage);
      CHECK_OK(file);
      File plain = *file;
      for (Object& o : plain) o.bytes = without_section(o.bytes);
      Attack attack(setting, std::move(*file), step.name), deeper(setting, std::move(plain), step.name);
      CHECK_CASE(attack.run(places() / 4));
      CHECK_CASE(deeper.run(places()));
      CHECK(attack.attempts() > places() && deeper.attempts() > 4 * places());
    }
  }
  return "";
}

// Levels of offsets that lead into each other: without a codec they lie in the file as they are.
std::string files_of_lists() {
  const Setting& setting = kSettings[1];
  auto storage = make_memory_storage("whole");
  Session s(setting, storage);
  CHECK_OK(s.create(false));
  const int64_t outer[] = {0, 2, 2, 3}, inner[] = {0, 1, 1, 3, 3, 4, 4}, bytes[] = {0, 2, 2, 3, 7};
  const std::span<const int64_t> levels[] = {outer, inner, bytes};
  for (const char* name : {"list<fixed_size_list<list<string>>[2]>", "list<fixed_size_list<list<binary>>[2]>"}) {
    ArrayDefinition d;
    d.name = name;
    auto type = dtype_from_name(name);
    CHECK_OK(type);
    d.dtype = *type;
    d.shape = {3};
    d.chunk_shape = {2};
    auto array = s.file->define(std::move(d));
    CHECK_OK(array);
    const uint64_t start = 0, count = 3;
    const WriteSource source = WriteSource::of({levels, as_bytes("abcdefg")});
    CHECK_OK(s.file->write(*array, {&start, 1}, {&count, 1}, source, nullptr));
  }
  CHECK_OK(s.file->flush(nullptr));
  auto file = taken_from(*storage);
  CHECK_OK(file);
  for (Object& o : *file) o.bytes = without_section(o.bytes);
  Attack attack(setting, std::move(*file), "lists");
  CHECK_CASE(attack.run(2 * places()));
  CHECK(attack.attempts() > 4 * places());
  return "";
}

std::string files_of_the_original() {
  for (const char* fixture : {"layers_zstd", "layers_lz4", "layers_none", "attributes", "fills", "scalars_and_zero",
                              "list_dtypes", "quirk_redefine", "many_chunks", "names", "stats_special"}) {
    auto storage = make_memory_storage("whole");
    CHECK_OK(take_fixture(*storage, fixture));
    auto file = taken_from(*storage);
    CHECK_OK(file);
    Attack attack(kSettings[0], std::move(*file), fixture);
    CHECK_CASE(attack.run(places() / 2));
    CHECK(attack.attempts() > places());
  }
  return "";
}

// What is asked for above stays below the limit by far when nothing is wrong, or the limit would prove nothing.
std::string sound_files_take_little() {
  auto storage = make_memory_storage("whole");
  CHECK_OK(take_fixture(*storage, "layers_zstd"));
  Session s(kSettings[0], storage);
  WatchedMemory::watch(kMemory);
  CHECK_OK(look_at(s));
  CHECK_OK(work_on(s));
  const uint64_t peak = WatchedMemory::peak();
  WatchedMemory::watch(0);
  CHECK(peak > 1000);
  CHECK(peak < kMemory / 4);
  return "";
}

}  // namespace

int main() {
  return RUN_CASES({{"sound_files_take_little", sound_files_take_little},
                    {"files_of_our_own", files_of_our_own},
                    {"files_of_lists", files_of_lists},
                    {"files_of_the_original", files_of_the_original}});
}
