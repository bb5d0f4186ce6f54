#include "file/outlying.h"

#include <algorithm>

namespace strata {
namespace {

constexpr uint64_t kPiece = 4u << 20;

}  // namespace

Status move_to_slot(Storage& storage, const FileNames& names, const ObjectReader& layer, std::string_view key, uint32_t slot,
                    const CancelToken* cancel) {
  STRATA_ASSIGN(auto copy, storage.stage(names.slot(slot), ""));
  Buffer piece(std::min(kPiece, layer.size()));
  for (uint64_t at = 0; at < layer.size(); at += piece.size()) {
    STRATA_TRY(check(cancel));
    const MutBytes part = piece.bytes().first(std::min<uint64_t>(piece.size(), layer.size() - at));
    STRATA_TRY(layer.read(at, part));
    STRATA_TRY(copy->write_at(at, part));
  }
  STRATA_TRY(copy->seal(layer.size()));
  STRATA_ASSIGN(const Created made, copy->create_as(names.slot(slot)));
  if (made == Created::kTaken) {
    STRATA_ASSIGN(const auto there, storage.open(names.slot(slot)));
    STRATA_ASSIGN(const bool ours, same_bytes(*there, layer));
    if (!ours) return Status(Code::kConflict, cat("another writer has made layer ", slot));
  }
  STRATA_TRY(storage.sync_folder(names.folder()));
  STRATA_TRY(storage.remove(key));
  return storage.sync_folder(folder_of(key));
}

Result<std::vector<SlotEntry>> adopt_all(Storage& storage, const FileNames& names, const CancelToken* cancel) {
  STRATA_ASSIGN(const auto outlying, names.list_outlying(storage));
  STRATA_ASSIGN(auto slots, names.list(storage));
  if (outlying.empty()) return slots;
  uint32_t slot = slots.empty() ? 0 : slots.back().slot;
  for (const SlotEntry& layer : outlying) {
    if (slot == UINT32_MAX) return Status(Code::kLimit, "no layer number is left");
    STRATA_ASSIGN(const auto object, storage.open(layer.key));
    STRATA_TRY(move_to_slot(storage, names, *object, layer.key, ++slot, cancel));
  }
  return names.list(storage);
}

Status drop_outlying_statistics(Storage& storage, const FileNames& names) {
  for (const std::string& stem : names.outlying_stems()) {
    auto base = storage.open(stem + ".af");
    if (base.ok()) continue;
    if (base.code() != Code::kNotFound) return base.take_status();
    STRATA_TRY(storage.remove(stem + ".stats"));
  }
  return {};
}

Result<bool> same_bytes(const ObjectReader& one, const ObjectReader& other) {
  if (one.size() != other.size()) return false;
  Buffer a(std::min(kPiece, one.size())), b(a.size());
  for (uint64_t at = 0; at < one.size(); at += a.size()) {
    const size_t n = std::min<uint64_t>(a.size(), one.size() - at);
    STRATA_TRY(one.read(at, a.bytes().first(n)));
    STRATA_TRY(other.read(at, b.bytes().first(n)));
    if (!std::ranges::equal(a.bytes().first(n), b.bytes().first(n))) return false;
  }
  return true;
}

}  // namespace strata
