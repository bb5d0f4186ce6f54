// A store's document in each of its six forms (the first byte says which), and from each into both languages and back.
#include "atlas/document_encoding.h"
#include "atlas/registry.h"
#include "harness.h"
#include "mutation.h"

namespace strata::fuzz {
namespace {

void goes_and_comes(const Document& document, Result<Buffer> (*encode)(const Document&), Result<Document> (*decode)(Bytes)) {
  auto bytes = encode(document);
  if (!bytes.ok()) return;  // text that is not UTF-8, which MessagePack can hold
  auto again = decode(bytes->bytes());
  require(again.ok(), "a document that was written can be read");
  auto twice = encode(*again);
  require(twice.ok() && as_text(twice->bytes()) == as_text(bytes->bytes()), "a document is written as it was read");
}

}  // namespace

void run(Bytes input) {
  Input in(input);
  const uint8_t form = in.take<uint8_t>();
  static constexpr StoreCodec kCodecs[] = {StoreCodec::kUncompressed, StoreCodec::kZstd, StoreCodec::kLz4};
  const Registry registry =
      make_registry(form & 1 ? DocumentFormat::kMsgpack : DocumentFormat::kJson, kCodecs[form / 2 % std::size(kCodecs)]);
  auto document = unpack_document(registry, in.rest(), 1 << 20);
  if (!document.ok()) return;
  planted(document->version > 100'000 && document->size() > 0);
  goes_and_comes(*document, encode_json, decode_json);
  goes_and_comes(*document, encode_msgpack, decode_msgpack);
  auto packed = pack_document(registry, *document);
  if (packed.ok()) require(unpack_document(registry, packed->bytes()).ok(), "a document that was packed can be unpacked");
}

}  // namespace strata::fuzz
