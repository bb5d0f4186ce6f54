// Memory that runs out, at every allocation of every call: the call says STRATA_E_NO_MEMORY, nothing leaks, nothing is lost,
// and a repetition leads to where the call would have led.
#include <cstring>

#include "file_states.h"
#include "strata/strata.h"
#include "watched_memory.h"

namespace {

using namespace strata;
using namespace strata::test;

const Setting kSettings[] = {
    {.name = "zstd"},
    {.name = "no codec, compressed early", .codec = "", .pending_bytes = 1},
    {.name = "lz4, cached", .codec = "lz4", .block_cache_bytes = 1 << 20},
};

// Every allocation would take minutes: all of the first, then ever fewer, others for each setting.
uint64_t after(uint64_t n, size_t which) {
#if defined(__SANITIZE_ADDRESS__)
  return n < 16 ? n + 1 : n + 1 + (n + which * 5) / 4;
#else
  return n < 120 ? n + 1 : n + 1 + (n + which * 5) / 32;
#endif
}

std::string fail_at(const Setting& setting, const std::vector<State>& states, size_t at, uint64_t n, bool* last) {
  auto storage = make_memory_storage("little");
  Session s(setting, storage);
  for (size_t i = 0; i < at; ++i) CHECK_OK(history()[i].run(s));
  const Status outcome = without_memory(n, [&] { return history()[at].run(s); });
  *last = !WatchedMemory::failed();
  if (!outcome.ok()) {
    if (*last) return "fails though there was memory";
    if (outcome.code() != Code::kNoMemory && outcome.code() != Code::kOutcomeUnknown)
      return cat("fails with status ", static_cast<int>(outcome.code()));
  }
  CHECK_CASE(repeats(setting, states, at, s, storage, outcome));
  if (outcome.ok()) return "";
  for (size_t i = at + 1; i < history().size(); ++i) CHECK_OK(history()[i].run(s));
  auto now = stored_picture(setting, storage);
  CHECK_OK(now);
  CHECK_EQ(difference(*now, states.back().stored), std::string());
  return "";
}

std::string changes_and_commits() {
  for (size_t which = 0; which < std::size(kSettings); ++which) {
    const Setting& setting = kSettings[which];
    auto states = states_of(setting);
    CHECK_OK(states);
    for (size_t at = 0; at < history().size(); ++at) {
      bool last = false;
      for (uint64_t n = 1; !last; n = after(n, which)) {
        std::string wrong = fail_at(setting, *states, at, n, &last);
        if (!wrong.empty()) return cat(setting.name, ", ", history()[at].name, ", allocation ", n, ": ", wrong);
      }
    }
  }
  return "";
}

std::string opening_and_reading() {
  for (size_t which = 0; which < std::size(kSettings); ++which) {
    const Setting& setting = kSettings[which];
    auto storage = make_memory_storage("little");
    Session writer(setting, storage);
    for (const Step& step : history()) {
      CHECK_OK(step.run(writer));
      if (!step.publishes) continue;
      auto wanted = stored_picture(setting, storage);
      CHECK_OK(wanted);
      bool last = false;
      for (uint64_t n = 1; !last; n = after(n, which)) {
        Session s(setting, storage);
        auto look = [&]() -> Status {
          STRATA_TRY(s.open());
          return picture(*s.file, true).take_status();
        };
        const Status outcome = without_memory(n, look);
        last = !WatchedMemory::failed();
        if (!outcome.ok() && outcome.code() != Code::kNoMemory)
          return cat(setting.name, ", after ", step.name, ", allocation ", n, ": status ",
                     static_cast<int>(outcome.code()));
        CHECK(outcome.ok() || !last);
        if (!s.file) CHECK_OK(s.open());
        auto found = picture(*s.file, true);
        CHECK_OK(found);
        CHECK_EQ(difference(*found, *wanted), std::string());
      }
    }
  }
  return "";
}

// A program in C that is told so, and tries again with what it has.
struct Program {
  static constexpr char kUrl[] = "memory://m/x.af";
  strata_context* context = nullptr;
  strata_file* file = nullptr;
  strata_array* array = nullptr;
  strata_array* text = nullptr;
  strata_cursor* cursor = nullptr;
  strata_buffer *offsets = nullptr, *values = nullptr;
  int32_t got[12] = {};

  ~Program() {
    strata_buffer_release(offsets);
    strata_buffer_release(values);
    strata_cursor_close(cursor);
    strata_array_close(text);
    strata_array_close(array);
    strata_file_close(file);
    strata_context_close(context);
  }

