// A life of one store, step by step, and who looks at everything that may be left of it at any moment of that.
#pragma once

#include <cstdlib>
#include <set>

#include "aftermath.h"
#include "format/footer.h"
#include "internal_test.h"
#include "storage/memory.h"
#include "store_history.h"

namespace strata::test {

// Of what would take too long, each so-manieth: STRATA_STOP_STRIDE, or so many.
inline size_t stride_or(size_t usual) {
  const char* wanted = std::getenv("STRATA_STOP_STRIDE");
  return wanted ? std::max<size_t>(std::strtoull(wanted, nullptr, 10), 1) : usual;
}

inline Process process(std::shared_ptr<Storage> storage, const StoreOptions& options) {
  Process p(std::move(storage));
  p.options = options;
  return p;
}

// ---- the history; every step can be repeated ----

struct StoreStep {
  const char* name;
  Status (*change)(Store&);
  Status (*publish)(Process&);

  Status run(Process& p) const {
    if (p.store) STRATA_TRY(change(*p.store));
    return publish(p);
  }
};

inline Status tolerant(Status s) { return s.code() == Code::kNotFound ? Status() : std::move(s); }
inline Status no_change(Store&) { return {}; }
inline Status flush(Process& p) { return p.store->flush(nullptr); }
inline Status compact(Process& p) { return p.store->compact(nullptr); }
inline Status create(Process& p) {
  Status made = p.create(false);
  return made.code() == Code::kExists ? p.open() : std::move(made);
}

inline const std::vector<StoreStep>& store_steps() {
  static const std::vector<StoreStep> steps = {
      {"create", no_change, create},
      {"first datasets",
       [](Store& s) -> Status {
         for (const char* name : {"a", "b"}) {
           STRATA_TRY(ensure_dataset(s, name));
           STRATA_TRY(put(s, name, "x", 1));
           STRATA_TRY(put(s, name, "y", 2));
         }
         return s.set_attribute("a", "title", Value::string("first"));
       },
       flush},
      {"more of all",
       [](Store& s) -> Status {
         STRATA_TRY(put(s, "a", "x", 3));
         STRATA_TRY(put(s, "b", "z", 4));
         STRATA_TRY(ensure_dataset(s, "c"));
         STRATA_TRY(put(s, "c", "x", 5));
         STRATA_TRY(ensure_dataset(s, "empty"));
         return s.set_attribute("a", "title", Value::string("second"));
       },
       flush},
      {"delete an array", [](Store& s) { return tolerant(s.delete_array("a", "y", nullptr)); }, flush},
      {"delete a dataset", [](Store& s) { return tolerant(s.delete_dataset("b", nullptr)); }, flush},
      {"compact", no_change, compact},
      {"a dataset anew",
       [](Store& s) -> Status {
         STRATA_TRY(ensure_dataset(s, "b"));
         return put(s, "b", "x", 6);
       },
       flush},
      {"flush and compact",
       [](Store& s) -> Status {
         STRATA_TRY(put(s, "b", "x", 10));
         return put(s, "c", "x", 7);
       },
       compact},
      {"overwrite", no_change, [](Process& p) { return p.create(true); }},
      {"other datasets",
       [](Store& s) -> Status {
         STRATA_TRY(ensure_dataset(s, "a"));
         STRATA_TRY(put(s, "a", "x", 8));
         return put(s, "a", "w", 9);
       },
       flush},
  };
  return steps;
}

// What is stored before each step, and after the last.
inline Result<std::vector<View>> views_of(const std::vector<StoreStep>& steps = store_steps()) {
  auto storage = make_memory_storage("whole");
  Process p(storage);
  std::vector<View> out;
  STRATA_ASSIGN(out.emplace_back(), stored_view(storage));
  for (const StoreStep& step : steps) {
    STRATA_TRY(step.run(p).prepend(cat(step.name, ": ")));
    STRATA_ASSIGN(out.emplace_back(), stored_view(storage));
  }
  return out;
}

using Views = std::vector<const View*>;

// Invariants 2 and 3: a flush is one commit, all of which is there, in every array and the registry at once, or nothing; and one of those
// that may be there is, so that what was acknowledged is.
inline std::string one_of(const View& found, const Views& allowed) {
  for (const View* view : allowed)
    if (found == *view) return "";
  return cat(difference(found, *allowed.front()), "\nand ", difference(found, *allowed.back()));
}

// Of a whole layer what the original knows of it: blocks and footer.
inline void cut_section(std::string& layer) {
  if (layer.size() < kTrailerSize) return;
  const auto archive = parse_trailer(as_bytes(layer).last(kTrailerSize), kFooterMagic, layer.size());
  if (!archive.ok()) return;
  const uint64_t footer_at = layer.size() - kTrailerSize - *archive;
  const auto footer = FooterView::parse(Buffer::copy_of(as_bytes(layer).subspan(footer_at, *archive)));
  if (!footer.ok()) return;
  uint64_t end = 0;
  for (size_t i = 0; i < footer->block_count(); ++i) end = std::max(end, footer->block(i).file_offset + footer->block(i).compressed_size);
  if (end < footer_at) layer.erase(end, footer_at - end);
}

// What the original sees: the registry, and of the layers all that lie in slots, whatever a base says that it has absorbed.
inline Result<View> originals_view(const Journal& journal) {
  Journal::Contents contents = journal.left();
  std::erase_if(contents, [](const auto& object) { return object.first.starts_with("s/_strata/"); });
  if (const auto registry = contents.find("s/atlas.json"); registry != contents.end()) {
    // Without strata's member in it, under a name like its own, it is one of the original's.
    constexpr std::string_view kOwn = "\"strata\"";
    const size_t at = registry->second.find(kOwn);
    if (at != std::string::npos) registry->second.replace(at, kOwn.size(), "\"unseen\"");
  }
  for (auto& [key, bytes] : contents)
    if (key.ends_with(".af")) cut_section(bytes);
  STRATA_ASSIGN(const auto storage, storage_of(contents));
  return stored_view(storage);
}

// Statistics are derived, and may lag: they are the last line of a value.
inline std::string_view without_statistics(std::string_view value) { return value.substr(0, value.rfind("\n  ")); }

// Invariant 6: while a commit is made the original may see some arrays of it and not yet others; all of them when its registry is that of the commit.
inline std::string originals_share(const View& seen, const Views& allowed) {
  const auto sees = [&](const View& view, const std::string& name, std::string_view value) {
    const auto it = view.values.find(name);
    return it == view.values.end() ? value == kGone : without_statistics(value) == without_statistics(it->second);
  };
  size_t alike = 0;
  for (const View* view : allowed) alike += seen.registry == view->registry;
  if (!alike) return cat("the original: ", one_of(seen, allowed));
  const bool is_last = alike == 1 && seen.registry == allowed.back()->registry;
  for (const auto& [name, value] : seen.values) {
    if (is_last && !sees(*allowed.back(), name, value)) return cat("the original, whose registry is of the commit: ", name, " is ", value);
    if (std::ranges::none_of(allowed, [&](const View* view) { return sees(*view, name, value); }))
      return cat("the original: ", name, " is ", value);
  }
  return "";
}

// Invariant 7: slots are 1 ... n without a gap. (That a filler takes the place of nothing that is still needed is seen by the original.)
inline std::string slots_are_dense(Storage& storage, const View& view) {
  std::set<std::string> arrays;
  for (const auto& [name, value] : view.values) arrays.insert(name.substr(name.find('/') + 1));
  for (const std::string& array : arrays) {
    auto objects = storage.list(cat("s/", array));
    CHECK_OK(objects);
    std::set<uint64_t> slots;
    const std::string first = cat("s/", array, "/data.");
    for (const ListEntry& o : *objects) {
      if (!o.key.starts_with(first) || !o.key.ends_with(".af")) continue;
      if (const uint64_t slot = std::strtoull(o.key.c_str() + first.size(), nullptr, 10); slot) slots.insert(slot);
    }
    if (!slots.empty() && *slots.rbegin() != slots.size()) return cat("array ", array, " has ", slots.size(), " slots up to ", *slots.rbegin());
  }
  return "";
}

// ---- who looks ----

// Looks at everything that may be left at one moment.
enum class Depth {
  kLook,     // only that
  kGoOn,     // and does the same again, and more, as another process
  kStopped,  // ... which is stopped as well, before every so-manieth operation
};

class StoreWitness {
 public:
  // mistake: what the storage of a process makes that goes on.
  StoreWitness(FaultStorage& storage, const StoreOptions& options, Depth depth, size_t stride, Mistake mistake = {})
      : storage_(storage), options_(options), depth_(depth), stride_(stride), mistake_(std::move(mistake)) {}

