// All that may be left of a storage at one moment: by a process that is killed, and by power that fails, which may drop any of the
// names and bytes that are not synced.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/status.h"
#include "support/fault_storage.h"

namespace strata::test {

// Calls judge(storage, journal) for each, with the journal of what is not durable of it, or nullptr after a power cut; ends with the first that has something to say. All subsets of up to six names; of more those that
// keep the first so many, and as many others.
template <typename Judge>
std::string each_aftermath(const FaultStorage& storage, std::mt19937& random, Judge&& judge) {
  auto said = [&](std::string_view what, Result<std::shared_ptr<Storage>> left, const Journal* journal) -> std::string {
    if (!left.ok()) return std::string(left.status().message());
    std::string wrong = judge(*left, journal);
    return wrong.empty() ? wrong : cat(what, ": ", wrong);
  };
  if (std::string wrong = said("killed", storage.left(), &storage.journal()); !wrong.empty()) return wrong;
  auto cut = [&](const std::vector<bool>& kept) -> std::string {
    for (Loss loss : kLosses) {
      std::string what = cat("power lost, ", name_of_loss(loss), " not synced left, of the names ");
      for (bool b : kept) what += b ? '1' : '0';
      if (std::string wrong = said(what, storage.survivors(kept, loss), nullptr); !wrong.empty()) return wrong;
      if (!storage.journal().unsynced_bytes()) break;
    }
    return "";
  };
  const size_t n = storage.unsynced();
  std::vector<bool> kept(n);
  std::string wrong;
  if (n <= 6) {
    for (size_t bits = 0; wrong.empty() && bits < size_t{1} << n; ++bits) {
      for (size_t i = 0; i < n; ++i) kept[i] = bits >> i & 1;
      wrong = cut(kept);
    }
    return wrong;
  }
  for (size_t prefix = 0; wrong.empty() && prefix <= n; ++prefix) {
    for (size_t i = 0; i < n; ++i) kept[i] = i < prefix;
    wrong = cut(kept);
    for (size_t i = 0; i < n; ++i) kept[i] = random() & 1;
    if (wrong.empty()) wrong = cut(kept);
  }
  return wrong;
}

}  // namespace strata::test
