#include "atlas/commit_log.h"

#include <algorithm>
#include <charconv>

#include "atlas/registry.h"
#include "codec/zstd_stream.h"

namespace strata {
namespace {

std::string twelve_digits(uint64_t n) {
  std::string digits = cat(n);
  return std::string(digits.size() < 12 ? 12 - digits.size() : 0, '0') + digits;
}

// Large ones are compressed; the first byte tells.
constexpr size_t kLarge = 64u << 10;

Result<Buffer> pack(const Document& document) {
  STRATA_ASSIGN(Buffer plain, pack_document(make_registry(DocumentFormat::kJson, StoreCodec::kUncompressed), document));
  return plain.size() < kLarge ? std::move(plain) : zstd_compress_stream(plain.bytes(), 0);
}

Result<Document> unpack(Bytes stored) {
  const bool plain = !stored.empty() && stored[0] == '{';
  return unpack_document(make_registry(DocumentFormat::kJson, plain ? StoreCodec::kUncompressed : StoreCodec::kZstd), stored);
}

Result<std::optional<Document>> read_document(Storage& storage, const std::string& key) {
  auto stored = read_object(storage, key, kMaxDocumentBytes);
  if (stored.code() == Code::kNotFound) return std::optional<Document>();
  if (!stored.ok()) return stored.take_status();
  auto document = unpack(stored->bytes());
  if (!document.ok()) return document.take_status().prepend(cat(storage.describe(key), ": "));
  return std::optional(std::move(*document));
}

Result<std::unique_ptr<Staged>> stage_document(Storage& storage, const std::string& key, const Document& document) {
  STRATA_ASSIGN(const Buffer packed, pack(document));
  STRATA_ASSIGN(auto staged, storage.stage(key, ""));
  STRATA_TRY(staged->write_at(0, packed.bytes()));
  STRATA_TRY(staged->seal(packed.size()));
  return staged;
}

Result<Created> create_document(Storage& storage, const std::string& key, const Document& document) {
  STRATA_ASSIGN(const auto staged, stage_document(storage, key, document));
  return staged->create_as(key);
}

}  // namespace

CommitLog::CommitLog(std::shared_ptr<Storage> storage, std::string_view folder)
    : storage_(std::move(storage)),
      folder_(folder.empty() ? std::string("_strata") : cat(folder, "/_strata")),
      homes_{folder_ + "/layers"} {}

std::string CommitLog::key(std::string_view kind, uint64_t seq) const { return cat(folder_, '/', kind, '/', twelve_digits(seq)); }
std::string CommitLog::entry_key(uint64_t seq) const { return key("log", seq); }

Result<std::optional<LogEntry>> CommitLog::read_manifest(const std::string& key) const {
  STRATA_ASSIGN(auto document, read_document(*storage_, key));
  if (!document) return std::optional<LogEntry>();
  auto entry = entry_of(std::move(*document));
  if (!entry.ok()) return entry.take_status().prepend(cat(storage_->describe(key), ": "));
  return std::optional(std::move(*entry));
}

Result<Created> CommitLog::create_manifest(const std::string& key, const LogEntry& manifest) const {
  return create_document(*storage_, key, to_document(manifest));
}

Result<std::optional<LogEntry>> CommitLog::read(uint64_t seq) const {
  const std::string key = entry_key(seq);
  STRATA_ASSIGN(auto entry, read_manifest(key));
  if (entry && entry->seq != seq)
    return Status(Code::kCorrupt, cat(storage_->describe(key), ": it is entry ", entry->seq, " of a log"));
  return entry;
}

Result<uint64_t> CommitLog::newest() const { return highest_in("log"); }
Result<uint64_t> CommitLog::newest_placed() const { return highest_in("placed"); }

Result<uint64_t> CommitLog::highest_in(std::string_view kind) const {
  STRATA_ASSIGN(const auto all, numbers(kind));
  return all.empty() ? 0 : all.back();
}

Result<std::vector<uint64_t>> CommitLog::numbers(std::string_view kind) const {
  STRATA_ASSIGN(const auto objects, storage_->list(cat(folder_, '/', kind)));
  std::vector<uint64_t> out;
  for (const ListEntry& o : objects) {
    const std::string_view name = name_of(o.key);
    uint64_t n = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), n);
    if (error == std::errc() && end == name.data() + name.size() && n && name == twelve_digits(n)) out.push_back(n);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::optional<StoreState>> CommitLog::read_whole(uint64_t seq) const {
  const std::string at = key("full", seq);
  STRATA_ASSIGN(auto document, read_document(*storage_, at));
  if (!document) return std::optional<StoreState>();
  auto state = state_of(std::move(*document));
  if (!state.ok()) return state.take_status().prepend(cat(storage_->describe(at), ": "));
  if (state->store.is_nil() || state->seq != seq)
    return Status(Code::kCorrupt, cat(storage_->describe(at), ": it is no state as of commit ", seq));
  return std::optional(std::move(*state));
}

Result<CommitLog::Summary> CommitLog::summary_of(uint64_t seq, const CancelToken* cancel) const {
  STRATA_ASSIGN(auto entry, entry_at(seq, cancel));
  return Summary{entry.seq, entry.commit, entry.parent, entry.kind, entry.time_ns, std::move(entry.message),
                 entry.datasets.size(), entry.removed.size(), entry.pins.size()};
}

Result<std::vector<CommitLog::Summary>> CommitLog::list(uint64_t most, const CancelToken* cancel) const {
  std::vector<Summary> out;
  STRATA_ASSIGN(uint64_t seq, newest());
  for (; seq > 0 && out.size() < most; --seq) {
    STRATA_ASSIGN(Summary summary, summary_of(seq, cancel));
    out.push_back(std::move(summary));
  }
  return out;
}

Result<std::unique_ptr<Staged>> CommitLog::stage(const LogEntry& entry) const {
  return stage_document(*storage_, entry_key(entry.seq), to_document(entry));
}

Result<Created> CommitLog::create(const LogEntry& entry) const {
  STRATA_ASSIGN(const auto staged, stage(entry));
  return staged->create_as(entry_key(entry.seq));
}

Status CommitLog::replace(const LogEntry& entry) const {
  STRATA_ASSIGN(const auto staged, stage(entry));
  return staged->replace_as(entry_key(entry.seq));
}

Result<bool> CommitLog::append(const LogEntry& entry) const {
  if (entry.seq > 1) STRATA_TRY(sync());
  STRATA_ASSIGN(const Created made, create(entry));
  if (made == Created::kTaken) return false;
  STRATA_TRY(sync());
  return true;
}

Status CommitLog::unfinished_repair(uint64_t seq) const {
  return Status(Code::kCorrupt, cat(storage_->describe(entry_key(seq)), ": a repair has not come to its end; repeat it"));
}

Status CommitLog::follow(StoreState& state, Bases& replaced) const {
  bool known = true;
  for (;;) {
    STRATA_ASSIGN(const auto entry, read(state.seq + 1));
    if (!entry) return known ? Status() : unfinished_repair(state.seq);
    known = entry->all || (known && !entry->is_placeholder());
    if (!state.store.is_nil() && entry->store != state.store)
      return Status(Code::kCorrupt, cat(storage_->describe(entry_key(entry->seq)), ": it is of another store"));
    for (const auto& [array, pins] : entry->pins) {
      const auto before = state.pins.find(array);
      if (before != state.pins.end() && !(before->second.base == pins.base)) replaced[array].push_back(before->second.base);
    }
    apply(*entry, state);
  }
}

Status CommitLog::keep_whole(const StoreState& state) const {
  STRATA_TRY(create_document(*storage_, key("full", state.seq), to_document(state)));
  return storage_->sync_folder(folder_ + "/full");
}

Result<StoreState> CommitLog::state_at(uint64_t seq) const {
  StoreState state;
  STRATA_ASSIGN(const auto wholes, numbers("full"));
  for (auto at = std::upper_bound(wholes.begin(), wholes.end(), seq); at != wholes.begin() && !state.seq;) {
    auto whole = read_whole(*--at);
    if (whole.ok() && *whole) state = std::move(**whole);
    else if (!whole.ok() && whole.code() != Code::kCorrupt && whole.code() != Code::kFormat) return whole.take_status();
  }
  bool known = true;
  while (state.seq < seq) {
    STRATA_ASSIGN(const auto entry, read(state.seq + 1));
    if (!entry)
      return Status(Code::kNotFound, cat(storage_->describe(entry_key(state.seq + 1)), ": the log ends before entry ", seq));
    known = entry->all || (known && !entry->is_placeholder());
    apply(*entry, state);
  }
  if (!known) return unfinished_repair(seq);
  return state;
}

Status CommitLog::mark_placed(uint64_t seq, uint64_t before) const {
  STRATA_ASSIGN(auto entry, storage_->stage_again(entry_key(seq)));
  STRATA_TRY(entry->create_as(key("placed", seq)));
  return before && before != seq ? storage_->remove(key("placed", before)) : Status();
}

}  // namespace strata
