// Who looks at everything that may be left of an array file at any moment of its history.
#pragma once

#include <algorithm>

#include "aftermath.h"
#include "file_history.h"
#include "internal_test.h"
#include "storage/memory.h"

namespace strata::test {

// What is on storage after each step when nothing goes wrong; the first is that before all of them.
inline Result<std::vector<Texts>> pictures_of(const Setting& setting, const std::vector<Step>& steps = history()) {
  auto storage = make_memory_storage("whole");
  Session s(setting, storage);
  std::vector<Texts> pictures;
  STRATA_ASSIGN(pictures.emplace_back(), stored_picture(setting, storage));
  for (const Step& step : steps) {
    STRATA_TRY(step.run(s).prepend(cat(step.name, ": ")));
    STRATA_ASSIGN(pictures.emplace_back(), stored_picture(setting, storage));
  }
  return pictures;
}

inline const Texts kNoFile = {"(no file)"};

// Looks at everything that may be left at one moment, and goes on from there.
class Witness {
 public:
  // deeper: the process that goes on is stopped everywhere as well, and its storage makes the same mistake.
  Witness(const Setting& setting, FaultStorage& storage, bool deeper, Mistake mistake = {})
      : setting_(setting), storage_(storage), deeper_(deeper), mistake_(std::move(mistake)) {}

  void look(const std::vector<Texts>& allowed, std::string_view moment) {
    if (!failure_.empty()) return;
    std::string wrong = look_closely(allowed);
    if (!wrong.empty()) failure_ = cat(moment, ", ", wrong);
  }
  const std::string& failure() const { return failure_; }
  // States that were looked at, those after the next process was stopped too.
  size_t seen() const { return aftermaths_.seen() + seen_deeper_; }
  // Of the processes that went on.
  const std::map<std::string, uint64_t>& events() const { return events_; }

 private:
  std::string look_closely(const std::vector<Texts>& allowed) {
    std::string all;
    for (const Texts& a : allowed) all += difference(a, {});
    return aftermaths_.each(storage_, xxh3_64(as_bytes(all)), [&](const std::shared_ptr<Storage>& left, const Journal& journal) {
      return judge(left, journal, allowed);
    });
  }

  std::string judge(const std::shared_ptr<Storage>& left, const Journal& journal, const std::vector<Texts>& allowed) {
    auto found = stored_picture(setting_, left);
    if (!found.ok()) return failure_of(found);
    if (std::find(allowed.begin(), allowed.end(), *found) == allowed.end())
      return cat(difference(*found, allowed.front()), "\nand ", difference(*found, allowed.back()));
    CHECK_OK(slot_names(*left));
    CHECK_CASE(work_goes_on(left, journal, *found, allowed));
    return "";
  }

  std::string work_goes_on(const std::shared_ptr<Storage>& left, const Journal& journal, const Texts& found,
                           const std::vector<Texts>& before) {
    // What a killed process has left may be seen and not be durable.
    std::vector<Texts> allowed = is_durable(journal) ? std::vector<Texts>() : before;
    allowed.push_back(found);
    Texts wanted = found;
    if (found == kNoFile) allowed.push_back(wanted = Texts());
    {
      Session fresh(setting_, make_memory_storage("probe"));
      CHECK_OK(fresh.create(false));
      auto added = probe(fresh);
      CHECK_OK(added);
      if (wanted.empty() || wanted.back() != *added) wanted.push_back(std::move(*added));
      allowed.push_back(wanted);
    }
    auto storage = std::make_shared<FaultStorage>(left);
    storage->journal().go_on_from(journal);
    Witness witness(setting_, *storage, false);
    uint64_t operations = 0;
    Session s(setting_, storage);  // goes first
    if (deeper_) {
      storage->journal().make(mistake_);
      storage->on_operation([&](Op, std::string_view name) {
        witness.look(allowed, cat("going on, before operation ", ++operations, " on ", name, " [", storage->journal().unsynced_names(), "]"));
      });
    }
    CHECK_OK(found == kNoFile ? s.create(false) : s.open());
    CHECK_OK(probe(s));
    for (bool compacted : {false, true}) {
      if (compacted) CHECK_OK(s.file->compact(nullptr));
      allowed = {wanted};  // what was acknowledged is durable
      if (deeper_) witness.look(allowed, compacted ? "going on, compacted" : "going on, flushed");
      CHECK_EQ(witness.failure(), std::string());
      auto now = stored_picture(setting_, left);
      CHECK_OK(now);
      CHECK_EQ(difference(*now, wanted), std::string());
      CHECK_OK(slot_names(*left));
    }
    seen_deeper_ += witness.seen();
    for (const auto& [event, times] : storage->journal().events()) events_[event] += times;
    return "";
  }

  const Setting& setting_;
  FaultStorage& storage_;
  const bool deeper_;
  const Mistake mistake_;
  std::map<std::string, uint64_t> events_;
  Aftermaths aftermaths_;
  size_t seen_deeper_ = 0;
  std::string failure_;
};

// A whole history with a witness at every operation. "" or what was found; the journal makes `mistake` all the while.
inline std::string watched_history(const Setting& setting, const std::vector<Step>& steps, const std::vector<Texts>& pictures, bool deeper,
                                   const Mistake& mistake, size_t* seen, std::map<std::string, uint64_t>* events) {
  auto storage = std::make_shared<FaultStorage>(make_memory_storage("cut"));
  storage->journal().make(mistake);
  Witness witness(setting, *storage, deeper, mistake);
  size_t step = 0;
  uint64_t operations = 0;
  Session s(setting, storage);  // goes first
  storage->on_operation([&](Op, std::string_view name) {
    witness.look({pictures[step], pictures[step + 1]},
                 cat(setting.name, ", ", steps[step].name, ", before operation ", ++operations, " on ", name));
  });
  for (; step < steps.size(); ++step) {
    CHECK_OK(steps[step].run(s));
    // What was acknowledged is durable.
    witness.look({pictures[step + 1]}, cat(setting.name, ", after ", steps[step].name));
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
