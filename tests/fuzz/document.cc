// A store's document in each of its six forms (the first byte says which), and from each into both languages and back; as an entry
// of the log, or as a whole state, it comes without its digest, which no fuzzer would guess.
#include "atlas/commit_state.h"
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

const Registry kPlain = make_registry(DocumentFormat::kJson, StoreCodec::kUncompressed);

// What is accepted is written with its digest, and is the same when it is read.
template <typename T>
void commits(Bytes text, Result<T> (*of)(Document)) {
  auto document = decode_json(text);
  if (!document.ok()) return;
  auto found = of(std::move(*document));
  if (!found.ok()) return;
  if constexpr (std::is_same_v<T, LogEntry>) {
    StoreState state;
    apply(*found, state);
    apply(*found, state);
    keep(state.pins.size());
  }
  auto packed = pack_document(kPlain, to_document(*found));
  if (!packed.ok()) return;
  auto again = unpack_document(kPlain, packed->bytes());
  require(again.ok(), "what was written can be read");
  if constexpr (std::is_same_v<T, StoreState>)
    if (found->store.is_nil()) return;  // a document that has nothing of the kind
  auto same = of(std::move(*again));
  require(same.ok(), "what was written is what it was");
  auto twice = pack_document(kPlain, to_document(*same));
  require(twice.ok() && as_text(twice->bytes()) == as_text(packed->bytes()), "what was read is written as it was");
}

}  // namespace

void run(Bytes input) {
  Input in(input);
  const uint8_t form = in.take<uint8_t>();
  if (form % 8 == 6) return commits<LogEntry>(in.rest(), entry_of);
  if (form % 8 == 7) return commits<StoreState>(in.rest(), state_of);
  static constexpr StoreCodec kCodecs[] = {StoreCodec::kUncompressed, StoreCodec::kZstd, StoreCodec::kLz4};
  const Registry registry =
      make_registry(form & 1 ? DocumentFormat::kMsgpack : DocumentFormat::kJson, kCodecs[form % 8 / 2]);
  auto document = unpack_document(registry, in.rest(), 1 << 20);
  if (!document.ok()) return;
  planted({document->size() > 0, document->version > 1, document->version < 100, document->version != 17});
  goes_and_comes(*document, encode_json, decode_json);
  goes_and_comes(*document, encode_msgpack, decode_msgpack);
  document->own = {};  // a digest is of what is written only where to_document makes the member
  auto packed = pack_document(registry, *document);
  if (packed.ok()) require(unpack_document(registry, packed->bytes()).ok(), "a document that was packed can be unpacked");
}

}  // namespace strata::fuzz
