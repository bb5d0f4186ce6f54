// Looking for damage in one array file: every layer, every array and, if wanted, every byte of data, also of what newer layers hide.
#pragma once

#include <unordered_map>

#include "file/array_file.h"
#include "file/findings.h"
#include "file/pins.h"

namespace strata {

// An engine for a check: everything is read from storage, and verified.
std::shared_ptr<Engine> engine_for_checks(const Engine& like);

class FileCheck {
 public:
  FileCheck(std::shared_ptr<Engine> engine, std::shared_ptr<Storage> storage, Findings& findings, CancelToken* cancel)
      : engine_(std::move(engine)), storage_(std::move(storage)), findings_(findings), cancel_(cancel) {}

  // kNotFound when there is nothing of such a file. What is wrong with it goes to the findings.
  Status run(std::string_view key, bool with_data);
  // The same of an array of a store, of which the layers are known.
  // kConflict: in the base's place lies one of the original's, so that what counts is what lies in the slots.
  Status run_pinned(std::string_view key, const Homes& homes, const Pins& pins, bool with_data);
  // A layer that only older commits have, in its home.
  Status run_kept(const std::string& home, bool with_data);
  // Whether all that these layers hold can be read, each from whichever of its places.
  Result<bool> is_whole(std::string_view key, const Homes& homes, const Pins& pins);
  // What the last run looked into; nullptr: it could not be opened.
  const std::shared_ptr<ArrayFile>& opened() const { return opened_; }

 private:
  friend class FileRepair;
  // Layers one by one, the parts of unfinished compactions, statistics.
  Status look_at_objects(const FileNames& names);
  Status look_at_statistics(const FileNames& names, const Stack& stack);
  Status look_into(ArrayFile& file, bool with_data);
  Status look_at_arrays(ArrayFile& file);
  Status look_at_chunks(ArrayFile& file, bool with_data);

  // check_pins.cc
  struct Copy;
  Result<Copy> look_at_copy(const std::string& key, const Pin& pin);
  // The layer, from whichever of its places; nullptr: neither has it.
  Result<std::shared_ptr<const SealedLayer>> look_at_pin(const FileNames& names, const Homes& homes, const Pin& pin, bool with_data);
  Status look_at_other_slots(const FileNames& names, const Pins& pins);
  Result<std::shared_ptr<const SealedLayer>> sound_copy(const FileNames& names, const Homes& homes, const Pin& pin);
  Result<bool> is_sound(const FileNames& names, std::shared_ptr<const SealedLayer> layer);
  Result<std::shared_ptr<ArrayFile>> file_of(const FileNames& names, std::shared_ptr<const Stack> stack);

  // Calls on_chunk(layer, record, place, array or nullptr when the chunk is none that is read, what is wrong).
  template <typename F>
  Status each_chunk(ArrayFile& file, bool with_data, F&& on_chunk);
  void add(Finding finding) { findings_.list.push_back(std::move(finding)); }

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<Storage> storage_;
  Findings& findings_;
  CancelToken* const cancel_;
  std::shared_ptr<ArrayFile> opened_;
  Status unread_;  // of the first chunk that the storage did not give: it is among the findings, and nobody may act on that
};

}  // namespace strata
