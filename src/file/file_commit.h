// An array file's part in a commit of a store, which covers several files and is made by the store's log: what is pending
// becomes a layer in its home, and, once the commit stands, what is read from. Then the layer is put where the original
// finds it (docs/commits.md, "A store").
//
// Holds the file's lock as long as it lives; stays in the thread that made it, but for stage(), project(), make_durable(), save_statistics() and
// plan_move(), which may run in another while that one waits.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "delta/layer_writer.h"
#include "file/array_file.h"
#include "file/conflict.h"
#include "file/pins.h"

namespace strata {

class FileCommit {
 public:
  // REQUIRES: a file of a store.
  explicit FileCommit(std::shared_ptr<ArrayFile> file);
  FileCommit(FileCommit&&) noexcept;
  ~FileCommit();

  const std::shared_ptr<ArrayFile>& owner() const { return file_; }
  bool has_changes();      // something is pending that a commit would have to hold
  bool on_storage() const;
  // At what the handle is. Nothing: no commit of the log knows the file.
  const std::optional<Pins>& pins() const;

  // ---- to another commit ----
  // Reads the layers of `head` and looks whether what is pending can lie above them. kConflict: no; what for is added to
  // `conflicts`, and nothing is changed.
  // head: nullptr: by listing, as the original sees it.
  Status plan_move(const Pins* head, Match match, std::vector<Conflict>& conflicts, CancelToken* cancel);
  void move();  // REQUIRES: plan_move
  // What was staged was committed as these pins: nothing of it is pending any more, unless more was changed since.
  Status take_over(const Pins& committed, CancelToken* cancel);

  // ---- a commit ----
  // A file that was found by listing: what was left undone in it is done, and its layers are known from then on.
  Status settle(CancelToken* cancel);
  bool must_fold() const;         // only a new base can hold what is pending; then there must be no layers above the one there is
  bool has_layers() const;
  bool needs_compaction() const;
  // By the options compact_layers and compact_dead_bytes. REQUIRES: nothing is pending.
  Result<bool> is_compaction_due(const CancelToken* cancel);
  // Writes what is pending as a layer, or as a base where there is none or it has to be folded, under its home. Durable once the
  // homes' folder is synced. May be called again after a move.
  Status stage(const Id128& commit, std::string_view array, CancelToken* cancel);
  // The same for somebody else to commit: a layer in `folder`, of which nothing is ever installed here. kUnsupported where only a new base
  // can hold what is pending.
  Result<Pin> stage_apart(const Id128& commit, std::string_view array, const Homes& folder, CancelToken* cancel);
  // The same with a base of all that is committed: a compaction. REQUIRES: nothing is pending.
  Status stage_base(const Id128& commit, std::string_view array, CancelToken* cancel);
  Pins staged() const;            // pins with it
  void forget_staged();           // the commit was not made: the home goes
  void install();                 // it was

  // ---- the names that the original reads ----
  void know_placed(const Pins& pins);
  bool is_placed() const;
  // Whether somebody who knows nothing of the log has changed the file: its base is another, or the next slot is taken.
  Result<bool> was_changed_elsewhere() const;
  // Puts layers into their slots, the base into its place, fillers where layers were absorbed, in this order. The last of these names is
  // durable after make_durable().
  // older: bases that commits since the state that is known to be placed had, and which may be in place. kConflict: something else lies
  // there. keep: what is replaced stays in its home, for older commits to be read.
  Status project(std::span<const Pin> older, bool keep, const CancelToken* cancel);
  Status make_durable();
  Status save_statistics();  // may run beside make_durable(): they are derived
  void know_placed();        // all of that was done
  Status complete_statistics(const CancelToken* cancel);

 private:
  struct Work;
  Status settle_in(WrittenLayer& written, const std::string& home);
  Result<bool> next_is_taken() const;

  std::shared_ptr<ArrayFile> file_;
  ArrayFile::Alone lock_;
  std::unique_ptr<Work> work_;
};

}  // namespace strata
