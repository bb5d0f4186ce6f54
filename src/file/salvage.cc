#include "file/salvage.h"

#include "delta/layer_writer.h"
#include "file/cells.h"

namespace strata {

Result<std::shared_ptr<ArrayFile>> FileSalvage::open(std::shared_ptr<Storage> storage, std::string_view key) {
  FileOptions options;
  options.codec = engine_->codecs.find("");
  options.read_only = true;
  STRATA_ASSIGN(auto from, ArrayFile::make_new(engine_, storage, key, options));
  const auto on_bad = [&](const std::string& object, const Status& why) {
    const bool base = object == key, gone = why.code() == Code::kNotFound;
    add({gone ? FindingKind::kMissing : FindingKind::kObject, Severity::kDefect, storage->describe(object), {}, {}, kNoChunk,
         std::string(why.message()),
         base ? "what only the base held is missing" : "what this layer changed is missing; what was there before stands"});
  };
  STRATA_ASSIGN(from->stack_, open_readable(*engine_, *storage, from->names_, on_bad, cancel_));
  findings_.objects += from->stack_->layers.size();
  return from;
}

Status FileSalvage::run(std::shared_ptr<Storage> storage, std::string_view key, ArrayFile& to) {
  STRATA_ASSIGN(const auto from, open(std::move(storage), key));
  STRATA_ASSIGN(const auto names, from->list());
  for (const std::string& name : names) {
    STRATA_TRY(check(cancel_));
    STRATA_TRY(copy_array(*from, name, to).prepend([&] { return cat("copying array \"", name, "\": "); }));
  }
  return to.flush(cancel_);
}

Status FileSalvage::copy_array(ArrayFile& from, const std::string& name, ArrayFile& to) {
  const auto lost = [&](const Status& why, std::string effect) {
    add({FindingKind::kArray, Severity::kDefect, from.storage_->describe(from.key()), {}, name, kNoChunk, std::string(why.message()),
         std::move(effect)});
  };
  auto array = from.open_array(name);
  if (ends_the_call(array.code())) return array.take_status();
  if (!array.ok()) {
    lost(array.status(), "the array is missing");
    return {};
  }
  auto target = to.define(definition_of((*array)->meta));
  if (ends_the_call(target.code())) return target.take_status();
  if (!target.ok()) {
    lost(target.status(), "the array is missing");
    return {};
  }
  auto keys = from.list_attributes(*array);
  if (!keys.ok()) lost(keys.status(), "its attributes are missing");
  for (const std::string& key : keys.ok() ? *keys : std::vector<std::string>()) {
    auto value = from.get_attribute(*array, key);
    if (!value.ok())
      lost(value.status(), cat("attribute \"", key, "\" is missing"));
    else
      STRATA_TRY(to.set_attribute(*target, key, std::move(*value)));
  }
  return copy_chunks(from, *array, to, *target);
}

ArrayDefinition FileSalvage::definition_of(const ArrayMeta& meta) {
  ArrayDefinition d;
  d.name = meta.name;
  d.dtype = meta.dtype;
  d.shape.assign(meta.geometry.shape().begin(), meta.geometry.shape().end());
  d.chunk_shape.emplace(meta.geometry.chunk_shape().begin(), meta.geometry.chunk_shape().end());
  d.dimension_names = meta.dimension_names;
  d.fill = meta.fill;
  return d;
}

Status FileSalvage::copy_chunks(ArrayFile& from, const ArrayFile::Ref& array, ArrayFile& to, const ArrayFile::Ref& target) {
  for (uint64_t number : from.stored_chunks(*array)) {
    STRATA_TRY(check(cancel_));
    Status copied = copy_chunk(from, array, number, to, target);
    if (copied.code() == Code::kCorrupt || copied.code() == Code::kFormat || copied.code() == Code::kCodec || copied.code() == Code::kIo) {
      add({FindingKind::kChunk, Severity::kDefect, from.storage_->describe(from.key()), {}, array->meta.name, number,
           std::string(copied.message()), "the chunk is missing, and reads as if it had never been written"});
      continue;
    }
    STRATA_TRY(std::move(copied));
  }
  return {};
}

Status FileSalvage::copy_chunk(ArrayFile& from, const ArrayFile::Ref& array, uint64_t number, ArrayFile& to,
                               const ArrayFile::Ref& target) {
  const Geometry& g = array->meta.geometry;
  uint64_t start[kMaxRank], count[kMaxRank];
  g.chunk_box(number, start, count);
  const std::span<const uint64_t> at(start, g.rank()), extent(count, g.rank());
  ++findings_.chunks;
  STRATA_ASSIGN(const VarlenData cells, read_cells(from, array, at, extent, nullptr));
  STRATA_TRY(check(cancel_));
  findings_.bytes += cells.values.size();
  return write_cells(to, target, at, extent, cells, nullptr);
}

// Whether the commit that made slot `highest` (0: the base) can be read, all of it.
Result<bool> FileRepair::is_whole(const FileNames& names, uint32_t highest) {
  FileOptions options;
  options.codec = engine_->codecs.find("");
  options.read_only = true;
  STRATA_ASSIGN(auto file, ArrayFile::make_new(engine_, storage_, names.base(), options));
  auto stack = open_stack_below(*engine_, *storage_, names, highest, cancel_);
  if (ends_the_call(stack.code())) return stack.take_status();
  if (!stack.ok()) return false;
  file->stack_ = std::move(*stack);
  Findings found;
  FileCheck look(engine_, storage_, found, cancel_);
  STRATA_TRY(look.look_at_arrays(*file));
  STRATA_TRY(look.look_at_chunks(*file, true));
  return !found.any_defect();
}

Status FileRepair::drop(const FileNames& names, uint32_t slot, ArrayFile& file) {
  const std::string key = names.slot(slot), kept = key + ".dropped";
  Finding f{FindingKind::kDropped, Severity::kNote, storage_->describe(key), {}, {}, kNoChunk, "", ""};
  auto again = storage_->stage_again(key);
  if (again.ok()) {
    STRATA_TRY((*again)->replace_as(kept));
    STRATA_TRY(storage_->sync_folder(names.folder()));
    f.text = cat("taken away; it is kept as ", storage_->describe(kept));
    f.effect = "what this commit had changed is as it was before";
  } else if (again.code() == Code::kNotFound) {
    f.text = "it was missing; a layer without data takes its place";
    f.effect = "none";
  } else {
    return again.take_status();
  }
  if (again.ok()) {
    STRATA_ASSIGN(auto filler, file.write_filler(slot, Id128{}, Id128{}));
    STRATA_TRY(filler.object->replace_as(key));
    STRATA_TRY(storage_->sync_folder(names.folder()));
  } else {
    STRATA_TRY(file.put_filler(slot, Id128{}, Id128{}));
  }
  findings_.list.push_back(std::move(f));
  return {};
}

Status FileRepair::run(std::string_view key) {
  STRATA_ASSIGN(const FileNames names, FileNames::make(key));
  STRATA_TRY(FileCheck(engine_, storage_, findings_, cancel_).run(key, true));
  if (!findings_.any_defect()) return {};
  STRATA_ASSIGN(const auto slots, names.list(*storage_));
  const uint32_t top = slots.empty() ? 0 : slots.back().slot;
  uint32_t newest = top;
  for (;; --newest) {
    STRATA_TRY(check(cancel_));
    STRATA_ASSIGN(const bool whole, is_whole(names, newest));
    if (whole) break;
    if (newest == 0 || top - newest == 65536)
      return Status(Code::kCorrupt, cat(storage_->describe(key), ": no commit of it is whole; what can be read can be salvaged"));
  }
  FileOptions options;
  options.codec = engine_->codecs.find("");
  STRATA_ASSIGN(auto file, ArrayFile::make_new(engine_, storage_, key, options));
  STRATA_ASSIGN(file->stack_, open_stack_below(*engine_, *storage_, names, newest, cancel_));
  // Newest first: whenever this is cut, what is left is damaged as before, or repaired.
  for (uint32_t slot = top; slot > newest; --slot) STRATA_TRY(drop(names, slot, *file));
  std::unique_lock lock(file->mu_);
  STRATA_TRY(file->reload(cancel_));
  return file->save_statistics();
}

}  // namespace strata
