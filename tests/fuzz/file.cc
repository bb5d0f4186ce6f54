// A whole array file, base, layers and statistics: opened, read all over, written to, compacted. A compaction changes no value
// that could be read. The first byte says what is done, then come the objects.
#include "look.h"
#include "mutation.h"
#include "objects.h"
#include "storage/memory.h"

namespace strata::fuzz {
namespace {

std::shared_ptr<Engine> engine() {
  EngineSettings s;
  s.threads = 1;
  s.block_cache_bytes = 1 << 20;
  s.raw_cache_bytes = 1 << 20;
  s.pending_bytes = 1 << 20;
  static const auto shared = std::make_shared<Engine>(s);
  return shared;
}

Status write_some(ArrayFile& file) {
  auto array = file.open_array("fuzz");
  if (array.code() == Code::kNotFound) {
    ArrayDefinition d;
    d.name = "fuzz";
    d.dtype.type = Type::kInt16;
    d.shape = {8};
    d.chunk_shape = std::vector<uint64_t>{3};
    array = file.define(std::move(d));
  }
  if (!array.ok()) return array.take_status();
  if ((*array)->meta.width() != 2 || (*array)->meta.geometry.shape().size() != 1) return {};
  const int16_t data[] = {1, 2, 3, 4};
  const uint64_t start = 1, count = std::min<uint64_t>(4, (*array)->meta.geometry.shape()[0]);
  const int64_t stride = 2;
  if (start + count > (*array)->meta.geometry.shape()[0]) return {};
  STRATA_TRY(file.write(*array, {&start, 1}, {&count, 1}, WriteSource::of(reinterpret_cast<const uint8_t*>(data), &stride), nullptr));
  return file.flush(nullptr);
}

}  // namespace

void run(Bytes input) {
  Input in(input);
  const auto what = in.take<uint8_t>();
  auto storage = make_memory_storage("fuzz");
  const auto objects = unpack_objects(in.rest());
  for (const Object& o : objects)
    if (!o.name.empty()) (void)replace_object(*storage, "d/" + o.name, o.bytes.bytes());
  FileOptions options;
  options.codec = engine()->codecs.find(what & 4 ? "lz4" : "zstd");
  auto file = ArrayFile::open(engine(), storage, "d/x.af", options, nullptr);
  if (!file.ok()) return sound(file.take_status());
  const auto before = look_at(**file);
  for (const auto& [name, hash] : before) planted({name.starts_with("a"), name.starts_with("aaaa")});
  if (what & 1) {
    Status written = write_some(**file);
    sound(written);
    if (!written.ok()) sound((*file)->discard());
  }
  if (what & 2) {
    Status compacted = (*file)->compact(nullptr);
    sound(compacted);
    auto after = look_at(**file);
    for (const auto& [name, hash] : before) {
      if (name == "fuzz") continue;
      require(after.contains(name), "an array is there after a compaction");
      require(after[name] == hash, "an array is the same after a compaction");
    }
    auto again = ArrayFile::open(engine(), storage, "d/x.af", options, nullptr);
    require(again.ok(), "what was compacted can be opened");
    if (compacted.ok()) require(look_at(**again) == after, "what was compacted is the same when it is opened");
  }
}

}  // namespace strata::fuzz

namespace strata::fuzz {
inline Buffer mutate_file_input(Bytes input, Random& random) {
  Buffer out = Buffer::copy_of(input.first(1));
  out.append(mutate_file(input.subspan(1), random).bytes());
  return out;
}
}  // namespace strata::fuzz
STRATA_FUZZ_MUTATOR(mutate_file_input)
