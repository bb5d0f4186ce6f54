#include "file/salvage.h"

#include "delta/layer_writer.h"
#include "file/cells.h"

namespace strata {

Result<std::shared_ptr<ArrayFile>> FileSalvage::open(std::shared_ptr<Storage> storage, std::string_view key) {
  FileOptions options;
  options.codec = engine_->codecs.find("");
  options.read_only = true;
  STRATA_ASSIGN(auto from, ArrayFile::make_new(engine_, storage, key, options));
  STRATA_ASSIGN(from->stack_, open_readable(*engine_, *storage, from->names_, on_bad(*storage, key), cancel_));
  findings_.objects += from->stack_->layers.size();
  return from;
}

OnBadObject FileSalvage::on_bad(const Storage& storage, std::string_view key) {
  return [this, &storage, base_key = std::string(key)](const std::string& object, const Status& why) {
    const bool base = object == base_key, gone = why.code() == Code::kNotFound;
    add({gone ? FindingKind::kMissing : FindingKind::kObject, Severity::kDefect, storage.describe(object), {}, {}, kNoChunk,
         std::string(why.message()),
         base ? "what only the base held is missing" : "what this layer changed is missing; what was there before stands"});
  };
}

Result<std::shared_ptr<ArrayFile>> FileSalvage::open_in_store(std::shared_ptr<Storage> storage, std::string_view key, const Homes& homes,
                                                              const Pins* pins) {
  if (!pins) return open(std::move(storage), key);
  FileOptions options;
  options.codec = engine_->codecs.find("");
  options.read_only = true;
  STRATA_ASSIGN(auto from, ArrayFile::make_new(engine_, storage, key, options));
  const size_t before = findings_.list.size();
  STRATA_ASSIGN(from->stack_, open_pinned(*engine_, *storage, from->names_, homes, *pins, Match::kLikely, on_bad(*storage, key), cancel_));
  if (from->stack_->foreign_base) {  // what the original has made of it counts
    findings_.list.resize(before);
    return open(std::move(storage), key);
  }
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
  if (leaves_it_open(target.code())) return target.take_status();
  if (!target.ok()) {
    lost(target.status(), "the array is missing");
    return {};
  }
  return copy_contents(from, *array, to, *target);
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

std::vector<Id128> FileSalvage::layers_within(const ArrayFile& from) {
  std::vector<Id128> out;
  for (const auto& layer : from.stack_->layers)
    if (const Identity* id = layer->identity()) {
      out.push_back(id->layer_id);
      for (const AbsorbedLayer& a : id->absorbed) out.push_back(a.id);
    }
  return out;
}

Status FileSalvage::copy_contents(ArrayFile& from, const ArrayFile::Ref& array, ArrayFile& to, const ArrayFile::Ref& target) {
  const auto lost = [&](const Status& why, std::string effect) {
    add({FindingKind::kArray, Severity::kDefect, from.storage_->describe(from.key()), {}, array->meta.name, kNoChunk,
         std::string(why.message()), std::move(effect)});
  };
  auto keys = from.list_attributes(array);
  if (ends_the_call(keys.code())) return keys.take_status();
  if (!keys.ok()) lost(keys.status(), "its attributes are missing");
  for (const std::string& key : keys.ok() ? *keys : std::vector<std::string>()) {
    auto value = from.get_attribute(array, key);
    if (ends_the_call(value.code())) return value.take_status();
    if (!value.ok())
      lost(value.status(), cat("attribute \"", key, "\" is missing"));
    else
      STRATA_TRY(to.set_attribute(target, key, std::move(*value)));
  }
  for (uint64_t number : from.stored_chunks(*array)) {
    STRATA_TRY(check(cancel_));
    STRATA_TRY(copy_chunk(from, array, number, to, target));
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
  const auto cells = read_cells(from, array, at, extent, nullptr);
  const Code why = cells.code();
  if (why == Code::kCorrupt || why == Code::kFormat || why == Code::kCodec || is_unread(why)) {
    add({FindingKind::kChunk, Severity::kDefect, from.storage_->describe(from.key()), {}, array->meta.name, number,
         std::string(cells.status().message()), "the chunk is missing, and reads as if it had never been written"});
    return {};
  }
  if (!cells.ok()) return cells.status();
  STRATA_TRY(check(cancel_));
  findings_.bytes += cells->values.size();
  return write_cells(to, target, at, extent, *cells, nullptr);
}

}  // namespace strata
