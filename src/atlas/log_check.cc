#include "atlas/log_check.h"

#include <algorithm>

#include "atlas/merge.h"

namespace strata {
namespace {

constexpr std::string_view kRebuilt = "none: the log has it; the next writer or a repair puts it right";

}  // namespace

bool same_state(const StoreState& a, const StoreState& b) {
  if (a.seq != b.seq || a.commit != b.commit || a.store != b.store || a.pins != b.pins || a.condemned != b.condemned ||
      a.document.size() != b.document.size())
    return false;
  for (size_t i = 0; i < a.document.slots(); ++i)
    if (const DatasetEntry* d = a.document.at(i); d && !same_dataset(d, b.document.find(d->name))) return false;
  return true;
}

void LogCheck::add(FindingKind kind, Severity severity, const std::string& key, std::string text, std::string effect) {
  findings_.list.push_back({kind, severity, storage_->describe(key), {}, {}, kNoChunk, std::move(text), std::move(effect)});
}

Status LogCheck::read_registry() {
  STRATA_ASSIGN(registry, find_registry(*storage_, folder_));
  if (!registry) return {};
  ++findings_.objects;
  auto document = load_registry(*storage_, folder_, *registry);
  auto state = document.ok() ? state_of(std::move(*document)) : Result<StoreState>(document.take_status());
  if (ends(state.code())) return state.take_status();
  if (state.ok()) {
    in_registry = std::move(*state);
    return {};
  }
  add(FindingKind::kObject, Severity::kDefect, folder_.empty() ? registry->file_name : cat(folder_, '/', registry->file_name),
      std::string(state.status().message()),
      "the store cannot be opened; a repair makes a new one of what the log says, a salvage does without it");
  return {};
}

Result<std::optional<LogEntry>> LogCheck::entry(uint64_t seq) {
  STRATA_TRY(check(cancel_));
  auto read = log_.read(seq);
  if (ends(read.code())) return read.take_status();
  const std::string key = log_.entry_key(seq);
  // Who opens the store begins with what the registry says.
  const bool needed = !in_registry || originals() || seq > in_registry->seq;
  const std::string_view effect = needed ? "the store cannot be brought up to this commit and to those after it; a repair goes back to the one before"
                                         : "commits up to this one cannot be listed; what the store is now does not need it";
  const auto bad = [&](FindingKind kind, std::string text) {
    add(kind, Severity::kDefect, key, std::move(text), std::string(effect));
    return std::optional<LogEntry>();
  };
  if (!read.ok()) return bad(FindingKind::kObject, std::string(read.status().message()));
  if (!*read) return bad(FindingKind::kMissing, "an entry of the log is missing");
  ++findings_.objects;
  const LogEntry& e = **read;
  if (store_.is_nil()) store_ = e.store;
  if (e.store != store_) return bad(FindingKind::kObject, "it is of another store");
  if (before_ && (e.parent != before_->commit || e.commit == before_->commit))
    return bad(FindingKind::kObject, "it does not follow the entry before it: that is of another commit");
  if (before_ && e.time_ns < before_->time_ns)
    add(FindingKind::kObject, Severity::kNote, key, "it is older than the entry before it", "none");
  return read;
}

Status LogCheck::look_at_whole(uint64_t seq, std::optional<StoreState>& now) {
  auto whole = log_.read_whole(seq);
  if (ends(whole.code())) return whole.take_status();
  if (whole.ok() && !*whole) return {};
  ++findings_.objects;
  const std::string key = log_.key("full", seq);
  const std::string effect = now ? "none: the entries of the log tell the same; a repair makes it anew"
                                 : "entries before it are lost, and this, which has them all, cannot be used";
  if (!whole.ok())
    add(FindingKind::kObject, Severity::kDefect, key, std::string(whole.status().message()), effect);
  else if (!store_.is_nil() && (*whole)->store != store_)
    add(FindingKind::kObject, Severity::kDefect, key, "it is of another store", effect);
  else if (!now)
    now = std::move(*whole);
  else if (!same_state(**whole, *now))
    add(FindingKind::kObject, Severity::kDefect, key, "it is not the state that the entries of the log give", effect);
  return {};
}

// REQUIRES: it can be read, and is of commit `now->seq`, if that is known.
void LogCheck::look_at_registry(std::optional<StoreState>& now) {
  if (!now) {
    now = in_registry;
    registry_is_right = true;
    return;
  }
  registry_is_right = same_state(*in_registry, *now);
  if (!registry_is_right)
    add(FindingKind::kObject, Severity::kDefect, folder_.empty() ? registry->file_name : cat(folder_, '/', registry->file_name),
        cat("it is not what the log says of commit ", now->seq), "who opens the store sees something else than was committed; a repair goes by the log");
}

Status LogCheck::read_entries() {
  STRATA_ASSIGN(const auto wholes, log_.numbers("full"));
  STRATA_ASSIGN(const uint64_t placed, log_.newest_placed());
  STRATA_ASSIGN(const auto entries, log_.numbers("log"));
  const bool ours = in_registry && !in_registry->store.is_nil();
  if (ours) store_ = in_registry->store;
  const uint64_t last = entries.empty() ? 0 : entries.back(), told = ours ? in_registry->seq : 0;
  top = std::max({last, wholes.empty() ? 0 : wholes.back(), placed, told});
  if (top > last + 1000000)
    return Status(Code::kCorrupt, cat(storage_->describe(log_.folder()), ": the log ends at ", last, ", and commit ", top, " is said to be there"));
  std::optional<StoreState> now;
  now.emplace();  // before the first commit
  if (ours) {
    now->document.codec = in_registry->document.codec;
    now->store = in_registry->store;
    if (told == 0) look_at_registry(now = in_registry);
  }
  auto whole = wholes.begin();
  for (uint64_t seq = 1; seq <= top; ++seq) {
    STRATA_ASSIGN(auto e, entry(seq));
    if (!e) lost.push_back(seq);
    const bool apart = e && e->is_placeholder();
    if ((!e || apart) && now) {
      head = std::move(now);
      now.reset();
    }
    if (e && !apart && (now || e->all)) {
      if (!now) now.emplace();
      apply(*e, *now);
    }
    if (whole != wholes.end() && *whole == seq) {
      ++whole;
      STRATA_TRY(look_at_whole(seq, now));
    }
    if (ours && seq == told) look_at_registry(now);
    before_ = std::move(e);
  }
  if (now) head = std::move(now);
  else if (before_)
    add(FindingKind::kObject, Severity::kDefect, log_.entry_key(top), "a repair has not come to its end", "the store cannot be opened; repeat the repair");
  if (!last) return {};
  if (ours && told < last)
    add(FindingKind::kLeftover, Severity::kNote, folder_.empty() ? registry->file_name : cat(folder_, '/', registry->file_name),
        cat("it is of commit ", told, ", and the newest is ", last), std::string(kRebuilt));
  if (originals())
    add(FindingKind::kLeftover, Severity::kNote, folder_.empty() ? registry->file_name : cat(folder_, '/', registry->file_name),
        "another program has saved it since the newest commit", "none: the next commit takes over what that has changed");
  return {};
}

Result<bool> LogCheck::follow() {
  if (!head || head->seq < top) return false;
  const uint64_t before = head->seq;
  CommitLog::Bases replaced;
  Status followed = log_.follow(*head, replaced);
  if (ends(followed.code())) return followed;
  top = std::max(top, head->seq);
  return head->seq != before;
}

Status LogCheck::run() {
  STRATA_TRY(read_registry());
  STRATA_TRY(read_entries());
  if (!registry && top == 0)
    return Status(Code::kNotFound, cat("no registry (atlas.json, atlas.msgpack or one of them compressed) in ",
                                       storage_->describe(folder_), ": not a store"));
  if (!registry)
    add(FindingKind::kMissing, Severity::kDefect, folder_.empty() ? std::string("atlas.json") : cat(folder_, "/atlas.json"),
        "the store has no registry", "the store cannot be opened; a repair makes one of what the log says, a salvage does without it");
  if (top == 0) head = in_registry;  // of the original
  return {};
}

}  // namespace strata