  // The calls in their order; 1: no more.
  strata_status call(size_t i, strata_error* err) {
    static const uint64_t shape[2] = {3, 4}, chunk[2] = {2, 2}, texts[1] = {2};
    static const int32_t numbers[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const int64_t ends[3] = {0, 2, 5};
    strata_context_options o = STRATA_CONTEXT_OPTIONS_INIT;
    o.threads = 1;
    switch (i) {
      case 0:
        return strata_context_create(&o, nullptr, 0, &context, err);
      case 1:
        return strata_file_create(context, kUrl, STRATA_NUL, nullptr, nullptr, &file, err);
      case 2:
        return strata_file_define(file, "a", 1, STRATA_INT32, 2, shape, chunk, nullptr, STRATA_TYPE_NONE, nullptr, 0,
                                  nullptr, &array, err);
      case 3:
        return strata_array_write(array, 2, nullptr, nullptr, numbers, sizeof numbers, nullptr, err);
      case 4:
        return strata_array_set_attribute(array, "units", 5, STRATA_STRING, "degC", 4, err);
      case 5:
        return strata_file_define(file, "t", 1, STRATA_STRING, 1, texts, nullptr, nullptr, STRATA_TYPE_NONE, nullptr, 0,
                                  nullptr, &text, err);
      case 6:
        return strata_array_write_varlen(text, 1, nullptr, nullptr, ends, 3, "abcde", 5, nullptr, err);
      case 7:
        return strata_file_flush(file, nullptr, err);
      case 8:
        return strata_array_write(array, 2, nullptr, nullptr, numbers, sizeof numbers, nullptr, err);
      case 9:
        return strata_file_compact(file, nullptr, err);
      case 10:
        return strata_file_list(file, nullptr, 0, &cursor, err);
      case 11:
        return strata_array_read(array, 2, nullptr, nullptr, nullptr, got, sizeof got, nullptr, err);
      case 12:
        return strata_array_read_varlen(text, 1, nullptr, nullptr, nullptr, &offsets, &values, err);
      case 13: {
        strata_statistics s = STRATA_STATISTICS_INIT;
        return strata_array_statistics(array, nullptr, &s, err);
      }
      case 14: {
        char units[4];
        size_t needed;
        int32_t type;
        return strata_array_get_attribute(array, "units", 5, &type, units, sizeof units, &needed, err);
      }
      case 15:
        strata_array_close(array);
        array = nullptr;
        return strata_file_array_open(file, "a", 1, &array, err);
      case 16: {
        strata_file* again = nullptr;
        strata_status s = strata_file_open(context, kUrl, STRATA_NUL, nullptr, nullptr, &again, err);
        strata_file_close(again);
        return s;
      }
      default:
        return STRATA_DONE;
    }
  }
};

std::string a_program_in_c() {
  for (size_t failing = 0;; ++failing) {
    bool last = false, end = false;
    for (uint64_t n = 1; !last; ++n) {
      Program p;
      strata_error err = STRATA_ERROR_INIT;
      for (size_t i = 0; !end; ++i) {
        if (i == failing) WatchedMemory::fail_at(n);
        strata_status s = p.call(i, &err);
        if (i == failing) {
          last = !WatchedMemory::failed();
          WatchedMemory::fail_at(0);
          if (s != STRATA_OK && s != STRATA_DONE) {
            if (last || (s != STRATA_E_NO_MEMORY && s != STRATA_E_OUTCOME_UNKNOWN))
              return cat("call ", i, ", allocation ", n, ": ", strata_status_name(s), " ", std::string(err.message));
            CHECK_EQ(err.status, s);
            CHECK(err.message[0] != 0);
            s = p.call(i, &err);
            // The file may have been made before memory ran out.
            if (s == STRATA_E_EXISTS)
              s = strata_file_open(p.context, Program::kUrl, STRATA_NUL, nullptr, nullptr, &p.file, &err);
          }
        }
        if (s == STRATA_DONE) {
          end = i == failing;
          break;
        }
        if (s != STRATA_OK)
          return cat("call ", i, " after call ", failing, " lacked allocation ", n, ": ", std::string(err.message));
      }
      if (end) break;
      for (int32_t k = 0; k < 12; ++k) CHECK_EQ(p.got[k], k + 1);
      CHECK_EQ(strata_cursor_remaining(p.cursor), uint64_t{2});
      CHECK_EQ(std::string_view(static_cast<const char*>(strata_buffer_data(p.values)), strata_buffer_size(p.values)),
               std::string_view("abcde"));
    }
    if (end) return failing > 10 ? "" : "too few calls";
  }
}

}  // namespace

int main() {
  return RUN_CASES({{"changes_and_commits", changes_and_commits},
                    {"opening_and_reading", opening_and_reading},
                    {"a_program_in_c", a_program_in_c}});
}
