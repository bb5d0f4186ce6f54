#include "atlas/commit_state.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "base/hash.h"
#include "base/hex.h"

namespace strata {
namespace {

constexpr std::string_view kDigest = "digest", kNoDigest = "0000000000000000";
constexpr std::string_view kKinds[] = {"data", "compact", "import", "sweep", "repair", "tag", "expire", "adopt"};

// ---- writing ----

Tree text(std::string_view v) {
  Tree t;
  t.kind = Tree::Kind::kScalar;
  t.scalar = Value::string(std::string(v));
  return t;
}
Tree text(const Id128& id) { return text(id.is_nil() ? std::string() : id.hex()); }
Tree number(uint64_t v) {
  Tree t;
  t.kind = Tree::Kind::kScalar;
  t.scalar = Value::int64(static_cast<int64_t>(v));
  return t;
}
Tree flag(bool v) {
  Tree t;
  t.kind = Tree::Kind::kScalar;
  t.scalar = Value::boolean(v);
  return t;
}
Tree list() {
  Tree t;
  t.kind = Tree::Kind::kList;
  return t;
}
Tree map() {
  Tree t;
  t.kind = Tree::Kind::kMap;
  return t;
}

Tree ids(const std::vector<Id128>& all) {
  Tree out = list();
  for (const Id128& id : all) out.items.push_back(text(id));
  return out;
}

// [slot, id or "" , size, tail] and, of a layer without an id, its footer's digest and its stamp.
Tree tree_of(const Pin& pin) {
  Tree out = list();
  out.items = {number(pin.slot), text(pin.id), number(pin.size), number(pin.tail)};
  if (pin.id.is_nil()) out.items.insert(out.items.end(), {text(hex_of(pin.footer)), text(hex_of(pin.stamp))});
  return out;
}

Tree tree_of(const PinTable& pins) {
  Tree out = map();
  for (const auto& [array, p] : pins) {
    Tree one = map(), layers = list();
    for (const Pin& pin : p.layers) layers.items.push_back(tree_of(pin));
    one.members.put({"base", tree_of(p.base)});
    one.members.put({"layers", std::move(layers)});
    one.members.put({"next", number(p.next_slot)});
    out.members.put({array, std::move(one)});
  }
  return out;
}

constexpr std::string_view kHistory = "history", kAttempts = "attempts";

// [id, commit, time, task], in the order of the commits.
Tree tree_of(const Attempts& attempts) {
  std::vector<std::pair<Id128, Adopted>> all(attempts.begin(), attempts.end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a.second.seq != b.second.seq ? a.second.seq < b.second.seq : a.first.bytes < b.first.bytes;
  });
  Tree out = list();
  for (const auto& [id, adopted] : all) {
    Tree& one = out.items.emplace_back(list());
    one.items = {text(id), number(adopted.seq), number(static_cast<uint64_t>(adopted.time_ns)), text(adopted.task)};
  }
  return out;
}

// [id, task] each.
Tree tree_of(const std::vector<std::pair<Id128, std::string>>& attempts) {
  Tree out = list();
  for (const auto& [id, task] : attempts) out.items.emplace_back(list()).items = {text(id), text(task)};
  return out;
}

// Numbers of commits beyond what a number of JSON holds mean all of them.
Tree tree_of(const History& history) {
  Tree out = map(), tags = map();
  for (const auto& [name, tag] : history.tags) {
    Tree one = list();
    one.items = {number(tag.seq), text(tag.commit)};
    tags.members.put({name, std::move(one)});
  }
  out.members.put({"commits", number(std::min<uint64_t>(history.commits, INT64_MAX))});
  out.members.put({"age", number(static_cast<uint64_t>(history.age_ns))});
  out.members.put({"first", number(history.first)});
  out.members.put({"tags", std::move(tags)});
  return out;
}

// ---- reading ----

// What is wrong is remembered, and looked at once at the end.
class Members {
 public:
  explicit Members(const OrderedMap<TreeMember>& members) : members_(members) {}

