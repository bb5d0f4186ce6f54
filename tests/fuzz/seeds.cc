// Writes inputs to begin with: parts of the original's files in tests/data/fixtures, and of files that are made here.
// usage: fuzz_seeds FOLDER    (a folder for each harness is made in it; what is worth keeping is merged into tests/fuzz/corpus
// by scripts/fuzz)
#include <filesystem>
#include <fstream>

#include "atlas/store.h"
#include "format/footer.h"
#include "format/section.h"
#include "internal/file_history.h"
#include "objects.h"
#include "storage/memory.h"

namespace strata::fuzz {
namespace {

namespace fs = std::filesystem;
constexpr size_t kMaxSeed = 16 << 10;

class Seeds {
 public:
  explicit Seeds(fs::path folder) : folder_(std::move(folder)) {}
  void add(const std::string& harness, Bytes bytes) {
    if (bytes.size() > kMaxSeed) return;
    fs::create_directories(folder_ / harness);
    std::ofstream out(folder_ / harness / test::hex({reinterpret_cast<const uint8_t*>(&count_), 2}), std::ios::binary);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    ++count_;
  }
  void add(const std::string& harness, uint8_t head, Bytes bytes) {
    Buffer b = Buffer::copy_of({&head, 1});
    b.append(bytes);
    add(harness, b.bytes());
  }

  // A layer whole gives its archive, its section and its blocks.
  void add_layer(Bytes file) {
    if (file.size() < kTrailerSize) return;
    auto size = parse_trailer(file.last(kTrailerSize), kFooterMagic, file.size());
    if (!size.ok()) return;
    const size_t at = file.size() - kTrailerSize - static_cast<size_t>(*size);
    const Bytes archive = file.subspan(at, static_cast<size_t>(*size));
    add("footer", archive);
    if (at >= kSectionTrailerSize) {
      auto length = section_length(file.subspan(at - kSectionTrailerSize, kSectionTrailerSize), at);
      if (length && *length <= at) add("section", file.subspan(at - static_cast<size_t>(*length), static_cast<size_t>(*length)));
    }
    auto view = FooterView::parse(Buffer::copy_of(archive));
    if (!view.ok()) return;
    for (size_t i = 0; i < view->block_count() && i < 2; ++i) {
      const BlockRecord b = view->block(i);
      if (b.file_offset + b.compressed_size > file.size() || b.compressed_size > 2048) continue;
      Buffer seed;
      const uint8_t codec = b.codec == "zstd" ? 0 : b.codec == "lz4" ? 1 : 2;
      const auto room = static_cast<uint32_t>(b.uncompressed_size);
      seed.append({&codec, 1});
      seed.append({reinterpret_cast<const uint8_t*>(&room), sizeof room});
      seed.append(file.subspan(static_cast<size_t>(b.file_offset), static_cast<size_t>(b.compressed_size)));
      add("block", seed.bytes());
    }
  }

  void add_object(const std::string& name, Bytes bytes) {
    if (name.ends_with(".af")) add_layer(bytes);
    if (name.ends_with(".stats")) add("stats", bytes);
    const std::string forms[] = {"atlas.json", "atlas.msgpack", "atlas.json.zst", "atlas.msgpack.zst", "atlas.json.lz4", "atlas.msgpack.lz4"};
    for (uint8_t f = 0; f < std::size(forms); ++f)
      if (name == forms[f]) add("document", f, bytes);
  }

 private:
  const fs::path folder_;
  uint16_t count_ = 0;
};

// The base and its layers as the objects of one input.
void add_files(Seeds& seeds, const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const Buffer bytes = test::file_bytes(entry.path());
    seeds.add_object(entry.path().filename().string(), bytes.bytes());
    if (entry.path().filename() != "data.af") continue;
    std::vector<Object> objects;
    for (const auto& beside : fs::directory_iterator(entry.path().parent_path())) {
      const std::string name = beside.path().filename().string();
      if (name.starts_with("data.")) objects.push_back({"x" + name.substr(4), test::file_bytes(beside.path())});
    }
    seeds.add("file", 3, pack_objects(objects).bytes());
  }
}

// A file's life, with what lies in its folder after each step.
void add_history(Seeds& seeds, const test::Setting& setting) {
  auto storage = make_memory_storage("seeds");
  test::Session session(setting, storage);
  for (const auto& step : test::history()) {
    if (!step.run(session).ok()) return;
    auto list = storage->list("d");
    std::vector<Object> objects;
    for (const ListEntry& e : *list) {
      auto bytes = read_object(*storage, e.key);
      const std::string name(name_of(e.key));
      seeds.add_object(name, bytes->bytes());
      objects.push_back({name, std::move(*bytes)});
    }
    seeds.add("file", 3, pack_objects(objects).bytes());
  }
}

// Entries of a store's log, and its document.
void add_log(Seeds& seeds) {
  auto storage = make_memory_storage("seeds");
  EngineSettings settings;
  settings.threads = 1;
  auto engine = std::make_shared<Engine>(settings);
  StoreOptions options;
  options.codec = engine->codecs.find("zstd");
  auto store = Store::create(engine, storage, "s", options, Registry(), false, nullptr);
  if (!store.ok()) return;
  for (const char* name : {"one", "two"}) {
    ArrayDefinition d;
    d.name = "t";
    d.dtype.type = Type::kInt8;
    d.shape = {3};
    if (!(*store)->create_dataset(name).ok() || !(*store)->define(name, std::move(d), nullptr).ok() ||
        !(*store)->set_attribute(name, "key", Value::int64(1)).ok() || !(*store)->flush(nullptr).ok())
      return;
  }
  if (!(*store)->delete_dataset("one", nullptr).ok() || !(*store)->flush(nullptr).ok() || !(*store)->compact(nullptr).ok()) return;
  for (const char* folder : {"s/_strata/log", "s"}) {
    auto list = storage->list(folder);
    if (!list.ok()) return;
    for (const ListEntry& e : *list) seeds.add("document", name_of(e.key) == "atlas.json" ? 7 : 6, read_object(*storage, e.key)->bytes());
  }
}

void add_chunks(Seeds& seeds) {
  const uint32_t texts[] = {0, 2, 2, 5};
  Buffer chunk;
  for (uint32_t o : texts) chunk.append({reinterpret_cast<const uint8_t*>(&o), 4});
  chunk.append(as_bytes("abcde"));
  const uint32_t lists[] = {0, 1, 3, 0, 1, 1, 2, 0, 3, 5};
  Buffer nested;
  for (uint32_t o : lists) nested.append({reinterpret_cast<const uint8_t*>(&o), 4});
  nested.append(as_bytes("abcde"));
  for (uint8_t type = 0; type < 8; ++type) {
    for (uint16_t count : {0, 1, 2, 3}) {
      for (const Buffer* b : {&chunk, &nested}) {
        Buffer seed = Buffer::copy_of({&type, 1});
        seed.append({reinterpret_cast<const uint8_t*>(&count), 2});
        seed.append(b->bytes());
        seeds.add("varlen", seed.bytes());
      }
    }
  }
}

}  // namespace
}  // namespace strata::fuzz

int main(int argc, char** argv) {
  using namespace strata;
  if (argc != 2) return 2;
  fuzz::Seeds seeds(argv[1]);
  fuzz::add_files(seeds, test::fixtures_folder());
  for (const char* codec : {"", "zstd", "lz4"}) fuzz::add_history(seeds, {.name = codec, .codec = codec});
  fuzz::add_log(seeds);
  fuzz::add_chunks(seeds);
  return 0;
}
