// Who gives and takes tags, expires, collects, delivers and adopts is stopped before each operation on the storage, and so are writers and
// compactors beside them, where locks do not work: what has a tag stays, what was delivered is adopted once, and commits are whole.
#include <cstdio>

#include "store_acts.h"
#include "store_witness.h"

namespace {

using namespace strata;
using namespace strata::test;

// Acts on the past and on what workers deliver. Of two of one kind the second finds done what it would do.
const Act kPastActs[] = {
    {"gives the newest a tag", {}, nothing, false, false, [](Store& s) { return s.tag("new", "", nullptr); }},
    {"gives an older one a tag", {}, nothing, false, false, [](Store& s) { return s.tag("old", "1", nullptr); }},
    {"takes a tag away", {}, nothing, false, false, [](Store& s) { return s.untag("of 1 also", nullptr); }},
    {"keeps two", {}, nothing, false, false, [](Store& s) { return s.set_retention(2, 0, nullptr); }},
    {"expires", {}, nothing, false, false, [](Store& s) { return s.expire("2", nullptr); }},
    {"collects", {}, nothing, false, false, [](Store& s) { return s.collect(std::nullopt, nullptr); }},
    {"adopts", {"a/y/1", "a/w/0"}, nothing, false, false, adopt},
    {"adopts as well", {}, nothing, false, false, adopt},
    {"delivers", {}, deliver, false, false, nullptr, "task"},
    {"delivers the same task", {}, deliver, false, false, nullptr, "task"},
};
enum { kTagsNewest, kTagsOlder, kUntags, kKeeps, kExpires, kCollects, kAdopts, kAdoptsAsWell, kDelivers, kDeliversToo };

// A tag on commit 2, another that somebody may take away, and what a task has delivered on commit 2.
Status begin_with_past(Process& p) {
  STRATA_TRY(begin(p));
  STRATA_TRY(p.store->tag("kept", "2", nullptr));
  STRATA_TRY(p.store->tag("of 1 also", "1", nullptr));
  Process worker(p.storage);
  worker.options.job = "before";
  worker.options.task = "task";
  worker.options.commit = "kept";
  STRATA_TRY(worker.open());
  STRATA_TRY(put_chunk(*worker.store, "a", "y", 1, 20));
  STRATA_TRY(put_chunk(*worker.store, "a", "w", 0, 20));
  return worker.store->flush(nullptr);
}

View without_statistics(View view) {
  for (auto& [name, value] : view.values) value = test::without_statistics(value);
  return sorted(std::move(view));
}

Result<View> as_of(const std::shared_ptr<Storage>& storage, const char* commit) {
  Process p(storage);
  p.options.commit = commit;
  STRATA_TRY(p.open());
  STRATA_ASSIGN(View view, view_of(*p.store));
  return without_statistics(std::move(view));
}

// What some of the acts make, and then what was delivered later.
Result<View> after_past(const std::vector<const Act*>& acts, bool delivered) {
  Process p(make_memory_storage("serial"));
  STRATA_TRY(begin_with_past(p));
  for (const Act* act : acts) {
    if (act->task || (act->publish && act->subjects.empty())) continue;  // which change no value
    STRATA_TRY(act->change(*p.store));
    STRATA_TRY(publish(*act, *p.store));
  }
  if (delivered) {
    STRATA_TRY(deliver(*p.store));
    STRATA_TRY(p.store->flush(nullptr));
  }
  STRATA_ASSIGN(View view, view_of(*p.store));
  return without_statistics(std::move(view));
}

struct Beginning {
  View first, second;  // as of commits 1 and 2
};

std::string judge_past(const std::vector<Writer*>& writers, const std::shared_ptr<Storage>& inner, const Beginning& begun) {
  std::vector<const Act*> made;
  const auto took_part = [&](int act) { return std::ranges::any_of(writers, [&](const Writer* w) { return w->act == &kPastActs[act]; }); };
  const auto succeeded = [&](int act) { return std::ranges::find(made, &kPastActs[act]) != made.end(); };
  for (Writer* w : writers)
    if (committed(w->outcome)) made.push_back(w->act);
  for (Writer* w : writers) {
    if (committed(w->outcome)) continue;
    const bool met = std::ranges::any_of(made, [&](const Act* a) { return meet(*a, *w->act); });
    if (w->act == &kPastActs[kTagsOlder]) {
      CHECK_CODE(w->outcome, Code::kHistoryGone);
    } else if (w->act == &kPastActs[kAdopts] || w->act == &kPastActs[kAdoptsAsWell]) {
      // Invariant 5: what was adopted is adopted once; and a conflict needs two.
      if (w->outcome.code() != Code::kNotFound || !(succeeded(kAdopts) || succeeded(kAdoptsAsWell))) CHECK_CODE(w->outcome, Code::kConflict);
      if (w->outcome.code() == Code::kConflict) CHECK(made.size() == 1 && meet(*made.front(), kPastActs[kAdopts]));
    } else if (w->act->task) {
      CHECK_CODE(w->outcome, Code::kExists);
      CHECK(succeeded(kDelivers) || succeeded(kDeliversToo));
    } else {
      // Invariant 9: who wakes after a sweep, an expiry or a compaction commits whole, or fails and has its changes.
      CHECK_CODE(w->outcome, Code::kConflict);
      CHECK(met || (succeeded(kAdoptsAsWell) && meet(kPastActs[kAdopts], *w->act)));
      CHECK(w->process->store->pending().arrays != 0);
    }
  }
  if (took_part(kDelivers) && took_part(kDeliversToo)) CHECK_EQ(made.size(), size_t{1});
  const bool delivered = succeeded(kDelivers) || succeeded(kDeliversToo);
  std::vector<const Act*> in_order = made;
  if (succeeded(kAdoptsAsWell) && !succeeded(kAdopts)) in_order.push_back(&kPastActs[kAdopts]);
  auto wanted = after_past(in_order, false), later = after_past(in_order, delivered);
  CHECK_OK(wanted);
  CHECK_OK(later);
  const auto newest_is = [&](const View& view) -> std::string {
    auto now = stored_view(inner);
    CHECK_OK(now);
    CHECK_EQ(difference(without_statistics(*now), view), std::string());
    return "";
  };
  CHECK_CASE(newest_is(*wanted));
  Process p(inner);
  CHECK_OK(p.open());
  if (delivered) CHECK_OK(p.store->adopt("later", std::nullopt, nullptr));
  CHECK_CASE(newest_is(*later));
  auto log = p.store->log(1000, nullptr);
  CHECK_OK(log);
  const size_t adoptions = static_cast<size_t>(std::ranges::count(*log, CommitKind::kAdopt, &CommitLog::Summary::kind));
  CHECK_EQ(adoptions, size_t{delivered} + size_t{succeeded(kAdopts) || succeeded(kAdoptsAsWell)});  // Invariant 5
  CHECK_OK(p.store->compact(nullptr));
  CHECK_OK(p.store->collect(std::nullopt, nullptr));
  CHECK_CASE(newest_is(*later));
  // Invariants 1 and 9: no sweep takes what a tag pins, whoever woke when.
  auto kept = as_of(inner, "kept");
  CHECK_OK(kept);
  CHECK_EQ(difference(*kept, begun.second), std::string());
  for (const auto& [act, tag, there] : {std::tuple(kTagsOlder, "old", succeeded(kTagsOlder)), std::tuple(kUntags, "of 1 also", !succeeded(kUntags))}) {
    auto found = as_of(inner, tag);
    if (!there) {
      CHECK_CODE(found.status(), Code::kNotFound);
      continue;
    }
    if (!found.ok()) return cat(tag, ": ", found.status().message());
    CHECK_EQ(difference(*found, begun.first), std::string());
  }
  if (succeeded(kTagsNewest)) {
    auto tagged = as_of(inner, "new");
    CHECK_OK(tagged);
    auto none = after_past({}, false);
    CHECK_OK(none);
    if (!(*tagged == *none) && !(*tagged == *wanted)) return cat("the tag: ", difference(*tagged, *wanted), "\nand ", difference(*tagged, *none));
  }
  return "";
}

std::string paused_in_past(const Act& first, const Act& second, uint64_t at, const Beginning& begun, uint64_t* operations) {
  auto inner = make_memory_storage("m");
  Process p(inner);
  CHECK_OK(begin_with_past(p));
  auto a = writer(first, inner), b = writer(second, inner);
  CHECK_OK(a);
  CHECK_OK(b);
  *operations = pause(*a, *b, at);
  return judge_past({&*a, &*b}, inner, begun);
}

std::string past_and_workers_paused() {
  auto inner = make_memory_storage("m");
  Process p(inner);
  CHECK_OK(begin_with_past(p));
  auto first_commit = as_of(inner, "1"), second_commit = as_of(inner, "2");
  CHECK_OK(first_commit);
  CHECK_OK(second_commit);
  const Beginning begun{*first_commit, *second_commit};
  std::vector<const Act*> acts;
  for (const Act& act : kPastActs) acts.push_back(&act);
  const size_t past = acts.size();
  for (size_t i : {0, 6, 7, 8}) acts.push_back(&kActs[i]);  // writers and who compact
  // Each pair begins elsewhere; STRATA_STOP_STRIDE=1: before every operation.
#if defined(__SANITIZE_ADDRESS__)
  const size_t stride = stride_or(40);
#else
  const size_t stride = stride_or(4);
#endif
  uint64_t pauses = 0;
  for (size_t i = 0; i < acts.size(); ++i)
    for (size_t k = 0; k < acts.size(); ++k) {
      if (i == k || (i >= past && k >= past)) continue;
      for (uint64_t at = 1 + (i + k) % stride, operations = at; at <= operations + 1; at += stride, ++pauses) {
        std::string wrong = paused_in_past(*acts[i], *acts[k], at, begun, &operations);
        if (!wrong.empty())
          return cat("one ", acts[i]->name, ", paused before operation ", at, " while another ", acts[k]->name, ": ", wrong);
      }
    }
  std::printf("%llu pauses\n", static_cast<unsigned long long>(pauses));
  CHECK(pauses * stride > 4000);
  return "";
}

}  // namespace

int main() { return RUN_CASES({{"past_and_workers_paused", past_and_workers_paused}}); }