  // allowed: what may be there; the last is what `step` leads to. The original may see what was `shown` as well, until somebody is told
  // that a newer commit is made.
  void look(const StoreStep& step, const Views& allowed, const Views& shown, std::string_view moment) {
    if (!failure_.empty()) return;
    const uint64_t asked = question(allowed) ^ question(shown) << 1;
    failure_ = aftermaths_.each(storage_, asked, [&](const std::shared_ptr<Storage>& left, const Journal& journal) {
      return judge(left, journal, step, allowed, shown);
    });
    if (!failure_.empty()) failure_ = cat(step.name, ", ", moment, ", ", failure_);
  }
  const std::string& failure() const { return failure_; }
  // States that were looked at, those after the next process was stopped too.
  size_t seen() const { return aftermaths_.seen() + seen_deeper_; }
  // Of the processes that went on.
  const std::map<std::string, uint64_t>& events() const { return events_; }

 private:
  static uint64_t question(const Views& allowed) {
    std::string all;
    for (const View* view : allowed) {
      for (const std::string& line : view->registry) all += cat(line, '\n');
      for (const auto& [name, value] : view->values) all += cat(name, ' ', value, '\n');
    }
    return xxh3_64(as_bytes(all));
  }

  std::string judge(const std::shared_ptr<Storage>& left, const Journal& journal, const StoreStep& step, const Views& allowed,
                    const Views& shown) {
    auto found = stored_view(left);
    CHECK_OK(found);
    CHECK_CASE(one_of(*found, allowed));
    auto originals = originals_view(journal);
    if (!originals.ok()) return cat("the original: ", originals.status().message());
    CHECK_CASE(originals_share(*originals, shown));
    CHECK_CASE(slots_are_dense(*left, *found));
    return depth_ == Depth::kLook ? "" : work_goes_on(left, journal, step, *found, allowed, shown);
  }

