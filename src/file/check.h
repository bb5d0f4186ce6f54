// Looking for damage in one array file: every layer, every array and, if wanted, every byte of data, also of what newer layers hide.
#pragma once

#include <unordered_map>

#include "file/array_file.h"
#include "file/findings.h"

namespace strata {

// An engine for a check: everything is read from storage, and verified.
std::shared_ptr<Engine> engine_for_checks(const Engine& like);

class FileCheck {
 public:
  FileCheck(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, Findings& findings, CancelToken* cancel)
      : engine_(std::move(engine)), storage_(std::move(storage)), findings_(findings), cancel_(cancel) {}

  // kNotFound when there is nothing of such a file. What is wrong with it goes to the findings.
  Status run(std::string_view key, bool with_data);
  // Arrays and chunks of a file that is open.
  Status look_into(ArrayFile& file, bool with_data);

 private:
  friend class FileRepair;
  // Layers one by one, the parts of unfinished compactions, statistics.
  Status look_at_objects(const FileNames& names);
  Status look_at_statistics(const FileNames& names, const Stack& stack);
  Status look_at_arrays(ArrayFile& file);
  Status look_at_chunks(ArrayFile& file, bool with_data);
  // Calls on_chunk(layer, record, place, array or nullptr when the chunk is none that is read, what is wrong).
  template <typename F>
  Status each_chunk(ArrayFile& file, bool with_data, F&& on_chunk);
  void add(Finding finding) { findings_.list.push_back(std::move(finding)); }

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Storage> storage_;
  Findings& findings_;
  CancelToken* const cancel_;
};

}  // namespace strata
