// All that can be read of a damaged store, copied into a new one.
#include <map>
#include <unordered_set>

#include "atlas/array_folders.h"
#include "atlas/check.h"
#include "atlas/log_check.h"
#include "atlas/path_segment.h"

namespace strata {
namespace {

// What there is, by the log and the registry; where both are gone, by what lies in the store's folder.
struct Known {
  Document document;
  PinTable pins;
  Homes homes;

  const Pins* pins_of(const std::string& array) const {
    const auto it = pins.find(array);
    return it == pins.end() ? nullptr : &it->second;
  }
};

Finding missing(FindingKind kind, Severity severity, std::string object, std::string text, std::string effect) {
  return {kind, severity, std::move(object), {}, {}, kNoChunk, std::move(text), std::move(effect)};
}

// Datasets in the order in which the files, by their names, have them.
Status look_into_files(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder,
                       const std::vector<std::string>& arrays, Known& known, Findings& findings, CancelToken* cancel) {
  findings.list.push_back(missing(FindingKind::kMissing, Severity::kDefect, storage->describe(folder),
                                  "neither its registry nor its log says what it consists of: its array files do",
                                  "attributes of datasets, and datasets without arrays, are missing; layers count in the order of their slots"));
  Findings scratch;  // all of it is found again when it is copied
  FileSalvage look(engine, scratch, cancel);
  std::unordered_set<std::string> in_slots;  // homes whose layers are
  for (const std::string& array : arrays) {
    STRATA_TRY(check(cancel));
    auto file = look.open(storage, store_file_key(folder, array));
    if (ends_the_call(file.code())) return file.take_status();
    if (!file.ok()) {
      findings.list.push_back(missing(FindingKind::kArray, Severity::kDefect, storage->describe(store_file_key(folder, array)),
                                      std::string(file.status().message()), "the array is missing in every dataset"));
      findings.list.back().array = array;
      continue;
    }
    for (const Id128& id : FileSalvage::layers_within(**file)) in_slots.insert(known.homes.key(id));
    STRATA_ASSIGN(const auto datasets, (*file)->list());
    for (const std::string& dataset : datasets) {
      if (!check_name(dataset).ok()) continue;  // none of a store
      DatasetEntry* entry = known.document.edit(dataset);
      if (!entry) entry = known.document.put({dataset, {}, {}, {}});
      entry->arrays.put({array, nullptr});
    }
  }
  STRATA_ASSIGN(const auto homes, storage->list(known.homes.folder));
  for (const ListEntry& home : homes)
    if (!in_slots.contains(home.key))
      findings.list.push_back(missing(FindingKind::kLeftover, Severity::kNote, storage->describe(home.key),
                                      "a layer that no array file has", "if it was committed, what it had changed is missing"));
  return {};
}

// kNotFound: there is no store, nor any array file.
Status find_out(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder, Known& known,
                Findings& findings, CancelToken* cancel) {
  Findings scratch;
  LogCheck log(storage, folder, scratch, Unread::kDoneWithout, cancel);
  Status looked = log.run();
  findings.objects += scratch.objects;
  known.homes = log.log().homes();
  STRATA_ASSIGN(const auto arrays, list_array_files(*storage, folder, cancel));
  if (looked.code() == Code::kNotFound && arrays.empty()) return looked;
  if (looked.code() != Code::kNotFound) STRATA_TRY(std::move(looked));
  // A state before the first commit is what is left when all entries are lost.
  if (!log.head || (log.head->seq == 0 && !log.in_registry)) return look_into_files(engine, storage, folder, arrays, known, findings, cancel);
  if (!log.lost.empty() && log.lost.back() > log.head->seq)
    findings.list.push_back(missing(FindingKind::kMissing, Severity::kDefect, storage->describe(log.log().entry_key(log.lost.back())),
                                    cat("commits after ", log.head->seq, " cannot be read"), "what they had changed is missing"));
  if (log.registry && !log.in_registry)
    findings.list.push_back(missing(FindingKind::kObject, Severity::kNote, storage->describe(folder),
                                    "the registry cannot be read, and the log is gone by",
                                    "what another program has saved since the newest commit is missing"));
  known.pins = log.head->pins;
  known.document = log.originals() ? std::move(log.in_registry->document) : std::move(log.head->document);
  std::unordered_set<std::string> named;
  for (size_t i = 0; i < known.document.slots(); ++i)
    if (const DatasetEntry* d = known.document.at(i))
      for (const NamedSchema& a : d->arrays) named.insert(a.name);
  for (const std::string& array : arrays)
    if (!named.contains(array) && !known.pins_of(array))
      findings.list.push_back(missing(FindingKind::kLeftover, Severity::kNote, storage->describe(store_file_key(folder, array)),
                                      "an array file that neither the registry nor the log names",
                                      "it is not copied; it can be salvaged by itself"));
  return {};
}

}  // namespace

Status find_salvageable(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder,
                        CancelToken* cancel) {
  Known known;
  Findings scratch;
  return find_out(engine, storage, folder, known, scratch, cancel);
}

Status salvage_store(const std::shared_ptr<Engine>& engine, const std::shared_ptr<Storage>& storage, std::string_view folder, Store& to,
                     Findings& findings, CancelToken* cancel) {
  Known known;
  STRATA_TRY(find_out(engine, storage, folder, known, findings, cancel));
  const Document& document = known.document;
  FileSalvage salvage(engine, findings, cancel);
  const auto lost = [&](const std::string& object, const std::string& dataset, const std::string& array, const Status& why, std::string effect) {
    findings.list.push_back({FindingKind::kArray, Severity::kDefect, storage->describe(object), dataset, array, kNoChunk,
                             std::string(why.message()), std::move(effect)});
  };
  std::map<std::string, std::vector<std::string>, std::less<>> arrays;
  for (size_t i = 0; i < document.slots(); ++i) {
    const DatasetEntry* d = document.at(i);
    if (!d) continue;
    STRATA_TRY(to.create_dataset(d->name));
    for (const NamedSchema& a : d->arrays) arrays[a.name].push_back(d->name);
    for (const Attribute& a : d->attributes)
      if (Status set = to.set_attribute(d->name, a.key, a.value); !set.ok()) {
        if (leaves_it_open(set.code())) return set;
        lost(std::string(folder), d->name, "", set, cat("attribute \"", a.key, "\" is missing"));
      }
  }
  for (const auto& [array, datasets] : arrays) {
    STRATA_TRY(check(cancel));
    const size_t before = findings.list.size();
    const std::string key = store_file_key(folder, array);
    auto file = salvage.open_in_store(storage, key, known.homes, known.pins_of(array));
    if (ends_the_call(file.code())) return file.take_status();
    name_datasets(findings, before, array);
    for (const std::string& dataset : datasets) {
      auto source = file.ok() ? (*file)->open_array(dataset) : Result<ArrayFile::Ref>(file.status());
      if (ends_the_call(source.code())) return source.take_status();
      if (!source.ok()) {
        lost(key, dataset, array, source.status(), "the array is missing");
        continue;
      }
      ArrayDefinition definition = FileSalvage::definition_of((*source)->meta);
      definition.name = array;
      auto target = to.define(dataset, std::move(definition), cancel);
      if (leaves_it_open(target.code())) return target.take_status();
      if (!target.ok()) {
        lost(key, dataset, array, target.status(), "the array is missing");
        continue;
      }
      const size_t chunks = findings.list.size();
      STRATA_TRY(salvage.copy_contents(**file, *source, *target->file, target->array));
      name_datasets(findings, chunks, array);
    }
  }
  return to.flush(cancel);
}

}  // namespace strata