  // Another process does the same again, and one more thing, and compacts.
  std::string work_goes_on(const std::shared_ptr<Storage>& left, const Journal& journal, const StoreStep& step, const View& found,
                           const Views& before, Views shown) {
    auto storage = std::make_shared<FaultStorage>(left);
    storage->journal().go_on_from(journal);
    const bool stopped = depth_ == Depth::kStopped;
    StoreWitness witness(*storage, options_, Depth::kLook, 1);
    const View& after = *before.back();
    // What a killed process has left may be seen and not be durable.
    Views allowed = is_durable(journal) ? Views{&found, &after} : before;
    uint64_t operations = 0;
    Process other = process(storage, options_);
    if (stopped) {
      storage->journal().make(mistake_);
      storage->on_operation([&](Op op, std::string_view name) {
        ++operations;
        if (op & kChanges && dice_() % stride_ == 0) witness.look(step, allowed, shown, cat("going on, before operation ", operations, " on ", name));
      });
    }
    if (found.registry != Texts{"(no store)"}) CHECK_OK(other.open());
    CHECK_OK(step.run(other));
    // Unless it was found done: then nothing was made.
    if (!(found == after) || other.engine->counters.commits > 0) allowed = shown = {&after};
    if (stopped && dice_() % std::max<size_t>(stride_ / 64, 1) == 0) witness.look(step, allowed, shown, "going on, done again");
    CHECK_EQ(witness.failure(), std::string());
    View more = after;
    if (!std::count(more.registry.begin(), more.registry.end(), kMore)) more.registry.push_back(kMore);
    more.values["more/x"] = more_values();
    allowed.push_back(&more);
    shown.push_back(&more);
    CHECK_OK(ensure_dataset(*other.store, "more"));
    CHECK_OK(put(*other.store, "more", "x", 11));
    CHECK_OK(compact(other));
    allowed = shown = {&more};
    if (stopped && dice_() % std::max<size_t>(stride_ / 64, 1) == 0) witness.look(step, allowed, shown, "going on, compacted");
    CHECK_EQ(witness.failure(), std::string());
    auto now = stored_view(left);
    CHECK_OK(now);
    CHECK_EQ(difference(*now, more), std::string());
    seen_deeper_ += witness.seen();
    for (const auto& [event, times] : storage->journal().events()) events_[event] += times;
    return "";
  }

  static constexpr const char* kMore = "more x";
  static const std::string& more_values() {
    static const std::string value = [] {
      Process p(make_memory_storage("more"));
      if (!p.create(false).ok() || !ensure_dataset(*p.store, "more").ok() || !put(*p.store, "more", "x", 11).ok() || !flush(p).ok())
        return std::string();
      auto view = view_of(*p.store);
      return view.ok() ? view->values["more/x"] : std::string();
    }();
    return value;
  }

  FaultStorage& storage_;
  const StoreOptions options_;
  const Depth depth_;
  const size_t stride_;
  const Mistake mistake_;
  Aftermaths aftermaths_;
  std::mt19937 dice_{11};
  std::map<std::string, uint64_t> events_;
  size_t seen_deeper_ = 0;
  std::string failure_;
};

// A whole history with a witness at every operation. "" or what was found; the journal makes `mistake` all the while.
inline std::string watched_store(const std::vector<StoreStep>& steps, const std::vector<View>& views, const StoreOptions& options,
                                 Depth depth, size_t stride, const Mistake& mistake, size_t* seen, std::map<std::string, uint64_t>* events) {
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("cut"));
  storage->journal().make(mistake);
  StoreWitness witness(*storage, options, depth, stride, mistake);
  size_t at = 0;
  uint64_t operations = 0;
  Process p = process(storage, options);  // goes first
  storage->on_operation([&](Op op, std::string_view name) {
    ++operations;
    if (op & kChanges) witness.look(steps[at], {&views[at], &views[at + 1]}, {&views[at], &views[at + 1]}, cat("before operation ", operations, " on ", name));
  });
  for (; at < steps.size(); ++at) {
    CHECK_OK(steps[at].run(p));
    witness.look(steps[at], {&views[at + 1]}, {&views[at + 1]}, "done");  // what was acknowledged is durable
    CHECK_EQ(witness.failure(), std::string());
  }
  if (seen) *seen = witness.seen();
  if (events) {
    *events = storage->journal().events();
    for (const auto& [event, times] : witness.events()) (*events)[event] += times;
  }
  return "";
}

}  // namespace strata::test
