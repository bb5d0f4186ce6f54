// Cases in C++ under cmocka. cmocka leaves a failing test by longjmp, which would skip destructors; so a case is a
// function that returns "" when all is well or else a message, and only a plain copy of that meets cmocka's assert.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cstdio>
#include <exception>
#include <initializer_list>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "base/status.h"

// Last: it needs the first four, and its macro fail() breaks the streams. Releases before 2 lack extern "C".
extern "C" {
#include <cmocka.h>
}

namespace strata::test {

using Case = std::string();

struct NamedCase {
  const char* name;
  Case* run;
};

template <typename T>
std::string shown(const T& v) {
  if constexpr (std::is_enum_v<T>) {
    return std::to_string(static_cast<long long>(v));
  } else if constexpr (requires(std::ostringstream& o) { o << v; }) {
    std::ostringstream out;
    out << v;
    return out.str();
  } else {
    return "(a value that cannot be printed)";
  }
}

// Looks at the error of a Status or of a Result<T>.
inline std::string failure_of(const Status& s) { return s.ok() ? "" : std::string(s.message()); }
template <typename T>
std::string failure_of(const Result<T>& r) {
  return r.ok() ? "" : std::string(r.status().message());
}

// Everything C++ about a case ends before this returns.
inline bool run_into(char* message, size_t size, Case* run) {
  std::string outcome;
  try {
    outcome = run();
  } catch (const std::exception& e) {
    outcome = std::string("exception: ") + e.what();
  }
  std::snprintf(message, size, "%s", outcome.c_str());
  return outcome.empty();
}

inline void run_named(void** state) {
  char message[1024];
  if (!run_into(message, sizeof message, static_cast<const NamedCase*>(*state)->run)) fail_msg("%s", message);
}

inline int run_cases(const char* group, std::initializer_list<NamedCase> cases) {
  std::vector<CMUnitTest> tests;
  for (const NamedCase& c : cases)
    tests.push_back({c.name, run_named, nullptr, nullptr, const_cast<NamedCase*>(&c)});
  return _cmocka_run_group_tests(group, tests.data(), tests.size(), nullptr, nullptr);
}

}  // namespace strata::test

#define STRATA_TEST_STR2(x) #x
#define STRATA_TEST_STR(x) STRATA_TEST_STR2(x)
#define STRATA_TEST_HERE __FILE__ ":" STRATA_TEST_STR(__LINE__) ": "

// Each returns a message from the case when it does not hold.
#define CHECK(cond)                                                \
  do {                                                             \
    if (!(cond)) return std::string(STRATA_TEST_HERE "not so: " #cond); \
  } while (0)
#define CHECK_EQ(a, b)                                                                                       \
  do {                                                                                                       \
    const auto& check_a_ = (a);                                                                              \
    const auto& check_b_ = (b);                                                                              \
    if (!(check_a_ == check_b_))                                                                             \
      return std::string(STRATA_TEST_HERE #a " is ") + ::strata::test::shown(check_a_) + ", not " #b " = " + \
             ::strata::test::shown(check_b_);                                                                \
  } while (0)
// A Status or a Result; the value of a temporary Result is dropped.
#define CHECK_OK(expr)                                                                                  \
  do {                                                                                                  \
    const auto& check_s_ = (expr);                                                                      \
    if (!check_s_.ok()) return std::string(STRATA_TEST_HERE #expr ": ") + ::strata::test::failure_of(check_s_); \
  } while (0)
#define CHECK_CODE(expr, want)                                                                            \
  do {                                                                                                    \
    const auto& check_s_ = (expr);                                                                        \
    if (check_s_.code() != (want))                                                                        \
      return std::string(STRATA_TEST_HERE #expr " gives status ") +                                       \
             std::to_string(static_cast<int>(check_s_.code())) + ", not " #want ": " +                     \
             ::strata::test::failure_of(check_s_);                                                        \
  } while (0)
// Passes on the message of a helper that returns one.
#define CHECK_CASE(expr)                                                              \
  do {                                                                                \
    if (std::string check_m_ = (expr); !check_m_.empty()) return STRATA_TEST_HERE + check_m_; \
  } while (0)

// The body of main: return RUN_CASES({{"name", function}, ...});
#define RUN_CASES(...) ::strata::test::run_cases(__FILE__, __VA_ARGS__)
