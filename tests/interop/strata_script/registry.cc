#include <msgpack.h>

#include <cmath>

#include "codec/codec.h"
#include "dump.h"

namespace strata::script {
namespace {

Json from_msgpack(const msgpack_object& o) {
  switch (o.type) {
    case MSGPACK_OBJECT_BOOLEAN: return Json(o.via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER: return number(o.via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return number(o.via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: return std::isfinite(o.via.f64) ? number(o.via.f64) : Json();
    case MSGPACK_OBJECT_STR: return text({o.via.str.ptr, o.via.str.size});
    case MSGPACK_OBJECT_ARRAY: {
      Json out = list();
      for (uint32_t i = 0; i < o.via.array.size; ++i) append(out, from_msgpack(o.via.array.ptr[i]));
      return out;
    }
    case MSGPACK_OBJECT_MAP: {
      Json out = object();
      for (uint32_t i = 0; i < o.via.map.size; ++i) {
        const msgpack_object& key = o.via.map.ptr[i].key;
        if (key.type == MSGPACK_OBJECT_STR) {
          add(out, {key.via.str.ptr, key.via.str.size}, from_msgpack(o.via.map.ptr[i].val));
        }
      }
      return out;
    }
    default: return Json();
  }
}

Result<Json> parse_msgpack(const std::string& bytes) {
  msgpack_unpacked unpacked;
  msgpack_unpacked_init(&unpacked);
  size_t at = 0;
  msgpack_unpack_return outcome = msgpack_unpack_next(&unpacked, bytes.data(), bytes.size(), &at);
  Result<Json> out = outcome == MSGPACK_UNPACK_SUCCESS && at == bytes.size()
                         ? Result<Json>(from_msgpack(unpacked.data))
                         : Result<Json>(Code::kFormat, "not one MessagePack object");
  msgpack_unpacked_destroy(&unpacked);
  return out;
}

Result<Json> read_document(const std::filesystem::path& path) {
  STRATA_ASSIGN(std::string bytes, read_bytes(path));
  std::string ending = path.extension().string();
  if (ending == ".zst" || ending == ".lz4") {
    const CodecSet codecs;
    const Codec* codec = codecs.find(ending == ".zst" ? "zstd" : "lz4");
    STRATA_ASSIGN(uint64_t most, codec->max_decompressed(as_bytes(bytes)));
    std::string out(static_cast<size_t>(most), '\0');
    STRATA_ASSIGN(size_t size, codec->decompress(as_bytes(bytes), {reinterpret_cast<uint8_t*>(out.data()), out.size()}));
    out.resize(size);
    bytes = std::move(out);
  }
  if (path.filename().string().find("json") != std::string::npos) return parse_json(bytes);
  return parse_msgpack(bytes);
}

}  // namespace

Json registry_json(const std::filesystem::path& folder) {
  for (const char* name : {"atlas.json", "atlas.json.zst", "atlas.json.lz4", "atlas.msgpack", "atlas.msgpack.zst",
                           "atlas.msgpack.lz4"}) {
    if (!std::filesystem::is_regular_file(folder / name)) continue;
    auto document = read_document(folder / name);
    if (!document.ok()) return object("file", text(name), "error", text(document.status().message()));
    return object("file", text(name), "document", *std::move(document));
  }
  return object("file", Json());
}

}  // namespace strata::script