  std::string_view text(std::string_view key) {
    const Tree* t = scalar(key, Type::kString);
    return t ? std::string_view(t->scalar.text) : std::string_view();
  }
  uint64_t number(std::string_view key) { return as_number(find(key)); }
  bool flag(std::string_view key) {
    const Tree* t = scalar(key, Type::kBool);
    return t && t->scalar.bits;
  }
  Id128 id(std::string_view key) { return as_id(find(key)); }
  std::vector<Id128> ids(std::string_view key) {
    std::vector<Id128> out;
    for (const Tree& t : items(find(key))) out.push_back(as_id(&t));
    return out;
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    for (const Tree& t : items(find(key))) {
      if (t.kind == Tree::Kind::kScalar && t.scalar.type == Type::kString) out.push_back(t.scalar.text);
      else wrong_ = key;
    }
    return out;
  }
  PinTable pins(std::string_view key) {
    PinTable out;
    const Tree* t = find(key);
    if (t && t->kind != Tree::Kind::kMap) wrong_ = key;
    if (!t) return out;
    for (const TreeMember& m : t->members) {
      Members one(m.value.members);
      Pins pins;
      pins.base = as_pin(one.find("base"));
      for (const Tree& layer : items(one.find("layers"))) pins.layers.push_back(as_pin(&layer));
      const uint64_t next = one.number("next");
      pins.next_slot = static_cast<uint32_t>(next);
      bool ascending = next > 0 && next <= kMostSlots && pins.base.slot == 0;
      uint32_t before = 0;
      for (const Pin& pin : pins.layers) {
        ascending &= pin.slot > before && pin.slot < next;
        before = pin.slot;
      }
      if (!ascending || !one.wrong_.empty()) wrong_ = cat("pins of array \"", m.key, '"');
      out.emplace(m.key, std::move(pins));
    }
    return out;
  }
  Attempts attempts() {
    Attempts out;
    if (!members_.find(kAttempts)) return out;
    for (const Tree& t : items(find(kAttempts))) {
      const auto& one = items(&t);
      if (one.size() == 4)
        out.insert_or_assign(as_id(&one[0]), Adopted{as_name(one[3]), as_number(&one[1]), static_cast<int64_t>(as_number(&one[2]))});
      else wrong_ = kAttempts;
    }
    return out;
  }
  std::vector<std::pair<Id128, std::string>> taken_attempts() {
    std::vector<std::pair<Id128, std::string>> out;
    if (!members_.find(kAttempts)) return out;
    for (const Tree& t : items(find(kAttempts))) {
      const auto& one = items(&t);
      if (one.size() == 2) out.emplace_back(as_id(&one[0]), as_name(one[1]));
      else wrong_ = kAttempts;
    }
    return out;
  }
  std::optional<History> history() {
    const TreeMember* m = members_.find(kHistory);
    if (!m) return std::nullopt;
    History out;
    Members one(m->value.members);
    out.commits = one.number("commits");
    if (out.commits == INT64_MAX) out.commits = UINT64_MAX;
    out.age_ns = static_cast<int64_t>(one.number("age"));
    out.first = one.number("first");
    if (const Tree* tags = one.find("tags")) {
      for (const TreeMember& t : tags->members) {
        const auto& pair = one.items(&t.value);
        if (pair.size() == 2) out.tags.emplace(t.key, History::Tag{one.as_number(&pair[0]), one.as_id(&pair[1])});
        else one.refuse("tags");
      }
    }
    if (!one.wrong_.empty()) wrong_ = kHistory;
    return out;
  }
  Status outcome() const {
    if (wrong_.empty()) return {};
    return Status(Code::kCorrupt, cat("its member \"strata\" has no sound \"", wrong_, '"'));
  }
  void refuse(std::string_view key) { wrong_ = key; }

