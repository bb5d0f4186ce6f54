// What can be done about a damaged array file: everything that can be read copied into a new one, or the newest whole commit restored.
#pragma once

#include "file/check.h"

namespace strata {

// Copies each array, attribute and chunk that can be read. What cannot is among the findings; such chunks are as if never written.
class FileSalvage {
 public:
  FileSalvage(std::shared_ptr<Engine> engine, Findings& findings, CancelToken* cancel)
      : engine_(std::move(engine)), findings_(findings), cancel_(cancel) {}
  // to: empty, of whoever calls; it is flushed.
  Status run(std::shared_ptr<Storage> storage, std::string_view key, ArrayFile& to);
  // What can be read of a file that cannot be opened.
  Result<std::shared_ptr<ArrayFile>> open(std::shared_ptr<Storage> storage, std::string_view key);
  // The same of an array of a store. pins: nullptr, the store's log knows nothing of it.
  Result<std::shared_ptr<ArrayFile>> open_in_store(std::shared_ptr<Storage> storage, std::string_view key, const Homes& homes,
                                                   const Pins* pins);
  // Attributes and chunks. REQUIRES: both are defined alike.
  Status copy_contents(ArrayFile& from, const ArrayFile::Ref& array, ArrayFile& to, const ArrayFile::Ref& target);
  // Layers of strata that it has, and those that its base took in.
  static std::vector<Id128> layers_within(const ArrayFile& from);
  static ArrayDefinition definition_of(const ArrayMeta& meta);

 private:
  Status copy_array(ArrayFile& from, const std::string& name, ArrayFile& to);
  Status copy_chunk(ArrayFile& from, const ArrayFile::Ref& array, uint64_t number, ArrayFile& to, const ArrayFile::Ref& target);
  void add(Finding finding) { findings_.list.push_back(std::move(finding)); }
  OnBadObject on_bad(const Storage& storage, std::string_view key);

  const std::shared_ptr<Engine> engine_;
  Findings& findings_;
  CancelToken* const cancel_;
};

// Takes away the layers above the newest commit of which every chunk can be read; they stay beside the file, as "x.3.af.dropped", and
// fillers take their slots. Nobody else may write to the file meanwhile. Without consent it only says what it would do.
class FileRepair {
 public:
  FileRepair(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, Findings& findings, bool consent, CancelToken* cancel)
      : engine_(std::move(engine)), storage_(std::move(storage)), findings_(findings), consent_(consent), cancel_(cancel) {}
  // kCorrupt: no commit is whole. What is wrong and what was dropped is among the findings.
  Status run(std::string_view key);
  // Of an array of a store: each of these layers in its slot and its home, fillers in all other slots, nothing damaged anywhere. What
  // lies in the way is kept in the folder `aside`. What the original has put there stays.
  // REQUIRES: FileCheck::is_whole.
  Status place(std::string_view key, const Homes& homes, const Pins& pins, const std::string& aside);
  // The same of an array that is none: all that strata has put there goes.
  Status clear(std::string_view key, const std::string& aside);
  // Gives the object one more name, in the folder `aside`, and says so.
  Status set_aside(const std::string& key, const std::string& aside, std::string text, std::string effect);

 private:
  Result<bool> is_whole(const FileNames& names, uint32_t highest);
  Status drop(const FileNames& names, uint32_t slot, ArrayFile& file);
  Status place_copy(const std::string& key, const Pin& pin, const SealedLayer& good, const std::string& aside, bool& changed);
  Status fill_slots(const FileNames& names, ArrayFile& file, const Pins& pins, const std::string& aside, bool& changed);

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Storage> storage_;
  Findings& findings_;
  const bool consent_;
  CancelToken* const cancel_;
};

}  // namespace strata
