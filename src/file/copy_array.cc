// Copies and new names of arrays. A layer finds chunks by their array's name, so that a new name needs its chunks again: their
// compressed bytes are copied, not made anew.
#include "base/utf8.h"
#include "base/without_throwing.h"
#include "file/array_file.h"
#include "file/chunk_mover.h"

namespace strata {

Result<ArrayFile::Ref> ArrayFile::copy_alone(ArrayFile& from, std::string_view source, std::string name, CancelToken* cancel) {
  auto where = [&] { return cat("array \"", name, "\" of ", storage_->describe(names_.base()), ": "); };
  STRATA_TRY(check(cancel));
  if (options_.read_only) return Status(Code::kReadOnly, where() + "the file was opened read-only");
  STRATA_ASSIGN(const Ref old, from.resolve(source));
  auto existing = resolve(name);
  if (existing.ok()) return Status(Code::kExists, where() + "it exists already");
  if (existing.code() != Code::kNotFound) return existing.take_status();

  ArrayMeta meta = old->meta;
  meta.name = std::move(name);
  auto def = std::make_shared<ArrayDef>(std::move(meta));
  STRATA_TRY(check_fold(*def, def->meta.geometry, "the copy"));
  {
    std::lock_guard lock(from.defs_mu_);
    def->attributes = from.attributes_of(*old);
  }
  def->attributes_changed = def->attributes->size() != 0;
  PendingLayer& layer = pending_layer();
  touch(def);
  Status moved = without_throwing([&]() -> Status {
    ChunkMover mover(from, layer);
    for (uint64_t number : from.stored_chunks(*old))
      STRATA_TRY(mover.add(def->chunks, *old, number, from.find_chunk(*old, number)));
    return mover.run(cancel);
  });
  if (moved.ok()) return def;
  undo_definition(def);
  return moved;
}

// REQUIRES: it was the last that was touched.
void ArrayFile::undo_definition(const Ref& array) {
  pending_->forget_added(array->chunks, 0);
  array->stale = true;
  untouch(array);
}

Result<ArrayFile::Ref> ArrayFile::copy_array(ArrayFile& from, std::string_view source, std::string name, CancelToken* cancel) {
  STRATA_TRY(check_utf8("an array's name", name));
  if (&from == this) {
    STRATA_ASSIGN(const Alone lock, lock_alone());
    return copy_alone(from, source, std::move(name), cancel);
  }
  STRATA_ASSIGN(const Shared theirs, from.lock_shared());
  STRATA_ASSIGN(const Alone ours, lock_alone());
  return copy_alone(from, source, std::move(name), cancel);
}

Status ArrayFile::copy_chunks(ArrayFile& from, const Ref& source, const Ref& to, std::span<const uint64_t> numbers,
                              CancelToken* cancel) {
  STRATA_ASSIGN(const Shared theirs, from.lock_shared());
  STRATA_ASSIGN(const Alone ours, lock_alone());
  STRATA_TRY(check_writable(*to));
  PendingLayer& layer = pending_layer();
  touch(to);
  ChunkMover mover(from, layer);
  for (uint64_t number : numbers) STRATA_TRY(mover.add(to->chunks, *source, number, from.find_chunk(*source, number)));
  return mover.run(cancel);
}

Status ArrayFile::rename_array(std::string_view old_name, std::string name, CancelToken* cancel) {
  STRATA_TRY(check_utf8("an array's name", name));
  STRATA_ASSIGN(const Alone lock, lock_alone());
  STRATA_ASSIGN(const Ref made, copy_alone(*this, old_name, std::move(name), cancel));
  Status removed = without_throwing([&] { return remove_alone(old_name); });
  if (!removed.ok()) undo_definition(made);
  return removed;
}

}  // namespace strata