 private:
  const Tree* find(std::string_view key) {
    const TreeMember* m = members_.find(key);
    if (!m) wrong_ = key;
    return m ? &m->value : nullptr;
  }
  const Tree* scalar(std::string_view key, Type type) {
    const Tree* t = find(key);
    if (t && t->kind == Tree::Kind::kScalar && t->scalar.type == type) return t;
    wrong_ = key;
    return nullptr;
  }
  std::span<const Tree> items(const Tree* t) {
    if (t && t->kind == Tree::Kind::kList) return t->items;
    wrong_ = "list";
    return {};
  }
  uint64_t as_number(const Tree* t) {
    if (t && t->kind == Tree::Kind::kScalar && t->scalar.type == Type::kInt64 && t->scalar.as_int() >= 0) return t->scalar.bits;
    wrong_ = "number";
    return 0;
  }
  Id128 as_id(const Tree* t) {
    Id128 id;
    const bool is_text = t && t->kind == Tree::Kind::kScalar && t->scalar.type == Type::kString;
    if (!is_text || (!t->scalar.text.empty() && !Id128::parse(t->scalar.text, &id))) wrong_ = "id";
    return id;
  }
  std::string as_name(const Tree& t) {
    if (t.kind != Tree::Kind::kScalar || t.scalar.type != Type::kString) wrong_ = "name";
    return t.scalar.text;
  }
  Pin as_pin(const Tree* t) {
    Pin pin;
    const auto all = items(t);
    if (all.size() < 4) {
      wrong_ = "pin";
      return pin;
    }
    const uint64_t slot = as_number(&all[0]);
    if (slot > UINT32_MAX) wrong_ = "pin";
    pin.slot = static_cast<uint32_t>(slot);
    pin.id = as_id(&all[1]);
    pin.size = as_number(&all[2]);
    pin.tail = as_number(&all[3]);
    if (!pin.id.is_nil()) return pin;
    if (all.size() != 6) {
      wrong_ = "pin";
      return pin;
    }
    pin.footer = as_hash(all[4]);
    pin.stamp = as_hash(all[5]);
    return pin;
  }
  uint64_t as_hash(const Tree& t) {
    const std::string_view digits = t.scalar.text;
    uint64_t hash = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), hash, 16);
    if (digits.size() != 16 || error != std::errc() || end != digits.data() + digits.size()) wrong_ = "pin";
    return hash;
  }

  const OrderedMap<TreeMember>& members_;
  std::string wrong_;
};

constexpr uint64_t kForm = 1;  // of the member; a larger one is from a later version

Status check_form(const OrderedMap<TreeMember>& own, std::string_view what) {
  Members m(own);
  const uint64_t form = m.number("form");
  STRATA_TRY(m.outcome());
  if (form != kForm) return Status(Code::kFormat, cat("the ", what, " is of form ", form, ", from a later version"));
  return {};
}

}  // namespace

std::string_view kind_name(CommitKind kind) { return kKinds[static_cast<size_t>(kind)]; }

AdoptedBefore::AdoptedBefore(const Attempts& attempts) : attempts_(attempts) {
  for (const auto& [id, adopted] : attempts) {
    uint64_t& newest = newest_[adopted.task];
    newest = std::max(newest, adopted.seq);
  }
}

bool AdoptedBefore::has(const Id128& attempt, std::string_view task, uint64_t base) const {
  if (attempts_.contains(attempt)) return true;
  const auto it = newest_.find(task);
  return it != newest_.end() && it->second > base;
}

void apply(const LogEntry& entry, StoreState& state) {
  state.seq = entry.seq;
  state.store = entry.store;
  state.commit = entry.commit;
  state.time_ns = entry.time_ns;
  if (entry.history) state.history = *entry.history;
  for (const auto& [id, task] : entry.attempts) state.attempts.insert_or_assign(id, Adopted{task, entry.seq, entry.time_ns});
  std::erase_if(state.attempts, [&](const auto& a) {
    return a.second.seq + kAttemptCommits < entry.seq && a.second.time_ns + kAttemptAge < entry.time_ns;
  });
  if (entry.all) {
    state.document = entry.datasets;
    state.pins = entry.pins;
    state.condemned = entry.condemned;
    return;
  }
  state.document.version = entry.datasets.version;
  state.document.codec = entry.datasets.codec;
  for (const std::string& name : entry.removed) state.document.erase(name);
  for (size_t i = 0; i < entry.datasets.slots(); ++i)
    if (const DatasetEntry* d = entry.datasets.at(i)) state.document.put(*d);
  for (const auto& [array, pins] : entry.pins) state.pins.insert_or_assign(array, pins);
  if (entry.kind == CommitKind::kSweep) state.condemned = entry.condemned;
}

