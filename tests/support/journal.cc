#include "support/journal.h"

#include <algorithm>
#include <cctype>

#include "base/status.h"
#include "storage/storage.h"

namespace strata::test {

namespace {

// Numbers and ids are left out: "d/x.12.af" -> "d/x.N.af", "d/x.0123...cdef.part" -> "d/x.ID.part".
std::string kind_of(std::string_view key) {
  std::string out;
  for (size_t i = 0; i < key.size();) {
    size_t hex = i, digits = i;
    while (hex < key.size() && std::isxdigit(static_cast<unsigned char>(key[hex]))) ++hex;
    while (digits < key.size() && std::isdigit(static_cast<unsigned char>(key[digits]))) ++digits;
    if (hex - i >= 32) {
      out += "ID";
      i = hex;
    } else if (digits > i) {
      out += 'N';
      i = digits;
    } else {
      out += key[i++];
    }
  }
  return out.empty() ? "the root" : out;
}

std::string survived(const Object& object, Loss loss) {
  std::string out = object.bytes;
  if (object.sealed) return out;
  switch (loss) {
    case Loss::kHalf:
      out.resize(out.size() / 2);
      break;
    case Loss::kAll:
      out.clear();
      break;
    case Loss::kZeros:
      std::fill(out.begin(), out.end(), '\0');
      break;
    case Loss::kHoles:  // every second sector has not been written
      for (size_t i = 0; i < out.size(); ++i)
        if (i / 512 % 2 == 0) out[i] = '\0';
      break;
    case Loss::kTorn:
      out.resize(object.last_write + (out.size() - object.last_write) / 2);
      break;
  }
  return out;
}

}  // namespace

std::string_view name_of_loss(Loss loss) {
  static constexpr std::string_view names[] = {"half of the bytes", "no bytes", "zeros", "every second sector",
                                               "half of the last write"};
  return names[static_cast<size_t>(loss)];
}

bool Journal::Change::touches(std::string_view folder) const {
  return (!gone.empty() && folder_of(gone) == folder) || (!key.empty() && folder_of(key) == folder);
}

void Journal::Change::apply(Names& names) const {
  if (!gone.empty()) names.erase(gone);
  if (!key.empty()) names.insert_or_assign(key, object);
}

void Journal::make(Mistake mistake) {
  std::lock_guard lock(mu_);
  catch_up();
  mistake_ = std::move(mistake);
}

std::map<std::string, uint64_t> Journal::events() const {
  std::lock_guard lock(mu_);
  return events_;
}

void Journal::already_there(const std::string& key, ObjectPtr object) {
  std::lock_guard lock(mu_);
  for (Names* names : {&alive_, &shown_, &durable_}) names->insert_or_assign(key, object);
}

void Journal::go_on_from(const Journal& killed) {
  std::scoped_lock lock(mu_, killed.mu_);
  std::map<const Object*, ObjectPtr> copies;  // the killed one may go on for other tests
  auto copied = [&](const ObjectPtr& object) {
    if (!object) return object;
    ObjectPtr& copy = copies[object.get()];
    if (!copy) copy = std::make_shared<Object>(*object);
    return copy;
  };
  for (const auto& [key, object] : killed.shown_) shown_.emplace(key, copied(object));
  for (const auto& [key, object] : killed.durable_) durable_.emplace(key, copied(object));
  for (const Change& change : killed.pending_) pending_.push_back({change.gone, change.key, copied(change.object)});
  alive_ = shown_;
}

ObjectPtr Journal::find(std::string_view key) const {
  std::lock_guard lock(mu_);
  auto it = alive_.find(key);
  return it == alive_.end() ? nullptr : it->second;
}

void Journal::written(Object& object, uint64_t offset, Bytes bytes) {
  std::lock_guard lock(mu_);
  if (object.bytes.size() < offset + bytes.size()) object.bytes.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), object.bytes.begin() + static_cast<ptrdiff_t>(offset));
  object.last_write = offset;
}

void Journal::sealed(const ObjectPtr& object, std::string_view key, uint64_t size) {
  std::lock_guard lock(mu_);
  object->bytes.resize(size);
  object->last_write = std::min(object->last_write, size);
  happen("sync of the bytes of ", key, {Effect::kSealing, {}, object, {}});
}

void Journal::named(std::string_view verb, std::string gone, std::string key, ObjectPtr object) {
  std::lock_guard lock(mu_);
  Change change{std::move(gone), std::move(key), std::move(object)};
  change.apply(alive_);
  const std::string name = change.key.empty() ? change.gone : change.key;
  happen(verb, name, {Effect::kNaming, std::move(change), {}, {}});
}

void Journal::synced(std::string_view folder) {
  std::lock_guard lock(mu_);
  happen("sync of ", folder, {Effect::kSyncing, {}, {}, std::string(folder)});
}

void Journal::happen(std::string_view verb, std::string_view key, Effect effect) {
  std::string event = cat(verb, kind_of(key));
  std::string name = event;
  if (!before_[0].empty()) name += cat(" after ", before_[0]);
  if (!before_[1].empty()) name += cat(", ", before_[1]);
  before_[1] = std::exchange(before_[0], std::move(event));
  ++events_[name];
  const bool meant = std::find(mistake_.events.begin(), mistake_.events.end(), name) != mistake_.events.end();
  if (meant && mistake_.kind == Mistake::kLeftOut) return;
  if (due_) catch_up();
  if (meant && mistake_.kind == Mistake::kLate && !late_) {
    late_ = std::move(effect);
    return;
  }
  apply(effect);
  due_ = late_ && effect.what == Effect::kNaming;
}

void Journal::catch_up() {
  due_ = false;
  if (const auto effect = std::exchange(late_, {})) apply(*effect);
}

void Journal::apply(const Effect& effect) {
  switch (effect.what) {
    case Effect::kNaming:
      effect.change.apply(shown_);
      pending_.push_back(effect.change);
      break;
    case Effect::kSealing:
      effect.object->sealed = true;
      break;
    case Effect::kSyncing:
      std::erase_if(pending_, [&](const Change& change) {
        if (!change.touches(effect.folder)) return false;
        change.apply(durable_);
        return true;
      });
      break;
  }
}

size_t Journal::unsynced() const {
  std::lock_guard lock(mu_);
  return pending_.size();
}

std::string Journal::unsynced_names() const {
  std::lock_guard lock(mu_);
  std::string out;
  for (const Change& change : pending_) out += cat(change.gone, '>', change.key, ' ');
  return out;
}

bool Journal::unsynced_bytes() const {
  std::lock_guard lock(mu_);
  for (const auto& [key, object] : durable_)
    if (!object->sealed) return true;
  for (const Change& change : pending_)
    if (change.object && !change.object->sealed) return true;
  return false;
}

Journal::Contents Journal::left() const {
  std::lock_guard lock(mu_);
  Contents out;  // objects grow under the lock
  for (const auto& [key, object] : shown_) out.emplace(key, object->bytes);
  return out;
}

Journal::Contents Journal::survivors(const std::vector<bool>& kept, Loss loss) const {
  std::lock_guard lock(mu_);
  Names names = durable_;
  for (size_t i = 0; i < std::min(kept.size(), pending_.size()); ++i)
    if (kept[i]) pending_[i].apply(names);
  Contents out;
  for (const auto& [key, object] : names) out.emplace(key, survived(*object, loss));
  return out;
}

}  // namespace strata::test
