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
  // REQUIRES: both are defined alike.
  Status copy_chunks(ArrayFile& from, const ArrayFile::Ref& array, ArrayFile& to, const ArrayFile::Ref& target);
  static ArrayDefinition definition_of(const ArrayMeta& meta);

 private:
  Status copy_array(ArrayFile& from, const std::string& name, ArrayFile& to);
  Status copy_chunk(ArrayFile& from, const ArrayFile::Ref& array, uint64_t number, ArrayFile& to, const ArrayFile::Ref& target);
  void add(Finding finding) { findings_.list.push_back(std::move(finding)); }

  const std::shared_ptr<Engine> engine_;
  Findings& findings_;
  CancelToken* const cancel_;
};

// Takes away the layers above the newest commit of which every chunk can be read; they stay beside the file, as "x.3.af.dropped", and
// fillers take their slots. Nobody else may write to the file meanwhile.
class FileRepair {
 public:
  FileRepair(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, Findings& findings, CancelToken* cancel)
      : engine_(std::move(engine)), storage_(std::move(storage)), findings_(findings), cancel_(cancel) {}
  // kCorrupt: no commit is whole. What is wrong and what was dropped is among the findings.
  Status run(std::string_view key);

 private:
  Result<bool> is_whole(const FileNames& names, uint32_t highest);
  Status drop(const FileNames& names, uint32_t slot, ArrayFile& file);

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Storage> storage_;
  Findings& findings_;
  CancelToken* const cancel_;
};

}  // namespace strata
