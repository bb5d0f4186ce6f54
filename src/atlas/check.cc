#include "atlas/check.h"

namespace strata {
namespace {

Result<std::shared_ptr<Store>> open_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage,
                                          std::string_view folder, const CancelToken* cancel) {
  StoreOptions options;
  options.read_only = true;
  return Store::open(engine, storage, folder, options, cancel);
}

// In a store's file the arrays are called after the datasets.
void name_datasets(Findings& findings, size_t from, const std::string& array) {
  for (size_t i = from; i < findings.list.size(); ++i) {
    findings.list[i].dataset = std::move(findings.list[i].array);
    findings.list[i].array = array;
  }
}

}  // namespace

Status check_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder,
                   bool with_data, Findings& findings, CancelToken* cancel) {
  auto store = open_store(engine, storage, folder, cancel);
  if (store.code() == Code::kNotFound || ends_the_call(store.code())) return store.take_status();
  ++findings.objects;
  if (!store.ok()) {
    findings.list.push_back({FindingKind::kObject, Severity::kDefect, storage->describe(folder), {}, {}, kNoChunk,
                             std::string(store.status().message()), "the store cannot be opened"});
    return {};
  }
  FileCheck look(engine, storage, findings, cancel);
  for (const std::string& array : (*store)->list_arrays()) {
    STRATA_TRY(check(cancel));
    auto file = (*store)->array_file(array, cancel);
    if (ends_the_call(file.code())) return file.take_status();
    if (!file.ok() || !*file) {
      findings.list.push_back({file.ok() ? FindingKind::kMissing : FindingKind::kObject, Severity::kDefect,
                               storage->describe((*store)->file_key(array)), {}, array, kNoChunk,
                               file.ok() ? std::string("there is no such file") : std::string(file.status().message()),
                               "the array cannot be read in any dataset"});
      continue;
    }
    const size_t before = findings.list.size();
    STRATA_TRY(look.look_into(**file, with_data));
    name_datasets(findings, before, array);
    STRATA_ASSIGN(const uint64_t layers, (*file)->layer_count());
    findings.objects += layers;
    for (const std::string& dataset : (*store)->list_datasets_with(array)) {
      auto there = (*file)->exists(dataset);
      if (!there.ok() || *there) continue;
      findings.list.push_back({FindingKind::kMissing, Severity::kDefect, storage->describe((*store)->file_key(array)), dataset, array,
                               kNoChunk, "the registry names an array that its file does not have", "the array cannot be read"});
    }
  }
  return {};
}

Status salvage_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder, Store& to,
                     Findings& findings, CancelToken* cancel) {
  STRATA_ASSIGN(const auto from, open_store(engine, storage, folder, cancel));
  FileSalvage salvage(engine, findings, cancel);
  const auto lost = [&](const std::string& dataset, const std::string& array, const Status& why, std::string effect) {
    findings.list.push_back({FindingKind::kArray, Severity::kDefect, storage->describe(from->file_key(array)), dataset, array, kNoChunk,
                             std::string(why.message()), std::move(effect)});
  };
  for (const std::string& dataset : from->list_datasets()) {
    STRATA_TRY(to.create_dataset(dataset));
    STRATA_ASSIGN(const auto keys, from->list_attributes(dataset));
    for (const std::string& key : keys) {
      STRATA_ASSIGN(Value value, from->get_attribute(dataset, key));
      STRATA_TRY(to.set_attribute(dataset, key, std::move(value)));
    }
  }
  for (const std::string& array : from->list_arrays()) {
    STRATA_TRY(check(cancel));
    const size_t before = findings.list.size();
    auto file = from->array_file(array, cancel);
    if (ends_the_call(file.code())) return file.take_status();
    if (!file.ok()) file = salvage.open(storage, from->file_key(array));
    name_datasets(findings, before, array);
    for (const std::string& dataset : from->list_datasets_with(array)) {
      auto source = !file.ok() ? Result<ArrayFile::Ref>(file.status())
                    : !*file   ? Result<ArrayFile::Ref>(Status(Code::kNotFound, "there is no such file"))
                               : (*file)->open_array(dataset);
      if (ends_the_call(source.code())) return source.take_status();
      if (!source.ok()) {
        lost(dataset, array, source.status(), "the array is missing");
        continue;
      }
      ArrayDefinition definition = FileSalvage::definition_of((*source)->meta);
      definition.name = array;
      auto target = to.define(dataset, std::move(definition), cancel);
      if (ends_the_call(target.code())) return target.take_status();
      if (!target.ok()) {
        lost(dataset, array, target.status(), "the array is missing");
        continue;
      }
      const size_t chunks = findings.list.size();
      STRATA_TRY(salvage.copy_chunks(**file, *source, *target->file, target->array));
      name_datasets(findings, chunks, array);
    }
  }
  return to.flush(cancel);
}

}  // namespace strata