namespace {

// What a state and an entry both say, but for the digest, which comes last.
template <typename Of>
OrderedMap<TreeMember> common_members(const Of& of) {
  OrderedMap<TreeMember> out;
  out.put({"form", number(kForm)});
  out.put({"store", text(of.store)});
  out.put({"seq", number(of.seq)});
  out.put({"commit", text(of.commit)});
  out.put({"time", number(static_cast<uint64_t>(of.time_ns))});
  out.put({"pins", tree_of(of.pins)});
  out.put({"condemned", ids(of.condemned)});
  return out;
}
template <typename Of>
void read_common(Members& m, Of& of) {
  of.store = m.id("store");
  of.seq = m.number("seq");
  of.commit = m.id("commit");
  of.time_ns = static_cast<int64_t>(m.number("time"));
  of.pins = m.pins("pins");
  of.condemned = m.ids("condemned");
}

}  // namespace

Document to_document(const StoreState& state) {
  Document out = state.document;
  out.own = common_members(state);
  if (!(state.history == History())) out.own.put({std::string(kHistory), tree_of(state.history)});
  if (!state.attempts.empty()) out.own.put({std::string(kAttempts), tree_of(state.attempts)});
  out.own.put({std::string(kDigest), text(kNoDigest)});
  return out;
}

Document to_document(const LogEntry& entry) {
  Document out = entry.datasets;
  Tree removed = list();
  for (const std::string& name : entry.removed) removed.items.push_back(text(name));
  out.own = common_members(entry);
  out.own.put({"parent", text(entry.parent)});
  out.own.put({"kind", text(kind_name(entry.kind))});
  out.own.put({"message", text(entry.message)});
  out.own.put({"all", flag(entry.all)});
  out.own.put({"removed", std::move(removed)});
  if (entry.history) out.own.put({std::string(kHistory), tree_of(*entry.history)});
  if (!entry.attempts.empty()) out.own.put({std::string(kAttempts), tree_of(entry.attempts)});
  out.own.put({std::string(kDigest), text(kNoDigest)});
  return out;
}

Result<StoreState> state_of(Document document) {
  StoreState out;
  const OrderedMap<TreeMember> own = std::exchange(document.own, {});
  out.document = std::move(document);
  if (own.empty()) return out;
  STRATA_TRY(check_form(own, "store"));
  Members m(own);
  read_common(m, out);
  out.history = m.history().value_or(History());
  out.attempts = m.attempts();
  if (out.store.is_nil()) m.refuse("store");
  if (own.find("parent")) m.refuse("parent");  // an entry of the log, which says only what has changed
  if (!own.find(kDigest)) m.refuse(kDigest);
  STRATA_TRY(m.outcome());
  return out;
}

Result<LogEntry> entry_of(Document document) {
  LogEntry out;
  const OrderedMap<TreeMember> own = std::exchange(document.own, {});
  STRATA_TRY(check_form(own, "log's entry"));
  Members m(own);
  read_common(m, out);
  out.parent = m.id("parent");
  out.message = m.text("message");
  out.all = m.flag("all");
  out.removed = m.texts("removed");
  out.history = m.history();
  out.attempts = m.taken_attempts();
  const std::string_view kind = m.text("kind");
  size_t k = 0;
  while (k < std::size(kKinds) && kKinds[k] != kind) ++k;
  if (k == std::size(kKinds)) m.refuse("kind");
  else out.kind = static_cast<CommitKind>(k);
  STRATA_TRY(m.outcome());
  if (!own.find(kDigest)) return Status(Code::kCorrupt, "it has no digest");
  out.datasets = std::move(document);
  return out;
}

namespace {

// The digest's place is where its text stands last: nothing comes after the document's own member.
uint64_t digest_around(Bytes plain, size_t at) {
  const Bytes parts[] = {plain.first(at), as_bytes(kNoDigest), plain.subspan(at + kNoDigest.size())};
  return xxh3_64(parts);
}

}  // namespace

void put_digest(const Document& document, Buffer& plain) {
  if (!document.own.find(kDigest)) return;
  const size_t at = as_text(plain.bytes()).rfind(kNoDigest);
  const std::string digest = hex_of(digest_around(plain.bytes(), at));
  std::copy(digest.begin(), digest.end(), plain.data() + at);
}

Status check_digest(const Document& document, Bytes plain) {
  const TreeMember* member = document.own.find(kDigest);
  if (!member) return {};
  const std::string& digest = member->value.scalar.text;
  const size_t at = as_text(plain).rfind(digest);
  if (digest.size() == kNoDigest.size() && at != std::string_view::npos && hex_of(digest_around(plain, at)) == digest) return {};
  return Status(Code::kCorrupt, "its bytes are not those that were written: the digest is another");
}

}  // namespace strata
